"""What is found out about a gradient at a point: the answer of every judge, entry by entry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from tinygrad_loss.nonsmooth.germ import ROUNDING
from tinygrad_loss.nonsmooth.near import Near

__all__ = ["Judgement", "Kind", "all_of", "flat", "proved_smooth", "same", "split"]

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


def same(a: float, b: float) -> bool:
    """Whether two slopes are one, up to rounding."""
    return a == b or abs(a - b) <= ROUNDING.get().same * max(abs(a), abs(b))


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
