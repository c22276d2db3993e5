"""`fit`: the training loop."""

from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.context import at_kinks
from tinygrad_loss.data import DataLoader, Dataset
from tinygrad_loss.data.source import HasRows
from tinygrad_loss.engine.explained import explained
from tinygrad_loss.nn import Module
from tinygrad_loss.optim import LBFGS, Optimizer, ReduceLROnPlateau, clip_grad_norm_, grad_norm
from tinygrad_loss.training import metrics as known_metrics
from tinygrad_loss.training import resume as resuming
from tinygrad_loss.training.arguments import (
    as_dataset,
    as_loader,
    as_optimizer,
    check_callables,
    check_checkpoint,
    check_loss,
    check_numbers,
    check_schedule,
    says_arguments,
)
from tinygrad_loss.training.blame import REMEMBERED, blamed, grown
from tinygrad_loss.training.evaluate import evaluate
from tinygrad_loss.training.history import History
from tinygrad_loss.training.interrupt import interruptible
from tinygrad_loss.training.progress import shown

__all__ = ["Run", "fit"]

Metric = Callable[[np.ndarray, np.ndarray], float]
Loss = Callable[[Any, Any], Any]


@says_arguments
@explained
def fit(
    model: Module,
    loss: Loss,
    dataset: DataLoader | HasRows,
    *,
    optimizer: Optimizer | Callable[[Any], Optimizer] | None = None,
    epochs: int = 10,
    batch_size: int = 32,
    validation: HasRows | None = None,
    metrics: Mapping[str, Metric] | None = None,
    callbacks: Iterable[Callable[[Run], object]] = (),
    schedule: Any = None,
    schedule_per: str = "epoch",
    clip_norm: float | None = None,
    patience: int | None = None,
    keep_best: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    augment: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None,
    prefetch: int = 0,
    rng: np.random.Generator | int = 0,
    setup: Mapping[str, Any] | None = None,
    progress: bool | None = None,
) -> History:
    """Train a model on a data set, and return what happened in each epoch.

    Gradients are taken under ``at_kinks("subgradient")``; the entries that had none are counted in the history.

    Args:
        model: takes a batch of inputs, ``(batch, ...)``.
        loss: a function of the model's output and the batch's targets that returns one number, such as ``tl.losses.cross_entropy``.
        dataset: what to learn: a loader of batches (x, y), or anything that a loader takes and that has inputs and targets, such as a
            data set, a pair of arrays, or a list of pairs.
        optimizer: an optimiser, or a function from parameters to one; Adam with its defaults otherwise.
        epochs: passes over the data.
        batch_size: rows per step; shuffled in each epoch.
        validation: data to measure on after each epoch, in any form but a loader.
        metrics: functions of outputs and targets by name; ``accuracy`` by default where targets are one class index per row. Of the training
            data the mean over batches is kept, without those where a metric is undefined (an AUC of one class); of ``validation`` the
            metric of all rows together.
        callbacks: called with the `Run` after each epoch; a true answer ends the training.
        schedule: of the learning rate; a `ReduceLROnPlateau` is told the validation loss, or the loss.
        schedule_per: whether it steps after each ``"epoch"`` or ``"batch"``.
        clip_norm: the largest norm of all gradients together.
        patience: epochs without a lower validation loss (or loss) to bear before the training ends.
        keep_best: whether to give the model the weights of its lowest validation loss (or loss) at the end.
        checkpoint: a file that keeps the run after each epoch, and when it is interrupted.
        resume: whether to go on from that file, if it exists, to the same final weights, bit for bit.
        augment: a function ``(x, rng) -> x`` for each batch of inputs.
        prefetch: batches that a thread prepares ahead.
        rng: where the order of the rows comes from.
        setup: what else must not change between the parts of a run, such as the loss's name; plain values, kept in the checkpoint.
        progress: whether to show a bar; by default on a terminal only.

    Raises:
        ArgumentError: an argument is of the wrong kind, or two contradict each other; said before the first step.
        NonFiniteError: the loss or a gradient became nan or inf; the message says where it came from.
        SaveError: the checkpoint cannot be written.
        StateError: the checkpoint is of another run, or broken.
        KeyboardInterrupt: on Ctrl-C, after the running step is finished and the checkpoint is written.

    >>> import tinygrad_loss as tl
    >>> data = tl.data.load("iris")
    >>> model = tl.nn.Linear(4, 3, rng=0)
    >>> history = tl.fit(model, tl.losses.cross_entropy, data, epochs=5)
    >>> history["loss"][-1] < history["loss"][0]
    True
    """
    check_numbers(epochs, patience, schedule_per, clip_norm)
    check_callables(loss, metrics, callbacks)
    loader = as_loader(dataset, batch_size, rng=rng, augment=augment, prefetch=prefetch)
    measured_on = None if validation is None else as_dataset("validation", validation)
    optimizer = as_optimizer(optimizer, model)
    check_schedule(schedule, optimizer)
    check_checkpoint(checkpoint, resume=resume)
    if metrics is None:
        first: Any = loader.source.batch(slice(1))
        y = first[1]
        metrics = {"accuracy": known_metrics.accuracy} if y.dtype.kind in "iub" and y.ndim == 1 else {}
    run = Run(model, loss, loader, optimizer, metrics, measured_on)
    run.schedule, run.schedule_per, run.clip_norm = schedule, schedule_per, clip_norm
    run.patience, run.keep_best, run.checkpoint = patience, keep_best, checkpoint
    run.setup = dict(setup or {})
    if checkpoint is not None and resume and os.path.exists(checkpoint):  # noqa: PTH110  a path may be a text
        resuming.restore(run, checkpoint)
    return run.to(epochs, tuple(callbacks), progress=progress)


class Run:
    """A training in progress: what callbacks see.

    Attributes:
        model: being trained.
        optimizer: moves its parameters.
        history: rows of the epochs that are complete.
        epoch: how many epochs are complete.
    """

    def __init__(
        self, model: Module, loss: Loss, loader: DataLoader, optimizer: Optimizer, metrics: Mapping[str, Metric], validation: Dataset | None
    ) -> None:
        self.model, self.loss, self.loader, self.optimizer = model, loss, loader, optimizer
        self.metrics, self.validation = dict(metrics), validation
        self.schedule: Any = None
        self.schedule_per = "epoch"
        self.clip_norm: float | None = None
        self.patience: int | None = None
        self.keep_best = False
        self.checkpoint: str | os.PathLike[str] | None = None
        self.setup: dict[str, Any] = {}
        self.params = [p for group in optimizer.param_groups for p in group["params"]]
        self.history = History()
        self.epoch = 0
        self.batch = 0
        self.best: dict[str, Any] = {"value": math.inf, "epoch": 0, "weights": None}
        self.recent: deque[float] = deque(maxlen=REMEMBERED)
        self.sums: dict[str, float] = {}
        self.undefined_metrics: dict[str, errors.DomainError] = {}
        self.chances: dict[str, Any] = {}
        self.order: Any = resuming.state_of(loader.rng)

    def to(self, epochs: int, callbacks: tuple[Callable[[Run], object], ...], *, progress: bool | None) -> History:
        """Train until ``epochs`` epochs are complete, patience ends, or a callback says so."""
        quiet = np.errstate(all="ignore")  # what is not finite is found here, and blamed on what began it
        with quiet, at_kinks("subgradient"), interruptible() as asked, shown(self, epochs, progress) as show:
            while self.epoch < epochs and not self.out_of_patience():
                self.run_epoch(asked, show)
                stop = [callback(self) for callback in callbacks]
                self.save()
                if any(stop):
                    break
        if self.keep_best and self.best["weights"] is not None:
            self.model.load_state_dict(self.best["weights"])
        return self.history

    def out_of_patience(self) -> bool:
        """Whether the loss has not fallen for too long."""
        return self.patience is not None and self.epoch - self.best["epoch"] > self.patience

    def run_epoch(self, asked: Callable[[], bool], show: Callable[..., None]) -> None:
        """Go through the data once, from where the run stands."""
        self.model.train()
        if self.batch == 0:
            self.order = resuming.state_of(self.loader.rng)
            self.sums = {}
        start = time.perf_counter() - self.sums.get("seconds", 0.0)
        batches = iter(self.loader)
        for _ in range(self.batch):
            next(batches)
        if self.batch:
            resuming.restore_generators(self)
        for x, y in batches:
            self.step(x, y)
            self.batch += 1
            self.sums["seconds"] = time.perf_counter() - start
            show(len(x), self.means())
            if asked():
                self.save()
                raise KeyboardInterrupt
        self.close_epoch()

    def step(self, x: np.ndarray, y: np.ndarray) -> None:
        """Move the parameters once."""
        number, output, norm = self.gradient(x, y)
        self.add(rows=len(x), loss=number * len(x), undefined=sum(p.report.undefined for p in self.params if p.report is not None), steps=1)
        self.recent.append(number)
        self.add(grad_norm=norm)
        self.measure(output, y)
        if isinstance(self.optimizer, LBFGS):
            self.optimizer.step(lambda: self.gradient(x, y)[0])
        else:
            self.optimizer.step()
        if self.schedule is not None and self.schedule_per == "batch":
            self.schedule.step()

    def gradient(self, x: np.ndarray, y: np.ndarray) -> tuple[float, Any, float]:
        """Compute the gradients of one batch; return its loss, the outputs and the gradients' norm before clipping."""
        self.optimizer.zero_grad()
        output = self.model(x)
        value = self.loss(output, y)
        check_loss(value)
        number = float(value.item())
        if not math.isfinite(number):
            raise blamed(self, number, x, output)
        value.backward()
        norm = grad_norm(self.params) if self.clip_norm is None else clip_grad_norm_(self.params, self.clip_norm)
        if not math.isfinite(norm) and grown(self.recent):
            raise blamed(self, number, x, output)
        return number, output, norm

    def measure(self, output: Any, y: np.ndarray) -> None:
        """Add the metrics that this batch has."""
        if not self.metrics:
            return  # then the loss alone has to understand what the model returns
        values: Any = tuple(part.data for part in output) if isinstance(output, tuple) else output.data
        for name, metric in self.metrics.items():
            try:
                value = metric(values, y)
            except errors.DomainError as error:
                self.undefined_metrics[name] = error
            else:
                self.add(**{name: value * len(y), f"rows of {name}": len(y)})

    def add(self, **amounts: float) -> None:
        """Add to the sums of this epoch."""
        for name, amount in amounts.items():
            self.sums[name] = self.sums.get(name, 0) + amount

    def means(self) -> dict[str, float]:
        """Return the loss and the metrics of this epoch so far."""
        sums = self.sums
        defined = {name: sums[name] / sums[f"rows of {name}"] for name in self.metrics if name in sums}
        return {"loss": sums["loss"] / sums["rows"]} | defined

    def broken_parameter(self) -> str | None:
        """Return the name of the first parameter that holds nan or inf."""
        return next((p.name or f"number {i}" for i, p in enumerate(self.params) if not np.isfinite(p.data).all()), None)

    def close_epoch(self) -> None:
        """Measure, write the row, step the schedule, remember the best weights."""
        sums = self.sums
        broken = self.broken_parameter()
        if broken is not None:
            where, got = f"tl.fit, epoch {self.epoch + 1}", f"nan or inf in {broken} after the last step"
            raise errors.NonFiniteError(errors.say(where, "parameters must be finite", got, "a smaller lr, or clip_norm=1.0"))
        row: dict[str, Any] = {"epoch": self.epoch + 1, **self.means()}
        for name in self.metrics:
            if name not in row:
                raise self.undefined_metrics[name]
        if self.validation is not None:
            measured = evaluate(self.model, self.loss, self.validation, self.metrics)
            row |= {f"val_{name}": value for name, value in measured.items()}
        row |= {"grad_norm": sums["grad_norm"] / sums["steps"], "undefined": int(sums["undefined"])}
        row |= {"lr": self.optimizer.param_groups[0]["lr"], "seconds": round(sums["seconds"], 4)}
        self.history.rows.append(row)
        self.epoch, self.batch = self.epoch + 1, 0
        watched = row.get("val_loss", row["loss"])
        if watched < self.best["value"]:
            self.best = {"value": watched, "epoch": self.epoch, "weights": self.model.state_dict() if self.keep_best else None}
        if self.schedule is not None and self.schedule_per == "epoch":
            self.schedule.step(*([watched] if isinstance(self.schedule, ReduceLROnPlateau) else []))

    def save(self) -> None:
        """Write the checkpoint, if one is wanted."""
        if self.checkpoint is not None:
            resuming.keep(self, self.checkpoint)
