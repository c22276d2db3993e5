"""A vector per word."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tinygrad_loss import errors, ops
from tinygrad_loss.engine.op import Array
from tinygrad_loss.nn.module import Module, parameter
from tinygrad_loss.ops.settings import whole

__all__ = ["Embedding"]


class Embedding(Module):
    """A vector per word, looked up by number; normal at first.

    Args:
        num_embeddings: the number of words.
        embedding_dim: the length of the vectors.
        padding_idx: a word whose vector is 0 and stays so.
        max_norm: vectors that are longer are used at this length.
        norm_type: the exponent of that length.
        scale_grad_by_freq: whether to divide the gradient of a vector by how often its word stood in the batch.
        dtype: of the vectors.
        rng: a seed or generator for the first vectors.

    Raises:
        DomainError: ``padding_idx`` is not a word; in ``forward`` a number is not.
        DTypeError: in ``forward`` the input is not of whole numbers.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Embedding(10, 3)(np.array([[1, 2], [9, 0]])).shape
    (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        *,
        dtype: DTypeLike = np.float32,
        rng: Any = None,
    ) -> None:
        self.num_embeddings = num_embeddings = whole("Embedding", "num_embeddings", num_embeddings)
        self.embedding_dim = embedding_dim = whole("Embedding", "embedding_dim", embedding_dim)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise errors.DomainError(
                errors.say("Embedding", f"padding_idx must be one of {num_embeddings} words", str(padding_idx), "padding_idx=0")
            )
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm, self.norm_type, self.scale_grad_by_freq = max_norm, norm_type, scale_grad_by_freq
        first = np.random.default_rng(rng).normal(size=(num_embeddings, embedding_dim)).astype(dtype)
        if self.padding_idx is not None:
            first[self.padding_idx] = 0.0
        self.weight = parameter(first)

    def forward(self, x: Array) -> Array:
        """Map whole numbers of any shape to ``[..., embedding_dim]``."""
        return ops.embedding(x, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{self.num_embeddings}, {self.embedding_dim}" + ("" if self.padding_idx is None else f", padding_idx={self.padding_idx}")
