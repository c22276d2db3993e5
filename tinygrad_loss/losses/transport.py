"""Distances between sets of samples, and the cost of carrying one distribution over into another."""

import functools
from typing import Any

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.divergence import between_distributions
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.losses.robust import FLAT
from tinygrad_loss.ops.classification import absorbing_product
from tinygrad_loss.ops.exponential import logsumexp_

__all__ = ["energy_distance_loss", "mmd_loss", "sinkhorn_loss"]


def _log_mean_exp(x: Array, weight: Array) -> Array:
    r"""Return $\log \sum_j w_j e^{x_j}$ along the last axis; a weight of 0 has no part in it, but a slope."""
    none = checks.value_of(weight) == 0
    log_weight = np.where(none, -np.inf, np.log(np.where(none, 1.0, weight)))
    some = logsumexp_(x + log_weight, axis=x.ndim - 1)
    if np.any(none):
        share = np.exp(np.where(none, x - some, 0.0))
        some = some + np.log1p(np.sum(absorbing_product(np.where(none, weight, 0.0), share), axis=-1, keepdims=True))
    return np.squeeze(some, axis=-1)


@between_distributions(
    order=("epsilon", "iterations", "cost", "reduction"),
    formula=r"\min_{\pi} \langle \pi, C\rangle + \epsilon KL(\pi \| q \otimes p)",
    smoothness="C-infinity",
    estimates="distribution, a little sharper",
    choose="Outcomes with any costs between them, where Wasserstein's distance on a line does not fit.",
    source="Cuturi, Sinkhorn distances: lightspeed computation of optimal transport, NeurIPS 2013",
)
def sinkhorn_loss(
    input: Array,  # noqa: A002  PyTorch's name for a prediction
    target: Array,
    *,
    epsilon: float = 0.1,
    iterations: int = 200,
    cost: Array | None = None,
) -> Any:
    r"""Return the entropic transport cost between two histograms, by Sinkhorn's iterations on logarithms.

    Args:
        input: probabilities q ``[N, K]``.
        target: probabilities p ``[N, K]``.
        epsilon: how much entropy counts, in units of the cost; towards 0 it becomes the Wasserstein cost, and needs more iterations.
        iterations: how often both marginals are mended; they settle slowly where both nearly agree and epsilon is small:
            of two outcomes 0.03 apart, 50 leave the slope 13 % off, and 200 leave 3e-5 of it. What is computed is convex
            once they have settled.
        cost: C ``[K, K]``; the distance on a line, over its length, by default.

    Raises:
        ShapeError: the shapes differ, or ``cost`` is not ``[K, K]``.
        DomainError: ``epsilon`` is not above 0, or a probability outside [0, 1].

    Source: Cuturi, NeurIPS 2013; Peyré and Cuturi, Computational Optimal Transport, section 4.4.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.sinkhorn_loss([[1.0, 0.0]], [[0.0, 1.0]]).round(6))
    1.0
    """
    at_least("sinkhorn_loss", "epsilon", epsilon, 0.0)
    k = input.shape[-1]
    place = np.arange(k) / max(k - 1, 1)
    c = np.abs(place[:, None] - place) if cost is None else checks.weights_of_numbers("sinkhorn_loss", "cost", checks.value_of(cost))
    if c.shape != (k, k):
        instead = f"np.abs(x[:, None] - x) with x of shape ({k},)"
        raise errors.shapes(
            "sinkhorn_loss", f"cost must be [K, K], ({k}, {k})", (c.shape,), instead, mismatch.not_of_shape("cost", c.shape, (k, k))
        )
    if iterations < 1:
        raise errors.DomainError(errors.say("sinkhorn_loss", "iterations must be at least 1", f"{iterations}", "iterations=200"))
    kernel = (-c / epsilon).astype(checks.value_of(input).dtype)
    f = g = np.zeros_like(input)
    for _ in range(iterations):  # potentials in units of epsilon
        f = -_log_mean_exp(kernel + np.expand_dims(g, -2), np.expand_dims(target, -2))
        g = -_log_mean_exp(kernel.T + np.expand_dims(f, -2), np.expand_dims(input, -2))
    return np.sum(absorbing_product(input, f) + absorbing_product(target, g), axis=-1) * epsilon


# ---- samples ------------------------------------------------------------------------------------------------------------------


def _samples(where: str, given: Any, names: Any, mask: Array | None, axes: int) -> list[Array]:
    x, y = (checks.of_array(v, where, name) for v, name in zip(given, names, strict=True))
    if 0 in x.shape or 0 in y.shape:
        raise checks.empty(where, x.shape if 0 in x.shape else y.shape)
    if x.ndim != axes or y.ndim != axes or x.shape[::2] != y.shape[::2]:
        rest = ", D]" if axes == 3 else "]"
        rule = f"input must be [N, M{rest} and target [N, K{rest}, a set of samples per row"
        single = x.ndim == y.ndim == axes - 1
        instead = (
            f"tl.losses.{where}(input[None], target[None])"
            if single
            else f"input of shape (N, M{rest[:-1]}) and target of shape (N, K{rest[:-1]})"
        )
        raise errors.shapes(
            where,
            rule,
            (x.shape, y.shape),
            instead,
            mismatch.unlike(("input", x.shape, 0), ("target", y.shape, 0))
            or mismatch.unlike(("input", x.shape, -1), ("target", y.shape, -1)),
        )
    checks.no_nan(where, y, mask, names, over=slice(1, None))
    return [x, y]


def _of_numbers(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    return _samples(where, given, names, mask, 2)


def _of_vectors(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    return _samples(where, given, names, mask, 3)


of_samples = functools.partial(
    loss, per="row", divides_by="the number of pairs of sets", task="distribution", estimates="distribution", convex=False
)


@of_samples(
    check=_of_numbers,
    formula=r"2 E|X - Y| - E|X - X'| - E|Y - Y'|",
    input="vector",
    target="vector",
    smoothness="kink",
    robust=True,
    choose="Two sets of numbers, and no bandwidth to choose; 0 just where their distributions agree.",
    source="Székely and Rizzo, Energy statistics: a class of statistics based on distances, JSPI 143, 2013",
)
def energy_distance_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $2 E|X - Y| - E|X - X'| - E|Y - Y'|$ of two sets of numbers, over all pairs (each with itself included).

    Args:
        input: samples X ``[N, M]``.
        target: samples Y ``[N, K]``.

    Raises:
        ShapeError: not as many sets of one kind as of the other.
        DomainError: nan among the targets.

    Source: Székely and Rizzo, Journal of Statistical Planning and Inference 143, 2013.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.energy_distance_loss([[0.0]], [[1.0]]))
    2.0
    """
    both = np.concatenate([input, target], axis=-1)
    share = np.repeat([1.0 / input.shape[-1], -1.0 / target.shape[-1]], [input.shape[-1], target.shape[-1]])
    order = np.argsort(both, axis=-1, kind="stable")
    shares = np.broadcast_to(share.astype(checks.value_of(both).dtype), both.shape)
    ahead = np.cumsum(np.take_along_axis(shares, order, -1), axis=-1)[..., :-1]  # of the first distribution function
    return np.sum(np.diff(np.take_along_axis(both, order, -1), axis=-1) * (ahead * ahead), axis=-1) * 2.0


@of_samples(
    check=_of_vectors,
    order=("bandwidth", "reduction"),
    formula=r"E k(X, X') - 2 E k(X, Y) + E k(Y, Y'),\; k = e^{-\|x - y\|^2 / 2 h^2}",
    input="vector",
    target="vector",
    smoothness="C-infinity",
    robust=True,
    choose="Two sets of vectors: generated and real ones.",
    source="Gretton et al., A kernel two-sample test, JMLR 13, 2012",
)
def mmd_loss(input: Array, target: Array, *, bandwidth: float = 1.0) -> Any:  # noqa: A002
    r"""Return the squared maximum mean discrepancy $E k(X, X') - 2 E k(X, Y) + E k(Y, Y')$ with a Gaussian kernel.

    Args:
        input: samples X ``[N, M, D]``.
        target: samples Y ``[N, K, D]``.
        bandwidth: h of the kernel, in units of the samples.

    Raises:
        ShapeError: not as many sets of one kind as of the other, or vectors of unequal length.
        DomainError: ``bandwidth`` is not above 0, or nan among the targets.

    Source: Gretton et al., JMLR 13, 2012, equation 5 (the biased estimate, which is never negative).

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.mmd_loss([[[0.0]]], [[[0.0]]]))
    0.0
    """
    at_least("mmd_loss", "bandwidth", bandwidth, 0.0)

    far = not (np.all(np.isfinite(checks.value_of(input))) and np.all(np.isfinite(checks.value_of(target))))

    def kernel(a: Array, b: Array) -> Array:
        gap = np.expand_dims(a, -2) - np.expand_dims(b, -3)
        if far:  # each is near itself, and out of reach of all others
            gap = gap if a is not b else np.where(np.eye(a.shape[1], dtype=bool)[..., None], 0.0, gap)
            gap = np.clip(gap, -FLAT * bandwidth, FLAT * bandwidth)
        return np.mean(np.exp(np.sum(gap * gap, axis=-1) * (-0.5 / bandwidth**2)), axis=(-2, -1))

    return kernel(input, input) - kernel(input, target) * 2.0 + kernel(target, target)
