"""Determinants, their logarithms, and their derivative: the cofactors."""

from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import custom, door
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.packing import result_of
from tinygrad_loss.ops.properties import ours, values
from tinygrad_loss.ops.solving import t

__all__ = ["det", "slogdet"]


def _cofactors(a: Array) -> Array:
    """Return the derivative of the determinant without dividing by it, so that a singular matrix has it too."""
    u, s, vh = np.linalg.svd(a)
    n = s.shape[-1]
    others = np.prod(np.where(np.eye(n, dtype=bool), 1.0, s[..., None, :]), axis=-1).astype(s.dtype)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return (u * (others * sign[..., None])[..., None, :]) @ vh


def _moved(dx: Array, y: Array, a: Array) -> Array:
    """Return how the cofactors move, which is also what carries a cotangent back, since they are the gradient of a function."""
    rank = np.linalg.matrix_rank(values(a))
    if ours(rank) or np.all(rank == a.shape[-1]):
        w = t(np.linalg.inv(a))
        return np.sum(w * dx, axis=(-2, -1), keepdims=True) * y - w @ t(dx) @ y
    # Nothing is divided: in the bases of the singular vectors the cofactors of a diagonal matrix move by products of all but two values.
    u, s, vh = np.linalg.svd(a)
    n = s.shape[-1]
    eye = np.eye(n, dtype=bool)
    left_out = eye[:, None, :] | eye[None, :, :]
    others = np.prod(np.where(left_out, 1.0, s[..., None, None, :]), axis=-1).astype(s.dtype) * ~eye
    turned = t(u) @ dx @ t(vh)
    diagonal = np.sum(others * np.sum(turned * eye, axis=-1)[..., None, :], axis=-1)
    sign = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    return u @ (sign * (diagonal[..., None] * eye - others * t(turned))) @ vh


cofactors: Rule = custom("cofactors", _cofactors, [_moved], lambda dx, y, a: _moved(dx[0], y, a), doc=r"\det(A)\, A^{-T}")
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
