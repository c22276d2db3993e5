"""How much each sample counts: the weights of terms, which are finite and not negative."""

from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks

__all__ = ["of_samples"]


def of_samples(where: str, sample_weight: Any, shape: tuple[int, ...], mask: Any) -> Array:
    """Return weights with the number of axes of the terms; refuse what the mask keeps of a weight below 0, infinite or nan."""
    w = checks.shape_of_weights(where, "sample_weight", sample_weight, shape)
    value = checks.value_of(w)
    if isinstance(value, np.ndarray | np.generic) and not _can_weigh(value):
        kept = True if mask is None else checks.shape_of_weights(where, "where", np.asarray(checks.value_of(mask)), shape) != 0
        value, kept = np.broadcast_arrays(value, kept)
        bad = value[kept & ~((value >= 0) & (value < np.inf))]
        if bad.size:
            instead = "where=(sample_weight >= 0) & (sample_weight < np.inf), which leaves the others out"
            raise errors.DomainError(errors.say(where, "sample_weight must be at least 0 and finite", f"{bad.flat[0]:.6g}", instead))
    return w


def _can_weigh(w: Array) -> bool:
    return bool(np.minimum.reduce(w, None) >= 0 and np.maximum.reduce(w, None) < np.inf)
