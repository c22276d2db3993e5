"""Rows of ``ops/alignment.py``."""

import math

import numpy as np

from table.row import Row, Sample, table

BY_HAND = "closed form: with 2 frames and the single label 1 there are the paths (1,1), (0,1), (1,0)"
LOG_HALF = math.log(0.5)
EVEN = [[[LOG_HALF, LOG_HALF]], [[LOG_HALF, LOG_HALF]]]
LABEL, TWO, ONE = np.array([[1]]), np.array([2]), np.array([1])
OPTIONS = {"blank": 0, "zero_infinity": False}
LABELS, FRAMES, LENGTHS = np.array([[1, 2, 2], [2, 1, 0], [0, 0, 0]]), np.array([6, 5, 4]), np.array([3, 2, 0])
THIRD = 1 / 3
SEVERAL = (Sample((6, 3, 3), LABELS, FRAMES, LENGTHS),)

ROWS = table(
    Row(
        name="ctc",
        at=(EVEN, LABEL, TWO, ONE),
        static=OPTIONS,
        value=[-math.log(0.75)],
        slopes=([[[-THIRD, -2 * THIRD]], [[-THIRD, -2 * THIRD]]], None, None, None),
        source=BY_HAND,
        samples=SEVERAL,
    ),
    Row(
        name="ctc_occupancy",
        at=(EVEN, LABEL, TWO, ONE),
        static=OPTIONS,
        value=[[[THIRD, 2 * THIRD]], [[THIRD, 2 * THIRD]]],
        slopes=(np.zeros((2, 1, 2)), None, None, None),
        source=BY_HAND,
        samples=(*SEVERAL, Sample((6, 3, 3), LABELS, FRAMES, LENGTHS, (6, 3, 3))),
    ),
)
