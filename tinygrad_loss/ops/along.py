"""Taking entries along an axis and adding them back: each is the other's transpose."""

import numpy as np

from tinygrad_loss.engine.declare import linear
from tinygrad_loss.engine.op import Array, Rule

__all__ = ["add_along_", "take_along_"]


def _add_along(g: Array, index: Array, axis: int, shape: tuple[int, ...]) -> Array:
    """Add ``g`` into zeros at ``index`` along ``axis``; entries that an index repeats add up."""
    into = np.zeros(shape, g.dtype)
    places = list(np.ix_(*(range(n) for n in index.shape)))
    places[axis] = index
    np.add.at(into, tuple(places), g)
    return into


take_along_: Rule = linear(
    "take_along",
    lambda x, index, axis: np.take_along_axis(x, index, axis),
    lambda g, x, index, axis: add_along_(g, index, axis=axis, shape=x.shape),
    arity=2,
    doc="entries of x at positions along an axis",
)
add_along_: Rule = linear(
    "add_along",
    _add_along,
    lambda g, _x, index, axis, shape: take_along_(g, index, axis=axis),
    arity=2,
    doc="zeros, with entries added at positions along an axis",
)
