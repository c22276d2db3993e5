"""Rows of ``ops/fourier.py``, ``ops/complex_parts.py`` and ``ops/polynomials.py``."""

import numpy as np

from table.row import Row, Sample, table

DEFINITION = "by definition"
LAST = {"axis": 1, "norm": None}

ROWS = table(
    Row(name="real", at=([1.0, 2.0],), value=[1.0, 2.0], slopes=([1.0, 1.0],), source=DEFINITION),
    Row(name="imag", at=([1.0, 2.0],), value=[0.0, 0.0], slopes=([0.0, 0.0],), source=DEFINITION),
    Row(name="conj", at=([1.0, 2.0],), value=[1.0, 2.0], slopes=([1.0, 1.0],), source=DEFINITION),
    Row(
        name="fft",
        at=([[1.0, 2.0]],),
        static=LAST,
        value=np.array([[3.0 + 0j, -1.0]]),
        slopes=([[2.0, 0.0]],),
        source=DEFINITION,
        samples=(Sample((2, 3), **LAST), Sample((4, 3), axis=0, norm="ortho"), Sample((5,), axis=0, norm="forward")),
    ),
    Row(
        name="ifft",
        at=([[3.0, -1.0]],),
        static=LAST,
        value=np.array([[1.0 + 0j, 2.0]]),
        slopes=([[1.0, 0.0]],),
        source=DEFINITION,
        samples=(Sample((2, 3), **LAST), Sample((4, 3), axis=0, norm="ortho"), Sample((5,), axis=0, norm="forward")),
    ),
    Row(
        name="rfft",
        at=([[1.0, 2.0]],),
        static=LAST,
        value=np.array([[3.0 + 0j, -1.0]]),
        slopes=([[2.0, 0.0]],),
        source=DEFINITION,
        samples=(Sample((2, 3), **LAST), Sample((4, 3), axis=0, norm="ortho"), Sample((5,), axis=0, norm="forward")),
    ),
    Row(
        name="irfft",
        at=([[3.0, -1.0]],),
        static={"n": 2, **LAST},
        value=[[1.0, 2.0]],
        slopes=([[1.0, 0.0]],),
        source=DEFINITION,
        samples=(
            Sample((2, 3), n=4, **LAST),
            Sample((2, 3), n=5, **LAST),
            Sample((4, 3), n=6, axis=0, norm="ortho"),
            Sample((2,), n=3, axis=0, norm="forward"),
        ),
    ),
    Row(
        name="convolve",
        at=([1.0, 2.0, 3.0], [1.0, 10.0]),
        value=[1.0, 12.0, 23.0, 30.0],
        slopes=([11.0, 11.0, 11.0], [6.0, 6.0]),
        source=DEFINITION,
        samples=(Sample((4,), (3,)), Sample((1,), (3,))),
    ),
    Row(
        name="slide",
        at=([1.0, 2.0, 3.0], [1.0, 10.0]),
        value=[21.0, 32.0],
        slopes=([1.0, 11.0, 10.0], [3.0, 5.0]),
        source=DEFINITION,
        samples=(Sample((4,), (3,)), Sample((3,), (3,)), Sample((3,), (1,))),
    ),
)
