"""Smooth functions of a prediction and a target, entry by entry, and their sums as one op each.

A loss is nearly always reduced at once. Declared as one op, its large arrays pass through the cache in blocks:
the forward keeps no array of terms, and the backward writes nothing but the gradient.
"""

import contextvars
import functools
import math
import os
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tinygrad_loss.engine.declare import ANYWHERE, Interval, custom, elementwise
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.handover import Handover

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

__all__ = ["Pointwise", "pointwise"]

BLOCK: Final = 32768
"""Entries per block: its temporaries fit into the second-level cache, and the calls per block cost little against it."""
SHARED: Final = 1 << 18
"""From this many entries a second thread is worth its handover."""
SHARED_BLOCK: Final = 1 << 17
"""Entries per block where threads share them: at the end of each call they contend for the interpreter's lock, so calls are few."""
KEPT: Final = 1 << 22
"""Up to this many entries a forward leaves the slopes that it passed by, in the array that becomes the gradient."""
THREADS: Final = min(4, os.cpu_count() or 1)


class Pointwise(NamedTuple):
    """A function of each entry, as an op that keeps every term and as one that adds them up."""

    each: Rule
    total: Rule


def pointwise(
    name: str,
    value: Rule,
    *slopes: Rule,
    added: Rule | None = None,
    pulled: Sequence[Rule | None] = (),
    sloped: Rule | None = None,
    domain: Interval | Sequence[Interval] = ANYWHERE,
    doc: str = "",
    static: bool = False,
) -> Pointwise:
    """Declare ``value(*x, **static)`` of arrays of one shape, and ``total(*x, n=n)``, the sum of its entries divided by ``n``.

    ``slopes[i](*x, **static)`` is the partial derivative in input ``i``. Both are smooth: no ties, no facts.
    Kernels may say the same with less work on arrays: ``added(*x, **static)`` is the sum of the values, right wherever it
    comes out finite; ``pulled[i](*x, by=by, out=out, **static)`` writes a slope times a number without arrays in between;
    ``sloped(*x, out=out, **static)`` writes the first slope and returns the sum, for a backward that has only to scale it.
    """
    partials = [_ignoring_value(s) for s in slopes]
    each = elementwise(name, in_blocks(value), *partials, domain=domain, doc=doc, static=static)
    pulls = [_pull(s, kernel) for s, kernel in zip_longest(slopes, pulled)]
    add: Rule = functools.partial(_added, value, added)
    if sloped is not None:
        add, pulls[0] = _handed_over(sloped, add, pulls[0])
    total = custom(
        f"sum_{name}",
        lambda *x, n, **kw: add(x, kw) / n,
        pulls,
        lambda dx, _y, *x, n, **kw: _push(slopes, dx, x, kw) / n,
        domain=domain,
        doc=rf"\frac1n \sum_i of {name}",
    )
    return Pointwise(each, total)


def in_blocks(rule: Rule, write: Rule | None = None) -> Rule:
    """Return the rule, run block by block where its inputs are large arrays of one shape; ``write`` does the same into ``out=``."""

    def run(*x: Array, **static: Any) -> Array:
        first = x[0]
        if type(first) is not np.ndarray or (write is None and first.size <= BLOCK) or not _splits(x):
            return rule(*x, **static)
        out = np.empty_like(first)
        if first.size <= BLOCK and write is not None:
            write(*x, out=out, **static)
            return out
        flat, parts = out.reshape(-1), [v.reshape(-1) for v in x]

        def fill(start: int, stop: int) -> None:
            block = [v[start:stop] for v in parts]
            if write is None:
                flat[start:stop] = rule(*block, **static)
            else:
                write(*block, out=flat[start:stop], **static)

        _each_block(fill, first.size)
        return out

    return run


def _splits(x: Sequence[Array]) -> bool:
    """Whether all are contiguous arrays of one shape and dtype, which blocks cut without copying."""
    first = x[0]
    return all(type(v) is np.ndarray and v.shape == first.shape and v.dtype == first.dtype and v.flags.c_contiguous for v in x)


def _added(value: Rule, added: Rule | None, x: Sequence[Array], static: dict[str, Any]) -> Array:
    first = x[0]
    if type(first) is not np.ndarray:
        return value(*x, **static).sum()
    if first.size <= BLOCK or not _splits(x):
        return _sum_of(value, added, x, static)
    parts = [v.reshape(-1) for v in x]
    sums = _each_block(lambda start, stop: _sum_of(value, added, [v[start:stop] for v in parts], static), first.size)
    return np.asarray(sums).sum()


def _sum_of(value: Rule, added: Rule | None, x: Sequence[Array], static: dict[str, Any]) -> Array:
    if added is not None and math.isfinite(total := added(*x, **static)):
        return total
    return value(*x, **static).sum()


def _handed_over(sloped: Rule, add: Rule, pull: Rule) -> tuple[Rule, Rule]:
    """Return the sum and the first vjp of large arrays, of which the one leaves the slopes to the other."""
    handover = Handover(KEPT)

    def total(x: Sequence[Array], static: dict[str, Any]) -> Array:
        first = x[0]
        if type(first) is not np.ndarray or not BLOCK < first.size <= KEPT or not _splits(x):
            return add(x, static)
        slopes = np.empty_like(first)
        flat, parts = slopes.reshape(-1), [v.reshape(-1) for v in x]
        sums = _each_block(lambda i, j: sloped(*[v[i:j] for v in parts], out=flat[i:j], **static), first.size)
        answer = np.asarray(sums).sum()
        if not math.isfinite(answer):
            return add(x, static)
        handover.give(first, (*x[1:], *static.values()), slopes)
        return answer

    def vjp(g: Array, y: Array, *x: Array, n: int, **static: Any) -> Array:
        slopes = handover.take(x[0], (*x[1:], *static.values())) if isinstance(g, np.ndarray | np.generic) else None
        return pull(g, y, *x, n=n, **static) if slopes is None else np.multiply(slopes, g / n, out=slopes)

    return total, vjp


def _each_block(work: Callable[[int, int], Any], size: int) -> list[Any]:
    """Return ``work(start, stop)`` of each block in order; of very large arrays the blocks are shared out among threads."""
    step = BLOCK if size < SHARED else SHARED_BLOCK
    spans = [(start, min(start + step, size)) for start in range(0, size, step)]
    if size < SHARED or THREADS == 1:
        return [work(*span) for span in spans]
    share = -(-len(spans) // THREADS)
    others = [
        _pool().submit(contextvars.copy_context().run, lambda mine: [work(*span) for span in mine], spans[i : i + share])
        for i in range(share, len(spans), share)
    ]
    return [done for part in ([work(*span) for span in spans[:share]], *(o.result() for o in others)) for done in part]


@functools.cache
def _pool() -> "ThreadPoolExecutor":
    """Return the threads that share blocks; NumPy lets go of the interpreter's lock inside each call."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  only very large arrays need it

    return ThreadPoolExecutor(THREADS - 1, thread_name_prefix="blocks")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork


def _ignoring_value(slope: Rule) -> Rule:
    return lambda _y, *x, **static: slope(*x, **static)


def _pull(slope: Rule, kernel: Rule | None) -> Callable[..., Array]:
    def write(*x: Array, by: Array, out: Array, **static: Any) -> None:
        np.multiply(slope(*x, **static), by, out=out)

    scaled = in_blocks(lambda *x, by, **static: slope(*x, **static) * by, kernel or write)
    return lambda g, _y, *x, n, **static: scaled(*x, by=g / n, **static)


def _push(slopes: Sequence[Rule], dx: Sequence[Array | None], x: Sequence[Array], static: dict[str, Any]) -> Array:
    terms = [np.sum(d * slope(*x, **static)) for d, slope in zip(dx, slopes, strict=True) if d is not None]
    return sum(terms[1:], terms[0])
