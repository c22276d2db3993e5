"""Eigenvalues and eigenvectors of symmetric matrices.

Vectors turn at a speed of 1 / (difference of two values): where values repeat the slope is infinite.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import custom, door
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.cholesky import symmetric
from tinygrad_loss.ops.packing import pack, result_of, unpack
from tinygrad_loss.ops.properties import operand
from tinygrad_loss.ops.solving import t
from tinygrad_loss.ops.turning import any_repeated, diagonal, gaps, off_diagonal, on_diagonal, ratio, repeated, skew

__all__ = ["eigh", "eigvalsh"]


def _eigh(a: Array, uplo: Literal["L", "U"]) -> Array:
    w, v = np.linalg.eigh((a + t(a)) * 0.5, uplo)  # the signs of the vectors depend on the triangle that is read
    return pack(a.shape[:-2], w, v)


def _eigh_parts(y: Array, a: Array) -> list[Array]:
    n = a.shape[-1]
    return unpack(y, (n,), (n, n))


def _eigh_pull(g: Array, y: Array, a: Array, **_uplo: Any) -> Array:
    (w, v), (gw, gv) = _eigh_parts(y, a), _eigh_parts(g, a)
    inside = on_diagonal(gw) + ratio(skew(t(v) @ gv) * 0.5, gaps(w))
    full = v @ inside @ t(v)
    return (full + t(full)) * 0.5


def _eigh_push(dx: Sequence[Array | None], y: Array, a: Array, **_uplo: Any) -> Array:
    w, v = _eigh_parts(y, a)
    turned = t(v) @ ((dx[0] + t(dx[0])) * 0.5) @ v
    return pack(a.shape[:-2], diagonal(turned), v @ ratio(off_diagonal(turned), gaps(w)))


eigh_: Rule = custom(
    "eigh",
    _eigh,
    [_eigh_pull],
    _eigh_push,
    facts=Facts(nature="infinite", tie=lambda y, a, uplo: any_repeated(_eigh_parts(y, a)[0])),
    doc=r"\lambda and V with A = V \Lambda V^T",
)


eigvalsh_: Rule = custom(
    "eigvalsh",
    lambda a: np.linalg.eigvalsh((a + t(a)) * 0.5),
    [lambda g, _y, a: _eigvalsh_pull(g, a)],
    lambda dx, _y, a: _eigvalsh_push(dx[0], a),
    facts=Facts(nature="kink", tie=lambda y, _a: repeated(y)),
    doc=r"\lambda with A = V \Lambda V^T",
)


def _eigvalsh_pull(g: Array, a: Array) -> Array:
    _, v = _eigh_parts(eigh_(a, uplo="L"), a)
    return v @ on_diagonal(g) @ t(v)


def _eigvalsh_push(da: Array, a: Array) -> Array:
    _, v = _eigh_parts(eigh_(a, uplo="L"), a)
    return diagonal(t(v) @ da @ v)


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
    """Return the eigenvalues of symmetric matrices, in rising order; where two are equal there is a kink.

    The matrix is differentiated in its symmetric part; in one triangle, if only that one is given.
    """
    a, lower = operand(a), UPLO.upper() == "L"
    if UPLO.upper() not in {"L", "U"}:
        raise errors.unknown_name("np.linalg.eigvalsh", "UPLO", UPLO, ("L", "U"))
    return eigvalsh_(symmetric(a, "eigvalsh", lower=lower))
