"""Continuous ranked probability scores of a residual r in units of a scale s: s h(r / s), whose slopes stay finite far out."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.error_function import erf, erfc
from tinygrad_loss.ops.exponential import expit

__all__ = ["ranked_laplace", "ranked_logistic", "ranked_normal"]

Function = Callable[[Array], Array]
ROOT_HALF: Final = math.sqrt(0.5)
ROOT_TWO_OVER_PI: Final = math.sqrt(2.0 / math.pi)
ROOT_PI: Final = math.sqrt(math.pi)


def _ranked(name: str, less: Function, slope: Function, per_scale: Function, doc: str) -> Rule:
    """Declare $|r| + s m(|r| / s)$ by m, which far out tends to a constant, by h' and by $h(w) - w h'(w)$, the slope in s."""
    return elementwise(
        name,
        lambda r, s: np.abs(r) + s * less(np.abs(r / s)),
        lambda _y, r, s: slope(r / s),
        lambda _y, r, s: per_scale(np.abs(r / s)),
        domain=((-3.0, 3.0), (0.3, 3.0)),
        doc=doc,
    )


def _fading(a: Array) -> Array:
    """Return ``a``, or 0 where it is infinite, for a product with what falls faster than every power."""
    return np.where(np.isinf(a), 0.0, a)


def _density(a: Array) -> Array:
    """Return twice the density of the standard normal distribution."""
    return np.exp(a * a * -0.5) * ROOT_TWO_OVER_PI


ranked_normal = _ranked(
    "ranked_normal",
    lambda a: _density(a) - _fading(a) * erfc(a * ROOT_HALF) - 1.0 / ROOT_PI,
    lambda w: erf(w * ROOT_HALF),
    lambda a: _density(a) - 1.0 / ROOT_PI,
    r"r (2 \Phi(r/s) - 1) + s (2 \phi(r/s) - 1/\sqrt\pi)",
)
ranked_laplace = _ranked(
    "ranked_laplace",
    lambda a: np.exp(-a) - 0.75,
    lambda w: -np.sign(w) * np.expm1(-np.abs(w)),
    lambda a: np.exp(-a) * (1.0 + _fading(a)) - 0.75,
    r"|r| + s (e^{-|r|/s} - 3/4)",
)
ranked_logistic = _ranked(
    "ranked_logistic",
    lambda a: 2.0 * np.log1p(np.exp(-a)) - 1.0,
    lambda w: np.tanh(w * 0.5),
    lambda a: 2.0 * (np.log1p(np.exp(-a)) + _fading(a) * expit(-a)) - 1.0,
    r"|r| + s (2 \log(1 + e^{-|r|/s}) - 1)",
)
