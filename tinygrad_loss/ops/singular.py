"""Singular values and vectors, and what is computed from them: ranks, condition numbers, pseudo-inverses."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import custom, door, predicate
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.cholesky import symmetric
from tinygrad_loss.ops.packing import pack, result_of, unpack
from tinygrad_loss.ops.properties import operand
from tinygrad_loss.ops.solving import t
from tinygrad_loss.ops.turning import (
    any_repeated,
    diagonal,
    filled_up,
    narrowed,
    off_diagonal,
    on_diagonal,
    ratio,
    repeated,
    skew,
    vanishing,
)
from tinygrad_loss.ops.turning import gaps as gaps_of

__all__ = ["cond", "matrix_rank", "pinv", "svd", "svdvals"]

# ---- singular values ------------------------------------------------------------------------------------------------------


def _svd(a: Array, full: bool) -> Array:
    return pack(a.shape[:-2], *np.linalg.svd(a, full_matrices=full))


def _svd_parts(y: Array, a: Array, full: bool) -> list[Array]:
    m, n = a.shape[-2:]
    k = min(m, n)
    return unpack(y, (m, m if full else k), (k,), (n if full else k, n))


def _svd_pull(g: Array, y: Array, a: Array, full: bool) -> Array:
    (u, s, vh), (gu, gs, gvh) = _svd_parts(y, a, full), _svd_parts(g, a, full)
    k = s.shape[-1]
    u, gu = narrowed(u, gu, k)
    v, gv = narrowed(t(vh), t(gvh), k)
    gaps = gaps_of(s * s)
    inside = ratio(skew(t(u) @ gu), gaps) * s[..., None, :] + s[..., None] * ratio(skew(t(v) @ gv), gaps) + on_diagonal(gs)
    result = u @ inside @ t(v)
    if a.shape[-2] > k:
        result = result + ratio(gu - u @ (t(u) @ gu), s[..., None, :]) @ t(v)
    if a.shape[-1] > k:
        result = result + u @ t(ratio(gv - v @ (t(v) @ gv), s[..., None, :]))
    return result


def _svd_push(dx: Sequence[Array | None], y: Array, a: Array, full: bool) -> Array:
    (da,) = dx
    u_all, s, vh = _svd_parts(y, a, full)
    k = s.shape[-1]
    u, v = u_all[..., :k], t(vh)[..., :k]
    turned = t(u) @ da @ v
    gaps, columns, rows = gaps_of(s * s), s[..., None, :], s[..., None]
    du = u @ ratio(off_diagonal(turned * columns + rows * t(turned)), gaps)
    dv = v @ ratio(off_diagonal(rows * turned + t(turned) * columns), gaps)
    if a.shape[-2] > k:
        du = du + ratio(da @ v - u @ turned, columns)
    if a.shape[-1] > k:
        dv = dv + ratio(t(da) @ u - v @ t(turned), columns)
    if full:
        du, dv = filled_up(u_all, du, k), filled_up(t(vh), dv, k)
    return pack(a.shape[:-2], du, diagonal(turned), t(dv))


def _turning(s: Array) -> Array:
    """Return whether some vectors may turn at any speed: their values are equal, or 0."""
    return any_repeated(s) | np.any(vanishing(s), axis=-1, keepdims=True)


svd_: Rule = custom(
    "svd",
    _svd,
    [_svd_pull],
    _svd_push,
    facts=Facts(nature="infinite", tie=lambda y, a, full: _turning(_svd_parts(y, a, full)[1])),
    doc=r"U, \sigma and V^T with A = U \Sigma V^T",
)


svdvals_: Rule = custom(
    "svdvals",
    lambda a: np.linalg.svd(a, compute_uv=False),
    [lambda g, _y, a: _svdvals_pull(g, a)],
    lambda dx, _y, a: _svdvals_push(dx[0], a),
    facts=Facts(nature="kink", tie=lambda y, _a: repeated(y) | vanishing(y)),
    doc=r"\sigma with A = U \Sigma V^T",
)


def _svdvals_pull(g: Array, a: Array) -> Array:
    u, _, vh = _svd_parts(svd_(a, full=False), a, full=False)
    return (u * g[..., None, :]) @ vh


def _svdvals_push(da: Array, a: Array) -> Array:
    u, _, vh = _svd_parts(svd_(a, full=False), a, full=False)
    return diagonal(t(u) @ da @ t(vh))


@door(np.linalg.svd)
def svd(a: Array, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Return the singular values, in falling order, and the singular vectors.

    Args:
        a: (..., m, n), real.
        full_matrices: fill the vectors up to a basis of the whole space.
        compute_uv: return the vectors as well.
        hermitian: for ``a`` symmetric, which is differentiated in its symmetric part; the signs of vectors may differ from NumPy's.

    Source: Townsend, Differentiating the singular value decomposition (2016).

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda a: np.linalg.svd(a).S[0])(np.diag([3.0, 1.0]))
    array([[1., 0.],
           [0., 0.]])
    """
    a = operand(a)
    if a.dtype.kind == "c":
        raise errors.DTypeError(errors.say("np.linalg.svd", "the matrix must be real", f"dtype {a.dtype}", "np.linalg.svd(np.real(a))"))
    if a.ndim < 2:
        raise errors.matrix("svd", "two-dimensional", [a.shape])
    a = symmetric(a, "svd") if hermitian else a
    return result_of(np.linalg.svd)(*_svd_parts(svd_(a, full=full_matrices), a, full_matrices)) if compute_uv else svdvals_(a)


@door(np.linalg.svdvals)
def svdvals(x: Array, /) -> Array:
    """Return the singular values, in falling order; where two are equal, or one is 0, there is a kink."""
    return svd(x, compute_uv=False)


@door(np.linalg.cond)
def cond(x: Array, p: Any = None) -> Array:
    """Return the condition number: the largest singular value over the smallest, or with a norm ``p`` that of ``x`` times that of its inverse."""
    if p in {None, 2, -2}:
        s = svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return np.linalg.norm(x, ord=p, axis=(-2, -1)) * np.linalg.norm(np.linalg.inv(x), ord=p, axis=(-2, -1))


def _given(options: dict[str, Any]) -> bool:
    """Whether a bound for singular values was given, below which the rank does not change."""
    return any(options.get(name) is not None for name in ("tol", "rtol", "rcond"))


rank_ = predicate(
    "matrix_rank",
    lambda a, **kw: np.linalg.matrix_rank(a, **kw),
    arity=None,
    facts=Facts(
        nature="jump",
        tie=lambda y, a, **kw: (y < min(a.shape[-2:])) & (not _given(kw)),
        near=lambda a, **_kw: np.sum(svdvals_(a) > 0, axis=-1),
    ),
    doc="the number of singular values above a bound",
)


@door(np.linalg.matrix_rank)
def matrix_rank(A: Array, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Array:
    """Return the number of singular values above a bound: a whole number, which jumps where it is not full, unless a bound is given."""
    return rank_(A, tol=tol, hermitian=hermitian, rtol=rtol)


# ---- the pseudo-inverse ---------------------------------------------------------------------------------------------------


def _rest(a: Array, b: Array) -> Array:
    """Return 1 - a @ b."""
    return np.eye(a.shape[-2], dtype=a.dtype) - a @ b


def _pinv_pull(g: Array, y: Array, a: Array, **_options: Any) -> Array:
    return -(t(y) @ g @ t(y)) + _rest(a, y) @ t(g) @ (y @ t(y)) + (t(y) @ y) @ t(g) @ _rest(y, a)


def _pinv_push(dx: Sequence[Array | None], y: Array, a: Array, **_options: Any) -> Array:
    (da,) = dx
    return -(y @ da @ y) + y @ t(y) @ t(da) @ _rest(a, y) + _rest(y, a) @ t(da) @ t(y) @ y


def _rank_may_grow(y: Array, a: Array, **options: Any) -> Array:
    """Return whether the rank is not full, so that it grows just beside; it is the trace of the projection ``y @ a``."""
    rank = np.sum(y * t(a), axis=(-2, -1), keepdims=True)
    return (rank < min(a.shape[-2:]) - 0.5) & (not _given(options))


pinv_: Rule = custom(
    "pinv",
    lambda a, **options: np.linalg.pinv(a, **options),
    [_pinv_pull],
    _pinv_push,
    facts=Facts(nature="jump", tie=_rank_may_grow),
    doc=r"A^+, where the rank stays as it is",
)


@door(np.linalg.pinv)
def pinv(a: Array, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Array:
    """Return the pseudo-inverse; singular values below ``rcond`` (or ``rtol``) times the largest count as 0, and stay 0.

    The value jumps where the rank is not full, unless a bound is given. With ``hermitian`` the matrix is differentiated in its
    symmetric part; in one triangle, if only that one is given.

    Source: Golub and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate (1973).

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda a: np.sum(np.linalg.pinv(a)))(np.array([[2.0], [0.0]]))
    array([[-0.25],
           [ 0.25]])
    """
    a = operand(a)
    options = {name: value for name, value in (("rcond", rcond), ("rtol", rtol)) if value is not None}
    return pinv_(symmetric(a, "pinv"), hermitian=True, **options) if hermitian else pinv_(a, **options)
