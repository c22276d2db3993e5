"""Rows of ``ops/bregman.py``."""

import math

import numpy as np

from table.row import Row, Sample, table

EULER = float(np.euler_gamma)
HANDBOOK = "Abramowitz and Stegun 1964, Handbook of Mathematical Functions, table 9.8, digits by mpmath 1.3"
I0, I1 = {1: 1.2660658777520083356, 2: 2.2795853023360672674}, {1: 0.56515910399248502721, 2: 1.5906368546373290634}
A = {x: I1[x] / I0[x] for x in I0}
NEAR_AND_FAR = (Sample((2, 3), (2, 3)), Sample(lambda rng: rng.uniform(0.5, 1.0, (2, 3)), lambda rng: rng.uniform(2.0, 4.0, (2, 3))))

ROWS = table(
    Row(
        name="remainder_above_tangent",
        at=(1.0, 1.0),
        value=1.0 - 2.0 * math.log(2.0) + EULER,
        slopes=(2.0 - math.log(2.0) - math.pi**2 / 6, 1.0 - math.log(2.0)),
        source="closed form: digamma(2) = 1 - gamma",
        samples=NEAR_AND_FAR,
    ),
    Row(
        name="log_bessel_above_tangent",
        at=(1.0, 1.0),
        value=math.log(I0[2] / I0[1]) - A[1],
        slopes=(A[2] - A[1] - (1.0 - A[1] ** 2 - A[1]), A[2] - A[1]),
        source=HANDBOOK,
        samples=NEAR_AND_FAR,
    ),
    Row(
        name="direction_spread",
        at=(1.0,),
        value=1.0 - A[1],
        slopes=(A[1] ** 2 + A[1] - 1.0,),
        source=HANDBOOK,
    ),
)
