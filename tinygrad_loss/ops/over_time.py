"""What recurrences over time share: one rule for all inputs, and arrays of one entry per step."""

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_loss.engine.op import Array, Rule

__all__ = ["Jointly", "in_order", "projected", "rows_of", "states_before", "tangents"]


class Jointly(Sequence[Rule]):
    """Makes one rule that returns the cotangents of all inputs look like a rule per input.

    The last result is kept while its cotangent lives, because the inputs are asked one after the other.
    A cotangent that costs extra may be a function without arguments, called only when it is asked for.
    """

    def __init__(self, rule: Callable[..., Sequence[Any]]) -> None:
        self._rule = rule
        self._last = threading.local()

    def __getitem__(self, i: Any) -> Any:
        def vjp(g: Array, y: Array, *x: Array, **static: Any) -> Array:
            found = self._all(g, y, x, static)[i]
            return found() if callable(found) else found

        return vjp

    def __len__(self) -> int:
        return 1 << 30

    def _all(self, g: Array, y: Array, x: tuple[Array, ...], static: dict[str, Any]) -> Sequence[Any]:
        if type(g) is not np.ndarray:
            return self._rule(g, y, *x, **static)
        last = self._last
        if getattr(last, "cotangent", lambda: None)() is g and last.value() is y:
            kept: Sequence[Any] = last.result
            return kept
        last.result = self._rule(g, y, *x, **static)
        last.value = weakref.ref(y)
        last.cotangent = weakref.ref(g, lambda _: vars(last).pop("result", None))
        return last.result


def in_order(parts: list[Array], *, reverse: bool = False) -> Array:
    """Join one array per step along time."""
    return np.stack(parts[::-1] if reverse else parts)


def states_before(first: Array, states: Array) -> Array:
    """Return the state before each step."""
    return np.concatenate([first[None], states[:-1]])


def rows_of(x: Array) -> Array:
    """Join steps and samples."""
    return x.reshape((-1, x.shape[-1]))


def projected(states: Array, weight: Array) -> Array:
    """Return ``states @ weight.T`` for all steps at once."""
    return (rows_of(states) @ weight.T).reshape((*states.shape[:-1], weight.shape[0]))


def tangents(dx: Sequence[Array | None], x: Sequence[Array]) -> list[Array]:
    """Return a tangent for every input, 0 where it does not move."""
    return [np.zeros_like(v) if d is None else d for d, v in zip(dx, x, strict=True)]
