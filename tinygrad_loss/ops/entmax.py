"""The family between the softmax, which leaves every class a share, and the sparsemax, which leaves most of them none."""

import math
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import custom, elementwise
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.classification import below_top, is_class
from tinygrad_loss.ops.exponential import softmax_
from tinygrad_loss.ops.logic import detach
from tinygrad_loss.ops.properties import signed
from tinygrad_loss.ops.sparse import sparsemax_

__all__ = ["entmax", "entmax_cost", "entmax_potential"]

STEPS: Final = 80
"""Of halvings alone, more than leave two floats in an interval as long as log C."""
PRECISION: Final = 2.0**-51
EXACT: Final[dict[float, Rule]] = {1.0: softmax_, 2.0: sparsemax_}
"""The members that have ops of their own."""


def _share(u: Array, alpha: float) -> Array:
    if alpha == 1.0:
        return np.exp(u)
    grown = u * (alpha - 1.0)
    alive = grown > -1.0
    return np.where(alive, np.exp(np.log1p(np.where(alive, grown, 0.0)) / (alpha - 1.0)), 0.0)


def _entering(u: Array, alpha: float) -> Array:
    """Return the same as a power, of which one knows how it begins."""
    left = u * (alpha - 1.0) + 1.0
    return np.where(left > 0.0, np.where(left > 0.0, left, 1.0) ** (1.0 / (alpha - 1.0)), 0.0)


def _pull(p: Array, u: Array, alpha: float) -> Array:
    """Return how fast each share shrinks as its score is lowered; which of them are there is for the scores to say."""
    inside = u * (alpha - 1.0) > -1.0
    return np.where(inside, np.where(inside, p, 1.0) ** (2.0 - alpha), 0.0)


share: Rule = elementwise(
    "entmax_share",
    _share,
    _pull,
    static=True,
    facts=Facts(nature="infinite", tie=lambda _p, u, alpha: u * (alpha - 1.0) == -1.0, near=_entering),
    domain=(-0.5, 1.0),
    doc=r"[1 + (\alpha - 1) u]_+^{1/(\alpha - 1)}, the exponential that ends: e^u for \alpha = 1",
)


def _level(near: np.ndarray, axis: int, alpha: float) -> np.ndarray:
    """Return the number by which scores are lowered so that their shares add up to one.

    Newton's steps towards it from below overshoot only where alpha exceeds 2; the bracket then is halved.
    """
    z, a = near.astype(np.float64), alpha - 1.0
    top = z.max(axis=axis, keepdims=True)
    z, low = z - top, np.zeros_like(top)
    high = low - math.expm1(-a * math.log(near.shape[axis])) / a
    at = low
    for _ in range(STEPS):
        p = _share(z - at, alpha)
        excess = np.sum(p, axis=axis, keepdims=True) - 1.0
        low, high = np.where(excess >= 0, at, low), np.where(excess <= 0, at, high)
        step = at + excess / np.sum(_pull(p, z - at, alpha), axis=axis, keepdims=True)
        step = np.where((step >= low) & (step <= high), step, (low + high) * 0.5)
        if np.all(np.abs(step - at) <= PRECISION):
            break
        at = step
    return (at + top).astype(near.dtype)


def _weights(level: Array, near: Array, axis: int, alpha: float) -> Array:
    above = near - level
    pull = _pull(share(above, alpha=alpha), above, alpha)
    return pull / np.sum(pull, axis=axis, keepdims=True)


level_: Rule = custom(
    "entmax_level",
    _level,
    [lambda g, y, near, axis, alpha: g * _weights(y, near, axis, alpha)],
    lambda dx, y, near, axis, alpha: np.sum(dx[0] * _weights(y, near, axis, alpha), axis=axis, keepdims=True),
    doc=r"the t for which \sum_c [1 + (\alpha - 1)(z_c - t)]_+^{1/(\alpha - 1)} = 1",
)


def _near(z: Array, axis: int, alpha: float) -> Array:
    """Return the scores less a number near the largest of their row; one out of reach has no share, however far below it is."""
    top = detach(np.max(z, axis=axis, keepdims=True))  # a constant: shares do not change when all scores do
    return np.maximum(np.where(np.isposinf(z), 0.0, z - top), -1.0 / (alpha - 1.0) - 1.0)


def shares(z: Array, axis: int, alpha: float) -> Array:
    """Return the entmax of scores of any kind of array."""
    if alpha in EXACT:
        return EXACT[alpha](z, axis=axis)
    near = _near(z, axis, alpha)
    return share(near - level_(near, axis=axis, alpha=alpha), alpha=alpha)


def tsallis(p: Array, axis: int, alpha: float) -> Array:
    r"""Return minus Tsallis' entropy $\frac{\sum_c p_c^\alpha - 1}{\alpha (\alpha - 1)}$ of probabilities; Shannon's for $\alpha$ = 1.

    Written as $\sum_c p_c (p_c^{\alpha - 1} - 1)$, which cancels nothing where alpha is near 1.
    """
    log_p = np.log(np.where(p > 0, p, 1.0))
    a = alpha - 1.0
    return np.sum(p * (log_p if a == 0 else np.expm1(log_p * a) / (alpha * a)), axis=axis)


def _gained(z: Array, axis: int, alpha: float) -> np.ndarray:
    """Return the largest of <p, z> + H(p), counted from the top score."""
    near = _near(z, axis, alpha)
    p = _share(near - _level(near, axis, alpha), alpha)
    return np.sum(p * near, axis=axis) - tsallis(p, axis, alpha)


def _potential(z: Array, axis: int, alpha: float) -> Array:
    return _gained(z, axis, alpha) + np.max(z, axis=axis)


entmax_potential: Rule = custom(
    "entmax_potential",
    _potential,
    [lambda g, _y, z, axis, alpha: np.expand_dims(g, axis) * shares(z, axis, alpha)],
    lambda dx, _y, z, axis, alpha: np.sum(dx[0] * shares(z, axis, alpha), axis=axis),
    doc=r"\max_p \langle p, z\rangle + H_\alpha(p) over the simplex; its slope is the entmax",
)


def _cost(z: Array, index: Array, axis: int, alpha: float) -> Array:
    own = np.take_along_axis(below_top(z, axis), np.expand_dims(index, axis), axis).squeeze(axis)
    return _gained(z, axis, alpha) - own


entmax_cost: Rule = custom(
    "entmax_cost",
    _cost,
    [lambda g, _y, z, index, axis, alpha: np.expand_dims(g, axis) * (shares(z, axis, alpha) - is_class(z, index, axis)), None],
    lambda dx, _y, z, index, axis, alpha: np.sum(dx[0] * (shares(z, axis, alpha) - is_class(z, index, axis)), axis=axis),
    doc=r"\max_p \langle p, z\rangle + H_\alpha(p) - z_y for class indices y",
)


def entmax(x: Array, alpha: float = 1.5, axis: int = -1) -> Array:
    r"""Return $\arg\max_p \langle p, z\rangle + H_\alpha(p)$: softmax for $\alpha$ = 1, sparsemax for 2, the more zeros the larger.

    Args:
        x: scores ``[..., C]``.
        alpha: the order of Tsallis' entropy, at least 1.
        axis: the axis of the classes.

    Raises:
        DomainError: ``alpha`` is below 1.

    Source: Peters, Niculae and Martins, Sparse sequence-to-sequence models, ACL 2019.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.entmax(np.array([2.0, 0.0])), tl.ops.entmax(np.array([0.0, 0.0]))
    (array([1., 0.]), array([0.5, 0.5]))
    """
    if not 1.0 <= alpha < math.inf:
        raise errors.DomainError(errors.say("entmax", "alpha must be at least 1", f"{alpha}", "alpha=1.5"))
    z: Any = x if hasattr(x, "ndim") else np.asarray(x)
    z = signed(z)
    return shares(z, axis % z.ndim, float(alpha))
