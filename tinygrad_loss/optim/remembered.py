"""What a saved state may hold: the values that an optimiser or a schedule remembers itself, of the same kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch

__all__ = ["check_remembered", "same_kind"]

COUNTS: Final = frozenset({"cooldown_counter", "func_evals", "last_epoch", "n_iter", "num_bad_epochs", "step"})
"""What is a whole number from 0 on; other numbers may have digits behind the point."""
MOST: Final = 2**53


def check_remembered(where: str, saved: Any, own: Mapping[str, Any], *, of: str = "", whole: bool = True) -> None:
    """Refuse a saved dict whose values are not of the kinds of one's own.

    Args:
        where: who refuses it.
        saved: names and values.
        own: the same names, with values of the right kinds and shapes; a list stands for one of any length.
        of: whose values they are, for the message.
        whole: whether no name may be missing.

    Raises:
        StateError: a name is missing or unknown, or a value of another kind.
        ShapeError: an array of another shape.
    """
    instead = "load_state_dict(other.state_dict()), of the kind that was saved"
    if not isinstance(saved, Mapping):
        raise errors.StateError(errors.say(where, f"what is remembered{of} must be a dict", type(saved).__name__, instead))
    names = sorted(map(str, saved))
    if not (set(names) <= own.keys() and (not whole or len(names) == len(own))):
        raise errors.StateError(errors.say(where, f"what is remembered{of} is {', '.join(own)}", ", ".join(map(repr, names)), instead))
    for name, value in saved.items():
        if isinstance(value, np.ndarray) and isinstance(own[name], np.ndarray) and value.ndim and value.shape != own[name].shape:
            rule = f"{name}{of} must have its shape"
            raise errors.misfits(
                where, rule, {"the saved one": value.shape, "this one": own[name].shape}, "the model that was saved", mismatch.unequal
            )
        if not same_kind(value, own[name]) or (name in COUNTS and not (0 <= value < MOST and value == int(value))):
            kind = "a whole number from 0 on" if name in COUNTS else f"of the kind of {_kind(own[name])}"
            raise errors.StateError(errors.say(where, f"{name}{of} must be {kind}", _kind(value), instead))


def same_kind(value: Any, own: Any) -> bool:
    """Whether a saved value can stand where one's own does: a number for a number, an array for an array, a list for a list."""
    if isinstance(own, bool | np.bool_):
        return isinstance(value, bool | np.bool_) or getattr(value, "dtype", None) == np.bool_
    if own is None or isinstance(own, str):
        return value is None or isinstance(value, str) or same_kind(value, 0.0)
    if isinstance(own, list | tuple):
        return isinstance(value, list | tuple) and all(same_kind(v, own[0]) for v in value)
    if isinstance(value, bool) or not isinstance(value, int | float | np.number | np.ndarray):
        return False
    array = np.asarray(value)
    return array.dtype.kind in "iuf" and array.shape == np.shape(own) and bool(array.ndim or array == array)  # noqa: PLR0124  no nan


def _kind(value: Any) -> str:
    """Return what a value is, in a word."""
    if isinstance(value, np.ndarray | np.generic) and value.ndim:
        return f"an array of {value.dtype}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {_kind(value[0])}" if value else f"an empty {type(value).__name__}"
    return repr(value)[:40] if isinstance(value, int | float | str | np.generic | np.ndarray) else type(value).__name__
