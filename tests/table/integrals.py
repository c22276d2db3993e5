"""Rows of ``ops/integrals.py``."""

import math

from table.row import Row, table

CLOSED = "closed form"
HANDBOOK = "Abramowitz and Stegun 1964, Handbook of Mathematical Functions, table 5.1"
E, LN10 = math.e, math.log(10.0)

ROWS = table(
    Row(name="exp1", at=(1.0,), value=0.2193839343955202737, slopes=(-1 / E,), curvature=2 / E, source=HANDBOOK, tied=(0.0,)),
    Row(name="expi", at=(1.0,), value=1.8951178163559367555, slopes=(E,), curvature=0.0, source=HANDBOOK, tied=(0.0,)),
    Row(name="erfi", at=(0.0,), value=0.0, slopes=(2 / math.sqrt(math.pi),), curvature=0.0, source=CLOSED),
    Row(name="cosm1", at=(0.0,), value=0.0, slopes=(0.0,), curvature=-1.0, source=CLOSED),
    Row(name="exp10", at=(2.0,), value=100.0, slopes=(100 * LN10,), curvature=100 * LN10**2, source=CLOSED),
)
