"""Layers without weights: of a tensor they make a tensor, of an array an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

import numpy as np

from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nn.module import Module

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Weightless"]


class Weightless(Module):
    """A layer without weights."""

    if TYPE_CHECKING:

        @overload
        def __call__(self, x: Tensor) -> Tensor: ...
        @overload
        def __call__(self, x: ArrayLike) -> np.ndarray: ...
        def __call__(self, x: ArrayLike | Tensor) -> np.ndarray | Tensor:
            """Compute the layer's function."""
            raise NotImplementedError
