"""How many, without an upper end: Poisson, and NegativeBinomial where the counts vary more than that."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions.constraint import Constraint, counts, nonnegative, positive, real, unit
from tinygrad_loss.distributions.family import Distribution
from tinygrad_loss.distributions.operand import as_dtype, numbers
from tinygrad_loss.distributions.trials import LEAST, STEP, Trials
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.ops import special
from tinygrad_loss.ops.densities import log_multichoose
from tinygrad_loss.ops.incomplete_beta import betainc
from tinygrad_loss.ops.stirling import FAR, gamma_remainder, gamma_term

__all__ = ["NegativeBinomial", "Poisson"]

SPREAD: Final = 40.0
"""Outcomes further than this many standard deviations from the mean have a probability below e^-40 together."""


def summed_entropy(d: Any) -> Array:
    """Sum -p log p over the outcomes: there is no closed form, but what is left out is below rounding."""
    mean, deviation = np.asarray(numbers(d.mean)), np.asarray(numbers(d.stddev))
    first = np.floor(np.maximum(mean - SPREAD * deviation, 0.0))
    width = int(np.max(mean + SPREAD * deviation + SPREAD - first)) + 1
    y = first + np.arange(width, dtype=d.dtype).reshape((-1,) + (1,) * len(d.batch_shape))
    log_p = d._log_density(y)  # noqa: SLF001  a formula of a family of this file
    return -np.sum(np.exp(log_p) * np.where(log_p == -np.inf, 0.0, log_p), axis=0)


class Poisson(Distribution):
    r"""How many independent events fall into an interval: the noise model of the Poisson loss.

    $p(y) = \frac{\lambda^y e^{-\lambda}}{y!}$ for $y \in \{0, 1, \ldots\}$

    Args:
        rate: the mean $\lambda$, at least 0.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, 3rd ed., chapter 4.

    >>> from tinygrad_loss.distributions import Poisson
    >>> float(Poisson.fit([2, 3, 7]).rate)
    4.0
    """

    parameters = {"rate": nonnegative}
    support = counts
    no_rsample = STEP
    rate: Result

    def __init__(self, rate: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, rate=rate)

    def _log_density(self, y: Array) -> Array:
        return gamma_term(y + 1.0, self.rate)

    def _cdf(self, y: Array) -> Array:
        return special.gammaincc(y + 1.0, self.rate)

    def _mean(self) -> Array:
        return self.rate

    def _variance(self) -> Array:
        return self.rate

    def _entropy(self) -> Array:
        return summed_entropy(self)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return as_dtype(rng.poisson(np.asarray(numbers(self.rate)), shape), self.dtype)

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        del fixed
        return {"rate": np.average(y, weights=w)}


class NegativeBinomial(Trials):
    r"""A count whose variance exceeds its mean; successes before ``total_count`` failures.

    $p(y) = \frac{\Gamma(y + r)}{\Gamma(r)\, y!} (1 - p)^r p^y$ for $y \in \{0, 1, \ldots\}$; the mean is $r p / (1 - p)$

    Args:
        total_count: r, at least 0, not necessarily whole.
        probs: the probability p of a success, below 1; or
        logits: its log-odds.
        validate_args: whether to check parameters and values.

    Source: Hilbe 2011, Negative Binomial Regression, 2nd ed., chapter 8.

    >>> from tinygrad_loss.distributions import NegativeBinomial
    >>> float(NegativeBinomial(3.0, 0.5).mean)
    3.0
    """

    parameters = {
        "total_count": positive,
        "probs": Constraint("at least 0, below 1", lambda p: (p >= 0) & (p < 1), unit.instead, unit.to_free, unit.from_free),
        "logits": real,
    }
    estimated = ("total_count", "probs")
    support = counts
    total_count: Result

    def __init__(self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool = True) -> None:
        one = self._one_of("the probability", {"probs": probs, "logits": logits})
        self._take(validate_args=validate_args, total_count=total_count, **one)

    def _log_density(self, y: Array) -> Array:
        r = self.total_count
        plain = log_multichoose(r, y) + self._failures(r) + self._successes(y)
        p, q = self.probs, self._complement()
        far = (numbers(r) + numbers(y) > FAR) & np.isfinite(numbers(y)) & (numbers(p) > LEAST) & (numbers(q) > LEAST)
        if not np.any(far):
            return plain
        p, q, r, y = (np.where(far, x, 0.5) for x in (p, q, r, y))
        n = r + y
        return np.where(far, gamma_term(r, n * q) + gamma_term(y + 1.0, n * p) + gamma_remainder(n) + np.log(n) + np.log(q), plain)

    def _cdf(self, y: Array) -> Array:
        return betainc(self.total_count, y + 1.0, self._complement())

    def _mean(self) -> Array:
        return self.total_count * self.probs / self._complement()

    def _variance(self) -> Array:
        q = self._complement()
        return self.total_count * self.probs / (q * q)

    def _entropy(self) -> Array:
        return summed_entropy(self)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        r, q = (np.asarray(numbers(x)) for x in (self.total_count, self._complement()))
        return as_dtype(rng.negative_binomial(r, q, shape), self.dtype)

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        mean = np.average(y, weights=w)
        spread = np.average((y - mean) ** 2, weights=w)
        if not fixed and spread <= mean:
            rule = "the likelihood rises towards total_count = inf, a Poisson, unless the variance exceeds the mean"
            got = f"variance {spread:.4g} and mean {mean:.4g}"
            raise errors.NoMaximumError(errors.say("NegativeBinomial.fit", rule, got, "Poisson.fit(data)"))

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any] | None:
        if set(fixed) != {"total_count"}:
            return None
        mean = np.average(y, weights=w)
        return {"probs": mean / (mean + float(fixed["total_count"]))}

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        mean = np.average(y, weights=w)
        spread = np.average((y - mean) ** 2, weights=w)
        r = mean * mean / max(spread - mean, 0.01 * mean)
        return {"total_count": r, "probs": mean / (mean + r)}
