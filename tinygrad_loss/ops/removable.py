"""Quotients whose hole at 0 is no hole: their derivatives of every order are integrals, exact at 0 as well."""

import math
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import door, elementwise
from tinygrad_loss.engine.op import Array, Rule

__all__ = ["exprel", "sinc"]

SERIES_TERMS: Final = 60
NEAR: Final = 4.0
"""Up to this plus the order the series is used; beyond it the recurrence in the order keeps its digits."""


def _series(z: np.ndarray, order: int, step: int) -> np.ndarray:
    r"""Return the ``order``-th derivative of $\sum_m s_m z^m / (m + 1)!$ over every ``step``-th m, with $s_m = (-1)^{m/2}$ for step 2."""
    total = np.zeros_like(z)
    for m in range(SERIES_TERMS, order - 1, -1):
        total = total * z
        if m % step == 0:
            sign = -1 if step == 2 and m % 4 else 1
            total = total + sign / ((m + 1) * math.factorial(m - order))
    return total


def _sinc_slope(z: Any, order: int) -> Any:
    r"""Return the ``order``-th derivative of $\sin(z) / z$: $\int_0^1 t^n \cos(z t + n \pi / 2) dt$."""
    double = np.asarray(z, np.float64)
    near = np.abs(double) < NEAR + order
    inside = np.where(near, double, 0.0)
    outside = np.where(near, np.inf, double)
    far = np.sin(double) / outside
    for n in range(1, order + 1):
        far = (np.sin(double + n * (math.pi / 2)) - n * far) / outside
    return np.where(near, _series(inside, order, 2), far).astype(z.dtype)[()]


def _exprel_slope(x: Any, order: int) -> Any:
    r"""Return the ``order``-th derivative of $(e^x - 1) / x$: $\int_0^1 t^n e^{x t} dt$."""
    double = np.asarray(x, np.float64)
    near = np.abs(double) < NEAR + order
    inside, outside = np.where(near, double, 0.0), np.where(near, np.inf, double)
    with np.errstate(over="ignore", invalid="ignore"):
        growth = np.exp(double)
        far = np.expm1(double) / outside
        for n in range(1, order + 1):
            far = np.where(np.isinf(growth), growth, (growth - n * far) / outside)
    positive = _series(np.maximum(inside, 0.0), order, 1)
    return np.where(near, np.where(inside < 0, _kummer(np.minimum(inside, 0.0), order), positive), far).astype(
        x.dtype if x.dtype.kind == "f" else double.dtype
    )[()]


def _kummer(x: np.ndarray, order: int) -> np.ndarray:
    r"""Return the same for x < 0, as $e^x \sum_k (-x)^k / ((n + 1) \dots (n + 1 + k))$, whose terms have one sign."""
    total = np.zeros_like(x)
    for k in range(SERIES_TERMS, -1, -1):
        total = (1.0 - x * total) / (order + 1 + k)
    return np.exp(x) * total


sinc_: Rule = elementwise(
    "sinc",
    lambda x, order: np.sinc(x) if order == 0 else _sinc_slope(math.pi * x, order),
    lambda _y, x, order: math.pi * sinc_(x, order=order + 1),
    static=True,
    doc=r"\sin(\pi x) / (\pi x), or a derivative of \sin(z) / z at z = \pi x",
)
exprel_: Rule = elementwise(
    "exprel",
    lambda x, order: _exprel_slope(x, order),
    lambda _y, x, order: exprel_(x, order=order + 1),
    static=True,
    doc=r"(e^x - 1) / x, or a derivative of it",
)


@door(np.sinc)
def sinc(x: Array) -> Array:
    r"""Return $\sin(\pi x) / (\pi x)$, smooth at 0 as well.

    >>> import numpy as np, tinygrad_loss as tl
    >>> round(float(tl.grad(tl.grad(np.sinc))(0.0)), 6) == round(-np.pi**2 / 3, 6)
    True
    """
    return sinc_(x if hasattr(x, "ndim") else np.asarray(x, np.float64), order=0)


@door("exprel")
def exprel(x: Array) -> Array:
    r"""Return $(e^x - 1) / x$, smooth at 0 as well.

    >>> import tinygrad_loss as tl
    >>> float(tl.grad(tl.ops.exprel)(0.0))
    0.5
    """
    return exprel_(x if hasattr(x, "ndim") else np.asarray(x, np.float64), order=0)
