"""Diagonals and triangles of matrices."""

from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import door, linear
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.arranging import axes_of
from tinygrad_loss.ops.properties import operand

__all__ = ["diag", "diagflat", "diagonal", "trace", "tril", "triu"]

tril_: Rule = linear("tril", lambda x, k: np.tril(x, k), lambda g, _x, k: tril_(g, k=k), doc="the entries on and below a diagonal")
triu_: Rule = linear("triu", lambda x, k: np.triu(x, k), lambda g, _x, k: triu_(g, k=k), doc="the entries on and above a diagonal")


def _place_diagonal(d: Array, offset: int, shape: tuple[int, ...]) -> Array:
    """Return zeros of ``shape`` with ``d`` on a diagonal of the last two axes."""
    into = np.zeros(shape, d.dtype)
    i = np.arange(d.shape[-1])
    into[..., i + max(-offset, 0), i + max(offset, 0)] = d
    return into


diagonal_: Rule = linear(
    "diagonal",
    lambda x, offset: np.diagonal(x, offset, -2, -1),
    lambda g, x, offset: place_diagonal(g, offset=offset, shape=x.shape),
    doc="the entries on a diagonal of the last two axes",
)
place_diagonal: Rule = linear(
    "place_diagonal",
    _place_diagonal,
    lambda g, _d, offset, shape: diagonal_(g, offset=offset),
    doc="zeros, with entries on a diagonal of the last two axes",
)


def _matrix(name: str, x: Array) -> Array:
    if x.ndim < 2:
        raise errors.shapes(name, "it needs two axes at least", [x.shape], "np.diag(x), the matrix with x on its diagonal")
    return x


@door(np.tril)
def tril(m: Array, k: int = 0) -> Array:
    """Return the entries on and below diagonal ``k`` of the last two axes, and zeros above; a vector is repeated as rows."""
    return tril_(m if m.ndim > 1 else np.broadcast_to(m, (m.size, m.size)), k=int(k))


@door(np.triu)
def triu(m: Array, k: int = 0) -> Array:
    """Return the entries on and above diagonal ``k`` of the last two axes, and zeros below; a vector is repeated as rows."""
    return triu_(m if m.ndim > 1 else np.broadcast_to(m, (m.size, m.size)), k=int(k))


@door(np.diagonal, methods=("diagonal",))
def diagonal(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Return the diagonal of two axes as the last axis."""
    _matrix("np.diagonal", a)
    first, second = axes_of((axis1, axis2), a.ndim)
    if first == second:
        raise errors.ShapeError(
            errors.say("np.diagonal", "the two axes must differ", f"axis1={axis1}, axis2={axis2}", "np.diagonal(x, 0, 0, 1)")
        )
    rest = tuple(i for i in range(a.ndim) if i not in {first, second})
    return diagonal_(np.transpose(a, (*rest, first, second)), offset=int(offset))


@door(np.diag)
def diag(v: Array, k: int = 0) -> Array:
    """Return a diagonal of a matrix, or the matrix with a vector on that diagonal."""
    if v.ndim == 1:
        n = v.size + abs(int(k))
        return place_diagonal(v, offset=int(k), shape=(n, n))
    if v.ndim == 2:
        return diagonal_(v, offset=int(k))
    raise errors.shapes("np.diag", "it takes a vector or a matrix", [v.shape], "np.diagonal(x, 0, -2, -1)")


@door(np.diagflat)
def diagflat(v: Array, k: int = 0) -> Array:
    """Return the matrix with all entries on a diagonal."""
    return diag(np.ravel(operand(v)), k)


@door(np.trace, methods=("trace",))
def trace(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: None = None) -> Array:
    """Return the sum along a diagonal of two axes."""
    return np.sum(diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype, out=out)


@door(np.linalg.diagonal)
def matrix_diagonal(x: Array, /, *, offset: int = 0) -> Array:
    """Return the diagonal of the last two axes."""
    return diagonal_(_matrix("np.linalg.diagonal", x), offset=int(offset))


@door(np.linalg.trace)
def matrix_trace(x: Array, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """Return the sum along the diagonal of the last two axes."""
    return np.sum(matrix_diagonal(x, offset=offset), axis=-1, dtype=dtype)
