"""Any loss in front of any data: class indices and scores are put into the form that the loss declares for its arguments."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, losses, ops
from tinygrad_loss.data import Dataset
from tinygrad_loss.losses import Loss
from tinygrad_loss.losses.synonyms import meant

__all__ = ["Objective", "objective", "usable"]

Objective = Callable[[Any, Any], Any]

INPUTS: Final[dict[str, Callable[[Any], Any]]] = {
    "logit": lambda z: z,
    "probability": lambda z: ops.softmax(z, axis=1),
    "real": lambda z: ops.softmax(z, axis=1),
    "log-probability": lambda z: ops.log_softmax(z, axis=1),
}
"""How scores of classes become what a loss takes as its prediction; a loss for numbers compares probabilities."""
TARGETS: Final[dict[str, Callable[[np.ndarray, int], np.ndarray]]] = {
    "class index": lambda y, n: y,
    "binary": lambda y, n: one_hot(y, n),
    "probability": lambda y, n: one_hot(y, n),
    "real": lambda y, n: one_hot(y, n),
    "sign": lambda y, n: 2 * one_hot(y, n) - 1,
}
LARGE: Final = 1e6
"""More than any loss of equal scores costs, unless it divides by a target of 0."""
TASKS: Final = frozenset({"classification", "regression", "distribution", "segmentation"})


def one_hot(y: np.ndarray, n: int) -> np.ndarray:
    """Return rows with a 1 at the class."""
    return np.eye(n, dtype=np.float32)[y]


def objective(name: str, dataset: Dataset) -> Objective:
    """Return a function of the model's outputs and the batch's targets for a loss by its name.

    For classes the outputs are scores: a loss of logits or margins takes them as they are, one of probabilities or of
    numbers their softmax, against rows with a 1 at the class. For numbers the loss is used as it is.

    Args:
        name: of a loss in `tinygrad_loss.losses`.
        dataset: whether it has classes decides the form.

    Raises:
        DomainError: no such loss, or one that cannot compare these; the message has the nearest that can.

    >>> import numpy as np, tinygrad_loss as tl
    >>> data = tl.data.load("iris")
    >>> round(float(objective("mse_loss", data)(np.zeros((1, 3), np.float32), np.array([2]))), 4)
    0.2222
    """
    known = usable(dataset)
    if name not in known:
        instead = meant(name, known) or ("cross_entropy" if dataset.classes else "mse_loss")
        rule = f"loss must be one of the {len(known)} losses that can be trained on {'classes' if dataset.classes else 'numbers'}"
        raise errors.DomainError(errors.say(f"a loss for {dataset.name}", rule, repr(name), repr(instead)))
    chosen: Loss = getattr(losses, name)
    if not dataset.classes:
        return chosen
    return adapted(chosen, len(dataset.classes))


def adapted(chosen: Loss, n: int) -> Objective:
    """Return a loss as a function of scores and indices of ``n`` classes."""
    to_input, to_target = INPUTS[form_of(chosen)], TARGETS[chosen.facts.target]
    return lambda output, y: chosen(to_input(output), to_target(y, n))


def form_of(chosen: Loss) -> str:
    """Return the form in which a loss takes its prediction: a margin loss calls scores real, a distance between samples has none."""
    facts = chosen.facts
    if facts.input == "real":
        return {"classification": "logit", "regression": "real"}.get(facts.task, "sample")
    return facts.input


def usable(dataset: Dataset) -> list[str]:
    """Return the names of the losses that can compare a model's outputs with these targets."""
    pairs = {name: made for name, made in losses.LOSSES.items() if made.arrays == ("input", "target")}
    if dataset.classes:
        n = len(dataset.classes)
        return [
            name
            for name, made in pairs.items()
            if made.facts.task in TASKS and form_of(made) in INPUTS and made.facts.target in TARGETS and answers(adapted(made, n), n)
        ]
    return [name for name, made in pairs.items() if made.facts.task == "regression" and made.facts.input == made.facts.target == "real"]


def answers(loss: Objective, n: int) -> bool:
    """Whether a loss gives a number for two rows of equal scores; one that divides by the target or takes its logarithm does not."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error")
            value = loss(np.zeros((2, n), np.float32), np.array([0, n - 1]))
    except (errors.TinygradLossError, Warning):
        return False
    return bool(np.ndim(value) == 0 and abs(value) < LARGE)
