"""Probabilities that may be exactly zero: the projection onto the simplex, and the function whose slope it is."""

from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.classification import below_top, is_class
from tinygrad_loss.ops.properties import signed
from tinygrad_loss.ops.sorting import sort_

__all__ = ["sparsemax", "sparsemax_", "sparsemax_cost", "sparsemax_potential"]

OUT_OF_REACH = -2.0
"""A score 1 or more below the top has no share, however far below it is."""


def _threshold(z: Array, axis: int) -> Array:
    """Return the number which, subtracted from the scores, leaves positive parts that add up to one."""
    ordered = -np.sort(-z, axis=axis)
    count = np.arange(1, z.shape[axis] + 1).reshape((-1,) + (1,) * (z.ndim - 1 - axis)).astype(z.dtype)
    sums = np.cumsum(ordered, axis=axis) - 1.0
    size = np.sum(ordered * count > sums, axis=axis, keepdims=True)
    return np.take_along_axis(sums, size - 1, axis) / size.astype(z.dtype)


def _sparsemax(z: Array, axis: int) -> Array:
    near = np.maximum(below_top(z, axis), OUT_OF_REACH)
    return np.maximum(near - _threshold(near, axis), 0.0)


def _above_threshold(z: Array, axis: int) -> Array:
    """Return the scores less the threshold, from the scores alone: what a score at the threshold will do is theirs to say."""
    top = np.max(z, axis=axis, keepdims=True)
    near = np.where(np.isposinf(z), 0.0, np.maximum(z - top, OUT_OF_REACH))
    ordered, count = -sort_(-near, axis=axis), np.cumsum(np.ones_like(near), axis=axis)
    return near - np.max((np.cumsum(ordered, axis=axis) - 1.0) / count, axis=axis, keepdims=True)


def _centred(v: Array, z: Array, axis: int) -> Array:
    """Subtract the mean over the support, within the support: the projection's derivative, which is symmetric."""
    inside = _above_threshold(z, axis) > 0.0
    size = np.sum(np.where(inside, np.ones_like(v), 0.0), axis=axis, keepdims=True)
    return np.where(inside, v - np.sum(np.where(inside, v, 0.0), axis=axis, keepdims=True) / size, 0.0)


def _edge(y: Array, z: Array, axis: int) -> Array:
    """Return True in rows where a score lies exactly at the threshold: once it enters the support, the others share less."""
    threshold = np.max(z, axis=axis, keepdims=True) - np.max(y, axis=axis, keepdims=True)
    entering = (y == 0) & (z == threshold)
    return np.any(entering, axis=axis, keepdims=True) & ((y > 0) | entering)


sparsemax_: Rule = custom(
    "sparsemax",
    _sparsemax,
    [lambda g, _y, z, axis: _centred(g, z, axis)],
    lambda dx, _y, z, axis: _centred(dx[0], z, axis),
    facts=Facts(nature="kink", tie=_edge, near=lambda z, axis: np.maximum(_above_threshold(z, axis), 0.0)),
    doc=r"\arg\min_p \|p - z\|^2 over the simplex",
)


def _potential(z: Array, axis: int) -> Array:
    p = _sparsemax(z, axis)
    return np.sum(p * (z - p * 0.5), axis=axis)


sparsemax_potential: Rule = custom(
    "sparsemax_potential",
    _potential,
    [lambda g, _y, z, axis: np.expand_dims(g, axis) * sparsemax_(z, axis=axis)],
    lambda dx, _y, z, axis: np.sum(dx[0] * sparsemax_(z, axis=axis), axis=axis),
    doc=r"\max_p \langle p, z\rangle - \tfrac12 \|p\|^2 over the simplex; its slope is the sparsemax",
)


def _cost(z: Array, index: Array, axis: int) -> Array:
    below = below_top(z, axis)
    near = np.maximum(below, OUT_OF_REACH)
    p = np.maximum(near - _threshold(near, axis), 0.0)
    own = np.take_along_axis(below, np.expand_dims(index, axis), axis).squeeze(axis)
    return np.sum(p * (near - p * 0.5), axis=axis) + 0.5 - own


sparsemax_cost: Rule = custom(
    "sparsemax_cost",
    _cost,
    [lambda g, _y, z, index, axis: np.expand_dims(g, axis) * (sparsemax_(z, axis=axis) - is_class(z, index, axis)), None],
    lambda dx, _y, z, index, axis: np.sum(dx[0] * (sparsemax_(z, axis=axis) - is_class(z, index, axis)), axis=axis),
    doc=r"\max_p \langle p, z\rangle - \tfrac12 \|p\|^2 + \tfrac12 - z_y for class indices y",
)


def sparsemax(x: Array, axis: int = -1) -> Array:
    r"""Return the point of the simplex nearest to the scores: probabilities, many of them exactly 0.

    Args:
        x: ``[..., C]``.
        axis: the axis of the classes.

    Source: Martins and Astudillo, From softmax to sparsemax, ICML 2016.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.sparsemax(np.array([2.0, 1.5, -1.0]))
    array([0.75, 0.25, 0.  ])
    """
    z: Any = x if hasattr(x, "ndim") else np.asarray(x)
    z = signed(z)
    return sparsemax_(z, axis=axis % z.ndim)
