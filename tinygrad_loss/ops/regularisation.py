"""Noise that keeps a model from relying on single features. ``rng`` is a seed or a generator, so a run can be repeated."""

from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.exponential import softmax
from tinygrad_loss.ops.properties import operand, values
from tinygrad_loss.ops.settings import probability

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "gumbel_softmax"]

SELU_LOW = -1.7580993408473766
"""The least value of selu, at which alpha dropout puts what it drops."""


def _kept(op: str, shape: tuple[int, ...], p: float, rng: Any) -> np.ndarray:
    kept: np.ndarray = np.random.default_rng(rng).random(shape, np.float32) >= probability(op, "p", p)
    return kept


def _dropped(op: str, x: Array, p: float, shape: tuple[int, ...], rng: Any) -> Array:
    p = probability(op, "p", p)  # a NumPy scalar would promote float32
    kept = _kept(op, shape, p, rng)
    if p == 1:
        return x * 0.0
    return x * (kept.astype(x.dtype) * (1.0 / (1.0 - p)))


def dropout(input: Array, p: float = 0.5, training: bool = True, *, rng: Any = None) -> Array:  # noqa: A002  PyTorch's name
    r"""Set each entry to 0 with probability $p$, and multiply the others by $1 / (1 - p)$.

    Args:
        input: any shape.
        p: the probability of dropping an entry.
        training: whether to do anything.
        rng: a seed or generator.

    Raises:
        DomainError: ``p`` is not a probability.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout, 2014.

    >>> import numpy as np, tinygrad_loss as tl
    >>> sorted(set(tl.ops.dropout(np.ones(100), 0.5, rng=0).tolist()))
    [0.0, 2.0]
    """
    x = operand(input)
    if not training or p == 0:
        return x
    return _dropped("dropout", x, p, x.shape, rng)


def _by_channel(dims: int, x: Array, p: float, rng: Any, *, training: bool) -> Array:
    op = f"dropout{dims}d"
    x = operand(x)
    if x.ndim not in {dims + 1, dims + 2}:
        raise errors.shapes(op, f"the input has {dims} axes after batch and channels", [x.shape], "tl.ops.dropout(x)")
    if not training or p == 0:
        return x
    return _dropped(op, x, p, x.shape[: x.ndim - dims] + (1,) * dims, rng)


def dropout1d(input: Array, p: float = 0.5, training: bool = True, *, rng: Any = None) -> Array:  # noqa: A002
    """Drop whole channels of ``[N, C, L]``; see `dropout`.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.dropout1d(np.ones((1, 2, 3)), training=False).shape
    (1, 2, 3)
    """
    return _by_channel(1, input, p, rng, training=training)


def dropout2d(input: Array, p: float = 0.5, training: bool = True, *, rng: Any = None) -> Array:  # noqa: A002
    """Drop whole channels of ``[N, C, H, W]``; see `dropout`.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.dropout2d(np.ones((1, 2, 3, 3)), training=False).shape
    (1, 2, 3, 3)
    """
    return _by_channel(2, input, p, rng, training=training)


def dropout3d(input: Array, p: float = 0.5, training: bool = True, *, rng: Any = None) -> Array:  # noqa: A002
    """Drop whole channels of ``[N, C, D, H, W]``; see `dropout`.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.dropout3d(np.ones((1, 2, 3, 3, 3)), training=False).shape
    (1, 2, 3, 3, 3)
    """
    return _by_channel(3, input, p, rng, training=training)


def alpha_dropout(input: Array, p: float = 0.5, training: bool = False, *, rng: Any = None) -> Array:  # noqa: A002
    """Drop entries to the least value of selu, and shift and scale so that mean 0 and variance 1 are kept.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, 2017.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.alpha_dropout(np.ones(3), training=False)
    array([1., 1., 1.])
    """
    x = operand(input)
    if not training or p == 0:
        return x
    p = float(p)
    kept = _kept("alpha_dropout", x.shape, p, rng).astype(x.dtype)
    if p == 1:
        return x * 0.0
    scale = ((1.0 - p) * (1.0 + p * SELU_LOW**2)) ** -0.5
    return x * (kept * scale) + ((1.0 - kept) * (SELU_LOW * scale) - scale * p * SELU_LOW)


def gumbel_softmax(logits: Array, tau: float = 1.0, hard: bool = False, dim: int = -1, *, rng: Any = None) -> Array:
    r"""Return $\mathrm{softmax}((z + G) / \tau)$ with Gumbel noise $G$: a draw of a class that has a gradient.

    Args:
        logits: scores of the classes along ``dim``.
        tau: the temperature.
        hard: whether to return one-hot vectors, with the gradient of the soft ones.
        dim: the axis of the classes.
        rng: a seed or generator.

    Source: Jang, Gu and Poole, Categorical reparameterization with Gumbel-softmax, 2017.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(np.sum(tl.ops.gumbel_softmax(np.zeros(3), hard=True, rng=0)))
    1.0
    """
    z = operand(logits)
    noise = np.random.default_rng(rng).gumbel(size=z.shape).astype(z.dtype)
    soft = softmax((z + noise) / float(tau), axis=dim)
    if not hard:
        return soft
    plain = values(soft)
    chosen = np.argmax(plain, axis=dim)
    one = np.moveaxis(np.arange(plain.shape[dim]) == chosen[..., None], -1, dim)
    return soft + (one - plain)
