"""Far out, where naive forms overflow or cancel, values and derivatives to third order are right: mpmath says what they are."""

import math
from functools import cache, partial

import mpmath
import numpy as np
import pytest
import scipy.special as sp

import tinygrad_loss as tl

o = tl.ops
E = mpmath.e


def beside(x, *others):
    """Put constants beside ``x`` along a first axis."""
    return np.stack([x, *(np.ones_like(x) * c for c in others)])


BOTH_SIDES = {
    "expit": (sp.expit, lambda x: 1 / (1 + mpmath.exp(-x))),
    "softplus": (o.softplus, lambda x: mpmath.log1p(mpmath.exp(x))),
    "log_sigmoid": (o.log_sigmoid, lambda x: -mpmath.log1p(mpmath.exp(-x))),
    "tanh": (np.tanh, mpmath.tanh),
    "erf": (sp.erf, mpmath.erf),
    "erfc": (sp.erfc, mpmath.erfc),
    "erfcx": (sp.erfcx, lambda x: mpmath.exp(x * x) * mpmath.erfc(x)),
    "ndtr": (sp.ndtr, mpmath.ncdf),
    "log_ndtr": (sp.log_ndtr, lambda x: mpmath.log(mpmath.erfc(-x / mpmath.sqrt(2)) / 2) if x < 8 else -mpmath.ncdf(-x)),
    "log1mexp": (o.log1mexp, lambda x: mpmath.log1p(-mpmath.exp(-abs(x)))),
    "logaddexp": (lambda x: np.logaddexp(x, 1.0), lambda x: mpmath.log(mpmath.exp(x) + E)),
    "logaddexp2": (lambda x: np.logaddexp2(x, 1.0), lambda x: mpmath.log(2**x + 2) / mpmath.log(2)),
    "logsumexp": (lambda x: o.logsumexp(beside(x, 1.0, -3.0)), lambda x: mpmath.log(mpmath.exp(x) + E + mpmath.exp(-3))),
    "logcumsumexp": (lambda x: o.logcumsumexp(beside(x, 1.0))[1], lambda x: mpmath.log(mpmath.exp(x) + E)),
    "softmax": (lambda x: o.softmax(beside(x, 1.0))[0], lambda x: 1 / (1 + mpmath.exp(1 - x))),
    "log_softmax": (lambda x: o.log_softmax(beside(x, 1.0))[1], lambda x: -mpmath.log1p(mpmath.exp(x - 1))),
    "arctan": (np.arctan, mpmath.atan),
    "arcsinh": (np.arcsinh, mpmath.asinh),
    "exprel": (sp.exprel, lambda x: mpmath.expm1(x) / x),
    "hypot": (lambda x: np.hypot(x, 1.0), lambda x: mpmath.sqrt(x * x + 1)),
    "pseudo_huber": (lambda x: sp.pseudo_huber(1.0, x), lambda x: mpmath.sqrt(x * x + 1) - 1),
    "j0": (sp.j0, lambda x: mpmath.besselj(0, x)),
}
RIGHT_SIDE = {
    "xlogy": (lambda x: sp.xlogy(x, x), lambda x: x * mpmath.log(x)),
    "logit": (lambda x: sp.logit(x / 1000), lambda x: mpmath.log(x / 1000 / (1 - x / 1000))),
}
POINTS = [(name, f, x) for name, (f, _) in BOTH_SIDES.items() for x in (-800, 800)]
POINTS += [(name, f, 800) for name, (f, _) in RIGHT_SIDE.items()]


DIGITS = {"logaddexp2": 300}
"""Working precision where 60 digits do not see the smaller term."""


@cache
def reference_derivative(name, x, order):
    reference = (BOTH_SIDES | RIGHT_SIDE)[name][1]
    with mpmath.workdps(DIGITS.get(name, 60)):
        return mpmath.diff(reference, mpmath.mpf(x), order) if order else reference(mpmath.mpf(x))


@pytest.mark.parametrize(("name", "f", "x"), POINTS, ids=[f"{p[0]} at {p[2]}" for p in POINTS])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_derivatives_to_third_order_at_800(name, f, x, dtype):
    most, least, tolerance = np.finfo(dtype).max, np.finfo(dtype).tiny, 1e-9 if dtype is np.float64 else 1e-4
    with np.errstate(all="ignore"), tl.at_kinks("convention"):
        for order in range(4):
            wanted = reference_derivative(name, x, order)
            result = f(dtype(x))
            got = np.asarray(result)
            assert got.dtype == dtype, f"order {order}"
            if abs(wanted) > most:
                assert np.isinf(got), f"order {order}"
            else:
                assert abs(float(got) - float(wanted)) <= max(tolerance * abs(float(wanted)), float(least)), f"order {order}"
            f = tl.grad(f)


def derivative(f, n):
    for _ in range(n):
        f = tl.grad(f)
    return f


@pytest.mark.parametrize("n", range(5))
@pytest.mark.parametrize("x", [0.0, 1e-9, -1e-3, 0.5, 1.2, 2.9, -3.3, 7.7])
def test_sinc_and_exprel_have_every_derivative_at_0_and_beside(x, n):
    with mpmath.workdps(60):
        at_0 = {"sinc": mpmath.sinc, "exprel": lambda t: mpmath.hyp1f1(1, 2, t)}
        wanted = mpmath.diff(lambda t: at_0["sinc"](mpmath.pi * t), mpmath.mpf(x), n)
        np.testing.assert_allclose(derivative(np.sinc, n)(x), float(wanted), rtol=1e-12, atol=1e-13 * math.pi**n)
        np.testing.assert_allclose(derivative(sp.exprel, n)(x), float(mpmath.diff(at_0["exprel"], mpmath.mpf(x), n)), rtol=1e-13)


@pytest.mark.parametrize("n", range(4))
@pytest.mark.parametrize("x", [-20.0, -5.0, -1.6, -1.4, 0.0, 1.4, 1.6, 4.0, 8.0, 25.0])
def test_the_tails_of_the_normal_distribution(x, n):
    with mpmath.workdps(200):
        wanted = mpmath.diff(lambda t: mpmath.exp(t * t) * mpmath.erfc(t), mpmath.mpf(x), n)
        np.testing.assert_allclose(derivative(sp.erfcx, n)(x), float(wanted), rtol=2e-14)
        wanted = mpmath.diff(lambda t: mpmath.log(mpmath.erfc(-t / mpmath.sqrt(2)) / 2), mpmath.mpf(x), n)
        np.testing.assert_allclose(derivative(sp.log_ndtr, n)(x), float(wanted), rtol=5e-13)


@pytest.mark.parametrize("n", range(4))
def test_the_gamma_family(n):
    with mpmath.workdps(60):
        for x in (0.1, 0.9, 1.0, 3.5, 40.0, 1e6):
            np.testing.assert_allclose(
                derivative(sp.gammaln, n)(x), float(mpmath.polygamma(n - 1, x) if n else mpmath.loggamma(x)), rtol=1e-13, atol=1e-15
            )
        for x in (-2.5, -0.3, 0.2, 5.0):
            np.testing.assert_allclose(derivative(sp.gamma, n)(x), float(mpmath.diff(mpmath.gamma, x, n)), rtol=1e-12)
            np.testing.assert_allclose(o.polygamma(n, x), float(mpmath.polygamma(n, x)), rtol=1e-12)
    with pytest.raises(tl.errors.DomainError) as error:
        o.polygamma(-1, 1.0)
    assert str(error.value) == "polygamma: n must be a whole number from 0 to 170, got -1. Type instead: tl.ops.polygamma(1, x)"


@pytest.mark.parametrize(("dtype", "big"), [(np.float64, 1e200), (np.float32, 1e25), (np.float64, 1e-200), (np.float32, 1e-30)])
def test_a_norm_neither_overflows_nor_underflows(dtype, big):
    x = np.array([3.0, 4.0], dtype) * dtype(big)
    for f in (o.norm2, lambda x: np.hypot(x[0], x[1])):
        value, gradient = tl.value_and_grad(f)(x)
        np.testing.assert_allclose(value, dtype(5) * dtype(big), rtol=4 * np.finfo(dtype).eps)
        np.testing.assert_allclose(gradient, [0.6, 0.8], rtol=4 * np.finfo(dtype).eps)
        assert gradient.dtype == dtype
    spread = tl.grad(np.std)(np.array([1.0, -1.0, 1.0, -1.0], dtype) * dtype(big))
    np.testing.assert_allclose(spread, np.array([0.25, -0.25, 0.25, -0.25]), rtol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("f", [o.norm2, np.std, lambda x: np.hypot(x[0], x[1])], ids=["norm2", "std", "hypot"])
def test_at_the_tip_of_a_cone_the_convention_is_0_and_the_truth_nan(f):
    x = np.zeros(2)
    with tl.at_kinks("convention"):
        np.testing.assert_array_equal(tl.grad(f)(x), 0.0)  # PyTorch's answer for a norm and a standard deviation
    with pytest.warns(tl.errors.UndefinedGradientWarning):
        assert np.all(np.isnan(tl.grad(f)(x)))
    np.testing.assert_array_equal(tl.grad(lambda x: f(x) ** 2)(x), 0.0)


def test_infinities_in_running_log_sums():
    x = np.array([-np.inf, -np.inf, 0.0, 1.0])
    np.testing.assert_array_equal(o.logcumsumexp(x, axis=0), np.logaddexp.accumulate(x))
    gradient = tl.grad(lambda t: np.sum(o.logcumsumexp(t, axis=0)[2:]))(x)
    np.testing.assert_allclose(gradient, [0.0, 0.0, 1 + 1 / (1 + math.e), math.e / (1 + math.e)], rtol=1e-15)
    assert o.logcumsumexp(2.5) == 2.5


def test_absent_terms_have_no_slope_and_present_ones_an_infinite_one():
    assert tl.grad(lambda q: sp.xlogy(0.0, q))(0.0) == 0  # 0 log q is 0 for every q
    assert tl.grad(lambda q: sp.xlogy(0.0, q))(0.5) == 0
    assert tl.grad(lambda q: sp.rel_entr(0.0, q))(0.5) == 0
    assert tl.grad(lambda q: sp.kl_div(0.0, q))(0.5) == 1
    assert tl.grad(lambda p: sp.xlogy(p, p))(0.0) == -np.inf
    assert tl.grad(sp.entr)(0.0) == np.inf
    mixed = tl.grad(lambda p: tl.grad(lambda q: sp.xlogy(p, q))(0.25))(0.0)
    assert mixed == 4.0  # the second derivative 1 / q survives p = 0


@pytest.mark.parametrize(("dtype", "power"), [(np.float64, 600), (np.float64, -600), (np.float32, 80), (np.float32, -80), (np.float16, 9)])
def test_a_norm_scales_bit_for_bit_by_powers_of_two(dtype, power):
    x = np.random.default_rng(0).standard_normal((50, 7)).astype(dtype)
    scale = np.ldexp(dtype(1), power)
    np.testing.assert_array_equal(o.norm2(x * scale, axis=1), o.norm2(x, axis=1) * scale)


def test_a_scaled_bessel_function_kinks_at_0():
    found = tl.differentiability(sp.i0e, 0.0)
    assert (found.kind, found.left, found.right, found.proved) == ("kink", 1.0, -1.0, True)  # that of exp(-|x|)
    assert tl.grad(lambda x: sp.i0e(x) * np.exp(np.abs(x)))(0.0) == 0.0  # I_0 itself is smooth
    assert tl.differentiability(sp.i1e, 0.0).kind == "smooth"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shift", [-2000.0, -29.0, -25.0, 0.0, 25.0, 29.0, 2000.0])
def test_a_softmax_does_not_change_with_a_shift_of_all_scores(shift, dtype):
    x = np.array([[-4.0, 0.0, 3.0, 1.0], [1.0, 1.0, 1.0, 1.0]], dtype)
    e = np.exp(x.astype(np.float64))
    shares = o.softmax(x + dtype(shift), axis=-1)
    assert shares.dtype == dtype
    np.testing.assert_allclose(shares, e / e.sum(axis=-1, keepdims=True), rtol=4 * np.finfo(dtype).eps)


WINDOWED = {
    **{f"{kind}_pool{d}d": (d, partial(getattr(o, f"{kind}_pool{d}d"), kernel_size=2)) for kind in ("avg", "max") for d in (1, 2, 3)},
    **{
        f"adaptive_{kind}_pool{d}d to {size}": (d, partial(getattr(o, f"adaptive_{kind}_pool{d}d"), output_size=size))
        for kind in ("avg", "max")
        for d in (1, 2, 3)
        for size in (2, 3)
    },
    "avg_pool1d that overlaps": (1, partial(o.avg_pool1d, kernel_size=3, stride=1, padding=1)),
    "interpolate, area": (2, partial(o.interpolate, size=3, mode="area")),
    "interpolate, bilinear": (2, partial(o.interpolate, size=6, mode="bilinear")),
    "interpolate, bicubic": (2, partial(o.interpolate, size=6, mode="bicubic")),
}


@pytest.mark.parametrize("name", WINDOWED)
def test_what_is_infinite_or_missing_stays_in_its_windows(name, rng):
    """Other windows keep their values, and of a window that is infinite or nan only its own entries get a slope that is not finite."""
    dims, pool = WINDOWED[name]
    x = rng.permutation(4**dims).reshape((1, 1, *[4] * dims)) / 8
    usual = pool(x)
    for at in np.ndindex(x.shape):
        there = {value: x.copy() for value in (1e6, -1e6, np.inf, -np.inf, np.nan)}
        for value, moved in there.items():
            moved[at] = value
        touched = pool(there[1e6]) != usual
        for value in (np.inf, -np.inf, np.nan):
            got = pool(there[value])
            np.testing.assert_allclose(got[~touched], usual[~touched], rtol=1e-14)
            if "max" in name and value == -np.inf:
                np.testing.assert_allclose(got, pool(there[-1e6]), rtol=1e-14)
            else:
                assert not np.isfinite(got[touched]).any()
    _, pullback = tl.vjp(pool, x)
    for at in np.ndindex(usual.shape):
        one, far = np.zeros_like(usual), np.zeros_like(usual)
        one[at], far[at] = 1.0, np.inf
        with tl.at_kinks("convention"):  # the truth is that an infinite slope is none
            np.testing.assert_array_equal(np.isfinite(pullback(far)), pullback(one) == 0)
