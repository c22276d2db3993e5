"""The ambient choices, each a ContextVar, so threads and tasks never see each other's."""

from collections.abc import Iterator
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar, Token
from typing import Any, Final, Literal, get_args

from tinygrad_loss import errors

__all__ = ["Policy", "at_kinks", "enable_grad", "no_grad"]

Policy = Literal["nan", "raise", "subgradient", "convention"]
POLICIES: Final = get_args(Policy)

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


class Chosen(ContextDecorator):
    """A choice that holds inside ``with``, or inside a function that it decorates; it may be entered again and again."""

    __slots__ = ("_before", "_value", "_variable")

    def __init__(self, variable: ContextVar[Any], value: object) -> None:
        self._variable, self._value = variable, value
        self._before: list[Token[Any]] = []

    def __enter__(self) -> None:
        """Choose."""
        self._before.append(self._variable.set(self._value))

    def __exit__(self, *_: object) -> None:
        """Return to what held before."""
        self._variable.reset(self._before.pop())

    def _recreate_cm(self) -> "Chosen":
        """Return an own choice for each call of a decorated function: calls may run at once."""
        return Chosen(self._variable, self._value)


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
