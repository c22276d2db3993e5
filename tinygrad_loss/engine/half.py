"""Half precision: what is given in float16 is computed in float32, and its result is rounded once.

A float16 counts to 2,048, ends at 65,504 and has three digits: no sum, mean, square or exponential can be taken in it. So every op,
and every function that composes ops, widens what it is given, and rounds at its end. The casts are recorded, so a gradient is
computed in float32, and rounded where it reaches a float16, as well.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Final, TypeVar

import numpy as np

from tinygrad_loss.engine.tensor import Tensor

__all__ = ["HALF", "SINGLE", "widens", "in_single", "single", "widening"]

Function = TypeVar("Function", bound=Callable[..., Any])

HALF: Final = np.dtype(np.float16)
SINGLE: Final = np.dtype(np.float32)
WIDENED: ContextVar[dict[int, tuple[Any, Any]] | None] = ContextVar("widened", default=None)
"""What a function that rounds its result at its end has widened so far, each once, by id; None: what is called now rounds by itself."""


def widening() -> bool:
    """Whether a function is running in float32 that was given float16: weights of its own may still be halves."""
    return WIDENED.get() is not None


def widens(given: Iterable[Any]) -> bool:
    """Whether there is a float16 among arrays, lists of them and dtypes, and nothing next to which NumPy itself makes it a float32."""
    dtypes = [np.dtype(x) if isinstance(x, type) else getattr(x, "dtype", x) for x in _flat(given)]
    dtypes = [dtype for dtype in dtypes if isinstance(dtype, np.dtype)]
    if HALF not in dtypes:
        return False
    return widening() or all(dtype.kind not in "biuf" or np.result_type(HALF, dtype) != SINGLE for dtype in dtypes)


def single(function: Function) -> Function:
    """Let a function of arrays compute in float32 what it is given in float16."""
    if hasattr(function, "__wrapped__"):
        return function

    @functools.wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        for x in given or named.values():  # on the path of every layer
            kind = type(x)
            if kind is Tensor:
                narrow = x.value.dtype is HALF
            elif kind is np.ndarray or kind is np.float16:
                narrow = x.dtype is HALF
            else:
                narrow = (kind is list or kind is tuple) and any(getattr(v, "dtype", None) is HALF for v in x)
            if narrow and widens((*given, *named.values())):
                return in_single(function, given, named)
        return function(*given, **named)

    return call  # type: ignore[return-value]


def in_single(function: Callable[..., Any], given: Iterable[Any], named: Mapping[str, Any]) -> Any:
    """Call a function with float32 in place of float16, and round what it returns, unless its caller will."""
    if WIDENED.get() is not None:
        return function(*map(_widened, given), **_widened(named))
    token = WIDENED.set({})
    try:
        y = function(*map(_widened, given), **_widened(named))
    finally:
        WIDENED.reset(token)
    with np.errstate(over="ignore"):  # beyond 65,504 lies inf
        return _each(y, lambda x: x.astype(HALF) if x.dtype == SINGLE else x)


def _widened(x: Any) -> Any:
    """Return arrays in float32, each float16 once, so that a gradient is rounded once as well."""
    done: Any = WIDENED.get()

    def wide(x: Any) -> Any:
        if x.dtype != HALF:
            return x
        if id(x) not in done:
            done[id(x)] = x, x.astype(SINGLE)
        return done[id(x)][1]

    return _each(x, wide)


def _each(x: Any, cast: Callable[[Any], Any]) -> Any:
    """Return what an object holds, in lists, tuples and dicts too, with every array cast."""
    if type(x) in {list, tuple}:
        return type(x)(_each(v, cast) for v in x)
    if isinstance(x, Mapping):
        return {name: _each(v, cast) for name, v in x.items()}
    return cast(x) if hasattr(x, "astype") else x


def _flat(given: Iterable[Any]) -> Iterator[Any]:
    for x in given:
        if type(x) in {list, tuple}:
            yield from _flat(x)
        elif type(x) is dict:
            yield from _flat(x.values())
        else:
            yield x
