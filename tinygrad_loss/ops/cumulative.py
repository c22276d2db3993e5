"""Running sums, products and extremes: each entry is made of those before it."""

from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import custom, door, linear, predicate
from tinygrad_loss.engine.kind import no_out
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.along import add_along_, take_along_
from tinygrad_loss.ops.logic import attained

__all__ = ["cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "nancumprod", "nancumsum"]


def _reversed(x: Array, axis: int) -> Array:
    return x[(slice(None),) * axis + (slice(None, None, -1),)]


def before(y: Array, axis: int, start: float, *, reverse: bool = False) -> Array:
    """Return the entries one step earlier along ``axis``, and ``start`` for the first."""
    front = (slice(None),) * axis
    edge = np.zeros_like(y[(*front, slice(0, 1))]) + start
    if reverse:
        return np.concatenate([y[(*front, slice(1, None))], edge], axis=axis)
    return np.concatenate([edge, y[(*front, slice(None, -1))]], axis=axis)


# ---- the linear recurrence, of which the others' derivatives are made -------------------------------------------------------


def _recurrence(a: np.ndarray, b: np.ndarray, axis: int, *, reverse: bool) -> np.ndarray:
    h = np.moveaxis(b.copy(), axis, 0)
    a = np.moveaxis(a, axis, 0)
    if reverse:
        h, a = h[::-1], a[::-1]
    for i in range(1, len(h)):
        h[i] += a[i] * h[i - 1]
    return np.moveaxis(h[::-1] if reverse else h, 0, axis)


def adjoint(g: Array, a: Array, axis: int, *, reverse: bool) -> Array:
    """Carry cotangents back through the recurrence: it runs the other way, with the factors one step later."""
    return recurrence_(before(a, axis, 0.0, reverse=not reverse), g, axis=axis, reverse=not reverse)


recurrence_: Rule = custom(
    "recurrence",
    _recurrence,
    [
        lambda g, y, a, _b, axis, reverse: adjoint(g, a, axis, reverse=reverse) * before(y, axis, 0.0, reverse=reverse),
        lambda g, _y, a, _b, axis, reverse: adjoint(g, a, axis, reverse=reverse),
    ],
    lambda dx, y, a, _b, axis, reverse: recurrence_(a, _moved(dx, y, axis, reverse=reverse), axis=axis, reverse=reverse),
    doc=r"h_i = a_i h_{i-1} + b_i along an axis, from h_{-1} = 0",
)


def _moved(dx: Any, y: Array, axis: int, *, reverse: bool) -> Array:
    da, db = dx
    if da is None:
        return db
    by_factor = da * before(y, axis, 0.0, reverse=reverse)
    return by_factor if db is None else by_factor + db


# ---- sums and products ------------------------------------------------------------------------------------------------------

cumsum_: Rule = linear(
    "cumsum",
    lambda x, axis, reverse: _reversed(np.cumsum(_reversed(x, axis), axis=axis), axis) if reverse else np.cumsum(x, axis=axis),
    lambda g, _x, axis, reverse: cumsum_(g, axis=axis, reverse=not reverse),
    doc=r"\sum_{j \le i} x_j along an axis",
)
cumprod_: Rule = custom(
    "cumprod",
    lambda x, axis, reverse: _reversed(np.cumprod(_reversed(x, axis), axis=axis), axis) if reverse else np.cumprod(x, axis=axis),
    [lambda g, y, x, axis, reverse: adjoint(g, x, axis, reverse=reverse) * before(y, axis, 1.0, reverse=reverse)],
    lambda dx, y, x, axis, reverse: recurrence_(x, dx[0] * before(y, axis, 1.0, reverse=reverse), axis=axis, reverse=reverse),
    doc=r"\prod_{j \le i} x_j along an axis; no rule divides, so zeros are exact",
)


# ---- extremes ---------------------------------------------------------------------------------------------------------------


def _last_where(mask: np.ndarray, axis: int, otherwise: int) -> np.ndarray:
    """Return at each position the last one so far at which ``mask`` holds."""
    positions = np.expand_dims(np.arange(mask.shape[axis]), tuple(range(1, mask.ndim - axis)))
    return np.maximum.accumulate(np.where(mask, positions, otherwise), axis=axis)


argcumextreme_ = predicate(
    "argcumextreme",
    lambda mask, axis: _last_where(mask, axis, 0),
    arity=None,
    doc="the last position so far at which the running extreme was attained",
)
_regained_ = predicate(
    "regained",
    lambda y, x, axis: _last_where(x == before(y, axis, np.nan), axis, -1) > _last_where(y != before(y, axis, np.nan), axis, 0),
    arity=None,
    doc="whether the running extreme was attained more than once",
)


def _running(name: str, ufunc: Any, doc: str) -> Rule:
    def doubling(x: Array, axis: int) -> Array:
        front, length, reach = (slice(None),) * axis, x.shape[axis], 1
        while reach < length:  # each entry is the extreme of the last ``reach`` entries up to it
            further = ufunc(x[(*front, slice(reach, None))], x[(*front, slice(0, length - reach))])
            x, reach = np.concatenate([x[(*front, slice(0, reach))], further], axis=axis), 2 * reach
        return x

    return custom(
        name,
        lambda x, axis: ufunc.accumulate(x, axis=axis),
        [lambda g, y, x, axis: add_along_(g, argcumextreme_(attained(x, y), axis=axis), axis=axis, shape=x.shape)],
        lambda dx, y, x, axis: take_along_(dx[0], argcumextreme_(attained(x, y), axis=axis), axis=axis),
        facts=Facts(nature="kink", tie=lambda y, x, axis: _regained_(y, x, axis=axis), near=doubling),
        doc=doc,
    )


cummax_ = _running("cummax", np.maximum, r"\max_{j \le i} x_j along an axis")
cummin_ = _running("cummin", np.minimum, r"\min_{j \le i} x_j along an axis")

# ---- doors ------------------------------------------------------------------------------------------------------------------


def along(x: Array, axis: int | None) -> tuple[Array, int]:
    """Return an array of at least one axis, and the one to run along; None runs along all entries."""
    if axis is None or not x.ndim:
        if axis not in {None, 0, -1}:
            raise np.exceptions.AxisError(axis, x.ndim)
        return x.reshape(-1), 0
    if not -x.ndim <= axis < x.ndim:
        raise np.exceptions.AxisError(axis, x.ndim)
    return x, axis % x.ndim


def as_array(a: Array, dtype: Any = None) -> Array:
    a = a if hasattr(a, "ndim") else np.asarray(a)
    return a if dtype is None else a.astype(dtype)


@door(np.cumsum, (np.add, "accumulate"), methods=("cumsum",))
def cumsum(a: Array, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    r"""Return the running sum $\sum_{j \le i} x_j$ along ``axis``.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.cumsum(x)[1])(np.array([1.0, 2.0, 3.0]))
    array([1., 1., 0.])
    """
    no_out(out, "np.cumsum")
    x, k = along(as_array(a, dtype), axis)
    return cumsum_(x, axis=k, reverse=False)


@door(np.cumprod, (np.multiply, "accumulate"), methods=("cumprod",))
def cumprod(a: Array, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    r"""Return the running product $\prod_{j \le i} x_j$ along ``axis``, exact where entries are 0.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.cumprod(x)[1])(np.array([0.0, 2.0, 3.0]))
    array([2., 0., 0.])
    """
    no_out(out, "np.cumprod")
    x, k = along(as_array(a, dtype), axis)
    return cumprod_(x, axis=k, reverse=False)


@door(*([np.cumulative_sum] if hasattr(np, "cumulative_sum") else []))
def cumulative_sum(
    x: Array, /, *, axis: int | None = None, dtype: Any = None, out: None = None, include_initial: bool = False
) -> Array:  # fmt: skip
    r"""Return the running sum along ``axis``, from 0 where ``include_initial``."""
    no_out(out, "np.cumulative_sum")
    return _with_initial(cumsum(x, axis, dtype), axis, np.zeros_like, include_initial)


@door(*([np.cumulative_prod] if hasattr(np, "cumulative_prod") else []))
def cumulative_prod(
    x: Array, /, *, axis: int | None = None, dtype: Any = None, out: None = None, include_initial: bool = False
) -> Array:  # fmt: skip
    r"""Return the running product along ``axis``, from 1 where ``include_initial``."""
    no_out(out, "np.cumulative_prod")
    return _with_initial(cumprod(x, axis, dtype), axis, np.ones_like, include_initial)


def _with_initial(y: Array, axis: int | None, like: Any, include_initial: bool) -> Array:
    if not include_initial:
        return y
    y, k = along(y, axis)
    return np.concatenate([like(y[(slice(None),) * k + (slice(0, 1),)]), y], axis=k)


@door(np.nancumsum)
def nancumsum(a: Array, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    """Return the running sum along ``axis``, where nan counts as 0."""
    return cumsum(np.where(np.isnan(a), 0.0, a), axis, dtype, out)


@door(np.nancumprod)
def nancumprod(a: Array, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    """Return the running product along ``axis``, where nan counts as 1."""
    return cumprod(np.where(np.isnan(a), 1.0, a), axis, dtype, out)


@door((np.maximum, "accumulate"))
def cummax(a: Array, axis: int = 0, dtype: Any = None) -> Array:
    """Return the running maximum along ``axis``; where it is attained twice there is a kink."""
    x, k = along(as_array(a, dtype), axis)
    return cummax_(x, axis=k)


@door((np.minimum, "accumulate"))
def cummin(a: Array, axis: int = 0, dtype: Any = None) -> Array:
    """Return the running minimum along ``axis``; where it is attained twice there is a kink."""
    x, k = along(as_array(a, dtype), axis)
    return cummin_(x, axis=k)
