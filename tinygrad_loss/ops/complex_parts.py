"""Real parts, imaginary parts, conjugates and angles: complex numbers exist between a real leaf and a real loss.

A cotangent ``g`` of a complex ``z`` pairs with a step as Re(g dz), without a conjugate; so the rules of functions
with a complex derivative (products, exponentials, Fourier transforms) stand as they are for real numbers.
"""

import numpy as np

from tinygrad_loss.engine.declare import custom, door, linear
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.properties import operand

__all__ = ["angle", "conj", "imag", "real"]

real_: Rule = linear("real", lambda z: z.real, lambda g, _z: np.real(g), static=False, doc=r"\mathrm{Re}\,z")
imag_: Rule = custom(
    "imag",
    lambda z: z.imag,
    [lambda g, _y, z: _turned(np.real(g), z)],
    lambda dx, _y, _z: np.imag(dx[0]),
    arity=1,
    doc=r"\mathrm{Im}\,z",
)
conj_: Rule = linear("conj", lambda z: np.conj(z), lambda g, _z: np.conj(g), static=False, doc=r"\bar z")


def _turned(g: Array, z: Array) -> Array:
    """Return the cotangent of a number from that of its imaginary part, which a real number does not have."""
    return g * -1j if z.dtype.kind == "c" else g * 0.0


@door(np.real)
def real(val: Array) -> Array:
    """Return the real part."""
    return real_(val) if val.dtype.kind == "c" else val


@door(np.imag)
def imag(val: Array) -> Array:
    """Return the imaginary part, which is 0 for real numbers."""
    return imag_(val) if val.dtype.kind == "c" else np.zeros_like(val)


@door(np.conj, methods=("conj", "conjugate"))
def conj(x: Array) -> Array:
    """Return the number with the other sign of its imaginary part."""
    x = operand(x)
    return conj_(x) if x.dtype.kind == "c" else x


@door(np.angle)
def angle(z: Array, deg: bool = False) -> Array:
    """Return the angle in the complex plane, in radians or degrees; it jumps along the negative axis.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.grad(lambda x: np.angle(np.exp(1j * x)))(0.5).round(12))
    1.0
    """
    turn = np.arctan2(imag(z), real(z))
    return np.rad2deg(turn) if deg else turn


@door(np.iscomplex)
def iscomplex(x: Array) -> Array:
    """Return, per entry, whether it has an imaginary part."""
    return np.not_equal(imag(x), 0)


@door(np.isreal)
def isreal(x: Array) -> Array:
    """Return, per entry, whether it has no imaginary part."""
    return np.equal(imag(x), 0)
