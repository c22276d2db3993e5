"""How an op acts on germs: by its own germ rule where it has one, else by its algebraic kind and its own derivative.

An elementwise op at a regular point is its Taylor series, whose coefficients come from its own rule, differentiated again.
A custom op is integrated from its own forward mode. Linear and bilinear ops act on coefficients.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Final

import numpy as np

from tinygrad_loss.calculus import germ_levels as germ_levels  # enters its rules
from tinygrad_loss.calculus import germ_spectra as germ_spectra  # enters its rules
from tinygrad_loss.calculus.germ import CAP, EXACT, ONE, Exhausted, Exponent, Germ, Key, add, constant, germ, product, select
from tinygrad_loss.calculus.germ_order import FLAT
from tinygrad_loss.calculus.germ_rules import RULES, infinite, power_of, rule, summed
from tinygrad_loss.calculus.germ_work import spend
from tinygrad_loss.context import at_kinks, without_watching
from tinygrad_loss.engine.op import OPS, Array, Op
from tinygrad_loss.engine.reverse import sweep, tied
from tinygrad_loss.engine.tensor import Tensor, tensor

__all__ = ["apply"]

ENTERED: ContextVar[frozenset[str]] = ContextVar("entered", default=frozenset())
"""Ops whose own form is being evaluated, so that one that leads back to itself is noticed."""


def apply(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Array:
    """Run one op on germs."""
    own = RULES.get(op.name)
    if own is not None and (found := own(*inputs, **static)) is not None:
        return found
    with np.errstate(all="ignore"):
        return BY_KIND[op.kind](op, inputs, static)


def _linear(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Germ:
    if isinstance(op.vjps, list):
        x = inputs[0]
        return summed(x, lambda c: op.forward(c, *inputs[1:], **static))
    parts = [germ(x) for x in inputs]
    keys: dict[Key, None] = dict.fromkeys(k for p in parts for k in p.terms)
    terms = {k: op.forward(*(p.coefficient(*k) for p in parts), **static) for k in keys}
    shape = op.forward(*(np.zeros(p.shape) for p in parts), **static).shape
    return Germ(terms, shape, min(p.order for p in parts), absorbs=any(p.absorbs for p in parts))


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
        if np.any(singular) or infinite(inputs).any():
            near = _near(op, inputs, static)
            return near if np.all(singular) else select(singular | infinite(inputs), near, _taylor(op, inputs, static, skip=singular))
    if facts is not None and facts.nature == "kink":
        return _integrated(op, inputs, static)
    return _taylor(op, inputs, static)


def _at(inputs: tuple[Array, ...]) -> list[Array]:
    """Return the values at t = 0."""
    return [x.constant if isinstance(x, Germ) else x for x in inputs]


SATURATING: Final = frozenset({"tanh", "expit", "expit_slope", "erf", "erfc", "ndtr", "softplus", "log_sigmoid", "log_ndtr"})
"""Ops that approach finite values exponentially fast, so that at infinity they are constant to every order."""


def _taylor(op: Op, inputs: tuple[Array, ...], static: dict[str, Any], skip: Array = False) -> Germ:
    """Expand an elementwise op around the values at t = 0."""
    here = _at(inputs)
    shape = np.broadcast_shapes(*map(np.shape, here))
    far = infinite(inputs)
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
    with without_watching(), at_kinks("convention"), np.errstate(all="ignore"):
        variables = {i: tensor(np.array(np.broadcast_to(np.asarray(here[i], np.float64), shape)), requires_grad=True) for i in moves}
        y = op.call(*[variables.get(i, x) for i, x in enumerate(here)], **static)
        for i, times in zip(moves, index, strict=True):
            for _ in range(times):
                x = variables[i]
                if not isinstance(y, Tensor) or not y.requires_grad:
                    return np.zeros(shape)
                done = sweep(y, tensor(np.ones(y.shape)), policy="nan", stops={id(x)}, differentiable=True)
                spend(len(done.order), y.size)
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
    if np.any(infinite(inputs)):
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
    if np.any(infinite(inputs)) or op.jvp is None:
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
    # A rule of entries asks for signs, which only all terms can tell; a rule that led back to itself must ask for fewer.
    entered = ENTERED.get()
    whole = op.kind == "elementwise" and op.name not in entered
    token = ENTERED.set(entered | {op.name})
    try:
        while y.order < wanted:
            known = inputs if whole else [_known(x, y.order) for x in inputs]
            grown = add(constant(start), integrated(germ(op.jvp(velocity, y, *known, **static))))
            if grown.order <= y.order:
                raise Exhausted
            y = grown
    finally:
        ENTERED.reset(token)
    return y


def _known(x: Array, order: Exponent) -> Array:
    return x.like(x.terms, min(x.order, order)).truncated() if isinstance(x, Germ) else x


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


@rule("arctan")
def arctan(x: Germ) -> Germ:
    """Expand the inverse tangent; at infinity by its reflection to 1/x."""
    far = infinite((x,))
    if not np.any(far):
        return _taylor(OPS["arctan"], (x,), {})
    near = _taylor(OPS["arctan"], (select(far, constant(np.zeros(x.shape)), x),), {})
    inverse = power_of(select(far, x, constant(np.ones(x.shape))), -1)
    beyond = add(constant(np.where(far, np.copysign(math.pi / 2, x.sign()), 0.0)), _taylor(OPS["arctan"], (inverse,), {}), -1.0)
    return select(far, beyond, near)
