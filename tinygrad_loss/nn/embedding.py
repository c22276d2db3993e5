"""A vector per word."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from tinygrad_loss import errors, ops
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
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

    takes_numbers = False

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

    @classmethod
    def from_pretrained(cls, embeddings: ArrayLike, freeze: bool = True, **settings: Any) -> Self:
        """Return a layer with vectors that are known already.

        Args:
            embeddings: ``[num_embeddings, embedding_dim]``.
            freeze: whether they shall stay as they are.
            settings: those of the layer, from ``padding_idx`` on.

        >>> import numpy as np
        >>> from tinygrad_loss import nn
        >>> nn.Embedding.from_pretrained(np.eye(2))(np.array([1]))
        tensor([[0., 1.]])
        """
        given = np.asarray(embeddings.value if isinstance(embeddings, Tensor) else embeddings)
        if given.ndim != 2 or given.dtype.kind != "f":
            got = f"shape {given.shape} and dtype {given.dtype}"
            raise errors.ShapeError(
                errors.say("Embedding.from_pretrained", "there must be a row of numbers per word", got, "np.zeros((words, features))")
            )
        made = cls(*given.shape, dtype=given.dtype, **settings)
        made.weight.data = given
        made.weight.requires_grad = not freeze
        return made

    def forward(self, x: Array) -> Tensor:
        """Map whole numbers of any shape to ``[..., embedding_dim]``."""
        return ops.embedding(x, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{self.num_embeddings}, {self.embedding_dim}" + ("" if self.padding_idx is None else f", padding_idx={self.padding_idx}")
