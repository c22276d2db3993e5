"""Distances and angles between vectors along an axis."""

from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import bilinear, custom
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.handover import LARGE, Handover
from tinygrad_loss.ops.norm import distance2, norm2
from tinygrad_loss.ops.piecewise import maximum
from tinygrad_loss.ops.properties import signed
from tinygrad_loss.ops.short_rows import row_products

__all__ = ["cosine_similarity", "p_norm", "pairwise_distance", "pdist"]


def p_norm(x: Array, p: float, axis: int = -1, *, keepdims: bool = False) -> Array:
    r"""Return $(\sum_i |x_i|^p)^{1/p}$ along an axis, scaled by the largest entry so that no power overflows.

    Args:
        x: ``[..., D]``.
        p: the degree; infinity is the largest entry, 0 the count of entries that are not 0.
        axis: the axis of the components.
        keepdims: keep the axis with length 1.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.ops.p_norm(np.array([3.0, -4.0]), 1.0))
    7.0
    """
    if p == 2:
        return norm2(x, axis, keepdims=keepdims)
    size = np.abs(x)
    if p == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    if p == np.inf:
        return np.max(size, axis=axis, keepdims=keepdims)
    if p == -np.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    if p == 0:
        return np.sum(np.where(size == 0, size, 1.0), axis=axis, keepdims=keepdims)
    return np.sum(size ** float(p), axis=axis, keepdims=keepdims) ** (1.0 / p)


def pairwise_distance(x1: Array, x2: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Array:
    r"""Return $\|x_1 - x_2 + eps\|_p$ along the last axis.

    Args:
        x1: vectors ``[..., D]``.
        x2: vectors that broadcast with them.
        p: the degree of the norm.
        eps: is added to each difference, as in PyTorch, so that equal vectors have a gradient.
        keepdim: keep the last axis with length 1.

    >>> import numpy as np, tinygrad_loss as tl
    >>> round(float(tl.ops.pairwise_distance(np.zeros(2), np.array([3.0, 4.0]))), 5)
    5.0
    """
    x1, x2 = signed(x1), signed(x2)
    if p == 2 and np.ndim(x1) and np.shape(x1) == np.shape(x2):
        y = distance2(x1, x2, eps=eps)
        return np.expand_dims(y, -1) if keepdim else y
    return p_norm(x1 - x2 + eps, p, keepdims=keepdim)


def cosine_similarity(x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    r"""Return $x_1 \cdot x_2 / (\|x_1\| \|x_2\|)$ along an axis, each norm being at least ``eps``.

    Args:
        x1: any shape.
        x2: a shape that broadcasts with it.
        dim: the axis of the components, in the shape that both broadcast to.
        eps: the least norm.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.ops.cosine_similarity(np.array([1.0, 0.0]), np.array([2.0, 0.0]), dim=0))
    1.0
    """
    shape = np.broadcast_shapes(x1.shape, x2.shape)
    x1, x2 = (x if x.shape == shape else np.broadcast_to(x, shape) for x in (x1, x2))  # a component that is repeated counts each time
    first: Any = x1 / maximum(norm2(x1, dim, keepdims=True), eps)
    return np.sum(first * (x2 / maximum(norm2(x2, dim, keepdims=True), eps)), axis=dim)


def _products(a: Array, b: Array) -> Array:
    """Return the sum of the products along the last axis; of arrays without an array of them."""
    if type(a) is np.ndarray and type(b) is np.ndarray and a.dtype.itemsize > 2:
        return row_products(a, b)
    return np.sum(a * b, axis=-1)


row_product: Rule = bilinear(
    "row_product",
    _products,
    lambda g, _a, b: np.expand_dims(g, -1) * b,
    lambda g, a, _b: np.expand_dims(g, -1) * a,
    doc=r"\sum_i a_i b_i along the last axis, of arrays of one shape",
)


_handover = Handover(LARGE)


def _cosine(a: Array, b: Array, eps: float) -> Array:
    squares = _products(a, a) + eps, _products(b, b) + eps
    _handover.give(a, (b, eps), squares)
    return _products(a, b) / np.sqrt(squares[0] * squares[1])


def _pull_first(g: Array, y: Array, a: Array, b: Array, eps: float) -> Array:
    squares = _handover.take(a, (b, eps)) if type(a) is np.ndarray else None
    return _turned(g, y, a, b, *squares) if squares is not None else _pull_cosine(g, y, a, b, eps)


def _pull_cosine(g: Array, y: Array, a: Array, b: Array, eps: float) -> Array:
    return _turned(g, y, a, b, row_product(a, a) + eps, row_product(b, b) + eps)


def _turned(g: Array, y: Array, a: Array, b: Array, square: Array, other: Array) -> Array:
    """Return the cotangent of ``a``: what is left of b's direction when that of ``a`` is taken out."""
    along, away = g * y / square, g / np.sqrt(square * other)
    return b * np.expand_dims(away, -1) - a * np.expand_dims(along, -1)


def _push_cosine(dx: Any, y: Array, a: Array, b: Array, eps: float) -> Array:
    one = np.ones_like(y)
    terms = []
    if dx[0] is not None:
        terms.append(np.sum(dx[0] * _pull_cosine(one, y, a, b, eps), axis=-1))
    if dx[1] is not None:
        terms.append(np.sum(dx[1] * _pull_cosine(one, y, b, a, eps), axis=-1))
    return sum(terms[1:], terms[0])


guarded_cosine: Rule = custom(
    "guarded_cosine",
    _cosine,
    [_pull_first, lambda g, y, a, b, eps: _pull_cosine(g, y, b, a, eps)],
    _push_cosine,
    doc=r"a \cdot b / \sqrt{(a \cdot a + \epsilon) (b \cdot b + \epsilon)} along the last axis, finite for a zero vector",
)


def pdist(x: Array, p: float = 2.0) -> Array:
    r"""Return the p-distances of all pairs of rows i < j.

    Args:
        x: rows ``[N, D]``.
        p: the degree of the norm.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.pdist(np.array([[0.0], [1.0], [3.0]]))
    array([1., 3., 2.])
    """
    x = signed(x)
    i, j = np.triu_indices(len(x), 1)
    return p_norm(x[i] - x[j], p)
