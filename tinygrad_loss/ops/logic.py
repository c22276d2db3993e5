"""Comparisons, tests and indices: no derivative, but recorded, because where they are tied the result may kink or jump."""

import operator
from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import door, predicate
from tinygrad_loss.engine.op import Array, Facts, Rule, open_door

__all__ = ["attained", "cast", "detach", "full_like", "ones_like", "truth", "zeros_like"]

_tie = Facts(nature="jump", tie=lambda _y, a, b: a == b)

_comparisons: tuple[tuple[str, Rule, Rule, str], ...] = (
    ("greater", operator.gt, np.greater, "__gt__"),
    ("greater_equal", operator.ge, np.greater_equal, "__ge__"),
    ("less", operator.lt, np.less, "__lt__"),
    ("less_equal", operator.le, np.less_equal, "__le__"),
    ("equal", operator.eq, np.equal, "__eq__"),
    ("not_equal", operator.ne, np.not_equal, "__ne__"),
)
for _name, _compare, _ufunc, _method in _comparisons:
    predicate(_name, _compare, arity=2, numpy=_ufunc, methods=(_method,), facts=_tie)


def truth(x: Array) -> Array:
    """Return where a number is not 0, as a comparison: there its truth may change just beside it."""
    return np.not_equal(x, 0) if getattr(x, "dtype", np.dtype(bool)).kind in "fc" else x


def _of_truths(op: Rule) -> Rule:
    def call(*inputs: Array, **static: Any) -> Array:
        return op(*map(truth, inputs), **static)

    call.__name__ = call.__qualname__ = op.__name__
    call.__dict__["op"] = op.__dict__["op"]
    return call


def _counted(x: Array, **where: Any) -> Array:
    """Count what is not 0; NumPy before 2.2 may answer with an int, which has no dtype."""
    return np.add(np.count_nonzero(x, **where), np.intp(0))


_combinations: tuple[tuple[str, Rule, Rule, tuple[str, ...]], ...] = (
    ("logical_and", np.logical_and, np.logical_and, ()),
    ("logical_or", np.logical_or, np.logical_or, ()),
    ("logical_xor", np.logical_xor, np.logical_xor, ()),
    ("bitwise_and", operator.and_, np.bitwise_and, ("__and__", "__rand__")),
    ("bitwise_or", operator.or_, np.bitwise_or, ("__or__", "__ror__")),
    ("bitwise_xor", operator.xor, np.bitwise_xor, ("__xor__", "__rxor__")),
)
for _name, _both, _function, _methods in _combinations:
    _op = predicate(_name, _both, arity=2, numpy=_function if _methods else (), methods=_methods)
    if not _methods:
        open_door(_function, _of_truths(_op))

open_door(np.logical_not, _of_truths(predicate("logical_not", np.logical_not, arity=1)))
predicate("invert", operator.invert, arity=1, numpy=np.invert, methods=("__invert__",))
predicate("isnan", np.isnan, arity=1, numpy=np.isnan)
predicate("isinf", np.isinf, arity=1, numpy=np.isinf)
predicate("isfinite", np.isfinite, arity=1, numpy=np.isfinite)
for _name, _fold, _keys, _methods in (
    ("logical_and_reduce", np.all, (np.all, (np.logical_and, "reduce")), ("all",)),
    ("logical_or_reduce", np.any, (np.any, (np.logical_or, "reduce")), ("any",)),
    ("count_nonzero", _counted, (np.count_nonzero,), ()),
):
    door(*_keys, methods=_methods)(
        _of_truths(predicate(_name, lambda x, axis=None, *, fold=_fold, **kw: fold(x, axis=axis, **kw), arity=None))
    )
predicate("signbit", np.signbit, arity=1, numpy=np.signbit, facts=Facts(nature="jump", tie=lambda _y, x: x == 0))

attained = predicate("attained", operator.eq, arity=2, doc="where an extreme is attained: a comparison that is a tie by its nature")


def _steps(_y: Array, x: Array, dtype: Any) -> Array:
    """Return True where the truth, or the whole part, of a number is another just beside it."""
    if x.dtype.kind not in "fc" or np.dtype(dtype).kind not in "biu":
        return np.zeros_like(x, dtype=bool)
    return x == 0 if np.dtype(dtype).kind == "b" else (x != 0) & (x == np.trunc(x))


cast = predicate(
    "cast",
    lambda x, dtype: x.astype(dtype),
    arity=None,
    facts=Facts(nature="jump", tie=_steps),
    doc="truth values or whole numbers from numbers, or back",
)
detach = predicate("detach", lambda x: x, arity=1, methods=("detach",), doc="the values, as constants")

# ---- constants of the same kind, shape and dtype ----------------------------------------------------------------------------

zeros_like_: Rule = predicate("zeros_like", lambda x: np.zeros_like(x), arity=1, doc="zeros of the shape and dtype of x")
ones_like_: Rule = predicate("ones_like", lambda x: np.ones_like(x), arity=1, doc="ones of the shape and dtype of x")


@door(np.zeros_like, np.empty_like)
def zeros_like(a: Array, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None) -> Array:
    """Return zeros of the shape and dtype of ``a``, of the same kind of array."""
    del order, subok, device
    if shape is not None:
        return np.zeros(shape, dtype or a.dtype)
    return zeros_like_(a) if dtype is None else zeros_like_(a).astype(dtype)


@door(np.ones_like)
def ones_like(a: Array, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None) -> Array:
    """Return ones of the shape and dtype of ``a``, of the same kind of array."""
    del order, subok, device
    if shape is not None:
        return np.ones(shape, dtype or a.dtype)
    return ones_like_(a) if dtype is None else ones_like_(a).astype(dtype)


@door(np.full_like)
def full_like(
    a: Array, fill_value: Array, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Array:
    """Return ``fill_value`` in the shape and dtype of ``a``; a gradient flows to ``fill_value``.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.sum(np.full_like(x, x[0])))(np.array([1.0, 2.0]))
    array([2., 0.])
    """
    del order, subok, device
    zeros = zeros_like(a, dtype, shape=shape)
    return (zeros + fill_value).astype(zeros.dtype)
