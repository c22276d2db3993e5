"""Single steps of recurrent layers, and the rule by which a layer repeats them."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from tinygrad_loss import errors, mismatch, ops
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nn import initialise
from tinygrad_loss.nn.inputs import accept
from tinygrad_loss.nn.module import Module, parameter
from tinygrad_loss.ops.lstm import lstm_scan
from tinygrad_loss.ops.recurrent import gru_scan, rnn_scan
from tinygrad_loss.ops.settings import whole

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]

KINDS = ("tanh", "relu")
State = TypeVar("State")
"""What is carried from step to step: one tensor, or the two of an LSTM."""


def scan(kind: str, x: Array, state: tuple[Array, ...], weights: Sequence[Any]) -> tuple[Array, tuple[Array, ...]]:
    """Run one layer over ``[T, N, F]``; return its states at every step, and all that it carries."""
    w_ih, w_hh, b_ih, b_hh = weights
    if kind == "GRU":
        z = ops.linear(x, w_ih, b_ih)
        past = b_hh if b_hh is not None else np.zeros(w_hh.shape[0], w_hh.dtype)
        h = gru_scan(z, state[0], w_hh, past)
        return h, (h,)
    bias = b_ih if b_hh is None or b_ih is None else b_ih + b_hh
    if kind == "LSTM":
        y = lstm_scan(x, *state, w_ih, w_hh, np.zeros(w_ih.shape[0], w_ih.dtype) if bias is None else bias)
        h, c = np.swapaxes(y[0], 1, 2), np.swapaxes(y[1], 1, 2)
        return h, (h, c)
    h = rnn_scan(ops.linear(x, w_ih, bias), state[0], w_hh, kind=kind)
    return h, (h,)


def projected_scan(x: Array, state: tuple[Array, ...], weights: Sequence[Any], down: Tensor) -> tuple[Array, tuple[Array, ...]]:
    r"""Run a layer of an LSTM whose state is a projection: $h_t = P\, o \tanh c_t$.

    Since $U h_t = (U P)(o \tanh c_t)$, a plain layer does it; the first state, which is no such product, comes in beside the first input.
    """
    w_ih, w_hh, *biases = weights
    h, c = state
    beside = np.concatenate([h[None], np.zeros((len(x) - 1, *h.shape), h.dtype)])
    joined: Any = np.concatenate([w_ih, w_hh], axis=1)
    y, (_, cells) = scan("LSTM", np.concatenate([x, beside], axis=-1), (np.zeros_like(c), c), (joined, w_hh @ down, *biases))
    y = ops.linear(y, down)
    return y, (y, cells)


def states_given(layer: str, hx: Any, shapes: Sequence[tuple[int, ...]], called: str) -> tuple[Array, ...]:
    """Return the arrays of a state that the caller gave, each of the shape that fits."""
    pair = len(shapes) == 2
    several = isinstance(hx, tuple) or (pair and isinstance(hx, list))
    if several != pair or (pair and len(hx) != 2):
        rule = f"the {called} is " + ("a pair of arrays" if pair else "one array")
        got = f"a {type(hx).__name__} of {len(hx)}" if several else f"one array of shape {np.shape(hx)}"
        raise errors.ArgumentError(errors.say(layer, rule, got, "hx=(h, c)" if pair else "hx=hx[0]"))
    given = tuple(h if hasattr(h, "dtype") else np.asarray(h) for h in (hx if pair else (hx,)))
    for h, shape in zip(given, shapes, strict=True):
        if h.shape != shape:
            raise errors.shapes(
                layer,
                f"the {called} must have shape {shape}",
                [h.shape],
                "hx=None for zeros",
                mismatch.not_of_shape(f"the {called}", h.shape, shape),
            )
    return given


class Cell(Module, Generic[State]):
    """What the single steps share.

    Args:
        input_size: the number of features of the input.
        hidden_size: the number of features of the state.
        bias: whether to add biases.
        dtype: of the parameters, and so of the input.
        rng: a seed or generator for the first weights.
    """

    gates: ClassVar[int]
    kind: str

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, *, dtype: DTypeLike = np.float32, rng: Any = None) -> None:
        rng = np.random.default_rng(rng)
        name = type(self).__name__
        self.input_size = input_size = whole(name, "input_size", input_size)
        self.hidden_size = hidden_size = whole(name, "hidden_size", hidden_size, 1)
        width = self.gates * hidden_size

        def first(*shape: int) -> Tensor:
            return parameter(initialise.fan_in_uniform(shape, hidden_size, rng, dtype))

        self.weight_ih, self.weight_hh = first(width, input_size), first(width, hidden_size)
        self.bias_ih = first(width) if bias else None
        self.bias_hh = first(width) if bias else None

    def forward(self, x: Any, hx: Any = None) -> State:
        """Take one step.

        Args:
            x: ``[N, input_size]``, or ``[input_size]``.
            hx: the state before, ``[N, hidden_size]``, for an LSTM a pair; zeros by default.

        Returns:
            The state after.

        Raises:
            ShapeError: the features or the state do not fit.
        """
        name = type(self).__name__
        x = accept(name, x, self.weight_ih)
        if x.ndim not in {1, 2} or x.shape[-1] != self.input_size:
            raise errors.shapes(
                name,
                f"the input must be [N, {self.input_size}]",
                [x.shape],
                f"nn.{name}({x.shape[-1] if x.ndim else 1}, {self.hidden_size})",
                mismatch.not_of_length("the input", x.shape, -1, self.input_size),
            )
        shape = (*x.shape[:-1], self.hidden_size)
        pair = self.kind == "LSTM"
        states = (np.zeros(shape, x.dtype),) * (1 + pair) if hx is None else states_given(name, hx, (shape,) * (1 + pair), "state")
        states = tuple(accept(name, h, self.weight_hh) for h in states)
        rows = (1, math.prod(shape[:-1]))
        _, carried = scan(
            self.kind,
            x.reshape((*rows, self.input_size)),
            tuple(h.reshape((rows[1], self.hidden_size)) for h in states),
            (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh),
        )
        after: Any = tuple(c[0].reshape(shape) for c in carried)
        return after if pair else after[0]

    def multiply_adds(self, inputs: tuple[Any, ...], output: Array) -> int:
        """Return one per weight and row."""
        del output
        return (int(inputs[0].size) // self.input_size) * self.gates * self.hidden_size * (self.input_size + self.hidden_size)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias_ih is not None else ", bias=False")


class RNNCell(Cell[Tensor]):
    r"""One step of an `RNN`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.RNNCell(3, 4)(np.zeros((2, 3), np.float32)).shape
    (2, 4)
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        dtype: DTypeLike = np.float32,
        rng: Any = None,
    ) -> None:
        if nonlinearity not in KINDS:
            raise errors.unknown_name("RNNCell", "nonlinearity", nonlinearity, KINDS)
        super().__init__(input_size, hidden_size, bias, dtype=dtype, rng=rng)
        self.kind = nonlinearity


class LSTMCell(Cell[tuple[Tensor, Tensor]]):
    """One step of an `LSTM`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> h, c = nn.LSTMCell(3, 4)(np.zeros((2, 3), np.float32))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    gates = 4
    kind = "LSTM"


class GRUCell(Cell[Tensor]):
    """One step of a `GRU`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.GRUCell(3, 4)(np.zeros((2, 3), np.float32)).shape
    (2, 4)
    """

    gates = 3
    kind = "GRU"
