"""The gradient at every node, for a picture to show: a pass of its own that leaves the graph and every ``.grad`` alone."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.graph import differentiable_order
from tinygrad_loss.engine.op import Array, Op
from tinygrad_loss.engine.reverse import finite, own_ties, sweep
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor

__all__ = ["Site", "Slopes", "slopes_of"]

BY_ENTRY: Final = frozenset({"elementwise", "selection"})
"""Kinds whose entries do not mix, so that an undefined entry stays where it is."""

ONE_BY_ONE: Final = 16
"""Up to so many sites are told apart, each by a pass of its own."""


@dataclass(frozen=True, slots=True)
class Site:
    """A node at which its op is not smooth.

    Attributes:
        nature: what happens there: a kink, a jump, an infinite slope, or a tied comparison.
        entries: how many entries it concerns.
        size: of how many.
        sides: the op's left and right slope there, where they are two numbers.
    """

    nature: str
    entries: int
    size: int
    sides: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Slopes:
    """What a reverse pass found out about every node.

    Attributes:
        cotangents: the derivative of the result with respect to each node, by id; nan where it is undefined.
        sites: the nodes whose op is not smooth there, by id.
        blamed: the ids of those sites at which the gradient of some leaf is lost; at the others it cancels.
    """

    cotangents: Mapping[int, Array] = field(default_factory=dict)
    sites: Mapping[int, Site] = field(default_factory=dict)
    blamed: frozenset[int] = frozenset()


def slopes_of(root: Tensor) -> Slopes:
    """Return the gradient of ``root`` (of its sum, if it is an array) at every node that led to it."""
    if not root.track & NEEDS_GRAD or not isinstance(root.value, np.ndarray | np.generic):
        return Slopes()
    seed = np.ones_like(root.value)
    done = sweep(root, seed, policy="nan")
    suspects = {id(t) for t in done.suspects}
    traced = {id(t): site for t in done.traced for t, site in _tied_comparisons(t)}
    if done.doubtful:
        from tinygrad_loss.nonsmooth.judge import judge  # noqa: PLC0415  only when a kink was hit

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", errors.UndefinedGradientWarning)
            warnings.simplefilter("ignore", errors.UnprovedGradientWarning)
            judge(done, "nan")
    cotangents, sites = _every_node(root, seed, suspects)
    cotangents.update(done.cotangents)
    lost = {key: gone for key, g in done.cotangents.items() if (gone := ~np.isfinite(np.asarray(g))).any()}
    blamed = _blamed(root, seed, suspects, lost) | set(traced) if lost else set()
    return Slopes(cotangents, {**traced, **sites}, frozenset(blamed))


def _blamed(root: Tensor, seed: Array, suspects: set[int], lost: Mapping[int, Array]) -> set[int]:
    """Return the sites from which a lost entry can be reached."""
    if not 1 < len(suspects) <= ONE_BY_ONE:
        return set(suspects)
    blamed = set()
    for one in suspects:
        alone, _ = _every_node(root, seed, {one})
        if any(np.any(~np.isfinite(np.asarray(alone[key])) & gone) for key, gone in lost.items() if key in alone):
            blamed.add(one)
    return blamed or set(suspects)


def _every_node(root: Tensor, seed: Array, suspects: set[int]) -> tuple[dict[int, Array], dict[int, Site]]:
    """Carry cotangents from the root to the leaves and keep them all; what a site makes undefined becomes nan."""
    order, _ = differentiable_order(root)
    cotangents: dict[int, Array] = {id(root): seed}
    sites: dict[int, Site] = {}
    with np.errstate(all="ignore"):
        for t in reversed(order):
            g = cotangents.get(id(t))
            if g is None or t.op is None:
                continue
            op, inputs, static = t.node
            values = [x.value if type(x) is Tensor else x for x in inputs]
            hit = None
            if id(t) in suspects and op.facts is not None:
                hit = np.broadcast_to(op.facts.tie(t.value, *values, **static), t.shape)
                hit = hit & (np.asarray(g) != 0) if op.facts.nature == "kink" else hit
                sites[id(t)] = Site(op.facts.nature, int(np.count_nonzero(hit)), int(hit.size), op.facts.slopes)
            for i, x in enumerate(inputs):
                if type(x) is Tensor and x.track & NEEDS_GRAD:
                    c = _pulled(op, i, g, hit, t.value, values, static)
                    old = cotangents.get(id(x))
                    cotangents[id(x)] = c if old is None else old + c
    return cotangents, sites


def _pulled(op: Op, i: int, g: Array, hit: Array | None, y: Array, values: list[Array], static: dict[str, Any]) -> Array:
    """Return the cotangent of input ``i``: nan where a kink or a jump reaches it."""
    rule = op.vjps[i]
    if rule is None:
        return np.zeros_like(values[i])
    c = rule(g, y, *values, **static)
    if op.kind in BY_ENTRY and not finite(c) and np.shape(c) == np.shape(g):
        c = np.where((g == 0) & np.isnan(c), 0.0, c)  # nothing comes through a branch that was not chosen
    if hit is None or op.facts is None or op.facts.nature == "infinite":
        return c
    if op.kind in BY_ENTRY:
        ones = np.broadcast_to(hit, y.shape).astype(y.dtype)
        reached = _summed_to(ones, np.shape(values[i]))
    else:
        marked = np.where(hit, np.ones_like(y), np.zeros_like(y))
        reached = rule(marked, y, *values, **static)
        if op.tied is not None:
            reached = np.abs(reached) + np.abs(op.tied[i](marked, y, *values, **static))
    return np.where(reached != 0, np.nan, c)


def _summed_to(a: Array, shape: tuple[int, ...]) -> Array:
    """Sum over the axes along which an operand of ``shape`` was repeated."""
    extra = a.ndim - len(shape)
    axes = (*range(extra), *(i + extra for i, n in enumerate(shape) if n == 1))
    return np.reshape(np.sum(a, axis=axes), shape)


def _tied_comparisons(t: Tensor) -> list[tuple[Tensor, Site]]:
    """Return the comparisons that led to a truth value and whose two sides are equal somewhere."""
    found, stack, seen = [], [t], set()
    while stack:
        t = stack.pop()
        if t.op is None or id(t) in seen or t.track & NEEDS_GRAD:
            continue
        seen.add(id(t))
        if t.op.facts is not None:
            hit = np.broadcast_to(own_ties(t), t.shape)
            if np.count_nonzero(hit):
                found.append((t, Site("tie", int(np.count_nonzero(hit)), int(hit.size), None)))
        stack.extend(x for x in t.inputs if type(x) is Tensor)
    return found
