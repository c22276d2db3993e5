"""Rows of ``ops/densities.py``."""

import math

import numpy as np

from table.row import Row, Sample, table

CLOSED = "closed form"
EULER = float(np.euler_gamma)
LN2 = math.log(2.0)

ROWS = table(
    Row(
        name="power_tail",
        at=(3.0, 4.0, 2.0),
        value=2.0 * math.log(25 / 16),
        slopes=(0.48, -0.36, math.log(25 / 16)),
        source=CLOSED,
    ),
    Row(
        name="gamma_log_density",
        at=(0.5, 2.0, 2.0),
        value=LN2 - 1.0,
        slopes=(0.0, EULER - 1.0, 0.5),
        source="closed form: digamma(2) = 1 - gamma",
    ),
    Row(
        name="weibull_log_density",
        at=(2.0, 1.0, 2.0),
        value=2.0 * LN2 - 4.0,
        slopes=(0.5 - 4.0, 6.0, 0.5 - 3.0 * LN2),
        source=CLOSED,
    ),
    Row(name="log_normal_exponent", at=(1.0, -2.0, 2.0), value=0.5, slopes=(0.5, -0.5, -0.5), source=CLOSED),
    Row(name="log_multichoose", at=(2.0, 3.0), value=2.0 * LN2, slopes=(13 / 12, 1 / 4), source="closed form: 4 ways; digamma differences"),
    Row(
        name="mahalanobis_far_out",
        at=([[2.0, 0.0], [0.0, 0.5]], [4.0, 1.0]),
        value=8.0,
        slopes=([[-4.0, -4.0], [-16.0, -16.0]], [2.0, 8.0]),
        source=CLOSED,
        least=np.float32,
        samples=(
            Sample(lambda rng: rng.normal(size=(2, 2)) + 4 * np.eye(2), (2,)),
            Sample(lambda rng: rng.normal(size=(3, 2, 2)) + 4 * np.eye(2), (3, 2)),
        ),
    ),
    Row(
        name="cumulative_hazard",
        at=(0.0, 3.0),
        static={"k": 2.0},
        value=9.0,
        slopes=(-18.0, 6.0),
        curvature=36.0,
        source=CLOSED,
    ),
    Row(
        name="weibull_error",
        at=(0.0, 2.0),
        static={"k": 2.0},
        value=3.0 - LN2,
        slopes=(-6.0, 3.5),
        curvature=16.0,
        source=CLOSED,
    ),
)
