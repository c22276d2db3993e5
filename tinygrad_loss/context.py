"""The ambient choices, each a ContextVar, so threads and tasks never see each other's."""

import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import wraps
from types import TracebackType, coroutine
from typing import Any, Final, Literal, NamedTuple, TypeVar, cast, get_args

from tinygrad_loss import errors

__all__ = ["Policy", "at_kinks", "enable_grad", "no_grad"]

Policy = Literal["nan", "raise", "subgradient", "convention"]
POLICIES: Final = get_args(Policy)

Function = TypeVar("Function", bound=Callable[..., Any])

OFF: Final = 0
ON: Final = 1
REMEMBER_LINES: Final = 2

# One variable answers "record?" and "remember source lines?", because every op asks it once.
RECORDING: ContextVar[int] = ContextVar("recording", default=ON)
AT_KINKS: ContextVar[Policy] = ContextVar("at_kinks", default="nan")
BRANCHES: ContextVar[list[str] | None] = ContextVar("branches", default=None)
"""Where a function under examination branched in Python on a tie; None: nobody is looking, so warn."""
DEPARTED: ContextVar[list[str] | None] = ContextVar("departed", default=None)
"""Where numbers that stand at a tie left the record of the function that a transform calls; None: no transform is running."""


class Entry(NamedTuple):
    """One ``with`` that is open: whose it is, what it chose for, and what held before."""

    owner: "Chosen"
    variable: ContextVar[Any]
    before: Any


OPEN: ContextVar[tuple[Entry, ...]] = ContextVar("open", default=())
"""The choices that hold here, the latest last."""


class Chosen:
    """A choice that holds inside ``with``, or inside a function that it decorates; it may be entered again and again.

    One object may be entered by several threads and tasks at once, and suspended generators may leave in any order.
    """

    __slots__ = ("_value", "_variable")

    def __init__(self, variable: ContextVar[Any], value: object) -> None:
        self._variable, self._value = variable, value

    def __enter__(self) -> None:
        """Choose."""
        OPEN.set((*OPEN.get(), Entry(self, self._variable, self._variable.get())))
        self._variable.set(self._value)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Return to what held before, or let what was entered later hold on and return there."""
        entries = OPEN.get()
        mine = next((i for i in reversed(range(len(entries))) if entries[i].owner is self), None)
        if mine is None:  # a generator that is closed in another context than it was entered in
            return
        entry, later = entries[mine], list(entries[mine + 1 :])
        above = next((i for i, other in enumerate(later) if other.variable is entry.variable), None)
        if above is None:
            entry.variable.set(entry.before)
        else:
            later[above] = later[above]._replace(before=entry.before)
        OPEN.set((*entries[:mine], *later))

    def __call__(self, function: Function) -> Function:
        """Let the choice hold whenever the body of a function runs: a generator's or a coroutine's between its suspensions."""
        return holding_in(self, function)


def holding_in(choice: AbstractContextManager[Any], function: Function) -> Function:
    """Return ``function`` with ``choice`` entered whenever its body runs; what suspends it does not see the choice."""

    def plain(*args: Any, **kwargs: Any) -> Any:
        with choice:
            return function(*args, **kwargs)

    def generator(*args: Any, **kwargs: Any) -> Any:
        return (yield from _stepwise(choice, function(*args, **kwargs)))

    async def asynchronous(*args: Any, **kwargs: Any) -> Any:
        return await _awaited(choice, function(*args, **kwargs))

    def asynchronous_generator(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        return _drawn(choice, function(*args, **kwargs))

    made: Any = plain
    if inspect.isgeneratorfunction(function):
        made = generator
    elif inspect.iscoroutinefunction(function):
        made = asynchronous
    elif inspect.isasyncgenfunction(function):
        made = asynchronous_generator
    return cast("Function", wraps(function)(made))


def _stepwise(choice: AbstractContextManager[Any], body: Any) -> Generator[Any, Any, Any]:
    """Run a generator, or what is awaited, with the choice entered between its suspensions."""
    resume, given = body.send, None
    while True:
        try:
            with choice:
                answer = resume(given)
        except StopIteration as end:
            return end.value
        try:
            given, resume = (yield answer), body.send
        except GeneratorExit:
            with choice:
                body.close()
            raise
        except BaseException as error:  # noqa: BLE001  whatever is thrown in is for the body
            given, resume = error, body.throw


_awaited: Callable[..., Any] = coroutine(_stepwise)


async def _drawn(choice: AbstractContextManager[Any], body: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
    """Run an asynchronous generator in the same way."""
    resume: Callable[[Any], Any] = body.asend
    given: Any = None
    while True:
        try:
            answer = await _awaited(choice, resume(given))
        except StopAsyncIteration:
            return
        try:
            given, resume = (yield answer), body.asend
        except GeneratorExit:
            await _awaited(choice, body.aclose())
            raise
        except BaseException as error:  # noqa: BLE001  whatever is thrown in is for the body
            given, resume = error, body.athrow


def no_grad() -> Chosen:
    """Compute without recording, so nothing inside can be differentiated by ``backward``.

    >>> import tinygrad_loss as tl
    >>> x = tl.tensor(2.0, requires_grad=True)
    >>> with tl.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """
    return Chosen(RECORDING, OFF)


@contextmanager
def enable_grad() -> Iterator[None]:
    """Record again inside ``no_grad``; a transform uses it, because its caller asked to differentiate.

    >>> import tinygrad_loss as tl
    >>> x = tl.tensor(2.0, requires_grad=True)
    >>> with tl.no_grad(), tl.context.enable_grad():
    ...     y = x * x
    >>> y.requires_grad
    True
    """
    with Chosen(RECORDING, RECORDING.get() or ON):
        yield


def without_watching() -> Chosen:
    """Record without remembering lines: the engine's own replays visit points that are singular on purpose.

    >>> from tinygrad_loss import context
    >>> with context.without_watching():
    ...     context.RECORDING.get() == context.ON
    True
    """
    return Chosen(RECORDING, ON)


def at_kinks(policy: Policy) -> Chosen:
    """Choose what a derivative is where the function has none; the policy in force when it is taken decides.

    ``"nan"`` (default): nan in exactly the entries concerned, and a warning.
    ``"raise"``: `UndefinedGradientError`.
    ``"subgradient"``: one element of the Clarke set, the same in every run.
    ``"convention"``: PyTorch's answer, unchecked.

    Raises:
        ValueError: an unknown policy.

    >>> import numpy as np, tinygrad_loss as tl
    >>> with tl.at_kinks("convention"):
    ...     float(tl.grad(np.abs)(0.0))
    0.0
    """
    if policy not in POLICIES:
        raise errors.unknown_name("at_kinks", "policy", policy, POLICIES)
    return Chosen(AT_KINKS, policy)
