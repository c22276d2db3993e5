"""Deciding for several entries, from what is seen along generic directions and along each entry: what differs is proved, what agrees is not."""

import itertools
import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tinygrad_loss.calculus.directions import PAIRS, directions
from tinygrad_loss.calculus.germ import ROUNDING
from tinygrad_loss.calculus.judgement import Judgement, Kind, all_of, flat, split
from tinygrad_loss.calculus.near import Near, patiently, side_along
from tinygrad_loss.calculus.sides import Side, limit_of, side_of

__all__ = ["decide_in_space"]

ONE_BY_ONE: Final = 64
"""Up to this many entries are also probed each on its own."""
LOOKS: Final = 32
"""Generic directions looked along besides the probes: jumps and bends may hide in a narrow cone."""


@dataclass(slots=True)
class _Seen:
    """What probes have seen so far."""

    limits: list[np.ndarray] = field(default_factory=list)
    slopes: list[tuple[np.ndarray, float]] = field(default_factory=list)
    jumps: bool = False
    infinite: bool = False
    missing: bool = False
    certain: bool = True


def decide_in_space(near: Near) -> Judgement:
    """Decide for several entries, by probes along generic directions and along each entry."""
    allowed = _allowed_sides(near) if near.size <= ONE_BY_ONE else None
    seen = _Seen()
    for v in itertools.islice(directions(near), PAIRS):
        for sign in (1.0, -1.0):
            d = sign * flat(v)
            if allowed is not None:
                d = np.where(allowed == 0, d, np.abs(d) * allowed)
            _probe(near, d, seen)
    further = [] if allowed is None else [*_axes(near.size), *(flat(v) for v in itertools.islice(directions(near), PAIRS, PAIRS + LOOKS))]
    for d in further:
        _look(near, d, seen)
    if allowed is not None and not (seen.jumps or seen.missing):
        seen.jumps = any(_jumps_along_curve(near, d) for d in _axes(near.size)[: 2 * near.size])
    return _judged(near, seen, allowed)


def _axes(size: int) -> list[np.ndarray]:
    unit = np.eye(size)
    diagonal = [np.ones(size)] if size > 1 else []
    pairs = [unit[i] + s * unit[j] for i in range(size) for j in range(i) for s in (1.0, -1.0)] if size <= 6 else []
    return [s * d for d in [*unit, *diagonal, *pairs] for s in (1.0, -1.0)]


def _jumps_along_curve(near: Near, d: np.ndarray) -> bool:
    """Whether the value jumps along a curve that leaves an entry's axis: x0^2 x1 / (x0^4 + x1^2) does though it is flat along all lines."""
    bend = list(itertools.islice(directions(near), PAIRS))[-1]
    side, certain = patiently(lambda: side_of(near.along_curve(split(d, near), bend), near.value, near.noise))
    return side is not None and certain and side.exists and side.jumps


def _allowed_sides(near: Near) -> np.ndarray:
    """Return per entry 0 where both sides exist, else the sign of the one side that does; nan where none does."""
    allowed = np.zeros(near.size)
    for i in range(near.size):
        exists = []
        for sign in (-1.0, 1.0):
            d = np.zeros(near.size)
            d[i] = sign
            side, _ = side_along(near, split(d, near))
            exists.append(side is None or side.exists)
        allowed[i] = 0.0 if all(exists) else 1.0 if exists[1] else -1.0 if exists[0] else math.nan
    return allowed


def _look(near: Near, d: np.ndarray, seen: _Seen) -> Side | None:
    """Note the one-sided derivative along one direction."""
    side, certain = side_along(near, split(d, near))
    seen.certain &= certain
    if side is None:
        return None
    if not side.exists:
        seen.missing = True
    elif side.jumps:
        seen.jumps = True
    else:
        seen.infinite |= math.isinf(side.slope)
        seen.slopes.append((d, side.slope))
    return side


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
    seen.jumps |= side.jumps
    seen.infinite |= bool(np.any(np.isinf(limit))) or (not side.jumps and math.isinf(side.slope))
    if not side.jumps:
        seen.slopes.append((d, side.slope))


def _judged(near: Near, seen: _Seen, allowed: np.ndarray | None) -> Judgement:
    """Turn what the probes saw into one answer per entry."""
    n = near.size
    if not seen.limits:
        outside = seen.missing and seen.certain
        return Judgement("outside" if outside else "undecided", all_of(near, np.nan), all_of(near, outside))
    limits = np.array(seen.limits)
    with np.errstate(all="ignore"):
        low, high = np.min(limits, axis=0), np.max(limits, axis=0)
        scale = np.maximum(np.abs(low), np.abs(high))
        rounding = ROUNDING.get()
        largest = float(np.max(scale, initial=0.0, where=np.isfinite(scale)))
        agree = (low == high) | (np.isfinite(scale) & (high - low <= rounding.same * scale + rounding.chop * largest))
        gradient = np.where(agree, np.where(np.isinf(low), low, 0.5 * (low + high)), np.nan)
    edge = np.zeros(n, bool) if allowed is None else allowed != 0
    gradient = np.where(edge & ~np.isinf(gradient), np.nan, gradient)
    if seen.missing and allowed is not None and not np.any(edge):
        gradient = np.where(np.isinf(gradient) | (scale == 0), gradient, np.nan)
    bent = _bent(seen, gradient)
    if seen.jumps:
        gradient = np.where(_jumping(near, allowed), np.nan, gradient)
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


def _bent(seen: _Seen, gradient: np.ndarray) -> np.ndarray | None:
    """Return a direction along which the one-sided derivative is not the gradient's, though all limits agreed."""
    if not np.all(np.isfinite(gradient)):
        return None
    rounding = ROUNDING.get()
    for d, slope in seen.slopes:
        if not math.isfinite(slope):
            continue
        expected = float(gradient @ d)
        noise = rounding.chop * float(np.max(np.abs(gradient), initial=0.0) * np.sum(np.abs(d)))
        if abs(expected - slope) > rounding.same * (float(np.abs(gradient) @ np.abs(d)) + abs(slope)) + noise:
            return d
    return None


def _jumping(near: Near, allowed: np.ndarray | None) -> np.ndarray:
    """Return True for the entries along which the function jumps; for all when it cannot be told."""
    if allowed is None:
        return np.ones(near.size, bool)
    jumps = np.zeros(near.size, bool)
    for i in range(near.size):
        for sign in (-1.0, 1.0):
            d = np.zeros(near.size)
            d[i] = sign
            side, _ = side_along(near, split(d, near))
            jumps[i] |= side is None or (side.exists and side.jumps)
    return jumps if np.any(jumps) else np.ones(near.size, bool)
