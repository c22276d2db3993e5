"""A family of distributions: what every one of them can do, written once; a family itself only states its formulas."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.context import no_grad
from tinygrad_loss.distributions import likelihood
from tinygrad_loss.distributions.constraint import Constraint, demand, written
from tinygrad_loss.distributions.elsewhere import OF_A_FAMILY
from tinygrad_loss.distributions.operand import as_dtype, common_dtype, numbers, operand
from tinygrad_loss.distributions.shown import of_distribution
from tinygrad_loss.engine.arguments import NamesItsArguments
from tinygrad_loss.engine.op import Array, Result

__all__ = ["FAMILIES", "Distribution", "LocationScale", "needs_distribution"]

_families: dict[str, type["Distribution"]] = {}
FAMILIES: Final[Mapping[str, type["Distribution"]]] = MappingProxyType(_families)
"""Every family by its name."""


class Distribution(NamesItsArguments):
    """The base of all families. A family states ``parameters``, ``support`` and its formulas; checks, shapes and dtypes are here.

    A formula is a method with an underscore: it is given values that were checked, of the parameters' dtype,
    and need not broadcast to the full shape.
    """

    EXPLAINED = ("__init__", "cdf", "entropy", "fit", "log_prob", "nll", "prob", "rsample", "sample")
    parameters: ClassVar[Mapping[str, Constraint]] = {}
    arg_constraints: ClassVar[Mapping[str, Constraint]] = {}
    """The same, under PyTorch's name."""
    estimated: ClassVar[tuple[str, ...]] = ()
    """The parameters that `fit` estimates unless they are given; all, where not stated."""
    if TYPE_CHECKING:  # a family states it as an attribute, or as a property where it depends on parameters

        @property
        def support(self) -> Constraint:
            """The `Constraint` that values satisfy."""

    event_ndim: ClassVar[int] = 0
    no_rsample: ClassVar[str] = ""
    """Why samples cannot be differentiated, where they cannot."""
    no_cdf: ClassVar[str] = "it has no closed form"
    no_entropy: ClassVar[str] = "it has no closed form"
    irregular: ClassVar[str] = ""
    """Why the curvature of the log-likelihood gives no standard errors, where it does not."""

    weak: bool
    """Whether all parameters were Python numbers, which take the dtype of what they meet."""
    dtype: np.dtype[Any]
    batch_shape: tuple[int, ...]
    validate_args: bool
    fitted: likelihood.Fit | Any = None
    """What `fit` found, with standard errors; None when the parameters were given."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.arg_constraints = cls.parameters
        if cls.parameters:
            _families[cls.__name__] = cls

    # ---- parameters ---------------------------------------------------------------------------------------------------

    def _take(self, *, validate_args: bool, **given: Any) -> None:
        """Check the parameters, and keep them: Tensors as they are, arrays by reference, numbers in the common dtype."""
        name = type(self).__name__
        operands = {key: operand(value, name, key) for key, value in given.items()}
        self.weak = all(type(value) is float for value in operands.values())
        self.dtype = common_dtype(operands.values())
        self.validate_args = validate_args
        values = {key: as_dtype(value, self.dtype) for key, value in operands.items()}
        shapes = []
        for key, value in values.items():
            constraint = self.parameters[key]
            if value.ndim < constraint.event_ndim:
                reshaped = f"np.atleast_{constraint.event_ndim}d({key})"
                raise errors.shapes(name, f"{key} must be {constraint.rule}", [value.shape], written(name, given, {key: reshaped}))
            if validate_args:
                demand(constraint, value, name, key, written(name, given, {key: constraint.instead.format(name=key)}))
            shapes.append(value.shape[: value.ndim - constraint.event_ndim])
        self._keep(values)
        try:
            self.batch_shape = np.broadcast_shapes(*shapes)
        except ValueError:
            instead = written(name, given, self._crosswise(list(given)))
            named = dict(zip(values, shapes, strict=True))
            raise errors.misfits(name, "parameters must broadcast together", named, instead, mismatch.unaligned) from None
        self._given = tuple(given)

    def _crosswise(self, keys: Sequence[str]) -> dict[str, str]:
        """Write the parameters so that each of one meets each of the others."""
        found = {}
        for after, key in enumerate(reversed(keys)):
            if after:
                found[key] = f"{key}[...{', None' * after}{', :' * self.parameters[key].event_ndim}]"
        return found

    def _keep(self, values: Mapping[str, Array]) -> None:
        for key, value in values.items():
            setattr(self, key, value)

    def _one_of(self, what: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the one of several ways to give the same parameter that was used."""
        used = {key: value for key, value in given.items() if value is not None}
        if len(used) != 1:
            name, first = type(self).__name__, next(iter(given))
            rule = f"exactly one of {' and '.join(given)} says {what}"
            raise errors.DomainError(errors.say(name, rule, " and ".join(used) or "none", f"{name}({first}=...)"))
        return used

    def _in(self, dtype: np.dtype[Any]) -> Self:
        """Return the same distribution with its Python numbers in another floating dtype."""
        if not self.weak or dtype == self.dtype or dtype.kind != "f":
            return self
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.dtype = dtype
        other._keep({key: as_dtype(getattr(self, key), dtype) for key in self._given})
        return other

    if not TYPE_CHECKING:  # a checker that saw it would believe every name

        def __getattr__(self, name: str) -> Any:
            kind = type(self).__name__
            message, instead = f"{kind!r} object has no attribute {name!r}", OF_A_FAMILY.get(name, f"help(tl.distributions.{kind})")
            raise AttributeError(f"{message}. Type instead: {instead}", name=name, obj=self)

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The shape of one value: () for a number."""
        return ()

    def __repr__(self) -> str:
        inside = ", ".join(f"{key}={numbers(getattr(self, key))!s}" for key in self._given)
        return f"{type(self).__name__}({inside})"

    _repr_html_ = of_distribution

    # ---- densities ----------------------------------------------------------------------------------------------------

    def log_prob(self, value: Any) -> Result:
        r"""Return $\log p(value)$: the logarithm of the density, or of the probability where values are whole numbers.

        Args:
            value: ``[..., *batch_shape, *event_shape]``, broadcast against the parameters, as in PyTorch.

        Returns:
            ``[..., *batch_shape]``, differentiable in ``value`` and in the parameters.

        Raises:
            DomainError: a value outside the support; with ``validate_args=False`` its log-probability is -inf.
            ShapeError: the value does not broadcast against the parameters.
        """
        family, y = self._met(value, "log_prob")
        shape = np.broadcast_shapes(y.shape[: y.ndim - family.event_ndim], family.batch_shape)
        with np.errstate(over="ignore", divide="ignore", under="ignore", invalid="ignore"):
            answer = family._log_density(y) if self.validate_args else family._anywhere(y)  # noqa: SLF001  its own class
        return answer if answer.shape == shape else np.broadcast_to(answer, shape)

    def _anywhere(self, y: Array) -> Array:
        """Return the log-density of any values: -inf outside the support, nan for nan."""
        outside = -np.inf if self.event_ndim else np.where(np.isnan(y), np.nan, -np.inf)
        return np.where(self.support.holds(y), self._log_density(y), outside)

    def nll(self, value: Any) -> Result:
        r"""Return $-\log p(value)$: the loss of this noise model; arguments and errors as `log_prob`."""
        return -self.log_prob(value)

    def prob(self, value: Any) -> Result:
        r"""Return $p(value)$: a density, which may exceed 1, or a probability; arguments and errors as `log_prob`."""
        return np.exp(self.log_prob(value))

    def cdf(self, value: Any) -> Result:
        r"""Return $P(Y \le value)$, for any real value: 0 below the support, 1 above.

        Raises:
            NoRuleError: the family has no closed form.
        """
        if type(self)._cdf is Distribution._cdf:  # noqa: SLF001  its own class
            below = "d.sample(100_000, rng) <= value"
            raise self._absent("cdf", self.no_cdf, f"np.mean(np.all({below}, axis=-1))" if self.event_ndim else f"np.mean({below})")
        family, y = self._met(value, "cdf", anywhere=True)
        shape = np.broadcast_shapes(y.shape, family.batch_shape)
        y = np.floor(y) if family.support.whole else y
        with np.errstate(over="ignore", divide="ignore", under="ignore", invalid="ignore"):
            answer = family._clipped_cdf(y)  # noqa: SLF001  its own class
        return answer if answer.shape == shape else np.broadcast_to(answer, shape)

    def _clipped_cdf(self, y: Array) -> Array:
        lower, upper = self.support.lower, self.support.upper
        if lower is -np.inf and upper is np.inf:
            return self._cdf(y)
        inside = self._cdf(np.clip(y, lower, upper))
        return np.where(y < lower, 0.0, np.where(y >= upper, 1.0, inside))

    def _log_density(self, y: Array) -> Array:
        raise NotImplementedError

    def _cdf(self, y: Array) -> Array:
        raise NotImplementedError

    def _met(self, value: Any, method: str, *, anywhere: bool = False) -> tuple[Self, Array]:
        """Return the family in the value's dtype, and the value, checked."""
        name = f"{type(self).__name__}.{method}"
        y = operand(value, name, "value")
        family = self
        if type(y) is float or y.dtype.kind != "f":
            y = as_dtype(y, self.dtype)
        else:
            family = self._in(y.dtype)
        event = y.shape[y.ndim - self.event_ndim :] if self.event_ndim else ()
        try:
            np.broadcast_shapes(y.shape[: y.ndim - self.event_ndim], self.batch_shape)
        except ValueError:
            event = None
        if event != self.event_shape:
            rule = f"a value must broadcast against batch {self.batch_shape} and event {self.event_shape}"
            crosswise = f"{method}(value[..., None]) to meet each parameter of a batch" if not self.event_ndim else ""
            shape = ", ".join(map(str, (*self.batch_shape, *self.event_shape)))
            instead = crosswise or f"a value of shape (..., {shape})"
            differ = mismatch.unaligned({"the value": y.shape, "the distribution": (*self.batch_shape, *self.event_shape)})
            raise errors.shapes(name, rule, [y.shape], instead, differ)
        if self.validate_args and not anywhere:
            keys = (*self._given, "validate_args")
            instead = f"{written(type(self).__name__, keys, {'validate_args': 'False'})}, for which it is -inf there"
            valid = f"value[~np.isnan(value){'.any(axis=-1)' if self.event_ndim else ''}]"
            demand(self.support, y, name, "value", instead, valid)
        return family, y

    # ---- moments ------------------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Result:
        r"""$E[Y]$, of shape ``batch_shape + event_shape``; nan where it does not exist."""
        return self._full(self._moment_or_refuse("mean", self._mean, Distribution._mean), self.event_shape)

    @property
    def variance(self) -> Result:
        r"""$E[(Y - E[Y])^2]$, entry by entry; inf or nan where it does not exist."""
        return self._full(self._moment_or_refuse("variance", self._variance, Distribution._variance), self.event_shape)

    @property
    def stddev(self) -> Result:
        r"""$\sqrt{\mathrm{Var}[Y]}$, in the unit of the values."""
        return np.sqrt(self.variance)

    def entropy(self) -> Result:
        r"""Return $-E[\log p(Y)]$ in nats: the least mean nll that any model of these values can reach.

        Raises:
            NoRuleError: the family has no closed form.
        """
        if type(self)._entropy is Distribution._entropy:  # noqa: SLF001  its own class
            raise self._absent("entropy", self.no_entropy, "np.mean(d.nll(d.sample(100_000, rng)))")
        with np.errstate(over="ignore", divide="ignore", under="ignore", invalid="ignore"):
            return self._full(self._entropy(), ())

    def _full(self, moment: Array, event_shape: tuple[int, ...]) -> Array:
        shape = self.batch_shape + event_shape
        return moment if getattr(moment, "shape", None) == shape else np.broadcast_to(moment, shape)

    def _moment_or_refuse(self, name: str, formula: Any, none: Any) -> Array:
        if formula.__func__ is none:
            raise self._absent(name, "it has no closed form", f"np.{'mean' if name == 'mean' else 'var'}(d.sample(100_000, rng), axis=0)")
        with np.errstate(over="ignore", divide="ignore", under="ignore", invalid="ignore"):
            return formula()

    def _mean(self) -> Array:
        raise NotImplementedError

    def _variance(self) -> Array:
        raise NotImplementedError

    def _entropy(self) -> Array:
        raise NotImplementedError

    def _absent(self, method: str, reason: str, instead: str) -> errors.NoRuleError:
        return errors.NoRuleError(errors.say(f"{type(self).__name__}.{method}", reason, "a call", instead))

    # ---- samples ------------------------------------------------------------------------------------------------------

    def sample(self, shape: int | Iterable[int] = (), rng: Any = None) -> np.ndarray:
        """Draw values, as an array without gradient.

        Args:
            shape: how many, before the batch and event axes.
            rng: a `numpy.random.Generator`, or a seed; None draws differently each time.

        Returns:
            ``[*shape, *batch_shape, *event_shape]`` of the parameters' dtype.
        """
        with no_grad(), np.errstate(all="ignore"):
            drawn = numbers(self._draw(np.random.default_rng(rng), _lengths(shape, f"{type(self).__name__}.sample") + self.batch_shape))
        return np.asarray(drawn, dtype=self.dtype)

    @property
    def has_rsample(self) -> bool:
        """Whether samples can be differentiated with respect to the parameters."""
        return not self.no_rsample

    def rsample(self, shape: int | Iterable[int] = (), rng: Any = None) -> Result:
        r"""Draw values as a differentiable function of the parameters and of noise: $y = g(\theta, \epsilon)$.

        Arguments as `sample`; the same seed gives the same values. A Tensor when a parameter is one.

        Raises:
            NoRuleError: values jump when a parameter moves, so there is no derivative.

        Source: Kingma and Welling 2014, Auto-Encoding Variational Bayes; Figurnov et al. 2018, Implicit Reparameterization Gradients.
        """
        if self.no_rsample:
            raise self._absent("rsample", self.no_rsample, "y = d.sample(shape, rng); np.mean(f(y) * d.log_prob(y)).backward()")
        with np.errstate(all="ignore"):
            return self._draw(np.random.default_rng(rng), _lengths(shape, f"{type(self).__name__}.rsample") + self.batch_shape)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        raise NotImplementedError

    # ---- maximum likelihood ---------------------------------------------------------------------------------------------

    @classmethod
    def fit(cls, data: Any, weights: Any = None, **fixed: Any) -> Self:
        r"""Return the member of the family under which the data are most likely: $\arg\max_\theta \sum_i w_i \log p(y_i; \theta)$.

        Args:
            data: ``[n, *event_shape]``; more axes are flattened.
            weights: ``[n]``, at least 0: how often each value was seen; None is once.
            fixed: parameters that are known, and not estimated.

        Returns:
            The distribution; its ``fitted`` has the log-likelihood, AIC and standard errors.

        Raises:
            NoMaximumError: the likelihood has no maximum: it is unbounded, or rises towards the edge of the parameters.
            DomainError: no data, nan, values outside the support, or a wrong weight.

        Source: Casella and Berger, Statistical Inference, 2nd ed., section 7.2.2.
        """
        return likelihood.fit(cls, data, weights, fixed)

    @property
    def standard_errors(self) -> dict[str, np.ndarray]:
        """The standard error of each estimate of a fitted distribution, in its unit.

        Raises:
            DomainError: the parameters were given, not estimated.
            NoMaximumError: the curvature of the likelihood says nothing here.
        """
        if self.fitted is None:
            name = type(self).__name__
            rule = "only estimates have standard errors"
            raise errors.DomainError(errors.say(f"{name}.standard_errors", rule, "given parameters", f"{name}.fit(data).standard_errors"))
        return self.fitted.standard_errors

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        """Raise where the likelihood of these data has no maximum."""

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the estimates where a formula gives them."""
        return None

    @classmethod
    def _start(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        """Return rough estimates, mostly by moments, from which to climb."""
        raise NotImplementedError

    @classmethod
    def _data_support(cls, fixed: Mapping[str, Any]) -> Constraint:
        """Return what data must satisfy before the parameters are known."""
        del fixed
        family: Any = cls
        return family.support


class LocationScale(Distribution):
    r"""A family $Y = loc + scale \cdot Z$ whose formulas are those of the standard variable Z."""

    loc: Result
    scale: Result

    def _standardised(self, y: Array) -> Array:
        return (y - self.loc) / self.scale

    def _log_density(self, y: Array) -> Array:
        return self._standard_log_density(self._standardised(y)) - np.log(self.scale)

    def _cdf(self, y: Array) -> Array:
        return self._standard_cdf(self._standardised(y))

    def _mean(self) -> Array:
        return self.loc + self.scale * self._standard_mean()

    def _variance(self) -> Array:
        return self.scale * self.scale * self._standard_variance()

    def _entropy(self) -> Array:
        return np.log(self.scale) + self._standard_entropy()

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.loc + self.scale * as_dtype(self._standard_draw(rng, shape), self.dtype)

    def _standard_log_density(self, z: Array) -> Array:
        raise NotImplementedError

    def _standard_cdf(self, z: Array) -> Array:
        raise NotImplementedError

    def _standard_mean(self) -> Any:
        return 0.0

    def _standard_variance(self) -> Any:
        raise NotImplementedError

    def _standard_entropy(self) -> Any:
        raise NotImplementedError

    def _standard_draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        raise NotImplementedError

    @classmethod
    def _refuse(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> None:
        if "scale" not in fixed:
            likelihood.refuse_constant(cls.__name__, y, w, "scale")


def needs_distribution(where: str, name: str, given: Any, kind: type = Distribution, instead: str = "Normal(0.0, 1.0)") -> None:
    """Refuse what is not a distribution, or not one of a family."""
    if not isinstance(given, kind):
        rule = f"{name} must be a {kind.__name__ if kind is not Distribution else 'distribution'}"
        got = given.__name__ if isinstance(given, type) else type(given).__name__
        raise errors.ArgumentError(errors.say(where, rule, got, f"{name}={instead}"))


def _lengths(shape: int | Iterable[int], where: str) -> tuple[int, ...]:
    lengths = (shape,) if isinstance(shape, int | np.integer) else tuple(shape) if isinstance(shape, Iterable) else ("",)
    if not all(isinstance(n, int | np.integer) and n >= 0 for n in lengths):
        raise errors.DomainError(
            errors.say(where, "shape must be whole numbers, at least 0", repr(shape), f"d.{where.partition('.')[2]}(1)")
        )
    return tuple(int(n) for n in lengths)
