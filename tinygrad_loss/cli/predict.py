"""``tinygrad-loss predict``: what a saved model says about new rows, or about the test rows it has not seen."""

import argparse
import json
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from tinygrad_loss import errors
from tinygrad_loss.training import metrics
from tinygrad_loss.training.evaluate import predict
from tinygrad_loss.training.experiment import load, open_model

__all__ = ["EXAMPLE", "add_arguments", "run"]

EXAMPLE: Final = "tinygrad-loss predict runs/digits --rows 5"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("model", metavar="DIR", help="the --out of tinygrad-loss train, or the model file in it")
    parser.add_argument("--data", default=None, metavar="FILE", help=".npy file of inputs (default: the test rows of the model's data set)")
    parser.add_argument("--rows", type=int, default=10, metavar="N", help="how many rows to print (default: 10)")
    parser.add_argument("--json", action="store_true", help="print all predictions as one last line of JSON")


def run(arguments: argparse.Namespace) -> int:
    """Predict and print."""
    out = Console(highlight=False)
    if arguments.rows < 0:
        raise errors.DomainError(errors.say("predict", "rows to print are at least 0", f"--rows {arguments.rows}", "--rows 10"))
    model, saved = open_model(Path(arguments.model))
    x, y = inputs(arguments.data, saved)
    output = predict(model, saved["x_scale"].forth(x).astype(np.float32))
    classes = saved["classes"]
    if classes:
        p = metrics.probabilities(output)
        answers: list[Any] = [classes[i] for i in p.argmax(axis=1)]
        notes = [f"{q:.3f}" for q in p.max(axis=1)]
        truth = None if y is None else [classes[i] for i in y]
    else:
        answers = [round(float(v), 6) for v in saved["y_scale"].back(output).ravel()]
        notes = []
        truth = None if y is None else [f"{v:.4g}" for v in y.ravel()]
    columns = {"row": [str(i) for i in range(len(answers))], "predicted": [str(a) for a in answers]}
    columns |= {"probability": notes} if classes else {}
    columns |= {"true": [str(t) for t in truth]} if truth else {}
    table = Table(*columns)
    for row in list(zip(*columns.values(), strict=True))[: arguments.rows]:
        table.add_row(*row)
    out.print(table)
    if y is not None and not classes:
        out.print(f"mean absolute error of {len(y)} test rows: {np.abs(np.array(answers) - y.ravel()).mean():.4g}")
    if classes and y is not None:
        out.print(f"{metrics.accuracy(output, y):.4f} of {len(y)} test rows are right")
    if arguments.json:
        print(json.dumps({"predictions": answers}))  # noqa: T201  a line for programs
    return 0


def inputs(path: str | None, saved: dict[str, Any]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the rows of a file, or the test rows with their targets."""
    shape = tuple(saved["shape"])
    if path is None:
        name = saved["setup"]["dataset"]
        test = load(name, saved["setup"].get("folder")).split()[1]
        if test.x.shape[1:] != shape or len(test.classes) != len(saved["classes"]):
            rule = f"the test rows of {name} must have shape {shape} and {len(saved['classes'])} classes, as the model was trained"
            got = f"{test.x.shape[1:]} and {len(test.classes)}"
            raise errors.StateError(errors.say("predict", rule, got, "--data rows.npy"))
        return test.x, test.y
    try:
        with Path(path).open("rb") as file:
            x = np.load(file, allow_pickle=False)
            if not isinstance(x, np.ndarray):
                raise no_array(path, f"a file of several, {', '.join(x.files)}")
    except errors.StateError:
        raise
    except OSError as error:
        raise no_array(path, error.strerror or str(error)) from None
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise no_array(path, str(error)[:60]) from None
    if x.shape[1:] != shape or x.dtype.kind not in "biuf" or len(x) == 0:
        raise errors.shapes(
            f"reading {path}", f"rows must be numbers of shape {shape}", [x.shape], f"np.save(path, x.reshape(-1, *{shape}))"
        )
    if not np.isfinite(x).all():
        rows = np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))
        raise errors.DomainError(
            errors.say(
                f"reading {path}",
                "rows must be finite",
                f"nan or inf in {len(rows)} of {len(x)}",
                "np.nan_to_num(x), or those rows left out",
            )
        )
    return x, None


def no_array(path: str, got: str) -> errors.StateError:
    """Return the error for a file that holds no array of numbers."""
    return errors.StateError(errors.say(f"reading {path}", "the file must be a .npy array of numbers", got, "np.save(path, x)"))
