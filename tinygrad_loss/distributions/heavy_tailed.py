"""Noise with tails that fall like a power: Cauchy and StudentT, which outliers hardly move."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions import gamma_noise, likelihood
from tinygrad_loss.distributions.constraint import positive, real
from tinygrad_loss.distributions.family import LocationScale
from tinygrad_loss.distributions.operand import as_dtype, numbers
from tinygrad_loss.distributions.quantile import weighted_quantile
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.ops import special
from tinygrad_loss.ops.densities import power_tail
from tinygrad_loss.ops.incomplete_beta import stdtr
from tinygrad_loss.ops.stirling import FAR, digamma_half_step, half_step

__all__ = ["Cauchy", "StudentT"]


def _quartiles(y: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """Return the median and half the interquartile range, or a part of the whole range where that is 0."""
    low, middle, high = (weighted_quantile(y, w, part) for part in (0.25, 0.5, 0.75))
    return middle, 0.5 * (high - low) or 0.1 * float(np.ptp(y))


class Cauchy(LocationScale):
    r"""The distribution without a mean: Student's with one degree of freedom.

    $p(y) = \frac1{\pi s (1 + z^2)}$ with $z = (y - \mu) / s$

    Args:
        loc: the median $\mu$, in the unit of the values.
        scale: half the interquartile range, positive, same unit.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 1, 2nd ed., chapter 16; Copas 1975, Biometrika 62(3).

    >>> from tinygrad_loss.distributions import Cauchy
    >>> float(Cauchy(0.0, 1.0).mean)
    nan
    """

    parameters = {"loc": real, "scale": positive}
    support = real

    def __init__(self, loc: Any, scale: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, loc=loc, scale=scale)

    def _log_density(self, y: Array) -> Array:
        return -power_tail(y - self.loc, self.scale, 1.0) - math.log(math.pi) - np.log(self.scale)

    def _standard_cdf(self, z: Array) -> Array:
        return np.arctan2(np.ones_like(z), -z) / math.pi

    def _standard_mean(self) -> float:
        return math.nan

    def _standard_variance(self) -> float:
        return math.nan

    def _standard_entropy(self) -> float:
        return math.log(4 * math.pi)

    def _standard_draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return rng.standard_cauchy(shape)

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        if "scale" not in fixed:
            likelihood.refuse_constant(cls.__name__, y, w, "scale", share=0.5)

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        loc, scale = _quartiles(y, w)
        return {"loc": loc, "scale": scale}


def _log_half_beta(x: Array) -> Array:
    r"""Return $\log B(\tfrac12, x)$; of a large x by the log-gammas' remainders, for they themselves nearly cancel."""
    far = numbers(x) > FAR
    near = special.betaln(0.5 * np.ones_like(x), np.where(far, 1.0, x))
    if not np.any(far):
        return near
    return np.where(far, 0.5 * math.log(math.pi) - half_step(np.where(far, x, FAR)), near)


class StudentT(LocationScale):
    r"""Student's t, between the Cauchy (df = 1) and the Normal (df to infinity).

    $p(y) = \frac{1}{s \sqrt{\nu}\, B(\frac12, \frac\nu2)} (1 + z^2 / \nu)^{-(\nu + 1) / 2}$ with $z = (y - \mu) / s$

    Args:
        df: the degrees of freedom $\nu$, positive.
        loc: the median $\mu$, in the unit of the values.
        scale: s, positive, same unit.
        validate_args: whether to check parameters and values.

    Source: Lange, Little and Taylor 1989, Journal of the American Statistical Association 84(408).

    >>> from tinygrad_loss.distributions import StudentT
    >>> float(StudentT(4.0, 0.0, 1.0).variance)
    2.0
    """

    parameters = {"df": positive, "loc": real, "scale": positive}
    support = real
    df: Result

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, df=df, loc=loc, scale=scale)

    def _log_density(self, y: Array) -> Array:
        half = 0.5 * self.df
        width = self.scale * np.sqrt(self.df)
        return -power_tail(y - self.loc, width, half + 0.5) - _log_half_beta(half) - np.log(width)

    def _standard_cdf(self, z: Array) -> Array:
        return stdtr(self.df, z)

    def _mean(self) -> Array:
        return np.where(self.df > 1, self.loc, math.nan)

    def _standard_variance(self) -> Array:
        df = self.df
        finite = df > 2
        return np.where(finite, df / np.where(finite, df - 2.0, 1.0), np.where(df > 1, df * math.inf, math.nan))

    def _standard_entropy(self) -> Array:
        half = 0.5 * self.df
        return (half + 0.5) * digamma_half_step(half) + 0.5 * np.log(self.df) + _log_half_beta(half)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        normal = as_dtype(rng.standard_normal(shape), self.dtype)
        half = 0.5 * self.df
        log_chi = gamma_noise.draw_log(rng, half, shape, self.dtype) - np.log(half)
        return self.loc + self.scale * normal * np.exp(-0.5 * log_chi)

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        if "scale" in fixed:
            return
        df = fixed.get("df")
        likelihood.refuse_constant(cls.__name__, y, w, "scale", share=1.0 if df is None else df / (df + 1.0))
        if df is None and len(np.unique(y)) < len(y):
            # With df free, n ties of N values are enough when df < n / (N - n): the density at a tie grows faster than the tails cost.
            raise errors.NoMaximumError(
                errors.say(
                    "StudentT.fit",
                    "tied values make the likelihood grow without bound as df and scale shrink",
                    f"{len(y) - len(np.unique(y))} ties",
                    "StudentT.fit(data, df=4.0)",
                )
            )

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        loc, scale = _quartiles(y, w)
        return {"df": 5.0, "loc": loc, "scale": scale}
