"""The two lengths that differ, in words: which argument has which, on which axis.

A message about shapes that do not fit ends its list of shapes so. Where the numbers of axes are at fault, no lengths are named: the text is empty.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

Shape: TypeAlias = tuple[int, ...]
Axis: TypeAlias = tuple[str, Shape, int]
"""An argument, its shape, and one of its axes."""

__all__ = ["along", "in_order", "not_of_length", "not_of_shape", "stretched", "unaligned", "unequal", "unlike"]


def unlike(first: Axis, *others: Axis) -> str:
    """Name the first of the other axes that is not as long as the first one."""
    return next(filter(None, (_unlike(first, other) for other in others)), "")


def along(axis: int) -> Callable[[Mapping[str, Shape]], str]:
    """Return what names the first of the other shapes that is not as long on an axis as the first one."""
    return lambda shapes: unlike(*((name, shape, axis) for name, shape in shapes.items()))


def unequal(shapes: Mapping[str, Shape]) -> str:
    """Name the last lengths that differ in shapes that must be equal."""
    axes = [(a, b, axis) for a, b in combinations(shapes.items(), 2) if len(a[1]) == len(b[1]) for axis in range(-1, -len(a[1]) - 1, -1)]
    return next(filter(None, (_unlike((*a, axis), (*b, axis)) for a, b, axis in axes)), "")


def unaligned(shapes: Mapping[str, Shape]) -> str:
    """Name the last lengths that differ in shapes that must broadcast: a length of 1 only where no others differ."""
    pairs = [(a, b, -k) for a, b in combinations(shapes.items(), 2) for k in range(1, min(len(a[1]), len(b[1])) + 1)]
    pairs.sort(key=lambda pair: 1 in {pair[0][1][pair[2]], pair[1][1][pair[2]]})
    return next(filter(None, (_unlike((*a, axis), (*b, axis)) for a, b, axis in pairs)), "")


def not_of_length(argument: str, shape: Shape, axis: int, length: int) -> str:
    """Name the length of an axis that must be another one."""
    if not -len(shape) <= axis < len(shape) or shape[axis] == length:
        return ""
    return f"{argument} has length {shape[axis]} on axis {axis % len(shape)}, not {length}"


def not_of_shape(argument: str, shape: Shape, wanted: Shape) -> str:
    """Name the last length of a shape that must be another one."""
    axes = reversed(range(len(shape))) if len(shape) == len(wanted) else ()
    return next(filter(None, (not_of_length(argument, shape, axis, wanted[axis]) for axis in axes)), "")


def stretched(shapes: Sequence[Shape]) -> str:
    """Return the line that gives the first or the second operand an axis so that they broadcast, or what shape does."""
    a, b = shapes[:2]
    for line, pair in (("a[..., None]", ((*a, 1), b)), ("b[..., None]", (a, (*b, 1)))):
        if len(shapes) == 2 and all(m == n or 1 in {m, n} for m, n in zip(*(reversed(shape) for shape in pair), strict=False)):
            return line
    return f"operands of shape {max(shapes, key=len)}"


def in_order(shapes: Iterable[Shape]) -> dict[str, Shape]:
    """Name shapes by their places, for the operands of an op, which have no names."""
    return {f"operand {i}": shape for i, shape in enumerate(shapes, 1)}


def _unlike(first: Axis, other: Axis) -> str:
    (a, left, i), (b, right, j) = first, other
    if not (-len(left) <= i < len(left) and -len(right) <= j < len(right)) or left[i] == right[j]:
        return ""
    i, j = i % len(left), j % len(right)
    return f"{a} has length {left[i]} on axis {i}, {b} has {right[j]}{'' if i == j else f' on axis {j}'}"
