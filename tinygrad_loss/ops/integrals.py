"""Integrals of exponentials, and power transforms that bend into the logarithm."""

import math
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import door, elementwise
from tinygrad_loss.engine.op import Array, Facts
from tinygrad_loss.ops.cumulative import as_array
from tinygrad_loss.ops.removable import exprel
from tinygrad_loss.ops.scipy_ufunc import scipy_ufunc

__all__ = ["boxcox", "boxcox1p", "cosm1", "erfi", "exp1", "exp10", "expi"]

TWO_OVER_ROOT_PI: Final = 2 / math.sqrt(math.pi)
LN10: Final = math.log(10.0)
POSITIVE: Final = (0.3, 3.0)
_pole = Facts(nature="infinite", tie=lambda _y, x: x == 0)

exp1 = elementwise(
    "exp1",
    scipy_ufunc("exp1"),
    lambda _y, x: -np.exp(-x) / x,
    numpy="exp1",
    facts=_pole,
    domain=POSITIVE,
    doc=r"\int_x^\infty e^{-t} / t\, dt",
)
expi = elementwise(
    "expi",
    scipy_ufunc("expi"),
    lambda _y, x: np.exp(x) / x,
    numpy="expi",
    facts=_pole,
    domain=POSITIVE,
    doc=r"\int_{-\infty}^x e^t / t\, dt",
)
erfi = elementwise(
    "erfi",
    scipy_ufunc("erfi"),
    lambda _y, x: TWO_OVER_ROOT_PI * np.exp(x * x),
    numpy="erfi",
    domain=(-2.0, 2.0),
    doc=r"\frac2{\sqrt\pi} \int_0^x e^{t^2} dt",
)
cosm1 = elementwise("cosm1", scipy_ufunc("cosm1"), lambda _y, x: -np.sin(x), numpy="cosm1", doc=r"\cos x - 1, exact near 0")
exp10 = elementwise("exp10", scipy_ufunc("exp10"), lambda y, _x: y * LN10, numpy="exp10", doc=r"10^x")


def _widened(x: Array, other: Any) -> Array:
    """Return x in the dtype that it has together with another array."""
    both = np.result_type(x.dtype, getattr(other, "dtype", x.dtype))
    return x if both == x.dtype else x.astype(both)


@door("boxcox")
def boxcox(x: Array, lmbda: Any) -> Array:
    r"""Return $(x^\lambda - 1) / \lambda$, and $\log x$ for $\lambda = 0$: smooth in both, also there.

    Source: Box and Cox 1964, An analysis of transformations, Journal of the Royal Statistical Society B 26.

    >>> import numpy as np, tinygrad_loss as tl
    >>> round(float(tl.grad(lambda power: tl.ops.boxcox(np.e, power))(0.0)), 12)
    0.5
    """
    log = np.log(_widened(as_array(x), lmbda))
    return log * exprel(lmbda * log)


@door("boxcox1p")
def boxcox1p(x: Array, lmbda: Any) -> Array:
    r"""Return $((1 + x)^\lambda - 1) / \lambda$, and $\log(1 + x)$ for $\lambda = 0$.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.boxcox1p(3.0, 0.5))
    2.0
    """
    log = np.log1p(_widened(as_array(x), lmbda))
    return log * exprel(lmbda * log)
