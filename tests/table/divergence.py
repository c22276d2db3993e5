"""Rows of ``ops/divergence.py``."""

import math

from table.row import Row, table

CLOSED = "closed form"
LN2 = math.log(2.0)

ROWS = table(
    Row(name="relative_entropy_error", at=(-LN2, 1.0), value=LN2, slopes=(-1.0, 1.0 + LN2), curvature=0.0, source=CLOSED),
    Row(
        name="sum_relative_entropy_error",
        at=([-LN2, -LN2], [1.0, 0.5]),
        static={"n": 1},
        value=LN2,
        slopes=([-1.0, -0.5], [1.0 + LN2, 1.0]),
        source=CLOSED,
    ),
    Row(name="log_relative_entropy", at=(-LN2, 0.0), value=LN2, slopes=(-1.0, 1.0 + LN2), curvature=0.0, source=CLOSED),
    Row(
        name="sum_log_relative_entropy",
        at=([-LN2, -LN2], [0.0, -LN2]),
        static={"n": 1},
        value=LN2,
        slopes=([-1.0, -0.5], [1.0 + LN2, 0.5]),
        source=CLOSED,
    ),
    Row(name="affinity", at=(1.0, 0.5, 0.0), static={"alpha": 2.0}, value=0.25, slopes=(-0.25, 1.0, -0.25), curvature=0.5, source=CLOSED),
    Row(name="tilted", at=(1.0, 0.5), static={"alpha": 2.0}, value=-0.25, slopes=(-0.25, 0.0), curvature=0.5, source=CLOSED),
    Row(name="relative_entropy", at=(1.0, 0.5), value=LN2, slopes=(1.0 + LN2, -2.0), curvature=1.0, source=CLOSED),
)
