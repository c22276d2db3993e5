"""Long short-term memory over time as one op.

Inside, features stand before samples, so that each gate is one block of memory, and the gates are in the order i, f, o, g,
so that one call serves the three sigmoids. A sigmoid is a tanh of half the argument, halved and shifted: with the halves in
the weights one tanh makes all four gates. One product per step takes the input, the state and the bias together.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from tinygrad_loss.context import RECORDING
from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.handover import Kept
from tinygrad_loss.ops.over_time import Jointly, tangents

__all__ = ["lstm_scan"]


class Step(NamedTuple):
    """What one step computed on its way.

    Attributes:
        operand: input, state before and a row of ones, ``[features + n + 1, batch]``.
        raw: the tanh of all gates, ``[4 n, batch]``.
        sigmoids: the gates i, f and o, ``[3 n, batch]``.
        past: the cell before.
        bounded: the tanh of the cell after.
    """

    operand: Array
    raw: Array
    sigmoids: Array
    past: Array
    bounded: Array


STEPS: Final = Kept()
"""The steps of a recorded forward, by its result."""


def _exchanged(w: Array, n: int) -> Array:
    """Exchange the rows of the last two gates: i, f, g, o becomes i, f, o, g, and that i, f, g, o."""
    return np.concatenate([w[: 2 * n], w[3 * n :], w[2 * n : 3 * n]])


def _halved(w: Array, n: int) -> Array:
    """Halve the rows of the sigmoids."""
    return np.concatenate([w[: 3 * n] * 0.5, w[3 * n :]])


def _joined(w_in: Array, w: Array, bias: Array) -> Array:
    """Return what all operands are multiplied by, its rows in our order, those of the sigmoids halved."""
    n = w.shape[-1]
    return _halved(_exchanged(np.concatenate([w_in, w, bias[:, None]], axis=1), n), n)


def _run(x: Array, h: Array, c: Array, w_in: Array, w: Array, bias: Array) -> tuple[Array, list[Step]]:
    n, joined = h.shape[-1], _joined(w_in, w, bias)
    h, c = h.T, c.T
    one = np.ones_like(h[:1])
    states, cells, steps = [], [], []
    for t in range(len(x)):
        operand = np.concatenate([x[t].T, h, one])
        raw = np.tanh(joined @ operand)
        sigmoids, past = raw[: 3 * n] * 0.5 + 0.5, c
        c = sigmoids[n : 2 * n] * c + sigmoids[:n] * raw[3 * n :]
        bounded = np.tanh(c)
        h = sigmoids[2 * n :] * bounded
        states.append(h)
        cells.append(c)
        steps.append(Step(operand, raw, sigmoids, past, bounded))
    return np.stack(states + cells).reshape((2, len(x), *h.shape)), steps


def _lstm(*x: Array) -> Array:
    y, steps = _run(*x)
    if type(y) is np.ndarray and RECORDING.get():
        STEPS.keep(y, steps)
    return y


def _steps(y: Array, x: Sequence[Array]) -> list[Step]:
    """Return what the forward kept, or compute it anew for another kind of array."""
    found = STEPS.find(y)
    return _run(*x)[1] if found is None else found


def _lstm_vjp(g: Array, y: Array, *inputs: Array) -> Sequence[Array | Callable[[], Array]]:
    x, h, _, w_in, w, bias = inputs
    (length, batch, features), n = x.shape, h.shape[-1]
    steps, joined = _steps(y, inputs), _joined(w_in, w, bias)
    back = joined[:, features:-1].T
    moved: list[Array] = []
    dh, dc = g[0, -1], g[1, -1]
    for t in range(length - 1, -1, -1):
        _, raw, sigmoids, past, bounded = steps[t]
        through = dh * sigmoids[2 * n :]
        dc = dc + (through - through * bounded * bounded)
        half = dc * 0.5
        partners = np.concatenate([half * raw[3 * n :], half * past, dh * bounded * 0.5, dc * sigmoids[:n]])
        moved.append(partners * (1.0 - raw * raw))
        dh, dc = back @ moved[-1], dc * sigmoids[n : 2 * n]
        if t:
            dh, dc = dh + g[0, t - 1], dc + g[1, t - 1]
    # The cotangents of all steps side by side make the gradient of the weights a single product.
    flat = np.concatenate(moved[::-1], axis=1)
    read = np.concatenate([step.operand for step in steps], axis=1)
    dw = _exchanged(_halved(flat @ read.T, n), n)

    def dx() -> Array:
        return np.transpose((joined[:, :features].T @ flat).reshape((features, length, batch)), (1, 2, 0))

    return dx, dh.T, dc.T, dw[:, :features], dw[:, features:-1], dw[:, -1]


def _lstm_jvp(dx: Sequence[Array | None], y: Array, *inputs: Array) -> Array:
    moved, dh, dc, dw_in, dw, db = tangents(dx, inputs)
    n, joined, turned = inputs[1].shape[-1], _joined(*inputs[3:]), _joined(dw_in, dw, db)
    dh, dc = dh.T, dc.T
    still = np.zeros_like(dh[:1])
    states, cells = [], []
    for t, (operand, raw, sigmoids, past, bounded) in enumerate(_steps(y, inputs)):
        total = joined @ np.concatenate([moved[t].T, dh, still]) + turned @ operand
        d = total * (1.0 - raw * raw)
        ds = d[: 3 * n] * 0.5
        dc = ds[n : 2 * n] * past + sigmoids[n : 2 * n] * dc + ds[:n] * raw[3 * n :] + sigmoids[:n] * d[3 * n :]
        dh = ds[2 * n :] * bounded + sigmoids[2 * n :] * dc * (1.0 - bounded * bounded)
        states.append(dh)
        cells.append(dc)
    return np.stack(states + cells).reshape(y.shape)


lstm_scan = custom(
    "lstm_scan",
    _lstm,
    Jointly(_lstm_vjp),
    _lstm_jvp,
    doc=r"c_t = f c_{t-1} + i g, h_t = o \tanh c_t with gates i, f, g, o of W x_t + U h_{t-1} + b; all h, then all c, features first",
)
