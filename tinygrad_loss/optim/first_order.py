"""Optimisers that read the gradient only: each names its rule, and torch's defaults."""

from collections.abc import Iterable
from typing import Any

from tinygrad_loss.optim import rules
from tinygrad_loss.optim.optimizer import Optimizer

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Lion", "Proximal", "RMSprop", "Subgradient"]


class SGD(Optimizer):
    r"""Gradient descent, with momentum on request: $p \leftarrow p - \eta g$; see `rules.sgd`.

    Args:
        params: tensors that require grad, or groups of them.
        lr: the step, in units of p squared per unit of loss.
        momentum: the part of the last step that goes on.
        dampening: the part of the gradient that momentum leaves out.
        weight_decay: the weight of half the squared parameters in the loss.
        nesterov: whether to look ahead along the momentum.
        maximize: whether the loss is to grow.

    >>> import numpy as np, tinygrad_loss as tl
    >>> x = tl.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = tl.optim.SGD([x], lr=0.1)
    >>> np.sum(x * x).backward()
    >>> optimizer.step()
    >>> x.data
    array([0.8, 1.6])
    """

    rule = staticmethod(rules.sgd)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
        )


class Adagrad(Optimizer):
    r"""Steps that shrink where gradients were large; see `rules.adagrad`.

    Args:
        params: tensors that require grad, or groups of them.
        lr: the size of the first step.
        lr_decay: how fast all steps shrink.
        weight_decay: the weight of half the squared parameters in the loss.
        initial_accumulator_value: where the sum of squares starts.
        eps: keeps the quotient finite.
        maximize: whether the loss is to grow.

    >>> import tinygrad_loss as tl
    >>> tl.optim.Adagrad([tl.tensor(1.0, requires_grad=True)]).param_groups[0]["lr"]
    0.01
    """

    rule = staticmethod(rules.adagrad)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
            maximize=maximize,
        )


class RMSprop(Optimizer):
    r"""Steps in units of the recent root mean square of the gradient; see `rules.rmsprop`.

    Args:
        params: tensors that require grad, or groups of them.
        lr: the size of a step.
        alpha: the memory of the mean square.
        eps: keeps the quotient finite.
        weight_decay: the weight of half the squared parameters in the loss.
        momentum: the part of the last step that goes on.
        centered: whether to use the variance instead of the mean square.
        maximize: whether the loss is to grow.

    >>> import tinygrad_loss as tl
    >>> tl.optim.RMSprop([tl.tensor(1.0, requires_grad=True)]).param_groups[0]["alpha"]
    0.99
    """

    rule = staticmethod(rules.rmsprop)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
            maximize=maximize,
        )


class Adam(Optimizer):
    r"""Momentum in units of the recent root mean square of the gradient; see `rules.adam`.

    Args:
        params: tensors that require grad, or groups of them.
        lr: about the size of a step.
        betas: the memories of the mean and of the mean square.
        eps: keeps the quotient finite.
        weight_decay: the weight of half the squared parameters in the loss.
        amsgrad: whether the mean square may never fall.
        maximize: whether the loss is to grow.

    >>> import numpy as np, tinygrad_loss as tl
    >>> x = tl.tensor(3.0, requires_grad=True)
    >>> optimizer = tl.optim.Adam([x], lr=0.5)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    2.5
    """

    rule = staticmethod(rules.adam)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize)


class AdamW(Adam):
    r"""Adam whose weights shrink by themselves, apart from the gradient; see `rules.adamw`.

    Args and errors as `Adam`; ``weight_decay`` is the part of a weight that one step of ``lr=1`` would remove.

    >>> import tinygrad_loss as tl
    >>> tl.optim.AdamW([tl.tensor(1.0, requires_grad=True)]).param_groups[0]["weight_decay"]
    0.01
    """

    rule = staticmethod(rules.adamw)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)


class Lion(Optimizer):
    r"""Steps of one size, along the sign of the momentum; see `rules.lion`.

    Args:
        params: tensors that require grad, or groups of them.
        lr: the size of every step of every entry.
        betas: the weights of the momentum in the step, and in the next momentum.
        weight_decay: the part of a weight that one step of ``lr=1`` would remove.
        maximize: whether the loss is to grow.

    >>> import tinygrad_loss as tl
    >>> tl.optim.Lion([tl.tensor(1.0, requires_grad=True)]).param_groups[0]["betas"]
    (0.9, 0.99)
    """

    rule = staticmethod(rules.lion)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, weight_decay=weight_decay, maximize=maximize)


class Subgradient(Optimizer):
    r"""The subgradient method for losses with kinks: steps $\eta\,t^{-power}$, which reach a minimum that a fixed step only circles.

    Take the gradients under ``tl.at_kinks("subgradient")``.

    Args:
        params: tensors that require grad, or groups of them.
        lr: the first step.
        power: how fast steps shrink; above 0 and at most 1 they still sum to infinity.

    Source: Shor 1985, Minimization Methods for Non-Differentiable Functions.

    >>> import numpy as np, tinygrad_loss as tl
    >>> x = tl.tensor(1.3, requires_grad=True)
    >>> optimizer = tl.optim.Subgradient([x], lr=0.5)
    >>> for _ in range(200):
    ...     optimizer.zero_grad()
    ...     with tl.at_kinks("subgradient"):
    ...         np.abs(x).backward()
    ...     optimizer.step()
    >>> abs(x.item()) < 0.05
    True
    """

    rule = staticmethod(rules.subgradient)

    def __init__(self, params: Iterable[Any], lr: float = 1e-2, power: float = 0.5) -> None:
        super().__init__(params, lr=lr, power=power)


class Proximal(Optimizer):
    r"""Minimise a smooth loss plus $l_1 \sum |p|$ by steps on the first and exact minimisation of the second (ISTA).

    The kink of |p| is never differentiated: its proximal map, the soft threshold, sets small entries to exactly 0.

    Args:
        params: tensors that require grad, or groups of them.
        lr: the step on the smooth part; below 1 / (its largest curvature) the loss falls in every step.
        l1: the weight of the absolute values.

    Source: Daubechies, Defrise and De Mol 2004, CPAM 57.

    >>> import numpy as np, tinygrad_loss as tl
    >>> x = tl.tensor([3.0, 0.5], requires_grad=True)
    >>> optimizer = tl.optim.Proximal([x], lr=1.0, l1=1.0)
    >>> (np.sum((x - np.array([3.0, 0.5])) ** 2) / 2).backward()
    >>> optimizer.step()
    >>> x.data
    array([2., 0.])
    """

    rule = staticmethod(rules.proximal)

    def __init__(self, params: Iterable[Any], lr: float = 1e-2, l1: float = 0.0) -> None:
        super().__init__(params, lr=lr, l1=l1)
