"""Four encoders in front of any loss: a perceptron, a convolutional, a recurrent and an attention model for small data."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tinygrad_loss import data, errors, nn
from tinygrad_loss.data import Dataset
from tinygrad_loss.engine.op import Array

__all__ = ["ENCODERS", "Recipe", "build"]

FEW: Final = 2000
"""Rows up to which a recipe's epochs are taken as they are."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is made, and settings with which it learns well.

    Attributes:
        make: ``(shape of one input, number of outputs, rng) -> model``.
        size: ``(shape of one input, number of outputs) -> number of weights``, known before there are any.
        epochs: passes over the data, when it has up to `FEW` rows.
        lr: the highest rate of the cycle.
        shift: pixels by which images are moved at random.
        noise: standard deviation of noise on their pixels, which lie in 0..1.
    """

    make: Callable[[tuple[int, ...], int, np.random.Generator], nn.Module]
    size: Callable[[tuple[int, ...], int], int]
    epochs: int
    lr: float
    shift: int = 0
    noise: float = 0.0

    def epochs_for(self, rows: int) -> int:
        """Return fewer epochs for larger data, so that the steps grow with the root of its size only."""
        return max(1, round(self.epochs * min(1.0, math.sqrt(FEW / rows))))

    def vary(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return variations of images that keep what they show."""
        if self.shift:
            x = data.shift(x, rng, by=self.shift)
        return data.noise(x, rng, std=self.noise) if self.noise else x


def build(name: str, dataset: Dataset, rng: np.random.Generator | int = 0) -> nn.Module:
    """Return a new model for a data set.

    Args:
        name: ``"mlp"``, ``"cnn"``, ``"rnn"`` or ``"transformer"``.
        dataset: its inputs' shape and its classes (or its numbers) decide the sizes.
        rng: where the first weights come from.

    Raises:
        DomainError: an unknown name.
        ShapeError: the encoder cannot read inputs of this shape.

    >>> import tinygrad_loss as tl
    >>> digits = tl.data.load("digits")
    >>> build("mlp", digits)(digits.x[:5]).shape
    (5, 10)
    """
    if name not in ENCODERS:
        raise errors.unknown_name("build", "model", name, ENCODERS)
    outputs = len(dataset.classes) or int(np.prod(dataset.y.shape[1:]))
    return ENCODERS[name].make(dataset.x.shape[1:], outputs, np.random.default_rng(rng))


def mlp(shape: tuple[int, ...], outputs: int, rng: np.random.Generator) -> nn.Module:
    """One hidden layer over all entries, with dropout."""
    return nn.Sequential(nn.Flatten(), nn.MLP([int(np.prod(shape)), 256, outputs], dropout=0.2, rng=rng))


def size_of_mlp(shape: tuple[int, ...], outputs: int) -> int:
    """Return the number of weights: two layers with their biases."""
    return 256 * (math.prod(shape) + 1) + outputs * 257


def cnn(shape: tuple[int, ...], outputs: int, rng: np.random.Generator) -> nn.Module:
    """Two 3 x 3 convolutions and pooling; large images are pooled after the first as well."""
    height, width = images("cnn", shape)
    large = min(height, width) >= 16
    layers: list[Any] = [nn.Conv2d(1, 16, 3, padding=1, rng=rng), nn.ReLU()]
    if large:
        layers.append(nn.MaxPool2d(2))
    layers += [nn.Conv2d(16, 32, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    step = 4 if large else 2
    features = 32 * (height // step) * (width // step)
    return nn.Sequential(Channel(), *layers, nn.MLP([features, 64, outputs], rng=rng))


def size_of_cnn(shape: tuple[int, ...], outputs: int) -> int:
    """Return the number of weights: two convolutions and two layers with their biases."""
    height, width = images("cnn", shape)
    step = 4 if min(height, width) >= 16 else 2
    return 16 * 10 + 32 * 145 + 64 * (32 * (height // step) * (width // step) + 1) + outputs * 65


def rnn(shape: tuple[int, ...], outputs: int, rng: np.random.Generator) -> nn.Module:
    """A recurrent layer that reads an image row by row, in both directions."""
    _, width = images("rnn", shape)
    return Rows(width, 64, outputs, rng)


def size_of_rnn(shape: tuple[int, ...], outputs: int) -> int:
    """Return the number of weights: three gates in both directions, and a layer."""
    _, width = images("rnn", shape)
    return 2 * 3 * 64 * (width + 64 + 2) + outputs * 129


def transformer(shape: tuple[int, ...], outputs: int, rng: np.random.Generator) -> nn.Module:
    """Two attention layers over the patches of an image."""
    height, width = images("transformer", shape)
    size = 4 if min(height, width) >= 16 else 2
    if height % size or width % size:
        raise errors.shapes("transformer", f"height and width must be multiples of {size}", [shape], "x[:, :-1, :-1], or np.pad(x, ...)")
    return Patches(height, width, size, 64, outputs, rng)


def size_of_transformer(shape: tuple[int, ...], outputs: int) -> int:
    """Return the number of weights: patches and their places, two layers of attention, a norm and a layer."""
    height, width = images("transformer", shape)
    size = 4 if min(height, width) >= 16 else 2
    layer = 4 * 64 * 65 + 128 * 65 + 64 * 129 + 4 * 64
    return 64 * (size * size + 1) + 64 * (height // size) * (width // size) + 2 * layer + 128 + outputs * 65


def images(where: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return height and width, or say that the inputs are no images."""
    if len(shape) != 2:
        raise errors.shapes(where, "each input must be an image (height, width)", [shape], "--model mlp, which reads any shape")
    return shape[0], shape[1]


class Channel(nn.Module):
    """Give images ``[N, H, W]`` the one channel that a convolution reads: ``[N, 1, H, W]``."""

    def forward(self, x: Array) -> Array:
        """Insert the axis."""
        return x[:, None]


class Rows(nn.Module):
    """Read an image as a sequence of rows, and score the classes from what was remembered at both ends.

    >>> import numpy as np
    >>> Rows(8, 16, 10, np.random.default_rng(0))(np.zeros((3, 8, 8), np.float32)).shape
    (3, 10)
    """

    def __init__(self, width: int, hidden: int, outputs: int, rng: np.random.Generator) -> None:
        self.memory = nn.GRU(width, hidden, batch_first=True, bidirectional=True, rng=rng)
        self.score = nn.Linear(2 * hidden, outputs, rng=rng)

    def forward(self, x: Array) -> Array:
        """Map ``[N, H, W]`` to ``[N, outputs]``."""
        _, last = self.memory(x)
        return self.score(np.concatenate([last[0], last[1]], axis=-1))


class Patches(nn.Module):
    """Read an image as a sequence of square patches that look at each other: a small vision transformer.

    Source: Dosovitskiy et al. 2021, ICLR, "An image is worth 16x16 words".

    >>> import numpy as np
    >>> Patches(8, 8, 2, 16, 10, np.random.default_rng(0))(np.zeros((3, 8, 8), np.float32)).shape
    (3, 10)
    """

    def __init__(self, height: int, width: int, size: int, features: int, outputs: int, rng: np.random.Generator) -> None:
        self.grid = (height // size, size, width // size, size)
        tokens = self.grid[0] * self.grid[2]
        self.embed = nn.Linear(size * size, features, rng=rng)
        self.position = nn.parameter(0.02 * rng.standard_normal((tokens, features)), dtype=np.float32)
        self.layers = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(features, 4, 2 * features, dropout=0.0, batch_first=True, norm_first=True, rng=rng)
                for _ in range(2)
            )
        )
        self.norm = nn.LayerNorm(features)
        self.score = nn.Linear(features, outputs, rng=rng)

    def forward(self, x: Array) -> Array:
        """Map ``[N, H, W]`` to ``[N, outputs]``."""
        rows, size, columns, _ = self.grid
        patches = x.reshape(len(x), rows, size, columns, size).transpose(0, 1, 3, 2, 4).reshape(len(x), rows * columns, size * size)
        return self.score(np.mean(self.norm(self.layers(self.embed(patches) + self.position)), axis=1))


ENCODERS: Final[dict[str, Recipe]] = {
    "mlp": Recipe(mlp, size_of_mlp, epochs=40, lr=3e-3, noise=0.12),
    "cnn": Recipe(cnn, size_of_cnn, epochs=15, lr=3e-3, shift=1),
    "rnn": Recipe(rnn, size_of_rnn, epochs=20, lr=5e-3),
    "transformer": Recipe(transformer, size_of_transformer, epochs=20, lr=1e-3, noise=0.1),
}
