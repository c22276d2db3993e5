"""Deciding, from what probes see, whether a recorded function has a gradient at its point: entry by entry."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, TypeAlias

import numpy as np

from tinygrad_loss.calculus.bends import SEED
from tinygrad_loss.calculus.germ import ROUNDING
from tinygrad_loss.calculus.near import Near, Side, limit_of, patiently, side_of, sides_of
from tinygrad_loss.calculus.reach import reached

__all__ = ["Judgement", "Kind", "decide", "proved_smooth", "slope_along"]

PAIRS: Final = 4
"""Probes along +v and -v: with nested ties one pair found 51 of 64 undefined entries, four pairs all."""
ONE_BY_ONE: Final = 64
"""Up to this many entries are also probed each on its own."""

LOOKS: Final = 32
"""Generic directions looked along besides the probes: jumps and bends may hide in a narrow cone."""
REMEMBERED: Final = 100_000
"""Directions of up to this many entries are kept for the next judgement: a training step asks for the same ones."""

Kind: TypeAlias = Literal["smooth", "kink", "infinite", "discontinuous", "outside", "undecided"]


@dataclass(slots=True)
class Judgement:
    """What was found out about a function at a point.

    Attributes:
        kind: smooth, kink, infinite, discontinuous, outside or undecided.
        gradients: one array per leaf; nan where there is none, or where that is undecided.
        certain: one boolean array per leaf: which entries are proved, be they numbers or nan.
        low, high: the smallest and the largest limit of gradients seen, per leaf.
        left, right: for a single number, the one-sided derivatives.
        second: for a single number, the one-sided second derivatives.
        middle: the mean of the limits along the first direction and its opposite, where already known.
        further: gives more limits, each on one axis of all entries, which only the range of an entry asks for.
    """

    kind: Kind
    gradients: list[np.ndarray]
    certain: list[np.ndarray]
    low: list[np.ndarray] = field(default_factory=list)
    high: list[np.ndarray] = field(default_factory=list)
    left: float | None = None
    right: float | None = None
    second: tuple[float, float] | None = None
    middle: list[np.ndarray] = field(default_factory=list)
    further: Callable[[], list[np.ndarray]] | None = None

    def widen(self, near: Near) -> None:
        """Let the range of every entry take in the further limits."""
        if self.further is not None:
            limits = [flat(self.low), flat(self.high), *self.further()]
            self.low, self.high, self.further = split(np.min(limits, axis=0), near), split(np.max(limits, axis=0), near), None

    @property
    def proved(self) -> bool:
        """Whether every entry is proved."""
        return all(bool(np.all(c)) for c in self.certain)

    def undecide(self, near: Near) -> None:
        """Take every claim back, because the record does not show all that the function does: keep only the numbers that were seen."""
        self.kind, self.certain = "undecided", all_of(near, False)
        self.low, self.high, self.left, self.right, self.second, self.further = [], [], None, None, None, None


def all_of(near: Near, value: object) -> list[np.ndarray]:
    """Return one array per leaf, each entry of which is ``value``."""
    return [np.full(leaf.shape, value) for leaf in near.leaves]


def proved_smooth(near: Near, gradients: list[np.ndarray]) -> Judgement:
    """Return the judgement on a function that is proved to have this gradient."""
    found = Judgement("smooth", gradients, all_of(near, True))
    if near.size == 1:
        found.left = found.right = next(float(g.sum()) for g in gradients if g.size)
    return found


def decide(near: Near) -> Judgement:
    """Decide what the gradient of a recorded function is at its point, entry by entry."""
    if not math.isfinite(near.value):
        start = {id(near.root): np.broadcast_to(np.not_equal(near.seed, 0), near.root.shape)}
        say = reached(near.record, start)
        return Judgement(
            "outside", [np.where(say.get(id(leaf), False), np.nan, np.zeros(leaf.shape)) for leaf in near.leaves], all_of(near, True)
        )
    if near.size == 1:
        return _on_a_line(near)
    return _in_space(near) if near.beside.terms is None else _entry_by_entry(near)


def same(a: float, b: float) -> bool:
    """Whether two slopes are one, up to rounding."""
    return a == b or abs(a - b) <= ROUNDING.get().same * max(abs(a), abs(b))


def _on_a_line(near: Near) -> Judgement:
    """Decide exactly for a single number: both sides are seen."""
    shape = next(leaf.shape for leaf in near.leaves if leaf.size)
    answers = [_side(near, all_of(near, s)) for s in (-1.0, 1.0)]
    certain = all(known for _, known in answers)
    (back, _), (ahead, _) = answers
    left = None if back is None or not back.exists or back.jumps else 0.0 - back.slope
    right = None if ahead is None or not ahead.exists or ahead.jumps else ahead.slope
    kind: Kind = "undecided"
    value = math.nan
    if back is not None and ahead is not None:
        kind, value = _verdict_of_sides(back, ahead)
    if not certain and kind != "smooth":
        kind, value = "undecided", math.nan
    found = Judgement(kind, _alone(near, np.full(shape, value)), all_of(near, certain), left=left, right=right)
    if left is not None and right is not None:
        found.low, found.high = _alone(near, np.full(shape, min(left, right))), _alone(near, np.full(shape, max(left, right)))
        if kind == "smooth" and back is not None and ahead is not None:
            found.second = (back.second, ahead.second)
    return found


def slope_along(near: Near, direction: list[np.ndarray]) -> float | None:
    """Return the one-sided derivative along a direction; None where that side does not exist, jumps, or is not decided."""
    side, certain = _side(near, direction)
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
        sides, certain = patiently(lambda d=d: sides_of(*near.entries_along(split(d, near)), near.noise))  # type: ignore[misc]
        if certain or len(these) == 1:
            if sides is not None:
                found.exists[these], found.jumps[these], found.slope[these] = sides.exists[these], sides.jumps[these], sides.slope[these]
            found.known[these] = certain
        else:
            todo += [part for part in np.array_split(these, 2) if len(part)]
    return found


def _side(near: Near, direction: list[np.ndarray]) -> tuple[Side | None, bool]:
    """Return how the function leaves the point along a direction, and whether that is certain."""
    return patiently(lambda: side_of(near.along(direction), near.value, near.noise))


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


def directions(near: Near) -> Iterator[list[np.ndarray]]:
    """Yield fixed generic directions, one array per leaf."""
    shapes = tuple(leaf.shape for leaf in near.leaves)
    if near.size > REMEMBERED:
        yield from _drawn(shapes)
    yield from _first_directions(shapes)
    yield from itertools.islice(_drawn(shapes), PAIRS, None)


def _drawn(shapes: Sequence[tuple[int, ...]]) -> Iterator[list[np.ndarray]]:
    rng = np.random.default_rng(SEED)
    while True:
        yield [np.asarray(rng.standard_normal(shape)) for shape in shapes]


@lru_cache(maxsize=4)
def _first_directions(shapes: tuple[tuple[int, ...], ...]) -> list[list[np.ndarray]]:
    """Return the directions that every judgement of arrays of these shapes takes."""
    return list(itertools.islice(_drawn(shapes), PAIRS))


def flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Return all entries of all leaves as one axis."""
    return np.concatenate([np.ravel(np.asarray(a, np.float64)) for a in arrays]) if arrays else np.zeros(0)


def split(entries: np.ndarray, near: Near) -> list[np.ndarray]:
    """Return one axis of entries as one array per leaf."""
    parts, start = [], 0
    for leaf in near.leaves:
        parts.append(entries[start : start + leaf.size].reshape(leaf.shape))
        start += leaf.size
    return parts


@dataclass(slots=True)
class _Seen:
    """What probes have seen so far."""

    limits: list[np.ndarray] = field(default_factory=list)
    slopes: list[tuple[np.ndarray, float]] = field(default_factory=list)
    jumps: bool = False
    infinite: bool = False
    missing: bool = False
    certain: bool = True


def _in_space(near: Near) -> Judgement:
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
            side, _ = _side(near, split(d, near))
            exists.append(side is None or side.exists)
        allowed[i] = 0.0 if all(exists) else 1.0 if exists[1] else -1.0 if exists[0] else math.nan
    return allowed


def _look(near: Near, d: np.ndarray, seen: _Seen) -> Side | None:
    """Note the one-sided derivative along one direction."""
    side, certain = _side(near, split(d, near))
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
            side, _ = _side(near, split(d, near))
            jumps[i] |= side is None or (side.exists and side.jumps)
    return jumps if np.any(jumps) else np.ones(near.size, bool)
