"""Functions that are quadratic near 0 and linear far away: SciPy's building blocks of robust losses."""
"""Functions of a residual that grow more slowly than its square, exact from the smallest to the largest number."""

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array

__all__ = ["huber", "pseudo_huber"]

SCALE = (0.5, 2.0)
ANYWHERE = (-3.0, 3.0)


def _huber(delta: Array, r: Array) -> Array:
    bounded = np.minimum(np.abs(r), delta)
    return np.where(delta < 0, np.inf, bounded * (np.abs(r) - 0.5 * bounded))


huber = elementwise(
    "huber",
    _huber,
    lambda _y, delta, r: np.maximum(np.abs(r) - delta, 0.0),
    lambda _y, delta, r: np.clip(r, -delta, delta),
    numpy="huber",
    domain=(SCALE, ANYWHERE),
    doc=r"r^2 / 2 where |r| \le \delta, else \delta (|r| - \delta / 2)",
)


def _root(delta: Array, r: Array) -> Array:
    return np.hypot(1.0, r / delta)


def _pseudo_huber(delta: Array, r: Array) -> Array:
    return r * r / (1.0 + _root(delta, r))  # rather than delta^2 (root - 1), which cancels near 0


pseudo_huber = elementwise(
    "pseudo_huber",
    _pseudo_huber,
    lambda y, delta, r: 2.0 * y / delta - r / delta * r / _root(delta, r),
    lambda _y, delta, r: r / _root(delta, r),
    numpy="pseudo_huber",
    domain=(SCALE, ANYWHERE),
    doc=r"\delta^2 (\sqrt{1 + (r / \delta)^2} - 1), smooth everywhere",
)
from tinygrad_loss.engine.op import Array, Rule
__all__ = ["algebraic_sigmoid", "exp_remainder", "log_cosh", "log_one_plus_square", "pseudo_huber"]
LN2 = 0.6931471805599453
SERIES = 0.05
"""Below this size the first terms of e^x are subtracted by a series, because the difference would lose its digits."""
def _log_cosh(x: Array) -> Array:
    a = np.abs(x)
    half = np.tanh(np.minimum(a, 1.0) * 0.5)
    small = np.log1p(half * half * 2.0 / (1.0 - half * half))
    return np.where(a < 1, small, a + np.log1p(np.exp(a * -2.0)) - LN2)
log_cosh: Rule = elementwise("log_cosh", _log_cosh, lambda _y, x: np.tanh(x), doc=r"\log \cosh x")
def _cubed_cosine(x: Array) -> Array:
    h = np.hypot(x, 1.0)
    return 1.0 / h / h / h
algebraic_sigmoid: Rule = elementwise(
    "algebraic_sigmoid",
    lambda x: np.tanh(np.arcsinh(x)),
    lambda _y, x: _cubed_cosine(x),
    doc=r"x / \sqrt{1 + x^2}, which is 1 at infinity",
pseudo_huber: Rule = elementwise(
    lambda x: x * np.tanh(np.arcsinh(x) * 0.5),
    lambda _y, x: algebraic_sigmoid(x),
    doc=r"\sqrt{1 + x^2} - 1, without cancellation near 0",
def _log_one_plus_square(x: Array) -> Array:
    a = np.abs(x)
    small, large = np.minimum(a, 1.0), np.maximum(a, 1.0)
    return np.where(a < 1, np.log1p(small * small), np.log(large) * 2.0 + np.log1p(1.0 / large / large))
log_one_plus_square: Rule = elementwise(
    "log_one_plus_square",
    _log_one_plus_square,
    lambda _y, x: algebraic_sigmoid(x) * 2.0 / np.hypot(x, 1.0),
    doc=r"\log(1 + x^2), also where x^2 is too large for a number",
def _exp_remainder(x: Array) -> Array:
    series = x * x * (0.5 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720 + x * (1 / 5040 + x / 40320))))))
    return np.where(np.abs(x) < SERIES, series, np.expm1(x) - x)
exp_remainder: Rule = elementwise("exp_remainder", _exp_remainder, lambda _y, x: np.expm1(x), doc=r"e^x - 1 - x, exact near 0")
