"""Rows of ``ops/solving.py``, ``ops/spectra.py``, ``ops/matrix_norms.py`` and ``ops/einsum.py``."""

import math

import numpy as np

from table.row import Row, Sample, table

CLOSED = "closed form"
LAPACK = {"source": CLOSED, "least": np.float32}


def regular(n, *batch):
    """Return a draw of matrices far from singular, with distinct singular values."""
    return lambda rng: rng.uniform(-1.0, 1.0, (*batch, n, n)) + 3.0 * np.diag(np.arange(1.0, n + 1.0))


def positive(n, *batch):
    """Return a draw of symmetric positive definite matrices with distinct eigenvalues."""

    def draw(rng):
        x = rng.uniform(-1.0, 1.0, (*batch, n, n))
        return x @ np.swapaxes(x, -1, -2) + np.diag(np.arange(1.0, n + 1.0))

    return draw


DIAGONAL = [[2.0, 0.0], [0.0, 4.0]]
FOUR = [[1.0, 2.0], [3.0, 4.0]]
EYE = [[1.0, 0.0], [0.0, 1.0]]
DEPENDENT = [[1.0, 2.0], [2.0, 4.0]]

ROWS = table(
    Row(
        name="einsum",
        at=([[1.0, 2.0]], [[3.0], [4.0]]),
        static={"spec": "ij,jk->ik"},
        value=[[11.0]],
        slopes=([[3.0, 4.0]], [[1.0], [2.0]]),
        source=CLOSED,
        samples=(
            Sample((2, 3), (3, 4), spec="ij,jk->ki"),
            Sample((2, 3), (2, 3), (3,), spec="ij,ij,j->i"),
            Sample((2,), (3,), spec="i,j->ji"),
            Sample((2, 3), (2, 3), spec="ij,ij->"),
        ),
    ),
    Row(
        name="solve",
        at=(DIAGONAL, [[2.0], [8.0]]),
        value=[[1.0], [2.0]],
        slopes=([[-0.5, -1.0], [-0.25, -0.5]], [[0.5], [0.25]]),
        samples=(Sample(regular(3), (3, 2)), Sample(regular(2, 4, 1), (3, 2, 1)), Sample(regular(2), (3, 2, 2))),
        **LAPACK,
    ),
    Row(
        name="inv",
        at=(DIAGONAL,),
        value=[[0.5, 0.0], [0.0, 0.25]],
        slopes=([[-0.25, -0.125], [-0.125, -0.0625]],),
        samples=(Sample(regular(3)), Sample(regular(2, 2))),
        **LAPACK,
    ),
    Row(
        name="det",
        at=(FOUR,),
        value=-2.0,
        slopes=([[4.0, -3.0], [-2.0, 1.0]],),
        samples=(Sample(regular(3)), Sample(regular(2, 2))),
        **LAPACK,
    ),
    Row(
        name="cofactors",
        at=(FOUR,),
        value=[[4.0, -3.0], [-2.0, 1.0]],
        slopes=([[1.0, -1.0], [-1.0, 1.0]],),
        samples=(Sample(regular(3)), Sample(regular(2, 2))),
        **LAPACK,
    ),
    Row(
        name="slogdet",
        at=(DIAGONAL,),
        value=[1.0, math.log(8.0)],
        slopes=([[0.5, 0.0], [0.0, 0.25]],),
        samples=(Sample(regular(3)), Sample(regular(2, 2))),
        tied=([[0.0]],),
        **LAPACK,
    ),
    Row(
        name="symmetric",
        at=([[1.0, 2.0], [3.0, 4.0]], EYE),
        static={"lower": True},
        value=[[1.0, 2.5], [2.5, 4.0]],
        slopes=([[1.0, 1.0], [1.0, 1.0]], None),
        source=CLOSED,
        samples=(
            Sample((3, 3), np.eye(3), lower=True),
            Sample((2, 3, 3), np.tri(3), lower=True),
            Sample((3, 3), np.tri(3), lower=False),
        ),
    ),
    Row(
        name="symmetric_back",
        at=([[1.0, 2.0], [3.0, 4.0]], FOUR),
        static={"lower": True},
        value=[[1.0, 0.0], [5.0, 4.0]],
        slopes=([[1.0, 1.0], [1.0, 1.0]], None),
        source=CLOSED,
        samples=(Sample((3, 3), np.eye(3), lower=True), Sample((2, 3, 3), np.tri(3), lower=False)),
    ),
    Row(
        name="cholesky",
        at=([[4.0, 0.0], [0.0, 1.0]],),
        value=[[2.0, 0.0], [0.0, 1.0]],
        slopes=([[0.25, 0.25], [0.25, 0.5]],),
        samples=(Sample(positive(3)), Sample(positive(2, 2))),
        **LAPACK,
    ),
    Row(name="ratio", at=(6.0, 3.0), value=2.0, slopes=(1 / 3, -2 / 3), tied=(1.0, 0.0), beside=1, source=CLOSED),
    Row(
        name="eigh",
        at=([[1.0, 0.0], [0.0, 3.0]],),
        static={"uplo": "L"},
        value=[1.0, 3.0, 1.0, 0.0, 0.0, 1.0],
        slopes=(EYE,),
        samples=(Sample(positive(3)), Sample(positive(2, 2))),
        tied=(EYE,),
        ulps=1000,
        **LAPACK,
    ),
    Row(
        name="svd",
        at=([[3.0, 0.0], [0.0, 1.0]],),
        static={"full": False},
        value=[1.0, 0.0, 0.0, 1.0, 3.0, 1.0, 1.0, 0.0, 0.0, 1.0],
        slopes=(EYE,),
        samples=(
            Sample(regular(3), full=False),
            Sample(lambda rng: regular(4)(rng)[:, :2], full=False),
            Sample(lambda rng: regular(4)(rng)[:3], full=False),
            Sample(lambda rng: regular(3, 2)(rng)[..., :2], full=True),
            Sample(lambda rng: regular(3)(rng)[:2], full=True),
        ),
        tied=(EYE,),
        ulps=1000,
        **LAPACK,
    ),
    Row(
        name="eigvalsh",
        at=([[1.0, 0.0], [0.0, 3.0]],),
        value=[1.0, 3.0],
        slopes=(EYE,),
        samples=(Sample(positive(3)), Sample(positive(2, 2))),
        tied=(EYE,),
        ulps=1000,
        **LAPACK,
    ),
    Row(
        name="svdvals",
        at=([[3.0, 0.0], [0.0, 1.0]],),
        value=[3.0, 1.0],
        slopes=(EYE,),
        samples=(Sample(regular(3)), Sample(lambda rng: regular(4, 2)(rng)[..., :2]), Sample(lambda rng: regular(4)(rng)[:3])),
        tied=(EYE,),
        ulps=1000,
        **LAPACK,
    ),
    Row(name="matrix_rank", at=([[1.0, 0.0], [0.0, 0.0]],), value=1, tied=(DEPENDENT,), ulps=1000, **LAPACK),
    Row(
        name="pinv",
        at=([[2.0], [0.0]],),
        value=[[0.5, 0.0]],
        slopes=([[-0.25], [0.25]],),
        samples=(Sample(regular(3)), Sample(lambda rng: regular(3, 2)(rng)[..., :2]), Sample(lambda rng: regular(3)(rng)[:2])),
        tied=(DEPENDENT,),
        ulps=1000,
        **LAPACK,
    ),
    Row(
        name="qr",
        at=([[3.0], [4.0]],),
        static={"complete": False},
        value=[-0.6, -0.8, -5.0],
        slopes=([[-0.632], [-0.776]],),
        samples=(
            Sample(regular(3), complete=False),
            Sample(lambda rng: regular(4, 2)(rng)[..., :2], complete=False),
            Sample(lambda rng: regular(3)(rng)[:, :2], complete=True),
        ),
        tied=([[0.0], [1.0]],),
        **LAPACK,
    ),
    Row(
        name="abs_power",
        at=(-2.0,),
        static={"q": 3.0},
        value=8.0,
        slopes=(-12.0,),
        curvature=12.0,
        source=CLOSED,
        tied=(0.0,),
        tied_static={"q": 0.5},
    ),
    Row(
        name="signed_power",
        at=(-2.0,),
        static={"q": 3.0},
        value=-8.0,
        slopes=(12.0,),
        curvature=-12.0,
        source=CLOSED,
        tied=(0.0,),
        tied_static={"q": 0.5},
    ),
    Row(
        name="norm_p",
        at=([1.0, 2.0],),
        static={"axis": (0,), "p": 3.0},
        value=9.0 ** (1 / 3),
        slopes=([9.0 ** (-2 / 3), 4.0 * 9.0 ** (-2 / 3)],),
        source=CLOSED,
        samples=(Sample((4,), axis=(0,), p=3.0), Sample((2, 3), axis=(1,), p=1.5), Sample((2, 3, 2), axis=(0, 2), p=-2.0)),
        tied=([0.0, 0.0],),
    ),
    Row(
        name="quasi_norm",
        at=([1.0, 4.0],),
        static={"axis": (0,), "p": 0.5},
        value=9.0,
        slopes=([3.0, 1.5],),
        source=CLOSED,
        samples=(Sample((4,), axis=(0,), p=0.5), Sample((2, 3), axis=(1,), p=0.75)),
        tied=([0.0, 1.0],),
    ),
)
