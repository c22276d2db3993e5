"""Losses of counts and of what is positive."""

import functools
import math
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import LOG_TWO_PI, at_least
from tinygrad_loss.ops.densities import log_normal_exponent, weibull_error
from tinygrad_loss.ops.regression import (
    gamma_error,
    inverse_gaussian_error,
    negative_binomial_error,
    poisson_deviance_error,
    poisson_error,
    poisson_mean_error,
    squared_error,
    tweedie_error,
)
from tinygrad_loss.ops.special import betaln
from tinygrad_loss.ops.stirling import FAR, gamma_remainder, gamma_term

__all__ = [
    "cost_of_many", "exponential_nll_loss", "gamma_deviance_loss", "generalized_kl_loss", "inverse_gaussian_deviance_loss", "log_normal_nll_loss",
    "negative_binomial_nll_loss", "poisson_nll_loss", "tweedie_deviance_loss", "ways_to_count", "weibull_nll_loss",
]  # fmt: skip


def _stirling(y: Array) -> Array:
    """Return Stirling's approximation of log y! above 1, and 0 up to there, as PyTorch does."""
    above = y > 1
    safe = np.where(above, y, 1.0)
    return np.where(above, safe * np.log(safe) - safe + 0.5 * np.log(2.0 * math.pi * safe), 0.0)


def _poisson_at_once(z: Array, t: Array, *, mean: bool, log_input: bool = True, full: bool = False, eps: float = 1e-8) -> Array | None:
    if full or not eps > 0:
        return None
    n = checks.value_of(z).size if mean else 1
    return poisson_error.total(z, t, n=n) if log_input else poisson_mean_error.total(z, t, n=n, eps=eps)


@loss(
    order=("log_input", "full", "eps", "reduction"),
    at_once=_poisson_at_once,
    formula=r"e^z - y z",
    input="real",
    target="count",
    task="counts",
    likelihood="Poisson",
    estimates="log of the mean",
    smoothness="C-infinity",
    convex=True,
    stable=(("float32", 88.7), ("float64", 709.7)),
    choose="Counts of events whose variance grows like their mean.",
    source="McCullagh and Nelder, Generalized Linear Models, 2nd ed., chapter 6",
)
def poisson_nll_loss(input: Array, target: Array, *, log_input: bool = True, full: bool = False, eps: float = 1e-8) -> Any:  # noqa: A002
    r"""Return $e^z - y z$, the negative log-likelihood of a count y at log-rate z, without $\log y!$.

    Args:
        input: log-rates z, or rates where ``log_input=False``, any shape.
        target: counts y, of the same shape.
        log_input: whether ``input`` is the logarithm of the rate; otherwise the loss is $z - y \log(z + eps)$.
        full: add Stirling's approximation of $\log y!$ where y > 1.
        eps: keeps the logarithm of a rate of 0 finite.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``eps`` is not positive, or nan among the targets.

    Source: McCullagh and Nelder, Generalized Linear Models, 2nd ed., chapter 6.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.poisson_nll_loss([0.0], [3.0]))
    1.0
    """
    at_least("poisson_nll_loss", "eps", eps, 0.0)
    terms = poisson_error.each(input, target) if log_input else poisson_mean_error.each(input, target, eps=eps)
    return terms + _stirling(target) if full else terms


# ---- deviances: twice the distance in log-likelihood from the best fit, at a positive mean --------------------------------------

of_mean = functools.partial(loss, strict=True, input="positive", estimates="mean", smoothness="C-infinity")


@of_mean(
    task="regression",
    formula=r"2(y/\mu - 1 - \log(y/\mu))",
    target="positive",
    likelihood="Gamma",
    convex=False,
    choose="Positive amounts whose standard deviation grows like their mean: durations, claims.",
    source="McCullagh and Nelder, Generalized Linear Models, 2nd ed., chapter 8",
)
def gamma_deviance_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $2(y/\mu - 1 - \log(y/\mu))$, the deviance of a gamma distribution with mean $\mu$.

    Args:
        input: means mu above 0, any shape.
        target: y above 0, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: an entry is not above 0, or nan among the targets.

    Source: McCullagh and Nelder, Generalized Linear Models, 2nd ed., chapter 8.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.losses.gamma_deviance_loss([1.0], [1.0]))
    0.0
    """
    return gamma_error(input, target) * 2.0


@of_mean(
    task="regression",
    formula=r"(y - \mu)^2 / (\mu^2 y)",
    target="positive",
    likelihood="InverseGaussian",
    convex=False,
    choose="Positive amounts with a very long tail: first-passage times.",
    source="Tweedie, Statistical properties of inverse Gaussian distributions, Annals of Mathematical Statistics 28, 1957",
)
def inverse_gaussian_deviance_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $(y - \mu)^2 / (\mu^2 y)$, the deviance of an inverse Gaussian distribution with mean $\mu$.

    Args:
        input: means mu above 0, any shape.
        target: y above 0, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: an entry is not above 0, or nan among the targets.

    Source: Tweedie, Annals of Mathematical Statistics 28, 1957.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.inverse_gaussian_deviance_loss([2.0], [1.0]))
    0.25
    """
    return inverse_gaussian_error.each(input, target)


@of_mean(
    task="counts",
    formula=r"y \log(y/\mu) - y + \mu",
    target="nonnegative",
    likelihood="Poisson",
    convex=True,
    choose="Counts or intensities against a positive prediction; half the Poisson deviance.",
    source="Csiszár, Why least squares and maximum entropy?, Annals of Statistics 19, 1991",
)
def generalized_kl_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $y \log(y/\mu) - y + \mu$, the I-divergence, half the deviance of a Poisson distribution; $\mu$ where y = 0.

    Args:
        input: means mu above 0, any shape.
        target: y of 0 or more, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: an entry outside its domain, or nan among the targets.

    Source: Csiszár, Annals of Statistics 19, 1991.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.generalized_kl_loss([2.0], [0.0])), float(tl.losses.generalized_kl_loss([2.0], [2.0]))
    (2.0, 0.0)
    """
    return poisson_deviance_error.each(input, target)


@of_mean(
    order=("power", "reduction"),
    task="regression",
    formula=r"2\left(\tfrac{y^{2-p}}{(1-p)(2-p)} - \tfrac{y \mu^{1-p}}{1-p} + \tfrac{\mu^{2-p}}{2-p}\right)",
    target="nonnegative",
    convex=False,
    choose="Amounts that often are exactly 0, such as rain or claims: a power between 1 and 2.",
    source="Jørgensen, Exponential dispersion models, Journal of the Royal Statistical Society B 49, 1987",
)
def tweedie_deviance_loss(input: Array, target: Array, *, power: float = 1.5) -> Any:  # noqa: A002
    r"""Return Tweedie's deviance of variance $\mu^p$: p = 1 is Poisson, 2 gamma, 3 inverse Gaussian, between 1 and 2 has mass at 0.

    Args:
        input: means mu above 0, any shape.
        target: y of 0 or more (above 0 where ``power >= 2``), of the same shape.
        power: p, 0 or at least 1.

    Raises:
        ShapeError: the shapes differ.
        DomainError: an entry outside its domain, a ``power`` between 0 and 1, or nan among the targets.

    Source: Jørgensen, Journal of the Royal Statistical Society B 49, 1987.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.tweedie_deviance_loss([4.0], [0.0], power=1.5))
    8.0
    """
    if power < 0 or 0 < power < 1:
        raise errors.DomainError(errors.say("tweedie_deviance_loss", "power must be 0 or at least 1", f"{power}", "power=1.5"))
    if power == 0:
        return squared_error.each(input, target)
    if power == 1:
        return generalized_kl_loss.terms(input, target) * 2.0
    if power >= 2 and np.any(checks.value_of(target) == 0):
        raise errors.DomainError(errors.say("tweedie_deviance_loss", "with power >= 2 a target must be above 0", "0", "power=1.5"))
    if power == 2:
        return gamma_deviance_loss.terms(input, target)
    return tweedie_error.each(input, target, power=power)


# ---- negative log-likelihoods ---------------------------------------------------------------------------------------------------


def ways_to_count(y: Array, k: float) -> Array:
    r"""Return $-\log \binom{y + k - 1}{y}$, the constant of a negative binomial count."""
    return betaln(np.full_like(y, k), y + 1.0) + np.log(y + k)


@of_mean(
    task="counts",
    formula=r"-\log \binom{y + k - 1}{y} - k \log\tfrac{k}{k + \mu} - y \log \tfrac{\mu}{k + \mu}",
    target="count",
    likelihood="NegativeBinomial",
    convex=False,
    choose="Counts that vary more than a Poisson: variance mu + mu^2 / k.",
    source="Hilbe, Negative Binomial Regression, 2nd ed., chapter 8",
)
def negative_binomial_nll_loss(input: Array, target: Array, *, total_count: float = 1.0) -> Any:  # noqa: A002
    r"""Return the negative log-likelihood of a count with mean $\mu$ and variance $\mu + \mu^2/k$.

    Args:
        input: means mu above 0, any shape.
        target: counts y, of the same shape.
        total_count: k above 0: the larger, the nearer to Poisson.

    Raises:
        ShapeError: the shapes differ.
        DomainError: an entry outside its domain, ``total_count`` not above 0, or nan among the targets.

    Source: Hilbe, Negative Binomial Regression, 2nd ed., chapter 8.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.negative_binomial_nll_loss([1.0], [0.0])), 6)  # a geometric: log 2
    0.693147
    """
    at_least("negative_binomial_nll_loss", "total_count", total_count, 0.0)
    k = total_count
    y, m = checks.value_of(target), checks.value_of(input)
    plain = negative_binomial_error.each(input, target, k=k) + ways_to_count(y, k)
    far = (y + k > FAR) & np.isfinite(m)
    if not np.any(far):
        return plain
    mean, count = np.where(far, input, 1.0), np.where(far, target, 1.0)
    return np.where(far, cost_of_many(mean, count, k), plain)


def cost_of_many(mean: Array, count: Array, k: float) -> Array:
    """Return the negative log-likelihood of a negative binomial count, exact where its log-gammas are large and nearly cancel."""
    n, q = count + k, k / (mean + k)
    log_p = (
        gamma_term(np.full_like(checks.value_of(count), k), n * q) + gamma_term(count + 1.0, n * (mean / (mean + k))) + gamma_remainder(n)
    )
    return -(log_p + np.log(n) + np.log(q))


@of_mean(
    task="survival",
    formula=r"\log \mu + y / \mu",
    target="nonnegative",
    likelihood="Exponential",
    convex=False,
    choose="Waiting times without memory.",
    source="Lawless, Statistical Models and Methods for Lifetime Data, 2nd ed., chapter 4",
)
def exponential_nll_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $\log \mu + y/\mu$, the negative log-likelihood of an exponential waiting time with mean $\mu$.

    Args:
        input: means mu above 0, any shape.
        target: times y of 0 or more, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: an entry outside its domain, or nan among the targets.

    Source: Lawless, Statistical Models and Methods for Lifetime Data, 2nd ed., chapter 4.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.exponential_nll_loss([1.0], [3.0]))
    3.0
    """
    return np.log(input) + target / input


@loss(
    strict=True,
    formula=r"k z - \log k - (k - 1) \log y + (y e^{-z})^k",
    input="real",
    target="positive",
    task="survival",
    likelihood="Weibull",
    estimates="log of the scale",
    smoothness="C-infinity",
    convex=True,
    stable=(("float32", 88.0), ("float64", 709.0)),
    choose="Lifetimes whose risk grows (shape > 1) or falls (shape < 1) with age.",
    source="Lawless, Statistical Models and Methods for Lifetime Data, 2nd ed., chapter 5",
)
def weibull_nll_loss(input: Array, target: Array, *, shape: float = 1.0) -> Any:  # noqa: A002
    r"""Return $k z - \log k - (k-1) \log y + (y e^{-z})^k$, the negative log-likelihood of a Weibull lifetime with log-scale z.

    Args:
        input: log-scales z, any shape.
        target: times y above 0, of the same shape.
        shape: k above 0.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a time or ``shape`` is not above 0, or nan among the targets.

    Source: Lawless, Statistical Models and Methods for Lifetime Data, 2nd ed., chapter 5.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.weibull_nll_loss([0.0], [2.0]))
    2.0
    """
    at_least("weibull_nll_loss", "shape", shape, 0.0)
    return weibull_error(input, target, k=shape) + (1.0 - math.log(shape))


@loss(
    strict=True,
    formula=r"\log y + \log s + \tfrac{(\log y - z)^2}{2 s^2} + \tfrac12 \log 2\pi",
    input="real",
    target="positive",
    task="regression",
    likelihood="LogNormal",
    estimates="mean of log y",
    smoothness="C-infinity",
    convex=True,
    stable=(("float32", 1.8e19), ("float64", 1.3e154)),
    choose="Positive amounts that come from many factors.",
    source="Crow and Shimizu, Lognormal Distributions, 1988",
)
def log_normal_nll_loss(input: Array, target: Array, *, scale: float = 1.0) -> Any:  # noqa: A002
    r"""Return the negative log-likelihood of a log-normal amount y, whose logarithm has mean z and standard deviation s.

    Args:
        input: z, any shape.
        target: y above 0, of the same shape.
        scale: s above 0.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a target or ``scale`` is not above 0, or nan among the targets.

    Source: Crow and Shimizu, Lognormal Distributions, 1988.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.log_normal_nll_loss([0.0], [1.0])), 6)  # log(2 pi) / 2
    0.918939
    """
    at_least("log_normal_nll_loss", "scale", scale, 0.0)
    return log_normal_exponent(target, input, scale) + np.log(target) + (math.log(scale) + 0.5 * LOG_TWO_PI)
