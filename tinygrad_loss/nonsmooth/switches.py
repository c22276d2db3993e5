"""What decides the branches of a record close to its point, and where along rays it changes sign."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nonsmooth.germ import EXACT, Exhausted, Germ, constant, germ, of_shape
from tinygrad_loss.nonsmooth.germ_ring import add
from tinygrad_loss.nonsmooth.near import Near
from tinygrad_loss.nonsmooth.reach import bent_in, reached, tied_in

__all__ = ["Ray", "Switches"]

COMPARING: Final = frozenset(
    {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "maximum", "minimum", "fmax", "fmin", "absolute_error"}
)
"""Ops that decide by the difference of their two operands."""
ORDERING: Final = frozenset(
    {"max", "min", "sort", "argmax", "argmin", "argsort", "cummax", "cummin", "max_winner", "partition", "argpartition"}
)
"""Ops that decide by the differences of equal entries."""
PAIRS_OF_TIES: Final = 256
"""Up to this many differences of equal entries are looked at."""
SMALL: Final = 1e-11
"""A slope this small against the others is 0: what rounding left where a switch turns."""


@dataclass(frozen=True, slots=True)
class Ray:
    """A function along a ray: its value and its switches as series in the step.

    Attributes:
        value: the function.
        sign: of each switch just beside the point; 0 where it stays 0.
        slope: of each switch.
        linear: whether its slope decides its sign.
        known: whether every switch is known.
        certain: whether every branch was decided.
    """

    value: Germ
    sign: np.ndarray
    slope: np.ndarray
    linear: np.ndarray
    known: bool
    certain: bool = True

    def uncertain(self) -> "Ray":
        """Return the same, with branches that were not decided."""
        return replace(self, certain=False)

    def divided_by(self, low: "Ray", high: "Ray", axes: tuple[bool, bool]) -> tuple[float, float] | tuple[()] | None:
        """Return the slopes, at two rays around this one, of the first switch that turns between them.

        () where none does, so that all between the two is one smooth piece; None where that cannot be told.
        """
        if not (self.known and len(self.sign) == len(low.sign) == len(high.sign)):
            return None
        if np.any((self.sign != 0) & ~self.linear):
            return None
        edges = []
        for ray, axis in ((low, axes[0]), (high, axes[1])):
            weak = ~ray.linear | (np.abs(ray.slope) <= SMALL * np.max(np.abs(ray.slope), initial=0.0))
            # Beside an axis steps of any ratio are asked, so there what is beyond first order counts.
            edges.append(ray.sign if axis else np.where(weak, 0.0, ray.sign))
        turns = np.flatnonzero(np.any([(edge != 0) & (edge != self.sign) for edge in edges], axis=0))
        if not len(turns):
            return ()
        a, b = float(low.slope[turns[0]]), float(high.slope[turns[0]])
        return (abs(a), abs(b)) if a * b < 0 else None


class Switches:
    """The places of a record at which a branch is decided by a tie."""

    def __init__(self, near: Near) -> None:
        self.near = near
        record = near.record
        entries = reached(record, {id(near.root): np.ones(near.root.shape, bool)})
        hit = bent_in(record, entries) | tied_in(record, entries)
        self.ties = [(t, np.flatnonzero(hit[id(t)])) for t in record if id(t) in hit]
        self.steps = any(t.node[0].facts is not None and t.node[0].facts.nature == "jump" for t, _ in self.ties)
        above = reached(record, hit)
        self.touched = np.concatenate(
            [np.ravel(above.get(id(leaf), np.zeros(leaf.shape, bool))) for leaf in near.leaves] or [np.zeros(0, bool)]
        )

    def along(self, curve: Mapping[int, Germ]) -> Ray:
        """Return the function and its switches along a curve."""
        now = self.near.replayed_at(curve)
        value = self.near.total(now)
        if value.order <= 2 and not bool(value.missing):
            raise Exhausted
        parts, known = [], True
        for t, at in self.ties:
            found = list(_switches(t, at, now))
            known &= bool(found)
            parts += [_read(u) for u in found]
        sign, slope, linear = (np.concatenate([p[k] for p in parts]) if parts else np.zeros(0) for k in range(3))
        return Ray(value, sign, slope, linear.astype(bool), known)


def _switches(t: Tensor, at: np.ndarray, now: Mapping[int, Array]) -> Iterator[Germ]:
    """Yield what decides the branches of an op at its tied entries; nothing where that is not known."""
    op, inputs, _ = t.node
    values = [now.get(id(x), x.value) if type(x) is Tensor else x for x in inputs]
    if op.name in ORDERING and len(values) == 1:
        x = germ(values[0])
        flat = np.ravel(np.asarray(inputs[0].value))
        first, second = np.nonzero(np.triu(flat[:, None] == flat[None, :], 1))
        if len(first) <= PAIRS_OF_TIES:
            yield x.each(lambda c: np.ravel(of_shape(c, x.shape))[first] - np.ravel(of_shape(c, x.shape))[second])
    elif op.name in COMPARING:
        yield _taken(add(germ(values[0]), germ(values[1]), -1.0), t, at)
    elif op.name == "clip":
        for bound in values[1:]:
            yield _taken(add(germ(values[0]), germ(bound), -1.0), t, at)
    elif (own := _own(t, values)) is not None:
        yield _taken(add(own, constant(own.constant), -1.0), t, at)


def _own(t: Tensor, values: list[Array]) -> Germ | None:
    """Return the operand whose own value decides, where it is one."""
    op, facts = t.node[0], t.node[0].facts
    moving = [x for x in values if isinstance(x, Germ)]
    if facts is None:
        alone = op.kind == "elementwise" and len(moving) <= 1
    else:
        alone = facts.nature != "infinite" and bool(facts.slopes or facts.nature == "jump" or len(values) == 1)
        moving = [germ(values[0])]
    return moving[0] if alone and moving and moving[0].shape == t.shape else None


def _taken(u: Germ, t: Tensor, at: np.ndarray) -> Germ:
    return u.each(lambda c: of_shape(c, t.shape).reshape(-1)[at])


def _read(u: Germ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sign, slope and whether the slope decides; what does not start at 0 is no switch."""
    value, which, keys = u.leading()
    lead = np.array([float(e) if not j else np.nan for e, j in keys] + [np.inf])[which]
    if np.any(np.not_equal(u.order, EXACT) & np.less_equal(u.order, 2) & (which < 0)):
        raise Exhausted
    switching = ~(lead <= 0)
    return np.where(switching, np.sign(value), 0.0), u.coefficient(1), lead == 1
