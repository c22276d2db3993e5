"""Largest entries and where they stand, under PyTorch's names: the values have a gradient, the positions are whole numbers."""

from typing import Any, NamedTuple

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops import cumulative
from tinygrad_loss.ops.cumulative import as_array
from tinygrad_loss.ops.logic import attained
from tinygrad_loss.ops.settings import whole

__all__ = ["Found", "cummax", "cummin", "topk"]


class Found(NamedTuple):
    """Values, and where they stand along the axis."""

    values: Any
    indices: Any


def topk(x: Array, k: int, axis: int = -1, largest: bool = True, sorted: bool = True) -> Found:  # noqa: A002  PyTorch's name
    r"""Return the ``k`` largest entries along ``axis``, in falling order, and their positions.

    Args:
        x: of at least ``k`` entries along the axis.
        k: how many.
        axis: along which to look.
        largest: the largest rather than the smallest, which come in rising order.
        sorted: PyTorch's; the entries are always in order.

    Returns:
        ``values`` and ``indices``, of the input's shape with ``k`` along the axis. Nan counts as the largest number.
        At a tie between the last that is taken and the first that is not, the values have a kink.

    Raises:
        DomainError: ``k`` is more than there are.

    >>> import numpy as np, tinygrad_loss as tl
    >>> values, indices = tl.ops.topk(np.array([1.0, 4.0, 2.0]), 2)
    >>> values, indices
    (array([4., 2.]), array([1, 2]))
    """
    del sorted
    x = as_array(x)
    k, length = whole("topk", "k", k), x.shape[axis] if x.ndim else 1
    if not 0 <= k <= length:
        raise errors.DomainError(
            errors.say("topk", f"k must lie in 0 to {length}, the length of axis {axis}", f"{k}", f"k=min({k}, {length})")
        )
    if not x.ndim:
        return Found(x, np.zeros((), np.int64)) if k else Found(np.reshape(x, (1,))[:0], np.zeros(0, np.int64))
    front = (slice(None),) * (axis % x.ndim)
    ordered = np.sort(x, axis=axis)
    if largest:  # among equals the first comes first, as when rising
        ordered, order = np.flip(ordered, axis), length - 1 - np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)
    else:
        order = np.argsort(x, axis=axis, kind="stable")
    return Found(ordered[(*front, slice(k))], order[(*front, slice(k))])


def _running(x: Array, axis: int, function: Any, running: Any) -> Found:
    x = as_array(x)
    y = function(x, axis)
    at = cumulative.argcumextreme_(np.logical_or(attained(x, running(x, axis=axis % x.ndim)), np.isnan(x)), axis=axis % x.ndim)
    return Found(y, at)


def cummax(x: Array, axis: int = 0) -> Found:
    r"""Return the running maximum $\max_{j \le i} x_j$ along ``axis``, and where it was attained last.

    >>> import numpy as np, tinygrad_loss as tl
    >>> values, indices = tl.ops.cummax(np.array([1.0, 3.0, 2.0]), 0)
    >>> values, indices
    (array([1., 3., 3.]), array([0, 1, 1]))
    """
    return _running(x, axis, cumulative.cummax, cumulative.cummax_)


def cummin(x: Array, axis: int = 0) -> Found:
    r"""Return the running minimum $\min_{j \le i} x_j$ along ``axis``, and where it was attained last.

    >>> import numpy as np, tinygrad_loss as tl
    >>> values, indices = tl.ops.cummin(np.array([2.0, 3.0, 1.0]), 0)
    >>> values, indices
    (array([2., 2., 1.]), array([0, 0, 2]))
    """
    return _running(x, axis, cumulative.cummin, cumulative.cummin_)
