"""What NumPy alone says about a linear map: its matrix, column by column. The reference for every op that only moves entries."""

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_loss as tl


def matrix_of(f: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """Return the derivative of ``f``, which must be affine, as an array of shape ``f(x).shape + x.shape``."""
    zero = np.asarray(f(np.zeros_like(x)))
    columns = [np.asarray(f(unit.reshape(x.shape))) - zero for unit in np.eye(x.size, dtype=x.dtype)]
    return np.stack(columns, axis=-1).reshape(zero.shape + x.shape) if columns else np.zeros(zero.shape + x.shape)


def assert_moves_entries(f: Callable[[Any], Any], x: np.ndarray) -> None:
    """Assert that an affine ``f`` of a tensor has NumPy's value and dtype, and that both modes of derivative are its matrix."""
    expected = np.asarray(f(x))
    variable = tl.tensor(x, requires_grad=True)
    y = f(variable)
    assert y.shape == expected.shape
    assert y.dtype == expected.dtype
    np.testing.assert_array_equal(y.data, expected)
    g = np.cos(np.arange(expected.size) + 1.0).reshape(expected.shape).astype(x.dtype)
    y.backward(g)
    jacobian = matrix_of(f, x)
    assert variable.grad.dtype == x.dtype
    assert_sums(variable.grad, g, jacobian, expected.ndim)
    v = np.sin(np.arange(x.size) + 1.0).reshape(x.shape).astype(x.dtype)
    _, dy = tl.jvp(f, x, v)
    assert_sums(dy, jacobian, v, x.ndim)


def assert_sums(got: Any, a: np.ndarray, b: np.ndarray, axes: int) -> None:
    """Assert sums of products up to their rounding: it grows with the sum of their sizes (Higham 2002, chapter 3), not with what is left of it."""
    rounding = 8 * np.finfo(np.asarray(got).dtype).eps
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    error = np.abs(np.asarray(got, np.float64) - np.tensordot(a, b, axes))
    assert np.all(error <= rounding * np.tensordot(np.abs(a), np.abs(b), axes)), f"off by {error.max()}"
