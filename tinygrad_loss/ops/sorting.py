"""Order: sorted values, which kink where two are equal, and positions, which jump there."""

from typing import Any, NoReturn

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import custom, door, predicate
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.along import take_along_

__all__ = ["argpartition", "argsort", "partition", "sort"]


def flat(x: Array, axis: int | None) -> tuple[Array, int]:
    """Return an array and the axis to order it along as a position from the left; None means all entries in one axis."""
    if axis is None:
        return x.reshape(-1), 0
    if not -x.ndim <= axis < x.ndim:
        raise np.exceptions.AxisError(axis, x.ndim)
    return x, axis % x.ndim


def _equal_neighbours(y: Array, axis: int) -> Array:
    """Return True where a sorted entry equals the one before or the one after."""
    rest = (slice(None),) * axis
    same = y[(*rest, slice(1, None))] == y[(*rest, slice(None, -1))]
    edge = np.zeros_like(same[(*rest, slice(None, 1))]) if y.shape[axis] > 1 else np.zeros_like(y, dtype=bool)
    return np.concatenate([same, edge], axis) | np.concatenate([edge, same], axis) if y.shape[axis] > 1 else edge


argsort_: Rule = predicate(
    "argsort",
    lambda x, axis, kind=None: np.argsort(x, axis=axis, kind=kind),
    arity=None,
    facts=Facts(nature="jump", tie=lambda y, x, axis, kind=None: _equal_neighbours(np.take_along_axis(x, y, axis), axis)),
    doc="the positions that would sort x",
)


def _order(x: Array, axis: int) -> Array:
    return argsort_(x, axis=axis, kind="stable")


sort_: Rule = custom(
    "sort",
    lambda x, axis: np.sort(x, axis=axis),
    [lambda g, _y, x, axis: take_along_(g, argsort_(_order(x, axis), axis=axis), axis=axis)],
    lambda dx, _y, x, axis: take_along_(dx[0], _order(x, axis), axis=axis),
    facts=Facts(nature="kink", tie=lambda y, _x, axis: _equal_neighbours(y, axis)),
    doc="the entries from the smallest to the largest",
)


@door(np.sort)
def sort(a: Array, axis: int | None = -1, kind: Any = None, order: None = None, *, stable: bool | None = None) -> Array:
    """Return the entries from the smallest to the largest; where two are equal each kinks, but their sum does not.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.sort(x)[0])(np.array([2.0, 1.0]))
    array([0., 1.])
    """
    del kind, order, stable
    x, along = flat(a, axis)
    return sort_(x, axis=along)


@door(methods=("sort", "partition"))
def _in_place(a: Array, *args: Any, **kwargs: Any) -> NoReturn:
    """Refuse NumPy's methods that write into their array."""
    del a, args, kwargs
    raise errors.LostGraphError(
        errors.say("x.sort()", "arrays are never written in place", "a tensor", "y = np.sort(x), or np.partition(x, kth)")
    )


@door(np.argsort, methods=("argsort",))
def argsort(a: Array, axis: int | None = -1, kind: Any = None, order: None = None, *, stable: bool | None = None) -> Array:
    """Return the positions that would sort ``a``: no gradient."""
    del order
    x, along = flat(a, axis)
    return argsort_(x, axis=along, kind="stable" if stable else kind)


# ---- partitions: only the entry at position kth is where a sort would put it --------------------------------------------------


def _repeated(y: Array, axis: int, kth: tuple[int, ...]) -> Array:
    """Return True for entries that equal one of another position that the partition has put in its place."""
    tied = np.zeros_like(y, dtype=bool)
    for k in kth:
        placed = y[(slice(None),) * axis + (slice(k, k + 1),)]
        same = y == placed
        tied = tied | (same & (np.sum(same, axis=axis, keepdims=True) > 1))
    return tied


argpartition_: Rule = predicate(
    "argpartition",
    lambda x, kth, axis: np.argpartition(x, kth, axis=axis),
    arity=None,
    facts=Facts(
        nature="jump",
        tie=lambda y, x, kth, axis: _repeated(take_along_(x, y, axis=axis), axis, kth),
        near=lambda x, kth, axis: argsort_(x, axis=axis),
    ),
    doc="positions that would partition x around its kth entries",
)
partition_: Rule = custom(
    "partition",
    lambda x, kth, axis: np.take_along_axis(x, np.argpartition(x, kth, axis=axis), axis),
    [lambda g, _y, x, kth, axis: take_along_(g, _order(argpartition_(x, kth=kth, axis=axis), axis), axis=axis)],
    lambda dx, _y, x, kth, axis: take_along_(dx[0], argpartition_(x, kth=kth, axis=axis), axis=axis),
    facts=Facts(nature="kink", tie=lambda y, _x, kth, axis: _repeated(y, axis, kth), near=lambda x, kth, axis: sort_(x, axis=axis)),
    doc="the entries with the kth smallest in its place, smaller ones before it, larger ones after",
)


def _placed(x: Array, axis: int, kth: Any) -> tuple[int, ...]:
    """Return positions from the left."""
    given = kth if isinstance(kth, tuple | list | np.ndarray) else (kth,)
    return tuple(sorted(int(k) % x.shape[axis] for k in given))


@door(np.partition)
def partition(a: Array, kth: Any, axis: int | None = -1, kind: str = "introselect", order: None = None) -> Array:
    """Return the entries with the ``kth`` smallest in its place, smaller ones before it, larger ones after."""
    del kind, order
    x, along = flat(a, axis)
    return partition_(x, kth=_placed(x, along, kth), axis=along)


@door(np.argpartition, methods=("argpartition",))
def argpartition(a: Array, kth: Any, axis: int | None = -1, kind: str = "introselect", order: None = None) -> Array:
    """Return the positions that would partition ``a``: no gradient."""
    del kind, order
    x, along = flat(a, axis)
    return argpartition_(x, kth=_placed(x, along, kth), axis=along)
