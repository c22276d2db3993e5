"""Losses of counts and of what is positive."""

import math
from typing import Any

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.ops.regression import poisson_error, poisson_mean_error

__all__ = ["poisson_nll_loss"]


def _stirling(y: Array) -> Array:
    """Return Stirling's approximation of log y! above 1, and 0 up to there, as PyTorch does."""
    above = y > 1
    safe = np.where(above, y, 1.0)
    return np.where(above, safe * np.log(safe) - safe + 0.5 * np.log(2.0 * math.pi * safe), 0.0)


def _poisson_at_once(z: Array, t: Array, *, mean: bool, log_input: bool = True, full: bool = False, eps: float = 1e-8) -> Array | None:
    if full:
        return None
    n = checks.value_of(z).size if mean else 1
    return poisson_error.total(z, t, n=n) if log_input else poisson_mean_error.total(z, t, n=n, eps=eps)


@loss(
    order=("log_input", "full", "eps", "reduction"),
    at_once=_poisson_at_once,
    formula=r"e^z - y z",
    input="real",
    target="count",
    task="counts",
    likelihood="Poisson",
    estimates="log of the mean",
    smoothness="C-infinity",
    convex=True,
    stable=(("float32", 88.7), ("float64", 709.7)),
    choose="Counts of events whose variance grows like their mean.",
    source="McCullagh and Nelder, Generalized Linear Models, 2nd ed., chapter 6",
)
def poisson_nll_loss(input: Array, target: Array, *, log_input: bool = True, full: bool = False, eps: float = 1e-8) -> Any:  # noqa: A002
    r"""Return $e^z - y z$, the negative log-likelihood of a count y at log-rate z, without $\log y!$.

    Args:
        input: log-rates z, or rates where ``log_input=False``, any shape.
        target: counts y, of the same shape.
        log_input: whether ``input`` is the logarithm of the rate; otherwise the loss is $z - y \log(z + eps)$.
        full: add Stirling's approximation of $\log y!$ where y > 1.
        eps: keeps the logarithm of a rate of 0 finite.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``eps`` is not positive, or nan among the targets.

    Source: McCullagh and Nelder, Generalized Linear Models, 2nd ed., chapter 6.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.poisson_nll_loss([0.0], [3.0]))
    1.0
    """
    at_least("poisson_nll_loss", "eps", eps, 0.0)
    terms = poisson_error.each(input, target) if log_input else poisson_mean_error.each(input, target, eps=eps)
    return terms + _stirling(target) if full else terms
