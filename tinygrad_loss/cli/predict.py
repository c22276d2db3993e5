"""``tinygrad-loss predict``: what a saved model says about new rows, or about the test rows it has not seen."""

import argparse
import math
import re
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.table import Table

from tinygrad_loss import errors, mismatch
from tinygrad_loss.cli import document
from tinygrad_loss.cli.terminal import console
from tinygrad_loss.files import npy
from tinygrad_loss.printable import one_line
from tinygrad_loss.training import metrics
from tinygrad_loss.training.evaluate import predict
from tinygrad_loss.training.experiment import load, open_model

__all__ = ["EXAMPLE", "add_arguments", "run"]

WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,17}")
SHOWN: Final = 10
"""Rows of the table, where --rows does not say how many."""
EXAMPLE: Final = "tinygrad-loss predict runs/digits --rows 5"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("model", metavar="DIR", help="the --out of tinygrad-loss train, or the model file in it")
    parser.add_argument("--data", default=None, metavar="FILE", help=".npy file of inputs (default: the test rows of the model's data set)")
    parser.add_argument("--folder", default=None, metavar="DIR", help="where the files of fashion are (default: the Debian package's)")
    parser.add_argument("--rows", type=int, default=None, metavar="N", help="how many rows to print (default: 10, with --json all)")
    parser.add_argument("--json", action="store_true", help=document.HELP)


def run(arguments: argparse.Namespace) -> int:
    """Predict and print."""
    out = console(quiet=arguments.json)
    if arguments.rows is not None and arguments.rows < 0:
        raise errors.DomainError(errors.say("predict", "rows to print are at least 0", f"--rows {arguments.rows}", "--rows 10"))
    model, saved = open_model(Path(arguments.model))
    x, y = inputs(arguments.data, arguments.folder, saved)
    output = predict(model, saved["x_scale"].forth(x).astype(np.float32))
    classes, answered = _numbered(saved["classes"]), {}
    if classes:
        p = metrics.probabilities(output)
        answered = {"predictions": [classes[i] for i in p.argmax(axis=1)], "probabilities": p.max(axis=1)}
        if y is not None:
            answered |= {"true": [classes[i] for i in y], "accuracy": metrics.accuracy(output, y)}
    else:
        numbers = saved["y_scale"].back(output).ravel()
        answered = {"predictions": np.round(numbers.astype(np.float64), 6)}
        if y is not None:
            answered |= {"true": y.ravel(), "mean_absolute_error": np.abs(answered["predictions"] - y.ravel()).mean()}
    if arguments.json:
        document.write({name: column[: arguments.rows] if np.ndim(column) else column for name, column in answered.items()})
        return 0
    out.print(_table(answered, SHOWN if arguments.rows is None else arguments.rows))
    if "mean_absolute_error" in answered:
        out.print(f"mean absolute error of {len(x)} test rows: {answered['mean_absolute_error']:.4g}")
    if "accuracy" in answered:
        out.print(f"{answered['accuracy']:.4f} of {len(x)} test rows are right")
    return 0


def _numbered(classes: list[str]) -> list[Any]:
    """Return the names of classes, as numbers where each is one, such as those of digits."""
    return [int(c) for c in classes] if all(WHOLE.fullmatch(str(c)) for c in classes) else list(classes)


def _table(answered: dict[str, Any], rows: int) -> Table:
    """Return the first rows as a table."""
    shown = {
        "row": [str(i) for i in range(len(answered["predictions"]))],
        "predicted": [one_line(str(a)) for a in answered["predictions"]],
        "probability": [f"{q:.3f}" for q in answered.get("probabilities", ())],
        "true": [f"{t:.4g}" if isinstance(t, float) else one_line(str(t)) for t in answered.get("true", ())],
    }
    shown = {name: column for name, column in shown.items() if column}
    table = Table(*shown)
    for row in list(zip(*shown.values(), strict=True))[:rows]:
        table.add_row(*row)
    return table


def inputs(path: str | None, folder: str | None, saved: dict[str, Any]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the rows of a file, or the test rows with their targets."""
    shape = tuple(saved["shape"])
    if path is None:
        name = saved["setup"]["dataset"]
        test = load(name, folder).split()[1]
        if test.x.shape[1:] != shape or len(test.classes) != len(saved["classes"]):
            rule = f"the test rows of {name} must have shape {shape} and {len(saved['classes'])} classes, as the model was trained"
            got = f"{test.x.shape[1:]} and {len(test.classes)}"
            raise errors.StateError(errors.say("predict", rule, got, "--data rows.npy"))
        return test.x, test.y
    x = npy(path)
    if x.dtype.kind == "c":
        raise errors.DTypeError(errors.say(f"reading {path}", "rows must be real numbers", f"dtype {x.dtype}", "np.save(path, x.real)"))
    if x.shape[1:] != shape or len(x) == 0:
        sizes = ", ".join(map(str, shape))
        fits = x.size and x.size % math.prod(shape) == 0
        instead = f"np.save(path, x.reshape(-1, {sizes}))" if fits else f"np.save(path, x), where x.shape is (n, {sizes})"
        differ = mismatch.not_of_shape("the array", x.shape, (*x.shape[:1], *shape))
        raise errors.shapes(f"reading {path}", f"the array must have shape (n, {sizes}), for n rows", [x.shape], instead, differ)
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
