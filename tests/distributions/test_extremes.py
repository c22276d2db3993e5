"""Log-density and gradient of every family from the smallest to the largest value and parameter, against exact arithmetic."""

import mpmath as mp
import numpy as np
import pytest

import tinygrad_loss as tl
from distributions.densities import DENSITIES
from losses.exact.case import INF
from losses.exact.compare import differs, rounded
from losses.exact.limits import remembered, slopes_at, value_at
from tinygrad_loss import distributions as d

ROUNDING = 16
"""How many units of rounding of its largest term a sum may be wrong by."""


def of_terms(case, row, ask):
    """Return the largest of what is asked about each term alone, which is as far as a sum of them is known."""
    found = [ask(remembered(lambda x, k=k: [case.terms(*x)[k]])) for k in range(len(case.terms(*map(mp.mpf, row))))]
    return max(float(abs(v)) if mp.isfinite(v) else 0.0 for sides in found for v in sides)


def computed(case, row, dtype):
    """Return value and slopes as the package has them."""
    given = {name: tl.tensor(dtype(x), requires_grad=not (case.whole and name == "value")) for name, x in zip(case.usual, row, strict=True)}
    value, *parameters = given
    nll = d.FAMILIES[case.family](**{name: given[name] for name in parameters}, **case.given).nll(given[value])
    with tl.at_kinks("convention"):
        nll.backward()
    return nll.item(), [0.0 if x.grad is None else float(x.grad) for x in given.values()]


def wrong(case, row, dtypes, *, pairs=False):
    """Yield what a density has otherwise than mathematics at a point.

    Slopes at an infinite value are those near 0; what is slower than another extreme is not seen, and 1 is like 0.
    """
    formula = remembered(lambda x: case.terms(*x))
    value = value_at(formula, row)
    near = [i for i, x in enumerate(row) if x == 0] if mp.isinf(value) else []
    moving = range(1 if case.whole else 0, len(row))
    seen = mp.isfinite(value) or (not pairs and 1.0 not in row[:1])
    slopes = {i: slopes_at(formula, row, i, near) for i in moving if i not in near and seen}
    for dtype in dtypes:
        unit = ROUNDING * float(np.finfo(dtype).eps)
        nll, gradient = computed(case, row, dtype)
        where = f"{dtype.__name__} at {row}"
        if differs(nll, value, value, dtype, 0.0) and differs(
            nll, value, value, dtype, unit * of_terms(case, row, lambda f: [value_at(f, row)])
        ):
            yield f"{where}: {nll}, exactly {rounded(value, dtype)}"
        for i, sides in slopes.items():
            if mp.isnan(sides[0]) or not differs(gradient[i], *sides, dtype, 0.0):
                continue
            if differs(gradient[i], *sides, dtype, unit * of_terms(case, row, lambda f, i=i: slopes_at(f, row, i, near))):
                yield f"{where}: slope {i} is {gradient[i]}, exactly {[rounded(s, dtype) for s in sides]}"


def test_every_family_of_numbers_is_in_the_table():
    of_numbers = {name for name, family in d.FAMILIES.items() if family.event_ndim == 0} - {"Categorical", "Mixture"}
    assert {case.family for case in DENSITIES} == of_numbers


@pytest.mark.parametrize("angle", [np.inf, -np.inf])
def test_an_infinite_angle_has_no_limit(angle):
    assert np.isnan(d.VonMises(0.25, 1.5).log_prob(angle))


@pytest.mark.parametrize("off", [0.0, 0.75, -0.75])
@pytest.mark.parametrize("point", [(INF, 0.5), (0.25, -INF), (INF, INF), (INF, -INF), (-INF, -INF)])
def test_an_infinite_vector(point, off):
    """Its density is 0; each slope has its limit, and none where two infinite entries pull against each other.

    There its last component may be anything, on a way that no pair of paces is, and so is the slope in its scale.
    """
    row = [*point, 0.25, -0.5, 1.5, off, 0.5]

    def nll(y):
        first = (y[0] - y[2]) / y[4]
        second = (y[1] - y[3] - y[5] * first) / y[6]
        return [(first**2 + second**2) / 2 + mp.log(y[4]) + mp.log(y[6]) + mp.log(2 * mp.pi)]

    for dtype in (np.float32, np.float64):
        y, loc = (tl.tensor(np.array(x, dtype), requires_grad=True) for x in (point, row[2:4]))
        factor = tl.tensor(np.array([[1.5, 0.0], [off, 0.5]], dtype), requires_grad=True)
        value = d.MultivariateNormal(loc, scale_tril=factor).nll(y)
        with tl.at_kinks("convention"):
            value.backward()
        assert value.item() == INF
        slopes = [*y.grad, *loc.grad, *factor.grad[[0, 1, 1], [0, 0, 1]]]
        for i, slope in enumerate(slopes):
            sides = slopes_at(remembered(nll), row, i)
            if i == 6 and np.isinf(point).all() and off * point[0] * point[1] > 0:
                sides = (mp.nan, mp.nan)
            assert not differs(slope, *sides, dtype, 0.0), f"{dtype.__name__}, slope {i}: {slope}, exactly {sides}"


@pytest.mark.parametrize("case", DENSITIES, ids=str)
def test_extremes(case):
    """Pairs of extremes are asked for in double precision, for their products leave the other."""
    found = [line for row in case.points(pairs=False) for line in wrong(case, row, (np.float32, np.float64))]
    if case.pairs:
        found += [line for row in case.points(pairs=True) for line in wrong(case, row, (np.float64,), pairs=True)]
    assert not found, f"{len(found)}\n" + "\n".join(found)
