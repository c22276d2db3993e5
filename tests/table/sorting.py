"""Rows of ``ops/sorting.py``, ``ops/positions.py``, ``ops/order_statistics.py``, ``ops/interpolation.py`` and ``ops/closeness.py``."""

import numpy as np

from table.row import Row, Sample, table

CLOSED = "closed form"
AXES = (Sample((4,), axis=0), Sample((2, 3), axis=1), Sample((4, 3), axis=0))
KTH = (Sample((4,), kth=(2,), axis=0), Sample((2, 5), kth=(1, 3), axis=1))
FLAT = {"axis": 0, "keepdims": False}
MIDPOINT = {"n": 3, "method": "midpoint"}
LOOSE = {"rtol": 1e-5, "atol": 1e-8, "equal_nan": False}
GRID = [0.0, 1.0, 2.0]

ROWS = table(
    Row(name="argsort", at=([2.0, 1.0],), static={"axis": 0}, value=[1, 0], source=CLOSED, samples=AXES, tied=([2.0, 2.0],)),
    Row(
        name="sort",
        at=([2.0, 1.0],),
        static={"axis": 0},
        value=[1.0, 2.0],
        slopes=([1.0, 1.0],),
        source=CLOSED,
        samples=AXES,
        tied=([2.0, 2.0],),
    ),
    Row(name="argpartition", at=([2.0, 1.0],), static={"kth": (0,), "axis": 0}, value=[1, 0], source=CLOSED, tied=([2.0, 2.0],)),
    Row(
        name="partition",
        at=([2.0, 1.0],),
        static={"kth": (0,), "axis": 0},
        value=[1.0, 2.0],
        slopes=([1.0, 1.0],),
        source=CLOSED,
        samples=KTH,
        tied=([2.0, 2.0],),
    ),
    Row(name="argmax", at=([1.0, 3.0, 2.0],), static=FLAT, value=1, source=CLOSED, tied=([2.0, 2.0],)),
    Row(name="argmin", at=([1.0, 3.0, 2.0],), static=FLAT, value=0, source=CLOSED, tied=([2.0, 2.0],)),
    Row(name="nanargmax", at=([1.0, 3.0, np.nan],), static=FLAT, value=1, source=CLOSED, tied=([2.0, 2.0],)),
    Row(name="nanargmin", at=([np.nan, 3.0, 2.0],), static=FLAT, value=2, source=CLOSED, tied=([2.0, 2.0],)),
    Row(
        name="searchsorted",
        at=([1.0, 2.0, 3.0], 2.5),
        static={"side": "left", "sorter": None},
        value=2,
        source=CLOSED,
        samples=(Sample(np.array(GRID), (2, 3)),),
        tied=([1.0, 2.0, 3.0], 2.0),
        beside=1,
    ),
    Row(
        name="digitize",
        at=(2.5, [1.0, 2.0, 3.0]),
        static={"right": False},
        value=2,
        source=CLOSED,
        samples=(Sample((2, 3), np.array(GRID)),),
        tied=(2.0, [1.0, 2.0, 3.0]),
    ),
    Row(name="segment", at=(1.5, GRID), value=1, source=CLOSED, samples=(Sample((2, 3), np.array(GRID)),), tied=(1.0, GRID)),
    Row(
        name="quantile_step",
        at=(0.6,),
        static=MIDPOINT,
        value=1,
        source=CLOSED,
        samples=(Sample(np.array([0.1, 0.7])),),
        tied=(0.5,),
    ),
    Row(
        name="quantile_part",
        at=(0.6,),
        static=MIDPOINT,
        value=0.5,
        source=CLOSED,
        samples=(Sample(np.array([0.1, 0.7])),),
        tied=(0.5,),
    ),
    Row(name="isclose", at=([1.0, 1.0], [1.0, 2.0]), static=LOOSE, value=[True, False], source=CLOSED),
    Row(name="array_equal", at=([1.0], [1.0]), static={"equal_nan": False}, value=True, source=CLOSED, tied=([1.0], [1.0])),
    Row(name="array_equiv", at=([1.0, 1.0], [1.0]), value=True, source=CLOSED, tied=([1.0, 1.0], [1.0])),
    Row(name="isposinf", at=([np.inf, -np.inf, 1.0],), value=[True, False, False], source=CLOSED),
    Row(name="isneginf", at=([np.inf, -np.inf, 1.0],), value=[False, True, False], source=CLOSED),
    Row(
        name="isin",
        tied=([1.0, 3.0], [1.0, 2.0]),
        at=([1.0, 2.0], [2.0, 3.0]),
        static={"assume_unique": False, "invert": False, "kind": None},
        value=[False, True],
        source=CLOSED,
    ),
    Row(
        name="among_numbers",
        at=([1.0, 2.0, 4.0, np.nan], [0.25, 1.0]),
        static={"plotting": (1.0, 1.0), "part": "fraction"},
        value=[0.5, 0.0],
        source=CLOSED,
        samples=(Sample((2, 4), np.array([0.3, 0.5])),),
    ),
    Row(name="nan_to_num", at=([2.0, np.nan],), static={"nan": 0.0}, value=[2.0, 0.0], slopes=([1.0, 0.0],), source=CLOSED),
)
