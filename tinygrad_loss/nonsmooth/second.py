"""Second derivatives where a gradient was settled at a kink: a gradient that knows its own derivative.

Entry (i, j) is the limit of the mixed second difference quotient of f along e_i and e_j, for steps of all signs: a number where
all agree, nan where they do not. A gradient that met a place that is not smooth is recorded as one op of the variables, whose
derivative is this matrix, in both modes; so every transform that differentiates a gradient gives the same.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.context import AT_KINKS
from tinygrad_loss.engine.call import caller
from tinygrad_loss.engine.declare import PerInput
from tinygrad_loss.engine.op import OPS, Array, Op
from tinygrad_loss.engine.reverse import Pass, sweep
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor, tensor
from tinygrad_loss.nonsmooth.germ import Germ, rounding_of
from tinygrad_loss.nonsmooth.near import Near
from tinygrad_loss.nonsmooth.planes import UNKNOWN, Entry, Planes
from tinygrad_loss.nonsmooth.sites import Site, value_of

__all__ = ["SETTLED", "Second", "second_of", "settle"]

BUDGET: Final = 2000
"""How many rays are asked for one point; what is left is undecided."""


class Second:
    """The second derivatives of a recorded function at its point, entry by entry, each decided when it is first asked for."""

    def __init__(
        self,
        root: Tensor,
        seed: Array,
        variables: Sequence[Tensor],
        gradients: Sequence[tuple[Tensor, np.ndarray]],
        given: Sequence[Tensor] = (),
    ) -> None:
        if type(seed) is Tensor and seed.track:
            root, seed = np.sum(root * seed), np.float64(1.0)
        self.root, self.seed, self.gradients = root, value_of(seed), list(gradients)
        self.leaves = [*variables, *given]
        self.leaves += _others(root, {id(leaf) for leaf in self.leaves})
        self.entries: dict[tuple[int, int], Entry] = {}
        self.said: set[tuple[int, int]] = set()
        self.rows: dict[int, np.ndarray] = {}

    def gradient(self, k: int) -> Tensor:
        """Return the settled gradient of one variable, recorded as a function of all leaves."""
        program, value = self.gradients[k]
        settled: Tensor = record(_unlinked(program), *self.leaves, second=self, of=k, value=value.astype(program.dtype)[()])
        return settled

    @cached_property
    def planes(self) -> Planes:
        """The function on the planes through its point."""
        return Planes(self.root, self.seed, self.leaves)

    @cached_property
    def starts(self) -> list[int]:
        """Where each leaf starts among the entries of all."""
        return np.cumsum([0, *(leaf.size for leaf in self.leaves)]).tolist()

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The places that are not smooth."""
        found = []
        for t, at in self.planes.switches.ties:
            facts = t.node[0].facts
            where = tuple(tuple(map(int, np.unravel_index(k, t.shape))) for k in at[:4])
            slopes, nature = (facts.slopes, facts.nature) if facts is not None else (None, "kink")
            found.append(Site(t.node[0].name, where, slopes, t.line, count=len(at), nature=nature))
        return tuple(found)

    def block(self, rows: Sequence[int], columns: Sequence[int]) -> np.ndarray:
        """Return second derivatives, as the policy in force wants them."""
        with rounding_of([self.root, *self.leaves]), np.errstate(all="ignore"):
            found = [[self._entry(i, j) for j in columns] for i in rows]
        policy = AT_KINKS.get()
        if policy in {"nan", "raise"}:
            self._say([(i, j) for i in rows for j in columns], policy)
        numbers = [[e.middle if policy in {"subgradient", "convention"} and math.isnan(e.value) else e.value for e in row] for row in found]
        return np.array(numbers, np.float64).reshape(len(rows), len(columns))

    def matrix(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all second derivatives in the variables, nan where there is none, and which of them are proved."""
        n = self.starts[len(self.gradients)]
        with rounding_of([self.root, *self.leaves]), np.errstate(all="ignore"):
            found = [[self._entry(i, j) for j in range(n)] for i in range(n)]
        return np.array([[e.value for e in row] for row in found]), np.array([[e.proved for e in row] for row in found])

    def _entry(self, i: int, j: int) -> Entry:
        key = (min(i, j), max(i, j))
        found = self.entries.get(key)
        if found is None:
            found = self.entries[key] = self._decided(*key)
        return found

    def _decided(self, i: int, j: int) -> Entry:
        """Decide one entry; the first may be of any leaf, and comes before the second."""
        touched = self.planes.switches.touched
        apart = not touched[i] and not touched[j]
        if (apart or (i != j and self.by_entry)) and math.isfinite(c := float(self._row(i)[j])):
            return Entry(c, c, proved=True)
        if len(self.planes.rays) > BUDGET:
            return UNKNOWN
        return self.planes.along(i) if i == j else self.planes.mixed(i, j)

    @cached_property
    def by_entry(self) -> bool:
        """Whether all terms that are not smooth are functions of one entry each, so that no two entries meet in them."""
        return Near(self.root, self.seed, self.leaves).beside.terms is not None

    def _row(self, i: int) -> np.ndarray:
        """Return what the rules give for one entry and every other, right where both move no place that is not smooth."""
        if i not in self.rows:
            k = next(k for k, end in enumerate(self.starts[1:]) if i < end)
            unit = np.zeros(self.leaves[k].size)
            unit[i - self.starts[k]] = 1.0
            self.rows[i] = self._ordinary(k, unit)
        return self.rows[i]

    def _ordinary(self, k: int, weights: np.ndarray) -> np.ndarray:
        """Return the gradient, by the rules alone, of a weighted sum of the entries of one gradient that have a weight."""
        if k >= len(self.gradients):
            return np.full(self.starts[-1], np.nan)
        g, _ = self.gradients[k]
        found: dict[int, Array] = {}
        if g.track & NEEDS_GRAD:
            at = np.flatnonzero(weights)
            entries: Tensor = g.reshape(-1)[at]
            found = sweep(entries, weights[at].astype(g.dtype), policy="convention", stops={id(leaf) for leaf in self.leaves}).cotangents
        return np.concatenate([np.ravel(np.asarray(found.get(id(leaf), np.zeros(leaf.shape)), np.float64)) for leaf in self.leaves])

    def _say(self, asked: Iterable[tuple[int, int]], policy: str) -> None:
        """Warn of what does not exist, is undecided or unproved, or raise."""
        new = {(min(i, j), max(i, j)) for i, j in asked} - self.said
        self.said |= new
        gone = [key for key in sorted(new) if math.isnan(self.entries[key].value) and self.entries[key].decided]
        unknown = [key for key in sorted(new) if not self.entries[key].decided]
        ops = frozenset(("second", site.op) for site in self.sites)
        if gone and policy == "nan":
            errors.warn_caller(self._worded("the second derivative does not exist here", gone), errors.UndefinedGradientWarning, ops)
        if unknown and policy == "nan":
            what = "whether the second derivative exists here could not be decided"
            errors.warn_caller(self._worded(what, unknown), errors.UndecidedGradientWarning, ops)
        if policy == "raise" and (gone or unknown):
            raise errors.UndefinedGradientError(self._worded("the second derivative does not exist here", gone or unknown))
        doubted = [key for key in sorted(new) if not self.entries[key].proved]
        if doubted and not (gone or unknown):
            what = "every ray agreed on this second derivative, but nothing proves that it exists"
            errors.warn_caller(self._worded(what, doubted), errors.UnprovedGradientWarning, ops)

    def _worded(self, what: str, keys: Sequence[tuple[int, int]]) -> str:
        more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        ops = "; ".join(map(str, self.sites[:3])) or "a non-finite value"
        instead = "tl.differentiability(f, x, order=2) to look at it"
        return f"{what}: in entry {list(keys[0])}{more} (by {ops}). Use instead: {instead}"

    # ---- as a linear map -----------------------------------------------------------------------------------------------

    def times(self, of: int, v: Array, into: int) -> np.ndarray:
        """Return the cotangent of leaf ``into`` where that of leaf ``of``'s gradient is ``v``; entries of v that are 0 take no part."""
        weights = np.ravel(np.asarray(v, np.float64))
        columns = np.arange(self.starts[into], self.starts[into + 1])
        touched = self.planes.switches.touched
        calm = ~touched[self.starts[of] : self.starts[of + 1]] & (weights != 0)
        total, easy = np.zeros(len(columns)), np.zeros(len(columns), bool)
        if calm.any():
            passed = self._ordinary(of, np.where(calm, weights, 0.0))[columns]
            easy = ~touched[columns] & np.isfinite(passed)
            total = np.where(easy, passed, 0.0)
        for rows, into_these in ((np.flatnonzero(calm), ~easy), (np.flatnonzero(~calm & (weights != 0)), np.ones(len(columns), bool))):
            if len(rows) and into_these.any():
                h = self.block([self.starts[of] + int(k) for k in rows], columns[into_these].tolist())
                with np.errstate(all="ignore"):
                    total[into_these] += np.where(h == 0, 0.0, h * weights[rows, None]).sum(axis=0)
        return total.reshape(self.leaves[into].shape)


def _others(root: Tensor, stops: set[int]) -> list[Tensor]:
    """Return what else the function depends on: leaves, and variables of transforms whose functions are still running."""
    found: dict[int, Tensor] = {}
    argument = OPS["argument"]
    outer: set[int] = set(stops)
    stack, seen = [root], set[int]()
    while stack:
        t = stack.pop()
        if id(t) in seen or id(t) in outer:
            continue
        seen.add(id(t))
        if t.track & NEEDS_GRAD and (t.op is None or t.op is argument):
            found[id(t)] = t
        elif t.op is not None:
            stack.extend(x for x in t.inputs if type(x) is Tensor)
    return list(found.values())


# ---- the op ----------------------------------------------------------------------------------------------------------------


def second_of(root: Tensor, seed: Array, variables: Sequence[Tensor]) -> Second:
    """Return the second derivatives of a recorded function in its variables."""
    stops = {id(v) for v in variables}
    found = sweep(root, tensor(seed), policy="convention", stops=stops, differentiable=True).cotangents
    programs = [found.get(id(v), np.zeros(v.shape, v.dtype)) for v in variables]
    return Second(root, seed, variables, [(p if isinstance(p, Tensor) else tensor(p), np.asarray(value_of(p))) for p in programs])


def settle(done: Pass, values: Sequence[np.ndarray]) -> None:
    """Replace recorded cotangents by gradients of these values that know their own derivative."""
    keys = [key for key in done.leaves if key in done.cotangents]
    gradients = [
        (g if isinstance(g, Tensor) else tensor(g), v) for g, v in zip((done.cotangents[key] for key in keys), values, strict=True)
    ]
    second = Second(done.root, done.seed, [done.leaves[key] for key in keys], gradients)
    for k, key in enumerate(keys):
        done.cotangents[key] = second.gradient(k)


def _unlinked(program: Tensor) -> Tensor:
    """Return a recorded tensor that a replay runs again, but that no gradient flows through."""
    twin = Tensor.__new__(Tensor)
    twin.value, twin.op, twin.track, twin.version = program.value, program.op, 0, program.version
    if program.op is not None:
        twin.first, twin.second, twin.stamp = program.first, program.second, program.stamp
        if program.second is ...:
            twin.static = program.static
    return twin


def _pulled(i: int, g: Array, y: Array, *inputs: Array, second: Second, of: int, value: Array) -> Array:
    """Return the cotangent of one leaf."""
    del value
    if i == 0:  # the program itself, of which only replays ask
        return np.zeros(np.shape(inputs[0]))
    product = second.times(of, value_of(g), i - 1)
    return _derived(second, [(of, g)], i - 1) if type(g) is Tensor else product.astype(y.dtype)[()]


def _pushed(dx: Sequence[Array | None], y: Array, *inputs: Array, second: Second, of: int, value: Array) -> Array:
    """Return the tangent of the gradient, by the symmetry of second derivatives."""
    del inputs, value
    moving = [(k, d) for k, d in enumerate(dx[1:]) if d is not None]
    if type(y) is Tensor:
        return _derived(second, moving, of)
    return np.asarray(sum(second.times(k, d, of) for k, d in moving)).astype(y.dtype)[()]


def _derived(second: Second, weights: Sequence[tuple[int, Array]], into: int) -> Tensor:
    """Return what the weighted gradients have as their gradient in one leaf, settled in its turn."""
    if any(k >= len(second.gradients) for k, _ in weights):
        raise errors.OutOfReachError(
            errors.say(
                "tl.jvp",
                "a third derivative at a kink is taken in reverse mode",
                "a forward one in a variable of an outer transform",
                "tl.grad(lambda x: np.sum(tl.grad(f)(x) * v))",
            )
        )
    given = [g for _, g in weights if type(g) is Tensor and g.track]
    stops = {id(t) for t in [*second.leaves, *given]}
    settled: Any = sum((np.sum(second.gradient(k) * g) for k, g in weights), 0.0)
    program = sum((np.sum(second.gradients[k][0] * g) for k, g in weights), 0.0)
    found: dict[int, Array] = {}
    if isinstance(program, Tensor) and program.track & NEEDS_GRAD:
        one = tensor(np.ones((), program.dtype))
        found = sweep(program, one, policy="convention", stops=stops, differentiable=True).cotangents
    gradients = []
    for k, leaf in enumerate(second.leaves):
        g = found.get(id(leaf), np.zeros(leaf.shape, leaf.dtype))
        value = sum(second.times(of, value_of(w), k) for of, w in weights)
        gradients.append((g if isinstance(g, Tensor) else tensor(g), np.asarray(value)))
    return Second(settled, np.float64(1.0), second.leaves, gradients, given).gradient(into)


SETTLED: Final = Op(
    name="settled",
    kind="custom",
    forward=lambda *_inputs, second, of, value: value,
    vjps=PerInput(_pulled),
    jvp=_pushed,
    doc="a gradient that was settled at a kink, as a function of the variables: its derivative is the matrix of second derivatives",
)
record: Final = caller(SETTLED, None)


def _call(*inputs: Array, **static: Any) -> Array:
    """Beside the point the gradient's own program is the gradient; at the point, what was settled."""
    return inputs[0] if isinstance(value_of(inputs[0]), Germ) else record(*inputs, **static)


object.__setattr__(SETTLED, "call", _call)
