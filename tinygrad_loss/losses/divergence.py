"""Losses of one distribution against another, given as arrays of probabilities."""

from typing import Any

from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.ops.divergence import log_relative_entropy, relative_entropy_error

__all__ = ["kl_div"]


def _log_probabilities(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    log_q, target = checks.alike(where, given, names, mask, nan_flows=True)
    checks.not_scores(where, log_q, "tl.losses.kl_div(np.log(q), p), or tl.ops.log_softmax of the scores")
    return [log_q, target]


def _entropy_at_once(log_q: Array, p: Array, *, mean: bool, log_target: bool = False) -> Array:
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
    return (log_relative_entropy if log_target else relative_entropy_error).each(input, target)
