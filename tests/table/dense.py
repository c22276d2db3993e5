"""Rows of ``ops/dense.py``."""

from table.row import Row, Sample, table

ROWS = table(
    Row(
        name="linear",
        at=([[2.0, 3.0]], [[1.0, -1.0], [4.0, 0.5]], [0.5, 0.0]),
        value=[[-0.5, 9.5]],
        slopes=([[5.0, -0.5]], [[2.0, 3.0], [2.0, 3.0]], [1.0, 1.0]),
        source="closed form",
        samples=(Sample((4, 3), (2, 3), (2,)), Sample((2, 4, 3), (5, 3)), Sample((2, 2, 2, 3), (1, 3), (1,))),
    ),
)
