"""Orthogonal and triangular factors."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import custom, door
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.packing import pack, result_of, unpack
from tinygrad_loss.ops.properties import operand
from tinygrad_loss.ops.solving import t
from tinygrad_loss.ops.turning import filled_up, narrowed, vanishing

__all__ = ["qr"]


def _qr(a: Array, complete: bool) -> Array:
    return pack(a.shape[:-2], *np.linalg.qr(a, mode="complete" if complete else "reduced"))


def _qr_parts(y: Array, a: Array, complete: bool) -> list[Array]:
    m, n = a.shape[-2:]
    k = m if complete else n
    return unpack(y, (m, k), (k, n))


def _qr_pull(g: Array, y: Array, a: Array, complete: bool) -> Array:
    n = a.shape[-1]
    (q, r), (gq, gr) = _qr_parts(y, a, complete), _qr_parts(g, a, complete)
    q, gq = narrowed(q, gq, n)
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
        dq, dr = filled_up(q_all, dq, n), np.concatenate([dr, np.zeros_like(r_all[..., n:, :])], axis=-2)
    return pack(a.shape[:-2], dq, dr)


def _may_turn(y: Array, a: Array, complete: bool) -> Array:
    """Return whether a column of Q may turn round just beside: where columns are dependent, or at the first column's signs.

    LAPACK reflects a column onto the axis that lies opposite to its first entry, and leaves one alone that is 0 below it.
    """
    _, r = _qr_parts(y, a, complete)
    length = np.abs(np.diagonal(r, 0, -2, -1))
    dependent = np.any(vanishing(length), axis=-1, keepdims=True)
    if a.shape[-2] < 2 or not a.shape[-1]:
        return dependent
    return dependent | (a[..., 0, :1] == 0) | np.all(a[..., 1:, :1] == 0, axis=-2)


qr_: Rule = custom(
    "qr",
    _qr,
    [_qr_pull],
    _qr_push,
    facts=Facts(nature="jump", tie=_may_turn),
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
