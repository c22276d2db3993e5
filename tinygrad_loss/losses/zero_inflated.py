"""Losses of counts and amounts of which more are 0 than their noise model explains: a sure zero, or the noise."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.binary import factor
from tinygrad_loss.losses.count import cost_of_many, ways_to_count
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import LOG_TWO_PI, at_least
from tinygrad_loss.ops.classification import absorbing_product
from tinygrad_loss.ops.exponential import log_sigmoid, softplus_
from tinygrad_loss.ops.regression import poisson_error, squared_error
from tinygrad_loss.ops.special import gammaln
from tinygrad_loss.ops.stirling import FAR, gamma_term

__all__ = ["zero_inflated_log_normal_nll_loss", "zero_inflated_negative_binomial_nll_loss", "zero_inflated_poisson_nll_loss"]


def _counted(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    arrays = checks.alike(where, given, names, mask)
    checks.in_domain(where, arrays[2], "count", "target", mask)
    return arrays


def _measured(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    arrays = checks.alike(where, given, names, mask)
    checks.in_domain(where, arrays[2], "nonnegative", "target", mask)
    return arrays


def _inflated(target: Array, inflation: Array, z: Array, cost: Callable[[Array], Array]) -> Array:
    r"""Return the cost of a mixture with a sure zero, of log-odds ``inflation``, from the noise's own cost of the target."""
    odds = checks.value_of(inflation)
    mixed = (checks.value_of(target) == 0) & ~np.isneginf(odds)
    certain = float(np.log(np.finfo(odds.dtype).max)) - 1.0  # a count of this log-mean is never 0, and has no part in a zero's cost
    noise_alone = cost(np.fmin(z, np.where(mixed, odds.dtype.type(certain), np.nan)))
    sure, noise = log_sigmoid(np.where(mixed, inflation, 0.0)), log_sigmoid(-inflation)
    return np.where(mixed, -np.logaddexp(sure, noise - noise_alone), noise_alone - noise)


def _exact_far_out(z: Array, target: Array, plain: Array, k: float, many: Callable[[Array, Array], Array]) -> Array:
    """Return the costs ``plain``, and ``many(mean, count)`` where counts are large and e^z is an ordinary number."""
    with np.errstate(over="ignore", under="ignore"):
        mean = np.exp(checks.value_of(z))
    far = (checks.value_of(target) + k > FAR) & (mean > np.finfo(mean.dtype).tiny) & (mean < np.finfo(mean.dtype).max)
    if not np.any(far):
        return plain
    return np.where(far, many(np.exp(np.where(far, z, 0.0)), np.where(far, target, 1.0)), plain)


@loss(
    check=_counted,
    formula=r"-\log(\pi [y = 0] + (1 - \pi) e^{-\lambda} \lambda^y / y!)",
    input="real",
    target="count",
    task="counts",
    estimates="log of the rate",
    smoothness="C-infinity",
    convex=False,
    stable=(("float32", 88.7), ("float64", 709.7)),
    choose="Counts with more zeros than a Poisson has.",
    source="Lambert, Zero-inflated Poisson regression, Technometrics 34, 1992",
)
def zero_inflated_poisson_nll_loss(input: Array, inflation: Array, target: Array) -> Any:  # noqa: A002  PyTorch's name for a prediction
    r"""Return $-\log(\pi [y = 0] + (1 - \pi) e^{-\lambda} \lambda^y / y!)$ with $\lambda = e^z$ and $\pi = \sigma(inflation)$.

    Args:
        input: log-rates z, any shape.
        inflation: log-odds of a sure zero, of the same shape.
        target: counts y, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a negative count, or nan among the targets.

    Source: Lambert, Technometrics 34, 1992.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.zero_inflated_poisson_nll_loss([0.0], [-50.0], [0.0])), 6)  # a Poisson of rate 1
    1.0
    """
    y = checks.value_of(target)

    def cost(z: Array) -> Array:
        plain = poisson_error.each(z, target) + gammaln(y + 1.0)
        return _exact_far_out(z, target, plain, 0.0, lambda mean, count: -gamma_term(count + 1.0, mean))

    return _inflated(target, inflation, input, cost)


@loss(
    check=_counted,
    order=("total_count", "reduction"),
    formula=r"-\log(\pi [y = 0] + (1 - \pi) \binom{y + k - 1}{y} (\tfrac{k}{k + \mu})^k (\tfrac{\mu}{k + \mu})^y)",
    input="real",
    target="count",
    task="counts",
    estimates="log of the rate",
    smoothness="C-infinity",
    convex=False,
    choose="Counts with more zeros than even a negative binomial has: visits, purchases.",
    source="Greene, Accounting for excess zeros and sample selection in Poisson and negative binomial regression models, 1994",
)
def zero_inflated_negative_binomial_nll_loss(input: Array, inflation: Array, target: Array, *, total_count: float = 1.0) -> Any:  # noqa: A002
    r"""Return the negative log-likelihood of a sure zero, or a negative binomial count of mean $\mu = e^z$ and variance $\mu + \mu^2/k$.

    Args:
        input: log-means z, any shape.
        inflation: log-odds of a sure zero, of the same shape.
        target: counts y, of the same shape.
        total_count: k above 0: the larger, the nearer to Poisson.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a negative count, ``total_count`` not above 0, or nan among the targets.

    Source: Greene, NYU working paper EC-94-10, 1994.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.zero_inflated_negative_binomial_nll_loss([0.0], [-50.0], [0.0])), 6)  # a geometric: log 2
    0.693147
    """
    at_least("zero_inflated_negative_binomial_nll_loss", "total_count", total_count, 0.0)
    y, k = checks.value_of(target), float(total_count)
    ways, log_k = ways_to_count(y, k), math.log(k)

    def cost(z: Array) -> Array:
        plain = softplus_(z - log_k) * k + absorbing_product(target, softplus_(log_k - z)) + ways
        return _exact_far_out(z, target, plain, k, lambda mean, count: cost_of_many(mean, count, k))

    return _inflated(target, inflation, input, cost)


@loss(
    check=_measured,
    order=("scale", "reduction"),
    formula=r"-\log \pi \text{ if } y = 0, \text{ else } -\log(1 - \pi) + \log y + \log s + \tfrac{(\log y - z)^2}{2 s^2} + \tfrac12 \log 2\pi",
    input="real",
    target="nonnegative",
    task="regression",
    estimates="mean of log y",
    smoothness="C-infinity",
    convex=True,
    stable=(("float32", 1.8e19), ("float64", 1.3e154)),
    choose="Amounts that often are exactly 0 and otherwise have a long tail: what a customer will spend.",
    source="Wang, Liu and Miao, A deep probabilistic model for customer lifetime value prediction, 2019",
)
def zero_inflated_log_normal_nll_loss(input: Array, inflation: Array, target: Array, *, scale: float | Array = 1.0) -> Any:  # noqa: A002
    r"""Return the negative log-likelihood of a sure zero, or of an amount whose logarithm has mean z and standard deviation s.

    Args:
        input: z, any shape.
        inflation: log-odds of a zero, of the same shape.
        target: amounts y of 0 or more, of the same shape; z and s have no part in the cost of a zero.
        scale: s above 0: a number, or predictions that broadcast to the shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a negative amount, a ``scale`` not above 0, or nan among the targets.

    Source: Wang, Liu and Miao, arXiv:1912.07753, 2019.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.zero_inflated_log_normal_nll_loss([5.0], [0.0], [0.0])), 6)  # a coin: log 2
    0.693147
    """
    name = "zero_inflated_log_normal_nll_loss"
    s = factor(name, "scale", scale, input)
    checks.in_domain(name, s, "positive", "scale", None)
    zero = checks.value_of(target) == 0
    log_y = np.log(np.where(zero, 1.0, target))
    amount = squared_error.each(np.where(zero, 0.0, input) / s, log_y / s) * 0.5 + log_y + np.log(s) + 0.5 * LOG_TWO_PI
    return np.where(zero, softplus_(-inflation), amount + softplus_(inflation))
