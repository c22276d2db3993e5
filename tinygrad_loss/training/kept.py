"""What a saved model's file must say before anything is made from it: it may come from anyone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_loss.training.encoders import ENCODERS, Recipe

__all__ = ["check_model"]


def check_model(saved: Any) -> None:
    """Refuse what `Experiment.keep` cannot have written.

    Sizes are held against the weights in the file first: a model of other sizes might fill the memory before it could be compared.

    Raises:
        ValueError: with the rule that is broken.
        KeyError, TypeError: something is missing, or of another kind.
    """
    setup, weights, shape, outputs, classes = (saved[name] for name in ("setup", "weights", "shape", "outputs", "classes"))
    refuse(
        {
            "its data set and model must be names": isinstance(setup["dataset"], str) and isinstance(setup["model"], str),
            "its loss must be a name": isinstance(setup["loss"], str),
            "its epochs, seed and batch size must be whole numbers": all(
                is_count(setup[name]) for name in ("epochs", "seed", "batch_size")
            ),
            "its learning rate must be a number": is_number(setup["lr"]),
            "its results must be numbers": all(map(is_number, saved["results"].values())),
            "its weights must be finite numbers": all(w.dtype.kind == "f" and np.isfinite(w).all() for w in weights.values()),
            "its sizes must be whole numbers": all(is_count(n) and n > 0 for sizes in (shape, outputs) for n in a_list(sizes)),
            "its classes must be names or numbers": all(isinstance(c, str) or is_number(c) for c in a_list(classes)),
        }
    )
    held = sum(w.size for w in weights.values())
    columns = [[np.asarray(part) for part in pair] for pair in saved["scales"]]
    size = known(setup["model"]).size(tuple(shape), len(classes) or math.prod(outputs))
    refuse(
        {
            "its sizes must be those of its weights": size == held and max(math.prod(shape), math.prod(outputs)) <= held,
            "its scales must be a centre and a spread above 0 for each column": all(
                a.dtype.kind == "f" and a.shape in {(), tuple(size)} and np.isfinite(a).all() and (i == 0 or (a > 0).all())
                for pair, size in zip(columns, (shape, outputs), strict=True)
                for i, a in enumerate(pair)
            ),
        }
    )


def known(model: str) -> Recipe:
    """Return the recipe of a model."""
    if model not in ENCODERS:
        rule = f"its model must be one of {', '.join(ENCODERS)}"
        raise ValueError(rule)
    return ENCODERS[model]


def is_count(value: Any) -> bool:
    """Whether a value is a whole number from 0 on."""
    return type(value) is int and value >= 0


def is_number(value: Any) -> bool:
    """Whether a value is a plain number."""
    return type(value) in {int, float}


def a_list(value: Any) -> list[Any]:
    """Return a list; a text, which has parts as well, is none."""
    if not isinstance(value, list):
        message = f"a list is due, not a {type(value).__name__}"
        raise TypeError(message)
    return value


def refuse(rules: dict[str, bool]) -> None:
    """Raise for the first rule that is broken."""
    for rule, kept in rules.items():
        if not kept:
            raise ValueError(rule)
