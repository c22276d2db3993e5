"""Choosing among entries and among arrays: all of it is indexing, or ``np.where``."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import door, predicate
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.along import take_along_
from tinygrad_loss.ops.arranging import along, axes_of
from tinygrad_loss.ops.indexing import getitem, scatter_, slotted
from tinygrad_loss.ops.logic import truth
from tinygrad_loss.ops.properties import operand, ours

__all__ = ["choose", "compress", "extract", "piecewise", "select", "take", "take_along_axis"]

argwhere_ = predicate("argwhere", lambda x: np.argwhere(x), arity=1, doc="the positions of the entries that are not zero, a row each")


def _in_range(indices: Array, n: int, mode: str, name: str) -> Array:
    """Return positions as ``mode`` reads those outside of ``range(n)``."""
    if mode not in {"raise", "wrap", "clip"}:
        raise errors.unknown_name(name, "mode", mode, ("raise", "wrap", "clip"))
    if mode == "wrap":
        return indices % n
    return np.clip(indices, 0, n - 1) if mode == "clip" else indices


@door(np.take, methods=("take",))
def take(a: Array, indices: Any, axis: int | None = None, out: None = None, mode: str = "raise") -> Array:
    """Take slices along an axis, at positions that may repeat; without ``axis`` entries of the flattened array.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.sum(np.take(x, [0, 0, 2])))(np.ones(3))
    array([2., 0., 1.])
    """
    if out is not None:
        raise errors.NoRuleError(errors.say("np.take", "results are never written in place", "out=", "y = np.take(x, indices)"))
    if axis is None:
        a, axis = np.ravel(a), 0
    (axis,) = axes_of(axis, a.ndim)
    positions = indices if ours(indices) else np.asarray(indices)
    if not positions.size and not ours(indices):
        positions = positions.astype(np.intp)
    return getitem(a, along(axis, _in_range(positions, a.shape[axis], mode, "np.take")))


@door(np.take_along_axis)
def take_along_axis(arr: Array, indices: Array, axis: int | None = -1) -> Array:
    """Take entries at positions along an axis, one position per entry of the result."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
        indices = np.ravel(indices)
    (axis,) = axes_of(axis, arr.ndim)
    if indices.ndim != arr.ndim:
        raise errors.shapes(
            "np.take_along_axis", "indices must have as many axes as the array", [arr.shape, indices.shape], "np.expand_dims(indices, axis)"
        )
    if arr.shape != indices.shape:  # axes of length 1 broadcast
        rest = np.broadcast_shapes(*[(*x.shape[:axis], 1, *x.shape[axis + 1 :]) for x in (arr, indices)])
        arr, indices = (np.broadcast_to(x, (*rest[:axis], x.shape[axis], *rest[axis + 1 :])) for x in (arr, indices))
    return take_along_(arr, indices, axis=axis)


@door(np.compress)
def compress(condition: Any, a: Array, axis: int | None = None, out: None = None) -> Array:
    """Take the slices along an axis for which ``condition`` holds."""
    return take(a, np.nonzero(operand(condition))[0], axis, out)


@door(methods=("compress",))
def compressed(a: Array, condition: Any, axis: int | None = None, out: None = None) -> Array:
    """Take the slices along an axis for which ``condition`` holds: NumPy's method, which has the array first."""
    return compress(condition, a, axis, out)


@door(np.extract)
def extract(condition: Any, arr: Array) -> Array:
    """Take the entries for which ``condition`` holds."""
    return getitem(np.ravel(operand(arr)), np.nonzero(np.ravel(operand(condition)))[0])


@door(np.argwhere)
def argwhere(a: Array) -> Array:
    """Return the positions of the entries that are not zero, a row each."""
    return argwhere_(truth(a))


@door(np.nonzero, methods=("nonzero",))
def nonzero(a: Array) -> tuple[Array, ...]:
    """Return the positions of the entries that are not zero, one array per axis."""
    rows = argwhere_(truth(a))
    return tuple(rows[:, i] for i in range(a.ndim))


@door(np.flatnonzero)
def flatnonzero(a: Array) -> Array:
    """Return the positions in the flattened array of the entries that are not zero."""
    return nonzero(np.ravel(a))[0]


@door(np.ix_)
def ix_(*args: Array) -> tuple[Array, ...]:
    """Return the index of every combination of positions along several axes; a mask names the positions where it holds."""
    chosen = [nonzero(x)[0] if x.dtype == np.bool_ else x for x in map(operand, args)]
    return tuple(np.reshape(x, (1,) * i + (-1,) + (1,) * (len(args) - i - 1)) for i, x in enumerate(chosen))


# ---- among arrays ---------------------------------------------------------------------------------------------------------


@door(np.choose, methods=("choose",))
def choose(a: Array, choices: Sequence[Array], out: None = None, mode: str = "raise") -> Array:
    """Take each entry from the array that ``a`` names by number."""
    if out is not None:
        raise errors.NoRuleError(errors.say("np.choose", "results are never written in place", "out=", "y = np.choose(a, choices)"))
    number, *arrays = np.broadcast_arrays(operand(a), *choices)
    number = number.astype(np.intp) if number.dtype.kind == "b" else number
    number = _in_range(number, len(arrays), mode, "np.choose")
    return take_along_axis(np.stack(arrays), number[None], axis=0)[0]


@door(np.select)
def select(condlist: Sequence[Array], choicelist: Sequence[Array], default: Array = 0) -> Array:
    """Take each entry from the first array whose condition holds."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise errors.ShapeError(
            errors.say(
                "np.select",
                "there must be one choice per condition, and at least one",
                f"{len(condlist)} conditions and {len(choicelist)} choices",
                "np.select([x < 0, x > 0], [a, b], default=c)",
            )
        )
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = np.where(operand(condition), choice, result)
    return result


@door(np.piecewise)
def piecewise(x: Array, condlist: Any, funclist: Sequence[Callable[..., Array] | Array], *args: Any, **kw: Any) -> Array:
    """Apply to each entry the function of the last condition that holds; a function more than conditions is for the others.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.sum(np.piecewise(x, [x < 0, x > 0], [lambda v: -v, lambda v: v * v])))(np.array([-3.0, 3.0]))
    array([-1.,  6.])
    """
    conditions = [condlist] if ours(condlist) and condlist.ndim == x.ndim else list(condlist)
    if conditions and not hasattr(conditions[0], "ndim") and np.ndim(conditions[0]) == 0 and x.ndim:
        conditions = [conditions]
    conditions = [operand(c) for c in conditions]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(np.stack(conditions), axis=0))
    elif len(funclist) != len(conditions):
        raise errors.ShapeError(
            errors.say(
                "np.piecewise",
                "there must be one function per condition, or one more for the other entries",
                f"{len(conditions)} conditions and {len(funclist)} functions",
                "np.piecewise(x, [x < 0], [f, g])",
            )
        )
    result = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if not callable(function):
            result = np.where(condition, function, result)
            continue
        (at,), parts = slotted((condition,))
        chosen = x[condition]
        found = operand(function(chosen, *args, **kw))
        if found.shape != chosen.shape:  # a constant; what has the shape already may have another beside a tie of the condition
            found = np.broadcast_to(found, chosen.shape)
        result = np.where(condition, scatter_(found, *parts, index=(at,), shape=x.shape), result)
    return result
