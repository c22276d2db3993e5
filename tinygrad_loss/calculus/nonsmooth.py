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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.calculus.decide import PAIRS, Judgement, Kind, all_of, decide, directions, flat, limits_along, split
from tinygrad_loss.calculus.germ import ROUNDING, Exhausted, rounding_of
from tinygrad_loss.calculus.locked import Locked, first_order
from tinygrad_loss.calculus.near import Near, patiently, slopes_of
from tinygrad_loss.calculus.sites import Site, doubted, sites_of, unknown_to, value_of, way_on, worded
from tinygrad_loss.context import Policy
from tinygrad_loss.engine.declare import linear
from tinygrad_loss.engine.op import OPS, Array
from tinygrad_loss.engine.reverse import Pass, finite, tied
from tinygrad_loss.engine.tensor import Tensor

__all__ = ["Report", "judge", "judge_tangent", "only_kinks", "proved_to_cancel"]

linear("resolved", lambda x, value: value, lambda g, _x, value: g, doc="a gradient whose value at a kink was settled")
RESOLVED = OPS["resolved"]
MORE = 24
"""Pairs of directions asked besides, where all agree and nothing proves: kinks fed by kinks may hide in a narrow cone."""


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

    @property
    def way_on(self) -> str | None:
        """What gives a gradient that a step can use, where a site is to blame."""
        return way_on(self.kind, self.sites, proved=self.proved)

    def __str__(self) -> str:
        return f"{self.kind} ({'proved' if self.proved else 'not proved'}): " + "; ".join(map(str, self.sites))


def judge(done: Pass, policy: Policy) -> dict[int, Report]:
    """Put the truth into the cotangents of a pass, as the policy wants it, and return one report per leaf."""
    keys = [key for key in done.leaves if key in done.cotangents]
    leaves = [done.leaves[key] for key in keys]
    near = Near(done.root, value_of(done.seed), leaves)
    with rounding_of([done.root, *leaves]):
        found = _judged(done, near, policy)
    if found.kind == "outside" and not math.isfinite(near.value):
        ordinary = [np.asarray(value_of(done.cotangents[key])) for key in keys]
        found.gradients = [np.where(g == 0, 0.0, np.nan) for g in ordinary]
    found.gradients = _answered(done, near, found, policy)
    sites = tuple(sites_of(done, shown=4))
    undefined = [np.isnan(g) & c for g, c in zip(found.gradients, found.certain, strict=True)]
    undecided = [np.isnan(g) & ~c for g, c in zip(found.gradients, found.certain, strict=True)]
    _spoken(near, found, sites, policy, undefined, undecided)
    if policy == "subgradient":
        if found.middle:
            found.gradients = found.middle
        elif found.kind == "kink" and found.low:
            found.gradients = [np.where(np.isnan(g), m, g) for g, m in zip(found.gradients, _first_pair(near), strict=True)]
    reports = {}
    for i, (key, leaf) in enumerate(zip(keys, leaves, strict=True)):
        _settle(done, key, leaf, found.gradients[i])
        reports[key] = Report(int(np.count_nonzero(undefined[i] | undecided[i])), found.kind, found.proved, sites)
    return reports


def _spoken(
    near: Near, found: Judgement, sites: Sequence[Site], policy: Policy, undefined: list[np.ndarray], undecided: list[np.ndarray]
) -> None:
    """Warn of what is undefined, undecided or unproved, or raise, as the policy wants it."""
    missing, unknown = any(map(np.any, undefined)), any(map(np.any, undecided))
    if policy == "raise" and (missing or unknown):
        message = worded(near, found, undefined, sites) if missing else unknown_to(near, found, undecided, sites)
        raise errors.UndefinedGradientError(message)
    if policy == "nan" and missing:
        errors.warn_caller(worded(near, found, undefined, sites), errors.UndefinedGradientWarning, _ops(sites))
    if policy in {"nan", "subgradient"} and unknown:
        errors.warn_caller(unknown_to(near, found, undecided, sites), errors.UndecidedGradientWarning, _ops(sites))
    if policy in {"nan", "raise"} and not (missing or unknown or found.proved):
        errors.warn_caller(doubted(sites), errors.UnprovedGradientWarning, _ops(sites))


def _ops(sites: Sequence[Site]) -> frozenset[str]:
    return frozenset(site.op for site in sites)


def _judged(done: Pass, near: Near, policy: Policy) -> Judgement:
    """Judge a pass by the cheapest way that decides."""
    if not only_kinks(done):
        return _judged_without_dead_branches(done, near) or decide(near)
    try:
        return _judged_by_locking(done, near, policy)
    except Exhausted:  # first order does not tell the branch
        return decide(near)


def _answered(done: Pass, near: Near, found: Judgement, policy: Policy) -> list[np.ndarray]:
    """Let ops with a documented convention answer for the entries that only they leave undefined."""
    open_hits = {t: g for t, g in done.hits.items() if not (t.op and t.op.facts and t.op.facts.answers)}
    if len(open_hits) == len(done.hits) or not any(np.isnan(g).any() for g in found.gradients) or not only_kinks(done):
        return found.gradients
    answers = [np.asarray(value_of(done.cotangents[id(leaf)]), np.float64) for leaf in near.leaves]
    if open_hits and found.proved:
        rest = Pass(done.root, done.seed, done.order, done.leaves, done.cotangents)
        rest.hits, rest.suspects = open_hits, [t for t in done.suspects if t in open_hits]
        answers = _judged_by_locking(rest, near, policy).gradients
    return [np.where(np.isnan(g), a, g) for g, a in zip(found.gradients, answers, strict=True)]


def only_kinks(done: Pass) -> bool:
    """Whether nothing but finite slopes is at stake, so that tangents decide."""
    return (
        all(t.op is not None and t.op.facts is not None and t.op.facts.nature == "kink" for t in done.hits)
        and finite(done.root)
        and all(map(finite, done.cotangents.values()))
        and not any(map(tied, done.traced))
        and not any(np.iscomplexobj(t.value) for t in done.order)
    )


def _compared(limits: list[np.ndarray], size: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the smallest and the largest limit of every entry, and where they are one, up to rounding of what branches add."""
    low, high = (np.minimum(*limits), np.maximum(*limits)) if len(limits) == 2 else (np.min(limits, axis=0), np.max(limits, axis=0))
    rounding = ROUNDING.get()
    return low, high, high - low <= rounding.same * np.maximum(np.abs(low), np.abs(high)) + rounding.chop * size


def _judged_by_locking(done: Pass, near: Near, policy: Policy) -> Judgement:
    """Judge a pass that hit only kinks by passes with locked branches; a training step wants one pair of them."""
    locked = Locked(done, near.leaves, exact=policy != "subgradient")
    with first_order():
        probes = [locks for v in itertools.islice(directions(near), 1 if policy == "subgradient" else PAIRS) for locks in locked.locks(v)]
        limits = [flat(locked.gradient(locks)) for locks in probes]
    size = locked.size(probes[0])
    low, high, agree = _compared(limits, size)
    proved = True
    if np.all(agree):
        with first_order():
            proved = (locked.cancels(probes) if locked.exact else proved_to_cancel(done, near)) or (near.size == 1 and not locked.nested)
            if not proved and policy != "subgradient":
                further = list(itertools.islice(directions(near), PAIRS, PAIRS + MORE))
                further.append([np.abs(d) for d in further[0]])  # all entries move one way: generic still, but seldom drawn
                limits += [flat(locked.gradient(locks)) for v in further for locks in locked.locks(v)]
        low, high, agree = _compared(limits, size)
    middle = 0.5 * (limits[0] + limits[1])
    gradient = np.where(agree, middle, np.nan)
    smooth = bool(np.all(agree))
    kind: Kind = "smooth" if smooth else "kink"
    certain = np.full(near.size, proved or not smooth)
    found = Judgement(kind, split(gradient, near), split(certain, near), split(low, near), split(high, near), middle=split(middle, near))
    if near.size == 1:
        slopes = limits[:2] if next(directions(near))[0].flat[0] > 0 else limits[1::-1]
        found.right, found.left = float(slopes[0][0]), float(slopes[1][0])
    return found


def proved_to_cancel(done: Pass, near: Near) -> bool:
    """Whether the kinks that a pass hit, and nothing else, are proved to cancel."""
    locked = Locked(done, near.leaves)
    with first_order():
        return locked.cancels([locks for v in itertools.islice(directions(near), PAIRS) for locks in locked.locks(v)])


def _judged_without_dead_branches(done: Pass, near: Near) -> Judgement | None:
    """Try whether only branches that nothing selected made the gradient non-finite: there an exact zero absorbs nan and inf."""
    if done.suspects or not math.isfinite(near.value) or any(map(tied, done.traced)):
        return None
    still = limits_along(near, [np.zeros(leaf.shape) for leaf in near.leaves])
    if still is None or not all(np.all(np.isfinite(g)) for g in still):
        return None
    return Judgement("smooth", still, all_of(near, True))


def _first_pair(near: Near) -> list[np.ndarray]:
    """Return the mean of the limits of gradients along v and -v, v fixed: an element of the Clarke set."""
    v = next(directions(near))
    ahead, back = (limits_along(near, [s * d for d in v]) for s in (1.0, -1.0))
    if ahead is None or back is None:
        return [np.full(leaf.shape, np.nan) for leaf in near.leaves]
    return [0.5 * (a + b) for a, b in zip(ahead, back, strict=True)]


def judge_tangent(y: Tensor, dy: Array, tangents: Mapping[int, Array], policy: Policy) -> Array:
    """Return the derivative of ``y`` along tangents, entry by entry: where its two sides agree, that; else what the policy says."""
    variables = _found(y, tangents)
    near = Near(y, np.ones_like(y.value), variables)
    steps = [np.asarray(value_of(tangents[id(v)]), np.float64) for v in variables]
    sides = []
    with rounding_of([y, *variables]):
        same = ROUNDING.get().same
        for sign in (-1.0, 1.0):
            answer, _ = patiently(lambda s=sign: slopes_of(near.result_along([s * d for d in steps]), y.value))  # type: ignore[misc]
            sides.append(np.full(y.shape, np.nan) if answer is None else sign * answer)
    left, right = sides
    with np.errstate(all="ignore"):
        agree = (left == right) | (np.abs(left - right) <= same * np.maximum(np.abs(left), np.abs(right)))
        value = np.where(agree, np.where(np.isinf(left), left, 0.5 * (left + right)), np.nan)
        if policy == "subgradient":
            value = np.where(np.isfinite(left) & np.isfinite(right), 0.5 * (left + right), value)
    if np.any(np.isnan(value)) and policy in {"nan", "raise"}:
        first = tuple(np.argwhere(np.isnan(value))[0])
        message = (
            f"the function has no derivative along this direction: left slope {left[first]:g}, right slope {right[first]:g}. "
            "Type instead: tl.directional(f, x, v), which has one side"
        )
        if policy == "raise":
            raise errors.UndefinedGradientError(message)
        errors.warn_caller(message, errors.UndefinedGradientWarning)
    value = value.astype(y.dtype)[()]
    return (
        RESOLVED.call(dy, value=value)
        if isinstance(dy, Tensor) and not np.array_equal(dy.value, value)
        else dy
        if isinstance(dy, Tensor)
        else value
    )


def _found(y: Tensor, tangents: Mapping[int, Array]) -> list[Tensor]:
    """Return the variables that tangents were given for, among those that led to ``y``."""
    found: dict[int, Tensor] = {}
    stack, seen = [y], set()
    while stack:
        t = stack.pop()
        if id(t) in seen:
            continue
        seen.add(id(t))
        if id(t) in tangents:
            found[id(t)] = t
        elif t.op is not None:
            stack.extend(x for x in t.inputs if isinstance(x, Tensor))
    return list(found.values())


def _settle(done: Pass, key: int, leaf: Tensor, gradient: np.ndarray) -> None:
    """Replace a cotangent whose value at this point is not the truth; a recorded one keeps its own derivative."""
    old = done.cotangents[key]
    if not isinstance(old, Tensor):
        value = gradient.astype(leaf.dtype)
        done.cotangents[key] = value[()] if value.ndim == 0 else value
        return
    now = np.asarray(value_of(old))
    with np.errstate(all="ignore"):
        near_enough = np.isfinite(gradient) & (np.abs(now - gradient) <= ROUNDING.get().same * np.abs(gradient))
    value = np.where(near_enough, now, gradient).astype(leaf.dtype)
    if np.array_equal(value, now):
        return
    done.cotangents[key] = RESOLVED.call(old, value=value[()])
