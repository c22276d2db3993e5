"""Arithmetic, powers, logarithms and exponentials of germs: what depends on the leading term."""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from tinygrad_loss.calculus.germ import (
    EXACT,
    ONE,
    ROUNDING,
    Exhausted,
    Exponent,
    Germ,
    add,
    by_leading,
    constant,
    exponent,
    germ,
    powers,
    product,
    select,
)
from tinygrad_loss.engine.op import Array, Rule

__all__ = ["RULES", "infinite", "power_of", "rule", "summed"]

RULES: Final[dict[str, Rule]] = {}
"""What an op does to germs, by its name; filled while `calculus.germ_apply` is imported."""


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


def _binomial(r: Germ, p: float) -> Germ:
    """Return (1 + r)^p for an infinitesimal r."""
    if r.terms and r.lead <= 0:
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

    def branch(e: Exponent, j: int, c: np.ndarray, r: Germ) -> Germ:
        if j and not whole:
            raise Exhausted
        return _binomial(r, float(p)).shifted(e * q, int(j * p), np.power(c, p))

    with np.errstate(all="ignore"):
        return by_leading(x, branch, constant(np.zeros(x.shape)) if p > 0 else None)


@rule("sqrt")
def sqrt(x: Germ) -> Germ:
    """Return the square root: exponents halve."""
    return power_of(x, 0.5)


@rule("cbrt")
def cbrt(x: Germ) -> Germ:
    """Return the cube root, which keeps the sign."""

    def branch(e: Exponent, j: int, c: np.ndarray, r: Germ) -> Germ:
        if j:
            raise Exhausted
        return _binomial(r, 1.0 / 3.0).shifted(exponent(1 / 3) * e, 0, np.cbrt(c))

    return by_leading(x, branch, constant(np.zeros(x.shape)))


@rule("power")
def power(a: Array, b: Array) -> Germ:
    """Return a^b; a constant exponent keeps exponents exact, a moving one goes through exp and log."""
    if isinstance(b, Germ):
        base = germ(a)
        zero = base.leading()[1] < 0
        if not np.any(zero):
            return exp(product(b, log(base)))
        if base.order != EXACT:
            raise Exhausted
        regular = exp(product(b, log(select(zero, constant(np.ones(base.shape)), base))))
        return select(zero, _power_of_zero(b), regular)
    result: Germ | None = None
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    base, exponents = germ(a), np.broadcast_to(b, shape)
    base = base.each(lambda c: np.broadcast_to(c, shape)) if base.terms else Germ({}, shape, base.order)
    for p in np.unique(exponents):
        part = power_of(base, int(p) if float(p).is_integer() else float(p))
        result = part if result is None else select(exponents == p, part, result)
    return result if result is not None else constant(np.zeros(shape))


def _power_of_zero(b: Array) -> Germ:
    """Return 0^b: 0 where b is positive just beside the point, 1 where it stays 0, and missing where it is negative."""
    return constant(np.where(b > 0, 0.0, np.where(b == 0, 1.0, np.nan)))


@rule("log")
def log(x: Germ) -> Germ:
    r"""Return the logarithm: $\log(c t^e (1 + r)) = \log c - e L + r - r^2/2 + \ldots$."""

    def branch(e: Exponent, j: int, c: np.ndarray, r: Germ) -> Germ:
        if j or (r.terms and r.lead <= 0):
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


@rule("exp")
def exp(x: Germ) -> Germ:
    """Return the exponential; a logarithm in the exponent becomes a power, minus infinity becomes an exact 0."""
    shape = x.shape
    down, up = np.zeros(shape, bool), np.zeros(shape, bool)
    value, which, keys = x.leading()
    shifts = np.zeros(shape)
    for i, (e, j) in enumerate(keys):
        here = which == i
        if e < 0 or (e == 0 and j > 1):
            down |= here & (value < 0)
            up |= here & (value > 0)
        elif e == 0 and j == 1:
            shifts = np.where(here & ~np.isnan(value), -value, shifts)
    calm = select(down | up, constant(np.zeros(shape)), x)
    u = calm.like({k: c for k, c in calm.terms.items() if k[0] > 0})
    series = powers(u, (1.0 / math.factorial(k) for k in itertools.count()))
    scaled = product(constant(np.exp(calm.constant)), series)
    result: Germ | None = None
    for s in np.unique(shifts):
        part = scaled.shifted(exponent(float(s)), 0)
        result = part if result is None else select(shifts == s, part, result)
    answer = result if result is not None else scaled
    if np.any(down):
        answer = select(down, constant(np.zeros(shape)), answer)
    return select(up, constant(np.full(shape, np.nan)), answer) if np.any(up) else answer


def infinite(inputs: tuple[Array, ...]) -> np.ndarray:
    """Return True where an input grows beyond all bounds as t goes to 0."""
    grows = np.zeros(np.broadcast_shapes(*map(np.shape, inputs)), bool)
    for x in inputs:
        if isinstance(x, Germ):
            for (e, j), c in x.terms.items():
                if e < 0 or (e == 0 and j > 0):
                    grows = grows | (c != 0)
    return grows


def summed(x: Germ, linear_map: Callable[[np.ndarray], np.ndarray]) -> Germ:
    """Apply a linear map; a sum that cancels to rounding errors is zero."""

    def chopped(c: np.ndarray) -> np.ndarray:
        total = linear_map(c)
        return np.where(np.abs(total) <= ROUNDING.get().chop * np.abs(linear_map(np.abs(c))), 0.0, total)

    moved = x.each(chopped)
    if ONE in x.terms:
        moved = moved.like({**moved.terms, ONE: linear_map(x.terms[ONE])})
    return moved
