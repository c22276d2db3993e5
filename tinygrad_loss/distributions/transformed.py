"""Distributions made from others: of a function of a variable, and of several variables as one."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions.constraint import Constraint, demand, nonzero, open_unit, positive, real
from tinygrad_loss.distributions.family import Distribution, needs_distribution
from tinygrad_loss.distributions.operand import operand
from tinygrad_loss.engine.arguments import NamesItsArguments
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.ops import exponential

__all__ = [
    "AffineTransform",
    "ExpTransform",
    "Independent",
    "PowerTransform",
    "SigmoidTransform",
    "TanhTransform",
    "Transform",
    "TransformedDistribution",
]


class Transform(NamesItsArguments):
    """A monotone function of each entry, with its inverse and the logarithm of its slope."""

    EXPLAINED = ("__init__", "__call__", "inv", "log_abs_det_jacobian")
    domain: Constraint = real
    codomain: Constraint = real
    increasing: bool | Any = True

    def __call__(self, x: Array) -> Result:
        """Return y."""
        raise NotImplementedError

    def inv(self, y: Array) -> Result:
        """Return the x that is taken to y."""
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Array, y: Array) -> Result:
        r"""Return $\log |dy / dx|$, entry by entry."""
        raise NotImplementedError


def _each(transforms: Any) -> tuple[Transform, ...]:
    """Return transforms as a tuple; refuse what has no inverse and no slope to its name."""
    found = tuple(transforms) if isinstance(transforms, Iterable) else (transforms,)
    wrong = [x for x in found if not isinstance(x, Transform)]
    if wrong or not found:
        got = type(wrong[0]).__name__ if wrong else "none"
        raise errors.ArgumentError(
            errors.say("TransformedDistribution", "transforms must be one or more Transforms", got, "ExpTransform()")
        )
    return found


class ExpTransform(Transform):
    """$y = e^x$."""

    codomain = positive

    def __call__(self, x: Array) -> Result:
        """Return exp x."""
        return np.exp(x)

    def inv(self, y: Array) -> Result:
        """Return log y."""
        return np.log(y)

    def log_abs_det_jacobian(self, x: Array, y: Array) -> Result:
        """Return x."""
        del y
        return x


class AffineTransform(Transform):
    """$y = loc + scale x$, with a scale that is not 0."""

    def __init__(self, loc: Any, scale: Any) -> None:
        demand(real, operand(loc, "AffineTransform", "loc"), "AffineTransform", "loc", "loc=0.0")
        demand(nonzero, operand(scale, "AffineTransform", "scale"), "AffineTransform", "scale", "scale=1.0")
        self.loc, self.scale = loc, scale
        self.increasing = scale > 0

    def __call__(self, x: Array) -> Result:
        """Return loc + scale x."""
        return self.loc + self.scale * x

    def inv(self, y: Array) -> Result:
        """Return (y - loc) / scale."""
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Array, y: Array) -> Result:
        """Return log |scale|."""
        del y
        return np.log(np.abs(self.scale)) * np.ones_like(x)


class SigmoidTransform(Transform):
    r"""$y = 1 / (1 + e^{-x})$."""

    codomain = open_unit

    def __call__(self, x: Array) -> Result:
        """Return the logistic function of x."""
        return exponential.expit(x)

    def inv(self, y: Array) -> Result:
        """Return the log-odds."""
        return exponential.logit(y)

    def log_abs_det_jacobian(self, x: Array, y: Array) -> Result:
        """Return log y + log(1 - y), from x."""
        del y
        return exponential.log_sigmoid(x) + exponential.log_sigmoid(-x)


class TanhTransform(Transform):
    r"""$y = \tanh x$."""

    codomain = Constraint("strictly between -1 and 1", lambda y: (y > -1) & (y < 1), "np.tanh({name})", lower=-1.0, upper=1.0)

    def __call__(self, x: Array) -> Result:
        """Return tanh x."""
        return np.tanh(x)

    def inv(self, y: Array) -> Result:
        """Return artanh y."""
        return np.arctanh(y)

    def log_abs_det_jacobian(self, x: Array, y: Array) -> Result:
        """Return log(1 - tanh(x)^2), from x."""
        del y
        return -2.0 * exponential.log_cosh(x)


class PowerTransform(Transform):
    """$y = x^p$ for positive x, with p not 0."""

    domain = positive
    codomain = positive

    def __init__(self, exponent: Any) -> None:
        demand(nonzero, operand(exponent, "PowerTransform", "exponent"), "PowerTransform", "exponent", "exponent=2.0")
        self.exponent = exponent
        self.increasing = exponent > 0

    def __call__(self, x: Array) -> Result:
        """Return x^p."""
        return np.exp(self.exponent * np.log(x))

    def inv(self, y: Array) -> Result:
        """Return y^(1/p)."""
        return np.exp(np.log(y) / self.exponent)

    def log_abs_det_jacobian(self, x: Array, y: Array) -> Result:
        """Return log |p y / x|."""
        del y
        return np.log(np.abs(self.exponent)) + (self.exponent - 1.0) * np.log(x)


class TransformedDistribution(Distribution):
    r"""The distribution of $Y = t_k(\ldots t_1(X))$: $\log p_Y(y) = \log p_X(x) - \sum_i \log |dt_i|$.

    Args:
        base_distribution: the distribution of X, of single numbers.
        transforms: one `Transform`, or several, the first applied first.
        validate_args: whether to check values.

    Source: Casella and Berger, Statistical Inference, 2nd ed., theorem 2.1.5.

    >>> from tinygrad_loss.distributions import ExpTransform, LogNormal, Normal, TransformedDistribution
    >>> d = TransformedDistribution(Normal(0.0, 1.0), ExpTransform())
    >>> float(d.log_prob(2.0)) == float(LogNormal(0.0, 1.0).log_prob(2.0))
    True
    """

    def __init__(self, base_distribution: Distribution, transforms: Transform | Sequence[Transform], validate_args: bool = True) -> None:
        needs_distribution("TransformedDistribution", "base_distribution", base_distribution)
        if base_distribution.event_ndim:
            rule = "the base must be a distribution of single numbers"
            instead = "Independent(TransformedDistribution(base, transforms), 1)"
            raise errors.shapes("TransformedDistribution", rule, [base_distribution.event_shape], instead)
        self.base_distribution = base_distribution
        self.transforms = (transforms,) if isinstance(transforms, Transform) else _each(transforms)
        first = self.transforms[0].domain
        if np.any(base_distribution.support.lower < first.lower):
            name, rule = type(self.transforms[0]).__name__, f"the base of {type(self.transforms[0]).__name__} must be {first.rule}"
            got = f"{type(base_distribution).__name__}, whose values are {base_distribution.support.rule}"
            instead = f"TransformedDistribution(base_distribution, [ExpTransform(), {name}(...)])"
            raise errors.DomainError(errors.say("TransformedDistribution", rule, got, instead))
        self.no_rsample = base_distribution.no_rsample  # type: ignore[misc]
        self.batch_shape = base_distribution.batch_shape
        self.dtype, self.weak = base_distribution.dtype, base_distribution.weak
        self.validate_args = validate_args
        self._given = ("base_distribution", "transforms")

    def _in(self, dtype: np.dtype[Any]) -> "TransformedDistribution":
        return TransformedDistribution(self.base_distribution._in(dtype), self.transforms, self.validate_args)  # noqa: SLF001  its own part

    @property
    def support(self) -> Constraint:
        """The codomain of the last transform."""
        return self.transforms[-1].codomain

    def _log_density(self, y: Array) -> Array:
        slope: Any = 0.0
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            slope = slope + transform.log_abs_det_jacobian(x, y)
            y = x
        return self.base_distribution._anywhere(y) - slope  # noqa: SLF001  its own part

    def _cdf(self, y: Array) -> Array:
        increasing: bool | Any = True
        for transform in reversed(self.transforms):
            y = transform.inv(y)
            increasing = increasing == transform.increasing
        below = self.base_distribution.cdf(y)
        return np.where(increasing, below, 1.0 - below)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        y = self.base_distribution._draw(rng, shape)  # noqa: SLF001  its own part
        for transform in self.transforms:
            y = transform(y)
        return y


class Independent(Distribution):
    r"""Several independent variables as one event: $\log p(y) = \sum_i \log p_i(y_i)$.

    Args:
        base_distribution: the distribution of the variables.
        reinterpreted_batch_ndims: how many of its last batch axes make one event.
        validate_args: whether to check values.

    Source: PyTorch 2.13, ``torch.distributions.Independent``.

    >>> from tinygrad_loss.distributions import Independent, Normal
    >>> d = Independent(Normal([0.0, 0.0], [1.0, 1.0]), 1)
    >>> d.event_shape, round(float(d.log_prob([0.0, 0.0])), 6)
    ((2,), -1.837877)
    """

    def __init__(self, base_distribution: Distribution, reinterpreted_batch_ndims: int, validate_args: bool = True) -> None:
        needs_distribution("Independent", "base_distribution", base_distribution)
        n, batch = reinterpreted_batch_ndims, base_distribution.batch_shape
        if not isinstance(n, int | np.integer) or not 0 <= n <= len(batch):
            rule = f"reinterpreted_batch_ndims must be from 0 to {len(batch)}, the batch axes of the base"
            raise errors.DomainError(errors.say("Independent", rule, str(n), f"Independent(base, {len(batch)})"))
        self.base_distribution = base_distribution
        self.reinterpreted_batch_ndims = n
        self.event_ndim = base_distribution.event_ndim + n  # type: ignore[misc]
        self.no_rsample = base_distribution.no_rsample  # type: ignore[misc]
        self.batch_shape = batch[: len(batch) - n]
        self.dtype, self.weak = base_distribution.dtype, base_distribution.weak
        self.validate_args = validate_args
        self._given = ("base_distribution", "reinterpreted_batch_ndims")

    def _in(self, dtype: np.dtype[Any]) -> "Independent":
        return Independent(self.base_distribution._in(dtype), self.reinterpreted_batch_ndims, self.validate_args)  # noqa: SLF001  its own part

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The reinterpreted batch axes, then the event axes of the base."""
        batch = self.base_distribution.batch_shape
        return batch[len(batch) - self.reinterpreted_batch_ndims :] + self.base_distribution.event_shape

    @property
    def support(self) -> Constraint:
        """Events whose every entry the base supports."""
        inner: Constraint = self.base_distribution.support
        axes = tuple(range(-self.reinterpreted_batch_ndims, 0))
        return Constraint(
            f"in every entry {inner.rule}", lambda y: np.all(inner.holds(y), axis=axes), inner.instead, event_ndim=self.event_ndim
        )

    def _summed(self, terms: Array) -> Array:
        return np.sum(terms, axis=tuple(range(-self.reinterpreted_batch_ndims, 0))) if self.reinterpreted_batch_ndims else terms

    def _log_density(self, y: Array) -> Array:
        return self._summed(self.base_distribution._anywhere(y))  # noqa: SLF001  its own part

    def _mean(self) -> Array:
        return self.base_distribution.mean

    def _variance(self) -> Array:
        return self.base_distribution.variance

    def _entropy(self) -> Array:
        return self._summed(self.base_distribution.entropy())

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.base_distribution._draw(rng, shape + self.event_shape[: self.reinterpreted_batch_ndims])  # noqa: SLF001  its own part
