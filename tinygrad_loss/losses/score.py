"""Scores of forecasts: probabilities of classes, whole distributions, intervals. A proper one is best for who tells the truth."""

import functools
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks, provenance
from tinygrad_loss.losses.checks import classes_or_probabilities
from tinygrad_loss.losses.classification import class_axis, of_classes
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.quantile import between
from tinygrad_loss.ops.norm import norm2
from tinygrad_loss.ops.piecewise import relu
from tinygrad_loss.ops.ranked import ranked_normal

__all__ = ["brier_loss", "crps_ensemble", "crps_normal", "dawid_sebastiani_score", "interval_score", "spherical_loss"]


def _forecasts(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    p, target = of_classes(where, given, names, mask)
    checks.in_range(where, p, 0.0, 1.0, "input", mask, f"tl.ops.softmax(input, axis={min(1, p.ndim - 1)}), if these are scores")
    return [p, target]


def truth(where: str, p: Array, target: Array, axis: int) -> Array:
    """Return the target as probabilities of the prediction's shape: one-hot for classes."""
    if not classes_or_probabilities(where, p, target, axis):
        return target
    index = checks.whole(where, target, p.shape[axis], None)
    names = np.arange(p.shape[axis]).reshape((-1,) + (1,) * (p.ndim - 1 - axis))
    return (np.expand_dims(index, axis) == names).astype(checks.value_of(p).dtype)


of_forecast = functools.partial(
    loss,
    check=_forecasts,
    per="row",
    divides_by="the number of rows",
    input="probability",
    target="class index",
    task="classification",
    proper="strictly",
    estimates="mean",
    robust=True,
)


@of_forecast(
    formula=r"\sum_c (p_c - [c = y])^2",
    smoothness="C-infinity",
    convex=True,
    choose="Probabilities should be calibrated, and a sure error should not cost infinitely much.",
    source="Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78, 1950",
)
def brier_loss(input: Array, target: Array, *, axis: int | None = None) -> Any:  # noqa: A002  PyTorch's name for a prediction
    r"""Return $\sum_c (p_c - [c = y])^2$, from 0 to 2.

    Args:
        input: probabilities ``[N, C]``, ``[N, C, d1, ...]`` or ``[C]``.
        target: whole-number classes, or probabilities of input's shape.
        axis: the class axis: 1 by default, 0 for a single row.

    Raises:
        ShapeError: the target's shape fits neither form.
        DomainError: a probability outside [0, 1], or a class outside 0 to C - 1.

    Source: Brier, Monthly Weather Review 78, 1950.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.brier_loss([[0.5, 0.5]], [0]))
    0.5
    """
    at = class_axis(input, axis)
    provenance.sums_to_one("brier_loss", input, at, "input")
    d = input - truth("brier_loss", input, target, at)
    return np.sum(d * d, axis=at)


@of_forecast(
    formula=r"-p_y / \|p\|",
    smoothness="C-infinity",
    convex=False,
    choose="As Brier's score, from -1 to 0; only the direction of p matters.",
    source="Gneiting and Raftery, Strictly proper scoring rules, prediction, and estimation, JASA 102, 2007",
)
def spherical_loss(input: Array, target: Array, *, axis: int | None = None) -> Any:  # noqa: A002
    r"""Return $-p_y / \|p\|$, from -1 to 0.

    Args:
        input: probabilities ``[N, C]``, ``[N, C, d1, ...]`` or ``[C]``.
        target: whole-number classes, or probabilities of input's shape.
        axis: the class axis: 1 by default, 0 for a single row.

    Raises:
        ShapeError: the target's shape fits neither form.
        DomainError: a probability outside [0, 1], or a class outside 0 to C - 1.

    Source: Gneiting and Raftery, Journal of the American Statistical Association 102, 2007.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.spherical_loss([[0.5, 0.5]], [1])), 6)  # -1 / sqrt 2
    -0.707107
    """
    at = class_axis(input, axis)
    return -np.sum(input * truth("spherical_loss", input, target, at), axis=at) / norm2(input, at)


# ---- whole distributions ------------------------------------------------------------------------------------------------------


def scaled(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    """Check location, scale (last but one) and target of one shape, the scale above 0."""
    arrays = checks.alike(where, given, names, mask)
    checks.in_domain(where, arrays[1], "positive", names[1], mask)
    return arrays


of_distribution = functools.partial(loss, input="real", target="real", task="distribution", robust=True)


@of_distribution(
    check=scaled,
    formula=r"s\,(w(2\Phi(w) - 1) + 2\varphi(w) - 1/\sqrt\pi),\; w = (y - \mu)/s",
    estimates="between mean and median",
    smoothness="C-infinity",
    variable="residual",
    convex=True,
    proper="strictly",
    choose="A Gaussian forecast in the units of y, that an outlier cannot ruin as it does the log-likelihood.",
    source="Gneiting et al., Calibrated probabilistic forecasting using ensemble model output statistics, MWR 133, 2005",
)
def crps_normal(input: Array, scale: Array, target: Array) -> Any:  # noqa: A002
    r"""Return the continuous ranked probability score of a normal forecast, $\int (F(x) - [y \le x])^2 dx$ in closed form.

    Args:
        input: means mu, any shape.
        scale: standard deviations s above 0, of the same shape.
        target: y, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a scale is not above 0, or nan among the targets.

    Source: Gneiting et al., Monthly Weather Review 133, 2005, equation 5.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.crps_normal([0.0], [1.0], [0.0])), 6)  # (sqrt 2 - 1) / sqrt pi
    0.233695
    """
    return ranked_normal(target - input, scale)


def _ensemble(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    x = checks.of_array(given[0], where, names[0])
    y = checks.as_numbers(given[1], checks.value_of(x).dtype, where, names[1])
    if 0 in x.shape:
        raise checks.empty(where, x.shape)
    if x.shape[:-1] != y.shape:
        raise errors.shapes(
            where,
            "input must have target's shape and a last axis of members",
            (x.shape, y.shape),
            f"input of shape ({', '.join(map(str, (*y.shape, 'M')))})",
            mismatch.not_of_shape("input", x.shape[:-1], y.shape),
        )
    checks.no_nan(where, y, mask, names)
    return [x, y]


@of_distribution(
    check=_ensemble,
    formula=r"\tfrac1M \sum_i |x_i - y| - \tfrac1{2M^2} \sum_{ij} |x_i - x_j|",
    estimates="distribution",
    smoothness="kink",
    convex=False,
    proper="yes",
    choose="The forecast is a set of samples.",
    source="Gneiting and Raftery, Strictly proper scoring rules, prediction, and estimation, JASA 102, 2007",
)
def crps_ensemble(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $\tfrac1M \sum_i |x_i - y| - \tfrac1{2M^2} \sum_{ij} |x_i - x_j|$, the CRPS of an ensemble; by sorting, in M log M.

    Args:
        input: members ``[..., M]``.
        target: y ``[...]``.

    Raises:
        ShapeError: the target has not input's shape without its last axis.
        DomainError: nan among the targets.

    Source: Gneiting and Raftery, Journal of the American Statistical Association 102, 2007, section 4.2.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.crps_ensemble([[0.0, 2.0]], [1.0]))
    0.5
    """
    m = input.shape[-1]
    rank = ((np.arange(m) * 2.0 - (m - 1.0)) / m).astype(checks.value_of(input).dtype)
    above = np.sort(input, axis=-1) - np.expand_dims(target, -1)  # as quantiles: a sum of nothing negative, so that no infinities cancel
    return np.mean(relu(above) * (1.0 - rank) + relu(-above) * (1.0 + rank), axis=-1)


@loss(
    check=scaled,
    formula=r"\log v + (y - \mu)^2 / v",
    input="real",
    target="real",
    task="distribution",
    estimates="mean",
    smoothness="C-infinity",
    variable="residual",
    convex=True,
    stable=(("float32", 1.8e19), ("float64", 1.3e154)),
    proper="yes",
    choose="Only mean and variance of the forecast are known, whatever its shape.",
    source="Dawid and Sebastiani, Coherent dispersion criteria for optimal experimental design, Annals of Statistics 27, 1999",
)
def dawid_sebastiani_score(input: Array, var: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $\log v + (y - \mu)^2 / v$.

    Args:
        input: means mu, any shape.
        var: variances v above 0, of the same shape.
        target: y, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a variance is not above 0, or nan among the targets.

    Source: Dawid and Sebastiani, Annals of Statistics 27, 1999.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.dawid_sebastiani_score([0.0], [1.0], [2.0]))
    4.0
    """
    r = target - input
    return np.log(var) + r * (r / var)


@of_distribution(
    formula=r"(u - l) + \tfrac2\alpha \max(0, l - y) + \tfrac2\alpha \max(0, y - u)",
    estimates="quantile",
    smoothness="kink",
    convex=True,
    proper="yes",
    choose="The forecast is an interval that should hold with probability 1 - alpha.",
    source="Winkler, A decision-theoretic approach to interval estimation, JASA 67, 1972",
)
def interval_score(lower: Array, upper: Array, target: Array, *, alpha: float = 0.1) -> Any:
    r"""Return $(u - l) + \tfrac2\alpha \max(0, l - y) + \tfrac2\alpha \max(0, y - u)$: narrow, but not so that it misses.

    Args:
        lower: lower ends l, any shape; best is the alpha/2-quantile.
        upper: upper ends u, of the same shape; best is the (1 - alpha/2)-quantile.
        target: y, of the same shape.
        alpha: how often the interval may miss, between 0 and 1.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``alpha`` is not between 0 and 1, or nan among the targets.

    Source: Winkler, Journal of the American Statistical Association 67, 1972.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.interval_score([0.0], [1.0], [1.5], alpha=0.5))
    3.0
    """
    between("interval_score", "alpha", alpha, 0.0, 1.0)
    inside = relu(upper - target) + relu(target - lower)  # u - l is this less the misses
    return inside + (relu(lower - target) + relu(target - upper)) * (2.0 / alpha - 1.0)
