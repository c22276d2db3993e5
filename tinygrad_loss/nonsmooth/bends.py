r"""What kinks that do not feed each other add to a function: which of them cancel, and which entries of the gradient the rest moves.

Along v, such a kink adds to $f'(x; v)$ a linear term and

* an even one, $b\,\lVert C v \rVert$: two branches that meet ($C$ of rank 1: $b\,|c \cdot v|$), or a norm at 0;
* or $\sum_j w_j (C v)_{(j)}$: $k \ge 3$ equal entries that are put in order, where $(\cdot)_{(j)}$ is the j-th smallest.

Even terms of different shape are linearly independent, and those of one shape (proportional along every probe) add up. So all
kinks cancel exactly when the sum of every shape is 0, and when of every set of ordered rows the weights sum to one number.
What does not cancel moves the gradient in every entry on which its rows depend: a random combination of the rows, carried back
to the leaves, is 0 exactly in the entries on which none depends.

Source: the even and the odd part of a positively homogeneous function; Rockafellar, Convex Analysis, section 13 (support functions).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tinygrad_loss.nonsmooth.germ import ROUNDING

__all__ = ["ORDERED", "SEED", "Bends", "Evens", "Group", "bends_of", "ordered_groups"]

SEED: Final = 20180601
"""Directions and weights are the same in every run."""

PREFIXES: Final = {"cummax": "max", "cummin": "min"}
ORDERED: Final = frozenset({"sort", "max", "min", *PREFIXES})
MANY: Final = 32
"""Up to this many rows of an ordered group are compared with each other pair by pair."""
APART: Final = 10.0
"""Shapes that differ by more than this times the rounding are different."""


@dataclass(frozen=True, slots=True)
class Evens:
    """Kinks of one op that add even terms.

    Attributes:
        key: the tensor that the op made.
        terms: twice what each kink adds along every probe, a row per kink.
        sizes: the size of the branches that were summed to it.
        places: for pairs of ordered entries, the two positions in the op's input; None where the kinks are entries of the result.
    """

    key: int
    terms: np.ndarray
    sizes: np.ndarray
    places: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Equal entries that an op puts in order.

    Attributes:
        key: the tensor that the op made.
        places: their positions in the op's flattened input.
        rows: how they move, a row per entry and a column per probe.
        weights: the cotangents of the places in order, lowest first.
    """

    key: int
    places: np.ndarray
    rows: np.ndarray
    weights: np.ndarray

    @property
    def handed(self) -> slice:
        """Return the places of which the op hands something on, where that is one end only: the largest, or the smallest."""
        if np.count_nonzero(self.weights) != 1 or not self.curvature:
            return slice(None)
        return slice(-1, None) if self.weights[-1] else slice(0, 1)

    @property
    def curvature(self) -> float:
        """Return 1 where the group is convex in its direction, -1 where it is concave, 0 where it is neither."""
        steps = np.diff(self.weights)
        return 1.0 if np.all(steps >= 0) else -1.0 if np.all(steps <= 0) else 0.0


@dataclass(slots=True)
class Bends:
    """The kinks of a function, by shape.

    Attributes:
        rest: per op with even terms, True for the kinks whose shape does not cancel.
        kept: per shape, whether it does not cancel.
        shapes: per op with even terms, the number of each kink's shape; -1 where it adds nothing.
        groups: the ordered groups that do not cancel.
        sums: the even terms that remain, one number per shape.
        cancelled: whether some kinks cancelled others.
        doubtful: whether something neither cancels up to rounding nor clearly remains.
        patterns: one pattern per shape that remains.
    """

    evens: list[Evens]
    rest: list[np.ndarray] = field(default_factory=list)
    kept: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    shapes: list[np.ndarray] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    sums: np.ndarray = field(default_factory=lambda: np.zeros(0))
    cancelled: bool = False
    doubtful: bool = False
    patterns: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def cancel(self) -> bool:
        """Whether all kinks together add nothing, which proves that the function has a gradient."""
        return not self.doubtful and not self.groups and not self.sums.size

    @property
    def separate(self) -> bool:
        """Whether no two of what remains undo each other's moves: all bend the same way, or none along the same wall as another."""
        signs = {float(s) for s in np.sign(self.sums)} | {g.curvature for g in self.groups}
        if not self.groups or (len(signs) == 1 and 0.0 not in signs):
            return True
        if len(self.groups) == 1 and not self.sums.size:
            return True
        walls = [self.patterns] if self.sums.size else []
        for group in self.groups:
            if len(group.rows) > MANY:
                return False
            i, j = np.triu_indices(len(group.rows), 1)
            walls.append(np.abs(group.rows[i] - group.rows[j]))
        shape, _ = _shapes(np.concatenate(walls))
        return len(np.unique(shape)) == len(shape)


def bends_of(evens: Sequence[Evens], groups: Iterable[Group]) -> Bends:
    """Add up kinks of the same shape; groups of two different rows are two branches that meet."""
    found, longer = Bends(list(evens)), []
    for group in groups:
        first = _distinct(group.rows)
        if len(first) == 2:
            found.evens.append(_pair(group, first))
        elif len(first) > 2:
            whole = group.handed == slice(None)
            longer.append(group if whole else Group(group.key, group.places[first], group.rows[first], _extreme(group, len(first))))
    if found.evens:
        _add_evens(found)
    _add_groups(found, longer)
    return found


def _distinct(rows: np.ndarray) -> np.ndarray:
    """Return where each different row stands first."""
    order = np.lexsort(rows.T)  # faster than `np.unique` along an axis
    new = np.ones(len(order), bool)
    new[1:] = np.any(rows[order[1:]] != rows[order[:-1]], axis=1)
    return order[new]


def _pair(group: Group, first: np.ndarray) -> Evens:
    """Return ordered entries that move in two ways as two branches that meet."""
    up, down = (np.sort(rows, axis=0) for rows in (group.rows, -group.rows))
    terms = (group.weights @ (up + down))[None]
    sizes = np.linalg.norm(np.abs(group.weights) @ (np.abs(up) + np.abs(down)))
    return Evens(group.key, terms, np.atleast_1d(sizes), group.places[first][None])


def _extreme(group: Group, count: int) -> np.ndarray:
    """Return the weights of a largest, or a smallest, of fewer rows."""
    weights = np.zeros(count)
    weights[group.handed] = np.sum(group.weights)
    return weights


def _add_evens(found: Bends) -> None:
    terms = np.concatenate([e.terms for e in found.evens])
    sizes = np.concatenate([e.sizes for e in found.evens])
    length = np.linalg.norm(terms, axis=1)
    live = length > ROUNDING.get().chop * sizes
    found.cancelled |= bool(np.any(~live & (sizes > 0)))
    shape = np.full(len(terms), -1)
    shape[live], clear = _shapes(np.abs(terms[live]))
    found.doubtful |= not clear
    signed = np.where(live, length, 0.0) * np.sign(terms[np.arange(len(terms)), np.argmax(np.abs(terms), axis=1)])
    count = int(shape.max(initial=-1)) + 1
    total, scale = np.zeros(count), np.zeros(count)
    np.add.at(total, shape[live], signed[live])
    np.add.at(scale, shape[live], np.maximum(sizes, length)[live])
    kept = _remaining(found, total, scale)
    remains = np.zeros(len(terms), bool)
    remains[live] = kept[shape[live]]
    found.cancelled |= bool(np.any(live & ~remains))
    found.sums, found.kept = total[kept], kept
    first = {int(s): i for i, s in reversed(list(enumerate(shape.tolist()))) if s >= 0}
    found.patterns = np.abs(terms[[first[int(s)] for s in np.flatnonzero(kept)]])
    ends = np.cumsum([len(e.terms) for e in found.evens])[:-1]
    found.rest, found.shapes = np.split(remains, ends), np.split(shape, ends)


def _remaining(found: Bends, total: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return which sums are not zero; what is neither clearly zero nor clearly not makes the whole doubtful."""
    rounding = ROUNDING.get()
    size = np.abs(total)
    found.doubtful |= bool(np.any((size > rounding.chop * scale) & (size <= rounding.same * scale)))
    return np.asarray(size > rounding.chop * scale)


def _shapes(patterns: np.ndarray) -> tuple[np.ndarray, bool]:
    """Number rows that are proportional alike; also return whether all others are clearly different."""
    if len(patterns) < 2 or not patterns.shape[1]:
        return np.zeros(len(patterns), int), True
    unit = patterns / np.linalg.norm(patterns, axis=1, keepdims=True)
    along = unit @ WEIGHTS[: unit.shape[1]] if unit.shape[1] <= len(WEIGHTS) else unit @ np.resize(WEIGHTS, unit.shape[1])
    order = np.argsort(along, kind="stable")
    gap = np.diff(along[order])
    chop = ROUNDING.get().chop / 4
    number = np.empty(len(patterns), int)
    number[order] = np.concatenate([[0], np.cumsum(gap > chop)])
    return number, not bool(np.any((gap > chop) & (gap <= APART * chop)))


WEIGHTS: Final = np.array([0.7390851, -1.1673039, 1.9021605, -0.5671432, 1.3247179, -1.6180339, 0.8346268, -0.9159655])
"""A generic functional: rows of different direction have different values."""


def _add_groups(found: Bends, groups: Sequence[Group]) -> None:
    """Add up the groups whose rows are the same up to order, sign and a common shift."""
    same = ROUNDING.get().same
    sums: dict[bytes, tuple[np.ndarray, float, list[Group]]] = {}
    for group in groups:
        centred = group.rows - group.rows.mean(axis=0)
        length = float(np.linalg.norm(centred))
        if length <= ROUNDING.get().chop * float(np.linalg.norm(group.rows)):
            continue
        rounded, forms = np.round(centred / (length * same)) + 0.0, []
        for sign in (1.0, -1.0):
            rows = sign * rounded + 0.0
            forms.append((rows[np.lexsort(rows.T)].tobytes(), length * (group.weights if sign > 0 else -group.weights[::-1])))
        key, scaled = min(forms, key=lambda form: form[0])
        total, size, members = sums.setdefault(key, (np.zeros(len(group.weights)), 0.0, []))
        sums[key] = total + scaled, size + float(np.max(np.abs(scaled))), [*members, group]
    rounding = ROUNDING.get()
    for total, size, members in sums.values():
        spread = float(np.ptp(total))
        if spread <= rounding.chop * size:
            found.cancelled |= len(members) > 1
            continue
        found.doubtful |= spread <= rounding.same * size
        found.groups += members


def ordered_groups(name: str, axis: Any, x: np.ndarray, steps: Sequence[np.ndarray], g: np.ndarray, key: int = 0) -> Iterator[Group] | None:
    """Return the groups of equal entries that an op puts in order, or None if it does not; ``steps`` are tangents of its input."""
    if name not in ORDERED:
        return None
    axes = axis if isinstance(axis, tuple) else (axis,)

    def lanes(a: np.ndarray) -> np.ndarray:
        moved = np.moveaxis(a, axes, range(-len(axes), 0))
        return moved.reshape(*moved.shape[: moved.ndim - len(axes)], -1).reshape(-1, int(np.prod([x.shape[i] for i in axes])))

    def groups() -> Iterator[Group]:
        values, positions, moves = lanes(x), lanes(np.arange(x.size).reshape(x.shape)), [lanes(d) for d in steps]
        weights = np.reshape(g, (-1, 1)) if name in {"max", "min"} else lanes(g)
        for i, lane in enumerate(values):
            rows = np.stack([d[i] for d in moves], axis=1)
            found = _prefixes(PREFIXES[name], lane, weights[i]) if name in PREFIXES else _ties(name, lane, weights[i])
            for places, given in found:
                yield Group(key, positions[i, places], rows[places], given)

    return groups()


def _ties(name: str, lane: np.ndarray, weights: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the positions of equal entries of one lane, and the weights of their places in order."""
    order = np.argsort(lane, kind="stable")
    ends = [*(np.flatnonzero(np.diff(lane[order])) + 1).tolist(), len(lane)]
    for start, end in zip([0, *ends], ends, strict=False):
        if end - start < 2 or (name == "max" and end < len(lane)) or (name == "min" and start):
            continue
        place = np.zeros(end - start)
        place[-1 if name == "max" else 0] = weights[0]
        yield order[start:end], np.array(weights[start:end], np.float64) if name == "sort" else place


def _prefixes(name: str, lane: np.ndarray, weights: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the ties of every prefix of one lane, one for those that tie the same entries."""
    best = (np.maximum if name == "max" else np.minimum).accumulate(lane)
    for value in np.unique(best):
        within = np.flatnonzero(best == value)
        tied = np.flatnonzero(lane[: within[-1] + 1] == value)
        for count in range(2, len(tied) + 1):
            last = tied[count] if count < len(tied) else within[-1] + 1
            place = np.zeros(count)
            place[-1 if name == "max" else 0] = np.sum(weights[tied[count - 1] : last])
            if place.any():
                yield tied[:count], place
