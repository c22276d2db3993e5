"""Deciding, from series, whether a recorded function has a gradient at its point: exactly where both sides of an entry are seen."""

import math
from dataclasses import dataclass

import numpy as np

from tinygrad_loss.nonsmooth.germ import ROUNDING
from tinygrad_loss.nonsmooth.judgement import Judgement, Kind, all_of, flat, same, split
from tinygrad_loss.nonsmooth.near import Near, patiently, side_along, steadily
from tinygrad_loss.nonsmooth.probes import decide_in_space
from tinygrad_loss.nonsmooth.reach import reached
from tinygrad_loss.nonsmooth.rounding import is_rounding
from tinygrad_loss.nonsmooth.sides import Side, limit_of, sides_of

__all__ = ["decide", "limits_along", "slope_along"]


def decide(near: Near) -> Judgement:
    """Decide what the gradient of a recorded function is at its point, entry by entry."""
    if not math.isfinite(near.value):
        start = {id(near.root): np.broadcast_to(np.not_equal(near.seed, 0), near.root.shape)}
        say = reached(near.record, start)
        parts = [np.broadcast_to(say.get(id(leaf), False), leaf.shape) for leaf in near.leaves]
        gradients = [np.where(part, np.nan, 0.0) for part in parts]
        if near.within_range:
            return Judgement("outside", gradients, all_of(near, True))
        return Judgement("undecided", gradients, [~part for part in parts])
    if near.size == 1:
        return _on_a_line(near)
    return decide_in_space(near) if near.beside.terms is None else _entry_by_entry(near)


def _on_a_line(near: Near) -> Judgement:
    """Decide exactly for a single number: both sides are seen."""
    shape = next(leaf.shape for leaf in near.leaves if leaf.size)
    answers = [side_along(near, all_of(near, s)) for s in (-1.0, 1.0)]
    certain = all(known for _, known in answers)
    (back, _), (ahead, _) = answers
    left, right = (None if slope is None else s * slope for s, slope in zip((-1.0, 1.0), map(_slope, answers), strict=True))
    kind: Kind = "undecided"
    value = math.nan
    if back is not None and ahead is not None:
        kind, value = _verdict_of_sides(back, ahead)
        if (
            kind == "kink"
            and certain
            and is_rounding(np.array([left]), np.array([right]), lambda: _slopes_on_a_line(near), near.largest, near.root.dtype)
        ):
            kind, value = "smooth", 0.5 * (0.0 - back.slope + ahead.slope)
    if not certain and kind != "smooth":
        kind, value = "undecided", math.nan
    found = Judgement(kind, _alone(near, np.full(shape, value)), all_of(near, certain), left=left, right=right)
    if left is not None and right is not None:
        found.low, found.high = _alone(near, np.full(shape, min(left, right))), _alone(near, np.full(shape, max(left, right)))
        if kind == "smooth" and back is not None and ahead is not None:
            found.second = (back.second, ahead.second)
    return found


def _slopes_on_a_line(near: Near) -> np.ndarray:
    """Return the slopes from the left and from the right; nan where one is not known."""
    slopes = [(s, slope_along(near, all_of(near, s))) for s in (-1.0, 1.0)]
    return np.array([[math.nan if slope is None else s * slope] for s, slope in slopes])


def slope_along(near: Near, direction: list[np.ndarray]) -> float | None:
    """Return the one-sided derivative along a direction; None where that side does not exist, jumps, or is not decided."""
    return _slope(side_along(near, direction))


def _slope(found: tuple[Side | None, bool]) -> float | None:
    side, certain = found
    return None if side is None or not certain or not side.exists or side.jumps else side.slope


def _entry_by_entry(near: Near) -> Judgement:
    """Decide exactly where the terms that are not smooth depend on one entry each: both sides of every entry are seen."""
    n = near.size
    smooth = flat(near.beside.gradient) if near.beside.gradient else np.zeros(n)
    back, ahead = (_all_sides(near, s) for s in (-1.0, 1.0))
    with np.errstate(all="ignore"):
        left, right = smooth - back.slope, smooth + ahead.slope
        apart, size = np.abs(left - right), np.maximum(np.abs(left), np.abs(right))
        equal = (left == right) | (apart <= ROUNDING.get().same * size)
        clear = (left == right) | (apart <= ROUNDING.get().chop * size)
        rounded = is_rounding(left, right, lambda: _slopes_of_entries(near, smooth), near.largest, near.root.dtype)
        equal, clear = equal | rounded, clear | rounded
        middle = np.where(left == right, left, 0.5 * (left + right))
    known = back.known & ahead.known
    jumps = (back.exists & back.jumps) | (ahead.exists & ahead.jumps)
    both, none = back.exists & ahead.exists, ~back.exists & ~ahead.exists
    only = np.where(ahead.exists, right, left)
    infinite = np.where(both, np.isinf(left) | np.isinf(right), ~none & np.isinf(only)) & ~jumps & known
    smooth_here = both & ~jumps & ~infinite & equal & known
    gradient = np.where(smooth_here, middle, np.nan)
    gradient = np.where(infinite & both & (left == right), left, np.where(infinite & ~both, only, gradient))
    kind: Kind = (
        "discontinuous"
        if np.any(jumps & known)
        else "infinite"
        if np.any(infinite)
        else "outside"
        if np.any(~both & known)
        else "undecided"
        if not np.all(known)
        else "smooth"
        if np.all(smooth_here)
        else "kink"
    )
    certain = known & (~smooth_here | clear)
    low, high = np.minimum(left, right), np.maximum(left, right)
    return Judgement(kind, split(gradient, near), split(certain, near), split(low, near), split(high, near))


def _slopes_of_entries(near: Near, smooth: np.ndarray) -> np.ndarray:
    """Return the slopes of every entry from the left and from the right; ``smooth`` is what smooth terms add."""
    return smooth + np.stack([-_all_sides(near, -1.0).slope, _all_sides(near, 1.0).slope])


@dataclass(slots=True)
class _Sides:
    """One side of every entry, and which of them are known."""

    exists: np.ndarray
    jumps: np.ndarray
    slope: np.ndarray
    known: np.ndarray


def _all_sides(near: Near, sign: float) -> _Sides:
    """Look at one side of every entry at once; where series do not tell, at fewer and fewer."""
    n = near.size
    found = _Sides(np.ones(n, bool), np.zeros(n, bool), np.zeros(n), np.zeros(n, bool))
    todo = [np.arange(n)]
    while todo:
        these = todo.pop()
        d = np.zeros(n)
        d[these] = sign
        sides, certain = steadily(near, lambda d=d: sides_of(*near.entries_along(split(d, near)), near.noise))  # type: ignore[misc]
        if sides is not None and (np.ndim(certain) or certain or len(these) == 1):
            found.exists[these], found.jumps[these], found.slope[these] = sides.exists[these], sides.jumps[these], sides.slope[these]
            found.known[these] = np.broadcast_to(certain, n)[these]
        else:
            todo += [part for part in np.array_split(these, 2) if len(part)]
    return found


def limits_along(near: Near, direction: list[np.ndarray]) -> list[np.ndarray] | None:
    """Return the limits of gradients along a direction."""
    found, _ = patiently(lambda: [limit_of(g) for g in near.gradient_along(direction)[1]])
    return None if found is None else list(found)


def _alone(near: Near, value: np.ndarray) -> list[np.ndarray]:
    return [value if leaf.size else np.zeros(leaf.shape) for leaf in near.leaves]


def _verdict_of_sides(back: Side, ahead: Side) -> tuple[Kind, float]:
    """Name what two sides make together, and the gradient there."""
    if (back.exists and back.jumps) or (ahead.exists and ahead.jumps):
        return "discontinuous", math.nan
    if not back.exists and not ahead.exists:
        return "outside", math.nan
    if not back.exists or not ahead.exists:
        slope = ahead.slope if ahead.exists else -back.slope
        return ("infinite", slope) if math.isinf(slope) else ("outside", math.nan)
    left, right = 0.0 - back.slope, ahead.slope
    if math.isinf(left) or math.isinf(right):
        return "infinite", left if left == right else math.nan
    if same(left, right):
        return "smooth", 0.5 * (left + right)
    return "kink", math.nan
