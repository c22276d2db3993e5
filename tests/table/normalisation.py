"""Rows of ``ops/normalisation.py`` and ``ops/lookup.py``."""

import numpy as np

from table.row import Row, Sample, table

CLOSED = "closed form"
ALONG = (Sample((2, 3), axis=(1,), eps=1e-5), Sample((4, 3, 2), axis=(0, 2), eps=0.1))
NUMBERS = np.array([2, 0, 2])

ROWS = table(
    Row(
        name="standardise",
        at=([1.0, 3.0],),
        static={"axis": (0,), "eps": 0.0},
        value=[-1.0, 1.0],
        slopes=([0.0, 0.0],),  # neither shifting nor scaling two numbers changes the result
        source=CLOSED,
        samples=ALONG,
    ),
    Row(
        name="inverse_spread",
        at=([1.0, 5.0],),
        static={"axis": (0,), "eps": 0.0},
        value=[0.5],
        slopes=([0.125, -0.125],),  # 2 / |a - b|
        source=CLOSED,
        samples=ALONG,
    ),
    Row(
        name="divide_by_size",
        at=([2.0],),
        static={"axis": (0,), "eps": 0.0},
        value=[1.0],
        slopes=([0.0],),
        source=CLOSED,
        samples=ALONG,
    ),
    Row(
        name="take_rows",
        at=([[1.0], [2.0], [3.0]], NUMBERS),
        value=[[3.0], [1.0], [3.0]],
        slopes=([[1.0], [0.0], [2.0]], None),
        source=CLOSED,
        samples=(Sample((4, 2), np.array([[3, 1], [1, 1]])), Sample((3,), NUMBERS)),
    ),
    Row(
        name="put_rows",
        at=([[1.0], [2.0], [3.0]], NUMBERS),
        static={"rows": 4},
        value=[[2.0], [0.0], [4.0], [0.0]],
        slopes=([[1.0], [1.0], [1.0]], None),
        source=CLOSED,
        samples=(Sample((2, 2, 3), np.array([[3, 1], [1, 1]]), rows=5), Sample((3,), NUMBERS, rows=3)),
    ),
)
