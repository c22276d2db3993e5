"""One of several classes, and how often each: Categorical, Multinomial, by probabilities or by logits."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions.constraint import Constraint, category, counts, simplex, total, vector
from tinygrad_loss.distributions.operand import as_dtype, numbers
from tinygrad_loss.distributions.trials import LEAST, Binomial, ByProbability
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.ops import exponential, special
from tinygrad_loss.ops.stirling import FAR, gamma_remainder, gamma_term

__all__ = ["Categorical", "Multinomial"]


class Classes(ByProbability):
    """A family over K classes, along the last axis."""

    @property
    def probs(self) -> Result:
        """The probability of each class, ``[*batch_shape, K]``."""
        return exponential.softmax(self._logits, axis=-1) if self._by_logits else self._probs  # type: ignore[attr-defined]

    @property
    def logits(self) -> Result:
        """The logarithm of the probability of each class, ``[*batch_shape, K]``."""
        if self._by_logits:
            return exponential.log_softmax(self._logits, axis=-1)  # type: ignore[attr-defined]
        with np.errstate(divide="ignore"):
            return np.log(self._probs)  # type: ignore[attr-defined]

    @property
    def classes(self) -> int:
        """The number of classes K."""
        return int(self._given_probabilities().shape[-1])

    def _given_probabilities(self) -> Array:
        return self._logits if self._by_logits else self._probs  # type: ignore[attr-defined]

    def _plain_probs(self) -> np.ndarray:
        """Return probabilities in double precision that sum to 1 as closely as NumPy's samplers ask."""
        p = np.asarray(numbers(self.probs), np.float64)
        return p / p.sum(axis=-1, keepdims=True)


class Categorical(Classes):
    r"""One of K classes: the noise model of the cross-entropy.

    $p(y) = p_y$ for $y \in \{0, \ldots, K - 1\}$

    Args:
        probs: ``[..., K]`` probabilities that sum to 1; or
        logits: ``[..., K]`` scores, whose softmax they are.
        validate_args: whether to check parameters and values.

    Source: Agresti 2013, Categorical Data Analysis, 3rd ed., section 1.2.

    >>> from tinygrad_loss.distributions import Categorical
    >>> Categorical.fit([0, 2, 2, 2]).probs
    array([0.25, 0.  , 0.75])
    """

    parameters = {"probs": simplex, "logits": vector}

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool = True) -> None:
        self._take(validate_args=validate_args, **self._one_of("the probabilities", {"probs": probs, "logits": logits}))

    @property
    def support(self) -> Constraint:
        """The class indices."""
        return category(self.classes)

    def _log_density(self, y: Array) -> Array:
        log_p = self.logits
        index = np.asarray(numbers(y)).astype(np.int64)
        shape = np.broadcast_shapes(index.shape, log_p.shape[:-1])
        index = np.broadcast_to(np.clip(index, 0, self.classes - 1), shape)
        rows = np.reshape(np.broadcast_to(log_p, (*shape, self.classes)), (-1, self.classes))
        return np.reshape(rows[np.arange(index.size), index.ravel()], shape)

    def _cdf(self, y: Array) -> Array:
        up_to = np.arange(self.classes) <= np.asarray(numbers(y))[..., None]
        return np.sum(np.where(up_to, self.probs, 0.0), axis=-1)

    def _mean(self) -> float:
        return math.nan

    def _variance(self) -> float:
        return math.nan

    def _entropy(self) -> Array:
        p, log_p = self.probs, self.logits
        return -np.sum(np.where(p == 0, 0.0, p * np.where(p == 0, 0.0, log_p)), axis=-1)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        steps = np.cumsum(self._plain_probs(), axis=-1)[..., :-1]
        return np.sum(rng.random(shape)[..., None] >= steps, axis=-1)

    def sample(self, shape: Any = (), rng: Any = None) -> np.ndarray:
        """Draw class indices; arguments as for every family."""
        return super().sample(shape, rng).astype(np.int64)

    @classmethod
    def _data_support(cls, fixed: Mapping[str, Any]) -> Constraint:
        del fixed
        return counts

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        del fixed
        share = np.bincount(y.astype(np.int64), w)
        return {"probs": share / share.sum()}


class Multinomial(Classes):
    r"""How often each of K classes occurs in ``total_count`` trials: the noise model of the cross-entropy with soft targets.

    $p(y) = \frac{n!}{y_1! \cdots y_K!} p_1^{y_1} \cdots p_K^{y_K}$

    Args:
        total_count: n, one whole number for the whole batch, as in PyTorch.
        probs: ``[..., K]`` probabilities that sum to 1; or
        logits: ``[..., K]`` scores, whose softmax they are.
        validate_args: whether to check parameters and values.

    Source: Johnson, Kotz and Balakrishnan 1997, Discrete Multivariate Distributions, chapter 35.

    >>> from tinygrad_loss.distributions import Multinomial
    >>> round(float(Multinomial(3, [0.5, 0.25, 0.25]).prob([1, 1, 1])), 12)
    0.1875
    """

    parameters = {"total_count": counts, "probs": simplex, "logits": vector}
    event_ndim = 1
    total_count: Result

    def __init__(self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool = True) -> None:
        if np.ndim(numbers(total_count)) != 0:
            rule = "total_count must be one number for the whole batch"
            raise errors.shapes("Multinomial", rule, [np.shape(total_count)], "one Multinomial for each total_count")
        one = self._one_of("the probabilities", {"probs": probs, "logits": logits})
        self._take(validate_args=validate_args, total_count=total_count, **one)

    @property
    def event_shape(self) -> tuple[int, ...]:
        """One count for each class."""
        return (self.classes,)

    @property
    def support(self) -> Constraint:
        """The vectors of counts that sum to ``total_count``."""
        return total(self.total_count)

    def _log_density(self, y: Array) -> Array:
        log_p, n, p = self.logits, self.total_count, self.probs
        if np.all(numbers(n) > FAR) and np.all(numbers(p) > LEAST):
            return np.sum(gamma_term(y + 1.0, n * p), axis=-1) + gamma_remainder(n) + np.log(n)
        weighted = np.where(y == 0, 0.0, y * np.where(y == 0, 0.0, log_p))
        return np.sum(weighted - special.gammaln(y + 1.0), axis=-1) + special.gammaln(self.total_count + 1.0)

    def _mean(self) -> Array:
        return self.total_count * self.probs

    def _variance(self) -> Array:
        p = self.probs
        return self.total_count * p * (1.0 - p)

    def _entropy(self) -> Array:
        r"""Return $-\log n! - n \sum_i p_i \log p_i + \sum_i E[\log Y_i!]$, each expectation a sum over a Binomial's outcomes."""
        n = int(np.asarray(numbers(self.total_count)))
        p = self.probs
        y = np.arange(n + 1, dtype=self.dtype).reshape((-1,) + (1,) * p.ndim)
        factorials = np.sum(Binomial(n, p).prob(y) * special.gammaln(y + 1.0), axis=0)
        each = Categorical(probs=self.probs, validate_args=False)._entropy()  # noqa: SLF001  its formula for one trial
        return np.sum(factorials, axis=-1) + n * each - math.lgamma(n + 1)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        n = int(np.asarray(numbers(self.total_count)))
        return as_dtype(rng.multinomial(n, np.broadcast_to(self._plain_probs(), (*shape, self.classes))), self.dtype)

    @classmethod
    def _data_support(cls, fixed: Mapping[str, Any]) -> Constraint:
        del fixed
        return Constraint("a vector of counts", lambda y: np.all((y >= 0) & (y == np.floor(y)), axis=-1), event_ndim=1)

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        n = y.sum(axis=1)
        if not np.all(n == n[0]) or n[0] == 0 or ("total_count" in fixed and n[0] != fixed["total_count"]):
            rule = "every row must sum to the same number of trials, above 0"
            got = f"sums from {n.min():g} to {n.max():g}"
            raise errors.DomainError(errors.say("Multinomial.fit", rule, got, "Categorical.fit(classes, weights=counts.sum(axis=0))"))
        shares = w @ y
        found = {"probs": shares / shares.sum()}
        return found if "total_count" in fixed else {"total_count": n[0], **found}
