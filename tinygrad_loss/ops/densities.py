"""Logarithms of densities whose terms would cancel, or be infinite against each other, at the ends of their support."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from tinygrad_loss.engine.declare import custom, elementwise, unbroadcast
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.classification import absorbing_product
from tinygrad_loss.ops.residual import algebraic_sigmoid, exp_remainder, log_one_plus_square
from tinygrad_loss.ops.special import absent, betaln_, digamma
from tinygrad_loss.ops.stirling import gamma_remainder_, gamma_term, log_ratio

__all__ = [
    "cumulative_hazard", "gamma_log_density", "log_multichoose", "log_normal_exponent", "mahalanobis_far_out", "power_tail",
    "weibull_error", "weibull_log_density",
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


# ---- vectors ------------------------------------------------------------------------------------------------------------------


def _times(a: Array, x: Array) -> Array:
    """Return products of matrices and vectors in which 0 absorbs an infinity."""
    return np.sum(absorbing_product(a, np.expand_dims(x, -2)), axis=-1)


def _inverse_gram(a: Array) -> Array:
    root = np.linalg.inv(a)
    return np.swapaxes(root, -1, -2) @ root


def _distance(a: Array, x: Array) -> Array:
    z = _times(np.linalg.inv(a), np.where(np.isinf(x), 0.0, x))
    return np.sum(np.where(np.isinf(x), np.abs(x), z * z), axis=-1)


def _pull_factor(g: Array, _y: Array, a: Array, x: Array) -> Array:
    z, pull = _times(np.linalg.inv(a), x), _times(_inverse_gram(a), x)
    outer = absorbing_product(np.expand_dims(pull, -1), np.expand_dims(z, -2))
    return unbroadcast(absorbing_product(np.expand_dims(g, (-1, -2)), outer) * -2.0, a.shape)


def _push_distance(dx: Sequence[Array | None], _y: Array, a: Array, x: Array) -> Array:
    root = np.linalg.inv(a)
    z, pull = _times(root, x), _times(_inverse_gram(a), x)
    da, db = dx
    by_x = 0.0 if db is None else np.sum(absorbing_product(pull, db), axis=-1)
    return (by_x if da is None else by_x - np.sum(absorbing_product(pull, _times(da, z)), axis=-1)) * 2.0


mahalanobis_far_out: Rule = custom(
    "mahalanobis_far_out",
    _distance,
    [
        _pull_factor,
        lambda g, _y, a, x: unbroadcast(absorbing_product(np.expand_dims(g, -1), _times(_inverse_gram(a), x)) * 2.0, x.shape),
    ],
    _push_distance,
    doc=r"|A^{-1} x|^2 of vectors with infinite entries: a slope is infinite, unless no infinite entry pulls at it, or two pull against each other",
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
