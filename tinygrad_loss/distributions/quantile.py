"""Quantiles of weighted values: where half of the weight, or any part of it, lies below."""

import numpy as np

__all__ = ["weighted_quantile"]


def weighted_quantile(y: np.ndarray, w: np.ndarray, part: float) -> float:
    r"""Return a minimiser of $\sum_i w_i \rho_{part}(y_i - q)$; the middle where a whole interval minimises it.

    Source: Koenker and Bassett 1978, Econometrica 46(1).

    >>> import numpy as np
    >>> weighted_quantile(np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4), 0.5)
    2.5
    """
    order = np.argsort(y, kind="stable")
    y, below = y[order], np.cumsum(w[order])
    target = part * below[-1]
    rounding = 1e-12 * below[-1]
    lower = int(np.searchsorted(below, target - rounding))
    upper = int(np.searchsorted(below, target + rounding))
    upper = min(upper, len(y) - 1)
    return float(0.5 * (y[lower] + y[upper]))
