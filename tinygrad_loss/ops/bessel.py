"""Bessel functions of whole order, whose slopes are their neighbours."""

from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import door, elementwise
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.scipy_ufunc import scipy_ufunc

__all__ = ["i0", "i0e", "i1", "i1e", "iv", "ive", "j0", "j1", "jv", "k0", "k0e", "k1", "k1e", "kv", "kve", "y0", "y1", "yv"]

POSITIVE: Final = (0.3, 3.0)
FIRST_TWO: Final = {
    "iv": ("i0", "i1"),
    "ive": ("i0e", "i1e"),
    "jv": ("j0", "j1"),
    "kv": ("k0", "k1"),
    "kve": ("k0e", "k1e"),
    "yv": ("y0", "y1"),
}
"""SciPy's functions of any order, and its faster ones of orders 0 and 1."""

FAR: Final = 1e9
"""Here SciPy's functions of higher order give up."""
FAR_OUT: Final = {"iv": -0.5, "ive": -0.5, "kve": 0.5}
"""By how much the square of the order, over x, then raises a function relative to that of order 0 or 1."""


def _of_order(name: str) -> Rule:
    """Return a forward of ``x`` with the order as a static argument."""
    general = scipy_ufunc(name)
    first = [scipy_ufunc(short) for short in FIRST_TWO[name]]

    def forward(x: Any, order: int) -> Any:
        if order in (0, 1):
            return first[order](x)
        y = general(x.dtype.type(order), x)
        if name not in FAR_OUT or order % 1:
            return y
        beyond = np.abs(x) > FAR
        size = np.where(beyond, np.abs(x), FAR)
        return np.where(beyond, first[int(order) % 2](x) * (1.0 + FAR_OUT[name] * (order * order - order % 2) / size), y).astype(x.dtype)[
            ()
        ]

    return forward


def _slope(lower: float, upper: float, family: Any) -> Rule:
    """Return the partial made of the neighbours in the order; those of order -1 and 1 are equal up to a sign."""

    def partial(_y: Array, x: Array, order: int) -> Array:
        bessel = family()
        if order == 0:
            return (lower if lower == upper else upper) * 2.0 * bessel(x, order=1)
        below, above = bessel(x, order=order - 1), bessel(x, order=order + 1)
        return np.where(np.isinf(above), upper * above, lower * below + upper * above)  # at a pole the higher order outgrows the other

    return partial


_pole = Facts(nature="infinite", tie=lambda _y, x, order: x == 0)
bessel_i: Rule = elementwise(
    "bessel_i", _of_order("iv"), _slope(0.5, 0.5, lambda: bessel_i), static=True, doc=r"I_n(x), modified, of the first kind"
)
bessel_j: Rule = elementwise(
    "bessel_j", _of_order("jv"), _slope(0.5, -0.5, lambda: bessel_j), static=True, doc=r"J_n(x), of the first kind"
)
bessel_k: Rule = elementwise(
    "bessel_k",
    _of_order("kv"),
    _slope(-0.5, -0.5, lambda: bessel_k),
    static=True,
    facts=_pole,
    domain=POSITIVE,
    doc=r"K_n(x), modified, of the second kind",
)
bessel_y: Rule = elementwise(
    "bessel_y",
    _of_order("yv"),
    _slope(0.5, -0.5, lambda: bessel_y),
    static=True,
    facts=_pole,
    domain=POSITIVE,
    doc=r"Y_n(x), of the second kind",
)
bessel_ie: Rule = elementwise(
    "bessel_ie",
    _of_order("ive"),
    lambda y, x, order: _slope(0.5, 0.5, lambda: bessel_ie)(y, x, order) - np.sign(x) * y,
    static=True,
    facts=Facts(
        nature="kink",
        tie=lambda _y, x, order: (x == 0) & (order == 0),
        near=lambda x, order: np.exp(-np.abs(x)) * bessel_i(x, order=order),
    ),
    doc=r"e^{-|x|} I_n(x)",
)
bessel_ke: Rule = elementwise(
    "bessel_ke",
    _of_order("kve"),
    lambda y, x, order: y + _slope(-0.5, -0.5, lambda: bessel_ke)(y, x, order),
    static=True,
    facts=_pole,
    domain=POSITIVE,
    doc=r"e^x K_n(x)",
)


def _door(name: str, family: Rule, order: int, *more: object) -> Rule:
    @door(name, *more)
    def bessel(x: Array) -> Array:
        return family(x if hasattr(x, "ndim") else np.asarray(x, np.float64), order=order)

    bessel.__name__ = bessel.__qualname__ = name
    bessel.__doc__ = f"Return the Bessel function ``scipy.special.{name}``."
    return bessel


i0, i1 = _door("i0", bessel_i, 0, np.i0), _door("i1", bessel_i, 1)
i0e, i1e = _door("i0e", bessel_ie, 0), _door("i1e", bessel_ie, 1)
j0, j1 = _door("j0", bessel_j, 0), _door("j1", bessel_j, 1)
k0, k1 = _door("k0", bessel_k, 0), _door("k1", bessel_k, 1)
k0e, k1e = _door("k0e", bessel_ke, 0), _door("k1e", bessel_ke, 1)
y0, y1 = _door("y0", bessel_y, 0), _door("y1", bessel_y, 1)


def _door_of_order(family: Rule, *names: str) -> Rule:
    @door(*names)
    def bessel(v: float, x: Array) -> Array:
        if not isinstance(v, int | float | np.integer | np.floating):
            raise errors.NoRuleError(
                errors.say(
                    names[0], "it has a derivative in x alone, for one order", f"{type(v).__name__} as v", f"scipy.special.{names[0]}(2, x)"
                )
            )
        order = int(v) if float(v).is_integer() else float(v)
        return family(x if hasattr(x, "ndim") else np.asarray(x, np.float64), order=order)

    bessel.__name__ = bessel.__qualname__ = names[0]
    bessel.__doc__ = f"Return the Bessel function ``scipy.special.{names[0]}`` of one order ``v``, differentiable in ``x``."
    return bessel


iv, ive = _door_of_order(bessel_i, "iv"), _door_of_order(bessel_ie, "ive")
jv = _door_of_order(bessel_j, "jv", "jn")
kv, kve = _door_of_order(bessel_k, "kv", "kn"), _door_of_order(bessel_ke, "kve")
yv = _door_of_order(bessel_y, "yv", "yn")
