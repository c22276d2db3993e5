"""The Euclidean norm: a cone, smooth but for its tip."""

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.blocks import BLOCK
from tinygrad_loss.ops.properties import values
from tinygrad_loss.ops.reduction import kept, over
from tinygrad_loss.ops.root import nonzero
from tinygrad_loss.ops.short_rows import row_products

__all__ = ["norm2"]


def squares(x: Array, axis: tuple[int, ...]) -> Array:
    """Return the sum of squares; along the last axis without an array of them."""
    if type(x) is np.ndarray and axis == (x.ndim - 1,) and x.dtype.kind == "f" and x.dtype.itemsize > 2:
        return row_products(x, x)
    return np.sum(x * x, axis=axis)


@functools.cache
def _usual_range(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return between which sums no square was too small or too large."""
    limits = np.finfo(dtype)
    return float(limits.tiny / limits.eps**2), float(limits.max)


def _unscaled(x: np.ndarray, axis: tuple[int, ...]) -> np.ndarray | None:
    """Return the norm where no square is too large or too small, bit for bit the same at a third of the cost; else None."""
    low, high = _usual_range(x.dtype)
    with np.errstate(over="ignore", under="ignore"):
        total = squares(x, axis)
    usual = np.minimum.reduce(total, None, initial=1.0) > low and np.maximum.reduce(total, None, initial=1.0) < high
    return np.sqrt(total) if usual else None


def _norm2(x: Array, axis: tuple[int, ...]) -> Array:
    """Return the norm of ``x`` scaled by a power of two near its largest entry, which rounds nothing and lets no square overflow."""
    if type(x) is np.ndarray and x.dtype.kind == "f":
        usual = _unscaled(x, axis)
        if usual is not None:
            return usual
    top = np.max(np.abs(x) * 1.0, axis=axis, keepdims=True, initial=0.0)
    usual = (top > 0) & (top < np.inf)
    scale = np.exp2(np.minimum(np.floor(np.log2(np.where(usual, top, 1.0))), float(np.finfo(top.dtype).maxexp - 1)))
    return np.sqrt(squares(x / scale, axis)) * scale.reshape(np.sum(top, axis=axis).shape)


def _unit(x: Array, y: Array, axis: tuple[int, ...]) -> Array:
    """Return the direction of ``x``, and 0 at the tip: the smallest element of the subdifferential."""
    return x / kept(nonzero(y), x, axis)


norm2_: Rule = custom(
    "norm2",
    _norm2,
    [lambda g, y, x, axis: kept(g, x, axis) * _unit(x, y, axis)],
    lambda dx, y, x, axis: np.sum(dx[0] * _unit(x, y, axis), axis=axis),
    facts=Facts(nature="kink", tie=lambda y, _x, axis: y == 0, near=lambda x, axis: np.sqrt(np.sum(x * x, axis=axis))),
    doc=r"\sqrt{\sum_i x_i^2}, without overflow",
)


# ---- of a difference ----------------------------------------------------------------------------------------------------------


def _rows(a: Array, b: Array) -> list[np.ndarray] | None:
    """Return large arrays of one shape and dtype as rows of vectors, which blocks cut without copying; None for anything else."""
    if type(a) is not np.ndarray or a.size <= BLOCK or type(b) is not np.ndarray or a.dtype != b.dtype:
        return None
    if not (a.flags.c_contiguous and b.flags.c_contiguous):
        return None
    return [a.reshape(-1, a.shape[-1]), b.reshape(-1, a.shape[-1])]


def _blocks(a: np.ndarray) -> Iterator[slice]:
    rows = max(1, BLOCK // a.shape[1])
    return (slice(start, start + rows) for start in range(0, len(a), rows))


def _apart(a: Array, b: Array, eps: float) -> Array:
    large = _rows(a, b)
    if large is None:
        return _norm2(a - b + eps, (a.ndim - 1,))
    parts = [_norm2(large[0][rows] - large[1][rows] + eps, (1,)) for rows in _blocks(large[0])]
    return np.concatenate(parts).reshape(a.shape[:-1])


def _pull_apart(g: Array, y: Array, a: Array, b: Array, eps: float) -> Array:
    """Return g times the direction from ``b`` to ``a``."""
    large = _rows(a, b) if isinstance(g, np.ndarray) and g.dtype == a.dtype else None
    if large is None:
        d = a - b + eps
        return kept(g, d, (d.ndim - 1,)) * _unit(d, y, (d.ndim - 1,))
    out = np.empty_like(a)
    into, lengths, factors = out.reshape(large[0].shape), nonzero(y).reshape(-1, 1), g.reshape(-1, 1)
    shares = factors / lengths if np.minimum.reduce(lengths, None) > _usual_range(a.dtype)[0] else None
    for rows in _blocks(into):
        d = np.subtract(large[0][rows], large[1][rows], out=into[rows])
        d += eps
        if shares is None:  # which may overflow where a length is tiny
            d /= lengths[rows]
            d *= factors[rows]
        else:
            d *= shares[rows]
    return out


distance2: Rule = custom(
    "distance2",
    _apart,
    [_pull_apart, lambda g, y, a, b, eps: _pull_apart(-g, y, a, b, eps)],
    lambda dx, y, a, b, eps: np.sum(_moved(dx) * _unit(a - b + eps, y, (a.ndim - 1,)), axis=-1),
    facts=Facts(nature="kink", tie=lambda y, _a, _b, eps: y == 0, near=lambda a, b, eps: np.sqrt(np.sum(np.square(a - b + eps), axis=-1))),
    doc=r"\sqrt{\sum_i (a_i - b_i + \epsilon)^2} along the last axis",
)


def _moved(dx: Any) -> Array:
    if dx[0] is None:
        return -dx[1]
    return dx[0] if dx[1] is None else dx[0] - dx[1]


@functools.cache
def _squarable(dtype: np.dtype[Any]) -> float:
    """Return the length up to which squares, and the products of two squares, are finite."""
    return float(2.0 ** (math.frexp(float(np.finfo(dtype).max))[1] // 4))


def shortened(x: Array) -> Array:
    """Return vectors along the last axis with their directions kept and their squares finite.

    Those whose squares would overflow are divided by a power of two. Where one component alone is infinite its axis is the direction,
    and nothing finite moves it; several infinite ones point nobody knows where, which is nan.
    """
    plain = values(x)
    most = _squarable(plain.dtype)
    if np.vdot(plain, plain) < most**2:  # the squares of all together, at the cost of one look
        return x
    with np.errstate(invalid="ignore"):
        infinite = np.isinf(plain)
        some, top = np.any(infinite, axis=-1, keepdims=True), np.max(np.abs(plain), axis=-1, keepdims=True)
        single = np.where(np.sum(infinite, axis=-1, keepdims=True) == 1, np.sign(plain), np.nan)
        scale = np.exp2(1.0 - np.ceil(np.log2(np.where((top > most) & ~some, top, 2.0)))).astype(plain.dtype)
    axes = np.where(infinite, single * (most / 4), np.where(np.isnan(plain), plain, 0.0)).astype(
        plain.dtype
    )  # beside which no guard counts
    return np.where(some, axes, x * scale)


def norm2(x: Array, axis: int | Sequence[int] | None = None, *, keepdims: bool = False) -> Array:
    r"""Return the Euclidean norm $\sqrt{\sum_i x_i^2}$ over the given axes; no square overflows, and at 0 there is a kink.

    Args:
        x: any shape.
        axis: an axis, or several; all of them by default.
        keepdims: keep the reduced axes with length 1.

    >>> import numpy as np, tinygrad_loss as tl
    >>> bool(np.isclose(tl.ops.norm2(np.array([3e200, 4e200])), 5e200))
    True
    """
    x = x if hasattr(x, "ndim") else np.asarray(x)
    axes: Any = over(x, axis)
    y = norm2_(x, axis=axes)
    return kept(y, x, axes) if keepdims else y
