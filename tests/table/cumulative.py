"""Rows of ``ops/cumulative.py``, ``ops/log_domain.py`` and ``ops/along.py``."""

import math

import numpy as np

from table.row import Row, Sample, table

CLOSED = "closed form"
LN2 = math.log(2.0)
ALONG = {"axis": 0, "reverse": False}
BOTH_WAYS = (Sample((2, 3), axis=1, reverse=False), Sample((2, 3, 2), axis=1, reverse=True), Sample((4, 3), axis=0, reverse=True))
AXES = (Sample((2, 3), axis=1), Sample((2, 3, 2), axis=1), Sample((4, 3), axis=0))
BACK, TWICE = np.array([2, 0]), np.array([1, 1])

ROWS = table(
    Row(
        name="recurrence",
        at=([0.0, 2.0], [1.0, 3.0]),
        static=ALONG,
        value=[1.0, 5.0],
        slopes=([0.0, 1.0], [3.0, 1.0]),
        source=CLOSED,
        samples=tuple(Sample(*s.inputs * 2, **s.static) for s in BOTH_WAYS),
    ),
    Row(name="cumsum", at=([1.0, 2.0],), static=ALONG, value=[1.0, 3.0], slopes=([2.0, 1.0],), source=CLOSED, samples=BOTH_WAYS),
    Row(name="cumprod", at=([2.0, 3.0],), static=ALONG, value=[2.0, 6.0], slopes=([4.0, 2.0],), source=CLOSED, samples=BOTH_WAYS),
    Row(
        name="cummax",
        at=([1.0, 3.0, 2.0],),
        static={"axis": 0},
        value=[1.0, 3.0, 3.0],
        slopes=([1.0, 2.0, 0.0],),
        source=CLOSED,
        samples=AXES,
        tied=([2.0, 2.0],),
    ),
    Row(
        name="cummin",
        at=([3.0, 1.0, 2.0],),
        static={"axis": 0},
        value=[3.0, 1.0, 1.0],
        slopes=([1.0, 2.0, 0.0],),
        source=CLOSED,
        samples=AXES,
        tied=([2.0, 2.0],),
    ),
    Row(
        name="argcumextreme",
        at=([True, True, False],),
        static={"axis": 0},
        value=[0, 1, 1],
        source=CLOSED,
    ),
    Row(
        name="regained",
        at=([1.0, 3.0, 3.0, 3.0], [1.0, 3.0, 2.0, 3.0]),
        static={"axis": 0},
        value=[False, False, False, True],
        source=CLOSED,
    ),
    Row(name="logaddexp2", at=(0.0, 0.0), value=1.0, slopes=(0.5, 0.5), curvature=0.25 * LN2, source=CLOSED),
    Row(name="bose", at=(LN2,), value=1.0, slopes=(-2.0,), curvature=6.0, source=CLOSED, tied=(0.0,)),
    Row(name="log1mexp", at=(LN2,), value=-LN2, slopes=(1.0,), curvature=-2.0, source=CLOSED, tied=(0.0,)),
    Row(
        name="logcumsumexp",
        at=([0.0, LN2],),
        static={"axis": 0},
        value=[0.0, math.log(3.0)],
        slopes=([4 / 3, 2 / 3],),
        source=CLOSED,
        samples=AXES,
    ),
    Row(
        name="log_rarity",
        at=([0.0, LN2],),
        static={"axis": 0},
        value=[0.0, math.log(1.5)],  # 2 of 3
        slopes=([1 / 3, -1 / 3],),
        source=CLOSED,
        samples=AXES,
    ),
    Row(
        name="take_along",
        at=([1.0, 2.0, 3.0], BACK),
        static={"axis": 0},
        value=[3.0, 1.0],
        slopes=([1.0, 0.0, 1.0], None),
        source=CLOSED,
        samples=(Sample((3,), np.array([2, 0, 0]), axis=0), Sample((2, 3), np.array([[2], [0]]), axis=1)),
    ),
    Row(
        name="add_along",
        at=([1.0, 2.0], TWICE),
        static={"axis": 0, "shape": (3,)},
        value=[0.0, 3.0, 0.0],
        slopes=([1.0, 1.0], None),
        source=CLOSED,
        samples=(Sample((3,), np.array([2, 0, 0]), axis=0, shape=(4,)), Sample((2, 1), np.array([[2], [0]]), axis=1, shape=(2, 3))),
    ),
)
