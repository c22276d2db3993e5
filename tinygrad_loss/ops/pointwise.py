"""Smooth functions of a prediction and a target, entry by entry, and their sums as one op each.

A loss is nearly always reduced at once. Declared as one op, its large arrays pass through the cache in blocks:
the forward keeps no array of terms, and the backward writes nothing but the gradient.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import ANYWHERE, Interval, custom, elementwise
from tinygrad_loss.engine.op import Array, Rule

__all__ = ["Pointwise", "pointwise"]

BLOCK: Final = 32768
"""Entries per block: its temporaries fit into the second-level cache, and the calls per block cost little against it."""


@dataclass(frozen=True, slots=True)
class Pointwise:
    """A function of each entry, as an op that keeps every term and as one that adds them up."""

    each: Rule
    total: Rule


def pointwise(
    name: str, value: Rule, *slopes: Rule, domain: Interval | Sequence[Interval] = ANYWHERE, doc: str = "", static: bool = False
) -> Pointwise:
    """Declare ``value(*x, **static)`` of arrays of one shape, and ``total(*x, n=n)``, the sum of its entries divided by ``n``.

    ``slopes[i](*x, **static)`` is the partial derivative in input ``i``. Both are smooth: no ties, no facts.
    """
    partials = [_ignoring_value(s) for s in slopes]
    each = elementwise(name, in_blocks(value), *partials, domain=domain, doc=doc, static=static)
    total = custom(
        f"sum_{name}",
        lambda *x, n, **kw: _added(value, x, kw) / n,
        [_pull(s) for s in slopes],
        lambda dx, _y, *x, n, **kw: _push(slopes, dx, x, kw) / n,
        domain=domain,
        doc=rf"\frac1n \sum_i of {name}",
    )
    return Pointwise(each, total)


def in_blocks(rule: Rule) -> Rule:
    """Return the rule, run block by block where its inputs are large arrays of one shape."""

    def run(*x: Array, **static: Any) -> Array:
        first = x[0]
        if type(first) is not np.ndarray or first.size <= BLOCK or not _splits(x):
            return rule(*x, **static)
        out = np.empty(first.shape, first.dtype)
        flat = out.reshape(-1)
        parts = [v.reshape(-1) for v in x]
        for i in range(0, first.size, BLOCK):
            flat[i : i + BLOCK] = rule(*[v[i : i + BLOCK] for v in parts], **static)
        return out

    return run


def _splits(x: Sequence[Array]) -> bool:
    """Whether all are contiguous arrays of one shape and dtype, which blocks cut without copying."""
    first = x[0]
    return all(type(v) is np.ndarray and v.shape == first.shape and v.dtype == first.dtype and v.flags.c_contiguous for v in x)


def _added(value: Rule, x: Sequence[Array], static: dict[str, Any]) -> Array:
    first = x[0]
    if type(first) is not np.ndarray or first.size <= BLOCK or not _splits(x):
        return value(*x, **static).sum()
    parts = [v.reshape(-1) for v in x]
    sums = [value(*[v[i : i + BLOCK] for v in parts], **static).sum() for i in range(0, first.size, BLOCK)]
    return np.asarray(sums).sum()


def _ignoring_value(slope: Rule) -> Rule:
    return lambda _y, *x, **static: slope(*x, **static)


def _pull(slope: Rule) -> Callable[..., Array]:
    scaled = in_blocks(lambda *x, by, **static: slope(*x, **static) * by)
    return lambda g, _y, *x, n, **static: scaled(*x, by=g / n, **static)


def _push(slopes: Sequence[Rule], dx: Sequence[Array | None], x: Sequence[Array], static: dict[str, Any]) -> Array:
    terms = [np.sum(d * slope(*x, **static)) for d, slope in zip(dx, slopes, strict=True) if d is not None]
    return sum(terms[1:], terms[0])
