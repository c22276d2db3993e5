"""What a leaf knows of its last backward, as far as those below need to say it; `calculus.nonsmooth` makes it."""

from typing import Protocol

__all__ = ["Found"]


class Found(Protocol):
    """A report on one leaf: see `calculus.nonsmooth.Report`."""

    undefined: int
    kind: str
    proved: bool
