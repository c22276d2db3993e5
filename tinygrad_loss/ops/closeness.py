"""Whether arrays agree, and what takes the place of nan."""

from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import door, elementwise, predicate
from tinygrad_loss.engine.op import Array, Facts, Rule

__all__ = ["allclose", "array_equal", "array_equiv", "isclose", "nan_to_num"]

isclose_: Rule = predicate(
    "isclose",
    lambda a, b, rtol, atol, equal_nan: np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan),
    arity=None,
    doc=r"|a - b| \le atol + rtol |b|",
)


@door(np.isclose)
def isclose(a: Array, b: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Array:
    r"""Return where $|a - b| \le atol + rtol |b|$."""
    return isclose_(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


@door(np.allclose)
def allclose(a: Array, b: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    r"""Return whether $|a - b| \le atol + rtol |b|$ everywhere."""
    return bool(np.all(isclose(a, b, rtol, atol, equal_nan)).item())


array_equal_: Rule = predicate(
    "array_equal",
    lambda a, b, equal_nan: np.bool_(np.array_equal(a, b, equal_nan=equal_nan)),
    arity=None,
    facts=Facts(nature="jump", tie=lambda y, _a, _b, equal_nan: y),
    doc="whether two arrays have the same shape and the same entries",
)
array_equiv_: Rule = predicate(
    "array_equiv",
    lambda a, b: np.bool_(np.array_equiv(a, b)),
    arity=None,
    facts=Facts(nature="jump", tie=lambda y, _a, _b: y),
    doc="whether two arrays broadcast to the same entries",
)


@door(np.array_equal)
def array_equal(a1: Array, a2: Array, equal_nan: bool = False) -> bool:
    """Return whether two arrays have the same shape and the same entries."""
    return bool(array_equal_(a1, a2, equal_nan=equal_nan).item())


@door(np.array_equiv)
def array_equiv(a1: Array, a2: Array) -> bool:
    """Return whether two arrays broadcast to the same entries."""
    return bool(array_equiv_(a1, a2).item())


predicate("isposinf", lambda x: np.isposinf(x), arity=1, numpy=np.isposinf)
predicate("isneginf", lambda x: np.isneginf(x), arity=1, numpy=np.isneginf)


def _equals_one_of(x: Array, among: Array, *, invert: bool, **_options: Any) -> Array:
    """Return where an entry equals one of given numbers."""
    found = np.any(np.expand_dims(x, -1) == np.reshape(among, -1), axis=-1)
    return ~found if invert else found


isin_: Rule = predicate(
    "isin",
    lambda x, among, **options: np.isin(x, among, **options),
    arity=None,
    facts=Facts(nature="jump", tie=lambda y, _x, _among, invert=False, **_options: y != invert, near=_equals_one_of),
    doc="whether x is one of given numbers",
)


@door(np.isin)
def isin(element: Array, test_elements: Array, assume_unique: bool = False, invert: bool = False, *, kind: str | None = None) -> Array:
    """Return where an entry is one of ``test_elements``: no gradient."""
    return isin_(element, test_elements, assume_unique=assume_unique, invert=invert, kind=kind)


nan_to_num_: Rule = elementwise(
    "nan_to_num",
    lambda x, **to: np.nan_to_num(x, **to),
    lambda _y, x, **_to: np.isfinite(x),
    static=True,
    doc="x with numbers in place of nan and infinities, from which no gradient comes",
)


@door(np.nan_to_num)
def nan_to_num(x: Array, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Array:
    """Put numbers in place of nan and infinities; no gradient comes from there.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.sum(np.nan_to_num(x)))(np.array([1.0, np.nan]))
    array([1., 0.])
    """
    del copy
    return nan_to_num_(x, nan=nan, posinf=posinf, neginf=neginf)
