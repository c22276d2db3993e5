"""Rows of ``ops/regression.py`` and ``ops/ranked.py``."""

import math

import numpy as np

from table.row import Row, Sample, table

CLOSED = "closed form"
LN2 = math.log(2.0)

ROWS = table(
    Row(name="absolute_error", at=(3.0, 1.0), value=2.0, slopes=(1.0, -1.0), curvature=0.0, tied=(1.0, 1.0), source=CLOSED),
    Row(
        name="sum_absolute_error",
        at=([3.0, 0.0], [1.0, 1.0]),
        static={"n": 2},
        value=1.5,
        slopes=([0.5, -0.5], [-0.5, 0.5]),
        tied=([1.0, 0.0], [1.0, 2.0]),
        source=CLOSED,
    ),
    Row(
        name="relative_error",
        at=([3.0, 3.0], [-2.0, np.inf]),
        value=[-2.5, -1.0],
        slopes=([-0.5, 0.0], [-0.75, 0.0]),
        source=CLOSED,
        samples=(Sample((3, 2), lambda rng: rng.uniform(0.5, 2.0, (3, 2)) * rng.choice([-1.0, 1.0], (3, 2))),),
    ),
    Row(name="squared_error", at=(3.0, 1.0), value=4.0, slopes=(4.0, -4.0), curvature=2.0, source=CLOSED),
    Row(
        name="sum_squared_error",
        at=([3.0, 0.0], [1.0, 1.0]),
        static={"n": 2},
        value=2.5,
        slopes=([2.0, -1.0], [-2.0, 1.0]),
        source=CLOSED,
    ),
    Row(name="huber_error", at=(0.5, 0.0), static={"delta": 1.0}, value=0.125, slopes=(0.5, -0.5), curvature=1.0, source=CLOSED),
    Row(
        name="sum_huber_error",
        at=([3.0, 0.5], [0.0, 0.0]),
        static={"n": 1, "delta": 1.0},
        value=2.625,
        slopes=([1.0, 0.5], [-1.0, -0.5]),
        source=CLOSED,
    ),
    Row(name="gaussian_error", at=(3.0, 1.0, 4.0), value=LN2 + 0.5, slopes=(0.5, -0.5, 0.0), curvature=0.25, source=CLOSED),
    Row(
        name="sum_gaussian_error",
        at=([3.0, 0.0], [1.0, 1.0], [4.0, 1.0]),
        static={"n": 2},
        value=(LN2 + 1.0) / 2,
        slopes=([0.25, -0.5], [-0.25, 0.5], [0.0, 0.0]),
        source=CLOSED,
    ),
    Row(name="poisson_error", at=(0.0, 3.0), value=1.0, slopes=(-2.0, 0.0), curvature=1.0, source=CLOSED),
    Row(
        name="sum_poisson_error",
        at=([0.0, 1.0], [3.0, 1.0]),
        static={"n": 2},
        value=math.e / 2,
        slopes=([-1.0, (math.e - 1) / 2], [0.0, -0.5]),
        source=CLOSED,
    ),
    Row(name="poisson_mean_error", at=(1.0, 3.0), static={"eps": 0.0}, value=1.0, slopes=(-2.0, 0.0), curvature=3.0, source=CLOSED),
    Row(
        name="sum_poisson_mean_error",
        at=([1.0, 1.0], [3.0, 1.0]),
        static={"n": 2, "eps": 0.0},
        value=1.0,
        slopes=([-1.0, 0.0], [0.0, 0.0]),
        source=CLOSED,
    ),
    Row(name="gamma_error", at=(2.0, 1.0), value=LN2 - 0.5, slopes=(0.25, -0.5), source=CLOSED),
    Row(name="inverse_gaussian_error", at=(2.0, 1.0), value=0.25, slopes=(0.25, -0.75), curvature=-0.125, source=CLOSED),
    Row(
        name="sum_inverse_gaussian_error",
        at=([2.0, 1.0], [1.0, 1.0]),
        static={"n": 1},
        value=0.25,
        slopes=([0.25, 0.0], [-0.75, 0.0]),
        source=CLOSED,
    ),
    Row(name="poisson_deviance_error", at=(2.0, 1.0), value=1.0 - LN2, slopes=(0.5, -LN2), curvature=0.25, source=CLOSED),
    Row(
        name="sum_poisson_deviance_error",
        at=([2.0, 1.0], [1.0, 1.0]),
        static={"n": 2},
        value=(1.0 - LN2) / 2,
        slopes=([0.25, 0.0], [-LN2 / 2, 0.0]),
        source=CLOSED,
    ),
    Row(name="tweedie_error", at=(4.0, 1.0), static={"power": 1.5}, value=2.0, slopes=(0.75, -2.0), curvature=-0.03125, source=CLOSED),
    Row(
        name="sum_tweedie_error",
        at=([4.0, 1.0], [1.0, 1.0]),
        static={"n": 2, "power": 1.5},
        value=1.0,
        slopes=([0.375, 0.0], [-1.0, 0.0]),
        source=CLOSED,
    ),
    Row(
        name="negative_binomial_error",
        at=(1.0, 3.0),
        static={"k": 1.0},
        value=4 * LN2,
        slopes=(-1.0, LN2),
        curvature=2.0,
        source=CLOSED,
    ),
    Row(
        name="sum_negative_binomial_error",
        at=([1.0, 1.0], [3.0, 1.0]),
        static={"n": 1, "k": 1.0},
        value=6 * LN2,
        slopes=([-1.0, 0.0], [LN2, LN2]),
        source=CLOSED,
    ),
    Row(name="squared_log_error", at=(1.0, 0.0), value=LN2**2, slopes=(LN2, -2 * LN2), curvature=(1 - LN2) / 2, source=CLOSED),
    Row(
        name="sum_squared_log_error",
        at=([1.0, 0.0], [0.0, 0.0]),
        static={"n": 1},
        value=LN2**2,
        slopes=([LN2, 0.0], [-2 * LN2, 0.0]),
        source=CLOSED,
    ),
    Row(
        name="ranked_normal",
        at=(0.0, 1.0),
        value=(math.sqrt(2.0) - 1.0) / math.sqrt(math.pi),
        slopes=(0.0, (math.sqrt(2.0) - 1.0) / math.sqrt(math.pi)),
        source="Gneiting et al., Monthly Weather Review 133, 2005, equation 5",
    ),
    Row(name="ranked_laplace", at=(LN2, 1.0), value=LN2 - 0.25, slopes=(0.5, LN2 / 2 - 0.25), source=CLOSED),
    Row(name="ranked_logistic", at=(0.0, 1.0), value=2 * LN2 - 1.0, slopes=(0.0, 2 * LN2 - 1.0), source=CLOSED),
)
