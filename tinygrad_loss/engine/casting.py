"""Constants in another dtype: what people give is float64, what layers hold is float32, and no number may change on the way."""

from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array

__all__ = ["cast", "exactly", "real"]


def cast(where: str, what: str, x: Array, dtype: np.dtype[Any], instead: str) -> Array:
    """Return real numbers in a floating dtype; refuse a finite number that would become infinite in it.

    Args:
        where: who asks, for the message.
        what: the name of the numbers there.
        x: an array or tensor of real numbers or truth values.
        dtype: a floating dtype.
        instead: the line to type where a number does not fit.
    """
    try:
        with np.errstate(over="raise"):
            return x.astype(dtype)
    except FloatingPointError:
        largest = f"{np.finfo(dtype).max:.6g}"
        rule = f"{what} must fit in {dtype}, whose largest number is {largest}"
        raise errors.DomainError(errors.say(where, rule, "a larger one", instead)) from None


def real(where: str, new: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Return new values of a floating tensor in its dtype."""
    if new.dtype.kind not in "biuf":
        raise errors.of_dtype(where, "new values must be real numbers", new, "np.asarray(new, dtype=np.float64)", "new")
    return cast(where, "new values", new, dtype, "x = tl.tensor(new, requires_grad=True)")


def exactly(where: str, new: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Return new values of a tensor of whole numbers or truth values in its dtype; refuse what would change."""
    with np.errstate(all="ignore"):
        kept = new.astype(dtype) if new.dtype.kind in "biuf" else new
    if kept is new or not np.array_equal(kept, new):
        raise errors.DTypeError(errors.say(where, f"new values must fit in the leaf's {dtype}", f"dtype {new.dtype}", "x = tl.tensor(new)"))
    return kept
