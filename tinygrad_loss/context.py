"""The ambient choices, each a ContextVar, so threads and tasks never see each other's."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal, get_args

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


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording, so nothing inside can be differentiated by ``backward``.

    >>> import tinygrad_loss as tl
    >>> x = tl.tensor(2.0, requires_grad=True)
    >>> with tl.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """
    token = RECORDING.set(OFF)
    try:
        yield
    finally:
        RECORDING.reset(token)


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
    token = RECORDING.set(RECORDING.get() or ON)
    try:
        yield
    finally:
        RECORDING.reset(token)


@contextmanager
def without_watching() -> Iterator[None]:
    """Record without remembering lines: the engine's own replays visit points that are singular on purpose.

    >>> from tinygrad_loss import context
    >>> with context.without_watching():
    ...     context.RECORDING.get() == context.ON
    True
    """
    token = RECORDING.set(ON)
    try:
        yield
    finally:
        RECORDING.reset(token)


@contextmanager
def at_kinks(policy: Policy) -> Iterator[None]:
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
    token = AT_KINKS.set(policy)
    try:
        yield
    finally:
        AT_KINKS.reset(token)
