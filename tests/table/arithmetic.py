"""Rows of ``ops/arithmetic.py``."""

import math

from table.row import Row, Sample, table

CLOSED = "closed form"

ROWS = table(
    Row(name="add", at=(2.0, 3.0), value=5.0, slopes=(1.0, 1.0), curvature=0.0, source=CLOSED),
    Row(name="subtract", at=(2.0, 3.0), value=-1.0, slopes=(1.0, -1.0), curvature=0.0, source=CLOSED),
    Row(name="multiply", at=(2.0, 3.0), value=6.0, slopes=(3.0, 2.0), curvature=0.0, source=CLOSED),
    Row(name="divide", at=(2.0, 4.0), value=0.5, slopes=(0.25, -0.125), curvature=0.0, source=CLOSED, tied=(1.0, 0.0), beside=1),
    Row(name="negative", at=(2.0,), value=-2.0, slopes=(-1.0,), curvature=0.0, source=CLOSED),
    Row(name="positive", at=(2.0,), value=2.0, slopes=(1.0,), curvature=0.0, source=CLOSED),
    Row(name="square", at=(3.0,), value=9.0, slopes=(6.0,), curvature=2.0, source=CLOSED),
    Row(name="reciprocal", at=(2.0,), value=0.5, slopes=(-0.25,), curvature=0.25, source=CLOSED, tied=(0.0,)),
    Row(
        name="integer_power",
        tied=(0.0,),
        tied_static={"exponent": -1},
        at=(2.0,),
        static={"exponent": 3},
        value=8.0,
        slopes=(12.0,),
        curvature=12.0,
        source=CLOSED,
        samples=tuple(
            Sample(lambda rng: rng.uniform(0.4, 2.0, (2, 3)) * rng.choice([-1.0, 1.0], (2, 3)), exponent=n) for n in (0, 1, 2, 3, 7, -1, -2)
        ),
    ),
    Row(
        name="real_power",
        at=(4.0,),
        static={"exponent": 1.5},
        value=8.0,
        slopes=(3.0,),
        curvature=0.375,
        source=CLOSED,
        tied=(0.0,),
        samples=(Sample((2, 3), exponent=1.5), Sample((2, 3), exponent=-0.7)),
    ),
    Row(name="power", at=(2.0, 3.0), value=8.0, slopes=(12.0, 8.0 * math.log(2.0)), curvature=12.0, source=CLOSED, tied=(0.0, 0.5)),
)
