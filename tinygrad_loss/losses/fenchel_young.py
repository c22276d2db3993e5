"""Losses made from a convex function: Fenchel-Young losses of scores, Bregman divergences of means."""

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks, provenance
from tinygrad_loss.losses.classification import class_axis, of_classes
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.losses.score import truth
from tinygrad_loss.ops.classification import absorbing_product, class_cross_entropy
from tinygrad_loss.ops.entmax import entmax_cost, entmax_potential, tsallis
from tinygrad_loss.ops.exponential import logsumexp_
from tinygrad_loss.ops.regression import gamma_error, poisson_deviance_error
from tinygrad_loss.ops.sparse import sparsemax_cost, sparsemax_potential
from tinygrad_loss.ops.special import xlogy

__all__ = ["bregman_loss", "entmax_loss", "fenchel_young_loss", "sparsemax_loss"]

Function = Callable[[Array], Array]
Potential = Callable[[Array, int], Array]


def _half_square(x: Array, axis: int) -> Array:
    return np.sum(x * x, axis=axis) * 0.5


def _negative_entropy(p: Array, axis: int) -> Array:
    return np.sum(xlogy(p, p), axis=axis)


FAMILIES: Final[dict[str, tuple[Potential, Potential]]] = {
    # name: (the potential of scores, the regulariser of probabilities); one is the other's convex conjugate
    "shannon": (lambda z, axis: np.squeeze(logsumexp_(z, axis=axis), axis=axis), _negative_entropy),
    "gini": (lambda z, axis: sparsemax_potential(z, axis=axis), _half_square),
    "square": (_half_square, _half_square),
}

OF_CLASSES: Final[dict[str, Callable[[Array, Array, int], Array]]] = {
    # for a class the whole loss is one op, exact at every score
    "shannon": lambda z, index, axis: class_cross_entropy(z, index, axis=axis, n=None),
    "gini": lambda z, index, axis: sparsemax_cost(z, index, axis=axis),
}


@loss(
    check=of_classes,
    order=("family", "reduction"),
    per="row",
    divides_by="the number of rows",
    formula=r"\Omega^*(z) + \Omega(y) - \langle z, y\rangle",
    input="logit",
    target="class index",
    task="classification",
    likelihood="Categorical",
    estimates="log-probabilities",
    smoothness="C-infinity",
    convex=True,
    proper="strictly",
    robust=True,
    choose="The link between scores and probabilities is to be chosen: softmax, sparsemax, identity, or one's own.",
    source="Blondel, Martins and Niculae, Learning with Fenchel-Young losses, JMLR 21, 2020",
)
def fenchel_young_loss(
    input: Array,  # noqa: A002  PyTorch's name for a prediction
    target: Array,
    *,
    family: str | tuple[Potential, Potential] = "shannon",
    axis: int | None = None,
) -> Any:
    r"""Return $\Omega^*(z) + \Omega(y) - \langle z, y\rangle$; it is 0 just where y is the prediction $\nabla \Omega^*(z)$.

    Args:
        input: scores ``[N, C]``, ``[N, C, d1, ...]`` or ``[C]``.
        target: whole-number classes, or probabilities of input's shape.
        family: "shannon" (cross-entropy), "gini" (sparsemax), "square" (half the squared error),
            or a pair of functions ``(conjugate(z, axis), regulariser(y, axis))``.
        axis: the class axis: 1 by default, 0 for a single row.

    Raises:
        ShapeError: the target's shape fits neither form.
        DomainError: an unknown family, or a class outside 0 to C - 1.

    Source: Blondel, Martins and Niculae, JMLR 21, 2020.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.fenchel_young_loss([[0.0, 0.0]], [1])), 6)  # log 2
    0.693147
    """
    return _of_family("fenchel_young_loss", input, target, family, axis)


def _of_family(where: str, z: Array, target: Any, family: Any, axis: int | None) -> Any:
    """Return the terms of a family, in the name of a loss."""
    at = class_axis(z, axis)
    if family in OF_CLASSES:
        provenance.not_probabilities(where, z)
    if not isinstance(family, tuple):
        if family not in FAMILIES:
            raise errors.unknown_name(where, "family", family, FAMILIES)
        if family in OF_CLASSES and checks.classes_or_probabilities(where, z, target, at):
            return OF_CLASSES[family](z, checks.whole(where, target, z.shape[at], None), at)
        conjugate, regulariser = FAMILIES[family]
    else:
        conjugate, regulariser = family
    y = truth(where, z, target, at)
    if family == "square":
        return _half_square(z - y, at)
    if family in OF_CLASSES and not _all_finite(z):
        certain = float(regulariser(np.ones((1, 1)), 1)[0])
        return _mean_cost(z, y, at, OF_CLASSES[family]) + regulariser(y, at) - certain
    return conjugate(z, at) + regulariser(y, at) - np.sum(z * y, axis=at)


def _all_finite(z: Array) -> bool:
    """Whether all are, by their sum; one that overflows counts as infinite."""
    return math.isfinite(np.add.reduce(checks.value_of(z), None))


def _mean_cost(z: Array, y: Array, axis: int, cost: Callable[[Array, Array, int], Array]) -> Array:
    """Return the cost of the scores for each class, weighed by its probability: no two infinities are subtracted."""
    shape = z.shape[:axis] + z.shape[axis + 1 :]
    each = [cost(z, np.full(shape, c), axis) for c in range(z.shape[axis])]
    return np.sum(absorbing_product(y, np.stack(each, axis=axis)), axis=axis)


@loss(
    check=of_classes,
    per="row",
    divides_by="the number of rows",
    formula=r"\tfrac12 \sum_{c: p_c > 0} (z_c^2 - \tau^2) + \tfrac12 - z_y",
    input="logit",
    target="class index",
    task="classification",
    estimates="probabilities",
    smoothness="C1",
    convex=True,
    robust=True,
    choose="Probabilities may be exactly 0, and a sure lead should cost nothing.",
    source="Martins and Astudillo, From softmax to sparsemax, ICML 2016",
)
def sparsemax_loss(input: Array, target: Array, *, axis: int | None = None) -> Any:  # noqa: A002
    r"""Return the Fenchel-Young loss whose prediction is the sparsemax; it is exactly 0 where the class leads by 1.

    Args:
        input: scores ``[N, C]``, ``[N, C, d1, ...]`` or ``[C]``.
        target: whole-number classes, or probabilities of input's shape.
        axis: the class axis: 1 by default, 0 for a single row.

    Raises:
        ShapeError: the target's shape fits neither form.
        DomainError: a class outside 0 to C - 1.

    Source: Martins and Astudillo, ICML 2016.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.sparsemax_loss([[0.0, 0.0]], [1])), float(tl.losses.sparsemax_loss([[0.0, 1.0]], [1]))
    (0.25, 0.0)
    """
    return _of_family("sparsemax_loss", input, target, "gini", axis)


@loss(
    check=of_classes,
    order=("alpha", "reduction"),
    per="row",
    divides_by="the number of rows",
    formula=r"\max_p (\langle p, z\rangle + H_\alpha(p)) - z_y,\; H_\alpha(p) = \tfrac{1 - \sum_c p_c^\alpha}{\alpha (\alpha - 1)}",
    input="logit",
    target="class index",
    task="classification",
    estimates="probabilities",
    smoothness="C2",
    convex=True,
    robust=True,
    choose="Between cross-entropy (alpha = 1) and sparsemax (2): zeros, but a slope that fades in rather than jumps.",
    source="Peters, Niculae and Martins, Sparse sequence-to-sequence models, ACL 2019",
)
def entmax_loss(input: Array, target: Array, *, alpha: float = 1.5, axis: int | None = None) -> Any:  # noqa: A002
    r"""Return the Fenchel-Young loss of Tsallis' entropy, whose prediction is the entmax: its gradient is $p(z) - e_y$.

    It is exactly 0 where the class leads by $1 / (\alpha - 1)$. At alpha = 1 it is the cross-entropy, at 2 the sparsemax loss.

    Args:
        input: scores ``[N, C]``, ``[N, C, d1, ...]`` or ``[C]``.
        target: whole-number classes, or probabilities of input's shape.
        alpha: the order of Tsallis' entropy, at least 1.
        axis: the class axis: 1 by default, 0 for a single row.

    Raises:
        ShapeError: the target's shape fits neither form.
        DomainError: ``alpha`` is below 1, or a class outside 0 to C - 1.

    Source: Peters, Niculae and Martins, ACL 2019; Blondel, Martins and Niculae, JMLR 21, 2020.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.entmax_loss([[0.0, 0.0]], [1])), 6), float(tl.losses.entmax_loss([[0.0, 2.0]], [1]))
    (0.390524, 0.0)
    """
    at_least("entmax_loss", "alpha", alpha, 1.0, open_low=False)
    at, alpha = class_axis(input, axis), float(alpha)
    if alpha not in (1.0, 2.0):
        provenance.not_probabilities("entmax_loss", input)
    if alpha == 1.0:
        return _of_family("entmax_loss", input, target, "shannon", axis)
    if alpha == 2.0:
        return _of_family("entmax_loss", input, target, "gini", axis)
    if checks.classes_or_probabilities("entmax_loss", input, target, at):
        return entmax_cost(input, checks.whole("entmax_loss", target, input.shape[at], None), axis=at, alpha=alpha)
    if not _all_finite(input):
        return _mean_cost(input, target, at, lambda z, c, axis: entmax_cost(z, c, axis=axis, alpha=alpha)) + tsallis(target, at, alpha)
    return entmax_potential(input, axis=at, alpha=alpha) + tsallis(target, at, alpha) - np.sum(input * target, axis=at)


# ---- Bregman ------------------------------------------------------------------------------------------------------------------


DIVERGENCES: Final[dict[str, Callable[[Array, Array], Array]]] = {
    "square": lambda z, y: (y - z) * (y - z),
    "entropy": lambda z, y: poisson_deviance_error.each(z, y),
    "burg": gamma_error,
}


def _means(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    return [checks.left_out(where, x, mask) for x in checks.alike(where, given, names, mask)]


@loss(
    check=_means,
    order=("phi", "reduction"),
    formula=r"\phi(y) - \phi(z) - \phi'(z)(y - z)",
    input="positive",
    target="positive",
    task="regression",
    estimates="mean",
    smoothness="C-infinity",
    convex=False,
    choose="The mean is wanted, in the geometry of the noise: these are exactly the losses that the mean minimises.",
    source="Banerjee, Guo and Wang, On the optimality of conditional expectation as a Bregman predictor, IEEE TIT 51, 2005",
)
def bregman_loss(input: Array, target: Array, *, phi: str | tuple[Function, Function] = "burg") -> Any:  # noqa: A002
    r"""Return $\phi(y) - \phi(z) - \phi'(z)(y - z)$ for a convex $\phi$.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        phi: "square" ($x^2$), "entropy" ($x \log x - x$), "burg" ($-\log x$), or a pair ``(phi, its derivative)``.

    Raises:
        ShapeError: the shapes differ.
        DomainError: an unknown name, nan among the targets, or numbers outside the domain of a named phi.

    Source: Banerjee, Guo and Wang, IEEE Transactions on Information Theory 51, 2005.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.losses.bregman_loss([1.0], [3.0], phi="square"))
    4.0
    >>> round(float(tl.losses.bregman_loss([0.0], [1.0], phi=(np.exp, np.exp))), 6)  # e - 2
    0.718282
    """
    if not isinstance(phi, tuple):
        if phi not in DIVERGENCES:
            raise errors.unknown_name("bregman_loss", "phi", phi, DIVERGENCES)
        if phi != "square":
            checks.in_domain("bregman_loss", input, "positive", "input", None)
            domain = "positive" if phi == "burg" else "nonnegative"
            checks.in_domain("bregman_loss", target, domain, "target", None, instead="phi='square', which takes any number")
        return DIVERGENCES[phi](input, target)
    value, slope = phi
    return value(target) - value(input) - slope(input) * (target - input)
