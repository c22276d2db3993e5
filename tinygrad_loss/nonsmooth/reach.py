"""Which places of a record take part in a cotangent: entries of a result with cotangent 0 have no say in its gradient.

A zero cannot be multiplied with what stands at such an entry, because that may be nan or infinite. So it is followed which
entries the others were computed from, by structure: through op after op, whatever their derivatives are.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from tinygrad_loss.context import Policy, at_kinks, without_watching
from tinygrad_loss.engine.declare import unbroadcast
from tinygrad_loss.engine.graph import record_of
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.reverse import Pass, doubtful, own_ties, sweep
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor, tensor
from tinygrad_loss.nonsmooth.germ import of_shape

__all__ = ["bent_in", "moved", "narrowed", "reached", "tied_in"]

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
    record = record_of(rest.root, stops)
    entries = reached(record, {id(rest.root): np.ones(rest.root.shape, bool)})
    hot = tied_in(record, entries)
    rest.hits = {t: g for t, g in rest.hits.items() if id(t) in hot}
    rest.suspects = [t for t in rest.suspects if id(t) in hot]
    fed = set(hot)
    for t in record:
        if not fed.isdisjoint(map(id, t.inputs)):
            fed.add(id(t))
    rest.traced = [t for t in rest.traced if id(t) in fed]
    rest.doubtful = doubtful(rest)
    return rest, {key: entries.get(key, np.zeros(leaf.shape, bool)) for key, leaf in done.leaves.items()}


def moved(y: Tensor, tangents: Mapping[int, Array]) -> tuple[np.ndarray, np.ndarray]:
    """Return which entries of ``y`` were computed from entries that move along tangents, and which from places that are not smooth."""
    moving = {key: np.asarray(v.value if type(v) is Tensor else v) != 0 for key, v in tangents.items()}
    touched: dict[int, np.ndarray] = {}
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        for t in record_of(y, set(tangents)):
            for masks in (moving, touched):
                found = [masks.get(id(x)) for x in t.inputs]
                if any(m is not None and _some(m) for m in found):
                    masks[id(t)] = _downstream(t, found, rng)
            hot = ~np.isfinite(t.value) | _tied(t)
            if hot.any():
                touched[id(t)] = touched.get(id(t), False) | hot
    still = np.zeros(y.shape, bool)
    return moving.get(id(y), still), touched.get(id(y), still)


def bent_in(record: Sequence[Tensor], entries: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Return, by the id of a tensor, the entries at which the derivative of its op is not smooth, though the op is."""
    found = {}
    with np.errstate(all="ignore"), without_watching(), at_kinks("convention"):
        for t in record:
            mine, (op, inputs, static) = entries.get(id(t)), t.node
            if op.facts is not None or mine is None or not mine.any() or op.kind not in {"elementwise", "custom"}:
                continue
            given = [
                _leaf(x) if type(x) is Tensor and x.track & NEEDS_GRAD and x.dtype.kind == "f" else value
                for x, value in zip(inputs, _values(t), strict=True)
            ]
            hit = np.zeros(t.shape, bool)
            for i, x in enumerate(given):
                if type(x) is Tensor:
                    slope = op.vjps[i](np.ones(t.shape, t.dtype), t.value, *given, **static)  # type: ignore[misc]
                    for a in record_of(slope) if type(slope) is Tensor else ():
                        tie = _tied(a)
                        hit |= tie if op.kind == "elementwise" and tie.shape == t.shape else tie.any()
            if (hit & mine).any():
                found[id(t)] = hit & mine
    return found


def _some(mask: np.ndarray) -> bool:
    """Whether any entry is meant; an array that is empty here may have entries beside the point."""
    return mask.size == 0 or bool(mask.any())


def _leaf(x: Tensor) -> Tensor:
    return tensor(x.value, requires_grad=True)


def _values(t: Tensor) -> list[Array]:
    return [x.value if type(x) is Tensor else x for x in t.inputs]


def _tied(t: Tensor) -> np.ndarray:
    """Return the entries at which an op is not smooth."""
    if t.node[0].facts is None:
        return np.zeros(t.shape, bool)
    return np.asarray(of_shape(own_ties(t), t.shape))


def _downstream(t: Tensor, found: list[np.ndarray | None], rng: np.random.Generator) -> np.ndarray:
    op, inputs, static = t.node
    if any(m is not None and m.size == 0 for m in found):
        return np.ones(t.shape, bool)
    if op.by_entry:
        return np.logical_or.reduce([np.broadcast_to(m, t.shape) for m in found if m is not None])
    flows = [type(x) is Tensor and bool(x.track & NEEDS_GRAD) for x in inputs]
    if op.kind not in {"linear", "bilinear"} or any(m is not None and m.any() and not f for m, f in zip(found, flows, strict=True)):
        return np.ones(t.shape, bool)
    dx = [None if m is None or not f else np.where(m, 1.0 + rng.random(m.shape), 0.0) for m, f in zip(found, flows, strict=True)]
    values = _operands(t, rng)
    return np.asarray(op.jvp(dx, t.value, *values, **static)) != 0  # type: ignore[misc]


def reached(record: Sequence[Tensor], start: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Return the entries of every tensor, by its id, that those of ``start`` were computed from."""
    entries = dict(start)
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        for t in reversed(record):
            mine = entries.get(id(t))
            if mine is None or not _some(mine):
                continue
            for x, above in _upstream(t, mine, rng):
                old = entries.get(id(x))
                entries[id(x)] = above if old is None else old | above
    return entries


def tied_in(record: Sequence[Tensor], entries: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Return, by the id of a tensor, the entries among the given ones at which its op is not smooth; tensors without any are left out."""
    whole = any(t.node[0].name in STATED_BY_READERS for t in record)
    found = {}
    with np.errstate(all="ignore"):
        for t in record:
            mine = entries.get(id(t))
            if mine is not None and _some(mine):
                hit = _tied(t) if whole else mine & _tied(t)
                if hit.any():
                    found[id(t)] = hit
    return found


def _upstream(t: Tensor, mine: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[Tensor, np.ndarray]]:
    """Yield each input with those of its entries that the given entries of a result were computed from."""
    op, inputs, static = t.node
    for i, x in enumerate(inputs):
        if type(x) is not Tensor:
            continue
        if op.by_entry:
            yield x, np.asarray(unbroadcast(mine * 1.0, x.shape) != 0)
        elif op.kind in {"linear", "bilinear"} and x.track & NEEDS_GRAD:
            # Random weights let no two of them cancel.
            weights = np.where(mine, 1.0 + rng.random(mine.shape), 0.0)
            yield x, np.asarray(op.vjps[i](weights, t.value, *_operands(t, rng), **static)) != 0  # type: ignore[misc]
        else:
            yield x, np.ones(x.shape, bool)


def _operands(t: Tensor, rng: np.random.Generator) -> list[Array]:
    """Return the operands of a linear op, and generic ones in place of those of a product."""
    values = _values(t)
    return [1.0 + rng.random(np.shape(v)) for v in values] if t.node[0].kind == "bilinear" else values
