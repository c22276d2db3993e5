"""Second derivatives by their definition: mixed second difference quotients at 300 digits, steps of all signs and of many ratios."""

import itertools
import math

import mpmath
import numpy as np

from programs import DIGITS, exactly

RATIOS = [math.tan(a) for a in np.linspace(0.021, math.pi / 2 - 0.021, 23)] + [1.0, 2.0, 0.5, 3.0, 1 / 3]
"""Ratios of comparable steps: generic ones, and those at which small programs turn."""
UNEVEN = [(10.0**-30, 10.0**-50), (10.0**-50, 10.0**-30), (10.0**-30, 3 * 10.0**-60), (2 * 10.0**-60, 10.0**-30)]
"""Steps of which one is far smaller, down to the square of the other and beyond."""


def second_derivative(f, x, i, j):
    """Return the limit of mixed quotients of ``f`` along e_i and e_j as mpmath sees it; nan where quotients disagree."""
    with mpmath.workdps(DIGITS):
        steps = [(mpmath.mpf(10) ** -30, r * mpmath.mpf(10) ** -30) for r in RATIOS] + [tuple(map(mpmath.mpf, u)) for u in UNEVEN]
        here = f([mpmath.mpf(v) for v in x])
        found = []
        for (a, b), (p, q) in itertools.product(steps, itertools.product((1, -1), repeat=2)):
            s, t = p * a, q * b
            if i == j and p != q and abs(a - b) < a * mpmath.mpf(10) ** -20:
                t *= mpmath.mpf(1.25)  # s + t must not be 0, where nothing is asked
            corners = [[mpmath.mpf(v) + (s * m if k == i else 0) + (t * n if k == j else 0) for k, v in enumerate(x)] for m, n in STEPS]
            both, first, second = (f(c) for c in corners)
            found.append((both - first - second + here) / (s * t))
        low, high = min(found), max(found)
        return float((low + high) / 2) if high - low <= mpmath.mpf(10) ** -12 * (1 + abs(high)) else math.nan


STEPS = ((1, 1), (1, 0), (0, 1))


def hessian_of(tree, x):
    """Return the matrix of a random program."""
    n = len(x)
    h = np.zeros((n, n))
    for i in range(n):
        for j in range(i, n):
            h[i, j] = h[j, i] = second_derivative(lambda v: exactly(tree, v), x, i, j)
    return h
