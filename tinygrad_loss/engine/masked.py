"""Masked arrays, which are refused by name: no derivative here knows a mask, and without it they are other numbers."""

import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_loss import errors

__all__ = ["asker", "masked", "refuse_masked"]


def refuse_masked(where: str, given: Iterable[Any]) -> None:
    """Refuse a masked array among what is given, in lists and dicts too."""
    for x in given:
        if isinstance(x, np.ma.MaskedArray):
            raise masked(where)
        if type(x) in {list, tuple}:
            refuse_masked(where, x)
        elif type(x) is dict:
            refuse_masked(where, x.values())


def masked(where: str) -> errors.DTypeError:
    """Return the error for a masked array."""
    instead = "np.ma.filled(a, 0.0), and where=~np.ma.getmaskarray(a) in the loss or the mean that leaves entries out"
    return errors.DTypeError(
        errors.say(where, "masked arrays are not taken, because a derivative knows no mask", "a masked array", instead)
    )


def asker() -> str:
    """Return the module whose Python code asks a tensor for an array."""
    return str(sys._getframe(2).f_globals.get("__name__", ""))  # noqa: SLF001
