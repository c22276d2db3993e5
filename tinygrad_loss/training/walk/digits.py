"""Step 7: the same small classifier of real handwritten digits, from the same start, with three losses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tinygrad_loss.context import at_kinks, no_grad
from tinygrad_loss.data.sources import load
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor, tensor
from tinygrad_loss.losses import cross_entropy, l1_loss, mse_loss
from tinygrad_loss.ops import relu

__all__ = ["LOSSES", "Run", "train"]

HIDDEN: Final = 32
BATCH: Final = 64
RATE: Final = 0.5


def _one_hot(classes: np.ndarray) -> np.ndarray:
    return np.eye(10, dtype=np.float32)[classes]


LOSSES: Final[dict[str, Callable[[Array, np.ndarray], Array]]] = {
    "L1": lambda scores, classes: l1_loss(scores, _one_hot(classes)),
    "MSE": lambda scores, classes: mse_loss(scores, _one_hot(classes)),
    "cross-entropy": cross_entropy,
}
"""Each compares ten scores with the class: the first two with 1 for the class and 0 for the others."""


@dataclass(slots=True)
class Run:
    """One training: what it reached, and how often the gradient did not exist.

    Attributes:
        loss: its name.
        accuracy: the share of test digits that were recognised, after each epoch.
        values: the mean loss of each epoch.
        undefined: the steps, counted from 1, in which the gradient of a parameter did not exist.
        steps: how many steps there were.
    """

    loss: str
    accuracy: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    undefined: list[int] = field(default_factory=list)
    steps: int = 0


def train(loss: str, epochs: int, seed: int) -> Iterator[Run]:
    """Train with plain stochastic gradient descent, and hand over the run after every epoch.

    The hidden layer begins at He's random weights, the last layer at zero, so before the first step every
    score is exactly 0: for nine classes of ten exactly the target, where |x - y| has no gradient.
    The training goes on with a subgradient and counts such steps.
    """
    training, test = load("digits").flat().split(test_size=0.2, random_state=0, stratify=True)
    rng = np.random.default_rng(seed)
    weights = _start(rng)
    run = Run(loss)
    for _ in range(epochs):
        order = rng.permutation(len(training))
        losses = []
        for at in range(0, len(order), BATCH):
            x, y = training[order[at : at + BATCH]]
            value = LOSSES[loss](_scores(weights, x), y)
            losses.append(value.item())
            run.steps += 1
            if _step(value, weights):
                run.undefined.append(run.steps)
        run.values.append(float(np.mean(losses)))
        run.accuracy.append(_accuracy(weights, *test[:]))
        yield run


def _start(rng: np.random.Generator) -> list[Tensor]:
    """Return the first weights.

    Source: He et al. 2015, Delving deep into rectifiers.
    """
    hidden = rng.normal(0.0, np.sqrt(2.0 / 64), (64, HIDDEN)).astype(np.float32)
    first = {"W1": hidden, "b1": np.zeros(HIDDEN, np.float32), "W2": np.zeros((HIDDEN, 10), np.float32), "b2": np.zeros(10, np.float32)}
    return [tensor(value, requires_grad=True, name=name) for name, value in first.items()]


def _scores(weights: list[Tensor], x: Any) -> Tensor:
    w1, b1, w2, b2 = weights
    return relu(x @ w1 + b1) @ w2 + b2


def _step(value: Tensor, weights: list[Tensor]) -> bool:
    """Move the weights against the gradient; return whether it did not exist in some entry."""
    for w in weights:
        w.grad = None
    with at_kinks("subgradient"):
        value.backward()
    for w in weights:
        if w.grad is not None:
            w.data = w.data - np.float32(RATE) * w.grad
    return any(w.report is not None and w.report.undefined for w in weights)


def _accuracy(weights: list[Tensor], x: np.ndarray, y: np.ndarray) -> float:
    with no_grad():
        return float(np.mean(np.argmax(_scores(weights, x).numpy(), axis=1) == y))
