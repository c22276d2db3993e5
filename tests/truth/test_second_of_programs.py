"""Hessians of programs over sorts, norms, gathers, cumulative ops and compound conditions, against quotients at 300 digits."""

import warnings

import mpmath
import numpy as np
import pytest

import tinygrad_loss as tl
from quotients import second_derivative

PROGRAMS = [
    (lambda x: np.max(x) * np.sum(np.abs(x)), lambda v: max(v) * sum(abs(a) for a in v)),
    (lambda x: np.ptp(x) ** 2 + np.prod(x), lambda v: (max(v) - min(v)) ** 2 + mpmath.fprod(v)),
    (lambda x: np.sum(np.sort(x) ** 2 * np.arange(1.0, len(x) + 1)), lambda v: sum(a * a * (k + 1) for k, a in enumerate(sorted(v)))),
    (lambda x: np.sum(np.maximum(x, 0) ** 3) + x[0] * np.max(x), lambda v: sum(max(a, 0) ** 3 for a in v) + v[0] * max(v)),
    (lambda x: np.sum(np.where(x > 0, x**3, -(x**2))), lambda v: sum(a**3 if a > 0 else -(a**2) for a in v)),
    (lambda x: np.abs(x[0] - x[1]) * (x[0] - x[1]) * x[-1], lambda v: abs(v[0] - v[1]) * (v[0] - v[1]) * v[-1]),
    (
        lambda x: np.clip(x[0] + 2 * x[1], -1, 1) ** 2 + np.max(x) * np.min(x),
        lambda v: min(max(v[0] + 2 * v[1], -1), 1) ** 2 + max(v) * min(v),
    ),
    (lambda x: x[np.argmax(x)] ** 2 + x[np.argmin(x)] ** 2, lambda v: max(v) ** 2 + min(v) ** 2),
    (lambda x: np.sum(np.abs(x[:, None] - x[None, :]) ** 3), lambda v: sum(abs(a - b) ** 3 for a in v for b in v)),
    (lambda x: np.sum(np.maximum.accumulate(x) ** 2), lambda v: sum(max(v[: k + 1]) ** 2 for k in range(len(v)))),
    (lambda x: np.abs(x[0] * x[1]) * x[0] * x[1], lambda v: abs(v[0] * v[1]) * v[0] * v[1]),
    (lambda x: np.abs(x[0] ** 2 - x[1] ** 2), lambda v: abs(v[0] ** 2 - v[1] ** 2)),
    (lambda x: np.abs(x[0] ** 2 - x[1]) * x[1], lambda v: abs(v[0] ** 2 - v[1]) * v[1]),
    (
        lambda x: np.median(x) ** 2 * x[0],
        lambda v: (sorted(v)[len(v) // 2] if len(v) % 2 else (sorted(v)[len(v) // 2 - 1] + sorted(v)[len(v) // 2]) / 2) ** 2 * v[0],
    ),
    (lambda x: np.where((x[0] > 0) & (x[1] > 0), x[0] * x[1], 0.0), lambda v: v[0] * v[1] if v[0] > 0 and v[1] > 0 else mpmath.mpf(0)),
    (
        lambda x: np.where((x[0] > 0) & (x[1] > 0), (x[0] * x[1]) ** 2, 0.0),
        lambda v: (v[0] * v[1]) ** 2 if v[0] > 0 and v[1] > 0 else mpmath.mpf(0),
    ),
    (
        lambda x: np.maximum(np.abs(x[0]) + np.abs(x[1]), np.maximum(x[0], x[1])) ** 2,
        lambda v: max(abs(v[0]) + abs(v[1]), v[0], v[1]) ** 2,
    ),
    (lambda x: np.exp(-(np.abs(x[0] - 3 * x[1]) ** 3)) * x[1], lambda v: mpmath.exp(-(abs(v[0] - 3 * v[1]) ** 3)) * v[1]),
    (lambda x: np.abs(x[0] - 7 * x[1]) - np.abs(7 * x[1] - x[0]) + x[0] * x[1], lambda v: v[0] * v[1]),
    (lambda x: np.linalg.norm(x[:2]) ** 3, lambda v: mpmath.sqrt(v[0] ** 2 + v[1] ** 2) ** 3),
    (lambda x: np.linalg.norm(x[:2]) * x[0], lambda v: mpmath.sqrt(v[0] ** 2 + v[1] ** 2) * v[0]),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("k", range(len(PROGRAMS)))
def test_the_hessian_is_what_quotients_tend_to(k):
    f, exactly = PROGRAMS[k]
    rng = np.random.default_rng(k)
    n = int(rng.integers(2, 5))
    x = rng.choice([0.0, 0.0, 0.0, 1.0, 1.0, -0.5], n)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        h = tl.hessian(f)(x)
    wanted = [[second_derivative(exactly, x, min(i, j), max(i, j)) for j in range(n)] for i in range(n)]
    np.testing.assert_allclose(np.where(np.isinf(h), np.nan, h), wanted, rtol=1e-8, atol=1e-9)
