"""Angles and hyperbolas."""

import math
from typing import Final

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.root import nonzero

__all__ = [
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cos", "cosh", "deg2rad", "rad2deg", "sin", "sinh", "tan",
]  # fmt: skip

INSIDE: Final = (-0.9, 0.9)
DEGREE: Final = math.pi / 180


def _at_ends(near: Rule) -> Facts:
    return Facts(nature="infinite", tie=lambda _y, x: np.abs(x) == 1, exponent=0.5, near=near)


def _arccos_by_half(x: Array) -> Array:
    """Return arccos by the half-angle, where its branch points are those of a square root."""
    half = 2.0 * np.arctan(np.sqrt(np.where(x >= 0, (1.0 - x) / (1.0 + x), (1.0 + x) / (1.0 - x))))
    return np.where(x >= 0, half, math.pi - half)


def _angle_by_slope(a: Array, b: Array) -> Array:
    """Return arctan2 by the slope that is not steep."""
    flat = np.abs(b) > np.abs(a)
    slope = np.arctan(np.where(flat, a, -b) / np.where(flat, b, a))
    return slope + np.where(flat, np.where(b > 0, 0.0, np.where(a >= 0, math.pi, -math.pi)), np.where(a > 0, math.pi / 2, -math.pi / 2))


def _per_square(x: Array, a: Array, b: Array) -> Array:
    """Return x / (a^2 + b^2) where no square overflows, and 0 at the origin."""
    length = nonzero(np.hypot(a, b))
    return x / length / length


def _cosine(x: Array) -> Array:
    """Return the cosine of an angle whose sine is ``x``, exact near 1 where 1 - x * x cancels."""
    return np.sqrt((1.0 - x) * (1.0 + x))


sin = elementwise("sin", np.sin, lambda _y, x: np.cos(x), numpy=np.sin, doc=r"\sin x")
cos = elementwise("cos", np.cos, lambda _y, x: -np.sin(x), numpy=np.cos, doc=r"\cos x")
tan = elementwise("tan", np.tan, lambda y, _x: 1.0 + y * y, numpy=np.tan, domain=(-1.2, 1.2), doc=r"\tan x")
arcsin = elementwise(
    "arcsin",
    np.arcsin,
    lambda _y, x: 1.0 / _cosine(x),
    numpy=np.arcsin,
    facts=_at_ends(lambda x: math.pi / 2 - _arccos_by_half(x)),
    domain=INSIDE,
    doc=r"\arcsin x",
)
arccos = elementwise(
    "arccos", np.arccos, lambda _y, x: -1.0 / _cosine(x), numpy=np.arccos, facts=_at_ends(_arccos_by_half), domain=INSIDE, doc=r"\arccos x"
)
arctan = elementwise("arctan", np.arctan, lambda _y, x: 1.0 / (1.0 + x * x), numpy=np.arctan, doc=r"\arctan x")
arctan2 = elementwise(
    "arctan2",
    np.arctan2,
    lambda _y, a, b: _per_square(b, a, b),
    lambda _y, a, b: _per_square(-a, a, b),
    numpy=np.arctan2,
    facts=Facts(nature="jump", tie=lambda _y, a, b: (a == 0) & (b <= 0), near=_angle_by_slope),
    domain=((0.3, 3.0), (-3.0, 3.0)),
    doc=r"the angle of the point (b, a), from -\pi to \pi",
)
sinh = elementwise("sinh", np.sinh, lambda _y, x: np.cosh(x), numpy=np.sinh, doc=r"\sinh x")
cosh = elementwise("cosh", np.cosh, lambda _y, x: np.sinh(x), numpy=np.cosh, doc=r"\cosh x")
arcsinh = elementwise("arcsinh", np.arcsinh, lambda _y, x: 1.0 / np.hypot(x, 1.0), numpy=np.arcsinh, doc=r"\mathrm{arsinh}\,x")
arccosh = elementwise(
    "arccosh",
    np.arccosh,
    lambda _y, x: 1.0 / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0)),  # the product of the arguments would overflow
    numpy=np.arccosh,
    facts=Facts(nature="infinite", tie=lambda _y, x: x == 1, exponent=0.5, near=lambda x: np.log(x + np.sqrt(x - 1.0) * np.sqrt(x + 1.0))),
    domain=(1.2, 4.0),
    doc=r"\mathrm{arcosh}\,x",
)
arctanh = elementwise(
    "arctanh",
    np.arctanh,
    lambda _y, x: 1.0 / ((1.0 - x) * (1.0 + x)),
    numpy=np.arctanh,
    facts=Facts(  # a logarithm grows with no power
        nature="infinite", tie=lambda _y, x: np.abs(x) == 1, near=lambda x: 0.5 * (np.log1p(x) - np.log1p(-x))
    ),
    domain=INSIDE,
    doc=r"\mathrm{artanh}\,x",
)
deg2rad = elementwise("deg2rad", np.deg2rad, DEGREE, numpy=(np.deg2rad, np.radians), doc=r"\pi x / 180")
rad2deg = elementwise("rad2deg", np.rad2deg, 1 / DEGREE, numpy=(np.rad2deg, np.degrees), doc=r"180 x / \pi")
