"""Functions that are quadratic near 0 and linear far away: SciPy's building blocks of robust losses."""

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
