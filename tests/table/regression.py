"""Rows of ``ops/regression.py``."""

import math

from table.row import Row, table

CLOSED = "closed form"

ROWS = table(
    Row(name="squared_error", at=(3.0, 1.0), value=4.0, slopes=(4.0, -4.0), curvature=2.0, source=CLOSED),
    Row(
        name="sum_squared_error",
        at=([3.0, 0.0], [1.0, 1.0]),
        static={"n": 2},
        value=2.5,
        slopes=([2.0, -1.0], [-2.0, 1.0]),
        source=CLOSED,
    ),
    Row(name="huber_error", at=(0.5, 0.0), static={"delta": 1.0}, value=0.125, slopes=(0.5, -0.5), curvature=1.0, source=CLOSED),
    Row(
        name="sum_huber_error",
        at=([3.0, 0.5], [0.0, 0.0]),
        static={"n": 1, "delta": 1.0},
        value=2.625,
        slopes=([1.0, 0.5], [-1.0, -0.5]),
        source=CLOSED,
    ),
    Row(name="poisson_error", at=(0.0, 3.0), value=1.0, slopes=(-2.0, 0.0), curvature=1.0, source=CLOSED),
    Row(
        name="sum_poisson_error",
        at=([0.0, 1.0], [3.0, 1.0]),
        static={"n": 2},
        value=math.e / 2,
        slopes=([-1.0, (math.e - 1) / 2], [0.0, -0.5]),
        source=CLOSED,
    ),
    Row(name="poisson_mean_error", at=(1.0, 3.0), static={"eps": 0.0}, value=1.0, slopes=(-2.0, 0.0), curvature=3.0, source=CLOSED),
    Row(
        name="sum_poisson_mean_error",
        at=([1.0, 1.0], [3.0, 1.0]),
        static={"n": 2, "eps": 0.0},
        value=1.0,
        slopes=([-1.0, 0.0], [0.0, 0.0]),
        source=CLOSED,
    ),
)
