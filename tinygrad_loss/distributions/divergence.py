"""How far one distribution is from another: closed forms by pairs of families, and an honest estimate elsewhere."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.distributions.family import Distribution, needs_distribution
from tinygrad_loss.distributions.operand import numbers
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.engine.tensor import Tensor

__all__ = ["Estimate", "kl_divergence", "register_kl"]

Formula = TypeVar("Formula", bound="Callable[[Any, Any], Array]")

_closed: dict[tuple[type, type], Callable[[Any, Any], Array]] = {}
SAMPLES: Final = 100_000


@dataclass(frozen=True)
class Estimate:
    """A number found by sampling, with its standard error: not to be mistaken for an exact one, so it takes no part in arithmetic.

    Args:
        value: the mean over the samples.
        standard_error: its standard error, same unit.
        samples: how many were drawn.
    """

    value: Any
    standard_error: Any
    samples: int

    def __repr__(self) -> str:
        return f"Estimate({numbers(self.value)} ± {self.standard_error}, from {self.samples} samples)"


def register_kl(p: type, q: type) -> Callable[[Formula], Formula]:
    """Declare the closed form of KL(p || q) for a pair of families; the decorated function takes the two distributions."""

    def registered(formula: Formula) -> Formula:
        _closed[p, q] = formula
        return formula

    return registered


def kl_divergence(p: Distribution, q: Distribution, samples: int = SAMPLES, rng: Any = None) -> Result:
    r"""Return $KL(p \| q) = E_p[\log p(Y) - \log q(Y)]$ in nats: what it costs to believe q where p is true.

    Args:
        p: the true distribution.
        q: the model.
        samples: how many to draw where the pair has no closed form.
        rng: a generator or a seed for them.

    Returns:
        An array of the common batch shape where the pair has a closed form, differentiable in the parameters of both;
        otherwise an `Estimate` with its standard error, never a bare number. A closed form is a sum of terms that are not negative,
        so it keeps its digits however near p is to q.

    Raises:
        NoRuleError: the estimate is to be differentiated in parameters of p, whose samples cannot be.

    Source: Kullback and Leibler 1951, Annals of Mathematical Statistics 22(1).

    >>> from tinygrad_loss.distributions import Laplace, Logistic, Normal, kl_divergence
    >>> float(kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0)))
    0.5
    >>> kl_divergence(Logistic(0.0, 1.0), Laplace(0.0, 1.0), samples=1000, rng=0).samples
    1000
    """
    needs_distribution("kl_divergence", "p", p)
    needs_distribution("kl_divergence", "q", q)
    if p.event_shape != q.event_shape:
        rule = "both must be of values of one shape"
        raise errors.misfits(
            "kl_divergence", rule, {"p": p.event_shape, "q": q.event_shape}, f"q of event shape {p.event_shape}", mismatch.unequal
        )
    try:
        shape = np.broadcast_shapes(p.batch_shape, q.batch_shape)
    except ValueError:
        rule, instead = "batches must broadcast together", f"q of batch shape {p.batch_shape}"
        raise errors.misfits("kl_divergence", rule, {"p": p.batch_shape, "q": q.batch_shape}, instead, mismatch.unaligned) from None
    formula = _closed.get((type(p), type(q)))
    if formula is None:
        return _estimated(p, q, samples, rng)
    with np.errstate(over="ignore", divide="ignore", under="ignore", invalid="ignore"):
        answer = formula(p, q)
    return answer if answer.shape == shape else np.broadcast_to(answer, shape)


def _estimated(p: Distribution, q: Distribution, samples: int, rng: Any) -> Estimate:
    if not isinstance(samples, int | np.integer) or samples < 2:
        rule = "without a closed form it takes 2 samples or more, for its standard error"
        raise errors.DomainError(errors.say("kl_divergence", rule, f"samples={samples!r}", f"samples={SAMPLES}"))
    y = p.rsample(samples, rng) if p.has_rsample else p.sample(samples, rng)
    terms = p.log_prob(y)
    if not p.has_rsample and isinstance(terms, Tensor) and terms.requires_grad:
        rule = f"the estimate has no derivative in the parameters of p, because {p.no_rsample}"
        raise errors.NoRuleError(
            errors.say("kl_divergence", rule, type(p).__name__, "parameters of p as arrays, or a pair with a closed form")
        )
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        terms = terms - q._anywhere(y)  # noqa: SLF001  outside the support of q its density is 0, and the divergence infinite
        plain = np.asarray(numbers(terms))
        spread = np.where(np.isinf(plain).any(axis=0), 0.0, plain.std(axis=0, ddof=1)) / math.sqrt(samples)
    return Estimate(np.mean(terms, axis=0), spread[()], samples)
