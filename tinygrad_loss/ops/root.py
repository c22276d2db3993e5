"""Roots, and the length of the hypotenuse: where the argument is 0 the slope is infinite, or there is a cone's tip."""

from typing import Final

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array, Facts, Rule

__all__ = ["cbrt", "hypot", "sqrt"]

POSITIVE: Final = (0.3, 3.0)

sqrt = elementwise(
    "sqrt",
    np.sqrt,
    lambda y, _x: 0.5 / y,
    numpy=np.sqrt,
    facts=Facts(nature="infinite", tie=lambda _y, x: x == 0, exponent=0.5),
    domain=POSITIVE,
    doc=r"\sqrt x",
)
cbrt = elementwise(
    "cbrt",
    np.cbrt,
    lambda y, _x: 1.0 / (3.0 * (y * y)),
    numpy=(np.cbrt, "cbrt"),
    facts=Facts(nature="infinite", tie=lambda _y, x: x == 0, exponent=1 / 3),
    domain=POSITIVE,
    doc=r"\sqrt[3] x",
)


def nonzero(y: Array) -> Array:
    """Return ``y`` with 1 in place of 0: a length to divide by, where 0 / 0 shall be 0."""
    return np.where(y == 0, 1.0, y)


hypot = elementwise(
    "hypot",
    np.hypot,
    lambda _y, a, b: leg(a, b),
    lambda _y, a, b: leg(b, a),
    numpy=np.hypot,
    facts=Facts(nature="kink", tie=lambda y, _a, _b: y == 0, near=lambda a, b: np.sqrt(a * a + b * b)),
    doc=r"\sqrt{a^2 + b^2}, without overflow",
)


def _per_length(x: Array, a: Array, b: Array) -> Array:
    return x / nonzero(np.hypot(a, b))


leg: Rule = elementwise(
    "leg",
    lambda a, b: _per_length(a, a, b),
    lambda _y, a, b: _per_length(np.square(leg(b, a)), a, b),  # not (1 - y * y) / hypot, which cancels
    lambda y, a, b: _per_length(-y * leg(b, a), a, b),
    facts=Facts(nature="jump", tie=lambda _y, a, b: (a == 0) & (b == 0), near=lambda a, b: a / nonzero(np.sqrt(a * a + b * b))),
    doc=r"a / \sqrt{a^2 + b^2}, and 0 at the origin, where it jumps",
)
