"""Spread and other summaries of data, in NumPy's names."""

import math
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.declare import door
from tinygrad_loss.engine.kind import NOT_GIVEN, no_out
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.cumulative import as_array
from tinygrad_loss.ops.norm import norm2
from tinygrad_loss.ops.properties import values
from tinygrad_loss.ops.reduction import count, over

__all__ = [
    "average", "corrcoef", "cov", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum", "nanvar", "std", "var",
]  # fmt: skip


def _deviations(a: Array, axis: Any, dtype: Any, where: Any, mean: Any) -> Array:
    """Return the deviations from the mean, 0 where ``where`` leaves out."""
    if dtype is not None:
        a = a.astype(dtype)
    if mean is NOT_GIVEN:
        mean = np.mean(a, axis=axis, keepdims=True, where=where)
        rounded = _rounding_of_equals(values(a), values(mean), axis, values(where))
        mean = mean if rounded is None else mean - rounded
    return a - mean if where is True else np.where(where, a - mean, 0.0)


def _rounding_of_equals(a: np.ndarray, mean: np.ndarray, axis: Any, where: Any) -> np.ndarray | None:
    """Return by how much the mean of equal numbers misses them, None where it does nowhere: they have no spread at all."""
    if not a.size or a.dtype.kind != "f":
        return None
    low = np.min(a, axis=axis, keepdims=True, where=where, initial=np.inf)
    equal = low == np.max(a, axis=axis, keepdims=True, where=where, initial=-np.inf)
    missed = equal & np.isfinite(low) & (mean != low)
    return np.where(missed, mean - low, 0.0) if missed.any() else None


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


@door(np.average)
def average(
    a: Array, axis: Any = None, weights: Array = None, returned: bool = False, *, keepdims: bool = False
) -> Any:  # fmt: skip
    r"""Return the weighted mean $\sum_i w_i x_i / \sum_i w_i$ over the given axes, differentiable in the weights as well.

    Args:
        a: any shape.
        axis: an axis, or several; all of them by default.
        weights: of the shape of ``a``, or of its shape along ``axis``.
        returned: return the sum of the weights too.
        keepdims: keep the reduced axes with length 1.

    Raises:
        ShapeError: the shape of ``weights`` is neither.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.average(x, weights=[1.0, 3.0]))(np.array([5.0, 6.0]))
    array([0.25, 0.75])
    """
    a = as_array(a)
    if weights is None:
        y = np.mean(a, axis=axis, keepdims=keepdims)
        return (y, np.zeros_like(y) + a.size / max(y.size, 1)) if returned else y
    w = _fitted(as_array(weights), a, axis)
    total = np.sum(w, axis=axis, keepdims=keepdims)
    y = np.sum(a * w, axis=axis, keepdims=keepdims) / total
    return (y, np.broadcast_to(total, y.shape)) if returned else y


def _fitted(w: Array, a: Array, axis: Any) -> Array:
    """Give weights that were stated along ``axis`` alone their place among the other axes."""
    if w.shape == a.shape:
        return w
    axes = over(a, axis)
    if axis is None or w.shape != tuple(a.shape[i] for i in axes):
        raise errors.misfits(
            "np.average",
            "weights must have the shape of a, or its shape along axis",
            {"weights": w.shape, "a": a.shape},
            "np.average(a, axis=0, weights=w)",
            mismatch.unequal,
        )
    in_order = np.transpose(w, tuple(axes.index(i) for i in sorted(axes)))
    return np.broadcast_to(np.reshape(in_order, tuple(n if i in axes else 1 for i, n in enumerate(a.shape))), a.shape)


# ---- covariance -------------------------------------------------------------------------------------------------------------


@door(np.cov)
def cov(
    m: Array, y: Array = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, fweights: Any = None, aweights: Any = None, *,
    dtype: Any = None,
) -> Array:  # fmt: skip
    r"""Return the covariance matrix of the rows: $\frac1{n - ddof} \sum_k (x_{ik} - \bar x_i)(x_{jk} - \bar x_j)$.

    Args:
        m: ``[variables, observations]``, or one variable.
        y: further variables, of the same number of observations.
        rowvar: False where the variables are the columns.
        bias: divide by n rather than n - 1.
        ddof: divide by n - ddof, whatever ``bias`` says.
        fweights: ``[observations]``, how often each was seen.
        aweights: ``[observations]``, how much each counts.
        dtype: compute in this dtype.

    >>> import numpy as np
    >>> np.cov([0.0, 1.0, 2.0])
    array(1.)
    """
    x = _rows(as_array(m, dtype), rowvar)
    if y is not None:
        x = np.concatenate([x, _rows(as_array(y, dtype), rowvar)], axis=0)
    ddof = int(not bias) if ddof is None else ddof
    w = None if fweights is None else as_array(fweights)
    if aweights is not None:
        w = as_array(aweights) if w is None else w * as_array(aweights)
    if w is None:
        centred = _deviations(x, 1, None, True, NOT_GIVEN)
        product = centred @ np.transpose(centred)
        n: Any = max(x.shape[1] - ddof, 0)
    else:
        w = w.astype(x.dtype)
        total = np.sum(w)
        centred = x - np.sum(x * w, axis=1, keepdims=True) / total
        product = centred @ np.transpose(centred * w)
        n = total if ddof == 0 else total - ddof if aweights is None else total - ddof * np.sum(w * as_array(aweights)) / total
    return np.squeeze(product * (1.0 / n if not isinstance(n, int) or n else math.nan))


def _rows(x: Array, rowvar: bool) -> Array:
    """Return observations as ``[variables, observations]``."""
    if x.ndim > 2:
        raise errors.shapes("np.cov", "observations must have at most two axes", (x.shape,), "np.cov(np.reshape(x, (len(x), -1)))")
    if x.ndim < 2:
        return np.reshape(x, (1, -1))
    return x if rowvar else np.transpose(x)


@door(np.corrcoef)
def corrcoef(x: Array, y: Array = None, rowvar: bool = True, *, dtype: Any = None) -> Array:
    r"""Return the correlation matrix of the rows: $C_{ij} / \sqrt{C_{ii} C_{jj}}$.

    Rounding may take an entry one ulp beyond 1, where NumPy clips: a clip at its own bound would be a kink.

    >>> import numpy as np
    >>> np.corrcoef([0.0, 1.0, 2.0], [0.0, -1.0, -2.0])[0]
    array([ 1., -1.])
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    spread = np.sqrt(c[np.arange(c.shape[0]), np.arange(c.shape[0])])
    return c / spread[:, None] / spread[None, :]


# ---- ignoring nan -----------------------------------------------------------------------------------------------------------


@door(np.nansum)
def nansum(
    a: Array, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Array:
    """Return the sum over the given axes, where nan counts as 0."""
    return np.sum(np.where(np.isnan(a), 0.0, a), axis=axis, dtype=dtype, out=out, keepdims=keepdims, initial=initial, where=where)


@door(np.nanprod)
def nanprod(
    a: Array, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Array:
    """Return the product over the given axes, where nan counts as 1."""
    initial = 1 if initial is None else initial
    return np.prod(np.where(np.isnan(a), 1.0, a), axis=axis, dtype=dtype, out=out, keepdims=keepdims, initial=initial, where=where)


def _counted(a: Array, where: Any) -> Array:
    """Return True for the entries that are numbers and not left out."""
    return np.logical_not(np.isnan(a)) if where is True else np.logical_not(np.isnan(a)) & where


@door(np.nanmean)
def nanmean(a: Array, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, *, where: Any = True) -> Array:
    """Return the mean over the given axes of the entries that are not nan."""
    return np.mean(np.where(np.isnan(a), 0.0, a), axis=axis, dtype=dtype, out=out, keepdims=keepdims, where=_counted(a, where))


@door(np.nanvar)
def nanvar(
    a: Array, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = NOT_GIVEN, correction: Any = NOT_GIVEN,
) -> Array:  # fmt: skip
    """Return the variance over the given axes of the entries that are not nan."""
    finite = np.where(np.isnan(a), 0.0, a)
    return var(finite, axis, dtype, out, ddof, keepdims, where=_counted(a, where), mean=mean, correction=correction)


@door(np.nanstd)
def nanstd(
    a: Array, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = NOT_GIVEN, correction: Any = NOT_GIVEN,
) -> Array:  # fmt: skip
    """Return the standard deviation over the given axes of the entries that are not nan."""
    finite = np.where(np.isnan(a), 0.0, a)
    return std(finite, axis, dtype, out, ddof, keepdims, where=_counted(a, where), mean=mean, correction=correction)


def _nan_extreme(reduce: Any, a: Array, worst: float, axis: Any, keepdims: bool, initial: Any, where: Any) -> Array:
    counted = _counted(a, where)
    y = reduce(np.where(counted, a, worst), axis=axis, keepdims=keepdims)
    y = np.where(np.any(counted, axis=axis, keepdims=keepdims), y, np.nan)
    return y if initial is None else (np.fmax if worst < 0 else np.fmin)(y, initial)


@door(np.nanmax)
def nanmax(
    a: Array, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Array:  # fmt: skip
    """Return the largest entry over the given axes that is not nan."""
    no_out(out, "np.nanmax")
    return _nan_extreme(np.max, a, -math.inf, axis, keepdims, initial, where)


@door(np.nanmin)
def nanmin(
    a: Array, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Array:  # fmt: skip
    """Return the smallest entry over the given axes that is not nan."""
    no_out(out, "np.nanmin")
    return _nan_extreme(np.min, a, math.inf, axis, keepdims, initial, where)
