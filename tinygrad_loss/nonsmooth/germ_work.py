"""The work of germ arithmetic, counted and limited: answers depend on the program, never on the load of the machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

__all__ = ["CALL", "Exhausted", "OverBudget", "Work", "budget", "spend"]

CALL: Final = 1000
"""What one NumPy call costs beyond its entries, in entries."""


class Exhausted(ArithmeticError):  # noqa: N818  it says what happened, and asks for more terms
    """What is asked is not known: all kept terms cancelled, or no rule expands an op there. More terms (`germ.CAP`) may help."""


class OverBudget(Exhausted):
    """The work allowed is done, and the answer is not known; more terms do not help.

    It is an `Exhausted`, so that whoever takes what is not known for undecided does so here too. From the moment it is raised
    all germ arithmetic inside the same `budget` raises it again, at once.
    """


@dataclass(slots=True)
class Work:
    """Work counted so far: ``done`` entries, NumPy calls included at `CALL` entries each, of at most ``limit``."""

    limit: float
    done: float = 0.0
    outer: "Work | None" = None


WORK: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def budget(limit: float) -> Iterator[Work]:
    """Return a context in which germ arithmetic raises `OverBudget` once its work passes ``limit``; also counted outside.

    >>> import numpy as np
    >>> from tinygrad_loss.nonsmooth.germ import variable
    >>> with budget(1e6) as work:
    ...     _ = variable(np.ones(3), np.ones(3)) * 2.0
    >>> 0 < work.done < 1e6
    True
    """
    work = Work(limit, outer=WORK.get())
    token = WORK.set(work)
    try:
        yield work
    finally:
        WORK.reset(token)


def spend(calls: int, entries: int = 0) -> None:
    """Count ``calls`` NumPy calls over arrays of ``entries`` entries.

    Raises:
        OverBudget: a limit is passed.
    """
    work, over = WORK.get(), False
    while work is not None:
        work.done += calls * (CALL + entries)
        over |= work.done > work.limit
        work = work.outer
    if over:
        raise OverBudget
