"""Which entries of a record are the same function of the leaves, and which do not move at all: value numbering, entry by entry.

Where a value is compared with itself (the diagonal of ``x[:, None] > x[None]``), and where an op stands at its kink but its argument
does not move (``abs(x - x)``), nothing happens beside the point. This is known from how the entries were computed, not from their values.
"""

from collections.abc import Collection
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.graph import record_of
from tinygrad_loss.engine.op import Array, Op, meet
from tinygrad_loss.engine.reverse import Pass, doubtful, own_ties, steps
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor
from tinygrad_loss.nonsmooth.germ import of_shape
from tinygrad_loss.nonsmooth.numbers import Numbers, Step, constants, lanes, numbered, winners

__all__ = ["Numbering", "may_step", "screened"]

STEADY: Final = frozenset({"zeros_like", "ones_like", "detach", "isnan", "isinf", "isfinite", "isposinf", "isneginf"})
"""Predicates that step nowhere among finite numbers; where others do that state no tie, nothing is known."""
STEPS: Final = frozenset({"sign", "floor", "ceil", "trunc", "rint"})
"""Ops that are constant wherever they do not jump."""
WINNERS: Final = frozenset({"max", "min", "argmax", "argmin"})
ORDERS: Final = frozenset({"sort", "argsort"})


class Numbering:
    """The numbers of what was recorded from some leaves, those of leaves drawn at random; each is computed when first asked for."""

    def __init__(self, leaves: Collection[int]) -> None:
        self.leaves, self.stops = leaves, set(leaves)
        self.known: dict[int, Numbers] = {}
        self.rng = np.random.default_rng(19700701)

    def of(self, x: Array) -> Numbers:
        """Return what is known of a recorded tensor, or of a constant."""
        if type(x) is Tensor and id(x) not in self.known:
            for s in record_of(x, self.stops):
                self.known[id(s)] = self._step(s)
                self.stops.add(id(s))
        return self._operand(x)

    def _operand(self, x: Array) -> Numbers:
        """Return what is known of an operand; a leaf that is not among those that move stands still."""
        if type(x) is Tensor and id(x) in self.known:
            return self.known[id(x)]
        moves = type(x) is Tensor and id(x) in self.leaves
        value = np.asarray(x.value if type(x) is Tensor else x)
        number = 1.0 + self.rng.random(value.shape) if moves else constants(value)
        found = Numbers(number, np.full(value.shape, not moves), np.zeros(value.shape, bool), rough=False)
        if moves:
            self.known[id(x)] = found
        return found

    def _step(self, t: Tensor) -> Numbers:
        op, inputs, static = t.node
        parts = [self._operand(x) for x in inputs]
        values = [np.asarray(x.value if type(x) is Tensor else x) for x in inputs]
        value = np.asarray(t.value)
        fixed = _fixed(op, parts, static, value.shape)
        tie = np.zeros(value.shape, bool)
        if op.facts is not None:
            tie = of_shape(np.asarray(own_ties(t), bool), value.shape) & ~fixed
            if tie.any():
                tie = tie & ~_with_itself(op, parts, values, static)
        rough = any(p.rough for p in parts) or _unknown(op, parts, values)
        if op.facts is not None and op.facts.nature != "kink":
            rough = rough or bool(tie.any())
        if rough and any(v.size == 0 for v in values):  # what is empty here may not be beside
            number, still = 1.0 + self.rng.random(value.shape), np.zeros(value.shape, bool)
        else:
            number, still = numbered(Step(op, parts, values, value, static, tie, rough))
            still = np.asarray(still | fixed)
        if not rough and (op.kind == "predicate" or op.name in STEPS):
            still = np.ones(value.shape, bool)
        if still.any():
            number = np.where(still, constants(value), number)
        return Numbers(number, still, tie, rough or not bool(np.all(np.isfinite(value) | still)))


def _unknown(op: Op, parts: list[Numbers], values: list[np.ndarray]) -> bool:
    """Whether an op may step where nobody says so."""
    if op.kind != "predicate" or op.facts is not None or op.name in STEADY:
        return False
    return any(v.dtype.kind in "fc" and not p.still.all() for v, p in zip(values, parts, strict=True))


def _fixed(op: Op, parts: list[Numbers], static: dict[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    """Return the entries of a result all of whose inputs stand still."""
    stills = [p.still for p in parts]
    if op.by_entry and np.broadcast_shapes(*(s.shape for s in stills)) == shape:
        return np.logical_and.reduce([of_shape(s, shape) for s in stills])
    if len(stills) == 1 and op.kind != "linear" and "axis" in static:
        y = np.all(stills[0], axis=lanes(static, stills[0].ndim))
        if y.size == np.prod(shape, dtype=int):
            return np.asarray(y).reshape(shape)
    return np.full(shape, all(bool(s.all()) for s in stills))


def _with_itself(op: Op, parts: list[Numbers], values: list[np.ndarray], static: dict[str, Any]) -> np.ndarray:
    """Return where all that meet at a tie are one function, so that they never part."""
    if op.facts is not None and op.facts.tie is meet:
        return np.asarray(parts[0].number == parts[1].number)
    if op.name in WINNERS:
        low, high = winners(op.name, parts[0].number, values[0], static)
        return np.asarray(low == high).reshape(np.shape(op.forward(values[0], **static)))
    if op.name in ORDERS:
        axis = static["axis"]
        order = np.argsort(values[0], axis=axis, kind="stable")
        return _one_number_each(np.take_along_axis(values[0], order, axis), np.take_along_axis(parts[0].number, order, axis), axis)
    return np.asarray(False)


def _one_number_each(y: np.ndarray, number: np.ndarray, axis: int) -> np.ndarray:
    """Return, of sorted entries, where all that are equal have one number."""
    y, number = np.moveaxis(y, axis, -1), np.moveaxis(number, axis, -1)
    begins = np.ones(y.shape, bool)
    begins[..., 1:] = y[..., 1:] != y[..., :-1]
    run = np.cumsum(begins.ravel()) - 1
    other = ~begins
    other[..., 1:] &= number[..., 1:] != number[..., :-1]
    return np.moveaxis((np.bincount(run, other.ravel()) == 0)[run].reshape(y.shape), -1, axis)


def may_step(t: Tensor) -> bool:
    """Whether a traced tensor may be another just beside the point, whatever leaves and variables led to it move."""
    record = record_of(t)
    moving = {id(s) for s in record if s.op is not None and s.op.name == "argument"}
    moving |= {id(x) for s in record for x in s.inputs if type(x) is Tensor and x.op is None and x.track & NEEDS_GRAD}
    numbering = Numbering(moving)
    answer = numbering.of(t).rough
    for s in record:  # whoever asks about what is made of these need not number them again
        if not (rough := numbering.of(s).rough) or steps(s) or any(getattr(x, "steady", None) is False for x in s.inputs):
            s.steady = not rough
    return answer


def screened(done: Pass) -> bool:
    """Forget what a pass noticed where a value only meets itself, or does not move; return whether anything doubtful is left."""
    numbering = Numbering(done.leaves)
    ties = {t: numbering.of(t).tie for t in done.hits}
    done.hits = {t: g for t, g in done.hits.items() if ties[t].any()}
    done.suspects = [t for t in done.suspects if t in done.hits and _matters(t, ties[t], done.hits[t])]
    done.traced = [t for t in done.traced if numbering.of(t).rough]
    done.doubtful = doubtful(done)
    return done.doubtful


def _matters(t: Tensor, tie: np.ndarray, g: Array) -> bool:
    """Whether a tie may show in the gradient: a kink does only where a cotangent arrives."""
    kink = t.op is not None and t.op.facts is not None and t.op.facts.nature == "kink"
    return not kink or bool(np.any(tie & (np.asarray(g.value if type(g) is Tensor else g) != 0)))
