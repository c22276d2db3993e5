"""What a verdict says of each entry of the gradient, worked out when it is asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tinygrad_loss.nonsmooth.decide import slope_along
from tinygrad_loss.nonsmooth.judgement import Judgement, all_of
from tinygrad_loss.nonsmooth.near import Near, judging

__all__ = ["Entries", "Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a gradient.

    Attributes:
        left, right: the one-sided derivatives along this entry, from below and from above; None where that side does not exist,
            jumps, or could not be decided.
        low, high: the range of the limits of gradients in this entry: exact where all of them are known, else at least this wide;
            None where there are none.
        proved: whether what the gradient says of this entry, a number or nan, is proved.
    """

    left: float | None
    right: float | None
    low: float | None
    high: float | None
    proved: bool


class Entries(Mapping[tuple[int, ...] | int, Entry]):
    """The entries of one argument's gradient, by index."""

    def __init__(self, near: Near, found: Judgement, which: int) -> None:
        self._near, self._found, self._which = near, found, which

    def __getitem__(self, index: tuple[int, ...] | int) -> Entry:
        """Return one entry.

        Raises:
            IndexError: there is none at this index.
        """
        found, which = self._found, self._which
        proved, gradient = bool(found.certain[which][index]), float(found.gradients[which][index])
        if found.kind == "smooth" and found.proved:
            return Entry(gradient, gradient, gradient, gradient, proved)
        left, right = self._slope(index, -1.0), self._slope(index, 1.0)
        seen = [s for s in (left, right) if s is not None]
        if found.low:
            found.widen(self._near)
            seen += [s for s in (float(found.low[which][index]), float(found.high[which][index])) if not np.isnan(s)]
        return Entry(left, right, min(seen, default=None), max(seen, default=None), proved)

    def _slope(self, index: tuple[int, ...] | int, sign: float) -> float | None:
        direction = all_of(self._near, 0.0)
        direction[self._which][index] = sign
        with judging(self._near), np.errstate(all="ignore"):
            slope = slope_along(self._near, direction)
        return None if slope is None else sign * slope + 0.0

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return np.ndindex(self._near.leaves[self._which].shape)

    def __len__(self) -> int:
        return self._near.leaves[self._which].size
