"""What a forward computed, handed over to the backward that nearly always follows it."""

import threading
import weakref
from operator import is_not
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.op import Array

__all__ = ["LARGE", "Handover", "Kept"]

MOST: Final = 1 << 16
"""Up to this many entries any array is worth its memory; of larger ones the backward computes everything again."""
LARGE: Final = 1 << 22
"""Up to this many entries a forward leaves the gradient that it passed by."""


class Handover(threading.local):
    """One forward's intermediate arrays, held until they are taken or the array they belong to is gone.

    A recorded array never changes its values, so that it is the very same object is proof enough.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.kept: tuple[weakref.ref[np.ndarray], tuple[Any, ...], Any] | None = None

    def give(self, x: Array, beside: tuple[Any, ...], parts: Any) -> None:
        """Keep the parts that belong to ``x`` and what was beside it, when ``x`` is a small array."""
        if type(x) is np.ndarray and x.size <= self.most:
            self.kept = (weakref.ref(x, self._drop), beside, parts)

    def take(self, x: Array, beside: tuple[Any, ...]) -> Any:
        """Return the parts, once, if they belong to these very objects; else None."""
        kept = self.kept
        if kept is None or kept[0]() is not x:
            return None
        if any(map(is_not, kept[1], beside)):
            return None
        self.kept = None
        return kept[2]

    def _drop(self, _: Any = None) -> None:
        self.kept = None


class Kept:
    """What forwards computed beside their results, each held until an array that it belongs to is gone.

    Unlike a `Handover` it serves many forwards before the first backward, and a backward that is called again.
    """

    def __init__(self) -> None:
        self._parts: dict[tuple[int, Any], tuple[weakref.ref[np.ndarray], Any]] = {}

    def keep(self, owner: np.ndarray, parts: Any, *, under: Any = None) -> None:
        """Keep the parts that belong to an array, and to a setting, instead of those before."""
        key = id(owner), under
        self._parts[key] = weakref.ref(owner, lambda _: self._parts.pop(key, None)), parts

    def find(self, owner: Array, *, under: Any = None) -> Any:
        """Return what was kept, or None."""
        found = self._parts.get((id(owner), under))
        return None if found is None or found[0]() is not owner else found[1]
