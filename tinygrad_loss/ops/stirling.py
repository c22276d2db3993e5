"""Log-gammas of large arguments inside densities, where their leading terms cancel: Stirling's formula leaves them out beforehand."""

import math
from typing import Final

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.residual import exp_remainder
from tinygrad_loss.ops.special import absent, digamma, gammaln, polygamma

__all__ = ["FAR", "digamma_half_step", "gamma_remainder", "gamma_spread", "gamma_term", "half_step", "log_ratio"]

FAR: Final = 25.0
"""From here on the asymptotic series is exact; up to here nothing cancels that matters."""
BERNOULLI: Final = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
HALF_LOG_TWO_PI: Final = 0.5 * math.log(2.0 * math.pi)
POSITIVE: Final = (0.3, 40.0)


def _near(x: Array, order: int) -> Array:
    if order == 0:
        return gammaln(x) - x * np.log(x) + x
    if order == 1:
        return digamma(x) - np.log(x)
    return polygamma(order - 1, x) - (-1.0) ** order * math.factorial(order - 2) * x ** (1 - order)


def _series(x: Array, order: int) -> Array:
    r"""Return the derivative of $\tfrac12 \log 2\pi - \tfrac12 \log x + \sum_j \frac{B_{2j}}{2j (2j - 1)} x^{1 - 2j}$."""
    first = HALF_LOG_TWO_PI - np.log(x) * 0.5
    total = first if order == 0 else (-1.0) ** order * math.factorial(order - 1) * 0.5 * x**-order
    for j in range(len(BERNOULLI), 0, -1):
        power = 2 * j - 1
        rising = math.prod(range(power, power + order))
        total = total + (-1.0) ** order * rising * BERNOULLI[j - 1] / (2 * j * power) * x ** -(power + order)
    return total


def _remainder(x: Array, order: int) -> Array:
    far = x > FAR
    return np.where(far, _series(np.where(far, x, FAR), order), _near(np.where(far, 1.0, x), order))


gamma_remainder_: Rule = elementwise(
    "gamma_remainder",
    _remainder,
    lambda _y, x, order: gamma_remainder_(x, order=order + 1),
    static=True,
    domain=POSITIVE,
    doc=r"\frac{d^n}{dx^n} (\log \Gamma(x) - x \log x + x)",
)


def gamma_remainder(x: Array) -> Array:
    r"""Return $\log \Gamma(x) - x \log x + x$, which grows no faster than a logarithm."""
    return gamma_remainder_(x, order=0)


def gamma_spread(x: Array, m: float) -> Array:
    r"""Return $\log \Gamma(x) - (x - m) \psi(x) + x$, a term of an entropy, which grows no faster than a logarithm."""
    return gamma_remainder(x) + m * np.log(x) - (x - m) * gamma_remainder_(x, order=1)


def digamma_half_step(x: Array) -> Array:
    r"""Return $\psi(x + \tfrac12) - \psi(x)$ without cancellation at large x."""
    return gamma_remainder_(x + 0.5, order=1) - gamma_remainder_(x, order=1) + np.log1p(0.5 / x)


def half_step(x: Array) -> Array:
    r"""Return $\log \Gamma(x + \tfrac12) - \log \Gamma(x)$ for x above `FAR`, where the two nearly cancel."""
    return gamma_remainder(x + 0.5) - gamma_remainder(x) + np.log(x) * 0.5 + np.log1p(0.5 / x) * (x + 0.5) - 0.5


def _log_ratio(x: Array, y: Array) -> Array:
    u = (x - y) / y
    close = np.abs(u) < 0.5
    return np.where(close, np.log1p(np.where(close, u, 0.0)), np.log(x) - np.log(y))


log_ratio: Rule = elementwise(
    "log_ratio",
    _log_ratio,
    lambda _y, x, _z: 1.0 / x,
    lambda _y, _x, z: -1.0 / z,
    domain=POSITIVE,
    doc=r"\log(x / y), with all digits where the two are near each other",
)


def _gamma_term(a: Array, m: Array) -> Array:
    far = (a > FAR) & (m > 0)
    large, middle = np.where(far, a, FAR), np.where(far, m, FAR)
    stable = -large * exp_remainder(log_ratio(middle, large)) - gamma_remainder(large) - np.log(middle)
    small = np.where(far, 1.0, a)
    plain = np.where(small == 1.0, 0.0, (small - 1.0) * np.log(m)) - m - gammaln(small)
    return np.where(np.isinf(a) != np.isinf(m), -np.inf, np.where(far, stable, plain))


gamma_term: Rule = elementwise(
    "gamma_term",
    _gamma_term,
    lambda _y, a, m: log_ratio(m, a) - gamma_remainder_(a, order=1),
    lambda _y, a, m: np.where(absent(a - 1.0, m) | np.isinf(m), -1.0, (a - 1.0 - m) / m),
    domain=POSITIVE,
    doc=r"(a - 1) \log m - m - \log \Gamma(a), exact where a and m are large and near each other",
)
