"""Linear systems, inverses, determinants and Cholesky factors."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import custom, door, linear, unbroadcast
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.packing import result_of
from tinygrad_loss.ops.properties import operand, ours

__all__ = ["cholesky", "det", "inv", "matrix_power", "slogdet", "solve", "solve_triangular", "symmetric"]


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


# ---- determinants ---------------------------------------------------------------------------------------------------------


def _cofactors(a: Array) -> Array:
    """Return the derivative of the determinant without dividing by it, so that a singular matrix has it too."""
    u, s, vh = np.linalg.svd(a)
    n = s.shape[-1]
    others = np.prod(np.where(np.eye(n, dtype=bool), 1.0, s[..., None, :]), axis=-1).astype(s.dtype)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return (u * (others * sign[..., None])[..., None, :]) @ vh


def _cofactors_pull(g: Array, y: Array, a: Array) -> Array:
    w = t(np.linalg.inv(a))
    return np.sum(g * y, axis=(-2, -1), keepdims=True) * w - y @ t(g) @ w


def _cofactors_push(dx: Sequence[Array | None], y: Array, a: Array) -> Array:
    w = t(np.linalg.inv(a))
    return np.sum(w * dx[0], axis=(-2, -1), keepdims=True) * y - w @ t(dx[0]) @ y


cofactors: Rule = custom("cofactors", _cofactors, [_cofactors_pull], _cofactors_push, doc=r"\det(A)\, A^{-T}")
det_: Rule = custom(
    "det",
    np.linalg.det,
    [lambda g, _y, a: g[..., None, None] * cofactors(a)],
    lambda dx, _y, a: np.sum(cofactors(a) * dx[0], axis=(-2, -1)),
    doc=r"\det A",
)


def _log_slope(y: Array, a: Array) -> Array:
    """Return the transposed inverse, and inf or nan where there is none."""
    sign = y[..., :1, None]
    return t(np.linalg.inv(np.where(sign == 0, np.eye(a.shape[-1], dtype=a.dtype), a))) / np.abs(sign)


slogdet_: Rule = custom(
    "slogdet",
    lambda a: np.stack(np.linalg.slogdet(a), axis=-1),
    [lambda g, y, a: g[..., 1][..., None, None] * _log_slope(y, a)],
    lambda dx, y, a: np.stack([np.zeros_like(y[..., 0]), np.sum(_log_slope(y, a) * dx[0], axis=(-2, -1))], axis=-1),
    facts=Facts(nature="infinite", tie=lambda y, _a: (y[..., :1] == 0) & np.ones(2, bool)),
    doc=r"\mathrm{sign} \det A and \log |\det A|",
)


@door(np.linalg.det)
def det(a: Array) -> Array:
    """Return the determinants of square matrices; a singular one has a gradient too."""
    return det_(a)


@door(np.linalg.slogdet)
def slogdet(a: Array) -> Any:
    """Return the sign and the logarithm of the absolute value of determinants, which neither overflow nor underflow.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.linalg.slogdet(x).logabsdet)(np.diag([2.0, 4.0]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    y = slogdet_(a)
    return result_of(np.linalg.slogdet)(y[..., 0], y[..., 1])


# ---- symmetric matrices ---------------------------------------------------------------------------------------------------


def _is_symmetric(a: Array) -> Array:
    """Return, per matrix, whether it is symmetric up to rounding."""
    gap = np.max(np.abs(a - t(a)), axis=(-2, -1), keepdims=True, initial=0.0)
    return gap <= 100 * np.finfo(a.dtype).eps * np.max(np.abs(a), axis=(-2, -1), keepdims=True, initial=0.0)


def _symmetric(x: Array, a: Array, lower: bool) -> Array:
    triangle, beyond = (np.tril(x), np.tril(x, -1)) if lower else (np.triu(x), np.triu(x, 1))
    return np.where(_is_symmetric(a), (x + t(x)) * 0.5, triangle + t(beyond)).astype(x.dtype)


def _symmetric_back(g: Array, a: Array, lower: bool) -> Array:
    read = np.tril(g) + np.tril(t(g), -1) if lower else np.triu(g) + np.triu(t(g), 1)
    return np.where(_is_symmetric(a), (g + t(g)) * 0.5, read).astype(g.dtype)


symmetric_: Rule = linear(
    "symmetric",
    _symmetric,
    lambda g, _x, a, lower: symmetric_back(g, a, lower=lower),
    doc="the symmetric part of x where a is symmetric, else the matrix that a triangle of x stands for",
)
symmetric_back: Rule = linear(
    "symmetric_back", _symmetric_back, lambda g, _x, a, lower: symmetric_(g, a, lower=lower), doc="the transpose of symmetric"
)


def symmetric(x: Array, name: str, *, lower: bool = True) -> Array:
    """Return the symmetric matrix that NumPy reads from one triangle; where ``x`` is symmetric it is differentiated in its symmetric part."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise errors.matrix(name, "square" if x.ndim > 1 else "two-dimensional", [x.shape])
    if x.dtype.kind == "c":
        raise errors.DTypeError(
            errors.say(f"np.linalg.{name}", "the matrix must be real", f"dtype {x.dtype}", f"np.linalg.{name}(np.real(a))")
        )
    return symmetric_(x, x.detach() if ours(x) else x, lower=lower)


def _half(x: Array) -> Array:
    """Return the lower triangle, half of the diagonal."""
    return (np.tril(x) + np.tril(x, -1)) * 0.5


def _cholesky_pull(g: Array, y: Array, _a: Array) -> Array:
    inside = _half(t(y) @ np.tril(g))
    left = np.linalg.solve(t(y), inside)
    full = t(np.linalg.solve(t(y), t(left)))
    return (full + t(full)) * 0.5


def _cholesky_push(dx: Sequence[Array | None], y: Array, _a: Array) -> Array:
    da = (dx[0] + t(dx[0])) * 0.5
    return y @ _half(np.linalg.solve(y, t(np.linalg.solve(y, da))))


cholesky_: Rule = custom(
    "cholesky",
    lambda a: np.linalg.cholesky((a + t(a)) * 0.5),
    [_cholesky_pull],
    _cholesky_push,
    doc=r"the lower triangular L with L L^T = A",
)


@door(np.linalg.cholesky)
def cholesky(a: Array, /, *, upper: bool = False) -> Array:
    """Return the lower triangular factor ``l`` of ``l @ l.T = a``, or its transpose.

    Args:
        a: (..., n, n), symmetric and positive definite; differentiated in its symmetric part (in one triangle, if only that one is given).
        upper: return the upper triangular factor.

    Raises:
        MatrixError: ``a`` is not positive definite.

    Source: Murray, Differentiation of the Cholesky decomposition (2016), arXiv:1602.07527.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda a: np.sum(np.linalg.cholesky(a)))(np.diag([4.0, 1.0]))
    array([[0.25, 0.25],
           [0.25, 0.5 ]])
    """
    factor = cholesky_(symmetric(operand(a), "cholesky", lower=not upper))
    return t(factor) if upper else factor
