"""The table of spellings: PyTorch's on the left, the same here on the right.

NumPy's meaning stands for every name that NumPy has. A row with a function is a method that works; one without raises and says its line.
Letters in the lines: ``x``, ``y`` are tensors, ``dim`` an axis, ``n`` a whole number, ``i`` whole numbers; the tests type every line.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from tinygrad_loss import errors, ops

__all__ = ["DIFFERENT", "METHODS", "OF_FUNCTIONAL", "OF_MODULES", "OF_THE_ROOM", "SAME", "SAVING", "UNLIKE", "Row"]


class Row(NamedTuple):
    """One spelling: how it is called in PyTorch, the line here, and what the method does; None where it only says the line."""

    call: str
    here: str
    does: Callable[..., Any] | None = None

    @property
    def name(self) -> str:
        """The name of the method."""
        return self.call.partition("(")[0].partition(".")[2]


def _each(names: str, function: Callable[[str], Callable[..., Any]], prefix: str = "np") -> tuple[Row, ...]:
    """Return rows for functions of every entry: ``theirs`` or ``theirs=ours``."""
    pairs = [(name, ours or name) for name, _, ours in (pair.partition("=") for pair in names.split())]
    return tuple(Row(f"x.{name}()", f"{prefix}.{ours}(x)", function(ours)) for name, ours in pairs)


def _of_two(names: str) -> tuple[Row, ...]:
    pairs = [(name, ours or name) for name, _, ours in (pair.partition("=") for pair in names.split())]
    return tuple(Row(f"x.{name}(y)", f"np.{ours}(x, y)", getattr(np, ours)) for name, ours in pairs)


def _several(does: Callable[[Any, tuple[Any, ...]], Any], name: str) -> Callable[..., Any]:
    """Return a method of sizes or axes that come one by one, as one sequence, or by ``name``."""

    def method(x: Any, *given: Any, **named: Any) -> Any:
        if set(named) == {name} and not given:
            given = (named.pop(name),)
        if named:
            raise errors.ArgumentError(errors.say("a tensor's method", f"it takes {name}", f"{next(iter(named))}=", f"{name}="))
        return does(x, tuple(given[0]) if len(given) == 1 and isinstance(given[0], tuple | list) else given)

    return method


def _axis(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, list) else dim


def _indices(given: Any) -> Any:
    return np.asarray(given) if isinstance(given, list | tuple) else given


def _expand(x: Any, sizes: tuple[Any, ...]) -> Any:
    own = (1,) * (len(sizes) - x.ndim) + x.shape
    return np.broadcast_to(x, tuple(n if size == -1 else size for n, size in zip(own, sizes, strict=True)))


def _t(x: Any) -> Any:
    if x.ndim > 2:
        raise errors.shapes("x.t()", "a matrix is transposed", [x.shape], "np.swapaxes(x, -1, -2)")
    return np.transpose(x)


def _unflatten(x: Any, dim: int, sizes: Any) -> Any:
    dim %= x.ndim
    return x.reshape((*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))


def _split(x: Any, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
    sizes = isinstance(split_size, tuple | list)
    return tuple(np.split(x, np.cumsum(split_size)[:-1] if sizes else np.arange(split_size, x.shape[dim], split_size), axis=dim))


def _chunk(x: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    return _split(x, max(1, -(-x.shape[dim] // chunks)), dim)


def _norm(x: Any, p: Any = None, dim: Any = None, keepdim: bool = False) -> Any:
    if dim is None:
        y = np.linalg.norm(np.ravel(x), None if p in (None, "fro") else p)
        return y.reshape((1,) * x.ndim) if keepdim else y
    return np.linalg.norm(x, None if p in (None, "fro") else p, axis=_axis(dim), keepdims=keepdim)


def _requires_grad(x: Any, requires_grad: bool = True) -> Any:
    x.requires_grad = requires_grad
    return x


def _to(x: Any, *args: Any, **named: Any) -> Any:
    for given in (*args, *named.values()):
        if isinstance(given, str) and given.partition(":")[0] in {"cuda", "mps", "xpu"}:
            raise errors.ArgumentError(errors.say("x.to", "arrays live in main memory", repr(given), "x itself, without .to(...)"))
        if given is not None and not isinstance(given, bool) and given != "cpu":
            x = x.astype(getattr(given, "dtype", given))
    return x


def _to_dtype(dtype: Any) -> Callable[[Any], Any]:
    return lambda x: x.astype(dtype)


def _narrow(x: Any, dim: int, start: int, length: int) -> Any:
    return np.take(x, np.arange(start, start + length), axis=dim)


METHODS: Final[tuple[Row, ...]] = (
    # functions of every entry
    *_each(
        "abs absolute exp exp2 expm1 log log2 log10 log1p sqrt square sin cos tan sinh cosh tanh sign floor ceil trunc negative "
        "neg=negative reciprocal positive asin=arcsin acos=arccos atan=arctan asinh=arcsinh acosh=arccosh atanh=arctanh arcsin arccos "
        "arctan arcsinh arccosh arctanh deg2rad rad2deg isnan isinf isfinite logical_not signbit nan_to_num sinc i0 fix sgn=sign",
        lambda name: getattr(np, name),
    ),
    *_each("relu sigmoid=expit erf erfc erfinv digamma lgamma=gammaln logit", lambda name: getattr(ops, name), "tl.ops"),
    Row("x.rsqrt()", "1 / np.sqrt(x)", lambda x: 1 / np.sqrt(x)),
    Row("x.frac()", "x - np.trunc(x)", lambda x: x - np.trunc(x)),
    # functions of two
    *_of_two(
        "add sub=subtract subtract mul=multiply multiply div=divide divide true_divide floor_divide pow=power remainder fmod maximum minimum "
        "fmax fmin atan2=arctan2 arctan2 hypot logaddexp logaddexp2 copysign heaviside matmul mm=matmul bmm=matmul mv=matmul inner outer "
        "ger=outer kron eq=equal ne=not_equal not_equal lt=less less le=less_equal less_equal gt=greater greater ge=greater_equal "
        "greater_equal logical_and logical_or logical_xor float_power isclose allclose equal=array_equal"
    ),
    Row("x.xlogy(y)", "tl.ops.xlogy(x, y)", ops.xlogy),
    Row("x.lerp(y, 0.25)", "x + 0.25 * (y - x)", lambda x, end, weight: x + weight * (end - x)),
    Row("x.where(mask, y)", "np.where(mask, x, y)", lambda x, condition, other: np.where(condition, x, other)),
    Row("x.masked_fill(mask, 0.5)", "np.where(mask, 0.5, x)", lambda x, mask, value: np.where(mask, value, x)),
    Row("x.masked_select(mask)", "x[mask]", lambda x, mask: x[mask]),
    Row("x.clamp(-0.5, 0.5)", "np.clip(x, -0.5, 0.5)", lambda x, min=None, max=None: np.clip(x, min, max)),  # noqa: A006
    Row("x.clamp_min(0.5)", "np.maximum(x, 0.5)", lambda x, min: np.maximum(x, min)),  # noqa: A006
    Row("x.clamp_max(0.5)", "np.minimum(x, 0.5)", lambda x, max: np.minimum(x, max)),  # noqa: A006
    # along axes
    Row("x.softmax(dim)", "tl.ops.softmax(x, axis=dim)", lambda x, dim: ops.softmax(x, axis=dim)),
    Row("x.log_softmax(dim)", "tl.ops.log_softmax(x, axis=dim)", lambda x, dim: ops.log_softmax(x, axis=dim)),
    Row(
        "x.logsumexp(dim)",
        "tl.ops.logsumexp(x, axis=dim)",
        lambda x, dim, keepdim=False: ops.logsumexp(x, axis=_axis(dim), keepdims=keepdim),
    ),
    Row("x.logcumsumexp(dim)", "np.logaddexp.accumulate(x, axis=dim)", lambda x, dim: np.logaddexp.accumulate(x, axis=dim)),
    Row("x.norm()", "np.linalg.norm(x)", _norm),
    Row("x.amax(dim)", "np.max(x, axis=dim)", lambda x, dim=None, keepdim=False: np.max(x, axis=_axis(dim), keepdims=keepdim)),
    Row("x.amin(dim)", "np.min(x, axis=dim)", lambda x, dim=None, keepdim=False: np.min(x, axis=_axis(dim), keepdims=keepdim)),
    Row("x.nansum(dim)", "np.nansum(x, axis=dim)", lambda x, dim=None, keepdim=False: np.nansum(x, axis=_axis(dim), keepdims=keepdim)),
    Row("x.nanmean(dim)", "np.nanmean(x, axis=dim)", lambda x, dim=None, keepdim=False: np.nanmean(x, axis=_axis(dim), keepdims=keepdim)),
    Row("x.count_nonzero(dim)", "np.count_nonzero(x, axis=dim)", lambda x, dim=None: np.count_nonzero(x, axis=_axis(dim))),
    Row("x.topk(2)", "tl.ops.topk(x, 2)", lambda x, k, dim=-1, largest=True, sorted=True: ops.topk(x, k, dim, largest, sorted)),  # noqa: A006
    Row("x.cummax(dim)", "tl.ops.cummax(x, dim)", lambda x, dim: ops.cummax(x, dim)),
    Row("x.cummin(dim)", "tl.ops.cummin(x, dim)", lambda x, dim: ops.cummin(x, dim)),
    Row("x.diff()", "np.diff(x)", lambda x, n=1, dim=-1: np.diff(x, n, axis=dim)),
    # shapes
    Row("x.view(3, 2)", "x.reshape(3, 2)", _several(lambda x, shape: x.reshape(shape), "size")),
    Row("x.view_as(y)", "x.reshape(y.shape)", lambda x, other: x.reshape(other.shape)),
    Row("x.reshape_as(y)", "x.reshape(y.shape)", lambda x, other: x.reshape(other.shape)),
    Row("x.permute(1, 0)", "np.transpose(x, (1, 0))", _several(np.transpose, "dims")),
    Row("x.unsqueeze(dim)", "np.expand_dims(x, dim)", lambda x, dim: np.expand_dims(x, dim)),
    Row("x.expand(4, -1, -1)", "np.broadcast_to(x, (4, *x.shape))", _several(_expand, "size")),
    Row("x.expand_as(y)", "np.broadcast_to(x, y.shape)", lambda x, other: np.broadcast_to(x, other.shape)),
    Row("x.broadcast_to((4, 2, 3))", "np.broadcast_to(x, (4, 2, 3))", lambda x, size: np.broadcast_to(x, tuple(size))),
    Row("x.t()", "x.T", _t),
    Row("x.movedim(0, 1)", "np.moveaxis(x, 0, 1)", lambda x, source, destination: np.moveaxis(x, source, destination)),
    Row("x.moveaxis(0, 1)", "np.moveaxis(x, 0, 1)", lambda x, source, destination: np.moveaxis(x, source, destination)),
    Row("x.swapdims(0, 1)", "np.swapaxes(x, 0, 1)", lambda x, dim0, dim1: np.swapaxes(x, dim0, dim1)),
    Row("x.unflatten(1, (3, 1))", "x.reshape(x.shape[0], 3, 1)", _unflatten),
    Row("x.flip(dim)", "np.flip(x, dim)", _several(np.flip, "dims")),
    Row("x.fliplr()", "np.fliplr(x)", np.fliplr),
    Row("x.flipud()", "np.flipud(x)", np.flipud),
    Row("x.roll(1, dim)", "np.roll(x, 1, dim)", lambda x, shifts, dims=None: np.roll(x, shifts, dims)),
    Row("x.rot90()", "np.rot90(x)", lambda x, k=1, dims=(0, 1): np.rot90(x, k, tuple(dims))),
    Row("x.tile(2, 1)", "np.tile(x, (2, 1))", _several(np.tile, "dims")),
    Row("x.repeat_interleave(2, dim)", "np.repeat(x, 2, axis=dim)", lambda x, repeats, dim=None: np.repeat(x, repeats, axis=dim)),
    Row("x.narrow(dim, 1, 2)", "np.take(x, np.arange(1, 1 + 2), axis=dim)", _narrow),
    Row("x.select(dim, 1)", "np.take(x, 1, axis=dim)", lambda x, dim, index: np.take(x, index, axis=dim)),
    Row("x.index_select(dim, i)", "np.take(x, i, axis=dim)", lambda x, dim, index: np.take(x, index, axis=dim)),
    Row("x.gather(dim, j)", "np.take_along_axis(x, j, axis=dim)", lambda x, dim, index: np.take_along_axis(x, _indices(index), axis=dim)),
    Row(
        "x.take_along_dim(j, dim)",
        "np.take_along_axis(x, j, axis=dim)",
        lambda x, indices, dim: np.take_along_axis(x, _indices(indices), axis=dim),
    ),
    Row("x.split(2, dim)", "np.split(x, np.arange(2, x.shape[dim], 2), axis=dim)", _split),
    Row("x.chunk(2, dim)", "np.array_split(x, 2, axis=dim)", _chunk),
    Row("x.unbind(dim)", "tuple(np.moveaxis(x, dim, 0))", lambda x, dim=0: tuple(np.moveaxis(x, dim, 0))),
    Row("x.tril()", "np.tril(x)", lambda x, diagonal=0: np.tril(x, diagonal)),
    Row("x.triu()", "np.triu(x)", lambda x, diagonal=0: np.triu(x, diagonal)),
    Row("x.diag()", "np.diag(x)", lambda x, diagonal=0: np.diag(x, diagonal)),
    # matrices
    Row("m.det()", "np.linalg.det(m)", lambda x: np.linalg.det(x)),
    Row("m.slogdet()", "np.linalg.slogdet(m)", lambda x: np.linalg.slogdet(x)),
    Row("m.inverse()", "np.linalg.inv(m)", lambda x: np.linalg.inv(x)),
    Row("m.pinverse()", "np.linalg.pinv(m)", lambda x: np.linalg.pinv(x)),
    Row("m.matrix_exp()", "tl.ops.matrix_exp(m)", lambda x: ops.matrix_exp(x)),
    Row("m.matrix_power(3)", "np.linalg.matrix_power(m, 3)", lambda x, n: np.linalg.matrix_power(x, n)),
    Row("m.cholesky()", "np.linalg.cholesky(m)", lambda x: np.linalg.cholesky(x)),
    # dtypes, copies and counts
    Row("x.float()", "x.astype(np.float32)", _to_dtype(np.float32)),
    Row("x.double()", "x.astype(np.float64)", _to_dtype(np.float64)),
    Row("x.half()", "x.astype(np.float16)", _to_dtype(np.float16)),
    Row("x.long()", "x.astype(np.int64)", _to_dtype(np.int64)),
    Row("x.int()", "x.astype(np.int32)", _to_dtype(np.int32)),
    Row("x.short()", "x.astype(np.int16)", _to_dtype(np.int16)),
    Row("x.bool()", "x.astype(bool)", _to_dtype(np.bool_)),
    Row("x.type_as(y)", "x.astype(y.dtype)", lambda x, other: x.astype(other.dtype)),
    Row("x.clone()", "np.copy(x)", lambda x: np.copy(x)),
    Row("x.contiguous()", "x", lambda x: x),
    Row("x.cpu()", "x", lambda x: x),
    Row("x.numel()", "x.size", lambda x: x.size),
    Row("x.nelement()", "x.size", lambda x: x.size),
    Row("x.dim()", "x.ndim", lambda x: x.ndim),
    Row("x.ndimension()", "x.ndim", lambda x: x.ndim),
    Row("x.is_floating_point()", 'x.dtype.kind == "f"', lambda x: x.dtype.kind == "f"),
    Row("x.requires_grad_()", "x.requires_grad = True", _requires_grad),
    Row("x.to(y.dtype)", "x.astype(y.dtype)", _to),
    # what only says its line
    Row("x.median()", "np.median(x), which takes the middle of two; np.sort(x)[(x.size - 1) // 2] is PyTorch's lower one"),
    Row("m.logdet()", "np.linalg.slogdet(m)[1], where the determinant is positive"),
    Row("x.mode()", "np.unique(x.numpy(), return_counts=True)"),
    Row("x.kthvalue(n)", "np.sort(x)[n - 1]"),
    Row("x.quantile(0.5)", "np.quantile(x, 0.5)"),
    Row("x.unique()", "np.unique(x.numpy())"),
    Row("x.cuda()", "x, which is in this machine's memory already"),
    Row("x.pin_memory()", "x, which is in this machine's memory already"),
    Row("x.is_cuda", 'x.device == "cpu"'),
    Row("x.type(dtype)", "x.astype(dtype)"),
    Row("x.bfloat16()", "x.astype(np.float16)"),
    Row("x.byte()", "x.astype(np.uint8)"),
    Row("x.char()", "x.astype(np.int8)"),
    Row("x.is_complex()", 'x.dtype.kind == "c"'),
    Row("x.is_contiguous()", "x.numpy().flags.c_contiguous"),
    Row("x.element_size()", "x.dtype.itemsize"),
    Row("m.addmm(m, m)", "m + m @ m"),
    Row("m.baddbmm(m, m)", "m + m @ m"),
    Row("x.addcmul(y, y)", "x + y * y"),
    Row("x.addcdiv(y, y)", "x + y / y"),
    Row("m.svd()", "np.linalg.svd(m)"),
    Row("m.qr()", "np.linalg.qr(m)"),
    Row("x.dist(y)", "np.linalg.norm(x - y)"),
    Row("x.vdot(y)", "np.vdot(x, y)"),
    Row("x.cov()", "np.cov(x)"),
    Row("x.corrcoef()", "np.corrcoef(x)"),
    Row("x.polygamma(n)", "tl.ops.polygamma(n, x)"),
    Row("x.aminmax()", "np.min(x), np.max(x)"),
    Row("x.argwhere()", "np.argwhere(x.numpy())"),
    Row("x.tensor_split(2, dim)", "np.array_split(x, 2, axis=dim)"),
    Row("x.grad_fn", "tl.draw(x), which shows how x was computed"),
    Row("x.register_hook(f)", "x.retain_grad(), then x.grad after backward"),
    Row("x.detach_()", "x = x.detach()"),
    Row("x.new_zeros(shape)", "np.zeros(shape, x.dtype)"),
    Row("x.new_ones(shape)", "np.ones(shape, x.dtype)"),
    Row("x.new_full(shape, value)", "np.full(shape, value, x.dtype)"),
    Row("x.new_tensor(data)", "tl.tensor(data, dtype=x.dtype)"),
    Row("x.scatter(dim, j, y)", "tl.ops.scatter_add(np.zeros_like(x), dim, j, y)"),
    Row("x.scatter_add(dim, j, y)", "tl.ops.scatter_add(x, dim, j, y)"),
    Row("x.index_add(dim, i, y)", "tl.ops.scatter_add(x, dim, i, y)"),
    Row("x.multinomial(n)", "rng.choice(x.size, n, p=x.numpy() / x.numpy().sum())"),
    Row("x.bernoulli()", "rng.random(x.shape) < x.numpy()"),
    Row("x.cross(y)", "np.cross(x, y)"),
    Row("x.stride()", "x.numpy().strides"),
    *(
        Row(f"x.{name}_(y)", f"x = x {sign} y, or for a leaf x.data {sign}= y")
        for name, sign in (("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"), ("pow", "**"))
    ),
    Row("x.zero_()", "x.data = np.zeros(x.shape); for a gradient x.grad = None"),
    Row("x.fill_(value)", "x.data = np.full(x.shape, value)"),
    Row("x.copy_(y)", "x.data = y"),
    Row("x.normal_()", "x.data = rng.normal(size=x.shape)"),
    Row("x.uniform_()", "x.data = rng.uniform(size=x.shape)"),
    Row("x.random_()", "x.data = rng.integers(n, size=x.shape)"),
    Row("x.clamp_(low, high)", "x.data = np.clip(x.data, low, high)"),
    *(Row(f"x.{name}_()", f"x = np.{name}(x), or for a leaf x.data = np.{name}(x.data)") for name in ("exp", "sqrt", "abs", "tanh")),
    *(Row(f"x.{name}_()", f"x = tl.ops.{ours}(x)") for name, ours in (("relu", "relu"), ("sigmoid", "expit"))),
    Row("x.unsqueeze_(dim)", "x = np.expand_dims(x, dim)"),
    Row("x.squeeze_()", "x = np.squeeze(x)"),
    Row("x.t_()", "x = x.T"),
    Row("x.masked_fill_(mask, value)", "x = np.where(mask, value, x)"),
    Row("x.scatter_(dim, j, y)", "x = tl.ops.scatter_add(x, dim, j, y)"),
    Row("x.index_fill_(dim, i, value)", "x = np.where(mask, value, x)"),
)
"""By method of a tensor that NumPy does not have."""

SAME: Final = ("sum", "mean", "prod", "all", "any", "argmax", "argmin", "cumsum", "cumprod", "argsort", "squeeze")
"""Methods of NumPy's whose answer is PyTorch's: they take ``dim=`` and ``keepdim=``, too."""

DIFFERENT: Final = {
    "std": "x.std(axis=dim), which divides by n, or x.std(axis=dim, ddof=1), which is PyTorch's",
    "var": "x.var(axis=dim), which divides by n, or x.var(axis=dim, ddof=1), which is PyTorch's",
    "max": "x.max(axis=dim) for the values, x.argmax(axis=dim) for where they stand, np.maximum(x, y) of two",
    "min": "x.min(axis=dim) for the values, x.argmin(axis=dim) for where they stand, np.minimum(x, y) of two",
    "sort": "np.sort(x, axis=dim) for the values, np.argsort(x, axis=dim) for where they stood",
    "transpose": "np.swapaxes(x, dim0, dim1), which exchanges two axes, or x.transpose(axes), which takes all of them in their new order",
    "repeat": "np.tile(x, sizes), which repeats the whole, or np.repeat(x, n, axis), which repeats each entry",
}
"""Methods of NumPy's whose answer is another one: called in PyTorch's way they raise, and say both lines."""

UNLIKE: Final = frozenset({"dim", "keepdim", "unbiased", "correction", "descending", "dim0", "dim1", "other"})
"""Arguments that PyTorch's methods of these names have, and NumPy's have not."""

# ---- layers ------------------------------------------------------------------------------------------------------------

_NO_DEVICES: Final = "arrays live in main memory: leave it out (model.astype(np.float64) changes the dtype)"
_NO_HOOKS: Final = "say in forward(self, x) of a class of your own what is to happen"
_TOO_MANY: Final = "write it as a function and put that into nn.Sequential"

SAVING: Final = {
    "save": "type tl.training.checkpoint.save(path, model.state_dict())",
    "load": "type model.load_state_dict(tl.training.checkpoint.load(path))",
}
"""How the weights of a model are kept."""

OF_MODULES: Final = {
    **SAVING,
    **dict.fromkeys(("save_weights", "save_pretrained"), SAVING["save"]),
    **dict.fromkeys(("load_weights", "from_pretrained"), SAVING["load"]),
    "fit": "type tl.fit(model, loss, (X, y))",
    **dict.fromkeys(("predict", "predict_proba"), "type tl.training.predict(model, X)"),
    **dict.fromkeys(("evaluate", "score"), "type tl.training.evaluate(model, loss, tl.data.Dataset(X, y))"),
    **dict.fromkeys(("cpu", "cuda", "to", "to_empty", "type", "xpu", "mps", "share_memory"), _NO_DEVICES),
    "float": "type model.float32()",
    **dict.fromkeys(("half", "bfloat16"), "type model.astype(np.float16)"),
    **dict.fromkeys(
        ("register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook", "register_full_backward_pre_hook"), _NO_HOOKS
    ),
    "compile": "there is nothing to compile: call the model",
    "device": _NO_DEVICES,
}
"""By attribute of a module."""

OF_THE_ROOM: Final = {
    **SAVING,
    "summary": "type model.summary(x)",
    "utils": "type tl.optim.clip_grad_norm_(model.parameters(), 1.0), or nn.pad_sequences(sequences)",
    "Buffer": "type self.register_buffer(name, value)",
    **dict.fromkeys(("ParameterList", "ParameterDict"), "assign each parameter as an attribute of a nn.Module"),
    "Container": "type nn.Sequential(*modules), or nn.ModuleList(modules)",
    "Dense": "type nn.Linear(in_features, out_features)",
    "Conv": "type nn.Conv2d(in_channels, out_channels, kernel_size)",
    **dict.fromkeys(("BatchNorm", "BatchNormalization"), "type nn.BatchNorm1d(features) or nn.BatchNorm2d(channels)"),
    **dict.fromkeys(("MaxPool", "MaxPooling2D"), "type nn.MaxPool2d(2)"),
    "attention": "type nn.MultiheadAttention(embed_dim, num_heads)",
    "Softmax2d": "type nn.Softmax(1)",
    "NLLLoss2d": "type nn.NLLLoss()",
    "RReLU": "type nn.LeakyReLU(0.23)",
    "Unfold": "type nn.Sequential(lambda x: tl.ops.unfold(x, kernel_size))",
    "Fold": "type nn.Sequential(lambda x: tl.ops.fold(x, output_size, kernel_size))",
    "ChannelShuffle": "type nn.Sequential(lambda x: tl.ops.channel_shuffle(x, groups))",
    **dict.fromkeys(("LocalResponseNorm", "CrossMapLRN2d"), "type nn.Sequential(lambda x: tl.ops.local_response_norm(x, size))"),
    "UpsamplingNearest2d": "type nn.Upsample(scale_factor=2)",
    "UpsamplingBilinear2d": 'type nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)',
    "EmbeddingBag": "type np.mean(nn.Embedding(words, features)(x), axis=1)",
    "Transformer": "use nn.TransformerEncoder(layer, 6) and nn.TransformerDecoder(layer, 6)",
    **dict.fromkeys(("SyncBatchNorm", "DataParallel"), "there is one process: leave it out"),
    **dict.fromkeys(("FeatureAlphaDropout",), "type nn.AlphaDropout()"),
    **dict.fromkeys(("RNNBase", "RNNCellBase"), "type nn.RNN, nn.GRU or nn.LSTM"),
    **{
        f"{kind}Pad{n}d": f"type nn.Sequential(lambda x: tl.ops.pad(x, {(1, 1) * n}, mode={mode!r}))"
        for kind, mode in (
            ("Zero", "constant"), ("Constant", "constant"), ("Reflection", "reflect"), ("Replication", "replicate"), ("Circular", "circular"),
        )
        for n in (1, 2, 3)
    },
    **{
        f"Lazy{layer}{n}": f"use nn.{layer}{n}(...) with its sizes; model.summary(x) shows what comes before it"
        for layer, ends in (
            ("Linear", ("",)),
            *((layer, ("1d", "2d", "3d")) for layer in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm")),
        )
        for n in ends
    },
    **{f"{kind}{n}d": _TOO_MANY for kind in ("LPPool", "FractionalMaxPool", "MaxUnpool") for n in (1, 2, 3)},
}  # fmt: skip
"""By name in ``tl.nn``."""

OF_FUNCTIONAL: Final = {
    **dict.fromkeys(("upsample", "upsample_nearest", "upsample_bilinear"), "type F.interpolate(x, scale_factor=2)"),
    "embedding_bag": "type np.mean(F.embedding(x, weight), axis=1)",
    "multi_head_attention_forward": "type tl.nn.MultiheadAttention(features, heads), or F.scaled_dot_product_attention(q, k, v)",
    "rrelu": "type F.leaky_relu(x, 0.23)",
    "feature_alpha_dropout": "type F.alpha_dropout(x, p, training=True)",
    **{f"{name}_": f"type x = F.{name}(x)" for name in ("relu", "elu", "celu", "selu", "leaky_relu", "hardtanh")},
    "threshold_": "type x = F.threshold(x, threshold, value)",
    **dict.fromkeys(("grid_sample", "affine_grid"), _TOO_MANY),
    **{f"{kind}{n}d": _TOO_MANY for kind in ("lp_pool", "fractional_max_pool", "max_unpool") for n in (1, 2, 3)},
}
"""By name in ``tl.nn.functional``."""
