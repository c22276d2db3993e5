"""The truth at a point where ops are not smooth: which entries of a gradient exist, and what they are.

Level 0 is in `engine.reverse`: flags only. Here what it flagged is judged.

* If only kinks with finite slopes were hit, tangents decide each branch and ordinary reverse passes run with the branches
  locked (`nonsmooth.locked`): each is the limit of gradients along a direction v, an element of the Clarke set.
* Otherwise the record is replayed on germs (`nonsmooth.near`).

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
from tinygrad_loss.context import Policy
from tinygrad_loss.engine.reverse import Pass, finite, tied
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nonsmooth.arrangement import limits_of_all_pieces
from tinygrad_loss.nonsmooth.bends import Bends
from tinygrad_loss.nonsmooth.beside import passes_alone
from tinygrad_loss.nonsmooth.branches import agreed_by_all_branches
from tinygrad_loss.nonsmooth.decide import decide, limits_along
from tinygrad_loss.nonsmooth.directions import PAIRS, directions
from tinygrad_loss.nonsmooth.germ import ROUNDING, Exhausted
from tinygrad_loss.nonsmooth.judgement import Judgement, Kind, flat, proved_smooth, split
from tinygrad_loss.nonsmooth.locked import Locked, Locks, first_order
from tinygrad_loss.nonsmooth.near import Near, judging
from tinygrad_loss.nonsmooth.numbering import screened
from tinygrad_loss.nonsmooth.reach import narrowed
from tinygrad_loss.nonsmooth.rounding import is_rounding
from tinygrad_loss.nonsmooth.second import SETTLED, settle
from tinygrad_loss.nonsmooth.sites import Site, departures, doubted, sites_of, unknown_to, value_of, way_on, worded

__all__ = ["Report", "judge", "judged", "only_kinks"]

ALONE = 64
"""Up to this many entries are also asked about each on its own."""
NOTHING = 1e-13
"""A row entry this small against the largest may be rounding."""
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
    if not done.suspects and any(t.op is SETTLED for t in done.order) and not any(map(tied, done.traced)):
        return {}  # second derivatives, decided one by one
    rest, reached = done, dict[int, np.ndarray]()
    if not only_kinks(done) or not np.all(value_of(done.seed)):
        rest, reached = narrowed(done, policy)
        done.cotangents = rest.cotangents
    if rest.doubtful and not (policy == "subgradient" and only_kinks(rest)):  # in training a kink is answered as it is
        screened(rest)
    if rest.doubtful:
        return _reported(rest, policy, reached)
    if rest.hits:
        _settle(rest, [np.asarray(value_of(rest.cotangents[key])) for key in rest.leaves if key in rest.cotangents])
    return {}


def _reported(done: Pass, policy: Policy, reached: Mapping[int, np.ndarray]) -> dict[int, Report]:
    """Judge a pass; only the reached entries of a leaf have a say in the result."""
    keys = [key for key in done.leaves if key in done.cotangents]
    leaves = [done.leaves[key] for key in keys]
    near = Near(done.root, value_of(done.seed), leaves)
    with judging(near):
        found = judged(done, near, policy)
    if reached:
        found.gradients = [np.where(reached[key], g, 0.0) for key, g in zip(keys, found.gradients, strict=True)]
        found.certain = [c | ~reached[key] for key, c in zip(keys, found.certain, strict=True)]
    found.gradients = _answered(done, near, found, policy)
    left = departures(near, done.departed)
    sites = (*left, *sites_of(done, shown=4))
    if left:
        found.undecide(near)
    undefined = [np.isnan(g) & c for g, c in zip(found.gradients, found.certain, strict=True)]
    undecided = [np.isnan(g) & ~c for g, c in zip(found.gradients, found.certain, strict=True)]
    _spoken(near, found, sites, policy, undefined, undecided)
    if policy == "subgradient":
        if found.middle:
            found.gradients = found.middle
        elif found.kind == "kink" and found.low:
            middle = split(np.mean(_first_pair(near), axis=0), near)  # an element of the Clarke set
            found.gradients = [np.where(np.isnan(g), m, g) for g, m in zip(found.gradients, middle, strict=True)]
    _settle(done, found.gradients)
    reports = {}
    for i, key in enumerate(keys):
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
    unproved = [~np.isnan(g) & ~c for g, c in zip(found.gradients, found.certain, strict=True)]
    if policy in {"nan", "raise"} and any(map(np.any, unproved)):
        errors.warn_caller(doubted(near, unproved, sites), errors.UnprovedGradientWarning, _ops(sites))


def _ops(sites: Sequence[Site]) -> frozenset[str]:
    return frozenset(site.op for site in sites)


def judged(done: Pass, near: Near, policy: Policy) -> Judgement:
    """Judge a pass by the cheapest way that decides."""
    if not only_kinks(done):
        return _judged_without_dead_branches(done, near) or _judged_by_branches(done, near) or decide(near)
    try:
        found = _judged_by_locking(done, near, policy)
    except Exhausted:  # first order does not tell the branch
        return decide(near)
    if policy != "subgradient" and _by_rounding(near, np.isnan(flat(found.gradients)), flat(found.high) - flat(found.low)):
        return decide(near)
    return found


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


def _by_rounding(near: Near, gone: np.ndarray, apart: np.ndarray) -> bool:
    """Whether rounding explains some slopes that differ by as little as this: what cancelled on the way may have made the difference."""
    suspect = gone & (apart > 0) & (apart <= ROUNDING.get().chop * near.largest)
    if near.affine or not suspect.any():
        return False
    back, ahead = _first_pair(near)
    rounded = is_rounding(back, ahead, lambda: _first_pair(near), near.largest, near.root.dtype)
    return bool(np.any(suspect & ((back == ahead) | rounded)))


def _judged_by_locking(done: Pass, near: Near, policy: Policy) -> Judgement:
    """Judge a pass that hit only kinks by passes with locked branches; a training step wants one pair of them."""
    locked = Locked(done, near.leaves, exact=policy != "subgradient")
    with first_order():
        pairs = [locked.locks(v) for v in itertools.islice(directions(near), PAIRS if locked.exact else 1)]
        limits = _limits(locked, pairs[:1])
        bends = locked.bends(pairs) if locked.exact else None
        if bends is None:
            return _judged_by_probes(near, locked, pairs, limits)
        moves, still = np.zeros(near.size, bool), np.ones(near.size, bool)
        if not bends.cancel:
            rows = np.abs(flat(locked.moved(bends, pairs[0])))
            moves, still = rows > NOTHING * np.max(rows, initial=0.0), rows == 0
            if _by_rounding(near, moves, rows):
                raise Exhausted
            if not _told_apart(locked, bends, pairs[0]):
                return _judged_by_probes(near, locked, pairs, limits, moves=moves)
    middle = 0.5 * (limits[0] + limits[1])
    certain = moves | (still & (not bends.cancelled or _affine(locked))) if moves.any() else np.ones(near.size, bool)
    found = _of_limits(near, limits, np.where(moves, np.nan, middle), certain)
    if moves.any():
        found.further = lambda: _limits(locked, pairs[1:])
    return found


def _limits(locked: Locked, pairs: Sequence[tuple[Locks, Locks]]) -> list[np.ndarray]:
    """Return the limits of gradients along some directions and their opposites, each on one axis of all entries."""
    with first_order():
        return [locked.flat_gradient(locks) for pair in pairs for locks in pair]


def _told_apart(locked: Locked, bends: Bends, pair: tuple[Locks, Locks]) -> bool:
    """Whether every entry on which the remaining kinks depend is proved to have limits that differ."""
    if bends.doubtful or not bends.separate:
        return False
    return all(group.curvature for group in bends.groups) or locked.private(bends, pair)


def _affine(locked: Locked) -> bool:
    """Whether what leads to the kinks is affine, so that walls that touch at the point have nothing between them."""
    return all(id(t) in locked.kinks or passes_alone(t) for t in locked.leading)


def _judged_by_probes(
    near: Near, locked: Locked, pairs: list[tuple[Locks, Locks]], limits: list[np.ndarray], *, moves: np.ndarray | None = None
) -> Judgement:
    """Judge by the limits on all pieces; beyond the budget along fixed directions: what differs is proved, what agrees is not."""
    first = flat(locked.ordinary)
    size = locked.size(pairs[0][0])
    if locked.exact and near.size > 1:
        with first_order():
            pieces = limits_of_all_pieces(locked, flat(next(directions(near))))
        if pieces is not None:
            limits += pieces
            agree = _agreed(limits, first, size)
            certain = ~agree | (True if np.all(agree) else _affine(locked))
            return _of_limits(near, limits, np.where(agree, 0.5 * (limits[0] + limits[1]), np.nan), certain)
    wanted = PAIRS if locked.exact else 1
    limits += _limits(locked, pairs[1:wanted])
    agree = _agreed(limits, first, size)
    if locked.exact and near.size > 1:
        with first_order():
            if np.all(agree):
                further = list(itertools.islice(directions(near), PAIRS, PAIRS + MORE))
                further.append([np.abs(d) for d in further[0]])  # all entries move one way: generic still, but seldom drawn
                limits += [flat(locked.gradient(locks)) for v in further for locks in locked.locks(v)]
                agree = _agreed(limits, first, size)
            if near.size <= ALONE and (moves is None or np.any(moves & agree)):
                limits += _along_entries(near, locked, limits, agree if moves is None else moves & agree)
        agree = _agreed(limits, first, size)
    certain = ~agree if moves is None else ~agree | ~moves
    if near.size == 1:  # both sides are seen
        certain = np.ones(1, bool)
    return _of_limits(near, limits, np.where(agree, 0.5 * (limits[0] + limits[1]), np.nan), certain)


def _along_entries(near: Near, locked: Locked, limits: list[np.ndarray], asked: np.ndarray) -> list[np.ndarray]:
    """Return the slopes along each entry asked about, forward and back, in place of that entry's limit.

    A slope along an entry lies between limits of gradients in that entry (Lebourg's mean value theorem), so slopes that differ
    prove that limits do.
    """
    ahead, back = limits[0].copy(), limits[0].copy()
    for i in np.flatnonzero(asked):
        unit = np.zeros(near.size)
        unit[i] = 1.0
        one, other = locked.locks(split(unit, near))
        ahead[i], back[i] = flat(locked.gradient(one))[i], flat(locked.gradient(other))[i]
    return [ahead, back]


def _agreed(limits: list[np.ndarray], first: np.ndarray, size: float) -> np.ndarray:
    """Return where all limits are one, up to rounding of what branches add to ``first``."""
    low, high = np.min(limits, axis=0), np.max(limits, axis=0)
    rounding = ROUNDING.get()
    added = np.maximum(np.abs(low - first), np.abs(high - first))
    return np.asarray(high - low <= rounding.same * added + rounding.chop * size)


def _of_limits(near: Near, limits: list[np.ndarray], gradient: np.ndarray, certain: np.ndarray) -> Judgement:
    """Return what limits of gradients say, the first two of which belong to a direction and its opposite."""
    low, high, middle = np.min(limits, axis=0), np.max(limits, axis=0), 0.5 * (limits[0] + limits[1])
    kind: Kind = "kink" if np.any(np.isnan(gradient)) else "smooth"
    found = Judgement(kind, split(gradient, near), split(certain, near), split(low, near), split(high, near), middle=split(middle, near))
    if near.size == 1:
        slopes = limits[:2] if next(directions(near))[0].flat[0] > 0 else limits[1::-1]
        found.right, found.left = float(slopes[0][0]), float(slopes[1][0])
    return found


def _judged_without_dead_branches(done: Pass, near: Near) -> Judgement | None:
    """Try whether only branches that nothing selected made the gradient non-finite: there an exact zero absorbs nan and inf."""
    if done.suspects or not math.isfinite(near.value) or any(map(tied, done.traced)) or any(t.op is SETTLED for t in done.order):
        return None
    still = limits_along(near, next(directions(near)))
    if still is None or not all(np.all(np.isfinite(g)) for g in still):
        return None
    return proved_smooth(near, still)


def _judged_by_branches(done: Pass, near: Near) -> Judgement | None:
    """Try whether all outcomes of tied comparisons agree on one value and one gradient."""
    if near.beside.terms is not None:  # both sides of every entry say more
        return None
    found = agreed_by_all_branches(done, near, _proved_gradient)
    return None if found is None else proved_smooth(near, found)


def _proved_gradient(done: Pass, near: Near) -> list[np.ndarray] | None:
    """Return the gradient where only kinks were hit and it is proved to exist."""
    if not only_kinks(done):
        return None
    found = _judged_by_locking(done, near, "nan")
    return found.gradients if found.kind == "smooth" and found.proved else None


def _first_pair(near: Near) -> np.ndarray:
    """Return the limits of gradients along -v and v, v fixed, a row each; nan where they are not known."""
    v = next(directions(near))
    limits = [limits_along(near, [s * d for d in v]) for s in (-1.0, 1.0)]
    return np.stack([np.full(near.size, np.nan) if g is None else flat(g) for g in limits])


def _settle(done: Pass, gradients: Sequence[np.ndarray]) -> None:
    """Replace cotangents whose values at this point are not the truth; recorded ones know their own derivative."""
    keys = [key for key in done.leaves if key in done.cotangents]
    values = []
    for key, gradient in zip(keys, gradients, strict=True):
        value = gradient.astype(done.leaves[key].dtype)
        values.append(value[()] if value.ndim == 0 else value)
    if isinstance(done.seed, Tensor):
        settle(done, values)
    else:
        done.cotangents.update(zip(keys, values, strict=True))
