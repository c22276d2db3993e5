"""Numbers that tell functions apart: what each op does to the numbers of its inputs, entry by entry.

What moves entries moves their numbers, a sum adds them (so that ``x - x`` gets 0), a selection hands on those of what it
chose, and every other op scrambles those of its inputs. Two functions get one number by chance only, about once in 2**50.

Source: Cocke and Schwartz 1970, Programming languages and their compilers (value numbering); Schwartz 1980, Fast probabilistic
algorithms for verification of polynomial identities (sums are compared at random points).
"""

import hashlib
import sys
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from tinygrad_loss.engine.op import Op
from tinygrad_loss.nonsmooth.germ import of_shape

__all__ = ["Numbers", "Step", "constants", "lanes", "numbered", "winners"]

SUMS: Final = frozenset({"add", "subtract", "negative", "positive"})


class Numbers(NamedTuple):
    """What is known of a recorded tensor just beside the point.

    Attributes:
        number: per entry; equal numbers are equal functions of the leaves, and 0 is the number of 0.
        still: per entry, whether it is known not to move.
        tie: per entry, whether the op is not smooth there, and what meets there moves apart.
        rough: whether something that led here may jump or grow beyond bounds, so that values here say nothing of those beside.
    """

    number: np.ndarray
    still: np.ndarray
    tie: np.ndarray
    rough: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded op with what is known of its inputs."""

    op: Op
    parts: list[Numbers]
    values: list[np.ndarray]
    value: np.ndarray
    static: dict[str, Any]
    tie: np.ndarray
    rough: bool

    def each(self, name: str) -> list[np.ndarray]:
        """Return one attribute of every input, in the result's shape."""
        return [of_shape(getattr(p, name), self.value.shape) for p in self.parts]


Found: TypeAlias = tuple[np.ndarray, Any]
"""Numbers, and which entries are known not to move."""


def numbered(step: Step) -> Found:
    """Return the numbers of a result."""
    return RULES.get(step.op.name, BY_KIND[step.op.kind])(step)


# ---- scrambling ---------------------------------------------------------------------------------------------------------------------


def constants(value: np.ndarray) -> np.ndarray:
    """Return the numbers of constants: 0 of 0."""
    parts = (value.real, value.imag) if value.dtype.kind == "c" else (value,)
    return np.where(value == 0, 0.0, scrambled(0, *parts))


def scrambled(seed: int, *numbers: np.ndarray) -> np.ndarray:
    """Return one number between 1 and 2 per entry, made of several: the mixing of SplitMix64."""
    h = np.asarray(seed, np.uint64)
    with np.errstate(over="ignore"):
        for n in numbers:
            h = (np.asarray(n, np.float64) + 0.0).view(np.uint64) ^ (h + np.uint64(0x9E3779B97F4A7C15))
            h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            h = h ^ (h >> np.uint64(31))
    return ((h >> np.uint64(12)) | np.uint64(0x3FF0000000000000)).view(np.float64)


def _seed(step: Step, given: Collection[np.ndarray] = ()) -> int:
    """Return a number that tells an op, its static arguments and what is given from any others."""
    with np.printoptions(threshold=sys.maxsize, floatmode="unique"):
        said = hashlib.blake2b(f"{step.op.name} {sorted(step.static.items())}".encode(), digest_size=8)
    for part in given:
        said.update(f"{part.shape}".encode())
        said.update(np.ascontiguousarray(part).tobytes())
    return int.from_bytes(said.digest(), "little")


# ---- what ops do ----------------------------------------------------------------------------------------------------------------------


def _opaque(step: Step) -> Found:
    """Draw numbers that the same op gives to the same inputs only."""
    rng = np.random.default_rng(_seed(step, [p.number for p in step.parts]))
    return 1.0 + rng.random(step.value.shape), False


def _elementwise(step: Step) -> Found:
    return scrambled(_seed(step), *step.each("number")), False


def _linear(step: Step) -> Found:
    """Map the numbers as the entries; a result stands still where the map of all that moves is 0."""
    joint = step.op.kind == "elementwise" or not isinstance(step.op.vjps, list)
    mapped, rest = (step.parts, []) if joint else (step.parts[:1], step.values[1:])
    if (step.rough and rest) or step.value.dtype.kind == "c":
        return _opaque(step)  # a computed index may be another beside the point
    number = step.op.forward(*(p.number for p in mapped), *rest, **step.static)
    moving = step.op.forward(*(np.where(p.still, 0.0, p.number) for p in mapped), *rest, **step.static)
    return np.asarray(number), np.asarray(moving) == 0


def _bilinear(step: Step) -> Found:
    """Multiply the numbers: a factor that is identically 0 absorbs the other."""
    (a, p), (b, q) = ((x.number, np.where(x.still, 0.0, np.abs(x.number))) for x in step.parts)
    moving = step.op.forward(p, np.abs(b), **step.static) + step.op.forward(np.abs(a), q, **step.static)
    number = np.asarray(step.op.forward(a, b, **step.static))
    return scrambled(_seed(step), number), (np.asarray(moving) == 0) & np.isfinite(step.value)


def _product(step: Step) -> Found:
    """Multiply entry by entry: a factor 1 changes nothing."""
    number, still = _bilinear(step)
    a, b = step.each("number")
    for n, other in ((a, b), (b, a)):
        number = np.where(n == ONE, other, number)
    return number, still


def _quotient(step: Step) -> Found:
    """Divide entry by entry: what is divided by itself is 1, and 0 stays 0."""
    a, b = step.each("number")
    return _elementwise(step)[0], ((a == b) & (step.value == 1)) | ((a == 0) & (step.value == 0))


ONE: Final = constants(np.ones(()))


def _absolute(step: Step) -> Found:
    """Hand on the number, or its opposite, away from 0."""
    if step.rough:
        return _elementwise(step)
    (number,), (x,) = step.each("number"), step.values
    return _but_for_ties(step, np.where(x < 0, -number, number)), False


def _selection(step: Step) -> Found:
    """Hand on the numbers of what was chosen, unless another is chosen just beside."""
    if step.rough:
        return _elementwise(step)
    chosen, rests = np.zeros(step.value.shape), np.ones(step.value.shape, bool)  # where a single input gives way, it is to 0
    for n, s, choice in zip(step.each("number"), step.each("still"), step.op.choices or (), strict=True):
        if choice is not None:
            here = of_shape(np.asarray(choice(step.value, *step.values, **step.static)), step.value.shape)
            chosen, rests = np.where(here, n, chosen), np.where(here, s, rests)
    return _but_for_ties(step, chosen), rests & ~step.tie


def _but_for_ties(step: Step, number: np.ndarray) -> np.ndarray:
    """Return numbers that hold but where another piece is met just beside."""
    return np.where(step.tie, _elementwise(step)[0], number) if step.tie.any() else number


def _extreme(step: Step) -> Found:
    """Hand on the number of the one that wins."""
    if step.rough:
        return _opaque(step)
    low, high = winners(step.op.name, step.parts[0].number, step.values[0], step.static)
    still, _ = winners(step.op.name, step.parts[0].still, step.values[0], step.static)
    return np.where(low == high, low, _opaque(step)[0]), (low == high) & (still != 0)


def _sorted(step: Step) -> Found:
    """Hand on the numbers in the order of the entries."""
    if step.rough:
        return _opaque(step)
    order = np.argsort(step.values[0], kind="stable", **step.static)
    number, still = (np.take_along_axis(x, order, **step.static) for x in (step.parts[0].number, step.parts[0].still))
    return np.where(step.tie, _opaque(step)[0], number), still & ~step.tie


def lanes(static: dict[str, Any], ndim: int) -> tuple[int, ...]:
    """Return the axes over which an op with these static arguments reduces."""
    axis = static.get("axis")
    return tuple(range(ndim)) if axis is None else tuple(np.atleast_1d(axis).tolist())


def winners(name: str, number: np.ndarray, x: np.ndarray, static: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and the largest number of the entries that attain an extreme."""
    axes = lanes(static, x.ndim)
    won = x == (np.max if name.endswith("max") else np.min)(x, axis=axes, keepdims=True)
    number = number.astype(np.float64)
    return np.min(number, axis=axes, initial=np.inf, where=won), np.max(number, axis=axes, initial=-np.inf, where=won)


BY_KIND: Final[dict[str, Any]] = {
    "elementwise": _elementwise,
    "selection": _selection,
    "predicate": _opaque,
    "linear": _linear,
    "bilinear": _bilinear,
    "custom": _opaque,
}
RULES: Final[dict[str, Any]] = {
    **dict.fromkeys(SUMS, _linear),
    "multiply": _product,
    "divide": _quotient,
    "absolute": _absolute,
    "astype": _elementwise,  # rounding to float32 would lose what tells numbers apart
    "max": _extreme,
    "min": _extreme,
    "sort": _sorted,
}
