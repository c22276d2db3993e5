"""Rows of ``ops/shape.py``."""

import numpy as np

from table.row import Row, Sample, table

DEFINITION = "by definition"

ROWS = table(
    Row(
        name="reshape",
        at=([[1.0, 2.0, 3.0, 4.0]],),
        static={"shape": (2, 2)},
        value=[[1.0, 2.0], [3.0, 4.0]],
        slopes=([[1.0, 1.0, 1.0, 1.0]],),
        source=DEFINITION,
        samples=(Sample((2, 3), shape=(3, 2)), Sample((2, 3), shape=(-1,)), Sample((), shape=(1, 1))),
    ),
    Row(
        name="transpose",
        at=([[1.0, 2.0]],),
        static={"axes": None},
        value=[[1.0], [2.0]],
        slopes=([[1.0, 1.0]],),
        source=DEFINITION,
        samples=(Sample((2, 3), axes=None), Sample((2, 3, 4), axes=(1, 2, 0))),
    ),
    Row(
        name="astype",
        at=(0.1,),
        static={"dtype": np.dtype(np.float32)},
        value=np.float32(0.1),
        slopes=(1.0,),
        source=DEFINITION,
        fixes_dtype=True,
        samples=(Sample((2, 3), dtype=np.dtype(np.float64)),),
    ),
    Row(
        name="broadcast_to",
        at=([1.0, 2.0],),
        static={"shape": (3, 2)},
        value=[[1.0, 2.0]] * 3,
        slopes=([3.0, 3.0],),
        source=DEFINITION,
        samples=(
            Sample((3,), shape=(2, 3)),
            Sample((2, 1), shape=(4, 2, 3)),
            Sample((), shape=(2,)),
            Sample(lambda rng: rng.standard_normal((4, 3))[::2, :1], shape=(2, 3)),  # not contiguous
        ),
    ),
    Row(
        name="concatenate",
        at=([1.0, 2.0], [3.0]),
        static={"axis": 0},
        value=[1.0, 2.0, 3.0],
        slopes=([1.0, 1.0], [1.0]),
        source=DEFINITION,
        samples=(Sample((2,), (3,), axis=0), Sample((2, 3), (2, 1), (2, 2), axis=1)),
    ),
)
