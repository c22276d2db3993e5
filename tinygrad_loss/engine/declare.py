"""Put an op into the table by saying its algebraic kind; both modes of derivative follow from the kind."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from tinygrad_loss.engine.call import caller
from tinygrad_loss.engine.half import single
from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.op import OPS, Array, Facts, Op, Rule, enter, open_door

__all__ = ["PerInput", "bilinear", "custom", "door", "elementwise", "linear", "ones", "predicate", "selection", "unbroadcast", "unscreened"]

Interval: TypeAlias = tuple[float, float]

ANYWHERE: Final[Interval] = (-3.0, 3.0)
MANY_ROWS: Final = 1 << 12
"""Up to this many rows the ones that add them up are worth keeping."""


class PerInput(Sequence[Rule]):
    """Makes one rule that is told the position look like a sequence of rules."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    def __getitem__(self, i: Any) -> Any:
        rule = self._rule
        return lambda g, y, *x, **static: rule(i, g, y, *x, **static)

    def __len__(self) -> int:
        return 1 << 30


# ---- kinds ------------------------------------------------------------------------------------------------------------


def elementwise(
    name: str,
    forward: Rule,
    *partials: Rule | float,
    domain: Interval | Sequence[Interval] = ANYWHERE,
    doc: str = "",
    numpy: object = (),
    methods: Sequence[str] = (),
    facts: Facts | None = None,
    vjps: Sequence[Rule] | None = None,
    jvp: Rule | None = None,
    static: bool = False,
    listed: bool = True,
) -> Callable[..., Array]:
    """Declare a function of each entry by its partial derivatives ``partial(y, *x)``; a number where constant.

    ``vjps`` and ``jvp`` are rules that save work, or rounding, over the derived ones; ``static`` says that the forward and the partials take static arguments by keyword as well.
    An op that is not ``listed`` stays out of the table: it is a user's own.
    """
    arity = len(partials)
    return _declare(
        Op(
            name=name,
            kind="elementwise",
            forward=forward,
            vjps=vjps or [_pull_partial(p, i, None if static else arity) for i, p in enumerate(partials)],
            constant_slopes=not any(map(callable, partials)),
            jvp=_fitting(jvp) if jvp else _push_partials(partials),
            facts=facts,
            domain=_intervals(domain, arity),
            doc=doc,
        ),
        None if static else arity,
        numpy,
        methods,
        listed=listed,
    )


def selection(
    name: str,
    forward: Rule,
    *choices: Rule | None,
    domain: Interval | Sequence[Interval] = ANYWHERE,
    doc: str = "",
    numpy: object = (),
    methods: Sequence[str] = (),
    facts: Facts | None = None,
    shares: Sequence[float] | None = None,
    static: bool = False,
) -> Callable[..., Array]:
    """Declare a function that hands on one of its inputs by ``choice(y, *x)``, True where that input was chosen.

    The forward mode selects, so a nan in a branch that was not chosen stays there. ``None`` marks the condition.
    ``shares`` says what part of the cotangent each input gets at a tie under the convention.
    """
    arity = len(choices)
    return _declare(
        Op(
            name=name,
            kind="selection",
            forward=forward,
            vjps=[None if c is None else _pull_partial(c, i, None if static else arity) for i, c in enumerate(choices)],
            jvp=_push_choices(choices),
            facts=facts,
            tied=_pull_shares(facts, choices, shares) if shares and facts else None,
            choices=choices,
            domain=_intervals(domain, arity),
            doc=doc,
        ),
        None if static else arity,
        numpy,
        methods,
    )


def predicate(
    name: str,
    forward: Rule,
    *,
    arity: int | None,
    doc: str = "",
    numpy: object = (),
    methods: Sequence[str] = (),
    facts: Facts | None = None,
    domain: Interval | Sequence[Interval] = ANYWHERE,
) -> Callable[..., Array]:
    """Declare a function without derivative (a comparison, an index, a constant copy), recorded so that a replay can ask again."""
    return _declare(
        Op(name=name, kind="predicate", forward=forward, vjps=(), facts=facts, domain=_intervals(domain, arity or 1), doc=doc),
        arity,
        numpy,
        methods,
    )


def linear(
    name: str,
    forward: Rule,
    transpose: Rule,
    *,
    doc: str = "",
    numpy: object = (),
    methods: Sequence[str] = (),
    arity: int | None = 1,
    static: bool = True,
    domain: Interval | Sequence[Interval] = ANYWHERE,
    holds: Callable[..., bool] | None = None,
) -> Callable[..., Array]:
    """Declare a linear map of its first input by its ``transpose(g, x, **static)``; further inputs are constants.

    With ``arity=None`` it is linear in all its inputs together, and the transpose is told which: ``transpose(i, g, *x, **static)``.
    """
    if arity is None:
        vjps: Sequence[Rule] = PerInput(lambda i, g, _y, *x, **kw: transpose(i, g, *x, **kw))
    else:
        vjps = [lambda g, _y, *x, **kw: transpose(g, *x, **kw)]
    op = Op(name=name, kind="linear", forward=forward, vjps=vjps, domain=_intervals(domain, 1), holds=holds, doc=doc)
    object.__setattr__(op, "jvp", _push_linear(op, joint=arity is None))
    return _declare(op, 1 if arity == 1 and not static else None, numpy, methods)


def bilinear(
    name: str,
    forward: Rule,
    transpose_a: Rule,
    transpose_b: Rule,
    *,
    doc: str = "",
    numpy: object = (),
    methods: Sequence[str] = (),
    static: bool = False,
    domain: Interval | Sequence[Interval] = ANYWHERE,
) -> Callable[..., Array]:
    """Declare a product by its two transposes ``(g, a, b, **static)``; the forward mode is the product rule."""
    op = Op(
        name=name,
        kind="bilinear",
        forward=forward,
        vjps=[_pull_transpose(transpose_a, static=static), _pull_transpose(transpose_b, static=static)],
        domain=_intervals(domain, 2),
        doc=doc,
    )

    def jvp(dx: Sequence[Array | None], _y: Array, a: Array, b: Array, **kw: Any) -> Array:
        da, db = dx
        if da is None:
            return op.call(a, db, **kw)
        return op.call(da, b, **kw) if db is None else op.call(da, b, **kw) + op.call(a, db, **kw)

    object.__setattr__(op, "jvp", jvp)
    return _declare(op, None if static else 2, numpy, methods)


def custom(
    name: str,
    forward: Rule,
    vjps: Sequence[Rule | None] | Rule,
    jvp: Rule,
    *,
    doc: str = "",
    numpy: object = (),
    methods: Sequence[str] = (),
    facts: Facts | None = None,
    tied: Sequence[Rule] | None = None,
    arity: int | None = None,
    domain: Interval | Sequence[Interval] = ANYWHERE,
    listed: bool = True,
) -> Callable[..., Array]:
    """Declare an op by both its modes; a law test obliges them to agree.

    ``vjps`` is one rule per input, or for any number of inputs one rule ``rule(i, g, y, *x, **static)`` that is told which.
    An op that is not ``listed`` stays out of the table: it is a user's own.
    """
    rules: Sequence[Rule | None] = vjps if isinstance(vjps, Sequence) else PerInput(vjps)
    return _declare(
        Op(
            name=name,
            kind="custom",
            forward=forward,
            vjps=rules,
            jvp=jvp,
            facts=facts,
            tied=tied,
            domain=_intervals(domain, arity or 1),
            doc=doc,
        ),
        arity,
        numpy,
        methods,
        listed=listed,
    )


def unscreened(call: Callable[..., Array], *, arity: int | None = None, **instead: Any) -> Callable[..., Array]:
    """Declare the twin of a declared op that answers by its convention where it is not smooth, and is never screened for it.

    Layers use it: their convention is documented, and looking for ties in every batch would cost time and tell nothing new.
    ``instead`` are fields of `Op` that say the convention where the op's own rules do not.
    """
    op = OPS[call.__name__]
    twin = {"name": f"{op.name}_layer", "facts": None, "tied": None, "vjps": op.tied or op.vjps, "screened": op}
    return _declare(dataclasses.replace(op, **twin | instead), arity, (), ())


def door(*numpy: object, methods: Sequence[str] = (), moves: bool = False) -> Callable[[Rule], Rule]:
    """Let the decorated function take the calls of NumPy functions, and install it as methods.

    It puts a call into canonical form once: arrays by position, static arguments by keyword; or composes ops.
    A function that only ``moves`` entries, or casts them, has nothing to round.
    """

    def opened(function: Rule) -> Rule:
        function = function if moves else single(function)
        for key in numpy:
            open_door(key, function)
        for method in methods:
            _install(method, function)
        return function

    return opened


# ---- what follows from a kind ------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def ones(n: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Return what adds up rows, or the entries of a row, as a product: that is faster than a sum over a short axis."""
    made = np.ones(n, dtype)
    made.flags.writeable = False
    return made


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """Sum ``g`` down to ``shape``: the transpose of broadcasting."""
    if g.shape == shape:
        return g
    if type(g) is np.ndarray and g.ndim == 2 and g.dtype.kind == "f" and g.shape[1:] == shape:
        return (ones(len(g), g.dtype) if len(g) <= MANY_ROWS else np.ones(len(g), g.dtype)).dot(g)
    if type(g) is np.ndarray and g.shape[1:] == shape:
        return np.add.reduce(g, 0)
    extra = g.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(i + extra for i, n in enumerate(shape) if n == 1 and g.shape[i + extra] != 1)
    total = g.sum(axis=axes, keepdims=True)
    return total.reshape(shape)


def _pull_transpose(transpose: Rule, *, static: bool) -> Rule:
    if static:
        return lambda g, _y, a, b, **kw: transpose(g, a, b, **kw)
    return lambda g, _y, a, b: transpose(g, a, b)


def _pull_partial(partial: Rule | float, i: int, arity: int | None) -> Rule:
    """Return the vjp of one input of an elementwise op from its partial derivative."""
    if not callable(partial):
        return _pull_constant(partial, i, arity)
    if arity == 1:
        return lambda g, y, x: g * partial(y, x)
    if arity == 2 and i == 0:

        def first(g: Array, y: Array, a: Array, b: Array) -> Array:
            r = g * partial(y, a, b)
            return r if r.shape == a.shape else unbroadcast(r, a.shape)

        return first
    if arity == 2:

        def second(g: Array, y: Array, a: Array, b: Array) -> Array:
            r = g * partial(y, a, b)
            return r if r.shape == b.shape else unbroadcast(r, b.shape)

        return second

    def nth(g: Array, y: Array, *x: Array, **static: Any) -> Array:
        return unbroadcast(g * partial(y, *x, **static), x[i].shape)

    return nth


def _pull_shares(facts: Facts, choices: Sequence[Rule | None], shares: Sequence[float]) -> Sequence[Rule]:
    """Return the vjps of a selection that divide the cotangent where it is tied."""

    def rule(i: int, choice: Rule) -> Rule:
        def vjp(g: Array, y: Array, *x: Array, **static: Any) -> Array:
            return unbroadcast(np.where(facts.tie(y, *x, **static), g * shares[i], g * choice(y, *x, **static)), x[i].shape)

        return vjp

    return [rule(i, c) for i, c in enumerate(choices) if c is not None]


def _pull_constant(c: float, i: int, arity: int | None) -> Rule:  # sums of two are on the path of every model
    if c == 1 and arity == 2:
        if i == 0:
            return lambda g, _y, a, _b: g if g.shape == a.shape else unbroadcast(g, a.shape)
        return lambda g, _y, _a, b: g if g.shape == b.shape else unbroadcast(g, b.shape)
    if c == 1:
        return lambda g, _y, *x: g if g.shape == x[i].shape else unbroadcast(g, x[i].shape)
    if c == -1:
        return lambda g, _y, *x: -g if g.shape == x[i].shape else unbroadcast(-g, x[i].shape)
    if c == 0:
        return lambda _g, _y, *x: np.zeros_like(x[i])
    return lambda g, _y, *x: unbroadcast(g * c, x[i].shape)


def _fit(dy: Array, y: Array) -> Array:
    """Give a tangent the shape of its result: an input that was broadcast moves every copy."""
    if not hasattr(dy, "shape"):  # a NumPy number times a Python complex number
        dy = np.asarray(dy)[()]
    return dy if dy.shape == y.shape else np.broadcast_to(dy, y.shape)


def _fitting(jvp: Rule) -> Rule:
    """Make a rule return a tangent of its result's shape."""
    return lambda dx, y, *x, **static: _fit(jvp(dx, y, *x, **static), y)


def _push_partials(partials: Sequence[Rule | float]) -> Rule:
    def jvp(dx: Sequence[Array | None], y: Array, *x: Array, **static: Any) -> Array:
        total = None
        for d, p in zip(dx, partials, strict=True):
            if d is None:
                continue
            term = d * p(y, *x, **static) if callable(p) else d if p == 1 else d * p
            total = term if total is None else total + term
        return _fit(total, y)

    return jvp


def _push_choices(choices: Sequence[Rule | None]) -> Rule:
    def jvp(dx: Sequence[Array | None], y: Array, *x: Array, **static: Any) -> Array:
        total = None
        for d, choice in zip(dx, choices, strict=True):
            if d is None or choice is None:
                continue
            term = np.where(choice(y, *x, **static), d, 0.0)
            total = term if total is None else total + term
        return np.zeros_like(y) if total is None else _fit(total, y)

    return jvp


def _push_linear(op: Op, *, joint: bool) -> Rule:
    def jvp(dx: Sequence[Array | None], _y: Array, *x: Array, **static: Any) -> Array:
        if joint:
            return op.call(*[np.zeros_like(v) if d is None else d for d, v in zip(dx, x, strict=True)], **static)
        return op.call(dx[0], *x[1:], **static)

    return jvp


# ---- entering the tables -----------------------------------------------------------------------------------------------


def _declare(op: Op, arity: int | None, numpy: object, methods: Sequence[str], *, listed: bool = True) -> Callable[..., Array]:
    call = caller(op, arity)
    call.__name__ = call.__qualname__ = op.name
    call.__doc__ = op.doc
    call.__dict__["op"] = op  # a function says which op it calls
    object.__setattr__(op, "call", call)
    if listed:
        enter(op)
    for key in numpy if isinstance(numpy, tuple) else (numpy,):
        open_door(key, call)
    for method in methods:
        _install(method, call)
    return call


def _install(method: str, function: Rule) -> None:
    """Give every kind of array the method; ``__radd__`` and its like get their operands in written order."""
    if method.startswith("__r") and method not in {"__round__", "__reversed__", "__repr__"}:
        setattr(Kind, method, lambda self, other: function(other, self))
    else:
        setattr(Kind, method, function)


def _intervals(domain: Interval | Sequence[Interval], arity: int) -> tuple[Interval, ...]:
    if isinstance(domain[0], int | float):
        return (domain,) * arity  # type: ignore[return-value]
    return tuple(domain)  # type: ignore[arg-type]


def replaced(op: Op, **changes: Any) -> Op:
    """Return a copy of an op with other facts, for tests that plant a mistake; the table is left alone."""
    return dataclasses.replace(op, **changes)
