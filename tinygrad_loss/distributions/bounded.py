"""Values between two ends, or on a circle: Beta, Uniform, VonMises."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions import gamma_noise, likelihood
from tinygrad_loss.distributions.constraint import Constraint, interval, positive, real, unit
from tinygrad_loss.distributions.family import Distribution
from tinygrad_loss.distributions.operand import as_dtype, numbers
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.ops import bessel, exponential, special
from tinygrad_loss.ops.bregman import direction_spread
from tinygrad_loss.ops.incomplete_beta import betainc
from tinygrad_loss.ops.stirling import FAR, gamma_remainder, gamma_spread, gamma_term

__all__ = ["Beta", "Uniform", "VonMises"]


class Beta(Distribution):
    r"""A proportion.

    $p(y) = \frac{y^{\alpha - 1} (1 - y)^{\beta - 1}}{B(\alpha, \beta)}$ for $0 \le y \le 1$

    Args:
        concentration1: $\alpha$, positive; large values favour 1.
        concentration0: $\beta$, positive; large values favour 0.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 2, 2nd ed., chapter 25.

    >>> from tinygrad_loss.distributions import Beta
    >>> float(Beta(3.0, 1.0).mean)
    0.75
    """

    parameters = {"concentration1": positive, "concentration0": positive}
    support = unit
    concentration1: Result
    concentration0: Result

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, concentration1=concentration1, concentration0=concentration0)

    def _log_density(self, y: Array) -> Array:
        a, b = self.concentration1, self.concentration0
        plain = special.xlogy(a - 1.0, y) + special.xlog1py(b - 1.0, -y) - special.betaln(a, b)
        far = (numbers(a) + numbers(b) > FAR) & (numbers(y) > 0) & (numbers(y) < 1)
        if not np.any(far):
            return plain
        a, b, y = (np.where(far, x, 0.5) for x in (a, b, y))
        n = a + b
        return np.where(far, gamma_term(a, n * y) + gamma_term(b, n * (1.0 - y)) + gamma_remainder(n) + 2.0 * np.log(n), plain)

    def _cdf(self, y: Array) -> Array:
        return betainc(self.concentration1, self.concentration0, y)

    def _mean(self) -> Array:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    def _variance(self) -> Array:
        total = self.concentration1 + self.concentration0
        return self.concentration1 / total * (self.concentration0 / total) / (total + 1.0)

    def _entropy(self) -> Array:
        a, b = self.concentration1, self.concentration0
        return gamma_spread(a, 1.0) + gamma_spread(b, 1.0) - gamma_spread(a + b, 2.0)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        up = gamma_noise.draw_log(rng, self.concentration1, shape, self.dtype)
        down = gamma_noise.draw_log(rng, self.concentration0, shape, self.dtype)
        return exponential.expit(up - down)

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        if np.any((y == 0) | (y == 1)):
            rule = "a value of 0 or 1 has density 0 or infinity, so no likelihood can be compared"
            got = f"{int(np.sum((y == 0) | (y == 1)))} such values"
            raise errors.NoMaximumError(errors.say("Beta.fit", rule, got, "Beta.fit(data[(data > 0) & (data < 1)])"))
        if not fixed:
            likelihood.refuse_constant("Beta", y, w, "1 / concentration", "concentration1=1.0")

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        mean = np.average(y, weights=w)
        total = max(mean * (1 - mean) / np.average((y - mean) ** 2, weights=w) - 1, 0.1)
        return {"concentration1": mean * total, "concentration0": (1 - mean) * total}


class Uniform(Distribution):
    r"""Every value of an interval is as likely as any other.

    $p(y) = \frac{1}{high - low}$ for $low \le y \le high$

    Args:
        low: the smallest value.
        high: the largest value, greater than ``low``.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 2, 2nd ed., chapter 26.

    >>> from tinygrad_loss.distributions import Uniform
    >>> float(Uniform(0.0, 4.0).prob(1.0))
    0.25
    """

    parameters = {"low": real, "high": real}
    irregular = "the likelihood is greatest at its edge, the extreme values, where it has no curvature"
    low: Result
    high: Result

    def __init__(self, low: Any, high: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, low=low, high=high)
        bottom, top = numbers(self.low), numbers(self.high)
        if validate_args and bottom is not None and top is not None and not np.all(bottom < top):
            instead = "Uniform(high, low)" if np.all(top < bottom) else "Uniform(low, low + np.abs(high - low) + 1.0)"
            raise errors.DomainError(errors.say("Uniform", "low must be below high", f"low={bottom} and high={top}", instead))

    @property
    def support(self) -> Constraint:
        """The interval."""
        return interval(self.low, self.high)

    def _log_density(self, y: Array) -> Array:
        del y
        return -np.log(self.high - self.low)

    def _cdf(self, y: Array) -> Array:
        return (y - self.low) / (self.high - self.low)

    def _mean(self) -> Array:
        return self.low + 0.5 * (self.high - self.low)

    def _variance(self) -> Array:
        width = self.high - self.low
        return width * width / 12.0

    def _entropy(self) -> Array:
        return np.log(self.high - self.low)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.low + (self.high - self.low) * as_dtype(rng.random(shape), self.dtype)

    @classmethod
    def _data_support(cls, fixed: Mapping[str, Any]) -> Constraint:
        return interval(fixed.get("low", -math.inf), fixed.get("high", math.inf))

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        if not fixed:
            likelihood.refuse_constant("Uniform", y, w, "high - low", "low=data.min() - 1.0")

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        del w
        return {k: v for k, v in {"low": y.min(), "high": y.max()}.items() if k not in fixed}


class VonMises(Distribution):
    r"""An angle: the Normal distribution of the circle, the noise model of $1 - \cos$.

    $p(y) = \frac{1}{2\pi I_0(\kappa)} e^{\kappa \cos(y - \mu)}$ for any interval of length $2\pi$;
    an infinite angle has no direction, and a log-probability of nan

    Args:
        loc: the mean direction $\mu$, in radians.
        concentration: $\kappa$, positive.
        validate_args: whether to check parameters and values.

    Source: Mardia and Jupp 2000, Directional Statistics, section 3.5.4.

    >>> import numpy as np
    >>> from tinygrad_loss.distributions import VonMises
    >>> d = VonMises(0.0, 2.0)
    >>> round(float(d.log_prob(0.0) - d.log_prob(np.pi)), 12)
    4.0
    """

    parameters = {"loc": real, "concentration": positive}
    support = real
    no_rsample = "an angle is drawn by rejection, and its cdf has no closed form through which a derivative could flow"
    loc: Result
    concentration: Result

    def __init__(self, loc: Any, concentration: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, loc=loc, concentration=concentration)

    def _log_density(self, y: Array) -> Array:
        half = np.sin(0.5 * (y - self.loc))
        return -2.0 * self.concentration * half * half - math.log(2 * math.pi) - np.log(bessel.i0e(self.concentration))

    def _length(self) -> Array:
        r"""Return the length of the mean vector, $I_1(\kappa) / I_0(\kappa)$."""
        return bessel.i1e(self.concentration) / bessel.i0e(self.concentration)

    def _mean(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        """Return the circular variance, as PyTorch does."""
        return direction_spread(self.concentration)

    def _entropy(self) -> Array:
        return math.log(2 * math.pi) + np.log(bessel.i0e(self.concentration)) + self.concentration * direction_spread(self.concentration)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return as_dtype(rng.vonmises(np.asarray(numbers(self.loc)), np.asarray(numbers(self.concentration)), shape), self.dtype)

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        east, north = np.average(np.cos(y), weights=w), np.average(np.sin(y), weights=w)
        length = math.hypot(east, north)
        if length < 1e-9 or length > 1 - 1e-12:
            rule = "the likelihood is greatest at the edge of concentration: 0 without a mean direction, infinity when all angles are equal"
            instead = "VonMises.fit(angles, concentration=1.0), or other data"
            raise errors.NoMaximumError(errors.say("VonMises.fit", rule, f"a mean vector of length {length:.3g}", instead))
        return {"loc": math.atan2(north, east), "concentration": length * (2 - length**2) / (1 - length**2)}
