"""Norms of vectors and matrices, and distances."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.declare import custom, door, elementwise
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.arranging import axes_of
from tinygrad_loss.ops.norm import norm2
from tinygrad_loss.ops.properties import operand, signed
from tinygrad_loss.ops.reduction import kept
from tinygrad_loss.ops.root import nonzero

__all__ = ["cdist", "matrix_norm", "norm", "vector_norm"]

MATRIX_ORDERS: Final = ("fro", "nuc", 2, -2, 1, -1, math.inf, -math.inf)

# ---- powers of absolute values, with slope 0 where they are infinite ------------------------------------------------------


def _power(x: Array, q: float) -> Array:
    size = np.abs(x)
    return np.where(size == 0, 0.0, np.power(np.where(size == 0, 1.0, size), q)).astype(x.dtype)


abs_power: Rule = elementwise(
    "abs_power",
    _power,
    lambda _y, x, q: q * signed_power(x, q=q - 1.0),
    static=True,
    facts=Facts(nature="infinite", tie=lambda _y, x, q: (x == 0) & (q < 1) & (q != 0), near=lambda x, q: np.power(np.abs(x), q)),
    doc=r"|x|^q",
)
signed_power: Rule = elementwise(
    "signed_power",
    lambda x, q: np.sign(x) * _power(x, q),
    lambda _y, x, q: q * abs_power(x, q=q - 1.0),
    static=True,
    facts=Facts(nature="infinite", tie=lambda _y, x, q: (x == 0) & (q < 1), near=lambda x, q: np.sign(x) * np.power(np.abs(x), q)),
    doc=r"\mathrm{sign}(x) |x|^q",
)

# ---- the norm of order p --------------------------------------------------------------------------------------------------


def _norm_p(x: Array, axis: tuple[int, ...], p: float) -> Array:
    """Return the norm of ``x`` divided by its leading entry, so that no power overflows."""
    size = np.abs(x)
    lead = np.max(size, axis=axis, keepdims=True, initial=0.0) if p > 0 else np.min(size, axis=axis, keepdims=True, initial=np.inf)
    usual = (lead > 0) & (lead < np.inf)
    scale = np.where(usual, lead, 1.0).astype(x.dtype)
    with np.errstate(divide="ignore"):
        total = np.sum(np.power(size / scale, p), axis=axis)
        return (np.power(total, 1.0 / p) * scale.reshape(np.shape(total))).astype(x.dtype)


def _norm_p_slope(y: Array, x: Array, axis: tuple[int, ...], p: float) -> Array:
    if p < 0:
        x = np.where(kept(y == 0, x, axis), 0.0, x)  # beside a 0 the other entries count for nothing
    return signed_power(x / kept(nonzero(y), x, axis), q=p - 1.0)


def _norm_p_pull(g: Array, y: Array, x: Array, axis: tuple[int, ...], p: float) -> Array:
    return kept(g, x, axis) * _norm_p_slope(y, x, axis, p)


def _norm_p_push(dx: Sequence[Array | None], y: Array, x: Array, axis: tuple[int, ...], p: float) -> Array:
    return np.sum(dx[0] * _norm_p_slope(y, x, axis, p), axis=axis)


def _in_powers(x: Array, axis: tuple[int, ...], p: float) -> Array:
    return np.power(np.sum(np.power(np.abs(x), p), axis=axis), 1.0 / p)


norm_p: Rule = custom(
    "norm_p",
    _norm_p,
    [_norm_p_pull],
    _norm_p_push,
    facts=Facts(nature="kink", tie=lambda y, _x, axis, p: y == 0, near=_in_powers),
    doc=r"(\sum_i |x_i|^p)^{1/p} for p > 1 or p < 0",
)
quasi_norm: Rule = custom(
    "quasi_norm",
    _norm_p,
    [_norm_p_pull],
    _norm_p_push,
    facts=Facts(nature="infinite", tie=lambda _y, x, axis, p: np.any(x == 0, axis=axis), near=_in_powers),
    doc=r"(\sum_i |x_i|^p)^{1/p} for 0 < p < 1, with infinite slopes at 0",
)


def _vector(x: Array, order: Any, axis: tuple[int, ...], *, keepdims: bool) -> Array:
    """Return the norm of order ``order`` of the entries along some axes."""
    if isinstance(order, str):
        raise errors.unknown_name("np.linalg.norm", "the order of a vector's norm", order, ("2", "1", "np.inf"))
    if x.dtype.kind != "f":
        x = np.abs(x) if x.dtype.kind == "c" else x.astype(np.float64)
    if order is None or order == 2:
        return norm2(x, axis, keepdims=keepdims)
    if abs(order) == math.inf:
        initial: dict[str, Any] = (
            {"initial": 0.0} if order > 0 and not x.size else {}
        )  # of nothing the largest is 0, the smallest does not exist
        return (np.max if order > 0 else np.min)(np.abs(x), axis=axis, keepdims=keepdims, **initial)
    if order in {0, 1}:
        return np.sum(np.abs(x) if order else np.not_equal(x, 0).astype(x.dtype), axis=axis, keepdims=keepdims)
    y = (quasi_norm if 0 < order < 1 else norm_p)(x, axis=axis, p=float(order))
    return kept(y, x, axis) if keepdims else y


def _matrix(x: Array, order: Any, axis: tuple[int, int], *, keepdims: bool) -> Array:
    rows, columns = axis
    if rows == columns:
        raise errors.ShapeError(errors.say("np.linalg.norm", "the two axes must differ", f"axis={axis}", "axis=(-2, -1)"))
    if order is None or order == "fro":
        return _vector(x, 2, axis, keepdims=keepdims)
    if order not in MATRIX_ORDERS:
        raise errors.unknown_name("np.linalg.norm", "the order of a matrix norm", order, [str(o) for o in MATRIX_ORDERS])
    if order in {1, -1, math.inf, -math.inf}:
        down, across = (rows, columns) if abs(order) == 1 else (columns, rows)
        sums = np.sum(np.abs(x), axis=down, keepdims=True)
        y = (np.max if order > 0 else np.min)(sums, axis=across, keepdims=True)
        return y if keepdims else np.squeeze(y, axis)
    s = np.linalg.svdvals(np.moveaxis(x, axis, (-2, -1)))
    fold: Rule = np.sum if order == "nuc" or not s.shape[-1] else np.max if order == 2 else np.min
    y = fold(s, axis=-1)
    return kept(y, x, axis) if keepdims else y


# ---- what people call -----------------------------------------------------------------------------------------------------


@door(np.linalg.norm)
def norm(x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: A002  NumPy's name
    """Return the norm of vectors or matrices; the Euclidean one by default, in which no square overflows.

    Args:
        x: any shape; a vector or a matrix when ``ord`` is given without ``axis``.
        ord: for vectors any number; for matrices ``"fro"``, ``"nuc"``, 2, -2, 1, -1, ``np.inf``, ``-np.inf``.
        axis: one axis of vectors or two of matrices.
        keepdims: keep the reduced axes with length 1.

    Raises:
        ShapeError: ``ord`` without ``axis`` on more than two axes.
        DomainError: an unknown order.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.linalg.norm)(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    x = operand(x)
    if axis is None:
        if ord is None:
            return _vector(x, 2, tuple(range(x.ndim)), keepdims=keepdims)
        if x.ndim not in {1, 2}:
            raise errors.shapes("np.linalg.norm", "with ord= and without axis= it takes a vector or a matrix", [x.shape], "axis=-1")
    axes = axes_of(axis, x.ndim)
    if len(axes) == 1:
        return _vector(x, ord, axes, keepdims=keepdims)
    if len(axes) != 2:
        raise errors.ShapeError(
            errors.say("np.linalg.norm", "axis= must name one axis or two", f"axis={axis}", f"np.linalg.vector_norm(x, axis={axis})")
        )
    return _matrix(x, ord, axes, keepdims=keepdims)


@door(np.linalg.vector_norm)
def vector_norm(x: Array, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Array:  # noqa: A002  NumPy's name
    """Return the norm of order ``ord`` of all entries along some axes."""
    x = operand(x)
    return _vector(x, ord, axes_of(axis, x.ndim), keepdims=keepdims)


@door(np.linalg.matrix_norm)
def matrix_norm(x: Array, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:  # noqa: A002  NumPy's name
    """Return the norm of matrices in the last two axes."""
    x = operand(x)
    if x.ndim < 2:
        raise errors.shapes("np.linalg.matrix_norm", "it needs two axes at least", [x.shape], "np.linalg.vector_norm(x)")
    return _matrix(x, ord, (x.ndim - 2, x.ndim - 1), keepdims=keepdims)


def cdist(x1: Array, x2: Array, p: float = 2.0, compute_mode: str = "") -> Array:
    """Return the distance of each point of one set from each of another.

    Args:
        x1: (..., m, d).
        x2: (..., n, d); the leading axes broadcast.
        p: the order of the norm.
        compute_mode: ignored; distances are always exact.

    Returns:
        (..., m, n).

    Source: torch.cdist.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.cdist(np.zeros((1, 2)), np.array([[3.0, 4.0], [0.0, 1.0]]))
    array([[5., 1.]])
    """
    del compute_mode
    if x1.shape[-1] != x2.shape[-1]:
        raise errors.misfits(
            "tl.ops.cdist",
            "points must have equally many coordinates",
            {"x1": x1.shape, "x2": x2.shape},
            f"x2 of shape {(*x2.shape[:-1], x1.shape[-1])}",
            mismatch.along(-1),
        )
    difference = signed(x1)[..., :, None, :] - signed(x2)[..., None, :, :]
    return _vector(difference, p, (difference.ndim - 1,), keepdims=False)
