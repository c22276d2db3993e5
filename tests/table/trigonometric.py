"""Rows of ``ops/trigonometric.py``."""

import math

from table.row import Row, table

CLOSED = "closed form"
LN2, PI = math.log(2.0), math.pi

ROWS = table(
    Row(name="sin", at=(0.0,), value=0.0, slopes=(1.0,), curvature=0.0, source=CLOSED),
    Row(name="cos", at=(0.0,), value=1.0, slopes=(0.0,), curvature=-1.0, source=CLOSED),
    Row(name="tan", at=(PI / 4,), value=1.0, slopes=(2.0,), curvature=4.0, source=CLOSED),
    Row(name="arcsin", at=(0.5,), value=PI / 6, slopes=(2 / math.sqrt(3),), curvature=0.5 / 0.75**1.5, source=CLOSED, tied=(1.0,)),
    Row(name="arccos", at=(0.5,), value=PI / 3, slopes=(-2 / math.sqrt(3),), curvature=-0.5 / 0.75**1.5, source=CLOSED, tied=(1.0,)),
    Row(name="arctan", at=(1.0,), value=PI / 4, slopes=(0.5,), curvature=-0.5, source=CLOSED),
    Row(name="arctan2", at=(1.0, 1.0), value=PI / 4, slopes=(0.5, -0.5), curvature=-0.5, source=CLOSED, tied=(0.0, -1.0)),
    Row(name="sinh", at=(LN2,), value=0.75, slopes=(1.25,), curvature=0.75, source=CLOSED),
    Row(name="cosh", at=(LN2,), value=1.25, slopes=(0.75,), curvature=1.25, source=CLOSED),
    Row(name="arcsinh", at=(0.75,), value=LN2, slopes=(0.8,), curvature=-0.384, source=CLOSED),
    Row(name="arccosh", at=(1.25,), value=LN2, slopes=(4 / 3,), curvature=-80 / 27, source=CLOSED, tied=(1.0,)),
    Row(name="arctanh", at=(0.6,), value=LN2, slopes=(1.5625,), curvature=2.9296875, source=CLOSED, tied=(1.0,)),
    Row(name="deg2rad", at=(180.0,), value=PI, slopes=(PI / 180,), curvature=0.0, source=CLOSED),
    Row(name="rad2deg", at=(PI,), value=180.0, slopes=(180 / PI,), curvature=0.0, source=CLOSED),
)
