"""Noise that leans to one side: Gumbel and AsymmetricLaplace."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions.constraint import open_unit, positive, real
from tinygrad_loss.distributions.family import LocationScale
from tinygrad_loss.distributions.quantile import weighted_quantile
from tinygrad_loss.engine.op import Array

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
        return np.where(z == -np.inf, -np.inf, -(z + np.exp(-z)))

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
    quantile: Array

    def __init__(self, loc: Any, scale: Any, quantile: Any = 0.5, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, loc=loc, scale=scale, quantile=quantile)

    def _standard_log_density(self, z: Array) -> Array:
        t = self.quantile
        return -np.maximum(t * z, (t - 1.0) * z) + np.log(t) + np.log1p(-t)

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
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any] | None:
        t = fixed.get("quantile")
        if t is None and fixed:
            return None
        loc = fixed.get("loc") if t is not None else cls._best_split(y, w)
        if loc is None and t is not None:
            loc = weighted_quantile(y, w, float(t))
        above, below = (np.average(np.maximum(side, 0.0), weights=w) for side in (y - loc, loc - y))
        if t is None:
            t = math.sqrt(below) / (math.sqrt(above) + math.sqrt(below))
        found = {"loc": loc, "scale": t * above + (1 - t) * below, "quantile": t}
        return {k: v for k, v in found.items() if k not in fixed}

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        loc = weighted_quantile(y, w, 0.5)
        return {"loc": loc, "scale": 0.5 * np.average(np.abs(y - loc), weights=w) or 1.0, "quantile": 0.5}

    @staticmethod
    def _best_split(y: np.ndarray, w: np.ndarray) -> float:
        r"""Return the value at which the profile likelihood over loc is greatest: it is concave between values.

        There the best $\tau$ is $\sqrt{B} / (\sqrt{A} + \sqrt{B})$ with A, B the mean excess above and below, and the nll
        $2 \log(\sqrt{A} + \sqrt{B}) + 1$.

        Source: Kotz, Kozubowski and Podgórski 2001, section 3.5.
        """
        order = np.argsort(y)
        y, share = y[order], (w / w.sum())[order]
        left = np.cumsum(share) * y - np.cumsum(share * y)
        above = np.average(y, weights=share) - y + left
        best = int(np.argmin(np.sqrt(np.maximum(above, 0.0)) + np.sqrt(np.maximum(left, 0.0))))
        if y[best] in (y[0], y[-1]):
            rule = "the likelihood is greatest where all values lie on one side of loc, at quantile 0 or 1, which is no asymmetric Laplace"
            instead = "AsymmetricLaplace.fit(data, quantile=0.5), or Exponential.fit(data - data.min())"
            raise errors.NoMaximumError(
                errors.say("AsymmetricLaplace.fit", rule, f"the best loc at an extreme value, {y[best]:g}", instead)
            )
        return float(y[best])
