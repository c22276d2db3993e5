"""Losses of a margin: how far a score lies on its side."""

import math
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.classification import per_class
from tinygrad_loss.losses.facts import Kink
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.ops.along import take_along_
from tinygrad_loss.ops.blocks import BLOCK
from tinygrad_loss.ops.classification import ranking_error
from tinygrad_loss.ops.picking import pick_class
from tinygrad_loss.ops.piecewise import relu
from tinygrad_loss.ops.rivals import rival_hinge

__all__ = ["hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss", "multilabel_margin_loss"]


def above(x: Array) -> Array:
    """Return max(x, 0), whose conventional slope at 0 is 1."""
    return np.clip(x, 0.0, None)


def _ranking_at_once(a: Array, b: Array, y: Array, *, mean: bool, margin: float = 0.0) -> Array | None:
    """Return the mean or sum of many pairs as one op; few stay composed, step by step."""
    n = checks.value_of(a).size
    return ranking_error.total(a, b, y, margin=margin, n=n if mean else 1) if n > BLOCK else None


@loss(
    at_once=_ranking_at_once,
    formula=r"\max(0, -y (z_1 - z_2) + \text{margin})",
    input="real",
    target="sign",
    task="ranking",
    estimates="sign, of what can be separated",
    smoothness="kink",
    variable="margin",
    kinks=(Kink(0.0, -1.0, 0.0),),
    convex=True,
    robust=True,
    choose="Only the order of two scores matters.",
    source="Herbrich, Graepel and Obermayer, Large margin rank boundaries for ordinal regression, 2000",
)
def margin_ranking_loss(input1: Array, input2: Array, target: Array, *, margin: float = 0.0) -> Any:
    r"""Return $\max(0, -y (z_1 - z_2) + margin)$: for y = 1 the first should score higher, for y = -1 the second.

    Args:
        input1: scores, any shape.
        input2: scores of the same shape.
        target: y of -1 or +1, of the same shape.
        margin: by how much.

    Raises:
        ShapeError: the shapes differ.
        DomainError: nan among the targets.

    Source: Herbrich, Graepel and Obermayer, 2000.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.margin_ranking_loss([1.0], [3.0], [1.0]))
    2.0
    """
    return above((input2 - input1) * target + margin)


@loss(
    formula=r"x \text{ if } y = 1, \text{ else } \max(0, \text{margin} - x)",
    input="real",
    target="sign",
    task="embedding",
    estimates="sign",
    smoothness="kink",
    convex=True,
    robust=True,
    choose="Distances of pairs: near for like pairs, at least the margin for unlike ones.",
    source="Hadsell, Chopra and LeCun, Dimensionality reduction by learning an invariant mapping, CVPR 2006",
)
def hinge_embedding_loss(input: Array, target: Array, *, margin: float = 1.0) -> Any:  # noqa: A002  PyTorch's name
    r"""Return x where y = 1 and $\max(0, margin - x)$ where y = -1, for distances x.

    Args:
        input: distances x, any shape.
        target: y of -1 or +1, of the same shape.
        margin: how far unlike pairs should be apart.

    Raises:
        ShapeError: the shapes differ.
        DomainError: nan among the targets.

    Source: Hadsell, Chopra and LeCun, CVPR 2006.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.hinge_embedding_loss([0.25, 0.25], [1.0, -1.0], reduction="sum"))
    1.0
    """
    y = checks.value_of(target)
    near = y == 1
    if np.count_nonzero(near) + np.count_nonzero(y == -1) == y.size:
        return np.where(near, input, above(margin - input))
    return np.where(near, 0.0, above(margin - input)) + np.where(y != -1, input, 0.0)


# ---- many classes ---------------------------------------------------------------------------------------------------------


def _rows(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    """Bring scores to [N, C]; a single row, or a single score, is a batch of one, which the terms lose again."""
    del mask
    z = checks.of_array(given[0], where, names[0])
    target = given[1] if hasattr(given[1], "shape") else np.asarray(given[1])
    if 0 in z.shape:
        raise checks.empty(where, z.shape)
    if z.ndim > 2:
        raise errors.shapes(where, "input must be [N, C] or [C]", (z.shape,), f"tl.losses.{where}(input.reshape(len(input), -1), target)")
    return [z, target]


def _whole_rows(z: Array, target: Any) -> bool:
    """Return whether the scores are [N, C], and the targets whole numbers for each row."""
    shape = z.shape
    return len(shape) == 2 and type(target) is np.ndarray and target.dtype.kind == "i" and target.shape[:1] == shape[:1]


def _class_at_once(z: Array, target: Array, *, mean: bool, p: int = 1, margin: float = 1.0, weight: Array | None = None) -> Array | None:
    if weight is not None or p not in (1, 2) or not _whole_rows(z, target) or target.ndim != 1:
        return None
    rows, classes = z.shape
    if not checks.all_below(target, classes):
        return None
    return rival_hinge(z, target[:, None], p=p, margin=margin, n=classes * rows if mean else classes, every=True)


@loss(
    order=("p", "margin", "weight", "reduction"),
    check=_rows,
    at_once=_class_at_once,
    divides_by="the number of rows; each row is divided by the number of classes",
    per="row",
    formula=r"\frac1C \sum_{c \ne y} \max(0, \text{margin} - z_y + z_c)^p",
    input="real",
    target="class index",
    task="classification",
    estimates="class, if it has a majority",
    smoothness="kink",
    convex=True,
    robust=True,
    choose="Several classes, and only which scores highest matters.",
    source="Weston and Watkins, Support vector machines for multi-class pattern recognition, ESANN 1999",
)
def multi_margin_loss(input: Array, target: Array, *, p: int = 1, margin: float = 1.0, weight: Array | None = None) -> Any:  # noqa: A002
    r"""Return $\frac1C \sum_{c \ne y} \max(0, margin - z_y + z_c)^p$, which divides by C, not C - 1, as PyTorch does.

    Args:
        input: scores ``[N, C]`` or ``[C]``.
        target: whole-number classes ``[N]`` or ``[]``.
        p: 1 or 2.
        margin: by how much the class should lead.
        weight: one number per class, a factor of the rows of that class.

    Raises:
        ShapeError: the target's shape is not input's without its class axis.
        DomainError: a class outside 0 to C - 1, or another ``p``.

    Source: Weston and Watkins, ESANN 1999.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.multi_margin_loss([[0.0, 0.5]], [1]))
    0.25
    """
    if p not in (1, 2):
        raise errors.DomainError(errors.say("multi_margin_loss", "p must be 1 or 2", f"{p}", "p=1"))
    single = input.ndim < 2
    z = input.reshape((1, -1)) if single else input
    index = checks.value_of(target).reshape(-1)
    if index.shape != z.shape[:1] or (not single and np.ndim(checks.value_of(target)) != 1):
        shape = np.shape(checks.value_of(target))
        if shape == input.shape:
            instead = "np.argmax(target, axis=1)"
        else:
            instead = "target.ravel()" if math.prod(shape) == len(z) else f"target of shape {z.shape[:1]}"
        raise errors.misfits(
            "multi_margin_loss",
            "target must hold one class per row of input",
            {"target": shape, "input": input.shape},
            instead,
            mismatch.along(0),
        )
    index = checks.whole("multi_margin_loss", index, z.shape[1], None)
    others = index[:, None] != np.arange(z.shape[1])
    gap = relu(np.where(others, z - np.expand_dims(pick_class(z, index, axis=1), 1) + margin, -1.0))
    terms = np.sum(gap * gap if p == 2 else gap, axis=1) / z.shape[1]
    w = per_class("multi_margin_loss", weight, z.shape[1], checks.value_of(z).dtype)
    terms = terms if w is None else terms * w[index]
    return terms.reshape(()) if single and not np.ndim(checks.value_of(target)) else terms


def _labels_at_once(z: Array, target: Array, *, mean: bool) -> Array | None:
    if z.shape != target.shape or not _whole_rows(z, target):
        return None
    if not checks.labels_or_none(target, z.shape[1]):
        return None
    counts = target[:, 0] >= 0
    every = np.count_nonzero(counts) == len(counts)
    listed = [target[:, 0]]
    for j in range(1, target.shape[1]):
        here = target[:, j] >= 0
        counts = here if every else counts & here
        many = np.count_nonzero(counts)
        if not many:
            break
        every = every and many == len(counts)
        listed.append(np.where(counts, target[:, j], -1))
    labels = target[:, :1] if len(listed) == 1 else np.stack(listed, axis=1)
    return rival_hinge(z, labels, p=1, margin=1.0, n=z.shape[1] * (len(target) if mean else 1), every=every)


@loss(
    check=_rows,
    at_once=_labels_at_once,
    divides_by="the number of rows; each row is divided by the number of classes",
    per="row",
    formula=r"\frac1C \sum_{y \in Y} \sum_{c \notin Y} \max(0, 1 - z_y + z_c)",
    input="real",
    target="class index",
    task="classification",
    estimates="classes",
    smoothness="kink",
    convex=True,
    robust=True,
    choose="Several labels may hold, and each should score above those that do not.",
    source="Crammer and Singer, A family of additive online algorithms for category ranking, JMLR 3, 2003",
)
def multilabel_margin_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $\frac1C \sum_{y \in Y} \sum_{c \notin Y} \max(0, 1 - z_y + z_c)$ for the labels Y of each row.

    Args:
        input: scores ``[N, C]`` or ``[C]``.
        target: labels, of the same shape: a row lists its labels, then -1, and what follows does not count.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a label outside 0 to C - 1.

    Source: Crammer and Singer, JMLR 3, 2003.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.losses.multilabel_margin_loss([[0.0, 0.5]], np.array([[1, -1]])))
    0.25
    """
    if input.shape != target.shape:
        raise checks.unequal("multilabel_margin_loss", (input, target), ("input", "target"))
    z = input.reshape((1, -1)) if input.ndim < 2 else input
    listed = checks.value_of(target).reshape(z.shape)
    if listed.dtype.kind not in "iu":
        rule, instead = "target must be whole numbers", "target.astype(np.int64)"
        raise errors.DTypeError(errors.say("multilabel_margin_loss", rule, f"dtype {listed.dtype}", instead))
    counts = np.cumsum(listed == -1, axis=1) == 0
    listed = checks.whole("multilabel_margin_loss", np.where(counts, listed, 0), z.shape[1], None)
    width = max(1, int(counts.sum(axis=1).max()))
    listed, counts = listed[:, :width], counts[:, :width]
    is_label = (counts[:, :, None] & (listed[:, :, None] == np.arange(z.shape[1]))).any(axis=1)
    gap = relu(np.expand_dims(z, 1) - np.expand_dims(take_along_(z, listed, axis=1), 2) + 1.0)
    pairs = counts[:, :, None] & ~is_label[:, None, :]
    terms = np.sum(np.where(pairs, gap, 0.0), axis=(1, 2)) / z.shape[1]
    return terms.reshape(()) if input.ndim < 2 else terms
