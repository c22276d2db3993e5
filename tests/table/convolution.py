"""Rows of ``ops/convolution.py``, ``ops/pooling.py``, ``ops/resampling.py`` and ``ops/columns.py``."""

import numpy as np

from table.row import Row, Sample, table
from tinygrad_loss.ops.windows import Geometry

CLOSED = "closed form"

PLAIN = Geometry((2,), (1,), ((0, 0),), (1,))
PADDED = Geometry((3,), (2,), ((1, 2),), (2,), groups=2)
SQUARE = Geometry((3, 2), (1, 2), ((1, 1), (0, 1)), (1, 1))
CUBE = Geometry((2, 1, 2), (1, 1, 1), ((0, 0), (0, 0), (1, 1)), (1, 1, 1), groups=2)
PAIRS = Geometry((2,), (2,), ((0, 0),), (1,))
TILES = Geometry((2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1))
OVERLAPPING = Geometry((3, 2), (2, 1), ((1, 1), (0, 1)), (1, 2))


def _distinct(*shape):
    """Entries a tenth apart, so that no small step changes which is the largest."""
    return lambda rng: rng.permutation(int(np.prod(shape))).reshape(shape) / 10


def _places(*shape):
    """Places in a window of four entries or more."""
    return lambda rng: rng.integers(0, 4, shape)


POOLS = tuple(Sample(_distinct(2, 3, 4, 6), geometry=geometry) for geometry in (TILES, OVERLAPPING))

ROWS = table(
    Row(
        name="convolution",
        at=([[[1.0, 2.0, 4.0]]], [[[1.0, -1.0]]]),
        static={"geometry": PLAIN},
        value=[[[-1.0, -2.0]]],
        slopes=([[[1.0, 0.0, -1.0]]], [[[3.0, 6.0]]]),
        source=CLOSED,
        samples=(
            Sample((2, 3, 5), (4, 3, 2), geometry=PLAIN),
            Sample((2, 4, 7), (6, 2, 3), geometry=PADDED),
            Sample((2, 2, 4, 5), (3, 2, 3, 2), geometry=SQUARE),
            Sample((1, 4, 2, 3, 3), (2, 2, 2, 1, 2), geometry=CUBE),
        ),
    ),
    Row(
        name="convolution_biased",
        at=([[[1.0, 2.0, 4.0]]], [[[1.0, -1.0]]], [10.0]),
        static={"geometry": PLAIN},
        value=[[[9.0, 8.0]]],
        slopes=([[[1.0, 0.0, -1.0]]], [[[3.0, 6.0]]], [2.0]),
        source=CLOSED,
        samples=(
            Sample((2, 3, 5), (4, 3, 2), (4,), geometry=PLAIN),
            Sample((2, 4, 7), (6, 2, 3), (6,), geometry=PADDED),
            Sample((2, 2, 4, 5), (3, 2, 3, 2), (3,), geometry=SQUARE),
        ),
    ),
    Row(
        name="convolution_input",
        at=([[[1.0, 2.0]]], [[[1.0, 10.0]]]),
        static={"geometry": PLAIN, "size": (3,)},
        value=[[[1.0, 12.0, 20.0]]],
        slopes=([[[11.0, 11.0]]], [[[3.0, 3.0]]]),
        source=CLOSED,
        samples=(
            Sample((2, 6, 3), (6, 2, 3), geometry=PADDED, size=(7,)),
            Sample((2, 3, 4, 3), (3, 2, 3, 2), geometry=SQUARE, size=(4, 5)),
        ),
    ),
    Row(
        name="convolution_weight",
        at=([[[1.0, 2.0, 4.0]]], [[[1.0, 10.0]]]),
        static={"geometry": PLAIN},
        value=[[[21.0, 42.0]]],
        slopes=([[[1.0, 11.0, 10.0]]], [[[3.0, 6.0]]]),
        source=CLOSED,
        samples=(Sample((2, 4, 7), (2, 6, 3), geometry=PADDED), Sample((2, 2, 4, 5), (2, 3, 4, 3), geometry=SQUARE)),
    ),
    Row(
        name="channel_sums",
        at=([[[1.0, 2.0], [3.0, 5.0]]],),
        value=[3.0, 8.0],
        slopes=([[[1.0, 1.0], [1.0, 1.0]]],),
        source=CLOSED,
        samples=(Sample((2, 3)), Sample((2, 3, 4, 2))),
    ),
    Row(
        name="shift_channels",
        at=([[[1.0, 2.0], [3.0, 5.0]]], [10.0, 20.0]),
        value=[[[11.0, 12.0], [23.0, 25.0]]],
        slopes=([[[1.0, 1.0], [1.0, 1.0]]], [2.0, 2.0]),
        source=CLOSED,
        samples=(Sample((2, 3), (3,)), Sample((2, 3, 4, 2), (3,))),
    ),
    Row(
        name="max_pool",
        at=([[[1.0, 3.0, 2.0, 0.0]]],),
        static={"geometry": PAIRS},
        value=[[[3.0, 2.0]]],
        slopes=([[[0.0, 1.0, 1.0, 0.0]]],),
        source=CLOSED,
        samples=POOLS,
        tied=([[[1.0, 1.0]]],),
    ),
    Row(
        name="max_tied",
        at=([[[3.0, 2.0]]], [[[3.0, 3.0, 2.0, 0.0]]]),
        static={"geometry": PAIRS},
        value=[[[True, False]]],
        source="by definition",
        samples=(Sample((2, 3, 2, 3), _distinct(2, 3, 4, 6), geometry=TILES),),
    ),
    Row(
        name="max_pool_layer",
        at=([[[1.0, 3.0, 2.0, 0.0]]],),
        static={"geometry": PAIRS},
        value=[[[3.0, 2.0]]],
        slopes=([[[0.0, 1.0, 1.0, 0.0]]],),
        source=CLOSED,
        samples=POOLS,
    ),
    Row(
        name="max_winner",
        at=([[[1.0, 3.0, 2.0, 2.0]]],),
        static={"geometry": PAIRS},
        value=[[[1, 0]]],
        source="by definition",
        samples=POOLS,
        tied=([[[1.0, 1.0]]],),
    ),
    Row(
        name="first_winner",
        at=([[[1.0, 3.0, 2.0, 2.0]]],),
        static={"geometry": PAIRS},
        value=[[[1, 0]]],
        source="by definition",
        samples=POOLS,
    ),
    Row(
        name="max_pick",
        at=([[[5.0, 6.0, 7.0, 8.0]]], np.array([[[1, 0]]])),
        static={"geometry": PAIRS},
        value=[[[6.0, 7.0]]],
        slopes=([[[0.0, 1.0, 1.0, 0.0]]], None),
        source=CLOSED,
        samples=(
            Sample((2, 3, 4, 6), _places(2, 3, 2, 3), geometry=TILES),
            Sample((2, 3, 4, 6), _places(2, 3, 2, 5), geometry=OVERLAPPING),
        ),
    ),
    Row(
        name="max_put",
        at=([[[5.0, 6.0]]], np.array([[[1, 0]]])),
        static={"geometry": PAIRS, "size": (4,)},
        value=[[[0.0, 5.0, 6.0, 0.0]]],
        slopes=([[[1.0, 1.0]]], None),
        source=CLOSED,
        samples=(
            Sample((2, 3, 2, 3), _places(2, 3, 2, 3), geometry=TILES, size=(4, 6)),
            Sample((2, 3, 2, 5), _places(2, 3, 2, 5), geometry=OVERLAPPING, size=(4, 6)),
        ),
    ),
    Row(
        name="window_sums",
        at=([[[1.0, 3.0, 2.0]]],),
        static={"geometry": PLAIN},
        value=[[[4.0, 5.0]]],
        slopes=([[[1.0, 2.0, 1.0]]],),
        source=CLOSED,
        samples=(Sample((2, 3, 4, 6), geometry=TILES), Sample((2, 3, 4, 6), geometry=OVERLAPPING)),
    ),
    Row(
        name="window_spread",
        at=([[[4.0, 5.0]]],),
        static={"geometry": PLAIN, "size": (3,)},
        value=[[[4.0, 9.0, 5.0]]],
        slopes=([[[2.0, 2.0]]],),
        source=CLOSED,
        samples=(Sample((2, 3, 2, 3), geometry=TILES, size=(4, 6)), Sample((2, 3, 2, 5), geometry=OVERLAPPING, size=(4, 6))),
    ),
    Row(
        name="along",
        at=([[1.0, 3.0, 2.0]], np.array([[1.0, 0.5, 0.0], [0.0, 0.0, -1.0]])),
        static={"axis": 1},
        value=[[2.5, -2.0]],
        slopes=([[1.0, 0.5, -1.0]], None),
        source=CLOSED,
        samples=(
            Sample((2, 3, 4), lambda rng: rng.integers(0, 3, (5, 3)) / 2, axis=1),
            Sample((4, 3), lambda rng: rng.integers(0, 3, (2, 4)) / 2, axis=0),
        ),
    ),
    Row(
        name="unfold",
        at=([[[1.0, 3.0, 2.0]]],),
        static={"geometry": PLAIN},
        value=[[[1.0, 3.0], [3.0, 2.0]]],
        slopes=([[[1.0, 2.0, 1.0]]],),
        source=CLOSED,
        samples=(Sample((2, 3, 4, 6), geometry=OVERLAPPING),),
    ),
    Row(
        name="fold",
        at=([[[1.0, 3.0], [5.0, 2.0]]],),
        static={"geometry": PLAIN, "size": (3,)},
        value=[[[1.0, 8.0, 2.0]]],
        slopes=([[[1.0, 1.0], [1.0, 1.0]]],),
        source=CLOSED,
        samples=(Sample((2, 18, 10), geometry=OVERLAPPING, size=(4, 6)),),
    ),
)
