"""How far each label of a row leads its rivals: the hinge of every pair, added up as one op.

A pair costs two passes over a block of rows, and nothing of the size of the scores is kept but the gradient.
"""

import functools
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

import numpy as np

from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.along import add_along_, take_along_
from tinygrad_loss.ops.classification import row_starts
from tinygrad_loss.ops.handover import Handover
from tinygrad_loss.ops.piecewise import positive_part

__all__ = ["rival_hinge"]

Lead: TypeAlias = tuple[np.ndarray, np.ndarray]

BLOCK: Final = 16384
"""Scores per block of rows: its arrays stay in the cache, and weigh little beside the gradient."""
_handover = Handover()


# ---- on arrays: block by block ------------------------------------------------------------------------------------------------


def _blocks(z: np.ndarray) -> Iterator[slice]:
    """Cut the rows of scores."""
    rows = max(1, BLOCK // z.shape[1])
    return (slice(start, start + rows) for start in range(0, len(z), rows))


def _leads(z: np.ndarray, listed: np.ndarray, margin: float, every: bool) -> Iterator[Lead]:
    """Yield where each label of the rows stands, and max(0, margin - z_y + z_c) for its rivals: 0 at labels, and where it is missing."""
    missing = None if every else listed < 0
    if missing is not None:
        listed = np.maximum(np.where(missing, listed[:, :1], listed), 0)
    places = [row_starts(*z.shape) + listed[:, j] for j in range(listed.shape[1])]
    for j, place in enumerate(places):
        lead = z - z.take(place)[:, None]
        lead += margin
        np.maximum(lead, 0.0, out=lead)
        flat = lead.reshape(-1)
        for label in places:
            flat[label] = 0.0
        if missing is not None:
            lead[missing[:, j]] = 0.0
        yield place, lead


def _added(leads: Iterable[Lead], p: int) -> Any:
    return sum(np.add.reduce(lead, None) if p == 1 else np.vdot(lead, lead) for _, lead in leads)


def _total(z: np.ndarray, listed: np.ndarray, p: int, margin: float, n: int, every: bool) -> Any:
    z = np.ascontiguousarray(z)
    if z.size <= BLOCK:
        leads = list(_leads(z, listed, margin, every))
        _handover.give(z, (listed, margin), leads)
        return _added(leads, p) / n
    sums = np.asarray([_added(_leads(z[rows], listed[rows], margin, every), p) for rows in _blocks(z)], z.dtype)
    return sums.sum() / n


@functools.lru_cache(maxsize=16)
def _ones(n: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Return what adds up a row as a product, which is faster than a sum over a short axis."""
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


def _write(into: np.ndarray, leads: Iterable[Lead], by: Any, p: int) -> None:
    """Write the gradient of one block."""
    ones, flat = _ones(into.shape[1], into.dtype), into.reshape(-1)
    for j, (place, lead) in enumerate(leads):
        if j:
            slopes = (lead > 0) * by if p == 1 else lead * (by * 2.0)
            into += slopes
            flat[place] -= slopes @ ones
        else:
            slopes = np.multiply(lead > 0, by, out=into) if p == 1 else np.multiply(lead, by * 2.0, out=into)
            flat[place] = 0.0 - slopes @ ones


def _pulled(by: Any, z: np.ndarray, listed: np.ndarray, p: int, margin: float, every: bool) -> np.ndarray:
    z = np.ascontiguousarray(z)
    out = np.empty_like(z)
    if z.size <= BLOCK:
        _write(out, _handover.take(z, (listed, margin)) or _leads(z, listed, margin, every), by, p)
    else:
        for rows in _blocks(z):
            _write(out[rows], _leads(z[rows], listed[rows], margin, every), by, p)
    return out


# ---- on every kind of array ---------------------------------------------------------------------------------------------------


def _pairs(z: Array, listed: Array) -> tuple[Array, Array]:
    """Return the labels with 0 for a missing one ``[N, L]``, and which of their rivals count ``[N, L, C]``."""
    counts, place = listed >= 0, np.maximum(listed, 0)
    labels = np.any(counts[:, :, None] & (place[:, :, None] == np.arange(z.shape[1])), axis=1)
    return place, counts[:, :, None] & ~labels[:, None, :]


def _gaps(z: Array, place: Array, margin: float) -> Array:
    """Return z_c - z_y + margin ``[N, L, C]``."""
    return np.expand_dims(z, 1) - np.expand_dims(take_along_(z, place, axis=1), 2) + margin


def _slopes(z: Array, listed: Array, p: int, margin: float) -> tuple[Array, Array]:
    place, pairs = _pairs(z, listed)
    gaps = _gaps(z, place, margin)
    return place, np.logical_and(gaps > 0, pairs) if p == 1 else np.where(pairs, positive_part(gaps) * 2.0, 0.0)


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
    lead = positive_part(_gaps(z, place, margin))
    return np.sum(np.where(pairs, lead if p == 1 else lead * lead, 0.0)) / n


rival_hinge: Rule = custom(
    "rival_hinge",
    _total,
    [_vjp, None],
    _jvp,
    facts=Facts(nature="kink", tie=_tie, near=_near),
    doc=r"\frac1n \sum_{y \in Y} \sum_{c \notin Y} \max(0, m - z_y + z_c)^p; a row lists its labels Y, then -1 unless every one is there",
)
