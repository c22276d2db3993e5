"""The truth at a point where ops are not smooth: which entries of a gradient exist, and what they are.

Level 0 is in `engine.reverse`: flags only. Here what it flagged is judged.

* If only kinks with finite slopes were hit, tangents decide each branch and ordinary reverse passes run with the branches
  locked (`calculus.locked`): each is the limit of gradients along a direction v, an element of the Clarke set.
* Otherwise the record is replayed on germs (`calculus.near`).

Limits that differ prove that an entry has no gradient. Limits that agree prove that it has one when there is a single
number to move, or when no kink feeds another and their contributions cancel class by class; else they are only evidence.

Sources: Khan 2018, Branch-locking AD techniques for nonsmooth composite functions; Kakade and Lee 2018, Provably correct
automatic subdifferentiation for qualified programs; Shamseddine and Berz 1996.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.calculus.locked import Locked, first_order
from tinygrad_loss.calculus.near import Near, Side, limit_of, patiently, side_of
from tinygrad_loss.context import Policy
from tinygrad_loss.engine.declare import linear
from tinygrad_loss.engine.op import OPS, Array
from tinygrad_loss.engine.reverse import Pass, finite, tied
from tinygrad_loss.engine.tensor import Tensor

__all__ = ["Judgement", "Site", "decide", "judge"]

PAIRS: Final = 4
"""Probes along +v and -v: with nested ties one pair found 51 of 64 undefined entries, four pairs all."""
SAME: Final = 1e-9
"""Two slopes this close, relative to the larger, are one: what is left is rounding."""
SEED: Final = 20180601
"""Directions are the same in every run."""
SHOWN: Final = 64
"""How many positions a site names."""
ONE_BY_ONE: Final = 64
"""Up to this many entries are also probed each on its own."""

Kind: TypeAlias = Literal["smooth", "kink", "infinite", "discontinuous", "outside"]

linear("resolved", lambda x, value: value, lambda g, _x, value: g, doc="a gradient whose value at a kink was settled")
RESOLVED = OPS["resolved"]


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the graph where an op is not smooth.

    Attributes:
        op: the op's name.
        entries: the positions in the op's result; the first few of many.
        count: how many there are.
        slopes: its left and right slope there, where they are two numbers.
        line: the source line, under `debug`.
        contribution: what it adds to f'(x; v) + f'(x; -v), along the first probe; contributions that cancel sum to 0.
    """

    op: str
    entries: tuple[tuple[int, ...], ...]
    slopes: tuple[float, float] | None = None
    line: str | None = None
    contribution: float = math.nan
    count: int = 1

    def __str__(self) -> str:
        shown = ", ".join(str(list(e)) if e else "the value" for e in self.entries[:3])
        shown += f" and {self.count - 3} more" if self.count > 3 else ""
        slopes = f", slopes {self.slopes[0]:g} and {self.slopes[1]:g}" if self.slopes else ""
        return f"{self.op} at {shown}{slopes}{f' ({self.line})' if self.line else ''}"


@dataclass(slots=True)
class Judgement:
    """What was found out about a function at a point.

    Attributes:
        kind: smooth, kink, infinite, discontinuous or outside.
        gradients: one array per leaf; nan where there is none.
        low, high: the smallest and the largest limit of gradients seen, per leaf.
        left, right: for a single number, the one-sided derivatives.
        second: for a single number, the one-sided second derivatives.
        middle: the mean of the limits along the first direction and its opposite, where already known.
        proved: whether the answer is proved.
    """

    kind: Kind
    gradients: list[np.ndarray]
    proved: bool
    low: list[np.ndarray] = field(default_factory=list)
    high: list[np.ndarray] = field(default_factory=list)
    left: float | None = None
    right: float | None = None
    second: tuple[float, float] | None = None
    middle: list[np.ndarray] = field(default_factory=list)


# ---- deciding -----------------------------------------------------------------------------------------------------------------


def decide(near: Near, looks: int = 8) -> Judgement:
    """Decide what the gradient of a recorded function is at its point, entry by entry; ``looks`` more directions are looked along."""
    shapes = [leaf.shape for leaf in near.leaves]
    if not math.isfinite(near.value):
        return Judgement("outside", [np.full(s, np.nan) for s in shapes], proved=True)
    if near.size == 1:
        return _on_a_line(near)
    return _in_space(near, looks)


def same(a: float, b: float) -> bool:
    """Whether two slopes are one, up to rounding."""
    return a == b or abs(a - b) <= SAME * max(abs(a), abs(b)) + 1e-15


def _on_a_line(near: Near) -> Judgement:
    """Decide exactly for a single number: both sides are seen."""
    shape = next(leaf.shape for leaf in near.leaves if leaf.size)
    answers = [_side(near, _line(near, s)) for s in (-1.0, 1.0)]
    certain = all(known for _, known in answers)
    (back, _), (ahead, _) = answers
    if back is None or ahead is None:
        return Judgement("kink", _alone(near, np.full(shape, np.nan)), proved=False)
    left = None if not back.exists or back.jumps else 0.0 - back.slope
    right = None if not ahead.exists or ahead.jumps else ahead.slope
    kind, value = _verdict_of_sides(back, ahead)
    found = Judgement(kind, _alone(near, np.full(shape, value)), proved=certain, left=left, right=right)
    if left is not None and right is not None:
        found.low, found.high = _alone(near, np.full(shape, min(left, right))), _alone(near, np.full(shape, max(left, right)))
        if kind == "smooth":
            found.second = (back.second, ahead.second)
    return found


def _side(near: Near, direction: list[np.ndarray]) -> tuple[Side | None, bool]:
    """Return how the function leaves the point along a direction, and whether that is certain."""
    return patiently(lambda: side_of(near.along(direction), near.value))


def _limits(near: Near, direction: list[np.ndarray]) -> list[np.ndarray] | None:
    """Return the limits of gradients along a direction."""
    found, _ = patiently(lambda: [limit_of(g) for g in near.gradient_along(direction)[1]])
    return None if found is None else list(found)


def _line(near: Near, step: float) -> list[np.ndarray]:
    return [np.full(leaf.shape, step) for leaf in near.leaves]


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
    rng = np.random.default_rng(SEED)
    while True:
        yield [np.asarray(rng.standard_normal(leaf.shape)) for leaf in near.leaves]


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


def _in_space(near: Near, looks: int) -> Judgement:
    """Decide for several entries, by probes along generic directions and along each entry."""
    allowed = _allowed_sides(near) if near.size <= ONE_BY_ONE else None
    seen = _Seen()
    for v in itertools.islice(directions(near), PAIRS):
        for sign in (1.0, -1.0):
            d = sign * flat(v)
            if allowed is not None:
                d = np.where(allowed == 0, d, np.abs(d) * allowed)
            _probe(near, d, seen)
    further = [] if allowed is None else [*_axes(near.size), *(flat(v) for v in itertools.islice(directions(near), PAIRS, PAIRS + looks))]
    for d in further:
        _look(near, d, seen)
    return _judged(near, seen, allowed)


def _axes(size: int) -> list[np.ndarray]:
    unit = np.eye(size)
    diagonal = [np.ones(size)] if size > 1 else []
    pairs = [unit[i] + s * unit[j] for i in range(size) for j in range(i) for s in (1.0, -1.0)] if size <= 6 else []
    return [s * d for d in [*unit, *diagonal, *pairs] for s in (1.0, -1.0)]


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
        side = side_of(f, near.value)
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
        return Judgement("outside" if seen.missing else "kink", split(np.full(n, np.nan), near), proved=seen.missing)
    limits = np.array(seen.limits)
    with np.errstate(all="ignore"):
        low, high = np.min(limits, axis=0), np.max(limits, axis=0)
        scale = np.maximum(np.abs(low), np.abs(high))
        agree = (low == high) | (np.isfinite(scale) & (high - low <= SAME * scale + 1e-15))
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
    proved = seen.certain and kind != "smooth"
    return Judgement(kind, split(gradient, near), proved=proved, low=split(low, near), high=split(high, near))


def _bent(seen: _Seen, gradient: np.ndarray) -> np.ndarray | None:
    """Return a direction along which the one-sided derivative is not the gradient's, though all limits agreed."""
    if not np.all(np.isfinite(gradient)):
        return None
    for d, slope in seen.slopes:
        if not math.isfinite(slope):
            continue
        expected = float(gradient @ d)
        if abs(expected - slope) > SAME * (float(np.abs(gradient) @ np.abs(d)) + abs(slope)) + 1e-14:
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


# ---- judging a backward pass ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Report:
    """What the last backward found out about one leaf.

    Attributes:
        undefined: how many entries have no gradient.
        kind: what the function is at this point.
        proved: whether that is proved.
        sites: the ops that were hit.
    """

    undefined: int
    kind: Kind
    proved: bool
    sites: tuple[Site, ...]

    def __str__(self) -> str:
        return f"{self.kind} ({'proved' if self.proved else 'not proved'}): " + "; ".join(map(str, self.sites))


def judge(done: Pass, policy: Policy) -> dict[int, Report]:
    """Put the truth into the cotangents of a pass, as the policy wants it, and return one report per leaf."""
    keys = [key for key in done.leaves if key in done.cotangents]
    leaves = [done.leaves[key] for key in keys]
    near = Near(done.root, _value(done.seed), leaves)
    found = _judged_by_locking(done, near, policy) if _only_kinks(done) else _judged_without_dead_branches(done, near) or decide(near)
    if found.kind == "outside" and not math.isfinite(near.value):
        ordinary = [np.asarray(_value(done.cotangents[key])) for key in keys]
        found.gradients = [np.where(g == 0, 0.0, np.nan) for g in ordinary]
    sites = tuple(sites_of(done, shown=4))
    undefined = [np.isnan(g) for g in found.gradients]
    if policy == "raise" and any(map(np.any, undefined)):
        raise errors.UndefinedGradientError(worded(near, found, sites))
    if policy == "subgradient":
        if found.middle:
            found.gradients = found.middle
        elif found.kind == "kink" and found.low:
            found.gradients = [np.where(np.isnan(g), m, g) for g, m in zip(found.gradients, _first_pair(near), strict=True)]
    elif policy == "nan" and any(map(np.any, undefined)):
        errors.warn_caller(worded(near, found, sites), errors.UndefinedGradientWarning)
    elif not found.proved and policy in {"nan", "raise"}:
        errors.warn_caller(doubted(sites), errors.UnprovedGradientWarning)
    reports = {}
    for key, leaf, gradient, gone in zip(keys, leaves, found.gradients, undefined, strict=True):
        _settle(done, key, leaf, gradient)
        reports[key] = Report(int(np.count_nonzero(gone)), found.kind, found.proved, sites)
    return reports


def _only_kinks(done: Pass) -> bool:
    """Whether nothing but finite slopes is at stake, so that tangents decide."""
    return (
        all(t.node is not None and t.node[0].facts is not None and t.node[0].facts.nature == "kink" for t in done.hits)
        and finite(done.root)
        and all(map(finite, done.cotangents.values()))
        and not any(map(tied, done.traced))
    )


def _bounds(limits: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    if len(limits) == 2:
        return np.minimum(*limits), np.maximum(*limits)
    return np.min(limits, axis=0), np.max(limits, axis=0)


def _judged_by_locking(done: Pass, near: Near, policy: Policy) -> Judgement:
    """Judge a pass that hit only kinks by passes with locked branches; a training step wants one pair of them."""
    locked = Locked(done, near.leaves)
    limits, probes = [], []
    at_kinks: dict[int, Array] = {}
    with first_order():
        for v in itertools.islice(directions(near), 1 if policy == "subgradient" else PAIRS):
            for sign in (1.0, -1.0):
                locks = locked.locks([sign * d for d in v])
                gradients, cotangents = locked.gradient(locks)
                limits.append(flat(gradients))
                probes.append(locks)
                at_kinks = at_kinks or cotangents
    low, high = _bounds(limits)
    agree = high - low <= SAME * np.maximum(np.abs(low), np.abs(high)) + 1e-15
    middle = 0.5 * (limits[0] + limits[1])
    gradient = np.where(agree, middle, np.nan)
    smooth = bool(np.all(agree))
    if smooth:
        with first_order():
            proved = locked.cancels(probes, at_kinks) or (near.size == 1 and not locked.nested)
    else:
        proved = True
    kind: Kind = "smooth" if smooth else "kink"
    found = Judgement(kind, split(gradient, near), proved=proved, low=split(low, near), high=split(high, near), middle=split(middle, near))
    if near.size == 1:
        slopes = limits[:2] if next(directions(near))[0].flat[0] > 0 else limits[1::-1]
        found.right, found.left = float(slopes[0][0]), float(slopes[1][0])
    return found


def _judged_without_dead_branches(done: Pass, near: Near) -> Judgement | None:
    """Try whether only branches that nothing selected made the gradient non-finite: there an exact zero absorbs nan and inf."""
    if done.suspects or not math.isfinite(near.value) or any(map(tied, done.traced)):
        return None
    still = _limits(near, [np.zeros(leaf.shape) for leaf in near.leaves])
    if still is None or not all(np.all(np.isfinite(g)) for g in still):
        return None
    return Judgement("smooth", still, proved=True)


def _first_pair(near: Near) -> list[np.ndarray]:
    """Return the mean of the limits of gradients along v and -v, v fixed: an element of the Clarke set."""
    v = next(directions(near))
    ahead, back = (_limits(near, [s * d for d in v]) for s in (1.0, -1.0))
    if ahead is None or back is None:
        return [np.full(leaf.shape, np.nan) for leaf in near.leaves]
    return [0.5 * (a + b) for a, b in zip(ahead, back, strict=True)]


def _value(x: Array) -> Array:
    return x.value if isinstance(x, Tensor) else x


def _settle(done: Pass, key: int, leaf: Tensor, gradient: np.ndarray) -> None:
    """Replace a cotangent whose value at this point is not the truth; a recorded one keeps its own derivative."""
    old = done.cotangents[key]
    if not isinstance(old, Tensor):
        value = gradient.astype(leaf.dtype)
        done.cotangents[key] = value[()] if value.ndim == 0 else value
        return
    now = np.asarray(_value(old))
    with np.errstate(all="ignore"):
        near_enough = np.isfinite(gradient) & (np.abs(now - gradient) <= SAME * np.abs(gradient))
    value = np.where(near_enough, now, gradient).astype(leaf.dtype)
    if np.array_equal(value, now):
        return
    done.cotangents[key] = RESOLVED.call(old, value=value[()])


def sites_of(done: Pass, shown: int = SHOWN) -> Iterator[Site]:
    """Yield the places that a pass flagged: hit kinks, and tied comparisons that steered it."""
    steering: dict[int, Tensor] = {}
    stack, seen = list(done.traced), set()
    while stack:
        t = stack.pop()
        if t.node is None or id(t) in seen or not t.track:
            continue
        seen.add(id(t))
        facts = t.node[0].facts
        if facts is not None and facts.nature == "jump":
            steering[id(t)] = t
        stack.extend(x for x in t.node[1] if isinstance(x, Tensor))
    for t in {id(t): t for t in [*done.suspects, *steering.values()]}.values():
        if t.node is None:
            continue
        op, inputs, static, _ = t.node
        facts = op.facts
        if facts is None:
            continue
        values = [_value(x) for x in inputs]
        with np.errstate(all="ignore"):
            hit = np.broadcast_to(facts.tie(t.value, *values, **static or {}), np.shape(t.value))
        count = int(np.count_nonzero(hit))
        if count:
            first = np.argwhere(hit)[:shown] if hit.ndim else [()]
            yield Site(op.name, tuple(tuple(map(int, e)) for e in first), facts.slopes, t.line, count=count)


def worded(near: Near, found: Judgement, sites: Sequence[Site]) -> str:
    """Word what is undefined: the op, the entries, the left and the right slope, the way out."""
    what = {
        "kink": "the function has a kink here, so it has no gradient",
        "infinite": "the function's slope is infinite here",
        "discontinuous": "the function jumps here, so it has no gradient",
        "outside": "the point is not inside the function's domain, so there is no gradient",
        "smooth": "the function has no gradient here",
    }[found.kind]
    where = []
    for i, (leaf, g) in enumerate(zip(near.leaves, found.gradients, strict=True)):
        gone = np.argwhere(np.isnan(g))
        if not len(gone):
            continue
        name = leaf.name or ("x" if len(near.leaves) == 1 else f"leaf {i}")
        slopes = ""
        if found.left is not None and found.right is not None:
            slopes = f": left slope {found.left:g}, right slope {found.right:g}"
        elif found.low:
            first = tuple(gone[0])
            slopes = f": slopes from {found.low[i][first]:g} to {found.high[i][first]:g}"
        entry = f" {list(map(int, gone[0]))}" if leaf.ndim else ""
        more = f" and {len(gone) - 1} more of {leaf.size}" if len(gone) > 1 else ""
        where.append(f"{name}{entry}{more}{slopes}")
    ops = "; ".join(map(str, sites[:3])) or "a non-finite value"
    return (
        f"{what}: in {', '.join(where)} (by {ops}). "
        'Type instead: with tl.at_kinks("subgradient"): ... to train through it, or tl.differentiability(f, x) to look at it'
    )


def doubted(sites: Sequence[Site]) -> str:
    """Word that probes agreed without proof."""
    ops = "; ".join(map(str, sites[:3])) or "a non-finite value"
    return f"every probe agreed on this gradient, but nothing proves that it exists (by {ops}). Type instead: tl.differentiability(f, x) to look at it"
