"""The gamma function and its family, and products with a logarithm."""

import math
from typing import Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import door, elementwise, predicate
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.scipy_ufunc import of_two, scipy_ufunc

__all__ = [
    "beta", "betaln", "digamma", "entr", "gamma", "gammainc", "gammaincc", "gammaln", "kl_div", "multigammaln", "polygamma", "rel_entr",
    "xlog1py", "xlogy",
]  # fmt: skip

POSITIVE: Final = (0.3, 3.0)
HIGHEST: Final = 170
"""The factorials of higher orders of the digamma function's derivatives are no floats."""

# ---- the gamma function -----------------------------------------------------------------------------------------------------

_poles = Facts(nature="infinite", tie=lambda _y, x: (x <= 0) & (x == np.floor(x)))


def _polygamma(x: Array, n: int) -> Array:
    if n == 0:
        return scipy_ufunc("psi")(x)
    return math.copysign(math.factorial(n), (-1) ** (n + 1)) * scipy_ufunc("zeta")(n + 1.0, x)


polygamma_: Rule = elementwise(
    "polygamma",
    _polygamma,
    lambda _y, x, n: polygamma_(x, n=n + 1),
    static=True,
    facts=Facts(nature="infinite", tie=lambda _y, x, n: (x <= 0) & (x == np.floor(x))),
    domain=POSITIVE,
    doc=r"\psi^{(n)}(x), the n-th derivative of the digamma function",
)
digamma = elementwise(
    "digamma",
    scipy_ufunc("psi"),
    lambda _y, x: polygamma_(x, n=1),
    numpy="psi",
    facts=_poles,
    domain=POSITIVE,
    doc=r"\psi(x) = \frac{d}{dx} \log \Gamma(x)",
)
gammaln = elementwise(
    "gammaln",
    scipy_ufunc("gammaln"),
    lambda _y, x: digamma(x),
    numpy="gammaln",
    facts=_poles,
    domain=POSITIVE,
    doc=r"\log |\Gamma(x)|",
)
gamma = elementwise(
    "gamma",
    scipy_ufunc("gamma"),
    lambda y, x: y * digamma(x),
    numpy="gamma",
    facts=_poles,
    domain=POSITIVE,
    doc=r"\Gamma(x) = \int_0^\infty t^{x-1} e^{-t} dt",
)
_either_pole = Facts(nature="infinite", tie=lambda _y, a, b: (a == 0) | (b == 0))
beta_ = elementwise(
    "beta",
    scipy_ufunc("beta"),
    lambda y, a, b: y * (digamma(a) - digamma(a + b)),
    lambda y, a, b: y * (digamma(b) - digamma(a + b)),
    facts=_either_pole,
    domain=POSITIVE,
    doc=r"\Gamma(a) \Gamma(b) / \Gamma(a + b)",
)
beta = of_two(beta_, "beta")
betaln_ = elementwise(
    "betaln",
    scipy_ufunc("betaln"),
    lambda _y, a, b: digamma(a) - digamma(a + b),
    lambda _y, a, b: digamma(b) - digamma(a + b),
    facts=_either_pole,
    domain=POSITIVE,
    doc=r"\log |B(a, b)|",
)
betaln = of_two(betaln_, "betaln")


def polygamma(n: int, x: Array) -> Array:
    r"""Return $\psi^{(n)}(x)$, the ``n``-th derivative of the digamma function.

    Args:
        n: a whole number from 0.
        x: any shape.

    Raises:
        DomainError: ``n`` is not a whole number from 0 to 170, the last whose factorial is a float.

    >>> import numpy as np, tinygrad_loss as tl
    >>> bool(np.isclose(tl.ops.polygamma(1, 1.0), np.pi**2 / 6))
    True
    """
    if not isinstance(n, int | np.integer) or not 0 <= n <= HIGHEST:
        raise errors.DomainError(
            errors.say("polygamma", f"n must be a whole number from 0 to {HIGHEST}", repr(n), "tl.ops.polygamma(1, x)")
        )
    return polygamma_(x if hasattr(x, "ndim") else np.asarray(x), n=int(n))


def multigammaln(a: Array, d: int) -> Array:
    r"""Return $\log \Gamma_d(a) = \frac{d(d-1)}{4} \log \pi + \sum_{j=1}^d \log \Gamma(a + \frac{1-j}2)$.

    Args:
        a: any shape, above ``(d - 1) / 2``.
        d: the dimension, a whole number from 1.

    Source: Muirhead 1982, Aspects of Multivariate Statistical Theory, theorem 2.1.12.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.multigammaln(1.0, 1))
    0.0
    """
    a = a if hasattr(a, "ndim") else np.asarray(a)
    halves = [gammaln(a - 0.5 * j) for j in range(d)]
    return sum(halves[1:], halves[0]) + 0.25 * d * (d - 1) * math.log(math.pi)


def _lgamma(a: float) -> float:
    return math.lgamma(a) if a > 0 else math.inf


def _density_of_gamma(x: Array, a: Array) -> Array:
    log_gamma = _lgamma(a) if isinstance(a, int | float) else gammaln(a)  # a number stays weak
    return np.exp(xlogy(a - 1.0, x) - x - log_gamma)


_lower_limit = Facts(nature="infinite", tie=lambda _y, x, a: x == 0)
gammainc_ = elementwise(
    "gammainc",
    lambda x, a: scipy_ufunc("gammainc")(a, x),
    lambda _y, x, a: _density_of_gamma(x, a),
    static=True,
    facts=_lower_limit,
    domain=POSITIVE,
    doc=r"\frac1{\Gamma(a)} \int_0^x t^{a-1} e^{-t} dt",
)
gammaincc_ = elementwise(
    "gammaincc",
    lambda x, a: scipy_ufunc("gammaincc")(a, x),
    lambda _y, x, a: -_density_of_gamma(x, a),
    static=True,
    facts=_lower_limit,
    domain=POSITIVE,
    doc=r"\frac1{\Gamma(a)} \int_x^\infty t^{a-1} e^{-t} dt",
)


def _constant_shape(a: Array, name: str) -> Array:
    if hasattr(a, "requires_grad"):
        raise errors.NoRuleError(
            errors.say(name, "it has a derivative in x alone, so a must be numbers", "a Tensor as a", f"tl.ops.{name}(a.numpy(), x)")
        )
    return a


@door("gammainc")
def gammainc(a: Array, x: Array) -> Array:
    r"""Return the lower incomplete gamma function $\frac1{\Gamma(a)} \int_0^x t^{a-1} e^{-t} dt$, differentiable in ``x``.

    Raises:
        NoRuleError: ``a`` is a tensor.

    >>> import numpy as np, tinygrad_loss as tl
    >>> bool(np.isclose(tl.grad(lambda x: tl.ops.gammainc(1.0, x))(1.0), np.exp(-1)))
    True
    """
    return gammainc_(x if hasattr(x, "ndim") else np.asarray(x), a=_constant_shape(a, "gammainc"))


@door("gammaincc")
def gammaincc(a: Array, x: Array) -> Array:
    r"""Return the upper incomplete gamma function $\frac1{\Gamma(a)} \int_x^\infty t^{a-1} e^{-t} dt$, differentiable in ``x``.

    Raises:
        NoRuleError: ``a`` is a tensor.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.gammaincc(1.0, 0.0))
    1.0
    """
    return gammaincc_(x if hasattr(x, "ndim") else np.asarray(x), a=_constant_shape(a, "gammaincc"))


# ---- products with a logarithm ----------------------------------------------------------------------------------------------


def _xlogy(x: Array, y: Array) -> Array:
    return x * np.log(np.where((x == 0) & np.logical_not(np.isnan(y)), x + 1.0, y))  # x + 1 is 1, in the wider dtype of the two


# One predicate, not two comparisons: where y is positive, that x is 0 is no tie of anything.
absent: Rule = predicate(
    "absent",
    lambda x, y: (x == 0) & (y <= 0),
    arity=2,
    facts=Facts(nature="jump", tie=lambda found, _x, _y: found),
    doc=r"whether a term x \log y is absent though the logarithm has no value",
)


def _present(x: Array, y: Array) -> Array:
    """Return ``y`` with 1 where the term is absent, whatever ``y`` becomes."""
    return np.where(absent(x, y), 1.0, y)


xlogy_ = elementwise(
    "xlogy",
    _xlogy,
    lambda _z, x, y: np.log(_present(x, y)),
    lambda _z, x, y: x / _present(x, y),
    facts=Facts(nature="infinite", tie=lambda _z, _x, y: y == 0),
    domain=POSITIVE,
    doc=r"x \log y, and 0 where x is 0",
)
xlogy = of_two(xlogy_, "xlogy")
xlog1py_ = elementwise(
    "xlog1py",
    lambda x, y: x * np.log1p(np.where((x == 0) & np.logical_not(np.isnan(y)), x, y)),
    lambda _z, x, y: np.log1p(np.where(absent(x, 1.0 + y), 0.0, y)),
    lambda _z, x, y: x / _present(x, 1.0 + y),
    facts=Facts(nature="infinite", tie=lambda _z, _x, y: y == -1),
    domain=POSITIVE,
    doc=r"x \log(1 + y), and 0 where x is 0",
)
xlog1py = of_two(xlog1py_, "xlog1py")
entr = elementwise(
    "entr",
    lambda x: np.where(x < 0, -np.inf, -_xlogy(x, np.abs(x))),
    lambda _y, x: -np.log(x) - 1.0,
    numpy="entr",
    facts=Facts(nature="infinite", tie=lambda _y, x: x == 0, near=lambda x: -xlogy(x, x)),
    domain=POSITIVE,
    doc=r"-x \log x, a term of the entropy",
)


def _at_edge(near: Rule) -> Facts:
    """Return the facts of a term that SciPy gives no finite value where x or y is negative, whatever the other is."""
    return Facts(
        nature="infinite",
        tie=lambda _z, x, y: (x == 0) | (y == 0),
        near=lambda x, y: np.where((x < 0) | (y < 0), math.nan, near(x, y)),
    )


def _inside(x: Array, y: Array, value: Array) -> Array:
    """Return a value where both numbers are at least 0, and none elsewhere, not even for x = 0."""
    return np.where((x < 0) | (y < 0), np.nan, value)


rel_entr_ = elementwise(
    "rel_entr",
    scipy_ufunc("rel_entr"),
    lambda _z, x, y: np.log(x / y) + 1.0,
    lambda _z, x, y: -x / _present(x, y),
    facts=_at_edge(lambda x, y: _inside(x, y, xlogy(x, x) - xlogy(x, y))),
    domain=POSITIVE,
    doc=r"x \log(x / y), a term of the relative entropy",
)
rel_entr = of_two(rel_entr_, "rel_entr")
kl_div_ = elementwise(
    "kl_div",
    scipy_ufunc("kl_div"),
    lambda _z, x, y: np.log(x / y),
    lambda _z, x, y: 1.0 - x / _present(x, y),
    facts=_at_edge(lambda x, y: _inside(x, y, xlogy(x, x) - xlogy(x, y) - x + y)),
    domain=POSITIVE,
    doc=r"x \log(x / y) - x + y, which is not negative",
)
kl_div = of_two(kl_div_, "kl_div")
