"""Rows of ``ops/exponential_integral.py``, ``ops/incomplete_beta.py`` and ``ops/incomplete_gamma.py``."""

import math

import numpy as np

from table.row import Row, Sample, table

CLOSED = "closed form"
E1 = 0.5963473623231940743
TWO, ONE = np.float64(2.0), np.float64(1.0)

ROWS = table(
    Row(
        name="scaled_exp1",
        at=(1.0,),
        value=E1,
        slopes=(E1 - 1.0,),
        curvature=E1,
        source="Abramowitz and Stegun, table 5.1: e E_1(1); digits from mpmath 1.3",
        tied=(0.0,),
    ),
    Row(
        name="betainc",
        at=(0.5,),
        static={"a": TWO, "b": ONE},
        value=0.25,
        slopes=(1.0,),
        curvature=2.0,
        source="closed form: x^2",
        samples=(Sample((2, 3), a=TWO, b=ONE), Sample((4,), a=np.float64(1.5), b=np.float64(2.5))),
        tied=(0.0,),
    ),
    Row(
        name="stdtr",
        at=(1.0,),
        static={"df": ONE},
        value=0.75,
        slopes=(0.5 / math.pi,),
        curvature=-0.5 / math.pi,
        source="closed form: Cauchy",
    ),
    Row(
        name="gamma_cdf",
        at=(1.0, 1.0),
        value=-math.expm1(-1.0),
        slopes=(-1.17356302722472494759 / math.e, math.exp(-1.0)),
        source="closed form in x; in a, the integral of (log t - psi(a)) p(t) by mpmath 1.3",
        tied=(1.0, 0.0),
        beside=1,
    ),
    Row(name="gamma_reach", at=(1.0, 0.0), value=-41.0, source="closed form: v - 1 + e^-v = 40"),
    Row(
        name="log_gammaincinv",
        at=(1.0, -math.expm1(-1.0)),
        value=0.0,
        slopes=(1.17356302722472494759, math.e),
        source="closed form in u; in a, -(1/(x p)) dP/da by mpmath 1.3",
    ),
)
