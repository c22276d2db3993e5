"""PyTorch's functions, each with the line that says the same here: for functions that are written with PyTorch."""

from importlib import import_module
from typing import Final

import numpy as np

from tinygrad_loss.engine.op import DOORS, open_door

__all__ = ["instead_of_torch"]

ITSELF: Final = "x itself, which NumPy's functions take as it is"
OTHERWISE: Final = {
    **dict.fromkeys(("as_tensor", "asarray", "from_numpy", "tensor", "Tensor", "FloatTensor", "clone", "detach"), ITSELF),
    **dict.fromkeys(("add", "radd"), "x + y"),
    **dict.fromkeys(("sub", "subtract", "rsub"), "x - y"),
    **dict.fromkeys(("mul", "multiply"), "x * y"),
    **dict.fromkeys(("div", "divide", "true_divide"), "x / y"),
    **dict.fromkeys(("mm", "bmm", "mv", "matmul"), "x @ y"),
    **dict.fromkeys(("cat", "concat"), "np.concatenate([x, y])"),
    "clamp": "np.clip(x, low, high)",
    "clamp_min": "np.maximum(x, low)",
    "clamp_max": "np.minimum(x, high)",
    "erf": "tl.ops.erf(x)",
    "flatten": "np.ravel(x)",
    "gather": "np.take_along_axis(x, index, axis)",
    "index_select": "np.take(x, index, axis)",
    "linear": "x @ weight.T + bias",
    "log_softmax": "tl.ops.log_softmax(x, axis=-1)",
    "logsumexp": "tl.ops.logsumexp(x, axis=-1)",
    "masked_fill": "np.where(mask, value, x)",
    "masked_select": "x[mask]",
    "neg": "-x",
    "norm": "np.linalg.norm(x)",
    "numel": "x.size",
    "permute": "np.transpose(x, axes)",
    "pow": "x**y",
    "relu": "np.maximum(x, 0.0)",
    "repeat_interleave": "np.repeat(x, n)",
    "rsqrt": "1 / np.sqrt(x)",
    "sigmoid": "tl.ops.expit(x)",
    "softmax": "tl.ops.softmax(x, axis=-1)",
    "stack": "np.stack([x, y])",
    "std": "np.std(x, ddof=1)",
    "transpose": "np.swapaxes(x, i, j)",
    "unsqueeze": "np.expand_dims(x, axis)",
    "var": "np.var(x, ddof=1)",
    "where": "np.where(condition, x, y)",
    **{name: f"np.{name}(x, y)" for name in ("maximum", "minimum", "outer", "dot", "logaddexp", "hypot", "atan2", "fmod", "remainder")},
    "einsum": 'np.einsum("i,i", x, y)',
}
"""Where NumPy's name is another, or its function another one."""
LOSSES: Final = frozenset({"cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div"})
"""Losses of ``torch.nn.functional`` whose names do not end in ``_loss``; ours bear PyTorch's names."""


def instead_of_torch(function: str) -> str:
    """Return what to type instead of a function of PyTorch's.

    >>> instead_of_torch("torch.log"), instead_of_torch("torch.nn.functional.mse_loss"), instead_of_torch("torch.clamp")
    ('np.log(x)', 'tl.losses.mse_loss(input, target)', 'np.clip(x, low, high)')
    """
    package, _, name = function.rpartition(".")
    if package.startswith("torch.distributions"):
        return f"tl.distributions.{name}"
    if package.endswith("functional") and (name in LOSSES or name.endswith("_loss")):
        return f"tl.losses.{name}(input, target)"
    return OTHERWISE.get(name) or _of_the_same_name(package.rpartition(".")[2], name) or f"the formula of {function} in np and tl.ops calls"


def _of_the_same_name(room: str, name: str) -> str | None:
    """Return the call of NumPy's function of that name, or of ours."""
    if room in {"linalg", "fft"} and hasattr(getattr(np, room), name):
        return f"np.{room}.{name}(x)"
    numpys = getattr(np, name, None)
    if callable(numpys) and numpys in DOORS:
        return f"np.{name}(x)"
    return f"tl.ops.{name}(x)" if name in dir(import_module("tinygrad_loss.ops")) else None


open_door(("instead", "torch"), instead_of_torch)
