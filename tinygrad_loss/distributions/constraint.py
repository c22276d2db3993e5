"""What a parameter or a value may be, and free real coordinates for what is constrained."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.distributions.operand import numbers, offender
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops import exponential

__all__ = [
    "Constraint",
    "boolean",
    "category",
    "counts",
    "counts_to",
    "covariance",
    "demand",
    "interval",
    "lower_cholesky",
    "nonnegative",
    "nonzero",
    "open_unit",
    "positive",
    "positive_vector",
    "real",
    "simplex",
    "total",
    "unit",
    "vector",
    "written",
]


@dataclass(frozen=True)
class Constraint:
    """A set of numbers, or of vectors and matrices of them.

    Args:
        rule: how messages say it, after "must be".
        holds: whether each entry, or each event, belongs; plain NumPy, so that it runs on tensors too.
        instead: the line that makes a valid ``{name}`` out of any real numbers.
        to_free: real coordinates of a member, as a vector.
        from_free: the member with these coordinates, differentiable.
        event_ndim: how many axes one member has: 0 for a number, 1 for a vector, 2 for a matrix.
        whole: whether members are whole numbers.
        lower: the smallest member, where there is one.
        upper: the largest.
    """

    rule: str
    holds: Callable[[Array], Array]
    instead: str = "{name}"
    to_free: Callable[[Any], Any] = field(default=np.ravel)
    from_free: Callable[[Array], Array] = field(default=lambda u: u)
    event_ndim: int = 0
    whole: bool = False
    lower: Any = -np.inf
    upper: Any = np.inf

    def check(self, value: Any) -> Any:
        """Return whether each entry, or each event, belongs: PyTorch's name for it."""
        return self.holds(value if hasattr(value, "ndim") else np.asarray(value))


def _packed(matrix: Any) -> Any:
    """Return the logarithms of the diagonal of a lower-triangular matrix, then the entries below it, row by row."""
    n = len(matrix)
    return np.concatenate([np.log(np.diagonal(matrix)), matrix[np.tril_indices(n, -1)]])


def _unpacked(u: Array) -> Array:
    """Return the lower-triangular matrix that `_packed` took apart; a product with a constant, so that it is differentiable."""
    n = round((np.sqrt(8 * len(u) + 1) - 1) / 2)
    place = np.zeros((n * n, len(u)))
    place[np.arange(n) * (n + 1), np.arange(n)] = 1.0
    rows, columns = np.tril_indices(n, -1)
    place[rows * n + columns, np.arange(n, len(u))] = 1.0
    return np.reshape(np.matmul(place, np.concatenate([np.exp(u[:n]), u[n:]])), (n, n))


def _is_lower(matrix: Array) -> Array:
    n = matrix.shape[-1]
    above = np.triu(np.ones((n, n)), 1) > 0
    diagonal = np.sum(np.where(np.eye(n) > 0, matrix, 0.0), axis=-1)
    return np.all(np.where(above, matrix, 0.0) == 0, axis=(-2, -1)) & np.all(diagonal > 0, axis=-1)


def _is_covariance(matrix: Array) -> Array:
    if not np.all(np.isfinite(matrix)):
        return np.zeros(matrix.shape[:-2], bool)
    symmetric = np.all(np.abs(matrix - np.swapaxes(matrix, -1, -2)) <= 1e-6 * np.max(np.abs(matrix)), axis=(-2, -1))
    return symmetric & (np.linalg.eigvalsh(matrix)[..., 0] > 0)


SUM_TOLERANCE: Final = 1e-6
"""How far the sum of probabilities may be from 1: float32 rounding of a thousand classes."""


def _is_simplex(p: Array) -> Array:
    return np.all(p >= 0, axis=-1) & (np.abs(np.sum(p, axis=-1) - 1.0) <= SUM_TOLERANCE)


def _is_whole(y: Array) -> Array:
    return y == np.floor(y)


real: Final = Constraint("a real number", lambda x: x == x)  # noqa: PLR0124  nan is what differs from itself
positive: Final = Constraint("positive", lambda x: x > 0, "np.exp({name})", lambda x: np.log(np.ravel(x)), np.exp, lower=0.0)
nonnegative: Final = Constraint("at least 0", lambda x: x >= 0, "np.exp({name})", lambda x: np.log(np.ravel(x)), np.exp, lower=0.0)
unit: Final = Constraint(
    "between 0 and 1",
    lambda x: (x >= 0) & (x <= 1),
    "tl.ops.expit({name})",
    lambda x: np.log(np.ravel(x)) - np.log1p(-np.ravel(x)),
    exponential.expit,
    lower=0.0,
    upper=1.0,
)
open_unit: Final = Constraint(
    "strictly between 0 and 1", lambda x: (x > 0) & (x < 1), unit.instead, unit.to_free, unit.from_free, lower=0.0, upper=1.0
)
nonzero: Final = Constraint("a number other than 0", lambda x: (x != 0) & (x == x))  # noqa: PLR0124  nan again
boolean: Final = Constraint("0 or 1", lambda x: (x == 0) | (x == 1), "{name} > 0", whole=True, lower=0.0, upper=1.0)
counts: Final = Constraint(
    "a whole number, at least 0", lambda x: (x >= 0) & _is_whole(x), "np.round(np.abs({name}))", whole=True, lower=0.0
)
vector: Final = Constraint("a vector of real numbers", lambda x: np.all(x == x, axis=-1), event_ndim=1)  # noqa: PLR0124  nan again
positive_vector: Final = Constraint(
    "a vector of positive numbers", lambda x: np.all(x > 0, axis=-1), "np.exp({name})", np.log, np.exp, event_ndim=1
)
simplex: Final = Constraint(
    "probabilities that sum to 1",
    _is_simplex,
    "tl.ops.softmax({name}, axis=-1)",
    lambda p: np.log(p[:-1]) - np.log(p[-1]),
    lambda u: exponential.softmax(np.concatenate([u, np.zeros_like(u[:1])])),
    event_ndim=1,
)
lower_cholesky: Final = Constraint(
    "lower-triangular with a positive diagonal", _is_lower, "np.linalg.cholesky({name} @ {name}.T)", _packed, _unpacked, event_ndim=2
)
covariance: Final = Constraint("symmetric and positive definite", _is_covariance, "{name} @ {name}.T + np.eye(len({name}))", event_ndim=2)


def interval(lower: Array, upper: Array) -> Constraint:
    """Return the numbers from ``lower`` to ``upper``, both included."""
    return Constraint("between its low and its high", lambda y: (y >= lower) & (y <= upper), lower=lower, upper=upper)


def counts_to(n: Array) -> Constraint:
    """Return the whole numbers from 0 to ``n``."""
    return Constraint(
        "a whole number from 0 to total_count",
        lambda y: (y >= 0) & (y <= n) & _is_whole(y),
        "np.clip(np.round({name}), 0, total_count)",
        whole=True,
        lower=0.0,
        upper=n,
    )


def category(k: int) -> Constraint:
    """Return the class indices 0, ..., k - 1."""
    return Constraint(
        f"a class index from 0 to {k - 1}",
        lambda y: (y >= 0) & (y < k) & _is_whole(y),
        f"np.clip({{name}}, 0, {k - 1})",
        whole=True,
        lower=0.0,
        upper=k - 1.0,
    )


def total(n: Array) -> Constraint:
    """Return the vectors of counts that sum to ``n``."""
    return Constraint(
        "a vector of counts that sums to total_count",
        lambda y: np.all((y >= 0) & _is_whole(y), axis=-1) & (np.sum(y, axis=-1) == n),
        "np.bincount(classes, minlength=len(probs))",
        event_ndim=1,
        whole=True,
    )


def written(where: str, keys: Iterable[str], changed: Mapping[str, str]) -> str:
    """Return the call of a family as one types it, with some of its arguments changed."""
    return f"{where}({', '.join(f'{key}={changed.get(key, key)}' for key in keys)})"


def demand(constraint: Constraint, value: Array, where: str, what: str, instead: str, of_nan: str = "") -> None:
    """Raise unless every entry satisfies the constraint; arrays of other kinds were checked when they were recorded."""
    plain = numbers(value)
    if plain is None:
        return
    with np.errstate(invalid="ignore"):
        holds = constraint.holds(plain)
    if not np.all(holds):
        if np.any(np.isnan(plain)):
            instead = of_nan or f"with tl.debug(): around what computed {what}, which names the op that made it nan"
        raise errors.DomainError(errors.say(where, f"{what} must be {constraint.rule}", offender(plain, holds), instead))
