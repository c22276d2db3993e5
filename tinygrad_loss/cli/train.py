"""``tinygrad-loss train``: train a model on a data set, test it, keep it."""

import argparse
import math
from collections.abc import Callable
from typing import Any, Final

from rich.table import Table

from tinygrad_loss import data, errors
from tinygrad_loss.cli import document
from tinygrad_loss.cli.folder import made
from tinygrad_loss.cli.terminal import console
from tinygrad_loss.data.sources import SYNONYMS
from tinygrad_loss.training.encoders import ENCODERS
from tinygrad_loss.training.experiment import BATCH, RUN, Experiment, Setup
from tinygrad_loss.training.history import History, title

__all__ = ["EXAMPLE", "add_arguments", "run"]

EXAMPLE: Final = "tinygrad-loss train digits --model cnn --out runs/digits"
TEXT: Final = "pydoc"
"""The data set whose inputs are characters, which none of the models reads."""
CURVES: Final = "curves.png"
SHOWN: Final = 8
"""Epochs in the table at the end."""
LESS: Final = ("undefined", "lr", "grad_norm")
"""Columns that a narrow window leaves out, in this order."""
NUMBERS: Final[tuple[tuple[str, Callable[[float], bool], str, str], ...]] = (
    ("epochs", lambda n: n >= 1, "there must be at least one epoch", "--epochs 10"),
    ("seed", lambda n: n >= 0, "a seed is a whole number from 0 on", "--seed 0"),
    ("lr", lambda x: 0 < x < math.inf, "a learning rate lies above 0", "--lr 0.001"),
    ("batch_size", lambda n: n >= 1, "a batch has at least one row", "--batch-size 32"),
)
"""What an option's number must be: its name, the test, the rule, and what to type instead."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("dataset", metavar="DATASET", help=f"one of {', '.join(name for name in data.names() if name != TEXT)}")
    parser.add_argument("--model", default="mlp", metavar="NAME", help=f"{', '.join(ENCODERS)} (default: mlp)")
    parser.add_argument(
        "--loss", default=None, metavar="NAME", help="of tl.losses (default: cross_entropy for classes, mse_loss for numbers)"
    )
    parser.add_argument("--epochs", type=int, default=None, metavar="N", help="passes over the data (default: the model's own)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="for the first weights and the order of the rows (default: 0)")
    parser.add_argument("--lr", type=float, default=None, metavar="X", help="the highest learning rate (default: the model's own)")
    parser.add_argument("--batch-size", type=int, default=BATCH, metavar="N", help=f"rows per step (default: {BATCH})")
    parser.add_argument("--out", default=None, metavar="DIR", help="where model, history and curves go (default: DATASET-MODEL)")
    parser.add_argument("--folder", default=None, metavar="DIR", help="where the files of fashion are (default: the Debian package's)")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out that was interrupted")
    parser.add_argument("--json", action="store_true", help=document.HELP)


def run(arguments: argparse.Namespace) -> int:
    """Train, test, print and keep."""
    out = console(quiet=arguments.json)
    check(arguments)
    given = arguments
    setup = Setup(given.dataset, given.model, given.loss, given.epochs, given.seed, given.lr, given.batch_size, given.folder)
    experiment = Experiment(setup)
    folder = made("train", arguments.out or f"{setup.dataset}-{setup.model}", "runs/digits")
    if arguments.resume and not (folder / RUN).exists():
        out.print(f"There is no {folder / RUN} to go on from; this run starts anew.", soft_wrap=True)
    parameters = sum(p.size for p in experiment.model.parameters())
    train_rows, test_rows = len(experiment.train_set), len(experiment.test_set)
    out.say(f"{setup.model} with {parameters} parameters, {experiment.loss_name}, {train_rows} rows to learn, {test_rows} to test")
    if not experiment.test_set.classes:
        out.say("the loss is of targets scaled to spread 1, the mean absolute error in their own unit")
    try:
        experiment.train(folder, resume=arguments.resume)
    except KeyboardInterrupt:
        said = f"Interrupted; the run is kept in {folder / RUN}. Go on with the same command and --resume."
        (console(stderr=True) if arguments.json else out).print(said, soft_wrap=True)
        raise
    results = experiment.test()
    written = [*experiment.keep(folder, results), folder / RUN]
    table, left_out = curve(experiment.history, out.width)
    out.print(table)
    if left_out:
        out.say(f"a wider window, or history.csv, also shows: {', '.join(map(title, left_out))}")
    out.print(figures(results))
    try:
        experiment.history.plot(folder / CURVES)
    except errors.MissingPackageError as error:
        out.say(f"No {CURVES}: {error}")
    else:
        written.append(folder / CURVES)
    out.say(f"in {folder}: {', '.join(path.name for path in written)}")
    if arguments.json:
        document.write({**results, "folder": str(folder), "files": [path.name for path in written]})
    return 0


def check(arguments: argparse.Namespace) -> None:
    """Refuse a data set that there is not, and numbers that no training can have."""
    known = [name for name in data.names() if name != TEXT]
    if arguments.dataset not in {*known, TEXT}:
        raise errors.unknown_name("train", "the data set", arguments.dataset, known, SYNONYMS)
    for name, right, rule, instead in NUMBERS:
        value = getattr(arguments, name)
        if value is not None and not right(value):
            raise errors.DomainError(errors.say("train", rule, f"--{name.replace('_', '-')} {value}", instead))


def curve(history: History, width: int) -> tuple[Table, list[str]]:
    """Return some of the epochs, the first and the last among them, and the names of columns for which there is no room."""
    step = max(1, -(-(len(history) - 1) // (SHOWN - 1)))
    rows = history.rows[::step]
    rows = rows if rows[-1] is history.rows[-1] else [*rows, history.rows[-1]]
    columns = {name: [shown(row[name]) for row in rows] for name in history.columns if name != "seconds"}
    widths = {name: max(map(len, (*title(name).split(), *texts))) for name, texts in columns.items()}
    left_out: list[str] = []
    for less in (name for name in LESS if name in columns):
        if 1 + sum(widths[kept] + 3 for kept in columns) > width:
            del columns[less]
            left_out.append(less)
    table = Table()
    for name in columns:
        table.add_column(title(name), min_width=widths[name])
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    return table, left_out


def figures(results: dict[str, Any]) -> Table:
    """Return the results as a table."""
    table = Table("measure", "value")
    for name, value in results.items():
        table.add_row(name.replace("_", " "), shown(value))
    return table


def shown(value: Any) -> str:
    """Write a number with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
