r"""How far a convex function lies above its tangent, $F(a + d) - F(a) - d F'(a)$, with all digits however small the step d is.

Near the point it is $d^2 \int_0^1 (1 - s) F''(a + s d) ds$, whose terms have one sign.
"""

import functools
from collections.abc import Callable
from typing import Final

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.bessel import bessel_ie
from tinygrad_loss.ops.residual import exp_remainder
from tinygrad_loss.ops.stirling import gamma_remainder_

__all__ = ["direction_spread", "gamma_above_tangent", "log_bessel_above_tangent", "remainder_above_tangent"]

NODES: Final = 16
NEAR: Final = 0.5
"""Up to this share of the point the integral is exact: its integrand has a pole at 0 at most."""
LARGE: Final = 100.0
"""From here on the asymptotic series of the logarithm of a Bessel function has all digits."""


@functools.lru_cache(maxsize=1)
def _nodes() -> list[tuple[float, float]]:
    r"""Return places in (0, 1) with the weights of $\int_0^1 (1 - s) f(s) ds$: Gauss and Legendre's."""
    at, weights = np.polynomial.legendre.leggauss(NODES)
    return [((1.0 + x) / 2.0, w * (1.0 - x) / 4.0) for x, w in zip(at.tolist(), weights.tolist(), strict=True)]


def _above_tangent(a: Array, d: Array, curvature: Callable[[Array], Array], far: Callable[[Array, Array], Array]) -> Array:
    near = np.abs(d) <= a * NEAR
    step = np.where(near, d, 0.0)
    total = step * 0.0
    for s, w in _nodes():
        total = total + curvature(a + step * s) * w
    return np.where(near, step * step * total, far(a, np.where(near, 0.0, d)))


def _far_remainder(a: Array, d: Array) -> Array:
    return gamma_remainder_(a + d, order=0) - gamma_remainder_(a, order=0) - d * gamma_remainder_(a, order=1)


remainder_above_tangent: Rule = elementwise(
    "remainder_above_tangent",
    lambda a, d: _above_tangent(a, d, lambda x: gamma_remainder_(x, order=2), _far_remainder),
    lambda _y, a, d: gamma_remainder_(a + d, order=1) - gamma_remainder_(a, order=1) - d * gamma_remainder_(a, order=2),
    lambda _y, a, d: gamma_remainder_(a + d, order=1) - gamma_remainder_(a, order=1),
    domain=((1.0, 5.0), (-0.5, 0.5)),
    doc=r"F(a + d) - F(a) - d F'(a) of F(x) = \log \Gamma(x) - x \log x + x",
)


def gamma_above_tangent(a: Array, d: Array) -> Array:
    r"""Return $\log \Gamma(a + d) - \log \Gamma(a) - d \psi(a)$."""
    return remainder_above_tangent(a, d) + (a + d) * exp_remainder(-np.log1p(d / a))


# ---- the logarithm of a Bessel function ---------------------------------------------------------------------------------------


def _mean_length(x: Array) -> Array:
    r"""Return $I_1(x) / I_0(x)$, the slope of $\log I_0$."""
    return bessel_ie(x, order=1) / bessel_ie(x, order=0)


def _shortfall(x: Array) -> Array:
    r"""Return $1 - I_1(x) / I_0(x)$ without cancellation."""
    u = 1.0 / np.maximum(x, LARGE)
    series = u * (1 / 2 + u * (1 / 8 + u * (1 / 8 + u * (25 / 128 + u * (13 / 32 + u * (1073 / 1024 + u * (103 / 32)))))))
    return np.where(x > LARGE, series, 1.0 - _mean_length(np.minimum(x, LARGE)))


def _bessel_curvature(x: Array) -> Array:
    r"""Return the second derivative of $\log I_0$."""
    u = 1.0 / np.maximum(x, LARGE)
    series = u * u * (1 / 2 + u * (1 / 4 + u * (3 / 8 + u * (25 / 32 + u * (65 / 32 + u * (3219 / 512 + u * (721 / 32)))))))
    small = np.minimum(x, LARGE)
    length = _mean_length(small)
    tiny = small < 1e-8
    return np.where(x > LARGE, series, 1.0 - length * length - np.where(tiny, 0.5, length / np.where(tiny, 1.0, small)))


direction_spread: Rule = elementwise(
    "direction_spread",
    _shortfall,
    lambda _y, x: -_bessel_curvature(x),
    domain=(0.3, 5.0),
    doc=r"1 - I_1(x) / I_0(x), without cancellation at large x",
)


def _far_bessel(a: Array, d: Array) -> Array:
    return np.log(bessel_ie(a + d, order=0)) - np.log(bessel_ie(a, order=0)) + d * _shortfall(a)


log_bessel_above_tangent: Rule = elementwise(
    "log_bessel_above_tangent",
    lambda a, d: _above_tangent(a, d, _bessel_curvature, _far_bessel),
    lambda _y, a, d: _mean_length(a + d) - _mean_length(a) - d * (1.0 - np.square(_mean_length(a)) - _mean_length(a) / a),
    lambda _y, a, d: _mean_length(a + d) - _mean_length(a),
    domain=((1.0, 5.0), (-0.5, 0.5)),
    doc=r"F(a + d) - F(a) - d F'(a) of F(x) = \log I_0(x)",
)
