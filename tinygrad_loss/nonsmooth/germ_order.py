"""Comparison, selection and order of germs: decided by the first term in which they differ."""

from contextvars import ContextVar
from operator import itemgetter

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.nonsmooth.germ import EXACT, Exhausted, Germ, constant, germ, of_shape, significance
from tinygrad_loss.nonsmooth.germ_ring import add, product
from tinygrad_loss.nonsmooth.germ_rules import RULES, rule, summed

__all__ = ["FLAT"]

FLAT: ContextVar[bool] = ContextVar("flat", default=False)
"""Whether germs that agree in every kept term count as equal, instead of asking for more terms."""


def _difference(a: Array, b: Array) -> np.ndarray:
    if a is b:
        return np.zeros(np.shape(a))
    if FLAT.get():
        return _order_at_first_sight(germ(a), germ(b))
    a, b = germ(a), germ(b)
    p, q = a.constant, b.constant
    apart = add(a, b, -1.0).sign(flat=FLAT.get())
    return np.where((p == q) & np.isinf(p), 0.0, apart) if np.any(np.isinf(p)) else apart  # equal infinities do not move apart


def _order_at_first_sight(a: Germ, b: Germ) -> np.ndarray:
    """Return the sign of a - b by the first term in which they differ, without forming the difference."""
    sign: Array = None
    for key in sorted({**a.terms, **b.terms}, key=significance):
        p, q = a.terms.get(key), b.terms.get(key)
        differs = np.subtract(p, q) if p is not None and q is not None else p if q is None else -q
        sign = differs if sign is None else np.where(sign != 0, sign, differs)
    shape = a.shape if a.shape == b.shape else np.broadcast_shapes(a.shape, b.shape)
    return np.zeros(shape) if sign is None else np.sign(of_shape(sign, shape))


RULES["greater"] = lambda a, b: _difference(a, b) > 0
RULES["greater_equal"] = lambda a, b: _difference(a, b) >= 0
RULES["less"] = lambda a, b: _difference(a, b) < 0
RULES["less_equal"] = lambda a, b: _difference(a, b) <= 0
RULES["equal"] = lambda a, b: _difference(a, b) == 0
RULES["attained"] = RULES["equal"]
RULES["not_equal"] = lambda a, b: _difference(a, b) != 0
RULES["isnan"] = lambda x: x.missing
RULES["isfinite"] = lambda x: ~x.missing & ~np.isinf(x.constant)
RULES["isinf"] = lambda x: np.isinf(x.constant)
RULES["signbit"] = lambda x: x.sign(flat=FLAT.get()) < 0
RULES["cast"] = lambda x, dtype: (x.sign(flat=FLAT.get()) != 0) if np.dtype(dtype).kind == "b" else _truncated(x).astype(dtype)


def _truncated(x: Germ) -> np.ndarray:
    here = x.constant
    if np.any(x.unknown):
        raise Exhausted
    toward = add(x, constant(here), -1.0).sign(flat=FLAT.get())
    back = (here == np.trunc(here)) & (here != 0) & (np.sign(here) * toward < 0)
    return np.trunc(here) - np.where(back, np.sign(here), 0.0)


@rule("absolute")
def absolute(x: Germ) -> Germ:
    """Return |x|."""
    below = x.sign(flat=True) < 0
    return x.each(lambda c: np.where(below, -c, c))


@rule("sign")
def sign(x: Germ) -> Germ:
    """Return the sign just after t = 0."""
    return constant(x.sign(flat=FLAT.get()))


def level(x: Germ, axis: int) -> Germ:
    """Return germs of which all along an axis are known as far as the least known, so that they compare."""
    if isinstance(x.order, float):
        return x
    return x.like(x.terms, np.broadcast_to(np.min(x.order, axis=axis, keepdims=True), x.shape)).truncated()


def ranks(x: Germ, axis: int) -> np.ndarray:
    """Return the positions that sort the germs along an axis: by their largest term first."""
    x = level(x, axis)
    keys = [np.broadcast_to(c, x.shape) for c in reversed(x.terms.values())]
    return np.lexsort(keys, axis=axis) if keys else np.argsort(np.zeros(x.shape), axis=axis, kind="stable")


def _extreme(x: Germ, axis: tuple[int, ...], position: int) -> Germ:
    kept = tuple(i for i in range(x.ndim) if i not in axis)
    lanes = x.each(lambda c: np.transpose(np.broadcast_to(c, x.shape), kept + axis).reshape((*tuple(x.shape[i] for i in kept), -1)))
    lanes = level(lanes, -1)
    best = ranks(lanes, -1)[..., [position]]
    return lanes.each(lambda c: np.take_along_axis(np.broadcast_to(c, lanes.shape), best, -1)[..., 0])


RULES["max"] = lambda x, axis: _extreme(x, axis, -1)
RULES["min"] = lambda x, axis: _extreme(x, axis, 0)


# ---- along an axis ----------------------------------------------------------------------------------------------------------------


def taken(x: Germ, positions: np.ndarray, axis: int) -> Germ:
    """Return entries of a germ at positions along an axis."""
    x = level(x, axis)
    return (
        x.each(lambda c: np.take_along_axis(np.broadcast_to(c, x.shape), positions, axis))
        if x.terms
        else Germ({}, positions.shape, x.least)
    )


RULES["sort"] = lambda x, axis: taken(x, ranks(x, axis), axis)


@rule("argsort")
def argsort(x: Germ, axis: int, kind: str | None = None) -> np.ndarray:
    """Return the positions that sort the germs along an axis; germs that stay equal keep their order."""
    del kind
    x = level(x, axis)
    positions = ranks(x, axis)
    if not known(x) and x.shape[axis] > 1:
        ordered = taken(x, positions, axis)
        ahead, behind = ([slice(None)] * x.ndim for _ in range(2))
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        if np.any(_same(ordered.each(itemgetter(tuple(ahead))), ordered.each(itemgetter(tuple(behind))))):
            raise Exhausted
    return positions


def known(x: Germ) -> bool:
    """Whether germs whose kept terms agree are equal: nothing was cut off, or a guess was asked for."""
    return x.least == EXACT or FLAT.get()


def _same(a: Germ, b: Germ) -> np.ndarray:
    """Return True where two germs agree in every kept term."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    return np.logical_and.reduce(
        [np.broadcast_to(True, shape), *(a.coefficient(*key) == b.coefficient(*key) for key in {**a.terms, **b.terms})]
    )


def _first_extreme(x: Germ, axis: int | None, which: int, *, keepdims: bool) -> np.ndarray:
    """Return where an extreme stands first, as NumPy does where several stay equal; an entry that does not exist wins."""
    axes = x.ndim
    if axis is None:
        x, axis = x.each(np.ravel), 0
    x = level(x, axis)
    best = taken(x, np.take(ranks(x, axis), [which], axis=axis), axis)
    missing = x.missing
    equal = np.where(np.any(missing, axis=axis, keepdims=True), missing, _same(x, best))
    if not known(x) and np.any((np.count_nonzero(equal, axis=axis) > 1) | np.any(x.unknown, axis=axis)):
        raise Exhausted
    position = np.argmax(equal, axis=axis, keepdims=keepdims)
    return np.reshape(position, (1,) * axes) if keepdims and np.ndim(position) != axes else position


RULES["argmax"] = lambda x, axis, keepdims=False: _first_extreme(x, axis, -1, keepdims=keepdims)
RULES["argmin"] = lambda x, axis, keepdims=False: _first_extreme(x, axis, 0, keepdims=keepdims)


@rule("linear")
def affine(x: Array, weight: Array, *bias: Array) -> Germ:
    """Multiply by the weight's transpose, and add the bias."""
    y = product(germ(x), germ(weight), lambda p, q: p @ q.T)
    return add(y, germ(bias[0])) if bias else y


@rule("prod")
def prod(x: Germ, axis: tuple[int, ...]) -> Germ:
    """Return the product over axes, factor by factor."""
    kept = tuple(i for i in range(x.ndim) if i not in axis)
    lanes = x.each(lambda c: np.transpose(np.broadcast_to(c, x.shape), kept + axis).reshape((*(x.shape[i] for i in kept), -1)))
    result = constant(np.ones(tuple(x.shape[i] for i in kept)))
    for i in range(lanes.shape[-1]):
        result = product(result, summed(lanes, itemgetter((..., i))))
    return result
