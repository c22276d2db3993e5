"""Outputs and losses of a trained model, in batches, without recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygrad_loss.context import no_grad
from tinygrad_loss.data import DataLoader, Dataset
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nn import Module

__all__ = ["evaluate", "predict"]

ROWS = 256
"""Rows per batch: enough for BLAS, little enough for memory."""


def predict(model: Module, x: np.ndarray | list[Any], batch_size: int = ROWS) -> np.ndarray:
    """Return the model's outputs for all rows of ``x``, in evaluation mode.

    Args:
        model: takes a batch of inputs.
        x: inputs, ``(n, ...)``.
        batch_size: rows at once.

    >>> import numpy as np, tinygrad_loss as tl
    >>> predict(tl.nn.Linear(3, 2), np.zeros((5, 3), np.float32)).shape
    (5, 2)
    """
    if isinstance(x, list):
        x = np.asarray(x)
    was_training = model.training
    model.eval()
    try:
        with no_grad():
            outputs = [model(x[i : i + batch_size]) for i in range(0, len(x), batch_size)]
    finally:
        model.train(was_training)
    return np.concatenate([np.array(o.value if isinstance(o, Tensor) else o) for o in outputs])


def evaluate(
    model: Module,
    loss: Callable[[Any, Any], Any],
    dataset: Dataset,
    metrics: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] | None = None,
    batch_size: int = ROWS,
) -> dict[str, float]:
    """Return the mean loss per row, and each metric of all outputs together.

    Args:
        model: takes a batch of inputs.
        loss: a mean over its batch.
        dataset: what to measure on.
        metrics: functions of outputs and targets by name.
        batch_size: rows at once.

    >>> import numpy as np, tinygrad_loss as tl
    >>> data = tl.data.Dataset(np.zeros((4, 2), np.float32), np.ones((4, 1), np.float32))
    >>> model = tl.nn.Linear(2, 1, bias=False)
    >>> evaluate(model, tl.losses.mse_loss, data)
    {'loss': 1.0}
    """
    output = predict(model, dataset.x, batch_size)
    total = 0.0
    start = 0
    with no_grad():
        for _, y in DataLoader(dataset, batch_size):
            value = loss(output[start : start + len(y)], y)
            total += float(value.item()) * len(y)
            start += len(y)
    return {"loss": total / len(dataset)} | {name: metric(output, dataset.y) for name, metric in (metrics or {}).items()}
