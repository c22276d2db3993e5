"""Losses of masks: how much a predicted region and a true one overlap."""

import functools
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least

__all__ = ["dice_loss", "jaccard_loss", "tversky_loss"]


def _masks(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    p, y = checks.alike(where, given, names, mask, over=slice(1, None))
    if p.ndim < 2:
        raise errors.shapes(where, "input must be [N, ...], one mask per row", (p.shape,), f"tl.losses.{where}(input[None], target[None])")
    checks.in_domain(where, p, "probability", "input", mask)
    checks.in_domain(where, y, "binary", "target", mask)
    return [p, y]


def counts(p: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return what is rightly found, wrongly found and missed, of each mask."""
    over = tuple(range(1, p.ndim))
    hit = np.sum(p * y, axis=over)
    return hit, np.sum(p, axis=over) - hit, np.sum(y, axis=over) - hit


of_masks = functools.partial(
    loss,
    check=_masks,
    per="row",
    divides_by="the number of masks",
    input="probability",
    target="binary",
    task="segmentation",
    estimates="set",
    smoothness="C-infinity",
    convex=False,
    robust=True,
)


@of_masks(
    order=("smooth", "reduction"),
    formula=r"1 - (2 \sum p y + s) / (\sum p + \sum y + s)",
    choose="Small regions in large images, judged by the Dice score (F1).",
    source="Milletari, Navab and Ahmadi, V-Net, 3DV 2016",
)
def dice_loss(input: Array, target: Array, *, smooth: float = 1.0) -> Any:  # noqa: A002  PyTorch's name for a prediction
    r"""Return $1 - (2 \sum p y + s) / (\sum p + \sum y + s)$ of each mask.

    Args:
        input: probabilities p ``[N, ...]``.
        target: masks y of 0 and 1, of the same shape.
        smooth: s above 0, which makes an empty mask that is found empty cost nothing.

    Raises:
        ShapeError: the shapes differ, or there is no axis of masks.
        DomainError: a probability outside [0, 1], or ``smooth`` not above 0.

    Source: Milletari, Navab and Ahmadi, V-Net, 3DV 2016.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.dice_loss([[1.0, 0.0]], [[1.0, 0.0]])), float(tl.losses.dice_loss([[0.0, 0.0]], [[0.0, 0.0]]))
    (0.0, 0.0)
    """
    at_least("dice_loss", "smooth", smooth, 0.0)
    hit, false, missed = counts(input, target)
    return (false + missed) / (hit * 2.0 + false + missed + smooth)


@of_masks(
    order=("smooth", "reduction"),
    formula=r"1 - (\sum p y + s) / (\sum p + \sum y - \sum p y + s)",
    choose="As Dice's, judged by intersection over union.",
    source="Rahman and Wang, Optimizing intersection-over-union in deep neural networks for image segmentation, ISVC 2016",
)
def jaccard_loss(input: Array, target: Array, *, smooth: float = 1.0) -> Any:  # noqa: A002
    r"""Return $1 - (\sum p y + s) / (\sum p + \sum y - \sum p y + s)$ of each mask.

    Args:
        input: probabilities p ``[N, ...]``.
        target: masks y of 0 and 1, of the same shape.
        smooth: s above 0.

    Raises:
        ShapeError: the shapes differ, or there is no axis of masks.
        DomainError: a probability outside [0, 1], or ``smooth`` not above 0.

    Source: Rahman and Wang, ISVC 2016.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.jaccard_loss([[1.0, 1.0]], [[1.0, 0.0]]).round(6))
    0.333333
    """
    at_least("jaccard_loss", "smooth", smooth, 0.0)
    hit, false, missed = counts(input, target)
    return (false + missed) / (hit + false + missed + smooth)


@of_masks(
    order=("alpha", "beta", "smooth", "reduction"),
    formula=r"1 - (TP + s) / (TP + \alpha FP + \beta FN + s)",
    choose="What is missed matters more (beta above alpha), or less, than what is wrongly found.",
    source="Salehi, Erdogmus and Gholipour, Tversky loss function for image segmentation, MLMI 2017",
)
def tversky_loss(input: Array, target: Array, *, alpha: float = 0.5, beta: float = 0.5, smooth: float = 1.0) -> Any:  # noqa: A002
    r"""Return $1 - (TP + s) / (TP + \alpha FP + \beta FN + s)$ of each mask, with soft counts.

    Args:
        input: probabilities p ``[N, ...]``.
        target: masks y of 0 and 1, of the same shape.
        alpha: the weight of what is wrongly found.
        beta: the weight of what is missed.
        smooth: s above 0.

    Raises:
        ShapeError: the shapes differ, or there is no axis of masks.
        DomainError: a probability outside [0, 1], or ``smooth`` not above 0.

    Source: Salehi, Erdogmus and Gholipour, MLMI 2017.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.tversky_loss([[1.0, 1.0]], [[1.0, 0.0]], alpha=1.0).round(6))
    0.333333
    """
    at_least("tversky_loss", "alpha", alpha, 0.0, open_low=False)
    at_least("tversky_loss", "beta", beta, 0.0, open_low=False)
    at_least("tversky_loss", "smooth", smooth, 0.0)
    hit, false, missed = counts(input, target)
    wrong = false * alpha + missed * beta
    return wrong / (hit + wrong + smooth)
