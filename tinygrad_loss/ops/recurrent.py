"""Recurrences over time as one op each: what needs no past is computed for all steps at once, the loop only carries the state.

The rules are plain NumPy without writing in place, so they run on every kind of array. Backwards the gates are computed anew
from the states, which are the result, with one product over all steps: cheaper than keeping them.
"""

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array, Rule

__all__ = ["gru_scan", "lstm_scan", "rnn_scan"]


class Jointly(Sequence[Rule]):
    """Makes one rule that returns the cotangents of all inputs look like a rule per input.

    The last result is kept while its cotangent lives, because the inputs are asked one after the other.
    """

    def __init__(self, rule: Callable[..., Sequence[Array]]) -> None:
        self._rule = rule
        self._last = threading.local()

    def __getitem__(self, i: Any) -> Any:
        return lambda g, y, *x, **static: self._all(g, y, x, static)[i]

    def __len__(self) -> int:
        return 1 << 30

    def _all(self, g: Array, y: Array, x: tuple[Array, ...], static: dict[str, Any]) -> Sequence[Array]:
        if type(g) is not np.ndarray:
            return self._rule(g, y, *x, **static)
        last = self._last
        if getattr(last, "cotangent", lambda: None)() is g and last.value() is y:
            kept: Sequence[Array] = last.result
            return kept
        last.result = self._rule(g, y, *x, **static)
        last.value = weakref.ref(y)
        last.cotangent = weakref.ref(g, lambda _: vars(last).pop("result", None))
        return last.result


def _steps(parts: list[Array], *, reverse: bool = False) -> Array:
    """Join one array per step along time."""
    return np.stack(parts[::-1] if reverse else parts)


def _before(first: Array, states: Array) -> Array:
    """Return the state before each step."""
    return np.concatenate([first[None], states[:-1]])


def _rows(x: Array) -> Array:
    return x.reshape((-1, x.shape[-1]))


def _products(states: Array, weight: Array) -> Array:
    """Return ``states @ weight.T`` for all steps at once."""
    return (_rows(states) @ weight.T).reshape((*states.shape[:-1], weight.shape[0]))


def _tangent(dx: Sequence[Array | None], x: Sequence[Array]) -> list[Array]:
    return [np.zeros_like(v) if d is None else d for d, v in zip(dx, x, strict=True)]


# ---- h' = f(z + h W) --------------------------------------------------------------------------------------------------------


def _rnn(z: Array, h: Array, weight: Array, kind: str) -> Array:
    states, across = [], weight.T
    for t in range(len(z)):
        total = z[t] + h @ across
        h = np.tanh(total) if kind == "tanh" else np.maximum(total, 0.0)
        states.append(h)
    return _steps(states)


def _rnn_slope(y: Array, kind: str) -> Array:
    return 1.0 - y * y if kind == "tanh" else y > 0


def _rnn_vjp(g: Array, y: Array, z: Array, h: Array, weight: Array, kind: str) -> Sequence[Array]:
    slope = _rnn_slope(y, kind)
    dz: list[Array] = []
    for t in range(len(z) - 1, -1, -1):
        dz.append((g[t] if not dz else g[t] + dz[-1] @ weight) * slope[t])
    steps = _steps(dz, reverse=True)
    return steps, dz[-1] @ weight, _rows(steps).T @ _rows(_before(h, y))


def _rnn_jvp(dx: Sequence[Array | None], y: Array, z: Array, h: Array, weight: Array, kind: str) -> Array:
    dz, dh, dw = _tangent(dx, (z, h, weight))
    moved = dz + _products(_before(h, y), dw)
    slope, across = _rnn_slope(y, kind), weight.T
    states = []
    for t in range(len(z)):
        dh = (moved[t] + dh @ across) * slope[t]
        states.append(dh)
    return _steps(states)


rnn_scan = custom("rnn_scan", _rnn, Jointly(_rnn_vjp), _rnn_jvp, doc=r"h_t = f(z_t + W h_{t-1})")

# ---- long short-term memory: gates in PyTorch's order i, f, g, o ---------------------------------------------------------------


# A sigmoid is a tanh of half the argument, halved and shifted; with the halves in the weights one tanh makes all gates.


def _sides(like: Array, n: int, sigmoid: float, tanh: float) -> Array:
    """Return one number per gate feature: one for the sigmoids i, f and o, another for the tanh g.

    It has the gates' full shape, because NumPy multiplies equal shapes three times as fast as it repeats a row.
    """
    one = np.ones_like(like[..., :n])
    return np.concatenate([one * sigmoid, one * sigmoid, one * tanh, one * sigmoid], axis=-1)


def _lstm(z: Array, h: Array, c: Array, weight: Array) -> Array:
    n = h.shape[-1]
    half, shift = _sides(z[0], n, 0.5, 1.0), _sides(z[0], n, 0.5, 0.0)
    z, across = z * half, (weight * half[:1].T).T
    states, cells = [], []
    for t in range(len(z)):
        a = np.tanh(z[t] + h @ across) * half + shift
        c = a[..., n : 2 * n] * c + a[..., :n] * a[..., 2 * n : 3 * n]
        h = a[..., 3 * n :] * np.tanh(c)
        states.append(h)
        cells.append(c)
    return np.stack(states + cells).reshape((2, *z.shape[:-1], n))


def _lstm_slopes(total: Array, before: Array, cell: Array, half: Array, shift: Array) -> tuple[Array, Array, Array]:
    """Return, for one step, what cotangents are multiplied by: those of cell and state on their way to the gates, to the cell, past it.

    One step at a time, because its arrays fit into the cache while those of all steps do not.
    """
    n = cell.shape[-1]
    raw = np.tanh(total * half)
    a, u = raw * half + shift, np.tanh(cell)
    partners = np.concatenate([a[..., 2 * n : 3 * n], before, a[..., :n], u], axis=-1)
    return (1.0 - raw * raw) * partners * (half * half), a[..., 3 * n :] * (1.0 - u * u), a[..., n : 2 * n]


def _lstm_vjp(g: Array, y: Array, z: Array, h: Array, c: Array, weight: Array) -> Sequence[Array]:
    n, past = h.shape[-1], _before(h, y[0])
    half, shift = _sides(z[0], n, 0.5, 1.0), _sides(z[0], n, 0.5, 0.0)
    products = _products(past, weight)
    dz: list[Array] = []
    dh, dc = None, None
    for t in range(len(z) - 1, -1, -1):
        into_gates, through, forget = _lstm_slopes(z[t] + products[t], y[1, t - 1] if t else c, y[1, t], half, shift)
        dh = g[0, t] if dh is None else g[0, t] + dz[-1] @ weight
        now = g[1, t] + dh * through
        dc = now if dc is None else now + dc
        dz.append(np.concatenate([dc, dc, dc, dh], axis=-1) * into_gates)
        dc = dc * forget
    steps = _steps(dz, reverse=True)
    return steps, dz[-1] @ weight, dc, _rows(steps).T @ _rows(past)


def _lstm_jvp(dx: Sequence[Array | None], y: Array, z: Array, h: Array, c: Array, weight: Array) -> Array:
    dz, dh, dc, dw = _tangent(dx, (z, h, c, weight))
    n, past, across = h.shape[-1], _before(h, y[0]), weight.T
    half, shift = _sides(z[0], n, 0.5, 1.0), _sides(z[0], n, 0.5, 0.0)
    products, moved = _products(past, weight), dz + _products(past, dw)
    states, cells = [], []
    for t in range(len(z)):
        into_gates, through, forget = _lstm_slopes(z[t] + products[t], y[1, t - 1] if t else c, y[1, t], half, shift)
        d = (moved[t] + dh @ across) * into_gates
        dc = d[..., :n] + d[..., n : 2 * n] + d[..., 2 * n : 3 * n] + dc * forget
        dh = d[..., 3 * n :] + dc * through
        states.append(dh)
        cells.append(dc)
    return np.stack(states + cells).reshape(y.shape)


lstm_scan = custom("lstm_scan", _lstm, Jointly(_lstm_vjp), _lstm_jvp, doc=r"c_t = f c_{t-1} + i g, h_t = o \tanh c_t; all h, then all c")

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
    return _steps(states)


def _gru_slopes(y: Array, z: Array, h: Array, weight: Array, bias: Array) -> tuple[Array, Array, Array]:
    """Return, for all steps, what a cotangent of the state is multiplied by on its way to the gates, to the past's product and past it."""
    n, before = h.shape[-1], _before(h, y)
    past = _products(before, weight) + bias
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
    past = _rows(_steps(products, reverse=True))
    return _thrice(_steps(cotangents, reverse=True)) * into_gates, dh, past.T @ _rows(_before(h, y)), np.sum(past, axis=0)


def _gru_jvp(dx: Sequence[Array | None], y: Array, z: Array, h: Array, weight: Array, bias: Array) -> Array:
    dz, dh, dw, db = _tangent(dx, (z, h, weight, bias))
    into_gates, into_past, keep = _gru_slopes(y, z, h, weight, bias)
    moved = dz * into_gates + (_products(_before(h, y), dw) + db) * into_past
    n, across = h.shape[-1], weight.T
    states = []
    for t in range(len(z)):
        d = moved[t] + (dh @ across) * into_past[t]
        dh = d[..., :n] + d[..., n : 2 * n] + d[..., 2 * n :] + dh * keep[t]
        states.append(dh)
    return _steps(states)


gru_scan = custom("gru_scan", _gru, Jointly(_gru_vjp), _gru_jvp, doc=r"h_t = (1 - k) n + k h_{t-1} with gates of z_t and W h_{t-1} + b")
