r"""`Germ`: a function of one small positive number t, as a truncated series; arithmetic for exact one-sided truth.

A germ is $\sum_k c_k\, t^{e_k} L^{j_k}$ with rational exponents $e_k$ and powers of $L = \log(1/t)$, known below an
exponent ``order`` (infinite: exact). Running a program on $x + t v$ gives its behaviour just beside $x$: comparisons are
decided by leading coefficients, roots halve exponents, and $0 \cdot \infty$ resolves itself.

Source: Shamseddine and Berz 1996, Exception handling in derivative computation with nonarchimedean calculus.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from tinygrad_loss.calculus.germ_work import Exhausted, spend
from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.op import Array, Op

__all__ = ["CAP", "ROUNDING", "Exhausted", "Germ", "rounding_of", "variable"]

Exponent: TypeAlias = Fraction | int | float
Key: TypeAlias = tuple[Exponent, int]

ONE: Final[Key] = (0, 0)
EXACT: Final = math.inf


class Rounding(NamedTuple):
    """What counts as rounding, by the floats in which the values at t = 0 were computed.

    Attributes:
        chop: a coefficient this small against what it was summed from is zero; values at t = 0 are never chopped.
        same: two slopes this close, relative to the larger, are one.
    """

    chop: float
    same: float


DOUBLE: Final = Rounding(1e-13, 1e-9)
COARSER: Final = {"float32": Rounding(2e-6, 1e-5), "float16": Rounding(2e-2, 5e-2)}
ROUNDING: ContextVar[Rounding] = ContextVar("rounding", default=DOUBLE)


@contextmanager
def rounding_of(arrays: Iterable[Array]) -> Iterator[None]:
    """Return a context in which slopes are compared as the coarsest dtype of ``arrays`` allows."""
    token = ROUNDING.set(max((COARSER.get(np.dtype(x.dtype).name, DOUBLE) for x in arrays), default=DOUBLE))
    try:
        yield
    finally:
        ROUNDING.reset(token)


CAP: ContextVar[Exponent] = ContextVar("cap", default=3)
"""How many powers of t are kept beyond the leading one."""


def significance(key: Key) -> tuple[Exponent, int]:
    """Sort keys from the largest term to the smallest, as t goes to 0."""
    return key[0], -key[1]


def exponent(p: float | Fraction) -> Exponent:
    """Return an exponent in lowest terms, so that halves and thirds add up exactly."""
    exact = Fraction(p)
    near = exact.limit_denominator(1000)
    if abs(near - exact) < Fraction(1, 10**15):
        exact = near
    return exact.numerator if exact.denominator == 1 else exact


class Germ(Kind):
    """An array of germs of one shape, with common exponents: ``terms[e, j]`` holds the coefficients of $t^e L^j$.

    A nan coefficient marks an entry that does not exist for small t > 0. ``order`` bounds what is known.
    ``absorbs`` marks cotangents: there an exact zero stays zero, whatever it is multiplied with.
    """

    __slots__ = ("absorbs", "order", "shape", "terms")

    def __init__(self, terms: Mapping[Key, Array], shape: tuple[int, ...], order: Exponent = EXACT, *, absorbs: bool = False) -> None:
        self.terms = dict(terms) if len(terms) < 2 else {k: terms[k] for k in sorted(terms, key=significance)}
        self.shape = shape
        self.order = order
        self.absorbs = absorbs
        spend(1 + len(self.terms), self.size)

    # ---- what an array answers ---------------------------------------------------------------------------------------

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Coefficients are double precision."""
        return np.dtype(np.float64)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        series = " + ".join(f"{c} t^{e}" + (f" L^{j}" if j else "") for (e, j), c in self.terms.items()) or "0"
        return f"germ({series}{'' if self.order == EXACT else f' + O(t^{self.order})'})"

    def apply(self, op: Op, inputs: tuple[Array, ...], static: Mapping[str, Any]) -> Array:
        """Run one op: its own germ rule where it has one, else what its algebraic kind and its derivative say."""
        from tinygrad_loss.calculus.germ_apply import apply  # noqa: PLC0415  rules are written with germs

        return apply(op, inputs, dict(static))

    def __array_function__(
        self, function: Callable[..., Array], types: Iterable[type], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Array:
        """Answer what asks for a shape only; the rest goes through the ops."""
        known = CONSTANTS.get(function)
        if known is not None and isinstance(args[0], Germ):
            return known(*args, **kwargs)
        return super().__array_function__(function, types, args, kwargs)

    # ---- reading ------------------------------------------------------------------------------------------------------

    def coefficient(self, e: Exponent, j: int = 0) -> np.ndarray:
        """Return the coefficients of $t^e L^j$."""
        found = self.terms.get((e, j))
        return np.zeros(self.shape) if found is None else of_shape(found, self.shape)

    @property
    def constant(self) -> np.ndarray:
        """The coefficients of $t^0$."""
        return self.coefficient(0)

    @property
    def lead(self) -> Exponent:
        """The smallest exponent present; ``order`` for a germ without terms."""
        return next((e for e, _ in self.terms), self.order)

    @property
    def missing(self) -> np.ndarray:
        """True where the entry does not exist for small t > 0."""
        gone = np.zeros(self.shape, bool)
        for c in self.terms.values():
            gone |= np.isnan(c)
        return gone

    def leading(self) -> tuple[np.ndarray, np.ndarray, list[Key]]:
        """Return the leading coefficient of each entry, and the position of its key in the returned list; -1 where all are zero."""
        keys = list(self.terms)
        value = np.zeros(self.shape)
        which = np.full(self.shape, -1)
        for i, key in enumerate(keys):
            fresh = (which < 0) & (self.terms[key] != 0)
            value = np.where(fresh, self.terms[key], value)
            which = np.where(fresh, i, which)
        return value, which, keys

    def sign(self, *, flat: bool = False) -> np.ndarray:
        """Return the sign for small t > 0; nan where the entry does not exist.

        Raises:
            Exhausted: every kept term is zero though the germ is not exact (with ``flat``: then 0).
        """
        lead: Array = np.zeros(self.shape)
        gone = False
        for c in self.terms.values():
            lead = np.where(lead != 0, lead, c)
            gone = gone or bool(np.isnan(c).any())
        if self.order != EXACT and not flat and not lead.all():
            raise Exhausted
        return np.where(self.missing, np.nan, np.sign(lead)) if gone else np.sign(lead)

    # ---- building -----------------------------------------------------------------------------------------------------

    def like(self, terms: Mapping[Key, Array], order: Exponent | None = None) -> "Germ":
        """Return a germ of the same shape with other terms."""
        return Germ(terms, self.shape, self.order if order is None else order, absorbs=self.absorbs)

    def truncated(self) -> "Germ":
        """Drop terms that are zero everywhere, or lie beyond what is known or wanted."""
        kept = {k: c for k, c in self.terms.items() if k[0] < self.order and np.any(c)}
        order = self.order
        if kept:
            limit = min(k[0] for k in kept) + CAP.get()
            beyond = [k for k in kept if k[0] > limit]
            if beyond:
                order = min(order, *(k[0] for k in beyond))
                kept = {k: c for k, c in kept.items() if k[0] <= limit}
        return self.like(kept, order)

    def each(self, linear_map: Callable[[np.ndarray], np.ndarray]) -> "Germ":
        """Apply a linear map to every coefficient."""
        terms = {k: linear_map(c) for k, c in self.terms.items()}
        shape = next(iter(terms.values())).shape if terms else linear_map(np.zeros(self.shape)).shape
        return Germ(terms, shape, self.order, absorbs=self.absorbs)

    def shifted(self, e: Exponent, j: int, factor: Array = 1.0) -> "Germ":
        """Return the germ times ``factor`` $t^e L^j$."""
        return self.like({(k[0] + e, k[1] + j): c * factor for k, c in self.terms.items()}, self.order + e)


def constant(x: Array) -> Germ:
    """Return an array as a germ that does not move.

    Raises:
        Exhausted: it is complex: series have real coefficients.
    """
    if np.iscomplexobj(x):
        raise Exhausted
    array = np.asarray(x, dtype=np.float64)
    return Germ({ONE: array} if array.any() else {}, array.shape)


def variable(x: Array, v: Array) -> Germ:
    """Return the germ $x + t v$."""
    x, v = np.asarray(x, np.float64), np.asarray(v, np.float64)
    return Germ({k: c for k, c in ((ONE, x), ((1, 0), v)) if c.any()}, x.shape)


def germ(x: Array) -> Germ:
    """Return ``x`` as a germ."""
    return x if isinstance(x, Germ) else constant(x)


# ---- ring operations ------------------------------------------------------------------------------------------------------


def of_shape(c: Array, shape: tuple[int, ...]) -> Array:
    return c if np.shape(c) == shape else np.broadcast_to(c, shape)


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
    return Germ(terms, shape, min(a.order, b.order), absorbs=a.absorbs or b.absorbs).truncated()


def product(a: Germ, b: Germ, times: Callable[[Array, Array], Array] = np.multiply) -> Germ:
    """Return the product, or any bilinear map ``times``, term by term."""
    shape = times(np.zeros(a.shape), np.zeros(b.shape)).shape
    order = min(a.order + b.lead, b.order + a.lead) if a.terms and b.terms else _zero_order(a, b)
    limit = min(order, a.lead + b.lead + CAP.get()) if a.terms and b.terms else order
    spend(len(a.terms) * len(b.terms), a.size + b.size + math.prod(shape))
    sums: dict[Key, Array] = {}
    scales: dict[Key, Array] = {}
    for (e, j), p in a.terms.items():
        for (f, k), q in b.terms.items():
            if e + f > limit:
                order = min(order, e + f)
                continue
            key = (e + f, j + k)
            with np.errstate(all="ignore"):
                term = times(p, q)
                if a.absorbs or b.absorbs:
                    term = _absorbed(term, p, q, times)
            if key in sums:
                scales[key] = scales.get(key, np.abs(sums[key])) + np.abs(term)
                sums[key] = sums[key] + term
            else:
                sums[key] = term
    for key, scale in scales.items():
        sums[key] = _chopped(sums[key], scale, key, here=a.absorbs or b.absorbs)
    return Germ(sums, shape, order, absorbs=a.absorbs or b.absorbs).truncated()


def _zero_order(a: Germ, b: Germ) -> Exponent:
    """Return the order of a product one of whose factors has no terms: an exact zero makes it exact."""
    if (not a.terms and a.order == EXACT) or (not b.terms and b.order == EXACT):
        return EXACT
    return a.order + b.order if not a.terms and not b.terms else a.order + b.lead if not a.terms else b.order + a.lead


def _absorbed(term: Array, p: Array, q: Array, times: Callable[[Array, Array], Array]) -> Array:
    """Keep an exact zero of a cotangent zero, though the other factor is nan or infinite."""
    if np.all(np.isfinite(term)):
        return term
    if times is np.multiply:
        return np.where((p == 0) | (q == 0), 0.0, term)
    return times(np.nan_to_num(p, nan=0.0), np.nan_to_num(q, nan=0.0))


def powers(u: Germ, weights: Iterable[Array]) -> Germ:
    r"""Return $\\sum_k w_k u^k$ for an infinitesimal ``u``; ``weights`` goes on until what follows is beyond `CAP`."""
    weights = iter(weights)
    total = _scaled(next(weights), None, u)
    power: Germ | None = None
    step = u.lead
    reach: Exponent = 0
    for w in weights:
        reach = reach + step
        if not u.terms or reach > CAP.get() or reach >= u.order:
            break
        power = u if power is None else product(power, u)
        total = add(total, _scaled(w, power, u))
    else:
        reach = reach + step
    left_out = reach if u.terms else u.order
    return Germ(total.terms, total.shape, min(total.order, left_out), absorbs=u.absorbs)


def _scaled(w: Array, power: Germ | None, u: Germ) -> Germ:
    if power is None:
        w = np.broadcast_to(np.asarray(w, np.float64), u.shape)
        return Germ({ONE: w} if np.any(w) else {}, u.shape, absorbs=u.absorbs)
    return power.each(lambda c: np.where(c == 0, 0.0, c * w))


# ---- entry by entry: what depends on the leading term -----------------------------------------------------------------------


def by_leading(x: Germ, rule: Callable[[Exponent, int, np.ndarray, Germ], Germ], at_zero: Germ | None) -> Germ:
    r"""Write each entry as $c\\, t^e L^j (1 + r)$ and answer ``rule(e, j, c, r)``; entries that are exactly 0 get ``at_zero``."""
    value, which, keys = x.leading()
    missing = x.missing
    if x.order != EXACT and np.any((which < 0) & ~missing):
        raise Exhausted
    result: Germ | None = None
    for i in np.unique(which):
        mask = which == i
        if i < 0:
            part = at_zero if at_zero is not None else constant(np.full(x.shape, np.nan))
        else:
            e, j = keys[i]
            c = np.where(mask, value, 1.0)
            rest = {k: np.where(mask, v, 0.0) / c for k, v in x.terms.items() if k != keys[i]}
            part = rule(e, j, c, x.like(rest, x.order).shifted(-e, -j).truncated())
        result = part if result is None else select(mask, part, result)
    if result is None:
        result = constant(np.zeros(x.shape))
    return select(missing, constant(np.full(x.shape, np.nan)), result) if np.any(missing) else result


def select(mask: Array, a: Germ, b: Germ) -> Germ:
    """Return ``a`` where ``mask`` holds, else ``b``."""
    shape = np.shape(mask) if np.shape(mask) == a.shape == b.shape else np.broadcast_shapes(np.shape(mask), a.shape, b.shape)
    if np.all(mask):
        return a.each(lambda c: of_shape(c, shape)) if a.terms else Germ({}, shape, a.order, absorbs=a.absorbs)
    if not np.any(mask):
        return b.each(lambda c: of_shape(c, shape)) if b.terms else Germ({}, shape, b.order, absorbs=b.absorbs)
    terms = {k: np.where(mask, a.terms.get(k, 0.0), b.terms.get(k, 0.0)) for k in {**a.terms, **b.terms}}
    order = min(a.order, b.order)
    return Germ(terms, shape, order, absorbs=a.absorbs or b.absorbs).truncated()


CONSTANTS: Any = {
    np.zeros_like: lambda x, **_: np.zeros(x.shape),
    np.ones_like: lambda x, **_: np.ones(x.shape),
    np.full_like: lambda x, value, **_: np.full(x.shape, value),
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.size: lambda x: x.size,
    np.iscomplexobj: lambda _: False,
}
