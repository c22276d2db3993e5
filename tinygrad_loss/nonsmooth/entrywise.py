r"""Functions whose terms that are not smooth depend on one entry each: $f(x) = s(x) + \sum_i h_i(x_i)$, s smooth.

Both sides of every entry then say all there is to say, and one step along all entries at once shows one side of each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor

__all__ = ["Terms", "single_entries"]

LOOKED_UP: Final = {"searchsorted": 1, "digitize": 0}
"""The operand whose entries are looked up one by one, in another that stands still."""
NONE: Final = 0
MANY: Final = -1


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a result that are not smooth.

    Attributes:
        cotangents: what the result passes back to each, by tensor id.
        entries: per term, the number of the entry of the leaves that it depends on, counted from 1; 0 for none.
        record: what leads to them, inputs first.
    """

    cotangents: dict[int, np.ndarray]
    entries: dict[int, np.ndarray]
    record: list[Tensor]

    def summed(self, key: int, coefficient: Array, size: int) -> np.ndarray:
        """Return what a term's coefficient, weighted by its cotangents, adds to every entry."""
        weights = self.cotangents[key]
        asked = weights != 0
        values = np.broadcast_to(coefficient, weights.shape)[asked] * weights[asked]
        return np.bincount(self.entries[key][asked], weights=values, minlength=size + 1)[1:]


def single_entries(leaves: Sequence[Tensor], record: Sequence[Tensor], cotangents: Mapping[int, Array]) -> Terms | None:
    """Return the terms by the entry that each depends on; None where one depends on several."""
    found: dict[int, np.ndarray] = {}
    start = 1
    for leaf in leaves:
        found[id(leaf)] = np.arange(start, start + leaf.size).reshape(leaf.shape)
        start += leaf.size
    for t in record:
        found[id(t)] = _entries(t, found)
    terms = Terms({}, {}, list(record))
    for key, g in cotangents.items():
        entries = found.get(key)
        if entries is None:
            continue  # a constant
        weights = np.broadcast_to(np.asarray(g, np.float64), entries.shape)
        if entries.size == 0 or np.any((entries == MANY) & (weights != 0)):
            return None
        terms.cotangents[key], terms.entries[key] = weights, np.maximum(entries, 0)
    return terms


def _entries(t: Tensor, found: Mapping[int, np.ndarray]) -> np.ndarray:
    """Return the entry of the leaves that each entry of a recorded tensor depends on."""
    op, inputs, _ = t.node
    moving = {i: found[id(x)] for i, x in enumerate(inputs) if type(x) is Tensor and id(x) in found}
    if any(e.size == 0 for e in moving.values()):  # what is empty here may have entries beside the point
        return np.full(t.shape, MANY)
    alone = op.by_entry or set(moving) == {LOOKED_UP.get(op.name)}
    if alone and all(np.broadcast_shapes(e.shape, t.shape) == t.shape for e in moving.values()):
        joined = np.full(t.shape, NONE)
        for e in moving.values():
            joined = np.where((joined == e) | (e == NONE), joined, np.where(joined == NONE, e, MANY))
        return joined
    if op.kind == "linear" and all(inputs[i].track & NEEDS_GRAD for i in moving):
        return _carried(t, moving)
    return np.full(t.shape, MANY if moving else NONE)


def _carried(t: Tensor, moving: Mapping[int, np.ndarray]) -> np.ndarray:
    """Send entry numbers through a linear map: weighted at random, they come out whole only where all that are summed are one."""
    op, inputs, static = t.node
    rng = np.random.default_rng(len(inputs))
    weights = {i: rng.uniform(1.0, 2.0, e.shape) for i, e in moving.items()}
    joint = not isinstance(op.vjps, list)

    def sent(parts: Mapping[int, np.ndarray]) -> np.ndarray:
        given = [
            parts[i] if i in parts else np.zeros(np.shape(x)) if joint else x.value if type(x) is Tensor else x
            for i, x in enumerate(inputs)
        ]
        return np.asarray(op.forward(*given, **static))

    total = sent(weights)
    numbers = sent({i: np.where(e == MANY, 0, e) * weights[i] for i, e in moving.items()})
    several = sent({i: (e == MANY) * weights[i] for i, e in moving.items()}) != 0
    none = sent({i: (e == NONE) * weights[i] for i, e in moving.items()})
    with np.errstate(all="ignore"):
        entry = numbers / (total - none)
    whole = np.round(entry)
    single = np.abs(entry - whole) <= 1e-9 * np.abs(whole)
    return np.where(several, MANY, np.where(numbers == 0, NONE, np.where(single, np.nan_to_num(whole), MANY))).astype(int)
