"""Losses of orders: ranks of a list, preferences of pairs, grades on a scale."""

from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks, provenance
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.ops.along import take_along_
from tinygrad_loss.ops.classification import absorbing_product, logistic_error
from tinygrad_loss.ops.exponential import log_sigmoid, log_softmax_, softmax_
from tinygrad_loss.ops.log_domain import log1mexp, log_rarity

__all__ = ["cumulative_logit_loss", "listnet_loss", "plackett_luce_loss", "ranknet_loss"]


def _preferences(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    arrays = checks.alike(where, given, names, mask)
    checks.in_domain(where, arrays[2], "probability", "target", mask)
    return arrays


@loss(
    check=_preferences,
    formula=r"\log(1 + e^{z_1 - z_2}) - y (z_1 - z_2)",
    input="logit",
    target="probability",
    task="ranking",
    likelihood="Bernoulli",
    estimates="log-odds",
    smoothness="C-infinity",
    convex=True,
    robust=True,
    choose="Pairs of which one was preferred: Bradley and Terry's model, also called BPR.",
    source="Burges et al., Learning to rank using gradient descent, ICML 2005",
)
def ranknet_loss(input1: Array, input2: Array, target: Array) -> Any:
    r"""Return $\log(1 + e^{z_1 - z_2}) - y (z_1 - z_2)$: y is the probability that the first is preferred.

    Args:
        input1: scores, any shape.
        input2: scores of the same shape.
        target: y from 0 to 1, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a target outside [0, 1], or nan.

    Source: Burges et al., ICML 2005, equation 3.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.ranknet_loss([1.0], [1.0], [1.0])), 6)  # log 2
    0.693147
    """
    return logistic_error.each(input1 - input2, target)


def _lists(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    del mask
    z = checks.of_array(given[0], where, names[0])
    order = np.asarray(checks.value_of(given[1]))
    if 0 in z.shape:
        raise checks.empty(where, z.shape)
    if order.shape != z.shape:
        raise checks.unequal(where, (z, order), names)
    if z.ndim != 2:
        instead = f"tl.losses.{where}(input.reshape(-1, input.shape[-1]), target.reshape(-1, target.shape[-1]))"
        raise errors.shapes(where, "input and target must be [N, K], one list per row", (z.shape,), instead)
    order = checks.whole(where, order, z.shape[1], None)
    wrong = np.any(np.sort(order, axis=1) != np.arange(z.shape[1]), axis=1)
    if np.any(wrong):
        line = "np.argsort(-target, axis=1), if target are relevances"
        raise errors.DomainError(errors.say(where, "each row of target must name every item once", f"{order[wrong][0].tolist()}", line))
    return [z, order]


@loss(
    check=_lists,
    per="row",
    divides_by="the number of lists",
    formula=r"\sum_k \log \sum_{l \ge k} e^{z_{y_l}} - z_{y_k}",
    input="logit",
    target="class index",
    task="ranking",
    estimates="order",
    smoothness="C-infinity",
    convex=True,
    robust=True,
    choose="Whole lists in their true order: choosing the best, then the best of the rest (ListMLE).",
    source="Xia et al., Listwise approach to learning to rank, ICML 2008",
)
def plackett_luce_loss(input: Array, target: Array) -> Any:  # noqa: A002  PyTorch's name for a prediction
    r"""Return $\sum_k \log \sum_{l \ge k} e^{z_{y_l}} - z_{y_k}$, the negative log-likelihood of an order.

    Args:
        input: scores ``[N, K]``.
        target: the positions of the items from best to worst ``[N, K]``.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a row does not name every item once.

    Source: Xia et al., ICML 2008; Plackett, Applied Statistics 24, 1975.

    >>> import numpy as np, tinygrad_loss as tl
    >>> round(float(tl.losses.plackett_luce_loss([[0.0, 0.0, 0.0]], np.array([[2, 0, 1]]))), 6)  # log 3!
    1.791759
    """
    worst_first = take_along_(input, np.ascontiguousarray(target[:, ::-1]), axis=1)
    return np.sum(log_rarity(worst_first, axis=1), axis=1)


def _relevances(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    z, relevance = checks.alike(where, given, names, mask, over=slice(-1, None))
    if z.ndim < 2:
        raise errors.shapes(where, "input must be [..., K], a list per row", (z.shape,), f"tl.losses.{where}(input[None], target[None])")
    return [z, relevance]


@loss(
    check=_relevances,
    order=("temperature", "reduction"),
    per="row",
    divides_by="the number of lists",
    formula=r"-\sum_k q_k \log p_k,\; p = \mathrm{softmax}(z),\; q = \mathrm{softmax}(y / T)",
    input="logit",
    target="real",
    task="ranking",
    estimates="order",
    smoothness="C-infinity",
    convex=True,
    robust=True,
    choose="Lists with graded relevances, of which the best entries matter most (ListNet).",
    source="Cao et al., Learning to rank: from pairwise approach to listwise approach, ICML 2007",
)
def listnet_loss(input: Array, target: Array, *, temperature: float = 1.0) -> Any:  # noqa: A002
    r"""Return $-\sum_k q_k \log p_k$ of each list: the cross-entropy between the probabilities of each item to be the best.

    Args:
        input: scores z ``[..., K]``; -inf for a place that holds no item.
        target: relevances y ``[..., K]``, the greater the better; -inf for a place that holds no item.
        temperature: T above 0, by which relevances are divided; the smaller, the more the best item counts.

    Raises:
        ShapeError: the shapes differ, or there is no axis of lists.
        DomainError: ``temperature`` is not above 0, or nan among the relevances.

    Source: Cao et al., ICML 2007, section 4.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.listnet_loss([[0.0, 0.0, 0.0]], [[2.0, 1.0, 0.0]])), 6)  # log 3
    1.098612
    """
    at_least("listnet_loss", "temperature", temperature, 0.0)
    provenance.not_probabilities("listnet_loss", input)
    q = softmax_(target / temperature, axis=input.ndim - 1)
    return -np.sum(absorbing_product(q, log_softmax_(input, axis=input.ndim - 1)), axis=-1)


def _grades(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    del mask
    z, cuts = checks.of_array(given[0], where, names[0]), checks.of_array(given[1], where, names[1])
    grade = np.asarray(checks.value_of(given[2]))
    if 0 in z.shape or not grade.size:
        raise checks.empty(where, z.shape)
    if grade.shape != z.shape:
        raise checks.unequal(where, (z, cuts, grade), names, besides=1)
    if cuts.ndim != 1:
        raise errors.shapes(where, "thresholds must be [K - 1]", (cuts.shape,), "thresholds.ravel()")
    if np.any(np.diff(checks.value_of(cuts)) <= 0):
        came = f"{checks.value_of(cuts).tolist()}"
        raise errors.DomainError(errors.say(where, "thresholds must be increasing numbers", came, "np.cumsum(np.exp(thresholds))"))
    return [z, cuts, checks.whole(where, grade, len(cuts) + 1, None, counted=f"a scale of {len(cuts)} thresholds")]


@loss(
    check=_grades,
    formula=r"-\log(\sigma(t_y - z) - \sigma(t_{y - 1} - z))",
    input="real",
    target="class index",
    task="classification",
    likelihood="Categorical",
    estimates="position among the thresholds",
    smoothness="C-infinity",
    convex=True,
    robust=True,
    choose="Grades with an order but no distances: bad, fair, good.",
    source="McCullagh, Regression models for ordinal data, Journal of the Royal Statistical Society B 42, 1980",
)
def cumulative_logit_loss(input: Array, thresholds: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $-\log(\sigma(t_y - z) - \sigma(t_{y-1} - z))$, proportional odds: the grade is where z plus logistic noise falls.

    Args:
        input: positions z on the scale, any shape.
        thresholds: where one grade ends and the next begins, increasing ``[K - 1]``.
        target: grades from 0 to K - 1, of input's shape.

    Raises:
        ShapeError: the shapes of input and target differ.
        DomainError: thresholds that do not increase, or a grade outside 0 to K - 1.

    Source: McCullagh, Journal of the Royal Statistical Society B 42, 1980.

    >>> import numpy as np, tinygrad_loss as tl
    >>> round(float(tl.losses.cumulative_logit_loss([0.0], [-1.0, 1.0], np.array([1]))), 6)  # -log tanh(1/2)
    0.771937
    """
    top = len(thresholds)
    upper, lower = thresholds[np.minimum(target, top - 1)], thresholds[np.maximum(target - 1, 0)]
    inside = (target > 0) & (target < top)
    width = np.where(inside, upper - lower, 1.0)  # of the thresholds themselves: far out their distances to a score round it away
    log_p = np.where(target < top, log_sigmoid(upper - input), 0.0) + np.where(target > 0, log_sigmoid(input - lower), 0.0)
    return -(log_p + np.where(inside, log1mexp(width), 0.0))
