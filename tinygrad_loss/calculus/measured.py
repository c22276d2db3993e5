"""Measuring one derivative by differences, as close to the point as it takes, and comparing it with what the rules say."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from tinygrad_loss.calculus.differences import LEVELS, Estimate, central, one_sided
from tinygrad_loss.calculus.tree import mapped, refilled
from tinygrad_loss.context import no_grad
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor, tensor

__all__ = ["Entry", "Line", "Place", "settled_entries", "value_at"]

Why: TypeAlias = Literal["", "wrong", "kink", "edge", "precision"]

ERROR_BARS: Final = 10.0
"""A derivative may lie this many error bars away: the bars are estimates themselves."""
CLOSE: Final = 1e-6
"""A slope known to this part of itself needs no smaller steps."""
CLEAR: Final = 1e-3
"""Only a slope known to this part of itself can show that a rule is wrong."""
SHORTEST: Final = 2.0**-1000
"""Shorter steps leave the normal numbers."""
RUNGS: Final = 5
"""How many times the steps may shrink, by a power of two that no rounding spoils."""
ROUNDINGS: Final = 64.0
"""A gradient may be off by this many roundings of the largest one in its own dtype."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One derivative: of result entry ``output`` in entry ``index`` of argument ``argument``.

    Attributes:
        argument: which array of the arguments, counted from 0 through nested lists, tuples and dicts.
        index: which entry of it.
        output: which entry of the result.
        analytic: what the rules say.
        numeric: what differences of values say.
        error: how far the truth may be from ``numeric``.
        left: the derivative from the left, by differences.
        right: the derivative from the right.
        why: "" when right; "wrong"; "kink" when left and right differ; "edge" when the function ends there or just beside; "precision" when rounding alone explains the gap.
    """

    argument: int
    index: tuple[int, ...]
    output: tuple[int, ...]
    analytic: float
    numeric: float
    error: float
    left: float
    right: float
    why: Why

    def __str__(self) -> str:
        """Return one line of a report."""
        place = f"argument {self.argument}{list(self.index) or ''}" + (f" of result {list(self.output)}" if self.output else "")
        line = f"{place}: analytic {self.analytic:.10g}, numeric {self.numeric:.10g} +- {self.error:.1g}"
        if self.why == "kink":
            return f"{line}: at a kink, left slope {self.left:.6g}, right slope {self.right:.6g}"
        if self.why == "edge":
            return f"{line}: at the edge of the domain, or too near to it"
        return f"{line}: {self.why or 'right'}" + (", rounding hides the truth here" if self.why == "precision" else "")


def value_at(f: Callable[..., Any], x: tuple[Any, ...], leaves: list[np.ndarray]) -> np.ndarray:
    """Return what ``f`` gives for other leaves, without its record."""
    with no_grad(), np.errstate(all="ignore"):
        y = f(*mapped(tensor, refilled(list(x), leaves)))
    return np.array(y.value if isinstance(y, Tensor) else y)


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the arguments, and what the rules say of every entry of the result in it."""

    argument: int
    index: tuple[int, ...]
    said: Array
    exact: Array
    dtype: Any


class Line:
    """The result as a function of how far an entry of the arguments moved; several share the distance."""

    def __init__(
        self, f: Callable[..., Any], x: tuple[Any, ...], leaves: list[np.ndarray], argument: int, moved: Sequence[tuple[int, ...]]
    ) -> None:
        self.f, self.x, self.leaves, self.argument, self.moved = f, x, leaves, argument, moved
        self.seen: dict[float, np.ndarray] = {}
        self.here = float(leaves[argument][moved[0]])

    def __call__(self, distance: float) -> np.ndarray:
        """Return the result; nan where the function refuses the point that a step led to."""
        if distance not in self.seen:
            moved = self.leaves[self.argument].copy()
            for index in self.moved:
                moved[index] += distance / len(self.moved)
            try:
                y = value_at(self.f, self.x, [moved if i == self.argument else leaf for i, leaf in enumerate(self.leaves)])
            except (ValueError, ArithmeticError):
                if distance == 0:
                    raise
                y = np.full(self(0.0).shape, np.nan)
            self.seen[distance] = y
        return self.seen[distance]

    def steps(self) -> Iterator[float]:
        """Yield lengths to measure by, ever smaller ones, each a power of two so that the entry moves by exactly that much.

        The first is of the size of the entry, but at least 1; the last can just be told from no step.
        """
        size = abs(self.here)
        finest = max(2.0 ** (LEVELS + 7) * float(np.spacing(size)), SHORTEST) if size else 2.0 ** (-LEVELS * RUNGS)
        starts = {_power_of_two(max(size, 1.0)), _power_of_two(size or 1.0)}
        every = {start * 2.0 ** (-LEVELS * k) for start in starts for k in range(RUNGS)} | {finest}
        yield from sorted((step for step in every if step >= finest), reverse=True)

    def slopes(self, step: float) -> tuple[Estimate, Estimate, Estimate]:
        """Return the derivative of the whole result: central, from the left, from the right."""

        def value(t: float) -> Array:
            return self(t * step)

        return tuple(_rescaled(e, step) for e in (central(value), one_sided(value, -1), one_sided(value, 1)))  # type: ignore[return-value]


def _power_of_two(x: float) -> float:
    return math.ldexp(1.0, math.frexp(x)[1] - 1)


def _rescaled(e: Estimate, step: float) -> Estimate:
    return Estimate(np.asarray(e.value / step), np.asarray(e.error / step), np.asarray(e.diverges))


def settled_entries(place: Place, line: Line) -> list[Entry]:
    """Return one entry per entry of the result, measured by steps as small as it takes to stay clear of what lies beside the point.

    Smaller steps are asked where the first ones do not tell. They can clear an entry, or show that it is wrong where
    the first ones met a kink or the edge of the domain; rounding spoils them, so nothing else that they say counts.
    """
    kept: list[Entry] = []
    for step in line.steps():
        measured = list(_judged(place, *line.slopes(step)))
        kept = [_better(old, new) for old, new in zip(kept, measured, strict=True)] if kept else measured
        if all(map(_told, kept)):
            break
    return kept


def _told(e: Entry) -> bool:
    """Whether smaller steps can add nothing: a close match, or a clear mistake."""
    scale = max(1.0, abs(e.numeric))
    return e.why in {"", "wrong"} and e.error <= (CLOSE if not e.why else CLEAR) * scale


def _better(old: Entry, new: Entry) -> Entry:
    """Return the entry to keep of two that were measured by larger and by smaller steps."""
    if _told(old) or not new.error <= CLEAR * max(1.0, abs(new.numeric)):
        return old
    if not new.why:
        return new if old.why or new.error < old.error else old
    # That all values near the point are equal may be rounding, so it shows no mistake where larger steps saw a slope.
    return new if new.why == "wrong" and (old.why in {"kink", "edge"} or new.numeric != 0) else old


def _judged(place: Place, both: Estimate, left: Estimate, right: Estimate) -> Iterator[Entry]:
    """Yield one entry per entry of the result."""
    scale = max(1.0, float(np.max(np.abs(both.value), initial=0.0, where=np.isfinite(both.value))))
    for output in np.ndindex(both.value.shape):
        analytic, numeric, error = float(place.said[output]), float(both.value[output]), float(both.error[output])
        slopes = [float("inf") if side.diverges[output] else float(side.value[output]) for side in (left, right)]
        bars = float(left.error[output] + right.error[output])
        why: Why = ""
        if np.isnan(slopes).any():
            why = "edge"
        elif _has_kink(slopes, bars, scale):
            why = "kink"
        elif not abs(analytic - numeric) <= ERROR_BARS * error + ROUNDINGS * float(np.finfo(place.dtype).eps) * scale:
            right_in_double = abs(float(place.exact[output]) - numeric) <= ERROR_BARS * error + 1e-9 * scale
            why = "precision" if right_in_double or not error <= CLEAR * scale else "wrong"
        yield Entry(place.argument, place.index, output, analytic, numeric, error, slopes[0], slopes[1], why)


def _has_kink(slopes: list[float], bars: float, scale: float) -> bool:
    """Whether the slopes from left and right differ by more than their error bars, or one of them grows without bound."""
    left, right = slopes
    if not (np.isfinite(left) and np.isfinite(right)):
        return True
    return abs(left - right) > ERROR_BARS * bars + 1e-6 * scale
