"""Every layer that knows the shape of its input refuses every other, in a message that is known to its last letter."""

import ast
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tinygrad_loss as tl
from messages import without_lengths
from tinygrad_loss import errors, losses, nn, tensor


def single(*shape):
    return np.zeros(shape, np.float32)


@dataclass(frozen=True)
class Refused:
    """A layer, inputs that do not fit it, and all that is said about them: by which op, the rule, what came, and the line."""

    layer: Any
    inputs: tuple[Any, ...]
    op: str
    rule: str
    got: str
    line: str
    raised: type = errors.ShapeError


def of_convolution(dims, name):
    layer, n = getattr(nn, name)(2, 3, 3), ", n" * dims
    rule = f"the input must be [N, 2{n}], with 2 channels on axis 1"
    other, flat, deep = (1, 1, *[8] * dims), (8,) * dims, (1, 1, 2, *[8] * dims)
    kernel = f"{(3,) * dims}"
    yield Refused(layer, (single(*other),), name, rule, f"{other}", f"nn.{name}(1, 3, {kernel})")
    yield Refused(layer, (single(*flat),), name, rule, f"{flat}", f"x of shape (N, 2{n})")
    yield Refused(layer, (single(*deep),), name, rule, f"{deep}", f"x of shape (N, 2{n})")
    empty = (1, 2, *[8] * (dims - 1), 0)
    least = "each axis after the channels must hold at least one entry"
    yield Refused(layer, (single(*empty),), name, least, f"{empty}", "if x.size: y = layer(x)")
    if "Transpose" not in name:
        yield from too_small(layer, dims, name.lower(), (1, 2))


def too_small(layer, dims, op, lead):
    short = (2, *[8] * (dims - 1))
    rule = f"the kernel, which covers {(3,) * dims}, must fit into the padded input, which is {short}"
    yield Refused(layer, (single(*lead, *short),), op, rule, f"{(*lead, *short)}", "padding=1, or a smaller kernel")


def of_pooling(dims, name):
    layer = getattr(nn, name)(3)
    op = f"{name[:3].lower()}_pool{dims}d"
    rule = f"the input has {dims} axes after batch and channels"
    yield from too_small(layer, dims, op, (1, 1))
    yield Refused(layer, (single(*[8] * dims),), op, rule, f"{(8,) * dims}", "x[None]")
    deep = (1, 1, 1, *[8] * dims)
    yield Refused(layer, (single(*deep),), op, rule, f"{deep}", f"x of shape (N, C{', n' * dims})")


def of_adaptive(dims, name):
    op = f"adaptive_{name[8:11].lower()}_pool{dims}d"
    rule = f"the input has {dims} axes after batch and channels, and output_size one length per axis"
    layer = getattr(nn, name)(2)
    yield Refused(layer, (single(*[8] * dims),), op, rule, f"{(8,) * dims}", "x[None]")
    empty = (1, 1, *[8] * (dims - 1), 0)
    least = "each axis after the channels must hold at least one entry"
    yield Refused(layer, (single(*empty),), op, least, f"{empty}", "if x.size: y = layer(x)")


def of_normalising(dims, name):
    settings = {"affine": True} if "Instance" in name else {}
    layer = getattr(nn, name)(3, **settings)
    allowed = "2 or 3" if name == "BatchNorm1d" else f"{dims + 2}"
    rule = f"the input must have {allowed} axes, and 3 channels on axis 1"
    other = (4, 2, *[5] * dims)
    yield Refused(layer, (single(*other),), name, rule, f"{other}", f"nn.{name}(2)")
    further = dims + 1 if dims < 3 else 1
    shape = (4, 3, *[5] * further)
    yield Refused(layer, (single(*shape),), name, rule, f"{shape}", f"nn.{name[:-2]}{further}d(3)")
    if "Batch" in name:
        alone, rule = (1, 3, *[1] * dims), "training needs more than one value per channel"
        line = "a larger batch, or model.eval() to use running statistics"
        yield Refused(layer, (single(*alone),), "batch_norm", rule, f"{alone}", line)


def of_recurrence(name):
    layer = getattr(nn, name)(3, 4)
    rule = "the input must be [T, N, 3] or [T, 3] with at least one step"
    yield Refused(layer, (single(5, 2, 2),), name, rule, "(5, 2, 2)", f"nn.{name}(2, 4)")
    yield Refused(layer, (single(5, 2, 3, 3),), name, rule, "(5, 2, 3, 3)", "x.reshape((-1, 3))")
    yield Refused(layer, (single(3),), name, rule, "(3,)", "x.reshape((-1, 3))")
    line = "y, last = layer(x) if x.shape[0] else (x, None)"
    yield Refused(layer, (single(0, 2, 3),), name, "a sequence must have at least one step", "(0, 2, 3)", line)
    rule = "sequences must be equally long, or padded with their lengths given"
    line = "x, lengths = nn.pad_sequences(sequences); layer(x, lengths=lengths)"
    yield Refused(layer, ([single(5, 3), single(2, 3)],), name, rule, "lengths 2 and 5", line)


def of_cell(name):
    layer = getattr(nn, name)(3, 4)
    yield Refused(layer, (single(2, 2),), name, "the input must be [N, 3]", "(2, 2)", f"nn.{name}(2, 4)")
    state = (single(2, 4), single(3, 4)) if name == "LSTMCell" else single(3, 4)
    yield Refused(layer, (single(2, 3), state), name, "the state must have shape (2, 4)", "(3, 4)", "hx=None for zeros")


def of_attention(layer, wrong, line, batch_line):
    rule = "query, key and value have one batch and 4, 4 and 4 features, key and value equally many positions"
    came = " and ".join(f"{x.shape}" for x in (wrong if len(wrong) == 3 else wrong * 3))
    yield Refused(layer, wrong, "MultiheadAttention", rule, came, line)
    flat = (single(4),) * len(wrong)
    yield Refused(layer, flat, "MultiheadAttention", rule, "(4,) and (4,) and (4,)", batch_line)


FEATURES = "the input's last axis must have 3 features"
BOTH = "the inputs' last axes must have 3 and 4 features, and the others be equal"
LAST = "the input's last axes must be (3,)"
OF_ONE_BATCH = "x of shape (T, N, 4) for each, of one batch"
THREE = (single(3, 1, 5),) * 3
ATTENDED = "query, key and value have one batch and 4, 4 and 4 features, key and value equally many positions"
ROWS = "x1 and x2 must broadcast together"

TABLE = {
    "Linear": [
        Refused(nn.Linear(3, 2), (single(5, 4),), "Linear", FEATURES, "(5, 4)", "nn.Linear(4, 2)"),
        Refused(nn.Linear(3, 2), (single(),), "Linear", FEATURES, "()", "x of shape (..., 3)"),
    ],
    "Bilinear": [
        Refused(nn.Bilinear(3, 4, 2), (single(5, 3), single(5, 3)), "Bilinear", BOTH, "(5, 3) and (5, 3)", "nn.Bilinear(3, 3, 2)"),
        Refused(nn.Bilinear(3, 4, 2), (single(5, 3), single(4, 4)), "Bilinear", BOTH, "(5, 3) and (4, 4)", "input2 of shape (5, 4)"),
    ],
    "MLP": [Refused(nn.MLP([3, 4, 2]), (single(5, 4),), "Linear", FEATURES, "(5, 4)", "nn.Linear(4, 4)")],
    **{f"{kind}{d}d": [*of_convolution(d, f"{kind}{d}d")] for kind in ("Conv", "ConvTranspose") for d in (1, 2, 3)},
    **{f"{kind}Pool{d}d": [*of_pooling(d, f"{kind}Pool{d}d")] for kind in ("Max", "Avg") for d in (1, 2, 3)},
    **{f"Adaptive{kind}Pool{d}d": [*of_adaptive(d, f"Adaptive{kind}Pool{d}d")] for kind in ("Max", "Avg") for d in (1, 2, 3)},
    **{f"{kind}Norm{d}d": [*of_normalising(d, f"{kind}Norm{d}d")] for kind in ("Batch", "Instance") for d in (1, 2, 3)},
    "LayerNorm": [Refused(nn.LayerNorm(3), (single(2, 4),), "layer_norm", LAST, "(2, 4)", "normalized_shape=(4,)")],
    "RMSNorm": [Refused(nn.RMSNorm(3), (single(2, 4),), "rms_norm", LAST, "(2, 4)", "normalized_shape=(4,)")],
    "GroupNorm": [
        Refused(nn.GroupNorm(2, 4), (single(2, 3, 5),), "GroupNorm", "the input must have 4 channels on axis 1", "(2, 3, 5)", "nn.GroupNorm(1, 3)"),
        Refused(nn.GroupNorm(2, 4), (single(4),), "GroupNorm", "the input must have 4 channels on axis 1", "(4,)", "x.reshape((-1, 4))"),
    ],
    "Embedding": [
        Refused(nn.Embedding(5, 2), (np.array([5]),), "embedding", "numbers must lie in 0..4", "5", "a table of 6 rows", errors.DomainError),
        Refused(nn.Embedding(5, 2), (np.array([-1]),), "embedding", "numbers must lie in 0..4", "-1", "np.maximum(x, 0)", errors.DomainError),
        Refused(
            nn.Embedding(5, 2), (np.array([1.0]),), "embedding", "rows are named by whole numbers", "dtype float64", "x.astype(np.int64)",
            errors.DTypeError,
        ),
    ],
    **{name: [*of_recurrence(name)] for name in ("RNN", "GRU", "LSTM")},
    **{name: [*of_cell(name)] for name in ("RNNCell", "GRUCell", "LSTMCell")},
    "MultiheadAttention": [
        *of_attention(nn.MultiheadAttention(4, 2), THREE, "nn.MultiheadAttention(5, 1, kdim=5, vdim=5)", OF_ONE_BATCH),
        Refused(
            nn.MultiheadAttention(4, 2), (single(3, 1, 4), single(5, 1, 4), single(6, 1, 4)), "MultiheadAttention", ATTENDED,
            "(3, 1, 4) and (5, 1, 4) and (6, 1, 4)", "value of shape (5, 1, 4)",
        ),
        Refused(
            nn.MultiheadAttention(4, 2), (single(3, 2, 4), single(3, 1, 4), single(3, 1, 4)), "MultiheadAttention", ATTENDED,
            "(3, 2, 4) and (3, 1, 4) and (3, 1, 4)", OF_ONE_BATCH,
        ),
    ],
    "TransformerEncoderLayer": [
        *of_attention(nn.TransformerEncoderLayer(4, 2, 8), THREE[:1], "nn.MultiheadAttention(5, 1, kdim=5, vdim=5)", OF_ONE_BATCH)
    ],
    "TransformerEncoder": [
        *of_attention(
            nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 1), THREE[:1], "nn.MultiheadAttention(5, 1, kdim=5, vdim=5)", OF_ONE_BATCH
        )
    ],
    "TransformerDecoderLayer": [
        Refused(
            nn.TransformerDecoderLayer(4, 2, 8), (single(3, 1, 4), single(3, 1, 5)), "MultiheadAttention", ATTENDED,
            "(3, 1, 4) and (3, 1, 5) and (3, 1, 5)", "nn.MultiheadAttention(4, 2, kdim=5, vdim=5)",
        )
    ],
    "TransformerDecoder": [
        Refused(
            nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 1), (single(3, 1, 4), single(3, 2, 4)), "MultiheadAttention", ATTENDED,
            "(3, 1, 4) and (3, 2, 4) and (3, 2, 4)", OF_ONE_BATCH,
        )
    ],
    "PReLU": [
        Refused(
            nn.PReLU(3), (single(2, 4),), "prelu", "weight has one slope, or one per channel of the input's axis 1", "(3,) and (2, 4)",
            "a weight of shape (4,)",
        )
    ],
    "GLU": [Refused(nn.GLU(), (single(2, 3),), "glu", "axis -1 must have an even length", "(2, 3)", "nn.Linear(n, 2 * m) before it")],
    "Flatten": [
        Refused(nn.Flatten(), (single(),), "Flatten", "the input must have a batch axis", "()", "np.reshape(x, (1, 1))"),
        Refused(nn.Flatten(3), (single(2, 3),), "Flatten", "start_dim and end_dim must lie in -2 to 1", "(2, 3)", "nn.Flatten(start_dim=1, end_dim=-1)"),
    ],
    "Unflatten": [Refused(nn.Unflatten(1, (2, 2)), (single(1, 3),), "Unflatten", "axis 1 must divide into (2, 2)", "(1, 3)", "unflattened_size=(-1,)")],
    "PixelShuffle": [
        Refused(
            nn.PixelShuffle(2), (single(1, 3, 2, 2),), "pixel_shuffle", "the channels on axis -3 must be a multiple of 4", "(1, 3, 2, 2)",
            "x = nn.Conv2d(3, 4, 1)(x)",
        ),
        Refused(nn.PixelShuffle(2), (single(2),), "pixel_shuffle", "the input must be [..., C, H, W]", "(2,)", "x of shape (..., 4, H, W)"),
    ],
    "PixelUnshuffle": [
        Refused(nn.PixelUnshuffle(2), (single(1, 3, 2),), "pixel_unshuffle", "height and width must be multiples of 2", "(1, 3, 2)", "tl.ops.pad(x, (0, 0, 0, 1))"),
        Refused(nn.PixelUnshuffle(2), (single(2, 2),), "pixel_unshuffle", "the input must be [..., C, H, W]", "(2, 2)", "x[None]"),
    ],
    "Upsample": [
        Refused(
            nn.Upsample(scale_factor=2), (single(4),), "interpolate", "the input must be [N, C, n], with one to three axes after the channels", "(4,)",
            "x[None, None]",
        )
    ],
    "PairwiseDistance": [Refused(nn.PairwiseDistance(), (single(2, 3), single(2, 4)), "PairwiseDistance", ROWS, "(2, 3) and (2, 4)", "x2 of shape (2, 3)")],
    "CosineSimilarity": [Refused(nn.CosineSimilarity(), (single(2, 3), single(2, 4)), "CosineSimilarity", ROWS, "(2, 3) and (2, 4)", "x2 of shape (2, 3)")],
}  # fmt: skip
ANY_SHAPE = {
    "AlphaDropout", "CELU", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh",
    "Identity", "LeakyReLU", "LogSigmoid", "LogSoftmax", "Mish", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softmax", "Softmin", "Softplus", "Softshrink",
    "Softsign", "Tanh", "Tanhshrink", "Threshold",
}  # fmt: skip
"""Layers of entries, or of an axis that they are told."""
OF_OTHERS = {"Module", "ModuleDict", "ModuleList", "Residual", "Sequential"}
"""Made of other modules, which refuse for themselves."""
IN_TABLES_OF_THEIR_OWN = {"AdaptiveLogSoftmaxWithLoss", "LinearCrossEntropyLoss", "LossModule"} | {
    name for name, x in vars(nn).items() if isinstance(x, type) and hasattr(x, "loss") and getattr(x.loss, "__name__", "") in losses.LOSSES
}
"""Losses: `losses.test_refusals`, and below."""
CALLS = [
    pytest.param(row, id=f"{name}, {', '.join(str(np.shape(x)) for x in row.inputs if hasattr(x, 'shape'))}, {i}")
    for name, rows in TABLE.items()
    for i, row in enumerate(rows)
]


@pytest.mark.parametrize("row", CALLS)
def test_refused_with_its_whole_message(row):
    with pytest.raises(row.raised) as caught:
        row.layer(*row.inputs)
    assert without_lengths(str(caught.value)) == f"{row.op}: {row.rule}, got {row.got}. {errors.remedy(row.line)}"


@pytest.mark.parametrize("row", [call for call in CALLS if errors.remedy(call.values[0].line).startswith("Type")])
def test_the_line_to_type_works(row):
    """A layer takes the inputs, another input is taken by the layer; what a layer inside says is for the one inside."""
    names = {"np": np, "tl": tl, "nn": nn, "layer": row.layer} | dict.fromkeys(("x", "input", "sequences"), row.inputs[0])
    for line in row.line.split(", or "):
        exec(line, names)  # noqa: S102  what the message says to type
        expression = isinstance(ast.parse(line).body[0], ast.Expr)
        made = eval(line, names) if expression else names["x"]  # noqa: S307
        if isinstance(made, nn.Module):
            inside = row.op == "MultiheadAttention" and len(row.inputs) < 3
            made(*((row.inputs[-1] if i else row.inputs[0] for i in range(3)) if inside else row.inputs))
        elif hasattr(made, "shape") and made is not row.inputs[0]:
            row.layer(made, *row.inputs[1:])


def test_every_layer_is_in_the_table():
    layers = {name for name, x in vars(nn).items() if isinstance(x, type) and name[0].isupper()}
    assert layers == set(TABLE) | ANY_SHAPE | OF_OTHERS | IN_TABLES_OF_THEIR_OWN


OF_PARAMETERS = [
    name for name, rows in TABLE.items() if any(True for _ in rows[0].layer.parameters()) and name not in {"Embedding", "PReLU"}
]


@pytest.mark.parametrize("name", OF_PARAMETERS)
@pytest.mark.parametrize("dtype", [np.float64, np.complex128, object, str], ids=lambda d: np.dtype(d).name)
def test_every_layer_with_parameters_refuses_what_it_may_not_cast(name, dtype):
    """In the name of the layer, or of the one inside that it is given to first: what requires grad, and what is not made of real numbers."""
    row = TABLE[name][0]
    inputs = tuple(np.zeros(x.shape).astype(dtype) for x in row.inputs if hasattr(x, "shape"))
    if dtype is np.float64:
        inputs = tuple(tensor(x, requires_grad=True) for x in inputs)
    with pytest.raises(errors.DTypeError) as caught:
        row.layer(*inputs)
    op, _, said = str(caught.value).partition(": ")
    assert op in {name, row.op, *(type(module).__name__ for module in row.layer.modules())}
    rule = "the input must have the parameters' dtype float32"
    line = "x.astype(np.float32), or layer.astype(np.float64)"
    assert said == f"{rule}, got dtype {inputs[0].dtype}. {errors.remedy(line)}"
