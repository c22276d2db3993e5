"""Functions of a residual that grow more slowly than its square, exact from the smallest to the largest number."""

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array, Rule

__all__ = ["algebraic_sigmoid", "exp_remainder", "log_one_plus_square", "power_remainder", "root_remainder"]

FAR = 1e4
"""Here e^x is infinite in every dtype, and less infinity it would be nan."""
SERIES = 0.05
"""Below this size the first terms of e^x are subtracted by a series, because the difference would lose its digits."""


def _cubed_cosine(x: Array) -> Array:
    h = np.hypot(x, 1.0)
    return 1.0 / h / h / h


algebraic_sigmoid: Rule = elementwise(
    "algebraic_sigmoid",
    lambda x: np.tanh(np.arcsinh(x)),
    lambda _y, x: _cubed_cosine(x),
    doc=r"x / \sqrt{1 + x^2}, which is 1 at infinity",
)
root_remainder: Rule = elementwise(
    "root_remainder",
    lambda x: x * np.tanh(np.arcsinh(x) * 0.5),
    lambda _y, x: algebraic_sigmoid(x),
    doc=r"\sqrt{1 + x^2} - 1, without cancellation near 0",
)


def _log_one_plus_square(x: Array) -> Array:
    a = np.abs(x)
    small, large = np.minimum(a, 1.0), np.maximum(a, 1.0)
    return np.where(a < 1, np.log1p(small * small), np.log(large) * 2.0 + np.log1p(1.0 / large / large))


log_one_plus_square: Rule = elementwise(
    "log_one_plus_square",
    _log_one_plus_square,
    lambda _y, x: algebraic_sigmoid(x) * 2.0 / np.hypot(x, 1.0),
    doc=r"\log(1 + x^2), also where x^2 is too large for a number",
)


power_remainder: Rule = elementwise(
    "power_remainder",
    lambda x, exponent: np.expm1(log_one_plus_square(x) * exponent),
    lambda _y, x, exponent: algebraic_sigmoid(x) * np.exp(log_one_plus_square(x) * (exponent - 0.5)) * (2.0 * exponent),
    static=True,
    doc=r"(1 + x^2)^a - 1, without cancellation near 0 and with its slopes far out",
)


def _exp_remainder(x: Array) -> Array:
    series = x * x * (0.5 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720 + x * (1 / 5040 + x / 40320))))))
    return np.where(np.abs(x) < SERIES, series, np.expm1(x) - np.minimum(x, FAR))


exp_remainder: Rule = elementwise("exp_remainder", _exp_remainder, lambda _y, x: np.expm1(x), doc=r"e^x - 1 - x, exact near 0")
