"""Rows of ``ops/recurrent.py``."""

from table.row import Row, Sample, table

CLOSED = "closed form: at 0 a sigmoid is 1/2 with slope 1/4, and tanh is 0 with slope 1"

ROWS = table(
    Row(
        name="rnn_scan",
        at=([[[0.0]], [[0.0]]], [[0.0]], [[2.0]]),
        static={"kind": "tanh"},
        value=[[[0.0]], [[0.0]]],
        slopes=([[[3.0]], [[1.0]]], [[6.0]], [[0.0]]),
        source=CLOSED,
        samples=(Sample((3, 2, 4), (2, 4), (4, 4), kind="tanh"), Sample((3, 2, 2), (2, 2), (2, 2), kind="relu")),
    ),
    Row(
        name="lstm_scan",
        at=([[[0.0]]], [[0.0]], [[0.0]], [[1.0], [2.0], [3.0], [5.0]], [[1.0], [2.0], [3.0], [4.0]], [0.0] * 4),
        value=[[[[0.0]]], [[[0.0]]]],
        slopes=([[[2.25]]], [[2.25]], [[0.75]], [[0.0]] * 4, [[0.0]] * 4, [0.0, 0.0, 0.75, 0.0]),
        source=CLOSED,
        samples=(Sample((3, 2, 3), (2, 2), (2, 2), (8, 3), (8, 2), (8,)),),
    ),
    Row(
        name="gru_scan",
        at=([[[0.0, 0.0, 0.0]]], [[0.0]], [[1.0], [2.0], [4.0]], [0.0, 0.0, 0.0]),
        value=[[[0.0]]],
        slopes=([[[0.0, 0.0, 0.5]]], [[1.5]], [[0.0]] * 3, [0.0, 0.0, 0.25]),
        source=CLOSED,
        samples=(Sample((3, 2, 6), (2, 2), (6, 2), (6,)),),
    ),
)
