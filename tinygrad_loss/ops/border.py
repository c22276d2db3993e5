"""Borders of images, in PyTorch's order: widths of the last axis first."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.properties import operand

__all__ = ["pad"]

MODES: Final = ("constant", "reflect", "replicate", "circular")


def _refuse(x: Array, pad: Sequence[int], widths: list[tuple[int, int]], mode: str) -> None:
    """Refuse borders that the image is too small for."""
    for axis, (before, after) in enumerate(widths):
        n = x.shape[axis]
        most = {"reflect": n - 1, "circular": n}.get(mode)
        if most is not None and max(before, after) > max(most, 0):
            raise errors.shapes(
                "pad", f"a {mode} border of axis {axis} is at most {most} wide, pad={tuple(pad)}", [x.shape], 'mode="replicate"'
            )
        if n + before + after < 0 or (mode == "replicate" and n == 0 and max(before, after) > 0):
            raise errors.shapes("pad", f"axis {axis} must have a length, pad={tuple(pad)}", [x.shape], "pad=(0, 0)")


def pad(input: Array, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Array:  # noqa: A002  PyTorch's name
    """Add a border; negative widths cut off.

    Args:
        input: any shape.
        pad: ``(before, after)`` of the last axis, then of the last but one, and so on.
        mode: ``"constant"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        value: what a constant border is made of; 0 by default.

    Raises:
        ArgumentError: an odd number of widths, or more than axes.
        ShapeError: the image is too small for the border.
        DomainError: an unknown mode.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.pad(np.array([1.0, 2.0, 3.0]), (1, -1), mode="replicate")
    array([1., 1., 2.])
    """
    x = operand(input)
    if mode not in MODES:
        raise errors.unknown_name("pad", "mode", mode, MODES)
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise errors.ArgumentError(
            errors.say(
                "pad", f"pad has a pair of widths per axis, of which there are {x.ndim}", str(tuple(pad)), "pad=(1, 1) for the last axis"
            )
        )
    given = [(int(before), int(after)) for before, after in zip(pad[::2], pad[1::2], strict=True)]
    widths = [(0, 0)] * (x.ndim - len(given)) + given[::-1]
    _refuse(x, pad, widths, mode)
    if mode in {"replicate", "reflect"}:  # before cutting off, because what is copied may be cut off itself
        for axis, (before, after) in enumerate(widths):
            if before or after:
                last = x.shape[axis] - 1
                at = np.arange(-before, last + 1 + after)
                x = np.take(x, np.clip(at, 0, last) if mode == "replicate" else last - np.abs(last - np.abs(at)), axis=axis)
        return x
    if any(min(w) < 0 for w in widths):
        x = x[tuple(slice(max(-before, 0), n - max(-after, 0)) for n, (before, after) in zip(x.shape, widths, strict=True))]
        widths = [(max(before, 0), max(after, 0)) for before, after in widths]
    if not any(map(any, widths)):
        return x
    if mode == "constant":
        return np.pad(x, widths, constant_values=0.0 if value is None else value)
    return np.pad(x, widths, mode="wrap")
