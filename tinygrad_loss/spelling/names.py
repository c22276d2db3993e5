"""What to type for names that people look for at the front door: PyTorch's, autograd's and JAX's."""

from typing import Final

__all__ = ["NAMES", "OF_AUTOGRAD", "OF_PYTORCH"]

_RANDOM: Final = "type rng = np.random.default_rng(0), then rng.{}"

OF_PYTORCH: Final = {
    "gradient": "use np.gradient(y) for differences of samples, or tl.grad(f) for a derivative",
    "rand": _RANDOM.format("random(shape)"),
    "randn": _RANDOM.format("normal(size=shape)"),
    "randint": _RANDOM.format("integers(low, high, shape)"),
    "randperm": _RANDOM.format("permutation(n)"),
    "normal": _RANDOM.format("normal(mean, std, shape)"),
    "bernoulli": _RANDOM.format("random(p.shape) < p"),
    "multinomial": _RANDOM.format("choice(p.size, n, p=p)"),
    **dict.fromkeys(("manual_seed", "seed", "Generator"), "type rng = np.random.default_rng(0), and give rng= to what draws"),
    **dict.fromkeys(("Variable", "Value", "as_tensor", "from_numpy", "asarray"), "type tl.tensor(array, requires_grad=True)"),
    "FloatTensor": "type tl.tensor(data, dtype=np.float32)",
    "DoubleTensor": "type tl.tensor(data, dtype=np.float64)",
    "LongTensor": "type tl.tensor(data), which keeps whole numbers",
    **dict.fromkeys(("Parameter",), "type tl.nn.Parameter(array)"),
    **dict.fromkeys(("cuda", "device", "mps", "set_default_device"), "leave it out: arrays live in main memory"),
    "set_default_dtype": "leave it out: give dtype= to tl.tensor and to layers",
    "long": "type np.int64",
    "double": "type np.float64",
    "half": "type np.float16",
    "autograd": "type tl.grad(f), or y.backward(); a function with a derivative of its own is tl.op(name, forward, derivative)",
    "Function": "type tl.op(name, forward, derivative)",
    "backward": "type y.backward()",
    "inference_mode": "type with tl.no_grad():",
    "set_grad_enabled": "type with tl.no_grad():, or with tl.enable_grad():",
    "is_grad_enabled": "leave it out: y.requires_grad says whether y was recorded",
    "is_tensor": "type isinstance(x, tl.Tensor)",
    "func": "type tl.grad, tl.jacobian or tl.hessian",
    **dict.fromkeys(("jit", "compile"), "functions are not compiled: call f itself"),
    "utils": "type tl.data.DataLoader(data), or tl.optim.clip_grad_norm_(model.parameters(), 1.0)",
    "save": "type tl.training.checkpoint.save(path, model.state_dict())",
    "load": "type model.load_state_dict(tl.training.checkpoint.load(path))",
    **dict.fromkeys(("cat", "concat"), "type np.concatenate"),
    **dict.fromkeys(("mm", "bmm", "mv"), "type a @ b"),
    "clamp": "type np.clip(x, low, high)",
    "gather": "type np.take_along_axis(x, index, axis)",
    "index_select": "type np.take(x, index, axis)",
    "masked_select": "type x[mask]",
    "unsqueeze": "type np.expand_dims(x, axis)",
    "t": "type x.T",
    "view": "type x.reshape(shape)",
    "norm": "type np.linalg.norm(x)",
    "inverse": "type np.linalg.inv(a)",
    "chunk": "type np.array_split(x, n)",
    "rsqrt": "type 1 / np.sqrt(x)",
    "numel": "type x.size",
}
"""By name at the front door: PyTorch's."""

OF_AUTOGRAD: Final = {
    **dict.fromkeys(("elementwise_grad", "egrad", "derivative", "deriv"), "type tl.grad(lambda x: np.sum(f(x)))"),
    **dict.fromkeys(("hessian_vector_product", "make_hvp"), "type tl.hvp(f, x, v)"),
    **dict.fromkeys(("vector_jacobian_product", "make_vjp"), "type y, pullback = tl.vjp(f, x)"),
    **dict.fromkeys(("jacobian_vector_product", "make_jvp", "linearize"), "type y, dy = tl.jvp(f, x, v)"),
    **dict.fromkeys(("jacfwd", "jacrev"), "type tl.jacobian(f)"),
    **dict.fromkeys(
        ("grad_and_value", "multigrad_dict"), "type tl.value_and_grad(f), whose arguments may be dicts, lists and tuples of arrays"
    ),
    **dict.fromkeys(("check_grads", "checkgrad", "test_util"), "type tl.gradcheck(f, x)"),
    **dict.fromkeys(
        ("primitive", "extend", "custom_vjp", "custom_jvp", "defvjp"), "type tl.op(name, forward, derivative), an op of your own"
    ),
    "stop_gradient": "type x.detach()",
    "flatten": "type np.ravel(x); tl.grad and tl.optim.minimize take dicts, lists and tuples of arrays as they are",
    **dict.fromkeys(("vmap", "pmap"), "type f(x) on the whole batch, or np.stack([f(row) for row in x])"),
    "numpy": "type import numpy as np: NumPy's own functions take tensors",
    "scipy": "type import scipy.special: SciPy's ufuncs take tensors, and tl.ops has what else it can",
}
"""By name at the front door: autograd's and JAX's."""

NAMES: Final = OF_PYTORCH | OF_AUTOGRAD
"""By name at the front door."""
