"""How an op acts on germs: arithmetic, powers, logarithm, comparison and selection here; everything else by its own derivative.

An elementwise op at a regular point is its Taylor series, whose coefficients come from its own rule, differentiated again.
A custom op is integrated from its own forward mode. Linear and bilinear ops act on coefficients.
"""

import itertools
import math
import operator
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Final

import numpy as np

from tinygrad_loss.calculus.germ import (
    CAP,
    CHOP,
    EXACT,
    ONE,
    Exhausted,
    Exponent,
    Germ,
    Key,
    add,
    by_leading,
    constant,
    exponent,
    germ,
    powers,
    product,
    select,
    significance,
)
from tinygrad_loss.context import at_kinks, enable_grad
from tinygrad_loss.engine.op import OPS, Array, Op
from tinygrad_loss.engine.reverse import sweep, tied
from tinygrad_loss.engine.tensor import Tensor, tensor

__all__ = ["FLAT", "apply"]

FLAT: ContextVar[bool] = ContextVar("flat", default=False)
"""Whether germs that agree in every kept term count as equal, instead of asking for more terms."""

ENTERED: ContextVar[frozenset[str]] = ContextVar("entered", default=frozenset())
"""Ops whose own form is being evaluated, so that one that leads back to itself is noticed."""

Rule = Callable[..., Array]
RULES: Final[dict[str, Rule]] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Enter a germ rule for ops of these names."""

    def entered(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return entered


def apply(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Array:
    """Run one op on germs."""
    own = RULES.get(op.name)
    if own is not None:
        return own(*inputs, **static)
    with np.errstate(all="ignore"):
        return BY_KIND[op.kind](op, inputs, static)


# ---- by algebraic kind ------------------------------------------------------------------------------------------------------


def _linear(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Germ:
    if isinstance(op.vjps, list):
        x = inputs[0]
        return _summed(x, lambda c: op.forward(c, *inputs[1:], **static))
    parts = [germ(x) for x in inputs]
    keys: dict[Key, None] = dict.fromkeys(k for p in parts for k in p.terms)
    terms = {k: op.forward(*(p.coefficient(*k) for p in parts), **static) for k in keys}
    shape = op.forward(*(np.zeros(p.shape) for p in parts), **static).shape
    return Germ(terms, shape, min(p.order for p in parts), absorbs=any(p.absorbs for p in parts))


def _summed(x: Germ, linear_map: Callable[[np.ndarray], np.ndarray]) -> Germ:
    """Apply a linear map; a sum that cancels to rounding errors is zero."""

    def chopped(c: np.ndarray) -> np.ndarray:
        total = linear_map(c)
        return np.where(np.abs(total) <= CHOP * np.abs(linear_map(np.abs(c))), 0.0, total)

    moved = x.each(chopped)
    if ONE in x.terms:
        moved = moved.like({**moved.terms, ONE: linear_map(x.terms[ONE])})
    return moved


def _bilinear(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Germ:
    a, b = inputs
    return product(germ(a), germ(b), lambda p, q: op.forward(p, q, **static))


def _selection(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Germ:
    chosen = [(x, choice) for x, choice in zip(inputs, op.choices or (), strict=True) if choice is not None]
    # One of several inputs is always chosen, so the last needs no question; a single one gives way to 0.
    result = germ(chosen.pop()[0]) if len(chosen) > 1 else constant(0.0)
    for x, choice in reversed(chosen):
        result = select(choice(None, *inputs, **static), germ(x), result)
    return result


def _predicate(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Array:
    if op.facts is not None and op.facts.near is not None:
        return op.facts.near(*inputs, **static)
    return op.forward(*(x.constant if isinstance(x, Germ) else x for x in inputs), **static)


def _elementwise(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Germ:
    facts = op.facts
    if facts is not None and facts.nature == "jump":
        return _just_beside(op, inputs, static)
    if facts is not None and (facts.near is not None or facts.nature == "infinite"):
        here = _at(inputs)
        singular = np.broadcast_to(facts.tie(op.forward(*here, **static), *here, **static), np.broadcast_shapes(*map(np.shape, here)))
        if np.any(singular) or _infinite(inputs).any():
            near = _near(op, inputs, static)
            return near if np.all(singular) else select(singular | _infinite(inputs), near, _taylor(op, inputs, static, skip=singular))
    if facts is not None and facts.nature == "kink":
        return _integrated(op, inputs, static)
    return _taylor(op, inputs, static)


def _at(inputs: tuple[Array, ...]) -> list[Array]:
    """Return the values at t = 0."""
    return [x.constant if isinstance(x, Germ) else x for x in inputs]


def _infinite(inputs: tuple[Array, ...]) -> np.ndarray:
    """Return True where an input grows beyond all bounds as t goes to 0."""
    grows = np.zeros(np.broadcast_shapes(*map(np.shape, inputs)), bool)
    for x in inputs:
        if isinstance(x, Germ):
            for (e, j), c in x.terms.items():
                if e < 0 or (e == 0 and j > 0):
                    grows = grows | (c != 0)
    return grows


SATURATING: Final = frozenset({"tanh", "expit", "expit_slope", "erf", "erfc", "ndtr", "softplus", "log_sigmoid", "log_ndtr"})
"""Ops that approach finite values exponentially fast, so that at infinity they are constant to every order."""


def _taylor(op: Op, inputs: tuple[Array, ...], static: dict[str, Any], skip: Array = False) -> Germ:
    """Expand an elementwise op around the values at t = 0."""
    here = _at(inputs)
    shape = np.broadcast_shapes(*map(np.shape, here))
    far = _infinite(inputs)
    if np.any(far & ~np.asarray(skip)):
        return _saturated(op, inputs, static, far)
    moves = [i for i, x in enumerate(inputs) if isinstance(x, Germ)]
    steps = [germ(inputs[i]).like({k: c for k, c in germ(inputs[i]).terms.items() if k != ONE}) for i in moves]
    flat = Germ({}, shape)
    lead = min((u.lead for u in steps), default=EXACT)
    wanted = 0 if lead == EXACT else math.floor(CAP.get() / lead) if lead > 0 else 0
    total = add(flat, constant(np.broadcast_to(op.forward(*here, **static), shape)))
    still = ~np.logical_or.reduce(
        [np.any([c != 0 for c in u.terms.values()], axis=0) if u.terms else np.zeros(u.shape, bool) for u in steps]
        or [np.zeros(shape, bool)]
    )
    for degree, index in _indices(len(moves), wanted):
        derivative = _derivative(op, here, static, moves, index)
        if derivative is None:  # a derivative of it kinks here
            return _integrated(op, inputs, static)
        weight = np.where(np.broadcast_to(still | skip, shape), 0.0, derivative) / math.prod(map(math.factorial, index))
        if np.any(~np.isfinite(weight)):
            weight = np.where(np.isfinite(derivative) | np.isnan(np.broadcast_to(total.constant, shape)), weight, np.nan)
            if np.any(np.isnan(weight) & ~np.isnan(total.constant)):
                raise Exhausted
        term = constant(weight)
        for u, times in zip(steps, index, strict=True):
            for _ in range(times):
                term = product(term, u)
        total = add(total, term)
        del degree
    order = min([total.order, *(u.order for u in steps)])
    return Germ(total.terms, shape, order if lead == EXACT else min(order, lead * (wanted + 1)))


def _near(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Germ:
    """Evaluate the form that an op declares for its singular points, or its own forward where that is composed of other ops."""
    form = op.facts.near if op.facts is not None and op.facts.near is not None else op.forward
    entered = ENTERED.get()
    if isinstance(form, np.ufunc) or op.name in entered:
        raise Exhausted
    token = ENTERED.set(entered | {op.name})
    try:
        return germ(form(*inputs, **static))
    finally:
        ENTERED.reset(token)


def _saturated(op: Op, inputs: tuple[Array, ...], static: dict[str, Any], far: np.ndarray) -> Germ:
    (x,) = inputs
    if op.name not in SATURATING:
        raise Exhausted
    side = x.sign()
    limit = op.forward(np.where(far, np.copysign(np.inf, side), x.constant), **static)
    if not np.all(np.isfinite(limit[far])):
        raise Exhausted
    finite = select(far, constant(np.zeros(x.shape)), x)
    return select(far, constant(np.where(far, limit, 0.0)), _taylor(op, (finite,), static))


def _indices(count: int, degree: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield all multi-indices of degree 1 to ``degree``."""
    for d in range(1, degree + 1):
        for index in itertools.product(range(d + 1), repeat=count):
            if sum(index) == d:
                yield d, index


def _derivative(op: Op, here: list[Array], static: dict[str, Any], moves: list[int], index: tuple[int, ...]) -> np.ndarray | None:
    """Return a mixed partial derivative of an elementwise op, from its own rule differentiated again."""
    shape = np.broadcast_shapes(*map(np.shape, here))
    with enable_grad(), at_kinks("convention"), np.errstate(all="ignore"):
        variables = {i: tensor(np.array(np.broadcast_to(np.asarray(here[i], np.float64), shape)), requires_grad=True) for i in moves}
        y = op.call(*[variables.get(i, x) for i, x in enumerate(here)], **static)
        for i, times in zip(moves, index, strict=True):
            for _ in range(times):
                x = variables[i]
                if not isinstance(y, Tensor) or not y.requires_grad:
                    return np.zeros(shape)
                done = sweep(y, tensor(np.ones(y.shape)), policy="nan", stops={id(x)}, differentiable=True)
                if done.suspects or any(map(tied, done.traced)):
                    return None
                y = done.cotangents.get(id(x))
                if y is None:
                    return np.zeros(shape)
    return np.broadcast_to(np.asarray(y.value if isinstance(y, Tensor) else y, np.float64), shape)


def _just_beside(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Germ:
    """Evaluate a step function just after t = 0, by its declared limits at its jumps."""
    facts = op.facts
    if facts is None or facts.limit is None:
        return _near(op, inputs, static)
    here = _at(inputs)
    if np.any(_infinite(inputs)):
        raise Exhausted
    value = op.forward(*here, **static)
    tied = np.broadcast_to(facts.tie(value, *here, **static), np.shape(value))
    if np.any(tied):
        x = germ(inputs[0])
        side = add(x, constant(x.constant), -1.0).sign(flat=FLAT.get())
        value = np.where(tied & (side > 0), facts.limit(here[0], 1), np.where(tied & (side < 0), facts.limit(here[0], -1), value))
    return constant(value)


def _integrated(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Array:
    """Integrate the op's own forward mode along t: each round of it makes one more term right."""
    if op.facts is not None and op.facts.near is not None:
        return _near(op, inputs, static)
    here = _at(inputs)
    if np.any(_infinite(inputs)) or op.jvp is None:
        raise Exhausted
    start = op.forward(*here, **static)
    moving = [x if isinstance(x, Germ) else None for x in inputs]
    rest = [x.like({k: c for k, c in x.terms.items() if k != ONE}) for x in moving if x is not None]
    step = min((u.lead for u in rest), default=EXACT)
    if step == EXACT:
        return constant(start)
    velocity = [None if x is None else differentiated(x) for x in moving]
    y = Germ(constant(start).terms, np.shape(start), step)
    wanted = min([CAP.get() + 1, *(u.order for u in rest)])
    while y.order < wanted:
        known = [x if not isinstance(x, Germ) else x.like(x.terms, min(x.order, y.order)).truncated() for x in inputs]
        slope = germ(op.jvp(velocity, y, *known, **static))
        grown = add(constant(start), integrated(slope))
        if grown.order <= y.order:
            raise Exhausted
        y = grown
    return y


def differentiated(x: Germ) -> Germ:
    """Return dx/dt, where dL/dt = -1/t."""
    terms: dict[Key, Array] = {}
    for (e, j), c in x.terms.items():
        if e != 0:
            terms[e - 1, j] = terms.get((e - 1, j), 0.0) + c * float(e)
        if j != 0:
            terms[e - 1, j - 1] = terms.get((e - 1, j - 1), 0.0) - c * j
    return x.like(terms, x.order - 1)


def integrated(x: Germ) -> Germ:
    """Return the integral of x from t = 0."""
    terms: dict[Key, Array] = {}
    for (e, j), c in x.terms.items():
        if e <= -1:
            raise Exhausted
        factor = c
        for power in range(j, -1, -1):
            factor = factor / float(e + 1)
            terms[e + 1, power] = terms.get((e + 1, power), 0.0) + factor
            factor = factor * power
    return x.like(terms, x.order + 1)


BY_KIND: Final[dict[str, Callable[[Op, tuple[Array, ...], dict[str, Any]], Array]]] = {
    "linear": _linear,
    "bilinear": _bilinear,
    "selection": _selection,
    "predicate": _predicate,
    "elementwise": _elementwise,
    "custom": _integrated,
}

# ---- arithmetic ---------------------------------------------------------------------------------------------------------------

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
        return exp(product(b, log(germ(a))))
    result: Germ | None = None
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    base, exponents = germ(a), np.broadcast_to(b, shape)
    base = base.each(lambda c: np.broadcast_to(c, shape)) if base.terms else Germ({}, shape, base.order)
    for p in np.unique(exponents):
        part = power_of(base, int(p) if float(p).is_integer() else float(p))
        result = part if result is None else select(exponents == p, part, result)
    return result if result is not None else constant(np.zeros(shape))


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
    if _infinite((x,)).any():
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


# ---- comparison and selection ----------------------------------------------------------------------------------------------------


def _difference(a: Array, b: Array) -> np.ndarray:
    if a is b:
        return np.zeros(np.shape(a))
    if FLAT.get():
        return _order_at_first_sight(germ(a), germ(b))
    return add(germ(a), germ(b), -1.0).sign(flat=FLAT.get())


def _order_at_first_sight(a: Germ, b: Germ) -> np.ndarray:
    """Return the sign of a - b by the first term in which they differ, without forming the difference."""
    sign: Array = np.zeros(np.broadcast_shapes(a.shape, b.shape))
    for key in sorted({**a.terms, **b.terms}, key=significance):
        sign = np.where(sign != 0, sign, np.subtract(a.terms.get(key, 0.0), b.terms.get(key, 0.0)))
    return np.sign(sign)


RULES["greater"] = lambda a, b: _difference(a, b) > 0
RULES["greater_equal"] = lambda a, b: _difference(a, b) >= 0
RULES["less"] = lambda a, b: _difference(a, b) < 0
RULES["less_equal"] = lambda a, b: _difference(a, b) <= 0
RULES["equal"] = lambda a, b: _difference(a, b) == 0
RULES["not_equal"] = lambda a, b: _difference(a, b) != 0
RULES["isnan"] = lambda x: x.missing
RULES["isfinite"] = lambda x: ~x.missing & ~np.isinf(x.constant)
RULES["isinf"] = lambda x: np.isinf(x.constant)
RULES["signbit"] = lambda x: x.sign(flat=FLAT.get()) < 0
RULES["cast"] = lambda x, dtype: (x.sign(flat=FLAT.get()) != 0) if np.dtype(dtype).kind == "b" else _truncated(x).astype(dtype)


def _truncated(x: Germ) -> np.ndarray:
    here = x.constant
    toward = add(x, constant(here), -1.0).sign(flat=FLAT.get())
    back = (here == np.trunc(here)) & (here != 0) & (np.sign(here) * toward < 0)
    return np.trunc(here) - np.where(back, np.sign(here), 0.0)


@rule("absolute")
def absolute(x: Germ) -> Germ:
    """Return |x|."""
    below = x.sign(flat=True) < 0
    return x.each(lambda c: np.where(below, -c, c))


@rule("sign")
def sign(x: Germ) -> Germ:
    """Return the sign just after t = 0."""
    return constant(x.sign(flat=FLAT.get()))


def ranks(x: Germ, axis: int) -> np.ndarray:
    """Return the positions that sort the germs along an axis: by their largest term first."""
    keys = [np.broadcast_to(c, x.shape) for c in reversed(x.terms.values())]
    return np.lexsort(keys, axis=axis) if keys else np.argsort(np.zeros(x.shape), axis=axis, kind="stable")


def _extreme(x: Germ, axis: tuple[int, ...], position: int) -> Germ:
    kept = tuple(i for i in range(x.ndim) if i not in axis)
    lanes = x.each(lambda c: np.transpose(np.broadcast_to(c, x.shape), kept + axis).reshape((*tuple(x.shape[i] for i in kept), -1)))
    best = ranks(lanes, -1)[..., [position]]
    return lanes.each(lambda c: np.take_along_axis(np.broadcast_to(c, lanes.shape), best, -1)[..., 0])


RULES["max"] = lambda x, axis: _extreme(x, axis, -1)
RULES["min"] = lambda x, axis: _extreme(x, axis, 0)


@rule("arctan")
def arctan(x: Germ) -> Germ:
    """Expand the inverse tangent; at infinity by its reflection to 1/x."""
    far = _infinite((x,))
    if not np.any(far):
        return _taylor(OPS["arctan"], (x,), {})
    near = _taylor(OPS["arctan"], (select(far, constant(np.zeros(x.shape)), x),), {})
    inverse = power_of(select(far, x, constant(np.ones(x.shape))), -1)
    beyond = add(constant(np.where(far, np.copysign(math.pi / 2, x.sign()), 0.0)), _taylor(OPS["arctan"], (inverse,), {}), -1.0)
    return select(far, beyond, near)


# ---- along an axis ----------------------------------------------------------------------------------------------------------------


def taken(x: Germ, positions: np.ndarray, axis: int) -> Germ:
    """Return entries of a germ at positions along an axis."""
    return (
        x.each(lambda c: np.take_along_axis(np.broadcast_to(c, x.shape), positions, axis))
        if x.terms
        else Germ({}, positions.shape, x.order)
    )


RULES["sort"] = lambda x, axis: taken(x, ranks(x, axis), axis)
RULES["argsort"] = lambda x, axis, kind=None: ranks(x, axis)
RULES["argmax"] = lambda x, axis=None, **_: _position(x, axis, -1)
RULES["argmin"] = lambda x, axis=None, **_: _position(x, axis, 0)


def _position(x: Germ, axis: int | None, which: int) -> np.ndarray:
    if axis is None:
        x, axis = x.each(np.ravel), 0
    return np.take(ranks(x, axis), which, axis=axis)


@rule("linear")
def affine(x: Array, weight: Array, *bias: Array) -> Germ:
    """Multiply by the weight's transpose, and add the bias."""
    y = product(germ(x), germ(weight), lambda p, q: p @ q.T)
    return add(y, germ(bias[0])) if bias else y


@rule("prod")
def prod(x: Germ, axis: tuple[int, ...]) -> Germ:
    """Return the product over axes, factor by factor."""
    kept = tuple(i for i in range(x.ndim) if i not in axis)
    lanes = x.each(lambda c: np.transpose(np.broadcast_to(c, x.shape), kept + axis).reshape((*(x.shape[i] for i in kept), -1)))
    result = constant(np.ones(tuple(x.shape[i] for i in kept)))
    for i in range(lanes.shape[-1]):
        result = product(result, _summed(lanes, operator.itemgetter((..., i))))
    return result
