"""What rounding explains: values that are rounded otherwise, at random, move a result by about as much as rounding has.

Source: Vignes 1993, A stochastic arithmetic for reliable scientific computation.
"""

from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.reverse import own_ties
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nonsmooth.bends import SEED
from tinygrad_loss.nonsmooth.germ import ONE, ROUNDING, Germ

__all__ = ["MARGIN", "SHAKEN", "SHAKES", "asked_again", "held_in", "is_rounding", "shaken"]

T = TypeVar("T")

SHAKES: Final = 4
"""How often values are rounded at random."""
UNITS: Final = 4.0
"""How many units in the last place an op may round by."""
MARGIN: Final = 16.0
"""Rounding explains up to this many times the largest change that other roundings made."""


def shaken(x: np.ndarray, rng: np.random.Generator, unit: float) -> np.ndarray:
    """Return numbers that are rounded otherwise."""
    return np.asarray(x * (1.0 + unit * rng.uniform(-UNITS, UNITS, np.shape(x))))


@dataclass(frozen=True, slots=True)
class Shaking:
    """A replay on germs in which every op rounds otherwise, at random; what a tied op reads stays as it was, and with it every branch."""

    rng: np.random.Generator
    unit: float

    def of(self, x: Array, recorded: Array, held: bool | np.ndarray) -> Array:
        """Return a germ whose value at the point is rounded otherwise, but the recorded one where that is held."""
        if not isinstance(x, Germ):
            return x
        value = shaken(x.constant, self.rng, self.unit)
        return x.like({**x.terms, ONE: np.where(held, np.asarray(recorded, np.float64), value)})


def held_in(record: Iterable[Tensor]) -> dict[int, bool | np.ndarray]:
    """Return, by the id of a tensor, which of its entries an op reads that is tied there; True for all where entries do not correspond."""
    held: dict[int, bool | np.ndarray] = {}
    for t in record:
        op = t.node[0]
        tied = np.asarray(True if op.kind == "predicate" else own_ties(t) if op.facts is not None else False)
        if np.any(tied):
            for x in t.inputs:
                if type(x) is Tensor:
                    held[id(x)] = held.get(id(x), False) | tied if tied.shape == x.shape else True
    return held


SHAKEN: ContextVar[Shaking | None] = ContextVar("shaken", default=None)
"""The random rounding under which replays run; None for none."""


def is_rounding(left: np.ndarray, right: np.ndarray, ask: Callable[[], np.ndarray], largest: float, dtype: np.dtype) -> np.ndarray:
    """Return where slopes that differ are one but for rounding, of numbers of a dtype.

    ``ask`` gives both once more, as two rows; ``largest`` is the largest number on the way.
    """
    apart = np.abs(left - right)
    suspect = (apart > 0) & (apart <= ROUNDING.get().same * largest)
    if not np.any(suspect):
        return suspect
    answer, moved = np.stack([left, right]), np.zeros((2, *np.shape(left)))
    for other in asked_again(ask, dtype):
        moved = np.maximum(moved, np.abs(other - answer))
    return np.asarray(suspect & (apart <= MARGIN * np.sum(moved, axis=0)))


def asked_again(ask: Callable[[], T], dtype: np.dtype) -> Iterator[T]:
    """Yield what ``ask`` says when values are rounded otherwise, at random, a few times: each time also the other way round."""
    for k in range(SHAKES):
        unit = float(np.finfo(dtype).eps) * (-1) ** k
        token = SHAKEN.set(Shaking(np.random.default_rng([SEED, k // 2]), unit))
        try:
            answer = ask()
        finally:
            SHAKEN.reset(token)
        yield answer
