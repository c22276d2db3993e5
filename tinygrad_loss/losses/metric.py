"""Losses of embeddings within a batch: like ones together, unlike ones apart."""

import functools
import math
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.ops.classification import absorbing_product, class_cross_entropy
from tinygrad_loss.ops.exponential import logsumexp_, softplus_
from tinygrad_loss.ops.norm import norm2, shortened
from tinygrad_loss.ops.picking import pick_class
from tinygrad_loss.ops.piecewise import maximum, relu

__all__ = ["arcface_loss", "circle_loss", "contrastive_loss", "info_nce_loss", "nt_xent_loss", "supervised_contrastive_loss"]


SHORTEST: Final = 1e-35
"""The least length by which a vector is divided: small enough for every vector but zero, large enough for a finite gradient there."""


def _vectors(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    del mask
    arrays = [checks.of_array(x, where, name) for x, name in zip(given, names, strict=False)]
    checks.same_shape(where, arrays, names)
    return _rows_of_vectors(where, arrays, names)


def _rows_of_vectors(where: str, arrays: list[Array], names: Any, shape: str = "[N, D]") -> list[Array]:
    if arrays[0].ndim != 2:
        instead = ", ".join(f"{name}.reshape(len({name}), -1)" for name, _ in zip(names, arrays, strict=False))
        raise errors.shapes(where, f"{names[0]} must be {shape}", (arrays[0].shape,), instead)
    return arrays


def _labelled(where: str, given: Any, names: Any, mask: Array | None, shape: str = "[N, D]", kinds: str = "biuUS") -> list[Array]:
    del mask
    x = _rows_of_vectors(where, [checks.of_array(given[0], where, names[0])], names, shape)[0]
    labels = np.asarray(checks.value_of(given[1]))
    if labels.dtype.kind not in kinds:
        rule = f"target must be whole numbers{' or names' if 'U' in kinds else ''}"
        raise errors.DTypeError(errors.say(where, rule, f"dtype {labels.dtype}", "target.astype(np.int64)"))
    if not labels.size or 0 in x.shape:
        raise checks.empty(where, x.shape)
    if labels.shape != x.shape[:1]:
        raise errors.misfits(
            where,
            "target must hold one label per row",
            {"target": labels.shape, names[0]: x.shape},
            f"target of shape {x.shape[:1]}",
            mismatch.along(0),
        )
    return [x, labels]


def unit(x: Array) -> Array:
    """Return vectors of length 1; a zero vector stays one."""
    x = shortened(x)
    return x / maximum(norm2(x, -1, keepdims=True), max(SHORTEST, float(np.finfo(checks.value_of(x).dtype).smallest_subnormal)))


of_batch = functools.partial(loss, per="row", task="embedding", estimates="order of distances", smoothness="C-infinity", convex=False)
of_embeddings = functools.partial(of_batch, input="embedding", robust=True)


def _pairs(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    a, b = _vectors(where, given[:2], names, mask)
    y = checks.as_numbers(given[2], checks.value_of(a).dtype, where, names[2])
    if y.shape != a.shape[:1]:
        raise errors.misfits(
            where,
            "target must hold one number per pair",
            {"target": y.shape, names[0]: a.shape},
            f"target of shape {a.shape[:1]}",
            mismatch.along(0),
        )
    checks.no_nan(where, y, mask, names)
    checks.in_domain(where, y, "binary", "target", mask)
    return [a, b, y]


@loss(
    check=_pairs,
    per="row",
    divides_by="the number of pairs",
    formula=r"y d^2 + (1 - y) \max(0, \text{margin} - d)^2,\; d = \|x_1 - x_2\|",
    input="embedding",
    target="binary",
    task="embedding",
    estimates="order of distances",
    smoothness="kink",
    convex=False,
    stable=(("float32", 1.8e19), ("float64", 1.3e154)),
    choose="Pairs known to be like or unlike.",
    source="Hadsell, Chopra and LeCun, Dimensionality reduction by learning an invariant mapping, CVPR 2006",
)
def contrastive_loss(input1: Array, input2: Array, target: Array, *, margin: float = 1.0) -> Any:
    r"""Return $y d^2 + (1 - y) \max(0, margin - d)^2$ of the distance d of each pair.

    Args:
        input1: vectors ``[N, D]``.
        input2: vectors of the same shape.
        target: y, 1 for like pairs, 0 for unlike ones ``[N]``.
        margin: how far unlike pairs should be apart.

    Raises:
        ShapeError: the shapes differ, or there is not one number per pair.
        DomainError: a target outside [0, 1].

    Source: Hadsell, Chopra and LeCun, CVPR 2006, equation 4 (without its halves).

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.contrastive_loss([[0.0], [0.0]], [[0.5], [0.5]], [1.0, 0.0]))
    0.25
    """
    r = input1 - input2
    square = np.sum(r * r, axis=-1)
    if np.all(np.isfinite(checks.value_of(square))):
        short = relu(margin - norm2(r, -1))
        return square * target + short * short * (1.0 - target)
    like = np.where(np.expand_dims(checks.value_of(target) == 0, -1), 0.0, r)
    reach = np.where(np.isinf(checks.value_of(r)), float(np.finfo(checks.value_of(r).dtype).max), r)  # beyond every margin
    short = relu(margin - norm2(reach, -1))
    return absorbing_product(np.sum(like * like, axis=-1), target) + short * short * (1.0 - target)


@of_embeddings(
    check=_vectors,
    divides_by="the number of rows",
    target="embedding",
    formula=r"-\log e^{s_{ii}/\tau} / \sum_j e^{s_{ij}/\tau},\; s = \cos(x_i, y_j)",
    choose="Two views of each example, as images and their captions; all others in the batch are contrasts.",
    source="van den Oord, Li and Vinyals, Representation learning with contrastive predictive coding, 2018",
)
def info_nce_loss(input: Array, target: Array, *, temperature: float = 0.1) -> Any:  # noqa: A002  PyTorch's name for a prediction
    r"""Return $-\log e^{s_{ii}/\tau} / \sum_j e^{s_{ij}/\tau}$ with cosines s of each row with every target.

    Args:
        input: vectors ``[N, D]``.
        target: the vector that belongs to each, ``[N, D]``.
        temperature: tau above 0.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``temperature`` is not above 0.

    Source: van den Oord, Li and Vinyals, 2018.

    >>> import numpy as np, tinygrad_loss as tl
    >>> round(float(tl.losses.info_nce_loss(np.eye(2), np.eye(2), temperature=1.0)), 6)  # log(1 + 1/e)
    0.313262
    """
    at_least("info_nce_loss", "temperature", temperature, 0.0)
    return class_cross_entropy((unit(input) @ unit(target).T) / temperature, np.arange(len(input)), axis=1, n=None)


@of_embeddings(
    check=_vectors,
    divides_by="the number of pairs",
    target="embedding",
    formula=r"\tfrac12 (\ell_{i, i'} + \ell_{i', i}),\; \ell_{ij} = -\log e^{s_{ij}/\tau} / \sum_{k \ne i} e^{s_{ik}/\tau}",
    choose="Two augmented views of each example, without labels (SimCLR).",
    source="Chen et al., A simple framework for contrastive learning of visual representations, ICML 2020",
)
def nt_xent_loss(input1: Array, input2: Array, *, temperature: float = 0.1) -> Any:
    r"""Return the mean, over both views of a pair, of $-\log e^{s_{ij}/\tau} / \sum_{k \ne i} e^{s_{ik}/\tau}$ among all 2 N views.

    Args:
        input1: first views ``[N, D]``.
        input2: second views ``[N, D]``.
        temperature: tau above 0.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``temperature`` is not above 0.

    Source: Chen et al., ICML 2020, equation 1.

    >>> import numpy as np, tinygrad_loss as tl
    >>> round(float(tl.losses.nt_xent_loss(np.eye(2), np.eye(2), temperature=1.0)), 6)  # log(1 + 2/e)
    0.551445
    """
    at_least("nt_xent_loss", "temperature", temperature, 0.0)
    n = len(input1)
    x = unit(np.concatenate([input1, input2]))
    scores = np.where(np.eye(2 * n, dtype=bool), -np.inf, (x @ x.T) / temperature)
    both = class_cross_entropy(scores, np.roll(np.arange(2 * n), n), axis=1, n=None)
    return (both[:n] + both[n:]) * 0.5


@of_embeddings(
    check=_labelled,
    divides_by="the number of rows",
    target="class index",
    formula=r"-\tfrac1{|P(i)|} \sum_{p \in P(i)} \log e^{s_{ip}/\tau} / \sum_{k \ne i} e^{s_{ik}/\tau}",
    choose="As SimCLR, with labels that say which others belong together.",
    source="Khosla et al., Supervised contrastive learning, NeurIPS 2020",
)
def supervised_contrastive_loss(input: Array, target: Array, *, temperature: float = 0.1) -> Any:  # noqa: A002
    r"""Return $-\tfrac1{|P(i)|} \sum_{p \in P(i)} \log e^{s_{ip}/\tau} / \sum_{k \ne i} e^{s_{ik}/\tau}$, P(i) being the others of i's label.

    A row whose label no other row has costs nothing.

    Args:
        input: vectors ``[N, D]``.
        target: labels ``[N]``.
        temperature: tau above 0.

    Raises:
        ShapeError: there is not one label per row.
        DomainError: ``temperature`` is not above 0.

    Source: Khosla et al., NeurIPS 2020, equation 2.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.losses.supervised_contrastive_loss(np.eye(2), np.array([0, 0])))
    0.0
    """
    at_least("supervised_contrastive_loss", "temperature", temperature, 0.0)
    x = unit(input)
    itself = np.eye(len(target), dtype=bool)
    scores = (x @ x.T) / temperature
    total = np.squeeze(logsumexp_(np.where(itself, -np.inf, scores), axis=1), axis=1)
    like = (target[:, None] == target) & ~itself
    size = like.sum(axis=1)
    mean = np.sum(np.where(like, scores, 0.0), axis=1) / np.maximum(size, 1).astype(checks.value_of(x).dtype)
    return np.where(size > 0, total - mean, 0.0)


@of_embeddings(
    check=_labelled,
    divides_by="the number of rows",
    target="class index",
    smoothness="kink",
    formula=r"\log(1 + \sum_n e^{\gamma (s_n + m)_+ (s_n - m)} \sum_p e^{-\gamma (1 + m - s_p)_+ (s_p - 1 + m)})",
    choose="Pairs that are already right should count less than those that are far off.",
    source="Sun et al., Circle loss, CVPR 2020",
)
def circle_loss(input: Array, target: Array, *, gamma: float = 80.0, margin: float = 0.4) -> Any:  # noqa: A002
    r"""Return $\log(1 + \sum_n e^{\gamma (s_n + m)_+ (s_n - m)} \sum_p e^{-\gamma (1 + m - s_p)_+ (s_p - 1 + m)})$ of each anchor.

    s are cosines with the others: p those of its label, n the rest. An anchor without either costs nothing.

    Args:
        input: vectors ``[N, D]``.
        target: labels ``[N]``.
        gamma: the scale.
        margin: m, how much is relaxed.

    Raises:
        ShapeError: there is not one label per row.

    Source: Sun et al., CVPR 2020, equations 6 and 8.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.losses.circle_loss(np.eye(3), np.array([0, 1, 2])))
    0.0
    """
    at_least("circle_loss", "gamma", gamma, 0.0)
    x = unit(input)
    s = x @ x.T
    itself = np.eye(len(target), dtype=bool)
    like = target[:, None] == target
    far = relu(s + margin) * (s - margin) * gamma
    near = relu(1.0 + margin - s) * (s - (1.0 - margin)) * -gamma
    both = np.any(~like, axis=1) & np.any(like & ~itself, axis=1)
    left_out = np.where(both, -np.inf, 0.0)[:, None].astype(checks.value_of(s).dtype)  # a row of nothing but -inf has no slope
    of_unlike = np.squeeze(logsumexp_(np.where(like, left_out, far), axis=1), axis=1)
    of_like = np.squeeze(logsumexp_(np.where(like & ~itself, near, left_out), axis=1), axis=1)
    return np.where(both, softplus_(np.where(both, of_unlike + of_like, 0.0)), 0.0)


def _cosines(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    x, labels = _labelled(where, given, names, mask, "[N, C]", "biu")
    checks.in_range(where, x, -1.0, 1.0, "input", None, "np.clip(input, -1.0, 1.0), of vectors of length 1")
    return [x, checks.whole(where, labels, x.shape[1], None)]


@of_batch(
    input="cosine",
    check=_cosines,
    divides_by="the number of rows",
    target="class index",
    formula=r"-\log \text{softmax}(\gamma \cos(\theta_c + m [c = y]))_y",
    choose="Faces: classes should be apart by an angle, not only separable.",
    source="Deng et al., ArcFace, CVPR 2019",
)
def arcface_loss(input: Array, target: Array, *, margin: float = 0.5, scale: float = 64.0) -> Any:  # noqa: A002
    r"""Return the cross-entropy of the scores $\gamma \cos\theta_c$, of which that of the class is $\gamma \cos(\theta_y + m)$.

    Args:
        input: cosines of each row with the centre of each class ``[N, C]``.
        target: whole-number classes ``[N]``.
        margin: m, an angle in radians.
        scale: gamma.

    Raises:
        ShapeError: there is not one class per row.
        DomainError: a cosine outside [-1, 1], or a class outside 0 to C - 1.

    Source: Deng et al., CVPR 2019, equation 3.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.arcface_loss([[0.5, 0.5]], [0], margin=0.0)), 6)  # log 2
    0.693147
    """
    at_least("arcface_loss", "scale", scale, 0.0)
    cosine = pick_class(input, target, axis=1)
    sine = np.sqrt(1.0 - cosine) * np.sqrt(1.0 + cosine)
    turned = cosine * math.cos(margin) - sine * math.sin(margin)
    own = np.expand_dims(target, 1) == np.arange(input.shape[1])
    return class_cross_entropy(np.where(own, np.expand_dims(turned, 1), input) * scale, target, axis=1, n=None)
