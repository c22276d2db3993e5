"""The calls in PyTorch's spelling that are compared with PyTorch: one list for the recording script and the tests.

Each call is typed as it stands, once with PyTorch's tensors and once with ours.
"""

from typing import Any

import numpy as np

from tinygrad_loss.spelling.table import METHODS, SAME

__all__ = ["CALLS", "asked", "numbers"]

_rng = np.random.default_rng(7)
X = np.round(_rng.uniform(0.1, 0.9, (2, 3)), 3)
WIDE = np.round(_rng.normal(size=(2, 3)) * 2, 3)
BEYOND_1 = X + 1.0
SQUARE = np.array([[2.0, 0.5, 0.1], [0.5, 3.0, 0.2], [0.1, 0.2, 1.5]])
ROW = np.array([0.3, -1.2, 0.8])
FIRST = {
    "acosh": BEYOND_1, "arccosh": BEYOND_1, "relu": WIDE, "abs": WIDE, "absolute": WIDE, "sign": WIDE, "sgn": WIDE, "floor": WIDE, "ceil": WIDE,
    "trunc": WIDE, "fix": WIDE, "frac": WIDE, "clamp": WIDE, "clamp_min": WIDE, "clamp_max": WIDE, "signbit": WIDE, "sinc": WIDE,
    "remainder": WIDE, "fmod": WIDE, "heaviside": WIDE, "long": WIDE * 3, "int": WIDE * 3, "short": WIDE * 3, "bool": WIDE, "cummax": WIDE,
    "cummin": WIDE, "topk": WIDE, "isfinite": WIDE, "logical_not": WIDE, "norm": WIDE, "amax": WIDE, "amin": WIDE, "mv": SQUARE, "ger": ROW,
    "matmul": SQUARE, "mm": SQUARE, "outer": ROW, "inner": ROW,
}  # fmt: skip
"""What ``x`` is for methods that have another domain, or more to show."""
SECOND = {"matmul": SQUARE.T + 1, "mm": SQUARE.T + 1, "mv": ROW, "outer": ROW, "ger": ROW, "inner": ROW + 1, "bmm": np.ones((2, 3, 2)),
          "view_as": np.zeros((3, 2)), "reshape_as": np.zeros((3, 2)), "expand_as": np.zeros((4, 2, 3)), "type_as": np.zeros(1, np.float32),
          "eq": X.round(0), "equal": X}  # fmt: skip
"""What ``y`` is where it is not an array like ``x``."""
FIRST |= {"bmm": np.arange(12.0).reshape(2, 2, 3) / 7}

BY_NAME = [
    *(f"x.{name}(dim=1)" for name in SAME if name != "squeeze"),
    *(f"x.{name}(dim=0, keepdim=True)" for name in SAME if name not in {"squeeze", "cumsum", "cumprod", "argsort"}),
    *(f"x.{name}(1)" for name in SAME if name != "squeeze"),
    "x.sum(dim=(0, 1))", "x.sum(dim=[0, 1], keepdim=True)", "x.mean(dim=(0, 1))", "x.mean(dim=-1, keepdim=True)", "x.sum(dim=None)",
    "x.argmax()", "x.all(dim=(0, 1))", "x.unsqueeze(1).squeeze(dim=1)", "x.unsqueeze(0).squeeze(0)",
    "x.softmax(dim=-1)", "x.softmax(0)", "x.log_softmax(dim=0)", "x.logsumexp(dim=1)", "x.logsumexp(dim=1, keepdim=True)",
    "x.logsumexp((0, 1))", "x.norm(p=1)", "x.norm(2, 1)", "x.norm(dim=0, keepdim=True)", "x.norm(p=float('inf'), dim=1)", "x.norm(keepdim=True)",
    "x.amax()", "x.amax(dim=(0, 1))", "x.amin(dim=1, keepdim=True)", "x.nansum()", "x.count_nonzero()", "x.clamp(min=0.2)", "x.clamp(max=0.2)",
    "x.topk(k=2, dim=0)", "x.topk(2, largest=False)", "x.topk(1, 1, True, True)", "x.cummax(0)", "x.cummin(dim=1)",
    "x.view(-1)", "x.view((3, 2))", "x.view(3, -1)", "x.permute((1, 0))", "x.unsqueeze(-1)", "x.unsqueeze(dim=0)", "x.expand((4, 2, 3))",
    "x.unsqueeze(1).expand(-1, 5, -1)", "x.unflatten(-1, (1, 3))", "x.unsqueeze(0).flatten(1)", "x.unsqueeze(0).flatten(start_dim=1)",
    "x.unsqueeze(0).flatten(0, 1)", "x.flatten()", "x.unsqueeze(0).flatten(start_dim=0, end_dim=-2)", "x.flip(0, 1)", "x.flip((0, 1))",
    "x.flip(dims=(0,))", "x.permute(dims=(1, 0))", "x.tile(dims=(2, 1))", "x.transpose(1, 0)", "x.transpose(-1, -2)", "x.roll(2)", "x.roll(shifts=(1, 1), dims=(0, 1))", "x.tile((2, 2))", "x.repeat_interleave(2)",
    "x.repeat_interleave(3, dim=0)", "x.split([1, 2], dim=1)", "x.split(2, 1)", "x.chunk(3, dim=1)", "x.chunk(2)", "x.unbind()", "x.tril(-1)",
    "x.triu(diagonal=1)", "x.diag(1)", "x.diff(dim=0)", "x.movedim((0, 1), (1, 0))", "x.where(mask, 0.0)", "x.requires_grad_().requires_grad",
    "x.to('cpu')", "x.clone().detach()", "x.T", "x.reshape(3, 2)", "x.reshape((3, 2))", "x.swapaxes(0, 1)", "x.round()",
    "x.cumsum(0)", "x.trace()", "x.diagonal()", "x.sum().item()", "x.tolist()",
    "x.dim()", "x.t().contiguous().view(-1)", "x.pow(2).sum()", "x.float().double()", "x[0].dot(x[1])", "x.abs().mean(dim=1).log()",
    "F.relu(w)", "F.leaky_relu(w, 0.2)", "F.elu(w)", "F.gelu(w)", "F.silu(w)", "F.softplus(w)", "F.tanh(w)", "F.sigmoid(w)", "F.mish(w)",
    "F.softmax(w, dim=1)", "F.softmax(w, 0)", "F.log_softmax(w, dim=-1)", "F.softmin(w, dim=1)", "F.logsigmoid(w)", "F.hardtanh(w, -2.0, 0.5)",
    "F.selu(w)", "F.celu(w, 0.5)", "F.relu6(w)", "F.hardsigmoid(w)", "F.hardswish(w)", "F.softsign(w)", "F.tanhshrink(w)",
    "F.softshrink(w, 0.3)", "F.hardshrink(w, 0.3)", "F.threshold(w, 0.1, 20.0)", "F.glu(x, dim=0)",
    "F.normalize(w, dim=1)", "F.cosine_similarity(w, x, dim=1)", "F.pairwise_distance(w, x)", "F.prelu(w, y[0, :1])", "F.linear(w, m)",
    "F.layer_norm(w, (3,))", "F.mse_loss(w, x)", "F.l1_loss(w, x, reduction='sum')", "F.cross_entropy(w, i[:2])", "F.nll_loss(w, i[:2])",
    "F.smooth_l1_loss(w, x)", "F.huber_loss(w, x, delta=0.5)", "F.kl_div(w, x)", "F.binary_cross_entropy(x, y)", "F.one_hot(i)",
    "F.binary_cross_entropy_with_logits(w, x)", "F.pad(w, (1, 1))", "F.max_pool1d(w.unsqueeze(0), 2)", "F.avg_pool1d(w.unsqueeze(0), 2)",
    "F.max_pool1d(w.unsqueeze(0), 2, 1)", "F.adaptive_max_pool1d(w.unsqueeze(0), 1)", "F.max_pool2d(w.unsqueeze(0), kernel_size=2, stride=1)",
    "F.conv1d(w.unsqueeze(0), m[:, :2].unsqueeze(-1))", "F.dropout(w, 0.5, training=False)", "F.embedding(i, m)",
    "F.scaled_dot_product_attention(w, x, y)", "F.interpolate(w.unsqueeze(0), scale_factor=2)",
]  # fmt: skip
CALLS = [row.call for row in METHODS if row.does is not None] + BY_NAME
"""Every spelling of the table that works, and more ways to give the arguments."""


WITHOUT_DERIVATIVE = ("floor_divide", "heaviside")
"""Methods whose derivative PyTorch does not know; it is 0 between the jumps."""


def numbers(call: str) -> dict[str, Any]:
    """Return the arrays and numbers that the letters of a call stand for."""
    name = call.partition("(")[0].partition(".")[2] if call.startswith(("x.", "m.")) else ""
    x = FIRST.get(name, X)
    y = SECOND.get(name, np.roll(X, 1) if x.shape == X.shape else x)
    return {"x": x, "y": y, "w": WIDE, "m": SQUARE, "mask": X > 0.5, "i": np.array([0, 2, 1]), "j": np.array([[0, 2], [1, 1]])} | {"dim": 1}


def flattened(answer: Any) -> list[Any]:
    """Return the tensors and numbers of an answer that may be a tuple."""
    if isinstance(answer, tuple | list) and not all(isinstance(part, int | float) for part in answer):
        return [y for part in answer for y in flattened(part)]
    return [answer]


def asked(call: str, tensor: Any, functional: Any, run: Any, read: Any) -> list[np.ndarray]:
    """Return the answers of a call, and then the gradients of its floating letters.

    Args:
        call: to type.
        tensor: makes a tensor of an array and says whether it requires grad.
        functional: what ``F`` is.
        run: evaluates the call with the letters.
        read: returns the values of a tensor.
    """
    given = {name: value if isinstance(value, int) else tensor(value, value.dtype.kind == "f") for name, value in numbers(call).items()}
    answers = flattened(run(call, {**given, "F": functional}))
    total: Any = 0.0
    for y in answers:
        if getattr(y, "requires_grad", False):
            weights = np.cos(np.arange(float(np.prod(tuple(y.shape))))).reshape(tuple(y.shape))
            total = total + (y * tensor(weights, False)).sum()
    if getattr(total, "requires_grad", False) and not any(name in call for name in WITHOUT_DERIVATIVE):
        total.backward()
    gradients = [t.grad for name, t in given.items() if name in "xywm" and t.grad is not None]
    return [np.asarray(read(y) if hasattr(y, "detach") else y) for y in (*answers, *gradients)]
