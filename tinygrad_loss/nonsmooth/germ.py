r"""`Germ`: a function of one small positive number t, as a truncated series; arithmetic for exact one-sided truth.

A germ is $\sum_k c_k\, t^{e_k} L^{j_k}$ with rational exponents $e_k$ and powers of $L = \log(1/t)$, known up to
$O(t^{\text{order}})$, entry by entry (infinite: exact). Running a program on $x + t v$ gives its behaviour just beside $x$: comparisons are
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

from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.op import DOORS, Array, Op
from tinygrad_loss.nonsmooth.germ_work import Exhausted, spend

__all__ = ["CAP", "ROUNDING", "Exhausted", "Germ", "rounding_of", "variable"]

Exponent: TypeAlias = Fraction | int | float
Key: TypeAlias = tuple[Exponent, Exponent]

Order: TypeAlias = "float | np.ndarray"

ONE: Final[Key] = (0, 0)
EXACT: Final = math.inf
LOGARITHM: Final = 1e-9
"""How much a power of L takes from the degree of a term: less than any two exponents differ by."""
CLOSE: Final = 1e-12
"""Degrees this close are one: they are sums of thirds, in floats."""


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


def significance(key: Key) -> Key:
    """Sort keys from the largest term to the smallest, as t goes to 0."""
    return key[0], -key[1]


def degree(key: Key) -> float:
    """Return the degree of $t^e L^j$ as a number, by which terms and what is unknown compare."""
    return float(key[0]) - float(key[1]) * LOGARITHM


def exponent(p: float | Fraction) -> Exponent:
    """Return an exponent in lowest terms, so that halves and thirds add up exactly."""
    exact = Fraction(p)
    near = exact.limit_denominator(1000)
    if abs(near - exact) < Fraction(1, 10**15):
        exact = near
    return exact.numerator if exact.denominator == 1 else exact


class Germ(Kind):
    r"""An array of germs of one shape, with common exponents: ``terms[e, j]`` holds the coefficients of $t^e L^j$.

    A nan coefficient marks an entry that does not exist for small t > 0. What is unknown is at most some number times
    $t^{\text{order}}$, ``order`` being the `degree` of it: one number, or one for each entry.
    ``absorbs`` marks cotangents: there an exact zero stays zero, whatever it is multiplied with.
    """

    __slots__ = ("absorbs", "order", "shape", "terms")

    def __init__(self, terms: Mapping[Key, Array], shape: tuple[int, ...], order: Order = EXACT, *, absorbs: bool = False) -> None:
        self.terms = dict(terms) if len(terms) < 2 else {k: terms[k] for k in sorted(terms, key=significance)}
        self.shape = shape
        self.order = _uniform(order, shape)
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
        order = self.least
        series = " + ".join(f"{c} t^{e}" + (f" L^{j}" if j else "") for (e, j), c in self.terms.items()) or "0"
        return f"germ({series}{'' if order == EXACT else f' + O(t^{order:g})'})"

    def apply(self, op: Op, inputs: tuple[Array, ...], static: Mapping[str, Any]) -> Array:
        """Run one op: its own germ rule where it has one, else what its algebraic kind and its derivative say."""
        from tinygrad_loss.nonsmooth.germ_apply import apply  # noqa: PLC0415  rules are written with germs

        return apply(op, inputs, dict(static))

    def __array_function__(
        self, function: Callable[..., Array], types: Iterable[type], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Array:
        """Answer what asks for a shape only; the rest goes through the ops."""
        known = CONSTANTS.get(function)
        if known is not None and isinstance(args[0], Germ):
            return known(*args, **kwargs)
        answer = DOORS.get(function)  # an error is not explained by the same call on arrays, as a tensor's is: these are none
        return super().__array_function__(function, types, args, kwargs) if answer is None else answer(*args, **kwargs)

    # ---- reading ------------------------------------------------------------------------------------------------------

    def coefficient(self, e: Exponent, j: Exponent = 0) -> np.ndarray:
        """Return the coefficients of $t^e L^j$."""
        found = self.terms.get((e, j))
        return np.zeros(self.shape) if found is None else of_shape(found, self.shape)

    @property
    def constant(self) -> np.ndarray:
        """The coefficients of $t^0$."""
        return self.coefficient(0)

    @property
    def least(self) -> float:
        """The order up to which every entry is known."""
        return self.order if isinstance(self.order, float) else float(np.min(self.order, initial=EXACT))

    @property
    def lead(self) -> float:
        """The smallest degree present; the order for a germ without terms."""
        return next((degree(key) for key in self.terms), self.least)

    @property
    def leads(self) -> Order:
        """The smallest degree present in each entry, or one number where it is the same everywhere; the order where there is none."""
        keys = list(self.terms)
        if not keys or np.all(self.terms[keys[0]] != 0):
            return self.lead if keys else self.order
        found = np.broadcast_to(self.order, self.shape)
        for key in reversed(keys):
            found = np.where(self.terms[key] != 0, degree(key), found)
        return found

    @property
    def moving(self) -> np.ndarray:
        """True where an entry is not exactly 0."""
        found = np.broadcast_to(self.order != EXACT, self.shape)
        for c in self.terms.values():
            found = found | (c != 0)
        return found

    @property
    def missing(self) -> np.ndarray:
        """True where the entry does not exist for small t > 0."""
        gone = np.zeros(self.shape, bool)
        for c in self.terms.values():
            gone |= np.isnan(c)
        return gone

    @property
    def unknown(self) -> np.ndarray:
        """True where not even the value at t = 0 is known."""
        return np.broadcast_to(np.less_equal(self.order, CLOSE), self.shape)

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
        if not flat and np.any((lead == 0) & (self.order != EXACT)):
            raise Exhausted
        return np.where(self.missing, np.nan, np.sign(lead)) if gone else np.sign(lead)

    # ---- building -----------------------------------------------------------------------------------------------------

    def like(self, terms: Mapping[Key, Array], order: "Order | None" = None) -> "Germ":
        """Return a germ of the same shape with other terms."""
        return Germ(terms, self.shape, self.order if order is None else order, absorbs=self.absorbs)

    def truncated(self) -> "Germ":
        """Drop terms that are zero everywhere, or lie beyond what is known or wanted."""
        order, limit = self.order, -math.inf
        kept: dict[Key, Array] = {}
        for key, c in self.terms.items():
            here = degree(key)
            if np.ndim(order):
                c = np.where(here < order - CLOSE, c, 0.0)  # noqa: PLW2901  what is unknown there is not kept
            elif here >= order - CLOSE:
                break
            if not np.any(c):
                continue
            if kept and here > limit:  # beyond what is wanted where an entry has a larger term
                far = (c != 0) & (here > Germ(kept, self.shape).leads + float(CAP.get()) + CLOSE)
                order = np.where(far, np.minimum(order, here), order)
                c = np.where(far, 0.0, c)  # noqa: PLW2901
                if not np.any(c):
                    continue
            limit = limit if kept else here + float(CAP.get()) + CLOSE
            kept[key] = c
        return self.like(kept, order)

    def each(self, linear_map: Callable[[np.ndarray], np.ndarray]) -> "Germ":
        """Apply a linear map to every coefficient."""
        terms = {k: linear_map(c) for k, c in self.terms.items()}
        shape = next(iter(terms.values())).shape if terms else linear_map(np.zeros(self.shape)).shape
        return Germ(terms, shape, order_of((self,), shape, linear_map), absorbs=self.absorbs)

    def shifted(self, e: Exponent, j: Exponent, factor: Array = 1.0) -> "Germ":
        """Return the germ times ``factor`` $t^e L^j$."""
        return self.like({(k[0] + e, k[1] + j): c * factor for k, c in self.terms.items()}, self.order + degree((e, j)))


def _uniform(order: Order, shape: tuple[int, ...]) -> Order:
    """Return an order as one number where all entries have the same."""
    if not isinstance(order, np.ndarray) or not order.ndim:
        return float(order)
    low = float(np.min(order, initial=EXACT))
    return low if np.all(order == low) else of_shape(order, shape)


def order_of(parts: "tuple[Germ, ...]", shape: tuple[int, ...], linear_map: Callable[..., Array]) -> Order:
    """Return the order of what a linear map makes of germs: for each entry the smallest of those that reach it."""
    orders = [p.order for p in parts]
    if not any(map(np.ndim, orders)) and (len(set(orders)) == 1 or not shape):
        return min(orders)
    found: Order = np.full(shape, EXACT)
    rng = np.random.default_rng(0)
    generic = [1.0 + rng.random(p.shape) for p in parts]  # what reaches an entry does not cancel there
    for level in sorted({float(o) for order in orders for o in np.unique(order)} - {EXACT}, reverse=True):
        with np.errstate(all="ignore"):
            reached = linear_map(*(np.where(order == level, g, 0.0) for order, g in zip(orders, generic, strict=True)))
        found = np.where(reached != 0, level, found)
    return found


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


def of_shape(c: Array, shape: tuple[int, ...]) -> Array:
    return c if np.shape(c) == shape else np.broadcast_to(c, shape)


CONSTANTS: Any = {
    np.zeros_like: lambda x, **_: np.zeros(x.shape),
    np.ones_like: lambda x, **_: np.ones(x.shape),
    np.full_like: lambda x, value, **_: np.full(x.shape, value),
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.size: lambda x: x.size,
    np.iscomplexobj: lambda _: False,
}
