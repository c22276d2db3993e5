"""A graph as boxes and edges: plain values, to be drawn in any way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from tinygrad_loss.engine.graph import spelt_out
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor
from tinygrad_loss.picture import wording
from tinygrad_loss.picture.fold import repeats, walk
from tinygrad_loss.picture.slopes import Site, Slopes, slopes_of
from tinygrad_loss.printable import one_line, printable_lines

__all__ = ["Box", "Edge", "Scene", "scene_of"]

Role: TypeAlias = Literal["parameter", "input", "constant", "op", "truth", "hidden"]
State: TypeAlias = Literal["plain", "undefined", "cancels"]


@dataclass(frozen=True, slots=True)
class Box:
    """One node of a picture.

    Attributes:
        key: its id, the same in every run.
        role: a leaf that requires grad, a leaf that does not, a number, an op, an op without gradient (a comparison), or ops left out.
        title: a leaf's name, or the op's.
        name: what the program calls an op's result.
        detail: the op's arguments.
        type: shape and dtype.
        value: its values, or their range.
        gradient: the derivative of the result with respect to it, which is what arrives at an op; None where none flows.
        state: whether the op is not smooth here, and whether that cancels in the whole.
        note: what is undefined, and the two slopes.
        count: how many equal nodes it stands for.
        result: whether it is what was drawn.
        line: the source line that computed it, under `debug`.
    """

    key: str
    role: Role
    title: str
    name: str = ""
    detail: str = ""
    type: str = ""
    value: str = ""
    gradient: str | None = None
    state: State = "plain"
    note: str = ""
    count: int = 1
    result: bool = False
    line: str | None = None

    def __post_init__(self) -> None:
        """Make all text printable, so that no way of drawing has to ask what a name may hold."""
        for name in ("title", "name", "line"):
            if text := getattr(self, name):
                object.__setattr__(self, name, one_line(text))
        for name in ("detail", "type", "value", "gradient", "note"):
            if text := getattr(self, name):
                object.__setattr__(self, name, printable_lines(text))


@dataclass(frozen=True, slots=True)
class Edge:
    """Data that goes from one box to another; ``label`` speaks only where the shape changes on the way."""

    source: str
    target: str
    label: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a picture shows.

    Attributes:
        boxes: the nodes, inputs before what they lead to.
        edges: between them.
        parts: groups of boxes that stand for several equal ones, and how many.
        of_sum: whether the gradients are those of the result's sum, because it has several entries.
    """

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    parts: tuple[tuple[tuple[str, ...], int], ...] = ()
    of_sum: bool = False


HIDDEN: Final = "hidden"
FOLD_FROM: Final = 24
"""Graphs of more ops than this are folded unless the caller says otherwise."""
LEAVES_OF_HIDDEN: Final = 12
"""So many leaves that only hidden ops take are drawn."""


def scene_of(root: Tensor, names: Mapping[int, str] | None = None, *, fold: bool | None = None, max_nodes: int = 150) -> Scene:
    """Return the picture of the graph that led to ``root``.

    Args:
        root: the result.
        names: what to call unnamed tensors and arrays, by id.
        fold: whether equal parts in a row are drawn once, with their number; by default when there are many ops.
        max_nodes: how many ops are drawn at most; of a bigger graph, those nearest to the result and those not smooth.
    """
    root, names = _step_by_step(root, names or {})
    record = walk(root)
    slopes = slopes_of(root)
    first_of, parts = _folded(record) if (len(record) > FOLD_FROM if fold is None else fold) else ({}, [])
    kept = _nearest(root, [t for t in record if first_of.get(id(t), t) is t], first_of, slopes, max_nodes)
    build = _Build(names, slopes, first_of, kept)
    for t in record:
        build.op(t)
    result = build.leaf(root) if root.op is None else build.keys[id(first_of.get(id(root), root))]
    groups = [(tuple(dict.fromkeys(build.keys[id(t)] for t in part if id(t) in kept)), count) for part, count in parts]
    return Scene(
        tuple(build.finished(result)),
        tuple(Edge(*ends, label, again) for ends, (label, again) in ((k[:2], v) for k, v in build.edges.items())),
        tuple((keys, count) for keys, count in groups if keys),
        of_sum=root.size != 1 and bool(slopes.cotangents),
    )


def _step_by_step(root: Tensor, names: Mapping[int, str]) -> tuple[Tensor, Mapping[int, str]]:
    """Return the graph with each op that stands for several drawn as those, for they say where it is not smooth."""
    spelt = spelt_out(root, walk(root))
    return spelt.get(id(root), root), {id(spelt[key]) if key in spelt else key: name for key, name in names.items()}


def _folded(record: list[Tensor]) -> tuple[dict[int, Tensor], list[tuple[list[Tensor], int]]]:
    """Return for each op of a repeated part the one of the first part that stands for it, and the first parts."""
    first_of: dict[int, Tensor] = {}
    parts = []
    for run in repeats(record):
        first = record[run.start : run.start + run.length]
        parts.append((first, run.count))
        for i in range(run.length * run.count):
            first_of[id(record[run.start + i])] = first[i % run.length]
    return first_of, parts


def _nearest(root: Tensor, shown: list[Tensor], first_of: Mapping[int, Tensor], slopes: Slopes, limit: int) -> set[int]:
    """Return the ids of the ops to draw: those not smooth and those nearest to the result."""
    if len(shown) <= limit:
        return {id(t) for t in shown}
    kept = set([id(t) for t in shown if id(t) in slopes.sites][: limit // 2])
    ring = [first_of.get(id(root), root)]
    seen = {id(ring[0])}
    while ring and len(kept) < limit:
        kept.update(id(t) for t in ring[: limit - len(kept)])
        following: list[Tensor] = []
        for t in ring:
            for x in t.inputs:
                if type(x) is Tensor and x.op is not None and id(near := first_of.get(id(x), x)) not in seen:
                    seen.add(id(near))
                    following.append(near)
        ring = following
    return kept


class _Build:
    """Boxes and edges while they are being made; each thing drawn has a key, found by the id of what stands for it."""

    def __init__(self, names: Mapping[int, str], slopes: Slopes, first_of: Mapping[int, Tensor], kept: set[int]) -> None:
        self.names, self.slopes, self.first_of, self.kept = names, slopes, first_of, kept
        self.keys: dict[int, str] = {}
        self.shown: dict[str, Any] = {}
        self.members: dict[str, list[Any]] = {}
        self.edges: dict[tuple[str, str, int], tuple[str, bool]] = {}
        self.out_of_sight = 0

    def op(self, t: Tensor) -> None:
        """Note an op, the leaves it takes, and the edges to it."""
        first = self.first_of.get(id(t), t)
        hidden = id(first) not in self.kept
        inputs, same_place = t.inputs, first.inputs
        sources = [self._input(x, x0, t is first and not hidden, hidden) for x, x0 in zip(inputs, same_place, strict=True)]
        key = self._key(first, HIDDEN if hidden else "")
        self.members[key].append(t)
        for slot, (source, x) in enumerate(zip(sources, inputs, strict=True)):
            if source and not source == key == HIDDEN:
                ends = (source, key, 0 if HIDDEN in {source, key} else slot)
                if ends not in self.edges:
                    again = source == key or (source != HIDDEN and self._place(source) > self._place(key))
                    self.edges[ends] = (_spread(x, t), again)

    def _place(self, key: str) -> int:
        return 0 if key == HIDDEN else int(key[1:])

    def _input(self, x: Any, same_place: Any, drawn: bool, hidden: bool) -> str:
        """Return the key of an input; numbers and arrays of ops that are not drawn have none, nor have most leaves of hidden ops."""
        if type(x) is Tensor and x.op is not None:
            return self._key(self.first_of.get(id(x), x), "")
        if type(x) is Tensor:
            if hidden and id(x) not in self.keys:
                self.out_of_sight += 1
                if self.out_of_sight > LEAVES_OF_HIDDEN:
                    return ""
            return self.leaf(x if id(x) in self.keys or type(same_place) is not Tensor or same_place.op else same_place, x)
        if not drawn:
            return ""
        if isinstance(x, np.ndarray) and x.ndim:
            return self.leaf(x)
        key = self._new()
        self.shown[key], self.members[key] = x, [x]
        return key

    def leaf(self, x: Any, member: Any = None) -> str:
        """Return the key of a leaf or an array, which several ops may share."""
        key = self._key(x, "")
        member = x if member is None else member
        if not any(m is member for m in self.members[key][-1:]):
            self.members[key].append(member)
        return key

    def _key(self, x: Any, forced: str) -> str:
        key = self.keys.get(id(x))
        if key is None:
            key = self.keys[id(x)] = forced or self._new()
            self.shown.setdefault(key, x)
            self.members.setdefault(key, [])
        return key

    def _new(self) -> str:
        return f"n{len(self.shown)}"

    def finished(self, result: str) -> list[Box]:
        """Return the boxes, with what their members have in common."""
        return [self._box(key, x, self.members[key], result=key == result) for key, x in self.shown.items()]

    def _box(self, key: str, x: Any, members: list[Any], *, result: bool) -> Box:
        if key == HIDDEN:
            return Box(key, "hidden", f"{len(members):,} more ops", count=len(members))
        if type(x) is not Tensor:
            several = isinstance(x, np.ndarray) and x.ndim
            name = self.names.get(id(x), "")
            return Box(key, "input" if several else "constant", name, type=wording.array_type(x) if several else "", value=wording.value(x))
        names = list(dict.fromkeys(m.name or self.names.get(id(m), "") for m in (members[0], members[-1])))
        name = " \N{HORIZONTAL ELLIPSIS} ".join(n for n in names if n)
        g = self.slopes.cotangents.get(id(x))
        state, note = self._judged(members)
        op = x.op
        return Box(
            key,
            _role(x),
            op.name if op else name,
            name if op else "",
            wording.arguments(x.node[2]) if x.op else "",
            wording.array_type(x.value),
            wording.value(x.value),
            None if g is None else wording.gradient(g),
            state,
            note,
            len(members),
            result,
            x.line,
        )

    def _judged(self, members: list[Any]) -> tuple[State, str]:
        """Return whether an op is not smooth here, and what to say of it."""
        sites = [self.slopes.sites[id(m)] for m in members if id(m) in self.slopes.sites]
        blamed = any(id(m) in self.slopes.blamed for m in members)
        if not sites:
            return "plain", ""
        return ("undefined" if blamed else "cancels"), _said(sites, len(members))


def _role(x: Tensor) -> Role:
    if x.op is None:
        return "parameter" if x.track & NEEDS_GRAD else "input"
    return "op" if x.track & NEEDS_GRAD else "truth"


def _said(sites: list[Site], members: int) -> str:
    """Say what is not smooth, where, and with which slopes."""
    site = sites[0]
    what = {"kink": "kink", "jump": "jump", "infinite": "infinite slope", "tie": "tie: both sides are equal"}[site.nature]
    where = f" in {site.entries} of {site.size} entries" if site.size > 1 else ""
    if members > 1:
        where += f", {len(sites)} of {members} parts"
    if site.sides is None:
        return what + where
    left, right = map(wording.slope, site.sides)
    return f"{what}{where}\nslope {left} on the left, {right} on the right"


def _spread(x: Any, t: Tensor) -> str:
    """Say the shape of an operand whose entries the op repeats."""
    shape = np.shape(x.value if type(x) is Tensor else x)
    if t.op is None or t.op.kind not in {"elementwise", "selection", "predicate"} or not shape or shape == t.shape:
        return ""
    return f"{shape} repeated"
