"""Plain and gated recurrences over time as one op each: what needs no past is computed for all steps at once.

The rules are plain NumPy without writing in place, so they run on every kind of array. Backwards the gates are computed anew
from the states, which are the result, with one product over all steps: cheaper than keeping them.
"""

from collections.abc import Sequence

import numpy as np

from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.over_time import Jointly, in_order, projected, rows_of, states_before, tangents

__all__ = ["gru_scan", "rnn_scan"]

# ---- h' = f(z + h W) --------------------------------------------------------------------------------------------------------


def _rnn(z: Array, h: Array, weight: Array, kind: str) -> Array:
    states, across = [], weight.T
    for t in range(len(z)):
        total = z[t] + h @ across
        h = np.tanh(total) if kind == "tanh" else np.maximum(total, 0.0)
        states.append(h)
    return in_order(states)


def _rnn_slope(y: Array, kind: str) -> Array:
    return 1.0 - y * y if kind == "tanh" else y > 0


def _rnn_vjp(g: Array, y: Array, z: Array, h: Array, weight: Array, kind: str) -> Sequence[Array]:
    slope = _rnn_slope(y, kind)
    dz: list[Array] = []
    for t in range(len(z) - 1, -1, -1):
        dz.append((g[t] if not dz else g[t] + dz[-1] @ weight) * slope[t])
    steps = in_order(dz, reverse=True)
    return steps, dz[-1] @ weight, rows_of(steps).T @ rows_of(states_before(h, y))


def _rnn_jvp(dx: Sequence[Array | None], y: Array, z: Array, h: Array, weight: Array, kind: str) -> Array:
    dz, dh, dw = tangents(dx, (z, h, weight))
    moved = dz + projected(states_before(h, y), dw)
    slope, across = _rnn_slope(y, kind), weight.T
    states = []
    for t in range(len(z)):
        dh = (moved[t] + dh @ across) * slope[t]
        states.append(dh)
    return in_order(states)


rnn_scan = custom("rnn_scan", _rnn, Jointly(_rnn_vjp), _rnn_jvp, doc=r"h_t = f(z_t + W h_{t-1})")

# ---- gated recurrent unit: gates in PyTorch's order r, z, n --------------------------------------------------------------------


def _gru_gates(z: Array, past: Array, n: int) -> tuple[Array, Array, Array]:
    sigmoid = np.tanh((z[..., : 2 * n] + past[..., : 2 * n]) * 0.5) * 0.5 + 0.5
    reset, keep = sigmoid[..., :n], sigmoid[..., n:]
    return reset, keep, np.tanh(z[..., 2 * n :] + reset * past[..., 2 * n :])


def _gru(z: Array, h: Array, weight: Array, bias: Array) -> Array:
    n, across = h.shape[-1], weight.T
    states = []
    for t in range(len(z)):
        _, keep, new = _gru_gates(z[t], h @ across + bias, n)
        h = new + keep * (h - new)
        states.append(h)
    return in_order(states)


def _gru_slopes(y: Array, z: Array, h: Array, weight: Array, bias: Array) -> tuple[Array, Array, Array]:
    """Return, for all steps, what a cotangent of the state is multiplied by on its way to the gates, to the past's product and past it."""
    n, before = h.shape[-1], states_before(h, y)
    past = projected(before, weight) + bias
    reset, keep, new = _gru_gates(z, past, n)
    into_new = (1.0 - keep) * (1.0 - new * new)
    into_reset = into_new * past[..., 2 * n :] * reset * (1.0 - reset)
    into_keep = (before - new) * keep * (1.0 - keep)
    return (
        np.concatenate([into_reset, into_keep, into_new], axis=-1),
        np.concatenate([into_reset, into_keep, into_new * reset], axis=-1),
        keep,
    )


def _thrice(x: Array) -> Array:
    return np.concatenate([x, x, x], axis=-1)


def _gru_vjp(g: Array, y: Array, z: Array, h: Array, weight: Array, bias: Array) -> Sequence[Array]:
    into_gates, into_past, keep = _gru_slopes(y, z, h, weight, bias)
    cotangents: list[Array] = []
    products: list[Array] = []
    dh = None
    for t in range(len(z) - 1, -1, -1):
        dh = g[t] if dh is None else g[t] + dh
        cotangents.append(dh)
        products.append(_thrice(dh) * into_past[t])
        dh = dh * keep[t] + products[-1] @ weight
    past = rows_of(in_order(products, reverse=True))
    return _thrice(in_order(cotangents, reverse=True)) * into_gates, dh, past.T @ rows_of(states_before(h, y)), np.sum(past, axis=0)


def _gru_jvp(dx: Sequence[Array | None], y: Array, z: Array, h: Array, weight: Array, bias: Array) -> Array:
    dz, dh, dw, db = tangents(dx, (z, h, weight, bias))
    into_gates, into_past, keep = _gru_slopes(y, z, h, weight, bias)
    moved = dz * into_gates + (projected(states_before(h, y), dw) + db) * into_past
    n, across = h.shape[-1], weight.T
    states = []
    for t in range(len(z)):
        d = moved[t] + (dh @ across) * into_past[t]
        dh = d[..., :n] + d[..., n : 2 * n] + d[..., 2 * n :] + dh * keep[t]
        states.append(dh)
    return in_order(states)


gru_scan = custom("gru_scan", _gru, Jointly(_gru_vjp), _gru_jvp, doc=r"h_t = (1 - k) n + k h_{t-1} with gates of z_t and W h_{t-1} + b")
