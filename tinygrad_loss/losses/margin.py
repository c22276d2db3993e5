"""Surrogates of the 0-1 loss: functions of the margin m = y z of a score z and a sign y."""

import functools
from typing import Any

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.checks import classes_or_probabilities
from tinygrad_loss.losses.classification import class_axis, of_indices
from tinygrad_loss.losses.facts import Kink
from tinygrad_loss.losses.hinge import above
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.ops.picking import pick_class
from tinygrad_loss.ops.piecewise import relu
from tinygrad_loss.ops.regression import huber_error

__all__ = ["exponential_loss", "hinge_loss", "modified_huber_loss", "multiclass_hinge_loss", "perceptron_loss", "squared_hinge_loss"]

of_margin = functools.partial(
    loss, strict=True, input="real", target="sign", task="classification", variable="margin", convex=True, estimates="sign"
)


@of_margin(
    formula=r"\max(0, 1 - m)",
    smoothness="kink",
    kinks=(Kink(1.0, -1.0, 0.0),),
    robust=True,
    choose="Only the decision matters, and few examples should carry it: support vector machines.",
    source="Cortes and Vapnik, Support-vector networks, Machine Learning 20, 1995",
)
def hinge_loss(input: Array, target: Array) -> Any:  # noqa: A002  PyTorch's name for a prediction
    r"""Return $\max(0, 1 - y z)$.

    Args:
        input: scores z, any shape.
        target: y of -1 or +1, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a target is not -1 or +1.

    Source: Cortes and Vapnik, Machine Learning 20, 1995.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.hinge_loss([0.25], [1.0]))
    0.75
    """
    return above(1.0 - input * target)


@of_margin(
    formula=r"\max(0, 1 - m)^2",
    smoothness="C1",
    stable=(("float32", 1.8e19), ("float64", 1.3e154)),
    choose="As the hinge, with a gradient everywhere.",
    source="Lee and Mangasarian, SSVM: a smooth support vector machine, 2001",
)
def squared_hinge_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $\max(0, 1 - y z)^2$.

    Args:
        input: scores z, any shape.
        target: y of -1 or +1, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a target is not -1 or +1.

    Source: Lee and Mangasarian, Computational Optimization and Applications 20, 2001.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.squared_hinge_loss([-1.0], [1.0]))
    4.0
    """
    u = relu(1.0 - input * target)
    return u * u


@of_margin(
    formula=r"\max(0, 1 - m)^2 \text{ for } m \ge -1, \text{ else } -4 m",
    smoothness="C1",
    robust=True,
    choose="As the squared hinge, but an outlier pulls with bounded force.",
    source="Zhang, Solving large scale linear prediction problems using stochastic gradient descent algorithms, ICML 2004",
)
def modified_huber_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $\max(0, 1 - y z)^2$, and $-4 y z$ where $y z < -1$.

    Args:
        input: scores z, any shape.
        target: y of -1 or +1, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a target is not -1 or +1.

    Source: Zhang, ICML 2004.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.modified_huber_loss([-3.0], [1.0]))
    12.0
    """
    short = relu(1.0 - input * target)
    return huber_error.each(short, np.zeros_like(short), delta=2.0) * 2.0


@of_margin(
    formula=r"\max(0, -m)",
    smoothness="kink",
    kinks=(Kink(0.0, -1.0, 0.0),),
    robust=True,
    estimates="sign, of what can be separated",
    choose="To teach: it is content with a score of 0, and so needs the perceptron's own algorithm.",
    source="Rosenblatt, The perceptron, Psychological Review 65, 1958",
)
def perceptron_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $\max(0, -y z)$.

    Args:
        input: scores z, any shape.
        target: y of -1 or +1, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a target is not -1 or +1.

    Source: Rosenblatt, Psychological Review 65, 1958.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.perceptron_loss([-2.0], [1.0]))
    2.0
    """
    return above(-(input * target))


@loss(
    strict=True,
    input="real",
    target="sign",
    task="classification",
    variable="margin",
    convex=True,
    formula=r"e^{-m}",
    estimates="half the log-odds",
    smoothness="C-infinity",
    stable=(("float32", 88.7), ("float64", 709.7)),
    choose="Boosting; a mislabelled example can outweigh all others.",
    source="Freund and Schapire, A decision-theoretic generalization of on-line learning, 1997",
)
def exponential_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $e^{-y z}$, whose best score is half the log-odds.

    Args:
        input: scores z, any shape.
        target: y of -1 or +1, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a target is not -1 or +1.

    Source: Freund and Schapire, Journal of Computer and System Sciences 55, 1997.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.exponential_loss([0.0], [1.0]))
    1.0
    """
    return np.exp(-(input * target))


@loss(
    check=of_indices,
    per="row",
    divides_by="the number of rows",
    formula=r"\max(0, 1 + \max_{c \ne y} z_c - z_y)",
    input="real",
    target="class index",
    task="classification",
    estimates="class, if it has a majority",
    smoothness="kink",
    convex=True,
    robust=True,
    choose="Several classes, and only the strongest rival matters.",
    source="Crammer and Singer, On the algorithmic implementation of multiclass kernel-based vector machines, JMLR 2, 2001",
)
def multiclass_hinge_loss(input: Array, target: Array, *, margin: float = 1.0, axis: int | None = None) -> Any:  # noqa: A002
    r"""Return $\max(0, margin + \max_{c \ne y} z_c - z_y)$.

    Args:
        input: scores ``[N, C]``, ``[N, C, d1, ...]`` or ``[C]``.
        target: whole-number classes ``[N]``, ``[N, d1, ...]`` or ``[]``.
        margin: by how much the class should lead.
        axis: the class axis: 1 by default, 0 for a single row.

    Raises:
        ShapeError: the target's shape is not input's without its class axis.
        DomainError: a class outside 0 to C - 1.

    Source: Crammer and Singer, JMLR 2, 2001.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.multiclass_hinge_loss([[0.0, 0.5, -2.0]], [0]))
    1.5
    """
    at = class_axis(input, axis)
    classes_or_probabilities("multiclass_hinge_loss", input, target, at)
    index = checks.whole("multiclass_hinge_loss", target, input.shape[at], None)
    own = np.expand_dims(index, at) == np.arange(input.shape[at]).reshape((-1,) + (1,) * (input.ndim - 1 - at))
    rival = np.max(np.where(own, -np.inf, input), axis=at)
    return above(rival - pick_class(input, index, axis=at) + margin)
