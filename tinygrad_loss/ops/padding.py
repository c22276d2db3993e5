"""Padding: entries added around an array, which are constants or copies of its own."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import door
from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.arranging import along
from tinygrad_loss.ops.indexing import scatter_
from tinygrad_loss.ops.properties import operand

__all__ = ["pad"]

COPIES: Final = ("edge", "reflect", "symmetric", "wrap")
"""Modes in which each new entry is a copy of an old one."""


@door(np.pad)
def pad(array: Array, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Array:
    """Add entries before and after along each axis.

    Args:
        array: any shape.
        pad_width: one number, ``(before, after)``, one pair per axis, or a dict from axis to either.
        mode: ``"constant"`` (with ``constant_values``, 0 by default), ``"edge"``, ``"reflect"``, ``"symmetric"`` or ``"wrap"``.
        **kwargs: ``constant_values``; ``reflect_type="even"``.

    Raises:
        NoRuleError: another mode or option.

    >>> import numpy as np, tinygrad_loss as tl
    >>> np.pad(tl.tensor([1.0, 2.0]), 1, mode="edge").tolist()
    [1.0, 1.0, 2.0, 2.0]
    """
    array = operand(array)
    widths = _widths(pad_width, array.ndim)
    if mode == "constant":
        return _constant(array, widths, _only(kwargs, "constant_values", 0))
    if mode in COPIES:
        if _only(kwargs, "reflect_type", "even") != "even":
            raise _refused("reflect_type='odd'", "2 * x[..., :1] - np.pad(x, width, mode='reflect')[..., :k], joined by np.concatenate")
        for axis, (before, after) in enumerate(widths):
            if before or after:
                array = array[along(axis, np.pad(np.arange(array.shape[axis]), (before, after), mode=mode))]
        return array
    raise _refused(f"mode={mode!r}", "np.concatenate([np.broadcast_to(new, ...), x]), or one of the modes 'constant', " + _listed(COPIES))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(repr, names))


def _refused(what: str, instead: str) -> errors.NoRuleError:
    return errors.NoRuleError(errors.say("np.pad", "this option has no rule", what, instead))


def _only(options: Mapping[str, Any], name: str, default: Any) -> Any:
    """Return the one option that the mode has, and refuse others."""
    for other in options:
        if other != name:
            raise _refused(f"{other}=", f"np.pad(x, width, {name}={default!r})")
    return options.get(name, default)


def _pairs(given: Any, ndim: int) -> list[Any]:
    """Return one pair per axis from one number, one pair or one pair per axis."""
    if isinstance(given, Kind) or np.ndim(given) == 0:
        return [(given, given)] * ndim
    rows = list(given)
    if len(rows) == 1:
        return _pairs(rows[0], ndim)
    if all(isinstance(x, Kind) or np.ndim(x) == 0 for x in rows):
        rows = [rows] * ndim
    return [tuple(row) * 2 if len(row) == 1 else tuple(row) for row in rows]


def _widths(pad_width: Any, ndim: int) -> list[tuple[int, int]]:
    if isinstance(pad_width, dict):
        by_axis = {axis % ndim: _pairs(w, 1)[0] for axis, w in pad_width.items()}
        pairs = [by_axis.get(i, (0, 0)) for i in range(ndim)]
    else:
        pairs = _pairs(pad_width, ndim)
    if len(pairs) != ndim or any(len(p) != 2 or min(p) < 0 for p in pairs):
        raise errors.ShapeError(
            errors.say(
                "np.pad",
                f"pad_width must be numbers >= 0: one, (before, after), or a pair for each of {ndim} axes",
                repr(pad_width),
                "np.pad(x, [(1, 1)] * x.ndim), or x[1:-1] to cut off",
            )
        )
    return [(int(before), int(after)) for before, after in pairs]


def _constant(array: Array, widths: list[tuple[int, int]], values: Any) -> Array:
    values = _pairs(values, array.ndim)
    if any(isinstance(v, Kind) for pair in values for v in pair):
        return _computed(array, widths, values)
    shape = tuple(before + n + after for n, (before, after) in zip(array.shape, widths, strict=True))
    inside = tuple(slice(before, before + n) for n, (before, _) in zip(array.shape, widths, strict=True))
    padded = scatter_(array, index=inside, shape=shape)
    if not any(v != 0 for pair in values for v in pair):
        return padded
    return padded + np.pad(np.zeros(array.shape, array.dtype), widths, constant_values=values)


def _computed(array: Array, widths: list[tuple[int, int]], values: list[Any]) -> Array:
    """Pad with values that have a gradient themselves."""
    for axis, (width, value) in enumerate(zip(widths, values, strict=True)):
        shapes = [(*array.shape[:axis], w, *array.shape[axis + 1 :]) for w in width]
        before, after = (np.broadcast_to(operand(v), shape).astype(array.dtype) for v, shape in zip(value, shapes, strict=True))
        array = np.concatenate([before, array, after], axis)
    return array
