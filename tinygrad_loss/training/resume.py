"""What a run must remember to go on, bit for bit, as if it had never stopped."""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.training import checkpoint
from tinygrad_loss.training.history import History
from tinygrad_loss.training.kept import a_list, is_count, is_number, refuse

if TYPE_CHECKING:
    from tinygrad_loss.nn import Module
    from tinygrad_loss.training.fit import Run

__all__ = ["keep", "restore", "state_of"]


SUMS: Final = frozenset({"rows", "loss", "undefined", "steps", "grad_norm", "seconds"})
ROW: Final = frozenset({"epoch", "loss", "grad_norm", "undefined", "lr", "seconds"})


def state_of(rng: np.random.Generator) -> Any:
    """Return the state of a generator, as plain values."""
    return rng.bit_generator.state


def generators(model: Module) -> dict[str, np.random.Generator]:
    """Return the generators that modules hold, such as dropout's, by path."""
    return {
        f"{path}.{name}": value
        for path, module in model.named_modules()
        for name, value in vars(module).items()
        if isinstance(value, np.random.Generator)
    }


def settings(run: Run) -> dict[str, Any]:
    """Return what must not change between the parts of a run."""
    own = {"rows": len(run.loader.dataset), "batch_size": run.loader.batch_size, "optimizer": type(run.optimizer).__name__}
    return {**run.setup, **own}


def keep(run: Run, path: str | os.PathLike[str]) -> None:
    """Write everything that the rest of the run depends on."""
    checkpoint.save(
        path,
        {
            "settings": settings(run),
            "epoch": run.epoch,
            "batch": run.batch,
            "sums": run.sums,
            "history": run.history.rows,
            "best": run.best,
            "model": run.model.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "schedule": run.schedule.state_dict() if run.schedule is not None else None,
            # Within an epoch the order is drawn again and the batches that were done are passed over.
            "order": run.order if run.batch else state_of(run.loader.rng),
            "generators": {name: state_of(rng) for name, rng in generators(run.model).items()},
        },
    )


def restore(run: Run, path: str | os.PathLike[str]) -> None:
    """Put a run where it was when the checkpoint was written.

    Raises:
        StateError: the file is broken, or was written by a run with other data, batches, optimiser or model.
    """
    saved = checkpoint.load(path)
    where = f"tl.fit(resume=True) from {os.fspath(path)}"
    if not isinstance(saved, dict) or "settings" not in saved:
        raise errors.StateError(errors.say(where, "the file must be the checkpoint of a run", "another file", "resume=False to start anew"))
    if saved["settings"] != settings(run):
        raise errors.StateError(
            errors.say(where, f"the run must go on with {saved['settings']}", str(settings(run)), "resume=False to start anew")
        )
    before = run.model.state_dict(), run.optimizer.state_dict(), run.schedule and run.schedule.state_dict(), state_of(run.loader.rng)
    try:
        check_run(run, saved)
        put_back(run, saved)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        run.model.load_state_dict(before[0])
        run.optimizer.load_state_dict(before[1])
        if run.schedule is not None:
            run.schedule.load_state_dict(before[2])
        run.loader.rng.bit_generator.state = before[3]
        if isinstance(error, errors.TinygradLossError):
            raise
        raise errors.StateError(errors.say(where, "the checkpoint must be whole", repr(error)[:80], "resume=False to start anew")) from None


def check_run(run: Run, saved: dict[str, Any]) -> None:
    """Refuse plain values that `keep` cannot have written.

    Raises:
        ValueError: with the rule that is broken.
        KeyError, TypeError: something is missing, or of another kind.
    """
    names = ("model", "optimizer", "schedule", "order", "generators", "epoch", "batch", "sums", "best", "history")
    epoch, batch, sums, best, history = [saved[name] for name in names][5:]
    refuse({"its epoch and batch must be counts": is_count(epoch) and is_count(batch) and batch <= len(run.loader)})
    kept = best["weights"]
    refuse(
        {
            "its sums must be numbers": all(map(is_number, sums.values())) and (not batch or sums.keys() >= SUMS),
            "its history must have a row of numbers for each epoch": len(a_list(history)) == epoch
            and all(row.keys() == history[0].keys() >= ROW and all(map(is_number, row.values())) for row in history),
            "its best epoch must be one of them": is_number(best["value"]) and is_count(best["epoch"]) and best["epoch"] <= epoch,
            "its best weights must be those of the model": kept is None
            or {k: np.shape(v) for k, v in kept.items()} == {k: v.shape for k, v in run.model.state_dict().items()},
            "its best weights must be finite": kept is None or all(w.dtype.kind == "f" and np.isfinite(w).all() for w in kept.values()),
        }
    )
    for name, rng in generators(run.model).items():
        copy.deepcopy(rng).bit_generator.state = saved["generators"][name]


def put_back(run: Run, saved: dict[str, Any]) -> None:
    """Give the run what was kept."""
    run.model.load_state_dict(saved["model"])
    remembered = saved["optimizer"]
    run.optimizer.load_state_dict({**remembered, "state": {int(i): state for i, state in remembered["state"].items()}})
    if run.schedule is not None and saved["schedule"] is not None:
        run.schedule.load_state_dict(saved["schedule"])
    run.loader.rng.bit_generator.state = saved["order"]
    run.epoch, run.batch, run.sums, run.best = saved["epoch"], saved["batch"], saved["sums"], saved["best"]
    run.history = History(saved["history"])
    run.order = saved["order"]
    run.chances = saved["generators"]
    if not run.batch:
        restore_generators(run)


def restore_generators(run: Run) -> None:
    """Put the model's generators where they were; within an epoch after batches were passed over, for the loader may share one of them."""
    for name, rng in generators(run.model).items():
        if name in run.chances:
            rng.bit_generator.state = run.chances[name]
