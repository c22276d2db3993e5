"""Windows of images as columns of a matrix, so that a convolution is one product, and the way back.

Everything here works on plain arrays with the batch last in memory, ``[channels, *space, batch]``. There whatever moves at once,
one entry of all windows along an axis, or a half of all images, is one long run of memory, which NumPy copies, adds and compares
at full speed; filters are a matrix as they stand, and a product of filters and windows needs no copy of its result.
Windows are made for some rows of the images at a time, because all of them are several times the batch.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

__all__ = ["Band", "Geometry", "bands", "batch_first", "batch_last", "gather", "matrices", "padded", "scatter"]

BAND_BYTES: Final = 1 << 21
"""About how much memory the matrix of windows takes at once: the second-level caches hold it."""


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

    def wide(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """Return the size of an image with its padding."""
        return tuple(n + lo + hi for n, (lo, hi) in zip(size, self.padding, strict=True))

    def inside(self, size: tuple[int, ...]) -> tuple[slice, ...]:
        """Return where the image lies in its padded form."""
        return (slice(None), *(slice(lo, lo + n) for n, (lo, _) in zip(size, self.padding, strict=True)))


def batch_last(x: np.ndarray) -> np.ndarray:
    """Put the batch last, without a copy."""
    return x.transpose((*range(1, x.ndim), 0))


def batch_first(x: np.ndarray) -> np.ndarray:
    """Put the batch first, without a copy."""
    return x.transpose((x.ndim - 1, *range(x.ndim - 1)))


def padded(x: np.ndarray, geometry: Geometry, *, fill: float = 0.0) -> np.ndarray:
    """Return batch-last images with their padding."""
    if not any(map(any, geometry.padding)):
        return np.ascontiguousarray(x)
    shape, size = (len(x), *geometry.wide(x.shape[1:-1]), x.shape[-1]), x.shape[1:-1]
    full = np.full(shape, fill, x.dtype) if fill else np.zeros(shape, x.dtype)
    full[geometry.inside(size)] = x
    return full


def matrices(y: np.ndarray, groups: int) -> np.ndarray:
    """Return batch-last results as matrices ``[groups, channels, windows]``."""
    return np.ascontiguousarray(y).reshape((groups, len(y) // groups, math.prod(y.shape[1:])))


class Band(NamedTuple):
    """Some rows of windows.

    Attributes:
        start: the first row.
        windows: how many along each axis.
        at: where they lie among all windows.
    """

    start: int
    windows: tuple[int, ...]
    at: slice


def bands(full: np.ndarray, geometry: Geometry, count: tuple[int, ...], most: int | None = None) -> Iterator[Band]:
    """Divide the windows of padded images into bands of as many as `BAND_BYTES` hold, or about ``most``."""
    across = math.prod(count[1:]) * full.shape[-1]
    held = BAND_BYTES // max(len(full) * math.prod(geometry.kernel) * full.itemsize, 1)
    rows = max(1, min(held, most or held) // max(across, 1))
    for start in range(0, count[0], rows):
        stop = min(start + rows, count[0])
        yield Band(start, (stop - start, *count[1:]), slice(start * across, stop * across))


def gather(full: np.ndarray, geometry: Geometry, band: Band) -> np.ndarray:
    """Return windows of padded images as columns of matrices ``[groups, channels * kernel, windows]``."""
    channel, *space, sample = full.strides
    steps = [s * t for s, t in zip(space, geometry.stride, strict=True)]
    taps = [s * t for s, t in zip(space, geometry.dilation, strict=True)]
    shape = (len(full), *geometry.kernel, *band.windows, full.shape[-1])
    view = as_strided(full[:, band.start * geometry.stride[0] :], shape, (channel, *taps, *steps, sample), writeable=False)
    groups, entries = geometry.groups, len(full) * math.prod(geometry.kernel)
    return np.ascontiguousarray(view).reshape((groups, entries // groups, math.prod(band.windows) * full.shape[-1]))


def scatter(columns: np.ndarray, full: np.ndarray, geometry: Geometry, band: Band) -> None:
    """Add columns into padded images where their windows lie: the transpose of `gather`."""
    entries = columns.reshape((len(full), math.prod(geometry.kernel), *band.windows, full.shape[-1]))
    rows = full[:, band.start * geometry.stride[0] :]
    for k, offset in enumerate(geometry.offsets()):
        rows[(slice(None), *geometry.slices(offset, band.windows))] += entries[:, k]
