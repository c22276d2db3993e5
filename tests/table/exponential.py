"""Rows of ``ops/exponential.py``."""

import math

from table.row import Row, Sample, table

CLOSED = "closed form"
LN2, LN10 = math.log(2.0), math.log(10.0)
ALONG = (Sample((2, 3), axis=1), Sample((2, 3, 2), axis=-1), Sample((4, 3), axis=0))

ROWS = table(
    Row(name="exp", at=(0.0,), value=1.0, slopes=(1.0,), curvature=1.0, source=CLOSED),
    Row(name="exp2", at=(3.0,), value=8.0, slopes=(8.0 * LN2,), curvature=8.0 * LN2**2, source=CLOSED),
    Row(name="expm1", at=(0.0,), value=0.0, slopes=(1.0,), curvature=1.0, source=CLOSED),
    Row(name="log", at=(2.0,), value=LN2, slopes=(0.5,), curvature=-0.25, source=CLOSED, tied=(0.0,)),
    Row(name="log2", at=(8.0,), value=3.0, slopes=(0.125 / LN2,), curvature=-1.0 / 64.0 / LN2, source=CLOSED, tied=(0.0,)),
    Row(name="log10", at=(100.0,), value=2.0, slopes=(0.01 / LN10,), curvature=-1e-4 / LN10, source=CLOSED, tied=(0.0,)),
    Row(name="log1p", at=(1.0,), value=LN2, slopes=(0.5,), curvature=-0.25, source=CLOSED, tied=(-1.0,)),
    Row(name="tanh", at=(0.0,), value=0.0, slopes=(1.0,), curvature=0.0, source=CLOSED),
    Row(name="sech2", at=(0.0,), value=1.0, slopes=(0.0,), curvature=-2.0, source=CLOSED),
    Row(name="expit", at=(0.0,), value=0.5, slopes=(0.25,), curvature=0.0, source=CLOSED),
    Row(name="expit_slope", at=(0.0,), value=0.25, slopes=(0.0,), curvature=-0.125, source=CLOSED),
    Row(name="softplus", at=(0.0,), value=LN2, slopes=(0.5,), curvature=0.25, source=CLOSED),
    Row(name="log_sigmoid", at=(0.0,), value=-LN2, slopes=(0.5,), curvature=-0.25, source=CLOSED),
    Row(name="log_cosh", at=(0.0,), value=0.0, slopes=(0.0,), curvature=1.0, source=CLOSED),
    Row(name="logit", at=(0.5,), value=0.0, slopes=(4.0,), curvature=0.0, source=CLOSED, tied=(0.0,)),
    Row(name="logaddexp", at=(0.0, 0.0), value=LN2, slopes=(0.5, 0.5), curvature=0.25, source=CLOSED),
    Row(
        name="softmax",
        at=([0.0, LN2],),
        static={"axis": 0},
        value=[1 / 3, 2 / 3],
        slopes=([0.0, 0.0],),  # probabilities sum to 1 whatever the scores
        source=CLOSED,
        samples=ALONG,
    ),
    Row(
        name="logsumexp",
        at=([0.0, LN2],),
        static={"axis": 0},
        value=[math.log(3.0)],
        slopes=([1 / 3, 2 / 3],),
        source=CLOSED,
        samples=(*ALONG, Sample((2, 3, 2), axis=(0, 2))),
    ),
    Row(
        name="log_softmax",
        at=([0.0, LN2],),
        static={"axis": 0},
        value=[-math.log(3.0), math.log(2 / 3)],
        slopes=([1 / 3, -1 / 3],),  # 1 - C p
        source=CLOSED,
        samples=ALONG,
    ),
)
