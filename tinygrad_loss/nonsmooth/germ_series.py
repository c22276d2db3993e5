"""Taylor coefficients of elementary and special functions at a regular point: by recurrences, so that each costs a sum at most.

Each entry of `TAYLOR` answers ``(y, x, n, **static)`` with the coefficients of degree 1 to ``n`` of $f(x + h)$ in h, y being f(x).

Source: Knuth, The Art of Computer Programming, volume 2, section 4.7: powers of power series from a differential equation.
"""

import math
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

from tinygrad_loss.engine.op import OPS, Array

__all__ = ["TAYLOR"]

Series: TypeAlias = list[Any]

TAYLOR: Final[dict[str, Callable[..., Series]]] = {}
"""The coefficients of an op by its name; an op that is not here is differentiated by its own rule, again and again."""


# ---- series in h --------------------------------------------------------------------------------------------------------------


def _integral(slope: Series) -> Series:
    return [c / (k + 1) for k, c in enumerate(slope)]


def _slope(series: Series) -> Series:
    """Return the derivative of a series without its coefficient of degree 0, which it does not need."""
    return [c * (k + 1) for k, c in enumerate(series)]


def _power(p: Series, exponent: float, n: int) -> Series:
    """Return the first ``n`` coefficients of a power of a polynomial."""
    y = [np.power(p[0], exponent)]
    for k in range(1, n):
        terms = ((exponent * i - (k - i)) * p[i] * y[k - i] for i in range(1, min(k, len(p) - 1) + 1))
        y.append(sum(terms) / (k * p[0]))
    return y


def _exponential(p: Series, n: int) -> Series:
    """Return the first ``n`` coefficients of the exponential of a polynomial."""
    y = [np.exp(p[0])]
    for k in range(1, n):
        y.append(sum(i * p[i] * y[k - i] for i in range(1, min(k, len(p) - 1) + 1)) / k)
    return y


def _convolved(a: Series, b: Series, k: int, start: int = 0) -> Any:
    """Return the coefficient of degree k of a product, from the pairs that leave out the first ``start`` of each."""
    return sum(a[i] * b[k - i] for i in range(start, k - start + 1))


# ---- angles and hyperbolas ------------------------------------------------------------------------------------------------------


def _turning(y: Array, quarter: Array, n: int, sign: float) -> Series:
    """Return a series whose second derivative is ``sign`` times itself."""
    return [(quarter if k % 2 else y) * sign ** (k // 2) / math.factorial(k) for k in range(1, n + 1)]


TAYLOR["sin"] = lambda y, x, n: _turning(y, np.cos(x), n, -1.0)
TAYLOR["cos"] = lambda y, x, n: _turning(y, -np.sin(x), n, -1.0)
TAYLOR["sinh"] = lambda y, x, n: _turning(y, np.cosh(x), n, 1.0)
TAYLOR["cosh"] = lambda y, x, n: _turning(y, np.sinh(x), n, 1.0)
TAYLOR["arctan"] = lambda y, x, n: _integral(_power([1.0 + x * x, 2.0 * x, 1.0], -1.0, n))
TAYLOR["arcsin"] = lambda y, x, n: _integral(_power([(1.0 - x) * (1.0 + x), -2.0 * x, -1.0], -0.5, n))
TAYLOR["arccos"] = lambda y, x, n: [-c for c in TAYLOR["arcsin"](y, x, n)]
TAYLOR["arcsinh"] = lambda y, x, n: _integral(_power([1.0 + x * x, 2.0 * x, 1.0], -0.5, n))
TAYLOR["arccosh"] = lambda y, x, n: _integral(_power([(x - 1.0) * (x + 1.0), 2.0 * x, 1.0], -0.5, n))
TAYLOR["arctanh"] = lambda y, x, n: _integral(_power([(1.0 - x) * (1.0 + x), -2.0 * x, -1.0], -1.0, n))


def _tan(y: Array, x: Array, n: int) -> Series:
    """Expand y' = 1 + y^2."""
    del x
    series = [y]
    for k in range(n):
        series.append(((k == 0) + _convolved(series, series, k)) / (k + 1))
    return series[1:]


def _tanh(y: Array, x: Array, n: int) -> Series:
    """Expand y' = 1 - y^2, which starts from a slope without cancellation."""
    series = [y, OPS["sech2"].forward(x)]
    for k in range(1, n):
        series.append(-_convolved(series, series, k) / (k + 1))
    return series[1 : n + 1]


TAYLOR["tan"], TAYLOR["tanh"] = _tan, _tanh
TAYLOR["sech2"] = lambda y, x, n: _slope(_tanh(np.tanh(x), x, n + 1))[1:]
TAYLOR["log_cosh"] = lambda y, x, n: _integral([np.tanh(x), *_tanh(np.tanh(x), x, n - 1)])


# ---- the logistic function and the exponential -----------------------------------------------------------------------------------


def _expit(y: Array, x: Array, n: int) -> Series:
    """Expand y' = y (1 - y), where 1 - 2 y is a hyperbolic tangent."""
    series = [y, OPS["expit_slope"].forward(x)]
    for k in range(1, n):
        series.append((-np.tanh(0.5 * x) * series[k] - _convolved(series, series, k, start=1)) / (k + 1))
    return series[1 : n + 1]


def _softplus(x: Array, n: int) -> Series:
    y = OPS["expit"].forward(x)
    return _integral([y, *_expit(y, x, n - 1)])


TAYLOR["expit"] = _expit
TAYLOR["expit_slope"] = lambda y, x, n: _slope(_expit(OPS["expit"].forward(x), x, n + 1))[1:]
TAYLOR["softplus"] = lambda y, x, n: _softplus(x, n)
TAYLOR["log_sigmoid"] = lambda y, x, n: [(-1.0) ** k * c for k, c in enumerate(_softplus(-x, n))]
TAYLOR["exp"] = lambda y, x, n: [y / math.factorial(k) for k in range(1, n + 1)]
TAYLOR["expm1"] = lambda y, x, n: TAYLOR["exp"](np.exp(x), x, n)
TAYLOR["exp2"] = lambda y, x, n: [y * math.log(2) ** k / math.factorial(k) for k in range(1, n + 1)]
TAYLOR["exp10"] = lambda y, x, n: [y * math.log(10) ** k / math.factorial(k) for k in range(1, n + 1)]


# ---- the normal distribution -----------------------------------------------------------------------------------------------------


def _gaussian(x: Array, n: int, scale: float, width: float) -> Series:
    """Expand what grows by ``scale`` $e^{-x^2 / width}$."""
    return [scale * c for c in _integral(_exponential([-x * x / width, -2.0 * x / width, -1.0 / width], n))]


TAYLOR["erf"] = lambda y, x, n: _gaussian(x, n, 2 / math.sqrt(math.pi), 1.0)
TAYLOR["erfc"] = lambda y, x, n: _gaussian(x, n, -2 / math.sqrt(math.pi), 1.0)
TAYLOR["erfi"] = lambda y, x, n: _gaussian(x, n, 2 / math.sqrt(math.pi), -1.0)
TAYLOR["ndtr"] = lambda y, x, n: _gaussian(x, n, 1 / math.sqrt(2 * math.pi), 2.0)


# ---- the gamma function and Bessel functions ------------------------------------------------------------------------------------


def _polygamma(x: Array, order: int, n: int) -> Series:
    """Return the coefficients of degree 0 to ``n - 1`` of a polygamma function."""
    return [OPS["polygamma"].forward(x, n=order + k) / math.factorial(k) for k in range(n)]


def _gamma(y: Array, x: Array, n: int) -> Series:
    """Expand y' = y psi."""
    series, psi = [y], _polygamma(x, 0, n)
    for k in range(n):
        series.append(_convolved(series, psi, k) / (k + 1))
    return series[1:]


TAYLOR["gamma"] = _gamma
TAYLOR["gammaln"] = lambda y, x, n: _integral(_polygamma(x, 0, n))
TAYLOR["digamma"] = lambda y, x, n: _polygamma(x, 0, n + 1)[1:]


def _bessel(name: str, lower: float, upper: float) -> Callable[..., Series]:
    """Return the expansion of a function whose slope is made of its neighbours in the order."""

    def series(y: Array, x: Array, n: int, order: Any) -> Series:
        del y
        whole = isinstance(order, int)
        mirror = -1.0 if lower != upper else 1.0  # of order -m, over that of order m, m odd

        def member(m: Any) -> Any:
            if whole and m < 0:
                return mirror ** (m % 2) * OPS[name].forward(x, order=-m)
            return OPS[name].forward(x, order=m)

        return [
            sum(math.comb(k, i) * lower ** (k - i) * upper**i * member(order - k + 2 * i) for i in range(k + 1)) / math.factorial(k)
            for k in range(1, n + 1)
        ]

    return series


def _bessel_ke(y: Array, x: Array, n: int, order: Any) -> Series:
    """Expand the product of $e^h$ and the series of K."""
    k = [y, *_bessel("bessel_ke", -0.5, -0.5)(y, x, n, order)]
    e = [1.0 / math.factorial(i) for i in range(n + 1)]
    return [_convolved(e, k, i) for i in range(1, n + 1)]


TAYLOR["bessel_ke"] = _bessel_ke
TAYLOR["bessel_i"] = _bessel("bessel_i", 0.5, 0.5)
TAYLOR["bessel_j"] = _bessel("bessel_j", 0.5, -0.5)
TAYLOR["bessel_k"] = _bessel("bessel_k", -0.5, -0.5)
TAYLOR["bessel_y"] = _bessel("bessel_y", 0.5, -0.5)
