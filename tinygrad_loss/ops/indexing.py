"""Taking entries out and putting them back: each is the other's transpose."""

from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import door, linear
from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.op import Array, Rule

__all__ = ["getitem"]


class Slot:
    """Stands in an index for an array that is an input of the op, because it was computed."""

    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position


def filled(index: Any, parts: tuple[Array, ...]) -> Any:
    """Return the index with its slots filled."""
    if not parts:
        return index
    if isinstance(index, tuple):
        return tuple(parts[i.position] if isinstance(i, Slot) else i for i in index)
    return parts[0]


def _scatter(g: Array, *parts: Array, index: Any, shape: tuple[int, ...]) -> Array:
    """Add ``g`` into zeros at ``index``; entries that an index repeats add up."""
    index = filled(index, parts)
    into = np.zeros(shape, g.dtype)
    if _is_unique(index):
        into[index] = g
    else:
        np.add.at(into, index, g)
    return into


def _is_unique(index: Any) -> bool:
    """Whether no entry can be named twice: only arrays of whole numbers can repeat."""
    parts = index if isinstance(index, tuple) else (index,)
    return not any(isinstance(i, list) or (isinstance(i, np.ndarray) and i.dtype != bool and i.ndim) for i in parts)


getitem_: Rule = linear(
    "getitem",
    lambda x, *parts, index: x[filled(index, parts)],
    lambda g, x, *parts, index: scatter_(g, *parts, index=index, shape=x.shape),
    doc="entries of x at an index",
)
scatter_: Rule = linear(
    "scatter", _scatter, lambda g, _x, *parts, index, shape: getitem_(g, *parts, index=index), doc="zeros, with entries added at an index"
)


@door(methods=("__getitem__",))
def getitem(x: Array, index: Any) -> Array:
    """Take entries out, with any NumPy index: numbers, slices, masks, arrays of positions (repeated ones too), None, ``...``."""
    parts: list[Array] = []
    if isinstance(index, tuple):
        index = tuple(_slot(i, parts) for i in index)
    elif isinstance(index, Kind):
        index = _slot(index, parts)
    return getitem_(x, *parts, index=index)


def _slot(i: Any, parts: list[Array]) -> Any:
    if not isinstance(i, Kind):
        return i
    parts.append(i)
    return Slot(len(parts) - 1)
