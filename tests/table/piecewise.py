"""Rows of ``ops/piecewise.py``."""

import numpy as np

from table.row import Row, Sample, table

CLOSED = "closed form"


def _mask(rng):
    return rng.uniform(size=(2, 3)) < 0.5


ROWS = table(
    Row(name="absolute", at=(-2.0,), value=2.0, slopes=(-1.0,), curvature=0.0, source=CLOSED, tied=(0.0,)),
    Row(name="maximum", at=(2.0, 1.0), value=2.0, slopes=(1.0, 0.0), curvature=0.0, source=CLOSED, tied=(1.5, 1.5)),
    Row(name="minimum", at=(2.0, 1.0), value=1.0, slopes=(0.0, 1.0), curvature=0.0, source=CLOSED, tied=(1.5, 1.5)),
    Row(name="fmax", at=(2.0, np.float64("nan")), value=2.0, slopes=(1.0, 0.0), curvature=0.0, source=CLOSED, tied=(1.5, 1.5)),
    Row(name="fmin", at=(2.0, np.float64("nan")), value=2.0, slopes=(1.0, 0.0), curvature=0.0, source=CLOSED, tied=(1.5, 1.5)),
    Row(name="relu", at=(2.0,), value=2.0, slopes=(1.0,), curvature=0.0, source=CLOSED, tied=(0.0,)),
    Row(
        name="relu_at",
        at=(2.0,),
        value=2.0,
        slopes=(1.0,),
        curvature=0.0,
        source=CLOSED,
        tied=(0.0,),
        static={"at_zero": 0.5},
    ),
    Row(name="clip", at=(5.0, -1.0, 1.0), value=1.0, slopes=(0.0, 0.0, 1.0), curvature=0.0, source=CLOSED, tied=(1.0, -1.0, 1.0)),
    Row(
        name="where",
        at=(True, 2.0, 3.0),
        value=2.0,
        slopes=(None, 1.0, 0.0),
        source=CLOSED,
        samples=(Sample(_mask, (2, 3), (2, 3)), Sample(_mask, (3,), (2, 1))),
    ),
    Row(name="sign", at=(-2.0,), value=-1.0, slopes=(0.0,), curvature=0.0, source=CLOSED, tied=(0.0,)),
    Row(name="floor", at=(-1.5,), value=-2.0, slopes=(0.0,), curvature=0.0, source=CLOSED, tied=(2.0,)),
    Row(name="ceil", at=(-1.5,), value=-1.0, slopes=(0.0,), curvature=0.0, source=CLOSED, tied=(2.0,)),
    Row(name="trunc", at=(-1.5,), value=-1.0, slopes=(0.0,), curvature=0.0, source=CLOSED, tied=(2.0,)),
    Row(name="rint", at=(2.6,), value=3.0, slopes=(0.0,), curvature=0.0, source=CLOSED, tied=(2.5,)),
    Row(name="heaviside", at=(-1.0, 0.5), value=0.0, slopes=(0.0, 0.0), curvature=0.0, source=CLOSED, tied=(0.0, 0.5)),
    Row(name="copysign", at=(2.0, -3.0), value=-2.0, slopes=(-1.0, 0.0), curvature=0.0, source=CLOSED, tied=(2.0, 0.0), beside=1),
    Row(name="floor_divide", at=(7.5, 2.0), value=3.0, slopes=(0.0, 0.0), curvature=0.0, source=CLOSED, tied=(4.0, 2.0)),
    Row(name="remainder", at=(-7.5, 2.0), value=0.5, slopes=(1.0, 4.0), curvature=0.0, source=CLOSED, tied=(4.0, 2.0)),
    Row(name="fmod", at=(-7.5, 2.0), value=-1.5, slopes=(1.0, 3.0), curvature=0.0, source=CLOSED, tied=(4.0, 2.0)),
)
