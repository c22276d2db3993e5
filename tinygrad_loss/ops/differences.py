"""Differences of neighbours, and sums that undo them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.declare import door
from tinygrad_loss.engine.kind import NOT_GIVEN
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.cumulative import as_array

__all__ = ["diff", "ediff1d", "gradient", "trapezoid"]


def _part(x: Array, axis: int, start: int | None, stop: int | None) -> Array:
    """Return the entries from ``start`` to ``stop`` along an axis counted from the left."""
    return x[(slice(None),) * axis + (slice(start, stop),)]


def _place(x: Array, axis: int) -> int:
    if not -x.ndim <= axis < x.ndim:
        raise np.exceptions.AxisError(axis, x.ndim)
    return axis % x.ndim


@door(np.diff)
def diff(a: Array, n: int = 1, axis: int = -1, prepend: Any = NOT_GIVEN, append: Any = NOT_GIVEN) -> Array:
    r"""Return the ``n``-th differences $x_{i+1} - x_i$ along ``axis``.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.diff(x)[0])(np.array([1.0, 3.0, 2.0]))
    array([-1.,  1.,  0.])
    """
    a = as_array(a)
    if n < 0:
        raise errors.DomainError(errors.say("np.diff", "n must not be negative", repr(n), "np.diff(x, n=1)"))
    k = _place(a, axis)
    if n == 0:
        return a
    parts = [_beside(edge, a, k) for edge in (prepend,) if edge is not NOT_GIVEN]
    parts += [a] + [_beside(edge, a, k) for edge in (append,) if edge is not NOT_GIVEN]
    if len(parts) > 1:
        a = np.concatenate(parts, axis=k)
    for _ in range(n):
        later, earlier = _part(a, k, 1, None), _part(a, k, None, -1)
        a = np.not_equal(later, earlier) if a.dtype == np.bool_ else later - earlier
    return a


def _beside(edge: Any, a: Array, k: int) -> Array:
    """Return what is joined to an array: a single number is repeated along the other axes."""
    edge = as_array(edge)
    return edge if edge.ndim else np.broadcast_to(edge, tuple(1 if i == k else n for i, n in enumerate(a.shape)))


@door(np.ediff1d)
def ediff1d(ary: Array, to_end: Any = None, to_begin: Any = None) -> Array:
    """Return the differences of neighbours among all entries, between what ``to_begin`` and ``to_end`` add."""
    flat = np.reshape(as_array(ary), (-1,))
    middle = flat[1:] - flat[:-1]
    parts = [np.reshape(as_array(edge), (-1,)) for edge in (to_begin,) if edge is not None]
    parts += [middle] + [np.reshape(as_array(edge), (-1,)) for edge in (to_end,) if edge is not None]
    return np.concatenate(parts) if len(parts) > 1 else middle


@door(np.trapezoid)
def trapezoid(y: Array, x: Array = None, dx: Any = 1.0, axis: int = -1) -> Array:
    r"""Return the integral by the trapezoidal rule $\sum_i \frac{y_i + y_{i+1}}2 (x_{i+1} - x_i)$ along ``axis``.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.trapezoid)(np.array([1.0, 3.0, 2.0]))
    array([0.5, 1. , 0.5])
    """
    y = as_array(y)
    k = _place(y, axis)
    if x is not None:
        x = as_array(x)
        dx = diff(x) if x.ndim == 1 else diff(x, axis=axis)
        if x.ndim == 1:
            dx = np.reshape(dx, tuple(dx.shape[0] if i == k else 1 for i in range(y.ndim)))
    return np.sum(dx * (_part(y, k, 1, None) + _part(y, k, None, -1)) / 2.0, axis=k)


# ---- slopes -----------------------------------------------------------------------------------------------------------------


def _spacings(f: Array, varargs: Sequence[Any], axes: tuple[int, ...]) -> list[Array]:
    """Return per axis the distance of neighbours: one number, or one per pair."""
    given = [1.0] if not varargs else list(varargs)
    if len(given) == 1:
        given = given * len(axes)
    if len(given) != len(axes):
        message = "invalid number of arguments"
        raise TypeError(message)
    spacings = []
    for h, k in zip(given, axes, strict=True):
        coordinates = as_array(h)
        if coordinates.ndim and coordinates.shape != (f.shape[k],):
            raise errors.shapes(
                "np.gradient",
                "coordinates must be as many as the entries along their axis",
                (coordinates.shape, f.shape),
                "np.gradient(f, dx)",
                mismatch.not_of_length("the coordinates", coordinates.shape, 0, f.shape[k]),
            )
        spacings.append(diff(coordinates) if coordinates.ndim else h)
    return spacings


def _slope(f: Array, h: Array, k: int, edge_order: int) -> Array:
    """Return second-order central differences inside, one-sided ones at both ends."""
    n = f.shape[k]
    if n < edge_order + 1:
        raise errors.shapes("np.gradient", "an axis must have at least edge_order + 1 entries", (f.shape,), "np.gradient(f, edge_order=1)")
    wide = tuple(-1 if i == k else 1 for i in range(f.ndim))
    h = h if hasattr(h, "ndim") else f.dtype.type(h)
    steps = np.reshape(h, wide) if h.ndim else np.broadcast_to(h, tuple(n - 1 if w < 0 else 1 for w in wide))
    rise = diff(f, axis=k) / steps
    before, after = _part(steps, k, None, -1), _part(steps, k, 1, None)
    low, high = _part(rise, k, None, -1), _part(rise, k, 1, None)
    inside = (low * after + high * before) / (before + after)
    first, last = _part(rise, k, None, 1), _part(rise, k, -1, None)
    if edge_order == 2:
        start, end = (slice(None),) * k + (slice(0, 1),), (slice(None),) * k + (slice(-1, None),)
        first = first + (first - high[start]) * before[start] / (before[start] + after[start])
        last = last + (last - low[end]) * after[end] / (before[end] + after[end])
    return np.concatenate([first, inside, last], axis=k)


@door(np.gradient)
def gradient(f: Array, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Return the slopes of sampled values along each axis, by central differences; see NumPy's documentation.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.gradient(x)[1])(np.array([1.0, 3.0, 2.0]))
    array([-0.5,  0. ,  0.5])
    """
    f = as_array(f)
    f = f if f.dtype.kind == "f" else f.astype(np.float64)
    given = tuple(range(f.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(_place(f, k) for k in given)
    slopes = [_slope(f, h, k, edge_order) for h, k in zip(_spacings(f, varargs, axes), axes, strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)
