"""Smooth distances between a prediction and a target."""

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.pointwise import pointwise

__all__ = ["huber_error", "poisson_error", "poisson_mean_error", "squared_error"]


def _squared(x: Array, t: Array) -> Array:
    r = x - t
    return r * r


squared_error = pointwise(
    "squared_error", _squared, lambda x, t: (x - t) * 2.0, lambda x, t: (t - x) * 2.0, doc=r"(x - t)^2, without an array of residuals kept"
)


def _huber(x: Array, t: Array, delta: float) -> Array:
    r = np.abs(x - t)
    inner = np.minimum(r, delta)
    return inner * (r - inner * 0.5)


huber_error = pointwise(
    "huber_error",
    _huber,
    lambda x, t, delta: np.clip(x - t, -delta, delta),
    lambda x, t, delta: np.clip(t - x, -delta, delta),
    static=True,
    doc=r"r^2 / 2 up to |r| = \delta, then \delta (|r| - \delta / 2), with r = x - t",
)


def _poisson(z: Array, t: Array) -> Array:
    rate = np.exp(z)
    return np.where(np.isinf(z), np.where((z > 0) | (t == 0), rate, np.inf), rate - t * z)


poisson_error = pointwise(
    "poisson_error",
    _poisson,
    lambda z, t: np.exp(z) - t,
    lambda z, _t: -z,
    doc=r"e^z - t z, a count's negative log-likelihood at log-rate z",
)
poisson_mean_error = pointwise(
    "poisson_mean_error",
    lambda m, t, eps: m - np.where(t == 0, 0.0, t * np.log(m + eps)),
    lambda m, t, eps: 1.0 - t / (m + eps),
    lambda m, _t, eps: -np.log(m + eps),
    static=True,
    domain=((0.3, 3.0), (0.0, 3.0)),
    doc=r"m - t \log(m + \epsilon), a count's negative log-likelihood at rate m",
)
