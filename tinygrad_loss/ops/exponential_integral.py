"""The exponential integral, scaled so that it neither overflows nor underflows."""

from typing import Final

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.scipy_ufunc import scipy_ufunc

__all__ = ["scaled_exp1"]

FAR: Final = 100.0
"""From here the asymptotic series, cut at its smallest useful term, is exact to double precision."""


def _scaled_exp1(x: Array) -> Array:
    near = np.where(x > FAR, 1.0, x)
    inverse = 1.0 / np.where(x > FAR, x, FAR)
    series = np.ones_like(inverse)
    for k in range(14, 0, -1):
        series = 1.0 - k * inverse * series
    return np.where(x > FAR, inverse * series, np.exp(near) * scipy_ufunc("exp1")(near))


scaled_exp1: Rule = elementwise(
    "scaled_exp1",
    _scaled_exp1,
    lambda y, x: y - 1.0 / x,
    facts=Facts(nature="infinite", tie=lambda _y, x: x == 0),
    domain=(0.1, 30.0),
    doc=r"e^x E_1(x) = \int_0^\infty e^{-t} / (t + x) dt",
)
