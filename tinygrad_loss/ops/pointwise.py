"""Functions of a prediction and a target, entry by entry, and their sums as one op each.

A loss is nearly always reduced at once. Declared as one op, its large arrays pass through the cache in blocks:
the forward keeps no array of terms, and the backward writes nothing but the gradient.
"""

import math
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np

from tinygrad_loss.engine.declare import ANYWHERE, Interval, custom, elementwise
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.blocks import BLOCK, each_block, splits
from tinygrad_loss.ops.handover import LARGE, Handover

__all__ = ["Pointwise", "pointwise"]


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
    tie: Rule | None = None,
) -> Pointwise:
    """Declare ``value(*x, **static)`` of arrays of one shape, and ``total(*x, n=n)``, the sum of its entries divided by ``n``.

    ``slopes[i](*x, **static)`` is the partial derivative in input ``i``; both are smooth but where ``tie(*x, **static)`` says that
    there is a kink, which ops in ``value`` describe.
    Kernels may say the same with less work on arrays: ``added(*x, **static)`` is the sum of the values, right wherever it
    comes out finite; ``pulled[i](*x, by=by, out=out, **static)`` writes a slope times a number without arrays in between;
    ``sloped(*x, by=by, out=out, spare=spare, **static)`` does both at once for the first slope: the backward has nothing left to do.
    """
    partials = [_ignoring_value(s) for s in slopes]
    facts = _kinks(value, tie) if tie is not None else (None, None)
    each = elementwise(name, _in_blocks(value), *partials, domain=domain, doc=doc, static=static, facts=facts[0])
    pulls = [_pull(s, kernel) for s, kernel in zip_longest(slopes, pulled)]
    add = _adding(value, added)
    if sloped is not None:
        add, pulls[0] = _handed_over(sloped, add, pulls[0])
    total = custom(
        f"sum_{name}",
        add,
        pulls,
        lambda dx, _y, *x, n, **kw: _push(slopes, dx, x, kw) / n,
        domain=domain,
        doc=rf"\frac1n \sum_i of {name}",
        facts=facts[1],
    )
    return Pointwise(each, total)


def _kinks(value: Rule, tie: Rule) -> tuple[Facts, Facts]:
    """Return where an op of each entry and that of their sum are not smooth."""

    def total(*x: Array, n: float, **static: Any) -> Array:
        return np.sum(value(*x, **static)) / n

    return (
        Facts(nature="kink", tie=lambda _y, *x, **static: tie(*x, **static), near=value, spelt_out=True),
        Facts(nature="kink", tie=lambda _y, *x, n, **static: np.any(tie(*x, **static)), near=total, spelt_out=True),
    )


def _in_blocks(rule: Rule, write: Rule | None = None) -> Rule:
    """Return the rule, run block by block where its inputs are large arrays of one shape; ``write`` does the same into ``out=``."""

    def run(*x: Array, **static: Any) -> Array:
        first = x[0]
        if type(first) is not np.ndarray or (write is None and first.size <= BLOCK) or not splits(x):
            return rule(*x, **static)
        out = np.empty_like(first)
        if first.size <= BLOCK and write is not None:
            write(*x, out=out, **static)
            return out
        flat, parts = out.reshape(-1), [v.reshape(-1) for v in x]

        def fill(start: int, stop: int, _end: int) -> None:
            block = [v[start:stop] for v in parts]
            if write is None:
                flat[start:stop] = rule(*block, **static)
            else:
                write(*block, out=flat[start:stop], **static)

        each_block(fill, first.size)
        return out

    return run


def _adding(value: Rule, added: Rule | None) -> Rule:
    def whole(x: Sequence[Array], static: dict[str, Any]) -> Array:
        if added is not None and math.isfinite(total := added(*x, **static)):
            return total
        return value(*x, **static).sum()

    def run(*x: Array, n: float, **static: Any) -> Array:
        first = x[0]
        if type(first) is not np.ndarray:
            return value(*x, **static).sum() / n
        if first.size <= BLOCK or not splits(x):
            return whole(x, static) / n
        parts = [v.reshape(-1) for v in x]
        sums = each_block(lambda start, stop, _: whole([v[start:stop] for v in parts], static), first.size)
        return np.asarray(sums).sum() / n

    return run


def _handed_over(sloped: Rule, add: Rule, pull: Rule) -> tuple[Rule, Rule]:
    """Return the sum and the first vjp of arrays, of which the one leaves the gradient to the other."""
    handover = Handover(LARGE)

    def total(*x: Array, n: float, **static: Any) -> Array:
        first = x[0]
        if type(first) is not np.ndarray or first.size > LARGE or not first.ndim or not splits(x):
            return add(*x, n=n, **static)
        slopes, by = np.empty_like(first), first.dtype.type(1) / n
        if first.size <= BLOCK:
            answer = sloped(*x, by=by, out=slopes, spare=np.empty_like(first), **static)
        else:
            flat, parts = slopes.reshape(-1), [v.reshape(-1) for v in x]

            def block(start: int, stop: int, end: int) -> Array:
                out, after = flat[start:stop], 2 * stop - start
                spare = flat[stop:after] if after <= end else np.empty_like(out)
                return sloped(*[v[start:stop] for v in parts], by=by, out=out, spare=spare, **static)

            answer = np.asarray(each_block(block, first.size, room=True)).sum()
        if not math.isfinite(answer):
            return add(*x, n=n, **static)
        handover.give(first, (*x[1:], *static.values()), (by, slopes))
        return answer / n

    def vjp(g: Array, y: Array, *x: Array, n: float, **static: Any) -> Array:
        left = handover.take(x[0], (*x[1:], *static.values())) if isinstance(g, np.ndarray | np.generic) else None
        return left[1] if left is not None and left[0] == g / n else pull(g, y, *x, n=n, **static)

    return total, vjp


def _ignoring_value(slope: Rule) -> Rule:
    return lambda _y, *x, **static: slope(*x, **static)


def _pull(slope: Rule, kernel: Rule | None) -> Callable[..., Array]:
    def write(*x: Array, by: Array, out: Array, **static: Any) -> None:
        np.multiply(slope(*x, **static), by, out=out)

    scaled = _in_blocks(lambda *x, by, **static: slope(*x, **static) * by, kernel or write)
    return lambda g, _y, *x, n, **static: scaled(*x, by=g / n, **static)


def _push(slopes: Sequence[Rule], dx: Sequence[Array | None], x: Sequence[Array], static: dict[str, Any]) -> Array:
    terms = [np.sum(d * slope(*x, **static)) for d, slope in zip(dx, slopes, strict=True) if d is not None]
    return sum(terms[1:], terms[0])
