"""The layers that are compared with PyTorch's: one list for the recording script, the recorded test and the live one.

Weights, inputs and cotangents come from one seeded generator, so only answers are recorded.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """One call of one layer: its class, how it is made, the shapes of its inputs (an array is taken as it is), and how it is called."""

    layer: str
    args: tuple = ()
    made: dict[str, Any] = field(default_factory=dict)
    inputs: tuple = ()
    called: dict[str, Any] = field(default_factory=dict)
    training: bool = True

    def __str__(self) -> str:
        settings = [*map(str, self.args), *(f"{k}={v}" for k, v in self.made.items()), *self.called]
        return f"{self.layer}({', '.join(settings)}){'' if self.training else ' eval'}"


X2, X3, X4, X5 = (3, 4), (2, 4, 7), (2, 4, 5, 6), (2, 2, 3, 4, 3)
WORDS = np.array([[1, 3, 1], [0, 2, 5]])
LATE = np.array([[False, False, True], [False, False, False]])
AHEAD = ~np.tri(3, dtype=bool)

ACTIVATIONS = [
    Case(name, inputs=(X2,))
    for name in (
        "ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Sigmoid", "LogSigmoid", "Tanh", "Softsign", "Tanhshrink", "Hardsigmoid", "Hardswish", "GELU",
    )
] + [
    Case("LeakyReLU", (0.2,), inputs=(X2,)),
    Case("PReLU", (4,), inputs=(X3,)),
    Case("PReLU", inputs=(X2,)),
    Case("ELU", (0.7,), inputs=(X2,)),
    Case("CELU", (1.0,), inputs=(X2,)),
    Case("GELU", made={"approximate": "tanh"}, inputs=(X2,)),
    Case("Softplus", (2.0,), inputs=(X2,)),
    Case("Softshrink", (0.3,), inputs=(X2,)),
    Case("Hardshrink", (0.3,), inputs=(X2,)),
    Case("Hardtanh", (-0.5, 0.7), inputs=(X2,)),
    Case("Threshold", (0.1, -2.0), inputs=(X2,)),
    Case("GLU", (1,), inputs=(X2,)),
    Case("Softmax", (1,), inputs=(X2,)),
    Case("LogSoftmax", (1,), inputs=(X2,)),
    Case("Softmin", (1,), inputs=(X2,)),
]  # fmt: skip

LINEAR = [
    Case("Linear", (4, 3), inputs=(X2,)),
    Case("Linear", (7, 2), {"bias": False}, (X3,)),
    Case("Bilinear", (4, 3, 2), inputs=((5, 4), (5, 3))),
    Case("Bilinear", (4, 3, 2), {"bias": False}, ((2, 5, 4), (2, 5, 3))),
    Case("Embedding", (6, 3), inputs=(WORDS,)),
    Case("Embedding", (6, 3), {"padding_idx": 1, "scale_grad_by_freq": True}, (WORDS,)),
    Case("Flatten", inputs=(X4,)),
    Case("Unflatten", (1, (2, 2)), inputs=(X3,)),
    Case("PixelShuffle", (2,), inputs=(X4,)),
    Case("PixelUnshuffle", (2,), inputs=((1, 2, 4, 6),)),
    Case("Upsample", made={"scale_factor": 2.0}, inputs=(X4,)),
    Case("Upsample", made={"size": (7, 4), "mode": "bilinear"}, inputs=(X4,)),
]

CONVOLUTIONS = [
    Case("Conv1d", (4, 6, 3), inputs=(X3,)),
    Case("Conv1d", (4, 6, 3), {"padding": "same", "dilation": 2, "groups": 2}, (X3,)),
    Case("Conv1d", (4, 2, 3), {"padding": 2, "padding_mode": "circular", "stride": 2}, (X3,)),
    Case("Conv2d", (4, 3, 3), {"padding": 1}, (X4,)),
    Case("Conv2d", (4, 8, (3, 2)), {"stride": (2, 1), "groups": 4, "bias": False}, (X4,)),
    Case("Conv2d", (4, 3, 3), {"padding": (1, 2), "padding_mode": "reflect"}, (X4,)),
    Case("Conv2d", (4, 3, 1), inputs=((4, 5, 6),)),
    Case("Conv3d", (2, 3, 2), {"padding": 1, "stride": 2}, (X5,)),
    Case("ConvTranspose1d", (4, 6, 3), {"stride": 2, "output_padding": 1}, (X3,)),
    Case("ConvTranspose2d", (4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}, (X4,)),
    Case("ConvTranspose2d", (4, 2, 2), {"dilation": 3, "output_padding": 2}, (X4,)),
    Case("ConvTranspose3d", (2, 3, 2), {"padding": 1}, (X5,)),
]

POOLS = [
    Case("MaxPool1d", (2,), inputs=(X3,)),
    Case("MaxPool2d", (2,), inputs=((2, 3, 4, 6),)),
    Case("MaxPool2d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True}, (X4,)),
    Case("MaxPool3d", (2,), {"dilation": 2}, ((1, 2, 4, 5, 4),)),
    Case("AvgPool1d", (3,), {"padding": 1}, (X3,)),
    Case("AvgPool2d", (2,), {"ceil_mode": True, "count_include_pad": False, "padding": 1}, (X4,)),
    Case("AvgPool3d", (2,), {"stride": 1, "divisor_override": 3}, (X5,)),
    Case("AdaptiveAvgPool1d", (3,), inputs=(X3,)),
    Case("AdaptiveAvgPool2d", ((2, None),), inputs=(X4,)),
    Case("AdaptiveAvgPool3d", (1,), inputs=(X5,)),
    Case("AdaptiveMaxPool1d", (3,), inputs=(X3,)),
    Case("AdaptiveMaxPool2d", (2,), inputs=(X4,)),
    Case("AdaptiveMaxPool3d", ((1, 2, 3),), inputs=(X5,)),
]

NORMS = [
    Case("BatchNorm1d", (4,), inputs=(X2,)),
    Case("BatchNorm1d", (4,), {"momentum": None}, (X3,)),
    Case("BatchNorm1d", (4,), inputs=(X3,), training=False),
    Case("BatchNorm2d", (4,), {"eps": 0.1}, (X4,)),
    Case("BatchNorm2d", (4,), {"affine": False, "track_running_stats": False}, (X4,), training=False),
    Case("BatchNorm3d", (2,), inputs=(X5,)),
    Case("InstanceNorm1d", (4,), {"affine": True, "track_running_stats": True}, (X3,)),
    Case("InstanceNorm2d", (4,), inputs=(X4,)),
    Case("InstanceNorm3d", (2,), {"track_running_stats": True}, (X5,), training=False),
    Case("LayerNorm", ((4, 7),), inputs=(X3,)),
    Case("LayerNorm", (7,), {"bias": False}, (X3,)),
    Case("GroupNorm", (2, 4), inputs=(X4,)),
    Case("RMSNorm", (7,), {"eps": 1e-3}, (X3,)),
]

RECURRENT = [
    Case("RNN", (3, 4), inputs=((5, 2, 3),)),
    Case("RNN", (3, 4, 2), {"nonlinearity": "relu", "bidirectional": True}, ((5, 2, 3),)),
    Case("LSTM", (3, 4), {"batch_first": True}, ((2, 5, 3),)),
    Case("LSTM", (3, 4, 2), {"bidirectional": True, "bias": False}, ((5, 2, 3),)),
    Case("LSTM", (3, 4), inputs=((5, 3),)),
    Case("GRU", (3, 4, 2), inputs=((5, 2, 3), (2, 2, 4))),
    Case("GRU", (3, 4), {"bidirectional": True}, ((5, 2, 3),)),
    Case("RNNCell", (3, 4), inputs=((2, 3), (2, 4))),
    Case("LSTMCell", (3, 4), inputs=((2, 3),)),
    Case("GRUCell", (3, 4), {"bias": False}, ((2, 3), (2, 4))),
]

ATTENTION = [
    Case("MultiheadAttention", (4, 2), {"batch_first": True}, ((2, 3, 4), (2, 3, 4), (2, 3, 4)), {"key_padding_mask": LATE}),
    Case("MultiheadAttention", (4, 2), {"kdim": 3, "vdim": 5}, ((3, 2, 4), (6, 2, 3), (6, 2, 5)), {"average_attn_weights": False}),
    Case("MultiheadAttention", (4, 1), {"bias": False}, ((3, 4), (3, 4), (3, 4)), {"attn_mask": AHEAD, "need_weights": False}),
    Case("TransformerEncoderLayer", (4, 2, 6, 0.0), {"batch_first": True}, ((2, 3, 4),), {"src_mask": AHEAD}),
    Case("TransformerEncoderLayer", (4, 2, 6, 0.0), {"norm_first": True, "activation": "gelu"}, ((3, 2, 4),)),
    Case("TransformerDecoderLayer", (4, 2, 6, 0.0), {"batch_first": True}, ((2, 3, 4), (2, 5, 4)), {"tgt_mask": AHEAD}),
    Case("TransformerDecoderLayer", (4, 2, 6, 0.0), {"norm_first": True}, ((3, 2, 4), (5, 2, 4)), {"tgt_key_padding_mask": LATE}),
]

RESAMPLED = [
    Case("Upsample", made={"size": (7, 4), "mode": "bicubic"}, inputs=(X4,)),
    Case("Upsample", made={"scale_factor": 1.5, "mode": "bicubic", "align_corners": True}, inputs=(X4,)),
    Case("Upsample", made={"size": (3, 9), "mode": "nearest-exact"}, inputs=(X4,)),
    Case("Upsample", made={"size": (3, 9), "mode": "area"}, inputs=(X4,)),
    Case("Upsample", made={"scale_factor": (1.1, 2.0), "mode": "bilinear"}, inputs=(X4,)),
    Case("Softplus", (3.0, 0.2), inputs=(X2,)),
]

OPTIONS = [
    Case(
        "MultiheadAttention",
        (4, 2, 0.0, True, True, True),
        {"batch_first": True},
        ((2, 3, 4), (2, 3, 4), (2, 3, 4)),
        {"key_padding_mask": LATE},
    ),
    Case("MultiheadAttention", (4, 2), {"add_bias_kv": True, "vdim": 3}, ((3, 4), (3, 4), (3, 3)), {"attn_mask": AHEAD}),
    Case("MultiheadAttention", (4, 2), {"add_zero_attn": True}, ((3, 2, 4), (5, 2, 4), (5, 2, 4))),
    Case("LSTM", (3, 5, 2), {"bidirectional": True, "proj_size": 2}, ((4, 2, 3),)),
    Case("LSTM", (3, 4), {"batch_first": True, "bias": False, "proj_size": 3}, ((2, 4, 3),)),
    Case("AdaptiveMaxPool2d", ((2, 3),), {"return_indices": True}, (X4,)),
    Case("AdaptiveMaxPool1d", (5, True), inputs=((4, 7),)),
    Case("BatchNorm2d", (4,), {"bias": False}, (X4,)),
    Case("GroupNorm", (2, 4), {"bias": False}, (X4,)),
    Case("InstanceNorm2d", (4,), {"affine": True, "track_running_stats": True}, ((4, 5, 6),)),
]

CASES = ACTIVATIONS + LINEAR + CONVOLUTIONS + POOLS + NORMS + RECURRENT + ATTENTION + RESAMPLED + OPTIONS
"""New cases go to the end: the place of a case seeds its numbers."""


def weights(shapes: dict[str, tuple[int, ...]], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return a state for these shapes; running variances are positive, counters stay 0."""
    state = {}
    for name, shape in sorted(shapes.items()):
        drawn = rng.normal(size=shape) * 0.5
        state[name] = np.zeros(shape, np.int64) if name.endswith("tracked") else np.exp(drawn) if name.endswith("var") else drawn
    return state


def drawn_inputs(case: Case, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the inputs of a case."""
    return [x if isinstance(x, np.ndarray) else rng.normal(size=x) for x in case.inputs]


def flattened(output: Any) -> list[Any]:
    """Return the arrays of an output that may be nested tuples with None."""
    if isinstance(output, tuple | list):
        return [y for part in output for y in flattened(part)]
    return [] if output is None else [output]


def asked(case: Case, place: int, make: Any, leaf: Any, plain: Any) -> dict[str, np.ndarray]:
    """Run a case with one framework; return outputs, gradients and the state afterwards by name.

    Args:
        case: what to run.
        place: where it stands in the list, which seeds its numbers.
        make: returns ``(module, load, gradients, state)`` for a case.
        leaf: makes a tensor that requires grad.
        plain: makes what a call takes besides.
    """
    rng = np.random.default_rng(1000 + place)
    module, load, named_gradients, state = make(case)
    load(weights({name: value.shape for name, value in state().items()}, rng))
    inputs = [leaf(x) if x.dtype.kind == "f" else plain(x) for x in drawn_inputs(case, rng)]
    outputs = flattened(module(*inputs, **{k: plain(v) for k, v in case.called.items()}))
    cotangents = [rng.normal(size=tuple(y.shape)) for y in outputs]
    sum((y * plain(g)).sum() for y, g in zip(outputs, cotangents, strict=True)).backward()
    found = {f"output {i}": y for i, y in enumerate(outputs)}
    found |= {f"gradient of input {i}": x.grad for i, x in enumerate(inputs) if getattr(x, "grad", None) is not None}
    found |= {f"gradient of {name}": g for name, g in named_gradients().items() if g is not None}
    found |= {f"state {name}": value for name, value in state().items() if "running" in name or "tracked" in name}
    return {name: np.asarray(v.detach().numpy() if hasattr(v, "detach") else v) for name, v in found.items()}


def asked_of_torch(case: Case, place: int) -> dict[str, np.ndarray]:
    """Run a case with PyTorch."""
    import torch  # noqa: PLC0415  only the recording and the live test need it

    def make(case: Case) -> Any:
        module = getattr(torch.nn, case.layer)(*case.args, **case.made).double().train(case.training)
        return (
            module,
            lambda state: module.load_state_dict({k: torch.tensor(v) for k, v in state.items()}),
            lambda: {name: p.grad for name, p in module.named_parameters()},
            module.state_dict,
        )

    return asked(
        case,
        place,
        make,
        lambda x: torch.tensor(x, requires_grad=True),
        lambda v: torch.tensor(v) if isinstance(v, np.ndarray) else v,
    )
