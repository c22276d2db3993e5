"""Arithmetic, powers, logarithms and exponentials of germs: what depends on the leading term."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.nonsmooth.germ import (
    CAP,
    CLOSE,
    EXACT,
    ONE,
    ROUNDING,
    Exhausted,
    Exponent,
    Germ,
    Key,
    constant,
    degree,
    exponent,
    germ,
    of_shape,
    order_of,
)
from tinygrad_loss.nonsmooth.germ_ring import add, product, select

__all__ = ["BEYOND", "MOST_POWERS", "powers", "RULES", "exp", "infinite", "log", "log1p", "power_of", "rule", "spread", "summed"]

RULES: Final[dict[str, Rule]] = {}
"""What an op does to germs, by its name; filled while `nonsmooth.germ_apply` is imported."""


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Enter a germ rule for ops of these names."""

    def entered(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return entered


RULES["add"] = lambda a, b: add(germ(a), germ(b))
RULES["subtract"] = lambda a, b: add(germ(a), germ(b), -1.0)
RULES["multiply"] = lambda a, b: product(germ(a), germ(b))
RULES["negative"] = lambda x: x.each(np.negative)
RULES["positive"] = lambda x: x
RULES["square"] = lambda x: product(x, x)
RULES["resolved"] = lambda x, value: x
RULES["detach"] = lambda x: constant(x.constant)
RULES["astype"] = lambda x, dtype: x


# ---- series, and what depends on the leading term ---------------------------------------------------------------------------


def powers(u: Germ, weights: Iterable[Array]) -> Germ:
    r"""Return $\\sum_k w_k u^k$ for an infinitesimal ``u``; ``weights`` goes on until what follows is beyond `CAP`."""
    weights = iter(weights)
    total = _scaled(next(weights), None, u)
    power: Germ | None = None
    step = u.lead
    reach = 0.0
    for k, w in enumerate(weights):
        reach += step
        if not u.terms or reach > float(CAP.get()) + CLOSE or reach >= np.max(u.order) or k >= MOST_POWERS:
            break
        power = u if power is None else product(power, u)
        total = add(total, _scaled(w, power, u))
    else:
        reach += step
    left_out = reach if u.terms else u.least
    return Germ(total.terms, total.shape, np.where(u.moving, np.minimum(total.order, left_out), total.order), absorbs=u.absorbs).truncated()


MOST_POWERS: Final = 32
"""A series in 1 / L reaches no power of t; it is cut here."""


def _scaled(w: Array, power: Germ | None, u: Germ) -> Germ:
    if power is None:
        w = np.broadcast_to(np.asarray(w, np.float64), u.shape)
        return Germ({ONE: w} if np.any(w) else {}, u.shape, absorbs=u.absorbs)
    return power.each(lambda c: np.where(c == 0, 0.0, c * w))


def by_leading(x: Germ, rule: Callable[[Exponent, Exponent, np.ndarray, Germ], Germ], at_zero: Germ | None) -> Germ:
    r"""Write each entry as $c\\, t^e L^j (1 + r)$ and answer ``rule(e, j, c, r)``; entries that are exactly 0 get ``at_zero``."""
    value, which, keys = x.leading()
    missing = x.missing
    if np.any((which < 0) & ~missing & (x.order != EXACT)):
        raise Exhausted
    result: Germ | None = None
    if np.any(missing):
        which = np.where(missing, -1, which)
    for i in np.unique(which):
        mask = which == i
        if i < 0:
            part = at_zero if at_zero is not None else constant(np.full(x.shape, np.nan))
        else:
            e, j = keys[i]
            c = np.where(mask, value, 1.0)
            rest = {k: np.where(mask, v, 0.0) / c for k, v in x.terms.items() if k != keys[i]}
            part = rule(e, j, c, x.like(rest, np.where(mask, x.order, EXACT)).shifted(-e, -j).truncated())
        result = part if result is None else select(mask, part, result)
    if result is None:
        result = constant(np.zeros(x.shape))
    return select(missing, constant(np.full(x.shape, np.nan)), result) if np.any(missing) else result


# ---- powers, logarithms, exponentials ---------------------------------------------------------------------------------------------


def _binomial(r: Germ, p: float) -> Germ:
    """Return (1 + r)^p for an infinitesimal r."""
    if r.lead <= 0:
        raise Exhausted

    def weights() -> Iterator[float]:
        w = 1.0
        for k in itertools.count():
            yield w
            w *= (p - k) / (k + 1)

    return powers(r, weights())


@rule("reciprocal")
def reciprocal(x: Germ) -> Germ:
    """Return 1 / x."""
    return power_of(germ(x), -1)


@rule("divide")
def divide(a: Array, b: Array) -> Germ:
    """Return a / b; where both vanish, the leading terms decide."""
    if isinstance(a, Germ) and not isinstance(b, Germ) and np.all(np.isfinite(b) & np.not_equal(b, 0)):
        shape = np.broadcast_shapes(a.shape, np.shape(b))
        return a.each(lambda c: of_shape(np.divide(c, b), shape))
    return product(germ(a), power_of(germ(b), -1))


@rule("integer_power", "real_power")
def fixed_power(x: Germ, exponent: float) -> Germ:
    """Return x to a fixed power."""
    return power_of(x, exponent)


def power_of(x: Germ, p: float) -> Germ:
    """Return x^p: the leading term by exponent arithmetic, the rest by the binomial series."""
    whole = float(p).is_integer()
    if whole and p >= 0 and p <= 64:
        result = constant(np.ones(x.shape))
        for _ in range(int(p)):
            result = product(result, x)
        return Germ(result.terms, x.shape, result.order, absorbs=x.absorbs)
    q = exponent(p)

    def branch(e: Exponent, j: Exponent, c: np.ndarray, r: Germ) -> Germ:
        return _binomial(r, float(p)).shifted(e * q, j * q, np.power(c, p))

    with np.errstate(all="ignore"):
        return by_leading(x, branch, constant(np.zeros(x.shape)) if p > 0 else None)


@rule("sqrt")
def sqrt(x: Germ) -> Germ:
    """Return the square root: exponents halve."""
    return power_of(x, 0.5)


@rule("cbrt")
def cbrt(x: Germ) -> Germ:
    """Return the cube root, which keeps the sign."""

    def branch(e: Exponent, j: Exponent, c: np.ndarray, r: Germ) -> Germ:
        third = exponent(1 / 3)
        return _binomial(r, 1.0 / 3.0).shifted(third * e, third * j, np.cbrt(c))

    return by_leading(x, branch, constant(np.zeros(x.shape)))


@rule("power")
def power(a: Array, b: Array) -> Germ:
    """Return a^b; a constant exponent keeps exponents exact, a moving one goes through exp and log."""
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    base, exponents = spread(germ(a), shape), spread(germ(b), shape)
    moving = exponents.like({key: c for key, c in exponents.terms.items() if key != ONE}).moving
    result: Germ | None = None
    for p in np.unique(exponents.constant[~moving]):
        part = power_of(base, int(p) if float(p).is_integer() else float(p))
        result = part if result is None else select(exponents.constant == p, part, result)
    if not np.any(moving):
        return result if result is not None else constant(np.zeros(shape))
    empty = moving & ~base.moving
    positive = select(moving & ~empty, base, constant(np.ones(shape)))
    through = exp(product(exponents, log(positive)))
    if np.any(empty):  # 0^b is 0 where b is positive just beside the point, and has no value where it is negative
        through = select(empty, constant(np.where(exponents.sign() > 0, 0.0, np.nan)), through)
    return through if result is None else select(moving, through, result)


def spread(x: Germ, shape: tuple[int, ...]) -> Germ:
    """Broadcast a germ."""
    return x if x.shape == shape else select(np.ones(shape, bool), x, x)


@rule("log")
def log(x: Germ) -> Germ:
    r"""Return the logarithm: $\log(c t^e (1 + r)) = \log c - e L + r - r^2/2 + \ldots$."""

    def branch(e: Exponent, j: Exponent, c: np.ndarray, r: Germ) -> Germ:
        if j or abs(float(e)) > BEYOND or r.lead <= 0:
            raise Exhausted
        series = powers(r, itertools.chain([0.0], ((-1.0) ** (k + 1) / k for k in itertools.count(1))))
        start = {ONE: np.log(c)} | ({(0, 1): np.where(np.isnan(np.log(c)), np.nan, -float(e)) * np.ones(x.shape)} if e else {})
        return add(Germ(start, x.shape), series)

    with np.errstate(all="ignore"):
        return by_leading(x, branch, constant(np.full(x.shape, -np.inf)))


RULES["log2"] = lambda x: product(log(x), constant(1 / math.log(2)))
RULES["log10"] = lambda x: product(log(x), constant(1 / math.log(10)))


@rule("log1p")
def log1p(x: Germ) -> Germ:
    """Return log(1 + x), keeping the small terms of x exact."""
    if np.any(x.unknown):
        raise Exhausted
    at_pole = x.constant == -1
    regular = select(at_pole, constant(np.zeros(x.shape)), x)
    series = powers(
        product(_without_constant(regular), power_of(constant(1.0 + regular.constant), -1)),
        itertools.chain([0.0], ((-1.0) ** (k + 1) / k for k in itertools.count(1))),
    )
    if infinite((x,)).any():
        return log(add(x, constant(np.ones(x.shape))))
    answer = add(constant(np.log1p(regular.constant)), series)
    return (
        select(at_pole, log(add(select(at_pole, x, constant(np.zeros(x.shape))), constant(np.ones(x.shape)))), answer)
        if np.any(at_pole)
        else answer
    )


def _without_constant(x: Germ) -> Germ:
    return x.like({k: c for k, c in x.terms.items() if k != ONE})


BEYOND: Final = 100
"""Degrees beyond this are those of exponentials: smaller, or larger, than every power of t that a program reaches."""
STEEPEST: Final = 300.0
"""The decades of the largest degree that a float holds."""
MOST_RATES: Final = 8
"""Up to so many different exponentials are told apart; beyond it they are only known to be small."""


def _steepness(e: Exponent, j: Exponent) -> int:
    """Return the degree that stands for $e^{-t^e L^j}$: beyond all powers, and beyond those of every slower growth."""
    decades = -30 * float(e) + 3 * float(j)
    if not 3 <= decades <= STEEPEST:
        raise Exhausted
    return int(10**decades)


@rule("exp")
def exp(x: Germ) -> Germ:
    """Return the exponential: a logarithm in the exponent becomes a power, whatever grows faster a power beyond all powers."""
    grows = {key: np.where(np.isnan(c), 0.0, c) for key, c in x.terms.items() if degree(key) < 0 and np.any(c)}
    missing = x.missing
    u = x.like({key: c for key, c in x.terms.items() if degree(key) > 0})
    series = powers(u, (1.0 / math.factorial(k) for k in itertools.count()))
    scaled = product(constant(np.exp(x.constant)), series)
    if grows:
        scaled = _raised(scaled, grows, x.shape)
    return select(missing, constant(np.full(x.shape, np.nan)), scaled) if np.any(missing) else scaled


def _raised(x: Germ, grows: Mapping[Key, np.ndarray], shape: tuple[int, ...]) -> Germ:
    """Multiply by the exponentials of terms that grow without bound, entry by entry."""
    units = [1 if key == (0, 1) else _steepness(*key) for key in grows]
    rates = np.stack([np.broadcast_to(c, shape).ravel() for c in grows.values()])
    kinds, which = np.unique(rates, axis=1, return_inverse=True)
    which = which.reshape(shape)
    if kinds.shape[1] > MOST_RATES:
        return _small(x, rates[0].reshape(shape), units[0])
    result: Germ | None = None
    for i, kind in enumerate(kinds.T):
        e = sum(exponent(-float(c)) * unit for c, unit in zip(kind, units, strict=True))
        part = x.shifted(e, 0)
        result = part if result is None else select(which == i, part, result)
    return x if result is None else result


def _small(x: Germ, rate: np.ndarray, unit: int) -> Germ:
    """Return exponentials of many rates, of which all fall: that they are smaller than all powers is all that is kept."""
    if unit == 1 or np.any(rate > 0):
        raise Exhausted
    falls = rate < 0
    return select(falls, Germ({}, x.shape, np.where(falls, BEYOND, EXACT)), x)


# ---- numbers held by their logarithms ------------------------------------------------------------------------------------------


@rule("logsumexp")
def logsumexp(x: Germ, axis: int | tuple[int, ...] | None) -> Germ:
    """Return the logarithm of a sum of exponentials, below the largest; of minus infinities alone it is minus infinity."""
    axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    if infinite((x,)).any():
        largest: Germ = RULES["max"](x, axis=tuple(i % x.ndim for i in axes))
        top = largest.each(lambda c: np.expand_dims(c, axes))
    else:
        finite = np.max(np.where(np.isfinite(x.constant), x.constant, -np.inf), axis=axes, keepdims=True, initial=-np.inf)
        top = constant(np.where(np.isfinite(finite), finite, 0.0))
    total = summed(exp(add(x, top, -1.0)), lambda c: np.sum(c, axis=axes, keepdims=True))
    return add(log(total), top)


def infinite(inputs: tuple[Array, ...]) -> np.ndarray:
    """Return True where an input grows beyond all bounds as t goes to 0."""
    grows = np.zeros(np.broadcast_shapes(*map(np.shape, inputs)), bool)
    for x in inputs:
        if isinstance(x, Germ):
            for key, c in x.terms.items():
                if degree(key) < 0:
                    grows = grows | (c != 0)
    return grows


def summed(x: Germ, linear_map: Callable[[np.ndarray], np.ndarray]) -> Germ:
    """Apply a linear map; a sum that cancels to rounding errors is zero."""
    chop, terms = ROUNDING.get().chop, {}
    for key, c in x.terms.items():
        total = linear_map(c)
        terms[key] = total if key == ONE else np.where(np.abs(total) <= chop * np.abs(linear_map(np.abs(c))), 0.0, total)
    shape = next(iter(terms.values())).shape if terms else linear_map(np.zeros(x.shape)).shape
    return Germ(terms, shape, order_of((x,), shape, linear_map), absorbs=x.absorbs)
