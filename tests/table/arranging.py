"""Rows of ``ops/triangles.py`` and ``ops/taking.py``."""

import numpy as np

from table.row import Row, Sample, table

DEFINITION = "by definition"

ROWS = table(
    Row(name="argwhere", at=([0.0, 2.0, 3.0],), value=np.array([[1], [2]]), source=DEFINITION),
    Row(
        name="tril",
        at=([[1.0, 2.0], [3.0, 4.0]],),
        static={"k": 0},
        value=[[1.0, 0.0], [3.0, 4.0]],
        slopes=([[1.0, 0.0], [1.0, 1.0]],),
        source=DEFINITION,
        samples=(Sample((3, 3), k=-1), Sample((2, 3, 2), k=1)),
    ),
    Row(
        name="triu",
        at=([[1.0, 2.0], [3.0, 4.0]],),
        static={"k": 1},
        value=[[0.0, 2.0], [0.0, 0.0]],
        slopes=([[0.0, 1.0], [0.0, 0.0]],),
        source=DEFINITION,
        samples=(Sample((3, 3), k=-1), Sample((2, 3, 2), k=1)),
    ),
    Row(
        name="diagonal",
        at=([[1.0, 2.0], [3.0, 4.0]],),
        static={"offset": 0},
        value=[1.0, 4.0],
        slopes=([[1.0, 0.0], [0.0, 1.0]],),
        source=DEFINITION,
        samples=(Sample((3, 2), offset=0), Sample((2, 3, 4), offset=2)),
    ),
    Row(
        name="place_diagonal",
        at=([1.0, 2.0],),
        static={"offset": -1, "shape": (3, 3)},
        value=[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0]],
        slopes=([1.0, 1.0],),
        source=DEFINITION,
        samples=(Sample((2,), offset=1, shape=(3, 3)), Sample((4, 2), offset=0, shape=(4, 2, 5))),
    ),
)
