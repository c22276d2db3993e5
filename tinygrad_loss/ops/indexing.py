"""Taking entries out and putting them back: each is the other's transpose."""

import math
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import door, linear
from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.masked import refuse_masked
from tinygrad_loss.engine.op import Array, Rule

__all__ = ["getitem", "scatter_add"]

SPARSE_FROM: Final = 8192
"""From this many entries on, adding rows up is faster as a product with a sparse matrix."""


class Slot:
    """Stands in an index for an array that is an input of the op, because it was computed."""

    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def __repr__(self) -> str:
        return f"input {self.position + 1}"


def filled(index: Any, parts: tuple[Array, ...]) -> Any:
    """Return the index with its slots filled."""
    if not parts:
        return index
    if isinstance(index, tuple):
        return tuple(parts[i.position] if isinstance(i, Slot) else i for i in index)
    return parts[0]


# ---- the transpose --------------------------------------------------------------------------------------------------------


def _scatter(g: Array, *parts: Array, index: Any, shape: tuple[int, ...]) -> Array:
    """Add ``g`` into zeros at ``index``; entries that an index repeats add up."""
    index = filled(index, parts)
    if _is_unique(index):
        into = np.zeros(shape, g.dtype)
        into[index] = g
        return into
    at = _one_array(index)
    if at is not None:
        axis, rows = at
        return _add_rows(g, np.asarray(rows), axis, shape)
    positions = np.arange(math.prod(shape)).reshape(shape)[index]
    into = np.zeros(math.prod(shape), g.dtype)
    np.add.at(into, positions.ravel(), np.ravel(g))
    return into.reshape(shape)


def _is_unique(index: Any) -> bool:
    """Whether no entry can be named twice: only arrays of whole numbers can repeat."""
    parts = index if isinstance(index, tuple) else (index,)
    return not any(isinstance(i, list) or (isinstance(i, np.ndarray) and i.dtype != bool and i.ndim) for i in parts)


def _one_array(index: Any) -> tuple[int, Any] | None:
    """Return the axis and the whole numbers of an index that takes slices along one axis, and None for other indices."""
    parts = index if isinstance(index, tuple) else (index,)
    *front, last = parts
    if isinstance(last, list | np.ndarray) and all(type(i) is slice and i == slice(None) for i in front):
        rows = np.asarray(last)
        return (len(front), rows) if rows.dtype.kind in "iu" else None
    return None


def _add_rows(g: Array, rows: Array, axis: int, shape: tuple[int, ...]) -> Array:
    """Add slices along one axis into zeros, those with the same number together."""
    rest = shape[:axis] + shape[axis + 1 :]
    n, width = shape[axis], math.prod(rest)
    moved = np.moveaxis(g, tuple(range(axis, axis + rows.ndim)), tuple(range(rows.ndim))).reshape(rows.size, width)
    rows = np.where(rows < 0, rows + n, rows).ravel()
    if g.dtype in (np.float32, np.float64) and width > 1 and g.size >= SPARSE_FROM:
        from scipy.sparse import csc_array  # noqa: PLC0415  importing the package must not import SciPy

        sums = csc_array((np.ones(rows.size, g.dtype), rows, np.arange(rows.size + 1)), shape=(n, rows.size)) @ moved
    else:
        sums = np.zeros(n * width, g.dtype)
        np.add.at(sums, rows if width == 1 else (rows[:, None] * width + np.arange(width)).ravel(), moved.ravel())
    into = sums.reshape((n, *rest))
    return np.moveaxis(into, 0, axis) if axis else into


getitem_: Rule = linear(
    "getitem",
    lambda x, *parts, index: x[filled(index, parts)],
    lambda g, x, *parts, index: scatter_(g, *parts, index=index, shape=x.shape),
    doc="entries of x at an index",
)
scatter_: Rule = linear(
    "scatter", _scatter, lambda g, _x, *parts, index, shape: getitem_(g, *parts, index=index), doc="zeros, with entries added at an index"
)

# ---- what people call -----------------------------------------------------------------------------------------------------


@door(methods=("__getitem__",), moves=True)
def getitem(x: Array, index: Any) -> Array:
    """Take entries out, with any NumPy index: numbers, slices, masks, arrays of positions (repeated ones too), None, ``...``."""
    index, parts = slotted(index)
    return getitem_(x, *parts, index=index)


def slotted(index: Any) -> tuple[Any, list[Array]]:
    """Return an index whose computed arrays are replaced by slots, and those arrays."""
    parts: list[Array] = []
    if isinstance(index, tuple):
        index = tuple(_slot(i, parts) for i in index)
    elif isinstance(index, Kind | list | np.ndarray):
        index = _slot(index, parts)
    return index, parts


def _slot(i: Any, parts: list[Array]) -> Any:
    if type(i) is list and any(isinstance(k, Kind) for k in i):
        i = np.stack(i)
    if not isinstance(i, Kind):
        refuse_masked("x[index]", (i,))
        return i.copy() if type(i) is np.ndarray else i  # the caller may write into it before backward
    parts.append(i)
    return Slot(len(parts) - 1)


def scatter_add(x: Array, axis: int, index: Array, src: Array) -> Array:
    r"""Add entries of ``src`` into a copy of ``x`` at positions along one axis: $y_{i_{kl}, l} = x_{i_{kl}, l} + \sum src_{kl}$.

    Args:
        x: any shape.
        axis: along which ``index`` counts.
        index: whole numbers; as many axes as ``x``, no longer than ``src`` anywhere, nor than ``x`` along the other axes.
        src: as many axes as ``x``.

    Source: torch.Tensor.scatter_add.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.scatter_add(np.zeros(3), 0, np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]))
    array([1., 0., 5.])
    """
    if not x.ndim:
        return x + np.reshape(src, ())
    kept = src[tuple(slice(n) for n in index.shape)]
    at, parts = slotted(positions_along(index, axis % x.ndim))
    return x + scatter_(kept, *parts, index=at, shape=x.shape)


def positions_along(index: Array, axis: int) -> tuple[Array, ...]:
    """Return the full index of entries whose positions along one axis are given."""
    ndim = index.ndim
    return tuple(index if i == axis else np.arange(n).reshape((1,) * i + (n,) + (1,) * (ndim - i - 1)) for i, n in enumerate(index.shape))
