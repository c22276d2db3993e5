"""Losses of scores of several classes against the class that happened."""

from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor
from tinygrad_loss.losses import checks, provenance
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.ops.classification import absorbing_matmul, absorbing_product, class_cross_entropy
from tinygrad_loss.ops.exponential import log_softmax_
from tinygrad_loss.ops.picking import pick_class, picked_sum

__all__ = ["cross_entropy", "linear_cross_entropy", "nll_loss"]

# ---- many classes ---------------------------------------------------------------------------------------------------------

LOGARITHM: Final = "tl.losses.nll_loss(np.log(p), target), or cross_entropy of the scores"


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
            errors.say(where, f"{names[0]} must have a class axis", "shape ()", f"tl.losses.{where}(np.array([0.1, 0.9]), 0)")
        )
    t = given[1]
    if type(t) is not np.ndarray and type(t) is not Tensor:
        t = np.asarray(t)
    if 0 in z.shape:
        raise checks.empty(where, z.shape)
    if checks.value_of(t).dtype.kind == "f":
        checks.no_nan(where, t, mask, names, over=slice(1, 2) if z.ndim > 1 else slice(0, 1))
        if type(t) is Tensor and t.track & NEEDS_GRAD and not (type(z) is Tensor and z.track & NEEDS_GRAD):
            checks.swapped(where, names)
    return [z, t]


def of_indices(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    """Check scores and class indices, which probabilities cannot stand for."""
    z, t = of_classes(where, given, names, mask) if np.asarray(checks.value_of(given[1])).dtype.kind in "biu" else given
    dtype = np.asarray(checks.value_of(t)).dtype
    if dtype.kind not in "biu":
        instead = "np.argmax(target, axis=1)" if np.shape(checks.value_of(t)) == np.shape(checks.value_of(z)) else "target.astype(np.int64)"
        raise errors.DTypeError(errors.say(where, f"{names[1]} must be whole numbers", f"dtype {dtype}", instead))
    return [z, t]


def per_class(where: str, weight: Any, classes: int, dtype: Any) -> Array | None:
    """Return class weights as an array of the scores' dtype."""
    if weight is None:
        return None
    weight = checks.weights_of_numbers(where, "weight", weight)
    weight = weight if isinstance(weight, Tensor) else weight.astype(dtype, copy=False)
    if weight.shape != (classes,):
        instead = f"np.bincount(target.ravel(), minlength={classes})"
        raise errors.shapes(
            where,
            f"weight must hold one number per class, ({classes},)",
            (weight.shape,),
            instead,
            mismatch.not_of_shape("weight", weight.shape, (classes,)),
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


def rows_of(where: str, z: Array, target: Array, axis: int, ignore_index: int | None, counted: str = "input") -> tuple[Array, Array | None]:
    """Return class indices that may be looked up, and where they are ignored (None for nowhere)."""
    t = checks.whole(where, target, z.shape[axis], ignore_index, counted=counted)
    if ignore_index is None:
        return t, None
    ignored = t == ignore_index
    if not np.count_nonzero(ignored):
        return t, None
    return np.where(ignored, 0, t), ignored


def plain_classes(where: str, z: Array, target: Array, axis: int, ignore_index: int) -> bool:
    """Return whether the target holds class indices that all lie in range and none of which may be ignored."""
    if type(target) is not np.ndarray or target.dtype.kind != "i":
        return False
    shape = z.value.shape if type(z) is Tensor else z.shape
    if target.shape != shape[:axis] + shape[axis + 1 :]:
        checks.classes_or_probabilities(where, z, target, axis)
    return not 0 <= ignore_index < shape[axis] and checks.all_below(target, shape[axis])


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
    if weight is not None or label_smoothing:
        return None
    at = class_axis(z, axis)
    if not plain_classes("cross_entropy", z, target, at, ignore_index):
        return None
    provenance.not_probabilities("cross_entropy", z)
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
    provenance.not_probabilities("cross_entropy", input)
    return class_terms("cross_entropy", input, target, class_axis(input, axis), weight, ignore_index, label_smoothing)


def class_terms(
    where: str,
    z: Array,
    target: Array,
    axis: int,
    weight: Array | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    arguments: str = "input",
) -> Any:
    """Return the cross-entropy of each row of scores, and the weights of the rows where they have any; errors name the loss ``where``."""
    if not 0.0 <= label_smoothing <= 1.0:
        raise errors.DomainError(errors.say(where, "label_smoothing must lie in [0, 1]", f"{label_smoothing}", "label_smoothing=0.1"))
    classes, dtype = z.shape[axis], checks.value_of(z).dtype
    w = per_class(where, weight, classes, dtype)
    if not checks.classes_or_probabilities(where, z, target, axis, arguments):
        return _soft_targets(where, z, target, w, label_smoothing, axis)
    index, ignored = rows_of(where, z, target, axis, ignore_index, arguments.rpartition(", ")[2])
    rows = weights_of(index, w, ignored, dtype)
    terms = class_cross_entropy(z, index, axis=axis, n=None)
    if rows is not None:
        terms = terms * rows if ignored is None else np.where(ignored, 0.0, terms * rows)
    if label_smoothing:
        log_p = log_softmax_(z, axis=axis)
        spread = -np.sum(log_p if w is None else log_p * along(w, axis, z.ndim), axis=axis)
        spread = spread if ignored is None else np.where(ignored, 0.0, spread)
        terms = terms * (1.0 - label_smoothing) + spread * (label_smoothing / classes)
    return terms if rows is None else (terms, rows)


def _soft_targets(where: str, z: Array, q: Array, w: Array | None, smoothing: float, axis: int) -> Array:
    """Return the cross-entropy against probabilities; a class of probability 0 costs nothing, however unlikely."""
    provenance.sums_to_one(where, q, axis, "target")
    if smoothing:
        q = q * (1.0 - smoothing) + smoothing / z.shape[axis]
    if w is not None:
        q = q * along(w, axis, z.ndim)
    return -np.sum(absorbing_product(q, log_softmax_(z, axis=axis)), axis=axis)


def _log_probabilities(log_p: Array, at: int) -> None:
    """Warn of what does not look like log-probabilities: by where it comes from, and under debug by its sums."""
    provenance.not_scores("nll_loss", log_p, LOGARITHM)
    provenance.sums_to_one("nll_loss", log_p, at, "input", logs="tl.losses.cross_entropy(input, target), if input are scores")


def _picked_at_once(
    log_p: Array, target: Array, *, mean: bool, weight: Array | None = None, ignore_index: int = -100, axis: int | None = None
) -> Array | None:
    at = class_axis(log_p, axis)
    if weight is not None or not plain_classes("nll_loss", log_p, target, at, ignore_index):
        return None
    _log_probabilities(log_p, at)
    return picked_sum(log_p, target, axis=at, by=-1.0 / target.size if mean else -1.0)


@loss(
    order=("weight", "ignore_index", "reduction"),
    check=of_indices,
    at_once=_picked_at_once,
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
    _log_probabilities(input, at)
    checks.classes_or_probabilities("nll_loss", input, target, at)
    w = per_class("nll_loss", weight, input.shape[at], dtype)
    index, ignored = rows_of("nll_loss", input, target, at, ignore_index)
    rows = weights_of(index, w, ignored, dtype)
    terms = -pick_class(input, index, axis=at)
    if rows is None:
        return terms
    return (terms * rows if ignored is None else np.where(ignored, 0.0, terms * rows)), rows


# ---- scores of a linear layer ---------------------------------------------------------------------------------------------


def _linear_scores(x: Array, w: Array) -> Array:
    """Return the scores x W^T; of a row with one infinite component, less the highest slope along it, so that none is inf - inf."""
    infinite = np.isinf(checks.value_of(x))
    columns = np.transpose(w.reshape((-1, w.shape[-1])))
    if not np.any(infinite) and np.all(np.isfinite(checks.value_of(w))):
        return (x @ columns).reshape(x.shape[:-1] + w.shape[:-1])

    def scores(rows: Array) -> Array:
        return absorbing_matmul(rows.reshape((-1, rows.shape[-1])), columns).reshape(x.shape[:-1] + w.shape[:-1])

    far = infinite & (np.sum(infinite, axis=-1, keepdims=True) == 1)
    slopes = scores(np.where(far, np.sign(checks.value_of(x)), 0.0).astype(checks.value_of(x).dtype))
    lead = slopes - np.max(checks.value_of(slopes), axis=class_axis(slopes, None), keepdims=True)
    distance = np.sum(np.where(far, np.abs(x), 0.0), axis=-1)
    distance = distance.reshape(distance.shape + (1,) * (slopes.ndim - distance.ndim))
    return scores(np.where(far, 0.0, x)) + absorbing_product(lead, np.broadcast_to(distance, slopes.shape))


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
        if x.shape[-2:] == (w.shape[-1], 1):
            instead = "input[..., 0]"
        elif w.ndim > 2 and w.shape[-2:] == (x.shape[-1], 1):
            instead = "linear_weight[..., 0]"
        else:
            instead = "linear_weight.T" if w.shape[:1] == x.shape[-1:] and w.ndim == 2 else f"linear_weight of shape (C, {x.shape[-1]})"
        rule = "input and linear_weight must agree in their last axis"
        raise errors.misfits("linear_cross_entropy", rule, {"input": x.shape, "linear_weight": w.shape}, instead, mismatch.along(-1))
    scores = _linear_scores(x, w)
    if linear_bias is not None:
        bias = checks.weights_of_numbers("linear_cross_entropy", "linear_bias", linear_bias)
        if bias.shape != w.shape[:-1]:
            rule = "linear_bias must have linear_weight's shape without its last axis"
            raise errors.shapes(
                "linear_cross_entropy",
                rule,
                (bias.shape, w.shape),
                f"linear_bias of shape {w.shape[:-1]}",
                mismatch.not_of_shape("linear_bias", bias.shape, w.shape[:-1]),
            )
        scores = scores + bias
    scores, target = of_classes("linear_cross_entropy", (scores, target), ("input", "linear_weight", "target"), None)
    ignore = -100 if ignore_index is None else ignore_index
    arguments = "input, linear_weight"
    return class_terms("linear_cross_entropy", scores, target, class_axis(scores, None), weight, ignore, label_smoothing, arguments)
