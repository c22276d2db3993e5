"""Convex surrogates of intersection over union: the Lovász extension of the Jaccard loss at the errors of a mask's pixels."""

from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks, provenance
from tinygrad_loss.losses.classification import class_axis, rows_of
from tinygrad_loss.losses.loss import loss

__all__ = ["lovasz_hinge_loss", "lovasz_softmax_loss"]

CLASSES = ("present", "all")


def jaccard_steps(truth: Array) -> Array:
    """Return what each further wrong pixel adds to 1 - IoU, for pixels in falling order of their errors along the last axis."""
    total = np.sum(truth, axis=-1, keepdims=True)
    jaccard = 1.0 - (total - np.cumsum(truth, axis=-1)) / (total + np.cumsum(1.0 - truth, axis=-1))
    return np.diff(jaccard, axis=-1, prepend=np.zeros_like(jaccard[..., :1]))


def falling(error: Array) -> Array:
    """Return the positions of the errors from the largest to the smallest; recorded, for where two are equal the slopes jump."""
    return np.argsort(-error, axis=-1, kind="stable")


def _scores_of_masks(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    z, y = checks.alike(where, given, names, mask, over=slice(1, None))
    if z.ndim < 2:
        raise errors.shapes(where, "input must be [N, ...], one mask per row", (z.shape,), f"tl.losses.{where}(input[None], target[None])")
    provenance.not_probabilities(where, z)
    checks.in_domain(where, y, "binary", "target", mask)
    return [z, y]


@loss(
    check=_scores_of_masks,
    per="row",
    divides_by="the number of masks",
    formula=r"\sum_i \max(0, m_{(i)})\, (J_i - J_{i - 1}),\; m = 1 - z (2 y - 1) \text{ in falling order}",
    input="logit",
    target="binary",
    task="segmentation",
    estimates="set",
    smoothness="kink",
    convex=True,
    robust=True,
    choose="Intersection over union itself is the aim, and a convex surrogate of it is wanted.",
    source="Berman, Rannen Triki and Blaschko, The Lovász-softmax loss, CVPR 2018",
)
def lovasz_hinge_loss(input: Array, target: Array) -> Any:  # noqa: A002  PyTorch's name for a prediction
    r"""Return the Lovász extension of the Jaccard loss at the hinge errors of each mask.

    It has kinks at a margin of 1 and where a background pixel's error equals another pixel's.

    Args:
        input: scores z ``[N, ...]``.
        target: masks y of 0 and 1, of the same shape.

    Raises:
        ShapeError: the shapes differ, or there is no axis of masks.
        DomainError: a target outside [0, 1].

    Source: Berman, Rannen Triki and Blaschko, CVPR 2018, algorithm 1.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.lovasz_hinge_loss([[2.0, -2.0]], [[1.0, 0.0]])), float(tl.losses.lovasz_hinge_loss([[-1.0]], [[1.0]]))
    (0.0, 2.0)
    """
    n = input.shape[0]
    y = checks.value_of(target).reshape(n, -1)
    error = 1.0 - input.reshape((n, -1)) * (2.0 * y - 1.0)
    order = falling(error)
    hinge = np.maximum(np.take_along_axis(error, order, 1), 0.0)
    return np.sum(hinge * jaccard_steps(np.take_along_axis(y, order, 1)), axis=1)


def _probabilities_of_masks(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    p = checks.of_array(given[0], where, names[0])
    index = np.asarray(checks.value_of(given[1]))
    if 0 in p.shape:
        raise checks.empty(where, p.shape)
    if p.ndim < 3 or index.shape != (p.shape[0], *p.shape[2:]):
        rule = "input must be [N, C, d1, ...], the classes of each pixel of an image per row, and target [N, d1, ...]"
        single = p.ndim > 1 and index.shape == p.shape[1:]
        instead = f"tl.losses.{where}(input[None], target[None])" if single else f"target of shape {(p.shape[0], *p.shape[2:])}"
        raise errors.shapes(
            where, rule, (p.shape, index.shape), instead, mismatch.not_of_shape("target", index.shape, (p.shape[0], *p.shape[2:]))
        )
    checks.in_range(where, p, 0.0, 1.0, "input", mask, "tl.ops.softmax(input, axis=1), if these are scores")
    provenance.sums_to_one(where, p, 1, "input")
    return [p, index]


@loss(
    check=_probabilities_of_masks,
    order=("classes", "ignore_index", "reduction"),
    per="row",
    divides_by="the number of images of which not every pixel is ignored",
    formula=r"\tfrac{1}{|C|} \sum_c \sum_i m^c_{(i)}\, (J^c_i - J^c_{i - 1}),\; m^c = |[y = c] - p_c| \text{ in falling order}",
    input="probability",
    target="class index",
    task="segmentation",
    estimates="set",
    smoothness="kink",
    convex=True,
    robust=True,
    choose="Several classes of pixels, judged by the mean of their intersections over union.",
    source="Berman, Rannen Triki and Blaschko, The Lovász-softmax loss, CVPR 2018",
)
def lovasz_softmax_loss(input: Array, target: Array, *, classes: str = "present", ignore_index: int = -100) -> Any:  # noqa: A002
    r"""Return the mean over classes of the Lovász extension of the Jaccard loss at the errors of each pixel's probability.

    Args:
        input: probabilities p ``[N, C, d1, ...]``, the softmax of scores along axis 1.
        target: the class of each pixel ``[N, d1, ...]``.
        classes: "present", the mean over classes that occur in the image, or "all".
        ignore_index: a class whose pixels do not count.

    Raises:
        ShapeError: the shapes do not fit.
        DomainError: a probability outside [0, 1], a class outside 0 to C - 1, or an unknown ``classes``.

    Source: Berman, Rannen Triki and Blaschko, CVPR 2018, section 3.

    >>> import numpy as np, tinygrad_loss as tl
    >>> p = np.array([[[0.75, 0.5], [0.25, 0.5]]])  # one image of two pixels, two classes
    >>> float(tl.losses.lovasz_softmax_loss(p, np.array([[0, 1]])))  # errors 1/4 of the first, 1/2 of the second pixel
    0.4375
    """
    if classes not in CLASSES:
        raise errors.unknown_name("lovasz_softmax_loss", "classes", classes, CLASSES)
    n, c = input.shape[:2]
    p = input.reshape((n, c, -1))
    index, ignored = rows_of("lovasz_softmax_loss", p, target.reshape(n, -1), class_axis(p, None), ignore_index)
    hit = (index[:, None] == np.arange(c)[:, None]).astype(checks.value_of(p).dtype)
    error = np.where(hit == 1, 1.0 - p, p)
    if ignored is not None:
        left_out = np.broadcast_to(ignored[:, None], hit.shape)
        hit, error = np.where(left_out, 0.0, hit), np.where(left_out, -1.0, error)  # behind every pixel that counts
    order = falling(error)
    size = np.take_along_axis(error, order, 2)
    if ignored is not None:
        size = np.where(size < 0, 0.0, size)
    of_class = np.sum(size * jaccard_steps(np.take_along_axis(hit, order, 2)), axis=2)
    seen = None if ignored is None else ~np.all(ignored, axis=1)
    counted = np.any(hit == 1, axis=2) if classes == "present" else np.ones((n, c), bool)
    terms = np.sum(np.where(counted, of_class, 0.0), axis=1) / np.maximum(counted.sum(axis=1), 1).astype(hit.dtype)
    return terms if seen is None or np.all(seen) else (terms, seen.astype(hit.dtype))
