"""Closed forms of KL(p || q) between different families: log q is a few moments of p, and p knows its entropy."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_loss.distributions.bounded import Beta, Uniform
from tinygrad_loss.distributions.counts import Poisson
from tinygrad_loss.distributions.divergence import register_kl
from tinygrad_loss.distributions.positive import Exponential, Gamma, Weibull
from tinygrad_loss.distributions.skewed import AsymmetricLaplace, Gumbel
from tinygrad_loss.distributions.skewed_positive import LogNormal
from tinygrad_loss.distributions.symmetric import LOG_SQRT_TAU, HyperbolicSecant, Laplace, Logistic, Normal
from tinygrad_loss.distributions.trials import Bernoulli
from tinygrad_loss.engine.op import Array

__all__: list[str] = []


def _from(families: Sequence[type], q: type) -> Callable[[Callable[[Any, Any], Array]], None]:
    """Declare a cross-entropy of each of some families with q: less the entropy of p it is the divergence."""

    def registered(cross_entropy: Callable[[Any, Any], Array]) -> None:
        for p in families:
            register_kl(p, q)(lambda p, q: cross_entropy(p, q) - p.entropy())

    return registered


@_from([Logistic, HyperbolicSecant, AsymmetricLaplace, Gumbel, Exponential, Gamma, Weibull, LogNormal, Beta, Uniform], Normal)
def _of_mean_and_variance(p: Any, q: Any) -> Array:
    away = (p.mean - q.loc) / q.scale
    return 0.5 * (away * away + p.variance / (q.scale * q.scale)) + np.log(q.scale) + LOG_SQRT_TAU


@_from([Weibull, LogNormal, Beta], Exponential)
def _of_the_mean(p: Any, q: Any) -> Array:
    return q.rate * p.mean - np.log(q.rate)


@_from([Beta], Uniform)
def _of_the_width(p: Any, q: Any) -> Array:
    del p
    return np.where((q.low <= 0.0) & (q.high >= 1.0), np.log(q.high - q.low), np.inf)


@_from([Bernoulli], Poisson)
def _of_none_or_one(p: Any, q: Any) -> Array:
    return q.rate - p.mean * np.log(q.rate)


# ---- with a Gumbel: the mean of e^(-y) too, which is infinite where the left tail of p is too heavy ---------------------------


def _gumbel(p: Any, q: Any, tail: Array) -> Array:
    away = (p.mean - q.loc) / q.scale
    return np.log(q.scale) + away + tail * np.exp(-away)


@_from([Normal], Gumbel)
def _normal(p: Any, q: Any) -> Array:
    ratio = p.scale / q.scale
    return _gumbel(p, q, np.exp(0.5 * ratio * ratio))


@_from([Laplace], Gumbel)
def _laplace(p: Any, q: Any) -> Array:
    ratio = p.scale / q.scale
    return _gumbel(p, q, np.where(ratio < 1.0, 1.0 / (1.0 - ratio * ratio), np.inf))


@_from([Logistic], Gumbel)
def _logistic(p: Any, q: Any) -> Array:
    angle = math.pi * (p.scale / q.scale)
    return _gumbel(p, q, np.where(angle < math.pi, angle / np.sin(angle), np.inf))


@_from([Gamma], Gumbel)
def _gamma(p: Any, q: Any) -> Array:
    step = 1.0 / (p.rate * q.scale)
    return _gumbel(p, q, np.exp(p.concentration * (step - np.log1p(step))))


@_from([Exponential], Gumbel)
def _exponential(p: Any, q: Any) -> Array:
    step = 1.0 / (p.rate * q.scale)
    return _gumbel(p, q, np.exp(step - np.log1p(step)))
