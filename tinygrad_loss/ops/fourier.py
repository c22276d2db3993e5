"""Discrete Fourier transforms: linear maps with a symmetric matrix, so each is nearly its own transpose."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import door, linear
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.arranging import along, axes_of

__all__ = ["fft", "fftn", "fftshift", "ifft", "ifftn", "ifftshift", "irfft", "irfftn", "rfft", "rfftn"]

OTHER_WAY: Final[dict[str | None, Any]] = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The scaling of a transform that undoes the one with this scaling."""


def _as(z: Array, x: Array) -> Array:
    """Return a cotangent as its input has it: real for real numbers."""
    if x.dtype.kind == "c":
        return z
    return z.real if z.real.dtype == x.dtype else z.real.astype(x.dtype)


def _hermitian_weights(g: Array, axis: int) -> Array:
    """Return how often each entry of a half spectrum stands in the whole one."""
    n = g.shape[axis]
    k = np.arange(n // 2 + 1)
    weights = np.where((k == 0) | (2 * k == n), 1.0, 2.0).astype(g.dtype)
    return weights.reshape((-1,) + (1,) * (g.ndim - 1 - axis))


fft_: Rule = linear(
    "fft",
    lambda x, axis, norm: np.fft.fft(x, axis=axis, norm=norm),
    lambda g, x, axis, norm: _as(np.fft.fft(g, axis=axis, norm=norm), x),
    doc=r"\sum_n x_n e^{-2 \pi i k n / N}",
)
ifft_: Rule = linear(
    "ifft",
    lambda x, axis, norm: np.fft.ifft(x, axis=axis, norm=norm),
    lambda g, x, axis, norm: _as(np.fft.ifft(g, axis=axis, norm=norm), x),
    doc=r"\frac1N \sum_k x_k e^{2 \pi i k n / N}",
)
rfft_: Rule = linear(
    "rfft",
    lambda x, axis, norm: np.fft.rfft(x, axis=axis, norm=norm),
    lambda g, x, axis, norm: _as(np.fft.fft(g, x.shape[axis], axis=axis, norm=norm), x),
    doc="the first half of the spectrum of real numbers",
)
irfft_: Rule = linear(
    "irfft",
    lambda z, n, axis, norm: np.fft.irfft(z, n, axis=axis, norm=norm),
    lambda g, z, n, axis, norm: _as(np.conj(np.fft.rfft(g.real, axis=axis, norm=OTHER_WAY[norm])) * _hermitian_weights(g.real, axis), z),
    doc="the real numbers whose spectrum begins with z",
)


# ---- one axis -------------------------------------------------------------------------------------------------------------


def _sized(name: str, a: Array, n: int | None, axis: int) -> tuple[Array, int]:
    """Cut or fill up an axis to length ``n``, and return it counted from the left."""
    (axis,) = axes_of(axis, a.ndim)
    have = a.shape[axis]
    n = have if n is None else int(n)
    if n < 1:
        raise errors.ShapeError(errors.say(name, "the transform needs one entry at least", f"{n} entries", f"{name}(x, n=8)"))
    if n < have:
        a = a[along(axis, slice(n))]
    elif n > have:
        a = np.pad(a, [(0, n - have if i == axis else 0) for i in range(a.ndim)])
    return a, axis


def _scaling(name: str, norm: str | None) -> None:
    if norm not in OTHER_WAY:
        raise errors.unknown_name(name, "norm", norm, ("backward", "ortho", "forward"))


def _one_axis(name: str, op: Rule) -> Rule:
    def transform(a: Array, n: int | None = None, axis: int = -1, norm: str | None = None, out: None = None) -> Array:
        _plain(name, norm, out)
        a, axis = _sized(name, a, n, axis)
        return op(a, axis=axis, norm=norm)

    return transform


def _plain(name: str, norm: str | None, out: object) -> None:
    if out is not None:
        raise errors.NoRuleError(errors.say(name, "results are never written in place", "out=", f"y = {name}(x)"))
    _scaling(name, norm)


fft = door(np.fft.fft)(_one_axis("np.fft.fft", fft_))
ifft = door(np.fft.ifft)(_one_axis("np.fft.ifft", ifft_))


@door(np.fft.rfft)
def rfft(a: Array, n: int | None = None, axis: int = -1, norm: str | None = None, out: None = None) -> Array:
    """Return the first half of the spectrum of real numbers; the other half is its conjugate."""
    _plain("np.fft.rfft", norm, out)
    if a.dtype.kind == "c":
        raise errors.DTypeError(errors.say("np.fft.rfft", "it takes real numbers", f"dtype {a.dtype}", "np.fft.fft(z)"))
    a, axis = _sized("np.fft.rfft", a, n, axis)
    return rfft_(a, axis=axis, norm=norm)


@door(np.fft.irfft)
def irfft(a: Array, n: int | None = None, axis: int = -1, norm: str | None = None, out: None = None) -> Array:
    """Return the ``n`` real numbers whose spectrum begins with ``a``; by default twice as many as ``a`` has entries, less two."""
    _plain("np.fft.irfft", norm, out)
    (axis,) = axes_of(axis, a.ndim)
    n = 2 * (a.shape[axis] - 1) if n is None else int(n)
    if n < 1:
        raise errors.ShapeError(errors.say("np.fft.irfft", "there must be one real number at least", f"n={n}", "np.fft.irfft(z, n=8)"))
    a, axis = _sized("np.fft.irfft", a, n // 2 + 1, axis)
    return irfft_(a, n=n, axis=axis, norm=norm)


@door(np.fft.hfft)
def hfft(a: Array, n: int | None = None, axis: int = -1, norm: str | None = None, out: None = None) -> Array:
    """Return the real spectrum of a signal of which the other half is the conjugate."""
    _plain("np.fft.hfft", norm, out)
    return irfft(np.conj(a), n, axis, OTHER_WAY[norm])


@door(np.fft.ihfft)
def ihfft(a: Array, n: int | None = None, axis: int = -1, norm: str | None = None, out: None = None) -> Array:
    """Return the first half of the signal whose spectrum is real."""
    _plain("np.fft.ihfft", norm, out)
    return np.conj(rfft(a, n, axis, OTHER_WAY[norm]))


# ---- several axes ---------------------------------------------------------------------------------------------------------


def _axes(name: str, a: Array, s: Sequence[int] | None, axes: Sequence[int] | None) -> list[tuple[int, int | None]]:
    """Return each axis with its length, None where it stays as it is."""
    chosen = axes_of(tuple(range(-len(s), 0)) if axes is None and s is not None else None if axes is None else tuple(axes), a.ndim)
    if s is not None and len(s) != len(chosen):
        raise errors.ShapeError(
            errors.say(name, "s= must give one length per axis", f"{len(s)} lengths for {len(chosen)} axes", f"{name}(x, axes=(-2, -1))")
        )
    lengths = [None] * len(chosen) if s is None else [None if n == -1 else int(n) for n in s]
    return list(zip(chosen, lengths, strict=True))


def _several(name: str, one: Rule, default: tuple[int, ...] | None) -> Rule:
    def transform(a: Array, s: Any = None, axes: Any = default, norm: str | None = None, out: None = None) -> Array:
        _plain(name, norm, out)
        for axis, n in reversed(_axes(name, a, s, axes)):
            a = one(a, n, axis, norm)
        return a

    return transform


def _several_real(name: str, default: tuple[int, ...] | None) -> Rule:
    def transform(a: Array, s: Any = None, axes: Any = default, norm: str | None = None, out: None = None) -> Array:
        _plain(name, norm, out)
        *rest, (last, n) = _axes(name, a, s, axes)
        a = rfft(a, n, last, norm)
        for axis, length in reversed(rest):
            a = fft(a, length, axis, norm)
        return a

    return transform


def _several_real_back(name: str, default: tuple[int, ...] | None) -> Rule:
    def transform(a: Array, s: Any = None, axes: Any = default, norm: str | None = None, out: None = None) -> Array:
        _plain(name, norm, out)
        *rest, (last, n) = _axes(name, a, s, axes)
        for axis, length in rest:
            a = ifft(a, length, axis, norm)
        return irfft(a, n, last, norm)

    return transform


LAST_TWO: Final = (-2, -1)
fftn = door(np.fft.fftn)(_several("np.fft.fftn", fft, None))
ifftn = door(np.fft.ifftn)(_several("np.fft.ifftn", ifft, None))
fft2 = door(np.fft.fft2)(_several("np.fft.fft2", fft, LAST_TWO))
ifft2 = door(np.fft.ifft2)(_several("np.fft.ifft2", ifft, LAST_TWO))
rfftn = door(np.fft.rfftn)(_several_real("np.fft.rfftn", None))
irfftn = door(np.fft.irfftn)(_several_real_back("np.fft.irfftn", None))
rfft2 = door(np.fft.rfft2)(_several_real("np.fft.rfft2", LAST_TWO))
irfft2 = door(np.fft.irfft2)(_several_real_back("np.fft.irfft2", LAST_TWO))


def _shifted(x: Array, axes: Any, half: Callable[[int], int]) -> Array:
    chosen = axes_of(axes, x.ndim)
    return np.roll(x, tuple(half(x.shape[i]) for i in chosen), chosen)


@door(np.fft.fftshift)
def fftshift(x: Array, axes: Any = None) -> Array:
    """Move the zero frequency into the middle."""
    return _shifted(x, axes, lambda n: n // 2)


@door(np.fft.ifftshift)
def ifftshift(x: Array, axes: Any = None) -> Array:
    """Undo `fftshift`."""
    return _shifted(x, axes, lambda n: -(n // 2))
