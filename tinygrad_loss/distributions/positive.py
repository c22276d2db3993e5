"""Durations, sizes and rates, with an exponential tail: Exponential, Gamma, Weibull."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions import gamma_noise, likelihood
from tinygrad_loss.distributions.constraint import nonnegative, positive
from tinygrad_loss.distributions.family import Distribution
from tinygrad_loss.distributions.operand import as_dtype
from tinygrad_loss.distributions.skewed import EULER
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.ops.bregman import gamma_above_tangent
from tinygrad_loss.ops.densities import gamma_log_density, weibull_log_density
from tinygrad_loss.ops.incomplete_gamma import gamma_cdf
from tinygrad_loss.ops.stirling import gamma_spread

__all__ = ["Exponential", "Gamma", "Weibull"]


def refuse_zeros(name: str, y: np.ndarray, instead: str) -> None:
    """Raise where a value is 0, at which the density of some members of the family is 0 or infinite."""
    if np.any(y == 0):
        rule = "a value of 0 has density 0 or infinity, so no likelihood can be compared"
        raise errors.NoMaximumError(errors.say(f"{name}.fit", rule, f"{int(np.sum(y == 0))} zeros", instead))


class Exponential(Distribution):
    r"""The waiting time for an event that does not age.

    $p(y) = \lambda e^{-\lambda y}$ for $y \ge 0$

    Args:
        rate: events per unit of the values, positive.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 1, 2nd ed., chapter 19.

    >>> from tinygrad_loss.distributions import Exponential
    >>> float(Exponential.fit([1.0, 3.0]).rate)
    0.5
    """

    parameters = {"rate": positive}
    support = nonnegative
    rate: Result

    def __init__(self, rate: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, rate=rate)

    def _log_density(self, y: Array) -> Array:
        return np.log(self.rate) - self.rate * y

    def _cdf(self, y: Array) -> Array:
        return -np.expm1(-self.rate * y)

    def _mean(self) -> Array:
        return 1.0 / self.rate

    def _variance(self) -> Array:
        return 1.0 / (self.rate * self.rate)

    def _entropy(self) -> Array:
        return 1.0 - np.log(self.rate)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return as_dtype(rng.standard_exponential(shape), self.dtype) / self.rate

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        mean = np.average(y, weights=w)
        if mean == 0:
            rule = "the likelihood grows without bound with rate when all values are 0"
            raise errors.NoMaximumError(errors.say("Exponential.fit", rule, "only zeros", "other data"))
        return {"rate": 1 / mean}


class Gamma(Distribution):
    r"""A sum of waiting times, or a size whose spread grows with its mean; the noise model of the gamma deviance.

    $p(y) = \frac{\beta^\alpha}{\Gamma(\alpha)}\, y^{\alpha - 1} e^{-\beta y}$ for $y \ge 0$

    Args:
        concentration: the shape $\alpha$, positive.
        rate: $\beta$, per unit of the values, positive; the mean is $\alpha / \beta$.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 1, 2nd ed., chapter 17.

    >>> from tinygrad_loss.distributions import Gamma
    >>> float(Gamma(3.0, 2.0).mean)
    1.5
    """

    parameters = {"concentration": positive, "rate": positive}
    support = nonnegative
    concentration: Result
    rate: Result

    def __init__(self, concentration: Any, rate: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, concentration=concentration, rate=rate)

    def _log_density(self, y: Array) -> Array:
        return gamma_log_density(y, self.concentration, self.rate)

    def _cdf(self, y: Array) -> Array:
        return gamma_cdf(self.concentration, self.rate * y)

    def _mean(self) -> Array:
        return self.concentration / self.rate

    def _variance(self) -> Array:
        return self.concentration / (self.rate * self.rate)

    def _entropy(self) -> Array:
        return gamma_spread(self.concentration, 1.0) - np.log(self.rate)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return np.exp(gamma_noise.draw_log(rng, self.concentration, shape, self.dtype)) / self.rate

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        if "concentration" not in fixed:
            refuse_zeros("Gamma", y, "Gamma.fit(data[data > 0]), or Exponential.fit(data)")
            if "rate" not in fixed:
                likelihood.refuse_constant("Gamma", y, w, "1 / concentration", "concentration=1.0")

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any] | None:
        mean = np.average(y, weights=w)
        return {"rate": fixed["concentration"] / mean} if set(fixed) == {"concentration"} and mean > 0 else None

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        mean = np.average(y, weights=w)
        gap = max(np.log(mean) - np.average(np.log(y), weights=w), 1e-12)
        a = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)  # Minka's approximate root of log a - digamma(a) = gap
        return {"concentration": a, "rate": a / mean}


class Weibull(Distribution):
    r"""The time to failure of the weakest part; it ages where the concentration is above 1.

    $p(y) = \frac{k}{\lambda} r^{k - 1} e^{-r^k}$ with $r = y / \lambda$, for $y > 0$

    Args:
        scale: $\lambda$, positive, in the unit of the values.
        concentration: the shape k, positive.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 1, 2nd ed., chapter 21.

    >>> from tinygrad_loss.distributions import Weibull
    >>> round(float(Weibull(2.0, 1.0).mean), 12)
    2.0
    """

    parameters = {"scale": positive, "concentration": positive}
    support = positive
    scale: Result
    concentration: Result

    def __init__(self, scale: Any, concentration: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, scale=scale, concentration=concentration)

    def _log_density(self, y: Array) -> Array:
        return weibull_log_density(y, self.scale, self.concentration)

    def _cdf(self, y: Array) -> Array:
        return -np.expm1(-np.exp(self.concentration * (np.log(y) - np.log(self.scale))))

    def _log_moment(self, order: float) -> Array:
        """Return the logarithm of the mean of a power of the ratio to the scale, exact where nearly all values are near the scale."""
        step = order / self.concentration
        return gamma_above_tangent(np.ones_like(step), step) - EULER * step

    def _mean(self) -> Array:
        return self.scale * np.exp(self._log_moment(1.0))

    def _variance(self) -> Array:
        step = 1.0 / self.concentration
        one = np.ones_like(step)
        relative = np.expm1(gamma_above_tangent(one, 2.0 * step) - 2.0 * gamma_above_tangent(one, step))
        return np.square(self._mean()) * relative

    def _entropy(self) -> Array:
        k = self.concentration
        return EULER * (1.0 - 1.0 / k) + np.log(self.scale) - np.log(k) + 1.0

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.scale * np.exp(as_dtype(np.log(rng.standard_exponential(shape)), self.dtype) / self.concentration)

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        if "concentration" not in fixed:
            likelihood.refuse_constant("Weibull", y, w, "1 / concentration", "concentration=1.0")

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        log_y = np.log(y)
        mean = np.average(log_y, weights=w)
        k = math.pi / np.sqrt(6 * np.average((log_y - mean) ** 2, weights=w) + 1e-12)
        return {"scale": np.exp(mean + EULER / k), "concentration": k}
