"""How far each label of a row leads its rivals: the hinge of every pair, added up as one op.

A pair costs two passes over a block of rows, and nothing of the size of the scores is kept but the gradient.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.along import add_along_, take_along_
from tinygrad_loss.ops.blocks import spans
from tinygrad_loss.ops.handover import LARGE, Handover
from tinygrad_loss.ops.picking import row_starts
from tinygrad_loss.ops.piecewise import relu
from tinygrad_loss.ops.short_rows import minus_ones

__all__ = ["rival_hinge"]

BLOCK: Final = 4096
"""Scores per block of rows, so that what is in between weighs nothing beside the gradient."""
LAST_BLOCK: Final = 1024
"""Scores of a block that have no room in the gradient for what is in between."""
_handover = Handover(LARGE)


# ---- on arrays: block by block ------------------------------------------------------------------------------------------------


def _sloped(
    z: np.ndarray, listed: np.ndarray, p: int, margin: float, every: bool, by: Any, out: np.ndarray, spare: np.ndarray | None
) -> Any:
    """Write the gradient times ``by``, and return the sum over labels and rivals of max(0, z_c - (z_y - margin))^p."""
    starts = row_starts(*z.shape)
    if every and listed.shape[1] == 1:
        return _led(z, starts + listed[:, 0], (), None, p, margin, by, out, spare)
    missing = listed < 0
    places = [starts + column for column in np.maximum(np.where(missing, listed[:, :1], listed), 0).T]
    total = _led(z, places[0], places[1:], missing[:, 0], p, margin, by, out, spare)
    for j, place in enumerate(places[1:], 1):
        slopes = np.empty_like(out)
        total = total + _led(z, place, places, missing[:, j], p, margin, by, slopes, spare)
        out += slopes
    return total


def _led(
    z: np.ndarray,
    place: np.ndarray,
    labels: Sequence[np.ndarray],
    missing: np.ndarray | None,
    p: int,
    margin: float,
    by: Any,
    out: np.ndarray,
    spare: np.ndarray | None,
) -> Any:
    """Do the same for one label of each row, over whom none of its ``labels`` leads, and nobody where it is missing."""
    lead = np.subtract(z, (z.take(place) - margin)[:, None], out=spare)
    leads, slopes = lead.reshape(-1), out.reshape(-1)
    leads[place] = -1.0
    for label in labels:
        leads[label] = -1.0
    if missing is not None:
        lead[missing] = -1.0
    if p == 1:
        np.copyto(out, lead > 0)
    else:
        np.maximum(lead, 0.0, out=out)
    total = slopes.dot(leads)
    if not math.isfinite(total):  # 0 times an infinite lead
        total = np.add.reduce(np.maximum(leads, 0.0) ** p, None)
    slopes *= by if p == 1 else by * p
    slopes[place] = out.dot(minus_ones(z.shape[1], z.dtype))
    return total


def _swept(z: np.ndarray, listed: np.ndarray, p: int, margin: float, every: bool, by: Any) -> tuple[Any, np.ndarray]:
    """Return the sum and the gradient; what is in between has room in the rows of the gradient that follow."""
    z = np.ascontiguousarray(z)
    out = np.empty_like(z)
    if z.size <= BLOCK:
        return _sloped(z, listed, p, margin, every, by, out, None), out
    sums = []
    for start, stop, end in spans(0, len(z), max(1, BLOCK // z.shape[1]), max(1, LAST_BLOCK // z.shape[1])):
        into, after = out[start:stop], 2 * stop - start
        spare = out[stop:after] if after <= end else np.empty_like(into)
        sums.append(_sloped(z[start:stop], listed[start:stop], p, margin, every, by, into, spare))
    return np.asarray(sums, z.dtype).sum(), out


def _total(z: np.ndarray, listed: np.ndarray, p: int, margin: float, n: int, every: bool) -> Any:
    by = z.dtype.type(1) / n
    total, slopes = _swept(z, listed, p, margin, every, by)
    _handover.give(z, (listed, p, margin), (by, slopes))
    return total / n


def _pulled(by: Any, z: np.ndarray, listed: np.ndarray, p: int, margin: float, every: bool) -> np.ndarray:
    left = _handover.take(z, (listed, p, margin))
    return left[1] if left is not None and left[0] == by else _swept(z, listed, p, margin, every, by)[1]


# ---- on every kind of array ---------------------------------------------------------------------------------------------------


def _pairs(z: Array, listed: Array) -> tuple[Array, Array]:
    """Return the labels with 0 for a missing one ``[N, L]``, and which of their rivals count ``[N, L, C]``."""
    counts, place = listed >= 0, np.maximum(listed, 0)
    labels = np.any(counts[:, :, None] & (place[:, :, None] == np.arange(z.shape[1])), axis=1)
    return place, counts[:, :, None] & ~labels[:, None, :]


def _gaps(z: Array, place: Array, margin: float) -> Array:
    """Return z_c - (z_y - margin) ``[N, L, C]``."""
    return np.expand_dims(z, 1) - np.expand_dims(take_along_(z, place, axis=1) - margin, 2)


def _slopes(z: Array, listed: Array, p: int, margin: float) -> tuple[Array, Array]:
    place, pairs = _pairs(z, listed)
    gaps = _gaps(z, place, margin)
    return place, np.logical_and(gaps > 0, pairs) if p == 1 else np.where(pairs, relu(gaps) * 2.0, 0.0)


def _vjp(g: Any, _y: Array, z: Any, listed: Array, p: int, margin: float, n: int, every: bool) -> Array:
    by = g / n
    if type(z) is np.ndarray and isinstance(by, np.ndarray | np.generic):
        return _pulled(by, z, listed, p, margin, every)
    place, slopes = _slopes(z, listed, p, margin)
    each = slopes * by
    return np.sum(each, axis=1) - add_along_(np.sum(each, axis=2), place, axis=1, shape=z.shape)


def _jvp(dx: Any, _y: Array, z: Array, listed: Array, p: int, margin: float, n: int, every: bool) -> Array:
    del every
    place, slopes = _slopes(z, listed, p, margin)
    return np.sum(slopes * _gaps(dx[0], place, 0.0)) / n


def _tie(_y: Array, z: Array, listed: Array, p: int, margin: float, n: int, every: bool) -> Array:
    """Whether a rival that counts is behind by the margin exactly; the square is smooth there."""
    del n, every
    place, pairs = _pairs(z, listed)
    return np.any((_gaps(z, place, margin) == 0) & pairs) & (p == 1)


def _near(z: Array, listed: Array, p: int, margin: float, n: int, every: bool) -> Array:
    del every
    place, pairs = _pairs(z, listed)
    lead = relu(_gaps(z, place, margin))
    return np.sum(np.where(pairs, lead if p == 1 else lead * lead, 0.0)) / n


rival_hinge: Rule = custom(
    "rival_hinge",
    _total,
    [_vjp, None],
    _jvp,
    facts=Facts(nature="kink", tie=_tie, near=_near, spelt_out=True),
    doc=r"\frac1n \sum_{y \in Y} \sum_{c \notin Y} \max(0, m - z_y + z_c)^p; a row lists its labels Y, then -1 unless every one is there",
)
