"""Rows of ``ops/root.py`` and ``ops/norm.py``."""

from table.row import Row, Sample, table

CLOSED = "closed form"

ROWS = table(
    Row(name="sqrt", at=(4.0,), value=2.0, slopes=(0.25,), curvature=-1 / 32, source=CLOSED, tied=(0.0,)),
    Row(name="cbrt", at=(8.0,), value=2.0, slopes=(1 / 12,), curvature=-1 / 144, source=CLOSED, tied=(0.0,)),
    Row(name="hypot", at=(3.0, 4.0), value=5.0, slopes=(0.6, 0.8), curvature=16 / 125, source=CLOSED, tied=(0.0, 0.0)),
    Row(name="leg", at=(3.0, 4.0), value=0.6, slopes=(16 / 125, -12 / 125), curvature=-144 / 3125, source=CLOSED, tied=(0.0, 0.0)),
    Row(
        name="norm2",
        at=([3.0, 4.0],),
        static={"axis": (0,)},
        value=5.0,
        slopes=([0.6, 0.8],),
        source=CLOSED,
        samples=(Sample((2, 3), axis=(0,)), Sample((2, 3), axis=(0, 1)), Sample((2, 3, 2), axis=(0, 2))),
        tied=([0.0, 0.0],),
    ),
    Row(
        name="row_product",
        at=([3.0, 4.0], [2.0, 1.0]),
        value=10.0,
        slopes=([2.0, 1.0], [3.0, 4.0]),
        source=CLOSED,
        samples=(Sample((4, 3), (4, 3)), Sample((2, 3, 2), (2, 3, 2))),
    ),
    Row(
        name="guarded_cosine",
        at=([3.0, 4.0], [4.0, 3.0]),
        static={"eps": 0.0},
        value=24 / 25,
        slopes=([28 / 625, -21 / 625], [-21 / 625, 28 / 625]),
        source=CLOSED,
        samples=(Sample((4, 3), (4, 3), eps=0.25), Sample((2, 3, 2), (2, 3, 2), eps=0.1)),
    ),
    Row(
        name="distance2",
        at=([3.0, 5.0], [0.5, 1.5]),
        static={"eps": 0.5},
        value=5.0,
        slopes=([0.6, 0.8], [-0.6, -0.8]),
        source=CLOSED,
        samples=(Sample((4, 3), (4, 3), eps=0.25), Sample((2, 3, 2), (2, 3, 2), eps=0.0)),
        tied=([0.0, 0.0], [0.0, 0.0]),
        tied_static={"eps": 0.0},
    ),
)
