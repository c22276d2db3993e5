"""What leaves a record unseen: a branch in Python, and whole numbers or truth values that turn into plain ones."""

from collections.abc import Iterator
from contextlib import contextmanager

from tinygrad_loss import errors
from tinygrad_loss.context import AT_KINKS, BRANCHES, DEPARTED
from tinygrad_loss.engine.graph import record_of
from tinygrad_loss.engine.reverse import first_step, steps
from tinygrad_loss.engine.tensor import Tensor

__all__ = ["branched", "departed", "watching"]


@contextmanager
def watching() -> Iterator[list[str]]:
    """Collect the lines at which numbers leave the record of a function at a tie; a function around it sees them too."""
    around, seen = DEPARTED.get(), list[str]()
    token = DEPARTED.set(seen)
    try:
        yield seen
    finally:
        DEPARTED.reset(token)
        if around is not None:
            around.extend(seen)


def branched(t: Tensor) -> None:
    """Notice a branch in Python on a comparison of equals: the record shows only the side that was taken."""
    if t.op is None or not _may_step(t):
        return
    branches = BRANCHES.get()
    if branches is not None:
        branches.append(errors.caller_line())
        return
    errors.warn_caller(
        f"`if` on {t.op.name} of equals: the branch taken is only one of two, so its derivative may not be the function's. "
        "Type instead: np.where(condition, a, b)",
        errors.UndefinedGradientWarning,
    )


def departed(t: Tensor, how: str) -> None:
    """Notice numbers without gradient that leave the record at a tie, where others would leave just beside the point."""
    if t.op is None or not _may_step(t):
        return
    line, tied = errors.caller_line(), [s for s in record_of(t) if steps(s)]
    for s in tied:
        s.departed = line
    seen = DEPARTED.get()
    if seen is not None:
        seen.append(line)
    if AT_KINKS.get() not in {"convention", "subgradient"}:
        errors.warn_caller(
            f"{how}: {tied[-1].node[0].name} stands at a tie, and its numbers leave the record, which then shows only one side: "
            "nothing proves the derivative of what is made of them. "
            "Use instead: tl.tensor(a)[i] rather than a[i], or np.where(mask, a, b), with the tensor i or mask itself",
            errors.UnprovedGradientWarning,
            "departed",
        )


def _may_step(t: Tensor) -> bool:
    """Whether a traced tensor may be another just beside the point, and not only by the looks of its values."""
    found = first_step(t)
    if found is None or hasattr(found, "steady"):
        return found is not None
    from tinygrad_loss.nonsmooth.numbering import may_step  # noqa: PLC0415  only at a tie

    return may_step(t)


Tensor._branched, Tensor._departed = branched, departed  # type: ignore[method-assign, assignment]  # noqa: SLF001
