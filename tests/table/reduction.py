"""Rows of ``ops/reduction.py``."""

from table.row import Row, Sample, table

CLOSED = "closed form"
AXES = (Sample((2, 3), axis=(0,)), Sample((2, 3), axis=(0, 1)), Sample((2, 3, 2), axis=(0, 2)), Sample((3,), axis=()))

ROWS = table(
    Row(name="sum", at=([1.0, 2.0],), static={"axis": (0,)}, value=3.0, slopes=([1.0, 1.0],), source=CLOSED, samples=AXES),
    Row(name="mean", at=([1.0, 2.0],), static={"axis": (0,)}, value=1.5, slopes=([0.5, 0.5],), source=CLOSED, samples=AXES),
    Row(name="prod", at=([2.0, 3.0, 4.0],), static={"axis": (0,)}, value=24.0, slopes=([12.0, 8.0, 6.0],), source=CLOSED, samples=AXES),
    Row(
        name="max",
        at=([1.0, 3.0, 2.0],),
        static={"axis": (0,)},
        value=3.0,
        slopes=([0.0, 1.0, 0.0],),
        source=CLOSED,
        samples=AXES,
        tied=([2.0, 2.0],),
    ),
    Row(
        name="min",
        at=([1.0, 3.0, 2.0],),
        static={"axis": (0,)},
        value=1.0,
        slopes=([1.0, 0.0, 0.0],),
        source=CLOSED,
        samples=AXES,
        tied=([2.0, 2.0],),
    ),
)
