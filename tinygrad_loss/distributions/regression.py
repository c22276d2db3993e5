"""Maximum likelihood where the data have explanations: a noise model whose parameter is a linear function of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.calculus.functional import hessian
from tinygrad_loss.context import at_kinks
from tinygrad_loss.distributions.family import Distribution
from tinygrad_loss.distributions.maximum import climb
from tinygrad_loss.distributions.operand import numbers, operand
from tinygrad_loss.distributions.shown import of_regression
from tinygrad_loss.engine.op import Array

__all__ = ["Regression", "quantile_regression", "regress"]


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted regression.

    Args:
        coefficients: ``[p]``, one for each column.
        others: the other parameters of the noise that were estimated.
        nll: the smallest sum of negative log-likelihoods.
    """

    coefficients: np.ndarray
    others: dict[str, float]
    nll: float
    _objective: Callable[[Array], Array]

    @property
    def _at(self) -> np.ndarray:
        return np.concatenate([self.coefficients, np.log(list(self.others.values()))])

    @cached_property
    def covariance(self) -> np.ndarray:
        r"""$H^{-1}$ of the negative log-likelihood, in coefficients and other parameters, in their order.

        Source: Efron and Hinkley 1978, Biometrika 65(3).
        """
        p = len(self.coefficients)
        scale = np.concatenate([np.ones(p), list(self.others.values())])
        with at_kinks("convention"), np.errstate(all="ignore"):
            curvature = hessian(self._objective)(self._at)
        return np.linalg.inv(curvature) * np.outer(scale, scale)

    @property
    def standard_errors(self) -> np.ndarray:
        """The standard error of each coefficient, then of each other parameter."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def aic(self) -> float:
        r"""Akaike's criterion $2k + 2\,nll$."""
        return 2 * len(self._at) + 2 * self.nll

    def __repr__(self) -> str:
        others = "".join(f", {key}={value:.6g}" for key, value in self.others.items())
        return (
            f"Regression(coefficients={np.array2string(self.coefficients, separator=', ')}{others}; nll {self.nll:.6g}, AIC {self.aic:.6g})"
        )

    _repr_html_ = of_regression


def regress(
    noise: Callable[..., Distribution], X: Any, y: Any, weights: Any = None, positive: Mapping[str, float] | None = None
) -> Regression:
    r"""Fit $y_i \sim noise(x_i^\top \beta)$ by maximum likelihood: $\arg\min_\beta \sum_i w_i\, nll(y_i)$.

    Args:
        noise: the distribution of y, as a function of the linear predictor ``[n]`` and of the other parameters by name.
        X: ``[n, p]`` explanations; a column of ones makes an intercept.
        y: ``[n]``.
        weights: ``[n]``, at least 0.
        positive: other parameters to estimate, all positive, with the values from which to start.

    Raises:
        NoMaximumError: the columns are linearly dependent, or they separate the classes, or the likelihood rises without end.
        ShapeError: X and y do not fit.

    Source: McCullagh and Nelder 1989, Generalized Linear Models, 2nd ed.; Albert and Anderson 1984, Biometrika 71(1), for separation.

    >>> import numpy as np
    >>> from tinygrad_loss.distributions import Poisson, regress
    >>> X = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    >>> fit = regress(lambda eta: Poisson(np.exp(eta)), X, [1.0, 3.0, 4.0, 4.0])
    >>> np.exp(fit.coefficients).round(6)
    array([2., 2.])
    """
    X, y, w = _checked(X, y, weights)
    others = dict(positive or {})
    n, p = X.shape
    support = noise(np.zeros(n), **others).support
    if support.rule == "0 or 1":
        _refuse_separation(X[w > 0], y[w > 0])
    orthogonal, triangle = np.linalg.qr(X)
    orthogonal, triangle = orthogonal * np.sqrt(n), triangle / np.sqrt(n)

    def objective(design: np.ndarray) -> Callable[[Array], Array]:
        def nll(u: Array) -> Array:
            scales = {k: np.exp(u[p + i]) for i, k in enumerate(others)}
            return np.sum(w * noise(np.matmul(design, u[:p]), **scales).nll(y))

        return nll

    start = np.concatenate([np.zeros(p), np.log(list(others.values()))])
    labels = [*(f"coefficient {j}" for j in range(p)), *others]
    u = climb(objective(orthogonal), start, "regress", labels, w.sum(), bounded=False)
    at = np.concatenate([np.linalg.solve(triangle, u[:p]), u[p:]])
    found = {k: float(np.exp(u[p + i])) for i, k in enumerate(others)}
    return Regression(at[:p], found, float(objective(X)(at)), objective(X))


def quantile_regression(X: Any, y: Any, quantile: float = 0.5, weights: Any = None) -> np.ndarray:
    r"""Return $\arg\min_\beta \sum_i w_i \rho_\tau(y_i - x_i^\top \beta)$ exactly, as a linear program.

    It is the maximum likelihood under `AsymmetricLaplace` noise; with the quantile 0.5, under `Laplace` noise.

    Args:
        X: ``[n, p]``.
        y: ``[n]``.
        quantile: $\tau$, strictly between 0 and 1.
        weights: ``[n]``, at least 0.

    Raises:
        DomainError: the quantile is out of range.

    Source: Koenker and Bassett 1978, Econometrica 46(1).

    >>> import numpy as np
    >>> from tinygrad_loss.distributions import quantile_regression
    >>> quantile_regression(np.ones((3, 1)), [1.0, 2.0, 9.0])
    array([2.])
    """
    from scipy.optimize import linprog  # noqa: PLC0415  only when something is fitted

    if not 0 < quantile < 1:
        rule = "quantile must be strictly between 0 and 1"
        raise errors.DomainError(errors.say("quantile_regression", rule, repr(quantile), "quantile_regression(X, y, 0.5)"))
    X, y, w = _checked(X, y, weights)
    n, p = X.shape
    costs = np.concatenate([np.zeros(p), quantile * w, (1 - quantile) * w])
    equations = np.hstack([X, np.eye(n), -np.eye(n)])
    bounds = [(None, None)] * p + [(0, None)] * (2 * n)
    return np.asarray(linprog(costs, A_eq=equations, b_eq=y, bounds=bounds, method="highs").x[:p])


def _checked(X: Any, y: Any, weights: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X, y = (np.asarray(numbers(operand(a, "regress", name)), np.float64) for name, a in (("X", X), ("y", y)))
    w = np.ones(len(y)) if weights is None else np.asarray(numbers(operand(weights, "regress", "weights")), np.float64)
    if X.ndim != 2 or y.shape != X.shape[:1] or w.shape != y.shape:
        raise errors.misfits(
            "regress",
            "X must be [n, p], y and weights [n]",
            {"X": X.shape, "y": y.shape, "weights": w.shape},
            "regress(noise, X, y.ravel())",
            mismatch.along(0),
        )
    for name, values in (("X", X), ("y", y), ("weights", w)):
        if not np.all(np.isfinite(values)) or (name == "weights" and np.any(w < 0)):
            rule = f"{name} must be finite{' and at least 0' if name == 'weights' else ''}"
            raise errors.DomainError(errors.say("regress", rule, "nan, inf or a negative weight", f"the rows where {name} is valid"))
    rank = np.linalg.matrix_rank(X[w > 0])
    if rank < X.shape[1]:
        rule = "the columns of X must be linearly independent, or many coefficients fit equally well"
        raise errors.NoMaximumError(errors.say("regress", rule, f"rank {rank} of {X.shape[1]} columns", "np.delete(X, column, axis=1)"))
    return X, y, w


def _refuse_separation(X: np.ndarray, y: np.ndarray) -> None:
    """Raise when a line separates the zeros from the ones: moving along it makes the likelihood rise for ever."""
    from scipy.optimize import linprog  # noqa: PLC0415  only when something is fitted

    signed = np.where(y > 0.5, 1.0, -1.0)[:, None] * X / np.linalg.norm(X, axis=1, keepdims=True).clip(1e-300)
    found = linprog(-signed.sum(axis=0), A_ub=np.vstack([-signed, signed]), b_ub=np.repeat([0.0, 1.0], len(y)), bounds=(None, None))
    if found.status == 0 and -found.fun > 1e-7:
        direction = np.array2string(np.round(found.x / np.abs(found.x).max(), 9) + 0.0, precision=3, separator=", ")
        rule = "a combination of the columns separates the zeros from the ones, so the likelihood rises for ever along it"
        instead = "fewer columns, more data, or a penalty on the coefficients"
        raise errors.NoMaximumError(errors.say("regress", rule, f"separation along {direction}", instead))
