"""Recurrent layers: RNN, LSTM and GRU."""

from collections.abc import Sequence
from typing import Any, ClassVar, Generic

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from tinygrad_loss import errors, mismatch, ops
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nn import initialise
from tinygrad_loss.nn.cell import KINDS, State, projected_scan, scan, states_given
from tinygrad_loss.nn.inputs import accept
from tinygrad_loss.nn.module import Module, parameter
from tinygrad_loss.ops.settings import probability, whole

__all__ = ["GRU", "LSTM", "RNN", "pad_sequences"]


def pad_sequences(sequences: Sequence[ArrayLike], *, batch_first: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Join sequences of unequal lengths, with zeros behind the shorter ones.

    Args:
        sequences: arrays ``[T_i, ...]``.
        batch_first: whether the batch is the first axis of the result.

    Returns:
        The sequences ``[T, N, ...]``, and their lengths ``[N]``, which a recurrent layer takes as ``lengths=``.

    Raises:
        DomainError: there is none.
        ShapeError: one has no axis of steps, or steps of another shape than the first.

    >>> from tinygrad_loss import nn
    >>> x, lengths = nn.pad_sequences([[[1.0], [2.0]], [[3.0]]])
    >>> x[:, :, 0].tolist(), lengths.tolist()
    ([[1.0, 3.0], [2.0, 0.0]], [2, 1])
    """
    arrays = [np.asarray(s) for s in sequences]
    _check_steps(arrays)
    lengths = np.array([len(a) for a in arrays])
    joined = np.zeros((len(arrays), int(lengths.max(initial=0)), *arrays[0].shape[1:]), np.result_type(*arrays))
    for row, a in zip(joined, arrays, strict=True):
        row[: len(a)] = a
    return (joined if batch_first else np.swapaxes(joined, 0, 1)), lengths


def _check_steps(arrays: list[np.ndarray]) -> None:
    """Refuse what cannot lie side by side."""
    if not arrays:
        raise errors.DomainError(errors.say("pad_sequences", "there must be at least one sequence", "none", "nn.pad_sequences([x])"))
    first = arrays[0].shape
    for a in arrays:
        if not a.ndim:
            raise errors.shapes("pad_sequences", "a sequence has an axis of steps", [()], "nn.pad_sequences([np.atleast_1d(x)])")
        if a.shape[1:] != first[1:]:
            rule = "every step of every sequence must have the same shape"
            differ = mismatch.unequal({"the first": (0, *first[1:]), "another": (0, *a.shape[1:])})
            instead = f"nn.pad_sequences([s for s in sequences if np.shape(s)[1:] == {first[1:]}])"
            raise errors.shapes("pad_sequences", rule, [first, a.shape], instead, differ)


class Recurrent(Module, Generic[State]):
    """What the recurrent layers share.

    Args:
        input_size: the number of features of the input.
        hidden_size: the number of features of the state.
        num_layers: how many layers stand on each other.
        bias: whether to add biases.
        batch_first: whether the batch is the first axis rather than the second.
        dropout: the probability of dropping a feature between two layers, in training.
        bidirectional: whether a second layer reads backwards.
        dtype: of the parameters, and so of the input.
        rng: a seed or generator for the first weights, uniform within one over the root of ``hidden_size``, and for the dropout.
    """

    gates: ClassVar[int]
    proj_size: int = 0

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: DTypeLike = np.float32,
        rng: Any = None,
    ) -> None:
        name = type(self).__name__
        self.input_size = whole(name, "input_size", input_size)
        self.hidden_size = hidden_size = whole(name, "hidden_size", hidden_size, 1)
        self.num_layers = whole(name, "num_layers", num_layers, 1)
        probability(name, "dropout", dropout)
        self.bias, self.batch_first, self.dropout, self.bidirectional = bias, batch_first, dropout, bidirectional
        self.rng = np.random.default_rng(rng)
        width = self.gates * hidden_size
        for suffix, features in self._suffixes():
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (width, features), "weight_hh": (width, self.width)}
            if bias:
                shapes |= {"bias_ih": (width,), "bias_hh": (width,)}
            if self.proj_size:
                shapes |= {"weight_hr": (self.proj_size, hidden_size)}
            for part, shape in shapes.items():
                setattr(self, f"{part}_{suffix}", parameter(initialise.fan_in_uniform(shape, hidden_size, self.rng, dtype)))

    @property
    def directions(self) -> int:
        """How many layers read the same input."""
        return 2 if self.bidirectional else 1

    @property
    def width(self) -> int:
        """How many features a layer hands on."""
        return self.proj_size or self.hidden_size

    def _suffixes(self) -> list[tuple[str, int]]:
        """Return the end of the parameters' names of each layer, and its number of input features."""
        ends = ("", "_reverse") if self.bidirectional else ("",)
        return [
            (f"l{layer}{end}", self.input_size if layer == 0 else self.width * self.directions)
            for layer in range(self.num_layers)
            for end in ends
        ]

    def _weights(self, suffix: str) -> list[Tensor | None]:
        return [getattr(self, f"{part}_{suffix}", None) for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]

    def _scan(self, x: Array, state: tuple[Array, ...], suffix: str) -> tuple[Array, tuple[Array, ...]]:
        if self.proj_size:
            return projected_scan(x, state, self._weights(suffix), getattr(self, f"weight_hr_{suffix}"))
        return scan(self.kind, x, state, self._weights(suffix))

    kind: str = ""

    @property
    def carried(self) -> int:
        """How many states go from step to step."""
        return 2 if self.kind == "LSTM" else 1

    # ---- forward ------------------------------------------------------------------------------------------------------

    def forward(self, x: Any, hx: Any = None, *, lengths: ArrayLike | None = None) -> tuple[Tensor, State]:
        """Read sequences.

        Args:
            x: ``[T, N, input_size]``, ``[N, T, input_size]`` with ``batch_first``, or ``[T, input_size]`` for one sequence.
            hx: the state before the first step, ``[num_layers * directions, N, hidden_size]``, for an LSTM a pair; zeros by default.
            lengths: ``[N]``, how long each sequence is; what stands behind its end is not read, and the output there is 0.

        Returns:
            The states of the last layer at every step, ``[T, N, directions * hidden_size]``, and the last state of every layer.

        Raises:
            ShapeError: the features, the state or the lengths do not fit, or sequences of unequal lengths come without ``lengths``.
            DTypeError: the input has another dtype than the parameters.
        """
        x, single = self._accept(x)
        steps, batch = x.shape[:2]
        ends = None if lengths is None else self._ends(lengths, steps, batch)
        states = self._states(hx, batch, single=single)
        y, last = x, []
        if ends is not None:
            inside = (np.arange(steps)[:, None] < ends)[:, :, None]
            y = np.where(inside, y, 0.0).astype(x.dtype)  # what stands behind the end may be anything, nan too
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                y = ops.dropout(y, self.dropout, rng=self.rng)
            parts = []
            for direction in range(self.directions):
                suffix, _ = self._suffixes()[layer * self.directions + direction]
                read = y if direction == 0 else _turned(y, ends)
                own = tuple(s[layer * self.directions + direction] for s in states)
                h, carried = self._scan(read, own, suffix)
                last.append([c[-1] if ends is None else c[ends - 1, np.arange(batch)] for c in carried])
                parts.append(h if direction == 0 else _turned(h, ends))
            y = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
            if ends is not None:
                y = np.where(inside, y, 0.0)
        final = [np.stack([one[i] for one in last]) for i in range(self.carried)]
        return self._returned(y, final, single=single)

    def _returned(self, y: Array, final: list[Array], *, single: bool) -> Any:
        if single:
            y, final = y[:, 0], [f[:, 0] for f in final]
        elif self.batch_first:
            y = np.swapaxes(y, 0, 1)
        return y, (final[0] if self.carried == 1 else tuple(final))

    def _accept(self, x: Any) -> tuple[Array, bool]:
        name = type(self).__name__
        if isinstance(x, list | tuple) and len({np.shape(s)[:1] for s in x}) > 1:
            got = " and ".join(sorted({str(len(s)) for s in x}, key=int))
            raise errors.ShapeError(
                errors.say(
                    name,
                    "sequences must be equally long, or padded with their lengths given",
                    f"lengths {got}",
                    "x, lengths = nn.pad_sequences(sequences); layer(x, lengths=lengths)",
                )
            )
        x = accept(name, x, self.weight_ih_l0)
        if x.ndim not in {2, 3} or x.shape[-1] != self.input_size:
            axes = "[N, T, {}]" if self.batch_first else "[T, N, {}]"
            rule = f"the input must be {axes.format(self.input_size)} or [T, {self.input_size}] with at least one step"
            instead = f"nn.{name}({x.shape[-1]}, {self.hidden_size})" if x.ndim in {2, 3} else f"x.reshape((-1, {self.input_size}))"
            raise errors.shapes(
                name,
                rule,
                [x.shape],
                instead,
                mismatch.not_of_length("the input", x.shape, -1, self.input_size) if x.ndim in {2, 3} else "",
            )
        time = int(self.batch_first and x.ndim == 3)
        if not x.shape[time]:
            raise errors.shapes(
                name, "a sequence must have at least one step", [x.shape], f"y, last = layer(x) if x.shape[{time}] else (x, None)"
            )
        if x.ndim == 2:
            return x[:, None], True
        return (np.swapaxes(x, 0, 1) if self.batch_first else x), False

    def _ends(self, lengths: ArrayLike, steps: int, batch: int) -> np.ndarray:
        name, ends = type(self).__name__, np.asarray(lengths)
        if ends.shape != (batch,) or ends.dtype.kind not in "iu" or ends.min(initial=1) < 1 or ends.max(initial=1) > steps:
            raise errors.ShapeError(
                errors.say(
                    name,
                    f"lengths has one whole number in 1..{steps} per sequence ({batch})",
                    str(ends.tolist()),
                    "lengths=[len(s) for s in sequences]",
                )
            )
        return ends

    def _states(self, hx: Any, batch: int, *, single: bool) -> tuple[Array, ...]:
        name = type(self).__name__
        lead = (self.num_layers * self.directions, *(() if single and hx is not None else (batch,)))
        shapes = [(*lead, n) for n in (self.width, self.hidden_size)[: self.carried]]
        if hx is None:
            return tuple(np.zeros(shape, self.weight_ih_l0.dtype) for shape in shapes)
        given = states_given(name, hx, shapes, "first state")
        return tuple(accept(name, h[:, None] if single else h, self.weight_ih_l0) for h in given)

    weight_ih_l0: Tensor

    def multiply_adds(self, inputs: tuple[Any, ...], output: Array) -> int:
        """Return one per weight and step of a sequence."""
        del output
        x = inputs[0]
        steps = x.shape[0] * (x.shape[1] if x.ndim == 3 else 1)
        own = self.gates * self.width + self.proj_size
        return steps * self.hidden_size * sum(self.gates * features + own for _, features in self._suffixes())

    def extra_repr(self) -> str:
        """Return the settings that differ from their defaults."""
        defaults = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False, "proj_size": 0}
        text = f"{self.input_size}, {self.hidden_size}"
        return text + "".join(f", {name}={getattr(self, name)}" for name, usual in defaults.items() if getattr(self, name) != usual)


def _turned(x: Array, ends: np.ndarray | None) -> Array:
    """Return sequences backwards, each from its own end."""
    if ends is None:
        return x[::-1]
    steps = np.arange(len(x))[:, None]
    return x[np.where(steps < ends, ends - 1 - steps, steps), np.arange(len(ends))]


class RNN(Recurrent[Tensor]):
    r"""A plain recurrent layer: $h_t = f(W x_t + b + U h_{t-1} + b')$.

    Args:
        input_size: the number of features of the input.
        hidden_size: the number of features of the state.
        num_layers: how many layers stand on each other.
        nonlinearity: $f$, ``"tanh"`` or ``"relu"``.
        bias: whether to add biases.
        batch_first: whether the batch is the first axis rather than the second.
        dropout: the probability of dropping a feature between two layers, in training.
        bidirectional: whether a second layer reads backwards.
        dtype: of the parameters, and so of the input.
        rng: a seed or generator for the first weights and the dropout.

    Source: Elman, Finding structure in time, 1990.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> y, last = nn.RNN(3, 4)(np.zeros((7, 2, 3), np.float32))
    >>> y.shape, last.shape
    ((7, 2, 4), (1, 2, 4))
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: DTypeLike = np.float32,
        rng: Any = None,
    ) -> None:
        if nonlinearity not in KINDS:
            raise errors.unknown_name("RNN", "nonlinearity", nonlinearity, KINDS)
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype=dtype, rng=rng)
        self.nonlinearity = self.kind = nonlinearity


class LSTM(Recurrent[tuple[Tensor, Tensor]]):
    r"""Long short-term memory: $c_t = f c_{t-1} + i g$, $h_t = o \tanh c_t$ with gates of $x_t$ and $h_{t-1}$; see `Recurrent`.

    Args:
        input_size: the number of features of the input.
        hidden_size: the number of features of the cell.
        num_layers: how many layers stand on each other.
        bias: whether to add biases.
        batch_first: whether the batch is the first axis rather than the second.
        dropout: the probability of dropping a feature between two layers, in training.
        bidirectional: whether a second layer reads backwards.
        proj_size: the number of features that $h_t$ is projected to, fewer than ``hidden_size``; 0 for no projection.
        dtype: of the parameters, and so of the input.
        rng: a seed or generator for the first weights and the dropout.

    Source: Hochreiter and Schmidhuber, Long short-term memory, 1997; Gers, Schmidhuber and Cummins, Learning to forget, 2000.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> y, (h, c) = nn.LSTM(3, 4, batch_first=True)(np.zeros((2, 7, 3), np.float32))
    >>> y.shape, h.shape, c.shape
    ((2, 7, 4), (1, 2, 4), (1, 2, 4))
    """

    gates = 4
    kind = "LSTM"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        dtype: DTypeLike = np.float32,
        rng: Any = None,
    ) -> None:
        self.proj_size = whole("LSTM", "proj_size", proj_size)
        if proj_size and proj_size >= hidden_size:
            raise errors.ArgumentError(
                errors.say("LSTM", "proj_size must be below hidden_size", f"{proj_size} and {hidden_size}", f"proj_size={hidden_size - 1}")
            )
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype=dtype, rng=rng)


class GRU(Recurrent[Tensor]):
    r"""Gated recurrent unit: $h_t = (1 - k) n + k h_{t-1}$ with gates of $x_t$ and $h_{t-1}$; see `Recurrent`.

    Source: Cho and others, Learning phrase representations using RNN encoder-decoder, 2014.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> y, last = nn.GRU(3, 4, bidirectional=True)(np.zeros((7, 2, 3), np.float32))
    >>> y.shape, last.shape
    ((7, 2, 8), (2, 2, 4))
    """

    gates = 3
    kind = "GRU"
