"""One kink op at a point: where it is tied, the branches that meet there, and what each adds."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import unbroadcast
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor
from tinygrad_loss.nonsmooth.bends import ordered_groups
from tinygrad_loss.nonsmooth.germ import ROUNDING, Germ, constant, germ, of_shape, variable

__all__ = ["Kink", "Lock", "plain", "symmetric"]

NORMS: Final = frozenset({"norm2", "distance2"})
"""Ops that are a norm of their input's tangent at a tie."""
SAME: Final = 1e-9
"""Eigenvalues this close, relative to the largest, are equal."""


class Kink:
    """One kink op: where it is tied, and what its ordinary rule says there.

    Entry by entry ops are locked at their tied entries only (``at``), others as a whole (``at`` is None).
    """

    def __init__(self, t: Tensor, values: list[Array], y: Array) -> None:
        op, inputs, static = t.node
        self.op, self.static, self.shape, self.value = op, static, t.shape, y
        self.flows = [i for i, x in enumerate(inputs) if type(x) is Tensor and x.track & NEEDS_GRAD]
        self.at: np.ndarray | None = None  # positions in the flattened result
        if op.kind in {"elementwise", "selection"}:
            hit = op.facts.tie(t.value, *(x.value if type(x) is Tensor else x for x in inputs), **self.static)  # type: ignore[union-attr]
            self.at = np.flatnonzero(of_shape(hit, t.shape))
        self.here = [self.gathered(x) for x in values]
        self.ordinary = {} if self.at is None else self._partials(self.here, self.gathered(y))

    @property
    def crowded(self) -> bool:
        """Whether more than two equal operands are selected between somewhere: more than two branches meet there."""
        y = self.gathered(self.value)
        return self.op.kind == "selection" and bool(np.any(sum(np.equal(x, y).astype(int) for x in self.here) > 2))

    def adds_even_terms(self, moving: int) -> bool:
        """Whether what the op adds to a slope beyond a linear term is the same along v and -v, with so many inputs that move."""
        return self.op.name in NORMS or (self.at is not None and (moving == 1 or (moving == 2 and not self.crowded)))

    def gathered(self, x: Array) -> Array:
        """Return the entries of an operand, or of a cotangent, at the tied entries of the result."""
        if self.at is None or not isinstance(x, np.ndarray | np.generic) or not x.ndim:
            return x
        return of_shape(x, self.shape).take(self.at)

    def scattered(self, into: np.ndarray, entries: Array) -> np.ndarray:
        """Return an array with its entries at the tied ones replaced."""
        mended = into.copy()  # contiguous, so that its flat form is a view
        mended.reshape(-1)[self.at] = entries
        return mended

    def alone(self, entries: Array, dtype: np.dtype[Any]) -> np.ndarray:
        """Return zeros but for the entries at the tied ones."""
        made = np.zeros(self.shape, dtype)
        made.reshape(-1)[self.at] = entries
        return made

    def locked(self, dx: list[Array | None]) -> "Lock":
        """Lock the op on the branch that the tangents of its inputs point to."""
        steps = [None if d is None else self.gathered(d) for d in dx]
        x = [v if d is None else variable(v, d) for v, d in zip(self.here, steps, strict=True)]
        return Lock(self, steps, x, {} if self.at is None else self._partials(x, None))

    def _partials(self, x: list[Array], y: Array) -> dict[int, np.ndarray]:
        """Return the partial derivatives at the tied entries, or on germs just beside them; a selection's are its choices."""
        op = self.op
        if op.choices is not None:
            return {i: op.choices[i](None, *x, **self.static) for i in self.flows}  # type: ignore[misc]
        if y is None:
            y = germ(op.call(*x, **self.static))
        whole = [v if isinstance(v, Germ) or np.ndim(v) else np.full(y.shape, v) for v in x]
        return {i: plain(op.vjps[i](np.ones(y.shape), y, *whole, **self.static)) for i in self.flows}  # type: ignore[misc]


@dataclass
class Lock:
    """A kink op locked along one direction.

    Attributes:
        kink: the op and its tied entries.
        dx: the tangents of its inputs there.
        x: its inputs there as germs of first order.
        partials: the partial derivatives of the branch, per input that moves; none for an op that is locked as a whole.
    """

    kink: Kink
    dx: list[Array | None]
    x: list[Array]
    partials: dict[int, np.ndarray]

    @cached_property
    def y(self) -> Germ:
        """The result of an op that is locked as a whole, as a germ of first order."""
        return germ(self.kink.op.call(*self.x, **self.kink.static))

    @cached_property
    def slope(self) -> np.ndarray:
        """The one-sided derivative of the result."""
        kink = self.kink
        if kink.at is None:
            return self.y.coefficient(1)
        return np.asarray(sum(self.partials[i] * self.dx[i] for i in kink.flows if self.dx[i] is not None))

    @property
    def branches(self) -> bytes:
        """The branches taken, as a key: the partial derivatives, or the order of equal entries."""
        if self.kink.at is not None:
            return b"".join(np.asarray(p, np.float64).tobytes() for p in self.partials.values())
        step = np.asarray(self.dx[0])
        steps = ordered_groups(self.kink.op.name, self.kink.static.get("axis"), self.kink.here[0], [step], np.ones(self.kink.shape))
        return b"".join(g.places[np.argsort(g.rows[:, 0], kind="stable")[g.handed]].tobytes() for g in steps or ())

    def difference(self, i: int, ordinary: Array, added: Array | None, y: Array, values: list[Array]) -> Array | None:
        """Return what the locked branch adds to the cotangent of one input, beyond the ordinary rule on the cotangent ``ordinary``.

        ``added`` is what branches further down add to the result's own cotangent; None is nothing.
        """
        kink = self.kink
        rule, static = kink.op.vjps[i], kink.static
        if kink.at is None:
            total = ordinary if added is None else ordinary + added
            return plain(rule(constant(total), self.y, *self.x, **static)) - rule(ordinary, y, *values, **static)  # type: ignore[misc]
        passed = None if added is None else rule(added, y, *values, **static)  # type: ignore[misc]
        change = np.subtract(self.partials[i], kink.ordinary[i], dtype=np.float64)
        if not change.any():
            return passed
        total = kink.gathered(ordinary) if added is None else kink.gathered(ordinary) + kink.gathered(added)
        mended = unbroadcast(kink.alone(change * total, y.dtype), values[i].shape)
        return mended if passed is None else passed + mended


def symmetric(values: Array, g: np.ndarray, *, zero: bool) -> bool:
    """Whether equal eigenvalues, or equal singular values that are not 0, have equal cotangents: their sum is smooth."""
    chop = ROUNDING.get().chop
    y, g = np.atleast_2d(values), np.atleast_2d(g)
    equal = np.abs(np.diff(y, axis=-1)) <= SAME * np.max(np.abs(y), axis=-1, keepdims=True)
    weights = np.abs(np.diff(g, axis=-1)) <= chop * np.max(np.abs(g), axis=-1, keepdims=True)
    return bool(np.all(~equal | weights)) and not (zero and np.any((y <= SAME * np.max(y, initial=0.0)) & (g != 0)))


def plain(x: Array) -> np.ndarray:
    """Return what a germ is at t = 0."""
    return x.constant if isinstance(x, Germ) else x
