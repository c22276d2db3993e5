"""Likelihood as a function of the parameters: its maximum, its curvature there, and its curve.

A maximum is climbed in free real coordinates (logarithms of what is positive, logits of probabilities), where no step can leave the parameters' domain.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.calculus.functional import hessian, jacobian
from tinygrad_loss.context import at_kinks
from tinygrad_loss.distributions.constraint import demand, real
from tinygrad_loss.distributions.maximum import climb
from tinygrad_loss.distributions.operand import as_dtype, numbers, offender, operand
from tinygrad_loss.distributions.shown import of_fit
from tinygrad_loss.engine.op import Array

__all__ = ["Fit", "fit", "likelihood_curve", "profile", "refuse_constant", "sample_of"]


@dataclass(frozen=True, eq=False)
class Fit:
    """A maximum of the likelihood, and how sharp it is.

    Args:
        family: the class of distributions.
        data: ``[n, *event_shape]``.
        weights: ``[n]``.
        estimates: the parameters that were estimated.
        fixed: the parameters that were given.
    """

    family: Any
    data: np.ndarray
    weights: np.ndarray
    estimates: dict[str, np.ndarray]
    fixed: dict[str, Any]

    @cached_property
    def log_likelihood(self) -> float:
        r"""$\sum_i w_i \log p(y_i; \hat\theta)$."""
        return -float(_objective(self.family, self.data, self.weights, self.fixed)(self.estimates))

    @cached_property
    def free(self) -> np.ndarray:
        """The estimates in free real coordinates."""
        with np.errstate(divide="ignore"):
            return np.concatenate([self.family.parameters[k].to_free(v) for k, v in self.estimates.items()])

    @property
    def aic(self) -> float:
        r"""Akaike's criterion $2k - 2 \log L$; smaller is better, for the same data.

        Source: Akaike 1974, IEEE Transactions on Automatic Control 19(6).
        """
        return 2 * len(self.free) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        r"""Schwarz's criterion $k \log n - 2 \log L$.

        Source: Schwarz 1978, Annals of Statistics 6(2).
        """
        return len(self.free) * float(np.log(self.weights.sum())) - 2 * self.log_likelihood

    @cached_property
    def covariance(self) -> np.ndarray:
        r"""$J H^{-1} J^\top$: the inverse of the observed information, for all estimated numbers in their order.

        H is the exact Hessian of the negative log-likelihood in free coordinates, J the derivative of the parameters with respect to them.

        Raises:
            NoMaximumError: the curvature says nothing: the family is not regular, or the estimate is at the edge.

        Source: Efron and Hinkley 1978, Biometrika 65(3).
        """
        where = f"{self.family.__name__}.fit(...).fitted.covariance"
        if self.family.irregular:
            raise errors.NoMaximumError(errors.say(where, self.family.irregular, "this family", "a bootstrap: fit resampled data"))
        if not np.all(np.isfinite(self.free)):
            rule = "an estimate at the edge of its range has no curvature"
            got = ", ".join(f"{k}={v}" for k, v in self.estimates.items())
            raise errors.NoMaximumError(errors.say(where, rule, got, "tl.distributions.likelihood_curve(...) for an interval"))
        shapes = {k: np.shape(v) for k, v in self.estimates.items()}
        nll = _in_free(self.family, shapes, _objective(self.family, self.data, self.weights, self.fixed))
        flat = _in_free(self.family, shapes, lambda found: np.concatenate([np.reshape(v, (-1,)) for v in found.values()]))
        with at_kinks("convention"):
            curvature, slope = hessian(nll)(self.free), jacobian(flat)(self.free)
        return np.asarray(slope @ np.linalg.solve(curvature, slope.T))

    @cached_property
    def standard_errors(self) -> dict[str, np.ndarray]:
        """The standard error of each estimate, in its unit; errors as `covariance`."""
        variances = np.sqrt(np.diagonal(self.covariance))
        found, at = {}, 0
        for key, value in self.estimates.items():
            n = np.size(value)
            found[key] = np.reshape(variances[at : at + n], np.shape(value))[()]
            at += n
        return found

    def __repr__(self) -> str:
        inside = ", ".join(f"{k}={v}" for k, v in self.estimates.items())
        return f"Fit({self.family.__name__}: {inside}; log-likelihood {self.log_likelihood:.6g}, AIC {self.aic:.6g})"

    _repr_html_ = of_fit


# ---- fitting a family -----------------------------------------------------------------------------------------------------


def fit(family: Any, data: Any, weights: Any, fixed: Mapping[str, Any]) -> Any:
    """Return the member of ``family`` of greatest likelihood: the machinery of ``Family.fit``."""
    if not family.parameters:
        rule = "it is made from other distributions, and has no parameters of its own"
        instead = "the fit of its parts, on the data they explain"
        raise errors.NoRuleError(errors.say(f"{family.__name__}.fit", rule, "a fit of the whole", instead))
    names = family.estimated or tuple(family.parameters)
    unknown = [k for k in fixed if k not in family.parameters]
    if unknown:
        raise errors.unknown_name(f"{family.__name__}.fit", "a fixed parameter", unknown[0], family.parameters)
    for key, value in fixed.items():
        constraint = family.parameters[key]
        known = operand(value, f"{family.__name__}.fit", key)
        if np.ndim(numbers(known)) != constraint.event_ndim:
            rule = f"{key} must be one {('number', 'vector', 'matrix')[constraint.event_ndim]} for all data"
            raise errors.shapes(f"{family.__name__}.fit", rule, [np.shape(numbers(known))], f"{key}={key}[0], for the data of one fit")
        line = f"{family.__name__}.fit(data, {key}={constraint.instead.format(name=key)})"
        demand(constraint, as_dtype(known, np.dtype(np.float64)), f"{family.__name__}.fit", key, line)
    y, w = sample_of(family, data, weights, fixed)
    dtype = y.dtype
    y, w = y.astype(np.float64), w.astype(np.float64)
    free = [k for k in names if k not in fixed]
    found: dict[str, Any] | None = None
    if free:
        family._refuse(y, w, fixed)  # noqa: SLF001  the family's own part of this
        found = family._closed_form(y, w, fixed)  # noqa: SLF001
    if found is None:
        found = _climbed(family, y, w, fixed, free)
    fixed = {**fixed, **{k: v for k, v in found.items() if k not in names}}
    estimates = {k: np.asarray(v) for k, v in found.items() if k in names}
    best = family(**{k: v.astype(dtype)[()] for k, v in estimates.items()}, **fixed)
    best.fitted = Fit(family, y, w, estimates, dict(fixed))
    return best


def _climbed(family: Any, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any], free: Sequence[str]) -> dict[str, Any]:
    if not free:
        return {}
    guess = family._start(y, w, fixed)  # noqa: SLF001  the family's own part of this
    start = {k: np.asarray(guess[k], dtype=np.float64) for k in free}
    shapes = {k: v.shape for k, v in start.items()}
    labels = [k for k in free for _ in range(max(1, np.size(family.parameters[k].to_free(start[k]))))]
    nll = _in_free(family, shapes, _objective(family, y, w, fixed))
    u = climb(nll, np.concatenate([family.parameters[k].to_free(v) for k, v in start.items()]), family.__name__, labels, w.sum())
    return {k: numbers(v) for k, v in _from_free(family, shapes, u).items()}


def _objective(family: Any, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> Callable[[Mapping[str, Array]], Array]:
    """Return the weighted negative log-likelihood as a function of the free parameters."""
    return lambda free: np.sum(w * family(**free, **fixed, validate_args=False).nll(y))


def _from_free(family: Any, shapes: Mapping[str, tuple[int, ...]], u: Array) -> dict[str, Array]:
    """Cut free coordinates into the parameters they stand for."""
    found, at = {}, 0
    for key, shape in shapes.items():
        constraint = family.parameters[key]
        n = np.size(constraint.to_free(_member(constraint, shape)))
        member = constraint.from_free(u[at : at + n])
        found[key] = np.reshape(member, shape)
        at += n
    return found


def _member(constraint: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return any member of a constraint, to count its free coordinates."""
    if constraint.event_ndim == 2:
        return np.eye(shape[-1])
    return np.full(shape, 1.0 / shape[-1] if shape else 0.5)


def _in_free(family: Any, shapes: Mapping[str, tuple[int, ...]], of: Callable[[Mapping[str, Array]], Array]) -> Callable[[Array], Array]:
    return lambda u: of(_from_free(family, shapes, u))


def sample_of(family: Any, data: Any, weights: Any, fixed: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return data as ``[n, *event]`` and weights as ``[n]``, checked."""
    where = f"{family.__name__}.fit"
    y = numbers(operand(data, where, "data"))
    if y is None or y.size == 0:
        raise errors.DomainError(
            errors.say(where, "data must not be empty", f"shape {np.shape(y)}", f"{where}(data), with at least one value")
        )
    if y.ndim < family.event_ndim + 1 and y.ndim == family.event_ndim:
        y = y[None]
    if y.ndim < family.event_ndim:
        raise errors.shapes(where, "one value is a vector", [y.shape], f"{where}(np.stack(values))")
    y = y.reshape((-1, *y.shape[y.ndim - family.event_ndim :])) if family.event_ndim else y.ravel()
    y = y if y.dtype.kind == "f" else y.astype(np.float64)
    support = family._data_support(fixed)  # noqa: SLF001  the family's own part of this
    holds = support.holds(y) & np.all(np.isfinite(y.reshape(len(y), -1)), axis=1)
    if not np.all(holds):
        rule = f"every value must be finite and {support.rule}" if support.rule != real.rule else "every value must be finite"
        raise errors.DomainError(errors.say(where, rule, offender(y, holds), f"{where}(data[valid]), without such values"))
    if weights is None:
        return y, np.ones(len(y), y.dtype)
    w = numbers(operand(weights, where, "weights"))
    if w is None or w.size != len(y):
        rule, differ = "there must be one weight for each value", mismatch.not_of_length("weights", np.shape(w), 0, len(y))
        raise errors.shapes(where, rule, [np.shape(w), (len(y),)], f"{where}(data, np.ones(len(data)))", differ)
    w = w.ravel().astype(y.dtype)
    if not (np.all(np.isfinite(w)) and np.all(w >= 0) and w.sum() > 0):
        holds = np.isfinite(w) & (w >= 0)
        nothing = bool(np.all(holds))
        rule = "weights must be finite, at least 0 and not all 0"
        instead = f"{where}(data)" if nothing else f"{where}(data, np.abs(weights))"
        raise errors.DomainError(errors.say(where, rule, offender(w, w > 0 if nothing else holds), instead))
    return y[w > 0], w[w > 0]


def refuse_constant(name: str, y: np.ndarray, w: np.ndarray, parameter: str, instead: str = "", share: float = 1.0) -> None:
    """Raise when at least a ``share`` of the weight is on one value: the likelihood grows without bound as a scale goes to 0 there."""
    values, at = np.unique(y, return_inverse=True)
    masses = np.bincount(at, w) / w.sum()
    heaviest = int(np.argmax(masses))
    if masses[heaviest] >= share - 1e-12:
        instead = instead or f"{parameter}=1.0"
        part = "all values equal" if share == 1 else f"{masses[heaviest]:.3g} of the weight at {values[heaviest]:g}, at least {share:.3g}"
        rule = f"the likelihood grows without bound as {parameter} shrinks around one value"
        raise errors.NoMaximumError(errors.say(f"{name}.fit", rule, part, f"{name}.fit(data, {instead}), or other data"))


# ---- curves -------------------------------------------------------------------------------------------------------------


def likelihood_curve(make: Callable[[float], Any], grid: Any, data: Any) -> np.ndarray:
    r"""Return $\log L(\theta) = \sum_i \log p(y_i; \theta)$ for each $\theta$ of a grid: the same formula, read the other way round.

    Args:
        make: the distribution for one value of the parameter.
        grid: ``[k]`` values of the parameter.
        data: the observations.

    Returns:
        ``[k]`` log-likelihoods, in nats.

    >>> from tinygrad_loss.distributions import Bernoulli, likelihood_curve
    >>> tosses = [1, 1, 0, 1]
    >>> likelihood_curve(Bernoulli, [0.25, 0.5, 0.75], tosses).round(3)
    array([-4.447, -2.773, -2.249])
    """
    return np.array([float(np.sum(numbers(make(float(theta)).log_prob(data)))) for theta in np.asarray(grid)])


def profile(family: Any, name: str, grid: Any, data: Any, weights: Any = None, **fixed: Any) -> np.ndarray:
    r"""Return the profile log-likelihood $\max_{\text{others}} \log L(\theta, \text{others})$ for each $\theta$ of a grid.

    Args:
        family: a class of distributions.
        name: the parameter that takes the values of the grid.
        grid: ``[k]`` values.
        data: as `Distribution.fit`.
        weights: as `Distribution.fit`.
        fixed: other parameters that are known.

    Returns:
        ``[k]`` log-likelihoods; those within 1.92 of the greatest make the 95 % likelihood interval.

    Source: Cox and Snell 1989, Analysis of Binary Data, 2nd ed., appendix 1; Pawitan 2001, In All Likelihood, section 3.4.

    >>> import numpy as np
    >>> from tinygrad_loss.distributions import Normal, profile
    >>> profile(Normal, "loc", [0.0, 1.0, 2.0], np.array([0.0, 1.0, 2.0])).round(3)
    array([-5.023, -3.649, -5.023])
    """
    return np.array([family.fit(data, weights, **{name: float(theta)}, **fixed).fitted.log_likelihood for theta in np.asarray(grid)])
