"""`differentiability` and `directional`: ask about a function at a point, and get the truth with its reasons."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.calculus.functional import Traced, connected, real
from tinygrad_loss.calculus.holding import holds_along
from tinygrad_loss.calculus.tree import leaves_of
from tinygrad_loss.context import BRANCHES
from tinygrad_loss.engine.explained import explained
from tinygrad_loss.engine.graph import record_of, renewed
from tinygrad_loss.engine.op import Derivative
from tinygrad_loss.engine.reverse import Pass, sweep
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.engine.torch_call import refusing_torch
from tinygrad_loss.nonsmooth.bends import SEED
from tinygrad_loss.nonsmooth.directions import directions
from tinygrad_loss.nonsmooth.entries import Entries
from tinygrad_loss.nonsmooth.germ import Exhausted
from tinygrad_loss.nonsmooth.judge import judged, only_kinks
from tinygrad_loss.nonsmooth.judgement import Judgement, Kind, proved_smooth
from tinygrad_loss.nonsmooth.locked import Locked, first_order
from tinygrad_loss.nonsmooth.near import Near, judging, patiently
from tinygrad_loss.nonsmooth.numbering import screened
from tinygrad_loss.nonsmooth.second import second_of
from tinygrad_loss.nonsmooth.sides import side_of
from tinygrad_loss.nonsmooth.sites import Site, departures, located

__all__ = ["Verdict", "differentiability", "directional"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a function is at a point.

    Attributes:
        kind: "smooth", "kink" (finite one-sided slopes that do not make a linear map), "infinite" (f is finite, a slope is not),
            "discontinuous", "outside" (not interior to the domain; at an edge the existing side's slope is given),
            or "undecided" (neither series nor probes could tell).
        gradient: the gradient, in the form of ``x``; entries that do not exist are nan; None where none exists.
        left: for a single number, the slope from below, or None where that side does not exist or jumps.
        right: for a single number, the slope from above.
        proved: whether this is proved; if not, every probe agreed.
        sites: the ops that are not smooth here.
        interval: for a single number at a kink, the Clarke interval.
        second: with ``order=2``, for a single number where f is smooth, the one-sided second derivatives; for several, the
            matrix of second derivatives, of shape ``x.shape + x.shape`` (a square of all entries for several arguments): entry
            (i, j) is the limit of mixed second difference quotients along i and j for steps of all signs, nan where they disagree.
        second_proved: for several, whether all of that matrix is proved.
        value: f(x).
        entries: per index what is known of that entry (`Entry`), in the form of ``x``: ``entries[0]`` of a vector, ``entries[()]`` of a number.
    """

    kind: Kind
    gradient: Derivative
    left: float | None
    right: float | None
    proved: bool
    sites: tuple[Site, ...]
    interval: tuple[float, float] | None = None
    second: tuple[float, float] | np.ndarray | None = None
    second_proved: bool | None = None
    value: float = math.nan
    entries: Entries | Any = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        """Say it in sentences."""
        known = "proved" if self.proved else "not proved" if self.kind != "smooth" else "every probe agreed, but not proved"
        lines = [f"undecided; f = {self.value:g}" if self.kind == "undecided" else f"{self.kind} ({known}); f = {self.value:g}"]
        if self.left is not None or self.right is not None:
            lines.append(f"slope from the left {_shown(self.left)}, from the right {_shown(self.right)}")
        if self.interval is not None:
            lines.append(f"Clarke interval [{self.interval[0]:g}, {self.interval[1]:g}]")
        if isinstance(self.second, np.ndarray):
            lines.append(f"second derivatives ({'proved' if self.second_proved else 'not proved'})\n{self.second}")
        elif self.second is not None:
            lines.append(f"second derivative from the left {self.second[0]:g}, from the right {self.second[1]:g}")
        lines.append(f"gradient {self.gradient}")
        lines += [f"  {site}" for site in self.sites]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        """Show itself in a notebook."""
        head, *rest = str(self).split("\n")
        return f"**{head}**\n\n" + "\n".join(f"* {line.strip()}" for line in rest)


def _shown(slope: float | None) -> str:
    return "does not exist" if slope is None else f"{slope:g}"


@explained
def differentiability(f: Callable[..., Any], x: Any, *, order: int = 1) -> Verdict:
    r"""Decide whether ``f`` has a gradient at ``x``, and what it is: the truth about the whole function.

    $f'(x; v) = \lim_{t \to 0^+} (f(x + t v) - f(x)) / t$ must be finite and linear in $v$.

    Args:
        f: returns a single number.
        x: one argument, or a tuple for several; arrays of any shape, numbers, or trees of them.
        order: 2 asks for second derivatives as well: the one-sided ones of a single number, the matrix of several.

    Returns:
        A `Verdict`; ``print`` it.

    Raises:
        ShapeError: ``f`` returns more than one number.
        OutOfReachError: ``f`` branches in Python on a comparison that is a tie at ``x``, or gives two answers when called twice.

    Source: Khan 2018, Branch-locking AD techniques; Shamseddine and Berz 1996.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.differentiability(np.abs, 0.0).kind
    'kink'
    >>> tl.differentiability(lambda x: np.maximum(x, 0.0) - np.maximum(-x, 0.0), 0.0).gradient
    1.0
    """
    traced, y = _called(f, x, "tl.differentiability", "{}, x")
    near = Near(y, np.ones_like(y.value), traced.variables)
    with judging(near):
        found, sites = _examined(traced, near)
        second, second_proved = _second(traced, y, found) if order >= 2 else (None, None)
    if not _read_whole(traced, y):
        found.certain = [np.zeros(v.shape, bool) for v in traced.variables]
    if left := departures(near, traced.departed):
        found.undecide(near)
        sites = (*left, *sites)
    interval = None
    if found.kind == "kink" and found.left is not None and found.right is not None:
        interval = (min(found.left, found.right), max(found.left, found.right))
    return Verdict(
        kind=found.kind,
        gradient=_formed(traced, [float(g) if g.ndim == 0 else g for g in found.gradients]),
        left=found.left,
        right=found.right,
        proved=found.proved,
        sites=sites,
        interval=interval,
        second=second,
        second_proved=second_proved,
        value=float(np.sum(y.value)),
        entries=_formed(traced, [Entries(near, found, i) for i in range(len(traced.variables))]),
    )


@explained
def directional(f: Callable[..., Any], x: Any, d: Any) -> Derivative:
    r"""Return the exact one-sided derivative of ``f`` at ``x`` along ``d``.

    $f'(x; d) = \lim_{t \to 0^+} (f(x + t d) - f(x)) / t$, infinite where that grows, nan where that side does not exist or jumps.

    Args:
        f: returns a single number.
        x: one argument, or a tuple for several.
        d: a direction of the same form; its length counts.

    Raises:
        ShapeError: ``f`` returns more than one number, or ``d`` has not the form of ``x``.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.directional(np.abs, 0.0, -3.0))
    3.0
    """
    traced, y = _called(f, x, "tl.directional", "{}, x, d")
    steps = [np.asarray(step, np.float64) for step in leaves_of(d)]
    if [s.shape for s in steps] != [v.shape for v in traced.variables]:
        pairs = ({"the direction": s.shape, "x": v.shape} for s, v in zip(steps, traced.variables, strict=False))
        differ = next(filter(None, map(mismatch.unequal, pairs)), "")
        rule, instead = "the direction must have the form of x", "tl.directional(f, x, np.ones_like(x))"
        raise errors.shapes("tl.directional", rule, [s.shape for s in steps], instead, differ)
    if y.requires_grad:
        done = sweep(y, np.ones_like(y.value), policy="nan", stops=traced.stops)
        if not done.doubtful:
            return np.float64(sum(float(np.vdot(g, step)) for g, step in zip(_ordinary(traced, done), steps, strict=True)))
    near = Near(y, np.ones_like(y.value), traced.variables)
    with judging(near):
        side, _ = patiently(lambda: side_of(near.along(steps), near.value, near.noise))
    return np.float64(math.nan if side is None or not side.exists or side.jumps else side.slope)


def _called(f: Callable[..., Any], x: Any, asked: str, arguments: str) -> tuple[Traced, Tensor]:
    """Run ``f`` on fresh variables, and refuse what cannot be judged from its record."""
    args = x if isinstance(x, tuple) else (x,)
    everywhere = tuple(range(len(args)))
    token = BRANCHES.set([])
    try:
        with np.errstate(all="ignore"), refusing_torch():
            traced = Traced(f, args, everywhere, {})
            again = Traced(f, args, everywhere, {})
        branches = BRANCHES.get() or []
    finally:
        BRANCHES.reset(token)
    if branches:
        raise errors.OutOfReachError(
            errors.say(
                asked,
                "f must not branch in Python on a comparison of equals",
                f"`if` on a tie at {branches[0]}",
                "np.where(condition, a, b)",
            )
        )
    y = real(connected(traced.result, asked), asked, arguments)
    if y.size != 1:
        raise errors.ShapeError(errors.say(asked, "f must return a single number", f"shape {y.shape}", "lambda x: np.sum(f(x))"))
    second = again.result
    if not isinstance(second, Tensor) or not np.array_equal(y.value, second.value, equal_nan=True):
        got = f"{y.value} and then {second.value if isinstance(second, Tensor) else second}"
        raise errors.OutOfReachError(
            errors.say(asked, "f must give the same answer when called twice", got, "rng = np.random.default_rng(0) inside f")
        )
    screened = {t: t.node[0].screened.call for t in record_of(y, traced.stops) if t.node[0].screened}
    return traced, renewed(y, screened, traced.stops).get(id(y), y)  # a verdict ignores the conventions of layers


def _second(traced: Traced, y: Tensor, found: Judgement) -> tuple[tuple[float, float] | np.ndarray | None, bool | None]:
    """Return the second derivatives at the point, and for several variables whether they are proved."""
    size = sum(v.size for v in traced.variables)
    if not y.requires_grad or (size == 1 and found.kind != "smooth"):
        return None, None
    second = second_of(y, np.ones_like(y.value), traced.variables)
    if size == 1:
        with np.errstate(all="ignore"):
            return second.planes.sides(0), None
    values, proved = second.matrix()
    shape = traced.variables[0].shape if len(traced.variables) == 1 else (size,)
    return values.reshape(shape + shape), bool(proved.all())


def _examined(traced: Traced, near: Near) -> tuple[Judgement, tuple[Site, ...]]:
    """Take the ordinary gradient when nothing was flagged, which proves it; else judge."""
    y, seed = near.root, near.seed
    if not y.requires_grad:
        zeros = [np.zeros(v.shape) for v in traced.variables]
        return Judgement("smooth", zeros, [np.ones(v.shape, bool) for v in traced.variables], left=0.0, right=0.0), ()
    done = sweep(y, seed, policy="nan", stops=traced.stops)
    if not done.doubtful or not screened(done):
        gradients = _ordinary(traced, done)
        found = proved_smooth(near, gradients)
        return found, ()
    found = judged(done, near, "nan")
    return found, tuple(_with_contributions(done, near))


def _read_whole(traced: Traced, y: Tensor) -> bool:
    """Whether matrices that are taken for symmetric stay so, whichever way the arguments move."""
    moves = np.random.default_rng(SEED)
    return holds_along(y, {id(v): moves.standard_normal(v.shape).astype(v.dtype)[()] for v in traced.variables})


def _ordinary(traced: Traced, done: Pass) -> list[np.ndarray]:
    """Return the ordinary gradient, one array per variable."""
    return [np.asarray(np.real(done.cotangents.get(id(v), np.zeros(v.shape))), np.float64) for v in traced.variables]


def _with_contributions(done: Pass, near: Near) -> Iterator[Site]:
    """Yield the sites, each with what it adds along one generic direction, where only kinks are at stake."""
    added: dict[int, float] = {}
    if only_kinks(done):
        with first_order(), suppress(Exhausted):
            _, added = Locked(done, near.leaves).contributions(next(directions(near)))
    for t, site in located(done):
        yield replace(site, contribution=added.get(id(t), math.nan))


def _formed(traced: Traced, per_variable: Sequence[Any]) -> Any:
    """Return one value per variable in the form of the arguments."""
    formed = traced.arranged(per_variable)
    return formed[0] if len(traced.trees) == 1 else formed
