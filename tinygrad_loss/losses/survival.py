"""Losses of times until an event that for some has not happened yet."""

import math
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.ops.classification import absorbing_product
from tinygrad_loss.ops.densities import cumulative_hazard
from tinygrad_loss.ops.exponential import logsumexp_
from tinygrad_loss.ops.log_domain import log_rarity

__all__ = ["censored_exponential_nll_loss", "censored_weibull_nll_loss", "cox_loss"]

OUTWEIGHED: Final = 1e4
"""So far below another score the share of an event in the risk is 0 in every dtype, and has no slope."""


def _events(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    """Check a score, a time and an event indicator per subject."""
    arrays = checks.alike(where, given, names, mask)
    checks.no_nan(where, arrays[1], mask, names, names[1])
    told = checks.kept_values(arrays[2], mask)
    if np.any(neither := (told != 0) & (told != 1)):
        rule = f"{names[2]} must be 1 for an event, or 0 for censoring"
        raise errors.DomainError(errors.say(where, rule, f"{float(told[neither].flat[0]):g}", f"({names[2]} > 0).astype(float)"))
    return arrays


def _subjects(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    arrays = _events(where, given, names, mask)
    if arrays[0].ndim != 1:
        raise errors.shapes(
            where, "input must be one score per subject, [N]", (arrays[0].shape,), f"tl.losses.{where}(input[:, 0], time, target)"
        )
    time = checks.value_of(arrays[1])  # nan only where a mask leaves it out: nobody knows when such a subject was at risk
    return [arrays[0], np.where(np.isnan(time), -np.inf, time), checks.value_of(arrays[2])]


def _timed(where: str, given: Any, names: Any, mask: Array | None, domain: str) -> list[Array]:
    z, time, event = _events(where, given, names, mask)
    checks.in_domain(where, time, domain, "time", mask)
    return [z, checks.left_out(where, time, mask), event]


def _waits(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    return _timed(where, given, names, mask, "nonnegative")


def _lifetimes(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    return _timed(where, given, names, mask, "positive")


def _differences(a: Array, b: Array, i: np.ndarray, j: np.ndarray) -> Array:
    """Return a - b, and 0 where both are the same subject, however infinite."""
    return np.where(i == j, 0.0, a - b)


@loss(
    check=_subjects,
    order=("ties", "reduction"),
    per="row",
    divides_by="the number of subjects, censored ones included",
    formula=r"-\sum_{events} (z_i - \log \sum_{t_j \ge t_i} e^{z_j})",
    input="real",
    target="binary",
    task="survival",
    estimates="log of the relative risk",
    smoothness="C-infinity",
    convex=True,
    robust=True,
    choose="Who comes first matters, and the risk over time is not to be modelled.",
    source="Cox, Regression models and life-tables, Journal of the Royal Statistical Society B 34, 1972",
)
def cox_loss(input: Array, time: Array, target: Array, *, ties: str = "breslow") -> Any:  # noqa: A002  PyTorch's name for a prediction
    r"""Return $\log \sum_{t_j \ge t_i} e^{z_j} - z_i$ for each event and 0 for each censored subject: Cox's partial likelihood.

    What ``where`` masks, or ``sample_weight`` weighs, are these terms: a subject that is left out still is among those at risk.

    Args:
        input: log-risks z ``[N]``.
        time: times of event or censoring ``[N]``.
        target: 1 for an event, 0 for censoring ``[N]``.
        ties: how events at the same time share their risk: "breslow" or "efron".

    Raises:
        ShapeError: the shapes differ, or are not ``[N]``.
        DomainError: an unknown rule for ties, or nan among the times or targets.

    Source: Cox, Journal of the Royal Statistical Society B 34, 1972; Efron, JASA 72, 1977.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.cox_loss([0.0, 0.0], [1.0, 2.0], [1.0, 1.0], reduction="sum").round(6))  # log 2 + log 1
    0.693147
    """
    if ties not in ("breslow", "efron"):
        raise errors.unknown_name("cox_loss", "ties", ties, ("breslow", "efron"))
    event = target == 1
    order = np.lexsort((checks.value_of(input), -time))  # the last of those at one time has the highest risk of them
    last = np.searchsorted(-time[order], -time, side="right") - 1  # all whose time is at least as long come no later
    rarity = log_rarity(input[order], axis=0)[last]
    above = _differences(input[order[last]], input, order[last], np.arange(len(time)))
    if ties == "efron":
        together = event[:, None] & event & (time[:, None] == time)
        number = together.sum(axis=1)
        rank = np.array([np.count_nonzero(together[i, :i]) for i in range(len(time))])
        share = np.where(event, rank / np.maximum(number, 1), 0.0).astype(checks.value_of(input).dtype)
        below = _differences(input, input[order[last]][:, None], np.arange(len(time)), order[last][:, None])
        if not np.all(np.isfinite(checks.value_of(input))):
            below = np.maximum(below, -OUTWEIGHED)
        tied = np.squeeze(logsumexp_(np.where(together, below, np.where(event, -np.inf, 0.0).astype(share.dtype)[:, None]), axis=1), axis=1)
        rarity = rarity + np.log1p(np.exp(tied - rarity) * -share)
    return np.where(event, rarity + above, 0.0)


def _outweighing(grown: Array, other: Array) -> Array:
    """Return the sum of an exponential and its exponent: where the exponential is infinite, nothing brings it back."""
    return np.where(np.isinf(grown), grown, grown + other)


@loss(
    check=_waits,
    formula=r"\delta z + t e^{-z}",
    input="real",
    target="binary",
    task="survival",
    likelihood="Exponential",
    estimates="log of the mean",
    smoothness="C-infinity",
    convex=True,
    stable=(("float32", 88.0), ("float64", 709.0)),
    choose="Waiting times without memory, of which some are only known to be longer than observed.",
    source="Lawless, Statistical Models and Methods for Lifetime Data, 2nd ed., section 4.1",
)
def censored_exponential_nll_loss(input: Array, time: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $\delta z + t e^{-z}$: the density of an exponential time with log-mean z for an event, its survival for a censored one.

    The best constant is the log of the total time per event.

    Args:
        input: log-means z, any shape.
        time: times t of 0 or more, of the same shape.
        target: delta, 1 for an event, 0 for censoring, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a negative time, or nan among the times or targets.

    Source: Lawless, Statistical Models and Methods for Lifetime Data, 2nd ed., section 4.1.

    >>> import tinygrad_loss as tl
    >>> loss = tl.losses.censored_exponential_nll_loss
    >>> float(loss([0.0], [2.0], [0.0])), float(loss([0.0], [2.0], [1.0]))
    (2.0, 2.0)
    """
    return _outweighing(cumulative_hazard(input, time, k=1.0), absorbing_product(target, input))


@loss(
    check=_lifetimes,
    order=("shape", "reduction"),
    formula=r"\delta (k z - \log k - (k - 1) \log t) + (t e^{-z})^k",
    input="real",
    target="binary",
    task="survival",
    likelihood="Weibull",
    estimates="log of the scale",
    smoothness="C-infinity",
    convex=True,
    stable=(("float32", 88.0), ("float64", 709.0)),
    choose="Lifetimes of which some are only known to be longer than observed; shape=1 is exponential.",
    source="Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 2nd ed., chapter 3",
)
def censored_weibull_nll_loss(input: Array, time: Array, target: Array, *, shape: float = 1.0) -> Any:  # noqa: A002
    r"""Return $\delta (k z - \log k - (k-1) \log t) + (t e^{-z})^k$: the density for an event, the survival for a censored time.

    Args:
        input: log-scales z, any shape.
        time: times t above 0, of the same shape.
        target: delta, 1 for an event, 0 for censoring, of the same shape.
        shape: k above 0; 1 is the exponential distribution.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a time or ``shape`` is not above 0, or nan among the times or targets.

    Source: Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 2nd ed., chapter 3.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.censored_weibull_nll_loss([0.0], [2.0], [0.0])), float(tl.losses.censored_weibull_nll_loss([0.0], [2.0], [1.0]))
    (2.0, 2.0)
    """
    at_least("censored_weibull_nll_loss", "shape", shape, 0.0)
    log_t = np.log(time)
    of_event = absorbing_product(target, input * shape - log_t * (shape - 1.0) - math.log(shape))
    return _outweighing(cumulative_hazard(input, time, k=shape), of_event)
