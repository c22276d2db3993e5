"""Windows of an image as columns of a matrix, and columns added back into an image."""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import linear
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.convolution import refuse_large
from tinygrad_loss.ops.properties import operand
from tinygrad_loss.ops.settings import each_axis, positive
from tinygrad_loss.ops.windows import Geometry

__all__ = ["fold", "unfold"]


def _widths(geometry: Geometry) -> list[tuple[int, int]]:
    return [(0, 0), (0, 0), *geometry.padding]


def _unfold(x: np.ndarray, geometry: Geometry) -> np.ndarray:
    count = geometry.count(x.shape[2:])
    full = np.pad(x, _widths(geometry))
    batch, channel, *space = full.strides
    taps = [s * d for s, d in zip(space, geometry.dilation, strict=True)]
    steps = [s * t for s, t in zip(space, geometry.stride, strict=True)]
    view = as_strided(full, (*x.shape[:2], *geometry.kernel, *count), (batch, channel, *taps, *steps), writeable=False)
    return view.reshape((len(x), x.shape[1] * math.prod(geometry.kernel), math.prod(count)))


def _fold(g: np.ndarray, geometry: Geometry, size: tuple[int, ...]) -> np.ndarray:
    count = geometry.count(size)
    channels = g.shape[1] // math.prod(geometry.kernel)
    entries = g.reshape((len(g), channels, math.prod(geometry.kernel), *count))
    wide = tuple(n + lo + hi for n, (lo, hi) in zip(size, geometry.padding, strict=True))
    full = np.zeros((len(g), channels, *wide), g.dtype)
    for k, offset in enumerate(geometry.offsets()):
        full[(slice(None), slice(None), *geometry.slices(offset, count))] += entries[:, :, k]
    return full[(slice(None), slice(None), *(slice(lo, lo + n) for n, (lo, _) in zip(size, geometry.padding, strict=True)))]


unfold_: Rule = linear(
    "unfold", _unfold, lambda g, x, geometry: fold_(g, geometry=geometry, size=x.shape[2:]), doc="the windows of an image as columns"
)
fold_: Rule = linear(
    "fold", _fold, lambda x, _g, geometry, size: unfold_(x, geometry=geometry), doc="columns added into an image where windows lie"
)


def _geometry(op: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Geometry:
    pads = each_axis(padding, 2, op, "padding")
    return Geometry(
        positive(kernel_size, 2, op, "kernel_size"),
        positive(stride, 2, op, "stride"),
        tuple((p, p) for p in pads),
        positive(dilation, 2, op, "dilation"),
    )


def unfold(input: Array, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Array:  # noqa: A002
    """Return the windows of an image as columns.

    Args:
        input: ``[N, C, H, W]``, or ``[C, H, W]``.
        kernel_size: the size of a window.
        dilation: the step between the entries of a window.
        padding: how many zeros stand on each side.
        stride: the step between windows.

    Returns:
        ``[N, C K K', windows]``.

    Raises:
        ShapeError: the window does not fit into the image.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.unfold(np.arange(6.0).reshape(1, 1, 2, 3), (2, 2))[0].T
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.]])
    """
    x = operand(input)
    if x.ndim not in {3, 4}:
        raise errors.shapes("unfold", "the input is [N, C, H, W] or [C, H, W]", [x.shape], "x[:, :, None]")
    if x.ndim == 3:
        return unfold(x[None], kernel_size, dilation, padding, stride)[0]
    geometry = _geometry("unfold", kernel_size, dilation, padding, stride)
    refuse_large("unfold", x, geometry)
    return unfold_(x, geometry=geometry)


def fold(input: Array, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Array:  # noqa: A002
    """Add columns into an image where windows lie: the transpose of `unfold`.

    Args:
        input: ``[N, C K K', windows]``, or without batch.
        output_size: ``(H, W)``.
        kernel_size: the size of a window.
        dilation: the step between the entries of a window.
        padding: how many zeros stood on each side.
        stride: the step between windows.

    Returns:
        ``[N, C, H, W]``.

    Raises:
        ShapeError: the columns do not fit the windows.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.fold(np.ones((1, 4, 2)), (2, 3), (2, 2))[0, 0]
    array([[1., 2., 1.],
           [1., 2., 1.]])
    """
    x = operand(input)
    if x.ndim == 2:
        return fold(x[None], output_size, kernel_size, dilation, padding, stride)[0]
    geometry = _geometry("fold", kernel_size, dilation, padding, stride)
    size = each_axis(output_size, 2, "fold", "output_size")
    entries, windows = math.prod(geometry.kernel), math.prod(geometry.count(size))
    if x.ndim != 3 or x.shape[1] % entries or x.shape[2] != windows:
        raise errors.shapes(
            "fold",
            f"the input has a multiple of {entries} rows and {windows} columns",
            [x.shape],
            "x = tl.ops.unfold(image, ...) with the same settings",
        )
    return fold_(x, geometry=geometry, size=size)
