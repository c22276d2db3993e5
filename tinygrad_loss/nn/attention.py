"""Attention with its projections."""

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tinygrad_loss import errors, mismatch, ops
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nn import initialise
from tinygrad_loss.nn.inputs import accept
from tinygrad_loss.nn.linear import Linear
from tinygrad_loss.nn.module import Module, parameter
from tinygrad_loss.ops.attention import attend, only_seen
from tinygrad_loss.ops.settings import probability, whole

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    r"""Several attentions side by side: $\mathrm{concat}_h(\mathrm{softmax}(Q_h K_h^\top / \sqrt{d})\, V_h)\, W_o$.

    Args:
        embed_dim: the number of features of queries and results.
        num_heads: into how many parts the features are divided.
        dropout: the probability of dropping a weight, in training.
        bias: whether the projections add a bias.
        add_bias_kv: whether every query may also see one learnt key and its learnt value.
        add_zero_attn: whether every query may also see a key and a value of zeros.
        kdim: the number of features of keys; ``embed_dim`` by default.
        vdim: the number of features of values; ``embed_dim`` by default.
        batch_first: whether the batch is the first axis rather than the second.
        dtype: of the parameters, and so of the inputs.
        rng: a seed or generator for the first weights and the dropout.

    Raises:
        ArgumentError: the heads do not divide the features.

    Source: Vaswani and others, Attention is all you need, 2017.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> x = np.zeros((2, 5, 8), np.float32)
    >>> y, weights = nn.MultiheadAttention(8, 2, batch_first=True)(x, x, x)
    >>> y.shape, weights.shape
    ((2, 5, 8), (2, 5, 5))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        dtype: DTypeLike = np.float32,
        rng: Any = None,
    ) -> None:
        embed_dim, num_heads = (whole("MultiheadAttention", name, n, 1) for name, n in (("embed_dim", embed_dim), ("num_heads", num_heads)))
        probability("MultiheadAttention", "dropout", dropout)
        if embed_dim % num_heads:
            raise errors.ArgumentError(
                errors.say(
                    "MultiheadAttention",
                    "num_heads must divide embed_dim",
                    f"{num_heads} and {embed_dim}",
                    f"nn.MultiheadAttention({embed_dim}, 1)",
                )
            )
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.kdim = whole("MultiheadAttention", "kdim", embed_dim if kdim is None else kdim, 1)
        self.vdim = whole("MultiheadAttention", "vdim", embed_dim if vdim is None else vdim, 1)
        self.rng = rng = np.random.default_rng(rng)

        def weight(rows: int, columns: int) -> Any:
            return initialise.xavier_uniform_(parameter(np.empty((rows, columns), dtype)), rng=rng)

        if self.kdim == self.vdim == embed_dim:
            self.in_proj_weight = weight(3 * embed_dim, embed_dim)
        else:
            self.q_proj_weight, self.k_proj_weight = weight(embed_dim, embed_dim), weight(embed_dim, self.kdim)
            self.v_proj_weight = weight(embed_dim, self.vdim)
        self.in_proj_bias = parameter(np.zeros(3 * embed_dim, dtype)) if bias else None
        self.add_zero_attn = add_zero_attn
        self.bias_k, self.bias_v = (
            initialise.xavier_normal_(parameter(np.empty((1, 1, embed_dim), dtype)), rng=rng) if add_bias_kv else None for _ in range(2)
        )
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype, rng=rng)
        if self.out_proj.bias is not None:
            initialise.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Array | None = None,
        need_weights: bool = True,
        attn_mask: Array | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Answer queries by values.

        Args:
            query: ``[L, N, embed_dim]``, ``[N, L, embed_dim]`` with ``batch_first``, or ``[L, embed_dim]``.
            key: ``[S, N, kdim]``, likewise.
            value: ``[S, N, vdim]``, likewise.
            key_padding_mask: ``[N, S]``, True where a key is *not* to be seen, or numbers that are added to scores.
            need_weights: whether to return the weights.
            attn_mask: ``[L, S]`` or ``[N * num_heads, L, S]``, True where a key is *not* to be seen, or numbers that are added.
            average_attn_weights: whether to return the mean of the heads' weights rather than each.
            is_causal: whether a query may not see later keys.

        Returns:
            The answers, of the query's shape, and the weights ``[N, L, S]`` (``[N, num_heads, L, S]`` each), or None;
            keys that ``add_bias_kv`` and ``add_zero_attn`` add stand behind the S.

        Raises:
            ShapeError: the axes or features do not fit.
        """
        same = query is key and key is value
        query, key, value, single = self._accept(query, key, value)
        shape = (len(query), self.num_heads, query.shape[1], key.shape[1])
        hidden = self._hidden(shape, self.out_proj.weight.dtype, key_padding_mask, attn_mask, is_causal=is_causal, single=single)
        kept_key, kept_value = only_seen(hidden, key), only_seen(hidden, value)
        same = same and kept_key is key
        q, k, v = self._projected(query, kept_key, kept_value, same=same)
        k, v, more = self._extended(k, v)
        hidden = _with_seen(hidden, more)
        heads = [self._split(x) for x in (q, k, v)]
        y, weights = attend(heads[0] * (heads[0].shape[-1] ** -0.5), heads[1], heads[2], hidden, self._dropped)
        y = self.out_proj(np.transpose(y, (0, 2, 1, 3)).reshape(query.shape))
        if not self.batch_first:
            y = np.swapaxes(y, 0, 1)
        shown: Array | None = None
        if need_weights:
            shown = np.mean(weights, axis=1) if average_attn_weights else weights
            shown = shown[0] if single else shown
        return ((y[0] if self.batch_first else y[:, 0]) if single else y), shown

    def _dropped(self, weights: Array) -> Array:
        return ops.dropout(weights, self.dropout, self.training, rng=self.rng) if self.dropout else weights

    def _accept(self, *inputs: Any) -> tuple[Array, Array, Array, bool]:
        """Return the inputs with the batch first, and whether it had to be added."""
        given = [accept("MultiheadAttention", x, self.out_proj.weight) for x in inputs]
        sizes = (self.embed_dim, self.kdim, self.vdim)
        axes = {x.ndim for x in given}
        came = [x.shape for x in given]
        fits = len(axes) == 1 and axes <= {2, 3} and all(x.shape[-1] == n for x, n in zip(given, sizes, strict=True))
        if fits:
            single = axes == {2}
            if single:
                given = [x[None] for x in given]
            elif not self.batch_first:
                given = [np.swapaxes(x, 0, 1) for x in given]
            q, k, v = given
            if q.shape[0] == k.shape[0] == v.shape[0] and k.shape[1] == v.shape[1]:
                return q, k, v, single
        rule = (
            f"query, key and value have one batch and {sizes[0]}, {sizes[1]} and {sizes[2]} features, key and value equally many positions"
        )
        features = [shape[-1] if shape else 0 for shape in came]
        named = list(zip(("query", "key", "value"), came, sizes, strict=True))
        unfit = (mismatch.not_of_length(name, shape, -1, size) for name, shape, size in named)
        differ = next(filter(None, unfit), "") or mismatch.unequal({name: shape[:-1] for name, shape, _ in named[1:]})
        if axes == {3}:
            differ = differ or mismatch.unlike(*((name, shape, 0 if self.batch_first else 1) for name, shape, _ in named))
        if axes <= {2, 3} and features != list(sizes):
            heads = math.gcd(self.num_heads, features[0])
            instead = f"nn.MultiheadAttention({features[0]}, {heads}, kdim={features[1]}, vdim={features[2]})"
        elif axes <= {2, 3} and came[1][:-1] != came[2][:-1]:
            instead = f"value of shape {(*came[1][:-1], sizes[2])}"
        else:
            instead = f"x of shape ({'N, T' if self.batch_first else 'T, N'}, {sizes[0]}) for each, of one batch"
        raise errors.shapes("MultiheadAttention", rule, came, instead, differ)

    def _projected(self, query: Array, key: Array, value: Array, *, same: bool) -> list[Array]:
        n, bias = self.embed_dim, self.in_proj_bias
        parts = [slice(0, n), slice(n, 2 * n), slice(2 * n, None)]
        if same and hasattr(self, "in_proj_weight"):
            y = ops.linear(query, self.in_proj_weight, bias)
            return [y[..., part] for part in parts]
        if hasattr(self, "in_proj_weight"):
            weights = [self.in_proj_weight[part] for part in parts]
        else:
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        return [
            ops.linear(x, w, None if bias is None else bias[part]) for x, w, part in zip((query, key, value), weights, parts, strict=True)
        ]

    def _extended(self, k: Array, v: Array) -> tuple[Array, Array, int]:
        """Return keys and values with those behind them that every query sees, and how many these are."""
        row = (len(k), 1, self.embed_dim)
        more: list[tuple[Array, Array]] = []
        bias: tuple[Array, Array] = self.bias_k, self.bias_v
        if bias[0] is not None:
            more.append((np.broadcast_to(bias[0], row), np.broadcast_to(bias[1], row)))
        if self.add_zero_attn:
            more.append((np.zeros(row, k.dtype),) * 2)
        for own_k, own_v in more:
            k, v = np.concatenate([k, own_k], axis=1), np.concatenate([v, own_v], axis=1)
        return k, v, len(more)

    def _split(self, x: Array) -> Array:
        """Turn ``[N, L, E]`` into ``[N, heads, L, E / heads]``."""
        n, length, features = x.shape
        return np.transpose(x.reshape((n, length, self.num_heads, features // self.num_heads)), (0, 2, 1, 3))

    def _hidden(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], padding: Any, mask: Any, *, is_causal: bool, single: bool
    ) -> Array | None:
        """Return one mask that broadcasts against ``[N, heads, L, S]``: True where a key may be seen, or numbers to add."""
        masks = []
        if padding is not None:
            padding = np.asarray(padding)[None] if single else np.asarray(padding)
            if padding.shape != (shape[0], shape[3]):
                rule, wanted = f"key_padding_mask must have shape {(shape[0], shape[3])}", (shape[0], shape[3])
                raise errors.shapes(
                    "MultiheadAttention", rule, [padding.shape], "None", mismatch.not_of_shape("key_padding_mask", padding.shape, wanted)
                )
            masks.append(padding[:, None, None, :])
        if mask is not None:
            mask = mask if hasattr(mask, "ndim") else np.asarray(mask)
            if mask.ndim == 3 and mask.shape == (shape[0] * shape[1], *shape[2:]):
                mask = mask.reshape(shape)
            elif mask.shape != shape[2:]:
                raise errors.shapes(
                    "MultiheadAttention",
                    f"attn_mask must have shape {shape[2:]} or {(shape[0] * shape[1], *shape[2:])}",
                    [mask.shape],
                    f"~tl.ops.causal_mask{shape[2:]}",
                    mismatch.not_of_shape("attn_mask", mask.shape, shape[2:]),
                )
            masks.append(mask)
        if is_causal:
            masks.append(~ops.causal_mask(shape[2], shape[3]))
        if not masks:
            return None
        if all(m.dtype == np.bool_ for m in masks):
            seen = ~masks[0]
            for m in masks[1:]:
                seen = seen & ~m
            return seen
        return sum(np.where(m, -np.inf, 0.0).astype(dtype) if m.dtype == np.bool_ else m.astype(dtype) for m in masks)

    def multiply_adds(self, inputs: tuple[Any, ...], output: Array) -> int:
        """Return those of the projections but the last, the scores and the answers."""
        q, k, v = (x.shape for x in inputs[:3])
        rows, keys = q[0] * (q[1] if len(q) == 3 else 1), k[0] * (k[1] if len(k) == 3 else 1)
        positions = k[0] if len(k) == 2 else k[1] if self.batch_first else k[0]
        del output
        return rows * self.embed_dim**2 + keys * self.embed_dim * (k[-1] + v[-1]) + 2 * rows * positions * self.embed_dim

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}, dropout={self.dropout}, batch_first={self.batch_first}"


def _with_seen(mask: Array | None, count: int) -> Array | None:
    """Return a mask with columns behind it for keys that every query sees."""
    if mask is None or not count:
        return mask
    columns = np.ones if mask.dtype == np.bool_ else np.zeros
    return np.concatenate([mask, columns((*mask.shape[:-1], count), mask.dtype)], axis=-1)
