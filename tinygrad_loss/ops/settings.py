"""Settings of ops and layers that are no arrays: sizes, steps and probabilities, checked before anything is computed."""

import operator
from collections.abc import Sequence
from typing import Any

from tinygrad_loss import errors

__all__ = ["border", "each_axis", "positive", "probability", "rest", "whole"]


def _is_whole(value: Any) -> bool:
    try:
        operator.index(value)
    except TypeError:
        return False
    return not isinstance(value, bool)


def whole(op: str, name: str, value: Any, least: int = 0) -> int:
    """Return a setting that is a whole number of at least ``least``."""
    if _is_whole(value) and value >= least:
        return operator.index(value)
    kind, got = (errors.DomainError, str(value)) if _is_whole(value) else (errors.ArgumentError, repr(value))
    raise kind(errors.say(op, f"{name} must be a whole number, at least {least}", got, f"{name}={_near(value)}"))


def _near(value: Any) -> int:
    """Return the positive whole number to propose instead."""
    return int(value) if isinstance(value, float) and 1 <= value < float("inf") else 1


def probability(op: str, name: str, value: Any) -> float:
    """Return a setting that is a probability."""
    try:
        number = None if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        number = None
    if number is not None and 0 <= number <= 1:
        return number
    kind = errors.ArgumentError if number is None else errors.DomainError
    raise kind(errors.say(op, f"{name} is a probability", repr(value) if number is None else str(number), f"{name}=0.5"))


def each_axis(value: Any, dims: int, op: str, name: str) -> tuple[int, ...]:
    """Return a setting as one whole number per spatial axis."""
    given = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    if len(given) == 1:
        given *= dims
    if len(given) != dims or not all(map(_is_whole, given)):
        raise errors.ArgumentError(
            errors.say(
                op,
                f"{name} is one whole number, or one per spatial axis ({dims})",
                repr(value),
                f"{name}={given[0] if given and _is_whole(given[0]) else _near(value)}",
            )
        )
    return tuple(map(operator.index, given))


def positive(value: Any, dims: int, op: str, name: str) -> tuple[int, ...]:
    """Return a setting as one positive whole number per spatial axis."""
    given = each_axis(value, dims, op, name)
    if min(given) < 1:
        raise errors.DomainError(errors.say(op, f"{name} must be at least 1", str(value), f"{name}=1"))
    return given


def border(
    padding: Any, op: str, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """Return how much stands before and after each spatial axis."""
    if isinstance(padding, str):
        if padding not in {"valid", "same"}:
            raise errors.unknown_name(op, "padding", padding, ("valid", "same"))
        if padding == "same" and max(stride) > 1:
            raise errors.ArgumentError(errors.say(op, 'padding="same" keeps the size, so stride must be 1', f"stride={stride}", "stride=1"))
        totals = [d * (k - 1) if padding == "same" else 0 for k, d in zip(kernel, dilation, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)
    given = each_axis(padding, len(kernel), op, "padding")
    if min(given) < 0:
        raise errors.DomainError(errors.say(op, "padding must not be negative", str(padding), "padding=0"))
    return tuple((p, p) for p in given)


def rest(output_padding: Any, op: str, stride: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many entries a transposed convolution adds at the end of each spatial axis."""
    more = each_axis(output_padding, len(stride), op, "output_padding")
    if any(not 0 <= m < max(s, d) for m, s, d in zip(more, stride, dilation, strict=True)):
        raise errors.DomainError(
            errors.say(op, "output_padding must be at least 0 and smaller than stride or dilation", str(output_padding), "output_padding=0")
        )
    return more
