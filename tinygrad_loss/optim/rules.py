"""Update rules as pure functions: parameter, gradient, state -> new parameter, new state.

They write nothing and ask nothing, so an optimiser's ``step``, a compiled step and a picture use the same lines.
Sums begin with their temporary, ``-lr * g + p`` rather than ``p - lr * g``: NumPy then adds in place, with the same bits.
A state is a dict of arrays and counts; the empty dict begins. ``g`` is a gradient of the loss, so every rule steps against it.
"""

import math
from typing import Any, TypeAlias

import numpy as np

from tinygrad_loss.engine.op import Array

__all__ = ["adagrad", "adam", "adamw", "lion", "proximal", "rmsprop", "sgd", "soft_threshold", "subgradient"]

State: TypeAlias = dict[str, Any]
Update: TypeAlias = tuple[Array, State]


def sgd(
    p: Array,
    g: Array,
    state: State,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> Update:
    r"""Gradient descent with a heavy ball: $b \leftarrow \mu b + (1 - \tau) g$, $p \leftarrow p - \eta b$.

    Source: Polyak 1964; the Nesterov form of Sutskever et al. 2013, ICML.

    >>> sgd(1.0, 0.5, {}, lr=0.1)
    (0.95, {})
    """
    g = decayed(p, g, weight_decay, maximize)
    if not momentum:
        return -lr * g + p, state
    before = state.get("momentum_buffer")
    buffer = 1.0 * g if before is None else momentum * before + (1 - dampening) * g
    return -lr * (g + momentum * buffer if nesterov else buffer) + p, {"momentum_buffer": buffer}


def adagrad(
    p: Array,
    g: Array,
    state: State,
    *,
    lr: float,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    eps: float = 1e-10,
    maximize: bool = False,
) -> Update:
    r"""Steps that shrink where gradients were large: $s \leftarrow s + g^2$, $p \leftarrow p - \eta g / (\sqrt s + \epsilon)$.

    Source: Duchi, Hazan and Singer 2011, JMLR 12.

    >>> float(adagrad(1.0, 4.0, {}, lr=0.5, eps=0.0)[0])
    0.5
    """
    g = decayed(p, g, weight_decay, maximize)
    step = state.get("step", 0) + 1
    total = state.get("sum", initial_accumulator_value) + g * g
    rate = lr / (1 + (step - 1) * lr_decay)
    return -rate * g / (np.sqrt(total) + eps) + p, {"step": step, "sum": total}


def rmsprop(
    p: Array,
    g: Array,
    state: State,
    *,
    lr: float,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    maximize: bool = False,
) -> Update:
    r"""Steps in units of the recent root mean square: $v \leftarrow \alpha v + (1-\alpha) g^2$, $p \leftarrow p - \eta g / (\sqrt v + \epsilon)$.

    Source: Tieleman and Hinton 2012, lecture 6.5; the centred form of Graves 2013, arXiv:1308.0850.

    >>> float(rmsprop(1.0, 4.0, {}, lr=0.1, alpha=0.0, eps=0.0)[0])
    0.9
    """
    g = decayed(p, g, weight_decay, maximize)
    square = alpha * state.get("square_avg", 0.0) + (1 - alpha) * g * g
    new = {"step": state.get("step", 0) + 1, "square_avg": square}
    if centered:
        before = state.get("grad_avg", 0.0)
        new["grad_avg"] = mean = before + (1 - alpha) * (g - before)
        square = np.maximum(square - mean * mean, 0.0)  # rounding takes a gradient that stays the same below 0
    move = g / (np.sqrt(square) + eps)
    if momentum > 0:
        new["momentum_buffer"] = move = momentum * state.get("momentum_buffer", 0.0) + move
    return -lr * move + p, new


def adam(
    p: Array,
    g: Array,
    state: State,
    *,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    maximize: bool = False,
) -> Update:
    r"""Momentum in units of the recent root mean square, both unbiased: $p \leftarrow p - \eta \hat m / (\sqrt{\hat v} + \epsilon)$.

    Source: Kingma and Ba 2015, ICLR; amsgrad: Reddi, Kale and Kumar 2018, ICLR.

    >>> float(adam(1.0, -3.0, {}, lr=0.25, eps=0.0)[0])
    1.25
    """
    g = decayed(p, g, weight_decay, maximize)
    beta1, beta2 = betas
    step = state.get("step", 0) + 1
    before = state.get("exp_avg", 0.0)
    mean = (1 - beta1) * (g - before) + before
    square = beta2 * state.get("exp_avg_sq", 0.0) + (1 - beta2) * g * g
    new = {"step": step, "exp_avg": mean, "exp_avg_sq": square}
    if amsgrad:
        new["max_exp_avg_sq"] = square = np.maximum(state.get("max_exp_avg_sq", 0.0), square)
    scale = np.sqrt(square) / math.sqrt(1 - beta2**step) + eps
    return -lr / (1 - beta1**step) * mean / scale + p, new


def adamw(p: Array, g: Array, state: State, *, lr: float, weight_decay: float = 1e-2, **options: Any) -> Update:
    r"""Adam on weights that first shrink by themselves: $p \leftarrow (1 - \eta \lambda) p$.

    Source: Loshchilov and Hutter 2019, ICLR.

    >>> float(adamw(1.0, 0.0, {}, lr=0.5, weight_decay=0.5)[0])
    0.75
    """
    return adam(p * (1 - lr * weight_decay), g, state, lr=lr, **options)


def lion(
    p: Array,
    g: Array,
    state: State,
    *,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> Update:
    r"""Only the sign of the momentum: $p \leftarrow (1 - \eta \lambda) p - \eta\,\mathrm{sign}(\beta_1 m + (1 - \beta_1) g)$.

    Source: Chen et al. 2023, NeurIPS, "Symbolic Discovery of Optimization Algorithms", program 1.

    >>> float(lion(1.0, 3.0, {}, lr=0.25)[0])
    0.75
    """
    g = -g if maximize else g
    beta1, beta2 = betas
    before = state.get("exp_avg", 0.0)
    move = np.sign(beta1 * before + (1 - beta1) * g)
    return p * (1 - lr * weight_decay) - lr * move, {"exp_avg": beta2 * before + (1 - beta2) * g}


def subgradient(p: Array, g: Array, state: State, *, lr: float, power: float = 0.5) -> Update:
    r"""Steps that shrink and yet sum to infinity, as a loss with kinks needs: $p \leftarrow p - \eta\,t^{-power} g$ with $t = 1, 2, \dots$.

    Source: Shor 1985, Minimization Methods for Non-Differentiable Functions, chapter 2.

    >>> subgradient(1.0, 1.0, {"step": 3}, lr=1.0)
    (0.5, {'step': 4})
    """
    step = state.get("step", 0) + 1
    return -lr * step**-power * g + p, {"step": step}


def proximal(p: Array, g: Array, state: State, *, lr: float, l1: float = 0.0) -> Update:
    r"""A gradient step on the smooth part, then the exact minimiser of the rest, $l_1 |p|$: entries become exactly 0.

    Source: Daubechies, Defrise and De Mol 2004, CPAM 57; Beck and Teboulle 2009, SIAM J. Imaging Sci. 2(1).

    >>> float(proximal(0.3, 1.0, {}, lr=0.1, l1=3.0)[0])
    0.0
    """
    return soft_threshold(-lr * g + p, lr * l1), state


def soft_threshold(x: Array, t: float) -> Array:
    r"""Return the number z that minimises $\frac12 (z - x)^2 + t |z|$: $z = \mathrm{sign}(x) \max(|x| - t, 0)$.

    >>> float(soft_threshold(-3.0, 1.0))
    -2.0
    """
    return np.sign(x) * np.maximum(np.abs(x) - t, 0.0)


def decayed(p: Array, g: Array, weight_decay: float, maximize: bool) -> Array:
    r"""Return the gradient with that of $\frac{\lambda}{2} |p|^2$ added; the first changes sign where the loss is to grow."""
    if maximize:
        g = -g
    return g + weight_decay * p if weight_decay else g
