"""A recorded function close to its point: replayed on germs, forward and backward, without calling the user's code again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final

import numpy as np

from tinygrad_loss.context import without_watching
from tinygrad_loss.engine.graph import differentiable_order, record_of, replay
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.reverse import Pass, pull
from tinygrad_loss.engine.tensor import LEAF, Tensor, tensor
from tinygrad_loss.nonsmooth.beside import Beside, passes_alone, smooth_terms
from tinygrad_loss.nonsmooth.germ import CAP, EXACT, ONE, Exhausted, Germ, constant, germ, rounding_of, variable
from tinygrad_loss.nonsmooth.germ_order import FLAT
from tinygrad_loss.nonsmooth.germ_ring import add
from tinygrad_loss.nonsmooth.germ_work import OverBudget, budget
from tinygrad_loss.nonsmooth.numbering import Numbering
from tinygrad_loss.nonsmooth.overflow import known_part, overflown, underflown
from tinygrad_loss.nonsmooth.rounding import SHAKEN, asked_again, held_in
from tinygrad_loss.nonsmooth.sides import Side, side_of

__all__ = ["CAPS", "Near", "judging", "patiently", "side_along", "steadily"]

CAPS: Final = (2, 4, 8)
"""How many powers of t to keep, in the order tried."""


WORK: Final = 1e8
"""Work that one judgement may take, in the units of `germ_work`: about a second."""
ULPS: Final = 8
"""A jump of up to this many units in the last place of what was computed is rounding."""
EACH: Final = 1e3
"""Work added to that for every recorded entry, so that a large array is looked at more than once."""


@contextmanager
def judging(near: "Near") -> Iterator[None]:
    """Return a context in which a record is judged: with the rounding that it allows, and within a budget.

    Where no rule reads a value, none was rounded by its dtype.
    """
    allowed = WORK + EACH * sum(t.size for t in near.record)
    with rounding_of([] if near.affine else [near.root, *near.leaves]), budget(allowed):
        yield


class Near:
    """A recorded function close to the point at which it was recorded; ``order`` 2 wants its second derivatives too."""

    def __init__(self, root: Tensor, seed: Array, leaves: Sequence[Tensor], order: int = 1) -> None:
        self.root, self.seed, self.leaves, self.order = root, seed, list(leaves), order
        with np.errstate(all="ignore"):
            self.value = float(np.sum(np.asarray(root.value, np.float64) * np.asarray(seed, np.float64)))
        self.trivial = root.size == 1 and float(np.sum(seed)) == 1.0
        self.size = sum(leaf.size for leaf in leaves)

    @cached_property
    def record(self) -> list[Tensor]:
        """Everything recorded between the leaves and the root, inputs first."""
        return record_of(self.root, {id(leaf) for leaf in self.leaves})

    @cached_property
    def affine(self) -> bool:
        """Whether every op has slopes that are the same on all of a branch, or an infinite one, so that values are rounded in no slope."""
        return all(passes_alone(t) or t.node[0].kind == "selection" or t.node[0].name == "absolute" for t in self.record)

    @property
    def within_range(self) -> bool:
        """Whether every number on the way is what it should be, neither too large nor too small for a floating-point number."""
        return not any(underflown(t) or np.any(overflown(t)) for t in self.record)

    @property
    def noise(self) -> float:
        """How far rounding may move the result; as far as it does where values are rounded at random."""
        return self._noise if SHAKEN.get() is None else np.inf

    @cached_property
    def _noise(self) -> float:
        """A few units in the last place of the largest number on the way."""
        return ULPS * float(np.finfo(self.root.dtype).eps) * max(_largest(self.root, {}), self.largest)

    @property
    def largest(self) -> float:
        """The largest number that went into an op."""
        return max(self.scales.values(), default=0.0)

    @cached_property
    def scales(self) -> dict[int, float]:
        """The largest number that went into each recorded op."""
        sizes: dict[int, float] = {}
        return {id(t): max((_largest(x, sizes) for x in t.inputs), default=0.0) for t in self.record}

    @cached_property
    def held(self) -> dict[int, bool | np.ndarray]:
        """What stays as it was recorded where values are rounded otherwise."""
        return held_in(self.record)

    @cached_property
    def numbering(self) -> Numbering:
        """What of the record is known not to move, whatever stands there."""
        return Numbering({id(leaf) for leaf in self.leaves})

    @cached_property
    def beside(self) -> Beside:
        """The terms of the result that are smooth: known from one ordinary pass, so that nothing replays them."""
        if self.order > 1:
            return Beside()
        seed = self.seed.value if type(self.seed) is Tensor else self.seed
        return smooth_terms(self.root, seed, self.leaves, self.record)

    @cached_property
    def replayed(self) -> list[Tensor]:
        """What has to be looked at just beside the point."""
        return [t for t in self.record if id(t) not in self.beside.apart]

    def result_along(self, direction: Sequence[Array]) -> Germ:
        """Return the recorded result at x + t v, of its own shape."""
        return self._result(direction, self.record)

    def along(self, direction: Sequence[Array]) -> Germ:
        """Return f(x + t v), the sum of the result's entries with their cotangents."""
        return self._total(self._result(direction, self.replayed), direction)

    def along_curve(self, direction: Sequence[Array], bend: Sequence[Array]) -> Germ:
        """Return f(x + t v + t^2 w)."""
        curve = {
            id(leaf): add(variable(leaf.value, v), Germ({(2, 0): np.asarray(w, np.float64)}, leaf.shape))
            for leaf, v, w in zip(self.leaves, direction, bend, strict=True)
        }
        return self._total(self._root_of(self.replayed, curve), direction)

    def _result(self, direction: Sequence[Array], record: list[Tensor]) -> Germ:
        return self._root_of(record, {id(leaf): variable(leaf.value, v) for leaf, v in zip(self.leaves, direction, strict=True)})

    def _root_of(self, record: list[Tensor], given: dict[int, Array]) -> Germ:
        return germ(self._run(record, given).get(id(self.root), self.root.value))

    def replayed_at(self, curve: Mapping[int, Array]) -> dict[int, Array]:
        """Run the whole record along a curve, given as one germ per id of a leaf."""
        return self._run(self.record, dict(curve))

    def total(self, now: Mapping[int, Array]) -> Germ:
        """Return the sum of the result's entries with their cotangents, of a replay of the whole record."""
        return self._total(germ(now.get(id(self.root), self.root.value)), ())

    def _total(self, y: Germ, direction: Sequence[Array]) -> Germ:
        total = y.each(lambda c: np.reshape(c, ())) if self.trivial else germ(np.sum(y * self.seed))
        if not self.beside.apart:
            return total
        slope = np.asarray(sum(float(np.vdot(g, v)) for g, v in zip(self.beside.gradient, direction, strict=True)))
        return add(total, Germ({(1, 0): slope}, (), 2))

    def entries_along(self, direction: Sequence[Array]) -> tuple[Germ, np.ndarray]:
        """Return what the terms that depend on one entry each add, entry by entry, at x + t v, and what they add at x."""
        terms = self.beside.terms
        if terms is None:
            return constant(np.zeros(self.size)), np.zeros(self.size)
        given = {id(leaf): variable(leaf.value, v) for leaf, v in zip(self.leaves, direction, strict=True)}
        found = self._run(terms.record, given)
        recorded = {id(t): t for t in [*self.leaves, *terms.record]}
        total, here = constant(np.zeros(self.size)), np.zeros(self.size)
        for key in terms.cotangents:
            y = germ(found.get(key, recorded[key].value))
            total = add(total, y.each(lambda c, key=key: terms.summed(key, c, self.size)))  # type: ignore[misc]
            here = here + terms.summed(key, np.asarray(recorded[key].value, np.float64), self.size)
        return total, here

    @cached_property
    def detached(self) -> set[int]:
        """What depends on a number whose own gradient is left out on purpose, as that of a shift that cancels."""
        found: set[int] = set()
        for t in self.record:
            number = t.node[0].kind == "predicate" and t.dtype.kind == "f"
            if number or not found.isdisjoint(map(id, t.inputs)):
                found.add(id(t))
        return found

    def gradient_along(self, direction: Sequence[Array]) -> tuple[Germ, list[Germ]]:
        """Return f(x + t v) and its gradient there, entry by entry, as germs."""
        given = {id(leaf): _leaf(variable(leaf.value, v)) for leaf, v in zip(self.leaves, direction, strict=True)}
        generic = all(np.all(v) for v in direction)
        y = self._run(self.replayed, given, generic=generic).get(id(self.root))
        zero = [constant(np.zeros(leaf.shape)) for leaf in self.leaves]
        if not isinstance(y, Tensor) or not y.requires_grad:
            return constant(np.float64(self.value)), zero  # nothing that moves leads here
        seed = constant(np.broadcast_to(self.seed, y.shape))
        seed.absorbs = True
        order, leaves = differentiable_order(y)
        done = Pass(y, seed, order, leaves, {id(y): seed})
        with np.errstate(all="ignore"):
            pull(done, policy=None)
        gradients = [germ(done.cotangents.get(id(given[id(leaf)]), z)) for leaf, z in zip(self.leaves, zero, strict=True)]
        if self.beside.apart:
            gradients = [add(g, constant(more)) for g, more in zip(gradients, self.beside.gradient, strict=True)]
        return self._total(germ(y.value), direction), gradients

    def _run(self, record: list[Tensor], given: dict[int, Array], *, generic: bool = False) -> dict[int, Array]:
        """Run the record once more on germs; what t = 0 gave stays what was recorded, rounding included."""
        given |= {id(t): t.value for t in record if t.size and self.numbering.of(t).still.all()}  # what is empty here may not be beside

        rounding = SHAKEN.get()

        def run(t: Tensor, operands: list[Array]) -> Array:
            op, _, static = t.node
            y = op.call(*operands, **static)
            computed = known_part(y.value if isinstance(y, Tensor) else y, t)
            here = settled(computed, t.value, self.scales[id(t)])
            value = here if rounding is None else rounding.of(computed, t.value, self.held.get(id(t), False))
            if not isinstance(y, Tensor):
                return value
            y.value = value
            still = self._still(here, t, generic=generic)
            return np.where(still, t.value, y) if np.any(still) else y  # nothing flows back through what does not move

        if rounding is not None:
            for leaf in self.leaves:
                x = given[id(leaf)]
                value = rounding.of(x.value if isinstance(x, Tensor) else x, leaf.value, self.held.get(id(leaf), False))
                given[id(leaf)] = _leaf(value) if isinstance(x, Tensor) else value
        with np.errstate(all="ignore"), without_watching():
            try:
                return replay(record, given, run)
            except ValueError as error:  # another number of entries was chosen there, so shapes do not fit
                raise Exhausted from error

    def _still(self, y: Array, t: Tensor, *, generic: bool) -> np.ndarray:
        """Return the entries of a germ through which no cotangent passes, because they do not move.

        An entry that keeps the value of the point along a generic direction keeps it in a cone of directions, where its gradient is
        0. So what arrives there in backward has no share in the gradient, whatever it is: the slope of a root, say, of what is always 0.
        """
        still = np.zeros(t.shape, bool)
        if t.dtype.kind == "f" and t.op and t.op.facts:
            still = self.numbering.of(t).still
        if generic and isinstance(y, Germ) and id(t) not in self.detached:
            still = still | (_unmoved(y) & (y.constant == t.value))
        return still


def _unmoved(y: Germ) -> np.ndarray:
    """Return which entries do not move at all."""
    still = np.broadcast_to(np.equal(np.asarray(y.order, np.float64), EXACT), y.shape)
    for key, c in y.terms.items():
        if key != ONE:
            still = still & (c == 0)
    return still


def _leaf(x: Germ) -> Tensor:
    t = tensor(x)  # type: ignore[arg-type]
    t.track = LEAF
    return t


def _largest(x: Array, known: dict[int, float]) -> float:
    """Return the size of the largest finite entry of an operand, times the square root of its length."""
    size = known.get(id(x))
    if size is not None:
        return size
    value = np.asarray(x.value if type(x) is Tensor else x)
    size = 0.0
    if value.dtype.kind in "fiu" and value.size:
        size = float(np.max(np.abs(value), initial=0.0, where=np.isfinite(value))) * max(1.0, value.size**0.5)
    known[id(x)] = size
    return size


def settled(y: Array, recorded: Array, scale: float) -> Array:
    """Give a germ the recorded value at t = 0 where they differ by rounding only."""
    if not isinstance(y, Germ):
        return y
    here = y.constant
    recorded = np.asarray(recorded)
    if recorded.dtype.kind != "f" or recorded.shape != here.shape or not np.any(recorded != here):
        return y
    rounding = 16 * np.finfo(recorded.dtype).eps * np.maximum(np.abs(here), scale)
    recorded = recorded.astype(np.float64)
    close = np.isfinite(recorded) & (np.abs(here - recorded) <= rounding)
    value = np.where(close, recorded, here)
    return y if np.array_equal(value, here, equal_nan=True) else y.like({**y.terms, (0, 0): value})


def side_along(near: Near, direction: Sequence[Array]) -> tuple[Side | None, bool]:
    """Return how the function leaves the point along a direction, and whether that is certain."""
    side, certain = steadily(near, lambda: side_of(near.along(direction), near.value, near.noise))
    return side, bool(certain)


def steadily(near: Near, ask: Callable[[], Any]) -> tuple[Any, bool | np.ndarray]:
    """Return a side, or one per entry, and whether it is certain: it is not where another rounding would end the domain elsewhere.

    The sine of the floating-point number next to pi / 2 is 1, so its arc sine seems to have an infinite slope.
    """
    found, certain = patiently(ask)
    if found is None or not certain or SHAKEN.get() is not None:
        return found, certain
    ends = found.ends
    if not np.any(ends) or near.affine:
        return found, True
    steady = np.ones(np.shape(ends), bool)
    for other, _ in asked_again(lambda: patiently(ask), near.root.dtype):
        if other is not None:
            steady = steady & (other.ends == ends)
    return found, steady


def patiently(ask: Callable[[], Any]) -> tuple[Any, bool]:
    """Ask with more and more terms; at last with undecided comparisons taken as equal. Returns the answer and whether it is certain."""
    for cap in CAPS:
        token = CAP.set(cap)
        try:
            return ask(), True
        except OverBudget:
            return None, False
        except Exhausted:
            continue
        finally:
            CAP.reset(token)
    cap_token, flat_token = CAP.set(CAPS[0]), FLAT.set(True)
    try:
        return ask(), False
    except Exhausted:
        return None, False
    finally:
        CAP.reset(cap_token)
        FLAT.reset(flat_token)
