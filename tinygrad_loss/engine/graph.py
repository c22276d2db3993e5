"""The record: which op, on which inputs; each tensor holds its own (`Tensor.node`).

References go from results to inputs only, so letting go of a result frees its graph at once.
Every walk here is a loop, because a graph may be a million nodes deep.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

from tinygrad_loss.context import without_watching
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import NEEDS_GRAD, TRACED, Tensor

__all__ = ["Run", "differentiable_order", "leading_to", "record_of", "renewed", "replay", "spelt_out"]

Run: TypeAlias = Callable[[Tensor, list[Array]], Array]


def differentiable_order(root: Tensor, stops: Collection[int] = ()) -> tuple[list[Tensor], dict[int, Tensor]]:
    """Return the recorded tensors that a gradient flows through, inputs first, and the leaves (by id) that it ends in.

    ``stops`` are ids of tensors that count as leaves.
    """
    ordered: list[Tensor] = []
    leaves: dict[int, Tensor] = {}
    seen: set[Tensor] = set()  # a tensor's hash is its identity, so no two are ever compared
    stack: list[Any] = [root]
    push, pop = stack.append, stack.pop
    while stack:
        t = pop()
        if t is None:  # marks that the inputs of the next one are done
            ordered.append(pop())
            continue
        if t in seen:
            continue
        seen.add(t)
        if t.op is None or (stops and id(t) in stops):
            leaves[id(t)] = t
            continue
        push(t)
        push(None)
        first, second = t.first, t.second
        for x in first if second is ... else (first, second):
            if type(x) is Tensor and x.track & NEEDS_GRAD:
                if x.op is None:
                    leaves[id(x)] = x
                else:
                    push(x)
    return ordered, leaves


def leading_to(ordered: list[Tensor], stops: Collection[int]) -> list[Tensor]:
    """Return those of ``ordered`` that depend on a stop: a transform goes nowhere else."""
    reached = set(stops)
    kept = []
    for t in ordered:
        if any(id(x) in reached or (type(x) is Tensor and x.track == TRACED) for x in t.inputs):
            reached.add(id(t))
            kept.append(t)
    return kept


def record_of(root: Tensor, stops: Collection[int] = ()) -> list[Tensor]:
    """Return every recorded tensor that led to ``root``, comparisons included, inputs first; leaves and stops are left out."""
    ordered: list[Tensor] = []
    seen: set[int] = set()
    stack: list[Any] = [root]
    while stack:
        t = stack.pop()
        if t is None:
            ordered.append(stack.pop())
            continue
        if id(t) in seen or t.op is None or id(t) in stops:
            continue
        seen.add(id(t))
        stack += (t, None)
        stack.extend(x for x in t.inputs if type(x) is Tensor and id(x) not in seen)
    return ordered


def replay(record: list[Tensor], given: Mapping[int, Array], run: Run | None = None) -> dict[int, Array]:
    """Run a record once more with other arrays at some of its tensors; the result holds one array per tensor id.

    ``given`` may hold any kind of array. What depends on none of it keeps its recorded value.
    ``run(t, operands)`` gives each new result in place of the recorded op's own call.
    """
    now: dict[int, Array] = dict(given)
    for t in record:
        if id(t) in now or t.op is None:
            continue
        op, inputs, static = t.node
        if not any(type(x) is Tensor and id(x) in now for x in inputs):
            continue
        values = [now.get(id(x), x.value) if type(x) is Tensor else x for x in inputs]
        now[id(t)] = op.call(*values, **static) if run is None else run(t, values)
    return now


def renewed(root: Tensor, instead: Mapping[Tensor, Callable[..., Array]], stops: Collection[int] = ()) -> dict[int, Tensor]:
    """Record ``root`` once more, with other functions in place of some of its ops; the record itself stays what it is.

    The result holds what is new, by the id of the old: nothing where nothing is replaced.
    """
    now: dict[int, Tensor] = {}
    if not instead:
        return now
    with without_watching():
        for t in record_of(root, stops):
            op, inputs, static = t.node
            operands = [now.get(id(x), x) if type(x) is Tensor else x for x in inputs]
            if t in instead or any(a is not b for a, b in zip(inputs, operands, strict=True)):
                y = now[id(t)] = instead.get(t, op.call)(*operands, **static)
                for name in ("name", "line", "departed"):
                    if (known := getattr(t, name, None)) is not None:
                        setattr(y, name, known)
    return now


def spelt_out(root: Tensor, among: Iterable[Tensor], stops: Collection[int] = ()) -> dict[int, Tensor]:
    """Record ``root`` once more, with each tensor of ``among`` whose op stands for several computed by those: see `renewed`."""
    return renewed(root, {t: t.op.facts.near for t in among if t.op and t.op.facts and t.op.facts.near and t.op.facts.spelt_out}, stops)
