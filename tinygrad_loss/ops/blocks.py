"""Large arrays in blocks: what is in between stays in the cache, and weighs little beside what is computed."""

import contextvars
import functools
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from tinygrad_loss.engine.op import Array

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

__all__ = ["BLOCK", "SHARED", "each_block", "spans", "splits"]

Span: TypeAlias = tuple[int, int, int]

BLOCK: Final = 32768
"""Entries per block: its temporaries fit into the second-level cache, and the calls per block cost little against it."""
LARGE_BLOCK: Final = 1 << 18
"""Entries per block where threads share them, for at the end of each call they contend for the interpreter's lock, or where memory costs nothing."""
SHARED: Final = 1 << 19
"""From this many entries a second thread is worth its handover."""
HEAD_START: Final = 1 << 17
"""Entries that the calling thread takes beyond its share: the others start later, and if they end later it must be woken."""
LAST_BLOCK: Final = 4096
"""Entries whose temporaries weigh nothing."""
THREADS: Final = min(4, os.cpu_count() or 1)


def splits(x: Sequence[Array]) -> bool:
    """Return whether all are contiguous arrays of one shape and dtype, which blocks cut without copying."""
    first = x[0]
    if type(first) is not np.ndarray:
        return False
    shape, dtype = first.shape, first.dtype
    for v in x:  # noqa: SIM110  faster than a generator
        if type(v) is not np.ndarray or v.shape != shape or v.dtype != dtype or not v.flags.c_contiguous:
            return False
    return True


def each_block(work: Callable[[int, int, int], Any], size: int, *, room: bool = False) -> list[Any]:
    """Return ``work(start, stop, end)`` of each block in order; of very large arrays the blocks are shared out among threads.

    Up to ``end`` no other block has begun. With ``room`` the blocks of one thread are large, and become smaller so that each is followed
    by as many entries of that kind, but for a last one of a few entries: the array that is being filled can hold what is in between.
    """
    shares = THREADS if size >= SHARED else 1
    step, ahead = LARGE_BLOCK if room or shares > 1 else BLOCK, HEAD_START if shares > 1 else 0
    least = LAST_BLOCK if room and shares == 1 else step
    ends = [ahead + (size - ahead) * k // shares for k in range(1, shares + 1)]
    parts = [spans(start, end, step, least) for start, end in zip([0, *ends], ends, strict=False)]
    others = [_pool().submit(contextvars.copy_context().run, _in_turn, work, part) for part in parts[1:]]
    return [done for part in (_in_turn(work, parts[0]), *(o.result() for o in others)) for done in part]


def _in_turn(work: Callable[[int, int, int], Any], part: Iterator[Span]) -> list[Any]:
    return [work(*span) for span in part]


def spans(start: int, end: int, step: int, least: int) -> Iterator[Span]:
    """Yield start, stop and ``end`` of each block of ``step``, or of half of what is left when that is less, but of no less than ``least``."""
    while start < end:
        stop = min(start + min(step, max((end - start) // 2 & -64, least)), end)
        yield start, stop, end
        start = stop


@functools.cache
def _pool() -> "ThreadPoolExecutor":
    """Return the threads that share blocks; NumPy lets go of the interpreter's lock inside each call."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  only very large arrays need it

    return ThreadPoolExecutor(THREADS - 1, thread_name_prefix="blocks")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork
