"""Windows of images as rows of a matrix, so that a convolution is one product, and the way back.

Everything here works on plain arrays with the channels last in memory: there one window row is one run of memory,
and a product of all windows with all filters needs no copy of its result. Images are worked on in blocks of a batch,
because the rows of a block fit into the cache while those of a batch are several times the batch.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided

__all__ = ["Geometry", "blocks", "gather", "grouped", "padded", "scatter"]

BLOCK_BYTES: Final = 1 << 21


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where windows lie: one entry per spatial axis.

    Attributes:
        kernel: the lengths of a window.
        stride: the steps between windows.
        padding: how many zeros stand before and after the image.
        dilation: the steps between the entries of a window.
        groups: into how many parts the channels are divided, each with filters of its own.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    groups: int = 1

    @property
    def spans(self) -> tuple[int, ...]:
        """How many entries of the image a window covers."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def count(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """Return how many windows fit along each axis of an image."""
        return tuple((n + sum(p) - span) // s + 1 for n, p, span, s in zip(size, self.padding, self.spans, self.stride, strict=True))

    def offsets(self) -> Iterator[tuple[int, ...]]:
        """Yield where the entries of a window lie, in the order of the kernel."""
        return (tuple(i * d for i, d in zip(at, self.dilation, strict=True)) for at in np.ndindex(self.kernel))

    def slices(self, offset: tuple[int, ...], count: tuple[int, ...]) -> tuple[slice, ...]:
        """Return where one entry of every window lies in the padded image."""
        return tuple(slice(o, o + s * (n - 1) + 1, s) for o, s, n in zip(offset, self.stride, count, strict=True))

    def windows_first(self, channels: int, count: tuple[int, ...]) -> bool:
        """Whether rows of the matrix should be windows; else columns: the longer run in memory is copied faster."""
        return channels // self.groups * self.kernel[-1] >= count[-1]


def blocks(batch: int, each: int) -> Iterator[slice]:
    """Yield parts of a batch whose matrices fit into the cache, where one image needs ``each`` bytes."""
    size = max(1, BLOCK_BYTES // max(each, 1))
    return (slice(i, min(i + size, batch)) for i in range(0, batch, size))


def padded(x: np.ndarray, geometry: Geometry, *, fill: float = 0.0) -> np.ndarray:
    """Return channels-last images with their padding."""
    if not any(map(any, geometry.padding)):
        return np.ascontiguousarray(x)
    wide = tuple(n + lo + hi for n, (lo, hi) in zip(x.shape[1:-1], geometry.padding, strict=True))
    full = np.full((len(x), *wide, x.shape[-1]), fill, x.dtype) if fill else np.zeros((len(x), *wide, x.shape[-1]), x.dtype)
    full[inside(x.shape[1:-1], geometry)] = x
    return full


def inside(size: tuple[int, ...], geometry: Geometry) -> tuple[slice, ...]:
    """Return where the image lies in its padded form."""
    return (slice(None), *(slice(lo, lo + n) for n, (lo, _) in zip(size, geometry.padding, strict=True)))


def gather(x: np.ndarray, geometry: Geometry, count: tuple[int, ...]) -> np.ndarray:
    """Return the windows of channels-last images as matrices ``[groups, windows, kernel * channels]``."""
    x = padded(x, geometry)
    g, n = geometry.groups, x.shape[-1] // geometry.groups
    batch, *space, channel = x.strides
    steps = [s * t for s, t in zip(space, geometry.stride, strict=True)]
    taps = [s * t for s, t in zip(space, geometry.dilation, strict=True)]
    rows, columns = ((len(x), *count), (batch, *steps)), ((*geometry.kernel, n), (*taps, channel))
    shape = (g, len(x) * math.prod(count), math.prod(geometry.kernel) * n)
    if geometry.windows_first(x.shape[-1], count):
        view = as_strided(x, (g, *rows[0], *columns[0]), (n * channel, *rows[1], *columns[1]), writeable=False)
        return np.ascontiguousarray(view).reshape(shape)
    view = as_strided(x, (g, *columns[0], *rows[0]), (n * channel, *columns[1], *rows[1]), writeable=False)
    return np.ascontiguousarray(view).reshape((shape[0], shape[2], shape[1])).swapaxes(1, 2)


def grouped(y: np.ndarray, groups: int) -> np.ndarray:
    """Return channels-last results as matrices ``[groups, windows, channels]``."""
    flat = np.ascontiguousarray(y).reshape((-1, groups, y.shape[-1] // groups))
    return flat.swapaxes(0, 1) if groups > 1 else flat.reshape((1, -1, y.shape[-1]))


def scatter(rows: np.ndarray, filters: np.ndarray, geometry: Geometry, size: tuple[int, ...], count: tuple[int, ...]) -> np.ndarray:
    """Add ``rows @ filters`` into images where the windows lie: the transpose of `gather`, without its matrix.

    Args:
        rows: ``[groups, windows, channels out]``.
        filters: ``[groups, kernel, channels out, channels in]``.
        geometry: where the windows lie.
        size: of the images.
        count: the number of windows along each axis.
    """
    g, n = geometry.groups, filters.shape[-1]
    batch = rows.shape[1] // max(math.prod(count), 1)
    wide = tuple(m + lo + hi for m, (lo, hi) in zip(size, geometry.padding, strict=True))
    full = np.zeros((batch, *wide, g * n), np.result_type(rows, filters))
    for k, offset in enumerate(geometry.offsets()):
        part = rows @ filters[:, k]
        part = part.reshape((batch, *count, n)) if g == 1 else np.moveaxis(part.reshape((g, batch, *count, n)), 0, -2)
        full[(slice(None), *geometry.slices(offset, count))] += part.reshape((batch, *count, g * n))
    return full[inside(size, geometry)]
