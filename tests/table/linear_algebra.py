"""Rows of ``ops/linear_algebra.py``."""

from table.row import Row, Sample, table

CLOSED = "closed form"

ROWS = table(
    Row(
        name="matmul",
        at=([[1.0, 2.0], [3.0, 4.0]], [[5.0], [6.0]]),
        value=[[17.0], [39.0]],
        slopes=([[5.0, 6.0], [5.0, 6.0]], [[4.0], [6.0]]),
        source=CLOSED,
        samples=(
            Sample((2, 3), (3, 4)),
            Sample((3,), (3,)),
            Sample((3,), (3, 2)),
            Sample((2, 3), (3,)),
            Sample((2, 2, 3), (3, 2)),
            Sample((2, 3), (4, 3, 2)),
            Sample((4, 1, 2, 3), (2, 3, 2)),
            Sample((3,), (2, 3, 2)),
            Sample((2, 2, 3), (3,)),
        ),
    ),
)
