"""Gradient clipping: large gradients are shortened before the step."""

import math
from collections.abc import Iterable

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.tensor import Tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_", "grad_norm"]

TINY = 1e-6


def grad_norm(parameters: Iterable[Tensor], norm_type: float = 2.0) -> float:
    r"""Return the norm of all gradients as one vector: $(\sum |g_i|^p)^{1/p}$; the largest $|g_i|$ for ``math.inf``.

    >>> import tinygrad_loss as tl
    >>> x = tl.tensor([3.0, 4.0], requires_grad=True)
    >>> x.grad = [3.0, 4.0]
    >>> tl.optim.grad_norm([x])
    5.0
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return 0.0
    with np.errstate(all="ignore"):
        if norm_type == 2:
            total = sum(float(np.vdot(g, g)) for g in gradients)
            return math.sqrt(total) if 0 < total < math.inf else scaled_norm(gradients)
        norms = np.array([np.linalg.norm(g.ravel(), norm_type) for g in gradients], dtype=np.float64)
        return float(np.linalg.norm(norms, norm_type))


def scaled_norm(gradients: list[np.ndarray]) -> float:
    """Return the norm where squares overflow or vanish, in units of the largest entry."""
    top = max(float(np.max(np.abs(g), initial=0.0)) for g in gradients)
    if not 0 < top < math.inf:
        return top
    parts = [g.astype(np.float64) / top for g in gradients]
    return top * math.sqrt(sum(float(np.vdot(part, part)) for part in parts))


def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor, max_norm: float, norm_type: float = 2.0, *, error_if_nonfinite: bool = False
) -> float:
    r"""Shorten all gradients together to the norm ``max_norm``, and return the norm before: $g \leftarrow g \min(1, c / (|g| + 10^{-6}))$.

    Args:
        parameters: tensors with gradients.
        max_norm: the largest norm to leave.
        norm_type: 2, 1, ``math.inf``, ...
        error_if_nonfinite: whether a norm of nan or inf raises.

    Raises:
        DomainError: ``max_norm`` is negative.
        NonFiniteError: the norm is nan or inf, on request; nothing has changed.

    Source: Pascanu, Mikolov and Bengio 2013, ICML.

    >>> import tinygrad_loss as tl
    >>> x = tl.tensor([3.0, 4.0], requires_grad=True)
    >>> x.grad = [3.0, 4.0]
    >>> tl.optim.clip_grad_norm_([x], 1.0)
    5.0
    >>> round(float(x.grad[1]), 3)
    0.8
    """
    if not max_norm >= 0:
        raise errors.DomainError(errors.say("clip_grad_norm_", "max_norm must be at least 0", str(max_norm), "max_norm=1.0"))
    params = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    norm = grad_norm(params, norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        bad = next((i for i, p in enumerate(params) if p.grad is not None and not np.isfinite(p.grad).all()), 0)
        p = params[bad]
        raise errors.refuse_nonfinite("clip_grad_norm_", p.name or f"number {bad}", p.grad, p.report)
    factor = min(1.0, max_norm / (norm + TINY)) if not math.isnan(norm) else norm
    for p in params:
        if p.grad is not None and factor != 1:
            p.grad = p.grad * factor
    return norm


def clip_grad_value_(parameters: Iterable[Tensor] | Tensor, clip_value: float) -> None:
    """Limit every entry of every gradient to ``-clip_value..clip_value``.

    >>> import tinygrad_loss as tl
    >>> x = tl.tensor([3.0, -4.0], requires_grad=True)
    >>> x.grad = [3.0, -4.0]
    >>> tl.optim.clip_grad_value_([x], 1.0)
    >>> x.grad
    array([ 1., -1.])
    """
    if not clip_value >= 0:
        raise errors.DomainError(errors.say("clip_grad_value_", "clip_value must be at least 0", f"{clip_value}", "clip_value=1.0"))
    for p in [parameters] if isinstance(parameters, Tensor) else parameters:
        if p.grad is not None:
            p.grad = np.clip(p.grad, -clip_value, clip_value)
