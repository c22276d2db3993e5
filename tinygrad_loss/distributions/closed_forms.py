"""Closed forms of KL(p || q), by pairs of families."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions.bounded import Beta, Uniform, VonMises
from tinygrad_loss.distributions.categorical import Categorical, Multinomial
from tinygrad_loss.distributions.counts import NegativeBinomial, Poisson
from tinygrad_loss.distributions.dirichlet import Dirichlet
from tinygrad_loss.distributions.divergence import Estimate, kl_divergence, register_kl
from tinygrad_loss.distributions.heavy_tailed import Cauchy
from tinygrad_loss.distributions.operand import numbers
from tinygrad_loss.distributions.positive import Exponential, Gamma, Weibull
from tinygrad_loss.distributions.skewed import EULER, Gumbel
from tinygrad_loss.distributions.skewed_positive import InverseGaussian, LogNormal
from tinygrad_loss.distributions.symmetric import LOG_SQRT_TAU, Laplace, Normal
from tinygrad_loss.distributions.transformed import Independent
from tinygrad_loss.distributions.trials import Bernoulli, Binomial, Geometric
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops import bessel, error_function, special
from tinygrad_loss.ops.bregman import gamma_above_tangent, log_bessel_above_tangent, remainder_above_tangent
from tinygrad_loss.ops.residual import exp_remainder, log_one_plus_square
from tinygrad_loss.ops.stirling import log_ratio

__all__: list[str] = []

# ---- location and scale -------------------------------------------------------------------------------------------------


@register_kl(Normal, Normal)
def _normal(p: Any, q: Any) -> Array:
    away = (p.loc - q.loc) / q.scale
    return 0.5 * (exp_remainder(2.0 * log_ratio(p.scale, q.scale)) + away * away)


@register_kl(LogNormal, LogNormal)
def _lognormal(p: Any, q: Any) -> Array:
    return _normal(p, q)


@register_kl(Laplace, Laplace)
def _laplace(p: Any, q: Any) -> Array:
    away = np.abs(p.loc - q.loc) / p.scale
    return p.scale / q.scale * exp_remainder(-away) + exp_remainder(log_ratio(p.scale, q.scale))


@register_kl(Normal, Laplace)
def _normal_laplace(p: Any, q: Any) -> Array:
    z = (p.loc - q.loc) / p.scale
    mean_distance = p.scale * math.sqrt(2 / math.pi) * np.exp(-0.5 * z * z) + (p.loc - q.loc) * error_function.erf(z * math.sqrt(0.5))
    return mean_distance / q.scale + math.log(2) + np.log(q.scale) - np.log(p.scale) - LOG_SQRT_TAU - 0.5


@register_kl(Laplace, Normal)
def _laplace_normal(p: Any, q: Any) -> Array:
    away, ratio = (p.loc - q.loc) / q.scale, p.scale / q.scale
    return 0.5 * away * away + ratio * ratio - np.log(ratio) + LOG_SQRT_TAU - 1.0 - math.log(2)


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Any, q: Any) -> Array:
    scales = (p.scale - q.scale) / (2.0 * np.sqrt(p.scale) * np.sqrt(q.scale))
    return log_one_plus_square(scales) + log_one_plus_square((p.loc - q.loc) / (p.scale + q.scale))


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Any, q: Any) -> Array:
    return _of_exponential_tails(p.scale / q.scale, (p.scale - q.scale) / q.scale, (q.loc - p.loc) / q.scale)


def _of_exponential_tails(ratio: Array, step: Array, away: Array) -> Array:
    r"""Return $e^x - 1 - x + \log \Gamma(r) - (r - 1) \psi(1)$ for a ratio of spreads $r = 1 + step$ and $x = away + \log \Gamma(1 + r)$."""
    near = np.abs(step) < 0.5
    one, small, other = np.ones_like(ratio), np.where(near, step, 0.0), np.where(near, 1.0, ratio)
    above = np.where(near, gamma_above_tangent(one, small), special.gammaln(other) + EULER * step)
    log_gamma = np.where(near, gamma_above_tangent(2.0 * one, small) + small * (1.0 - EULER), special.gammaln(1.0 + other))
    return exp_remainder(away + log_gamma) + above


@register_kl(Uniform, Uniform)
def _uniform(p: Any, q: Any) -> Array:
    inside = (q.low <= p.low) & (p.high <= q.high)
    return np.where(inside, np.log1p(((q.high - p.high) + (p.low - q.low)) / (p.high - p.low)), math.inf)


@register_kl(VonMises, VonMises)
def _von_mises(p: Any, q: Any) -> Array:
    length = bessel.i1e(p.concentration) / bessel.i0e(p.concentration)
    half = np.sin(0.5 * (p.loc - q.loc))
    scales = log_bessel_above_tangent(p.concentration, q.concentration - p.concentration)
    return 2.0 * q.concentration * length * half * half + scales


# ---- positive values ----------------------------------------------------------------------------------------------------


@register_kl(Exponential, Exponential)
def _exponential(p: Any, q: Any) -> Array:
    return exp_remainder(log_ratio(q.rate, p.rate))


@register_kl(Gamma, Gamma)
def _gamma(p: Any, q: Any) -> Array:
    a, b = p.concentration, q.concentration
    means = log_ratio(q.rate, p.rate) - log_ratio(b, a)
    return remainder_above_tangent(a, b - a) + b * exp_remainder(means)


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Any, q: Any) -> Array:
    return _gamma(Gamma(np.ones_like(p.rate), p.rate), q)


@register_kl(Gamma, Exponential)
def _gamma_exponential(p: Any, q: Any) -> Array:
    return _gamma(p, Gamma(np.ones_like(q.rate), q.rate))


@register_kl(Weibull, Weibull)
def _weibull(p: Any, q: Any) -> Array:
    k, m = p.concentration, q.concentration
    return _of_exponential_tails(m / k, (m - k) / k, m * log_ratio(p.scale, q.scale))


@register_kl(Weibull, Exponential)
def _weibull_exponential(p: Any, q: Any) -> Array:
    k = p.concentration
    return _of_exponential_tails(1.0 / k, (1.0 - k) / k, log_ratio(q.rate, 1.0 / p.scale))


@register_kl(InverseGaussian, InverseGaussian)
def _inverse_gaussian(p: Any, q: Any) -> Array:
    away = (p.loc - q.loc) / q.loc
    return 0.5 * (exp_remainder(log_ratio(q.concentration, p.concentration)) + q.concentration * away * away / p.loc)


@register_kl(Beta, Beta)
def _beta(p: Any, q: Any) -> Array:
    return _of_shares([(p.concentration1, q.concentration1), (p.concentration0, q.concentration0)])


@register_kl(Beta, Uniform)
def _beta_uniform(p: Any, q: Any) -> Array:
    wider = np.log1p((q.high - 1.0) - q.low)
    flat = _of_shares([(a, np.ones_like(a)) for a in (p.concentration1, p.concentration0)])
    return np.where((q.low <= 0.0) & (q.high >= 1.0), flat + wider, math.inf)


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Any, q: Any) -> Array:
    a, b = np.broadcast_arrays(p.concentration, q.concentration)
    return _of_shares([(a[..., i], b[..., i]) for i in range(a.shape[-1])])


def _of_shares(pairs: Sequence[tuple[Array, Array]]) -> Array:
    """Add up over the concentrations a of p and b of q: how far the shares of their sums differ, and how sharp they are."""
    whole, other, step = sum(a for a, _ in pairs), sum(b for _, b in pairs), sum(b - a for a, b in pairs)
    near = np.abs(step) < 0.5 * whole
    sums = np.where(near, -np.log1p(np.where(near, step, 0.0) / whole), log_ratio(whole, other))
    total = -remainder_above_tangent(whole, step)
    for a, b in pairs:
        total = total + remainder_above_tangent(a, b - a) + b * exp_remainder(log_ratio(a, b) - sums)
    return total


# ---- classes and counts ---------------------------------------------------------------------------------------------------


def _relative(a: Array, b: Array, log_ratio_of_b: Array) -> Array:
    r"""Return $a \log(a / b) - a + b$, whose sum over all outcomes is the divergence, from $\log(b / a)$: no term is negative."""
    return np.where(a == 0, b, a * exp_remainder(np.where(a == 0, 0.0, log_ratio_of_b)))


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Any, q: Any) -> Array:
    a, b, c, d = p.probs, q.probs, p._complement(), q._complement()  # noqa: SLF001  1 - p without cancellation
    if p._by_logits and q._by_logits:  # noqa: SLF001
        gap = q.logits - p.logits
        near = np.abs(gap) < 1.0
        step = np.where(near, gap, 0.0)
        successes = np.where(near, -np.log1p(np.expm1(-step) * c), q._successes(1.0) - p._successes(1.0))  # noqa: SLF001
        failures = np.where(near, -np.log1p(np.expm1(step) * a), q._failures(1.0) - p._failures(1.0))  # noqa: SLF001
    else:
        share = (a - b) / c
        near = np.abs(share) < 0.5
        successes = log_ratio(b, a)
        failures = np.where(near, np.log1p(np.where(near, share, 0.0)), log_ratio(d, c))
    return _relative(a, b, successes) + _relative(c, d, failures)


def _same_count(p: Any, q: Any) -> None:
    n, m = numbers(p.total_count), numbers(q.total_count)
    if n is not None and m is not None and not np.all(n == m):
        rule = "both must have the same total_count for a closed form"
        raise errors.DomainError(errors.say("kl_divergence", rule, f"{n} and {m}", f"{type(q).__name__}(p.total_count, probs=...)"))


@register_kl(Binomial, Binomial)
def _binomial(p: Any, q: Any) -> Array:
    _same_count(p, q)
    return p.total_count * _bernoulli(p, q)


@register_kl(Geometric, Geometric)
def _geometric(p: Any, q: Any) -> Array:
    return _bernoulli(p, q) / p.probs


@register_kl(NegativeBinomial, NegativeBinomial)
def _negative_binomial(p: Any, q: Any) -> Array:
    _same_count(p, q)
    return p.total_count * _bernoulli(p, q) / p._complement()  # noqa: SLF001


@register_kl(Poisson, Poisson)
def _poisson(p: Any, q: Any) -> Array:
    return _relative(p.rate, q.rate, log_ratio(q.rate, p.rate))


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Any, q: Any) -> Array:
    c = p._complement()  # noqa: SLF001
    none = _relative(c, np.ones_like(c), -p._failures(1.0))  # noqa: SLF001
    return none + _relative(p.probs, q.rate, np.log(q.rate) - p._successes(1.0))  # noqa: SLF001


@register_kl(Categorical, Categorical)
def _categorical(p: Any, q: Any) -> Array:
    if p.classes != q.classes:
        rule, got = "both must be of the same classes", f"{p.classes} and {q.classes} classes"
        raise errors.ShapeError(errors.say("kl_divergence", rule, got, f"q of {p.classes} classes"))
    a, b = p.probs, q.probs
    if p._by_logits and q._by_logits:  # noqa: SLF001
        gap = q._logits - p._logits  # noqa: SLF001
        near = np.all(np.abs(gap) < 1.0, axis=-1, keepdims=True)
        step = np.where(near, gap, 0.0)
        normed = step - np.log1p(np.sum(a * np.expm1(step), axis=-1, keepdims=True))
        ratios = np.where(near, normed, q.logits - p.logits)
    else:
        ratios = q.logits - p.logits if p._by_logits or q._by_logits else log_ratio(b, a)  # noqa: SLF001
    return np.sum(_relative(a, b, ratios), axis=-1)


@register_kl(Multinomial, Multinomial)
def _multinomial(p: Any, q: Any) -> Array:
    _same_count(p, q)
    return p.total_count * _categorical(p, q)


@register_kl(Independent, Independent)
def _independent(p: Any, q: Any) -> Array:
    n = p.reinterpreted_batch_ndims
    if n != q.reinterpreted_batch_ndims:
        raise errors.shapes(
            "kl_divergence", "both must have the same event axes", [p.event_shape, q.event_shape], "Independent(q.base_distribution, n)"
        )
    inner = kl_divergence(p.base_distribution, q.base_distribution)
    if isinstance(inner, Estimate):
        rule = "independent variables have a closed form only where each has one"
        raise errors.NoRuleError(
            errors.say("kl_divergence", rule, "a pair without one", "kl_divergence(p.base_distribution, q.base_distribution)")
        )
    return np.sum(inner, axis=tuple(range(-n, 0))) if n else inner
