"""Losses of a number against a number."""

import math
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.facts import Kink
from tinygrad_loss.losses.loss import LOSSES, loss
from tinygrad_loss.ops.blocks import BLOCK
from tinygrad_loss.ops.pointwise import Pointwise
from tinygrad_loss.ops.regression import absolute_error, gaussian_error, huber_error, squared_error

__all__ = ["gaussian_nll_loss", "huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]

LOG_TWO_PI = math.log(2.0 * math.pi)


def weighed(where: str, terms: Array, weight: Any) -> Any:
    """Return the terms times ``weight``, and the weights that a mean divides by, as PyTorch does for these losses."""
    if weight is None:
        return terms
    weight = checks.weights_of_numbers(where, "weight", weight)
    shape = weight.shape
    if shape != terms.shape:
        per_row = shape and shape == terms.shape[: len(shape)]
        spread = f"np.broadcast_to(weight, {terms.shape})" if checks.fits_in(shape, terms.shape) else f"weight of shape {terms.shape}"
        instead = "sample_weight=weight, which takes one weight per row" if per_row else spread
        raise errors.misfits(where, "weight must have input's shape", {"weight": shape, "input": terms.shape}, instead, mismatch.unequal)
    return terms * weight, weight


def summed(op: Pointwise) -> Any:
    """Return the reduced form of a pointwise op, for `loss`."""

    def at_once(x: Array, t: Array, *, mean: bool, weight: Array | None = None) -> Array | None:
        return op.total(x, t, n=checks.value_of(x).size if mean else 1) if weight is None else None

    return at_once


def _absolute_at_once(x: Array, t: Array, *, mean: bool, weight: Array | None = None) -> Array | None:
    """Return the mean or sum of many errors as one op; few stay composed, step by step."""
    many = checks.value_of(x).size > BLOCK
    return summed(absolute_error)(x, t, mean=mean, weight=weight) if many else None


@loss(
    order=("reduction", "weight"),
    at_once=_absolute_at_once,
    divides_by="the number of entries, or the sum of weight",
    formula=r"|z - y|",
    input="real",
    target="real",
    task="regression",
    likelihood="Laplace",
    estimates="median",
    smoothness="kink",
    variable="residual",
    kinks=(Kink(0.0, -1.0, 1.0),),
    convex=True,
    robust=True,
    choose="Outliers should not rule; but at z = y, where training ends, it has no gradient.",
    source="Laplace, Mémoire sur la probabilité des causes par les évènements, 1774",
)
def l1_loss(input: Array, target: Array, *, weight: Array | None = None) -> Any:  # noqa: A002  PyTorch's name
    r"""Return the absolute error $|z - y|$, whose best constant is the median.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        weight: one factor per entry; a mean then divides by their sum.

    Raises:
        ShapeError: the shapes differ.
        DomainError: nan among the targets.

    Source: Laplace, Mémoire sur la probabilité des causes par les évènements, 1774.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.l1_loss([1.0, 2.0], [1.5, 4.0]))
    1.25
    """
    return weighed("l1_loss", np.abs(input - target), weight)


@loss(
    order=("reduction", "weight"),
    at_once=summed(squared_error),
    divides_by="the number of entries, or the sum of weight",
    formula=r"(z - y)^2",
    input="real",
    target="real",
    task="regression",
    likelihood="Normal",
    estimates="mean",
    smoothness="C-infinity",
    variable="residual",
    convex=True,
    stable=(("float32", 1.8e19), ("float64", 1.3e154)),
    choose="Noise is symmetric with light tails, and the mean is wanted.",
    source="Legendre, Nouvelles méthodes pour la détermination des orbites des comètes, 1805; Gauss, Theoria motus, 1809",
)
def mse_loss(input: Array, target: Array, *, weight: Array | None = None) -> Any:  # noqa: A002
    r"""Return the squared error $(z - y)^2$, whose best constant is the mean.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        weight: one factor per entry; a mean then divides by their sum.

    Raises:
        ShapeError: the shapes differ.
        DomainError: nan among the targets.

    Source: Gauss, Theoria motus corporum coelestium, 1809.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.mse_loss([1.0, 2.0], [1.0, 4.0]))
    2.0
    """
    return weighed("mse_loss", squared_error.each(input, target), weight)


def _huber_at_once(x: Array, t: Array, *, mean: bool, delta: float = 1.0, weight: Array | None = None) -> Array | None:
    if weight is not None or delta <= 0:
        return None
    return huber_error.total(x, t, n=checks.value_of(x).size if mean else 1, delta=delta)


def at_least(where: str, name: str, value: float, low: float, *, open_low: bool = True) -> None:
    """Refuse an option below its bound."""
    if not (value > low if open_low else value >= low):
        rule = f"{name} must be {'greater than' if open_low else 'at least'} {low:g}"
        raise errors.DomainError(errors.say(where, rule, f"{value}", f"{name}={LOSSES[where].defaults[name]}"))


@loss(
    order=("reduction", "delta", "weight"),
    at_once=_huber_at_once,
    formula=r"r^2/2 \text{ if } |r| \le \delta, \text{ else } \delta(|r| - \delta/2)",
    input="real",
    target="real",
    task="regression",
    estimates="between mean and median",
    smoothness="C1",
    variable="residual",
    convex=True,
    robust=True,
    choose="Like the square near zero, like the absolute value for outliers; delta is in the units of y.",
    source="Huber, Robust estimation of a location parameter, Annals of Mathematical Statistics 35, 1964",
)
def huber_loss(input: Array, target: Array, *, delta: float = 1.0, weight: Array | None = None) -> Any:  # noqa: A002
    r"""Return $r^2/2$ up to $|r| = \delta$ and $\delta(|r| - \delta/2)$ beyond, with $r = z - y$.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        delta: where the square becomes a line, in units of y.
        weight: one factor per entry; a mean still divides by the number of entries, as in PyTorch.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``delta`` is not positive, or nan among the targets.

    Source: Huber, Annals of Mathematical Statistics 35, 1964.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.huber_loss([0.5], [0.0])), float(tl.losses.huber_loss([3.0], [0.0]))
    (0.125, 2.5)
    """
    at_least("huber_loss", "delta", delta, 0.0)
    terms = huber_error.each(input, target, delta=delta)
    return terms if weight is None else weighed("huber_loss", terms, weight)[0]


def _smooth_l1_at_once(x: Array, t: Array, *, mean: bool, beta: float = 1.0) -> Array | None:
    if beta <= 0:
        return None
    return huber_error.total(x, t, n=checks.value_of(x).size * beta if mean else beta, delta=beta)


@loss(
    order=("reduction", "beta"),
    at_once=_smooth_l1_at_once,
    formula=r"r^2/(2\beta) \text{ if } |r| < \beta, \text{ else } |r| - \beta/2",
    input="real",
    target="real",
    task="regression",
    estimates="between mean and median",
    smoothness="C1",
    variable="residual",
    convex=True,
    robust=True,
    choose="The absolute error with its corner rounded off below beta; Huber's loss divided by beta.",
    source="Girshick, Fast R-CNN, ICCV 2015",
)
def smooth_l1_loss(input: Array, target: Array, *, beta: float = 1.0) -> Any:  # noqa: A002
    r"""Return $r^2/(2\beta)$ below $|r| = \beta$ and $|r| - \beta/2$ beyond; the absolute error itself for ``beta=0``.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        beta: where the square becomes a line, in units of y.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``beta`` is negative, or nan among the targets.

    Source: Girshick, Fast R-CNN, ICCV 2015.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.smooth_l1_loss([1.0], [0.0], beta=2.0))
    0.25
    """
    at_least("smooth_l1_loss", "beta", beta, 0.0, open_low=False)
    if beta == 0:
        return np.abs(input - target)
    return huber_error.each(input, target, delta=beta) / beta


# ---- with a variance ------------------------------------------------------------------------------------------------------


def _along_single_axes(target: Array, z: Array) -> Array:
    """Repeat a target along its axes of length 1, which PyTorch documents for this loss alone; never along a new axis."""
    shapes = np.shape(checks.value_of(target)), np.shape(checks.value_of(z))
    fits = all(a in (1, b) for a, b in zip(*shapes, strict=True))
    return np.broadcast_to(target, shapes[1]) if fits else target


def _shared(where: str, var: Array, shape: tuple[int, ...]) -> Array:
    """Return a variance that broadcasts to ``shape``: one for all, one per row, or shared along its axes of length 1."""
    if shape[:-1] == var.shape:
        return np.expand_dims(var, -1)
    if var.ndim and (var.ndim != len(shape) or any(a not in (1, b) for a, b in zip(var.shape, shape, strict=True))):
        rule = "var must have input's shape, with axes of length 1 where one variance is shared"
        fits = var.ndim < len(shape) and all(a in (1, b) for a, b in zip(var.shape, shape[-var.ndim :], strict=True))
        way_out = f"np.broadcast_to(var, {shape})" if fits else f"var of shape {shape}"
        raise errors.misfits(where, rule, {"var": var.shape, "input": shape}, way_out, mismatch.unaligned)
    return var


def _with_variance(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    """Check input and target as usual, and bring the variance to their number of axes."""
    z, target, var = given
    if np.ndim(checks.value_of(z)) == np.ndim(checks.value_of(target)) and 1 in np.shape(checks.value_of(target)):
        target = _along_single_axes(target, z)
    z, target = checks.alike(where, (z, target), names, mask)
    if isinstance(var, int | float):
        var = np.full_like(checks.value_of(z), var)
    var = checks.of_array(var, where, "var")
    if var.shape != z.shape:
        var = _shared(where, var, z.shape)
    if np.any(checks.value_of(var) < 0):
        worst = float(np.min(checks.value_of(var)))
        raise errors.DomainError(
            errors.say(where, "var must not be negative", f"{worst:.6g}", "np.exp(log_var), with the network's output as log_var")
        )
    return [z, target, var]


def _not_below(eps: float, var: Array) -> Array:
    """Return variances of ``eps`` at least, through which the gradient passes as if they were what was given."""
    at_least("gaussian_nll_loss", "eps", eps, 0.0)
    raw = checks.value_of(var)
    return var + (np.maximum(raw, eps) - raw) if np.any(raw < eps) else var


def _gaussian_at_once(z: Array, t: Array, var: Array, *, mean: bool, full: bool = False, eps: float = 1e-6) -> Array | None:
    if var.shape != z.shape:
        return None
    n = checks.value_of(z).size
    total = gaussian_error.total(z, t, _not_below(eps, var), n=n if mean else 1)
    return total + 0.5 * LOG_TWO_PI * (1 if mean else n) if full else total


@loss(
    check=_with_variance,
    at_once=_gaussian_at_once,
    formula=r"\tfrac12\left(\log v + (z - y)^2 / v\right)",
    input="real",
    target="real",
    task="regression",
    likelihood="Normal",
    estimates="mean",
    smoothness="C-infinity",
    variable="residual",
    convex=True,
    stable=(("float32", 1.8e19), ("float64", 1.3e154)),
    choose="The spread differs from point to point and is to be predicted too.",
    source="Nix and Weigend, Estimating the mean and variance of the target probability distribution, ICNN 1994",
)
def gaussian_nll_loss(input: Array, target: Array, var: Array, *, full: bool = False, eps: float = 1e-6) -> Any:  # noqa: A002
    r"""Return $\tfrac12(\log v + (z - y)^2 / v)$, the negative log-likelihood of a Gaussian with mean z and variance v.

    Args:
        input: means z, any shape.
        target: y, of the same shape.
        var: variances v, of the same shape, or shared: one number, one per row, or axes of length 1.
        full: add the constant $\tfrac12 \log 2\pi$.
        eps: the smallest variance used, so that an exact fit does not reach minus infinity; the gradient passes as if it were not there.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a variance is negative, ``eps`` is not positive, or nan among the targets.

    Source: Nix and Weigend, ICNN 1994.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.gaussian_nll_loss([1.0], [3.0], [2.0])) == 0.5 * (0.6931471805599453 + 2.0)
    True
    """
    terms = gaussian_error.each(input, target, _not_below(eps, var))
    return terms + 0.5 * LOG_TWO_PI if full else terms
