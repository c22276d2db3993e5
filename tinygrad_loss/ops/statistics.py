"""Spread and other summaries of data, in NumPy's names."""

import math
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import door
from tinygrad_loss.engine.kind import no_out
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.norm import norm2
from tinygrad_loss.ops.reduction import count, over

__all__ = ["std", "var"]

NOT_GIVEN: Final = np._NoValue  # noqa: SLF001  NumPy's own mark of an argument that was left out


def _deviations(a: Array, axis: Any, dtype: Any, where: Any, mean: Any) -> Array:
    """Return the deviations from the mean, 0 where ``where`` leaves out."""
    if dtype is not None:
        a = a.astype(dtype)
    if mean is NOT_GIVEN:
        mean = np.mean(a, axis=axis, keepdims=True, where=where)
    return a - mean if where is True else np.where(where, a - mean, 0.0)


def _freedom(a: Array, axis: Any, ddof: float, keepdims: bool, where: Any, correction: Any) -> Any:
    """Return how many entries count per result, less those that estimating the mean used up."""
    ddof = ddof if correction is NOT_GIVEN else correction
    if where is True:
        return max(count(a, over(a, axis)) - ddof, 0)
    entries = np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=keepdims)
    return np.maximum(entries - ddof, 0).astype(a.dtype)


@door(np.var, methods=("var",))
def var(
    a: Array, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = NOT_GIVEN, correction: Any = NOT_GIVEN,
) -> Array:  # fmt: skip
    r"""Return the variance $\frac1{n - ddof} \sum_i (x_i - \bar x)^2$ over the given axes.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.var)(np.array([1.0, 3.0]))
    array([-1.,  1.])
    """
    no_out(out, "np.var")
    total = np.sum(np.square(_deviations(a, axis, dtype, where, mean)), axis=axis, keepdims=keepdims)
    return total / _freedom(a, axis, ddof, keepdims, where, correction)


@door(np.std, methods=("std",))
def std(
    a: Array, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = NOT_GIVEN, correction: Any = NOT_GIVEN,
) -> Array:  # fmt: skip
    r"""Return the standard deviation over the given axes: a Euclidean norm, so it has a kink where all entries are equal.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.std)(np.array([1.0, 3.0]))
    array([-0.5,  0.5])
    """
    no_out(out, "np.std")
    length = norm2(_deviations(a, axis, dtype, where, mean), axis, keepdims=keepdims)
    n = _freedom(a, axis, ddof, keepdims, where, correction)
    return length / (math.sqrt(n) if isinstance(n, int | float) else np.sqrt(n))
