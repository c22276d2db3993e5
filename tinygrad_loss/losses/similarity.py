"""Losses of vectors: which should be near each other, and which far apart."""

import math
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.hinge import above
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.ops.distance import cosine_similarity, guarded_cosine, pairwise_distance
from tinygrad_loss.ops.norm import shortened

__all__ = ["cosine_embedding_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss"]

EPSILON = 1e-12
"""PyTorch's addition to squared norms, which keeps the cosine with a zero vector finite."""


def _pairs(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    """Check two arrays of vectors, and one sign per pair."""
    a, b = checks.of_array(given[0], where, names[0]), checks.of_array(given[1], where, names[1])
    checks.same_shape(where, (a, b), names)
    y = checks.as_numbers(given[2], checks.value_of(a).dtype, where, names[2])
    if y.shape != a.shape[:-1]:
        raise errors.shapes(
            where,
            "target must hold one sign per pair of vectors",
            (y.shape, a.shape),
            f"target of shape {a.shape[:-1]}",
            mismatch.not_of_shape("target", y.shape, a.shape[:-1]),
        )
    checks.no_nan(where, y, mask, names)
    return [a, b, y]


@loss(
    check=_pairs,
    per="row",
    divides_by="the number of pairs",
    formula=r"1 - \cos(x_1, x_2) \text{ if } y = 1, \text{ else } \max(0, \cos(x_1, x_2) - \text{margin})",
    input="embedding",
    target="sign",
    task="embedding",
    likelihood=None,
    estimates="direction",
    smoothness="kink",
    convex=False,
    robust=True,
    choose="Only the direction of the vectors matters: texts, faces.",
    source="Kiros et al., Skip-thought vectors, 2015",
)
def cosine_embedding_loss(input1: Array, input2: Array, target: Array, *, margin: float = 0.0) -> Any:
    r"""Return $1 - \cos(x_1, x_2)$ where y = 1 and $\max(0, \cos(x_1, x_2) - margin)$ where y = -1.

    Args:
        input1: vectors ``[N, D]`` or ``[D]``.
        input2: vectors of the same shape.
        target: y of -1 or +1, ``[N]`` or ``[]``.
        margin: the cosine below which unlike pairs cost nothing, from -1 to 1.

    Raises:
        ShapeError: the shapes differ, or there is not one sign per pair.

    Source: Kiros et al., Skip-thought vectors, 2015.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.cosine_embedding_loss([[1.0, 0.0]], [[0.0, 2.0]], [1.0]))
    1.0
    """
    cosine = guarded_cosine(shortened(input1), shortened(input2), eps=EPSILON)
    y = checks.value_of(target)
    return np.where(y == 1, 1.0 - cosine, np.where(y == -1, above(cosine - margin), 0.0))


def _triplets(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    del mask
    arrays = [checks.of_array(x, where, name) for x, name in zip(given, names, strict=True)]
    checks.same_shape(where, arrays, names)
    return arrays


@loss(
    check=_triplets,
    per="row",
    divides_by="the number of triplets",
    order=("margin", "p", "eps", "swap", "reduction"),
    formula=r"\max(0, \|a - p\| - \|a - n\| + \text{margin})",
    input="embedding",
    target="embedding",
    task="embedding",
    estimates="order of distances",
    smoothness="kink",
    convex=False,
    robust=True,
    choose="What is near what is known only by comparison: a is more like p than like n.",
    source="Balntas et al., Learning local feature descriptors with triplets, BMVC 2016",
)
def triplet_margin_loss(
    anchor: Array, positive: Array, negative: Array, *, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False
) -> Any:
    r"""Return $\max(0, d(a, p) - d(a, n) + margin)$ with $d(x, y) = \|x - y + eps\|_p$.

    Args:
        anchor: vectors a ``[N, D]`` or ``[D]``.
        positive: vectors p of the same shape.
        negative: vectors n of the same shape.
        margin: how much farther n should be.
        p: the degree of the norm.
        eps: is added to each difference, as in PyTorch, so that equal vectors have a gradient.
        swap: take the smaller of d(a, n) and d(p, n).

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``margin`` is not positive.

    Source: Balntas et al., BMVC 2016.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.triplet_margin_loss([[0.0]], [[1.0]], [[3.0]], margin=4.0)), 5)
    2.0
    """
    at_least("triplet_margin_loss", "margin", margin, 0.0)
    at_least("triplet_margin_loss", "p", p, 0.0)
    at_least("triplet_margin_loss", "eps", eps, 0.0, open_low=False)
    near = _distance(anchor, positive, p, eps)
    far = _distance(anchor, negative, p, eps)
    if swap:
        far = np.minimum(far, _distance(positive, negative, p, eps))
    gap = near - far
    if not _all_finite(gap):
        lost = np.isinf(checks.value_of(near)) & np.isinf(checks.value_of(far))
        if np.any(lost):
            gap = np.where(lost, np.nan if swap else _gap_from_afar(anchor, positive, negative, p), gap)
    return above(gap + margin)


def _all_finite(y: Array) -> bool:
    """Whether all are, by their sum; one that overflows counts as infinite."""
    return math.isfinite(np.add.reduce(checks.value_of(y), None))


def _distance(a: Array, b: Array, p: float, eps: float) -> Array:
    """Return distances; an infinite one moves with its single infinite component, and of several nobody knows with which."""
    y = pairwise_distance(a, b, p, eps)
    plain = checks.value_of(y)
    if p <= 1 or _all_finite(y):
        return y
    components = np.abs(a - b)
    infinite = np.isinf(checks.value_of(components))
    far = np.any(infinite, axis=-1, keepdims=True)
    known = np.where(np.sum(infinite, axis=-1, keepdims=True) == 1, 1.0, np.nan).astype(plain.dtype)
    along = np.sum(np.where(infinite, components * known, 0.0), axis=-1)
    return np.where(far[..., 0], along, pairwise_distance(np.where(far, 0.0, a), np.where(far, 0.0, b), p, eps))


def _gap_from_afar(anchor: Array, positive: Array, negative: Array, p: float) -> Array:
    """Return how much nearer n is than p as seen from an infinite distance: how far they are apart on that axis."""
    a = checks.value_of(anchor)
    infinite = np.isinf(a)
    known = np.where((np.sum(infinite, axis=-1, keepdims=True) == 1) | ((p == 1) & infinite), np.sign(a), np.nan).astype(a.dtype)
    rest = np.where(np.any(infinite, axis=-1), 0.0, np.nan).astype(a.dtype)  # seen from nearby, two infinite distances tell nothing
    beside = np.abs(anchor - positive) - np.abs(anchor - negative) if p == 1 else 0.0
    return np.sum(np.where(infinite, (negative - positive) * known, beside), axis=-1) + rest if p >= 1 else np.nan * np.sum(a, axis=-1)


Distance = Callable[[Array, Array], Array]


def _named(distance: Any) -> Distance:
    """Return a distance function; a mapping names one with its arguments, as a configuration file does."""
    if distance is None:
        return pairwise_distance
    if callable(distance):
        return cast("Distance", distance)
    if not isinstance(distance, Mapping):
        rule, instead = "distance_function must be a function of two arrays", "distance_function=tl.ops.pairwise_distance"
        raise errors.ArgumentError(errors.say("triplet_margin_with_distance_loss", rule, repr(distance), instead))
    options = dict(distance)
    name = options.pop("module")
    known: dict[str, Any] = {"PairwiseDistance": pairwise_distance, "CosineSimilarity": cosine_similarity}
    if name not in known:
        raise errors.unknown_name("triplet_margin_with_distance_loss", "distance_function", name, known)
    return lambda x, y: known[name](x, y, **options)


@loss(
    check=_triplets,
    per="row",
    divides_by="the number of triplets",
    order=(),
    formula=r"\max(0, d(a, p) - d(a, n) + \text{margin})",
    input="embedding",
    target="embedding",
    task="embedding",
    estimates="order of distances",
    smoothness="kink",
    convex=False,
    robust=True,
    choose="As triplet_margin_loss, with a distance of one's own.",
    source="Balntas et al., Learning local feature descriptors with triplets, BMVC 2016",
)
def triplet_margin_with_distance_loss(
    anchor: Array,
    positive: Array,
    negative: Array,
    *,
    distance_function: Distance | Mapping[str, Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
) -> Any:
    r"""Return $\max(0, d(a, p) - d(a, n) + margin)$ for a distance d of one's own.

    Args:
        anchor: vectors a, any shape.
        positive: vectors p of the same shape.
        negative: vectors n of the same shape.
        distance_function: ``d(x, y)``; the Euclidean `pairwise_distance` by default; or a mapping such as
            ``{"module": "PairwiseDistance", "p": 1.0}``.
        margin: how much farther n should be.
        swap: take the smaller of d(a, n) and d(p, n).

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``margin`` is not positive.

    Source: Balntas et al., BMVC 2016.

    >>> import numpy as np, tinygrad_loss as tl
    >>> taxicab = lambda x, y: np.sum(np.abs(x - y), axis=-1)
    >>> float(tl.losses.triplet_margin_with_distance_loss([[0.0]], [[1.0]], [[3.0]], distance_function=taxicab, margin=4.0))
    2.0
    """
    at_least("triplet_margin_with_distance_loss", "margin", margin, 0.0)
    of_norm = {"module": "PairwiseDistance"} if distance_function is None else distance_function
    if isinstance(of_norm, Mapping) and of_norm.get("module") == "PairwiseDistance" and "keepdim" not in of_norm:
        options = {name: value for name, value in of_norm.items() if name != "module"}
        return triplet_margin_loss.terms(anchor, positive, negative, margin=margin, swap=swap, **options)
    d = _named(distance_function)
    near, far = d(anchor, positive), d(anchor, negative)
    if swap:
        far = np.minimum(far, d(positive, negative))
    return above(near - far + margin)
