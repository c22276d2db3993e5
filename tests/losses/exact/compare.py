"""Floats beside exact numbers."""

import mpmath as mp
import numpy as np

TOLERANCE = {np.float32: 4e-6, np.float64: 1e-12}


def rounded(x, dtype):
    """Return an exact number as a float: too large is infinite."""
    if mp.isnan(x):
        return float("nan")
    biggest = mp.mpf(float(np.finfo(dtype).max))
    return float(x) if abs(x) <= biggest * (1 + mp.mpf(2) ** -25) else float(mp.sign(x)) * float("inf")


def differs(got, low, high, dtype, slack):
    """Return whether a float lies outside an interval of exact numbers by more than rounding; nan is only like nan."""
    low, high = rounded(low, dtype), rounded(high, dtype)
    if np.isnan(low) or np.isnan(got):
        return np.isnan(low) != np.isnan(got)
    low, high = min(low, high), max(low, high)
    if np.isinf(got):
        return not low <= got <= high
    room = 4 * float(np.finfo(dtype).tiny) + 1e-60 + slack
    return not (low - (TOLERANCE[dtype] * abs(low) + room) <= got <= high + (TOLERANCE[dtype] * abs(high) + room))
