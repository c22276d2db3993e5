"""A kind of array that does nothing but hold an ndarray and count the ops that reach it: what misses it was not dispatched."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.op import Array, Op


class Counted(Kind):
    """An ndarray behind the same doors as a tensor; ``seen`` counts the ops by name."""

    __slots__ = ("array", "seen")

    def __init__(self, array: Any, seen: Counter[str]) -> None:
        self.array = array
        self.seen = seen

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def size(self) -> int:
        return self.array.size

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    def apply(self, op: Op, inputs: tuple[Array, ...], static: Mapping[str, Any]) -> Array:
        self.seen[op.name] += 1
        return Counted(op.forward(*[x.array if isinstance(x, Counted) else x for x in inputs], **static), self.seen)

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise AssertionError("a rule asked for an ndarray, so it would leave every other kind of array behind")

    def __bool__(self) -> bool:
        raise AssertionError("a rule asked for the truth value of an array")

    def __float__(self) -> float:
        raise AssertionError("a rule asked for a number")

    def __len__(self) -> int:
        return len(self.array)
