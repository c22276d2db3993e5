"""Functions that are quadratic near 0 and linear far away: SciPy's building blocks of robust losses."""

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.root import leg
from tinygrad_loss.ops.scipy_ufunc import of_two

__all__ = ["huber", "pseudo_huber"]

SCALE = (0.5, 2.0)
ANYWHERE = (-3.0, 3.0)


def _huber(delta: Array, r: Array) -> Array:
    bounded = np.minimum(np.abs(r), delta)
    return np.where(delta < 0, np.inf, bounded * (np.abs(r) - 0.5 * bounded))


huber_ = elementwise(
    "huber",
    _huber,
    lambda _y, delta, r: np.maximum(np.abs(r) - delta, 0.0),
    lambda _y, delta, r: np.clip(r, -delta, delta),
    domain=(SCALE, ANYWHERE),
    doc=r"r^2 / 2 where |r| \le \delta, else \delta (|r| - \delta / 2)",
)
huber = of_two(huber_, "huber")


def _excess(delta: Array, r: Array) -> Array:
    """Return how much longer the hypotenuse is than ``delta``, without the cancellation of hypot - delta."""
    return r / np.where(r == 0, 1.0, delta + np.hypot(delta, r)) * r  # 0 where both are 0


pseudo_huber_ = elementwise(
    "pseudo_huber",
    lambda delta, r: delta * _excess(delta, r),
    lambda _y, delta, r: np.square(_excess(delta, r)) / np.where(r == 0, 1.0, np.hypot(delta, r)),
    lambda _y, delta, r: delta * leg(r, np.where(delta == 0, 1.0, delta)),
    domain=(SCALE, ANYWHERE),
    doc=r"\delta^2 (\sqrt{1 + (r / \delta)^2} - 1), smooth everywhere",
)
pseudo_huber = of_two(pseudo_huber_, "pseudo_huber")
