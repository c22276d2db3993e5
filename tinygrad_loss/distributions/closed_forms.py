"""Closed forms of KL(p || q), by pairs of families."""

import math
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
from tinygrad_loss.ops.residual import log_one_plus_square

__all__: list[str] = []

# ---- location and scale -------------------------------------------------------------------------------------------------


@register_kl(Normal, Normal)
def _normal(p: Any, q: Any) -> Array:
    ratio, away = p.scale / q.scale, (p.loc - q.loc) / q.scale
    return 0.5 * (ratio * ratio - 1.0 + away * away) - np.log(ratio)


@register_kl(LogNormal, LogNormal)
def _lognormal(p: Any, q: Any) -> Array:
    return _normal(p, q)


@register_kl(Laplace, Laplace)
def _laplace(p: Any, q: Any) -> Array:
    away = np.abs(p.loc - q.loc)
    return (p.scale * np.exp(-away / p.scale) + away) / q.scale - 1.0 + np.log(q.scale) - np.log(p.scale)


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
    total = p.scale + q.scale
    return 2.0 * np.log(total) + log_one_plus_square((p.loc - q.loc) / total) - math.log(4) - np.log(p.scale) - np.log(q.scale)


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Any, q: Any) -> Array:
    ratio, away = p.scale / q.scale, (p.loc - q.loc) / q.scale
    return -np.log(ratio) + EULER * (ratio - 1.0) + np.expm1(special.gammaln(ratio + 1.0) - away) + away


@register_kl(Uniform, Uniform)
def _uniform(p: Any, q: Any) -> Array:
    inside = (q.low <= p.low) & (p.high <= q.high)
    return np.where(inside, np.log(q.high - q.low) - np.log(p.high - p.low), math.inf)


@register_kl(VonMises, VonMises)
def _von_mises(p: Any, q: Any) -> Array:
    length = bessel.i1e(p.concentration) / bessel.i0e(p.concentration)
    half = np.sin(0.5 * (p.loc - q.loc))
    scales = np.log(bessel.i0e(q.concentration)) - np.log(bessel.i0e(p.concentration))
    return (q.concentration - p.concentration) * (1.0 - length) + 2.0 * q.concentration * length * half * half + scales


# ---- positive values ----------------------------------------------------------------------------------------------------


@register_kl(Exponential, Exponential)
def _exponential(p: Any, q: Any) -> Array:
    ratio = q.rate / p.rate
    return ratio - 1.0 - np.log(ratio)


@register_kl(Gamma, Gamma)
def _gamma(p: Any, q: Any) -> Array:
    a, b = p.concentration, q.concentration
    ratio = q.rate / p.rate
    return (a - b) * special.digamma(a) + special.gammaln(b) - special.gammaln(a) - b * np.log(ratio) + a * (ratio - 1.0)


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Any, q: Any) -> Array:
    return _gamma(Gamma(np.ones_like(p.rate), p.rate), q)


@register_kl(Gamma, Exponential)
def _gamma_exponential(p: Any, q: Any) -> Array:
    return _gamma(p, Gamma(np.ones_like(q.rate), q.rate))


@register_kl(Weibull, Weibull)
def _weibull(p: Any, q: Any) -> Array:
    k, m = p.concentration, q.concentration
    log_ratio = np.log(p.scale) - np.log(q.scale)
    return np.log(k) - np.log(m) - m * log_ratio - EULER * (1.0 - m / k) - 1.0 + np.exp(m * log_ratio + special.gammaln(1.0 + m / k))


@register_kl(InverseGaussian, InverseGaussian)
def _inverse_gaussian(p: Any, q: Any) -> Array:
    ratio, away = q.concentration / p.concentration, (p.loc - q.loc) / q.loc
    return 0.5 * (ratio - 1.0 - np.log(ratio) + q.concentration * away * away / p.loc)


@register_kl(Beta, Beta)
def _beta(p: Any, q: Any) -> Array:
    a, b = p.concentration1, p.concentration0
    c, d = q.concentration1, q.concentration0
    spread = (a - c) * special.digamma(a) + (b - d) * special.digamma(b) + (c + d - a - b) * special.digamma(a + b)
    return special.betaln(c, d) - special.betaln(a, b) + spread


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Any, q: Any) -> Array:
    a, b = p.concentration, q.concentration
    whole = np.sum(a, axis=-1)
    terms = special.gammaln(b) - special.gammaln(a) + (a - b) * (special.digamma(a) - special.digamma(whole)[..., None])
    return np.sum(terms, axis=-1) + special.gammaln(whole) - special.gammaln(np.sum(b, axis=-1))


# ---- classes and counts ---------------------------------------------------------------------------------------------------


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Any, q: Any) -> Array:
    a, b = p.probs, p._complement()  # noqa: SLF001  1 - p without cancellation
    own = p._successes(a) + p._failures(b)  # noqa: SLF001
    return own - q._successes(a) - q._failures(b)  # noqa: SLF001


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
    return special.rel_entr(p.rate, q.rate) - p.rate + q.rate


@register_kl(Categorical, Categorical)
def _categorical(p: Any, q: Any) -> Array:
    if p.classes != q.classes:
        rule, got = "both must be of the same classes", f"{p.classes} and {q.classes} classes"
        raise errors.ShapeError(errors.say("kl_divergence", rule, got, f"q of {p.classes} classes"))
    a = p.probs
    gap = np.where(a == 0, 0.0, p.logits) - np.where(a == 0, 0.0, q.logits)
    return np.sum(a * gap, axis=-1)


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
