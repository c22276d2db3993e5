"""Deciding for several entries, from what is seen along generic directions and along each entry: what differs is proved, what agrees is not."""

import itertools
import math
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from tinygrad_loss.nonsmooth.directions import PAIRS, directions
from tinygrad_loss.nonsmooth.germ import ROUNDING
from tinygrad_loss.nonsmooth.judgement import Judgement, Kind, all_of, flat, split
from tinygrad_loss.nonsmooth.near import Near, patiently, side_along
from tinygrad_loss.nonsmooth.rounding import is_rounding
from tinygrad_loss.nonsmooth.sides import Side, limit_of, side_of

__all__ = ["decide_in_space"]

ONE_BY_ONE: Final = 64
"""Up to this many entries are also probed each on its own."""
LOOKS: Final = 32
"""Generic directions looked along besides the probes: jumps and bends may hide in a narrow cone."""

_Look: TypeAlias = tuple[np.ndarray, Side | None, bool]
"""A direction, how the function leaves the point along it, and whether that is certain."""


@dataclass(slots=True)
class _Seen:
    """What probes have seen so far."""

    limits_along: list[np.ndarray] = field(default_factory=list)
    limits: list[np.ndarray] = field(default_factory=list)
    slopes: list[tuple[np.ndarray, float]] = field(default_factory=list)
    jumps: bool = False
    infinite: bool = False
    missing: bool = False
    certain: bool = True


def decide_in_space(near: Near) -> Judgement:
    """Decide for several entries, by probes along generic directions and along each entry."""
    alone = _entries_alone(near) if near.size <= ONE_BY_ONE else None
    allowed = None if alone is None else _allowed_sides(alone)
    seen = _Seen()
    for v in itertools.islice(directions(near), PAIRS):
        for sign in (1.0, -1.0):
            d = sign * flat(v)
            if allowed is not None:
                d = np.where(allowed == 0, d, np.abs(d) * allowed)
            _probe(near, d, seen)
    if alone is not None:
        for d, side, certain in alone:
            _note(d, side, certain, seen)
        generic = (flat(v) for v in itertools.islice(directions(near), PAIRS, PAIRS + LOOKS))
        one_number = bool(seen.limits) and bool(np.any(_agree(_rows(seen, alone))))
        for d in generic:
            if one_number:
                _probe(near, d, seen)
            else:
                _note(d, *side_along(near, split(d, near)), seen)
        for d in _diagonals(near.size):
            _note(d, *side_along(near, split(d, near)), seen)
        if not (seen.jumps or seen.missing):
            seen.jumps = _jumps_along_curves(near, alone)
    return _judged(near, seen, alone, allowed)


def _entries_alone(near: Near) -> list[_Look]:
    """Look along each entry on its own, forward and back."""
    return [(d, *side_along(near, split(d, near))) for unit in np.eye(near.size) for d in (unit, -unit)]


def _diagonals(size: int) -> list[np.ndarray]:
    """Return the direction in which all entries move, and those in which two do."""
    unit = np.eye(size)
    diagonal = [np.ones(size)] if size > 1 else []
    pairs = [unit[i] + s * unit[j] for i in range(size) for j in range(i) for s in (1.0, -1.0)] if size <= 6 else []
    return [s * d for d in [*diagonal, *pairs] for s in (1.0, -1.0)]


def _jumps_along_curves(near: Near, alone: list[_Look]) -> bool:
    """Whether the value jumps along a curve that leaves an entry's axis: x0^2 x1 / (x0^4 + x1^2) does though it is flat along all lines."""
    *_, bend = itertools.islice(directions(near), PAIRS)
    for d, _, _ in alone:
        side, certain = patiently(lambda d=d: side_of(near.along_curve(split(d, near), bend), near.value, near.noise))  # type: ignore[misc]
        if side is not None and certain and side.exists and side.jumps:
            return True
    return False


def _allowed_sides(alone: list[_Look]) -> np.ndarray:
    """Return per entry 0 where both sides exist, else the sign of the one side that does; nan where none does."""
    exists = np.array([side is None or side.exists for _, side, _ in alone]).reshape(-1, 2)
    return np.select([exists.all(axis=1), exists[:, 0], exists[:, 1]], [0.0, 1.0, -1.0], math.nan)


def _note(d: np.ndarray, side: Side | None, certain: bool, seen: _Seen) -> None:
    """Note the one-sided derivative along one direction."""
    seen.certain &= certain
    if side is None:
        return
    if not side.exists:
        seen.missing = True
    elif side.jumps:
        seen.jumps = True
    else:
        seen.infinite |= math.isinf(side.slope)
        seen.slopes.append((d, side.slope))


def _probe(near: Near, d: np.ndarray, seen: _Seen) -> None:
    """Note the limit of gradients along one direction, and the one-sided derivative."""

    def ask() -> tuple[Side, np.ndarray | None]:
        f, gradient = near.gradient_along(split(d, near))
        side = side_of(f, near.value, near.noise)
        return side, flat([limit_of(g) for g in gradient]) if side.exists else None

    answer, certain = patiently(ask)
    seen.certain &= certain
    if answer is None:
        return
    side, limit = answer
    if limit is None:
        seen.missing = True
        return
    seen.limits.append(limit)
    seen.limits_along.append(d)
    seen.jumps |= side.jumps
    seen.infinite |= bool(np.any(np.isinf(limit))) or (not side.jumps and math.isinf(side.slope))
    if not side.jumps:
        seen.slopes.append((d, side.slope))


def _judged(near: Near, seen: _Seen, alone: list[_Look] | None, allowed: np.ndarray | None) -> Judgement:
    """Turn what the probes saw into one answer per entry."""
    n = near.size
    if not seen.limits:
        outside = seen.missing and seen.certain
        return Judgement("outside" if outside else "undecided", all_of(near, np.nan), all_of(near, outside))
    rows = _rows(seen, alone or [])
    low, high = np.min(rows, axis=0), np.max(rows, axis=0)
    with np.errstate(all="ignore"):
        agree = _agree(rows)
        agree |= is_rounding(low, high, lambda: _range_again(near, seen, rows, alone or []), near.largest, near.root.dtype)
        gradient = np.where(agree, np.where(np.isinf(low), low, 0.5 * (low + high)), np.nan)
    edge = np.zeros(n, bool) if allowed is None else allowed != 0
    gradient = np.where(edge & ~np.isinf(gradient), np.nan, gradient)
    if seen.missing and allowed is not None and not np.any(edge):
        gradient = np.where(np.isinf(gradient) | ((low == 0) & (high == 0)), gradient, np.nan)
    bent = _bent(near, seen, gradient)
    if seen.jumps:
        gradient = np.where(_jumping(alone, n), np.nan, gradient)
        if np.all(np.isfinite(gradient)):
            gradient = np.full(n, np.nan)
    elif bent is not None and np.all(np.isfinite(gradient)):
        gradient = np.where(bent != 0, np.nan, gradient)
    found = np.isfinite(gradient)
    kind: Kind = (
        "discontinuous"
        if seen.jumps
        else "infinite"
        if seen.infinite
        else "outside"
        if seen.missing or np.any(edge)
        else "smooth"
        if np.all(found)
        else "kink"
    )
    certain = np.isnan(gradient) & seen.certain
    if kind != "smooth" and not seen.certain:
        kind = "undecided"
    return Judgement(kind, split(gradient, near), split(certain, near), low=split(low, near), high=split(high, near))


def _rows(seen: _Seen, alone: list[_Look]) -> np.ndarray:
    """Return the limits of gradients seen; in the last two rows the slopes along each entry alone, forward and back, stand in for it.

    Such a slope lies between limits of gradients (Lebourg's mean value theorem).
    """
    rows = np.array(seen.limits)
    if not alone:
        return rows
    known = [side and certain and side.exists and not side.jumps for _, side, certain in alone]
    slopes = [float(np.sum(d)) * side.slope if side and k else math.nan for (d, side, _), k in zip(alone, known, strict=True)]
    ahead_and_back = np.array(slopes).reshape(-1, 2).T
    return np.concatenate([rows, np.where(np.isnan(ahead_and_back), rows[0], ahead_and_back)])


def _agree(rows: np.ndarray) -> np.ndarray:
    """Return the entries whose limits are all one, up to rounding."""
    rounding = ROUNDING.get()
    low, high = np.min(rows, axis=0), np.max(rows, axis=0)
    with np.errstate(all="ignore"):
        scale = np.maximum(np.abs(low), np.abs(high))
        largest = float(np.max(scale, initial=0.0, where=np.isfinite(scale)))
        return np.asarray((low == high) | (np.isfinite(scale) & (high - low <= rounding.same * scale + rounding.chop * largest)))


def _range_again(near: Near, seen: _Seen, rows: np.ndarray, alone: list[_Look]) -> np.ndarray:
    """Look once more along what showed the smallest and the largest limits that differ, and return the range of every entry."""
    apart = np.flatnonzero(np.min(rows, axis=0) != np.max(rows, axis=0))
    asked = {*np.argmin(rows[:, apart], axis=0), *np.argmax(rows[:, apart], axis=0)}
    again = _Seen()
    for k in sorted(asked):
        if k < len(seen.limits):
            _probe(near, seen.limits_along[k], again)
    if not again.limits:
        return np.full((2, near.size), np.nan)
    found = _rows(again, [(d, *side_along(near, split(d, near))) for d, _, _ in alone] if max(asked) >= len(seen.limits) else [])
    return np.stack([np.min(found, axis=0), np.max(found, axis=0)])


def _bent(near: Near, seen: _Seen, gradient: np.ndarray) -> np.ndarray | None:
    """Return the direction along which the one-sided derivative differs most from the gradient's, though all limits agreed."""
    if not np.all(np.isfinite(gradient)):
        return None
    rounding = ROUNDING.get()
    largest, found = 0.0, None
    for d, slope in seen.slopes:
        expected = float(gradient @ d)
        noise = rounding.chop * float(np.max(np.abs(gradient), initial=0.0) * np.sum(np.abs(d)))
        allowed = rounding.same * (float(np.abs(gradient) @ np.abs(d)) + abs(slope)) + noise
        if math.isfinite(slope) and abs(expected - slope) > max(allowed, largest):
            largest, found = abs(expected - slope), (d, expected, slope)
    return None if found is None or _by_rounding(near, *found) else found[0]


def _by_rounding(near: Near, d: np.ndarray, expected: float, slope: float) -> bool:
    """Whether the one-sided derivative along a direction is the expected one but for rounding."""

    def again() -> np.ndarray:
        side = side_along(near, split(d, near))[0]
        return np.array([[expected], [math.nan if side is None else side.slope]])

    return bool(np.all(is_rounding(np.array([expected]), np.array([slope]), again, near.largest, near.root.dtype)))


def _jumping(alone: list[_Look] | None, size: int) -> np.ndarray:
    """Return True for the entries along which the function jumps; for all when it cannot be told."""
    if alone is None:
        return np.ones(size, bool)
    found = np.array([side is None or (side.exists and side.jumps) for _, side, _ in alone])
    jumps = np.asarray(found.reshape(-1, 2).any(axis=1))
    return jumps if np.any(jumps) else np.ones(size, bool)
