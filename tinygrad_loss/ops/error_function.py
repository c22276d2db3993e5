"""The error function and the normal distribution function: tails stay exact where the functions themselves underflow."""

import math
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import door, elementwise
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.scipy_ufunc import scipy_ufunc

__all__ = ["erf", "erfc", "erfcinv", "erfcx", "erfinv", "log_ndtr", "ndtr", "ndtri"]

TWO_OVER_ROOT_PI: Final = 2 / math.sqrt(math.pi)
ROOT_TWO_PI: Final = math.sqrt(2 * math.pi)
ROOT_HALF: Final = math.sqrt(0.5)
UPWARD_BELOW: Final = 1.5
"""Below this the recurrence from erfcx upwards keeps its digits; above, the continued fraction converges fast."""
FRACTION_STEPS: Final = 180
"""The continued fraction is evaluated to this depth divided by the square of x."""
TAIL: Final = -1.5
FAR_TAIL: Final = -50.0
HIGHEST: Final = 100.0
"""Above it r is 0 in every dtype."""
IRREDUCIBLE: Final = (1, 2, 10, 74, 706, 8162, 110410, 1708394, 29752066)
"""The coefficients of the asymptotic series of the inverse Mills ratio: OEIS A000698."""

erf = elementwise(
    "erf",
    scipy_ufunc("erf"),
    lambda _y, x: TWO_OVER_ROOT_PI * np.exp(-(x * x)),
    numpy="erf",
    doc=r"\frac2{\sqrt\pi} \int_0^x e^{-t^2} dt",
)
erfc = elementwise(
    "erfc", scipy_ufunc("erfc"), lambda _y, x: -TWO_OVER_ROOT_PI * np.exp(-(x * x)), numpy="erfc", doc=r"1 - \mathrm{erf}\,x"
)
erfinv = elementwise(
    "erfinv",
    scipy_ufunc("erfinv"),
    lambda y, _x: (1 / TWO_OVER_ROOT_PI) * np.exp(y * y),
    numpy="erfinv",
    facts=Facts(nature="infinite", tie=lambda _y, x: np.abs(x) == 1),
    domain=(-0.9, 0.9),
    doc=r"the x with \mathrm{erf}\,x = y",
)
erfcinv = elementwise(
    "erfcinv",
    scipy_ufunc("erfcinv"),
    lambda y, _x: (-1 / TWO_OVER_ROOT_PI) * np.exp(y * y),
    numpy="erfcinv",
    facts=Facts(nature="infinite", tie=lambda _y, x: (x == 0) | (x == 2)),
    domain=(0.1, 1.9),
    doc=r"the x with \mathrm{erfc}\,x = y",
)


# ---- the scaled tail and all its derivatives --------------------------------------------------------------------------------


def _scaled_tails(x: np.ndarray, order: int) -> list[np.ndarray]:
    """Return erfcx and its derivatives up to ``order``, in double precision."""
    x = np.asarray(x, np.float64)
    first = scipy_ufunc("erfcx")(x)
    if order == 0:
        return [first]
    far = x >= UPWARD_BELOW
    slopes = np.empty((order, *np.shape(x)))
    slopes[:, ~far] = _upward(x[~far], first[~far], order)
    slopes[:, far] = _downward(x[far], first[far], order)
    return [first, *slopes]


def _upward(x: np.ndarray, first: np.ndarray, order: int) -> list[np.ndarray]:
    r"""Return the derivatives by $f_{n+1} = 2 x f_n + 2 n f_{n-1}$, which loses digits for large x."""
    f = [first, 2 * x * first - TWO_OVER_ROOT_PI]
    for n in range(1, order):
        f.append(2 * x * f[n] + 2 * n * f[n - 1])
    return f[1:]


def _downward(x: np.ndarray, first: np.ndarray, order: int) -> list[np.ndarray]:
    r"""Return the derivatives by their ratios $f_n / f_{n-1}$, from a continued fraction that converges the faster the larger x is.

    Source: Gautschi 1961, Recursive computation of the repeated integrals of the error function, Mathematics of Computation 15.
    """
    depth = order + 10 + math.ceil(FRACTION_STEPS / np.min(x, initial=np.inf) ** 2)
    ratio = 1 / (x + np.sqrt(x * x + 2 * depth))
    ratios = [ratio := 1 / (2 * x + 2 * n * ratio) for n in range(depth, 1, -1)]
    f = [first]
    for n, ratio in zip(range(1, order + 1), reversed(ratios), strict=False):
        f.append(-2 * n * ratio * f[-1])
    return f[1:]


def _erfcx(x: Any, order: int) -> Any:
    if order == 0:
        return scipy_ufunc("erfcx")(x)
    with np.errstate(all="ignore"):
        return _scaled_tails(x, order)[order].astype(x.dtype)[()]


erfcx_: Rule = elementwise(
    "erfcx",
    _erfcx,
    lambda _y, x, order: erfcx_(x, order=order + 1),
    static=True,
    doc=r"e^{x^2} \mathrm{erfc}\,x, or a derivative of it",
)


@door("erfcx")
def erfcx(x: Array) -> Array:
    r"""Return $e^{x^2} \mathrm{erfc}\,x$: the tail of the error function without its underflow.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.erfcx(0.0))
    1.0
    """
    return erfcx_(x if hasattr(x, "ndim") else np.asarray(x), order=0)


# ---- the normal distribution ------------------------------------------------------------------------------------------------


def _mills(x: np.ndarray, order: int) -> np.ndarray:
    r"""Return a derivative of the inverse Mills ratio $r = \varphi(x) / \Phi(x)$, in double precision.

    $r' = -r d$ with $d = r + x$ cancels in the lower tail; there r is a constant over erfcx, and Leibniz' rule gives the rest.
    """
    x = np.asarray(x, np.float64)
    far, low = x < FAR_TAIL, (x >= FAR_TAIL) & (x < TAIL)
    result = np.empty(np.shape(x))
    result[far] = _mills_far_out(-x[far], order)
    result[low] = _mills_in_the_tail(x[low], order)
    result[~(far | low)] = _mills_above(np.minimum(x[~(far | low)], HIGHEST), order)
    return result


def _mills_far_out(z: np.ndarray, order: int) -> np.ndarray:
    r"""Return the same at x = -z, where Leibniz' rule cancels, by $r = z + z^{-1} - 2 z^{-3} + 10 z^{-5} - \dots$."""
    total = {0: z, 1: -np.ones_like(z)}.get(order, np.zeros_like(z))
    for j, count in enumerate(IRREDUCIBLE):
        power = 2 * j + 1
        total = total + (-1) ** j * count * math.prod(range(power, power + order)) * z ** -(power + order)
    return total


def _mills_in_the_tail(x: np.ndarray, order: int) -> np.ndarray:
    tails = [f * (-ROOT_HALF) ** n for n, f in enumerate(_scaled_tails(-ROOT_HALF * x, order))]
    inverse = [1 / tails[0]]
    for n in range(1, order + 1):
        inverse.append(-sum(math.comb(n, k) * tails[k] * inverse[n - k] for k in range(1, n + 1)) / tails[0])
    return TWO_OVER_ROOT_PI * ROOT_HALF * inverse[order]


def _mills_above(x: np.ndarray, order: int) -> np.ndarray:
    r = [np.exp(-0.5 * x * x) / (ROOT_TWO_PI * scipy_ufunc("ndtr")(x))]
    d = [r[0] + x]
    for n in range(order):
        r.append(-sum(math.comb(n, k) * r[k] * d[n - k] for k in range(n + 1)))
        d.append(r[n + 1] + (n == 0))
    return r[order]


def _log_ndtr(x: Any, order: int) -> Any:
    if order == 0:
        return scipy_ufunc("log_ndtr")(x)
    with np.errstate(all="ignore"):
        return _mills(x, order - 1).astype(x.dtype)[()]


log_ndtr_: Rule = elementwise(
    "log_ndtr",
    _log_ndtr,
    lambda _y, x, order: log_ndtr_(x, order=order + 1),
    static=True,
    doc=r"\log \Phi(x), or a derivative of it",
)


@door("log_ndtr")
def log_ndtr(x: Array) -> Array:
    r"""Return $\log \Phi(x)$, the log of the normal distribution function, exact far down the lower tail.

    >>> import tinygrad_loss as tl
    >>> print(f"{tl.grad(tl.ops.log_ndtr)(-1e8):.6g}")
    1e+08
    """
    return log_ndtr_(x if hasattr(x, "ndim") else np.asarray(x), order=0)


ndtr = elementwise(
    "ndtr",
    scipy_ufunc("ndtr"),
    lambda _y, x: np.exp(-0.5 * (x * x)) / ROOT_TWO_PI,
    numpy="ndtr",
    doc=r"\Phi(x) = \int_{-\infty}^x \varphi(t) dt, the normal distribution function",
)
ndtri = elementwise(
    "ndtri",
    scipy_ufunc("ndtri"),
    lambda y, _x: ROOT_TWO_PI * np.exp(0.5 * (y * y)),
    numpy="ndtri",
    facts=Facts(nature="infinite", tie=lambda _y, x: (x == 0) | (x == 1)),
    domain=(0.05, 0.95),
    doc=r"\Phi^{-1}(p), the normal quantile",
)
