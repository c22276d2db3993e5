"""Distances between a prediction and a target."""

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.activation import hardtanh_
from tinygrad_loss.ops.pointwise import pointwise
from tinygrad_loss.ops.residual import exp_remainder

__all__ = [
    "absolute_error", "gamma_error", "gaussian_error", "huber_error", "inverse_gaussian_error", "negative_binomial_error",
    "poisson_deviance_error", "poisson_error", "poisson_mean_error", "relative_error",
    "squared_error", "squared_log_error", "tweedie_error",
]  # fmt: skip


def _sloped_absolutes(x: Array, t: Array, by: Array, out: Array, spare: Array) -> Array:
    r = np.subtract(x, t, out=spare)
    total = np.vdot(np.sign(r, out=out), r)
    np.multiply(out, by, out=out)
    return total


absolute_error = pointwise(
    "absolute_error",
    lambda x, t: np.abs(x - t),
    lambda x, t: np.sign(x - t),
    lambda x, t: np.sign(t - x),
    sloped=_sloped_absolutes,
    tie=lambda x, t: x == t,
    doc=r"|x - t|",
)


def _squared(x: Array, t: Array) -> Array:
    r = x - t
    return r * r


def _squares(x: Array, t: Array) -> Array:
    r = x - t
    return np.vdot(r, r)


def _sloped_squares(x: Array, t: Array, by: Array, out: Array, spare: Array) -> Array:
    del spare
    np.subtract(x, t, out=out)
    total = np.vdot(out, out)
    np.multiply(out, by * 2.0, out=out)
    return total


def _pull_squared(x: Array, t: Array, by: Array, out: Array) -> None:
    np.subtract(x, t, out=out)
    np.multiply(out, by * 2.0, out=out)


squared_error = pointwise(
    "squared_error",
    _squared,
    lambda x, t: (x - t) * 2.0,
    lambda x, t: (t - x) * 2.0,
    added=_squares,
    sloped=_sloped_squares,
    pulled=[_pull_squared, lambda x, t, by, out: _pull_squared(t, x, by, out)],
    doc=r"(x - t)^2, without an array of residuals kept",
)


def _huber(x: Array, t: Array, delta: float) -> Array:
    r = x - t
    inner = np.clip(r, -delta, delta)
    return (r - inner * 0.5) * inner


def _hubers(x: Array, t: Array, delta: float) -> Array:
    r = x - t
    inner = np.clip(r, -delta, delta)
    return np.vdot(r, inner) - np.vdot(inner, inner) * 0.5


def _sloped_hubers(x: Array, t: Array, delta: float, by: Array, out: Array, spare: Array) -> Array:
    r = np.subtract(x, t, out=spare)
    r.clip(-delta, delta, out=out)
    total = np.vdot(r, out) - np.vdot(out, out) * 0.5
    np.multiply(out, by, out=out)
    return total


def _pull_huber(x: Array, t: Array, delta: float, by: Array, out: Array) -> None:
    np.subtract(x, t, out=out)
    np.clip(out, -delta, delta, out=out)
    np.multiply(out, by, out=out)


huber_error = pointwise(
    "huber_error",
    _huber,
    lambda x, t, delta: hardtanh_(x - t, low=-delta, high=delta),  # whose own slope at the bounds, unlike clip's, is 0
    lambda x, t, delta: hardtanh_(t - x, low=-delta, high=delta),
    added=_hubers,
    sloped=_sloped_hubers,
    pulled=[_pull_huber, lambda x, t, delta, by, out: _pull_huber(t, x, delta, by, out)],
    static=True,
    doc=r"r^2 / 2 up to |r| = \delta, then \delta (|r| - \delta / 2), with r = x - t",
)


def _sloped_gaussians(x: Array, t: Array, v: Array, by: Array, out: Array, spare: Array) -> Array:
    r = np.subtract(x, t, out=spare)
    total = np.vdot(np.divide(r, v, out=out), r)
    np.multiply(out, by, out=out)
    return (total + np.add.reduce(np.log(v, out=spare), None)) * 0.5


def _over_variance(x: Array, t: Array, v: Array) -> Array:
    return (x - t) / v


gaussian_error = pointwise(
    "gaussian_error",
    lambda x, t, v: (np.log(v) + (x - t) * _over_variance(x, t, v)) * 0.5,
    _over_variance,
    lambda x, t, v: _over_variance(t, x, v),
    lambda x, t, v: (1.0 / v - np.square(_over_variance(x, t, v))) * 0.5,
    sloped=_sloped_gaussians,
    domain=((-3.0, 3.0), (-3.0, 3.0), (0.3, 3.0)),
    doc=r"(\log v + (x - t)^2 / v) / 2, a Gaussian's negative log-likelihood at mean x and variance v",
)


def _poisson(z: Array, t: Array) -> Array:
    rate = np.exp(z)
    return np.where(np.isinf(z), np.where((z > 0) | (t == 0), rate, np.inf), rate - t * z)


poisson_error = pointwise(
    "poisson_error",
    _poisson,
    lambda z, t: np.exp(z) - t,
    lambda z, _t: -z,
    added=lambda z, t: np.add.reduce(np.exp(z), None) - np.vdot(t, z),
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


# ---- deviances at a positive mean -------------------------------------------------------------------------------------------


def _relative(m: Array, y: Array) -> Array:
    """Return (y - m) / m, which is -1 at an infinite mean, unless y is infinite too."""
    return np.where(np.isinf(m) & ~np.isinf(y), -1.0, (y - m) / m)


gamma_error = elementwise(
    "gamma_error",
    lambda m, y: exp_remainder(np.log(y) - np.log(m)),
    lambda _e, m, y: -_relative(m, y) / m,
    lambda _e, m, y: np.where(np.isinf(y), 1.0 / m, _relative(m, y) / y),
    domain=(0.3, 3.0),
    doc=r"y / m - 1 - \log(y / m), half the deviance of a gamma distribution",
)


def _inverse_gaussian(m: Array, y: Array) -> Array:
    r = _relative(m, y)
    return np.where(np.isinf(y), r, r * (r / y))


inverse_gaussian_error = pointwise(
    "inverse_gaussian_error",
    _inverse_gaussian,
    lambda m, y: _relative(m, y) / m / m * -2.0,
    lambda m, y: np.where(np.isinf(y), 1.0 / m, _relative(m, y) / y) * (1.0 / m + 1.0 / y),
    domain=(0.3, 3.0),
    doc=r"(y - m)^2 / (m^2 y), the deviance of an inverse Gaussian distribution",
)


def _poisson_deviance(m: Array, y: Array) -> Array:
    safe = np.where(y == 0, 1.0, y)
    return np.where(y == 0, m, safe * exp_remainder(np.log(m) - np.log(safe)))


poisson_deviance_error = pointwise(
    "poisson_deviance_error",
    _poisson_deviance,
    lambda m, y: -_relative(m, y),
    lambda m, y: np.log(y) - np.log(m),
    domain=(0.3, 3.0),
    doc=r"y \log(y / m) - y + m, half the deviance of a Poisson distribution",
)


def _tweedie(m: Array, y: Array, power: float) -> Array:
    a = 2.0 - power
    ratio = np.log(np.where(y == 0, m, y)) - np.log(m)
    spread = np.where(np.isposinf(ratio), np.inf, (np.expm1(ratio * a) / a - np.expm1(ratio)) / (1.0 - power))
    of_target = np.exp(np.log(y) * a) / (a * (a - 1.0)) if a < 0 else np.inf  # all that an infinite mean leaves
    return np.where(np.isinf(m) & ~np.isinf(y), of_target, np.exp(np.log(m) * a) * np.where(y == 0, 1.0 / a, spread)) * 2.0


def _to_the(m: Array, exponent: float) -> Array:
    return np.exp(np.log(m) * exponent)


tweedie_error = pointwise(
    "tweedie_error",
    _tweedie,
    lambda m, y, power: _to_the(m, 1.0 - power) * _relative(m, y) * -2.0,
    lambda m, y, power: (_to_the(y, 1.0 - power) - _to_the(m, 1.0 - power)) * (2.0 / (1.0 - power)),
    static=True,
    domain=(0.3, 3.0),
    doc=r"2 (y^{2-p} / ((1-p)(2-p)) - y m^{1-p} / (1-p) + m^{2-p} / (2-p)), the deviance of variance m^p",
)
negative_binomial_error = pointwise(
    "negative_binomial_error",
    lambda m, y, k: np.log1p(m / k) * k + np.where(y == 0, 0.0, y * np.log1p(k / m)),
    lambda m, y, k: _relative(m, y) * (-k / (k + m)),
    lambda m, _y, k: np.log1p(k / m),
    static=True,
    domain=(0.3, 3.0),
    doc=r"k \log(1 + m/k) + y \log(1 + k/m), a count's negative log-likelihood at mean m, without the number of ways",
)


# ---- ratios -----------------------------------------------------------------------------------------------------------------


def _squared_log(x: Array, t: Array) -> Array:
    d = np.log1p(x) - np.log1p(t)
    return d * d


def _log_slope(x: Array, t: Array) -> Array:
    return np.where(np.isinf(x), 0.0, (np.log1p(x) - np.log1p(t)) / (x + 1.0) * 2.0)


squared_log_error = pointwise(
    "squared_log_error", _squared_log, _log_slope, lambda x, t: _log_slope(t, x), domain=(0.0, 3.0), doc=r"(\log(1 + x) - \log(1 + t))^2"
)


relative_error = elementwise(
    "relative_error",
    lambda x, t: np.where(np.isinf(t), x / t - 1.0, (x - t) / t),
    lambda _y, _x, t: 1.0 / t,
    lambda _y, x, t: -(x / t) / t,
    doc=r"(x - t) / t",
)
