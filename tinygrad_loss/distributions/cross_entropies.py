"""Closed forms of KL(p || q) between different families: log q is a few moments of p, and p knows its entropy."""

import math
from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import Any, Final

import numpy as np

from tinygrad_loss.distributions.bounded import Beta, Uniform
from tinygrad_loss.distributions.divergence import register_kl
from tinygrad_loss.distributions.family import LocationScale
from tinygrad_loss.distributions.positive import Exponential, Gamma, Weibull
from tinygrad_loss.distributions.skewed import AsymmetricLaplace, Gumbel
from tinygrad_loss.distributions.skewed_positive import LogNormal
from tinygrad_loss.distributions.symmetric import LOG_SQRT_TAU, HyperbolicSecant, Laplace, Logistic, Normal
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.removable import exprel
from tinygrad_loss.ops.residual import exp_remainder
from tinygrad_loss.ops.stirling import log_ratio

__all__: list[str] = []

LARGE: Final = 100.0
"""From this concentration on Stirling's series has all digits, and an entropy too few."""
SMALL: Final = 1e-3
"""Up to this variance of the logarithm its series has all digits."""


@singledispatch
def _mean_above(p: Any, origin: Array) -> Array:
    """Return the distance of the mean of p from an origin; where both may be large, the parameters are subtracted first."""
    return p.mean - origin


@_mean_above.register
def _(p: LocationScale, origin: Array) -> Array:
    return (p.loc - origin) + p.scale * p._standard_mean()  # noqa: SLF001


@_mean_above.register
def _(p: Uniform, origin: Array) -> Array:
    return 0.5 * ((p.low - origin) + (p.high - origin))


@_mean_above.register
def _(p: Weibull, origin: Array) -> Array:
    return (p.scale - origin) + p.scale * np.expm1(p._log_moment(1.0))  # noqa: SLF001


def _from(families: Sequence[type], q: type) -> Callable[[Callable[[Any, Any], Array]], None]:
    """Declare a cross-entropy of each of some families with q: less the entropy of p it is the divergence."""

    def registered(cross_entropy: Callable[[Any, Any], Array]) -> None:
        for p in families:
            register_kl(p, q)(lambda p, q: cross_entropy(p, q) - p.entropy())

    return registered


def _to_normal(families: Sequence[type]) -> Callable[[Callable[[Any], Array]], Callable[[Any], Array]]:
    """Declare how far some families are from the Normal of their own mean and variance: a Normal is as much further as its own differ."""

    def registered(from_own_normal: Callable[[Any], Array]) -> Callable[[Any], Array]:
        def divergence(p: Any, q: Any) -> Array:
            away = _mean_above(p, q.loc) / q.scale
            return 0.5 * (away * away + exp_remainder(log_ratio(p.variance, q.scale * q.scale))) + from_own_normal(p)

        for p in families:
            register_kl(p, Normal)(divergence)
        return from_own_normal

    return registered


@_to_normal([Logistic, HyperbolicSecant, AsymmetricLaplace, Gumbel, Exponential, Weibull, Uniform])
def _lost_entropy(p: Any) -> Array:
    return 0.5 * np.log(p.variance) + (LOG_SQRT_TAU + 0.5) - p.entropy()


@_to_normal([LogNormal])
def _from_lognormal(p: Any) -> Array:
    square = p.scale * p.scale
    near = square < SMALL
    flat = np.where(near, square, 0.0)
    bend = np.where(near, np.square(flat) * (1 / 24 - np.square(flat) / 2880), np.log(exprel(square)) - 0.5 * square)
    return 0.75 * square + 0.5 * bend


@_to_normal([Gamma])
def _from_gamma(p: Any) -> Array:
    a = p.concentration
    far = a > LARGE
    u = 1.0 / np.maximum(a, LARGE)
    return np.where(far, u / 3.0 + _beyond_first(u), _lost_entropy(Gamma(np.where(far, LARGE, a), np.ones_like(a), validate_args=False)))


@_to_normal([Beta])
def _from_beta(p: Any) -> Array:
    a, b = p.concentration1, p.concentration0
    far = np.minimum(a, b) > LARGE
    c, d = np.where(far, a, LARGE), np.where(far, b, LARGE)
    u, v, w = 1.0 / c, 1.0 / d, 1.0 / (c + d)
    whole = w * w * (1 / 12 - w * (8 / 45 - w * (17 / 120 - w * 2 / 21)))
    series = np.square(c - d) * u * v * w / 3.0 + _beyond_first(u) + _beyond_first(v) + whole
    near = Beta(np.where(far, LARGE, a), np.where(far, LARGE, b), validate_args=False)
    return np.where(far, series, _lost_entropy(near))


def _beyond_first(u: Array) -> Array:
    """Return what a Gamma of concentration 1 / u lies from a Normal, less its first term u / 3; by Stirling's series."""
    return u * u * (1 / 12 + u * (1 / 90 - u * (1 / 120 + u * (1 / 210 - u / 252))))


@_from([LogNormal, Beta], Exponential)
def _of_the_mean(p: Any, q: Any) -> Array:
    return q.rate * p.mean - np.log(q.rate)


# ---- with a Gumbel: the mean of e^(-y) too, which is infinite where the left tail of p is too heavy ---------------------------


def _gumbel(p: Any, q: Any, log_tail: Array) -> Array:
    """Return the cross-entropy from the logarithm of the mean of e^(-z), z the distance from the mean of p in scales of q."""
    away = _mean_above(p, q.loc) / q.scale
    return np.log(q.scale) + away + np.exp(log_tail - away)


@_from([Normal], Gumbel)
def _normal(p: Any, q: Any) -> Array:
    ratio = p.scale / q.scale
    return _gumbel(p, q, 0.5 * ratio * ratio)


@_from([Laplace], Gumbel)
def _laplace(p: Any, q: Any) -> Array:
    ratio, rest = _shares_of_scale(p, q)
    return _gumbel(p, q, np.where(ratio < 1.0, -np.log(rest * (1.0 + ratio)), np.inf))


@_from([Logistic], Gumbel)
def _logistic(p: Any, q: Any) -> Array:
    ratio, rest = _shares_of_scale(p, q)
    sine = 2.0 * np.sin(0.5 * math.pi * ratio) * np.sin(0.5 * math.pi * rest)  # of pi times the ratio
    return _gumbel(p, q, np.where(ratio < 1.0, np.log(math.pi * ratio / sine), np.inf))


def _shares_of_scale(p: Any, q: Any) -> tuple[Array, Array]:
    """Return which share of the scale of q that of p is, and the share that is left, exact near 0; of a larger one, 1 and 1."""
    tail = p.scale < q.scale
    return np.where(tail, p.scale / q.scale, 1.0), np.where(tail, (q.scale - p.scale) / q.scale, 1.0)


@_from([Gamma, Exponential], Gumbel)
def _gamma(p: Any, q: Any) -> Array:
    shape = p.concentration if isinstance(p, Gamma) else 1.0
    return _gumbel(p, q, shape * exp_remainder(np.log1p(1.0 / (p.rate * q.scale))))
