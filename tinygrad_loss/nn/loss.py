"""Losses as modules, under PyTorch's names: each holds the options of one loss of `tinygrad_loss.losses`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from tinygrad_loss import errors, losses, mismatch
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.losses.loss import Loss
from tinygrad_loss.losses.options import unknown_option
from tinygrad_loss.nn.compose import ModuleList, Sequential
from tinygrad_loss.nn.linear import Linear
from tinygrad_loss.nn.module import Module
from tinygrad_loss.ops.distance import cosine_similarity, pairwise_distance
from tinygrad_loss.ops.exponential import log_softmax_
from tinygrad_loss.ops.picking import pick_class

__all__ = [
    "AdaptiveLogSoftmaxWithLoss", "BCELoss", "BCEWithLogitsLoss", "CTCLoss", "CosineEmbeddingLoss", "CosineSimilarity", "CrossEntropyLoss",
    "GaussianNLLLoss", "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss", "L1Loss", "LinearCrossEntropyLoss", "LossModule", "MSELoss",
    "MarginRankingLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "MultiMarginLoss", "NLLLoss", "PairwiseDistance",
    "PoissonNLLLoss", "SmoothL1Loss", "SoftMarginLoss", "TripletMarginLoss", "TripletMarginWithDistanceLoss",
]  # fmt: skip

BUFFERS: Final = frozenset({"weight", "pos_weight"})
"""Options that are arrays: they belong to the state."""


class LossModule(Module):
    """A loss with its options: call it with the arrays. A subclass says which loss, and which options go by position.

    >>> from tinygrad_loss import nn
    >>> nn.HuberLoss(delta=2.0)
    HuberLoss(reduction='mean', delta=2.0; a mean divides by the number of entries)
    """

    loss: ClassVar[Loss]
    takes: ClassVar[tuple[str, ...]] = ("reduction",)

    def __init__(self, *given: Any, **options: Any) -> None:
        name = type(self).__name__
        if len(given) > len(self.takes):
            rule = f"by position it takes {', '.join(self.takes)}"
            raise errors.ArgumentError(errors.say(name, rule, f"{len(given)} arguments", f"nn.{name}()"))
        options = {**self.defaults(), **dict(zip(self.takes, given, strict=False)), **options}
        unknown = next((key for key in options if key not in self.takes), None)
        if unknown is not None:
            raise unknown_option(name, unknown, options[unknown], self.takes)
        if options["reduction"] not in losses.REDUCTIONS:
            raise errors.unknown_name(name, "reduction", options["reduction"], losses.REDUCTIONS)
        for key, value in options.items():
            if key in BUFFERS:
                self.register_buffer(key, value)
            else:
                setattr(self, key, value)

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Return each option's default."""
        known = {**cls.loss.defaults, "reduction": "mean"}
        return {name: known[name] for name in cls.takes}

    if TYPE_CHECKING:

        @overload
        def __call__(self, input: Tensor, *arrays: Any, **shared: Any) -> Tensor: ...
        @overload
        def __call__(self, input: ArrayLike, target: Tensor, *arrays: Any, **shared: Any) -> Tensor: ...
        @overload
        def __call__(self, *arrays: ArrayLike, **shared: Any) -> np.ndarray | np.floating[Any]: ...
        def __call__(self, *arrays: Any, **shared: Any) -> Result:
            """Compute the loss of the arrays."""

    def forward(self, *arrays: Any, **shared: Any) -> Result:
        """Compute the loss of the arrays; ``sample_weight=`` and ``where=`` may follow."""
        return self.loss(*arrays, **{name: getattr(self, name) for name in self.takes}, **shared)

    def extra_repr(self) -> str:
        """Return the options, and what a mean divides by."""
        shown = ", ".join(
            f"{name}={getattr(self, name)!r}" for name in self.takes if name not in BUFFERS or getattr(self, name) is not None
        )
        return f"{shown}; a mean divides by {self.loss.divides_by}"


def _module(name: str, of: Loss, *takes: str) -> type[LossModule]:
    """Return the class form of a loss; its documentation is the loss's own."""
    summary = (of.__doc__ or "").partition("\n")[0]
    body = {"loss": of, "takes": takes, "__doc__": f"{summary}\n\nSee `tinygrad_loss.losses.{of.__name__}`.", "__module__": __name__}
    return type(name, (LossModule,), body)


if TYPE_CHECKING:  # a stub, in which each has its own options
    from tinygrad_loss.nn.loss_modules import BCELoss as BCELoss
    from tinygrad_loss.nn.loss_modules import BCEWithLogitsLoss as BCEWithLogitsLoss
    from tinygrad_loss.nn.loss_modules import CosineEmbeddingLoss as CosineEmbeddingLoss
    from tinygrad_loss.nn.loss_modules import CrossEntropyLoss as CrossEntropyLoss
    from tinygrad_loss.nn.loss_modules import CTCLoss as CTCLoss
    from tinygrad_loss.nn.loss_modules import GaussianNLLLoss as GaussianNLLLoss
    from tinygrad_loss.nn.loss_modules import HingeEmbeddingLoss as HingeEmbeddingLoss
    from tinygrad_loss.nn.loss_modules import HuberLoss as HuberLoss
    from tinygrad_loss.nn.loss_modules import KLDivLoss as KLDivLoss
    from tinygrad_loss.nn.loss_modules import L1Loss as L1Loss
    from tinygrad_loss.nn.loss_modules import MarginRankingLoss as MarginRankingLoss
    from tinygrad_loss.nn.loss_modules import MSELoss as MSELoss
    from tinygrad_loss.nn.loss_modules import MultiLabelMarginLoss as MultiLabelMarginLoss
    from tinygrad_loss.nn.loss_modules import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
    from tinygrad_loss.nn.loss_modules import MultiMarginLoss as MultiMarginLoss
    from tinygrad_loss.nn.loss_modules import NLLLoss as NLLLoss
    from tinygrad_loss.nn.loss_modules import PoissonNLLLoss as PoissonNLLLoss
    from tinygrad_loss.nn.loss_modules import SmoothL1Loss as SmoothL1Loss
    from tinygrad_loss.nn.loss_modules import SoftMarginLoss as SoftMarginLoss
    from tinygrad_loss.nn.loss_modules import TripletMarginLoss as TripletMarginLoss
else:
    L1Loss = _module("L1Loss", losses.l1_loss, "reduction")
    MSELoss = _module("MSELoss", losses.mse_loss, "reduction")
    HuberLoss = _module("HuberLoss", losses.huber_loss, "reduction", "delta")
    SmoothL1Loss = _module("SmoothL1Loss", losses.smooth_l1_loss, "reduction", "beta")
    GaussianNLLLoss = _module("GaussianNLLLoss", losses.gaussian_nll_loss, "full", "eps", "reduction")
    PoissonNLLLoss = _module("PoissonNLLLoss", losses.poisson_nll_loss, "log_input", "full", "eps", "reduction")
    KLDivLoss = _module("KLDivLoss", losses.kl_div, "reduction", "log_target")
    BCELoss = _module("BCELoss", losses.binary_cross_entropy, "weight", "reduction")
    BCEWithLogitsLoss = _module("BCEWithLogitsLoss", losses.binary_cross_entropy_with_logits, "weight", "reduction", "pos_weight")
    NLLLoss = _module("NLLLoss", losses.nll_loss, "weight", "ignore_index", "reduction")
    CrossEntropyLoss = _module("CrossEntropyLoss", losses.cross_entropy, "weight", "ignore_index", "reduction", "label_smoothing")
    SoftMarginLoss = _module("SoftMarginLoss", losses.soft_margin_loss, "reduction")
    MultiLabelSoftMarginLoss = _module("MultiLabelSoftMarginLoss", losses.multilabel_soft_margin_loss, "weight", "reduction")
    MultiLabelMarginLoss = _module("MultiLabelMarginLoss", losses.multilabel_margin_loss, "reduction")
    MultiMarginLoss = _module("MultiMarginLoss", losses.multi_margin_loss, "p", "margin", "weight", "reduction")
    MarginRankingLoss = _module("MarginRankingLoss", losses.margin_ranking_loss, "margin", "reduction")
    HingeEmbeddingLoss = _module("HingeEmbeddingLoss", losses.hinge_embedding_loss, "margin", "reduction")
    CosineEmbeddingLoss = _module("CosineEmbeddingLoss", losses.cosine_embedding_loss, "margin", "reduction")
    TripletMarginLoss = _module("TripletMarginLoss", losses.triplet_margin_loss, "margin", "p", "eps", "swap", "reduction")
    CTCLoss = _module("CTCLoss", losses.ctc_loss, "blank", "reduction", "zero_infinity")


class TripletMarginWithDistanceLoss(LossModule):
    r"""Return $\max(0, d(a, p) - d(a, n) + margin)$ for a distance d of one's own.

    See `tinygrad_loss.losses.triplet_margin_with_distance_loss`.

    Args:
        distance_function: ``d(x, y)``; the Euclidean distance by default.
        margin: how much farther n should be.
        swap: take the smaller of d(a, n) and d(p, n).
        reduction: "none", "mean", "sum" or "batchmean".

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> float(nn.TripletMarginWithDistanceLoss(margin=2.0)(np.zeros((1, 2)), np.zeros((1, 2)), np.zeros((1, 2))))
    2.0
    """

    loss = losses.triplet_margin_with_distance_loss
    takes = ("distance_function", "margin", "swap", "reduction")

    def __init__(
        self,
        *,
        distance_function: Callable[[Array, Array], Array] | Mapping[str, Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(distance_function, margin, swap, reduction)


class LinearCrossEntropyLoss(Module):
    """A linear layer and the cross-entropy of its scores as one module.

    Args:
        in_features: the length of a row.
        num_classes: how many classes.
        out_features: further axes of the scores, ``[N, C, *out_features]``.
        bias: whether the layer has one.
        dtype: of the weights.
        reduction: "none", "mean", "sum" or "batchmean".
        weight: one number per class.
        ignore_index: rows with this class do not count.
        label_smoothing: the share of the target that is spread evenly over all classes.
        options: PyTorch's memory options, which change no answer and are not needed here.
        rng: a seed or generator for the first weights.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.LinearCrossEntropyLoss(3, 2, rng=0)(np.ones((4, 3), np.float32), np.array([0, 1, 1, 0])).shape
    ()
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        dtype: DTypeLike = np.float32,
        reduction: str = "mean",
        weight: ArrayLike | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: Any = None,
        rng: Any = None,
    ) -> None:
        del options
        self.num_classes, self.out_features = num_classes, tuple(out_features)
        self.reduction, self.ignore_index, self.label_smoothing = reduction, ignore_index, label_smoothing
        self.register_buffer("weight", weight)
        self.linear = Linear(in_features, math.prod(self.out_features, start=num_classes), bias, dtype=dtype, rng=rng)

    def extra_repr(self) -> str:
        """Return the options, and what a mean divides by."""
        return (
            f"reduction={self.reduction!r}, ignore_index={self.ignore_index}, label_smoothing={self.label_smoothing}; "
            f"a mean divides by {losses.linear_cross_entropy.divides_by}"
        )

    def forward(self, input: Array, target: Array, **shared: Any) -> Tensor:  # noqa: A002  PyTorch's name
        """Return the loss of rows ``[N, in_features]`` against classes or probabilities."""
        shape = (self.num_classes, *self.out_features)
        return losses.linear_cross_entropy(
            input,
            self.linear.weight.reshape((*shape, self.linear.in_features)),
            target,
            linear_bias=None if self.linear.bias is None else self.linear.bias.reshape(shape),
            weight=getattr(self, "weight"),  # noqa: B009  a buffer, which the type checker does not see
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            **shared,
        )


class LogProbabilityAndLoss(NamedTuple):
    """What `AdaptiveLogSoftmaxWithLoss` returns.

    Attributes:
        output: the log-probability of each target ``[N]``.
        loss: minus their mean.
    """

    output: Array
    loss: Array


class AdaptiveLogSoftmaxWithLoss(Module):
    """A softmax over very many classes in two levels: frequent classes, and clusters of rare ones with narrower layers.

    Args:
        in_features: the length of a row.
        n_classes: how many classes; the most frequent ones come first.
        cutoffs: where a cluster ends and the next begins, increasing.
        div_value: each cluster's layer is narrower than the one before by this factor.
        head_bias: whether the head has a bias.
        dtype: of the weights.
        rng: a seed or generator for the first weights.

    Raises:
        DomainError: the cutoffs do not increase within 1 to n_classes - 1.

    Source: Grave et al., Efficient softmax approximation for GPUs, ICML 2017.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> out = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], rng=0)(np.ones((3, 8), np.float32), np.array([1, 7, 15]))
    >>> out.output.shape, out.loss.shape
    ((3,), ())
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        *,
        dtype: DTypeLike = np.float32,
        rng: Any = None,
    ) -> None:
        ends = [int(c) for c in cutoffs]
        if not ends or ends != sorted(set(ends)) or ends[0] < 1 or ends[-1] > n_classes - 1:
            raise errors.DomainError(
                errors.say(
                    "AdaptiveLogSoftmaxWithLoss",
                    f"cutoffs must increase within 1 to {n_classes - 1}",
                    f"{list(cutoffs)}",
                    f"cutoffs=[{max(1, n_classes // 10)}, {max(2, n_classes // 2)}]",
                )
            )
        rng = np.random.default_rng(rng)
        self.in_features, self.n_classes, self.div_value = in_features, n_classes, div_value
        self.cutoffs = [*ends, n_classes]
        self.shortlist_size, self.n_clusters = ends[0], len(ends)
        self.head = Linear(in_features, self.shortlist_size + self.n_clusters, head_bias, dtype=dtype, rng=rng)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            width = int(in_features // div_value ** (i + 1))
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            self.tail.append(
                Sequential(
                    Linear(in_features, width, bias=False, dtype=dtype, rng=rng), Linear(width, size, bias=False, dtype=dtype, rng=rng)
                )
            )

    def extra_repr(self) -> str:
        """Return the sizes, and what the mean divides by."""
        sizes = f"in_features={self.in_features}, n_classes={self.n_classes}, cutoffs={self.cutoffs[:-1]}, div_value={self.div_value}"
        return f"{sizes}; the mean divides by the number of rows"

    def log_prob(self, input: Array) -> Tensor:  # noqa: A002
        """Return the log-probability of every class ``[N, n_classes]``."""
        head = log_softmax_(self.head(input), axis=1)
        parts: list[Array] = [head[:, : self.shortlist_size]]
        for i, cluster in enumerate(self.tail):
            at = self.shortlist_size + i
            parts.append(log_softmax_(cluster(input), axis=1) + head[:, at : at + 1])
        joined: Array = np.concatenate(parts, axis=1)
        return joined

    def predict(self, input: Array) -> np.ndarray:  # noqa: A002
        """Return the most probable class of each row ``[N]``."""
        return np.argmax(self.log_prob(input).numpy(), axis=1)

    def forward(self, input: Array, target: ArrayLike) -> LogProbabilityAndLoss:  # noqa: A002
        """Return the log-probability of each target, and minus their mean; rare clusters run only on the rows that need them."""
        single = input.ndim == 1
        x = input.reshape((1, -1)) if single else input
        index = np.asarray(target).reshape(-1)
        if index.shape != x.shape[:1]:
            raise errors.misfits(
                "AdaptiveLogSoftmaxWithLoss",
                "target must hold one class per row of input",
                {"target": index.shape, "input": x.shape},
                "target of shape (N,)",
                mismatch.along(0),
            )
        index = losses.checks.whole("AdaptiveLogSoftmaxWithLoss", index, self.n_classes, None)
        clusters = np.searchsorted(self.cutoffs, index, side="right")
        at_head = np.where(clusters == 0, index, self.shortlist_size + clusters - 1)
        output = pick_class(log_softmax_(self.head(x), axis=1), at_head, axis=1)
        for i, cluster in enumerate(self.tail):
            rows = np.flatnonzero(clusters == i + 1)
            if rows.size:
                inside = pick_class(log_softmax_(cluster(x[rows]), axis=1), index[rows] - self.cutoffs[i], axis=1)
                spread = (np.arange(len(index))[:, None] == rows).astype(inside.dtype)
                output = output + spread @ inside
        mean = -np.mean(output)
        return LogProbabilityAndLoss(output.reshape(()) if single else output, mean)


# ---- distances ------------------------------------------------------------------------------------------------------------


def _meeting(name: str, x1: Array, x2: Array) -> None:
    """Refuse vectors that do not meet in pairs."""
    try:
        np.broadcast_shapes(x1.shape, x2.shape)
    except ValueError:
        raise errors.misfits(
            name, "x1 and x2 must broadcast together", {"x1": x1.shape, "x2": x2.shape}, f"x2 of shape {x1.shape}", mismatch.unaligned
        ) from None


class PairwiseDistance(Module):
    r"""The distance $\|x_1 - x_2 + eps\|_p$ along the last axis.

    Args:
        p: the degree of the norm.
        eps: is added to each difference.
        keepdim: keep the last axis with length 1.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> float(nn.PairwiseDistance(p=1.0, eps=0.0)(np.zeros(2), np.ones(2)))
    2.0
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        self.p, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Array, x2: Array) -> Result:
        """Return the distance of each pair."""
        _meeting("PairwiseDistance", x1, x2)
        return pairwise_distance(x1, x2, self.p, self.eps, self.keepdim)


class CosineSimilarity(Module):
    r"""The cosine $x_1 \cdot x_2 / (\|x_1\| \|x_2\|)$ along an axis.

    Args:
        dim: the axis of the components.
        eps: the least norm.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> float(nn.CosineSimilarity(dim=0)(np.ones(2), np.ones(2)).round(6))
    1.0
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.dim, self.eps = dim, eps

    def forward(self, x1: Array, x2: Array) -> Result:
        """Return the cosine of each pair."""
        _meeting("CosineSimilarity", x1, x2)
        return cosine_similarity(x1, x2, self.dim, self.eps)
