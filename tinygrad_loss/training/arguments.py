"""What `fit` is given, checked before the first step, so that nothing fails after an hour."""

from __future__ import annotations

import inspect
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from numbers import Real
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from tinygrad_loss import errors
from tinygrad_loss import optim as rules
from tinygrad_loss.data import DataLoader, Dataset
from tinygrad_loss.data.source import Columns, Rows, source
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.losses.synonyms import meant
from tinygrad_loss.nn import Module
from tinygrad_loss.optim import Adam, Optimizer

__all__ = [
    "as_dataset",
    "as_loader",
    "as_optimizer",
    "check_callables",
    "check_checkpoint",
    "check_loss",
    "check_numbers",
    "check_schedule",
    "says_arguments",
]

Function = TypeVar("Function", bound=Callable[..., Any])


def refused(rule: str, got: Any, instead: str) -> errors.ArgumentError:
    """Return the error for an argument of the wrong kind."""
    return errors.ArgumentError(errors.say("tl.fit", rule, got if isinstance(got, str) else type(got).__name__, instead))


def shown(given: Any) -> str:
    """Return what an argument is, without its numbers."""
    if isinstance(given, tuple | list):
        return f"a {type(given).__name__} of {len(given)}"
    return f"{type(given).__name__} of shape {given.shape}" if hasattr(given, "shape") else type(given).__name__


INSTEAD: Final = {
    # what to type for arguments of Keras's, of scikit-learn's and of Lightning's
    **dict.fromkeys(("lr", "learning_rate"), "optimizer=lambda p: tl.optim.Adam(p, lr={value})"),
    **dict.fromkeys(("weight_decay",), "optimizer=lambda p: tl.optim.AdamW(p, weight_decay={value})"),
    **dict.fromkeys(("verbose", "enable_progress_bar"), "progress={truth}"),
    **dict.fromkeys(("validation_data", "val_data", "eval_set", "val"), "validation=(x_val, y_val)"),
    **dict.fromkeys(
        ("validation_split", "validation_fraction", "val_split"),
        "train, held = tl.data.Dataset(X, y).split({value}); tl.fit(model, loss, train, validation=held)",
    ),
    **dict.fromkeys(("n_epochs", "max_epochs", "num_epochs", "max_iter", "nb_epoch"), "epochs={value}"),
    **dict.fromkeys(("scheduler", "lr_scheduler"), "schedule=tl.optim.StepLR(optimizer, 10), with optimizer=optimizer"),
    **dict.fromkeys(("early_stopping", "early_stopping_rounds"), "patience=5"),
    **dict.fromkeys(("seed", "random_state", "generator"), "rng=0"),
    **dict.fromkeys(("grad_clip", "gradient_clip_val", "max_grad_norm", "clip_grad_norm"), "clip_norm={value}"),
    **dict.fromkeys(("class_weight", "sample_weight"), "loss=lambda output, y: tl.losses.cross_entropy(output, y, weight=w)"),
    "num_workers": "prefetch=2",
    "shuffle": "tl.fit(model, loss, tl.data.DataLoader((X, y), shuffle={truth}))",
}


def says_arguments(function: Function) -> Function:
    """Refuse arguments that `fit` does not have, or has by name only, with the line to type instead."""
    parameters = inspect.signature(function).parameters

    @wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        unknown = next((name for name in named if name not in parameters), None)
        if unknown is not None:
            near, value = errors.similar(unknown, parameters), named[unknown]
            line = INSTEAD.get(unknown) or (f"{near}=" if near else "help(tl.fit)")
            instead = line.format(value=value if isinstance(value, int | float) else "...", truth=bool(value))
            raise refused("its arguments are those that help(tl.fit) names", f"{unknown}=", instead)
        if len(given) > 3 or not {"model", "loss", "dataset"} <= {*list(parameters)[: len(given)], *named}:
            rule, got = "it takes model, loss and dataset, and the rest by name", ", ".join(map(shown, given)) or "none"
            raise refused(rule, got, "tl.fit(model, loss, (X, y))")
        return function(*given, **named)

    return cast("Function", called)


def as_dataset(name: str, given: Any) -> Dataset:
    """Return a data set with all rows of one, of columns (x, y), or of a list of rows (x, y)."""
    held, found = with_targets(f"{name} must be a Dataset", given)
    return held if isinstance(held, Dataset) and not held.makes_rows else Dataset(*found.batch(slice(None)))


def as_loader(given: Any, batch_size: int, **options: Any) -> DataLoader:
    """Return the loader that was given, or one that shuffles what has inputs and targets."""
    rule = "dataset must be a Dataset or a DataLoader"
    if not isinstance(given, DataLoader):
        return DataLoader(with_targets(rule, given)[0], batch_size, shuffle=True, **options)
    for name in ("augment", "prefetch"):
        if options[name]:
            raise refused("a loader brings its own settings", f"a DataLoader and {name}=", f"tl.data.DataLoader(data, {name}=...)")
    with_targets(f"{rule} of inputs and targets", given.dataset)
    return given


def with_targets(rule: str, given: Any) -> tuple[Any, Columns | Rows]:
    """Return what a loader makes of something whose rows are inputs and targets."""
    wrong = refused(rule, given, "tl.data.Dataset(x, y)")
    try:
        held, found = source(given)
    except errors.ArgumentError:
        raise wrong from None
    first = found.batch(slice(1))
    if not (isinstance(first, tuple) and len(first) == 2):
        raise wrong
    return held, found


def as_optimizer(given: Any, model: Any) -> Optimizer:
    """Return the optimiser that was given or made, after checking that it moves this model."""
    if not isinstance(model, Module):
        raise refused("model must be a module", model, "tl.nn.Sequential(...), which takes functions, too")
    if isinstance(given, str) or not (given is None or isinstance(given, Optimizer) or callable(given)):
        known = {name.lower(): name for name, kind in vars(rules).items() if isinstance(kind, type) and issubclass(kind, Optimizer)}
        instead = f"lambda p: tl.optim.{known[errors.similar(str(given), known) or 'adam']}(p, lr=1e-3)"
        raise refused("optimizer must be an optimiser, or make one of parameters", repr(given), instead)
    made = given if isinstance(given, Optimizer) else (given or Adam)([p for p in model.parameters() if p.requires_grad])
    if not isinstance(made, Optimizer):
        raise refused("optimizer must make an optimiser", made, "lambda p: tl.optim.Adam(p, lr=1e-3)")
    own = {id(p) for p in model.parameters()}
    if not any(id(p) in own for group in made.param_groups for p in group["params"]):
        raise refused(
            "the optimiser must move the model's parameters", "one of other parameters", "optimizer=tl.optim.Adam, which is given them"
        )
    return made


def check_callables(loss: Any, metrics: Any, callbacks: Any) -> None:
    """Refuse a loss, metrics or callbacks that cannot be called."""
    rule = "loss must be a function of output and target"
    if isinstance(loss, str):
        raise refused(rule, repr(loss), f"tl.losses.{meant(loss) or 'mse_loss'}")
    if not callable(loss):
        raise refused(rule, shown(loss), "tl.fit(model, tl.losses.mse_loss, (X, y))")
    if isinstance(loss, type) and issubclass(loss, Module):
        raise refused(rule, f"the class {loss.__name__}", f"tl.nn.{loss.__name__}()  # the object")
    if metrics is not None and not (isinstance(metrics, Mapping) and all(map(callable, metrics.values()))):
        instead = '{"accuracy": tl.training.metrics.accuracy}'
        raise refused("metrics must be functions of outputs and targets by name", metrics, instead)
    if callable(callbacks) or not isinstance(callbacks, Iterable):
        raise refused("callbacks must be a list of functions", callbacks, "callbacks=[function]")


def check_numbers(epochs: Any, patience: Any, schedule_per: str, clip_norm: Any) -> None:
    """Refuse counts that are no counts."""
    for name, value, least in (("epochs", epochs, 1), ("patience", patience, 0)):
        if value is None and name == "patience":
            continue
        try:
            operator.index(value)
        except TypeError:
            raise refused(f"{name} must be a whole number", repr(value), f"{name}=10") from None
        if value < least:
            rule = "there must be at least one epoch" if name == "epochs" else "patience must be at least 0"
            raise errors.DomainError(errors.say("tl.fit", rule, f"{name}={value}", f"{name}=10"))
    if clip_norm is not None and not (isinstance(clip_norm, Real) and float(clip_norm) >= 0):
        raise errors.DomainError(errors.say("tl.fit", "clip_norm must be a number of at least 0", repr(clip_norm), "clip_norm=1.0"))
    if schedule_per not in {"epoch", "batch"}:
        raise errors.unknown_name("tl.fit", "schedule_per", schedule_per, ["epoch", "batch"])


def check_checkpoint(checkpoint: str | os.PathLike[str] | None, *, resume: bool) -> None:
    """Refuse to keep a run where nothing can be written, and to go on from nowhere."""
    if checkpoint is None:
        if resume:
            raise refused("resume=True needs the file to go on from", "none", 'checkpoint="run.safetensors"')
    elif not (folder := Path(checkpoint).absolute().parent).is_dir():
        raise errors.SaveError(
            errors.say("tl.fit", "the checkpoint's folder must exist", str(folder), f"import os; os.makedirs({str(folder)!r})")
        )
    elif Path(checkpoint).is_dir():
        got, instead = f"the folder {os.fspath(checkpoint)}", f"checkpoint={str(Path(checkpoint) / 'run.safetensors')!r}"
        raise errors.SaveError(errors.say("tl.fit", "the checkpoint must be a file", got, instead))


def check_schedule(schedule: Any, optimizer: Optimizer) -> None:
    """Refuse a schedule that does not govern this optimiser."""
    if schedule is None:
        return
    instead = "schedule=tl.optim.StepLR(optimizer, 10), with optimizer=optimizer"
    if isinstance(schedule, type) or not hasattr(schedule, "step"):
        raise refused("schedule must be a schedule that was made", repr(schedule), instead)
    if getattr(schedule, "optimizer", optimizer) is not optimizer:
        raise refused("the schedule must govern the optimiser that trains", "one of another optimiser", instead)


def check_loss(value: Any) -> None:
    """Refuse what cannot be trained on: it must be one number, and lead back to the model."""
    if not isinstance(value, Tensor) or not value.requires_grad:
        raise refused(
            "the loss must be a tensor that leads back to the model", value, "tl.losses.cross_entropy, without .item() or .numpy()"
        )
    if value.size != 1:
        instead = 'reduction="mean", or np.mean(loss)'
        raise errors.shapes("tl.fit", "the loss must be one number", [value.shape], instead)
