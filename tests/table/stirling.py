"""Rows of ``ops/stirling.py``."""

import math

import numpy as np

from table.row import Row, table

CLOSED = "closed form"
EULER = float(np.euler_gamma)

ROWS = table(
    Row(name="gamma_remainder", at=(1.0,), static={"order": 0}, value=1.0, slopes=(-EULER,), curvature=math.pi**2 / 6 - 1.0, source=CLOSED),
    Row(name="log_ratio", at=(2.0, 8.0), value=-2.0 * math.log(2.0), slopes=(0.5, -0.125), source=CLOSED),
    Row(name="gamma_term", at=(2.0, 1.0), value=-1.0, slopes=(EULER - 1.0, 0.0), source="closed form: digamma(2) = 1 - gamma"),
)
