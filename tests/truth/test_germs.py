"""Germs where programs grow beyond all bounds, oscillate, or meet special functions at the edge of their domain."""

import math
import warnings

import mpmath
import numpy as np
import pytest
import scipy.special

import tinygrad_loss as tl
from tinygrad_loss.engine.op import OPS
from tinygrad_loss.nonsmooth.germ import variable

INF = math.inf
X = "np.where(x == 0, 1.0, x)"
HALF = "np.where(x == 0, 0.5, np.abs(x))"
SIDES = [  # a program of one number at 0, its kind, left and right slope
    (f"1 / (1 + np.exp(1 / np.abs({X}))) * (x != 0)", "smooth", 0, 0),
    (f"np.where(x == 0, 0, x / (1 + np.exp(1 / {X})))", "kink", 1, 0),
    (f"np.where(x == 0, 0, np.arctan(np.exp(1 / {X})) * x)", "kink", 0, math.pi / 2),
    (f"np.where(x == 0, 0, x * np.tanh(1 / {X}))", "kink", -1, 1),
    (f"np.where(x == 0, 0, x**2 * tl.ops.softplus(1 / {X}))", "kink", 0, 1),
    (f"np.where(x == 0, 0, x**2 * np.logaddexp(0.0, 1 / {X}))", "kink", 0, 1),
    (f"np.where(x == 0, 0, x**2 * tl.ops.logsumexp(np.stack([1 / {X}, -2 / {X}])))", "kink", -2, 1),
    (f"np.where(x == 0, 0, x**2 * tl.ops.log_cosh(1 / {X}))", "kink", -1, 1),
    (f"np.where(x == 0, 0, np.exp(-1 / {X}**2))", "smooth", 0, 0),
    (f"np.sqrt(np.where(x == 0, 0, np.exp(-1 / {X}**2)))", "smooth", 0, 0),
    (f"np.where(np.where(x == 0, 0, np.exp(-1 / {X}**2)) > 0, np.abs(x), 0.0)", "kink", -1, 1),
    (f"np.where(x == 0, 0, x * np.exp(1 / {X}))", "discontinuous", 0, None),
    (f"np.where(x == 0, 0, np.exp(1 / np.abs({X})) * np.exp(-2 / np.abs({X})))", "smooth", 0, 0),
    (f"np.where(x == 0, 0, x * np.exp(1 / {X}) / np.exp(1 / {X}))", "smooth", 1, 1),
    (f"np.where(x == 0, 0, 1 / np.log({HALF}))", "infinite", INF, -INF),
    (f"np.where(x == 0, 0, 1 / np.log({HALF}) ** 2)", "infinite", -INF, INF),
    (f"np.where(x == 0, 0, 1 / np.log(3 * {HALF}))", "infinite", INF, -INF),
    (f"np.where(x == 0, 0, 1 / np.sqrt(-np.log({HALF})))", "infinite", -INF, INF),
    (f"np.where(x == 0, 0, x / np.log({HALF}))", "smooth", 0, 0),
    (f"np.where(x == 0, 0, x / np.log(3 * {HALF}) + x)", "smooth", 1, 1),
    (f"np.where(x == 0, 0, x * np.log({HALF}))", "infinite", -INF, -INF),
    (f"np.where(x == 0, 0, x**2 * np.log({HALF}) ** 3)", "smooth", 0, 0),
    (f"np.where(x == 0, 0, tl.ops.expit(np.log({HALF})))", "kink", -1, 1),
    (f"np.where(x == 0, -1, np.tanh(np.log({HALF})))", "smooth", 0, 0),
    (f"np.where(x == 0, 0, x**2 * np.sin(1 / {X}))", "smooth", 0, 0),
    (f"np.where(x == 0, 0, x**3 * np.sin(1 / {X}))", "smooth", 0, 0),
    (f"np.where(x == 0, 0, x**2 * np.cos(1 / {X}) ** 2 + x)", "smooth", 1, 1),
    (f"np.where(x == 0, 0, x**2 * np.exp(np.sin(1 / {X})))", "smooth", 0, 0),
    (f"np.where(x == 0, 0, np.abs(x) ** 1.5 * np.sin(np.log({HALF})))", "smooth", 0, 0),
    (f"np.abs(x) + np.where(x == 0, 0, x**2 * np.sin(1 / {X}))", "kink", -1, 1),
    ("np.sum(np.zeros(1) ** x)", "discontinuous", None, None),
    ("np.sum(np.zeros(2) ** (1 + x))", "smooth", 0, 0),
    ("np.sum(np.ones(2) ** x)", "smooth", 0, 0),
    ("np.sum(np.array([0.0, 2.0]) ** (2 + x))", "smooth", 4 * math.log(2), 4 * math.log(2)),
    ("np.logaddexp(x + 1, np.logaddexp(-np.inf, -np.inf + x))", "smooth", 1, 1),
    ("np.logaddexp2(x + 1, -np.inf + x)", "smooth", 1, 1),
    ("tl.ops.logsumexp(np.stack([x, tl.ops.logsumexp(np.stack([-np.inf + x, -np.inf + x]))]))", "smooth", 1, 1),
    ("tl.ops.logsumexp(np.stack([np.abs(x), -np.inf + x, x]))", "kink", 0, 1),
    ("np.logaddexp(np.abs(x), -np.inf)", "kink", -1, 1),
    ("scipy.special.rel_entr(0.0, x)", "outside", None, 0),
    ("scipy.special.kl_div(0.0, x)", "outside", None, 1),
    ("scipy.special.rel_entr(x, 1.0)", "infinite", None, -INF),
    ("scipy.special.xlogy(0.0, x)", "smooth", 0, 0),
    ("scipy.special.gammainc(1.0, np.abs(x))", "kink", -1, 1),
    ("scipy.special.gammainc(2.0, np.abs(x))", "smooth", 0, 0),
    ("scipy.special.gammainc(0.5, np.abs(x))", "infinite", -INF, INF),
    ("scipy.special.gammaincc(1.0, np.abs(x))", "kink", 1, -1),
    ("scipy.special.betainc(1.0, 2.0, np.abs(x))", "kink", -2, 2),
    ("scipy.special.betainc(1.0, 2.0, 1 - np.abs(x))", "smooth", 0, 0),
    (f"np.where(x == 0, 1, x * scipy.special.gamma({X}))", "smooth", -np.euler_gamma, -np.euler_gamma),
    (f"np.where(x == 0, 0, x**2 * scipy.special.digamma({X}))", "smooth", -1, -1),
    (f"np.where(x == 0, 0, x**2 * scipy.special.digamma(np.abs({X})))", "kink", 1, -1),
    (f"np.where(x == 0, 0, x * scipy.special.gammaln({X}))", "infinite", INF, INF),
    (f"np.where(x == 0, 0, x**2 * scipy.special.gammaln({X}))", "smooth", 0, 0),
    (f"np.where(x == 0, 0, x**2 * scipy.special.k0(np.abs({X})))", "smooth", 0, 0),
    (f"np.where(x == 0, 0, x**2 * scipy.special.k1(np.abs({X})))", "kink", -1, 1),
    (f"np.where(x == 0, 0, x**3 * scipy.special.kn(2, np.abs({X})))", "smooth", 2, 2),
    (f"np.where(x == 0, 0, x**2 * scipy.special.yn(1, np.abs({X})))", "kink", 2 / math.pi, -2 / math.pi),
    (f"np.where(x == 0, 0, x * scipy.special.exp1(np.abs({X})))", "infinite", INF, INF),
    (f"np.where(x == 0, 0, x**2 * scipy.special.exp1(np.abs({X})))", "smooth", 0, 0),
    ("scipy.special.iv(0.5, np.abs(x)) ** 2", "kink", -2 / math.pi, 2 / math.pi),
]  # fmt: skip


def function(program):
    return eval("lambda x: " + program, {"np": np, "tl": tl, "scipy": scipy})  # noqa: S307  our own text


@pytest.mark.parametrize(("program", "kind", "left", "right"), SIDES)
def test_both_sides(program, kind, left, right):
    with np.errstate(all="ignore"):
        verdict = tl.differentiability(function(program), 0.0)
    assert (verdict.kind, verdict.proved) == (kind, True)
    if kind != "discontinuous":
        for found, wanted in ((verdict.left, left), (verdict.right, right)):
            assert (found is None) == (wanted is None)
            assert wanted is None or found == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("program", [
    f"np.where(x == 0, 0, x * np.sin(1 / {X}))",
    f"np.where(x == 0, 0, np.sin(1 / {X}))",
    f"np.where(x == 0, 0, np.abs(x) * np.cos(np.log({HALF})))",
    f"np.where(np.sin(1 / {X}) > 0, x, 0)",
    f"np.maximum(np.where(x == 0, 0, np.sin(1 / {X})), 0) * x",
    f"np.max(np.stack([np.where(x == 0, 0, x * np.sin(1 / {X})), 0 * x]))",
    f"np.floor(np.where(x == 0, 0, np.sin(1 / {X}))) * x",
    f"np.where(np.tanh(1 / np.abs({X})) < 1, np.abs(x), 0)",
])  # fmt: skip
def test_what_the_series_do_not_tell_is_not_claimed(program):
    with np.errstate(all="ignore"):
        assert not tl.differentiability(function(program), 0.0).proved


ENTRIES = [  # a sum over entries: singular ones beside ordinary ones
    ("np.sqrt(np.maximum(x, 0.0))", [-1.0, 4.0], [0.0, 0.25]),
    ("np.sqrt(np.maximum(x, 0.0))", [-1.0, 0.0, 4.0], [0.0, math.nan, 0.25]),
    ("np.cbrt(np.maximum(x, 0.0))", [-1.0, 8.0], [0.0, 1 / 12]),
    ("np.arcsin(np.clip(x, -1.0, 1.0))", [2.0, 0.5], [0.0, 1 / math.sqrt(0.75)]),
    ("np.sqrt(x - x) + x", [1.0, 2.0], [1.0, 1.0]),
    ("scipy.special.gammainc(np.array([1.0, 2.0, 2.0]), np.abs(x))", [0.0, 0.0, 0.5], [math.nan, 0.0, 0.5 * math.exp(-0.5)]),
    (f"np.where(x == 0, 0.0, {X} / (1 + np.exp(1 / {X})))", [0.0, 1e9], [math.nan, 0.5]),
    ("np.logaddexp(x, np.array([-np.inf, 0.0]))", [1.0, 0.0], [1.0, 0.5]),
    ("np.zeros(2) ** x", [0.0, 1.0], [math.nan, 0.0]),
    ("scipy.special.kl_div(np.array([0.0, 0.5]), x)", [0.0, 0.25], [math.nan, -1.0]),
    (f"np.where(x == 0, 1, x * scipy.special.gamma({X}))", [0.0, 1.0], [-np.euler_gamma, 1 - np.euler_gamma]),
]  # fmt: skip


@pytest.mark.parametrize(("program", "x", "gradient"), ENTRIES)
def test_each_entry_is_judged_on_what_it_touches(program, x, gradient):
    entries = function(program)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        assert tl.grad(lambda x: np.sum(entries(x)))(np.array(x)) == pytest.approx(gradient, rel=1e-8, abs=1e-12, nan_ok=True)


def test_a_left_to_right_hidden_markov_model():
    """The forward algorithm with impossible transitions, whose logarithms are minus infinity: it has a gradient, and that is proved."""
    transition = np.log(
        np.array([[0.7, 0.3, 0.0], [0.0, 0.6, 0.4], [0.0, 0.0, 1.0]]), where=[[1, 1, 0], [0, 1, 1], [0, 0, 1]], out=np.full((3, 3), -INF)
    )
    for add in (lambda a: tl.ops.logsumexp(a, axis=0), lambda a: np.logaddexp(np.logaddexp(a[0], a[1]), a[2])):

        def likelihood(x, add=add):
            alpha = np.array([0.0, -np.inf, -np.inf]) + x[0]
            for row in x[1:]:
                alpha = add(alpha[:, None] + transition) + row
            return tl.ops.logsumexp(alpha)

        x = np.array([[0.1, 0.2, 0.3], [0.5, -0.2, 0.1], [0.2, 0.4, -0.6]])
        with np.errstate(all="ignore"):
            verdict = tl.differentiability(likelihood, x)
        assert verdict.kind == "smooth"
        assert np.sum(verdict.gradient) == pytest.approx(3.0)  # each step is taken once


def lower_gamma(a, x):
    return x**a * mpmath.exp(-x) / mpmath.gamma(a + 1) * mpmath.hyp1f1(1, a + 1, x)


SPECIAL = [
    ("gamma", {}, [0.0, -1.0, -3.0], mpmath.gamma),
    ("gammaln", {}, [0.0, -2.0], lambda x: mpmath.log(abs(mpmath.gamma(x)))),
    ("digamma", {}, [0.0, -1.0], mpmath.digamma),
    ("polygamma", {"n": 1}, [0.0, -2.0], lambda x: mpmath.zeta(2, x)),
    ("exp1", {}, [0.0], mpmath.e1),
    ("expi", {}, [0.0], mpmath.ei),
    ("scaled_exp1", {}, [0.0], lambda x: mpmath.exp(x) * mpmath.e1(x)),
    *(("gammainc", {"a": a}, [0.0], lambda x, a=a: lower_gamma(a, x)) for a in (0.5, 1.0, 2.3)),
    *(("gammaincc", {"a": a}, [0.0], lambda x, a=a: 1 - lower_gamma(a, x)) for a in (0.5, 2.3)),
    *(("betainc", {"a": a, "b": b}, [0.0, 1.0], lambda x, a=a, b=b: mpmath.betainc(a, b, 0, x, regularized=True)) for a, b in ((2.0, 0.5), (0.5, 3.0))),
    *(("bessel_k", {"order": n}, [0.0], lambda x, n=n: mpmath.besselk(n, x)) for n in (0, 1, 2, 3, 0.3)),
    *(("bessel_ke", {"order": n}, [0.0], lambda x, n=n: mpmath.exp(x) * mpmath.besselk(n, x)) for n in (0, 1, 0.5)),
    *(("bessel_y", {"order": n}, [0.0], lambda x, n=n: mpmath.bessely(n, x)) for n in (0, 1, 2, 3, 0.3)),
    *(("bessel_i", {"order": n}, [0.0], lambda x, n=n: mpmath.besseli(n, x)) for n in (0.5, 2.3)),
    *(("bessel_j", {"order": n}, [0.0], lambda x, n=n: mpmath.besselj(n, x)) for n in (0.5, 2.3)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "static", "points", "exactly"), SPECIAL)
def test_series_at_singular_points(name, static, points, exactly):
    for point in points:
        for side in (1.0, -1.0):
            found = OPS[name].call(variable(np.asarray(point), np.asarray(side)), **static)
            beside = np.float64(point + side * 1e-6)
            if np.isnan(OPS[name].forward(beside, **static)):
                assert bool(found.missing) or name == "polygamma"  # SciPy's zeta has no values below 0, the function has
                continue
            with mpmath.workdps(100):
                t = mpmath.mpf(10) ** -6
                truth = exactly(point + side * t)
                value = sum(
                    mpmath.mpf(float(c)) * t ** (mpmath.mpf(e.numerator) / e.denominator if not isinstance(e, float) else e) * mpmath.log(1 / t) ** int(j)
                    for (e, j), c in found.terms.items()
                )  # fmt: skip
                assert abs(value - truth) <= 1e-13 * abs(truth) + 1e4 * t ** min(found.least, 20)


@pytest.mark.parametrize(("name", "exactly"), [("beta", mpmath.beta), ("betaln", lambda a, b: mpmath.log(abs(mpmath.beta(a, b))))])
def test_beta_at_its_poles(name, exactly):
    for point, step in (((0.0, 2.5), (1.0, 2.0)), ((0.0, 2.5), (-1.0, 0.5)), ((0.0, 0.0), (1.0, -0.3))):
        found = OPS[name].call(*(variable(np.asarray(p), np.asarray(d)) for p, d in zip(point, step, strict=True)))
        with mpmath.workdps(100):
            t = mpmath.mpf(10) ** -6
            truth = exactly(*(p + d * t for p, d in zip(point, step, strict=True)))
            value = sum(mpmath.mpf(float(c)) * t ** int(e) * mpmath.log(1 / t) ** int(j) for (e, j), c in found.terms.items())
            assert abs(value - truth) <= 1e-12 * abs(truth)
