"""Rows of ``ops/indexing.py``."""

import numpy as np

from table.row import Row, Sample, table

DEFINITION = "by definition"
REPEATED = np.array([0, 2, 0])

ROWS = table(
    Row(
        name="getitem",
        at=([1.0, 2.0, 3.0],),
        static={"index": REPEATED},
        value=[1.0, 3.0, 1.0],
        slopes=([2.0, 0.0, 1.0],),
        source=DEFINITION,
        samples=(
            Sample((3, 4), index=REPEATED),
            Sample((3, 4), index=(slice(None, None, -2), 1)),
            Sample((3, 4), index=(Ellipsis, None, REPEATED)),
            Sample((3, 4), index=(np.array([[0], [2]]), np.array([1, 1, 3]))),
            Sample((2, 2), index=np.array([[True, False], [False, True]])),
        ),
    ),
    Row(
        name="scatter",
        at=([10.0, 20.0, 30.0],),
        static={"index": REPEATED, "shape": (3,)},
        value=[40.0, 0.0, 20.0],
        slopes=([1.0, 1.0, 1.0],),
        source=DEFINITION,
        samples=(
            Sample((3, 4), index=REPEATED, shape=(5, 4)),
            Sample((2,), index=(slice(None, None, -2), 1), shape=(3, 4)),
            Sample((2, 3), index=(np.array([[0], [2]]), np.array([1, 1, 3])), shape=(3, 4)),
        ),
    ),
)
