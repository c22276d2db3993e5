"""Layers that move entries without computing."""

import math
from typing import Any

import numpy as np

from tinygrad_loss import errors, ops
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.nn.weightless import Weightless

__all__ = ["Flatten", "PixelShuffle", "PixelUnshuffle", "Unflatten", "Upsample"]


class Flatten(Weightless):
    """Join the axes from ``start_dim`` to ``end_dim``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Flatten()(np.zeros((5, 3, 8, 8))).shape
    (5, 192)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Array) -> Result:
        """Return the same entries with fewer axes."""
        if not all(-x.ndim <= axis < x.ndim for axis in (self.start_dim, self.end_dim)) and x.shape[1:]:
            rule = f"start_dim and end_dim must lie in {-x.ndim} to {x.ndim - 1}"
            raise errors.shapes("Flatten", rule, [x.shape], "nn.Flatten(start_dim=1, end_dim=-1)")
        if not x.ndim:
            raise errors.shapes("Flatten", "the input must have a batch axis", [x.shape], "np.reshape(x, (1, 1))")
        start, end = self.start_dim % x.ndim, self.end_dim % x.ndim
        return np.reshape(x, (*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :]))

    def extra_repr(self) -> str:
        """Return the axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Weightless):
    """Divide an axis into several.

    Args:
        dim: the axis.
        unflattened_size: the lengths that replace it, one of which may be -1.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Unflatten(1, (3, 8, 8))(np.zeros((5, 192))).shape
    (5, 3, 8, 8)
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, x: Array) -> Result:
        """Return the same entries with more axes."""
        dim = self.dim % x.ndim
        known = math.prod(n for n in self.unflattened_size if n != -1)
        if (x.shape[dim] != known) if -1 not in self.unflattened_size else x.shape[dim] % known:
            raise errors.shapes(
                "Unflatten", f"axis {self.dim} must divide into {self.unflattened_size}", [x.shape], "unflattened_size=(-1,)"
            )
        return np.reshape(x, (*x.shape[:dim], *self.unflattened_size, *x.shape[dim + 1 :]))

    def extra_repr(self) -> str:
        """Return the axis and the lengths."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


class PixelShuffle(Weightless):
    """Turn channels into pixels; see `tinygrad_loss.ops.pixel_shuffle`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.PixelShuffle(2)(np.zeros((1, 8, 3, 3))).shape
    (1, 2, 6, 6)
    """

    def __init__(self, upscale_factor: int) -> None:
        self.upscale_factor = upscale_factor

    def forward(self, x: Array) -> Result:
        """Map ``[..., C r r, H, W]`` to ``[..., C, H r, W r]``."""
        return ops.pixel_shuffle(x, self.upscale_factor)

    def extra_repr(self) -> str:
        """Return the factor."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Weightless):
    """Turn pixels into channels; see `tinygrad_loss.ops.pixel_unshuffle`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.PixelUnshuffle(2)(np.zeros((1, 2, 6, 6))).shape
    (1, 8, 3, 3)
    """

    def __init__(self, downscale_factor: int) -> None:
        self.downscale_factor = downscale_factor

    def forward(self, x: Array) -> Result:
        """Map ``[..., C, H r, W r]`` to ``[..., C r r, H, W]``."""
        return ops.pixel_unshuffle(x, self.downscale_factor)

    def extra_repr(self) -> str:
        """Return the factor."""
        return f"downscale_factor={self.downscale_factor}"


class Upsample(Weightless):
    """Give images another size; see `tinygrad_loss.ops.interpolate`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Upsample(scale_factor=2)(np.zeros((1, 2, 3, 3))).shape
    (1, 2, 6, 6)
    """

    def __init__(self, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool = False) -> None:
        self.size, self.scale_factor, self.mode, self.align_corners = size, scale_factor, mode, align_corners

    def forward(self, x: Array) -> Result:
        """Map ``[N, C, ...]`` to another size."""
        return ops.interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"size={self.size}, scale_factor={self.scale_factor}, mode={self.mode!r}"
