"""The two loops of a long short-term memory on plain arrays, written into place.

They say what `lstm` says for every kind of array, with the same layout. Nothing is allocated and nothing copied from step to step:
beside the products, which PyTorch has to make too, that is most of what a step costs.
"""

from typing import NamedTuple

import numpy as np

from tinygrad_loss.engine.op import Array

__all__ = ["Way", "backward", "forward"]


class Way(NamedTuple):
    """What the steps computed on their way, one entry per step.

    Attributes:
        operands: input, state before and a row of ones, ``[features + n + 1, batch]``.
        gates: i, f, o and g, ``[4 n, batch]``.
        bounded: the tanh of the cell after, ``[n, batch]``.
    """

    operands: Array
    gates: Array
    bounded: Array


def forward(x: np.ndarray, h: np.ndarray, c: np.ndarray, halved: np.ndarray) -> tuple[np.ndarray, Way]:
    """Return all states, then all cells, and the way to them."""
    (length, batch, features), n = x.shape, h.shape[-1]
    operands = np.empty((length + 1, features + n + 1, batch), x.dtype)
    operands[:length, :features] = np.transpose(x, (0, 2, 1))
    operands[0, features:-1] = h.T
    operands[:, -1] = 1.0
    y = np.empty((2, length, n, batch), x.dtype)
    gates, bounded = np.empty((length, 4 * n, batch), x.dtype), np.empty((length, n, batch), x.dtype)
    past, fresh = c.T, np.empty((n, batch), x.dtype)
    for t in range(length):
        gate, state, cell, bound = gates[t], y[0, t], y[1, t], bounded[t]
        np.matmul(halved, operands[t], out=gate)
        np.tanh(gate, out=gate)
        sigmoids = gate[: 3 * n]
        sigmoids *= 0.5
        sigmoids += 0.5
        np.multiply(gate[n : 2 * n], past, out=cell)
        cell += np.multiply(gate[:n], gate[3 * n :], out=fresh)
        np.tanh(cell, out=bound)
        np.multiply(gate[2 * n : 3 * n], bound, out=state)
        operands[t + 1, features:-1] = state
        past = cell
    return y, Way(operands[:length], gates, bounded)


def backward(g: np.ndarray, y: np.ndarray, c: np.ndarray, back: np.ndarray, way: Way) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the cotangents of the gates before their functions, ``[length, 4 n, batch]``, of the first state and of the first cell."""
    n = c.shape[-1]
    moved, slope = np.empty_like(way.gates), np.empty_like(way.gates[0])
    dh, dc, through = g[0, -1].copy(), g[1, -1].copy(), np.empty_like(slope[:n])
    for t in range(len(moved) - 1, -1, -1):
        gate, bound, out = way.gates[t], way.bounded[t], moved[t]
        np.multiply(dh, bound, out=out[2 * n : 3 * n])
        dh *= gate[2 * n : 3 * n]
        np.multiply(bound, bound, out=through)
        np.subtract(1.0, through, out=through)
        through *= dh
        dc += through
        np.multiply(dc, gate[3 * n :], out=out[:n])
        np.multiply(dc, y[1, t - 1] if t else c.T, out=out[n : 2 * n])
        np.multiply(dc, gate[:n], out=out[3 * n :])
        np.multiply(gate, gate, out=slope)
        np.subtract(gate[: 3 * n], slope[: 3 * n], out=slope[: 3 * n])
        np.subtract(1.0, slope[3 * n :], out=slope[3 * n :])
        out *= slope
        np.matmul(back, out, out=dh)
        dc *= gate[n : 2 * n]
        if t:
            dh += g[0, t - 1]
            dc += g[1, t - 1]
    return moved, dh, dc
