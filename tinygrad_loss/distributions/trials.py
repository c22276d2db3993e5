"""Yes or no, and how often: Bernoulli, Binomial, Geometric, each by the probability of a success or by its logit."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions.constraint import Constraint, boolean, counts, counts_to, real, unit
from tinygrad_loss.distributions.family import Distribution
from tinygrad_loss.distributions.operand import as_dtype, numbers
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.ops import exponential, special
from tinygrad_loss.ops.densities import log_multichoose
from tinygrad_loss.ops.incomplete_beta import betainc
from tinygrad_loss.ops.stirling import FAR, gamma_remainder, gamma_term

__all__ = ["STEP", "Bernoulli", "Binomial", "ByProbability", "Geometric", "Trials"]

STEP = "a whole number jumps when a parameter moves, so its derivative is 0 almost everywhere"


class ByProbability(Distribution):
    """A family whose probabilities are given by ``probs``, or by ``logits``, of which no value is out of range."""

    estimated: ClassVar[tuple[str, ...]] = ("probs",)
    no_rsample: ClassVar[str] = STEP

    def _keep(self, values: Mapping[str, Array]) -> None:
        self._by_logits = "logits" in values
        for key, value in values.items():
            setattr(self, f"_{key}" if key in {"probs", "logits"} else key, value)


LEAST: Final = 1e-30
"""Probabilities below this are multiplied as logarithms only: in the smallest dtype they would vanish."""


class Trials(ByProbability):
    """A family of repeated trials, each a success or a failure."""

    @property
    def probs(self) -> Result:
        """The probability of a success."""
        return exponential.expit(self._logits) if self._by_logits else self._probs  # type: ignore[attr-defined]

    @property
    def logits(self) -> Result:
        """The logarithm of the odds of a success."""
        if self._by_logits:
            return self._logits  # type: ignore[attr-defined]
        with np.errstate(divide="ignore"):
            return exponential.logit(self._probs)  # type: ignore[attr-defined]

    def _successes(self, k: Array) -> Array:
        """Return k log p, which is 0 for k = 0 whatever p."""
        return _times(k, exponential.log_sigmoid(self._logits)) if self._by_logits else special.xlogy(k, self._probs)  # type: ignore[attr-defined]

    def _failures(self, k: Array) -> Array:
        """Return k log(1 - p), which is 0 for k = 0 whatever p."""
        return _times(k, exponential.log_sigmoid(-self._logits)) if self._by_logits else special.xlog1py(k, -self._probs)  # type: ignore[attr-defined]

    def _complement(self) -> Array:
        """Return 1 - p without cancellation."""
        return exponential.expit(-self._logits) if self._by_logits else 1.0 - self._probs  # type: ignore[attr-defined]


def _times(k: Array, logarithm: Array) -> Array:
    return np.where(k == 0, 0.0, k * np.where(k == 0, 0.0, logarithm))


class Bernoulli(Trials):
    r"""One trial: the noise model of the binary cross-entropy.

    $p(y) = p^y (1 - p)^{1 - y}$ for $y \in \{0, 1\}$

    Args:
        probs: the probability p of a 1; or
        logits: its log-odds, of which no value is out of range.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, 3rd ed., chapter 3.

    >>> from tinygrad_loss.distributions import Bernoulli
    >>> float(Bernoulli.fit([1, 1, 0, 1]).probs)
    0.75
    """

    parameters = {"probs": unit, "logits": real}
    support = boolean

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, **self._one_of("the probability", {"probs": probs, "logits": logits}))

    def _log_density(self, y: Array) -> Array:
        return self._successes(y) + self._failures(1.0 - y)

    def _cdf(self, y: Array) -> Array:
        return np.where(y >= 1, 1.0, self._complement())

    def _mean(self) -> Array:
        return self.probs

    def _variance(self) -> Array:
        return self.probs * self._complement()

    def _entropy(self) -> Array:
        p, q = self.probs, self._complement()
        return -(self._successes(p) + self._failures(q))

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return as_dtype(rng.random(shape) < np.asarray(numbers(self.probs)), self.dtype)

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        del fixed
        return {"probs": np.average(y, weights=w)}


class Binomial(Trials):
    r"""The number of successes in ``total_count`` trials.

    $p(y) = \binom{n}{y} p^y (1 - p)^{n - y}$ for $y \in \{0, \ldots, n\}$

    Args:
        total_count: n, a whole number, at least 0.
        probs: the probability p of a success; or
        logits: its log-odds.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, 3rd ed., chapter 3.

    >>> from tinygrad_loss.distributions import Binomial
    >>> round(float(Binomial(10, 0.5).prob(7)), 7)
    0.1171875
    """

    parameters = {"total_count": counts, "probs": unit, "logits": real}
    total_count: Result

    def __init__(self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool = True) -> None:
        one = self._one_of("the probability", {"probs": probs, "logits": logits})
        self._take(validate_args=validate_args, total_count=total_count, **one)

    @property
    def support(self) -> Constraint:
        """The whole numbers from 0 to ``total_count``."""
        return counts_to(self.total_count)

    def _log_ways(self, y: Array) -> Array:
        """Return the logarithm of the binomial coefficient, exact for large n where three log-gammas would cancel."""
        return log_multichoose(self.total_count - y + 1.0, y)

    def _log_density(self, y: Array) -> Array:
        n, p, q = self.total_count, self.probs, self._complement()
        plain = self._log_ways(y) + self._successes(y) + self._failures(n - y)
        far = (numbers(n) > FAR) & (numbers(p) > LEAST) & (numbers(q) > LEAST)
        if not np.any(far):
            return plain
        n, p, q, y = (np.where(far, x, 0.5) for x in (n, p, q, y))
        terms = gamma_term(y + 1.0, n * p) + gamma_term(n - y + 1.0, n * q)
        return np.where(far, terms + gamma_remainder(n) + np.log(n), plain)

    def _cdf(self, y: Array) -> Array:
        n = np.broadcast_to(self.total_count, np.broadcast_shapes(y.shape, self.total_count.shape))
        below = y < n
        return np.where(below, betainc(np.where(below, n - y, 1.0), y + 1.0, self._complement()), 1.0)

    def _mean(self) -> Array:
        return self.total_count * self.probs

    def _variance(self) -> Array:
        return self.total_count * self.probs * self._complement()

    def _entropy(self) -> Array:
        """Sum over all outcomes: there is no shorter form."""
        n = np.asarray(numbers(self.total_count))
        y = np.arange(int(n.max()) + 1, dtype=self.dtype).reshape((-1,) + (1,) * len(self.batch_shape))
        inside = y <= n
        log_p = self._log_density(np.where(inside, y, 0.0))
        return -np.sum(np.where(inside, np.exp(log_p) * np.where(log_p == -np.inf, 0.0, log_p), 0.0), axis=0)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        n, p = np.asarray(numbers(self.total_count)), np.asarray(numbers(self.probs))
        return as_dtype(rng.binomial(n.astype(np.int64), p, shape), self.dtype)

    @classmethod
    def _data_support(cls, fixed: Mapping[str, Any]) -> Constraint:
        if "total_count" not in fixed:
            rule = "the number of trials must be known; as a parameter it has no useful maximum"
            raise errors.NoMaximumError(errors.say("Binomial.fit", rule, "no total_count", "Binomial.fit(data, total_count=10)"))
        return counts_to(fixed["total_count"])

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        return {"probs": np.sum(w * y) / np.sum(w * np.asarray(fixed["total_count"], float))}


class Geometric(Trials):
    r"""The number of failures before the first success.

    $p(y) = p (1 - p)^y$ for $y \in \{0, 1, \ldots\}$

    Args:
        probs: the probability p of a success, above 0; or
        logits: its log-odds.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, 3rd ed., chapter 5.

    >>> from tinygrad_loss.distributions import Geometric
    >>> float(Geometric.fit([0, 1, 2]).probs)
    0.5
    """

    parameters = {
        "probs": Constraint("above 0, at most 1", lambda p: (p > 0) & (p <= 1), unit.instead, unit.to_free, unit.from_free),
        "logits": real,
    }
    support = counts

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, **self._one_of("the probability", {"probs": probs, "logits": logits}))

    def _log_density(self, y: Array) -> Array:
        return self._successes(np.ones_like(y)) + self._failures(y)

    def _cdf(self, y: Array) -> Array:
        return -np.expm1(self._failures(y + 1.0))

    def _mean(self) -> Array:
        return self._complement() / self.probs

    def _variance(self) -> Array:
        return self._complement() / (self.probs * self.probs)

    def _entropy(self) -> Array:
        p, q = self.probs, self._complement()
        return -(self._successes(p) + self._failures(q)) / p

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return as_dtype(rng.geometric(np.asarray(numbers(self.probs)), shape) - 1, self.dtype)

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        del fixed
        return {"probs": 1 / (1 + np.average(y, weights=w))}
