"""Reductions: one number from many."""

import math
from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import custom, door, linear
from tinygrad_loss.engine.kind import no_out
from tinygrad_loss.engine.op import Array, Facts
from tinygrad_loss.ops.cumulative import before, cumprod_
from tinygrad_loss.ops.logic import attained
from tinygrad_loss.ops.shape import broadcast_to_, reshape_

__all__ = ["max", "mean", "min", "prod", "ptp", "sum"]


def over(x: Array, axis: Any) -> tuple[int, ...]:
    """Return the axes of a reduction as positions from the left; all of them for None."""
    if axis is None:
        return tuple(range(x.ndim))
    given = tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    if not x.ndim and given in {(0,), (-1,)}:  # NumPy's reductions allow these for a single number
        return ()
    for a in given:
        if not -x.ndim <= a < x.ndim:
            raise np.exceptions.AxisError(a, x.ndim)
    return tuple(a % x.ndim for a in given)


def kept(g: Array, x: Array, axis: tuple[int, ...]) -> Array:
    """Give a reduced array its reduced axes back, with length 1."""
    return reshape_(g, shape=tuple(1 if i in axis else n for i, n in enumerate(x.shape)))


def spread(g: Array, x: Array, axis: tuple[int, ...]) -> Array:
    """Repeat a reduced array along the reduced axes: the transpose of a sum."""
    if len(axis) == x.ndim and not g.ndim:
        return broadcast_to_(g, shape=x.shape)
    return broadcast_to_(kept(g, x, axis), shape=x.shape)


def count(x: Array, axis: tuple[int, ...]) -> int:
    """Return how many entries each result is made of."""
    return math.prod(x.shape[i] for i in axis)


sum_ = linear("sum", lambda x, axis: x.sum(axis=axis), lambda g, x, axis: spread(g, x, axis), doc=r"\sum_i x_i")
mean_ = linear("mean", lambda x, axis: x.mean(axis=axis), lambda g, x, axis: spread(g / count(x, axis), x, axis), doc=r"\frac1n \sum_i x_i")


def _several(y: Array, x: Array, axis: tuple[int, ...]) -> Array:
    """Return True where more than one entry attains the extreme."""
    return np.greater(np.count_nonzero(x == kept(y, x, axis), axis=axis), 1)


def _extreme_vjp(g: Array, y: Array, x: Array, axis: tuple[int, ...]) -> Array:
    attaining = attained(x, kept(y, x, axis)).astype(g.dtype)
    return kept(g / attaining.sum(axis=axis), x, axis) * attaining


def _extreme_jvp(dx: Any, y: Array, x: Array, axis: tuple[int, ...]) -> Array:
    attaining = attained(x, kept(y, x, axis))
    return np.sum(np.where(attaining, dx[0], 0.0), axis=axis) / attaining.astype(y.dtype).sum(axis=axis)


_ties = Facts(nature="kink", tie=_several)
max_ = custom("max", lambda x, axis: x.max(axis=axis), [_extreme_vjp], _extreme_jvp, facts=_ties, doc=r"\max_i x_i")
min_ = custom("min", lambda x, axis: x.min(axis=axis), [_extreme_vjp], _extreme_jvp, facts=_ties, doc=r"\min_i x_i")


def _others(x: Array, axis: tuple[int, ...]) -> Array:
    """Return for each entry the product of all others; nothing is divided, so zeros are exact, to every order."""
    if len(axis) == 1:
        (k,) = axis
        earlier = before(cumprod_(x, axis=k, reverse=False), k, 1.0)
        return earlier * before(cumprod_(x, axis=k, reverse=True), k, 1.0, reverse=True)
    order = (*(i for i in range(x.ndim) if i not in axis), *axis)
    first = x.ndim - len(axis)
    turned = np.transpose(x, order)
    others = _others(np.reshape(turned, (*turned.shape[:first], count(x, axis))), (first,))
    return np.transpose(np.reshape(others, turned.shape), tuple(order.index(i) for i in range(x.ndim)))


prod_ = custom(
    "prod",
    lambda x, axis: np.prod(x, axis=axis),
    [lambda g, _y, x, axis: kept(g, x, axis) * _others(x, axis)],
    lambda dx, _y, x, axis: np.sum(dx[0] * _others(x, axis), axis=axis),
    doc=r"\prod_i x_i",
)


def _reduce(op: Any, a: Array, axis: Any, keepdims: bool, where: Any, neutral: float, initial: Any, combine: Any) -> Array:
    """Reduce in canonical form: mask what ``where`` leaves out, then fold ``initial`` in, then give the axes back."""
    if where is not True:
        a = np.where(where, a, neutral)
    axes = over(a, axis)
    y = op(a, axis=axes)
    if initial is not None:
        y = combine(y, initial)
    return kept(y, a, axes) if keepdims else y


@door(np.sum, (np.add, "reduce"), methods=("sum",))
def sum(  # noqa: A001  NumPy's name
    a: Array, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Array:
    r"""Return $\sum_i x_i$ over the given axes.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.sum)(np.array([1.0, 2.0]))
    array([1., 1.])
    """
    no_out(out)
    if dtype is not None:
        a = a.astype(dtype)
    return _reduce(sum_, a, axis, keepdims, where, 0.0, initial, np.add)


@door(np.mean, methods=("mean",))
def mean(a: Array, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, where: Any = True) -> Array:
    r"""Return $\frac1n \sum_i x_i$ over the given axes.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.mean)(np.array([1.0, 2.0]))
    array([0.5, 0.5])
    """
    no_out(out)
    if dtype is not None:
        a = a.astype(dtype)
    if where is not True:
        kept_entries = np.broadcast_to(where, a.shape)
        return sum(a, axis, keepdims=keepdims, where=where) / np.sum(kept_entries, axis=axis, keepdims=keepdims).astype(a.dtype)
    return _reduce(mean_, a, axis, keepdims, True, 0.0, None, None)


@door(np.max, np.amax, (np.maximum, "reduce"), methods=("max",))
def max(a: Array, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Array:  # noqa: A001
    r"""Return the largest entry over the given axes; where several attain it there is a kink.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.max)(np.array([1.0, 3.0, 2.0]))
    array([0., 1., 0.])
    """
    no_out(out)
    return _reduce(max_, a, axis, keepdims, where, -math.inf, initial, np.maximum)


@door(np.min, np.amin, (np.minimum, "reduce"), methods=("min",))
def min(a: Array, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Array:  # noqa: A001
    r"""Return the smallest entry over the given axes; where several attain it there is a kink.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.min)(np.array([1.0, 3.0, 2.0]))
    array([1., 0., 0.])
    """
    no_out(out)
    return _reduce(min_, a, axis, keepdims, where, math.inf, initial, np.minimum)


@door(np.prod, (np.multiply, "reduce"), methods=("prod",))
def prod(
    a: Array, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Array:
    r"""Return $\prod_i x_i$ over the given axes; the gradient is exact where entries are 0.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.prod)(np.array([0.0, 2.0, 3.0]))
    array([6., 0., 0.])
    """
    no_out(out, "np.prod")
    if dtype is not None:
        a = a.astype(dtype)
    return _reduce(prod_, a, axis, keepdims, where, 1.0, initial, np.multiply)


@door(np.ptp)
def ptp(a: Array, axis: Any = None, out: None = None, keepdims: bool = False) -> Array:
    """Return the range from the smallest to the largest entry over the given axes."""
    no_out(out, "np.ptp")
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)
