"""``tinygrad-loss losses``: the catalogue of losses, with filters."""

import argparse
import itertools
from collections.abc import Sequence
from typing import Final

from rich.markup import escape
from rich.table import Table

from tinygrad_loss import errors
from tinygrad_loss.cli.formula import plain
from tinygrad_loss.cli.terminal import console_of_tables
from tinygrad_loss.losses import LOSSES, Loss

__all__ = ["EXAMPLE", "add_arguments", "run"]

EXAMPLE: Final = "tinygrad-loss losses --smooth --robust --for regression"
FOUND, NOT_FOUND = 0, 1
SHORTEST_FORMULA: Final = 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("filter", nargs="?", default="", metavar="WORD", help="only losses whose name or formula has this in it")
    parser.add_argument("--smooth", action="store_true", help="only losses with a gradient everywhere")
    parser.add_argument("--convex", action="store_true", help="only losses that are convex in the prediction")
    parser.add_argument("--robust", action="store_true", help="only losses in which an outlier has a bounded pull")
    parser.add_argument(
        "--estimates",
        default="",
        metavar="WHAT",
        help="only losses whose best constant is this, or has this in its name: mean, median, between, ...",
    )
    parser.add_argument(
        "--for", dest="task", default="", metavar="TASK", help="only losses for this: regression, classification, counts, ..."
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the losses as a table; the status is 1 when none fits."""
    out = console_of_tables()
    tasks = sorted({loss.facts.task for loss in LOSSES.values()})
    arguments.task = arguments.task.lower()
    if arguments.task and arguments.task not in tasks:
        raise errors.unknown_name("losses", "--for", arguments.task, tasks)
    estimates = sorted({loss.facts.estimates for loss in LOSSES.values()})
    meant = _meant(arguments.estimates, estimates)
    if not meant:
        raise errors.unknown_name("losses", "--estimates", arguments.estimates, estimates)
    found = [loss for loss in sorted(LOSSES.values(), key=lambda loss: loss.__name__) if _fits(loss, arguments, meant)]
    if not found:
        out.print("no loss fits; leave out a filter: tinygrad-loss losses", markup=False)
        return NOT_FOUND
    out.print(_table(found, out.width))
    out.print(f"{len(found)} of {len(LOSSES)} losses; tinygrad-loss show {found[0].__name__} says more", markup=False)
    return FOUND


def _table(losses: Sequence[Loss], width: int) -> Table:
    """Return one row per loss; names are never cut, so in a narrow window the last columns are left to `show`."""
    columns = ["loss", "for", "convex", "robust", "smooth", "estimates", "formula"]
    rows = [
        (
            x.__name__,
            x.facts.task,
            _yes(value=x.facts.convex),
            _yes(value=x.facts.robust),
            x.facts.smoothness,
            x.facts.estimates,
            escape(plain(x.facts.formula)),
        )
        for x in losses
    ]
    needs = [max(len(title), *(len(row[i]) for row in rows)) + 3 for i, title in enumerate(columns[:-1])]
    needs.append(SHORTEST_FORMULA)
    shown = max(1, sum(used < width for used in itertools.accumulate(needs)))
    table = Table(*columns[:shown], width=min(width, sum(needs[:-1]) + 1) if shown < len(columns) else width)
    for column in table.columns[:-1] if shown == len(columns) else table.columns:
        column.no_wrap = True
    for row in rows:
        table.add_row(*row[:shown])
    return table


def _meant(word: str, estimates: Sequence[str]) -> list[str]:
    """Return what of the estimates a word means: that which it is, or else those that have it inside."""
    exact = [e for e in estimates if e.lower() == word.lower()]
    return exact or [e for e in estimates if word.lower() in e.lower()]


def _fits(loss: Loss, wanted: argparse.Namespace, estimates: Sequence[str]) -> bool:
    f = loss.facts
    return (
        wanted.filter.lower() in f"{loss.__name__} {f.formula}".lower()
        and (f.smoothness != "kink" or not wanted.smooth)
        and (f.convex or not wanted.convex)
        and (f.robust or not wanted.robust)
        and f.estimates in estimates
        and wanted.task in ("", f.task)
    )


def _yes(*, value: bool) -> str:
    return "yes" if value else "no"
