"""The entry of each row that a class index names: picked, added up, or put into zeros."""

import functools
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import linear, ones
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.handover import LARGE, Handover

__all__ = ["pick_class", "picked", "picked_sum", "places_of", "put", "row_starts"]

ROWS: Final = 4096
"""Rows whose places are looked up at once: few beside their scores."""


@functools.lru_cache(maxsize=64)
def row_starts(rows: int, classes: int) -> np.ndarray:
    """Return where each row begins in a flat array; a classifier asks for the same batch size again and again."""
    starts = np.arange(0, rows * classes, classes)
    starts.flags.writeable = False
    return starts


def places_of(z: Array, index: Array, axis: int) -> Array | None:
    """Return the flat positions of the classes in contiguous rows of scores; None for every other layout, and for too many rows."""
    if z.ndim == 2 and axis == 1 and len(z) <= ROWS and type(z) is np.ndarray and z.flags.c_contiguous:
        return row_starts(*z.shape) + index
    return None


def _blocks(z: Array) -> list[slice]:
    return [slice(start, start + ROWS) for start in range(0, len(z), ROWS)]


def picked(z: Array, index: Array, axis: int) -> Array:
    """Return the entry of each row that its index names."""
    if z.ndim == 2 and axis == 1 and len(z) > ROWS:
        return np.concatenate([picked(z[rows], index[rows], axis) for rows in _blocks(z)])
    places = places_of(z, index, axis)
    return np.take_along_axis(z, np.expand_dims(index, axis), axis).squeeze(axis) if places is None else z.take(places)


def put(z: np.ndarray, index: Array, axis: int, value: Any) -> None:
    """Write into the entry of each row that its index names, in an array that nobody else has seen."""
    if z.ndim == 2 and axis == 1 and len(z) > ROWS:
        for rows in _blocks(z):
            put(z[rows], index[rows], axis, value[rows] if np.ndim(value) else value)
        return
    places = places_of(z, index, axis)
    if places is not None:
        z.reshape(-1)[places] = value
    else:
        np.put_along_axis(z, np.expand_dims(index, axis), value if np.ndim(value) == 0 else np.expand_dims(value, axis), axis)


def _placed(g: Array, index: Array, axis: int, classes: int) -> Array:
    """Return zeros with ``g`` at the class that each index names."""
    out = np.zeros((*index.shape[:axis], classes, *index.shape[axis:]), g.dtype)
    put(out, index, axis, g)
    return out


pick_class: Rule = linear(
    "pick_class",
    picked,
    lambda g, x, index, axis: place_class(g, index, axis=axis, classes=x.shape[axis]),
    doc="the entry at a class index",
)
place_class: Rule = linear(
    "place_class", _placed, lambda g, _x, index, axis, classes: pick_class(g, index, axis=axis), doc="zeros, with an entry at a class index"
)


# ---- their sum ------------------------------------------------------------------------------------------------------------


_handover = Handover(LARGE)


def _picked_sum(x: Array, index: Array, axis: int, by: float) -> Array:
    """Return the sum of what is picked times ``by``; the gradient is written on the way, and left to the backward."""
    if x.ndim != 2 or axis != 1 or not x.flags.c_contiguous or x.size > LARGE:
        return np.add.reduce(picked(x, index, axis), None) * by
    slope, slopes = x.dtype.type(1) * by, np.zeros(x.shape, x.dtype)
    if len(x) <= ROWS:
        total = _pick_and_put(x, index, slopes, slope)
    else:
        sums = [_pick_and_put(x[rows], index[rows], slopes[rows], slope) for rows in _blocks(x)]
        total = np.asarray(sums).sum()
    _handover.give(x, (index,), (slope, slopes))
    return total * by


def _pick_and_put(x: np.ndarray, index: np.ndarray, slopes: np.ndarray, slope: Any) -> Any:
    places = row_starts(*x.shape) + index
    slopes.reshape(-1)[places] = slope
    return x.take(places).dot(ones(len(x), x.dtype))


def _pull_picked(g: Array, x: Array, index: Array, axis: int, by: float) -> Array:
    if type(x) is np.ndarray and (left := _handover.take(x, (index,))) is not None and left[0] == g * by:
        return left[1]
    return place_number(g, index, axis=axis, by=by, classes=x.shape[axis])


picked_sum: Rule = linear("picked_sum", _picked_sum, _pull_picked, doc="the sum of the entries at class indices, times a number")
place_number: Rule = linear(
    "place_number",
    lambda g, index, axis, by, classes: _placed(g * by, index, axis, classes),
    lambda g, _x, index, axis, by, classes: picked_sum(g, index, axis=axis, by=by),
    doc="zeros, with a number, times another, at every class index",
)
