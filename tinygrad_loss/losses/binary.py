"""Losses of one score or probability per label against 0 and 1, or -1 and +1."""

from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks, provenance
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.ops.classification import absorbing_product, logistic_error, margin_error, probability_error
from tinygrad_loss.ops.exponential import softplus_

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "multilabel_soft_margin_loss", "soft_margin_loss"]

# ---- two classes ----------------------------------------------------------------------------------------------------------


def _probabilities(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    p, target = checks.alike(where, given, names, mask)
    instead = "tl.losses.binary_cross_entropy_with_logits(input, target), if input are scores"
    checks.in_range(where, p, 0.0, 1.0, "input", mask, instead)
    provenance.not_of_a_layer(where, p, instead)
    checks.in_range(where, target, 0.0, 1.0, "target", mask, "(target + 1) / 2, if target is -1 or +1")
    return [p, target]


def _scores(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    z, target = given
    if mask is None and checks.ready(given) and checks.in_unit_interval(target):  # where nan is not
        provenance.not_probabilities(where, z)
        return [z, target]
    z, target = checks.alike(where, given, names, mask)
    provenance.not_probabilities(where, z)
    checks.in_range(where, target, 0.0, 1.0, "target", mask, "(target + 1) / 2, if target is -1 or +1")
    return [z, target]


def factor(where: str, name: str, weight: Any, like: Array) -> Array:
    """Return a rescaling weight as an array that broadcasts to the terms."""
    weight = checks.weights_of_numbers(where, name, weight)
    if not checks.fits_in(weight.shape, like.shape):
        along = f"np.expand_dims({name}, -1)"
        instead = along if checks.fits_in((*weight.shape, 1), like.shape) else f"{name} of shape {like.shape}"
        raise errors.misfits(
            where, f"{name} must broadcast to input's shape", {name: weight.shape, "input": like.shape}, instead, mismatch.unaligned
        )
    if type(weight) is np.ndarray:
        weight = weight.astype(checks.value_of(like).dtype, copy=False)
    return weight


def _coin_at_once(p: Array, t: Array, *, mean: bool, weight: Array | None = None) -> Array | None:
    return probability_error.total(p, t, n=checks.value_of(p).size if mean else 1) if weight is None else None


@loss(
    order=("weight", "reduction"),
    check=_probabilities,
    at_once=_coin_at_once,
    formula=r"-y \log p - (1 - y) \log(1 - p)",
    input="probability",
    target="probability",
    task="classification",
    likelihood="Bernoulli",
    estimates="mean",
    smoothness="C-infinity",
    convex=True,
    proper="strictly",
    choose="Predictions already are probabilities; otherwise the form with logits, which keeps all digits.",
    source="Good, Rational decisions, Journal of the Royal Statistical Society B 14, 1952",
)
def binary_cross_entropy(input: Array, target: Array, *, weight: Array | None = None) -> Any:  # noqa: A002  PyTorch's name
    r"""Return $-y \log p - (1 - y) \log(1 - p)$, the negative log-likelihood of a coin.

    Each logarithm is at least -100, and the gradient divides by at least 1e-12, as in PyTorch.

    Args:
        input: probabilities p of 1, any shape.
        target: y from 0 to 1, of the same shape.
        weight: a factor per entry that broadcasts to the shape; a mean still divides by the number of entries.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a probability outside [0, 1], or nan among the targets.

    Source: Good, Journal of the Royal Statistical Society B 14, 1952.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.binary_cross_entropy([0.5], [1.0])), 6)  # log 2
    0.693147
    """
    terms = probability_error.each(input, target)
    return terms if weight is None else terms * factor("binary_cross_entropy", "weight", weight, terms)


def _logistic_at_once(z: Array, t: Array, *, mean: bool, weight: Array | None = None, pos_weight: Array | None = None) -> Array | None:
    if weight is not None or pos_weight is not None:
        return None
    return logistic_error.total(z, t, n=checks.value_of(z).size if mean else 1)


@loss(
    order=("weight", "reduction", "pos_weight"),
    check=_scores,
    at_once=_logistic_at_once,
    formula=r"\log(1 + e^z) - z y",
    input="logit",
    target="probability",
    task="classification",
    likelihood="Bernoulli",
    estimates="log-odds",
    smoothness="C-infinity",
    convex=True,
    proper="strictly",
    robust=True,
    choose="Two classes, or several labels at once: the likelihood of a coin whose log-odds the model gives.",
    source="Cox, The regression analysis of binary sequences, Journal of the Royal Statistical Society B 20, 1958",
)
def binary_cross_entropy_with_logits(
    input: Array,  # noqa: A002
    target: Array,
    *,
    weight: Array | None = None,
    pos_weight: Array | None = None,
) -> Any:
    r"""Return $\log(1 + e^z) - z y$, the negative log-likelihood of a coin with log-odds z; exact for every z, infinities included.

    Args:
        input: scores z, any shape.
        target: y from 0 to 1, of the same shape.
        weight: a factor per entry that broadcasts to the shape; a mean still divides by the number of entries.
        pos_weight: a factor of the positive part, $-w\, y \log \sigma(z)$; it broadcasts to the shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a target outside [0, 1], or nan among the targets.

    Source: Cox, Journal of the Royal Statistical Society B 20, 1958.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.binary_cross_entropy_with_logits([-1000.0], [1.0]))
    1000.0
    """
    if pos_weight is None:
        terms = logistic_error.each(input, target)
    else:
        positive = target * factor("binary_cross_entropy_with_logits", "pos_weight", pos_weight, input)
        terms = absorbing_product(positive, softplus_(-input)) + absorbing_product(1.0 - target, softplus_(input))
    return terms if weight is None else terms * factor("binary_cross_entropy_with_logits", "weight", weight, terms)


# ---- several labels -------------------------------------------------------------------------------------------------------


def _labels(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    z, target = checks.alike(where, given, names, mask, over=slice(-1, None))
    provenance.not_probabilities(where, z)
    if not z.ndim:
        raise errors.ShapeError(
            errors.say(where, "input must have an axis of labels", "shape ()", f"tl.losses.{where}(input[None], target[None])")
        )
    return [z, target]


def _labels_at_once(z: Array, t: Array, *, mean: bool, weight: Array | None = None) -> Array | None:
    labels = checks.value_of(t)
    if weight is not None or not checks.in_unit_interval(labels):
        return None
    return logistic_error.total(z, t, n=checks.value_of(z).size if mean else z.shape[-1])


@loss(
    order=("weight", "reduction"),
    check=_labels,
    at_once=_labels_at_once,
    divides_by="the number of rows; each row is the mean over its labels",
    per="row",
    formula=r"\frac1C \sum_c \log(1 + e^{z_c}) - z_c y_c",
    input="logit",
    target="binary",
    task="classification",
    likelihood="Bernoulli",
    estimates="log-odds",
    smoothness="C-infinity",
    convex=True,
    proper="strictly",
    robust=True,
    choose="Several labels may hold at once, and one number per row is wanted.",
    source="Zhang and Zhou, A review on multi-label learning algorithms, IEEE TKDE 26, 2014",
)
def multilabel_soft_margin_loss(input: Array, target: Array, *, weight: Array | None = None) -> Any:  # noqa: A002
    r"""Return the mean over labels of $\log(1 + e^z) - z y$, one coin per label.

    Args:
        input: scores ``[..., C]``.
        target: y of 0 or 1, of the same shape.
        weight: a factor per label that broadcasts to the shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: nan among the targets.

    Source: Zhang and Zhou, IEEE TKDE 26, 2014.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.multilabel_soft_margin_loss([[0.0, 0.0]], [[1.0, 0.0]])), 6)  # log 2
    0.693147
    """
    terms = absorbing_product(target, softplus_(-input)) + absorbing_product(1.0 - target, softplus_(input))
    if weight is not None:
        terms = terms * factor("multilabel_soft_margin_loss", "weight", weight, terms)
    return np.sum(terms, axis=-1) / input.shape[-1]


def _margins(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    z, target = checks.alike(where, given, names, mask)
    provenance.not_probabilities(where, z)
    return [z, target]


def _margins_at_once(z: Array, y: Array, *, mean: bool) -> Array:
    return margin_error.total(z, y, n=checks.value_of(z).size if mean else 1)


@loss(
    check=_margins,
    at_once=_margins_at_once,
    formula=r"\log(1 + e^{-m})",
    input="logit",
    target="sign",
    task="classification",
    likelihood="Bernoulli",
    estimates="log-odds",
    smoothness="C-infinity",
    variable="margin",
    convex=True,
    proper="strictly",
    robust=True,
    choose="Two classes written -1 and +1: the logistic likelihood as a function of the margin.",
    source="Friedman, Hastie and Tibshirani, Additive logistic regression, Annals of Statistics 28, 2000",
)
def soft_margin_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $\log(1 + e^{-y z})$ for a sign y; it grows like $-y z$ and never overflows.

    Args:
        input: scores z, any shape.
        target: y of -1 or +1, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: nan among the targets.

    Source: Friedman, Hastie and Tibshirani, Annals of Statistics 28, 2000.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.soft_margin_loss([1000.0], [-1.0]))
    1000.0
    """
    return margin_error.each(input, target)
