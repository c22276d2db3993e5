"""Positive values that spread over orders of magnitude: LogNormal, InverseGaussian."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_loss.distributions import likelihood
from tinygrad_loss.distributions.constraint import positive, real
from tinygrad_loss.distributions.family import Distribution
from tinygrad_loss.distributions.operand import as_dtype
from tinygrad_loss.distributions.symmetric import LOG_SQRT_TAU, Normal
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.ops import error_function
from tinygrad_loss.ops.densities import log_normal_exponent
from tinygrad_loss.ops.exponential_integral import scaled_exp1
from tinygrad_loss.ops.regression import inverse_gaussian_error

__all__ = ["InverseGaussian", "LogNormal"]


class LogNormal(Distribution):
    r"""A product of many small factors: its logarithm is Normal.

    $p(y) = \frac1{y \sigma \sqrt{2\pi}} e^{-(\log y - \mu)^2 / 2\sigma^2}$ for $y > 0$

    Args:
        loc: the mean $\mu$ of the logarithm.
        scale: the standard deviation $\sigma$ of the logarithm, positive.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 1, 2nd ed., chapter 14.

    >>> from tinygrad_loss.distributions import LogNormal
    >>> round(float(LogNormal(0.0, 1.0).mean), 6)
    1.648721
    """

    parameters = {"loc": real, "scale": positive}
    support = positive
    loc: Result
    scale: Result

    def __init__(self, loc: Any, scale: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, loc=loc, scale=scale)

    def _log_density(self, y: Array) -> Array:
        return -log_normal_exponent(y, self.loc, self.scale) - LOG_SQRT_TAU - np.log(self.scale) - np.log(y)

    def _cdf(self, y: Array) -> Array:
        return error_function.ndtr((np.log(y) - self.loc) / self.scale)

    def _mean(self) -> Array:
        return np.exp(self.loc + 0.5 * self.scale * self.scale)

    def _variance(self) -> Array:
        square = self.scale * self.scale
        return np.expm1(square) * np.exp(2.0 * self.loc + square)

    def _entropy(self) -> Array:
        return self.loc + np.log(self.scale) + LOG_SQRT_TAU + 0.5

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return np.exp(self.loc + self.scale * as_dtype(rng.standard_normal(shape), self.dtype))

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        if "scale" not in fixed:
            likelihood.refuse_constant("LogNormal", y, w, "scale")

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        return Normal._closed_form(np.log(y), w, fixed)  # noqa: SLF001  its logarithm is Normal


class InverseGaussian(Distribution):
    r"""The time at which a drifting Brownian motion first reaches a level.

    $p(y) = \sqrt{\frac{\lambda}{2\pi y^3}}\, e^{-\lambda (y - \mu)^2 / 2\mu^2 y}$ for $y > 0$

    Args:
        loc: the mean $\mu$, positive, in the unit of the values.
        concentration: $\lambda$, positive, same unit; the variance is $\mu^3 / \lambda$.
        validate_args: whether to check parameters and values.

    Source: Chhikara and Folks 1989, The Inverse Gaussian Distribution; Tweedie 1957, Annals of Mathematical Statistics 28(2).

    >>> from tinygrad_loss.distributions import InverseGaussian
    >>> float(InverseGaussian(2.0, 4.0).variance)
    2.0
    """

    parameters = {"loc": positive, "concentration": positive}
    support = positive
    loc: Result
    concentration: Result

    def __init__(self, loc: Any, concentration: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, loc=loc, concentration=concentration)

    def _log_density(self, y: Array) -> Array:
        deviance = inverse_gaussian_error.each(self.loc, y)
        return 0.5 * np.log(self.concentration) - LOG_SQRT_TAU - 1.5 * np.log(y) - 0.5 * self.concentration * deviance

    def _cdf(self, y: Array) -> Array:
        reach = np.sqrt(self.concentration * y) / self.loc
        start = np.sqrt(self.concentration / y)
        reflected = 2.0 * self.concentration / self.loc + error_function.log_ndtr(-(reach + start))
        return error_function.ndtr(reach - start) + np.exp(reflected)

    def _mean(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        return self.loc * self.loc * self.loc / self.concentration

    def _entropy(self) -> Array:
        log_ratio = scaled_exp1(2.0 * self.concentration / self.loc)
        return LOG_SQRT_TAU + 0.5 + 1.5 * np.log(self.loc) - 0.5 * np.log(self.concentration) - 1.5 * log_ratio

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        r"""Draw a constant, then let two Newton steps on $F(y; \theta) = u$ carry how it moves with the parameters.

        Both steps are 0 in value; the first makes the gradient that of the implicit function, the second the Hessian.
        """
        loc, concentration = (np.broadcast_to(p, shape) for p in (self.loc, self.concentration))
        from_detached = InverseGaussian(_constant(loc), _constant(concentration), validate_args=False)
        y = as_dtype(rng.wald(from_detached.loc, from_detached.concentration), self.dtype)
        u = from_detached._cdf(y)
        if not hasattr(self.loc, "track") and not hasattr(self.concentration, "track"):
            return y
        for _ in range(2):
            y = y - (self._cdf(y) - u) * np.exp(-self._log_density(y))
        return y

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        if "concentration" not in fixed:
            likelihood.refuse_constant("InverseGaussian", y, w, "1 / concentration", "concentration=1.0")

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        loc = fixed.get("loc", np.average(y, weights=w))
        found = {"loc": loc, "concentration": 1 / np.average((y - loc) ** 2 / (loc * loc * y), weights=w)}
        return {k: v for k, v in found.items() if k not in fixed}


def _constant(x: Array) -> np.ndarray:
    return np.asarray(x.detach() if hasattr(x, "detach") else x)
