"""Sums, products and selections of germs, term by term."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.nonsmooth.germ import CAP, CLOSE, EXACT, ONE, ROUNDING, Germ, Key, Order, degree, of_shape
from tinygrad_loss.nonsmooth.germ_work import spend

__all__ = ["add", "product", "select"]


def _chopped(total: Array, scale: Array, key: Key, *, here: bool = False) -> Array:
    if key == ONE and not here:
        return total
    return np.where(np.abs(total) <= ROUNDING.get().chop * scale, 0.0, total)


def add(a: Germ, b: Germ, sign: float = 1.0) -> Germ:
    """Return ``a + sign * b``."""
    shape = a.shape if a.shape == b.shape else np.broadcast_shapes(a.shape, b.shape)
    terms: dict[Key, Array] = {}
    for key in {**a.terms, **b.terms}:
        p, q = a.terms.get(key), b.terms.get(key)
        if q is None:
            terms[key] = of_shape(p, shape)
        elif p is None:
            terms[key] = of_shape(q if sign == 1 else sign * q, shape)
        else:
            total = p + sign * q
            cotangent = a.absorbs or b.absorbs
            terms[key] = total if key == ONE and not cotangent else _chopped(total, np.abs(p) + np.abs(q), key, here=cotangent)
    return Germ(terms, shape, np.minimum(a.order, b.order), absorbs=a.absorbs or b.absorbs).truncated()


def product(a: Germ, b: Germ, times: Callable[[Array, Array], Array] = np.multiply) -> Germ:
    """Return the product, or any bilinear map ``times``, term by term."""
    entry_by_entry = times is np.multiply
    if entry_by_entry and _still(b):
        return _scaled(a, b)
    if entry_by_entry and _still(a):
        return _scaled(b, a)
    shape = np.broadcast_shapes(a.shape, b.shape) if entry_by_entry else times(np.zeros(a.shape), np.zeros(b.shape)).shape
    order = _product_order(a, b, entry_by_entry=entry_by_entry)
    limit = min(float(np.max(order, initial=-EXACT)), a.lead + b.lead + float(CAP.get())) + CLOSE
    pairs: dict[Key, list[tuple[Array, Array]]] = {}
    for (e, j), p in a.terms.items():
        for (f, k), q in b.terms.items():
            here = degree((e + f, j + k))
            if here > limit:
                if not np.any(order > here):
                    continue
                far = here > a.leads + b.leads + float(CAP.get()) + CLOSE if entry_by_entry else True
                order = np.where(far & (p != 0) & (q != 0) if entry_by_entry else far, np.minimum(order, here), order)
                if np.all(far):
                    continue
                q = np.where(far, 0.0, q)  # noqa: PLW2901
            pairs.setdefault((e + f, j + k), []).append((p, q))
    count = sum(map(len, pairs.values()))
    at_once = entry_by_entry and count > 2 and count * math.prod(shape) <= AT_ONCE
    spend(len(pairs) if at_once else count, count * math.prod(shape) // max(len(pairs), 1))
    absorbs = a.absorbs or b.absorbs
    with np.errstate(all="ignore"):
        sums = _sums_at_once(pairs, shape, absorbs) if at_once else _sums(pairs, times, absorbs=absorbs)
    return Germ(sums, shape, order, absorbs=absorbs).truncated()


def _still(x: Germ) -> bool:
    """Whether a germ is an array of finite numbers that do not move."""
    return not x.absorbs and x.terms.keys() == {ONE} and x.least == EXACT and bool(np.all(np.isfinite(x.terms[ONE])))


def _scaled(x: Germ, by: Germ) -> Germ:
    """Return the product with numbers that do not move."""
    factor = by.terms[ONE]
    shape = x.shape if x.shape == by.shape else np.broadcast_shapes(x.shape, by.shape)
    with np.errstate(all="ignore"):
        terms = {key: of_shape(c * factor, shape) for key, c in x.terms.items()}
    order = x.order if x.least == EXACT or np.all(factor) else np.where(factor != 0, x.order, EXACT)
    return Germ({key: c for key, c in terms.items() if np.any(c)}, shape, order, absorbs=x.absorbs)


AT_ONCE: Final = 1 << 16
"""Up to so many entries all pairs of terms are multiplied by one call."""


def _sums(pairs: dict[Key, list[tuple[Array, Array]]], times: Callable[[Array, Array], Array], *, absorbs: bool) -> dict[Key, Array]:
    sums: dict[Key, Array] = {}
    for key, factors in pairs.items():
        terms = [_absorbed(times(p, q), p, q, times) if absorbs else times(p, q) for p, q in factors]
        total = sum(terms[1:], terms[0])
        sums[key] = total if len(terms) == 1 else _chopped(total, sum(map(np.abs, terms)), key, here=absorbs)
    return sums


def _sums_at_once(pairs: dict[Key, list[tuple[Array, Array]]], shape: tuple[int, ...], absorbs: bool) -> dict[Key, Array]:
    factors = [pair for at_key in pairs.values() for pair in at_key]
    p, q = (np.stack([of_shape(pair[i], shape) for pair in factors]) for i in range(2))
    terms = _absorbed(p * q, p, q, np.multiply) if absorbs else p * q
    counts = [len(at_key) for at_key in pairs.values()]
    starts = np.cumsum([0, *counts[:-1]])
    totals = np.add.reduceat(terms, starts)
    scales = np.add.reduceat(np.abs(terms), starts)
    return {
        key: total if count == 1 else _chopped(total, scale, key, here=absorbs)
        for key, count, total, scale in zip(pairs, counts, totals, scales, strict=True)
    }


def _product_order(a: Germ, b: Germ, *, entry_by_entry: bool) -> Order:
    """Return the order of a product; an exact zero makes it exact."""
    if a.least == EXACT and b.least == EXACT:
        return EXACT
    if not entry_by_entry:
        if not a.moving.any() or not b.moving.any():
            return EXACT
        return min(a.least + b.lead, b.least + a.lead)
    order = np.minimum(a.order + b.leads, b.order + a.leads)
    return np.where(a.moving & b.moving, order, EXACT)


def _absorbed(term: Array, p: Array, q: Array, times: Callable[[Array, Array], Array]) -> Array:
    """Keep an exact zero of a cotangent zero, though the other factor is nan or infinite."""
    if np.all(np.isfinite(term)):
        return term
    if times is np.multiply:
        return np.where((p == 0) | (q == 0), 0.0, term)
    return times(np.nan_to_num(p, nan=0.0), np.nan_to_num(q, nan=0.0))


def select(mask: Array, a: Germ, b: Germ) -> Germ:
    """Return ``a`` where ``mask`` holds, else ``b``."""
    shape = np.shape(mask) if np.shape(mask) == a.shape == b.shape else np.broadcast_shapes(np.shape(mask), a.shape, b.shape)
    if np.all(mask):
        return _of_shape(a, shape)
    if not np.any(mask):
        return _of_shape(b, shape)
    terms = {k: np.where(mask, a.terms.get(k, 0.0), b.terms.get(k, 0.0)) for k in {**a.terms, **b.terms}}
    return Germ(terms, shape, np.where(mask, a.order, b.order), absorbs=a.absorbs or b.absorbs).truncated()


def _of_shape(x: Germ, shape: tuple[int, ...]) -> Germ:
    return Germ({key: of_shape(c, shape) for key, c in x.terms.items()}, shape, x.order, absorbs=x.absorbs)
