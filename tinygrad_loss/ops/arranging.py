"""Turning, rolling, repeating and leaving out: entries in another arrangement."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.declare import door
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.properties import operand

__all__ = ["broadcast_arrays", "delete", "flip", "insert", "meshgrid", "repeat", "resize", "roll", "rollaxis", "rot90", "tile"]


def along(axis: int, index: Any) -> tuple[Any, ...]:
    """Return the index that applies ``index`` to one axis, counted from the left."""
    return (slice(None),) * axis + (index,)


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return axes as positions from the left; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    given = tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    for a in given:
        if not -ndim <= a < ndim:
            raise np.exceptions.AxisError(a, ndim)
    return tuple(int(a) % ndim for a in given)


# ---- turning --------------------------------------------------------------------------------------------------------------


@door(np.flip)
def flip(m: Array, axis: Any = None) -> Array:
    """Reverse the order of the entries along axes.

    >>> import numpy as np, tinygrad_loss as tl
    >>> np.flip(tl.tensor([1.0, 2.0])).tolist()
    [2.0, 1.0]
    """
    turned = axes_of(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if i in turned else slice(None) for i in range(m.ndim))]


@door(np.fliplr)
def fliplr(m: Array) -> Array:
    """Reverse the order of the columns."""
    _needs_two_axes("np.fliplr", m)
    return m[:, ::-1]


@door(np.flipud)
def flipud(m: Array) -> Array:
    """Reverse the order of the rows."""
    if not m.ndim:
        raise errors.shapes("np.flipud", "it needs one axis at least", [m.shape], "x itself")
    return m[::-1]


def _needs_two_axes(name: str, m: Array) -> None:
    if m.ndim < 2:
        raise errors.shapes(name, "it needs two axes at least", [m.shape], "np.flip(x)")


@door(np.rot90)
def rot90(m: Array, k: int = 1, axes: Sequence[int] = (0, 1)) -> Array:
    """Turn by 90 degrees, ``k`` times, from the first towards the second of two axes."""
    _needs_two_axes("np.rot90", m)
    first, second = axes_of(tuple(axes), m.ndim)
    if first == second:
        message = errors.say("np.rot90", "the two axes must differ", f"axes={tuple(axes)}", "np.rot90(x, k, axes=(0, 1))")
        raise errors.ShapeError(message)
    k %= 4
    if k == 0:
        return m
    if k == 2:
        return flip(m, (first, second))
    return np.swapaxes(flip(m, second), first, second) if k == 1 else flip(np.swapaxes(m, first, second), second)


@door(np.roll)
def roll(a: Array, shift: Any, axis: Any = None) -> Array:
    """Shift entries along axes; what leaves at one end enters at the other."""
    if axis is None:
        return np.reshape(roll(np.ravel(a), shift, 0), a.shape)
    shifts = np.broadcast_arrays(shift, axis)
    for s, i in zip(*[np.ravel(x).tolist() for x in shifts], strict=True):
        (i,) = axes_of(i, a.ndim)  # noqa: PLW2901
        n = a.shape[i]
        if n and s % n:
            cut = n - s % n
            a = np.concatenate([a[along(i, slice(cut, None))], a[along(i, slice(None, cut))]], i)
    return a


@door(np.rollaxis)
def rollaxis(a: Array, axis: int, start: int = 0) -> Array:
    """Move an axis back until it lies before ``start``; `numpy.moveaxis` says the same more clearly."""
    (axis,) = axes_of(axis, a.ndim)
    if start < 0:
        start += a.ndim
    if not 0 <= start <= a.ndim:
        raise np.exceptions.AxisError(start, a.ndim)
    return np.moveaxis(a, axis, start - 1 if axis < start else start)


# ---- repeating ------------------------------------------------------------------------------------------------------------


@door(np.tile)
def tile(A: Array, reps: Any) -> Array:
    """Lay copies of an array side by side, ``reps[i]`` of them along axis i."""
    A = operand(A)
    reps = tuple(int(r) for r in np.ravel(reps))
    shape = (1,) * (len(reps) - A.ndim) + A.shape
    reps = (1,) * (len(shape) - len(reps)) + reps
    apart = np.reshape(A, tuple(n for length in shape for n in (1, length)))
    copies = np.broadcast_to(apart, tuple(n for r, length in zip(reps, shape, strict=True) for n in (r, length)))
    return np.reshape(copies, tuple(r * n for r, n in zip(reps, shape, strict=True)))


@door(np.repeat, methods=("repeat",))
def repeat(a: Array, repeats: Any, axis: int | None = None) -> Array:
    """Repeat each entry, or each slice along an axis, a number of times or as often as its own number says."""
    if axis is None:
        a, axis = np.ravel(a), 0
    (axis,) = axes_of(axis, a.ndim)
    times = np.asarray(repeats)
    if times.size != 1:
        return a[along(axis, np.repeat(np.arange(a.shape[axis]), times))]
    n = int(times.reshape(()))
    shape, (before, after) = a.shape, (a.shape[: axis + 1], a.shape[axis + 1 :])
    copies = np.broadcast_to(np.reshape(a, (*before, 1, *after)), (*before, n, *after))
    return np.reshape(copies, (*shape[:axis], shape[axis] * n, *after))


@door(np.resize)
def resize(a: Array, new_shape: Any) -> Array:
    """Return an array of another shape, filled with the entries in order, again and again."""
    shape = (new_shape,) if isinstance(new_shape, int | np.integer) else tuple(new_shape)
    flat, size = np.ravel(a), math.prod(shape)
    return np.reshape(flat[np.arange(size) % max(flat.size, 1)] if flat.size else np.zeros_like(flat, shape=size), shape)


@door(np.broadcast_arrays)
def broadcast_arrays(*args: Array, subok: bool = False) -> tuple[Array, ...]:
    """Repeat arrays to the shape that they broadcast to."""
    del subok
    arrays = [operand(x) for x in args]
    try:
        shape = np.broadcast_shapes(*[x.shape for x in arrays])
    except ValueError:
        raise errors.shapes(
            "np.broadcast_arrays",
            "shapes must broadcast: equal lengths, or 1, axis by axis from the right",
            [x.shape for x in arrays],
            mismatch.stretched([x.shape for x in arrays]),
            mismatch.unaligned(mismatch.in_order(x.shape for x in arrays)),
        ) from None
    return tuple(x if x.shape == shape else np.broadcast_to(x, shape) for x in arrays)


@door(np.meshgrid)
def meshgrid(*xi: Array, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Array, ...]:
    """Return the coordinates of a grid from the coordinates along its axes."""
    del copy
    if indexing not in {"xy", "ij"}:
        raise errors.unknown_name("np.meshgrid", "indexing", indexing, ("xy", "ij"))
    count = len(xi)
    order = [1, 0, *range(2, count)] if indexing == "xy" and count > 1 else list(range(count))
    grids = tuple(np.reshape(operand(x), (1,) * order[i] + (-1,) + (1,) * (count - order[i] - 1)) for i, x in enumerate(xi))
    return grids if sparse else broadcast_arrays(*grids)


# ---- leaving out and putting in -------------------------------------------------------------------------------------------


@door(np.delete)
def delete(arr: Array, obj: Any, axis: int | None = None) -> Array:
    """Leave out the slices that ``obj`` names along an axis."""
    arr = operand(arr)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    (axis,) = axes_of(axis, arr.ndim)
    return arr[along(axis, np.delete(np.arange(arr.shape[axis]), _places(obj)))]


def _places(obj: Any) -> Any:
    """Return positions as plain ones: they have no gradient."""
    return obj if isinstance(obj, slice) else np.asarray(obj)


@door(np.insert)
def insert(arr: Array, obj: Any, values: Array, axis: int | None = None) -> Array:
    """Put slices in before the positions that ``obj`` names along an axis."""
    arr, obj = operand(arr), _places(obj)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    (axis,) = axes_of(axis, arr.ndim)
    n, values = arr.shape[axis], operand(values).astype(arr.dtype)
    source = np.insert(np.arange(n), obj, -1)
    count = source.size - n
    if count == 1:  # one position takes as many slices as there are
        values = np.reshape(values, (1,) * (arr.ndim - values.ndim) + values.shape)
        values = values if np.ndim(obj) or isinstance(obj, slice) else np.moveaxis(values, 0, axis)
        count = values.shape[axis]
        at = int(np.flatnonzero(source < 0)[0])
        source = np.concatenate([np.arange(at), np.arange(n, n + count), np.arange(at, n)])
    else:
        source = np.insert(np.arange(n), obj, np.arange(n, n + count))
    new = np.broadcast_to(values, (*arr.shape[:axis], count, *arr.shape[axis + 1 :]))
    return np.concatenate([arr, new], axis)[along(axis, source)]
