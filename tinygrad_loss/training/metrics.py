"""How good a model is, in numbers that people read; each takes the model's outputs and the targets, as arrays."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tinygrad_loss import errors, mismatch

__all__ = ["accuracy", "auc", "calibration_error", "confusion_matrix", "probabilities", "top_k"]


def accuracy(output: ArrayLike, target: ArrayLike) -> float:
    """Return the part of the targets that the model's largest score names.

    Args:
        output: scores or logits, ``(n, classes, ...)``; or one logit each, of the targets' shape or ``(n, 1)``, positive for class 1.
        target: class indices, ``(n, ...)``.

    Raises:
        ShapeError: the shapes do not fit.

    >>> accuracy([[0.1, 2.0], [3.0, 1.0]], [1, 1])
    0.5
    """
    target = np.asarray(target)
    return float(np.mean(classes("accuracy", np.asarray(output), target) == target))


def classes(where: str, output: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the class that each output names."""
    if output.shape == (*target.shape, 1):
        output = output[..., 0]
    if output.shape == target.shape:
        return (output > 0).astype(np.int64)
    if output.ndim != target.ndim + 1 or output.shape[:1] + output.shape[2:] != target.shape:
        rule = "scores must have shape (n, classes, ...), targets (n, ...)"
        named = {"scores": output.shape, "targets": target.shape}
        last = output.shape[:-1] == target.shape
        instead = "np.moveaxis(scores, -1, 1)" if last else f"targets of shape {output.shape[:1] + output.shape[2:]}"
        raise errors.misfits(where, rule, named, instead, mismatch.along(0))
    return np.argmax(output, axis=1)


def top_k(output: ArrayLike, target: ArrayLike, k: int = 5) -> float:
    """Return the part of the targets that are among the ``k`` largest scores.

    Args:
        output: scores or logits, ``(n, classes)``.
        target: class indices, ``(n,)``.
        k: how many guesses count, below the number of classes.

    Raises:
        ShapeError: the shapes do not fit.
        DomainError: ``k`` is not between 1 and the number of classes.

    >>> top_k([[0.1, 0.5, 0.4], [0.1, 0.5, 0.4]], [2, 0], k=2)
    0.5
    """
    output, target = np.asarray(output), np.asarray(target)
    if output.ndim != 2 or target.shape != output.shape[:1]:
        raise errors.misfits(
            "top_k",
            "scores must have shape (n, classes), targets (n,)",
            {"scores": output.shape, "targets": target.shape},
            "accuracy(output, target)",
            mismatch.along(0),
        )
    if not 1 <= k <= output.shape[-1]:
        raise errors.DomainError(errors.say("top_k", f"k must lie in 1..{output.shape[-1]}", str(k), "top_k(output, target, k=1)"))
    best = np.argsort(-output, axis=-1, kind="stable")[:, :k]
    return float(np.mean(np.any(best == target[:, None], axis=-1)))


def confusion_matrix(output: ArrayLike, target: ArrayLike) -> np.ndarray:
    """Return how often each class (row) was taken for each (column): scikit-learn's ``confusion_matrix``.

    Args:
        output: scores or logits, ``(n, classes)``, or one logit each.
        target: class indices, ``(n,)``.

    Raises:
        DomainError: a target is no index of a class.
        MissingPackageError: scikit-learn is not installed.

    >>> confusion_matrix([[0.1, 2.0], [3.0, 1.0]], [1, 1])
    array([[0, 0],
           [1, 1]])
    """
    output, target = np.asarray(output), np.asarray(target)
    count = output.shape[1] if output.ndim > target.ndim and output.shape[1] > 1 else 2
    wrong = target[~np.isin(target, np.arange(count))]
    if wrong.size:  # scikit-learn would leave them out
        rule, instead = f"target must hold class indices from 0 to {count - 1}", "scores of every class, or targets counted from 0"
        raise errors.DomainError(errors.say("confusion_matrix", rule, str(wrong[0]), instead))
    return sklearn_metrics("confusion_matrix").confusion_matrix(
        target, classes("confusion_matrix", output, target), labels=np.arange(count)
    )


def auc(output: ArrayLike, target: ArrayLike) -> float:
    """Return the area under the ROC curve: how often a random 1 scores above a random 0. scikit-learn's ``roc_auc_score``.

    Args:
        output: scores of class 1, ``(n,)`` or ``(n, 1)``; or logits of two classes, ``(n, 2)``.
        target: 0 or 1, ``(n,)``, both present.

    Raises:
        ShapeError: the shapes do not fit.
        DomainError: only one class is present, or a score is nan or inf.
        MissingPackageError: scikit-learn is not installed.

    Source: Hanley and McNeil 1982, Radiology 143.

    >>> auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """
    scores, target = np.asarray(output), np.asarray(target).ravel()
    scores = scores[:, 1] - scores[:, 0] if scores.ndim == 2 and scores.shape[1] == 2 else scores.ravel()
    if scores.shape != target.shape:
        raise errors.misfits(
            "auc",
            "there must be one score per target",
            {"scores": scores.shape, "targets": target.shape},
            "auc(output[:, 1], target)",
            mismatch.along(0),
        )
    if not np.isfinite(scores).all():
        raise errors.DomainError(errors.say("auc", "scores must be finite", "nan or inf", "np.nan_to_num(output)"))
    present = np.unique(target)
    if len(present) != 2:
        raise errors.DomainError(errors.say("auc", "both classes must be present", f"only {present.tolist()}", "accuracy(output, target)"))
    return float(sklearn_metrics("auc").roc_auc_score(target, scores))


def calibration_error(output: ArrayLike, target: ArrayLike, bins: int = 15) -> float:
    r"""Return how far confidence lies from accuracy: $\sum_b \frac{n_b}{n} |acc_b - conf_b|$ over bins of confidence.

    Args:
        output: logits, ``(n, classes)``, or one logit each.
        target: class indices, ``(n,)``.
        bins: equal parts of 0..1.

    Source: Guo, Pleiss, Sun and Weinberger 2017, ICML, equation 3.

    >>> calibration_error([[20.0, 0.0], [20.0, 0.0]], [0, 1])
    0.5
    """
    target = np.asarray(target)
    p = probabilities(output)
    if target.shape != p.shape[:1]:
        raise errors.misfits(
            "calibration_error",
            "there must be one target per row of logits",
            {"logits": p.shape, "targets": target.shape},
            "target.ravel()",
            mismatch.along(0),
        )
    if bins < 1:
        raise errors.DomainError(errors.say("calibration_error", "there must be at least one bin", str(bins), "bins=15"))
    confidence, right = p.max(axis=-1), p.argmax(axis=-1) == target
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=right - confidence, minlength=bins)
    return round(float(np.abs(gaps).sum() / len(target)), 8)


def probabilities(output: ArrayLike) -> np.ndarray:
    """Return the probability of every class from logits ``(n, classes)``, or from one logit each.

    >>> probabilities([0.0])
    array([[0.5, 0.5]])
    """
    logits = np.asarray(output, dtype=np.float64)
    if logits.ndim == 1:
        logits = logits[:, None]
    if logits.shape[1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def sklearn_metrics(where: str) -> Any:
    """Return scikit-learn's metrics, or say how to get them."""
    try:
        from sklearn import metrics  # noqa: PLC0415  an optional package, and slow to import
    except ImportError:
        raise errors.missing(where, "scikit-learn", "pip install scikit-learn") from None
    return metrics
