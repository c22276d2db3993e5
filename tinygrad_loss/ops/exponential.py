"""Exponentials, logarithms, and what is built from them without overflow."""

from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import custom, door, elementwise, ones
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.short_rows import as_rows, row_products

__all__ = [
    "exp", "exp2", "expit", "expm1", "log", "log1p", "log2", "log10", "log_cosh", "log_sigmoid", "logaddexp", "logit",
    "logsumexp", "log_softmax", "softmax", "softplus", "tanh",
]  # fmt: skip

LN2: Final = 0.6931471805599453
LN10: Final = 2.302585092994046
POSITIVE: Final = (0.1, 3.0)
WIDE: Final = (-30.0, 30.0)
SINGLE: Final = 4
"""The bytes of a float32; the exponentials of shorter numbers overflow before 30."""
NEGLIGIBLE: Final = 20.0
"""Where log(1 + e^x) is x in nine digits."""

exp = elementwise("exp", np.exp, lambda y, _x: y, numpy=np.exp, doc=r"e^x")
exp2 = elementwise("exp2", np.exp2, lambda y, _x: y * LN2, numpy=(np.exp2, "exp2"), doc=r"2^x")
expm1 = elementwise("expm1", np.expm1, lambda _y, x: np.exp(x), numpy=(np.expm1, "expm1"), doc=r"e^x - 1, exact near 0")
_pole = Facts(nature="infinite", tie=lambda _y, x: x == 0)
log = elementwise("log", np.log, lambda _y, x: 1.0 / x, numpy=np.log, facts=_pole, domain=POSITIVE, doc=r"\log x")
log2 = elementwise("log2", np.log2, lambda _y, x: (1.0 / LN2) / x, numpy=np.log2, facts=_pole, domain=POSITIVE, doc=r"\log_2 x")
log10 = elementwise("log10", np.log10, lambda _y, x: (1.0 / LN10) / x, numpy=np.log10, facts=_pole, domain=POSITIVE, doc=r"\log_{10} x")
log1p = elementwise(
    "log1p",
    np.log1p,
    lambda _y, x: 1.0 / (1.0 + x),
    numpy=(np.log1p, "log1p"),
    facts=Facts(nature="infinite", tie=lambda _y, x: x == -1),
    domain=(-0.9, 3.0),
    doc=r"\log(1 + x), exact near 0",
)
tanh = elementwise("tanh", np.tanh, lambda _y, x: sech2(x), numpy=np.tanh, domain=(-4.0, 4.0), doc=r"\tanh x")


def _sech2(x: Array) -> Array:
    e = np.exp(np.abs(x) * -2.0)
    return 4.0 * e / np.square(1.0 + e)


sech2: Rule = elementwise(
    "sech2",
    _sech2,
    lambda y, x: -2.0 * np.tanh(x) * y,
    domain=(-4.0, 4.0),
    doc=r"1 / \cosh^2 x, the slope of \tanh, without the cancellation of 1 - \tanh^2 x",
)


def _expit(x: Array) -> Array:
    return np.exp(np.minimum(x, 0.0)) / (1.0 + np.exp(np.abs(x) * -1.0))  # a second exponential costs less than a choice by entries


def _expit_slope(x: Array) -> Array:
    e = np.exp(np.abs(x) * -1.0)
    return e / np.square(1.0 + e)


expit: Rule = elementwise(
    "expit", _expit, lambda _y, x: expit_slope(x), numpy="expit", domain=WIDE, doc=r"1 / (1 + e^{-x}), the logistic function"
)
expit_slope: Rule = elementwise(
    "expit_slope",
    _expit_slope,
    lambda y, x: -y * np.tanh(x * 0.5),
    domain=WIDE,
    doc=r"\sigma(x)\,\sigma(-x), the slope of the logistic function, without the cancellation of 1 - \sigma",
)
softplus_ = elementwise(
    "softplus",
    lambda x: np.maximum(x, 0.0) + np.log1p(np.exp(np.abs(x) * -1.0)),
    lambda _y, x: expit(x),  # names an op, so every further order stays stable
    domain=WIDE,
    doc=r"\log(1 + e^x), a smooth upper bound of \max(x, 0)",
)
log_sigmoid = elementwise(
    "log_sigmoid",
    lambda x: np.minimum(x, 0.0) - np.log1p(np.exp(np.abs(x) * -1.0)),
    lambda _y, x: expit(-x),
    numpy="log_expit",
    domain=WIDE,
    doc=r"\log \sigma(x) = -\log(1 + e^{-x})",
)
logit = elementwise(
    "logit",
    lambda x: np.log(x) - np.log1p(x * -1.0),
    lambda y, x: np.where(np.isnan(y), np.nan, 1.0 / (x * (1.0 - x))),
    numpy="logit",
    facts=Facts(nature="infinite", tie=lambda _y, x: (x == 0) | (x == 1)),
    domain=(0.05, 0.95),
    doc=r"\log(x / (1 - x)), the inverse of the logistic function",
)


def _logaddexp(a: Array, b: Array) -> Array:
    top = np.maximum(a, b)
    return np.where(a == b, top + LN2, top + np.log1p(np.exp((top - np.minimum(a, b)) * -1.0)))  # equal infinities have no difference


logaddexp = elementwise(
    "logaddexp",
    _logaddexp,
    lambda _y, a, b: expit(a - b),
    lambda _y, a, b: expit(b - a),
    numpy=np.logaddexp,
    domain=WIDE,
    doc=r"\log(e^a + e^b)",
)


def _log_cosh(x: Array) -> Array:
    size = np.abs(x)
    small = size < 1.0
    half_sinh = np.sinh(np.where(small, 0.5 * x, 0.0))
    return np.where(small, np.log1p(2.0 * half_sinh * half_sinh), size + (np.log1p(np.exp(-2.0 * size)) - LN2))


log_cosh = elementwise(
    "log_cosh", _log_cosh, lambda _y, x: np.tanh(x), domain=WIDE, doc=r"\log \cosh x, quadratic near 0, |x| - \log 2 far away"
)


@door("softplus")
def softplus(x: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    r"""Return $\log(1 + e^{\beta x}) / \beta$, a smooth upper bound of $\max(x, 0)$.

    Args:
        x: any shape.
        beta: how sharply it bends at 0.
        threshold: above it, for beta x, x is returned as it is, and the function jumps there. From 20 on the jump would lie beyond the
            ninth digit, and this form neither overflows nor loses digits, so x is not put in its place.

    >>> import tinygrad_loss as tl
    >>> float(tl.grad(tl.ops.softplus)(0.0))
    0.5
    """
    scaled = x if beta == 1 else x * beta
    y = softplus_(scaled) if beta == 1 else softplus_(scaled) / beta
    return y if threshold >= NEGLIGIBLE else np.where(scaled > threshold, x, y)


# ---- along an axis --------------------------------------------------------------------------------------------------------


def _top(x: Array, axis: Any) -> Array:
    """Return the largest entry, to be subtracted before exp; 0 where that is infinite."""
    top = np.max(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(top), top, 0.0)


def _is_ordinary(x: Array) -> bool:
    """Whether no exponential comes near the limits of the dtype, so that none needs a shift: to look costs less than to shift."""
    if type(x) is not np.ndarray or x.dtype.kind != "f" or x.itemsize < SINGLE or not x.size:
        return False
    return bool(np.min(x) > WIDE[0]) and bool(np.max(x) < WIDE[1])


def _below_top(x: Array, axis: Any) -> Array:
    """Return the entries less the largest; a single infinite one leaves all others infinitely far below."""
    top = np.max(x, axis=axis, keepdims=True)
    if type(x) is np.ndarray and np.max(top) == np.inf:
        infinite = np.isposinf(x)
        certain = np.count_nonzero(infinite, axis=axis, keepdims=True) == 1
        x = np.where(certain, np.where(infinite, x.dtype.type(0), -np.inf), x)
        top = np.where(certain, x.dtype.type(0), top)
    return x - np.where(np.isfinite(top), top, 0.0)


def _softmax(x: Array, axis: Any) -> Array:
    e = np.exp(x if _is_ordinary(x) else _below_top(x, axis))
    rows = as_rows((axis,), e) if type(axis) is int else None
    if rows is not None:
        rows[0] /= rows[0].dot(ones(x.shape[axis], e.dtype))[:, None]
        return e
    return e / np.sum(e, axis=axis, keepdims=True)


def _softmax_slope(t: Array, y: Array, axis: Any) -> Array:
    """Apply the Jacobian, which is symmetric."""
    rows = as_rows((axis,), t, y) if type(axis) is int else None
    if rows is not None:
        out = rows[0] - row_products(*rows)[:, None]
        out *= rows[1]
        return out.reshape(y.shape)
    return y * (t - _total(t * y, axis))


def _logsumexp(x: Array, axis: Any) -> Array:
    top = _top(x, axis)
    return top + np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True))


def _log_softmax(x: Array, axis: Any) -> Array:
    shifted = _below_top(x, axis)  # before the sum is subtracted, which is small: large scores would swallow it
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _total(x: Array, axis: Any) -> Array:
    return np.sum(x, axis=axis, keepdims=True)


softmax_ = custom(
    "softmax",
    _softmax,
    [lambda g, y, _x, axis: _softmax_slope(g, y, axis)],
    lambda dx, y, _x, axis: _softmax_slope(dx[0], y, axis),
    doc=r"e^{x_i} / \sum_j e^{x_j}",
)
logsumexp_ = custom(
    "logsumexp",
    _logsumexp,
    [lambda g, _y, x, axis: g * softmax_(x, axis=axis)],
    lambda dx, _y, x, axis: _total(dx[0] * softmax_(x, axis=axis), axis),
    doc=r"\log \sum_j e^{x_j}",
)
log_softmax_ = custom(
    "log_softmax",
    _log_softmax,
    [lambda g, y, _x, axis: g - np.exp(y) * _total(g, axis)],
    lambda dx, y, _x, axis: dx[0] - _total(dx[0] * np.exp(y), axis),
    doc=r"x_i - \log \sum_j e^{x_j}",
)


def _axis(x: Array, axis: Any, op: str) -> Any:
    """Refuse to guess an axis: over all entries is rarely what is meant for a batch."""
    if axis is None and x.ndim > 1:
        raise errors.shapes(op, "axis must be given when there is more than one", [x.shape], f"tl.ops.{op}(x, axis=-1)")
    return tuple(axis) if isinstance(axis, list) else axis


def softmax(x: Array, axis: Any = None) -> Array:
    r"""Return $e^{x_i} / \sum_j e^{x_j}$ along ``axis``: scores become probabilities.

    Args:
        x: ``[..., C]``.
        axis: the axis of the classes; needed when ``x`` has more than one.

    Raises:
        ShapeError: no ``axis`` for more than one.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    x = x if hasattr(x, "ndim") else np.asarray(x)
    axis = _axis(x, axis, "softmax")
    return softmax_(x, axis=axis) if 0 not in x.shape else x + 0.0


def log_softmax(x: Array, axis: Any = None) -> Array:
    r"""Return $x_i - \log \sum_j e^{x_j}$ along ``axis``, exact where the softmax itself underflows.

    Args:
        x: ``[..., C]``.
        axis: the axis of the classes; needed when ``x`` has more than one.

    Raises:
        ShapeError: no ``axis`` for more than one.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    x = x if hasattr(x, "ndim") else np.asarray(x)
    axis = _axis(x, axis, "log_softmax")
    return log_softmax_(x, axis=axis) if 0 not in x.shape else x + 0.0


def logsumexp(x: Array, axis: Any = None, *, keepdims: bool = False) -> Array:
    r"""Return $\log \sum_j e^{x_j}$ along ``axis``: a smooth maximum, and the log of a sum of likelihoods.

    Args:
        x: ``[..., C]``.
        axis: an axis, or several; needed when ``x`` has more than one.
        keepdims: keep the summed axes with length 1.

    Raises:
        ShapeError: no ``axis`` for more than one.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.ops.logsumexp(np.array([1000.0, 1000.0])))
    1000.6931471805599
    """
    x = x if hasattr(x, "ndim") else np.asarray(x)
    axis = _axis(x, axis, "logsumexp")
    y = logsumexp_(x, axis=axis)
    return y if keepdims else np.squeeze(y, axis=axis)
