"""The Euclidean norm: a cone, smooth but for its tip."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.reduction import kept, over
from tinygrad_loss.ops.root import nonzero

__all__ = ["norm2"]


def _unscaled(x: np.ndarray, axis: tuple[int, ...]) -> np.ndarray | None:
    """Return the norm where no square is too large or too small, bit for bit the same at a third of the cost; else None."""
    limits = np.finfo(x.dtype)
    with np.errstate(over="ignore", under="ignore"):
        total = np.sum(x * x, axis=axis)
    least, most = np.min(total, initial=1.0), np.max(total, initial=1.0)
    return np.sqrt(total) if limits.tiny / limits.eps**2 < least and most < limits.max else None


def _norm2(x: Array, axis: tuple[int, ...]) -> Array:
    """Return the norm of ``x`` scaled by a power of two near its largest entry, which rounds nothing and lets no square overflow."""
    if type(x) is np.ndarray and x.dtype.kind == "f":
        usual = _unscaled(x, axis)
        if usual is not None:
            return usual
    top = np.max(np.abs(x), axis=axis, keepdims=True, initial=0.0)
    usual = (top > 0) & (top < np.inf)
    scale = np.exp2(np.floor(np.log2(np.where(usual, top, 1.0))))
    part = x / scale
    return np.sqrt(np.sum(part * part, axis=axis)) * scale.reshape(np.sum(top, axis=axis).shape)


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
