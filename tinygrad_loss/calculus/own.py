"""`op`: a user's own op, declared as ours are, and checked against differences the first time it runs under `debug`."""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.calculus.differences import central, one_sided
from tinygrad_loss.context import RECORDING, REMEMBER_LINES
from tinygrad_loss.engine.declare import custom, elementwise
from tinygrad_loss.engine.explained import explained
from tinygrad_loss.engine.op import Array, Facts, Op, Result, Rule
from tinygrad_loss.engine.reverse import sweep
from tinygrad_loss.engine.tensor import Tensor, tensor

__all__ = ["op"]

ENTRIES_CHECKED: Final = 32


@explained
def op(
    name: str,
    forward: Rule,
    *partials: Rule | float,
    vjps: Sequence[Rule | None] | None = None,
    jvp: Rule | None = None,
    facts: Facts | None = None,
    doc: str = "",
) -> Callable[..., Result]:
    r"""Declare an op of your own: a function with the derivative that you state, differentiable to any order.

    A function written in NumPy needs no declaration; declare one whose derivative you know better,
    because it is stabler or faster than what follows from its parts. Under `debug` the derivative is compared
    with differences of the forward when the op first runs.

    Args:
        name: what pictures and messages call it.
        forward: ``forward(*x, **static)``, in NumPy; returns an array.
        partials: for a function of each entry, $\partial y / \partial x_i$ as ``partial(y, *x)``, or a number where constant.
        vjps: for any other function, $J_i^\top g$ as ``vjp(g, y, *x, **static)``, one per input; None where there is no gradient.
        jvp: $J\,dx$ as ``jvp(dx, y, *x, **static)``, where ``dx[i]`` is None if input ``i`` does not move; derived from ``vjps`` by default.
        facts: where it is not smooth.
        doc: the formula.

    Returns:
        The function to call, on tensors, arrays and numbers.

    Raises:
        DomainError: neither ``partials`` nor ``vjps`` were given, or both.
        WrongDerivativeError: on the first call under `debug`, when the derivative is not that of the forward.

    >>> import numpy as np, tinygrad_loss as tl
    >>> cube = tl.op("cube", lambda x: x * x * x, lambda y, x: 3.0 * x * x)
    >>> tl.grad(cube)(2.0), tl.grad(tl.grad(cube))(2.0)
    (array(12.), array(12.))
    """
    if bool(partials) == (vjps is not None):
        raise errors.DomainError(
            errors.say(
                f"tl.op({name!r})",
                "a derivative is declared by partials or by vjps=",
                "both" if partials else "neither",
                f"tl.op({name!r}, f, lambda y, x: slope), or tl.op({name!r}, f, vjps=[lambda g, y, x: g * slope])",
            )
        )
    computed = _array_from(name, forward)
    if vjps is None:
        call = elementwise(name, computed, *partials, facts=facts, doc=doc, listed=False)
    else:
        call = custom(name, computed, vjps, jvp or _transposed(vjps), facts=facts, doc=doc, listed=False)
    return _checked(call.op)  # type: ignore[attr-defined]


def _array_from(name: str, forward: Rule) -> Rule:
    """Refuse a forward that returns anything but an array, where it happens and not later."""

    @functools.wraps(forward)
    def computed(*x: Array, **static: Any) -> Array:
        y = forward(*x, **static)
        if not hasattr(y, "dtype") and any(hasattr(v, "dtype") for v in x):
            raise errors.DTypeError(
                errors.say(
                    f"tl.op({name!r})", "forward must return an array", type(y).__name__, "NumPy functions of x: np.exp, not math.exp"
                )
            )
        return y

    return computed


def _transposed(vjps: Sequence[Rule | None]) -> Rule:
    """Return the forward mode: a vjp is linear in its cotangent, so its transpose is the derivative of <vjp(g), dx> in g."""

    def jvp(dx: Sequence[Array | None], y: Array, *x: Array, **static: Any) -> Array:
        g = tensor(np.zeros(y.shape, y.dtype), requires_grad=True)
        total: Any = 0.0
        for rule, d in zip(vjps, dx, strict=True):
            if rule is not None and d is not None:
                total = total + np.sum(rule(g, y, *x, **static) * d)
        if not isinstance(total, Tensor) or not total.requires_grad:
            return np.zeros_like(y)
        again = any(isinstance(v, Tensor) for v in (y, *x, *dx))
        one = np.ones_like(total.value)
        done = sweep(total, tensor(one) if again else one, policy="convention", stops={id(g)}, differentiable=again)
        return done.cotangents.get(id(g), np.zeros_like(y))

    return jvp


def _checked(declared: Op) -> Callable[..., Array]:
    """Return the function to call, which compares the rules with differences once, under `debug`."""
    raw = declared.call
    seen: list[bool] = []

    @functools.wraps(raw)
    def call(*inputs: Array, **static: Any) -> Array:
        if not seen and RECORDING.get() == REMEMBER_LINES:
            seen.append(True)
            check(declared, [x.value if isinstance(x, Tensor) else x for x in inputs], static)
        return raw(*inputs, **static)

    return call


def check(declared: Op, inputs: Sequence[Any], static: dict[str, Any]) -> None:
    """Compare both modes of an op with differences of its forward, at up to 32 entries of each input."""
    x = [np.asarray(v, np.float64)[()] if _moves(declared, i, v) else v for i, v in enumerate(inputs)]
    with np.errstate(all="ignore"):
        y = declared.forward(*x, **static)
        for weights, of in ((np.ones_like(y), "the sum of its values"), (_uneven(y), "a weighted sum of its values")):
            for i, index in _places(declared, x):
                _compare(declared, x, static, (i, index), weights, of)


def _moves(declared: Op, i: int, x: Any) -> bool:
    """Whether the op has a derivative in an input: a floating one for which a rule was declared."""
    return declared.vjps[i] is not None and np.asarray(x).dtype.kind == "f"


def _places(declared: Op, x: Sequence[Any]) -> Iterator[tuple[int, tuple[int, ...]]]:
    for i, v in enumerate(x):
        if _moves(declared, i, v):
            entries = list(np.ndindex(np.shape(v)))
            stride = max(1, len(entries) // ENTRIES_CHECKED)
            yield from ((i, index) for index in entries[::stride])


def _uneven(y: Array) -> Array:
    """Return weights that no symmetry of an op maps onto each other."""
    return np.reshape(np.cos(np.arange(1.0, np.size(y) + 1.0)), np.shape(y))[()]


def _compare(declared: Op, x: Sequence[Any], static: dict[str, Any], place: tuple[int, tuple[int, ...]], weights: Array, of: str) -> None:
    i, index = place
    unit = np.zeros(np.shape(x[i]))
    unit[index] = 1.0
    step = max(1.0, abs(float(np.asarray(x[i])[index])))

    def along(t: float) -> Array:
        moved = [v + t * step * unit[()] if k == i else v for k, v in enumerate(x)]
        return np.sum(declared.forward(*moved, **static) * weights) / step

    numeric, left, right = central(along), one_sided(along, -1), one_sided(along, 1)
    y = declared.forward(*x, **static)
    pulled = declared.vjps[i](weights, y, *x, **static)  # type: ignore[misc]
    if np.shape(pulled) != unit.shape:
        raise errors.misfits(
            declared.name,
            f"the vjp of input {i} must have that input's shape",
            {"the vjp": np.shape(pulled), f"input {i}": unit.shape},
            "np.sum(..., keepdims=True)",
            mismatch.unequal,
        )
    dx = [unit[()] if k == i else None for k in range(len(x))]
    pushed = np.sum(declared.jvp(dx, y, *x, **static) * weights)  # type: ignore[misc]
    scale = max(1.0, abs(float(numeric.value)))
    undecided = not numeric.error <= 1e-4 * scale or not abs(left.value - right.value) <= 1e-4 * scale  # a kink, or outside the domain
    for said, mode in ((float(np.asarray(pulled)[index]), "reverse"), (float(pushed), "forward")):
        if not undecided and not abs(said - numeric.value) <= 10.0 * numeric.error + 1e-8 * scale:
            raise errors.WrongDerivativeError(
                errors.say(
                    declared.name,
                    f"its declared derivative ({mode} mode) of {of} in entry {list(index)} of input {i} must be {float(numeric.value):.9g}, "
                    f"the limit of differences (+- {float(numeric.error):.1g})",
                    f"{said:.9g}",
                    f"tl.op({declared.name!r}, ...) with the derivative of its forward",
                )
            )
