"""Branch locking: where only kinks with finite slopes were hit, ordinary passes with each branch chosen by its tangent.

A tangent pass along v, on plain arrays, carries directions to the kinks; there the op runs on germs of first order, which
choose the branch just beside the point. A reverse pass then uses the rules on those germs at the kinks, and ordinary rules
everywhere else: its result is the limit of gradients at x + t v, an element of the Clarke set.

Sources: Khan 2018, Branch-locking AD techniques for nonsmooth composite functions, Optimization Methods and Software 33(4-6);
the defect identity telescopes the chain rule over the kinks that were hit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from tinygrad_loss.calculus.germ import CAP, Germ, constant, germ, variable
from tinygrad_loss.calculus.germ_order import FLAT
from tinygrad_loss.engine.declare import unbroadcast
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.reverse import Pass
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor

__all__ = ["Locked", "Locks"]

PARALLEL = 1e-9
"""Tangents whose directions agree to this are parallel: kinks along them can cancel."""


class Kink:
    """One kink op: where it is tied, and what its ordinary rule says there.

    Entry by entry ops are locked at their tied entries only (``at``), others as a whole (``at`` is None).
    """

    def __init__(self, t: Tensor, values: list[Array], y: Array) -> None:
        op, inputs, static, _ = t.node  # type: ignore[misc]
        self.op, self.static, self.shape, self.value = op, static or {}, t.shape, y
        self.flows = [i for i, x in enumerate(inputs) if type(x) is Tensor and x.track & NEEDS_GRAD]
        self.at: tuple[np.ndarray, ...] | None = None
        if op.kind in {"elementwise", "selection"}:
            hit = op.facts.tie(t.value, *(x.value if type(x) is Tensor else x for x in inputs), **self.static)  # type: ignore[union-attr]
            self.at = np.nonzero(np.broadcast_to(hit, t.shape)) if t.ndim else ()
        self.here = [self.gathered(x) for x in values]
        self.ordinary = {} if self.at is None else self._partials(self.here, self.gathered(y))

    def gathered(self, x: Array) -> Array:
        """Return the entries of an operand, or of a cotangent, at the tied entries of the result."""
        if self.at is None or not isinstance(x, np.ndarray | np.generic) or not x.ndim:
            return x
        whole: Array = x if x.shape == self.shape else np.broadcast_to(x, self.shape)
        return whole[self.at]

    def locked(self, dx: list[Array | None]) -> "Lock":
        """Lock the op on the branch that the tangents of its inputs point to."""
        steps = [None if d is None else self.gathered(d) for d in dx]
        x = [v if d is None else variable(v, d) for v, d in zip(self.here, steps, strict=True)]
        if self.at is None:
            y = germ(self.op.call(*x, **self.static))
            return Lock(self, y.coefficient(1), steps, {}, y, x)
        partials = self._partials(x, None)
        slope = np.asarray(sum(partials[i] * steps[i] for i in self.flows if steps[i] is not None))
        return Lock(self, slope, steps, partials)

    def _partials(self, x: list[Array], y: Array) -> dict[int, np.ndarray]:
        """Return the partial derivatives at the tied entries, or on germs just beside them; a selection's are its choices."""
        op = self.op
        if op.choices is not None:
            return {i: op.choices[i](None, *x, **self.static) for i in self.flows}  # type: ignore[misc]
        if y is None:
            y = germ(op.call(*x, **self.static))
        whole = [v if isinstance(v, Germ) or np.ndim(v) else np.full(y.shape, v) for v in x]
        return {i: _plain(op.vjps[i](np.ones(y.shape), y, *whole, **self.static)) for i in self.flows}  # type: ignore[misc]


@dataclass(slots=True)
class Lock:
    """A kink op locked along one direction.

    Attributes:
        kink: the op and its tied entries.
        slope: the one-sided derivative of its result there.
        dx: the tangents of its inputs there.
        partials: the partial derivatives of the branch, per input that moves.
        y, x: for an op that is locked as a whole, its result and inputs as germs of first order.
    """

    kink: Kink
    slope: np.ndarray
    dx: list[Array | None]
    partials: dict[int, np.ndarray]
    y: Germ | None = None
    x: list[Array] = field(default_factory=list)

    def vjp(self, i: int, g: Array, y: Array, values: list[Array]) -> Array:
        """Return the cotangent of one input: the ordinary one, put right at the tied entries."""
        kink = self.kink
        if kink.at is None:
            return _plain(kink.op.vjps[i](constant(g), self.y, *self.x, **kink.static))  # type: ignore[misc]
        ordinary = kink.op.vjps[i](g, y, *values, **kink.static)  # type: ignore[misc]
        change = np.subtract(self.partials[i], kink.ordinary[i], dtype=np.float64)
        if not change.any():
            return ordinary
        change = change * kink.gathered(g)
        if ordinary.shape == kink.shape and kink.shape:
            mended = np.array(ordinary)
            mended[kink.at] += change
            return mended
        mended = np.zeros(kink.shape)
        mended[kink.at] = change
        return ordinary + unbroadcast(mended, values[i].shape)


Locks: TypeAlias = dict[int, Lock]


class Locked:
    """A recorded function at a point where only kinks with finite slopes were hit."""

    def __init__(self, done: Pass, leaves: Sequence[Tensor]) -> None:
        self.done, self.leaves = done, list(leaves)
        self.seed = _double(done.seed)
        self.doubles: dict[int, Array] = {}
        self.kinks = {id(t): Kink(t, [self._value(x) for x in t.node[1]], self._value(t)) for t in done.hits}  # type: ignore[index]
        leading = set(self.kinks)
        nested: set[int] = set()
        for t in reversed(done.order):
            if id(t) in leading and t.node is not None:
                above = {id(x) for x in t.node[1] if type(x) is Tensor and x.track & NEEDS_GRAD}
                leading |= above
                nested |= above
        self.leading = [t for t in done.order if id(t) in leading]
        self.feeding = nested
        self.nested = not nested.isdisjoint(self.kinks)

    def _value(self, x: Array) -> Array:
        """Return a value in double precision, so that branches that cancel do so beyond the rounding of float32."""
        if type(x) is not Tensor:
            return x
        found = self.doubles.get(id(x))
        if found is None:
            found = self.doubles[id(x)] = _double(x)
        return found

    def locks(self, direction: Sequence[Array]) -> Locks:
        """Carry the tangent ``direction`` to the kinks, and lock each on the branch that it points to."""
        moving: dict[int, Array] = {id(leaf): v for leaf, v in zip(self.leaves, direction, strict=True)}
        locks: Locks = {}
        for t in self.leading:
            op, inputs, static, _ = t.node  # type: ignore[misc]
            dx = [moving.get(id(x)) if type(x) is Tensor else None for x in inputs]
            if all(d is None for d in dx):
                continue
            kink = self.kinks.get(id(t))
            lock = None if kink is None else kink.locked(dx)
            if lock is not None:
                locks[id(t)] = lock
            if id(t) not in self.feeding:
                continue
            if lock is not None and lock.kink.at is None:
                moving[id(t)] = lock.slope
                continue
            moved = op.jvp(dx, self._value(t), *(self._value(x) for x in inputs), **static or {})  # type: ignore[misc]
            if lock is not None:
                moved = np.array(moved)
                moved[lock.kink.at] = lock.slope
            moving[id(t)] = moved
        return locks

    def gradient(self, locks: Locks) -> tuple[list[np.ndarray], dict[int, Array]]:
        """Run the reverse pass with the kinks locked; returns one gradient per leaf, and the cotangents of the kinks."""
        cotangents: dict[int, Array] = {id(self.done.root): self.seed}
        at_kinks: dict[int, Array] = {}
        for t in reversed(self.done.order):
            g = cotangents.pop(id(t), None)
            if g is None:
                continue
            op, inputs, static, _ = t.node  # type: ignore[misc]
            lock = locks.get(id(t))
            if id(t) in self.kinks:
                at_kinks[id(t)] = g
            y, values = self._value(t), [self._value(x) for x in inputs]
            for i, x in enumerate(inputs):
                if type(x) is not Tensor or not x.track & NEEDS_GRAD:
                    continue
                cotangent = lock.vjp(i, g, y, values) if lock else op.vjps[i](g, y, *values, **static or {})  # type: ignore[misc]
                old = cotangents.get(id(x))
                cotangents[id(x)] = cotangent if old is None else old + cotangent
        zero = [np.zeros(leaf.shape) for leaf in self.leaves]
        gradients = [np.asarray(cotangents.get(id(leaf), z), np.float64) for leaf, z in zip(self.leaves, zero, strict=True)]
        return gradients, at_kinks

    def contributions(self, direction: Sequence[Array]) -> tuple[list[np.ndarray], dict[int, float]]:
        """Return the gradient that the ordinary rules give, and what each kink adds to it along ``direction``.

        The defect identity: f'(x; v) = <gradient, v> + the sum of the contributions, exactly.
        """
        locks = self.locks(direction)
        gradient, at_kinks = self.gradient({})
        added = {}
        for key, lock in locks.items():
            kink = lock.kink
            g = kink.gathered(np.broadcast_to(at_kinks.get(key, 0.0), kink.shape))
            if kink.at is None:
                along = kink.op.jvp(lock.dx, kink.value, *kink.here, **kink.static)  # type: ignore[misc]
            else:
                along = sum(kink.ordinary[i] * lock.dx[i] for i in kink.flows if lock.dx[i] is not None)
            added[key] = float(np.sum(g * (lock.slope - along)))
        return gradient, added

    def cancels(self, probes: Sequence[Locks], at_kinks: dict[int, Array]) -> bool:
        """Whether all kinks together are proved to cancel: none feeds another, and every class of parallel ones sums to nothing.

        Then f'(x; v) = g v + sum_i b_i |c_i v|, which is linear just when the b_i of parallel c_i cancel.
        """
        if self.nested:
            return False
        tangents, defects = [], []
        for t in self.done.hits:
            if id(t) not in probes[0] or id(t) not in at_kinks:
                continue
            found = _defects([locks[id(t)] for locks in probes], at_kinks[id(t)])
            if found is None:
                return False
            tangents.append(found[0])
            defects.append(found[1])
        if not tangents:
            return True
        return _classes_cancel(np.concatenate(tangents), np.concatenate(defects))


def _plain(x: Array) -> np.ndarray:
    return x.constant if isinstance(x, Germ) else x


def _defects(locks: Sequence[Lock], g: Array) -> tuple[np.ndarray, np.ndarray] | None:
    """Return, per tied entry and probe, the tangent that crosses the kink and what the kink adds beyond its first branch."""
    first = locks[0]
    kink = first.kink
    if kink.at is None or len(first.dx) > 2:
        return None
    g = kink.gathered(np.broadcast_to(g, kink.shape))
    hot = g != 0
    tangents, defects = [], []
    for lock in locks:
        crossing = sum(s * (np.zeros(()) if d is None else d) for s, d in zip((1.0, -1.0), lock.dx, strict=False))
        along = sum(first.partials[i] * lock.dx[i] for i in kink.flows if lock.dx[i] is not None)
        tangents.append(np.broadcast_to(crossing, g.shape)[hot])
        defects.append((g * (lock.slope - along))[hot])
    return np.array(tangents).T, np.array(defects).T


def _double(x: Array) -> Array:
    value = x.value if type(x) is Tensor else x
    return (
        value.astype(np.float64)
        if isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "f" and value.dtype != np.float64
        else value
    )


def _classes_cancel(tangents: np.ndarray, defects: np.ndarray) -> bool:
    """Whether the defects of every class of parallel tangents sum to zero along every probe."""
    length = np.linalg.norm(tangents, axis=1)
    moving = length > 0
    if not np.any(moving):
        return True
    unit = tangents[moving] / length[moving, None]
    lead = np.argmax(np.abs(unit), axis=1)
    unit = unit * np.sign(np.take_along_axis(unit, lead[:, None], 1))
    defects = defects[moving]
    _, classes = np.unique(np.round(unit / PARALLEL), axis=0, return_inverse=True)
    for c in range(int(classes.max()) + 1):
        mine = defects[classes.ravel() == c]
        if np.any(np.abs(mine.sum(axis=0)) > PARALLEL * np.abs(mine).sum(axis=0)):
            return False
    return True


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
