"""What a leaf knows of its last backward, as far as those below need to say it; `nonsmooth.judge` makes it."""

from typing import Protocol

__all__ = ["Found"]


class Found(Protocol):
    """A report on one leaf: see `nonsmooth.judge.Report`."""

    undefined: int
    kind: str
    proved: bool
