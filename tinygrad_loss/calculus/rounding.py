"""What rounding explains: values that are rounded otherwise, at random, move a result by about as much as rounding has.

Source: Vignes 1993, A stochastic arithmetic for reliable scientific computation.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

import numpy as np

from tinygrad_loss.calculus.bends import SEED

__all__ = ["MARGIN", "SHAKEN", "SHAKES", "moved_by_rounding", "shaken"]

SHAKES: Final = 4
"""How often values are rounded at random."""
UNITS: Final = 4.0
"""How many units in the last place an op may round by."""
MARGIN: Final = 16.0
"""Rounding explains up to this many times the largest change that other roundings made."""

SHAKEN: ContextVar[tuple[np.random.Generator, float] | None] = ContextVar("shaken", default=None)
"""Where series are computed with other roundings: the source of them, and the unit in the last place; None elsewhere."""


def shaken(x: np.ndarray, rng: np.random.Generator, unit: float) -> np.ndarray:
    """Return numbers that are rounded otherwise."""
    return np.asarray(x * (1.0 + unit * rng.uniform(-UNITS, UNITS, np.shape(x))))


def moved_by_rounding(ask: Callable[[], np.ndarray], answer: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return how far rounding, of numbers of a dtype, may have moved the answer: entry by entry, nan where that is not known.

    The arguments at which slopes are taken are rounded otherwise; values, and with them ties and branches, stay as they are.
    """
    rng, moved = np.random.default_rng(SEED), np.zeros(np.shape(answer))
    for _ in range(SHAKES):
        token = SHAKEN.set((rng, float(np.finfo(dtype).eps)))
        try:
            moved = np.maximum(moved, np.abs(ask() - answer))
        finally:
            SHAKEN.reset(token)
    return MARGIN * moved
