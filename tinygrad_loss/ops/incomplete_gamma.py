"""The incomplete gamma function, smooth in its shape too: forwards a distribution function, backwards a variable made of uniform noise."""

from functools import cache
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import elementwise, predicate
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.scipy_ufunc import scipy_ufunc
from tinygrad_loss.ops.special import digamma, gammaln, xlogy

__all__ = ["gamma_cdf", "log_gammaincinv"]

NODES: Final = 64
FARTHEST: Final = 1e30
"""No density of a shape that a computer meets is left so far out."""
FAR: Final = 40.0
"""Where the integrand has fallen to e^-40, the integral is cut."""


def _exponent(a: Array, x: Array, v: Array, side: Array) -> Array:
    return side * a * v - x * np.expm1(side * v)


def _reach(a: np.ndarray, log_x: np.ndarray) -> np.ndarray:
    """Return how far to integrate: below 0 towards smaller values where x <= a, above 0 towards larger ones; by bisection."""
    dtype, a, x = a.dtype, np.asarray(a, np.float64), np.exp(np.asarray(log_x, np.float64))
    side = np.where(x <= a, -1.0, 1.0)
    high = np.where(x <= a, (FAR + x) / a + 1.0, np.sqrt(2.0 * FAR / np.maximum(x, 1e-300)))
    low = np.zeros_like(high)
    for _ in range(50):
        middle = 0.5 * (low + high)
        beyond = _exponent(a, x, middle, side) < -FAR
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return (side * high).astype(dtype)[()]


reach = predicate("gamma_reach", _reach, arity=2, doc="where the density of a gamma variable has fallen to e^{-40} of its value at x")


def _slope(a: Array, log_x: Array) -> Array:
    r"""Return $\partial \log x / \partial a$ at a fixed $P(a, x)$.

    It is $-\frac{1}{x\,p(x)} \int_0^x (\log t - \psi(a))\, p(t)\, dt$, or the same over $t > x$ with the other sign;
    with $t = x e^{\pm v}$ the integrand is smooth, and a fixed Gauss-Legendre rule has no truncation to speak of.
    """
    nodes, weights = _legendre(a.dtype)
    far = reach(a, log_x)[..., None]
    side, v = np.sign(far), np.abs(far) * nodes
    log_x, a = log_x[..., None], a[..., None]
    integrand = (log_x + side * v - digamma(a)) * np.exp(_exponent(a, np.exp(log_x), v, side))
    return np.sum(far * weights * integrand, axis=-1)


@cache
def _legendre(dtype: Any) -> tuple[Any, Any]:
    """Return nodes and weights on (0, 1); made on first use, because importing the package must be fast."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return (0.5 * (nodes + 1.0)).astype(dtype), (0.5 * weights).astype(dtype)


def _log_inverse(a: Array, u: Array) -> Array:
    return np.log(scipy_ufunc("gammaincinv")(a, u))


log_gammaincinv: Rule = elementwise(
    "log_gammaincinv",
    _log_inverse,
    lambda y, a, _u: _slope(a, y),
    lambda y, a, _u: np.exp(gammaln(a) - a * y + np.exp(y)),
    domain=((0.3, 6.0), (0.05, 0.95)),
    doc=r"\log x where P(a, x) = u: the logarithm of a gamma variable from uniform noise",
)


def _slope_in_shape(a: Array, x: Array) -> Array:
    """Return the slope of P(a, x) in a: along a level line both move, and P does not; 0 at both ends."""
    inside = (x > 0) & (x < FARTHEST)
    return -np.exp(xlogy(a, x) - x - gammaln(a)) * _slope(a, np.log(np.where(inside, x, 1.0)))


gamma_cdf: Rule = elementwise(
    "gamma_cdf",
    scipy_ufunc("gammainc"),
    lambda _y, a, x: _slope_in_shape(a, x),
    lambda _y, a, x: np.exp(xlogy(a - 1.0, x) - x - gammaln(a)),
    facts=Facts(nature="infinite", tie=lambda _y, a, x: x == 0),
    domain=((0.3, 6.0), (0.1, 6.0)),
    doc=r"P(a, x) = \frac1{\Gamma(a)} \int_0^x t^{a-1} e^{-t} dt, smooth in a as well",
)
