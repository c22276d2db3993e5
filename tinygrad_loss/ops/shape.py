"""Ops that move entries without computing: each is linear, and its transpose moves them back."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import door, linear, unbroadcast
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.logic import cast

__all__ = [
    "astype", "broadcast_to", "concatenate", "expand_dims", "moveaxis", "ravel", "reshape", "squeeze", "stack", "swapaxes", "transpose",
]  # fmt: skip

# ---- one array ------------------------------------------------------------------------------------------------------------

reshape_: Rule = linear(
    "reshape", lambda x, shape: x.reshape(shape), lambda g, x, shape: reshape_(g, shape=x.shape), doc="the same entries in another shape"
)
transpose_: Rule = linear(
    "transpose", lambda x, axes: x.transpose(axes), lambda g, _x, axes: transpose_(g, axes=_inverse(axes)), doc="the axes in another order"
)
astype_: Rule = linear(
    "astype",
    lambda x, dtype: x.astype(dtype),
    lambda g, x, dtype: astype_(g.real if g.dtype.kind == "c" and x.dtype.kind == "f" else g, dtype=x.dtype),
    doc="the same numbers in another floating dtype",
)


def _spread(x: Array, shape: tuple[int, ...]) -> Array:
    """Repeat along axes of length 1; written out for arrays, because ``np.broadcast_to`` costs several times as much when they are small."""
    if isinstance(x, np.generic):
        full = np.empty(shape, x.dtype)
        full.fill(x)
        return full
    if type(x) is np.ndarray and x.ndim == len(shape) and x.flags.c_contiguous:
        strides = [0 if n == 1 else s for n, s in zip(x.shape, x.strides, strict=True)]
        view = np.ndarray(shape, x.dtype, x, 0, strides)
        view.flags.writeable = False
        return view
    return np.broadcast_to(x, shape)


broadcast_to_ = linear(
    "broadcast_to", _spread, lambda g, x, shape: unbroadcast(g, x.shape), doc="entries repeated along new axes and axes of length 1"
)


def _inverse(axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    return None if axes is None else tuple(axes.index(i) for i in range(len(axes)))


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return axes as a tuple of positions from the left."""
    given = (axis,) if not isinstance(axis, tuple | list) else tuple(axis)
    for a in given:
        if not -ndim <= a < ndim:
            raise np.exceptions.AxisError(a, ndim)
    return tuple(a % ndim for a in given)


@door(np.reshape, moves=True)
def reshape(a: Array, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Array:
    """Return the same entries in another ``shape``, one length of which may be -1.

    >>> import numpy as np, tinygrad_loss as tl
    >>> np.reshape(tl.tensor([1.0, 2.0]), (2, 1)).shape
    (2, 1)
    """
    del copy
    shape = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    if order == "F":
        return transpose_(reshape_(transpose_(a, axes=None), shape=shape[::-1]), axes=None)
    return reshape_(a, shape=shape)


@door(methods=("reshape",), moves=True)
def _reshape_method(a: Array, *shape: Any, order: str = "C") -> Array:
    return reshape(a, shape[0] if len(shape) == 1 else shape, order)


@door(np.ravel, methods=("ravel", "flatten"), moves=True)
def ravel(a: Array, order: str = "C") -> Array:
    """Return the entries as one axis."""
    return reshape(a, (-1,), order)


@door(np.transpose, np.permute_dims, moves=True)
def transpose(a: Array, axes: Any = None) -> Array:
    """Return the axes in another order; reversed by default."""
    return transpose_(a, axes=None if axes is None else _axes(axes, a.ndim))


@door(methods=("transpose",), moves=True)
def _transpose_method(a: Array, *axes: Any) -> Array:
    return transpose(a, None if not axes else axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes)


@door(np.swapaxes, methods=("swapaxes",), moves=True)
def swapaxes(a: Array, axis1: int, axis2: int) -> Array:
    """Exchange two axes."""
    order = list(range(a.ndim))
    i, j = _axes((axis1, axis2), a.ndim)
    order[i], order[j] = j, i
    return transpose_(a, axes=tuple(order))


@door(np.matrix_transpose, np.linalg.matrix_transpose, moves=True)
def matrix_transpose(x: Array, /) -> Array:
    """Exchange the last two axes."""
    return swapaxes(x, -1, -2)


@door(np.moveaxis, moves=True)
def moveaxis(a: Array, source: Any, destination: Any) -> Array:
    """Move axes to other positions; the others keep their order."""
    start, end = _axes(source, a.ndim), _axes(destination, a.ndim)
    order = [i for i in range(a.ndim) if i not in start]
    for to, axis in sorted(zip(end, start, strict=True)):
        order.insert(to, axis)
    return transpose_(a, axes=tuple(order))


@door(np.expand_dims, moves=True)
def expand_dims(a: Array, axis: Any) -> Array:
    """Insert axes of length 1."""
    count = len(axis) if isinstance(axis, tuple | list) else 1
    new = _axes(axis, a.ndim + count)
    old = iter(a.shape)
    return reshape_(a, shape=tuple(1 if i in new else next(old) for i in range(a.ndim + count)))


@door(np.squeeze, methods=("squeeze",), moves=True)
def squeeze(a: Array, axis: Any = None) -> Array:
    """Remove axes of length 1."""
    gone = tuple(i for i, n in enumerate(a.shape) if n == 1) if axis is None else _axes(axis, a.ndim)
    if any(a.shape[i] != 1 for i in gone):
        message = "cannot select an axis to squeeze out which has size not equal to one"
        raise ValueError(message)
    return reshape_(a, shape=tuple(n for i, n in enumerate(a.shape) if i not in gone))


@door(np.broadcast_to, moves=True)
def broadcast_to(array: Array, shape: Any) -> Array:
    """Repeat entries along new axes and axes of length 1."""
    shape = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    return broadcast_to_(array, shape=shape)


@door(np.astype, methods=("astype",), moves=True)
def astype(a: Array, dtype: Any, *, copy: bool = True) -> Array:
    """Return the numbers in another dtype; a whole-number or boolean dtype cuts the gradient, a real one keeps the real part."""
    del copy
    dtype = np.dtype(dtype)
    if dtype.kind in "fc" and a.dtype.kind in "fc":
        if a.dtype.kind == "c" and dtype.kind == "f":
            a = a.real
        return a if dtype == a.dtype else astype_(a, dtype=dtype)
    return cast(a, dtype=dtype)


# ---- several arrays -------------------------------------------------------------------------------------------------------


def _part(i: int, g: Array, *x: Array, axis: int) -> Array:
    start = sum(v.shape[axis] for v in x[:i])
    return g[(slice(None),) * axis + (slice(start, start + x[i].shape[axis]),)]


concatenate_ = linear("concatenate", lambda *x, axis: np.concatenate(x, axis=axis), _part, arity=None, doc="arrays joined along an axis")


@door(np.concatenate, np.concat, moves=True)
def concatenate(arrays: Sequence[Array], axis: int | None = 0, *, dtype: Any = None) -> Array:
    """Join arrays along an axis that they have."""
    parts = [x if hasattr(x, "ndim") else np.asarray(x) for x in arrays]
    if dtype is not None:
        parts = [x.astype(dtype) for x in parts]
    if axis is None:
        parts, axis = [x.reshape(-1) for x in parts], 0
    return concatenate_(*parts, axis=_axes(axis, parts[0].ndim)[0])


@door(np.stack, moves=True)
def stack(arrays: Sequence[Array], axis: int = 0, *, dtype: Any = None) -> Array:
    """Join arrays of one shape along a new axis."""
    return concatenate([np.expand_dims(x, axis) for x in arrays], axis, dtype=dtype)
