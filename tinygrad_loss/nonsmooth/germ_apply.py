"""How an op acts on germs: by its own germ rule where it has one, else by its algebraic kind and its own derivative.

An elementwise op at a regular point is its Taylor series, whose coefficients come from its own rule, differentiated again.
A custom op is integrated from its own forward mode. Linear and bilinear ops act on coefficients.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Final

import numpy as np

from tinygrad_loss.context import at_kinks, without_watching
from tinygrad_loss.engine.op import OPS, Array, Op
from tinygrad_loss.engine.reverse import sweep, tied
from tinygrad_loss.engine.tensor import Tensor, tensor
from tinygrad_loss.nonsmooth import germ_levels as germ_levels  # enters its rules
from tinygrad_loss.nonsmooth import germ_spectra as germ_spectra  # enters its rules
from tinygrad_loss.nonsmooth.germ import CAP, CLOSE, EXACT, ONE, Exhausted, Germ, Key, constant, germ, order_of
from tinygrad_loss.nonsmooth.germ_far import CONTINUOUS, SATURATING, beyond
from tinygrad_loss.nonsmooth.germ_order import FLAT
from tinygrad_loss.nonsmooth.germ_ring import add, product, select
from tinygrad_loss.nonsmooth.germ_rules import BEYOND, MOST_POWERS, RULES, infinite, power_of, powers, rule, summed
from tinygrad_loss.nonsmooth.germ_series import TAYLOR
from tinygrad_loss.nonsmooth.germ_special import AT_POINTS
from tinygrad_loss.nonsmooth.germ_work import spend

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
    order = order_of(tuple(parts), shape, lambda *c: op.forward(*c, **static))
    return Germ(terms, shape, order, absorbs=any(p.absorbs for p in parts))


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
        singular = singular | infinite(inputs)
        if np.any(singular):
            only = inputs if np.all(singular) or op.name not in AT_POINTS else _elsewhere(inputs, ~singular)
            near = _near(op, only, static)
            return near if np.all(singular) else select(singular, near, _taylor(op, _elsewhere(inputs, singular), static))
    if facts is not None and facts.nature == "kink":
        return _integrated(op, inputs, static)
    return _taylor(op, inputs, static)


def _elsewhere(inputs: tuple[Array, ...], singular: np.ndarray) -> tuple[Array, ...]:
    """Put a regular entry, at rest, in the place of every singular one."""
    first = np.unravel_index(np.argmin(singular), singular.shape)

    def put(x: Array) -> Array:
        rest = np.broadcast_to(x.constant if isinstance(x, Germ) else x, singular.shape)[first]
        return select(singular, constant(rest), x) if isinstance(x, Germ) else np.where(singular, rest, x)

    return tuple(map(put, inputs))


def _at(inputs: tuple[Array, ...]) -> list[Array]:
    """Return the values at t = 0."""
    return [x.constant if isinstance(x, Germ) else x for x in inputs]


def _taylor(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Germ:
    """Expand an elementwise op around the values at t = 0."""
    here = _at(inputs)
    shape = np.broadcast_shapes(*map(np.shape, here))
    far = infinite(inputs)
    if np.any(far):
        return _far_out(op, inputs, static, far)
    if op.name not in CONTINUOUS and any(np.any(x.unknown) for x in inputs if isinstance(x, Germ)):
        raise Exhausted
    steps = {i: _moving(germ(x)) for i, x in enumerate(inputs) if isinstance(x, Germ)}
    lead = min((u.lead for u in steps.values()), default=EXACT)
    wanted = min(math.floor(float(CAP.get()) / lead + CLOSE), MOST_POWERS) if 0 < lead < EXACT else 0
    y = np.broadcast_to(np.asarray(op.forward(*here, **static)), shape)
    still = ~functools.reduce(np.logical_or, (u.moving for u in steps.values()), np.zeros(shape, bool))
    weight = functools.partial(_weight, still | np.isnan(y))
    if len(steps) == len(inputs) == 1 and op.name in TAYLOR and wanted:
        (u,) = steps.values()
        weights = list(map(weight, TAYLOR[op.name](y, *here, wanted, **static)))
        flat = op.name in SATURATING and not any(w.any() for w in weights)  # so far out that every slope underflows
        return constant(y) if flat else powers(u, [y, *weights])
    total, partials = constant(y), dict[tuple[int, ...], Array]()
    for index in _indices(len(steps), wanted):
        derivative = _derivative(op, here, static, list(steps), index, partials)
        if derivative is None:  # it kinks here, or is no short formula
            return _integrated(op, inputs, static)
        term = constant(weight(derivative / math.prod(map(math.factorial, index))))
        total = add(total, functools.reduce(product, itertools.chain(*map(itertools.repeat, steps.values(), index)), term))
    given = functools.reduce(lambda order, u: np.minimum(order, u.order), steps.values(), np.asarray(EXACT))
    cut = EXACT if lead == EXACT else lead * (wanted + 1)
    return Germ(total.terms, shape, np.where(still, given, np.minimum(np.minimum(total.order, given), cut)))


def _weight(idle: np.ndarray, coefficient: np.ndarray) -> np.ndarray:
    """Return a coefficient of a series, and 0 where the entry does not move or has no value."""
    found = np.where(idle, 0.0, coefficient)
    if not np.all(np.isfinite(found)):
        raise Exhausted
    return found


def _moving(x: Germ) -> Germ:
    return x.like({k: c for k, c in x.terms.items() if k != ONE})


def _near(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Germ:
    """Evaluate the form that an op declares for its singular points, or its own forward where that is composed of other ops."""
    if op.name in AT_POINTS:
        return AT_POINTS[op.name](*inputs, **static)
    form = op.facts.near if op.facts is not None and op.facts.near is not None else op.forward
    entered = ENTERED.get()
    if isinstance(form, np.ufunc) or op.name in entered:
        raise Exhausted
    token = ENTERED.set(entered | {op.name})
    try:
        return germ(form(*inputs, **static))
    finally:
        ENTERED.reset(token)


def _far_out(op: Op, inputs: tuple[Array, ...], static: dict[str, Any], far: np.ndarray) -> Germ:
    """Evaluate a function of one number where that grows beyond all bounds, and as ever where it does not."""
    if len(inputs) > 1:
        raise Exhausted
    (x,) = inputs
    found = beyond(op, x, far, static)
    return found if np.all(far) else select(far, found, _taylor(op, _elsewhere((x,), far), static))


LONGEST: Final = 40
"""Where a derivative has become a formula of more ops than this, the op's forward mode is integrated instead: that costs no more with each order."""


def _indices(count: int, degree: int) -> Iterator[tuple[int, ...]]:
    """Yield all multi-indices of degree 1 to ``degree``, lower degrees first."""
    for d in range(1, degree + 1):
        yield from (index for index in itertools.product(range(d + 1), repeat=count) if sum(index) == d)


def _derivative(
    op: Op, here: list[Array], static: dict[str, Any], moves: list[int], index: tuple[int, ...], partials: dict[tuple[int, ...], Array]
) -> np.ndarray | None:
    """Return a mixed partial derivative of an elementwise op, from its own rule differentiated again; ``partials`` keeps the lower ones."""
    shape = np.broadcast_shapes(*map(np.shape, here))
    start = (0,) * len(moves)
    with without_watching(), at_kinks("convention"), np.errstate(all="ignore"):
        if start not in partials:
            given = [tensor(np.array(np.broadcast_to(np.asarray(here[i], np.float64), shape)), requires_grad=True) for i in moves]
            variables = dict(zip(moves, given, strict=True))
            partials[start] = op.call(*[variables.get(i, x) for i, x in enumerate(here)], **static), given
        last = max(i for i, times in enumerate(index) if times)
        y, given = partials[(*index[:last], index[last] - 1, *index[last + 1 :])]
        if isinstance(y, Tensor) and y.requires_grad:
            done = sweep(y, tensor(np.ones(y.shape)), policy="nan", stops={id(given[last])}, differentiable=True)
            spend(len(done.order), y.size)
            if done.suspects or any(map(tied, done.traced)) or len(done.order) > LONGEST:
                return None
            y = done.cotangents.get(id(given[last]))
        else:
            y = None
        partials[index] = y, given
    return np.broadcast_to(np.asarray(y.value if isinstance(y, Tensor) else 0.0 if y is None else y, np.float64), shape)


def _just_beside(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Germ:
    """Evaluate a step function just after t = 0, by its declared limits at its jumps."""
    facts = op.facts
    if facts is None or facts.limit is None:
        return _near(op, inputs, static)
    here = _at(inputs)
    if np.any(infinite(inputs)) or any(np.any(x.unknown) for x in inputs if isinstance(x, Germ)):
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
    rest = [_moving(x) for x in moving if x is not None]
    step = min((u.lead for u in rest), default=EXACT)
    if step == EXACT:
        return constant(start)
    velocity = [None if x is None else differentiated(x) for x in moving]
    y = Germ(constant(start).terms, np.shape(start), step)
    wanted = min([float(CAP.get()) + 1, *(u.least for u in rest)])
    # A rule of entries asks for signs, which only all terms can tell; a rule that led back to itself must ask for fewer.
    entered = ENTERED.get()
    whole = op.kind == "elementwise" and op.name not in entered
    token = ENTERED.set(entered | {op.name})
    try:
        while y.least < wanted - CLOSE:
            known = inputs if whole else [_known(x, y.least) for x in inputs]
            grown = add(constant(start), integrated(germ(op.jvp(velocity, y, *known, **static))))
            if grown.least <= y.least + CLOSE:
                raise Exhausted
            y = grown
    finally:
        ENTERED.reset(token)
    return y


def _known(x: Array, order: float) -> Array:
    return x.like(x.terms, np.minimum(x.order, order)).truncated() if isinstance(x, Germ) else x


def differentiated(x: Germ) -> Germ:
    """Return dx/dt, where dL/dt = -1/t."""
    terms: dict[Key, Array] = {}
    for (e, j), c in x.terms.items():
        if abs(float(e)) > BEYOND:
            raise Exhausted
        if e != 0:
            terms[e - 1, j] = terms.get((e - 1, j), 0.0) + c * float(e)
        if j != 0:
            terms[e - 1, j - 1] = terms.get((e - 1, j - 1), 0.0) - c * j
    return x.like(terms, x.order - 1)


def integrated(x: Germ) -> Germ:
    """Return the integral of x from t = 0."""
    terms: dict[Key, Array] = {}
    for (e, j), c in x.terms.items():
        if e <= -1 or float(e) > BEYOND or j < 0 or int(j) != j:
            raise Exhausted
        factor = c
        for power in range(int(j), -1, -1):
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
