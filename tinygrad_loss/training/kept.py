"""What a saved model's file must say before anything is made from it: it may come from anyone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["check_model"]


def check_model(saved: Any) -> None:
    """Refuse what `Experiment.keep` cannot have written.

    Sizes are held against the weights in the file first: a model of other sizes might fill the memory before it could be compared.

    Raises:
        ValueError: with the rule that is broken.
        KeyError, TypeError: something is missing, or of another kind.
    """
    setup, weights, shape, outputs, classes = (saved[name] for name in ("setup", "weights", "shape", "outputs", "classes"))
    rules = {
        "its data set and model must be names": isinstance(setup["dataset"], str) and isinstance(setup["model"], str),
        "its weights must be finite numbers": all(w.dtype.kind == "f" and np.isfinite(w).all() for w in weights.values()),
        "its sizes must be whole numbers": all(type(n) is int and n > 0 for n in [*shape, *outputs]),
        "its classes must be names or numbers": all(isinstance(c, str | int | float) for c in classes),
    }
    refuse(rules)
    held = sum(w.size for w in weights.values())
    read = shape[-1] if setup["model"] == "rnn" else math.prod(shape)  # a recurrent model has weights for one row
    columns = [[np.asarray(part) for part in pair] for pair in saved["scales"]]
    refuse(
        {
            "its sizes must be those of its weights": max(read, len(classes), math.prod(outputs)) <= held,
            "its scales must be a centre and a spread above 0 for each column": all(
                a.dtype.kind == "f" and a.shape in {(), tuple(size)} and np.isfinite(a).all() and (i == 0 or (a > 0).all())
                for pair, size in zip(columns, (shape, outputs), strict=True)
                for i, a in enumerate(pair)
            ),
        }
    )


def refuse(rules: dict[str, bool]) -> None:
    """Raise for the first rule that is broken."""
    for rule, kept in rules.items():
        if not kept:
            raise ValueError(rule)
