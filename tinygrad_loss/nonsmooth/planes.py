"""A recorded function on the planes through its point: where mixed second difference quotients have a limit, and which.

The quotient of f along e_i and e_j, (f(x + s e_i + t e_j) - f(x + s e_i) - f(x + t e_j) + f(x)) / (s t), is read off germs.
In a quadrant of the plane that no switch divides, f is smooth up to both axes, so one ray tells the limit for all steps s and t.
A switch is what decides a branch: the operand of an absolute value, the difference of two that are compared. Where one changes
its sign inside the quadrant, the ray at which it does divides it, and every sector is asked for itself: there f less its values
on the axes must be one and the same multiple of s t.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nonsmooth.germ import ROUNDING, Germ, variable
from tinygrad_loss.nonsmooth.near import Near, patiently
from tinygrad_loss.nonsmooth.switches import Ray, Switches

__all__ = ["Entry", "Planes"]

Ratio: TypeAlias = tuple[float, float]
GENERIC: Final = (0.5477, 0.2357, 0.8119)
"""Where between the two edges of a sector its rays lie: at no ratio that a program is likely to turn at."""
SAMPLES: Final = (0.0917, 0.2357, 0.4391, 0.5477, 0.6863, 0.8119, 0.9341)
"""Where rays are asked when what divides a quadrant is not known."""
SIGNS: Final = ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0))
SECTORS: Final = 16
"""A quadrant is divided into at most this many sectors."""
NOISE: Final = 64.0
"""How many roundings a difference of four values may hold."""
CANCELLED: Final = 2.0**-10
"""What part of that a difference may be to be taken for 0."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One second derivative: its value, nan where there is none; the mean of those of the pieces; whether it is proved, and decided."""

    value: float
    middle: float
    proved: bool
    decided: bool = True


UNKNOWN: Final = Entry(math.nan, math.nan, proved=False, decided=False)


class Planes:
    """A recorded function around its point, along one entry and along two."""

    def __init__(self, root: Tensor, seed: Array, leaves: Sequence[Tensor]) -> None:
        self.near = Near(root, seed, leaves, order=2)
        self.offsets = np.cumsum([0, *(leaf.size for leaf in leaves)]).tolist()
        self.switches = Switches(self.near)
        self.rays: dict[tuple[tuple[int, float], ...], Ray | None] = {}

    def ray(self, steps: Sequence[tuple[int, float]], powers: Sequence[int] = ()) -> Ray | None:
        """Return f, and its switches, along some entries at once; None where the series do not tell."""
        key = tuple(steps)
        if key in self.rays and not powers:
            return self.rays[key]
        found, certain = patiently(lambda: self.switches.along(self._curve(steps, powers)))
        ray = found if found is None or certain else found.uncertain()
        if not powers:
            self.rays[key] = ray
        return ray

    def _curve(self, steps: Sequence[tuple[int, float]], powers: Sequence[int]) -> dict[int, Germ]:
        curve = {}
        for leaf, start, end in zip(self.near.leaves, self.offsets, self.offsets[1:], strict=False):
            terms = dict(variable(leaf.value, np.zeros(leaf.shape)).terms)
            for k, (entry, step) in enumerate(steps):
                power = powers[k] if powers else 1
                if start <= entry < end:
                    unit = np.zeros(leaf.size)
                    unit[entry - start] = step
                    terms[power, 0] = terms.get((power, 0), 0.0) + unit.reshape(leaf.shape)
            curve[id(leaf)] = Germ(terms, leaf.shape)
        return curve

    # ---- along one entry ---------------------------------------------------------------------------------------------

    def sides(self, i: int) -> tuple[float, float]:
        """Return the one-sided second derivatives along one entry, from the left and from the right."""
        left, right = (self.ray(((i, s),)) for s in (-1.0, 1.0))
        value = self.near.value
        return tuple(math.nan if side is None else _second(side.value, value)[1] for side in (left, right))  # type: ignore[return-value]

    def along(self, i: int) -> Entry:
        """Return the second derivative along one entry: both sides must have the same slope and the same second derivative."""
        sides = [self.ray(((i, s),)) for s in (1.0, -1.0)]
        if any(side is None for side in sides):
            return UNKNOWN
        proved = all(side.certain for side in sides if side is not None)
        there = [side.value for side in sides if side is not None and not bool(side.value.missing)]
        read = [_second(f, self.near.value) for f in there]
        middle = float(np.mean([c for _, c in read])) if read else math.nan
        if len(there) < 2:  # the edge of the domain: an infinite one is given, as an infinite slope is
            value = read[0][1] if read and math.isinf(read[0][1]) else math.nan
            return Entry(value, middle, proved)
        (p, a), (q, b) = read
        size = max((float(np.sum(np.abs(f.coefficient(1)))) for f in there), default=0.0)
        bent = not abs(p + q) <= ROUNDING.get().chop * NOISE * max(size, abs(self.near.value))
        return Entry(math.nan if bent or not _one([a, b], 0.0) else 0.5 * (a + b), middle if math.isfinite(middle) else math.nan, proved)

    # ---- along two ---------------------------------------------------------------------------------------------------

    def mixed(self, i: int, j: int) -> Entry:
        """Return the limit of mixed quotients along two entries: one number in all sectors of all quadrants."""
        found: list[float] = []
        proved = limit = certain = True
        noise = 0.0
        for signs in SIGNS:
            quadrant = Quadrant(self, (i, j), signs)
            if not quadrant.known:
                return UNKNOWN
            sectors, told = quadrant.sectors()
            proved &= told
            for ratios in sectors:
                for ratio in ratios:
                    c = quadrant.quotient(ratio)
                    if c is None:
                        return UNKNOWN
                    found.append(c[0])
                    noise = max(noise, c[1])
            limit &= quadrant.meets_its_axes()
            certain &= quadrant.certain
        finite = [c for c in found if math.isfinite(c)]
        middle = float(np.mean(finite)) if finite else math.nan
        if limit and len(finite) == len(found) and _one(found, noise):
            return Entry(middle, middle, proved and certain)
        return Entry(math.nan, middle, proved=certain, decided=certain)


def _one(values: Sequence[float], noise: float) -> bool:
    """Whether numbers are one, up to rounding."""
    low, high = min(values), max(values)
    return low == high or high - low <= ROUNDING.get().same * max(abs(low), abs(high)) + noise


def _second(f: Germ, value: float) -> tuple[float, float]:
    """Return the first and the second derivative of a germ on its side; the second infinite where a power between 1 and 2 stands."""
    for (e, j), c in f.terms.items():
        if float(c) == 0 or e > 2 or (e == 2 and j <= 0):
            continue
        if e < 0 or (e == 0 and (j > 0 or float(c) != value)) or (e == 1 and j > 0):
            return math.nan, math.nan
        if e not in {0, 1}:
            bends = float(c) * (float(e) - 1.0)
            return math.nan if e < 1 else float(f.coefficient(1)), math.copysign(math.inf, bends)
    if float(f.constant) != value:
        return math.nan, math.nan
    return float(f.coefficient(1)), 2.0 * float(f.coefficient(2))


class Quadrant:
    """A quarter of the plane of two entries: steps of given signs along both."""

    def __init__(self, planes: Planes, entries: tuple[int, int], signs: tuple[float, float]) -> None:
        self.planes, self.entries, self.signs = planes, entries, signs
        self.axes = [planes.ray(((e, s),)) for e, s in zip(entries, signs, strict=True)]
        self.known = all(axis is not None for axis in self.axes)
        self.certain = all(axis is not None and axis.certain for axis in self.axes)

    def ray(self, ratio: Ratio) -> Ray | None:
        """Return the ray at a ratio of steps."""
        steps = tuple((e, s * r) for e, s, r in zip(self.entries, self.signs, ratio, strict=True) if r)
        return self.planes.ray(steps)

    def sectors(self) -> tuple[list[list[Ratio]], bool]:
        """Return the ratios to ask at in every sector that no switch divides, and whether that is all of them."""
        done: list[list[Ratio]] = []
        steps = self.planes.switches.steps
        todo: list[tuple[Ratio, Ratio]] = [((1.0, 0.0), (0.0, 1.0))]
        while todo:
            low, high = todo.pop()
            edges, inside = [self.ray(low), self.ray(high)], self.ray(_between(low, high, GENERIC[0]))
            if inside is None or edges[0] is None or edges[1] is None or len(done) + len(todo) >= SECTORS:
                return self._sampled()
            turn = inside.divided_by(edges[0], edges[1], axes=(low[1] == 0, high[0] == 0))
            if turn is None or not inside.certain:
                return self._sampled()
            if turn:
                middle = (low[0] * turn[1] + high[0] * turn[0], low[1] * turn[1] + high[1] * turn[0])
                at = (middle[0] / sum(middle), middle[1] / sum(middle))
                todo += [(low, at), (at, high)]
                continue
            touching = (low[1] == 0) + (high[0] == 0)
            done.append([_between(low, high, g) for g in GENERIC[: 3 if steps else 3 - touching]])
        return done, True

    def _sampled(self) -> tuple[list[list[Ratio]], bool]:
        return [[_between((1.0, 0.0), (0.0, 1.0), g) for g in SAMPLES]], False

    def quotient(self, ratio: Ratio) -> tuple[float, float] | None:
        """Return the limit of the quotient along a ray, and its rounding; infinite or nan where there is none."""
        ray = self.ray(ratio)
        if ray is None:
            return None
        self.certain &= ray.certain
        f = ray.value
        sides = [self._side(k, r) for k, r in enumerate(ratio)]
        if any(bool(g.missing) for g in (f, *sides)):
            return math.nan, 0.0
        chop, value = NOISE * ROUNDING.get().chop, self.planes.near.value
        for key in sorted({*f.terms, *sides[0].terms, *sides[1].terms, (0, 0), (2, 0)}, key=lambda k: (k[0], -k[1])):
            parts = [float(f.coefficient(*key)), *(-float(g.coefficient(*key)) for g in sides), value if key == (0, 0) else 0.0]
            total, noise = sum(parts), chop * sum(map(abs, parts))
            area = self.signs[0] * self.signs[1] * ratio[0] * ratio[1]
            if key == (2, 0):
                return 0.0 if abs(total) <= noise * CANCELLED else total / area, noise / abs(area)
            if abs(total) > noise or math.isnan(total):
                return math.copysign(math.inf, total / area), 0.0
        return 0.0, 0.0

    def _side(self, k: int, r: float) -> Germ:
        """Return f along one axis at r times the speed."""
        axis = self.axes[k]
        if axis is not None and any(j for _, j in axis.value.terms):  # a logarithm of r t is no multiple of one of t
            axis = self.planes.ray(((self.entries[k], self.signs[k] * r),)) or axis
        return Germ({}, (), 0) if axis is None else _scaled(axis.value, r) if axis is self.axes[k] else axis.value

    def meets_its_axes(self) -> bool:
        """Whether f on each axis is the limit of f beside it, up to one constant and to every power kept; only a step could part them."""
        if not self.planes.switches.steps:
            return True
        for k in (0, 1):
            along, across = (self.entries[k], self.signs[k]), (self.entries[1 - k], self.signs[1 - k])
            beside, axis, other = self.planes.ray((along, across), (1, 8)), self.axes[k], self.axes[1 - k]
            if beside is None or axis is None or other is None:
                continue
            jump = float(other.value.constant) - self.planes.near.value
            for key in {*beside.value.terms, *axis.value.terms}:
                a, b = (float(g.coefficient(*key)) for g in (beside.value, axis.value))
                b += jump if key == (0, 0) else 0.0
                if key[0] < 8 and not abs(a - b) <= NOISE * ROUNDING.get().chop * (abs(a) + abs(b)):
                    return False
        return True


def _between(low: Ratio, high: Ratio, weight: float) -> Ratio:
    a, b = (low[k] * (1.0 - weight) + high[k] * weight for k in (0, 1))
    return a / (a + b), b / (a + b)


def _scaled(f: Germ, r: float) -> Germ:
    """Return f along the same side at r times the speed."""
    return Germ({(e, j): c * r ** float(e) for (e, j), c in f.terms.items()}, (), f.order)
