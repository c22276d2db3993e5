"""Cross-entropies as one op each: exact at every logit, and one pass over the scores in each direction."""

from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.declare import bilinear, custom, elementwise, ones, unbroadcast
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.exponential import expit, expit_slope, softmax_
from tinygrad_loss.ops.handover import Handover
from tinygrad_loss.ops.picking import picked, places_of, put
from tinygrad_loss.ops.pointwise import pointwise

__all__ = [
    "absorbing_matmul",
    "absorbing_product",
    "below_top",
    "class_cross_entropy",
    "focal_cost",
    "logistic_error",
    "margin_error",
    "ranking_error",
    "probability_error",
]

LOWEST_LOG: Final = -100.0
"""PyTorch's bound for the logarithm of a probability, so that the cross-entropy of p = 0 is 100 rather than infinite."""
ORDINARY: Final = 40.0
"""Scores up to this size have exponentials that no dtype but half precision overflows in; those of float16 are shifted."""
MANY: Final = 4096
"""From this many entries products are cheaper than their logarithms."""
FACTORS: Final = 8
"""Numbers from 1 to 2 whose product no dtype overflows in, and whose mean logarithm of 1 / 8 its rounding cannot hurt."""
LEAST_VARIANCE: Final = 1e-12
"""PyTorch's bound for p (1 - p) in the gradient of the same loss."""


# ---- two classes ----------------------------------------------------------------------------------------------------------


def _logistic(z: Array, t: Array) -> Array:
    """Return -log of the probability of ``t``; fmax drops the nan of inf * 0, where the limit is 0."""
    return np.fmax(((z >= 0) - t) * z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def _logistics(z: Array, t: Array) -> Array:
    e, u = np.abs(z), (t - 1.0) * z
    if e.dtype != u.dtype or not e.ndim:
        return np.add.reduce(np.log1p(np.exp(-e)) - np.minimum(u, t * z), None)
    np.log1p(np.exp(np.negative(e, out=e), out=e), out=e)
    np.subtract(e, np.minimum(u, t * z, out=u), out=e)
    return np.add.reduce(e, None)


def _sum_of_log1p(e: Array, q: Array) -> Array:
    """Return the sum of log q for q = 1 + e and e from 0 to 1; as the logarithm of products, unless nearly all of q is the 1."""
    if q.size >= MANY and q.size % FACTORS == 0 and q.dtype.itemsize > 2:
        total = np.add.reduce(np.log(np.multiply.reduce(q.reshape(FACTORS, -1), 0)), None)
        if total * FACTORS > q.size:
            return total
    return np.add.reduce(np.log1p(e, out=e), None)


def _sloped_logistics(z: Array, t: Array, by: Array, out: Array, spare: Array) -> Array:
    """Write the slope times ``by`` and return the sum: with e = e^-|z| both are sums of two terms that cancel nothing.

    Where z >= 0 they are 1 - t - e / (1 + e) and (1 - t) z + log(1 + e), elsewhere -t + e / (1 + e) and -t z + log(1 + e).
    """
    sign = (z >= 0).astype(z.dtype)
    total = np.vdot(np.subtract(sign, t, out=out), z)
    np.add(np.multiply(sign, -2.0, out=sign), 1.0, out=sign)
    e = np.exp(np.multiply(sign, z, out=spare), out=spare)
    np.multiply(sign, e, out=sign)
    q = e + 1.0
    np.divide(sign, q, out=sign)
    np.multiply(np.add(out, sign, out=out), by, out=out)
    return total + _sum_of_log1p(e, q)


def _logistic_slope(z: Array, t: Array) -> Array:
    """Return sigmoid(z) - t as what pulls down less what pulls up, so that neither 1 - 1 nor an overflow costs a digit."""
    e = np.exp(-z)
    return (1.0 - t) / (1.0 + e) - t / (1.0 + 1.0 / e)


def _pull_logistic(z: Array, t: Array, by: Array, out: Array) -> None:
    """Write `_logistic_slope` times ``by``: the same operations, each into an array that is there already."""
    e = np.exp(np.negative(z, out=out), out=out)
    falling, rising = 1.0 + e, np.divide(1.0, e)
    np.divide(t, np.add(rising, 1.0, out=rising), out=rising)
    np.divide(np.subtract(1.0, t, out=out), falling, out=out)
    np.multiply(np.subtract(out, rising, out=out), by, out=out)


logistic_slope: Rule = elementwise(
    "logistic_slope", _logistic_slope, lambda _y, z, _t: expit_slope(z), -1, domain=((-30.0, 30.0), (0.0, 1.0)), doc=r"\sigma(z) - t"
)
logistic_error = pointwise(
    "logistic_error",
    _logistic,
    lambda z, t: logistic_slope(z, t),
    lambda z, _t: -z,
    added=_logistics,
    pulled=[_pull_logistic],
    sloped=_sloped_logistics,
    domain=((-30.0, 30.0), (0.0, 1.0)),
    doc=r"\log(1 + e^z) - z t, the negative log-likelihood of a coin with log-odds z",
)


def _margin(z: Array, y: Array) -> Array:
    m = np.where(y == 0, 0.0, z * y)
    return np.maximum(-m, 0.0) + np.log1p(np.exp(-np.abs(m)))


margin_slope: Rule = elementwise(
    "margin_slope",
    lambda z, y: y / (-1.0 - np.exp(z * y)),
    lambda _y, z, y: y * y * expit_slope(z * y),
    lambda _y, z, y: z * y * expit_slope(z * y) - expit(-(z * y)),
    doc=r"-y \sigma(-y z)",
)
margin_error = pointwise(
    "margin_error",
    _margin,
    lambda z, y: margin_slope(z, y),
    lambda z, y: margin_slope(y, z),
    added=lambda z, y: np.add.reduce(np.log1p(np.exp(-(z * y))), None),
    doc=r"\log(1 + e^{-y z}) of a score z and a sign y",
)


def _lag(a: Array, b: Array, y: Array, margin: float) -> Array:
    """Return by how much ``a`` fails to lead ``b`` by the margin; the other way round where y = -1."""
    return (b - a) * y + margin


def _pulls(a: Array, b: Array, y: Array, margin: float) -> Array:
    return np.where(_lag(a, b, y, margin) >= 0, y, 0.0)


ranking_error = pointwise(
    "ranking_error",
    lambda a, b, y, margin: np.clip(_lag(a, b, y, margin), 0.0, None),
    lambda a, b, y, margin: -_pulls(a, b, y, margin),
    _pulls,
    lambda a, b, y, margin: np.where(_lag(a, b, y, margin) >= 0, b - a, 0.0),
    tie=lambda a, b, y, margin: _lag(a, b, y, margin) == 0,
    static=True,
    doc=r"\max(0, -y (a - b) + margin)",
)


def _coin(p: Array, t: Array) -> Array:
    return -(t * np.maximum(np.log(p), LOWEST_LOG) + (1.0 - t) * np.maximum(np.log1p(-p), LOWEST_LOG))


probability_error = pointwise(
    "probability_error",
    _coin,
    lambda p, t: (p - t) / np.maximum((1.0 - p) * p, LEAST_VARIANCE),
    lambda p, _t: np.log1p(-p) - np.log(p),
    domain=(0.05, 0.95),
    doc=r"-t \log p - (1 - t) \log(1 - p), with each logarithm at least -100",
)

absorbing_product: Rule = elementwise(
    "absorbing_product",
    lambda a, b: np.where((a == 0) | (b == 0), 0.0, a * b),
    lambda _y, _a, b: b,
    lambda _y, a, _b: a,
    vjps=[
        lambda g, _y, a, b: unbroadcast(absorbing_product(g, b), a.shape),
        lambda g, _y, a, b: unbroadcast(g * a, b.shape),  # a weight, which is finite
    ],
    doc=r"a b, where 0 absorbs even an infinity: 0 \log 0 = 0",
)


def _absorbing_rows(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        y = a @ b
        if not np.isfinite(y).all():
            rows = (np.flatnonzero(row) for row in a)
            y = np.stack([np.sum(absorbing_product(row[k, None], b[k]), axis=0) for row, k in zip(a, rows, strict=True)])
    return y


absorbing_matmul: Rule = bilinear(
    "absorbing_matmul",
    _absorbing_rows,
    lambda g, _a, b: absorbing_matmul(g, b.T),
    lambda g, a, _b: absorbing_matmul(a.T, g),
    doc=r"\sum_k a_{ik} b_{kj} of two matrices, where 0 absorbs even an infinity",
)


# ---- many classes ---------------------------------------------------------------------------------------------------------


def is_class(z: Array, index: Array, axis: int) -> Array:
    """Return the one-hot form of class indices, as truth values."""
    return np.expand_dims(index, axis) == np.arange(z.shape[axis]).reshape((-1,) + (1,) * (z.ndim - 1 - axis))


def below_top(z: Array, axis: int) -> Array:
    """Return the scores less the largest of their row, as a new array; a single infinite score is certain of its class."""
    top = np.maximum.reduce(z, axis=axis, keepdims=True)
    if np.maximum.reduce(top, None) == np.inf:
        certain = np.isposinf(top) & (np.count_nonzero(np.isposinf(z), axis=axis, keepdims=True) == 1)
        z = np.where(certain, np.where(np.isposinf(z), z.dtype.type(0), -np.inf), z)
        top = np.where(certain, z.dtype.type(0), top)
    return z - top


def _ordinary(z: Array) -> bool:
    """Return whether all scores are of ordinary size; where even the sum of their squares is, one pass has told."""
    return bool(np.vdot(z, z) < ORDINARY * ORDINARY or (np.minimum.reduce(z, None) > -ORDINARY and np.maximum.reduce(z, None) < ORDINARY))


def _parted(z: Array, index: Array, axis: int) -> tuple[Array | None, Array, Array, Array, Array | None]:
    """Return e to the power of the scores with 0 at the class itself, their sum, and what the class had there.

    Kept apart, so that a probability near 1 and what it lacks are both exact. Scores of ordinary size need no shift;
    others are taken less the largest of their row, and the class's own is returned first; the places of the classes come last.
    """
    ordinary = z.dtype.itemsize > 2 and _ordinary(z)
    shifted = z if ordinary else below_top(z, axis)
    e = np.exp(shifted)
    places = places_of(e, index, axis)
    if places is None:
        own, mine = None if ordinary else picked(shifted, index, axis), picked(e, index, axis)
        put(e, index, axis, 0.0)
        return own, e, np.add.reduce(e, axis), mine, None
    own, mine = None if ordinary else shifted.take(places), e.take(places)
    e.reshape(-1)[places] = 0.0
    return own, e, e.dot(ones(e.shape[1], e.dtype)), mine, places


_handover = Handover()


def _class_loss(z: Array, index: Array, axis: int, n: int | None) -> Array:
    parts = own, _, others, mine, places = _parted(z, index, axis)
    _handover.give(z, (index, axis), parts)
    terms = np.log1p(others / mine) if own is None else np.log1p(others + (mine - 1.0)) - own
    if n is None:
        return terms
    return (np.add.reduce(terms, None) if places is None else terms.dot(ones(len(terms), terms.dtype))) / n


def _class_slope(g: Array, z: Array, index: Array, axis: int, n: int | None) -> Array:
    """Return g (softmax - e_y); at the class itself that is minus the probability of all others."""
    _, p, others, mine, places = _handover.take(z, (index, axis)) or _parted(z, index, axis)
    by = (g if n is None else g / n) / (others + mine)
    if places is None:
        put(p, index, axis, -others)
        p *= np.expand_dims(by, axis)
    else:
        p.reshape(-1)[places] = -others
        p *= by[:, None]
    return p


def _slope_again(g: Array, _y: Array, _cotangent: Array, z: Array, index: Array, axis: int, n: int | None) -> Array:
    """Differentiate the slope in its cotangent."""
    p = softmax_(z, axis=axis) - is_class(z, index, axis)
    along = np.sum(g * p, axis=axis)
    return along if n is None else np.sum(along) / n


def _slope_in_scores(g: Array, _y: Array, cotangent: Array, z: Array, _index: Array, axis: int, n: int | None) -> Array:
    """Differentiate the slope in the scores: the Hessian of a log-partition, applied."""
    p = softmax_(z, axis=axis)
    by = cotangent / n if n is not None else np.expand_dims(cotangent, axis)
    return by * p * (g - np.sum(g * p, axis=axis, keepdims=True))


def _slope_jvp(dx: Any, y: Array, cotangent: Array, z: Array, index: Array, axis: int, n: int | None) -> Array:
    total = None
    if dx[0] is not None:
        by = dx[0] / n if n is not None else np.expand_dims(dx[0], axis)
        total = by * (softmax_(z, axis=axis) - is_class(z, index, axis))
    if dx[1] is not None:
        term = _slope_in_scores(dx[1], y, cotangent, z, index, axis, n)
        total = term if total is None else total + term
    return total


class_slope: Rule = custom(
    "class_cross_entropy_slope",
    _class_slope,
    [_slope_again, _slope_in_scores, None],
    _slope_jvp,
    doc=r"g\,(\mathrm{softmax}(z) - e_y)",
)


def _class_jvp(dx: Any, _y: Array, z: Array, index: Array, axis: int, n: int | None) -> Array:
    along = np.sum(dx[0] * (softmax_(z, axis=axis) - is_class(z, index, axis)), axis=axis)
    return along if n is None else np.sum(along) / n


class_cross_entropy: Rule = custom(
    "class_cross_entropy",
    _class_loss,
    [lambda g, _y, z, index, axis, n: class_slope(g, z, index, axis=axis, n=n), None],
    _class_jvp,
    doc=r"\log \sum_c e^{z_c} - z_y for class indices y: one term per row, or their sum divided by n",
)


# ---- functions of a cross-entropy -----------------------------------------------------------------------------------------


def _focal_slope(c: Array, gamma: float) -> Array:
    missing = -np.expm1(-c)
    return missing**gamma + absorbing_product(c, np.exp(-c)) * missing ** (gamma - 1.0) * gamma


focal_cost: Rule = elementwise(
    "focal_cost",
    lambda c, gamma: (-np.expm1(-c)) ** gamma * c,
    lambda _y, c, gamma: _focal_slope(c, gamma),
    static=True,
    domain=(0.1, 5.0),
    doc=r"(1 - e^{-c})^\gamma c: a cost c that counts less the more probable the truth already is",
)
