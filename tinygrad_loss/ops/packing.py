"""Ops with several outputs return them as one array, side by side along the last axis, so that the engine knows one output only."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_loss.engine.op import Array

__all__ = ["pack", "result_of", "unpack"]


def pack(batch: tuple[int, ...], *parts: Array) -> Array:
    """Join arrays of shape ``batch + ...`` along one last axis."""
    return np.concatenate([np.reshape(x, (*batch, math.prod(x.shape[len(batch) :]))) for x in parts], axis=-1)


def unpack(y: Array, *cores: tuple[int, ...]) -> list[Array]:
    """Take apart what `pack` joined; ``cores`` are the shapes behind the batch."""
    parts, start = [], 0
    for core in cores:
        end = start + math.prod(core)
        parts.append(np.reshape(y[..., start:end], (*y.shape[:-1], *core)))
        start = end
    return parts


@functools.cache
def result_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the named tuple in which NumPy hands out the outputs of a decomposition."""
    return type(function(np.eye(1)))
