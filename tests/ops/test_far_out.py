"""Values and slopes where the plain formula overflows, or loses all digits: against mpmath, or a limit in closed form."""

import mpmath
import numpy as np
import pytest
from mpmath import mp

import tinygrad_loss as tl
from table import ROWS, every_op

LARGEST = {np.float64: 1e308, np.float32: 1e38}
SIZES = (20.0, 50.0, 100.0, 300.0, 750.0, 1e3, 1e8, 1e16, 1e19, 1e30, 1e38, 1e160, 1e308)


def of_one_number():
    """Yield the smooth ops of one number with their settings."""
    for op in every_op():
        row = ROWS[op.name]
        if op.kind == "elementwise" and len(row.at) == 1:
            for static in [row.static, *(s.static for s in row.samples if s.static)]:
                yield op, static


@pytest.mark.parametrize(("op", "static"), [pytest.param(op, s, id=f"{op.name}{s or ''}") for op, s in of_one_number()])
@pytest.mark.parametrize("dtype", LARGEST, ids=lambda d: d.__name__)
def test_a_slope_far_out_is_a_number_where_the_value_is(op, static, dtype):
    """An infinite slope is inf, never nan: nan is for what is outside the domain or at a pole."""
    for x in (dtype(sign * size) for size in SIZES if size <= LARGEST[dtype] for sign in (-1, 1)):
        with np.errstate(all="ignore"):
            y = op.forward(x, **static)
            g = op.vjps[0](dtype(1), y, x, **static)
        tied = op.facts is not None and bool(op.facts.tie(y, x, **static))
        outside = not np.isfinite(y) and not op.domain[0][0] <= x <= np.inf and op.name in {"gammaln", "entr"}
        assert np.isnan(y) or tied or outside or not np.isnan(g), f"{op.name} at {x}: {y}, slope {g}"


@pytest.mark.parametrize(("dtype", "digits"), [(np.float64, 1e-15), (np.float32, 4e-7)])
def test_tanhshrink_has_all_digits_near_0(dtype, digits):
    for size in (*10.0 ** np.arange(-12.0, 1.0), 0.5, 0.9, 0.999, 1.001, 2.0, 30.0):
        for x in (dtype(size), dtype(-size)):
            with mp.workdps(80):
                exact = mp.mpf(float(x)) - mp.tanh(mp.mpf(float(x)))
                assert float(abs(mp.mpf(float(tl.ops.tanhshrink(x))) / exact - 1)) < digits, x


@pytest.mark.parametrize("x", [-1e150, -1e8, -1e4, -60.0, -51.0, -50.0, -49.0, -20.0, -3.0, 0.0, 5.0, 200.0])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_derivatives_of_log_ndtr(x, order):
    f = tl.ops.log_ndtr
    for _ in range(order):
        f = tl.grad(f)
    with mpmath.workdps(80 + 10 * int(mp.log10(abs(x) + 1))) if x > -1e5 else mpmath.workdps(60):
        z = mp.mpf(x)
        if x > -1e5:
            r = mp.npdf(z) / mp.ncdf(z)
            slopes, d = [r], [r + z]
            for n in range(order):
                slopes.append(-sum(mp.binomial(n, k) * slopes[k] * d[n - k] for k in range(n + 1)))
                d.append(slopes[-1] + (n == 0))
            exact = slopes[order - 1]
        else:  # r = -x - 1/x + 2/x^3 - ..., whose first terms have all digits here
            exact = (-z - 1 / z, -1 + 1 / z**2, -2 / z**3, 6 / z**4)[order - 1]
    assert f(x) == pytest.approx(float(exact), rel=2e-11, abs=1e-300)


def test_what_only_overflows_has_its_gradient():
    with np.errstate(all="ignore"):
        assert tl.grad(tl.ops.erfcx)(-30.0) == -np.inf
        assert tl.grad(tl.ops.exprel)(745.0) == np.inf
        assert tl.grad(np.square)(1e200) == 2e200
        for nowhere in (np.log, lambda x: 1.0 / x, lambda x: x + np.inf * x):
            assert np.isnan(quietly(tl.grad(nowhere), np.float64(0.0)))


def quietly(f, x):
    with pytest.warns(tl.errors.UndefinedGradientWarning):
        return f(x)


def test_cross_entropy_of_the_largest_scores():
    scores = tl.tensor([[1e308, -1e308]], requires_grad=True)
    loss = tl.losses.cross_entropy(scores, np.array([1]))
    loss.backward()
    assert loss.item() == np.inf
    np.testing.assert_array_equal(scores.grad, [[1.0, -1.0]])


def test_incomplete_gamma_functions_of_shape_0():
    for f, value in ((tl.ops.gammainc, 1.0), (tl.ops.gammaincc, 0.0)):
        assert f(0.0, 2.0) == value
        assert tl.grad(lambda x, f=f: f(0.0, x))(2.0) == 0.0
        np.testing.assert_array_equal(tl.grad(lambda x, f=f: np.sum(f(np.array([0.0, 0.0]), x)))(np.array([1.0, 3.0])), [0.0, 0.0])


NORMALISED = {
    "layer_norm": lambda x: tl.ops.layer_norm(x, 3),
    "rms_norm": lambda x: tl.ops.rms_norm(x, 3),
    "batch_norm": lambda x: tl.ops.batch_norm(x.T, None, None, training=True).T,
    "group_norm": lambda x: tl.ops.group_norm(x, 1),
}


@pytest.mark.parametrize("norm", NORMALISED.values(), ids=NORMALISED)
@pytest.mark.parametrize(("dtype", "size"), [(np.float64, 1e200), (np.float32, 1e30)])
def test_a_normalisation_of_numbers_whose_squares_overflow(norm, dtype, size):
    x = np.array([[1.0, -1.0, 0.5]], dtype)
    with np.errstate(over="ignore"):
        huge = norm(x * dtype(size))
    np.testing.assert_allclose(huge, norm(x * dtype(1e4)), rtol=1e-6 if dtype is np.float32 else 1e-12)
