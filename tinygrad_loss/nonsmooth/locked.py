"""Branch locking: where only kinks with finite slopes were hit, ordinary passes with each branch chosen by its tangent.

A tangent pass along v, on plain arrays, carries directions to the kinks; there the op runs on germs of first order, which
choose the branch just beside the point. The gradient with the rules on those germs at the kinks, and ordinary rules everywhere
else, is the limit of gradients at x + t v, an element of the Clarke set.

Only what the kinks touch is run again. Cotangents of what depends on no kink's branch are those of the ordinary pass; the
difference that a branch makes starts at its kink and flows, linearly, through what led to it. So tangents and differences run
on what leads to a kink, cotangents on what depends on one (none in training, where those that the pass met will do), and what lies beside is left alone.

Sources: Khan 2018, Branch-locking AD techniques for nonsmooth composite functions, Optimization Methods and Software 33(4-6);
the defect identity telescopes the chain rule over the kinks that were hit.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np

from tinygrad_loss.engine.declare import unbroadcast
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.reverse import Pass
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor
from tinygrad_loss.nonsmooth.bends import ORDERED, SEED, Bends, Evens, Group, bends_of, ordered_groups
from tinygrad_loss.nonsmooth.cotangents import cotangents_at, double, gather
from tinygrad_loss.nonsmooth.germ import CAP, constant, of_shape
from tinygrad_loss.nonsmooth.germ_order import FLAT
from tinygrad_loss.nonsmooth.lock import Kink, Lock, plain, symmetric

__all__ = ["Locked", "Locks"]

Locks: TypeAlias = dict[int, Lock]
"""The locked kinks, by the id of the tensor that each made."""

SPECTRA: Final = frozenset({"eigvalsh", "svdvals"})


class Locked:
    """A recorded function at a point where only kinks with finite slopes were hit.

    ``exact`` computes in double precision, so that branches that cancel do so beyond the rounding of float32.
    """

    def __init__(self, done: Pass, leaves: Sequence[Tensor], *, exact: bool = True) -> None:
        self.done, self.leaves, self.exact = done, list(leaves), exact
        self.doubles: dict[int, Array] = {}
        self.kinks = {id(t): Kink(t, [self._value(x) for x in t.inputs], self._value(t)) for t in done.hits}
        leading, self.feeding = set(self.kinks), set[int]()
        for t in reversed(done.order):
            if id(t) in leading:
                above = {id(x) for x in _flowing(t)}
                leading |= above
                self.feeding |= above
        self.leading = [t for t in done.order if id(t) in leading]
        self.recorded = {id(t): t for t in done.hits}
        self.nested = not self.feeding.isdisjoint(self.kinks)
        self.bent = set(self.kinks)
        """What depends on a kink: there a direction and its opposite are carried each on its own."""
        for t in done.order:
            if not self.bent.isdisjoint(map(id, t.inputs)):
                self.bent.add(id(t))
        self.entering = {id(x) for t in self.leading if id(t) in self.bent for x in _flowing(t)}

    @cached_property
    def ordinary(self) -> list[np.ndarray]:
        """The gradient that the ordinary rules give, one array per leaf."""
        found = [self.done.cotangents.get(id(leaf)) for leaf in self.leaves]
        return [
            np.zeros(leaf.shape) if g is None else np.asarray(double(g), np.float64) for leaf, g in zip(self.leaves, found, strict=True)
        ]

    @cached_property
    def at_kinks(self) -> dict[int, Array]:
        """The cotangents of the kinks under the ordinary rules: those that the pass met, or again in double precision."""
        if not self.exact:
            return {id(t): g.value if type(g) is Tensor else g for t, g in self.done.hits.items()}
        return cotangents_at(self.kinks, self.done, self.bent, self._value)

    def _value(self, x: Array) -> Array:
        if type(x) is not Tensor:
            return x
        if not self.exact:
            return x.value
        found = self.doubles.get(id(x))
        if found is None:
            found = self.doubles[id(x)] = double(x)
        return found

    def locks(self, direction: Sequence[Array]) -> tuple[Locks, Locks]:
        """Carry the tangent ``direction``, and its opposite, to the kinks, and lock each on the branch that it points to."""
        ahead: dict[int, Array] = {
            id(leaf): v if self.exact else v.astype(leaf.dtype) for leaf, v in zip(self.leaves, direction, strict=True)
        }
        for t in self.leading:
            if id(t) not in self.bent and (d := self._tangent(t, ahead)) is not None:
                ahead[id(t)] = d
        back = {key: -d for key, d in ahead.items() if key in self.entering}
        return self._locked(ahead), self._locked(back)

    def ahead(self, direction: np.ndarray) -> Locks:
        """Lock the kinks along one direction, given as one axis of all entries."""
        return self._locked(dict(self._parts(direction)))

    def _parts(self, direction: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        start = 0
        for leaf in self.leaves:
            yield id(leaf), direction[start : start + leaf.size].reshape(leaf.shape)
            start += leaf.size

    def tangents(self, locks: Locks, direction: np.ndarray) -> dict[tuple[int, int], Array]:
        """Return how the inputs of every kink move along a direction while all branches stay locked, by tensor and input."""
        moving: dict[int, Array] = dict(self._parts(direction))
        found: dict[tuple[int, int], Array] = {}
        for t in self.leading:
            lock = locks.get(id(t))
            if lock is None:
                if (d := self._tangent(t, moving)) is not None:
                    moving[id(t)] = d
                continue
            kink, dx = lock.kink, [moving.get(id(x)) if type(x) is Tensor else None for x in t.inputs]
            found.update(((id(t), i), kink.gathered(d)) for i, d in enumerate(dx) if d is not None)
            if id(t) not in self.feeding:
                continue
            if kink.at is None:
                still = [None if d is None else constant(d) for d in dx]
                moving[id(t)] = plain(kink.op.jvp(still, lock.y, *lock.x, **kink.static))  # type: ignore[misc]
                continue
            slope = sum(lock.partials[i] * kink.gathered(dx[i]) for i in kink.flows if dx[i] is not None)
            moving[id(t)] = kink.scattered(np.asarray(self._tangent(t, moving)), slope)
        return found

    @cached_property
    def meets_two_branches(self) -> bool:
        """Whether every kink is two branches that meet, or puts equal entries in order."""
        return all(
            kink.op.name in ORDERED
            or (kink.at is not None and (len(kink.flows) == 1 or (kink.op.kind == "selection" and len(kink.here) == 2)))
            for kink in self.kinks.values()
        )

    def flat_gradient(self, locks: Locks) -> np.ndarray:
        """Return the gradient with the kinks locked, all entries of all leaves on one axis."""
        return np.concatenate([np.ravel(g) for g in self.gradient(locks)])

    def _tangent(self, t: Tensor, moving: dict[int, Array]) -> Array | None:
        op, inputs, static = t.node
        dx = [moving.get(id(x)) if type(x) is Tensor else None for x in inputs]
        if all(d is None for d in dx):
            return None
        return op.jvp(dx, self._value(t), *(self._value(x) for x in inputs), **static)  # type: ignore[misc]

    def _locked(self, moving: dict[int, Array]) -> Locks:
        locks: Locks = {}
        for t in self.leading:
            if id(t) in moving:
                continue
            kink = self.kinks.get(id(t))
            lock = None
            if kink is not None:
                dx = [moving.get(id(x)) if type(x) is Tensor else None for x in t.inputs]
                if all(d is None for d in dx):
                    continue
                lock = locks[id(t)] = kink.locked(dx)
            if id(t) not in self.feeding:
                continue
            if lock is not None and lock.kink.at is None:
                moving[id(t)] = lock.slope
                continue
            moved = self._tangent(t, moving)
            if moved is None:
                continue
            if lock is not None:
                moved = lock.kink.scattered(np.asarray(moved), lock.slope)
            moving[id(t)] = moved
        return locks

    def gradient(self, locks: Locks) -> list[np.ndarray]:
        """Return the gradient with the kinks locked, one array per leaf."""
        added: dict[int, Array] = {}
        for t in reversed(self.leading):
            g, lock = added.pop(id(t), None), locks.get(id(t))
            if g is None and lock is None:
                continue
            op, inputs, static = t.node
            y, values = self._value(t), [self._value(x) for x in inputs]
            for i, x in enumerate(inputs):
                if type(x) is not Tensor or not x.track & NEEDS_GRAD:
                    continue
                if lock is None:
                    gather(added, x, op.vjps[i](g, y, *values, **static))  # type: ignore[misc]
                elif (d := lock.difference(i, self.at_kinks[id(t)], g, y, values)) is not None:
                    gather(added, x, d)
        return [g + added.get(id(leaf), 0.0) for leaf, g in zip(self.leaves, self.ordinary, strict=True)]

    def contributions(self, direction: Sequence[Array]) -> tuple[list[np.ndarray], dict[int, float]]:
        """Return the gradient that the ordinary rules give, and what each kink adds to it along ``direction``.

        The defect identity: f'(x; v) = <gradient, v> + the sum of the contributions, exactly.
        """
        locks, _ = self.locks(direction)
        added = {}
        for key, lock in locks.items():
            kink = lock.kink
            g = kink.gathered(of_shape(self.at_kinks[key], kink.shape))
            if kink.at is None:
                along = kink.op.jvp(lock.dx, kink.value, *kink.here, **kink.static)  # type: ignore[misc]
            else:
                along = sum(kink.ordinary[i] * lock.dx[i] for i in kink.flows if lock.dx[i] is not None)
            added[key] = float(np.sum(g * (lock.slope - along)))
        return self.ordinary, added

    def size(self, locks: Locks) -> float:
        """Return how much the branches of all kinks add to the slope along the locked direction, without regard to sign."""
        total = 0.0
        for key, lock in locks.items():
            kink = lock.kink
            g = kink.gathered(of_shape(self.at_kinks[key], kink.shape))
            total += float(np.sum(np.abs(g) * sum(np.max(np.abs(d), initial=0.0) for d in lock.dx if d is not None)))
        return total

    def bends(self, pairs: Sequence[tuple[Locks, Locks]]) -> Bends | None:
        """Return what the kinks add beyond linear terms, by shape; None where a kink feeds another, or is of no known kind."""
        if self.nested:
            return None
        evens: list[Evens] = []
        groups: list[Group] = []
        for t in self.done.hits:
            if id(t) not in pairs[0][0]:
                continue
            key, g = id(t), np.asarray(self.at_kinks[id(t)])
            ahead, back = [a[key] for a, _ in pairs], [b[key] for _, b in pairs]
            kink = ahead[0].kink
            ordered = ordered_groups(kink.op.name, kink.static.get("axis"), kink.here[0], [np.asarray(a.dx[0]) for a in ahead], g, key)
            if ordered is not None:
                groups.extend(ordered)
            elif kink.adds_even_terms(sum(d is not None for d in ahead[0].dx)):
                g = np.ravel(kink.gathered(of_shape(g, kink.shape)))[:, None]
                up, down = (np.stack([np.ravel(lock.slope) for lock in locks], axis=1) for locks in (ahead, back))
                evens.append(Evens(key, g * (up + down), np.linalg.norm(g * (np.abs(up) + np.abs(down)), axis=1)))
            elif not (kink.op.name in SPECTRA and symmetric(kink.value, g, zero=kink.op.name == "svdvals")):
                return None
        return bends_of(evens, groups)

    def moved(self, bends: Bends, pair: tuple[Locks, Locks]) -> list[np.ndarray]:
        """Return a random combination of the rows on which what remains depends, one array per leaf: 0 where nothing depends on an entry."""
        rng = np.random.default_rng(SEED)
        seeds: dict[int, dict[int, Array]] = {}
        factors = np.append(rng.uniform(1.0, 2.0, len(bends.kept)), 0.0)  # the last for kinks of no shape
        for even, rest, shape in zip(bends.evens, bends.rest, bends.shapes, strict=True):
            ahead, back = pair[0][even.key], pair[1][even.key]
            weights = np.where(rest, factors[shape], 0.0)
            for i, g in self._jump(ahead, back, even, weights):
                _gather_at(seeds, even.key, i, g)
        for group in bends.groups:
            kink = pair[0][group.key].kink
            weights = np.round(2.0**20 * rng.standard_normal(len(group.places)))
            weights[-1] -= np.sum(weights)  # exactly 0 together: what all rows share cancels
            _gather_at(seeds, group.key, 0, _placed(kink.here[0], group.places, weights))
        return self._carried(seeds)

    def private(self, bends: Bends, pair: tuple[Locks, Locks]) -> bool:
        """Whether of every ordered group all rows but one depend on an entry of their own, so that each order of them occurs."""
        rng = np.random.default_rng(SEED)
        groups = [g for g in bends.groups if not g.curvature]
        once, twice = ([rng.uniform(1.0, 2.0, len(g.places)) for g in groups] for _ in range(2))
        carried = []
        for weights in (once, twice):
            seeds: dict[int, dict[int, Array]] = {}
            for group, w in zip(groups, weights, strict=True):
                _gather_at(seeds, group.key, 0, _placed(pair[0][group.key].kink.here[0], group.places, w))
            carried.append(np.concatenate([np.ravel(a) for a in self._carried(seeds)]))
        with np.errstate(all="ignore"):
            seen = np.sort(carried[1] / carried[0])
        for w, z in zip(once, twice, strict=True):
            ratio = z / w
            nearest = seen[np.clip(np.searchsorted(seen, ratio - 1e-12), 0, len(seen) - 1)]
            if np.count_nonzero(np.abs(nearest - ratio) > 1e-12) > 1:
                return False
        return True

    def _jump(self, ahead: Lock, back: Lock, even: Evens, weights: np.ndarray) -> Iterator[tuple[int, Array]]:
        """Yield, per input, what weighted kinks add to its cotangent on one side beyond the other."""
        kink = ahead.kink
        values = kink.here
        if even.places is not None:
            yield 0, _placed(values[0], even.places[0], weights[0] * np.array([1.0, -1.0]))
            return
        g = of_shape(self.at_kinks[even.key], kink.shape)
        if kink.at is None:
            total = np.reshape(weights, kink.shape) * g
            for i in kink.flows:
                one, other = (
                    plain(kink.op.vjps[i](constant(total), lock.y, *lock.x, **kink.static))  # type: ignore[misc]
                    for lock in (ahead, back)
                )
                yield i, one - other
            return
        inputs = self.recorded[even.key].inputs
        for i in kink.flows:
            change = np.subtract(ahead.partials[i], back.partials[i], dtype=np.float64) * kink.gathered(g) * weights
            yield i, unbroadcast(kink.alone(change, np.dtype(np.float64)), inputs[i].shape)

    def _carried(self, seeds: Mapping[int, Mapping[int, Array]]) -> list[np.ndarray]:
        """Carry cotangents of kinks' inputs to the leaves."""
        added: dict[int, Array] = {}
        for t in reversed(self.leading):
            g = added.pop(id(t), None)
            op, inputs, static = t.node
            for i, more in seeds.get(id(t), {}).items():
                gather(added, inputs[i], more)
            if g is None:
                continue
            y, values = self._value(t), [self._value(x) for x in inputs]
            for i, x in enumerate(inputs):
                if type(x) is Tensor and x.track & NEEDS_GRAD:
                    gather(added, x, op.vjps[i](g, y, *values, **static))  # type: ignore[misc]
        return [np.asarray(of_shape(added.get(id(leaf), 0.0), leaf.shape), np.float64) for leaf in self.leaves]


def _placed(x: Array, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    made = np.zeros(np.shape(x))
    made.reshape(-1)[places] = weights
    return made


def _gather_at(seeds: dict[int, dict[int, Array]], key: int, i: int, g: Array) -> None:
    found = seeds.setdefault(key, {})
    found[i] = g if i not in found else found[i] + g


def _flowing(t: Tensor) -> Iterator[Tensor]:
    """Yield the inputs that a gradient flows to."""
    return (x for x in t.inputs if type(x) is Tensor and x.track & NEEDS_GRAD)


def first_order() -> Any:
    """Return a context in which germs keep one power of t, and agreement to first order counts as equal."""
    return _FirstOrder()


class _FirstOrder:
    def __enter__(self) -> None:
        self.tokens = CAP.set(1), FLAT.set(True)
        self.quiet = np.errstate(all="ignore")
        self.quiet.__enter__()

    def __exit__(self, *_: object) -> None:
        self.quiet.__exit__(None, None, None)
        CAP.reset(self.tokens[0])
        FLAT.reset(self.tokens[1])
