"""Comparisons, tests and indices: no derivative, but recorded, because where they are tied the result may kink or jump."""

import operator
from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import door, predicate
from tinygrad_loss.engine.op import Array, Facts, Rule

__all__ = ["attained", "cast", "detach", "full_like", "ones_like", "zeros_like"]

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

_combinations: tuple[tuple[str, Rule, Rule, tuple[str, ...]], ...] = (
    ("logical_and", np.logical_and, np.logical_and, ()),
    ("logical_or", np.logical_or, np.logical_or, ()),
    ("logical_xor", np.logical_xor, np.logical_xor, ()),
    ("bitwise_and", operator.and_, np.bitwise_and, ("__and__", "__rand__")),
    ("bitwise_or", operator.or_, np.bitwise_or, ("__or__", "__ror__")),
    ("bitwise_xor", operator.xor, np.bitwise_xor, ("__xor__", "__rxor__")),
)
for _name, _both, _function, _methods in _combinations:
    predicate(_name, _both, arity=2, numpy=_function, methods=_methods)

predicate("logical_not", np.logical_not, arity=1, numpy=np.logical_not)
predicate("invert", operator.invert, arity=1, numpy=np.invert, methods=("__invert__",))
predicate("isnan", np.isnan, arity=1, numpy=np.isnan)
predicate("isinf", np.isinf, arity=1, numpy=np.isinf)
predicate("isfinite", np.isfinite, arity=1, numpy=np.isfinite)
predicate("logical_and_reduce", lambda x, **kw: np.all(x, **kw), arity=None, numpy=(np.all, (np.logical_and, "reduce")), methods=("all",))
predicate("logical_or_reduce", lambda x, **kw: np.any(x, **kw), arity=None, numpy=(np.any, (np.logical_or, "reduce")), methods=("any",))
predicate("count_nonzero", lambda x, **kw: np.count_nonzero(x, **kw), arity=None, numpy=np.count_nonzero)
predicate("signbit", np.signbit, arity=1, numpy=np.signbit, facts=Facts(nature="jump", tie=lambda _y, x: x == 0))

attained = predicate("attained", operator.eq, arity=2, doc="where an extreme is attained: a comparison that is a tie by its nature")
cast = predicate("cast", lambda x, dtype: x.astype(dtype), arity=None, doc="truth values or whole numbers from numbers, or back")
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
