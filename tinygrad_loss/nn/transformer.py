"""Transformer layers, and stacks of them."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tinygrad_loss import errors, ops
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nn.attention import MultiheadAttention
from tinygrad_loss.nn.compose import ModuleList
from tinygrad_loss.nn.inputs import accept
from tinygrad_loss.nn.linear import Linear
from tinygrad_loss.nn.module import Module
from tinygrad_loss.nn.normalise import LayerNorm
from tinygrad_loss.nn.regularise import Dropout
from tinygrad_loss.ops.activation import LAYER
from tinygrad_loss.ops.settings import probability, whole

__all__ = ["TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer"]

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"relu": LAYER["relu"], "gelu": ops.gelu}


class TransformerLayer(Module):
    """What the two layers share: attention to itself, and two linear maps with an activation between.

    Args:
        d_model: the number of features.
        nhead: the number of heads.
        dim_feedforward: the number of features between the linear maps.
        dropout: the probability of dropping a feature, in training.
        activation: ``"relu"``, ``"gelu"`` or a function.
        layer_norm_eps: added to variances.
        batch_first: whether the batch is the first axis rather than the second.
        norm_first: whether to normalise before each part rather than after it.
        bias: whether linear maps and normalisations add a bias.
        dtype: of the parameters, and so of the inputs.
        rng: a seed or generator for the first weights and the dropout.
    """

    attentions: tuple[str, ...]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Array], Array] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
        rng: Any = None,
    ) -> None:
        if isinstance(activation, str) and activation not in ACTIVATIONS:
            raise errors.unknown_name(type(self).__name__, "activation", activation, ACTIVATIONS)
        for size, value in (("d_model", d_model), ("nhead", nhead), ("dim_feedforward", dim_feedforward)):
            whole(type(self).__name__, size, value, 1)
        probability(type(self).__name__, "dropout", dropout)
        rng = np.random.default_rng(rng)
        for name in self.attentions:
            setattr(self, name, MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=rng))
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=rng)
        parts = len(self.attentions) + 1
        for i in range(1, parts + 1):
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for i in range(1, parts + 1):
            setattr(self, f"dropout{i}", Dropout(dropout, rng=rng))
        self.activation = ACTIVATIONS[activation] if isinstance(activation, str) else activation
        self.norm_first = norm_first

    def _part(self, i: int, x: Array, change: Callable[[Array], Array]) -> Array:
        """Add a change to ``x``, normalised before or after."""
        norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        x = accept(type(self).__name__, x, self.linear1.weight)
        if self.norm_first:
            return x + dropout(change(norm(x)))
        return norm(x + dropout(change(x)))

    def _feed_forward(self, x: Array) -> Array:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def extra_repr(self) -> str:
        """Return the settings that children do not show."""
        return f"activation={getattr(self.activation, '__name__', self.activation)}, norm_first={self.norm_first}"


class TransformerEncoderLayer(TransformerLayer):
    """Attention of a sequence to itself, then two linear maps, each added to its input and normalised; see `TransformerLayer`.

    Source: Vaswani and others, Attention is all you need, 2017; ``norm_first``: Xiong and others, On layer normalization in the transformer, 2020.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)(np.zeros((2, 5, 8), np.float32)).shape
    (2, 5, 8)
    """

    attentions = ("self_attn",)
    self_attn: MultiheadAttention

    def forward(
        self, src: Array, src_mask: Array | None = None, src_key_padding_mask: Array | None = None, is_causal: bool = False
    ) -> Tensor:
        """Map a sequence to one of its shape.

        Args:
            src: ``[L, N, d_model]``, or ``[N, L, d_model]`` with ``batch_first``.
            src_mask: ``[L, L]``, True where a position may not be seen, or numbers that are added to scores.
            src_key_padding_mask: ``[N, L]``, True where a position may not be seen.
            is_causal: whether a position may not see later ones.
        """

        def attend(x: Array) -> Array:
            return self.self_attn(x, x, x, src_key_padding_mask, need_weights=False, attn_mask=src_mask, is_causal=is_causal)[0]

        return self._part(2, self._part(1, src, attend), self._feed_forward)


class TransformerDecoderLayer(TransformerLayer):
    """Attention of a sequence to itself, then to another one, then two linear maps; see `TransformerLayer`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> layer = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    >>> layer(np.zeros((2, 5, 8), np.float32), np.zeros((2, 7, 8), np.float32)).shape
    (2, 5, 8)
    """

    attentions = ("self_attn", "multihead_attn")
    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention

    def forward(
        self,
        tgt: Array,
        memory: Array,
        tgt_mask: Array | None = None,
        memory_mask: Array | None = None,
        tgt_key_padding_mask: Array | None = None,
        memory_key_padding_mask: Array | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Map a sequence and what it attends to, to one of the first one's shape.

        Args:
            tgt: ``[L, N, d_model]``, or ``[N, L, d_model]`` with ``batch_first``.
            memory: ``[S, N, d_model]``, likewise.
            tgt_mask: ``[L, L]``, True where a position may not be seen, or numbers that are added to scores.
            memory_mask: ``[L, S]``, likewise.
            tgt_key_padding_mask: ``[N, L]``, True where a position may not be seen.
            memory_key_padding_mask: ``[N, S]``, likewise.
            tgt_is_causal: whether a position may not see later ones.
            memory_is_causal: whether a position may not see later ones of the memory.
        """

        def attend(x: Array) -> Array:
            return self.self_attn(x, x, x, tgt_key_padding_mask, need_weights=False, attn_mask=tgt_mask, is_causal=tgt_is_causal)[0]

        def look(x: Array) -> Array:
            return self.multihead_attn(
                x, memory, memory, memory_key_padding_mask, need_weights=False, attn_mask=memory_mask, is_causal=memory_is_causal
            )[0]

        return self._part(3, self._part(2, self._part(1, tgt, attend), look), self._feed_forward)


def _stacked(layer: Module, count: int) -> ModuleList:
    """Return copies of a layer, each with random numbers of its own: copied generators would drop the same features everywhere."""
    np.empty((count, sum(p.size for p in layer.parameters())))  # what does not fit into memory fails here, not after a long loop
    copies = [copy.deepcopy(layer) for _ in range(count)]
    for place, module in enumerate(layer.modules()):
        generator = getattr(module, "rng", None)
        if isinstance(generator, np.random.Generator):
            for one, own in zip(copies, generator.spawn(count), strict=True):
                setattr(list(one.modules())[place], "rng", own)  # noqa: B010  not every module has one
    return ModuleList(copies)


class TransformerEncoder(Module):
    """A stack of copies of an encoder layer.

    Args:
        encoder_layer: what is copied.
        num_layers: how often.
        norm: a last normalisation.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> nn.TransformerEncoder(layer, 2)(np.zeros((2, 5, 8), np.float32)).shape
    (2, 5, 8)
    """

    def __init__(self, encoder_layer: TransformerEncoderLayer, num_layers: int, norm: Module | None = None) -> None:
        self.layers = _stacked(encoder_layer, whole("TransformerEncoder", "num_layers", num_layers))
        self.norm = norm

    def forward(self, src: Array, mask: Array | None = None, src_key_padding_mask: Array | None = None, is_causal: bool = False) -> Tensor:
        """Call the layers one after the other; see `TransformerEncoderLayer`."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """A stack of copies of a decoder layer.

    Args:
        decoder_layer: what is copied.
        num_layers: how often.
        norm: a last normalisation.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> layer = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    >>> x = np.zeros((2, 5, 8), np.float32)
    >>> nn.TransformerDecoder(layer, 2)(x, x).shape
    (2, 5, 8)
    """

    def __init__(self, decoder_layer: TransformerDecoderLayer, num_layers: int, norm: Module | None = None) -> None:
        self.layers = _stacked(decoder_layer, whole("TransformerDecoder", "num_layers", num_layers))
        self.norm = norm

    def forward(
        self,
        tgt: Array,
        memory: Array,
        tgt_mask: Array | None = None,
        memory_mask: Array | None = None,
        tgt_key_padding_mask: Array | None = None,
        memory_key_padding_mask: Array | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Call the layers one after the other; see `TransformerDecoderLayer`."""
        for layer in self.layers:
            tgt = layer(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask, tgt_is_causal, memory_is_causal)
        return tgt if self.norm is None else self.norm(tgt)
