"""Products of matrices, and what is solved with them."""

import math

import numpy as np

from tinygrad_loss.engine.declare import bilinear, unbroadcast
from tinygrad_loss.engine.op import Array

__all__ = ["matmul"]


def _matmul_a(g: Array, a: Array, b: Array) -> Array:
    if a.ndim == 2 and b.ndim == 2:
        return g @ b.T
    if b.ndim == 1:
        return unbroadcast(g[..., None] * b, a.shape)
    if a.ndim == 1:
        return unbroadcast((b @ g[..., None])[..., 0], a.shape)
    return unbroadcast(g @ np.swapaxes(b, -1, -2), a.shape)


def _matmul_b(g: Array, a: Array, b: Array) -> Array:
    if a.ndim == 2 and b.ndim == 2:
        return a.T @ g
    if a.ndim == 1:
        return unbroadcast(a[:, None] * g[..., None, :], b.shape) if b.ndim > 1 else unbroadcast(a * g, b.shape)
    if b.ndim == 1:
        return unbroadcast((np.swapaxes(a, -1, -2) @ g[..., None])[..., 0], b.shape)
    if b.ndim == 2:
        rows = math.prod(a.shape[:-1])  # -1 does not work where an axis is empty
        return a.reshape((rows, a.shape[-1])).T @ g.reshape((rows, g.shape[-1]))
    return unbroadcast(np.swapaxes(a, -1, -2) @ g, b.shape)


matmul = bilinear(
    "matmul", np.matmul, _matmul_a, _matmul_b, numpy=np.matmul, methods=("__matmul__", "__rmatmul__"), doc=r"\sum_k a_{ik} b_{kj}"
)
