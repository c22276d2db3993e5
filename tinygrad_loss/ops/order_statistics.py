"""Medians and quantiles: weighted entries of what was sorted."""

from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import door, predicate
from tinygrad_loss.engine.kind import Kind, no_out
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.along import take_along_
from tinygrad_loss.ops.cumulative import as_array
from tinygrad_loss.ops.indexing import getitem
from tinygrad_loss.ops.interpolation import segment_
from tinygrad_loss.ops.reduction import count, over

__all__ = ["median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile"]

PLOTTING: Final = {
    "linear": (1.0, 1.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
"""Constants (alpha, beta) of the continuous methods (Hyndman and Fan 1996, Sample quantiles, The American Statistician 50)."""
STEPS_AT_WHOLE: Final = {
    "lower": lambda q, n: q * (n - 1),
    "higher": lambda q, n: q * (n - 1),
    "midpoint": lambda q, n: q * (n - 1),
    "nearest": lambda q, n: q * (n - 1) + 0.5,
    "inverted_cdf": lambda q, n: q * n,
    "averaged_inverted_cdf": lambda q, n: q * n,
    "closest_observation": lambda q, n: q * n + 0.5,
}
"""What is a whole number where another entry is chosen, for the methods that are step functions of q."""


def _sorted(a: Array, axis: Any) -> tuple[Array, tuple[int, ...]]:
    """Return the entries of the given axes in order along one last axis, and those axes."""
    axes = over(a, axis)
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    joined = np.reshape(np.transpose(a, (*rest, *axes)), (*(a.shape[i] for i in rest), count(a, axes)))
    return np.sort(joined, axis=-1), axes


def _positions(n: int, q: np.ndarray, method: Any) -> np.ndarray:
    """Return where among n sorted entries a quantile lies, by asking NumPy for the quantile of the positions themselves."""
    return np.clip(np.quantile(np.arange(n, dtype=np.float64), q, method=method), 0, n - 1)


def _at(s: Array, position: float) -> Array:
    """Return the entry at a fractional position along the last axis."""
    low = int(position)
    part = position - low
    if not part:
        return s[..., low]
    return s[..., low] * (1.0 - part) + s[..., low + 1] * part


def _step(q: np.ndarray, n: int, method: str) -> np.ndarray:
    """Return the left of the two sorted entries between which the quantile lies."""
    return np.minimum(np.floor(_positions(n, q, method)), n - 2).astype(np.int64)


def _steps(_y: Array, q: Array, n: int, method: str) -> Array:
    """Return True where another entry is chosen just beside ``q``."""
    v = STEPS_AT_WHOLE[method](q, n)
    return v == np.rint(v)


_jump = Facts(nature="jump", tie=_steps)
step_: Rule = predicate(
    "quantile_step", _step, arity=None, facts=_jump, doc="the left one of the sorted entries that a quantile is made of"
)
part_: Rule = predicate(
    "quantile_part",
    lambda q, n, method: (_positions(n, q, method) - _step(q, n, method)).astype(q.dtype),
    arity=None,
    facts=_jump,
    doc="how far between two sorted entries a quantile lies",
)


def _between(s: Array, low: Array, part: Array) -> Array:
    left = getitem(s, (..., low))
    return left + (getitem(s, (..., low + 1)) - left) * part.astype(s.dtype)


def _moving(s: Array, q: Array, method: str) -> Array:
    """Return the quantiles for a ``q`` that may have a gradient itself: steps, or straight lines between neighbours."""
    n = s.shape[-1]
    flat = np.reshape(q, (-1,))
    if n == 1:
        y = s + flat * 0.0
    elif method in PLOTTING:
        alpha, beta = PLOTTING[method]
        position = np.clip(flat * (n + 1.0 - alpha - beta) + (alpha - 1.0), 0.0, n - 1.0)
        low = segment_(position, np.arange(n))
        y = _between(s, low, position - low)
    else:
        low = step_(flat, n=n, method=method)
        y = _between(s, low, part_(flat, n=n, method=method)) + flat * 0.0
    return np.reshape(np.moveaxis(y, -1, 0), q.shape + s.shape[:-1])


def _quantile(a: Array, q: Any, axis: Any, out: Any, method: str, keepdims: bool, weights: Any, name: str) -> Array:
    no_out(out, name)
    if weights is not None:
        raise errors.NoRuleError(
            errors.say(name, "it has no derivative rule with weights", "weights=", f"{name}(np.repeat(x, counts), q) for whole weights")
        )
    a = as_array(a)
    s, axes = _sorted(a, axis)
    if not s.shape[-1]:
        raise errors.shapes(name, "there must be at least one entry", (a.shape,), f"{name}(x, q) of an x that is not empty")
    if isinstance(q, Kind):
        y = _moving(s, q, method)
    else:
        q = np.asarray(q, np.float64)
        found = [_at(s, float(p)) for p in np.ravel(_positions(s.shape[-1], q, method))]
        y = np.reshape(np.stack(found), q.shape + s.shape[:-1]) if q.ndim else found[0]
    y = np.where(np.isnan(s[..., -1]), np.nan, y)  # nan is sorted to the end
    return np.reshape(y, q.shape + tuple(1 if i in axes else n for i, n in enumerate(a.shape))) if keepdims else y


@door(np.quantile)
def quantile(
    a: Array, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False, *,
    weights: Any = None,
) -> Array:  # fmt: skip
    """Return the value below which a fraction ``q`` of the entries lies, by any of NumPy's methods.

    Raises:
        NoRuleError: ``weights`` are given.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.quantile(x, 0.25))(np.array([1.0, 3.0, 2.0]))
    array([0.5, 0. , 0.5])
    """
    del overwrite_input
    return _quantile(a, q, axis, out, method, keepdims, weights, "np.quantile")


@door(np.percentile)
def percentile(
    a: Array, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False, *,
    weights: Any = None,
) -> Array:  # fmt: skip
    """Return the value below which ``q`` percent of the entries lie, by any of NumPy's methods.

    Raises:
        NoRuleError: ``weights`` are given.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.percentile(x, 100))(np.array([1.0, 3.0, 2.0]))
    array([0., 1., 0.])
    """
    del overwrite_input
    fraction = as_array(q) / 100.0
    return _quantile(a, fraction, axis, out, method, keepdims, weights, "np.percentile")


@door(np.median)
def median(a: Array, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Array:
    """Return the middle entry over the given axes, or the mean of the two middle ones.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.median)(np.array([1.0, 3.0, 2.0]))
    array([0., 0., 1.])
    """
    del overwrite_input
    return _quantile(a, 0.5, axis, out, "linear", keepdims, None, "np.median")


# ---- ignoring nan -----------------------------------------------------------------------------------------------------------


def _among_numbers(s: np.ndarray, q: np.ndarray, plotting: tuple[float, float], part: str) -> np.ndarray:
    """Return where the quantiles of each lane's numbers lie: between entries ``low`` and ``high``, at a ``fraction``."""
    alpha, beta = plotting
    n = np.count_nonzero(~np.isnan(s), axis=-1, keepdims=True)
    position = np.clip(q * (n + 1.0 - alpha - beta) + (alpha - 1.0), 0.0, np.maximum(n - 1.0, 0.0))
    low = np.floor(position)
    if part == "fraction":
        return (position - low).astype(s.dtype)
    return (low if part == "low" else np.ceil(position)).astype(np.int64)


among_numbers_: Rule = predicate("among_numbers", _among_numbers, arity=None, doc="where quantiles lie when nan is left out")


@door(np.nanquantile)
def nanquantile(
    a: Array, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False, *,
    weights: Any = None,
) -> Array:  # fmt: skip
    """Return the value below which a fraction ``q`` of the entries that are not nan lies.

    Raises:
        NoRuleError: ``weights`` are given, ``q`` is a tensor, or ``method`` is a step function of ``q``.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.nanquantile(x, 0.25))(np.array([1.0, np.nan, 2.0]))
    array([0.75, 0.  , 0.25])
    """
    del overwrite_input
    no_out(out, "np.nanquantile")
    if weights is not None or isinstance(q, Kind) or method not in PLOTTING:
        raise errors.NoRuleError(
            errors.say(
                "np.nanquantile",
                f"it has a derivative rule without weights, for numbers as q and the methods {', '.join(PLOTTING)}",
                f"weights={weights!r}, q={type(q).__name__}, method={method!r}",
                "np.quantile(x[~np.isnan(x.data)], q, method=method)",
            )
        )
    a = as_array(a)
    s, axes = _sorted(a, axis)
    q = np.asarray(q, np.float64)
    low, high, fraction = (among_numbers_(s, np.ravel(q), plotting=PLOTTING[method], part=part) for part in ("low", "high", "fraction"))
    left = take_along_(s, low, axis=s.ndim - 1)
    y = left + (take_along_(s, high, axis=s.ndim - 1) - left) * fraction
    kept = tuple(1 if i in axes else n for i, n in enumerate(a.shape)) if keepdims else s.shape[:-1]
    return np.reshape(np.moveaxis(y, -1, 0), q.shape + kept)


@door(np.nanpercentile)
def nanpercentile(
    a: Array, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False, *,
    weights: Any = None,
) -> Array:  # fmt: skip
    """Return the value below which ``q`` percent of the entries that are not nan lie; see `nanquantile`."""
    return nanquantile(a, as_array(q) / 100.0, axis, out, overwrite_input, method, keepdims, weights=weights)


@door(np.nanmedian)
def nanmedian(a: Array, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Array:
    """Return the middle one of the entries that are not nan, or the mean of the two middle ones."""
    return nanquantile(a, 0.5, axis, out, overwrite_input, "linear", keepdims)
