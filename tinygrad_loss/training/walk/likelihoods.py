"""Steps 4 to 6: how likely is what happened? From ten tosses to a sum of logarithms, and from that to cross-entropy."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike

from tinygrad_loss.calculus.functional import grad
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import tensor
from tinygrad_loss.losses import binary_cross_entropy, cross_entropy
from tinygrad_loss.ops import log_softmax, softmax
from tinygrad_loss.picture.draw import Picture, draw

__all__ = [
    "TOSSES", "Argmax", "Underflow", "ascend", "binomial", "class_likelihood", "coin_entropy", "draw_cross_entropy", "draw_log_likelihood",
    "likelihood", "log_likelihood", "still_the_same_maximum", "underflow",
]  # fmt: skip

TOSSES: Final = np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1], dtype=np.float64)
"""Ten tosses of a coin, 1 for a head: seven of them."""


def each(p: Array, tosses: np.ndarray) -> Array:
    """Return how likely each toss is: p for a head, 1 - p for a tail."""
    return np.where(tosses == 1, p, 1.0 - p)


def likelihood(p: Array, tosses: np.ndarray) -> Array:
    r"""Return how likely these tosses are in this order: $\prod_i p^{x_i} (1 - p)^{1 - x_i}$."""
    return np.prod(each(p, tosses))


def binomial(p: Array, heads: int, tosses: int) -> Array:
    r"""Return how likely so many heads are, in any order: $\binom{n}{k} p^k (1 - p)^{n - k}$.

    >>> round(float(binomial(0.5, 7, 10)), 6)  # 120 / 1024
    0.117188
    """
    return math.comb(tosses, heads) * p**heads * (1.0 - p) ** (tosses - heads)


def log_likelihood(p: Array, tosses: np.ndarray) -> Array:
    r"""Return the logarithm of the likelihood, which is a sum: $\sum_i \log p(x_i)$."""
    return np.sum(np.log(each(p, tosses)))


def ascend(f: Callable[[Array], Array], p: float, rate: float, steps: int) -> list[float]:
    """Climb along the gradient, and return every p on the way.

    >>> path = ascend(lambda p: binomial(p, 7, 10), 0.5, rate=0.05, steps=60)
    >>> round(path[-1], 12)
    0.7
    """
    slope, path = grad(f), [p]
    for _ in range(steps):
        p += rate * float(slope(p))
        path.append(p)
    return path


@dataclass(frozen=True, slots=True)
class Underflow:
    """When a product of likelihoods becomes 0 in floating point, and what the sum of logarithms is then.

    Attributes:
        dtype: of the numbers.
        smallest: the smallest positive number there is.
        tosses: after how many tosses the product is 0.
        expected: after how many it should be, by the sum of logarithms: the first below half of the smallest number.
        logarithm: the sum of logarithms at that toss.
    """

    dtype: str
    smallest: float
    tosses: int
    expected: int
    logarithm: float


def underflow(dtype: DTypeLike, p: float = 0.7) -> Underflow:
    """Toss until the product is 0; the ten tosses come again and again.

    A product below half of the smallest positive number rounds to 0; before that its last digits are already lost.

    >>> underflow(np.float32).tosses
    173
    """
    info = np.finfo(np.dtype(dtype))
    factors = each(p, np.tile(TOSSES, 1000)).astype(dtype)
    product = np.cumprod(factors, dtype=dtype)
    logs = np.cumsum(np.log(each(p, np.tile(TOSSES, 1000))))
    gone = int(np.argmax(product == 0)) + 1
    smallest = info.smallest_subnormal
    due = int(np.argmax(logs < math.log(float(smallest)) - math.log(2.0))) + 1
    return Underflow(str(np.dtype(dtype)), float(smallest), gone, due, float(logs[gone - 1]))


@dataclass(frozen=True, slots=True)
class Argmax:
    """Where the product and the sum of logarithms are largest, over a grid of p, after so many tosses.

    Attributes:
        tosses: how many.
        product: the p of the largest product; None when every product is 0.
        logarithms: the p of the largest sum.
        slope_of_product: the gradient of the product at p = 1/2.
        slope_of_logarithms: the gradient of the sum at p = 1/2.
    """

    tosses: int
    product: float | None
    logarithms: float
    slope_of_product: float
    slope_of_logarithms: float


def still_the_same_maximum(repeats: int) -> Argmax:
    """Compare both over p = 0.01 ... 0.99 for the ten tosses, ``repeats`` times.

    >>> found = still_the_same_maximum(10)
    >>> found.product == found.logarithms == 0.7
    True
    """
    tosses = np.tile(TOSSES, repeats)
    grid = np.arange(1, 100) / 100
    products = np.array([likelihood(p, tosses) for p in grid])
    sums = np.array([log_likelihood(p, tosses) for p in grid])
    best = float(grid[np.argmax(products)]) if products.any() else None
    slopes = (float(grad(likelihood)(0.5, tosses)), float(grad(log_likelihood)(0.5, tosses)))
    return Argmax(len(tosses), best, float(grid[np.argmax(sums)]), *slopes)


def draw_log_likelihood() -> Picture:
    """Draw the log-likelihood of the ten tosses at the coin's own p = 1/2."""
    p, is_head = tensor(0.5, requires_grad=True, name="p"), TOSSES == 1
    return draw(np.sum(np.log(np.where(is_head, p, 1.0 - p))))


def coin_entropy(p: float = 0.7) -> tuple[float, float]:
    """Return the mean negative log-likelihood of the tosses, and the binary cross-entropy loss of the same p: they are one number."""
    return -float(log_likelihood(p, TOSSES)) / len(TOSSES), float(binary_cross_entropy(np.full(len(TOSSES), p), TOSSES))


def class_likelihood(scores: np.ndarray, classes: np.ndarray) -> tuple[float, float, float]:
    """Do the same with several classes.

    Args:
        scores: ``[N, C]``, turned into probabilities by softmax.
        classes: ``[N]``, which one happened.

    Returns:
        The mean negative log-likelihood, the cross-entropy loss, and by how much the loss's gradient
        differs from (probability - what happened) / N.
    """
    picked = log_softmax(scores, axis=1)[np.arange(len(classes)), classes]
    gradient: Any = grad(cross_entropy)(scores, classes)
    happened = np.eye(scores.shape[1])[classes]
    off = np.max(np.abs(gradient - (softmax(scores, axis=1) - happened) / len(classes)))
    return -float(np.mean(picked)), float(cross_entropy(scores, classes)), float(off)


def draw_cross_entropy(scores: np.ndarray, classes: np.ndarray) -> Picture:
    """Draw cross-entropy as what it is: the mean of the logarithms of what happened, with its sign changed."""
    recorded = tensor(scores, requires_grad=True, name="scores")
    return draw(-log_softmax(recorded, axis=1)[np.arange(len(classes)), classes].mean())
