"""What the derivatives of decompositions share: quotients by differences of values, and parts of matrices."""

from typing import Final

import numpy as np

from tinygrad_loss.engine.declare import elementwise, unbroadcast
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.solving import t

__all__ = [
    "any_repeated",
    "diagonal",
    "filled_up",
    "gaps",
    "narrowed",
    "off_diagonal",
    "on_diagonal",
    "ratio",
    "repeated",
    "rounding",
    "skew",
    "vanishing",
]


UNITS: Final = 4.0
"""How many units in the last place of the largest value a row adds to the rounding of a decomposition."""


def _ratio(a: Array, b: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(a == 0, 0.0, a / b).astype(np.result_type(a, b))


# A quotient whose numerator is exactly 0 is 0: values that repeat do no harm to what does not use their vectors.
ratio: Rule = elementwise(
    "ratio",
    _ratio,
    lambda _y, _a, b: 1.0 / b,
    lambda y, _a, b: -y / b,
    vjps=(
        lambda g, _y, a, b: unbroadcast(ratio(g, b), a.shape),
        lambda g, y, _a, b: unbroadcast(ratio(-(g * y), b), b.shape),
    ),
    domain=((-3.0, 3.0), (0.3, 3.0)),
    facts=Facts(nature="infinite", tie=lambda _y, _a, b: b == 0),
    doc=r"a / b, and 0 where a = 0",
)


def skew(x: Array) -> Array:
    """Return twice the antisymmetric part, whose diagonal is exactly 0."""
    return x - t(x)


def off_diagonal(x: Array) -> Array:
    """Return the matrix with zeros on its diagonal."""
    return np.tril(x, -1) + np.triu(x, 1)


def on_diagonal(d: Array) -> Array:
    """Return the diagonal matrix."""
    return d[..., None] * np.eye(d.shape[-1], dtype=d.dtype)


def gaps(w: Array) -> Array:
    """Return the differences of all pairs; a value and itself are 1 apart, because nothing turns there."""
    return w[..., None, :] - w[..., :, None] + np.eye(w.shape[-1], dtype=w.dtype)


def diagonal(x: Array) -> Array:
    """Return the diagonal of the last two axes."""
    return np.diagonal(x, 0, -2, -1)


def repeated(values: Array) -> Array:
    """Return, per value, whether a neighbour equals it but for rounding."""
    same = np.abs(np.diff(values, axis=-1)) <= rounding(values)
    none = np.zeros_like(values[..., :1], dtype=bool)
    return np.concatenate([none, same], axis=-1) | np.concatenate([same, none], axis=-1)


def any_repeated(values: Array) -> Array:
    """Return whether two neighbours are equal but for rounding."""
    return np.any(repeated(values), axis=-1, keepdims=True)


def vanishing(values: Array) -> Array:
    """Return, per singular value, whether it is 0 but for rounding."""
    return values <= rounding(values)


def rounding(values: Array) -> Array:
    """Return how far rounding may part values of a matrix that are equal, or one that is 0 from it.

    Source: Golub and Van Loan, Matrix Computations, section 8.1.2 (the computed values are those of a matrix this close).
    """
    return UNITS * values.shape[-1] * np.finfo(values.dtype).eps * np.max(np.abs(values), axis=-1, keepdims=True, initial=0.0)


def narrowed(u: Array, gu: Array, k: int) -> tuple[Array, Array]:
    """Return the first ``k`` columns and their cotangent; the others, which fill up the space, turn as those do."""
    first, rest = u[..., :k], u[..., k:]
    return first, gu[..., :k] - rest @ (t(gu[..., k:]) @ first)


def filled_up(u: Array, du: Array, k: int) -> Array:
    """Return the tangent of all columns from that of the first ``k``."""
    rest = u[..., k:]
    return np.concatenate([du, -(u[..., :k] @ (t(du) @ rest))], axis=-1)
