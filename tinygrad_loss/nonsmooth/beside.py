"""What a record adds beside the places where it is not smooth: terms that need one ordinary pass, and no replay.

Where the result is a sum, f = s(x) + r(x), and no place that is not smooth takes part in s, then s adds its gradient to every
limit of gradients, and its slope along v to every one-sided derivative; only r has to be looked at just beside the point.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.reverse import finite, own_ties
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor
from tinygrad_loss.nonsmooth.entrywise import Terms, single_entries

__all__ = ["Beside", "passes_alone", "smooth_terms"]

SUMS = frozenset({"add", "subtract", "negative", "positive"})


@dataclass(frozen=True, slots=True)
class Beside:
    """The smooth terms of a result.

    Attributes:
        apart: ids of the recorded tensors that take part in nothing else.
        gradient: what they add to the gradient, one array per leaf.
        terms: all other terms, where each is a function of one entry, so that both sides of every entry say all.
    """

    apart: frozenset[int] = frozenset()
    gradient: list[np.ndarray] = field(default_factory=list)
    terms: Terms | None = None


def smooth_terms(root: Tensor, seed: Array, leaves: Sequence[Tensor], record: Sequence[Tensor]) -> Beside:
    """Return the terms of ``root`` in which no place takes part where the record is not smooth."""
    touched = _touched(record)
    tail, needed = {id(root)} & touched, set[int]()
    consumers: dict[int, list[int]] = {}
    for t in record:
        for x in _tensors(t):
            consumers.setdefault(id(x), []).append(id(t))
    for t in reversed(record):
        if id(t) in touched:
            if id(t) != id(root) and all(c in tail for c in consumers[id(t)]):
                tail.add(id(t))
            if not passes_alone(t):
                tail.discard(id(t))
        if id(t) in needed or (id(t) in touched and id(t) not in tail):
            needed.update(map(id, _tensors(t)))
    apart = frozenset(id(t) for t in record) - touched - needed
    body = [t for t in record if id(t) not in tail | apart]
    if not apart or id(root) not in tail:
        return Beside(terms=single_entries(leaves, [t for t in record if id(t) not in tail], _handed(root, seed, record, tail)))
    gradient = _gradient(root, seed, leaves, record, tail, apart)
    if not all(map(finite, gradient)):
        body, apart, gradient = [t for t in record if id(t) not in tail], frozenset(), []
    return Beside(apart, gradient, single_entries(leaves, body, _handed(root, seed, record, tail, apart)))


def _handed(root: Tensor, seed: Array, record: Sequence[Tensor], tail: set[int], apart: frozenset[int] = frozenset()) -> dict[int, Array]:
    """Return the cotangents that the sum hands to its terms, but for those apart."""
    cotangents: dict[int, Array] = {id(root): np.asarray(seed, np.float64)}
    with np.errstate(all="ignore"):
        for t in reversed(record):
            if id(t) not in tail or (g := cotangents.pop(id(t), None)) is None:
                continue
            op, inputs, static = t.node
            values = [x.value if type(x) is Tensor else x for x in inputs]
            for i, x in enumerate(inputs):
                if type(x) is Tensor and x.track & NEEDS_GRAD and id(x) not in apart:
                    cotangent = op.vjps[i](g, t.value, *values, **static)  # type: ignore[misc]
                    old = cotangents.get(id(x))
                    cotangents[id(x)] = cotangent if old is None else old + cotangent
    return cotangents


def _tensors(t: Tensor) -> list[Tensor]:
    return [x for x in t.inputs if type(x) is Tensor]


def _touched(record: Sequence[Tensor]) -> set[int]:
    """Return what depends on a place that is not smooth."""
    touched: set[int] = set()
    with np.errstate(all="ignore"):
        for t in record:
            if not touched.isdisjoint(map(id, _tensors(t))) or _singular(t):
                touched.add(id(t))
    return touched


def _singular(t: Tensor) -> bool:
    op = t.node[0]
    if not finite(t):
        return True
    if op.facts is None:
        return op.kind == "predicate"  # nothing is known of where it steps
    return bool(np.any(own_ties(t)))


def passes_alone(t: Tensor) -> bool:
    """Whether what an op hands back to an input depends on the value of none: it sums, or scales by a constant."""
    op, inputs, _ = t.node
    if not all(x.track & NEEDS_GRAD for x in _tensors(t)):
        return False  # a computed index or condition steers it
    if op.kind == "linear" or op.name in SUMS:
        return True
    return (op.kind == "bilinear" or op.name == "multiply" or (op.name == "divide" and type(inputs[0]) is Tensor)) and len(_tensors(t)) == 1


def _gradient(
    root: Tensor, seed: Array, leaves: Sequence[Tensor], record: Sequence[Tensor], tail: set[int], apart: frozenset[int]
) -> list[np.ndarray]:
    """Carry the cotangent down the sum, into the smooth terms only, and through them to the leaves."""
    cotangents: dict[int, Array] = {id(root): np.asarray(seed, np.float64)}
    with np.errstate(all="ignore"):
        for t in reversed(record):
            g = cotangents.pop(id(t), None)
            if g is None:
                continue
            op, inputs, static = t.node
            values = [x.value if type(x) is Tensor else x for x in inputs]
            for i, x in enumerate(inputs):
                if type(x) is not Tensor or not x.track & NEEDS_GRAD or (id(t) in tail and id(x) not in tail | apart):
                    continue
                cotangent = op.vjps[i](g, t.value, *values, **static)  # type: ignore[misc]
                old = cotangents.get(id(x))
                cotangents[id(x)] = cotangent if old is None else old + cotangent
    zeros = [np.zeros(leaf.shape) for leaf in leaves]
    return [np.asarray(cotangents.get(id(leaf), z), np.float64) for leaf, z in zip(leaves, zeros, strict=True)]
