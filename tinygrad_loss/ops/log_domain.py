"""Numbers held by their logarithms: adding and subtracting them without leaving the logarithm."""

from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import custom, door, elementwise
from tinygrad_loss.engine.kind import no_out
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.cumulative import adjoint, along, as_array, before, recurrence_
from tinygrad_loss.ops.exponential import expit, logsumexp_
from tinygrad_loss.ops.reduction import over

__all__ = ["log1mexp", "logaddexp2", "logcumsumexp"]

LN2: Final = 0.6931471805599453
POSITIVE: Final = (0.1, 3.0)
WIDE: Final = (-30.0, 30.0)

logaddexp2 = elementwise(
    "logaddexp2",
    lambda a, b: np.logaddexp2(a, b),
    lambda _y, a, b: expit((a - b) * LN2),
    lambda _y, a, b: expit((b - a) * LN2),
    numpy=np.logaddexp2,
    domain=WIDE,
    doc=r"\log_2(2^a + 2^b)",
)


def _bose(a: Array) -> Array:
    e = np.exp(-a)
    return e / -np.expm1(-a)


bose: Rule = elementwise(
    "bose",
    _bose,
    lambda y, _a: -y * (1.0 + y),
    facts=Facts(nature="infinite", tie=lambda _y, a: a == 0, exponent=-1.0),
    domain=POSITIVE,
    doc=r"1 / (e^a - 1), the slope of \log(1 - e^{-a}), without overflow",
)


def _log1mexp(x: Array) -> Array:
    a = np.abs(x) * -1.0
    near = a > -LN2
    return np.where(near, np.log(-np.expm1(np.where(near, a, -1.0))), np.log1p(-np.exp(np.where(near, -1.0, a))))


log1mexp = elementwise(
    "log1mexp",
    _log1mexp,
    lambda _y, x: np.sign(x) * bose(np.abs(x)),
    facts=Facts(nature="infinite", tie=lambda _y, x: x == 0),
    domain=POSITIVE,
    doc=r"\log(1 - e^{-|x|}), exact for every x (Maechler 2012, Accurately computing \log(1 - \exp(-|a|)))",
)


# ---- along an axis --------------------------------------------------------------------------------------------------------


def _decay(y: Array, axis: int) -> Array:
    """Return what of a running sum of exponentials was there one step before."""
    earlier = before(y, axis, -np.inf)
    return np.where(np.isneginf(earlier), 0.0, np.exp(earlier - y))


def _share(x: Array, y: Array) -> Array:
    return np.where(np.isneginf(x), 0.0, np.exp(x - y))


logcumsumexp_: Rule = custom(
    "logcumsumexp",
    lambda x, axis: np.logaddexp.accumulate(x, axis=axis),
    [lambda g, y, x, axis: adjoint(g, _decay(y, axis), axis, reverse=False) * _share(x, y)],
    lambda dx, y, x, axis: recurrence_(_decay(y, axis), dx[0] * _share(x, y), axis=axis, reverse=False),
    doc=r"\log \sum_{j \le i} e^{x_j} along an axis",
)


def _add_up(top: np.ndarray, rest: np.ndarray, axis: int) -> None:
    """Add in place along an axis, in doubling steps, sums of exponentials held as $e^{top} (1 + rest)$."""
    step = 1
    while step < top.shape[axis]:
        now, then = (np.s_[(slice(None),) * axis + (part,)] for part in (slice(step, None), slice(None, -step)))
        ahead, gap = top[now] >= top[then], np.where(top[now] == top[then], 0.0, -np.abs(top[now] - top[then]))
        more, less = np.where(ahead, rest[now], rest[then]), np.where(ahead, rest[then], rest[now])
        rest[now] = more + (1.0 + less) * np.exp(gap)
        top[now] = np.maximum(top[now], top[then])
        step *= 2


def _log_rarity(x: np.ndarray, axis: int) -> np.ndarray:
    top, rest = x.copy(), np.zeros_like(x)
    with np.errstate(invalid="ignore"):
        _add_up(top, rest, axis)
        highest = top == x
        unknown = highest & np.isinf(x) & (rest > 0)  # of several infinite ones nobody knows which is larger
        return np.where(unknown, np.nan, np.where(highest, 0.0, top - x) + np.log1p(rest)).astype(x.dtype)


def _rarity_pull(g: Array, y: Array, axis: int) -> Array:
    """Return what pulls an entry up, being compared with, less what pulls it down, being rare; neither is a small difference."""
    others = -np.expm1(-y)
    later = before(others * adjoint(g, others, axis, reverse=False), axis, 0.0, reverse=True)
    return later * np.exp(-y) - g * others


log_rarity: Rule = custom(
    "log_rarity",
    _log_rarity,
    [lambda g, y, x, axis: _rarity_pull(g, y, axis)],
    lambda dx, y, x, axis: recurrence_(-np.expm1(-y), dx[0] * np.exp(-y), axis=axis, reverse=False) - dx[0],
    doc=r"\log \sum_{j \le i} e^{x_j - x_i} along an axis: -\log of the share of each in what there is so far; exact where a sum would round",
)


@door((np.logaddexp, "accumulate"))
def logcumsumexp(x: Array, axis: int = -1) -> Array:
    r"""Return $\log \sum_{j \le i} e^{x_j}$ along ``axis``, without overflow.

    Args:
        x: ``[..., n, ...]``.
        axis: the axis to run along.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.logcumsumexp(np.array([1000.0, -1000.0]), axis=0)
    array([1000., 1000.])
    """
    x = as_array(x)
    if not x.ndim:
        return x
    x, k = along(x, axis)
    return logcumsumexp_(x, axis=k)


@door((np.logaddexp, "reduce"))
def logaddexp_reduce(
    a: Array, axis: Any = 0, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Array:
    r"""Return $\log \sum_i e^{x_i}$ over the given axes: ``np.logaddexp.reduce``."""
    no_out(out, "np.logaddexp.reduce")
    x = as_array(a, dtype)
    if where is not True:
        x = np.where(where, x, -np.inf)
    axes = over(x, axis)
    y = logsumexp_(x, axis=axes)
    if initial is not None:
        y = np.logaddexp(y, initial)
    return y if keepdims else np.squeeze(y, axis=axes)
