"""Several numbers that vary together: MultivariateNormal."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.distributions.constraint import covariance, lower_cholesky, vector
from tinygrad_loss.distributions.divergence import register_kl
from tinygrad_loss.distributions.family import Distribution
from tinygrad_loss.distributions.operand import as_dtype
from tinygrad_loss.distributions.symmetric import LOG_SQRT_TAU
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.ops.densities import mahalanobis_far_out
from tinygrad_loss.ops.properties import values
from tinygrad_loss.ops.residual import exp_remainder
from tinygrad_loss.ops.stirling import log_ratio

__all__ = ["MultivariateNormal"]


class MultivariateNormal(Distribution):
    r"""The Gaussian of vectors, by the Cholesky factor L of its covariance $\Sigma = L L^\top$.

    $\log p(y) = -\frac12 |L^{-1}(y - \mu)|^2 - \sum_i \log L_{ii} - \frac d2 \log 2\pi$

    At an infinite entry it is minus infinity. Slopes are infinite there, too, in entries that the covariance ties to it, finite in others,
    and nan where two infinite entries pull against each other.

    Args:
        loc: ``[..., d]``, the mean $\mu$.
        covariance_matrix: ``[..., d, d]``, symmetric and positive definite; or
        precision_matrix: its inverse; or
        scale_tril: its Cholesky factor L, lower-triangular with a positive diagonal.
        validate_args: whether to check parameters and values.

    Source: Anderson 2003, An Introduction to Multivariate Statistical Analysis, 3rd ed., chapter 2.

    >>> import numpy as np
    >>> from tinygrad_loss.distributions import MultivariateNormal
    >>> d = MultivariateNormal(np.zeros(2), covariance_matrix=np.diag([1.0, 4.0]))
    >>> d.variance
    array([1., 4.])
    """

    parameters = {"loc": vector, "covariance_matrix": covariance, "precision_matrix": covariance, "scale_tril": lower_cholesky}
    estimated: ClassVar[tuple[str, ...]] = ("loc", "scale_tril")
    support = vector
    event_ndim = 1
    loc: Result
    scale_tril: Result

    def __init__(
        self, loc: Any, covariance_matrix: Any = None, precision_matrix: Any = None, scale_tril: Any = None, validate_args: bool = True
    ) -> None:
        ways = {"covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril}
        one = self._one_of("the spread", ways)
        self._take(validate_args=validate_args, loc=loc, **one)
        shape = getattr(self, next(iter(one))).shape
        if shape[-2:] != self.loc.shape[-1:] * 2:
            rule = "a matrix must be [..., d, d] for loc [..., d]"
            raise errors.shapes(
                "MultivariateNormal",
                rule,
                [self.loc.shape, shape],
                "np.eye(len(loc))",
                mismatch.unlike(("loc", self.loc.shape, -1), ("the matrix", shape, -1), ("the matrix", shape, -2)),
            )

    def _keep(self, values: Mapping[str, Array]) -> None:
        super()._keep(values)
        if "covariance_matrix" in values:
            self.scale_tril = np.linalg.cholesky(values["covariance_matrix"])
        elif "precision_matrix" in values:
            self.scale_tril = np.linalg.cholesky(np.linalg.inv(values["precision_matrix"]))

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The length of one vector."""
        return (int(self.loc.shape[-1]),)

    def _diagonal(self) -> Array:
        return np.diagonal(self.scale_tril, axis1=-2, axis2=-1)

    def _whitened(self, from_mean: Array) -> Array:
        shape = (*np.broadcast_shapes(from_mean.shape[:-1], self.scale_tril.shape[:-2]), *self.event_shape)
        return np.linalg.solve(self.scale_tril, np.broadcast_to(from_mean, shape)[..., None])[..., 0]

    def _log_density(self, y: Array) -> Array:
        from_mean = y - self.loc
        if np.any(np.isinf(values(from_mean))):
            distance = mahalanobis_far_out(self.scale_tril, from_mean)
        else:
            z = self._whitened(from_mean)
            distance = np.sum(z * z, axis=-1)
        return -0.5 * distance - np.sum(np.log(self._diagonal()), axis=-1) - self.event_shape[0] * LOG_SQRT_TAU

    def _mean(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        return np.sum(self.scale_tril * self.scale_tril, axis=-1)

    def _entropy(self) -> Array:
        return np.sum(np.log(self._diagonal()), axis=-1) + self.event_shape[0] * (LOG_SQRT_TAU + 0.5)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        noise = as_dtype(rng.standard_normal(shape + self.event_shape), self.dtype)
        return self.loc + np.matmul(self.scale_tril, noise[..., None])[..., 0]

    @classmethod
    def _closed_form(cls, y: np.ndarray, w: np.ndarray, fixed: Mapping[str, Any]) -> dict[str, Any]:
        loc = np.asarray(fixed.get("loc", np.average(y, axis=0, weights=w)))
        from_mean = y - loc
        spread = (from_mean.T * w) @ from_mean / w.sum()
        if np.linalg.matrix_rank(spread, hermitian=True) < len(spread):
            rule = "the likelihood grows without bound when the values lie in a plane: there the covariance is singular"
            instead = "more values than dimensions, or fewer dimensions"
            got = f"{len(y)} values in {len(spread)} dimensions, of rank {np.linalg.matrix_rank(spread, hermitian=True)}"
            raise errors.NoMaximumError(errors.say("MultivariateNormal.fit", rule, got, instead))
        found = {"loc": loc, "scale_tril": np.linalg.cholesky(spread)}
        return {k: v for k, v in found.items() if k not in fixed}


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Array:
    away = q._whitened(p.loc - q.loc)  # noqa: SLF001  L^-1 (mu_p - mu_q)
    own, other = p._diagonal(), q._diagonal()  # noqa: SLF001
    below = np.tril(np.linalg.solve(q.scale_tril, p.scale_tril - q.scale_tril), -1)
    scales = np.sum(exp_remainder(2.0 * log_ratio(own, other)), axis=-1)
    return 0.5 * (scales + np.sum(below * below, axis=(-2, -1)) + np.sum(away * away, axis=-1))
