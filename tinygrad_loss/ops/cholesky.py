"""Symmetric matrices, of which NumPy reads one triangle, and their Cholesky factors."""

from collections.abc import Sequence

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import custom, door, linear
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.properties import operand, ours
from tinygrad_loss.ops.solving import t

__all__ = ["cholesky", "symmetric"]


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
    holds=lambda dx, _x, a, lower: bool(np.all(_is_symmetric(dx) | ~_is_symmetric(a))),  # NumPy reads one triangle of both
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
