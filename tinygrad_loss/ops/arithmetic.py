"""Sums, products, quotients and powers."""

import operator
from typing import Final

import numpy as np

from tinygrad_loss.engine.declare import door, elementwise, unbroadcast
from tinygrad_loss.engine.op import Array, Facts, Rule

__all__ = ["add", "divide", "float_power", "multiply", "negative", "positive", "power", "reciprocal", "square", "subtract"]

POSITIVE: Final = (0.3, 3.0)
LARGEST_UNROLLED: Final = 64
"""Integer exponents up to this become multiplications: ``np.power`` is 250 times slower than ``x * x * x``."""


def _quotient_along(da: Array | None, db: Array | None, y: Array, b: Array) -> Array | None:
    """Return the derivative of a quotient y along steps of both operands, divided first, as in backward."""
    ahead = None if da is None else da / b
    back = None if db is None else db / b * -y
    return back if ahead is None else ahead if back is None else ahead + back


add = elementwise("add", operator.add, 1, 1, numpy=np.add, methods=("__add__", "__radd__"), doc=r"a + b")
subtract = elementwise("subtract", operator.sub, 1, -1, numpy=np.subtract, methods=("__sub__", "__rsub__"), doc=r"a - b")
multiply = elementwise(
    "multiply",
    operator.mul,
    lambda _y, _a, b: b,
    lambda _y, a, _b: a,
    vjps=(
        lambda g, _y, a, b: r if (r := g * b).shape == a.shape else unbroadcast(r, a.shape),
        lambda g, _y, a, b: r if (r := g * a).shape == b.shape else unbroadcast(r, b.shape),
    ),
    numpy=np.multiply,
    methods=("__mul__", "__rmul__"),
    doc=r"a \cdot b",
)
divide = elementwise(
    "divide",
    operator.truediv,
    lambda y, _a, b: np.ones_like(y) / b,  # a Python 0 divides like any other
    lambda y, _a, b: -y / b,
    vjps=(
        lambda g, _y, a, b: unbroadcast(g / b, a.shape),  # one rounding, where g * (1 / b) has two
        lambda g, y, _a, b: unbroadcast(g / b * -y, b.shape),  # y / b may underflow where g is large
    ),
    jvp=lambda dx, y, _a, b: _quotient_along(dx[0], dx[1], y, b),
    numpy=np.divide,
    methods=("__truediv__", "__rtruediv__"),
    facts=Facts(nature="infinite", tie=lambda _y, _a, b: b == 0, exponent=-1.0),
    domain=((-3.0, 3.0), POSITIVE),
    doc=r"a / b",
)
negative = elementwise("negative", operator.neg, -1, numpy=np.negative, methods=("__neg__",), doc=r"-x")
positive = elementwise("positive", operator.pos, 1, numpy=np.positive, methods=("__pos__",), doc=r"x")
square = elementwise("square", lambda x: x * x, lambda _y, x: x * 2.0, numpy=np.square, doc=r"x^2")
reciprocal = elementwise(
    "reciprocal",
    lambda x: 1.0 / x,
    lambda y, _x: -(y * y),
    numpy=np.reciprocal,
    facts=Facts(nature="infinite", tie=lambda _y, x: x == 0, exponent=-1.0),
    domain=POSITIVE,
    doc=r"1 / x",
)


def _multiply_out(x: Array, exponent: int) -> Array:
    """Return ``x ** exponent`` for an integer exponent, by squaring."""
    if exponent < 0:
        return 1.0 / _multiply_out(x, -exponent)
    if exponent == 0:
        return np.ones_like(x)
    if exponent > LARGEST_UNROLLED:
        return np.power(x, exponent)
    half = x
    result = None
    while True:
        if exponent & 1:
            result = half if result is None else result * half
        exponent >>= 1
        if not exponent:
            return result
        half = half * half


integer_power: Rule = elementwise(
    "integer_power",
    _multiply_out,
    lambda _y, x, exponent: np.zeros_like(x) if exponent == 0 else float(exponent) * integer_power(x, exponent=exponent - 1),
    static=True,
    facts=Facts(nature="infinite", tie=lambda _y, x, exponent: (x == 0) & (exponent < 0)),
    doc=r"x^n with a whole number n",
)
real_power: Rule = elementwise(
    "real_power",
    lambda x, exponent: np.power(x, exponent),
    lambda _y, x, exponent: exponent * real_power(x, exponent=exponent - 1.0),
    static=True,
    facts=Facts(nature="infinite", tie=lambda _y, x, exponent: x == 0),
    domain=POSITIVE,
    doc=r"x^p with a fixed real p, for x >= 0",
)


def _at_rest(y: Array, a: Array, b: Array) -> Array:
    """Where a power of 0 stays what it is when the exponent grows."""
    return (y == 0) | ((a == 0) & (b == 0))


general_power: Rule = elementwise(
    "power",
    operator.pow,
    lambda _y, a, b: np.where(b == 0, 0.0, b * general_power(a, np.where(b == 0, 1.0, b - 1.0))),
    lambda y, a, b: np.where(_at_rest(y, a, b), 0.0, y * np.log(np.where(_at_rest(y, a, b), 1.0, a))),
    facts=Facts(nature="infinite", tie=lambda _y, a, _b: a == 0),
    domain=(POSITIVE, (-2.0, 2.0)),
    doc=r"a^b",
)


@door(np.power, methods=("__pow__", "__rpow__"))
def power(a: Array, b: Array) -> Array:
    r"""Raise ``a`` to the power ``b``: $a^b$.

    A Python number as exponent stays exact at 0: ``x ** 2`` is a product, ``x ** 0.5`` a square root.

    >>> import tinygrad_loss as tl
    >>> tl.grad(lambda x: x**3)(2.0)
    array(12.)
    """
    if type(b) is int or (type(b) is float and b.is_integer()):
        return integer_power(a, exponent=int(b))
    if type(b) is float:
        return np.sqrt(a) if b == 0.5 else real_power(a, exponent=b)
    return general_power(a, b)


@door(np.float_power)
def float_power(a: Array, b: Array) -> Array:
    """Raise ``a`` to the power ``b`` in at least double precision.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.float_power(x, 2))(3.0)
    array(6.)
    """
    double = [x.astype(np.float64) if hasattr(x, "astype") else x for x in (a, b)]
    return power(*double)
