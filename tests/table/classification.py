"""Rows of ``ops/classification.py``."""

import math

import numpy as np

from table.row import Row, Sample, table

CLOSED = "closed form"
LN2, LN3, LN4 = math.log(2.0), math.log(3.0), math.log(4.0)


def classes(*shape: int):
    """Return a function that draws class indices below 3."""
    return lambda rng: rng.integers(0, 3, shape)


SCORES = [[LN2, 0.0, 0.0], [0.0, 0.0, LN2]]  # softmax: (1/2, 1/4, 1/4), (1/4, 1/4, 1/2)
INDEX = np.array([0, 1])

ROWS = table(
    Row(name="logistic_slope", at=(LN3, 1.0), value=-0.25, slopes=(3 / 16, -1.0), curvature=3 / 16 * (1 - 2 * 0.75), source=CLOSED),
    Row(name="logistic_error", at=(LN3, 1.0), value=LN4 - LN3, slopes=(-0.25, -LN3), curvature=3 / 16, source=CLOSED),
    Row(
        name="sum_logistic_error",
        at=([LN3, 0.0], [1.0, 0.0]),
        static={"n": 2},
        value=(LN4 - LN3 + LN2) / 2,
        slopes=([-0.125, 0.25], [-LN3 / 2, 0.0]),
        source=CLOSED,
    ),
    Row(name="probability_error", at=(0.75, 1.0), value=LN4 - LN3, slopes=(-4 / 3, -LN3), curvature=16 / 9, source=CLOSED),
    Row(
        name="sum_probability_error",
        at=([0.75, 0.5], [1.0, 0.0]),
        static={"n": 2},
        value=(LN4 - LN3 + LN2) / 2,
        slopes=([-2 / 3, 1.0], [-LN3 / 2, 0.0]),
        source=CLOSED,
    ),
    Row(
        name="margin_slope",
        at=(LN3, 1.0),
        value=-0.25,
        slopes=(3 / 16, 3 / 16 * LN3 - 0.25),
        curvature=3 / 16 * (1 - 2 * 0.75),
        source=CLOSED,
    ),
    Row(name="margin_error", at=(LN3, 1.0), value=LN4 - LN3, slopes=(-0.25, -LN3 / 4), curvature=3 / 16, source=CLOSED),
    Row(
        name="sum_margin_error",
        at=([LN3, 0.0], [1.0, -1.0]),
        static={"n": 2},
        value=(LN4 - LN3 + LN2) / 2,
        slopes=([-0.125, 0.25], [-LN3 / 8, 0.0]),
        source=CLOSED,
    ),
    Row(
        name="ranking_error",
        at=(1.0, 3.0, 1.0),
        static={"margin": 0.5},
        value=2.5,
        slopes=(-1.0, 1.0, 2.0),
        curvature=0.0,
        tied=(1.0, 0.5, 1.0),
        source=CLOSED,
    ),
    Row(
        name="sum_ranking_error",
        at=([1.0, 3.0], [3.0, 1.0], [1.0, 1.0]),
        static={"margin": 0.5, "n": 2},
        value=1.25,
        slopes=([-0.5, 0.0], [0.5, 0.0], [1.0, 0.0]),
        tied=([1.0, 3.0], [0.5, 1.0], [1.0, 1.0]),
        source=CLOSED,
    ),
    Row(name="absorbing_product", at=([0.0, 2.0], [math.inf, 3.0]), value=[0.0, 6.0], slopes=([math.inf, 3.0], [0.0, 2.0]), source=CLOSED),
    Row(
        name="absorbing_matmul",
        at=([[0.0, 2.0], [1.0, 0.5]], [[np.inf, 3.0], [1.0, 4.0]]),
        value=[[2.0, 8.0], [np.inf, 5.0]],
        slopes=([[np.inf, 5.0], [np.inf, 5.0]], [[1.0, 1.0], [2.5, 2.5]]),
        source=CLOSED,
        samples=(Sample((3, 4), (4, 2)),),
    ),
    Row(
        name="pick_class",
        at=([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], INDEX),
        static={"axis": 1},
        value=[1.0, 5.0],
        slopes=([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], None),
        source=CLOSED,
        samples=(Sample((4, 3), classes(4)), Sample((2, 3, 2), classes(2, 2))),
    ),
    Row(
        name="picked_sum",
        at=([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], INDEX),
        static={"axis": 1, "by": -0.5},
        value=-3.0,
        slopes=([[-0.5, 0.0, 0.0], [0.0, -0.5, 0.0]], None),
        source=CLOSED,
        samples=(Sample((4, 3), classes(4)), Sample((2, 3, 2), classes(2, 2))),
    ),
    Row(
        name="place_class",
        at=([1.0, 5.0], INDEX),
        static={"axis": 1, "classes": 3},
        value=[[1.0, 0.0, 0.0], [0.0, 5.0, 0.0]],
        slopes=([1.0, 1.0], None),
        source=CLOSED,
        samples=(Sample((4,), classes(4)), Sample((2, 2), classes(2, 2))),
    ),
    Row(
        name="place_number",
        at=(3.0, INDEX),
        static={"axis": 1, "by": -0.5, "classes": 3},
        value=[[-1.5, 0.0, 0.0], [0.0, -1.5, 0.0]],
        slopes=(-1.0, None),
        source=CLOSED,
        samples=(Sample((), classes(4)), Sample((), classes(2, 2))),
    ),
    Row(
        name="rival_hinge",
        at=([[1.0, 0.5, -2.0], [0.0, 2.0, 2.5]], np.array([[0, -1], [1, 0]])),
        static={"p": 1, "margin": 1.0, "n": 2, "every": False},
        value=(0.5 + 1.5 + 3.5) / 2,
        slopes=([[-0.5, 0.5, 0.0], [-0.5, -0.5, 1.0]], None),
        source=CLOSED,
        tied=([[-1.0, 0.0, -3.0]], np.array([[1]])),
        tied_static={"p": 1, "margin": 1.0, "n": 1, "every": True},
        samples=(
            Sample((4, 3), lambda rng: rng.integers(0, 3, (4, 1)), p=1, margin=1.0, n=4, every=True),
            Sample((4, 3), lambda rng: -np.sort(-rng.integers(-1, 3, (4, 2))), p=2, margin=0.5, n=1, every=False),
        ),
    ),
    Row(
        name="class_cross_entropy",
        at=(SCORES, INDEX),
        static={"axis": 1, "n": None},
        value=[LN2, LN4],
        slopes=([[-0.5, 0.25, 0.25], [0.25, -0.75, 0.5]], None),
        source=CLOSED,
        samples=(
            Sample((4, 3), classes(4)),
            Sample((4, 3), classes(4), axis=1, n=4),
            Sample((2, 3, 2), classes(2, 2)),
            Sample((2, 3, 2), classes(2, 2), axis=1, n=1),
        ),
    ),
    Row(
        name="class_cross_entropy_slope",
        at=([1.0, 2.0], SCORES, INDEX),
        static={"axis": 1, "n": None},
        value=[[-0.5, 0.25, 0.25], [0.5, -1.5, 1.0]],
        slopes=([0.0, 0.0], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], None),
        source=CLOSED,
        samples=(
            Sample((4,), (4, 3), classes(4)),
            Sample((), (4, 3), classes(4), axis=1, n=4),
            Sample((2, 2), (2, 3, 2), classes(2, 2)),
        ),
    ),
    Row(
        name="focal_cost",
        at=(LN2,),
        static={"gamma": 2.0},
        value=LN2 / 4,
        slopes=(0.25 + LN2 / 2,),
        curvature=1.0,
        source=CLOSED,
    ),
)
