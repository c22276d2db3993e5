"""Products of vectors, matrices and arrays with more axes: all of them are ``@`` after reshaping."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.declare import door
from tinygrad_loss.engine.kind import no_out
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.arranging import axes_of
from tinygrad_loss.ops.properties import operand

__all__ = ["cross", "dot", "inner", "kron", "multi_dot", "outer", "tensordot", "vdot", "vecdot"]

EVERY_PAIR = "np.tensordot(a, b, 0)"


@door(np.dot, methods=("dot",))
def dot(a: Array, b: Array, out: None = None) -> Array:
    """Return the product over the last axis of ``a`` and the last but one of ``b``; of vectors their inner product.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.dot(x, [3.0, 4.0]))(np.array([1.0, 2.0]))
    array([3., 4.])
    """
    no_out(out, "np.dot")
    a, b = operand(a), operand(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return np.matmul(a, b) if b.ndim == 1 or (a.ndim <= 2 and b.ndim == 2) else tensordot(a, b, ((-1,), (-2,)))


@door(np.tensordot, np.linalg.tensordot)
def tensordot(a: Array, b: Array, /, axes: Any = 2) -> Array:
    """Return the sum of products over pairs of axes: the last of ``a`` with the first of ``b``, or ``(axes_a, axes_b)``."""
    a, b = operand(a), operand(b)
    if np.ndim(axes) == 0:
        axes = (tuple(range(a.ndim - int(axes), a.ndim)), tuple(range(int(axes))))
    over_a, over_b = (tuple(i) if np.ndim(i) else (int(i),) for i in axes)
    over_a, over_b = axes_of(over_a, a.ndim), axes_of(over_b, b.ndim)
    lengths = [a.shape[i] for i in over_a]
    if lengths != [b.shape[i] for i in over_b]:
        rule = f"axes {over_a} of the first must be as long as axes {over_b} of the second"
        pairs = (mismatch.unlike(("operand 1", a.shape, i), ("operand 2", b.shape, j)) for i, j in zip(over_a, over_b, strict=False))
        differ = next(filter(None, pairs), "")
        raise errors.shapes("np.tensordot", rule, [a.shape, b.shape], EVERY_PAIR, differ)
    free_a = tuple(i for i in range(a.ndim) if i not in over_a)
    free_b = tuple(i for i in range(b.ndim) if i not in over_b)
    rows, columns, inner_ = [a.shape[i] for i in free_a], [b.shape[i] for i in free_b], math.prod(lengths)
    left = np.reshape(np.transpose(a, free_a + over_a), (math.prod(rows), inner_))
    right = np.reshape(np.transpose(b, over_b + free_b), (inner_, math.prod(columns)))
    return np.reshape(left @ right, (*rows, *columns))


@door(np.inner)
def inner(a: Array, b: Array, /) -> Array:
    """Return the sum of products over the last axes."""
    a, b = operand(a), operand(b)
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, ((-1,), (-1,)))


@door(np.vdot)
def vdot(a: Array, b: Array, /) -> Array:
    """Return the inner product of all entries, those of ``a`` conjugated."""
    a, b = (np.ravel(operand(x)) for x in (a, b))
    _pair("np.vdot", a, b, "it takes as many entries of the one as of the other", (1, 1), -1)
    return np.dot(np.conj(a), b)


@door(np.vecdot, np.linalg.vecdot)
def vecdot(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """Return the inner products along one axis, the first factor conjugated; the other axes broadcast."""
    a, b = operand(x1), operand(x2)
    if a.ndim and b.ndim:
        a, b = (np.moveaxis(x, axis, -1) for x in (a, b))
    _pair("np.vecdot", a, b, "it takes two vectors of one length", (1, 1), -1)
    return (np.conj(a)[..., None, :] @ b[..., :, None])[..., 0, 0]


if hasattr(np, "matvec"):

    @door(np.matvec)
    def matvec(x1: Array, x2: Array, /) -> Array:
        """Return the products of matrices with vectors; the leading axes broadcast."""
        a, b = operand(x1), operand(x2)
        _pair("np.matvec", a, b, "it takes a matrix, and a vector as long as its rows", (2, 1), -1)
        return (a @ b[..., :, None])[..., 0]

    @door(np.vecmat)
    def vecmat(x1: Array, x2: Array, /) -> Array:
        """Return the products of conjugated vectors with matrices; the leading axes broadcast."""
        a, b = operand(x1), operand(x2)
        _pair("np.vecmat", a, b, "it takes a vector, and a matrix whose columns are as long", (1, 2), -2)
        return (np.conj(a)[..., None, :] @ b)[..., 0, :]


def _pair(name: str, a: Array, b: Array, rule: str, axes: tuple[int, int], along: int) -> None:
    """Refuse factors with too few axes, and those that differ in length where they meet: in the last axis of ``a``, in ``along`` of ``b``."""
    if a.ndim < axes[0] or b.ndim < axes[1]:
        instead = "np.multiply(a, b)" if a.ndim * b.ndim == 0 else "np.vecdot(a, b)" if a.shape == b.shape else EVERY_PAIR
        raise errors.shapes(name, rule, [a.shape, b.shape], instead)
    if a.shape[-1] != b.shape[along]:
        raise errors.shapes(
            name, rule, [a.shape, b.shape], EVERY_PAIR, mismatch.unlike(("operand 1", a.shape, -1), ("operand 2", b.shape, along))
        )


@door(np.linalg.matmul)
def matmul(x1: Array, x2: Array, /) -> Array:
    """Return the products of matrices; the leading axes broadcast."""
    return np.matmul(x1, x2)


# ---- every pair -----------------------------------------------------------------------------------------------------------


@door(np.outer)
def outer(a: Array, b: Array, out: None = None) -> Array:
    """Return the product of each entry with each."""
    no_out(out, "np.outer")
    return np.ravel(operand(a))[:, None] * np.ravel(operand(b))[None, :]


@door(np.linalg.outer)
def vector_outer(x1: Array, x2: Array, /) -> Array:
    """Return the product of each entry of one vector with each of another."""
    a, b = operand(x1), operand(x2)
    if a.ndim != 1 or b.ndim != 1:
        raise errors.shapes("np.linalg.outer", "it takes two vectors", [a.shape, b.shape], "np.outer(a, b)")
    return a[:, None] * b[None, :]


def _open_outer(ufunc: Callable[..., Array]) -> None:
    @door((ufunc, "outer"))
    def every_pair(a: Array, b: Array, /) -> Array:
        a, b = operand(a), operand(b)
        return ufunc(np.reshape(a, a.shape + (1,) * b.ndim), b)


for _ufunc in (np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum, np.hypot, np.logaddexp):
    _open_outer(_ufunc)


@door(np.kron)
def kron(a: Array, b: Array) -> Array:
    """Return the Kronecker product: a copy of ``b`` for each entry of ``a``, multiplied by it."""
    a, b = operand(a), operand(b)
    ndim = max(a.ndim, b.ndim)
    rows, columns = (1,) * (ndim - a.ndim) + a.shape, (1,) * (ndim - b.ndim) + b.shape
    apart_a = np.reshape(a, tuple(n for m in rows for n in (m, 1)))
    apart_b = np.reshape(b, tuple(n for m in columns for n in (1, m)))
    return np.reshape(apart_a * apart_b, tuple(m * n for m, n in zip(rows, columns, strict=True)))


@door(np.cross)
def cross(a: Array, b: Array, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Array:
    """Return the cross product of vectors of length 3 along an axis."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = operand(a), operand(b)
    u, v = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if u.shape[-1] != 3 or v.shape[-1] != 3:
        instead = "a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]"
        differ = mismatch.not_of_length("operand 1", a.shape, axisa, 3) or mismatch.not_of_length("operand 2", b.shape, axisb, 3)
        raise errors.shapes("np.cross", "vectors must have length 3", [a.shape, b.shape], instead, differ)
    turned = [u[..., i] * v[..., j] - u[..., j] * v[..., i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return np.moveaxis(np.stack(turned, axis=-1), -1, axisc)


@door(np.linalg.cross)
def vector_cross(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """Return the cross product of vectors of length 3 along an axis."""
    return cross(x1, x2, axis=axis)


# ---- many -----------------------------------------------------------------------------------------------------------------


@door(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Array], *, out: None = None) -> Array:
    """Return the product of several matrices, in the order that costs the fewest multiplications; the first and last may be vectors.

    Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, section on matrix-chain multiplication.
    """
    no_out(out, "np.linalg.multi_dot")
    factors = [operand(x) for x in arrays]
    if len(factors) < 2 or any(x.ndim != 2 for x in factors[1:-1]) or any(x.ndim not in {1, 2} for x in factors):
        raise errors.shapes(
            "np.linalg.multi_dot", "it takes two matrices or more; the first and last may be vectors", [x.shape for x in factors], "a @ b"
        )
    row, column = factors[0].ndim == 1, factors[-1].ndim == 1
    factors[0] = factors[0][None, :] if row else factors[0]
    factors[-1] = factors[-1][:, None] if column else factors[-1]
    product = _chain(factors, _cuts([x.shape[0] for x in factors] + [factors[-1].shape[1]]), 0, len(factors) - 1)
    return product[(0,) * row] if row and not column else product[(0, 0)] if row else product[:, 0] if column else product


def _cuts(lengths: list[int]) -> dict[tuple[int, int], int]:
    """Return after which factor each partial product is best cut in two."""
    count = len(lengths) - 1
    cost = {(i, i): 0 for i in range(count)}
    best: dict[tuple[int, int], int] = {}
    for span in range(1, count):
        for i in range(count - span):
            j = i + span
            costs = {k: cost[i, k] + cost[k + 1, j] + lengths[i] * lengths[k + 1] * lengths[j + 1] for k in range(i, j)}
            best[i, j] = min(costs, key=costs.__getitem__)
            cost[i, j] = costs[best[i, j]]
    return best


def _chain(factors: list[Array], cuts: dict[tuple[int, int], int], i: int, j: int) -> Array:
    if i == j:
        return factors[i]
    k = cuts[i, j]
    return np.matmul(_chain(factors, cuts, i, k), _chain(factors, cuts, k + 1, j))
