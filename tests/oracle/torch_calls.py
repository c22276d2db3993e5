"""How each recorded torch call is written with NumPy, SciPy and tinygrad_loss.

What NumPy or ``scipy.special`` has is called there, so that dispatch is tested; the rest is `tl.ops` under SciPy's name
(logsumexp, softmax) or torch's (conv2d, layer_norm), and `tl.losses`.
"""

# ruff: noqa: A002  torch's argument names are the point here

from typing import Any

import numpy as np
import scipy.special as sp

import tinygrad_loss as tl


class NoSuchNameError(LookupError):
    """The project has no function of this name."""


def options(kw: dict[str, Any]) -> dict[str, Any]:
    """Return torch's keyword arguments under NumPy's names."""
    renamed = {"dim": "axis", "dims": "axis", "keepdim": "keepdims"}
    kw = {renamed.get(k, k): v for k, v in kw.items() if k != "dtype"}
    if isinstance(kw.get("axis"), list):
        kw["axis"] = tuple(kw["axis"])
    if kw.get("axis") == ():
        del kw["axis"]
    return kw


def reduction(f):
    """A reduction: axis and keepdims may be positional."""

    def call(x, *args, **kw):
        kw = options(kw)
        if args:
            kw["axis"] = tuple(args[0]) if isinstance(args[0], list | tuple) else args[0]
        if len(args) > 1:
            kw["keepdims"] = args[1]
        return f(x, **options(kw))

    return call


def spread(f):
    """A variance: torch says correction or unbiased, NumPy ddof."""

    def call(x, *args, **kw):
        kw, args, ddof = options(kw), list(args), 1
        if args and isinstance(args[0], bool):
            ddof = int(args.pop(0))
        if args:
            kw["axis"] = tuple(args[0]) if isinstance(args[0], list | tuple) else args[0]
        if len(args) > 1:
            ddof = int(args[1])
        if "unbiased" in kw:
            ddof = int(kw.pop("unbiased"))
        if "correction" in kw:
            given = kw.pop("correction")
            ddof = 1 if given is None else given
        return f(x, ddof=ddof, **options(kw))

    return call


def along(f):
    """A function whose second positional argument is the axis."""

    def call(x, *args, **kw):
        kw = options(kw)
        if args:
            kw["axis"] = args[0]
        return f(x, **kw)

    return call


def extreme(of_two, of_one):
    """torch.max(a, b), or torch.max(a)."""

    def call(x, *args, **kw):
        if args and not isinstance(args[0], int | list | tuple):
            return of_two(x, *args)
        return reduction(of_one)(x, *args, **kw)

    return call


def pad(x, width, mode="constant", value=0.0):
    """torch pads from the last axis to the first; a negative width crops."""
    widths = [(0, 0)] * x.ndim
    for i in range(len(width) // 2):
        widths[x.ndim - 1 - i] = (int(width[2 * i]), int(width[2 * i + 1]))
    if any(a < 0 or b < 0 for a, b in widths):
        x = x[tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, widths, strict=True))]
        widths = [(max(a, 0), max(b, 0)) for a, b in widths]
    if mode == "constant":
        return np.pad(x, widths, constant_values=0.0 if value is None else value)
    return np.pad(x, widths, mode={"reflect": "reflect", "replicate": "edge", "circular": "wrap"}[mode])


def clamp(x, low=None, high=None, min=None, max=None):
    return np.clip(x, low if low is not None else min, high if high is not None else max)


def split(x, sections, axis=0, dim=None):
    axis = axis if dim is None else dim
    cuts = np.cumsum(sections)[:-1] if isinstance(sections, list | tuple) else range(sections, x.shape[axis], sections)
    return np.split(x, list(cuts), axis=axis)


def median(x, axis=None, **kw):
    """torch takes the lower of the two middle entries."""
    kw = options(kw)
    axis, keepdims = kw.get("axis", axis), kw.get("keepdims", False)
    if axis is None:
        x, axis = np.reshape(x, (-1,)), 0
    if not x.ndim:
        return x
    k = (x.shape[axis] - 1) // 2
    return np.take(np.sort(x, axis=axis), [k] if keepdims else k, axis=axis)


def kthvalue(x, k, axis=-1, keepdims=False):
    return np.take(np.sort(x, axis=axis), [k - 1] if keepdims else k - 1, axis=axis) if x.ndim else x


def sort(x, axis=-1, descending=False, stable=None, dim=None):
    del stable
    axis = axis if dim is None else dim
    if not x.ndim:
        return x
    return np.flip(np.sort(x, axis=axis), axis=axis) if descending else np.sort(x, axis=axis)


def topk(x, k, axis=-1, largest=True, sorted=True):
    del sorted
    return np.take(sort(x, axis, largest), np.arange(k), axis=axis) if x.ndim else x


def diff(x, n=1, axis=-1, prepend=None, append=None, dim=None):
    ends = {k: v for k, v in (("prepend", prepend), ("append", append)) if v is not None}
    return np.diff(x, n, axis if dim is None else dim, **ends)


def div(a, b, rounding_mode=None):
    return {None: lambda y: y, "floor": np.floor, "trunc": np.trunc}[rounding_mode](np.divide(a, b))


def scaled(f):
    return lambda a, b, alpha=1: f(a, b if alpha == 1 else b * alpha)


def vector_norm(x, ord=2, axis=None, keepdims=False, **kw):
    kw = options({"axis": axis, "keepdims": keepdims, **kw})
    axis, keepdims = kw.get("axis"), kw["keepdims"]
    if axis is None:
        y = np.linalg.norm(np.reshape(x, (-1,)), ord)
        return np.reshape(y, (1,) * x.ndim) if keepdims else y
    if isinstance(axis, tuple) and len(axis) > 1:
        return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)
    return np.linalg.norm(x, ord, axis[0] if isinstance(axis, tuple) else axis, keepdims)


def norm(x, ord=None, axis=None, keepdims=False, **kw):
    kw = options({"axis": axis, "keepdims": keepdims, **kw})
    if ord is None:
        return vector_norm(x, 2, kw.get("axis"), kw["keepdims"])
    return np.linalg.norm(x, ord, kw.get("axis"), kw["keepdims"])


def matrix_norm(x, ord="fro", axis=(-2, -1), keepdims=False, **kw):
    kw = options({"axis": axis, "keepdims": keepdims, **kw})
    return np.linalg.norm(x, ord, kw["axis"], kw["keepdims"])


def running(f):
    return lambda x, axis=0, **kw: f(x, axis=kw.get("dim", axis)) if x.ndim else x


def squeeze(x, *args, **kw):
    axis = options(kw).get("axis", args[0] if args else None)
    if axis is None:
        return np.squeeze(x)
    axes = (axis,) if isinstance(axis, int) else axis
    if not x.ndim:
        return x
    axes = tuple(i % x.ndim for i in axes if x.shape[i] == 1)
    return np.squeeze(x, axis=axes) if axes else x


def triangle(f):
    return lambda x, k=0, diagonal=None: f(x, k if diagonal is None else diagonal)


def quantile(x, q, axis=None, keepdims=False, interpolation="linear", **kw):
    kw = options({"axis": axis, "keepdims": keepdims, **kw})
    return np.quantile(x, q, axis=kw.get("axis"), keepdims=kw["keepdims"], method=interpolation)


def masked_select(x, mask):
    shape = np.broadcast_shapes(x.shape, mask.shape)
    return np.broadcast_to(x, shape)[np.broadcast_to(mask, shape)]


def take_along_dim(x, index, axis=None, dim=None):
    axis = axis if dim is None else dim
    if axis is None:
        return np.take_along_axis(np.reshape(x, (-1,)), np.reshape(index, (-1,)), 0)
    return np.take_along_axis(x, index, axis)


def gather(x, axis, index):
    if not x.ndim:
        return np.reshape(x, index.shape)
    part = tuple(slice(None) if d == axis % x.ndim else slice(0, n) for d, n in enumerate(index.shape))
    return np.take_along_axis(x[part], index, axis)


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    return np.nan_to_num(x, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


def solve(a, b, left=True):
    if not left:
        return np.swapaxes(solve(np.swapaxes(a, -1, -2), np.swapaxes(b, -1, -2)), -1, -2)
    if b.ndim == 1 or (b.ndim == a.ndim - 1 and b.shape == a.shape[:-1]):
        return np.linalg.solve(a, b[..., None])[..., 0]
    return np.linalg.solve(a, b)


def pinv(x, *args, **kw):
    return np.linalg.pinv(x, *args, **{k: v for k, v in kw.items() if k in {"hermitian", "rcond", "rtol"}})


def logit(x, eps=None):
    return sp.logit(x if eps is None else np.clip(x, eps, 1 - eps))


def roll(x, shifts, dims=None):
    return np.roll(x, shifts, tuple(dims) if isinstance(dims, list | tuple) else dims)


TABLE = {
    "__getitem__": lambda x, index: x[index],
    "acos": np.arccos,
    "acosh": np.arccosh,
    "add": scaled(np.add),
    "amax": reduction(np.max),
    "amin": reduction(np.min),
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "atanh": np.arctanh,
    "bmm": np.matmul,
    "cat": lambda seq, axis=0, dim=None: np.concatenate(list(seq), axis=axis if dim is None else dim),
    "clamp": clamp,
    "cov": lambda x, correction=1, fweights=None, aweights=None: np.cov(x, ddof=correction, fweights=fweights, aweights=aweights),
    "cross": lambda a, b, axis=None, dim=-1: np.cross(a, b, axis=dim if axis is None else axis),
    "cummax": running(np.maximum.accumulate),
    "cummin": running(np.minimum.accumulate),
    "cumprod": along(np.cumprod),
    "cumsum": along(np.cumsum),
    "diag": np.diag,
    "diagonal": lambda x, offset=0, dim1=0, dim2=1: np.diagonal(x, offset, dim1, dim2),
    "diff": diff,
    "digamma": sp.digamma,
    "div": div,
    "einsum": lambda operands, subscripts: np.einsum(subscripts, *operands),
    "erf": sp.erf,
    "erfc": sp.erfc,
    "erfinv": sp.erfinv,
    "flip": along(np.flip),
    "gather": gather,
    "hstack": lambda seq: np.hstack(list(seq)),
    "i0": sp.i0,
    "index_select": lambda x, axis, index: np.take(x, index, axis=axis) if x.ndim else x,
    "kthvalue": kthvalue,
    "ldexp": lambda x, n: x * np.exp2(n),
    "lgamma": sp.gammaln,
    "linalg.cholesky": lambda x, upper=False: np.linalg.cholesky(x, upper=True) if upper else np.linalg.cholesky(x),
    "linalg.det": np.linalg.det,
    "linalg.eigh": lambda x, UPLO="L": np.linalg.eigh(x, UPLO),
    "linalg.inv": np.linalg.inv,
    "linalg.matrix_norm": matrix_norm,
    "linalg.matrix_power": np.linalg.matrix_power,
    "linalg.norm": norm,
    "linalg.pinv": pinv,
    "linalg.qr": lambda x, mode="reduced": np.linalg.qr(x, mode),
    "linalg.slogdet": np.linalg.slogdet,
    "linalg.solve": solve,
    "linalg.svd": lambda x, full_matrices=True: np.linalg.svd(x, full_matrices=full_matrices),
    "linalg.vector_norm": vector_norm,
    "log_softmax": along(lambda x, axis: tl.ops.log_softmax(x, axis=axis)),
    "logcumsumexp": along(lambda x, axis: tl.ops.logcumsumexp(x, axis=axis)),
    "logdet": lambda x: np.linalg.slogdet(x)[1],
    "logit": logit,
    "logsumexp": reduction(lambda x, **kw: tl.ops.logsumexp(x, **kw)),
    "masked_fill": lambda x, mask, value: np.where(mask, value, x),
    "masked_select": masked_select,
    "max": extreme(np.maximum, np.max),
    "mean": reduction(np.mean),
    "median": median,
    "min": extreme(np.minimum, np.min),
    "mm": np.matmul,
    "movedim": np.moveaxis,
    "msort": lambda x: np.sort(x, axis=0),
    "mul": np.multiply,
    "mv": np.matmul,
    "nan_to_num": nan_to_num,
    "nanmean": reduction(np.nanmean),
    "nansum": reduction(np.nansum),
    "neg": np.negative,
    "nn.functional.pad": pad,
    "nn.functional.softmin": along(lambda x, axis: tl.ops.softmax(-x, axis=axis)),
    "norm": norm,
    "permute": np.transpose,
    "pow": np.power,
    "prod": reduction(np.prod),
    "quantile": quantile,
    "repeat_interleave": lambda x, repeats, axis=None, dim=None, output_size=None: np.repeat(x, repeats, axis if dim is None else dim),
    "roll": roll,
    "rot90": lambda x, k=1, axes=(0, 1), dims=None: np.rot90(x, k, tuple(axes if dims is None else dims)),
    "round": lambda x, decimals=0: np.round(x, decimals),
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "scatter_add": lambda x, axis, index, source: tl.ops.scatter_add(x, axis, index, source),
    "sigmoid": sp.expit,
    "softmax": along(lambda x, axis: tl.ops.softmax(x, axis=axis)),
    "sort": sort,
    "special.entr": sp.entr,
    "special.erfcx": sp.erfcx,
    "special.log_ndtr": sp.log_ndtr,
    "special.ndtr": sp.ndtr,
    "special.ndtri": sp.ndtri,
    "special.xlog1py": sp.xlog1py,
    "split": split,
    "squeeze": squeeze,
    "stack": lambda seq, axis=0, dim=None: np.stack(list(seq), axis=axis if dim is None else dim),
    "std": spread(np.std),
    "sub": scaled(np.subtract),
    "sum": reduction(np.sum),
    "take_along_dim": take_along_dim,
    "tensordot": lambda a, b, dims=2: np.tensordot(a, b, dims),
    "topk": topk,
    "transpose": np.swapaxes,
    "trapezoid": lambda y, x=None, dx=1.0, axis=-1, dim=None: np.trapezoid(y, x, dx, axis if dim is None else dim),
    "tril": triangle(np.tril),
    "triu": triangle(np.triu),
    "unsqueeze": along(np.expand_dims),
    "var": spread(np.var),
    "vstack": lambda seq: np.vstack(list(seq)),
    "where": lambda a, condition, b=None: np.where(condition, a, b),
    "xlogy": sp.xlogy,
}


def function(name: str) -> Any:
    """Return what stands here for a torch function.

    Raises:
        NoSuchNameError: nothing does.
    """
    short = name.removeprefix("nn.functional.").rpartition(".")[2]
    short = {"logsigmoid": "log_sigmoid"}.get(short, short)
    rooms = (tl.losses, tl.ops) if name.startswith("nn.functional.") else (np, tl.losses, tl.ops)
    for found in (TABLE.get(name), *(getattr(room, short, None) for room in rooms)):
        if callable(found):
            return found
    raise NoSuchNameError(name)


def call(name: str, args: list[Any], kwargs: dict[str, Any]) -> list[Any]:
    """Return the outputs of one torch call, written with what stands here for it."""
    out = function(name)(*args, **kwargs)
    return list(out) if isinstance(out, list | tuple) else [out]
