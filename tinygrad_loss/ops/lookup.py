"""Rows of a table, by whole numbers: embeddings and one-hot vectors."""

from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import linear
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.properties import operand, values

__all__ = ["embedding", "one_hot"]


def _put_rows(g: np.ndarray, index: np.ndarray, rows: int) -> np.ndarray:
    """Add rows of ``g`` into zeros at ``index``: sorted, so that equal rows are summed in one run."""
    flat, wide = np.ravel(index), g.reshape((np.size(index), -1))
    into = np.zeros((rows, wide.shape[1]), g.dtype)
    if flat.size:
        order = np.argsort(flat, kind="stable")
        ordered = flat[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        into[ordered[starts]] = np.add.reduceat(wide[order], starts, axis=0)
    return into.reshape((rows, *g.shape[np.ndim(index) :]))


take_rows: Rule = linear(
    "take_rows", lambda x, index: x[index], lambda g, x, index: put_rows(g, index, rows=x.shape[0]), doc="rows of a table, by number"
)
put_rows: Rule = linear(
    "put_rows", _put_rows, lambda g, _x, index, rows: take_rows(g, index), doc="zeros, with rows added at their numbers"
)


def _numbers(op: str, x: Array, count: int | None) -> Array:
    """Refuse what does not number rows: NumPy would count negative numbers from the end."""
    x = operand(x)
    if x.dtype.kind not in "iu":
        raise errors.DTypeError(errors.say(op, "rows are named by whole numbers", f"dtype {x.dtype}", "x.astype(np.int64)"))
    plain = values(x)
    if plain.size and (plain.min() < 0 or (count is not None and plain.max() >= count)):
        low, high = int(plain.min()), int(plain.max())
        rule = "numbers must not be negative" if count is None else f"numbers must lie in 0..{count - 1}"
        raise errors.DomainError(
            errors.say(op, rule, str(low if low < 0 else high), f"a table of {high + 1} rows" if low >= 0 else "np.maximum(x, 0)")
        )
    return x


def embedding(
    input: Array,  # noqa: A002  PyTorch's name
    weight: Array,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
) -> Array:
    """Return the rows of ``weight`` that ``input`` names.

    Args:
        input: whole numbers, of any shape.
        weight: ``[V, ...]``, a row per word.
        padding_idx: a row that gets no gradient.
        max_norm: rows that are longer are used at this length.
        norm_type: the exponent of that length.
        scale_grad_by_freq: whether to divide the gradient of a row by how often it was named.

    Returns:
        ``[*input.shape, ...]``.

    Raises:
        DTypeError: the input is not of whole numbers.
        DomainError: a number is negative, or beyond the rows.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.embedding(np.array([2, 0]), np.array([[1.0], [2.0], [3.0]]))
    array([[3.],
           [1.]])
    """
    table, index = operand(weight), operand(input)
    if table.dtype.kind in "iu" and index.dtype.kind == "f":  # either order is clear: only one of the two can number rows
        table, index = index, table
    weight, index = table, _numbers("embedding", index, table.shape[0])
    plain = values(index)
    y = take_rows(weight, index)
    rest = (1,) * (weight.ndim - 1)
    if padding_idx is not None or scale_grad_by_freq:
        share = np.ones(plain.shape)
        if scale_grad_by_freq:
            share = share / np.bincount(plain.ravel(), minlength=weight.shape[0])[plain]
        if padding_idx is not None:
            share = share * (plain != padding_idx % weight.shape[0])
        share = share.reshape(plain.shape + rest).astype(weight.dtype)
        # The value stays what it is; only its share has a gradient.
        y = y * share + values(y) * (1 - share)
    if max_norm is not None:
        rows = values(weight)
        size = np.linalg.vector_norm(rows.reshape((len(rows), -1)), axis=1, ord=norm_type)
        shrink = np.where(size > max_norm, max_norm / (size + 1e-7), 1.0).astype(rows.dtype)
        y = y + rows[plain] * (shrink[plain].reshape(plain.shape + rest) - 1.0)
    return y


def one_hot(tensor: Any, num_classes: int = -1) -> Array:
    """Return vectors that are 1 at a class and 0 elsewhere.

    Args:
        tensor: whole numbers, of any shape.
        num_classes: the length of the vectors; one more than the largest number by default.

    Returns:
        ``[*tensor.shape, num_classes]`` of int64.

    Raises:
        DTypeError: the input is not of whole numbers.
        DomainError: a number is negative, or beyond the classes.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.one_hot(np.array([0, 2]))
    array([[1, 0, 0],
           [0, 0, 1]])
    """
    x = _numbers("one_hot", tensor, None if num_classes == -1 else num_classes)
    plain = np.asarray(values(x))
    if num_classes == -1:
        if not plain.size:
            raise errors.DomainError(errors.say("one_hot", "num_classes must be given for no numbers at all", "-1", "num_classes=10"))
        num_classes = int(plain.max()) + 1
    return (np.expand_dims(x, -1) == np.arange(num_classes)).astype(np.int64)
