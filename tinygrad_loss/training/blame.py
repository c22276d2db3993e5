"""What to say of a training whose loss or gradient is not finite any more: what began it, and what to change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tinygrad_loss import errors

if TYPE_CHECKING:
    from tinygrad_loss.training.fit import Run

__all__ = ["REMEMBERED", "blamed", "grown"]

REMEMBERED: Final = 64
"""The last losses that are looked at."""
MUCH: Final = 100.0
"""By how much they have to grow to be called diverging: a noisy batch or two do not."""
LARGE: Final = 10.0
"""Inputs of a spread of 1 are smaller than this."""


def grown(losses: Sequence[float]) -> bool:
    """Whether the last losses grew to a multiple of the least of them, and above 1.

    >>> grown([3.0, 1e4, 1e9]), grown([0.7, 0.6, 0.8]), grown([0.0, 0.1])
    (True, False, False)
    """
    return len(losses) > 1 and abs(losses[-1]) > max(1.0, MUCH * min(map(abs, losses)))


def blamed(run: Run, number: float, x: np.ndarray, output: Any) -> errors.NonFiniteError:
    """Return the error for a loss or a gradient that is not finite; it names the first thing on the way that is not.

    Args:
        run: the training, with its last losses.
        number: the loss.
        x: the inputs of the batch.
        output: what the model made of them.
    """
    broken = run.broken_parameter()
    outputs = [part.data for part in (output if isinstance(output, tuple) else (output,))]
    overflowing = not all(np.isfinite(part).all() for part in outputs)
    overflow = math.sqrt(float(np.finfo(outputs[0].dtype).max)) if outputs[0].dtype.kind == "f" else math.inf
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        why, instead = "the inputs hold nan or inf", "np.nan_to_num(x), or leave those rows out"
    elif grown(run.recent):
        least = int(np.argmin(np.abs(run.recent)))
        steps = len(run.recent) - least
        why = f"the loss grew from {run.recent[least]:.3g} to {run.recent[-1]:.3g} in the {steps} steps before"
        instead = remedies(run, x)
    elif broken is not None:
        why, instead = f"parameter {broken} holds nan or inf", remedies(run, x)
    elif overflowing:
        why, instead = "the model's output overflows", remedies(run, x)
    elif (size := max(largest(part) for part in outputs)) > overflow:
        why, instead = f"the loss of a finite output as large as {size:.3g}, whose square overflows", remedies(run, x)
    else:
        why, instead = "the loss of a finite output", "the loss on logits, which does not take the logarithm of 0; or finite targets"
    where = f"tl.fit, epoch {run.epoch + 1}, batch {run.batch + 1}"
    if math.isfinite(number):
        return errors.NonFiniteError(
            errors.say(where, "the gradient must be finite", f"one that is not, at a loss of {number:.3g} ({why})", instead)
        )
    return errors.NonFiniteError(errors.say(where, "the loss must be finite", f"{number} ({why})", instead))


def remedies(run: Run, x: np.ndarray) -> str:
    """Return what keeps a training from diverging: inputs of spread 1 where they are large, smaller steps, clipped gradients."""
    lines = []
    if x.dtype.kind == "f" and (size := largest(x)) > LARGE:
        lines.append(f"train, test = tl.data.standardise(train, test), as inputs are as large as {size:.3g}")
    lines.append(f"lr={run.optimizer.param_groups[0]['lr'] / 10:.3g}")
    if run.clip_norm is None:
        lines.append("clip_norm=1.0")
    return "; or ".join(lines)


def largest(a: np.ndarray) -> float:
    """Return the largest magnitude."""
    return float(np.abs(a).max()) if a.size else 0.0
