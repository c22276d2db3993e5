r"""Special functions of germs at the points where they are not analytic: their series in powers and logarithms there.

Source: NIST Digital Library of Mathematical Functions: 5.5 (gamma), 6.6 (exponential integrals), 8.7 and 8.17 (incomplete gamma
and beta functions), 10.8, 10.25, 10.27 and 10.31 (Bessel functions).
"""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.op import OPS, Array
from tinygrad_loss.nonsmooth.germ import CAP, Exhausted, Germ, constant, germ
from tinygrad_loss.nonsmooth.germ_ring import add, product, select
from tinygrad_loss.nonsmooth.germ_rules import exp, infinite, log, power, power_of, powers, rule, spread

__all__ = ["AT_POINTS"]

AT_POINTS: Final[dict[str, Callable[..., Germ]]] = {}
"""What an op is at the points that its facts name, by its name: ``(*x, **static)``, called with such entries only."""


def _one(x: Germ) -> Germ:
    return constant(np.ones(x.shape))


def _times(x: Germ, factor: Array) -> Germ:
    return x.like({key: c * factor for key, c in x.terms.items()})


def _plus(x: Germ, number: Array) -> Germ:
    return add(x, constant(np.broadcast_to(number, x.shape)))


def _total(parts: Iterable[Germ]) -> Germ:
    return reduce(add, parts)


def _at(name: str, x: Germ, **static: Any) -> Germ:
    """Evaluate another op, at a regular point."""
    return germ(OPS[name].call(x, **static))


# ---- the gamma function -----------------------------------------------------------------------------------------------------------


def _from_poles(x: Germ, form: Callable[[Germ, int], Germ]) -> Germ:
    """Evaluate ``form(x, n)`` at each pole -n."""
    if infinite((x,)).any() or np.any(x.unknown):
        raise Exhausted
    poles = -x.constant
    result: Germ | None = None
    for n in np.unique(poles):
        if not 0 <= n <= 64:
            raise Exhausted
        part = form(select(poles == n, x, constant(np.full(x.shape, -n))), int(n))
        result = part if result is None else select(poles == n, part, result)
    return x if result is None else result


def _up(x: Germ, n: int) -> list[Germ]:
    """Return x, x + 1, ..., x + n."""
    return [_plus(x, float(k)) for k in range(n + 1)]


AT_POINTS["gamma"] = lambda x: _from_poles(
    x, lambda x, n: product(_at("gamma", _plus(x, n + 1.0)), power_of(reduce(product, _up(x, n)), -1))
)
AT_POINTS["gammaln"] = lambda x: _from_poles(
    x, lambda x, n: add(_at("gammaln", _plus(x, n + 1.0)), _total(log(_size(f)) for f in _up(x, n)), -1.0)
)
AT_POINTS["digamma"] = lambda x: _from_poles(
    x, lambda x, n: add(_at("digamma", _plus(x, n + 1.0)), _total(power_of(f, -1) for f in _up(x, n)), -1.0)
)


def _polygamma(x: Germ, n: int) -> Germ:
    def form(x: Germ, pole: int) -> Germ:
        poles = _total(power_of(f, -n - 1) for f in _up(x, pole))
        return add(_at("polygamma", _plus(x, pole + 1.0), n=n), _times(poles, (-1.0) ** n * math.factorial(n)), -1.0)

    return _from_poles(x, form)


def _size(x: Germ) -> Germ:
    below = x.sign(flat=True) < 0
    return x.each(lambda c: np.where(below, -c, c))


def _betaln(a: Array, b: Array) -> Germ:
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    a, b = spread(germ(a), shape), spread(germ(b), shape)
    return add(add(_at("gammaln", a), _at("gammaln", b)), _at("gammaln", add(a, b)), -1.0)


def _beta(a: Array, b: Array) -> Germ:
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    a, b = spread(germ(a), shape), spread(germ(b), shape)
    return product(product(_at("gamma", a), _at("gamma", b)), power_of(_at("gamma", add(a, b)), -1))


AT_POINTS.update({"polygamma": _polygamma, "beta": _beta, "betaln": _betaln})


# ---- integrals from 0 ---------------------------------------------------------------------------------------------------------------


def _count(x: Germ) -> int:
    """Return how many powers of an infinitesimal are worth adding up."""
    if np.any(x.unknown) or infinite((x,)).any() or np.any(x.constant != 0):
        raise Exhausted
    return math.ceil(float(CAP.get()) / max(x.lead, 0.1)) + 1 if x.terms else 1


def _series(x: Germ, coefficient: Callable[[int], Array]) -> Germ:
    """Return the power series of an infinitesimal; what does not exist is for its other factor to say."""
    x = select(x.missing, constant(np.zeros(x.shape)), x)
    return powers(x, [coefficient(k) for k in range(_count(x) + 1)])


def _positive(x: Germ) -> Germ:
    """Return a germ that does not exist where it is negative."""
    below = x.sign() < 0
    return select(below, constant(np.full(x.shape, np.nan)), x) if np.any(below) else x


def _to_powers(x: Germ, exponents: Array) -> Germ:
    return power(_positive(x), exponents)


def _gammas(x: Array) -> np.ndarray:
    return np.vectorize(_reciprocal_gamma, otypes=[float])(x)


def _reciprocal_gamma(x: float) -> float:
    return 0.0 if x <= 0 and x == int(x) else 1.0 / math.gamma(x)


def _gammainc(x: Germ, a: Array) -> Germ:
    series = _series(x, lambda k: _gammas(np.asarray(a, np.float64) + k + 1.0))
    return product(product(_to_powers(x, a), exp(x.each(np.negative))), series)


def _near_zero_or_one(x: Germ, a: Array, b: Array) -> Germ:
    one = x.constant == 1
    low = _betainc(select(one, constant(np.zeros(x.shape)), x), a, b)
    if not np.any(one):
        return low
    high = _betainc(select(one, _plus(x.each(np.negative), 1.0), constant(np.zeros(x.shape))), b, a)
    return select(one, _plus(high.each(np.negative), 1.0), low)


def _betainc(x: Germ, a: Array, b: Array) -> Germ:
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)

    def coefficient(k: int) -> Array:
        rising = np.prod([1.0 - b + i for i in range(k)], axis=0) if k else 1.0
        return rising / (math.factorial(k) * (a + k))

    scale = np.vectorize(lambda a, b: math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)), otypes=[float])(a, b)
    return _times(product(_to_powers(x, a), _series(x, coefficient)), scale)


def _integral(x: Germ, sign: float) -> Germ:
    r"""Return $\gamma + \\log |x| + \\sum_k (\\pm x)^k / (k\\, k!)$."""
    series = _series(x, lambda k: sign**k / (k * math.factorial(k)) if k else 0.0)
    return add(_plus(log(_size(x)), np.euler_gamma), series)


def _exp1(x: Germ) -> Germ:
    return _integral(_positive(x), -1.0).each(np.negative)


AT_POINTS.update(
    {
        "gammainc": _gammainc,
        "gammaincc": lambda x, a: _plus(_gammainc(x, a).each(np.negative), 1.0),
        "betainc": _near_zero_or_one,
        "exp1": _exp1,
        "expi": lambda x: _integral(x, 1.0),
        "scaled_exp1": lambda x: product(exp(x), _exp1(x)),
    }
)


# ---- Bessel functions -----------------------------------------------------------------------------------------------------------------


def _first_kind(x: Germ, order: float, sign: float) -> Germ:
    r"""Return $\\sum_k (\\pm 1)^k (x/2)^{2k + \\nu} / (k!\\, \\Gamma(\\nu + k + 1))$, without what x has at 0."""
    half = _times(x, 0.5)
    square = product(half, half)
    series = _series(square, lambda k: sign**k * _reciprocal_gamma(order + k + 1.0) / math.factorial(k))
    whole = float(order).is_integer()
    lead = power_of(half, int(order)) if whole else power_of(_positive(half), float(order))
    return product(lead, series)


def _harmonic(n: int) -> float:
    return math.fsum(1.0 / k for k in range(1, n + 1)) - np.euler_gamma


def _second_kind(x: Germ, n: int, sign: float) -> Iterator[Germ]:
    r"""Yield the poles, the logarithm and the series that functions of the second kind of whole order are made of."""
    half = _times(_positive(x), 0.5)
    square = product(half, half)
    poles = [_times(power_of(half, 2 * k - n), sign**k * math.factorial(n - k - 1) / math.factorial(k)) for k in range(n)]
    yield _total(poles) if poles else constant(np.zeros(x.shape))
    yield log(half)
    terms = _series(square, lambda k: (-sign) ** k * (_harmonic(k) + _harmonic(n + k)) / (math.factorial(k) * math.factorial(n + k)))
    yield product(power_of(half, n), terms)


def _bessel_k(x: Germ, order: Any) -> Germ:
    order = abs(order)
    if not float(order).is_integer():
        scale = 0.5 * math.pi / math.sin(math.pi * order)
        return _times(add(_first_kind(x, -order, 1.0), _first_kind(x, order, 1.0), -1.0), scale)
    n = int(order)
    poles, logarithm, series = _second_kind(x, n, -1.0)
    middle = _times(product(logarithm, _first_kind(x, n, 1.0)), (-1.0) ** (n + 1))
    return _total([_times(poles, 0.5), middle, _times(series, 0.5 * (-1.0) ** n)])


def _bessel_y(x: Germ, order: Any) -> Germ:
    if not float(order).is_integer():
        turn = math.pi * order
        ahead, back = _first_kind(x, order, -1.0), _first_kind(x, -order, -1.0)
        return _times(add(_times(ahead, math.cos(turn)), back, -1.0), 1.0 / math.sin(turn))
    n = abs(int(order))
    poles, logarithm, series = _second_kind(x, n, 1.0)
    middle = _times(product(logarithm, _first_kind(x, n, -1.0)), 2.0)
    mirror = -1.0 if order < 0 and n % 2 else 1.0
    return _times(_total([_times(poles, -1.0), middle, _times(series, -1.0)]), mirror / math.pi)


AT_POINTS.update(
    {
        "bessel_k": _bessel_k,
        "bessel_y": _bessel_y,
        "bessel_ke": lambda x, order: product(exp(x), _bessel_k(x, order)),
    }
)


def _entered(name: str, sign: float) -> None:
    """Let a function of the first kind and a broken order be its series at 0, where it is a power."""

    @rule(name)
    def first_kind(x: Germ, order: Any) -> Germ | None:
        zero = x.constant == 0
        if float(order).is_integer() or not np.any(zero) or infinite((x,)).any():
            return None
        at_zero = _first_kind(select(zero, x, constant(np.zeros(x.shape))), order, sign)
        if np.all(zero):
            return at_zero
        return select(zero, at_zero, _at(name, select(zero, _one(x), x), order=order))


_entered("bessel_i", 1.0)
_entered("bessel_j", -1.0)
