"""Comparisons, tests and indices: no derivative, but recorded, because where they are tied the result may kink or jump."""

import operator

import numpy as np

from tinygrad_loss.engine.declare import predicate
from tinygrad_loss.engine.op import Facts, Rule

__all__ = ["cast", "detach"]

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
predicate("signbit", np.signbit, arity=1, numpy=np.signbit, facts=Facts(nature="jump", tie=lambda _y, x: x == 0))

cast = predicate("cast", lambda x, dtype: x.astype(dtype), arity=None, doc="truth values or whole numbers from numbers, or back")
detach = predicate("detach", lambda x: x, arity=1, methods=("detach",), doc="the values, as constants")
