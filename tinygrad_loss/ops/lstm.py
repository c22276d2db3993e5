"""Long short-term memory over time as one op.

Inside, features stand before samples, so that each gate is one block of memory, and the gates are in the order i, f, o, g,
so that one call serves the three sigmoids. A sigmoid is a tanh of half the argument, halved and shifted: with the halves in
the weights one tanh makes all four gates. One product per step takes the input, the state and the bias together.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from tinygrad_loss.context import RECORDING
from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops import lstm_in_place
from tinygrad_loss.ops.handover import Kept
from tinygrad_loss.ops.lstm_in_place import Way
from tinygrad_loss.ops.over_time import Jointly, tangents

__all__ = ["lstm_scan"]

WAYS: Final = Kept()
"""The way of a recorded forward, by its result."""


def _exchanged(w: Array, n: int) -> Array:
    """Exchange the rows of the last two gates: i, f, g, o becomes i, f, o, g, and that i, f, g, o."""
    return np.concatenate([w[: 2 * n], w[3 * n :], w[2 * n : 3 * n]])


def _halved(w: Array, n: int) -> Array:
    """Halve the rows of the sigmoids."""
    return np.concatenate([w[: 3 * n] * 0.5, w[3 * n :]])


def _joined(w_in: Array, w: Array, bias: Array) -> Array:
    """Return what all operands are multiplied by, its rows in our order."""
    return _exchanged(np.concatenate([w_in, w, bias[:, None]], axis=1), w.shape[-1])


def _plain(*x: Array) -> bool:
    """Return whether these are arrays of one dtype, which can be written into each other's place."""
    return all(type(a) is np.ndarray and a.dtype == x[0].dtype for a in x)


def _run(x: Array, h: Array, c: Array, halved: Array) -> tuple[Array, Way]:
    n, h, c = h.shape[-1], h.T, c.T
    one = np.ones_like(h[:1])
    steps: list[tuple[Array, ...]] = []
    for t in range(len(x)):
        operand = np.concatenate([x[t].T, h, one])
        raw = np.tanh(halved @ operand)
        gates = np.concatenate([raw[: 3 * n] * 0.5 + 0.5, raw[3 * n :]])
        c = gates[n : 2 * n] * c + gates[:n] * gates[3 * n :]
        bounded = np.tanh(c)
        h = gates[2 * n : 3 * n] * bounded
        steps.append((h, c, operand, gates, bounded))
    states, cells, *way = zip(*steps, strict=True)
    return np.stack([*states, *cells]).reshape((2, len(x), *h.shape)), Way(*way)


def _lstm(x: Array, h: Array, c: Array, w_in: Array, w: Array, bias: Array) -> Array:
    halved = _halved(_joined(w_in, w, bias), h.shape[-1])
    if not _plain(x, h, c, halved):
        return _run(x, h, c, halved)[0]
    y, way = lstm_in_place.forward(x, h, c, halved)
    if RECORDING.get():
        WAYS.keep(y, way)
    return y


def _way(y: Array, x: Array, h: Array, c: Array, *weights: Array) -> Way:
    """Return what the forward kept, or compute it anew for another kind of array."""
    found: Way | None = WAYS.find(y)
    return _run(x, h, c, _halved(_joined(*weights), h.shape[-1]))[1] if found is None else found


def _slopes(gates: Array, n: int) -> Array:
    """Return the derivatives of the gates by what their functions are of."""
    sigmoids, new = gates[: 3 * n], gates[3 * n :]
    return np.concatenate([sigmoids - sigmoids * sigmoids, 1.0 - new * new])


def _backward(g: Array, y: Array, c: Array, back: Array, way: Way) -> tuple[Sequence[Array], Array, Array]:
    n = c.shape[-1]
    moved: list[Array] = []
    dh, dc = g[0, -1], g[1, -1]
    for t in range(len(way.gates) - 1, -1, -1):
        gates, bounded, past = way.gates[t], way.bounded[t], y[1, t - 1] if t else c.T
        through = dh * gates[2 * n : 3 * n]
        dc = dc + through * (1.0 - bounded * bounded)
        partners = np.concatenate([dc * gates[3 * n :], dc * past, dh * bounded, dc * gates[:n]])
        moved.append(partners * _slopes(gates, n))
        dh, dc = back @ moved[-1], dc * gates[n : 2 * n]
        if t:
            dh, dc = dh + g[0, t - 1], dc + g[1, t - 1]
    return moved[::-1], dh, dc


def _lstm_vjp(g: Array, y: Array, *inputs: Array) -> Sequence[Array | Callable[[], Array]]:
    x, h, c, w_in, w, _ = inputs
    (length, batch, features), n = x.shape, h.shape[-1]
    way, back = _way(y, *inputs), _exchanged(w, n).T
    in_place = type(way.gates) is np.ndarray and _plain(y, g, c, w)
    moved, dh, dc = (lstm_in_place.backward if in_place else _backward)(g, y, c, back, way)
    # The cotangents of all steps side by side make the gradient of the weights a single product.
    flat = np.concatenate(moved, axis=1)
    read = np.concatenate(way.operands, axis=1)
    dw = _exchanged(flat @ read.T, n)

    def dx() -> Array:
        return np.transpose((_exchanged(w_in, n).T @ flat).reshape((features, length, batch)), (1, 2, 0))

    return dx, dh.T, dc.T, dw[:, :features], dw[:, features:-1], dw[:, -1]


def _lstm_jvp(dx: Sequence[Array | None], y: Array, *inputs: Array) -> Array:
    moved, dh, dc, dw_in, dw, db = tangents(dx, inputs)
    c, n, joined, turned = inputs[2], inputs[1].shape[-1], _joined(*inputs[3:]), _joined(dw_in, dw, db)
    dh, dc = dh.T, dc.T
    still = np.zeros_like(dh[:1])
    states, cells = [], []
    for t, (operand, gates, bounded) in enumerate(zip(*_way(y, *inputs), strict=True)):
        d = (joined @ np.concatenate([moved[t].T, dh, still]) + turned @ operand) * _slopes(gates, n)
        dc = d[n : 2 * n] * (y[1, t - 1] if t else c.T) + gates[n : 2 * n] * dc + d[:n] * gates[3 * n :] + gates[:n] * d[3 * n :]
        dh = d[2 * n : 3 * n] * bounded + gates[2 * n : 3 * n] * dc * (1.0 - bounded * bounded)
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
