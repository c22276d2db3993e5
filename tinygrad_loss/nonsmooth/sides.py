"""Reading a series of a function beside its point: does that side exist, does the value jump, what is the slope."""

import math
from dataclasses import dataclass

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.nonsmooth.germ import CLOSE, Exhausted, Germ, degree

__all__ = ["Side", "Sides", "limit_of", "side_of", "sides_of"]


@dataclass(frozen=True, slots=True)
class Side:
    """How a function leaves the point on one side: does it exist there, does it jump, and its slope (perhaps infinite)."""

    exists: bool
    jumps: bool = False
    slope: float = math.nan
    second: float = math.nan

    @property
    def ends(self) -> int:
        """What ends here, as a number to compare: the domain (2), or finite slopes (the sign of the infinite one); 0 for neither."""
        return int(_ends(self.exists, self.slope))


@dataclass(frozen=True, slots=True)
class Sides:
    """How every term that depends on one entry leaves the point on one side, entry by entry: see `Side`."""

    exists: np.ndarray
    jumps: np.ndarray
    slope: np.ndarray

    @property
    def ends(self) -> np.ndarray:
        """What ends here, entry by entry, as `Side.ends`."""
        return _ends(self.exists, self.slope)


def _ends(exists: Array, slope: Array) -> np.ndarray:
    return np.where(exists, np.where(np.isinf(slope), np.sign(slope), 0), 2)


def sides_of(f: Germ, value: np.ndarray, noise: float = 0.0) -> Sides:
    """Read a germ of terms whose values at the point are ``value``, entry by entry; a jump within ``noise`` is none."""
    with np.errstate(all="ignore"):
        jumps, slope = (f.constant != value) & ~(np.abs(f.constant - value) <= noise), np.array(f.coefficient(1))
    told = np.greater(f.order, 1 + CLOSE) | f.missing | (jumps & ~f.unknown)
    for key, c in reversed(f.terms.items()):
        here = degree(key)
        if here < 0:
            jumps, told = jumps | (c != 0), told | (c != 0)
        elif 0 < here < 1:
            slope, told = np.where(c != 0, np.copysign(np.inf, c), slope), told | (c != 0)
    if not np.all(told):
        raise Exhausted
    return Sides(~f.missing, jumps, slope)


def side_of(f: Germ, value: float, noise: float = 0.0) -> Side:
    """Read a germ of a scalar function whose value at the point is ``value``; a jump within ``noise`` is none."""
    if bool(f.missing):
        return Side(exists=False)
    if _unbounded(f):
        return Side(exists=True, jumps=True)
    if bool(f.unknown):
        raise Exhausted
    if float(f.constant) != value and not abs(float(f.constant) - value) <= noise:
        return Side(exists=True, jumps=True)
    slope = _first(f, 1)
    if math.isfinite(slope) and f.least <= 1 + CLOSE:
        raise Exhausted
    second = math.nan
    if math.isfinite(slope) and f.least > 2 + CLOSE:
        second = 2.0 * _first(f.like({k: c for k, c in f.terms.items() if k != (1, 0)}), 2)
    return Side(exists=True, slope=slope, second=second)


def _unbounded(f: Germ) -> bool:
    return any(degree(key) < 0 and np.any(c != 0) for key, c in f.terms.items())


def _first(f: Germ, power: int) -> float:
    """Return the coefficient of t^power, or an infinity when a larger term stands before it."""
    for key, c in f.terms.items():
        if 0 < degree(key) < power and float(c) != 0:
            return math.copysign(math.inf, float(c))
    return float(f.coefficient(power))


def limit_of(g: Germ) -> np.ndarray:
    """Return the limit of every entry of a gradient as t goes to 0, infinite where it grows."""
    limit, told = np.array(g.constant), ~g.unknown
    for key, c in reversed(g.terms.items()):
        if degree(key) < 0:
            limit, told = np.where(c != 0, np.copysign(np.inf, c), limit), told | (c != 0)
    if not np.all(told):
        raise Exhausted
    return np.where(g.missing, np.nan, limit)
