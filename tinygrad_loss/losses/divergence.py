"""Losses of one distribution against another, given as arrays of probabilities."""

import functools
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.losses import checks, provenance
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.ops.classification import absorbing_product
from tinygrad_loss.ops.divergence import affinity, log_relative_entropy, relative_entropy, relative_entropy_error, tilted
from tinygrad_loss.ops.special import rel_entr

__all__ = [
    "alpha_divergence_loss", "chi2_divergence_loss", "js_divergence_loss", "kl_div", "kl_divergence_loss", "renyi_divergence_loss", "reverse_kl_divergence_loss",
    "squared_hellinger_loss", "total_variation_loss", "wasserstein_loss",
]  # fmt: skip

LOGARITHM: Final = "target - tl.ops.logsumexp(target, axis=-1, keepdims=True)"
FEW: Final = 100.0
"""Up to a sum of this size its logarithm is taken as it is."""


def _log_probabilities(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    log_q, target = checks.alike(where, given, names, mask, nan_flows=True)
    provenance.not_scores(where, log_q, "tl.losses.kl_div(np.log(q), p), or tl.ops.log_softmax of the scores")
    provenance.sums_to_one(where, log_q, None, "input", logs="tl.losses.kl_div(tl.ops.log_softmax(input, axis=-1), target), of scores")
    return [log_q, target]


def _moves(p: Array) -> bool:
    return isinstance(p, Tensor) and p.requires_grad


def _at_edge(p: Array) -> bool:
    """Whether probabilities that move include a 0, where the slope of p log p is infinite."""
    return _moves(p) and bool(np.any(checks.value_of(p) == 0))


def _entropy_at_once(log_q: Array, p: Array, *, mean: bool, log_target: bool = False) -> Array | None:
    if not log_target and _at_edge(p):
        return None
    provenance.sums_to_one("kl_div", p, None, "target", logs=LOGARITHM if log_target else "")
    op = log_relative_entropy if log_target else relative_entropy_error
    return op.total(log_q, p, n=checks.value_of(log_q).size if mean else 1)


@loss(
    order=("reduction", "log_target"),
    check=_log_probabilities,
    at_once=_entropy_at_once,
    divides_by="the number of entries; the divergence itself is reduction='batchmean'",
    formula=r"p (\log p - \log q)",
    input="log-probability",
    target="probability",
    task="distribution",
    likelihood="Categorical",
    estimates="log-probabilities",
    smoothness="C-infinity",
    convex=True,
    robust=True,
    choose="The target is a distribution, as in distillation; use reduction='batchmean'.",
    source="Kullback and Leibler, On information and sufficiency, Annals of Mathematical Statistics 22, 1951",
)
def kl_div(input: Array, target: Array, *, log_target: bool = False) -> Any:  # noqa: A002  PyTorch's name
    r"""Return $p (\log p - \log q)$ term by term, from log q and p: their sum is KL(p || q).

    Where p = 0 the term is 0, whatever log q is. The mean divides by all entries; KL per row is ``reduction="batchmean"``.

    Args:
        input: log q, any shape.
        target: p, or log p where ``log_target=True``, of the same shape.
        log_target: whether the target is a logarithm.

    Raises:
        ShapeError: the shapes differ.
        ProvenanceWarning: nan among the targets; it flows into the loss, as in PyTorch.

    Source: Kullback and Leibler, Annals of Mathematical Statistics 22, 1951.

    >>> import numpy as np, tinygrad_loss as tl
    >>> q, p = np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])
    >>> round(float(tl.losses.kl_div(np.log(q), p, reduction="batchmean")), 6)  # log 2
    0.693147
    """
    provenance.sums_to_one("kl_div", target, None, "target", logs=LOGARITHM if log_target else "")
    if log_target:
        return log_relative_entropy.each(input, target)
    if _at_edge(target):
        return rel_entr(target, np.ones_like(checks.value_of(target))) - absorbing_product(target, input)
    return relative_entropy_error.each(input, target)


# ---- of arrays of probabilities along an axis -----------------------------------------------------------------------------------


def _distributions(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    q, p = checks.alike(where, given, names, mask, over=slice(-1, None))
    if not q.ndim:
        raise errors.ShapeError(
            errors.say(where, "input must have an axis of probabilities", "shape ()", f"tl.losses.{where}(input[None], target[None])")
        )
    for x, name in ((q, "input"), (p, "target")):
        checks.in_range(where, x, 0.0, 1.0, name, mask, f"tl.ops.softmax({name}, axis=-1), if these are scores")
        provenance.sums_to_one(where, x, None, name)
    return [q, p]


def _entropy_from(p: Array, q: Array) -> Array:
    """Return p log(p / q), by the op that knows its infinite slope at p = 0 where p moves; zeros that stay, as in one-hot targets, have none."""
    return rel_entr(p, q) if _moves(p) else relative_entropy(p, q)


def _tilted_from(q: Array, p: Array, alpha: float) -> Array:
    """Return p^alpha q^(1 - alpha) - p, by roots that know their infinite slopes where one of the two is a 0 that moves."""
    if alpha > 1 or not (_at_edge(q) or _at_edge(p)):
        return tilted(q, p, alpha=alpha)
    edge = (checks.value_of(q) == 0) != (checks.value_of(p) == 0)
    root = np.where(edge, p, 1.0) ** alpha * np.where(edge, q, 1.0) ** (1.0 - alpha) - p
    return np.where(edge, root, tilted(np.where(edge, 1.0, q), np.where(edge, 1.0, p), alpha=alpha))


def _log_affinity(q: Array, p: Array, alpha: float, axis: int) -> Array:
    r"""Return $\log(1 + \sum_i p_i^\alpha q_i^{1 - \alpha} - p_i)$; pairs of which that is all but 0 or very large apart from the others."""
    more = np.sum(_tilted_from(q, p, alpha), axis=axis)
    apart = np.abs(checks.value_of(more) - FEW) > FEW + 0.9
    if not np.any(apart):
        return np.log1p(more)
    rows = np.expand_dims(apart, axis)
    far_q, far_p, near_q, near_p = np.where(rows, q, 1.0), np.where(rows, p, 1.0), np.where(rows, 1.0, q), np.where(rows, 1.0, p)
    return _log_common(far_q, far_p, alpha, axis) + np.log1p(np.sum(_tilted_from(near_q, near_p, alpha), axis=axis))


def _log_common(q: Array, p: Array, alpha: float, axis: int) -> Array:
    """Return the same in units of the largest term, with which nothing overflows on the way."""
    size = np.log(checks.value_of(p)) * alpha + np.log(checks.value_of(q)) * (1.0 - alpha)
    top = np.max(np.where(np.isfinite(size), size, -np.inf), axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0).astype(size.dtype)
    common = np.sum(affinity(q, p, np.broadcast_to(top, size.shape), alpha=alpha), axis=axis)
    return np.log(common + (1.0 - np.sum(p, axis=axis)) * np.exp(-np.squeeze(top, axis))) + np.squeeze(top, axis)


between_distributions = functools.partial(
    loss,
    check=_distributions,
    per="row",
    divides_by="the number of pairs of distributions",
    input="probability",
    target="probability",
    task="distribution",
    estimates="mean",
    convex=True,
)


@between_distributions(
    formula=r"\sum_i p_i \log(p_i / q_i)",
    likelihood="Categorical",
    smoothness="C-infinity",
    proper="strictly",
    choose="Maximum likelihood between two distributions: q must cover all that p does.",
    source="Kullback and Leibler, On information and sufficiency, Annals of Mathematical Statistics 22, 1951",
)
def kl_divergence_loss(input: Array, target: Array, *, axis: int = -1) -> Any:  # noqa: A002
    r"""Return $KL(p \| q) = \sum_i p_i \log(p_i / q_i)$ of probabilities q (input) and p (target).

    Args:
        input: probabilities q ``[..., K]``.
        target: probabilities p, of the same shape.
        axis: the axis of the outcomes.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a probability outside [0, 1].

    Source: Kullback and Leibler, Annals of Mathematical Statistics 22, 1951.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.kl_divergence_loss([[0.5, 0.5]], [[1.0, 0.0]])), 6)  # log 2
    0.693147
    """
    return np.sum(_entropy_from(target, input), axis=axis)


@between_distributions(
    formula=r"\sum_i q_i \log(q_i / p_i)",
    smoothness="C-infinity",
    estimates="geometric mean",
    choose="q may drop modes of p, but must not stray from it: variational inference.",
    source="Minka, Divergence measures and message passing, 2005",
)
def reverse_kl_divergence_loss(input: Array, target: Array, *, axis: int = -1) -> Any:  # noqa: A002
    r"""Return $KL(q \| p) = \sum_i q_i \log(q_i / p_i)$ of probabilities q (input) and p (target).

    Args:
        input: probabilities q ``[..., K]``.
        target: probabilities p, of the same shape.
        axis: the axis of the outcomes.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a probability outside [0, 1].

    Source: Minka, Microsoft Research technical report 173, 2005.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.reverse_kl_divergence_loss([[1.0, 0.0]], [[0.5, 0.5]])), 6)  # log 2
    0.693147
    """
    return np.sum(_entropy_from(input, target), axis=axis)


@between_distributions(
    formula=r"\tfrac12 KL(p \| m) + \tfrac12 KL(q \| m),\; m = \tfrac12(p + q)",
    smoothness="C-infinity",
    robust=True,
    estimates="distribution",
    choose="A symmetric distance that stays finite, at most log 2.",
    source="Lin, Divergence measures based on the Shannon entropy, IEEE TIT 37, 1991",
)
def js_divergence_loss(input: Array, target: Array, *, axis: int = -1) -> Any:  # noqa: A002
    r"""Return the Jensen-Shannon divergence $\tfrac12 KL(p \| m) + \tfrac12 KL(q \| m)$ with $m = \tfrac12(p + q)$.

    Args:
        input: probabilities q ``[..., K]``.
        target: probabilities p, of the same shape.
        axis: the axis of the outcomes.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a probability outside [0, 1].

    Source: Lin, IEEE Transactions on Information Theory 37, 1991.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.js_divergence_loss([[1.0, 0.0]], [[0.0, 1.0]])), 6)  # log 2
    0.693147
    """
    middle = (input + target) * 0.5
    return np.sum(_entropy_from(target, middle) + _entropy_from(input, middle), axis=axis) * 0.5


@between_distributions(
    order=("alpha", "reduction"),
    formula=r"\tfrac1{\alpha - 1} \log \sum_i p_i^\alpha q_i^{1 - \alpha}",
    smoothness="C-infinity",
    estimates="distribution",
    choose="A dial between covering (large alpha) and mode seeking (small alpha); 1 is KL.",
    source="Rényi, On measures of entropy and information, 1961",
)
def renyi_divergence_loss(input: Array, target: Array, *, alpha: float = 0.5, axis: int = -1) -> Any:  # noqa: A002
    r"""Return $\tfrac1{\alpha-1} \log \sum_i p_i^\alpha q_i^{1-\alpha}$, exact near $\alpha = 1$ too, where it is KL(p || q).

    Args:
        input: probabilities q ``[..., K]``.
        target: probabilities p, of the same shape.
        alpha: the order, above 0.
        axis: the axis of the outcomes.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``alpha`` is not above 0, or a probability outside [0, 1].

    Source: Rényi, Proceedings of the fourth Berkeley symposium, 1961.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.renyi_divergence_loss([[0.5, 0.5]], [[1.0, 0.0]], alpha=2.0)), 6)  # log 2
    0.693147
    """
    at_least("renyi_divergence_loss", "alpha", alpha, 0.0)
    if alpha == 1:
        return kl_divergence_loss.terms(input, target, axis=axis)
    return _log_affinity(input, target, float(alpha), axis) / (alpha - 1.0)


@between_distributions(
    order=("alpha", "reduction"),
    formula=r"\tfrac{1}{\alpha (\alpha - 1)} (\sum_i p_i^\alpha q_i^{1 - \alpha} - 1)",
    smoothness="C-infinity",
    estimates="square of the mean root",
    choose="One family from reverse KL (alpha = 0) over Hellinger's (1/2) to KL (1) and chi-squared (2).",
    source="Amari, Differential-Geometrical Methods in Statistics, 1985, chapter 3; Cressie and Read, JRSS B 46, 1984",
)
def alpha_divergence_loss(input: Array, target: Array, *, alpha: float = 0.5, axis: int = -1) -> Any:  # noqa: A002
    r"""Return $\tfrac{1}{\alpha(\alpha-1)} (\sum_i p_i^\alpha q_i^{1-\alpha} - 1)$, exact near $\alpha = 1$ too, where it is KL(p || q).

    Args:
        input: probabilities q ``[..., K]``.
        target: probabilities p, of the same shape.
        alpha: the order, at least 0; 0 is KL(q || p), 1/2 four times the squared Hellinger distance, 2 half of chi-squared.
        axis: the axis of the outcomes.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``alpha`` is below 0, or a probability outside [0, 1].

    Source: Amari 1985, chapter 3; Cressie and Read, Journal of the Royal Statistical Society B 46, 1984.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.alpha_divergence_loss([[0.5, 0.5]], [[1.0, 0.0]], alpha=2.0))
    0.5
    """
    at_least("alpha_divergence_loss", "alpha", alpha, 0.0, open_low=False)
    if alpha == 0:
        return reverse_kl_divergence_loss.terms(input, target, axis=axis)
    if alpha == 1:
        return kl_divergence_loss.terms(input, target, axis=axis)
    return np.sum(_tilted_from(input, target, float(alpha)), axis=axis) / (alpha * (alpha - 1.0))


@between_distributions(
    formula=r"\tfrac12 \sum_i (\sqrt{p_i} - \sqrt{q_i})^2",
    smoothness="C-infinity",
    estimates="square of the mean root",
    choose="A bounded distance, from 0 to 1, that bounds the total variation on both sides.",
    source="Le Cam, Asymptotic Methods in Statistical Decision Theory, 1986",
)
def squared_hellinger_loss(input: Array, target: Array, *, axis: int = -1) -> Any:  # noqa: A002
    r"""Return the squared Hellinger distance $\tfrac12 \sum_i (\sqrt{p_i} - \sqrt{q_i})^2$.

    Args:
        input: probabilities q ``[..., K]``.
        target: probabilities p, of the same shape.
        axis: the axis of the outcomes.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a probability outside [0, 1].

    Source: Le Cam, Asymptotic Methods in Statistical Decision Theory, 1986.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.squared_hellinger_loss([[1.0, 0.0]], [[0.0, 1.0]]))
    1.0
    """
    d = np.sqrt(target) - np.sqrt(input)
    return np.sum(d * d, axis=axis) * 0.5


@between_distributions(
    formula=r"\tfrac12 \sum_i |p_i - q_i|",
    smoothness="kink",
    robust=True,
    estimates="distribution",
    choose="The largest difference of probability that any event can have.",
    source="Levin, Peres and Wilmer, Markov Chains and Mixing Times, chapter 4",
)
def total_variation_loss(input: Array, target: Array, *, axis: int = -1) -> Any:  # noqa: A002
    r"""Return $\tfrac12 \sum_i |p_i - q_i|$.

    Args:
        input: probabilities q ``[..., K]``.
        target: probabilities p, of the same shape.
        axis: the axis of the outcomes.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a probability outside [0, 1].

    Source: Levin, Peres and Wilmer, Markov Chains and Mixing Times, chapter 4.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.total_variation_loss([[0.5, 0.5]], [[1.0, 0.0]]))
    0.5
    """
    return np.sum(np.abs(target - input), axis=axis) * 0.5


@between_distributions(
    formula=r"\sum_i (p_i - q_i)^2 / q_i",
    smoothness="C-infinity",
    estimates="root of the mean square",
    choose="The relative variance of importance weights p / q.",
    source="Pearson, On the criterion that a given system of deviations..., Philosophical Magazine 50, 1900",
)
def chi2_divergence_loss(input: Array, target: Array, *, axis: int = -1) -> Any:  # noqa: A002
    r"""Return Pearson's $\sum_i (p_i - q_i)^2 / q_i$; an outcome of probability 0 in both costs nothing.

    Args:
        input: probabilities q ``[..., K]``.
        target: probabilities p, of the same shape.
        axis: the axis of the outcomes.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a probability outside [0, 1].

    Source: Pearson, Philosophical Magazine 50, 1900.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.chi2_divergence_loss([[0.5, 0.5]], [[1.0, 0.0]]))
    1.0
    """
    both_zero = (checks.value_of(target) == 0) & (checks.value_of(input) == 0)
    d = target - input
    return np.sum(np.where(both_zero, 0.0, d * (d / np.where(both_zero, 1.0, input))), axis=axis)


@between_distributions(
    formula=r"\sum_i |F_p(i) - F_q(i)| \Delta_i",
    smoothness="kink",
    robust=True,
    estimates="median of the distribution function",
    choose="Outcomes are ordered, and mass that moves far should cost more.",
    source="Vallender, Calculation of the Wasserstein distance between probability distributions on the line, 1974",
)
def wasserstein_loss(input: Array, target: Array, *, positions: Array | None = None, axis: int = -1) -> Any:  # noqa: A002
    r"""Return the Wasserstein-1 distance of two histograms on a line, $\sum_i |F_p(i) - F_q(i)| (x_{i+1} - x_i)$.

    Args:
        input: probabilities q ``[..., K]``.
        target: probabilities p, of the same shape.
        positions: where the outcomes lie ``[K]``, increasing; 0, 1, 2, ... by default.
        axis: the axis of the outcomes.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a probability outside [0, 1], or positions that do not increase.

    Source: Vallender, Theory of Probability and its Applications 18, 1974.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.wasserstein_loss([[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]]))
    2.0
    """
    gap = np.cumsum(np.moveaxis(input - target, axis, -1), axis=-1)[..., :-1]
    if positions is not None:
        place = checks.weights_of_numbers("wasserstein_loss", "positions", checks.value_of(positions))
        many = gap.shape[-1] + 1
        if place.shape != (many,) or not np.all(np.diff(place) > 0):
            rule = f"positions must be {many} increasing numbers"
            raise errors.DomainError(errors.say("wasserstein_loss", rule, f"{place.tolist()}", f"np.arange({many})"))
        width = np.diff(place).astype(checks.value_of(gap).dtype)
        gap = gap * width
    return np.sum(np.abs(gap), axis=-1)
