"""Masked arrays, which are refused by name: no derivative here knows a mask, and without it they are other numbers."""

import sys
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors

__all__ = ["asker", "holds_masked", "masked", "refuse_masked"]

USUAL: Final = frozenset({np.ndarray, float, int, bool, str, type(None), np.float64, np.float32, np.int64, np.random.Generator})
"""Types of what is given most often, none of which holds a masked array."""


def refuse_masked(where: str, given: Iterable[Any]) -> None:
    """Refuse a masked array among what is given, in lists and dicts too."""
    if holds_masked(given):
        raise masked(where)


def holds_masked(given: Iterable[Any]) -> bool:
    """Whether there is a masked array among what is given, in lists, tuples and dicts too."""
    return "numpy.ma" in sys.modules and _found(given)  # NumPy loads it when somebody first asks: until then there is none


def _found(given: Iterable[Any]) -> bool:
    for x in given:
        if type(x) in USUAL:
            continue
        if isinstance(x, np.ma.MaskedArray):
            return True
        if isinstance(x, list | tuple):
            if _found(x):
                return True
        elif isinstance(x, dict) and _found(x.values()):
            return True
    return False


def masked(where: str) -> errors.DTypeError:
    """Return the error for a masked array."""
    instead = "np.ma.filled(a, 0.0), and where=~np.ma.getmaskarray(a) in the loss or the mean that leaves entries out"
    return errors.DTypeError(
        errors.say(where, "masked arrays are not taken, because a derivative knows no mask", "a masked array", instead)
    )


def asker() -> str:
    """Return the module whose Python code asks a tensor for an array."""
    return str(sys._getframe(2).f_globals.get("__name__", ""))  # noqa: SLF001
