"""Which places of a record take part in a cotangent: entries of a result with cotangent 0 have no say in its gradient.

A zero cannot be multiplied with what stands at such an entry, because that may be nan or infinite. So it is followed which
entries the others were computed from, by structure: through op after op, whatever their derivatives are.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from tinygrad_loss.calculus.germ import of_shape
from tinygrad_loss.context import Policy
from tinygrad_loss.engine.declare import unbroadcast
from tinygrad_loss.engine.graph import record_of
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.reverse import Pass, doubtful, sweep
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor

__all__ = ["moved", "narrowed"]

BY_ENTRY: Final = frozenset({"elementwise", "selection"})
COMPARISONS: Final = frozenset(
    {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and", "logical_or", "logical_not"}
)

STATED_BY_READERS: Final = frozenset({"entmax_level"})
"""Ops that bend where a reader of theirs says so, at whichever entry."""


def narrowed(done: Pass, policy: Policy) -> tuple[Pass, dict[int, np.ndarray]]:
    """Return a pass over those entries of the result alone that have a cotangent, and which entries of each leaf they depend on.

    What it noticed is what they were computed from.
    """
    rest, stops = done, set(done.leaves)
    seed = done.seed
    if type(seed) is Tensor and seed.track:  # the cotangent itself is a variable
        return done, {}
    chosen = np.asarray(seed.value if type(seed) is Tensor else seed) != 0
    if not chosen.all():
        rest = sweep(done.root[chosen], seed[chosen], policy=policy, stops=stops, differentiable=type(seed) is Tensor)
        for key, leaf in done.leaves.items():
            rest.leaves.setdefault(key, leaf)
            rest.cotangents.setdefault(key, np.zeros_like(leaf.value))
    reach = Reach(rest.root, stops)
    rest.hits = {t: g for t, g in rest.hits.items() if id(t) in reach.hot}
    rest.suspects = [t for t in rest.suspects if id(t) in reach.hot]
    rest.traced = [t for t in rest.traced if any(id(a) in reach.hot for a in record_of(t, stops))]
    rest.doubtful = doubtful(rest)
    return rest, {key: reach.entries.get(key, np.zeros(leaf.shape, bool)) for key, leaf in done.leaves.items()}


def moved(y: Tensor, tangents: Mapping[int, Array]) -> tuple[np.ndarray, np.ndarray]:
    """Return which entries of ``y`` were computed from entries that move along tangents, and which from places that are not smooth."""
    moving = {key: np.asarray(v.value if type(v) is Tensor else v) != 0 for key, v in tangents.items()}
    touched: dict[int, np.ndarray] = {}
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        for t in record_of(y, set(tangents)):
            for masks in (moving, touched):
                found = [masks.get(id(x)) for x in t.inputs]
                if any(m is not None and m.any() for m in found):
                    masks[id(t)] = _downstream(t, found, rng)
            hot = ~np.isfinite(t.value) | _tied(t)
            if hot.any():
                touched[id(t)] = touched.get(id(t), False) | hot
    still = np.zeros(y.shape, bool)
    return moving.get(id(y), still), touched.get(id(y), still)


def _tied(t: Tensor) -> np.ndarray:
    """Return the entries at which an op is not smooth."""
    op, inputs, static = t.node
    if op.facts is None:
        return np.zeros(t.shape, bool)
    return of_shape(op.facts.tie(t.value, *(x.value if type(x) is Tensor else x for x in inputs), **static), t.shape)


def _downstream(t: Tensor, found: list[np.ndarray | None], rng: np.random.Generator) -> np.ndarray:
    op, inputs, static = t.node
    if op.kind in BY_ENTRY or op.name in COMPARISONS:
        return np.logical_or.reduce([np.broadcast_to(m, t.shape) for m in found if m is not None])
    flows = [type(x) is Tensor and bool(x.track & NEEDS_GRAD) for x in inputs]
    if op.kind not in {"linear", "bilinear"} or any(m is not None and m.any() and not f for m, f in zip(found, flows, strict=True)):
        return np.ones(t.shape, bool)
    dx = [None if m is None or not f else np.where(m, 1.0 + rng.random(m.shape), 0.0) for m, f in zip(found, flows, strict=True)]
    values = _operands(t, rng)
    return np.asarray(op.jvp(dx, t.value, *values, **static)) != 0  # type: ignore[misc]


class Reach:
    """The entries of every recorded tensor that a result was computed from.

    Attributes:
        entries: a boolean array per tensor, by its id.
        hot: ids of the tensors that are not smooth at such an entry.
    """

    def __init__(self, root: Tensor, stops: set[int]) -> None:
        self.entries: dict[int, np.ndarray] = {id(root): np.ones(root.shape, bool)}
        self.hot: set[int] = set()
        rng = np.random.default_rng(0)
        record = record_of(root, stops)
        whole = any(t.node[0].name in STATED_BY_READERS for t in record)
        with np.errstate(all="ignore"):
            for t in reversed(record):
                mine = self.entries.get(id(t))
                if mine is None or not mine.any():
                    continue
                if np.any(_tied(t) if whole else mine & _tied(t)):
                    self.hot.add(id(t))
                for x, entries in _upstream(t, mine, rng):
                    old = self.entries.get(id(x))
                    self.entries[id(x)] = entries if old is None else old | entries


def _upstream(t: Tensor, mine: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[Tensor, np.ndarray]]:
    """Yield each input with those of its entries that the given entries of a result were computed from."""
    op, inputs, static = t.node
    for i, x in enumerate(inputs):
        if type(x) is not Tensor:
            continue
        if op.kind in BY_ENTRY or op.name in COMPARISONS:
            yield x, np.asarray(unbroadcast(mine * 1.0, x.shape) != 0)
        elif op.kind in {"linear", "bilinear"} and x.track & NEEDS_GRAD:
            # Random weights let no two of them cancel.
            weights = np.where(mine, 1.0 + rng.random(mine.shape), 0.0)
            yield x, np.asarray(op.vjps[i](weights, t.value, *_operands(t, rng), **static)) != 0  # type: ignore[misc]
        else:
            yield x, np.ones(x.shape, bool)


def _operands(t: Tensor, rng: np.random.Generator) -> list[Array]:
    """Return the operands of a linear op, and generic ones in place of those of a product."""
    values = [x.value if type(x) is Tensor else x for x in t.inputs]
    return [1.0 + rng.random(np.shape(v)) for v in values] if t.node[0].kind == "bilinear" else values
