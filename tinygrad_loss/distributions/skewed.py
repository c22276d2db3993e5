"""Noise that leans to one side: Gumbel and AsymmetricLaplace."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions.constraint import open_unit, positive, real
from tinygrad_loss.distributions.family import LocationScale
from tinygrad_loss.distributions.quantile import weighted_quantile
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.ops.residual import exp_remainder

__all__ = ["AsymmetricLaplace", "Gumbel"]

EULER: Final = 0.5772156649015329


class Gumbel(LocationScale):
    r"""The distribution of the greatest of many values.

    $p(y) = \frac1{s} e^{-z - e^{-z}}$ with $z = (y - \mu) / s$

    Args:
        loc: the mode $\mu$, in the unit of the values.
        scale: s, positive, same unit.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 2, 2nd ed., chapter 22.

    >>> from tinygrad_loss.distributions import Gumbel
    >>> round(float(Gumbel(0.0, 1.0).mean), 6)
    0.577216
    """

    parameters = {"loc": real, "scale": positive}
    support = real

    def __init__(self, loc: Any, scale: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, loc=loc, scale=scale)

    def _standard_log_density(self, z: Array) -> Array:
        return -1.0 - exp_remainder(-z)

    def _standard_cdf(self, z: Array) -> Array:
        return np.exp(-np.exp(-z))

    def _standard_mean(self) -> float:
        return EULER

    def _standard_variance(self) -> float:
        return math.pi**2 / 6

    def _standard_entropy(self) -> float:
        return 1.0 + EULER

    def _standard_draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return rng.gumbel(size=shape)

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        mean = np.average(y, weights=w)
        scale = np.sqrt(6 * np.average((y - mean) ** 2, weights=w)) / math.pi
        return {"loc": mean - EULER * scale, "scale": scale}


class AsymmetricLaplace(LocationScale):
    r"""The noise model of the pinball loss: its ``loc`` is the ``quantile`` of the values.

    $p(y) = \frac{\tau (1 - \tau)}{s} e^{-\rho_\tau(z)}$ with $z = (y - \mu) / s$ and $\rho_\tau(z) = \max(\tau z, (\tau - 1) z)$

    Args:
        loc: the $\tau$-quantile $\mu$, in the unit of the values.
        scale: s, positive, same unit.
        quantile: $\tau$, strictly between 0 and 1: the probability of a value below ``loc``.
        validate_args: whether to check parameters and values.

    Source: Yu and Moyeed 2001, Statistics and Probability Letters 54(4).

    >>> from tinygrad_loss.distributions import AsymmetricLaplace
    >>> round(float(AsymmetricLaplace(0.0, 1.0, 0.9).cdf(0.0)), 12)
    0.9
    """

    parameters = {"loc": real, "scale": positive, "quantile": open_unit}
    support = real
    irregular = "the log-likelihood has a kink at every value, so its curvature there is not the information"
    quantile: Result

    def __init__(self, loc: Any, scale: Any, quantile: Any = 0.5, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, loc=loc, scale=scale, quantile=quantile)

    def _standard_log_density(self, z: Array) -> Array:
        t = self.quantile
        return (t - 1.0) * np.maximum(-z, 0.0) - t * np.maximum(z, 0.0) + np.log(t) + np.log1p(-t)

    def _standard_cdf(self, z: Array) -> Array:
        t = self.quantile
        return t * np.exp((1.0 - t) * np.minimum(z, 0.0)) - (1.0 - t) * np.expm1(-t * np.maximum(z, 0.0))

    def _standard_mean(self) -> Array:
        t = self.quantile
        return (1.0 - 2.0 * t) / (t * (1.0 - t))

    def _standard_variance(self) -> Array:
        t = self.quantile
        both = t * (1.0 - t)
        return (1.0 - 2.0 * both) / (both * both)

    def _standard_entropy(self) -> Array:
        t = self.quantile
        return 1.0 - np.log(t) - np.log1p(-t)

    def _standard_draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        t = self.quantile
        up, down = (rng.standard_exponential(shape).astype(self.dtype) for _ in range(2))
        return up / t - down / (1.0 - t)

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        r"""Return the best of a few candidates: between neighbouring values the profile likelihood over loc bends the wrong way to have a maximum.

        With A and B the mean excess above and below loc, the nll is $\log s - \log \tau(1 - \tau) + (\tau A + (1 - \tau) B) / s$.

        Source: Kotz, Kozubowski and Podgórski 2001, section 3.5.
        """
        quantile, scale = fixed.get("quantile"), fixed.get("scale")
        if "loc" in fixed:
            loc = np.array([float(fixed["loc"])])
        elif quantile is not None:
            loc = np.array([weighted_quantile(y, w, float(quantile))])
        else:
            loc = np.unique(y)
        above, below = _mean_excess(y, w, loc)
        if quantile is not None:
            t = np.full_like(loc, float(quantile))
        elif scale is not None:
            gap = (above - below) / float(scale)
            t = 2.0 / (2.0 + gap + np.hypot(gap, 2.0))
        else:
            t = np.sqrt(below) / (np.sqrt(above) + np.sqrt(below))
        pinball = t * above + (1.0 - t) * below
        s = pinball if scale is None else np.full_like(loc, float(scale))
        with np.errstate(divide="ignore", invalid="ignore"):
            best = int(np.argmin(np.log(s) - np.log(t) - np.log1p(-t) + pinball / s if np.all(s > 0) else np.sqrt(above) + np.sqrt(below)))
        if not 0 < t[best] < 1:
            rule = "the likelihood is greatest where all values lie on one side of loc, at quantile 0 or 1, which is no asymmetric Laplace"
            instead = "AsymmetricLaplace.fit(data, quantile=0.5), or Exponential.fit(data - data.min())"
            raise errors.NoMaximumError(
                errors.say("AsymmetricLaplace.fit", rule, f"the best loc at an extreme value, {loc[best]:g}", instead)
            )
        return {k: v[best] for k, v in {"loc": loc, "scale": s, "quantile": t}.items() if k not in fixed}


def _mean_excess(y: np.ndarray, w: np.ndarray, loc: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of max(y - loc, 0) and of max(loc - y, 0) for each loc, by sums over sorted values."""
    order = np.argsort(y)
    y, share = y[order], (w / w.sum())[order]
    upto = np.searchsorted(y, loc, side="right")
    mass, moment = (np.concatenate([[0.0], np.cumsum(part)])[upto] for part in (share, share * y))
    below = loc * mass - moment
    above = np.dot(share, y) - loc + below
    return np.maximum(above, 0.0), np.maximum(below, 0.0)
