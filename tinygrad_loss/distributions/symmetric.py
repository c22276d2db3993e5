"""Noise that is as likely above its centre as below: Normal, Laplace, Logistic, HyperbolicSecant."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from tinygrad_loss.distributions.constraint import positive, real
from tinygrad_loss.distributions.family import LocationScale
from tinygrad_loss.distributions.quantile import weighted_quantile
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops import error_function, exponential

__all__ = ["HyperbolicSecant", "Laplace", "Logistic", "Normal"]

FAR: Final = 40.0
"""Beyond so many scales what is left of an exponential tail is below rounding."""
LOG_SQRT_TAU: Final = 0.5 * math.log(2 * math.pi)


class Normal(LocationScale):
    r"""The Gaussian distribution, the noise model of the squared error.

    $p(y) = \frac1{\sigma\sqrt{2\pi}} e^{-(y - \mu)^2 / 2\sigma^2}$

    Args:
        loc: the mean $\mu$, in the unit of the values.
        scale: the standard deviation $\sigma$, positive, same unit.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 1, 2nd ed., chapter 13.

    >>> from tinygrad_loss.distributions import Normal
    >>> float(Normal(0.0, 1.0).nll(2.0) - Normal(0.0, 1.0).nll(0.0))
    2.0
    """

    parameters = {"loc": real, "scale": positive}
    support = real

    def __init__(self, loc: Any, scale: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, loc=loc, scale=scale)

    def _standard_log_density(self, z: Array) -> Array:
        return -0.5 * z * z - LOG_SQRT_TAU

    def _standard_cdf(self, z: Array) -> Array:
        return error_function.ndtr(z)

    def _standard_variance(self) -> float:
        return 1.0

    def _standard_entropy(self) -> float:
        return LOG_SQRT_TAU + 0.5

    def _standard_draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return rng.standard_normal(shape)

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        loc = fixed.get("loc", np.average(y, weights=w))
        found = {"loc": loc, "scale": np.sqrt(np.average((y - loc) ** 2, weights=w))}
        return {k: v for k, v in found.items() if k not in fixed}


class Laplace(LocationScale):
    r"""The double exponential distribution, the noise model of the absolute error.

    $p(y) = \frac1{2b} e^{-|y - \mu| / b}$

    Args:
        loc: the median $\mu$, in the unit of the values.
        scale: the mean absolute deviation b, positive, same unit.
        validate_args: whether to check parameters and values.

    Source: Kotz, Kozubowski and Podgórski 2001, The Laplace Distribution and Generalizations, chapter 2.

    >>> from tinygrad_loss.distributions import Laplace
    >>> float(Laplace.fit([1.0, 2.0, 9.0]).loc)
    2.0
    """

    parameters = {"loc": real, "scale": positive}
    support = real
    irregular = "the log-likelihood has a kink at every value, so its curvature at the median is not the information (scale / sqrt(n) is)"

    def __init__(self, loc: Any, scale: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, loc=loc, scale=scale)

    def _standard_log_density(self, z: Array) -> Array:
        return -np.abs(z) - math.log(2)

    def _standard_cdf(self, z: Array) -> Array:
        # Two functions that kink at 0 in opposite ways: their sum does not, and says so.
        return 0.5 * np.exp(np.minimum(z, 0.0)) - 0.5 * np.expm1(-np.maximum(z, 0.0))

    def _standard_variance(self) -> float:
        return 2.0

    def _standard_entropy(self) -> float:
        return 1.0 + math.log(2)

    def _standard_draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return rng.laplace(size=shape)

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        loc = fixed.get("loc", weighted_quantile(y, w, 0.5))
        found = {"loc": loc, "scale": np.average(np.abs(y - loc), weights=w)}
        return {k: v for k, v in found.items() if k not in fixed}


class Logistic(LocationScale):
    r"""The distribution whose cdf is the logistic function.

    $p(y) = \frac1{s}\,\sigma(z)\,\sigma(-z)$ with $z = (y - \mu) / s$

    Args:
        loc: the mean $\mu$, in the unit of the values.
        scale: s, positive, same unit; the standard deviation is $s \pi / \sqrt 3$.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 2, 2nd ed., chapter 23.

    >>> from tinygrad_loss.distributions import Logistic
    >>> float(Logistic(0.0, 1.0).cdf(0.0))
    0.5
    """

    parameters = {"loc": real, "scale": positive}
    support = real

    def __init__(self, loc: Any, scale: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, loc=loc, scale=scale)

    def _standard_log_density(self, z: Array) -> Array:
        return -2.0 * exponential.log_cosh(0.5 * z) - 2.0 * math.log(2)

    def _standard_cdf(self, z: Array) -> Array:
        return exponential.expit(z)

    def _standard_variance(self) -> float:
        return math.pi**2 / 3

    def _standard_entropy(self) -> float:
        return 2.0

    def _standard_draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return rng.logistic(size=shape)

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        loc = np.average(y, weights=w)
        return {"loc": loc, "scale": np.sqrt(3 * np.average((y - loc) ** 2, weights=w)) / math.pi}


class HyperbolicSecant(LocationScale):
    r"""The noise model of the log-cosh error.

    $p(y) = \frac1{\pi s \cosh z}$ with $z = (y - \mu) / s$

    Args:
        loc: the mean $\mu$, in the unit of the values.
        scale: s, positive, same unit; the standard deviation is $s \pi / 2$, as SciPy's ``hypsecant`` has it.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 2, 2nd ed., section 23.11.

    >>> from tinygrad_loss.distributions import HyperbolicSecant
    >>> round(float(HyperbolicSecant(0.0, 1.0).entropy()), 6)
    1.837877
    """

    parameters = {"loc": real, "scale": positive}
    support = real

    def __init__(self, loc: Any, scale: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, loc=loc, scale=scale)

    def _standard_log_density(self, z: Array) -> Array:
        return -exponential.log_cosh(z) - math.log(math.pi)

    def _standard_cdf(self, z: Array) -> Array:
        return (2 / math.pi) * np.arctan(np.exp(np.minimum(z, FAR)))

    def _standard_variance(self) -> float:
        return math.pi**2 / 4

    def _standard_entropy(self) -> float:
        return math.log(2 * math.pi)

    def _standard_draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return np.arcsinh(np.tan(math.pi * (rng.random(shape) - 0.5)))

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        loc = np.average(y, weights=w)
        return {"loc": loc, "scale": np.sqrt(np.average((y - loc) ** 2, weights=w)) * 2 / math.pi}
