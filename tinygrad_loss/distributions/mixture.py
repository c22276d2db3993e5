"""Several noise models at once, of which chance picks one for each value."""

from typing import Any, Self

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.distributions import em
from tinygrad_loss.distributions.categorical import Categorical
from tinygrad_loss.distributions.constraint import Constraint, real, vector
from tinygrad_loss.distributions.family import Distribution, needs_distribution
from tinygrad_loss.distributions.symmetric import Normal
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops import exponential

__all__ = ["Mixture", "MixtureSameFamily"]


class Mixture(Distribution):
    r"""A mixture of one family: $p(y) = \sum_k \pi_k p_k(y)$.

    Args:
        mixture_distribution: a `Categorical` over the K components.
        component_distribution: a distribution whose last batch axis has length K.
        validate_args: whether to check values.

    Source: Bishop 2006, Pattern Recognition and Machine Learning, section 2.3.9.

    >>> from tinygrad_loss.distributions import Categorical, Mixture, Normal
    >>> d = Mixture(Categorical(probs=[0.5, 0.5]), Normal([-1.0, 1.0], [1.0, 1.0]))
    >>> float(d.mean), float(d.variance)
    (0.0, 2.0)
    """

    no_rsample = "which component a value comes from jumps when a weight moves"
    no_entropy = "the mean of the logarithm of a sum has no closed form; entropy_bounds() says what it lies between"

    def __init__(self, mixture_distribution: Categorical, component_distribution: Distribution, validate_args: bool = True) -> None:
        needs_distribution("Mixture", "mixture_distribution", mixture_distribution, Categorical, "Categorical(probs=[0.5, 0.5])")
        needs_distribution("Mixture", "component_distribution", component_distribution, instead="Normal(np.zeros(k), np.ones(k))")
        k = mixture_distribution.classes
        if component_distribution.batch_shape[-1:] != (k,):
            raise errors.shapes(
                "Mixture",
                "the components' last batch axis must have one entry for each weight",
                [component_distribution.batch_shape, (k,)],
                "Mixture(Categorical(probs=np.ones(k) / k), Normal(np.zeros(k), np.ones(k)))",
                mismatch.not_of_length("component_distribution", component_distribution.batch_shape, -1, k),
            )
        self.mixture_distribution = mixture_distribution
        self.component_distribution = component_distribution
        self.event_ndim = component_distribution.event_ndim  # type: ignore[misc]
        self.batch_shape = np.broadcast_shapes(mixture_distribution.batch_shape, component_distribution.batch_shape[:-1])
        self.dtype = np.result_type(mixture_distribution.dtype, component_distribution.dtype)
        self.weak = False
        self.validate_args = validate_args
        self._given = ("mixture_distribution", "component_distribution")

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The shape of one value of a component."""
        return self.component_distribution.event_shape

    @property
    def support(self) -> Constraint:
        """Whatever any component supports; elsewhere the log-probability is -inf."""
        whole = self.component_distribution.support.whole
        base = vector if self.event_ndim else real
        return Constraint(base.rule, base.holds, event_ndim=base.event_ndim, whole=whole)

    def _for_components(self, y: Array) -> Array:
        return y[(..., None, *(slice(None),) * self.event_ndim)]

    def _components(self, y: Array) -> Distribution:
        return self.component_distribution._in(y.dtype)  # noqa: SLF001  a part of this distribution

    def _log_density(self, y: Array) -> Array:
        each = self._components(y)._anywhere(self._for_components(y))  # noqa: SLF001  a part of this distribution
        return exponential.logsumexp(self.mixture_distribution.logits + each, axis=-1)

    def _anywhere(self, y: Array) -> Array:
        return self._log_density(y)

    def _cdf(self, y: Array) -> Array:
        return np.sum(self.mixture_distribution.probs * self._components(y).cdf(y[..., None]), axis=-1)

    def _over_components(self, moment: Array) -> Array:
        weights = self.mixture_distribution.probs[(..., *(None,) * self.event_ndim)]
        return np.sum(weights * moment, axis=-1 - self.event_ndim)

    def _mean(self) -> Array:
        return self._over_components(self.component_distribution.mean)

    def _variance(self) -> Array:
        from_mean = self.component_distribution.mean - np.expand_dims(self._mean(), -1 - self.event_ndim)
        return self._over_components(self.component_distribution.variance + from_mean * from_mean)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        which = self.mixture_distribution.sample(shape[: len(shape) - len(self.mixture_distribution.batch_shape)], rng)
        each = self.component_distribution.sample(shape[: len(shape) - len(self.component_distribution.batch_shape) + 1], rng)
        which = np.broadcast_to(which, shape)[(..., None, *(None,) * self.event_ndim)]
        each = np.broadcast_to(each, (*shape, *each.shape[each.ndim - 1 - self.event_ndim :]))
        return np.take_along_axis(each, which, axis=-1 - self.event_ndim).squeeze(-1 - self.event_ndim)

    def entropy_bounds(self) -> tuple[Array, Array]:
        r"""Return what the entropy lies between: $\sum_k \pi_k H_k$, all components alike, and $H(\pi)$ more, all apart.

        Source: Cover and Thomas 2006, Elements of Information Theory, theorem 2.7.3 and section 2.2.

        >>> import numpy as np
        >>> from tinygrad_loss.distributions import Categorical, Mixture, Normal
        >>> low, high = Mixture(Categorical(probs=[0.5, 0.5]), Normal([-9.0, 9.0], 1.0)).entropy_bounds()
        >>> round(float(high - low), 6)  # log 2
        0.693147
        """
        low = np.sum(self.mixture_distribution.probs * self.component_distribution.entropy(), axis=-1)
        return low, low + self.mixture_distribution.entropy()

    @classmethod
    def fit(
        cls,
        data: Any,
        weights: Any = None,
        *,
        family: type[Distribution] = Normal,
        components: int = 2,
        shared_scale: bool = False,
        **fixed: Any,
    ) -> Self:
        r"""Return a mixture of greatest likelihood by expectation and maximisation, the best of five starts.

        A mixture's likelihood may have several maxima: the one found need not be the greatest, and swapping components is another.

        Args:
            data: ``[n]``.
            weights: ``[n]``, at least 0; None is once each.
            family: the components' family, of single numbers.
            components: how many.
            shared_scale: estimate one scale for all components, of a `Normal`.
            fixed: parameters of the family that are known, the same for each component.

        Returns:
            The mixture; its ``fitted`` has the log-likelihood, of each start as well, and standard errors.

        Raises:
            NoMaximumError: each component has a scale of its own that is not known: around one value it may shrink to 0,
                and the likelihood grows without bound.
            DomainError: no data, nan, values outside the support, or fewer than one component.

        Source: Day 1969, Biometrika 56(3); Dempster, Laird and Rubin 1977, Journal of the Royal Statistical Society B 39.

        >>> from tinygrad_loss.distributions import Mixture, Poisson
        >>> d = Mixture.fit([0, 1, 0, 2, 1, 30, 28, 33], family=Poisson)
        >>> d.component_distribution.rate.round(2), d.mixture_distribution.probs.round(3)
        (array([ 0.8 , 30.33]), array([0.625, 0.375]))
        """
        if components < 1 or family.event_ndim or (shared_scale and family is not Normal):
            rule = "it takes one or more components of a family of numbers, and shares the scale of Normal ones"
            got = f"components={components}, {family.__name__}, shared_scale={shared_scale}"
            raise errors.DomainError(errors.say("Mixture.fit", rule, got, "Mixture.fit(data, components=2, shared_scale=True)"))
        em.refuse_unbounded(family, fixed, shared=shared_scale)
        mixing, parts, found = em.climb_mixture(family, data, weights, components, fixed, shared=shared_scale)
        best = cls(Categorical(probs=mixing), family(**parts, **fixed))
        best.fitted = found
        return best


MixtureSameFamily = Mixture
