"""Find repeated structure in a record, so that a picture shows one of N equal parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor

__all__ = ["Repeat", "repeats", "walk"]

LONGEST_PART: Final = 64
"""Parts of more ops than this are not looked for."""
FEWEST: Final = 3
"""So many equal parts in a row are worth folding."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A run of equal parts in a record: ``count`` times the ``length`` ops from position ``start`` on."""

    start: int
    length: int
    count: int


def walk(root: Tensor) -> list[Tensor]:
    """Return the recorded tensors that led to ``root``, inputs first and in the order in which the ops name them."""
    ordered: list[Tensor] = []
    seen: set[int] = set()
    stack: list[Any] = [root]
    while stack:
        t = stack.pop()
        if t is None:
            ordered.append(stack.pop())
            continue
        if id(t) in seen or t.op is None:
            continue
        seen.add(id(t))
        stack += (t, None)
        stack.extend(x for x in reversed(t.inputs) if type(x) is Tensor and x.op is not None and id(x) not in seen)
    return ordered


def repeats(record: Sequence[Tensor]) -> list[Repeat]:
    """Return runs of equal parts that do not overlap, those that save most first.

    Two parts are equal when their ops, shapes and inner wiring are.
    """
    position = {id(t): i for i, t in enumerate(record)}
    looks = np.array(_looks(record))
    found: list[Repeat] = []
    taken = np.zeros(len(record), dtype=bool)
    for candidate in sorted(_candidates(looks), key=lambda r: (-r.length * r.count, r.length)):
        if taken[candidate.start : candidate.start + candidate.length * candidate.count].any():
            continue
        sure = _wired_alike(record, position, candidate)
        if sure.count >= FEWEST:
            found.append(sure)
            taken[sure.start : sure.start + sure.length * sure.count] = True
    return found


def _looks(record: Sequence[Tensor]) -> list[int]:
    """Number what each op looks like without its neighbours: name, arguments, shape, shapes of its inputs."""
    numbers: dict[object, int] = {}
    looks = []
    for t in record:
        op, inputs, static = t.node
        kinds = tuple((type(x) is Tensor, x.shape if type(x) is Tensor else np.shape(x)) for x in inputs)
        arguments = tuple(sorted((k, str(v)) for k, v in static.items() if k != "index")) if static else ()
        looks.append(numbers.setdefault((op.name, arguments, t.shape, kinds), len(numbers)))
    return looks


def _kind(x: Any) -> object:
    """What an input from outside is, without saying which one."""
    if type(x) is not Tensor:
        return np.shape(x)
    return (x.op.name if x.op else x.track & NEEDS_GRAD, x.shape)


def _candidates(looks: np.ndarray) -> list[Repeat]:
    """Return every run in which the looks repeat with some period."""
    found = []
    for period in range(1, min(LONGEST_PART, len(looks) // FEWEST) + 1):
        same = np.concatenate(([False], looks[:-period] == looks[period:], [False]))
        change = np.flatnonzero(same[1:] != same[:-1])
        for start, end in zip(change[::2].tolist(), change[1::2].tolist(), strict=True):
            count = (end - start) // period + 1
            if count >= FEWEST:
                found.append(Repeat(start, period, count))
    return found


def _wired_alike(record: Sequence[Tensor], position: dict[int, int], run: Repeat) -> Repeat:
    """Cut a run at the first part whose inner wiring, or whose links to the part before, differ from the second part's.

    The first part begins the chain, so its inputs from outside need not be those of the others.
    """
    pattern = _wiring(record, position, run, 1)
    for part in range(2, run.count):
        if _wiring(record, position, run, part) != pattern:
            return Repeat(run.start, run.length, part)
    return run


def _wiring(record: Sequence[Tensor], position: dict[int, int], run: Repeat, part: int) -> list[tuple[int, int, object]]:
    start = run.start + part * run.length
    wires: list[tuple[int, int, object]] = []
    for offset in range(run.length):
        for slot, x in enumerate(record[start + offset].inputs):
            at = position.get(id(x))
            inside = at is not None and start - run.length <= at < start + run.length
            wires.append((offset, slot, at - start if inside and at is not None else _kind(x)))
    return wires
