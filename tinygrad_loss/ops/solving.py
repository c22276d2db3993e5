"""Linear systems, inverses and powers of matrices."""

from collections.abc import Sequence

import numpy as np

from tinygrad_loss.engine.declare import custom, door, unbroadcast
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.properties import operand

__all__ = ["inv", "matrix_power", "solve", "solve_triangular", "t"]


def t(x: Array) -> Array:
    """Exchange the last two axes."""
    return np.swapaxes(x, -1, -2)


# ---- systems --------------------------------------------------------------------------------------------------------------


def _solve_a(g: Array, y: Array, a: Array, _b: Array) -> Array:
    return unbroadcast(-(np.linalg.solve(t(a), g) @ t(y)), a.shape)


def _solve_b(g: Array, _y: Array, a: Array, b: Array) -> Array:
    return unbroadcast(np.linalg.solve(t(a), g), b.shape)


def _solve_push(dx: Sequence[Array | None], y: Array, a: Array, _b: Array) -> Array:
    da, db = dx
    if da is None:
        return np.linalg.solve(a, db + np.zeros_like(y))
    right = -(da @ y)
    return np.linalg.solve(a, right if db is None else db + right)


solve_: Rule = custom("solve", np.linalg.solve, [_solve_a, _solve_b], _solve_push, doc=r"A^{-1} B")
inv_: Rule = custom(
    "inv",
    np.linalg.inv,
    [lambda g, y, _a: -(t(y) @ g @ t(y))],
    lambda dx, y, _a: -(y @ dx[0] @ y),
    doc=r"A^{-1}",
)


@door(np.linalg.solve)
def solve(a: Array, b: Array) -> Array:
    """Solve ``a @ x = b``; the leading axes broadcast.

    Args:
        a: (..., n, n).
        b: (n,), or (..., n, k).

    Raises:
        MatrixError: ``a`` is singular, or not square.

    Source: Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation (2008).

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda b: np.sum(np.linalg.solve([[2.0, 0.0], [0.0, 4.0]], b)))(np.ones(2))
    array([0.5 , 0.25])
    """
    a, b = operand(a), operand(b)
    return solve_(a, b[:, None])[..., 0] if b.ndim == 1 else solve_(a, b)


@door(np.linalg.inv)
def inv(a: Array) -> Array:
    """Return the inverses of matrices; ``np.linalg.solve(a, b)`` is faster and more exact than ``inv(a) @ b``."""
    return inv_(a)


def solve_triangular(a: Array, b: Array, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Array:
    """Solve ``a @ x = b`` (or ``x @ a = b``) with a triangular matrix, of which the other triangle is not looked at.

    Args:
        a: (..., n, n).
        b: (..., n, k), or (..., k, n) with ``left=False``.
        upper: which triangle counts.
        left: on which side of ``x`` the matrix stands.
        unitriangular: take the diagonal to be ones.

    Source: torch.linalg.solve_triangular.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.solve_triangular(np.array([[2.0, 9.0], [1.0, 4.0]]), np.array([[2.0], [5.0]]), upper=False)
    array([[1.],
           [1.]])
    """
    if not left:
        return t(solve_triangular(t(a), t(b), upper=not upper, unitriangular=unitriangular))
    if not upper:  # turned round it is upper triangular, which elimination leaves as it is
        turned = solve_triangular(a[..., ::-1, ::-1], b[..., ::-1, :], upper=True, unitriangular=unitriangular)
        return turned[..., ::-1, :]
    n = a.shape[-1]
    a = np.triu(a, 1) + np.eye(n, dtype=a.dtype) if unitriangular else np.triu(a)
    return solve_(a, b)


@door(np.linalg.matrix_power)
def matrix_power(a: Array, n: int) -> Array:
    """Return the product of ``n`` copies of a square matrix, of its inverse for a negative ``n``."""
    if n == 0:
        return np.zeros_like(a) + np.eye(a.shape[-1], dtype=a.dtype)
    power, rest = (a if n > 0 else inv_(a)), abs(n)
    result = None
    while True:
        if rest & 1:
            result = power if result is None else result @ power
        rest >>= 1
        if not rest:
            return result
        power = power @ power
