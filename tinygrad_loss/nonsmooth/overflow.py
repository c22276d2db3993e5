"""Results that left the range of floating-point numbers: too large or too small for one, though the function is neither there."""

from typing import Final

import numpy as np

from tinygrad_loss.engine.finiteness import UNSTATED
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.reverse import own_ties
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nonsmooth.germ import ONE, Germ, degree

__all__ = ["known_part", "overflown", "underflown"]

POSITIVE: Final = frozenset({"exp", "exp2", "sigmoid", "softmax", "erfc"})
"""Ops that are never 0."""
ZERO_AT_ZERO: Final = frozenset({"multiply", "square", "integer_power", "real_power", "divide", "reciprocal"})
"""Ops that are 0 only where an operand is, or where a divisor is infinite."""


def overflown(t: Tensor) -> np.ndarray:
    """Return where a recorded result is infinite though no operand is, and the op stands at no pole."""
    y = np.asarray(t.value)
    if y.dtype.kind != "f" or t.node[0].name in UNSTATED or not np.any(infinite := np.isinf(y)):
        return np.zeros(y.shape, bool)
    for x in t.inputs:
        value = np.asarray(x.value if type(x) is Tensor else x)
        if value.dtype.kind == "f":
            finite = np.isfinite(value)
            infinite &= finite if t.node[0].by_entry else bool(np.all(finite))
    facts = t.node[0].facts
    return infinite if facts is None else infinite & ~np.asarray(own_ties(t))


def underflown(t: Tensor) -> bool:
    """Whether a recorded result holds a 0 that is a number too small to be told from it."""
    op, inputs, _ = t.node
    if t.dtype.kind != "f" or (op.name not in POSITIVE and op.name not in ZERO_AT_ZERO):
        return False
    zero = np.asarray(t.value) == 0
    if op.name in ZERO_AT_ZERO:
        for x in inputs:
            value = np.asarray(x.value if type(x) is Tensor else x)
            zero = zero & (value != 0) & np.isfinite(value)
    return bool(np.any(zero))


def known_part(y: Array, t: Tensor) -> Array:
    """Return the germ of a recorded result with what is too large for a number taken as unknown."""
    if not isinstance(y, Germ) or all(np.all(np.isfinite(c) | np.isnan(c)) for c in y.terms.values()):
        return y
    terms, order = dict(y.terms), np.broadcast_to(y.order, y.shape)
    for key, c in y.terms.items():
        large = np.broadcast_to(overflown(t), y.shape) if key == ONE else np.isinf(c)
        terms[key], order = np.where(large, 0.0, c), np.where(large, np.minimum(order, degree(key)), order)
    return y.like(terms, order).truncated()
