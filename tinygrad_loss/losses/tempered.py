"""Functions of a cross-entropy c = -log p that weigh easy and hard examples differently."""

import functools
from numbers import Real
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.losses import checks, provenance
from tinygrad_loss.losses.classification import class_axis, class_terms, of_classes
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.ops.classification import absorbing_product, focal_cost
from tinygrad_loss.ops.exponential import softplus_

__all__ = ["binary_focal_loss_with_logits", "focal_loss", "generalized_cross_entropy", "poly1_cross_entropy"]

of_scores = functools.partial(
    loss,
    check=of_classes,
    per="row",
    divides_by="the number of rows",
    input="logit",
    target="class index",
    task="classification",
    estimates="class",
    smoothness="C-infinity",
    convex=False,
    proper="no",
    robust=True,
)


def _coins(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    z, target = checks.alike(where, given, names, mask)
    provenance.not_probabilities(where, z)
    checks.in_domain(where, target, "probability", "target", mask)
    return [z, target]


def _refuse_odd_share(where: str, alpha: Any) -> None:
    """Refuse a weight of the ones that leaves the zeros less than nothing."""
    number = alpha is None or isinstance(alpha, Real | Tensor | np.ndarray)
    if not number or (alpha is not None and not np.all((alpha >= 0.0) & (alpha <= 1.0))):
        raise errors.DomainError(errors.say(where, "alpha must lie in [0, 1]", repr(alpha), "alpha=0.25"))


@loss(
    check=_coins,
    order=("gamma", "alpha", "reduction"),
    formula=r"-\alpha_t (1 - p_t)^\gamma \log p_t",
    input="logit",
    target="probability",
    task="classification",
    estimates="sign",
    smoothness="C-infinity",
    convex=False,
    proper="no",
    robust=True,
    choose="Very many easy negatives, as in detection; its scores are not log-odds.",
    source="Lin et al., Focal loss for dense object detection, ICCV 2017",
)
def binary_focal_loss_with_logits(input: Array, target: Array, *, gamma: float = 2.0, alpha: float | None = None) -> Any:  # noqa: A002
    r"""Return $-\alpha_t (1 - p_t)^\gamma \log p_t$, where $p_t$ is the probability given to what happened.

    Args:
        input: scores z, any shape.
        target: y of 0 or 1 (between them: the weighted mean of both), of the same shape.
        gamma: 0 is the cross-entropy; larger values let easy examples count less.
        alpha: weight of the ones, 1 - alpha that of the zeros.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``gamma`` is negative, or a target outside [0, 1].

    Source: Lin et al., ICCV 2017.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.binary_focal_loss_with_logits([0.0], [1.0])), 6)  # log(2) / 4
    0.173287
    """
    at_least("binary_focal_loss_with_logits", "gamma", gamma, 0.0, open_low=False)
    _refuse_odd_share("binary_focal_loss_with_logits", alpha)
    one, zero = (target, 1.0 - target) if alpha is None else (target * alpha, (1.0 - target) * (1.0 - alpha))
    missed, false = softplus_(-input), softplus_(input)
    if gamma:
        missed, false = focal_cost(missed, gamma=gamma), focal_cost(false, gamma=gamma)
    return absorbing_product(one, missed) + absorbing_product(zero, false)


def cost(where: str, z: Array, target: Array, axis: int | None) -> Array:
    """Return the cross-entropy of each row, for class indices or probabilities."""
    provenance.not_probabilities(where, z)
    return class_terms(where, z, target, class_axis(z, axis))


@of_scores(
    order=("gamma", "alpha", "reduction"),
    formula=r"-\alpha (1 - p_y)^\gamma \log p_y",
    choose="Many easy examples among several classes; its probabilities are under-confident.",
    source="Lin et al., Focal loss for dense object detection, ICCV 2017",
)
def focal_loss(input: Array, target: Array, *, gamma: float = 2.0, alpha: float = 1.0, axis: int | None = None) -> Any:  # noqa: A002
    r"""Return $-\alpha (1 - p_y)^\gamma \log p_y$ with $p = \mathrm{softmax}(z)$.

    Args:
        input: scores ``[N, C]``, ``[N, C, d1, ...]`` or ``[C]``.
        target: whole-number classes, or probabilities (then $\log p_y$ is the cross-entropy).
        gamma: 0 is the cross-entropy; larger values let easy examples count less.
        alpha: a factor.
        axis: the class axis: 1 by default, 0 for a single row.

    Raises:
        ShapeError: the target's shape fits neither form.
        DomainError: ``gamma`` is negative, or a class outside 0 to C - 1.

    Source: Lin et al., ICCV 2017.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.focal_loss([[0.0, 0.0]], [1])), 6)  # log(2) / 4
    0.173287
    """
    at_least("focal_loss", "gamma", gamma, 0.0, open_low=False)
    c = cost("focal_loss", input, target, axis)
    return (focal_cost(c, gamma=gamma) if gamma else c) * alpha


@of_scores(
    order=("epsilon", "reduction"),
    formula=r"-\log p_y + \epsilon (1 - p_y)",
    choose="A cross-entropy whose first polynomial coefficient is tuned.",
    source="Leng et al., PolyLoss, ICLR 2022",
)
def poly1_cross_entropy(input: Array, target: Array, *, epsilon: float = 2.0, axis: int | None = None) -> Any:  # noqa: A002
    r"""Return $-\log p_y + \epsilon (1 - p_y)$ with $p = \mathrm{softmax}(z)$.

    Args:
        input: scores ``[N, C]``, ``[N, C, d1, ...]`` or ``[C]``.
        target: whole-number classes, or probabilities.
        epsilon: the weight of the linear part.
        axis: the class axis: 1 by default, 0 for a single row.

    Raises:
        ShapeError: the target's shape fits neither form.
        DomainError: a class outside 0 to C - 1.

    Source: Leng et al., PolyLoss, ICLR 2022.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.poly1_cross_entropy([[0.0, 0.0]], [1])), 6)  # log 2 + 1
    1.693147
    """
    c = cost("poly1_cross_entropy", input, target, axis)
    return c - np.expm1(-c) * epsilon


@of_scores(
    order=("q", "reduction"),
    formula=r"(1 - p_y^q) / q",
    choose="Labels that are wrong now and then: between cross-entropy (q to 0) and absolute error (q = 1).",
    source="Zhang and Sabuncu, Generalized cross entropy loss for training deep neural networks with noisy labels, NeurIPS 2018",
)
def generalized_cross_entropy(input: Array, target: Array, *, q: float = 0.7, axis: int | None = None) -> Any:  # noqa: A002
    r"""Return $(1 - p_y^q)/q$ with $p = \mathrm{softmax}(z)$.

    Args:
        input: scores ``[N, C]``, ``[N, C, d1, ...]`` or ``[C]``.
        target: whole-number classes, or probabilities.
        q: above 0; 1 is 1 - p.
        axis: the class axis: 1 by default, 0 for a single row.

    Raises:
        ShapeError: the target's shape fits neither form.
        DomainError: ``q`` is not above 0, or a class outside 0 to C - 1.

    Source: Zhang and Sabuncu, NeurIPS 2018.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.generalized_cross_entropy([[0.0, 0.0]], [1], q=1.0).round(12))
    0.5
    """
    at_least("generalized_cross_entropy", "q", q, 0.0)
    return np.expm1(cost("generalized_cross_entropy", input, target, axis) * -q) / -q
