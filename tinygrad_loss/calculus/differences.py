"""Derivatives from function values alone, with error bars: the referee of every rule, which never looks at one."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from tinygrad_loss.engine.op import Array

__all__ = ["LEVELS", "Estimate", "central", "one_sided"]

FIRST_STEP: Final = 2.0**-6
LEVELS: Final = 13
"""How many steps are taken, each half of the one before."""
RATIO: Final = 2.0
GROWTH: Final = 1.3
"""Quotients that grow by more than this at every halving of the step belong to an infinite slope or a jump: sqrt grows by 1.41."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A derivative estimated from differences.

    Attributes:
        value: the derivative of each entry of the result.
        error: how far the truth may be from it.
        diverges: True where the quotients grow without bound, so that no derivative exists.
    """

    value: Array
    error: Array
    diverges: Array


def central(f: Callable[[float], Array], *, first: float = FIRST_STEP) -> Estimate:
    r"""Estimate the derivative of ``f`` at 0 from both sides: $\lim_h (f(h) - f(-h)) / 2h$, extrapolated to $h = 0$.

    Source: Ridders 1982, Advances in Engineering Software 4(2).

    >>> import numpy as np
    >>> e = central(lambda t: np.exp(2 * t))
    >>> bool(abs(e.value - 2) <= e.error < 1e-9)
    True
    """
    return _extrapolated(lambda h: (f(h), f(-h), 2.0 * h), order=2, first=first)


def one_sided(f: Callable[[float], Array], side: int, *, first: float = FIRST_STEP) -> Estimate:
    r"""Estimate the derivative of ``f`` at 0 from one side (1: right, -1: left): $\lim_{h \to 0+} (f(\pm h) - f(0)) / \pm h$.

    >>> import numpy as np
    >>> [round(float(one_sided(np.abs, side).value), 9) for side in (-1, 1)]
    [-1.0, 1.0]
    """
    here = f(0.0)
    return _extrapolated(lambda h: (f(side * h), here, side * h), order=1, first=first)


def _extrapolated(sample: Callable[[float], tuple[Array, Array, float]], *, order: int, first: float) -> Estimate:
    """Fill Richardson's table row by row, and keep for each entry the value that changed least."""
    steps = [first / RATIO**i for i in range(LEVELS)]
    previous: list[Array] = []
    quotients = []
    best: Array = None
    error: Array = None
    with np.errstate(all="ignore"):
        for h in steps:
            far, near, width = sample(h)
            dtype = np.dtype(getattr(far, "dtype", np.float64))
            eps = np.finfo(dtype if dtype.kind == "f" else np.float64).eps  # what float32 values cannot resolve is noise
            far, near = np.asarray(far, np.float64), np.asarray(near, np.float64)
            row = [(far - near) / width]
            quotients.append(np.abs(row[0]))
            noise = 4.0 * eps * np.maximum(np.abs(far), np.abs(near)) / h
            if best is None:
                best, error = np.array(row[0]), np.full(row[0].shape, np.inf)
            for j, older in enumerate(previous):
                gain = RATIO ** (order * (j + 1))
                row.append((row[j] * gain - older) / (gain - 1.0))
                change = np.maximum(np.abs(row[-1] - row[-2]), np.abs(row[-1] - older)) + noise
                better = np.nan_to_num(change, nan=np.inf) < error
                best, error = np.where(better, row[-1], best), np.where(better, change, error)
            previous = row
        tail = quotients[-5:]
        diverges = np.all([b > a * GROWTH for a, b in itertools.pairwise(tail)], axis=0)
    return Estimate(best, error, diverges)
