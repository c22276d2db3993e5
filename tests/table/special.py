"""Rows of ``ops/special.py``, ``ops/error_function.py``, ``ops/removable.py`` and ``ops/robust.py``."""

import math

from table.row import Row, Sample, table

CLOSED = "closed form"
HANDBOOK = "Abramowitz and Stegun 1964, Handbook of Mathematical Functions, chapter 6"
LN2, PI = math.log(2.0), math.pi
EULER = 0.5772156649015328606  # the Euler-Mascheroni constant
ZETA3 = 1.2020569031595942854  # Apery's constant
TRIGAMMA = PI**2 / 6
TWO_OVER_ROOT_PI = 2 / math.sqrt(PI)
ROOT_TWO_PI = math.sqrt(2 * PI)
ORDERS = (Sample((2, 3), order=0), Sample((2, 3), order=1), Sample((2, 3), order=2))

ROWS = table(
    Row(
        name="polygamma",
        at=(1.0,),
        static={"n": 1},
        value=TRIGAMMA,
        slopes=(-2 * ZETA3,),
        curvature=PI**4 / 15,
        source=HANDBOOK,
        samples=(Sample((2, 3), n=0), Sample((2, 3), n=1), Sample((2, 3), n=3)),
        tied=(0.0,),
    ),
    Row(name="digamma", at=(1.0,), value=-EULER, slopes=(TRIGAMMA,), curvature=-2 * ZETA3, source=HANDBOOK, tied=(0.0,)),
    Row(name="gammaln", at=(3.0,), value=LN2, slopes=(1.5 - EULER,), curvature=TRIGAMMA - 1.25, source=HANDBOOK, tied=(0.0,)),
    Row(
        name="gamma",
        at=(3.0,),
        value=2.0,
        slopes=(3 - 2 * EULER,),
        curvature=2 * ((1.5 - EULER) ** 2 + TRIGAMMA - 1.25),
        source=HANDBOOK,
        tied=(0.0,),
    ),
    Row(name="beta", at=(2.0, 3.0), value=1 / 12, slopes=(-13 / 144, -7 / 144), source=CLOSED, tied=(0.0, 1.0)),
    Row(name="betaln", at=(2.0, 3.0), value=-math.log(12), slopes=(-13 / 12, -7 / 12), source=CLOSED, tied=(0.0, 1.0)),
    Row(
        name="gammainc",
        at=(1.0,),
        static={"a": 0.5},
        value=math.erf(1.0),
        slopes=(math.exp(-1) / math.sqrt(PI),),
        curvature=-1.5 * math.exp(-1) / math.sqrt(PI),
        source=CLOSED,
        tied=(0.0,),
    ),
    Row(
        name="gammaincc",
        at=(1.0,),
        static={"a": 0.5},
        value=math.erfc(1.0),
        slopes=(-math.exp(-1) / math.sqrt(PI),),
        curvature=1.5 * math.exp(-1) / math.sqrt(PI),
        source=CLOSED,
        tied=(0.0,),
    ),
    Row(name="xlogy", at=(2.0, 2.0), value=2 * LN2, slopes=(LN2, 1.0), curvature=0.0, source=CLOSED, tied=(1.0, 0.0), beside=1),
    Row(name="absent", at=([0.0, 0.0, 1.0], [0.0, 2.0, 0.0]), value=[True, False, False], source="by definition", tied=(0.0, 0.0)),
    Row(name="xlog1py", at=(2.0, 1.0), value=2 * LN2, slopes=(LN2, 1.0), curvature=0.0, source=CLOSED, tied=(1.0, -1.0), beside=1),
    Row(name="entr", at=(1.0,), value=0.0, slopes=(-1.0,), curvature=-1.0, source=CLOSED, tied=(0.0,)),
    Row(name="rel_entr", at=(1.0, 2.0), value=-LN2, slopes=(1 - LN2, -0.5), curvature=1.0, source=CLOSED, tied=(0.0, 1.0)),
    Row(name="kl_div", at=(1.0, 2.0), value=1 - LN2, slopes=(-LN2, 0.5), curvature=1.0, source=CLOSED, tied=(0.0, 1.0)),
    Row(name="erf", at=(0.0,), value=0.0, slopes=(TWO_OVER_ROOT_PI,), curvature=0.0, source=CLOSED),
    Row(name="erfc", at=(0.0,), value=1.0, slopes=(-TWO_OVER_ROOT_PI,), curvature=0.0, source=CLOSED),
    Row(name="erfinv", at=(0.0,), value=0.0, slopes=(1 / TWO_OVER_ROOT_PI,), curvature=0.0, source=CLOSED, tied=(1.0,)),
    Row(name="erfcinv", at=(1.0,), value=0.0, slopes=(-1 / TWO_OVER_ROOT_PI,), curvature=0.0, source=CLOSED, tied=(0.0,)),
    Row(
        name="erfcx",
        at=(0.0,),
        static={"order": 0},
        value=1.0,
        slopes=(-TWO_OVER_ROOT_PI,),
        curvature=2.0,
        source=CLOSED,
        samples=ORDERS,
    ),
    Row(
        name="log_ndtr",
        at=(0.0,),
        static={"order": 0},
        value=-LN2,
        slopes=(math.sqrt(2 / PI),),
        curvature=-2 / PI,
        source=CLOSED,
        samples=ORDERS,
    ),
    Row(name="ndtr", at=(0.0,), value=0.5, slopes=(1 / ROOT_TWO_PI,), curvature=0.0, source=CLOSED),
    Row(name="ndtri", at=(0.5,), value=0.0, slopes=(ROOT_TWO_PI,), curvature=0.0, source=CLOSED, tied=(0.0,)),
    Row(
        name="sinc",
        at=(0.5,),
        static={"order": 0},
        value=2 / PI,
        slopes=(-4 / PI,),
        curvature=16 / PI - 2 * PI,
        source=CLOSED,
        samples=ORDERS,
    ),
    Row(name="exprel", at=(0.0,), static={"order": 0}, value=1.0, slopes=(0.5,), curvature=1 / 3, source=CLOSED, samples=ORDERS),
    Row(name="huber", at=(1.0, 2.0), value=1.5, slopes=(1.0, 1.0), curvature=-1.0, source=CLOSED),
    Row(name="pseudo_huber", at=(3.0, 4.0), value=6.0, slopes=(0.8, 2.4), source=CLOSED),
)
