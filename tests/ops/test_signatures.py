"""Reductions, statistics, orders and running operations answer to NumPy's whole signatures: values, shapes and dtypes are NumPy's."""

import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_loss as tl
from numpy_calls import HOLED, MASK, METHODS, ORDERS, RUNNING, STATISTICS, X
from tinygrad_loss.calculus.differences import central

rng = np.random.default_rng(1)

REDUCTIONS = {
    "np": (np.sum, np.prod, np.mean, np.max, np.min, np.std, np.var, np.median, np.ptp, np.argmax, np.argmin, np.average),
    "nan": (np.nansum, np.nanprod, np.nanmean, np.nanmax, np.nanmin, np.nanstd, np.nanvar, np.nanmedian, np.nanargmax, np.nanargmin),
}
SEVERAL_AXES = {f for fs in REDUCTIONS.values() for f in fs} - {np.argmax, np.argmin, np.nanargmax, np.nanargmin}


def same(call, x, **tolerance):
    """The call on a tensor gives what it gives on the array."""
    wanted = call(x)
    got = call(tl.tensor(x, requires_grad=x.dtype.kind == "f"))
    pairs = zip(got, wanted, strict=True) if isinstance(wanted, tuple) else [(got, wanted)]
    for tensor, w in pairs:
        g = tensor.data if isinstance(tensor, tl.Tensor) else np.asarray(tensor)
        assert g.shape == np.shape(w)
        assert g.dtype == np.asarray(w).dtype
        eps = np.finfo(x.dtype).eps if x.dtype.kind == "f" else 1e-15
        np.testing.assert_allclose(g, w, **({"rtol": 16 * eps, "atol": 16 * eps} | tolerance))


@pytest.mark.parametrize("f", [f for fs in REDUCTIONS.values() for f in fs], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_reduction_takes_every_axis_and_keeps_dims(f, dtype):
    x = (HOLED if f.__name__.startswith("nan") else X).astype(dtype)
    for axis in [None, 0, 1, -1, (0, 2), (-1, 0), (0, 1, 2)]:
        if isinstance(axis, tuple) and f not in SEVERAL_AXES:
            continue
        for keepdims in (False, True):
            same(lambda v, axis=axis, keepdims=keepdims: f(v, axis=axis, keepdims=keepdims), x)
    same(lambda v: f(v, 1), x)


@pytest.mark.parametrize("f", [np.sum, np.prod, np.mean, np.max, np.min, np.std, np.var, np.nansum, np.nanprod], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_reduction_takes_where(f, dtype):
    x = X.astype(dtype)
    initial = {"initial": -3.0} if f is np.max else {"initial": 3.0} if f is np.min else {}
    for axis in [None, 0, (0, 2)]:
        for keepdims in (False, True):
            same(lambda v, a=axis, k=keepdims: f(v, axis=a, keepdims=k, where=MASK, **initial), x)


@pytest.mark.parametrize("f", [np.sum, np.prod, np.max, np.min, np.nansum, np.nanprod, np.nanmax, np.nanmin], ids=lambda f: f.__name__)
def test_a_reduction_takes_an_initial_value(f):
    same(lambda v: f(v, axis=1, initial=0.25), X)
    same(lambda v: f(v, initial=0.25, keepdims=True), X)


@pytest.mark.parametrize("f", [np.sum, np.prod, np.mean, np.std, np.var, np.cumsum, np.cumprod], ids=lambda f: f.__name__)
def test_a_reduction_computes_in_another_dtype(f):
    same(lambda v: f(v, axis=0, dtype=np.float32), X, rtol=1e-5)
    same(lambda v: f(v, axis=0, dtype=np.float64), X.astype(np.float32))


@pytest.mark.parametrize("f", [np.std, np.var, np.nanstd, np.nanvar], ids=lambda f: f.__name__)
def test_spread_takes_ddof_correction_and_mean(f):
    same(lambda v: f(v, ddof=1), X)
    same(lambda v: f(v, axis=(0, 1), correction=1.5), X)
    same(lambda v: f(v, 1, None, None, 2, True), X)
    same(lambda v: f(v, axis=0, mean=np.full((1, 3, 4), 0.5)), X)


@pytest.mark.parametrize("call", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_method_is_numpys(call, dtype):
    if "outer" not in str(call) or dtype is np.float64:
        x = X.astype(dtype)
        wanted, got = call(x), call(tl.tensor(x, requires_grad=True))
        np.testing.assert_allclose(got.data, wanted, rtol=1e-5 if dtype is np.float32 else 1e-13)
        assert got.shape == wanted.shape


@pytest.mark.parametrize("call", RUNNING.values(), ids=RUNNING)
def test_a_running_operation_is_numpys(call):
    same(call, X)


@pytest.mark.parametrize("call", STATISTICS.values(), ids=STATISTICS)
def test_a_statistic_is_numpys(call):
    same(call, X)


@pytest.mark.parametrize("call", ORDERS.values(), ids=ORDERS)
def test_an_order_is_numpys(call):
    same(call, X)


@pytest.mark.parametrize("method", [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "linear",
    "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
])  # fmt: skip
def test_every_method_of_a_quantile_is_numpys(method):
    q = np.array([0.0, 0.1, 0.25, 0.31, 0.5, 0.74, 0.75, 1.0])
    same(lambda x: np.quantile(x, q, axis=-1, method=method), X)
    same(lambda x: np.quantile(x, 0.37, method=method), X.astype(np.float32), rtol=1e-6)
    inside = q[1:-1] + 0.01  # a tensor as q, away from the jumps
    np.testing.assert_allclose(np.quantile(X, tl.tensor(inside), method=method).data, np.quantile(X, inside, method=method), rtol=1e-12)
    same(lambda x: np.quantile(x, inside, method=method), np.array([2.5]))


@pytest.mark.parametrize("f", [np.sum, np.prod, np.max, np.min, np.cumsum, np.cumprod], ids=lambda f: f.__name__)
def test_a_single_number_has_axis_0_and_minus_1(f):
    for axis in (None, 0, -1):
        same(lambda v, axis=axis: f(v, axis=axis), np.array(2.5))


@pytest.mark.parametrize("f", [np.sum, np.prod, np.max, np.cumsum, np.sort, np.median, np.std], ids=lambda f: f.__name__)
def test_an_axis_that_is_not_there_is_numpys_error(f):
    with pytest.raises(np.exceptions.AxisError):
        f(tl.tensor(X), axis=3)


def test_empty_arrays():
    empty = np.zeros((0, 3))
    for f in (np.sum, np.prod):
        same(lambda v, f=f: f(v), empty)
        same(lambda v, f=f: f(v, axis=0), empty)
        same(lambda v, f=f: f(v, axis=1), empty)
    for f in (np.cumsum, np.cumprod, lambda v: np.cumprod(v, axis=1), lambda v: np.sort(v, axis=0), lambda v: np.max(v, axis=1), np.diff):
        same(f, empty)
    with pytest.raises(ValueError, match="zero-size"):
        np.max(tl.tensor(empty))
    gradient = tl.grad(lambda x: np.sum(np.prod(x, axis=0)))(empty)
    assert gradient.shape == (0, 3)


UFUNCS = [
    np.sqrt, np.cbrt, np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.arcsinh, np.arctanh, np.deg2rad, np.radians,
    np.rad2deg, np.degrees, np.sinc, np.i0, np.asin, np.acos, np.atan, np.asinh, np.atanh, sp.erf, sp.erfc, sp.erfcx, sp.erfinv, sp.erfcinv,
    sp.gamma, sp.gammaln, sp.digamma, sp.psi, sp.entr, sp.expit, sp.logit, sp.log_expit, sp.ndtr, sp.ndtri, sp.log_ndtr, sp.i0, sp.i0e, sp.i1,
    sp.i1e, sp.j0, sp.j1, sp.k0, sp.k0e, sp.k1, sp.k1e, sp.y0, sp.y1, sp.exprel, sp.exp2, sp.expm1, sp.log1p, sp.exp1, sp.expi, sp.erfi, sp.cosm1, sp.exp10, sp.cbrt,
]  # fmt: skip


@pytest.mark.parametrize("f", UFUNCS, ids=lambda f: f.__name__)
def test_a_function_of_one_number_is_numpys_or_scipys(f):
    same(f, rng.uniform(0.1, 0.9, (2, 3)), rtol=4e-15)
    wanted = f(np.full((2,), 0.3, np.float32))
    got = f(tl.tensor(np.full((2,), 0.3, np.float32)))
    assert got.dtype == np.float32
    np.testing.assert_allclose(got.data, wanted, rtol=1e-6)


@pytest.mark.parametrize("f", [
    np.hypot, np.arctan2, np.atan2, np.logaddexp, np.logaddexp2, sp.xlogy, sp.xlog1py, sp.beta, sp.betaln, sp.rel_entr, sp.kl_div, sp.huber,
    sp.pseudo_huber, np.pow,
], ids=lambda f: f.__name__)  # fmt: skip
def test_a_function_of_two_numbers_is_numpys_or_scipys(f):
    a, b = rng.uniform(0.1, 0.9, (2, 3)), rng.uniform(0.1, 0.9, 3)
    same(lambda x: f(x, b), a, rtol=4e-15)
    same(lambda x: f(0.5, x), a, rtol=4e-15)
    same(lambda x: f(x, b.astype(np.float32)), a.astype(np.float32), rtol=1e-6)
    assert f(tl.tensor(a.astype(np.float32)), 0.5).dtype == np.float32


def test_the_acosh_family_starts_at_1():
    same(np.arccosh, np.array([1.0, 2.0, 1e300]))
    same(np.acosh, np.array([1.5]))


def test_gammainc_in_its_limit():
    a, x = np.array([0.5, 1.0, 3.0]), np.array([0.1, 1.0, 4.0])
    same(lambda t: sp.gammainc(a, t), x)
    same(lambda t: sp.gammaincc(a, t), x)
    with pytest.raises(tl.errors.NoRuleError) as error:
        sp.gammainc(tl.tensor(a), x)
    assert str(error.value) == (
        "gammainc: it has a derivative in x alone, so a must be numbers, got a Tensor as a. Type instead: tl.ops.gammainc(a.numpy(), x)"
    )


def test_methods_that_write_in_place_are_refused():
    with pytest.raises(tl.errors.LostGraphError) as error:
        tl.tensor([2.0, 1.0]).sort()
    assert str(error.value) == (
        "x.sort(): arrays are never written in place, got a tensor. Type instead: y = np.sort(x), or np.partition(x, kth)"
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data(), shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4))
def test_random_reductions_are_numpys(data, shape):
    f = data.draw(st.sampled_from([np.sum, np.prod, np.mean, np.max, np.min, np.std, np.var, np.median, np.ptp, np.argmax]))
    dtype = data.draw(st.sampled_from([np.float64, np.float32]))
    x = data.draw(hnp.arrays(np.float64, shape, elements=st.floats(-2, 2, width=16))).astype(dtype)
    axes = [None, *range(-len(shape), len(shape))]
    if f is not np.argmax:
        axes += [tuple(data.draw(st.permutations(range(len(shape))))[: data.draw(st.integers(0, len(shape)))])] if shape else [()]
    axis, keepdims = data.draw(st.sampled_from(axes)), data.draw(st.booleans())
    same(
        lambda v: f(v, axis=axis, keepdims=keepdims),
        x,
        rtol=1e-5 if dtype is np.float32 else 1e-13,
        atol=1e-6 if dtype is np.float32 else 1e-14,
    )


@settings(max_examples=40, deadline=None)
@given(data=st.data(), shape=hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
def test_random_orders_are_numpys(data, shape):
    f = data.draw(st.sampled_from([np.sort, np.cumsum, np.cumprod, np.diff, np.maximum.accumulate, np.minimum.accumulate]))
    x = data.draw(hnp.arrays(np.float64, shape, elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0])))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    same(lambda v: f(v, axis=axis), x)
    with tl.at_kinks("convention"):
        assert tl.grad(lambda v: np.sum(f(v, axis=axis)))(x).shape == shape


BESSEL = [sp.iv, sp.ive, sp.jv, sp.kv, sp.kve, sp.yv]


@pytest.mark.parametrize("f", BESSEL, ids=lambda f: f.__name__)
@pytest.mark.parametrize("v", [0, 1, 2, 2.5, -1.5, -1])
def test_a_bessel_function_of_any_order_is_scipys(f, v):
    x = np.array([0.3, 1.0, 4.0])
    same(lambda t: f(v, t), x, rtol=1e-13)
    slope = central(lambda t: f(v, x + t), first=2.0**-7)
    np.testing.assert_allclose(tl.grad(lambda t: np.sum(f(v, t)))(x), slope.value, rtol=1e-7, atol=1e-9)
    with pytest.raises(tl.errors.NoRuleError, match="it has a derivative in x alone, for one order, got ndarray as v"):
        f(x, tl.tensor(x))


@pytest.mark.parametrize("f", [sp.boxcox, sp.boxcox1p], ids=lambda f: f.__name__)
@pytest.mark.parametrize("power", [-1.0, 0.0, 1e-9, 0.5, 2.0])
def test_a_power_transform_is_scipys(f, power):
    x = np.array([0.3, 1.0, 4.0])
    same(lambda t: f(t, power), x, rtol=1e-13, atol=1e-15)
    same(lambda t: f(x, t), np.full(3, power), rtol=1e-13, atol=1e-15)
