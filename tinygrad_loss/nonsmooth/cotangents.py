"""The cotangents that arrive at kinks, in double precision, and which of them are rounding."""

from collections.abc import Callable, Collection, Mapping

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.reverse import Pass
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor
from tinygrad_loss.nonsmooth.bends import SEED
from tinygrad_loss.nonsmooth.lock import Kink
from tinygrad_loss.nonsmooth.rounding import MARGIN, SHAKES, shaken

__all__ = ["cotangents_at", "double", "gather"]


def cotangents_at(kinks: Mapping[int, Kink], done: Pass, bent: Collection[int], value: Callable[[Array], Array]) -> dict[int, Array]:
    """Return the cotangents of the kinks, by id, where tensors have these values; ``bent`` depends on kinks.

    What rounding alone explains is 0: the cotangent of the scores of ``np.sum(softmax(scores))``, say. Four passes over values that are
    rounded otherwise, at random, tell what it explains.
    """
    found, largest = _met(kinks, done, bent, value)
    small = largest * float(np.finfo(done.root.dtype).eps) ** (2 / 3)
    if any(np.any((g != 0) & (np.abs(g) <= small)) for g in (kinks[key].gathered(g) for key, g in found.items())):
        rng = np.random.default_rng(SEED)
        others = [_met(kinks, done, bent, _rounded_otherwise(kinks, done, value, rng))[0] for _ in range(SHAKES)]
        for key, g in found.items():
            moved = np.max([np.abs(other[key] - g) for other in others], axis=0)
            found[key] = np.where(np.abs(g) <= MARGIN * moved, 0.0, g)
    return found


def _met(kinks: Collection[int], done: Pass, bent: Collection[int], value: Callable[[Array], Array]) -> tuple[dict[int, Array], float]:
    """Return the cotangents of the kinks, and the largest on the way."""
    cotangents: dict[int, Array] = {id(done.root): double(done.seed)}
    found: dict[int, Array] = {}
    largest = 0.0
    for t in reversed(done.order):
        g = cotangents.pop(id(t), None)
        if g is None:
            continue
        largest = max(largest, float(np.max(np.abs(g), initial=0.0)))
        op, inputs, static = t.node
        if id(t) in kinks:
            found[id(t)] = g
        values: list[Array] = []
        for i, x in enumerate(inputs):
            if id(x) not in bent or not x.track & NEEDS_GRAD:
                continue
            values = values or [value(x) for x in inputs]
            gather(cotangents, x, op.vjps[i](g, value(t), *values, **static))  # type: ignore[misc]
    return found, largest


def _rounded_otherwise(
    kinks: Collection[int], done: Pass, value: Callable[[Array], Array], rng: np.random.Generator
) -> Callable[[Array], Array]:
    """Return values as they would be if every op had rounded otherwise, at random; choices stay as they are."""
    now: dict[int, Array] = {}

    def other(x: Array) -> Array:
        return now[id(x)] if id(x) in now else value(x)

    for t in done.order:
        op, inputs, static = t.node
        if op.kind != "predicate" and t.dtype.kind == "f" and id(t) not in kinks:
            y = np.asarray(op.call(*map(other, inputs), **static), np.float64)
            now[id(t)] = shaken(y, rng, float(np.finfo(t.dtype).eps))
    return other


def gather(cotangents: dict[int, Array], x: Tensor, g: Array) -> None:
    """Add a cotangent to what has arrived at a tensor."""
    old = cotangents.get(id(x))
    cotangents[id(x)] = g if old is None else old + g


def double(x: Array) -> Array:
    """Return an operand in double precision."""
    value = x.value if type(x) is Tensor else x
    return (
        value.astype(np.float64)
        if isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "f" and value.dtype != np.float64
        else value
    )
