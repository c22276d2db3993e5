"""Logarithms of densities whose terms would cancel, or be infinite against each other, at the ends of their support."""

from typing import Final

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.residual import algebraic_sigmoid, exp_remainder, log_one_plus_square
from tinygrad_loss.ops.special import absent, betaln_, digamma
from tinygrad_loss.ops.stirling import gamma_remainder_, gamma_term, log_ratio

__all__ = [
    "cumulative_hazard", "gamma_log_density", "log_multichoose", "log_normal_exponent", "power_tail", "weibull_error", "weibull_log_density",
]  # fmt: skip

POSITIVE: Final = (0.3, 3.0)

power_tail: Rule = elementwise(
    "power_tail",
    lambda r, s, a: log_one_plus_square(r / s) * a,
    lambda _y, r, s, a: algebraic_sigmoid(r / s) * a / np.hypot(r, s) * 2.0,
    lambda _y, r, s, a: algebraic_sigmoid(r / s) * a / s * algebraic_sigmoid(r / s) * -2.0,
    lambda _y, r, s, _a: log_one_plus_square(r / s),
    domain=((-3.0, 3.0), POSITIVE, POSITIVE),
    doc=r"a \log(1 + (r / s)^2) with s > 0, whose slope in s is -2 a / s where r is infinite",
)
gamma_log_density: Rule = elementwise(
    "gamma_log_density",
    lambda y, a, b: gamma_term(a, b * y) + np.log(b),
    lambda _z, y, a, b: np.where(absent(a - 1.0, y), 0.0, (a - 1.0) / y) - b,
    lambda _z, y, a, b: log_ratio(b * y, a) - gamma_remainder_(a, order=1),
    lambda _z, y, a, b: a / b - y,
    domain=POSITIVE,
    doc=r"a \log b + (a - 1) \log y - b y - \log \Gamma(a)",
)


def _power(ratio: Array, exponent: Array) -> Array:
    """Return e^(exponent * ratio), which is 1 for an exponent of 0 whatever the ratio."""
    return np.exp(np.where(exponent == 0, 0.0, exponent * ratio))


def _weibull(y: Array, s: Array, k: Array) -> Array:
    ratio = np.log(y) - np.log(s)
    return np.where(np.isinf(y), -np.inf, np.log(k / s) + (k - 1.0) * ratio - np.exp(k * ratio))


weibull_log_density: Rule = elementwise(
    "weibull_log_density",
    _weibull,
    lambda _z, y, s, k: (k - 1.0) / y - _power(np.log(y) - np.log(s), k - 1.0) * k / s,
    lambda _z, y, s, k: np.expm1(k * (np.log(y) - np.log(s))) * k / s,
    lambda _z, y, s, k: 1.0 / k - (np.log(y) - np.log(s)) * np.expm1(k * (np.log(y) - np.log(s))),
    domain=POSITIVE,
    doc=r"\log(k / s) + (k - 1) \log(y / s) - (y / s)^k",
)


def _standardised(y: Array, m: Array, s: Array) -> Array:
    return (np.log(y) - m) / s


log_normal_exponent: Rule = elementwise(
    "log_normal_exponent",
    lambda y, m, s: np.square(_standardised(y, m, s)) * 0.5,
    lambda _z, y, m, s: np.where(np.isinf(y), 0.0, _standardised(y, m, s) / s / y),
    lambda _z, y, m, s: -_standardised(y, m, s) / s,
    lambda _z, y, m, s: np.square(_standardised(y, m, s)) / -s,
    domain=POSITIVE,
    doc=r"(\log y - m)^2 / (2 s^2), whose slope in y is 0 where y is infinite",
)
log_multichoose: Rule = elementwise(
    "log_multichoose",
    lambda r, y: np.where((y == 0) | (r == 1) | np.isinf(y), 0.0, -betaln_(r, y + 1.0) - np.log(r + y)),
    lambda _z, r, y: digamma(r + y) - digamma(r),
    lambda _z, r, y: np.where(np.isinf(y), 0.0, digamma(r + y) - digamma(y + 1.0)),
    domain=POSITIVE,
    doc=r"\log \Gamma(y + r) - \log \Gamma(r) - \log y!, and 0 at an infinite y, where it is nothing beside a multiple of y",
)


# ---- negative log-likelihoods, as functions of what is predicted and of what was observed -------------------------------------


def _hazard(z: Array, y: Array, k: float) -> Array:
    """Return the slope of the cumulative hazard in y."""
    return np.exp((np.log(y) * (k - 1.0) if k != 1.0 else 0.0) - z * k) * k


cumulative_hazard: Rule = elementwise(
    "cumulative_hazard",
    lambda z, y, k: np.exp((np.log(y) - z) * k),
    lambda h, _z, _y, k: h * -k,
    lambda _h, z, y, k: _hazard(z, y, k),
    static=True,
    domain=POSITIVE,
    doc=r"(y e^{-z})^k, minus the logarithm of a Weibull time's survival at log-scale z",
)
weibull_error: Rule = elementwise(
    "weibull_error",
    lambda z, y, k: exp_remainder((np.log(y) - z) * k) + np.log(y),
    lambda _e, z, y, k: np.expm1((np.log(y) - z) * k) * -k,
    lambda _e, z, y, k: _hazard(z, y, k) - (k - 1.0) / y,
    static=True,
    domain=POSITIVE,
    doc=r"(y e^{-z})^k + k z - (k - 1) \log y - 1, a Weibull time's negative log-likelihood at log-scale z",
)
