"""Attention: a mean of values, weighted by how well keys answer a query."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.reverse import finite
from tinygrad_loss.ops.exponential import softmax_
from tinygrad_loss.ops.properties import operand, values
from tinygrad_loss.ops.regularisation import dropout
from tinygrad_loss.ops.settings import probability

__all__ = ["attention_weights", "causal_mask", "scaled_dot_product_attention"]


def causal_mask(queries: int, keys: int) -> np.ndarray:
    """Return which keys each query may see: those that do not come after it.

    >>> import tinygrad_loss as tl
    >>> tl.ops.causal_mask(2, 3)
    array([[ True, False, False],
           [ True,  True, False]])
    """
    return np.tri(queries, keys, dtype=bool)


def attention_weights(scores: Array, mask: Array | None = None) -> Array:
    """Return the softmax of ``scores`` over the last axis; a query that may see no key weighs all of them 0.

    Args:
        scores: ``[..., L, S]``.
        mask: broadcasts against them: True where a key may be seen, or numbers that are added.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.attention_weights(np.zeros((1, 2)), np.array([True, False]))
    array([[1., 0.]])
    """
    if mask is None:
        return softmax_(scores, axis=-1)
    mask = operand(mask)
    visible = _visible(mask)
    # Adding -inf costs one pass, choosing with np.where four to ten times as much.
    added = np.where(visible, 0.0, -np.inf).astype(scores.dtype) if mask.dtype == np.bool_ else mask
    if not _finite(scores):
        scores = np.where(visible, scores, 0.0)
    blind = ~np.any(visible, axis=-1, keepdims=True)
    if not blind.any():
        return softmax_(scores + added, axis=-1)
    return np.where(blind, 0.0, softmax_(scores + np.where(blind, 0.0, added).astype(scores.dtype), axis=-1))


def attend(query: Array, key: Array, value: Array, mask: Array | None, drop: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Return the answers to scaled queries, and the weights before some of them were dropped.

    What is not finite in a key or a value has no influence on a query that may not see it.
    """
    across = np.swapaxes(key, -1, -2)
    if mask is None or (_finite(key) and _finite(value)):
        weights = attention_weights(query @ across, mask)
        return drop(weights) @ value, weights
    visible = _visible(mask)
    with np.errstate(invalid="ignore"):
        seen = values(query) @ values(across)
    scores = query @ _where_finite(across) + np.where(np.isfinite(seen), 0.0, seen).astype(query.dtype)
    weights = attention_weights(np.where(visible, scores, 0.0), mask)
    dropped = drop(weights)
    return dropped @ _where_finite(value) + _others_seen(values(dropped), values(value), visible), weights


def only_seen(mask: Array | None, x: Array) -> Array:
    """Return keys or values ``[N, S, E]`` with 0 at positions that a mask ``[N, heads, L, S]`` hides from all queries, if they are not finite.

    A projection would spread them: its weights learn from all positions.
    """
    if mask is None or _finite(x):
        return x
    seen = np.any(_visible(mask), axis=(1, 2))[..., None] if mask.ndim == 4 else np.any(_visible(mask), axis=-2)[None, :, None]
    return np.where(seen, x, 0.0)


def _others_seen(weights: np.ndarray, value: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Return what those entries of values that are not finite add to the answers of the queries that see them."""
    others = np.where(np.isfinite(value), 0.0, value).astype(value.dtype)
    with np.errstate(invalid="ignore"):
        terms = weights[..., None] * others[..., None, :, :]
    return np.sum(np.where(np.broadcast_to(visible, weights.shape)[..., None], terms, 0.0), axis=-2, dtype=value.dtype)


def _visible(mask: Array) -> Any:
    """Return which keys a query may see: those that a mask of numbers does not put infinitely far below."""
    plain = values(mask)
    return plain if plain.dtype == np.bool_ else plain > -np.inf


def _finite(x: Array) -> bool:
    return finite(values(x))


def _where_finite(x: Array) -> Array:
    return np.where(np.isfinite(values(x)), x, 0.0)


def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    *,
    rng: Any = None,
) -> Array:
    r"""Return $\mathrm{softmax}(Q K^\top / \sqrt{E} + M)\, V$.

    Args:
        query: ``[..., L, E]``.
        key: ``[..., S, E]``.
        value: ``[..., S, V]``.
        attn_mask: broadcasts against ``[..., L, S]``: True where a key may be seen, or numbers that are added to the scores, -inf where
            it may not. A query that may see no key is answered by 0; a nan in a key or value that it may not see has no influence.
        dropout_p: the probability of dropping a weight.
        is_causal: whether a query may not see later keys.
        scale: replaces $1 / \sqrt{E}$.
        enable_gqa: whether several query heads on axis -3 share a head of key and value.
        rng: a seed or generator for the dropout.

    Returns:
        ``[..., L, V]``.

    Raises:
        ShapeError: the axes do not fit.
        ArgumentError: both a mask and ``is_causal``.

    Source: Vaswani and others, Attention is all you need, 2017.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.scaled_dot_product_attention(np.zeros((1, 2)), np.ones((2, 2)), np.array([[1.0], [3.0]]))
    array([[2.]])
    """
    query, key, value = operand(query), operand(key), operand(value)
    if min(query.ndim, key.ndim, value.ndim) < 2 or query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        raise errors.shapes(
            "scaled_dot_product_attention",
            "query and key have equally many features, key and value equally many positions",
            (query.shape, key.shape, value.shape),
            "query of shape (..., L, E), key of shape (..., S, E), value of shape (..., S, V)",
            mismatch.unlike(("query", query.shape, -1), ("key", key.shape, -1))
            or mismatch.unlike(("key", key.shape, -2), ("value", value.shape, -2)),
        )
    if is_causal and attn_mask is not None:
        raise errors.ArgumentError(
            errors.say(
                "scaled_dot_product_attention",
                "give either attn_mask or is_causal",
                "both",
                f"attn_mask=attn_mask & tl.ops.causal_mask({query.shape[-2]}, {key.shape[-2]}), is_causal=False",
            )
        )
    if enable_gqa:
        key, value = _shared(query, key), _shared(query, value)
    if is_causal:
        attn_mask = causal_mask(query.shape[-2], key.shape[-2])
    factor = 1.0 / math.sqrt(max(query.shape[-1], 1)) if scale is None else float(scale)
    dropped = probability("scaled_dot_product_attention", "dropout_p", dropout_p)
    mask = None if attn_mask is None else operand(attn_mask)
    return attend(query * factor, key, value, mask, lambda weights: dropout(weights, dropout_p, rng=rng) if dropped else weights)[0]


def _shared(query: Array, x: Array) -> Array:
    """Repeat each head of keys or values for the query heads that share it."""
    if query.ndim < 3 or x.ndim < 3 or query.shape[-3] % x.shape[-3]:
        raise errors.shapes(
            "scaled_dot_product_attention",
            "the query's heads on axis -3 are a multiple of the others'",
            (query.shape, x.shape),
            "enable_gqa=False",
        )
    times = query.shape[-3] // x.shape[-3]
    wide = np.broadcast_to(np.expand_dims(x, -3), (*x.shape[:-2], times, *x.shape[-2:]))
    return wide.reshape((*x.shape[:-3], query.shape[-3], *x.shape[-2:]))
