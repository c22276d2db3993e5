"""Determinants, their logarithms, and their derivative: the cofactors."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import custom, door
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.packing import result_of
from tinygrad_loss.ops.solving import t

__all__ = ["det", "slogdet"]


def _cofactors(a: Array) -> Array:
    """Return the derivative of the determinant without dividing by it, so that a singular matrix has it too."""
    u, s, vh = np.linalg.svd(a)
    n = s.shape[-1]
    others = np.prod(np.where(np.eye(n, dtype=bool), 1.0, s[..., None, :]), axis=-1).astype(s.dtype)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return (u * (others * sign[..., None])[..., None, :]) @ vh


def _cofactors_pull(g: Array, y: Array, a: Array) -> Array:
    w = t(np.linalg.inv(a))
    return np.sum(g * y, axis=(-2, -1), keepdims=True) * w - y @ t(g) @ w


def _cofactors_push(dx: Sequence[Array | None], y: Array, a: Array) -> Array:
    w = t(np.linalg.inv(a))
    return np.sum(w * dx[0], axis=(-2, -1), keepdims=True) * y - w @ t(dx[0]) @ y


cofactors: Rule = custom("cofactors", _cofactors, [_cofactors_pull], _cofactors_push, doc=r"\det(A)\, A^{-T}")
det_: Rule = custom(
    "det",
    np.linalg.det,
    [lambda g, _y, a: g[..., None, None] * cofactors(a)],
    lambda dx, _y, a: np.sum(cofactors(a) * dx[0], axis=(-2, -1)),
    doc=r"\det A",
)


def _log_slope(y: Array, a: Array) -> Array:
    """Return the transposed inverse, and inf or nan where there is none."""
    sign = y[..., :1, None]
    return t(np.linalg.inv(np.where(sign == 0, np.eye(a.shape[-1], dtype=a.dtype), a))) / np.abs(sign)


slogdet_: Rule = custom(
    "slogdet",
    lambda a: np.stack(np.linalg.slogdet(a), axis=-1),
    [lambda g, y, a: g[..., 1][..., None, None] * _log_slope(y, a)],
    lambda dx, y, a: np.stack([np.zeros_like(y[..., 0]), np.sum(_log_slope(y, a) * dx[0], axis=(-2, -1))], axis=-1),
    facts=Facts(nature="infinite", tie=lambda y, _a: (y[..., :1] == 0) & np.ones(2, bool)),
    doc=r"\mathrm{sign} \det A and \log |\det A|",
)


@door(np.linalg.det)
def det(a: Array) -> Array:
    """Return the determinants of square matrices; a singular one has a gradient too."""
    return det_(a)


@door(np.linalg.slogdet)
def slogdet(a: Array) -> Any:
    """Return the sign and the logarithm of the absolute value of determinants, which neither overflow nor underflow.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.linalg.slogdet(x).logabsdet)(np.diag([2.0, 4.0]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    y = slogdet_(a)
    return result_of(np.linalg.slogdet)(y[..., 0], y[..., 1])
