"""Functions that are composed, not declared, have the derivatives that differences see, to second order."""

import numpy as np
import pytest

import tinygrad_loss as tl
from numpy_calls import HOLED, METHODS, ORDERS, RUNNING, STATISTICS, X
from tinygrad_loss.calculus.differences import central

CONSTANT = {"argmax", "argsort", "argsort_flat", "argsort_stable", "argpartition", "searchsorted", "searchsorted_in", "digitize", "digitize_down",
    "count_nonzero", "around", "isin", "isposinf", "isclose", "allclose", "array_equal", "array_equal_shapes", "array_equal_nan", "array_equiv", "array_equiv_shapes"}  # fmt: skip
"""Calls whose result has no derivative."""
NAN = {"median_nan", "quantile_nan", "nan_to_num_given"}
"""Calls whose value is nan or infinite on the way."""
CALLS = {k: f for calls in (METHODS, RUNNING, STATISTICS, ORDERS) for k, f in calls.items() if k not in CONSTANT | NAN}

IGNORING = {
    "nansum": lambda x: np.nansum(x, axis=1),
    "nanprod": lambda x: np.nanprod(x, axis=(0, 2)),
    "nanmean": lambda x: np.nanmean(x, axis=1, keepdims=True),
    "nanmax": lambda x: np.nanmax(x, axis=0),
    "nanmin": np.nanmin,
    "nanvar": lambda x: np.nanvar(x, axis=1, ddof=1),
    "nanmedian": lambda x: np.nanmedian(x, axis=1),
    "nanquantile": lambda x: np.nanquantile(x, [0.1, 0.9], axis=(0, 1)),
    "nanstd": lambda x: np.nanstd(x, axis=(0, 1)),
}


def scalar(call, x):
    """A weighted sum of all that the call returns."""
    rng = np.random.default_rng(3)
    parts = call(x)
    total = 0.0
    for part in parts if isinstance(parts, tuple) else (parts,):
        total = total + np.sum(part * rng.standard_normal(np.shape(part)))
    return total


def agrees(call, x, v):
    """Both orders of the derivative along v are what differences say."""
    with tl.at_kinks("convention"):
        gradient = tl.grad(lambda t: scalar(call, t))
        slope = central(lambda t: np.asarray(scalar(call, x + t * v)), first=2.0**-9)
        assert abs(np.sum(gradient(x) * v) - slope.value) <= 10 * slope.error + 1e-9
        bend = central(lambda t: np.asarray(np.sum(gradient(x + t * v) * v)), first=2.0**-9)
        assert abs(np.sum(tl.hvp(lambda t: scalar(call, t), x, v) * v) - bend.value) <= 10 * bend.error + 1e-8


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_composed_function_has_the_derivatives_that_differences_see(call):
    agrees(call, X, np.random.default_rng(4).standard_normal(X.shape) * 0.1)


@pytest.mark.parametrize("call", IGNORING.values(), ids=IGNORING)
def test_a_function_that_ignores_nan_gives_it_no_gradient(call):
    gone = np.isnan(HOLED)
    with tl.at_kinks("convention"):
        gradient = tl.grad(lambda t: scalar(call, t))(HOLED)
    assert np.all(gradient[gone] == 0)
    agrees(lambda x: call(np.where(gone, np.nan, x)), np.where(gone, 0.5, HOLED), np.random.default_rng(4).standard_normal(X.shape) * 0.1)


def test_weights_have_gradients():
    w = np.random.default_rng(5).uniform(0.5, 2.0, 4)
    v = np.array([0.1, -0.2, 0.3, 0.1])
    agrees(lambda t: np.average(X, axis=-1, weights=t), w, v)
    agrees(lambda t: np.cov(X[0], aweights=t), w, v)
    agrees(lambda t: np.interp(0.3, np.cumsum(t) - 1.0, X[0, 0]), w, v)
    agrees(lambda t: np.trapezoid(X[0], np.cumsum(t)), w, v)
    agrees(lambda q: np.quantile(X, q, axis=1), np.array([0.3, 0.6]), np.array([0.1, -0.1]))


ZEROS = [[0.0, 2.0, 3.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 4.0]]


@pytest.mark.parametrize("x", ZEROS, ids=str)
def test_products_with_zeros_are_exact_to_third_order(x):
    x = np.array(x)
    # of x0 x1 x2 the gradient is (x1 x2, x0 x2, x0 x1), the Hessian its derivative, and the third derivative 1 for distinct indices
    np.testing.assert_array_equal(tl.grad(np.prod)(x), [x[1] * x[2], x[0] * x[2], x[0] * x[1]])
    np.testing.assert_array_equal(tl.hessian(np.prod)(x), [[0, x[2], x[1]], [x[2], 0, x[0]], [x[1], x[0], 0]])
    third = tl.jacobian(tl.hessian(np.prod))(x)
    np.testing.assert_array_equal(third, [[[float(len({i, j, k}) == 3) for k in range(3)] for j in range(3)] for i in range(3)])
    np.testing.assert_array_equal(tl.hessian(lambda t: np.cumprod(t)[-1])(x), tl.hessian(np.prod)(x))
    np.testing.assert_array_equal(tl.hessian(lambda t: np.prod(np.reshape(t, (1, 3, 1)), axis=(0, 1))[0])(x), tl.hessian(np.prod)(x))


def test_a_product_that_overflows_on_the_way_is_numpys():
    x = np.array([1e300, 1e-300, 1e300, 1e-300])
    assert np.prod(tl.tensor(x)).item() == np.prod(x) == 1.0
    np.testing.assert_allclose(tl.grad(np.prod)(x) * x, 1.0, rtol=1e-15)
