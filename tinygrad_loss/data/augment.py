"""Variations of images that keep what they show: plain functions from a batch and a generator, or a seed, to a batch."""

import numpy as np

__all__ = ["flip", "noise", "shift"]


def shift(x: np.ndarray, rng: np.random.Generator | int, by: int = 1) -> np.ndarray:
    """Move each image by up to ``by`` pixels along each axis; zeros enter at the border.

    Args:
        x: images, ``(n, height, width)`` or ``(n, channels, height, width)``.
        rng: where chance comes from, a generator or a seed.
        by: the largest move, in pixels.

    >>> import numpy as np, tinygrad_loss as tl
    >>> x = np.ones((2, 1, 3, 3))
    >>> tl.data.shift(x, np.random.default_rng(0), by=1).shape
    (2, 1, 3, 3)
    """
    rng = np.random.default_rng(rng)
    margins = [(0, 0)] * (x.ndim - 2) + [(by, by), (by, by)]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, margins), x.shape[-2:], axis=(-2, -1))
    down, right = rng.integers(0, 2 * by + 1, (2, len(x)))
    return np.ascontiguousarray(windows[np.arange(len(x)), ..., down, right, :, :])


def flip(x: np.ndarray, rng: np.random.Generator | int, p: float = 0.5) -> np.ndarray:
    """Mirror each image left to right with probability ``p``.

    Args:
        x: images, ``(n, ..., width)``.
        rng: where chance comes from, a generator or a seed.
        p: the probability, between 0 and 1.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.data.flip(np.array([[[1, 2]]]), 0, p=1.0)
    array([[[2, 1]]])
    """
    mirrored = (np.random.default_rng(rng).random(len(x)) < p).reshape(-1, *[1] * (x.ndim - 1))
    return np.where(mirrored, x[..., ::-1], x)


def noise(x: np.ndarray, rng: np.random.Generator | int, std: float = 0.1) -> np.ndarray:
    """Add independent normal noise of standard deviation ``std``, in the unit of ``x``; the dtype is kept.

    Args:
        x: numbers of any shape.
        rng: where chance comes from, a generator or a seed.
        std: the standard deviation.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.data.noise(np.zeros((2, 2), np.float32), np.random.default_rng(0)).dtype
    dtype('float32')
    """
    return x + (std * np.random.default_rng(rng).standard_normal(x.shape)).astype(x.dtype)
