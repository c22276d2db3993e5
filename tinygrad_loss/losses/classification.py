"""Losses of scores or probabilities against classes."""

from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.ops.classification import (
    absorbing_product,
    class_cross_entropy,
    logistic_error,
    margin_error,
    pick_class,
    probability_error,
)
from tinygrad_loss.ops.exponential import log_softmax_, softplus_

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "linear_cross_entropy", "multilabel_soft_margin_loss",
    "nll_loss", "soft_margin_loss",
]  # fmt: skip

# ---- two classes ----------------------------------------------------------------------------------------------------------


def _probabilities(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    p, target = checks.alike(where, given, names, mask)
    checks.in_range(where, p, 0.0, 1.0, "input", mask, "tl.losses.binary_cross_entropy_with_logits(input, target), if input are scores")
    checks.in_range(where, target, 0.0, 1.0, "target", mask, "(target + 1) / 2, if target is -1 or +1")
    return [p, target]


def _scores(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    z, target = checks.alike(where, given, names, mask)
    checks.not_probabilities(where, z)
    checks.in_range(where, target, 0.0, 1.0, "target", mask, "(target + 1) / 2, if target is -1 or +1")
    return [z, target]


def factor(where: str, name: str, weight: Any, like: Array) -> Array:
    """Return a rescaling weight as an array that broadcasts to the terms."""
    weight = weight if isinstance(weight, Tensor | np.ndarray) else np.asarray(weight)
    if np.broadcast_shapes(weight.shape, like.shape) != like.shape:
        raise errors.shapes(
            where, f"{name} must broadcast to input's shape", (weight.shape, like.shape), f"np.broadcast_to({name}, {like.shape})"
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


# ---- many classes ---------------------------------------------------------------------------------------------------------


def class_axis(z: Array, axis: int | None) -> int:
    """Return the axis of the classes: 1 as in PyTorch, 0 for a single row of scores."""
    if axis is not None:
        return axis % z.ndim
    return 1 if z.ndim > 1 else 0


def of_classes(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    """Check scores; the class axis, and with it the target's shape, is known to the loss itself."""
    z = given[0]
    if type(z) is not Tensor or z.value.dtype.kind != "f":
        z = checks.of_array(z, where, names[0])
    if not z.ndim:
        raise errors.ShapeError(
            errors.say(where, f"{names[0]} must have a class axis", "shape ()", f"tl.losses.{where}(np.array([...]), 0)")
        )
    t = given[1]
    if type(t) is not np.ndarray and type(t) is not Tensor:
        t = np.asarray(t)
    if 0 in z.shape:
        raise checks.empty(where, z.shape)
    if checks.value_of(t).dtype.kind == "f":
        checks.no_nan(where, t, mask)
    return [z, t]


def per_class(where: str, weight: Any, classes: int, dtype: Any) -> Array | None:
    """Return class weights as an array of the scores' dtype."""
    if weight is None:
        return None
    weight = weight if isinstance(weight, Tensor) else np.asarray(weight).astype(dtype, copy=False)
    if weight.shape != (classes,):
        raise errors.shapes(
            where, f"weight must hold one number per class, ({classes},)", (weight.shape,), "np.bincount(target, minlength=C)"
        )
    return weight


def along(weight: Array, axis: int, ndim: int) -> Array:
    """Return one value per class, shaped to broadcast along the class axis."""
    return weight.reshape((-1,) + (1,) * (ndim - 1 - axis))


def weights_of(index: Array, weight: Array | None, ignored: Array | None, dtype: Any) -> Array | None:
    """Return the weight of each row: that of its class, 0 where it is ignored; None when every row counts once."""
    if weight is None:
        return None if ignored is None else (~ignored).astype(dtype)
    rows = weight[index]
    return rows if ignored is None else np.where(ignored, 0.0, rows)


def rows_of(where: str, z: Array, target: Array, axis: int, ignore_index: int) -> tuple[Array, Array | None]:
    """Return class indices that may be looked up, and where they are ignored (None for nowhere)."""
    t = checks.whole(where, target, z.shape[axis], ignore_index)
    ignored = t == ignore_index
    if not np.count_nonzero(ignored):
        return t, None
    return np.where(ignored, 0, t), ignored


def _classes_at_once(
    z: Array,
    target: Array,
    *,
    mean: bool,
    weight: Array | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    axis: int | None = None,
) -> Array | None:
    """Return the mean over class indices as one op: the path of nearly every classifier."""
    if weight is not None or label_smoothing or type(target) is not np.ndarray or target.dtype.kind != "i":
        return None
    at = class_axis(z, axis)
    if not checks.classes_or_probabilities("cross_entropy", z, target, at):
        return None
    least, most = np.minimum.reduce(target, None), np.maximum.reduce(target, None)
    if least < 0 or most >= z.shape[at] or 0 <= ignore_index < z.shape[at]:
        return None
    checks.not_probabilities("cross_entropy", z)
    return class_cross_entropy(z, target, axis=at, n=target.size if mean else 1)


@loss(
    order=("weight", "ignore_index", "reduction", "label_smoothing"),
    check=of_classes,
    at_once=_classes_at_once,
    divides_by="the number of rows, or the sum of the class weights of the rows that are not ignored",
    per="row",
    formula=r"\log \sum_c e^{z_c} - z_y",
    input="logit",
    target="class index",
    task="classification",
    likelihood="Categorical",
    estimates="log-probabilities",
    smoothness="C-infinity",
    convex=True,
    proper="strictly",
    robust=True,
    choose="One of several classes: the likelihood of the class that happened.",
    source="Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990",
)
def cross_entropy(
    input: Array,  # noqa: A002
    target: Array,
    *,
    weight: Array | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    axis: int | None = None,
) -> Any:
    r"""Return $\log \sum_c e^{z_c} - z_y$ for a class y, or $-\sum_c q_c \log \mathrm{softmax}(z)_c$ for probabilities q.

    Args:
        input: scores ``[N, C]``, ``[N, C, d1, ...]`` or ``[C]``.
        target: whole-number classes ``[N]``, ``[N, d1, ...]``, or floating probabilities of input's shape.
        weight: one number per class; for class targets a mean divides by the sum of those that were looked up.
        ignore_index: rows with this class do not count.
        label_smoothing: the share of the target that is spread evenly over all classes, from 0 to 1.
        axis: the class axis: 1 by default, 0 for a single row.

    Raises:
        ShapeError: the target's shape fits neither form.
        DomainError: a class outside 0 to C - 1, or nan among the targets.

    Source: Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.cross_entropy([[0.0, 0.0]], [1])), 6)  # log 2
    0.693147
    """
    at, dtype = class_axis(input, axis), checks.value_of(input).dtype
    checks.not_probabilities("cross_entropy", input)
    if not 0.0 <= label_smoothing <= 1.0:
        raise errors.DomainError(
            errors.say("cross_entropy", "label_smoothing must lie in [0, 1]", f"{label_smoothing}", "label_smoothing=0.1")
        )
    classes = input.shape[at]
    w = per_class("cross_entropy", weight, classes, dtype)
    if not checks.classes_or_probabilities("cross_entropy", input, target, at):
        return _soft_targets(input, target, w, label_smoothing, at)
    index, ignored = rows_of("cross_entropy", input, target, at, ignore_index)
    rows = weights_of(index, w, ignored, dtype)
    terms = class_cross_entropy(input, index, axis=at, n=None)
    if rows is not None:
        terms = terms * rows if ignored is None else np.where(ignored, 0.0, terms * rows)
    if label_smoothing:
        log_p = log_softmax_(input, axis=at)
        spread = -np.sum(log_p if w is None else log_p * along(w, at, input.ndim), axis=at)
        spread = spread if ignored is None else np.where(ignored, 0.0, spread)
        terms = terms * (1.0 - label_smoothing) + spread * (label_smoothing / classes)
    return terms if rows is None else (terms, rows)


def _soft_targets(z: Array, q: Array, w: Array | None, smoothing: float, axis: int) -> Array:
    """Return the cross-entropy against probabilities; a class of probability 0 costs nothing, however unlikely."""
    checks.sums_to_one("cross_entropy", q, axis, "target")
    if smoothing:
        q = q * (1.0 - smoothing) + smoothing / z.shape[axis]
    if w is not None:
        q = q * along(w, axis, z.ndim)
    return -np.sum(absorbing_product(q, log_softmax_(z, axis=axis)), axis=axis)


@loss(
    order=("weight", "ignore_index", "reduction"),
    check=of_classes,
    divides_by="the sum of the class weights of the rows that are not ignored",
    per="row",
    formula=r"-\ell_y",
    input="log-probability",
    target="class index",
    task="classification",
    likelihood="Categorical",
    estimates="log-probabilities",
    smoothness="C-infinity",
    convex=True,
    proper="strictly",
    robust=True,
    choose="The model already gives log-probabilities (log_softmax); otherwise cross_entropy.",
    source="Good, Rational decisions, Journal of the Royal Statistical Society B 14, 1952",
)
def nll_loss(input: Array, target: Array, *, weight: Array | None = None, ignore_index: int = -100, axis: int | None = None) -> Any:  # noqa: A002
    r"""Return $-\ell_y$, the negative log-probability of the class that happened.

    Args:
        input: log-probabilities ``[N, C]``, ``[N, C, d1, ...]`` or ``[C]``.
        target: whole-number classes ``[N]``, ``[N, d1, ...]`` or ``[]``.
        weight: one number per class; a mean divides by the sum of those that were looked up.
        ignore_index: rows with this class do not count.
        axis: the class axis: 1 by default, 0 for a single row.

    Raises:
        ShapeError: the target's shape is not input's without its class axis.
        DomainError: a class outside 0 to C - 1.

    Source: Good, Journal of the Royal Statistical Society B 14, 1952.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.nll_loss([[-0.1, -2.0]], [1]))
    2.0
    """
    at, dtype = class_axis(input, axis), checks.value_of(input).dtype
    checks.not_scores("nll_loss", input, "tl.losses.nll_loss(np.log(p), target), or cross_entropy of the scores")
    if not checks.classes_or_probabilities("nll_loss", input, target, at):
        raise errors.DTypeError(
            errors.say("nll_loss", "target must be whole numbers", f"dtype {checks.value_of(target).dtype}", "np.argmax(target, axis=1)")
        )
    w = per_class("nll_loss", weight, input.shape[at], dtype)
    index, ignored = rows_of("nll_loss", input, target, at, ignore_index)
    rows = weights_of(index, w, ignored, dtype)
    terms = -pick_class(input, index, axis=at)
    if rows is None:
        return terms
    return (terms * rows if ignored is None else np.where(ignored, 0.0, terms * rows)), rows


# ---- several labels -------------------------------------------------------------------------------------------------------


def _labels(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    z, target = checks.alike(where, given, names, mask)
    checks.not_probabilities(where, z)
    if not z.ndim:
        raise errors.ShapeError(errors.say(where, "input must have an axis of labels", "shape ()", f"tl.losses.{where}(z[None], y[None])"))
    return [z, target]


def _labels_at_once(z: Array, t: Array, *, mean: bool, weight: Array | None = None) -> Array | None:
    labels = checks.value_of(t)
    if weight is not None or np.minimum.reduce(labels, None) < 0 or np.maximum.reduce(labels, None) > 1:
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


def _margins_at_once(z: Array, y: Array, *, mean: bool) -> Array:
    return margin_error.total(z, y, n=checks.value_of(z).size if mean else 1)


@loss(
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


# ---- scores of a linear layer ---------------------------------------------------------------------------------------------


@loss(
    order=(),
    check=None,
    divides_by="the number of rows, or the sum of the class weights of the rows that are not ignored",
    per="row",
    formula=r"\log \sum_c e^{w_c x + b_c} - w_y x - b_y",
    input="vector",
    target="class index",
    task="classification",
    likelihood="Categorical",
    estimates="log-probabilities",
    smoothness="C-infinity",
    convex=True,
    proper="strictly",
    choose="The last layer is linear, and the loss and the layer are wanted as one function.",
    source="Wijmans et al., Cut your losses in large-vocabulary language models, ICLR 2025",
)
def linear_cross_entropy(
    input: Array,  # noqa: A002
    linear_weight: Array,
    target: Array,
    *,
    linear_bias: Array | None = None,
    weight: Array | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Any:
    r"""Return the cross-entropy of the scores $x W^T + b$.

    Args:
        input: rows x ``[N, in]`` or ``[in]``.
        linear_weight: W ``[C, in]``, or ``[C, d1, ..., in]`` for scores ``[N, C, d1, ...]``.
        target: classes or probabilities, as for `cross_entropy` of the scores.
        linear_bias: b, of W's shape without its last axis.
        weight: one number per class.
        ignore_index: rows with this class do not count; -100 by default.
        label_smoothing: the share of the target that is spread evenly over all classes.

    Raises:
        ShapeError: the last axes of input and W differ, or the target does not fit the scores.
        DomainError: a class outside 0 to C - 1.

    Source: Wijmans et al., ICLR 2025.

    >>> import numpy as np, tinygrad_loss as tl
    >>> round(float(tl.losses.linear_cross_entropy(np.ones((1, 3)), np.zeros((2, 3)), [1])), 6)  # log 2
    0.693147
    """
    x = checks.of_array(input, "linear_cross_entropy")
    w = checks.of_array(linear_weight, "linear_cross_entropy", "linear_weight")
    if x.shape[-1] != w.shape[-1]:
        raise errors.shapes(
            "linear_cross_entropy",
            "input and linear_weight must agree in their last axis",
            (x.shape, w.shape),
            "np.swapaxes(linear_weight, -1, -2)",
        )
    scores = x @ np.transpose(w.reshape((-1, w.shape[-1])))
    scores = scores.reshape(x.shape[:-1] + w.shape[:-1])
    if linear_bias is not None:
        scores = scores + linear_bias
    scores, target = of_classes("linear_cross_entropy", (scores, target), ("input", "target"), None)
    ignore = -100 if ignore_index is None else ignore_index
    return cross_entropy.terms(scores, target, weight=weight, ignore_index=ignore, label_smoothing=label_smoothing)
