"""Eigenvalues, singular values, orthogonal factors, and what is computed from them.

Their vectors turn at a speed of 1 / (difference of two values): where values repeat the slope is infinite.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import custom, door, elementwise, predicate, unbroadcast
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.packing import pack, result_of, unpack
from tinygrad_loss.ops.properties import operand
from tinygrad_loss.ops.solving import symmetric, t

__all__ = ["cond", "eigh", "eigvalsh", "matrix_rank", "pinv", "qr", "svd", "svdvals"]


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
    facts=Facts(nature="infinite", tie=lambda _y, a, b: (b == 0) & (a != 0)),
    doc=r"a / b, and 0 where a = 0",
)


def _skew(x: Array) -> Array:
    """Return twice the antisymmetric part, whose diagonal is exactly 0."""
    return x - t(x)


def _off_diagonal(x: Array) -> Array:
    return np.tril(x, -1) + np.triu(x, 1)


def _on_diagonal(d: Array) -> Array:
    return d[..., None] * np.eye(d.shape[-1], dtype=d.dtype)


def _gaps(w: Array) -> Array:
    """Return the differences of all pairs; a value and itself are 1 apart, because nothing turns there."""
    return w[..., None, :] - w[..., :, None] + np.eye(w.shape[-1], dtype=w.dtype)


def _diagonal(x: Array) -> Array:
    return np.diagonal(x, 0, -2, -1)


# ---- eigenvalues ----------------------------------------------------------------------------------------------------------


def _eigh(a: Array, uplo: Literal["L", "U"]) -> Array:
    w, v = np.linalg.eigh((a + t(a)) * 0.5, uplo)  # the signs of the vectors depend on the triangle that is read
    return pack(a.shape[:-2], w, v)


def _eigh_parts(y: Array, a: Array) -> list[Array]:
    n = a.shape[-1]
    return unpack(y, (n,), (n, n))


def _eigh_pull(g: Array, y: Array, a: Array, **_uplo: Any) -> Array:
    (w, v), (gw, gv) = _eigh_parts(y, a), _eigh_parts(g, a)
    inside = _on_diagonal(gw) + ratio(_skew(t(v) @ gv) * 0.5, _gaps(w))
    full = v @ inside @ t(v)
    return (full + t(full)) * 0.5


def _eigh_push(dx: Sequence[Array | None], y: Array, a: Array, **_uplo: Any) -> Array:
    w, v = _eigh_parts(y, a)
    turned = t(v) @ ((dx[0] + t(dx[0])) * 0.5) @ v
    return pack(a.shape[:-2], _diagonal(turned), v @ ratio(_off_diagonal(turned), _gaps(w)))


def _repeated(values: Array) -> Array:
    """Return, per value, whether a neighbour equals it."""
    same = values[..., 1:] == values[..., :-1]
    none = np.zeros_like(values[..., :1], dtype=bool)
    return np.concatenate([none, same], axis=-1) | np.concatenate([same, none], axis=-1)


def _any_repeated(values: Array) -> Array:
    return np.any(values[..., 1:] == values[..., :-1], axis=-1, keepdims=True)


eigh_: Rule = custom(
    "eigh",
    _eigh,
    [_eigh_pull],
    _eigh_push,
    facts=Facts(nature="infinite", tie=lambda y, a, uplo: _any_repeated(_eigh_parts(y, a)[0])),
    doc=r"\lambda and V with A = V \Lambda V^T",
)


eigvalsh_: Rule = custom(
    "eigvalsh",
    lambda a: np.linalg.eigvalsh((a + t(a)) * 0.5),
    [lambda g, _y, a: _eigvalsh_pull(g, a)],
    lambda dx, _y, a: _eigvalsh_push(dx[0], a),
    facts=Facts(nature="kink", tie=lambda y, _a: _repeated(y)),
    doc=r"\lambda with A = V \Lambda V^T",
)


def _eigvalsh_pull(g: Array, a: Array) -> Array:
    _, v = _eigh_parts(eigh_(a, uplo="L"), a)
    return v @ _on_diagonal(g) @ t(v)


def _eigvalsh_push(da: Array, a: Array) -> Array:
    _, v = _eigh_parts(eigh_(a, uplo="L"), a)
    return _diagonal(t(v) @ da @ v)


@door(np.linalg.eigh)
def eigh(a: Array, UPLO: str = "L") -> Any:
    """Return the eigenvalues, in rising order, and the eigenvectors, as columns, of symmetric matrices.

    Args:
        a: (..., n, n), symmetric; differentiated in its symmetric part (in one triangle, if only that one is given).
        UPLO: which triangle is read, ``"L"`` or ``"U"``.

    Raises:
        MatrixError: ``a`` is not square.

    Source: Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation (2008).

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda a: np.linalg.eigh(a).eigenvalues[0])(np.diag([1.0, 3.0]))
    array([[1., 0.],
           [0., 0.]])
    """
    a, uplo = operand(a), UPLO.upper()
    if uplo not in {"L", "U"}:
        raise errors.unknown_name("np.linalg.eigh", "UPLO", UPLO, ("L", "U"))
    return result_of(np.linalg.eigh)(*_eigh_parts(eigh_(symmetric(a, "eigh", lower=uplo == "L"), uplo=uplo), a))


@door(np.linalg.eigvalsh)
def eigvalsh(a: Array, UPLO: str = "L") -> Array:
    """Return the eigenvalues of symmetric matrices, in rising order; where two are equal there is a kink."""
    a, lower = operand(a), UPLO.upper() == "L"
    if UPLO.upper() not in {"L", "U"}:
        raise errors.unknown_name("np.linalg.eigvalsh", "UPLO", UPLO, ("L", "U"))
    return eigvalsh_(symmetric(a, "eigvalsh", lower=lower))


# ---- singular values ------------------------------------------------------------------------------------------------------


def _svd(a: Array, full: bool) -> Array:
    return pack(a.shape[:-2], *np.linalg.svd(a, full_matrices=full))


def _svd_parts(y: Array, a: Array, full: bool) -> list[Array]:
    m, n = a.shape[-2:]
    k = min(m, n)
    return unpack(y, (m, m if full else k), (k,), (n if full else k, n))


def _narrowed(u: Array, gu: Array, k: int) -> tuple[Array, Array]:
    """Return the first ``k`` columns and their cotangent; the others, which fill up the space, turn as those do."""
    first, rest = u[..., :k], u[..., k:]
    return first, gu[..., :k] - rest @ (t(gu[..., k:]) @ first)


def _filled_up(u: Array, du: Array, k: int) -> Array:
    """Return the tangent of all columns from that of the first ``k``."""
    rest = u[..., k:]
    return np.concatenate([du, -(u[..., :k] @ (t(du) @ rest))], axis=-1)


def _svd_pull(g: Array, y: Array, a: Array, full: bool) -> Array:
    (u, s, vh), (gu, gs, gvh) = _svd_parts(y, a, full), _svd_parts(g, a, full)
    k = s.shape[-1]
    u, gu = _narrowed(u, gu, k)
    v, gv = _narrowed(t(vh), t(gvh), k)
    gaps = _gaps(s * s)
    inside = ratio(_skew(t(u) @ gu), gaps) * s[..., None, :] + s[..., None] * ratio(_skew(t(v) @ gv), gaps) + _on_diagonal(gs)
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
    gaps, columns, rows = _gaps(s * s), s[..., None, :], s[..., None]
    du = u @ ratio(_off_diagonal(turned * columns + rows * t(turned)), gaps)
    dv = v @ ratio(_off_diagonal(rows * turned + t(turned) * columns), gaps)
    if a.shape[-2] > k:
        du = du + ratio(da @ v - u @ turned, columns)
    if a.shape[-1] > k:
        dv = dv + ratio(t(da) @ u - v @ t(turned), columns)
    if full:
        du, dv = _filled_up(u_all, du, k), _filled_up(t(vh), dv, k)
    return pack(a.shape[:-2], du, _diagonal(turned), t(dv))


def _turning(s: Array) -> Array:
    """Return whether some vectors may turn at any speed: their values are equal, or 0."""
    return _any_repeated(s) | np.any(s == 0, axis=-1, keepdims=True)


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
    facts=Facts(nature="kink", tie=lambda y, _a: _repeated(y) | (y == 0)),
    doc=r"\sigma with A = U \Sigma V^T",
)


def _svdvals_pull(g: Array, a: Array) -> Array:
    u, _, vh = _svd_parts(svd_(a, full=False), a, full=False)
    return (u * g[..., None, :]) @ vh


def _svdvals_push(da: Array, a: Array) -> Array:
    u, _, vh = _svd_parts(svd_(a, full=False), a, full=False)
    return _diagonal(t(u) @ da @ t(vh))


@door(np.linalg.svd)
def svd(a: Array, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Return the singular values, in falling order, and the singular vectors.

    Args:
        a: (..., m, n), real.
        full_matrices: fill the vectors up to a basis of the whole space.
        compute_uv: return the vectors as well.
        hermitian: for ``a`` symmetric; the signs of vectors may differ from NumPy's.

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


rank_ = predicate(
    "matrix_rank", lambda a, **kw: np.linalg.matrix_rank(a, **kw), arity=None, doc="the number of singular values above a bound"
)


@door(np.linalg.matrix_rank)
def matrix_rank(A: Array, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Array:
    """Return the number of singular values above a bound: a whole number, which has no gradient."""
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


pinv_: Rule = custom(
    "pinv", lambda a, **options: np.linalg.pinv(a, **options), [_pinv_pull], _pinv_push, doc=r"A^+, where the rank stays as it is"
)


@door(np.linalg.pinv)
def pinv(a: Array, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Array:
    """Return the pseudo-inverse; singular values below ``rcond`` (or ``rtol``) times the largest count as 0, and stay 0.

    Source: Golub and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate (1973).

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda a: np.sum(np.linalg.pinv(a)))(np.array([[2.0], [0.0]]))
    array([[-0.25],
           [ 0.25]])
    """
    a = operand(a)
    options = {name: value for name, value in (("rcond", rcond), ("rtol", rtol)) if value is not None}
    return pinv_(symmetric(a, "pinv"), hermitian=True, **options) if hermitian else pinv_(a, **options)


# ---- orthogonal factors ---------------------------------------------------------------------------------------------------


def _qr(a: Array, complete: bool) -> Array:
    return pack(a.shape[:-2], *np.linalg.qr(a, mode="complete" if complete else "reduced"))


def _qr_parts(y: Array, a: Array, complete: bool) -> list[Array]:
    m, n = a.shape[-2:]
    k = m if complete else n
    return unpack(y, (m, k), (k, n))


def _qr_pull(g: Array, y: Array, a: Array, complete: bool) -> Array:
    n = a.shape[-1]
    (q, r), (gq, gr) = _qr_parts(y, a, complete), _qr_parts(g, a, complete)
    q, gq = _narrowed(q, gq, n)
    r, gr = r[..., :n, :], gr[..., :n, :]
    inside = r @ t(gr) - t(gq) @ q
    full = gq + q @ (np.tril(inside) + t(np.tril(inside, -1)))
    return t(np.linalg.solve(r, t(full)))


def _qr_push(dx: Sequence[Array | None], y: Array, a: Array, complete: bool) -> Array:
    n = a.shape[-1]
    q_all, r_all = _qr_parts(y, a, complete)
    q, r = q_all[..., :n], r_all[..., :n, :]
    scaled = t(np.linalg.solve(t(r), t(dx[0])))
    inside = t(q) @ scaled
    turning = np.tril(inside, -1)
    turning = turning - t(turning)
    dq = scaled - q @ inside + q @ turning
    dr = (inside - turning) @ r
    if complete:
        dq, dr = _filled_up(q_all, dq, n), np.concatenate([dr, np.zeros_like(r_all[..., n:, :])], axis=-2)
    return pack(a.shape[:-2], dq, dr)


qr_: Rule = custom(
    "qr",
    _qr,
    [_qr_pull],
    _qr_push,
    doc=r"Q and R with A = Q R",
)


@door(np.linalg.qr)
def qr(a: Array, mode: str = "reduced") -> Any:
    """Return an orthogonal and an upper triangular factor.

    Args:
        a: (..., m, n), real; its first ``min(m, n)`` columns must be independent for a finite gradient.
        mode: ``"reduced"``, ``"complete"``, or ``"r"`` for the triangular factor alone.

    Source: Walter and Lehmann, Algorithmic differentiation of linear algebra functions with application in optimum experimental design (2010).
    """
    a = operand(a)
    if mode not in {"reduced", "complete", "r"}:
        raise errors.unknown_name("np.linalg.qr", "mode", mode, ("reduced", "complete", "r"))
    if a.dtype.kind == "c":
        raise errors.DTypeError(errors.say("np.linalg.qr", "the matrix must be real", f"dtype {a.dtype}", "np.linalg.qr(np.real(a))"))
    if a.ndim < 2:
        raise errors.matrix("qr", "two-dimensional", [a.shape])
    m, n = a.shape[-2:]
    k = min(m, n)
    complete = mode == "complete" and m > n
    first = a[..., :k]
    q, r = _qr_parts(qr_(first, complete=complete), first, complete)
    if n > k:
        r = np.concatenate([r, t(q) @ a[..., k:]], axis=-1)
    return r if mode == "r" else result_of(np.linalg.qr)(q, r)
