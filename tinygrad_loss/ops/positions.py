"""Where something stands: positions have no gradient, but where they are tied the result may jump."""

from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import door, predicate
from tinygrad_loss.engine.kind import no_out
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.along import add_along_
from tinygrad_loss.ops.properties import values

__all__ = ["argmax", "argmin", "bincount", "digitize", "nanargmax", "nanargmin", "searchsorted"]


def _argextreme(name: str, position: Rule, extreme: Rule) -> Rule:
    """Declare the position of an extreme, which is tied where several entries attain it."""

    def several(_y: Array, x: Array, axis: Any, keepdims: bool) -> Array:
        return np.greater(np.count_nonzero(x == extreme(x, axis=axis, keepdims=True), axis=axis, keepdims=keepdims), 1)

    def ignoring_nan(x: Array, axis: Any, keepdims: bool) -> Array:
        worst = -np.inf if name.endswith("max") else np.inf
        return (np.argmax if name.endswith("max") else np.argmin)(np.where(np.isnan(x), worst, x), axis=axis, keepdims=keepdims)

    op = predicate(
        name,
        lambda x, axis, keepdims: position(x, axis=axis, keepdims=keepdims),
        arity=None,
        facts=Facts(nature="jump", tie=several, near=ignoring_nan if name.startswith("nan") else None),
        doc=f"the first position of what np.{name.removeprefix('nan').removeprefix('arg')} returns",
    )

    def answer(a: Array, axis: Any = None, out: None = None, *, keepdims: bool = False) -> Array:
        no_out(out, f"np.{name}")
        return op(a, axis=axis, keepdims=keepdims)

    answer.__name__ = answer.__qualname__ = name
    answer.__doc__ = f"Return what ``np.{name}`` returns: positions, which have no gradient."
    return answer


argmax = door(np.argmax, methods=("argmax",))(_argextreme("argmax", np.argmax, np.max))
argmin = door(np.argmin, methods=("argmin",))(_argextreme("argmin", np.argmin, np.min))
nanargmax = door(np.nanargmax)(_argextreme("nanargmax", np.nanargmax, np.nanmax))
nanargmin = door(np.nanargmin)(_argextreme("nanargmin", np.nanargmin, np.nanmin))


def _among(_y: Array, a: Array, v: Array, **_static: Any) -> Array:
    """Return True where a value equals one of those that it is sorted into."""
    return np.any(np.expand_dims(v, -1) == a, axis=-1)


def _below(a: Array, v: Array, *, equal: bool) -> Array:
    """Return how many of the sorted values lie below, or below or at, each of the others."""
    each = np.expand_dims(v, -1)
    return np.sum(a <= each if equal else a < each, axis=-1)


searchsorted_: Rule = predicate(
    "searchsorted",
    lambda a, v, side, sorter: np.searchsorted(a, v, side=side, sorter=sorter),
    arity=None,
    facts=Facts(
        nature="jump", tie=_among, near=lambda a, v, side, sorter: _below(a if sorter is None else a[sorter], v, equal=side == "right")
    ),
    doc="where values belong in a sorted array",
)


@door(np.searchsorted, methods=("searchsorted",))
def searchsorted(a: Array, v: Array, side: str = "left", sorter: Any = None) -> Array:
    """Return where ``v`` belongs in the sorted ``a``: positions, which have no gradient."""
    return searchsorted_(a, v, side=side, sorter=None if sorter is None else np.asarray(sorter))


digitize_: Rule = predicate(
    "digitize",
    lambda x, bins, right: np.digitize(x, bins, right=right),
    arity=None,
    facts=Facts(
        nature="jump",
        tie=lambda y, x, bins, right: _among(y, bins, x),
        near=lambda x, bins, right: _below(bins, x, equal=not right) if bins[0] <= bins[-1] else _below(-bins, -x, equal=right),
    ),
    doc="in which bin each value lies",
)


@door(np.digitize)
def digitize(x: Array, bins: Array, right: bool = False) -> Array:
    """Return in which bin each ``x`` lies: numbers of bins, which have no gradient."""
    return digitize_(x, bins, right=right)


@door(np.bincount)
def bincount(x: Array, /, weights: Array = None, minlength: int = 0) -> Array:
    """Return how often each whole number from 0 occurs in ``x``, or the sum of its ``weights``, in which it has a gradient.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda w: np.bincount([0, 2, 2], w)[2])(np.array([1.0, 2.0, 3.0]))
    array([0., 1., 1.])
    """
    x = x if hasattr(x, "ndim") else np.asarray(x)
    n = len(np.bincount(values(x), minlength=minlength))
    counted = np.ones(x.shape, np.intp) if weights is None else weights
    return add_along_(counted, x, axis=0, shape=(n,))
