"""One experiment from a data set's name to a saved model: prepare, train, test, keep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tinygrad_loss import data, errors, nn
from tinygrad_loss.data import Dataset
from tinygrad_loss.losses.synonyms import named
from tinygrad_loss.optim import AdamW, OneCycleLR
from tinygrad_loss.training import checkpoint, metrics
from tinygrad_loss.training.encoders import ENCODERS, build
from tinygrad_loss.training.evaluate import evaluate, predict
from tinygrad_loss.training.fit import fit
from tinygrad_loss.training.history import History
from tinygrad_loss.training.kept import check_model
from tinygrad_loss.training.objective import objective

__all__ = ["Experiment", "Scale", "Setup", "open_model"]

MODEL: Final = "model.safetensors"
RUN: Final = "run.safetensors"
BATCH: Final = 32
WEIGHT_DECAY: Final = 0.02


@dataclass(frozen=True, slots=True)
class Setup:
    """What was asked for; None means the encoder's own setting."""

    dataset: str
    model: str = "mlp"
    loss: str | None = None
    epochs: int | None = None
    seed: int = 0
    lr: float | None = None
    batch_size: int = BATCH
    folder: str | None = None


def load(name: str, folder: str | None) -> Dataset:
    """Return a data set, read from a folder where one is given."""
    if folder is not None and name != "fashion":
        raise errors.DomainError(
            errors.say(
                "train", "only fashion is read from a folder", f"--folder with {name}", f"tinygrad-loss train {name}, without --folder"
            )
        )
    return data.load(name) if folder is None else data.load(name, folder=folder)


@dataclass(frozen=True, slots=True)
class Scale:
    """How raw columns became what the model reads: ``(x - centre) / spread``."""

    centre: Any = 0.0
    spread: Any = 1.0

    @classmethod
    def of(cls, a: np.ndarray) -> Scale:
        """Return the scale that centres each column and gives it spread 1; a constant column is only centred."""
        spread = a.std(axis=0)
        return cls(a.mean(axis=0), np.where(spread == 0, np.ones_like(spread), spread))

    def forth(self, a: np.ndarray) -> np.ndarray:
        """Scale raw values."""
        return (a - self.centre) / self.spread if np.ndim(self.spread) else a

    def back(self, a: np.ndarray) -> np.ndarray:
        """Return to raw values."""
        return a * self.spread + self.centre if np.ndim(self.spread) else a


class Experiment:
    """A model on a data set, from its setup to its test.

    >>> experiment = Experiment(Setup("iris", epochs=5))
    >>> experiment.train(progress=False)
    >>> sorted(experiment.test())
    ['epochs', 'seconds', 'test_accuracy', 'test_calibration_error', 'test_loss']
    """

    def __init__(self, setup: Setup) -> None:
        if setup.model not in ENCODERS:
            raise errors.unknown_name("train", "model", setup.model, ENCODERS)
        self.setup, self.recipe = setup, ENCODERS[setup.model]
        raw, raw_test = load(setup.dataset, setup.folder).split()
        if raw.x.dtype.kind != "f":
            raise errors.DomainError(errors.say("train", "inputs must be numbers, not text", setup.dataset, "tinygrad-loss train digits"))
        # Columns of a table have units of their own; pixels share one.
        self.x_scale = Scale.of(raw.x) if raw.x.ndim == 2 else Scale()
        self.y_scale = Scale() if raw.classes else Scale.of(raw.y)
        self.train_set, self.test_set = (
            d.replace(self.x_scale.forth(d.x), d.y if d.classes else self.y_scale.forth(d.y)) for d in (raw, raw_test)
        )
        self.loss_name = (named(setup.loss) or setup.loss) if setup.loss else ("cross_entropy" if raw.classes else "mse_loss")
        self.loss = objective(self.loss_name, raw)
        self.epochs = setup.epochs or self.recipe.epochs_for(len(raw))
        self.model = build(setup.model, raw, setup.seed)
        self.history = History()
        self.lr = setup.lr or self.recipe.lr

    @property
    def seconds(self) -> float:
        """How long the training took, all parts of the run together."""
        return sum(row["seconds"] for row in self.history.rows)

    @property
    def began(self) -> dict[str, Any]:
        """What a run begins with and must go on with, by the name of its option."""
        setup = self.setup
        return {
            "dataset": setup.dataset,
            "model": setup.model,
            "loss": self.loss_name,
            "epochs": self.epochs,
            "seed": setup.seed,
            "lr": self.lr,
            "batch_size": setup.batch_size,
        }

    def check_resumed(self, path: Path) -> None:
        """Refuse to go on with a run that began otherwise: its numbers would belong to neither."""
        saved = checkpoint.load(path)
        was = saved.get("settings") if isinstance(saved, dict) else None
        if not isinstance(was, dict):
            return  # no checkpoint of a run, which the training says better
        other = {name: (was[name], value) for name, value in self.began.items() if name in was and was[name] != value}
        if other:
            first, second = (" ".join(f"--{name.replace('_', '-')} {pair[i]}" for name, pair in other.items()) for i in (0, 1))
            rule = f"the run in {path.parent} must go on as it began, with {first}"
            raise errors.StateError(errors.say("train --resume", rule, second, "the command it began with, or another --out to start anew"))

    def train(self, folder: Path | None = None, *, resume: bool = False, progress: bool | None = None) -> None:
        """Train; with a ``folder`` the run is kept there after each epoch."""
        if folder and resume and (folder / RUN).exists():
            self.check_resumed(folder / RUN)
        optimizer = AdamW(self.model.parameters(), lr=1e-3, weight_decay=WEIGHT_DECAY)
        loader = data.DataLoader(
            self.train_set,
            self.setup.batch_size,
            shuffle=True,
            rng=self.setup.seed,
            augment=self.recipe.vary if self.train_set.x.ndim == 3 else None,
        )
        schedule = OneCycleLR(optimizer, self.lr, epochs=self.epochs, steps_per_epoch=len(loader))
        self.history = fit(
            self.model,
            self.loss,
            loader,
            optimizer=optimizer,
            epochs=self.epochs,
            schedule=schedule,
            schedule_per="batch",
            checkpoint=folder / RUN if folder else None,
            resume=resume,
            setup=self.began,
            progress=progress,
        )

    def test(self) -> dict[str, Any]:
        """Return what the model reaches on the part of the data that it has not seen."""
        found: dict[str, Any] = {}
        if self.test_set.classes:
            measures = {"accuracy": metrics.accuracy, "calibration_error": metrics.calibration_error}
            if len(self.test_set.classes) == 2:
                measures["auc"] = metrics.auc
            found = evaluate(self.model, self.loss, self.test_set, measures)
        else:
            output = predict(self.model, self.test_set.x)
            error = self.y_scale.back(output) - self.y_scale.back(self.test_set.y)
            found = evaluate(self.model, self.loss, self.test_set) | {"mean_absolute_error": float(np.abs(error).mean())}
        return {f"test_{name}": value for name, value in found.items()} | {"epochs": len(self.history), "seconds": round(self.seconds, 3)}

    def keep(self, folder: Path, results: dict[str, Any]) -> list[Path]:
        """Write the model and its history, and return the files."""
        written = [folder / MODEL, folder / "history.csv"]
        checkpoint.save(
            written[0],
            {
                "setup": self.began,
                "results": results,
                "shape": list(self.train_set.x.shape[1:]),
                "classes": list(self.train_set.classes),
                "outputs": list(self.train_set.y.shape[1:]),
                "scales": [[np.asarray(s.centre), np.asarray(s.spread)] for s in (self.x_scale, self.y_scale)],
                "weights": self.model.state_dict(),
            },
        )
        self.history.to_csv(written[1])
        return written


def open_model(path: Path) -> tuple[nn.Module, dict[str, Any]]:
    """Return a model that `Experiment.keep` saved, and what else the file says; nothing in it is run.

    Raises:
        StateError: the file is broken, or is no saved model.
    """
    file = path / MODEL if path.is_dir() else path
    if not file.exists() or (file.name == RUN and not file.with_name(MODEL).exists()):
        rule = "there must be a model saved by tinygrad-loss train"
        got, line = f"no file {file}", f"tinygrad-loss train digits --out {path}"
        if file.with_name(RUN).exists():
            got, line = "a training that has not ended", f"the same tinygrad-loss train command with --out {file.parent} --resume"
        raise errors.StateError(errors.say(f"opening {path}", rule, got, line))
    path, saved = file, checkpoint.load(file)
    if not isinstance(saved, dict) or "setup" not in saved:
        raise no_model(path, saved)
    try:
        check_model(saved)
        x = np.zeros((1, *saved["shape"]), np.float32)
        y = np.zeros(1, np.int64) if saved["classes"] else np.zeros((1, *saved["outputs"]), np.float32)
        model = build(saved["setup"]["model"], Dataset(x, y, classes=saved["classes"]))
        saved["x_scale"], saved["y_scale"] = (Scale(*pair) for pair in saved["scales"])
        model.load_state_dict(saved["weights"])
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, IndexError) as error:
        raise errors.StateError(
            errors.say(
                f"opening {path}", "the file must be a model saved by tinygrad-loss train", repr(error)[:120], "tinygrad-loss train digits"
            )
        ) from None
    return model.eval(), saved


def no_model(path: Path, saved: Any) -> errors.StateError:
    """Return the error for a file that holds something else: what it is, and what to give instead."""
    rule, line = "the file must be the model that tinygrad-loss train saved", "tinygrad-loss predict DIR, with the --out of the training"
    got = f"a file of {', '.join(map(repr, list(saved)[:3]))}" if isinstance(saved, dict) else f"a file of a {type(saved).__name__}"
    if path.name == RUN:
        got, line = "the state of a training, which --resume goes on with", f"tinygrad-loss predict {path.parent}"
    return errors.StateError(errors.say(f"opening {path}", rule, got, line))
