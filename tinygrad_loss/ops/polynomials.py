"""Convolutions of sequences, and polynomials."""

from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import bilinear, door
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.properties import operand

__all__ = ["convolve", "correlate", "polyval", "vander"]

# Which sums of products each of the three is, with a sequence of n + m - 1, n or m entries as its result or its first factor.
convolve_: Rule = bilinear(
    "convolve",
    lambda a, v: np.convolve(a, v),
    lambda g, _a, v: slide_(g, v),
    lambda g, a, _v: slide_(g, a),
    doc=r"\sum_k a_k v_{n-k}",
)
slide_: Rule = bilinear(
    "slide",
    lambda g, v: np.convolve(g, v[::-1], mode="valid"),
    lambda h, _g, v: convolve_(h, v),
    lambda h, g, _v: slide_(g, h),
    doc=r"\sum_k g_{n+k} v_k, where v lies within g",
)


def _sequences(name: str, a: Any, v: Any, mode: str) -> tuple[Array, Array]:
    a, v = np.atleast_1d(operand(a)), np.atleast_1d(operand(v))
    if a.ndim != 1 or v.ndim != 1 or not a.size or not v.size:
        raise errors.shapes(name, "it takes two sequences that are not empty", [a.shape, v.shape], "tl.ops.conv1d, or tl.ops.conv2d")
    if mode not in {"full", "same", "valid"}:
        raise errors.unknown_name(name, "mode", mode, ("full", "same", "valid"))
    return a, v


@door(np.convolve)
def convolve(a: Array, v: Array, mode: str = "full") -> Array:
    """Return the convolution of two sequences: all of it, its middle as long as the longer one, or where both overlap entirely.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda v: np.sum(np.convolve([1.0, 2.0, 3.0], v)))(np.ones(2))
    array([6., 6.])
    """
    a, v = _sequences("np.convolve", a, v, mode)
    short, long = sorted((a.shape[0], v.shape[0]))
    full = convolve_(a, v)
    if mode == "full":
        return full
    start = short - 1 if mode == "valid" else (short - 1) // 2
    return full[start : start + (long - short + 1 if mode == "valid" else long)]


@door(np.correlate)
def correlate(a: Array, v: Array, mode: str = "valid") -> Array:
    """Return the correlation of two sequences, the second conjugated."""
    a, v = _sequences("np.correlate", a, v, mode)
    if v.shape[0] > a.shape[0]:  # NumPy centres on the longer sequence
        return convolve(np.conj(v), a[::-1], mode)[::-1]
    return convolve(a, np.conj(v)[::-1], mode)


@door(np.polyval)
def polyval(p: Array, x: Array) -> Array:
    """Return the values of a polynomial, whose coefficients begin with that of the highest power."""
    x = operand(x)
    y = np.zeros_like(x)
    for coefficient in p:
        y = y * x + coefficient
    return y


@door(np.vander)
def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    """Return the powers of each entry of a vector as a row."""
    if x.ndim != 1:
        raise errors.shapes("np.vander", "it takes a vector", [x.shape], "np.vander(np.ravel(x))")
    powers = [np.ones_like(x)]
    for _ in range(1, x.shape[0] if N is None else N):
        powers.append(powers[-1] * x)
    powers = powers[: x.shape[0] if N is None else N]
    return np.stack(powers if increasing else powers[::-1], axis=1) if powers else np.zeros((x.shape[0], 0), x.dtype)
