"""Another number of entries per axis: adaptive pooling, interpolation, and channels that become pixels."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import linear
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.pooling import max_pool
from tinygrad_loss.ops.properties import values
from tinygrad_loss.ops.settings import whole
from tinygrad_loss.ops.windows import Geometry

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d",
    "channel_shuffle", "interpolate", "pixel_shuffle", "pixel_unshuffle",
]  # fmt: skip

MODES: Final = ("nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic", "area")
CUBIC: Final = -0.75
"""The slope of the cubic kernel at distance 1."""


def _sizes(op: str, dims: int, x: Array, output_size: Any) -> tuple[int, ...]:
    """Return the wished lengths; None keeps an axis."""
    given = tuple(output_size) if isinstance(output_size, Sequence) else (output_size,) * dims
    if len(given) == 1:
        given *= dims
    if len(given) != dims or x.ndim not in {dims + 1, dims + 2}:
        rule = f"the input has {dims} axes after batch and channels, and output_size one length per axis"
        instead = "output_size=1" if x.ndim in {dims + 1, dims + 2} else "x[None]" if x.ndim == dims else f"x of shape (N, C{', n' * dims})"
        raise errors.shapes(op, rule, [x.shape], instead)
    if 0 in x.shape[x.ndim - dims :]:
        raise errors.shapes(op, "each axis after the channels must hold at least one entry", [x.shape], "if x.size: y = layer(x)")
    sizes = tuple(n if m is None else whole(op, "output_size", m, least=1) for n, m in zip(x.shape[x.ndim - dims :], given, strict=True))
    np.empty((*x.shape[: x.ndim - dims], *sizes), x.dtype)  # what does not fit into memory fails here, and not after a long loop
    return sizes


def _bounds(length: int, out: int) -> list[tuple[int, int]]:
    """Return where each of ``out`` windows that cover ``length`` entries evenly begins and ends."""
    return [(i * length // out, -(-(i + 1) * length // out)) for i in range(out)]


def _along(x: np.ndarray, matrix: np.ndarray, axis: int) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore"):
        y = np.moveaxis(x, axis, -1) @ matrix.T
    if not math.isfinite(np.vdot(y, y)):  # what a row has no share in must not reach it as 0 times infinity
        rows = np.moveaxis(x, axis, 0)
        y = np.stack([np.tensordot(row[some], rows[some], 1) for row in matrix for some in [np.flatnonzero(row)]], axis=-1)
    return np.moveaxis(y, -1, axis)


along: Rule = linear(
    "along",
    _along,
    lambda g, _x, matrix, axis: along(g, matrix.T, axis=axis),
    doc=r"\sum_k M_{ik} x_k along one axis, over the entries where M is not 0",
)


def _adaptive_mean(dims: int, x: Array, output_size: Any) -> Array:
    x = x if hasattr(x, "ndim") else np.asarray(x)
    sizes = _sizes(f"adaptive_avg_pool{dims}d", dims, x, output_size)
    axes = range(x.ndim - dims, x.ndim)
    if set(sizes) == {1}:
        return np.mean(x, axis=tuple(axes), keepdims=True)
    for axis, out in zip(axes, sizes, strict=True):
        matrix = np.zeros((out, x.shape[axis]), x.dtype)
        for row, (begin, end) in zip(matrix, _bounds(x.shape[axis], out), strict=True):
            row[begin:end] = 1.0 / (end - begin)
        if out != x.shape[axis]:
            x = along(x, matrix, axis=axis)
    return x


def adaptive_largest(dims: int, x: Array, output_size: Any, pool: Rule) -> Array:
    """Return the largest entries of windows that cover the input evenly, by one of the two ops of `max_pool2d` and its like."""
    x = x if hasattr(x, "ndim") else np.asarray(x)
    sizes = _sizes(f"adaptive_max_pool{dims}d", dims, x, output_size)
    if x.ndim == dims + 1:
        return adaptive_largest(dims, x[None], output_size, pool)[0]
    old = x.shape[2:]
    if not any(n % m for n, m in zip(old, sizes, strict=True)):
        even = tuple(n // m for n, m in zip(old, sizes, strict=True))
        return pool(x, geometry=Geometry(even, even, ((0, 0),) * dims, (1,) * dims))
    bounds = [_bounds(n, m) for n, m in zip(old, sizes, strict=True)]
    cells = []
    for at in np.ndindex(sizes):
        window = x[(slice(None), slice(None), *(slice(*bounds[i][k]) for i, k in enumerate(at)))]
        cells.append(pool(window, geometry=Geometry(window.shape[2:], (1,) * dims, ((0, 0),) * dims, (1,) * dims)))
    return np.concatenate([cell.reshape((*x.shape[:2], 1)) for cell in cells], axis=-1).reshape((*x.shape[:2], *sizes))


def adaptive_pooled(dims: int, x: Array, output_size: Any, pool: Rule, *, return_indices: bool) -> Any:
    """Return the largest entries of windows that cover the input evenly, and on request where in their channel they are."""
    y = adaptive_largest(dims, x, output_size, pool)
    return (y, _largest_places(dims, np.asarray(values(x)), y.shape[y.ndim - dims :])) if return_indices else y


def _largest_places(dims: int, x: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """Return the place of the largest entry of each window, counted through a channel."""
    lead, old = x.shape[: x.ndim - dims], x.shape[x.ndim - dims :]
    bounds = [_bounds(n, m) for n, m in zip(old, sizes, strict=True)]
    places = np.arange(math.prod(old)).reshape(old)
    found = np.empty((*lead, *sizes), np.int64)
    for at in np.ndindex(sizes):
        window = tuple(slice(*bounds[i][k]) for i, k in enumerate(at))
        cell: Any = (..., *window)
        found[(..., *at)] = places[window].ravel()[x[cell].reshape((*lead, -1)).argmax(axis=-1)]
    return found


def adaptive_avg_pool1d(input: Array, output_size: Any) -> Array:  # noqa: A002  PyTorch's name
    """Return means of windows that cover ``[N, C, L]`` evenly, so many that the length becomes ``output_size``.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.adaptive_avg_pool1d(np.array([[[1.0, 2.0, 4.0]]]), 2)
    array([[[1.5, 3. ]]])
    """
    return _adaptive_mean(1, input, output_size)


def adaptive_avg_pool2d(input: Array, output_size: Any) -> Array:  # noqa: A002  PyTorch's name
    """Return means of windows that cover ``[N, C, H, W]`` evenly; None in ``output_size`` keeps an axis.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.adaptive_avg_pool2d(np.arange(4.0).reshape(1, 1, 2, 2), 1).item()
    1.5
    """
    return _adaptive_mean(2, input, output_size)


def adaptive_avg_pool3d(input: Array, output_size: Any) -> Array:  # noqa: A002  PyTorch's name
    """Return means of windows that cover ``[N, C, D, H, W]`` evenly; None in ``output_size`` keeps an axis.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.adaptive_avg_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), 1).item()
    3.5
    """
    return _adaptive_mean(3, input, output_size)


def adaptive_max_pool1d(input: Array, output_size: Any, return_indices: bool = False) -> Any:  # noqa: A002  PyTorch's name
    """Return the largest entries of windows that cover ``[N, C, L]`` evenly, and with ``return_indices`` their places.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.adaptive_max_pool1d(np.array([[[1.0, 2.0, 4.0]]]), 2)
    array([[[2., 4.]]])
    """
    return adaptive_pooled(1, input, output_size, max_pool, return_indices=return_indices)


def adaptive_max_pool2d(input: Array, output_size: Any, return_indices: bool = False) -> Any:  # noqa: A002  PyTorch's name
    """Return the largest entries of windows that cover ``[N, C, H, W]`` evenly.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.adaptive_max_pool2d(np.arange(4.0).reshape(1, 1, 2, 2), 1).item()
    3.0
    """
    return adaptive_pooled(2, input, output_size, max_pool, return_indices=return_indices)


def adaptive_max_pool3d(input: Array, output_size: Any, return_indices: bool = False) -> Any:  # noqa: A002  PyTorch's name
    """Return the largest entries of windows that cover ``[N, C, D, H, W]`` evenly.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.adaptive_max_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), 1).item()
    7.0
    """
    return adaptive_pooled(3, input, output_size, max_pool, return_indices=return_indices)


def _places(n: int, out: int, scale: float, *, align_corners: bool) -> np.ndarray:
    """Return where among ``n`` entries each of ``out`` new ones lies."""
    at = np.arange(out, dtype=np.float64)
    if align_corners:
        return at * ((n - 1) / (out - 1) if out > 1 else 0.0)
    return (at + 0.5) * scale - 0.5


def _linear_matrix(n: int, out: int, scale: float, *, align_corners: bool) -> np.ndarray:
    """Return the matrix that draws straight lines between ``n`` entries and reads them at ``out`` places."""
    at = np.maximum(_places(n, out, scale, align_corners=align_corners), 0.0)
    low = np.minimum(at.astype(np.int64), n - 1)
    matrix, rows = np.zeros((out, n)), np.arange(out)
    np.add.at(matrix, (rows, low), 1.0 - (at - low))
    np.add.at(matrix, (rows, np.minimum(low + 1, n - 1)), at - low)
    return matrix


def _cubic_matrix(n: int, out: int, scale: float, *, align_corners: bool) -> np.ndarray:
    """Return the matrix of the cubic kernel over the four nearest entries; the first and the last go on beyond the border.

    Source: Keys, Cubic convolution interpolation for digital image processing, 1981.
    """
    at = _places(n, out, scale, align_corners=align_corners)
    low = np.floor(at).astype(np.int64)
    matrix, rows = np.zeros((out, n)), np.arange(out)
    for offset in (-1, 0, 1, 2):
        d = np.abs(at - low - offset)
        inner = ((CUBIC + 2) * d - (CUBIC + 3)) * d * d + 1
        outer = ((CUBIC * d - 5 * CUBIC) * d + 8 * CUBIC) * d - 4 * CUBIC
        np.add.at(matrix, (rows, np.clip(low + offset, 0, n - 1)), np.where(d <= 1, inner, outer))
    return matrix


def interpolate(
    input: Array,  # noqa: A002  PyTorch's name
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> Array:
    """Return an image with another number of entries per spatial axis.

    Args:
        input: ``[N, C, ...]`` with one to three spatial axes.
        size: the new lengths; or
        scale_factor: by what to multiply the old ones.
        mode: ``"nearest"``; ``"nearest-exact"``, which measures from the middle of an entry; ``"linear"``, ``"bilinear"``,
            ``"trilinear"`` for one, two, three axes; ``"bicubic"`` for two; or ``"area"``, the means of even windows.
        align_corners: whether the first and last entries keep their places.

    Raises:
        ArgumentError: not exactly one of ``size`` and ``scale_factor``.
        ShapeError: nothing would be left.
        DomainError: an unknown mode.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.interpolate(np.array([[[1.0, 2.0]]]), scale_factor=2)
    array([[[1., 1., 2., 2.]]])
    """
    if (size is None) == (scale_factor is None):
        raise errors.ArgumentError(
            errors.say("interpolate", "give either size or scale_factor", f"size={size}, scale_factor={scale_factor}", "scale_factor=2")
        )
    if mode not in MODES:
        raise errors.unknown_name("interpolate", "mode", mode, MODES)
    dims = input.ndim - 2
    if not 1 <= dims <= 3:
        rule = "the input must be [N, C, n], with one to three axes after the channels"
        raise errors.shapes("interpolate", rule, [input.shape], "x[None, None]" if input.ndim == 1 else "x.reshape((*x.shape[:2], -1))")
    old = input.shape[2:]
    factors = tuple(scale_factor) if isinstance(scale_factor, Sequence) else (scale_factor,) * dims
    new = (
        tuple(math.floor(n * f) for n, f in zip(old, factors, strict=True))
        if size is None
        else tuple(size)
        if isinstance(size, Sequence)
        else (size,) * dims
    )
    if min(*new, *old) < 1:
        raise errors.shapes("interpolate", f"every axis must keep an entry, size={new}", [input.shape], "a larger scale_factor, or size=1")
    if mode == "area":
        return _adaptive_mean(dims, input, new)
    matrix = _cubic_matrix if mode == "bicubic" else _linear_matrix
    for axis, (n, m) in enumerate(zip(old, new, strict=True), start=2):
        step = n / m if size is not None else 1.0 / factors[axis - 2]
        if mode.startswith("nearest"):
            middle = 0.5 if mode == "nearest-exact" else 0.0
            index = np.minimum(((np.arange(m) + middle) * step).astype(np.int64), n - 1)
            input = input[(slice(None),) * axis + (index,)]  # noqa: A001  PyTorch's name
        elif n != m or mode == "bicubic":  # between equally many entries lines change nothing, whatever the factor was
            input = along(input, matrix(n, m, step, align_corners=align_corners).astype(input.dtype), axis=axis)  # noqa: A001
    return input


def pixel_shuffle(input: Array, upscale_factor: int) -> Array:  # noqa: A002  PyTorch's name
    """Turn groups of $r^2$ channels into squares of $r$ by $r$ pixels.

    Args:
        input: ``[..., C r r, H, W]``.
        upscale_factor: $r$.

    Returns:
        ``[..., C, H r, W r]``.

    Raises:
        ShapeError: the number of channels is not a multiple of $r^2$.

    Source: Shi and others, Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural network, 2016.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.pixel_shuffle(np.arange(4.0).reshape(4, 1, 1), 2)[0]
    array([[0., 1.],
           [2., 3.]])
    """
    r = upscale_factor
    if input.ndim < 3:
        raise errors.shapes("pixel_shuffle", "the input must be [..., C, H, W]", [input.shape], f"x of shape (..., {r * r}, H, W)")
    *batch, channels, height, width = input.shape
    if channels % (r * r):
        rule, wanted = f"the channels on axis -3 must be a multiple of {r * r}", channels + -channels % (r * r)
        raise errors.shapes("pixel_shuffle", rule, [input.shape], f"x = nn.Conv2d({channels}, {wanted}, 1)(x)")
    x = input.reshape((*batch, channels // (r * r), r, r, height, width))
    b = len(batch)
    x = np.transpose(x, (*range(b), b, b + 3, b + 1, b + 4, b + 2))
    return x.reshape((*batch, channels // (r * r), height * r, width * r))


def pixel_unshuffle(input: Array, downscale_factor: int) -> Array:  # noqa: A002  PyTorch's name
    """Turn squares of $r$ by $r$ pixels into $r^2$ channels: the inverse of `pixel_shuffle`.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.pixel_unshuffle(np.arange(4.0).reshape(1, 2, 2), 2)[:, 0, 0]
    array([0., 1., 2., 3.])
    """
    r = downscale_factor
    if input.ndim < 3:
        raise errors.shapes(
            "pixel_unshuffle", "the input must be [..., C, H, W]", [input.shape], f"x[{', '.join(['None'] * (3 - input.ndim))}]"
        )
    *batch, channels, height, width = input.shape
    if height % r or width % r:
        instead = f"tl.ops.pad(x, (0, {-width % r}, 0, {-height % r}))"
        raise errors.shapes("pixel_unshuffle", f"height and width must be multiples of {r}", [input.shape], instead)
    x = input.reshape((*batch, channels, height // r, r, width // r, r))
    b = len(batch)
    x = np.transpose(x, (*range(b), b, b + 2, b + 4, b + 1, b + 3))
    return x.reshape((*batch, channels * r * r, height // r, width // r))


def channel_shuffle(input: Array, groups: int) -> Array:  # noqa: A002  PyTorch's name
    """Mix the channels of groups: the first of each group, then the second of each, and so on.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.channel_shuffle(np.arange(4.0).reshape(1, 4, 1), 2).ravel()
    array([0., 2., 1., 3.])
    """
    n, channels, *space = input.shape
    if channels % groups:
        raise errors.shapes("channel_shuffle", f"groups={groups} must divide the channels", [input.shape], "groups=1")
    return np.swapaxes(input.reshape((n, groups, channels // groups, *space)), 1, 2).reshape(input.shape)
