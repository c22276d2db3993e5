"""Rows of plain arrays brought to mean 0 and spread 1: the sums along a row are products, and nothing is kept in between."""

import numpy as np

from tinygrad_loss.engine.declare import ones
from tinygrad_loss.ops.short_rows import row_products

__all__ = ["slopes_of_rows", "standardised_rows"]


def standardised_rows(x: np.ndarray, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the standardised rows, and one over the spread of each ``[rows, 1]``."""
    y = x - _means(x)
    inverse = 1.0 / np.sqrt(row_products(y, y) / x.shape[1] + eps)[:, None]
    y *= inverse
    return y, inverse


def slopes_of_rows(t: np.ndarray, y: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """Apply the Jacobian at standardised rows ``y``, which is symmetric."""
    out = y * (row_products(t, y) / y.shape[1])[:, None]
    out += _means(t)
    np.subtract(t, out, out=out)
    out *= inverse
    return out


def _means(x: np.ndarray) -> np.ndarray:
    means: np.ndarray = (x.dot(ones(x.shape[1], x.dtype)) / x.shape[1])[:, None]
    return means
