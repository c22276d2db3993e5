"""Losses of sequences whose alignment is not known."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks, provenance
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.ops.alignment import ctc

__all__ = ["ctc_loss"]


def _lengths(where: str, name: str, given: Any, batch: int, most: int) -> np.ndarray:
    """Return one whole number per sample."""
    lengths = np.asarray(checks.value_of(given)).reshape(-1)
    if lengths.dtype.kind not in "iu":
        raise errors.DTypeError(errors.say(where, f"{name} must be whole numbers", f"dtype {lengths.dtype}", f"{name}.astype(np.int64)"))
    if lengths.shape != (batch,):
        rule, differ = f"{name} must hold one whole number per sample, ({batch},)", mismatch.not_of_length(name, lengths.shape, 0, batch)
        raise errors.shapes(where, rule, [lengths.shape], f"{name}=[{most}] * {batch}", differ)
    if lengths.min() < 0 or lengths.max() > most:
        worst = int(lengths.min()) if lengths.min() < 0 else int(lengths.max())
        raise errors.DomainError(errors.say(where, f"{name} must lie in 0 to {most}", f"{worst}", f"np.clip({name}, 0, {most})"))
    return lengths.astype(np.int64)


def padded(where: str, targets: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return targets as ``[N, S]``; joined ones are cut at their lengths."""
    if targets.ndim == 2:
        return targets
    if len(targets) != lengths.sum():
        total = int(lengths.sum())
        rule, differ = "joined targets must have the sum of target_lengths", mismatch.not_of_length("targets", targets.shape, 0, total)
        raise errors.shapes(where, rule, (targets.shape, (total,)), "targets of shape [N, S]", differ)
    out = np.zeros((len(lengths), int(lengths.max(initial=0))), targets.dtype)
    out[np.arange(out.shape[1]) < lengths[:, None]] = targets
    return out


def _alignable(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    del mask
    x = checks.of_array(given[0], where, names[0])
    if x.ndim not in (2, 3):
        raise errors.shapes(where, "log_probs must be [T, N, C] or [T, C]", (x.shape,), "log_probs of shape (T, N, C)")
    if 0 in x.shape:
        raise checks.empty(where, x.shape)
    provenance.not_scores(where, x, "tl.losses.ctc_loss(tl.ops.log_softmax(scores, axis=-1), ...)")
    provenance.sums_to_one(where, x, -1, names[0], logs="tl.losses.ctc_loss(tl.ops.log_softmax(scores, axis=-1), ...)")
    targets = np.asarray(checks.value_of(given[1]))
    batch = x.shape[1] if x.ndim == 3 else 1
    if targets.dtype.kind not in "iu":
        raise errors.DTypeError(errors.say(where, "targets must be whole numbers", f"dtype {targets.dtype}", "targets.astype(np.int64)"))
    if x.ndim == 2:
        targets = targets.reshape(1, -1)
    if targets.ndim > 2 or (targets.ndim == 2 and len(targets) != batch):
        raise errors.shapes(
            where,
            f"targets must be [N, S], or joined, with N = {batch}",
            (targets.shape, x.shape),
            f"targets of shape ({batch}, S)",
            mismatch.not_of_length("targets", targets.shape, 0, batch),
        )
    width = targets.shape[1] if targets.ndim == 2 else targets.size
    return [
        x,
        targets,
        _lengths(where, "input_lengths", given[2], batch, len(x)),
        _lengths(where, "target_lengths", given[3], batch, width),
    ]


def _per_label(terms: Array, arrays: Sequence[Array]) -> Array:
    """Divide each loss by its number of labels, as PyTorch's mean does."""
    lengths = np.maximum(arrays[3], 1).astype(checks.value_of(terms).dtype)
    return terms / (lengths if terms.ndim else lengths[0])


@loss(
    order=("blank", "reduction", "zero_infinity"),
    check=_alignable,
    mean_of=_per_label,
    divides_by="the number of sequences, after each is divided by its number of labels",
    per="row",
    formula=r"-\log \sum_{\pi \to y} \prod_t p_t(\pi_t)",
    input="log-probability",
    target="class index",
    task="sequence",
    likelihood="Categorical",
    estimates="log-probabilities",
    smoothness="C-infinity",
    convex=False,
    robust=True,
    choose="Labels come in order but without times: speech, handwriting.",
    source="Graves et al., Connectionist temporal classification, ICML 2006",
)
def ctc_loss(
    log_probs: Array, targets: Array, input_lengths: Any, target_lengths: Any, *, blank: int = 0, zero_infinity: bool = False
) -> Any:
    r"""Return $-\log \sum_\pi \prod_t p_t(\pi_t)$ over every alignment of the labels with the frames.

    The gradient is that of this formula for any input, normalised or not; PyTorch's presumes the result of a log_softmax.
    A labelling that cannot be aligned has an infinite loss.

    Args:
        log_probs: ``[T, N, C]`` or ``[T, C]``.
        targets: labels ``[N, S]`` (padded) or all of them joined ``[sum of lengths]``; ``[S]`` for one sequence.
        input_lengths: how many frames count, one number per sequence.
        target_lengths: how many labels count, one number per sequence.
        blank: the class between labels.
        zero_infinity: 0, with a gradient of 0, instead of infinity.

    Raises:
        ShapeError: the lengths are not one per sequence, or do not fit the targets.
        DomainError: a length or a label lies outside its range.

    Source: Graves et al., ICML 2006.

    >>> import numpy as np, tinygrad_loss as tl
    >>> even = np.full((2, 1, 2), np.log(0.5))
    >>> round(float(tl.losses.ctc_loss(even, [[1]], [2], [1])), 6)  # 3 of the 4 paths: -log 3/4
    0.287682
    """
    x = log_probs if log_probs.ndim == 3 else np.expand_dims(log_probs, 1)
    classes = x.shape[2]
    if not 0 <= blank < classes:
        raise errors.DomainError(errors.say("ctc_loss", f"blank must lie in 0 to {classes - 1}", f"{blank}", "blank=0"))
    labels = padded("ctc_loss", targets, target_lengths)
    counts = np.arange(labels.shape[1]) < np.asarray(target_lengths)[:, None]
    labels = checks.whole("ctc_loss", np.where(counts, labels, blank), classes, None, "targets", "log_probs") if labels.size else labels
    frames = np.maximum(input_lengths, 1)
    terms = ctc(x, labels, frames, target_lengths, blank=blank, zero_infinity=zero_infinity)
    if np.any(np.asarray(input_lengths) == 0):
        empty = np.where(np.asarray(target_lengths) == 0, 0.0, 0.0 if zero_infinity else np.inf)
        terms = np.where(np.asarray(input_lengths) > 0, terms, empty.astype(checks.value_of(x).dtype))
    return terms if log_probs.ndim == 3 else terms.reshape(())
