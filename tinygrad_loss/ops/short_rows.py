"""Sums along a short last axis: as a product with ones they are several times faster than a reduction."""

import functools
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import ones
from tinygrad_loss.ops.blocks import BLOCK

__all__ = ["minus_ones", "row_products"]

SHORT: Final = 32
"""Up to this many components all rows together are faster than a call of BLAS for each."""


@functools.lru_cache(maxsize=64)
def minus_ones(n: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Return what adds up a row of ``n`` with the other sign."""
    made = -ones(n, dtype)
    made.flags.writeable = False
    return made


def row_products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the sum of the products of two arrays of one shape along the last axis, without an array of them."""
    n = a.shape[-1]
    if n > SHORT:
        return np.vecdot(a, b)
    if a.dtype != b.dtype or a.ndim < 2 or not (a.flags.c_contiguous and b.flags.c_contiguous):
        return np.einsum("...i,...i->...", a, b)
    one = ones(n, a.dtype)
    if a.size <= BLOCK:
        return np.multiply(a, b).dot(one)
    first, second, step = a.reshape(-1, n), b.reshape(-1, n), BLOCK // n
    out, products = np.empty(len(first), a.dtype), np.empty((step, n), a.dtype)
    for start in range(0, len(first), step):
        into = out[start : start + step]
        rows = np.multiply(first[start : start + step], second[start : start + step], out=products[: len(into)])
        np.dot(rows, one, out=into)
    return out.reshape(a.shape[:-1])
