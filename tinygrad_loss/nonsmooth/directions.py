"""The generic directions that judgements take: fixed, so that an answer is the same in every run."""

import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from tinygrad_loss.nonsmooth.bends import SEED
from tinygrad_loss.nonsmooth.near import Near

__all__ = ["PAIRS", "directions"]

PAIRS: Final = 4
"""Directions, each with its opposite: with nested ties one pair found 51 of 64 undefined entries, four pairs all."""
REMEMBERED: Final = 100_000
"""Directions of up to this many entries are kept for the next judgement: a training step asks for the same ones."""


def directions(near: Near) -> Iterator[list[np.ndarray]]:
    """Yield fixed generic directions, one array per leaf."""
    shapes = tuple(leaf.shape for leaf in near.leaves)
    if near.size > REMEMBERED:
        yield from _drawn(shapes)
    yield from _first_directions(shapes)
    yield from itertools.islice(_drawn(shapes), PAIRS, None)


def _drawn(shapes: Sequence[tuple[int, ...]]) -> Iterator[list[np.ndarray]]:
    rng = np.random.default_rng(SEED)
    while True:
        yield [np.asarray(rng.standard_normal(shape)) for shape in shapes]


@lru_cache(maxsize=4)
def _first_directions(shapes: tuple[tuple[int, ...], ...]) -> list[list[np.ndarray]]:
    """Return the directions that every judgement of arrays of these shapes takes."""
    return list(itertools.islice(_drawn(shapes), PAIRS))
