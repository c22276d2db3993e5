"""Straight lines between given points."""

from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.declare import door, predicate
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.cumulative import as_array
from tinygrad_loss.ops.indexing import getitem

__all__ = ["interp", "lerp"]

segment_: Rule = predicate(
    "segment",
    lambda x, xp: np.clip(np.searchsorted(xp, x, side="right") - 1, 0, xp.shape[0] - 2),
    arity=None,
    facts=Facts(
        nature="jump",
        tie=lambda y, x, xp: (xp[y] == x) | (xp[y + 1] == x),
        near=lambda x, xp: np.clip(np.sum(np.expand_dims(x, -1) >= xp, axis=-1) - 1, 0, xp.shape[0] - 2),
    ),
    doc="between which two of the points xp each x lies, as the position of the left one",
)


@door(np.interp)
def interp(x: Array, xp: Array, fp: Array, left: Any = None, right: Any = None, period: float | None = None) -> Array:
    r"""Return the value at ``x`` of the straight lines through the points $(xp_i, fp_i)$, differentiable in all three.

    Args:
        x: any shape.
        xp: ``[n]``, increasing.
        fp: ``[n]``.
        left: the value left of all points; ``fp[0]`` by default.
        right: the value right of all points; ``fp[-1]`` by default.
        period: not supported.

    Raises:
        NoRuleError: ``period`` is given.
        ShapeError: ``xp`` and ``fp`` are not as long as each other.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 3.0, 4.0]))(0.5)
    array(3.)
    """
    if period is not None:
        raise errors.NoRuleError(
            errors.say("np.interp", "it has no derivative rule with a period", f"period={period!r}", "np.interp(x % period, xp, fp)")
        )
    x, xp, fp = as_array(x), as_array(xp), as_array(fp)
    if xp.ndim != 1 or xp.shape != fp.shape:
        raise errors.misfits(
            "np.interp",
            "xp and fp must be equally long, along one axis",
            {"xp": xp.shape, "fp": fp.shape},
            f"fp of shape {xp.shape}" if xp.ndim == 1 else "xp and fp of shape (n,)",
            mismatch.unequal,
        )
    inside = fp[0] + (x - xp[0]) * 0.0 if xp.shape[0] == 1 else _between(x, xp, fp)
    outside = np.where(x > xp[-1], fp[-1] if right is None else right, inside)
    return np.where(x < xp[0], fp[0] if left is None else left, outside)


def _between(x: Array, xp: Array, fp: Array) -> Array:
    i = segment_(x, xp)
    x0, y0 = getitem(xp, i), getitem(fp, i)
    slope = (getitem(fp, i + 1) - y0) / (getitem(xp, i + 1) - x0)
    return slope * (x - x0) + y0


def lerp(start: Array, end: Array, weight: Array) -> Array:
    r"""Return $start + weight \cdot (end - start)$.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.lerp(1.0, 3.0, 0.25))
    1.5
    """
    start, end = as_array(start), as_array(end)
    return start + weight * (end - start)
