"""Probabilities that are themselves uncertain: Dirichlet."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions import gamma_noise
from tinygrad_loss.distributions.constraint import positive_vector, simplex
from tinygrad_loss.distributions.family import Distribution
from tinygrad_loss.distributions.operand import numbers
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.ops import exponential, special
from tinygrad_loss.ops.stirling import FAR, gamma_remainder, gamma_spread, gamma_term

__all__ = ["Dirichlet"]


class Dirichlet(Distribution):
    r"""K probabilities that sum to 1; with K = 2 a Beta.

    $p(y) = \frac{\Gamma(\sum_i \alpha_i)}{\prod_i \Gamma(\alpha_i)} \prod_i y_i^{\alpha_i - 1}$

    Args:
        concentration: ``[..., K]``, each $\alpha_i$ positive; the mean is $\alpha_i / \sum_j \alpha_j$.
        validate_args: whether to check parameters and values.

    Source: Kotz, Balakrishnan and Johnson 2000, Continuous Multivariate Distributions, vol. 1, chapter 49.

    >>> from tinygrad_loss.distributions import Dirichlet
    >>> Dirichlet([1.0, 3.0]).mean
    array([0.25, 0.75])
    """

    parameters = {"concentration": positive_vector}
    support = simplex
    event_ndim = 1
    concentration: Result

    def __init__(self, concentration: Any, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, concentration=concentration)

    @property
    def event_shape(self) -> tuple[int, ...]:
        """One probability for each class."""
        return (int(self.concentration.shape[-1]),)

    def _log_norm(self) -> Array:
        a = self.concentration
        return np.sum(special.gammaln(a), axis=-1) - special.gammaln(np.sum(a, axis=-1))

    def _log_density(self, y: Array) -> Array:
        a = self.concentration
        plain = np.sum(special.xlogy(a - 1.0, y), axis=-1) - self._log_norm()
        far = (np.sum(numbers(a), axis=-1) > FAR) & np.all(numbers(y) > 0, axis=-1)
        if not np.any(far):
            return plain
        a, y = (np.where(far[..., None], x, 0.5) for x in (a, y))
        n = np.sum(a, axis=-1)
        terms = np.sum(gamma_term(a, n[..., None] * y), axis=-1)
        return np.where(far, terms + gamma_remainder(n) + float(self.event_shape[0]) * np.log(n), plain)

    def _mean(self) -> Array:
        a = self.concentration
        return a / np.sum(a, axis=-1, keepdims=True)

    def _variance(self) -> Array:
        total = np.sum(self.concentration, axis=-1, keepdims=True)
        others = np.matmul(self.concentration, 1.0 - np.eye(self.event_shape[0], dtype=self.dtype))  # what 1 - mean would round off
        return self._mean() * (others / total) / (total + 1.0)

    def _entropy(self) -> Array:
        a = self.concentration
        total = np.sum(a, axis=-1)
        return np.sum(gamma_spread(a, 1.0), axis=-1) - gamma_spread(total, self.event_shape[0])

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return exponential.softmax(gamma_noise.draw_log(rng, self.concentration, shape + self.event_shape, self.dtype), axis=-1)

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        if np.any(y == 0):
            rule = "a probability of 0 has density 0 or infinity, so no likelihood can be compared"
            raise errors.NoMaximumError(errors.say("Dirichlet.fit", rule, f"{int(np.sum(y == 0))} zeros", "other data, or Categorical.fit"))
        if np.all(y == y[0]):
            rule = "the likelihood grows without bound with concentration around one value"
            raise errors.NoMaximumError(errors.say("Dirichlet.fit", rule, "all rows equal", "other data"))

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        mean = np.average(y, axis=0, weights=w)
        spread = np.average((y - mean) ** 2, axis=0, weights=w)
        total = max(float(np.median(mean * (1 - mean) / np.maximum(spread, 1e-12))) - 1, 1.0)
        return {"concentration": mean * total}
