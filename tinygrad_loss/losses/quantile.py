"""Losses of a residual that are not symmetric, or that forgive: quantiles, expectiles, tubes, relative errors."""

import functools
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.facts import Kink
from tinygrad_loss.losses.loss import LOSSES, loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.ops.piecewise import relu
from tinygrad_loss.ops.regression import relative_error, squared_log_error
from tinygrad_loss.ops.residual import exp_remainder

__all__ = ["between", "epsilon_insensitive_loss", "expectile_loss", "linex_loss", "mape_loss", "msle_loss", "quantile_loss"]

of_residual = functools.partial(loss, input="real", target="real", task="regression", variable="residual")


def between(where: str, name: str, value: float, low: float, high: float) -> None:
    """Refuse an option outside an open interval."""
    if not low < value < high:
        rule = f"{name} must lie between {low:g} and {high:g}"
        raise errors.DomainError(errors.say(where, rule, f"{value}", f"{name}={LOSSES[where].defaults[name]}"))


# ---- quantiles and expectiles -------------------------------------------------------------------------------------------------


@of_residual(
    formula=r"\max(\tau (y - z), (\tau - 1)(y - z))",
    likelihood="AsymmetricLaplace",
    estimates="quantile",
    smoothness="kink",
    kinks=(Kink(0.0, -0.5, 0.5),),
    convex=True,
    robust=True,
    choose="A quantile is wanted: an upper bound that holds 9 times of 10 is tau=0.9.",
    source="Koenker and Bassett, Regression quantiles, Econometrica 46, 1978",
)
def quantile_loss(input: Array, target: Array, *, tau: float = 0.5) -> Any:  # noqa: A002
    r"""Return $\max(\tau (y - z), (\tau - 1)(y - z))$, the pinball loss, whose best constant is the $\tau$-quantile.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        tau: the quantile, between 0 and 1.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``tau`` is not between 0 and 1, or nan among the targets.

    Source: Koenker and Bassett, Econometrica 46, 1978.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.quantile_loss([0.0], [1.0], tau=0.75)), float(tl.losses.quantile_loss([1.0], [0.0], tau=0.75))
    (0.75, 0.25)
    """
    between("quantile_loss", "tau", tau, 0.0, 1.0)
    d = target - input
    return np.maximum(d * tau, d * (tau - 1.0))


@of_residual(
    formula=r"|\tau - [y < z]|\, (y - z)^2",
    estimates="expectile",
    smoothness="C1",
    convex=True,
    stable=(("float32", 1.8e19), ("float64", 1.3e154)),
    choose="Errors above cost more than errors below, and large ones much more.",
    source="Newey and Powell, Asymmetric least squares estimation and testing, Econometrica 55, 1987",
)
def expectile_loss(input: Array, target: Array, *, tau: float = 0.5) -> Any:  # noqa: A002
    r"""Return $|\tau - [y < z]| (y - z)^2$, whose best constant is the $\tau$-expectile.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        tau: the weight of errors below the target, between 0 and 1.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``tau`` is not between 0 and 1, or nan among the targets.

    Source: Newey and Powell, Econometrica 55, 1987.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.expectile_loss([0.0], [2.0], tau=0.75)), float(tl.losses.expectile_loss([2.0], [0.0], tau=0.75))
    (3.0, 1.0)
    """
    between("expectile_loss", "tau", tau, 0.0, 1.0)
    below, over = relu(target - input), relu(input - target)
    return below * below * tau + over * over * (1.0 - tau)


@of_residual(
    formula=r"\max(0, |r| - \varepsilon)",
    estimates="a point within the tube",
    smoothness="kink",
    kinks=(Kink(-0.1, -1.0, 0.0), Kink(0.1, 0.0, 1.0)),
    convex=True,
    robust=True,
    choose="Errors up to epsilon do not matter: support vector regression.",
    source="Vapnik, The Nature of Statistical Learning Theory, 1995",
)
def epsilon_insensitive_loss(input: Array, target: Array, *, epsilon: float = 0.1) -> Any:  # noqa: A002
    r"""Return $\max(0, |z - y| - \varepsilon)$: no cost within a tube.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        epsilon: half the width of the tube, in units of y.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``epsilon`` is negative, or nan among the targets.

    Source: Vapnik, The Nature of Statistical Learning Theory, 1995.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.epsilon_insensitive_loss([1.0], [0.0], epsilon=0.25))
    0.75
    """
    at_least("epsilon_insensitive_loss", "epsilon", epsilon, 0.0, open_low=False)
    return relu(np.abs(input - target) - epsilon)


# ---- relative errors ----------------------------------------------------------------------------------------------------------


def _relative(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    z, target = checks.alike(where, given, names, mask)
    if np.any(checks.kept_values(target, mask) == 0):
        raise errors.DomainError(
            errors.say(where, "a relative error needs targets other than 0", "0", "tl.losses.l1_loss, or where=target != 0")
        )
    return [z, target]


@of_residual(
    check=_relative,
    variable="relative residual",
    formula=r"|z - y| / |y|",
    estimates="median weighted by 1/|y|",
    smoothness="kink",
    kinks=(Kink(0.0, -1.0, 1.0),),
    convex=True,
    robust=True,
    choose="Errors are judged in per cent of the target; it prefers forecasts that are too low.",
    source="Makridakis, Accuracy measures: theoretical and practical concerns, International Journal of Forecasting 9, 1993",
)
def mape_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $|z - y| / |y|$, the relative error (1, not 100, is an error as large as the target).

    Args:
        input: predictions z, any shape.
        target: y, of the same shape, not 0.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a target is 0 or nan.

    Source: Makridakis, International Journal of Forecasting 9, 1993.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.mape_loss([3.0], [4.0]))
    0.25
    """
    return np.abs(relative_error(input, target))


@loss(
    strict=True,
    formula=r"(\log(1 + z) - \log(1 + y))^2",
    input="above -1",
    target="above -1",
    task="regression",
    estimates="exp of the mean of log(1 + y), less 1",
    smoothness="C-infinity",
    convex=False,
    choose="Positive targets over several orders of magnitude, where ratios matter.",
    source="Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., section 3.1",
)
def msle_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $(\log(1 + z) - \log(1 + y))^2$.

    Args:
        input: predictions z above -1, any shape.
        target: y above -1, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: an entry is not above -1, or nan among the targets.

    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 3.1.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.losses.msle_loss([np.e - 1], [0.0]))
    1.0
    """
    return squared_log_error.each(input, target)


@of_residual(
    formula=r"e^{a (y - z)} - a (y - z) - 1",
    estimates="log of the mean of e^(a y), divided by a",
    smoothness="C-infinity",
    convex=True,
    stable=(("float32", 88.0), ("float64", 709.0)),
    choose="Errors on one side cost exponentially, on the other linearly: dams, insurance.",
    source="Zellner, Bayesian estimation and prediction using asymmetric loss functions, JASA 81, 1986",
)
def linex_loss(input: Array, target: Array, *, a: float = 1.0) -> Any:  # noqa: A002
    r"""Return $e^{a(y - z)} - a(y - z) - 1$: exponential where a prediction is too low (for a > 0), linear where it is too high.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        a: the asymmetry, not 0, in units of 1 / y.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``a`` is 0, or nan among the targets.

    Source: Zellner, Journal of the American Statistical Association 81, 1986.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.linex_loss([0.0], [1.0])), 6)  # e - 2
    0.718282
    """
    if a == 0:
        raise errors.DomainError(errors.say("linex_loss", "a must not be 0", "0", "a=1.0, or tl.losses.mse_loss, its limit"))
    return exp_remainder((target - input) * a)
