"""The exponential of a matrix, composed of products and one solve, so that every order of its derivative follows."""

import math
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.cumulative import as_array

__all__ = ["matrix_exp"]

PADE: Final = tuple(
    math.factorial(26 - j) * math.factorial(13) / (math.factorial(26) * math.factorial(j) * math.factorial(13 - j)) for j in range(14)
)
"""Coefficients of the numerator of the approximant of degrees 13 and 13."""
NEAR: Final = 5.371920351148152
"""Up to this norm the approximant is exact to double precision: Higham, 2005, table 2.3."""


def matrix_exp(a: Array) -> Array:
    r"""Return $e^A = \sum_n A^n / n!$ of square matrices along the last two axes.

    Raises:
        MatrixError: the last two axes differ in length.

    Source: Higham, The scaling and squaring method for the matrix exponential revisited, SIAM J. Matrix Anal. Appl. 26, 2005.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.matrix_exp(np.array([[0.0, 1.0], [0.0, 0.0]]))
    array([[1., 1.],
           [0., 1.]])
    """
    a = as_array(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise errors.MatrixError(
            errors.say("matrix_exp", "the last two axes must be equally long", f"shape {a.shape}", "a @ np.swapaxes(a, -1, -2)")
        )
    if a.dtype.kind != "f":
        a = a.astype(np.float64)
    norm = _norm(a)
    halvings = max(0, math.ceil(math.log2(norm / NEAR))) if NEAR < norm < math.inf else 0
    a = a * 0.5**halvings
    one = np.eye(a.shape[-1], dtype=a.dtype)
    a2 = a @ a
    a4, a6 = a2 @ a2, a2 @ (a2 @ a2)
    b = PADE
    odd = a @ (a6 @ (a6 * b[13] + a4 * b[11] + a2 * b[9]) + a6 * b[7] + a4 * b[5] + a2 * b[3] + one * b[1])
    even = a6 @ (a6 * b[12] + a4 * b[10] + a2 * b[8]) + a6 * b[6] + a4 * b[4] + a2 * b[2] + one * b[0]
    y = np.linalg.solve(even - odd, even + odd)
    for _ in range(halvings):
        y = y @ y
    return y


def _norm(a: Array) -> float:
    """Return the largest sum of the entries of a column of any of the matrices, of their values alone."""
    value: Any = a.detach().numpy() if hasattr(a, "detach") else a
    return float(np.max(np.sum(np.abs(value), axis=-2), initial=0.0))
