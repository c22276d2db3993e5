"""The incomplete beta function, and Student's distribution function, which is one: smooth in the limit of integration."""

from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import door, elementwise
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.ops.scipy_ufunc import scipy_ufunc
from tinygrad_loss.ops.special import betaln, xlog1py, xlogy

__all__ = ["betainc", "stdtr"]


def _in(constant: Any, x: Array) -> Any:
    """Return a constant in the dtype of the variable, which it must not promote."""
    return np.asarray(constant, dtype=x.dtype)[()]


def _beta_density(x: Array, a: Any, b: Any) -> Array:
    return np.exp(xlogy(_in(a - 1.0, x), x) + xlog1py(_in(b - 1.0, x), -x) - _in(betaln(a, b), x))


def _student_density(x: Array, df: Any) -> Array:
    half = 0.5 * df
    return np.exp(_in(-half - 0.5, x) * np.log1p(x * x / _in(df, x)) - _in(betaln(np.full_like(half, 0.5), half) + 0.5 * np.log(df), x))


betainc_: Rule = elementwise(
    "betainc",
    lambda x, a, b: scipy_ufunc("betainc")(_in(a, x), _in(b, x), x),
    lambda _y, x, a, b: _beta_density(x, a, b),
    static=True,
    facts=Facts(nature="infinite", tie=lambda _y, x, a, b: (x == 0) | (x == 1)),
    domain=(0.1, 0.9),
    doc=r"\frac1{B(a, b)} \int_0^x t^{a-1} (1 - t)^{b-1} dt",
)
stdtr_: Rule = elementwise(
    "stdtr",
    lambda x, df: scipy_ufunc("stdtr")(_in(df, x), x),
    lambda _y, x, df: _student_density(x, df),
    static=True,
    doc="Student's distribution function with df degrees of freedom",
)


def _constant(x: Array, what: str, name: str) -> Any:
    if isinstance(x, Tensor) and x.requires_grad:
        rule = f"there is no derivative with respect to {what}"
        raise errors.NoRuleError(errors.say(name, rule, "a Tensor that requires grad", f"{name} with {what}.item() or {what}.numpy()"))
    x = x.value if isinstance(x, Tensor) else x
    return x if isinstance(x, np.ndarray | np.generic) else np.asarray(x)[()]


@door("betainc")
def betainc(a: Array, b: Array, x: Array) -> Array:
    r"""Return $I_x(a, b)$, the distribution function of a Beta variable; smooth in ``x``, with constant ``a`` and ``b``.

    Raises:
        NoRuleError: ``a`` or ``b`` is a tensor that requires grad.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.ops.betainc(2.0, 1.0, 0.5)), 12)
    0.25
    """
    x = x if hasattr(x, "ndim") else np.asarray(x)[()]
    a, b = _constant(a, "a", "betainc"), _constant(b, "b", "betainc")
    shape = np.broadcast_shapes(a.shape, b.shape, x.shape)
    return betainc_(x if x.shape == shape else np.broadcast_to(x, shape), a=a, b=b)


@door("stdtr")
def stdtr(df: Array, t: Array) -> Array:
    r"""Return $P(T \le t)$ of Student's t; smooth in ``t``, with a constant number of degrees of freedom.

    Raises:
        NoRuleError: ``df`` is a tensor that requires grad.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.ops.stdtr(1.0, 1.0)), 12)
    0.75
    """
    t = t if hasattr(t, "ndim") else np.asarray(t)[()]
    df = _constant(df, "df", "stdtr")
    shape = np.broadcast_shapes(df.shape, t.shape)
    return stdtr_(t if t.shape == shape else np.broadcast_to(t, shape), df=df)
