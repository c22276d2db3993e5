"""``tinygrad-loss losses``: the catalogue of losses, with filters."""

import argparse
import dataclasses
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, Final

from rich.table import Table

from tinygrad_loss import errors
from tinygrad_loss.cli import document
from tinygrad_loss.cli.terminal import console_of_tables
from tinygrad_loss.losses import LOSSES, Loss, synonyms
from tinygrad_loss.losses.formula import plain

__all__ = ["EXAMPLE", "add_arguments", "run"]

EXAMPLE: Final = "tinygrad-loss losses --smooth --robust --for regression"
FOUND, NOT_FOUND = 0, 1
SHORTEST_FORMULA, SHORTEST_ESTIMATE = 24, 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "filter",
        nargs="?",
        default="",
        metavar="WORD",
        help="only losses whose name or formula has this in it, or that people know by this name: mae, iou, ...",
    )
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
    parser.add_argument("--json", action="store_true", help=document.HELP)


def run(arguments: argparse.Namespace) -> int:
    """Print the losses as a table; the status is 1 when none fits."""
    out = console_of_tables(quiet=arguments.json)
    found = _found(arguments)
    if arguments.json:
        document.write([{"name": loss.__name__, "signature": str(loss.__signature__), **_facts(loss)} for loss in found])
    if not found:
        near = synonyms.meant(arguments.filter) if arguments.filter else None
        line = f"the nearest is {near!r}: tinygrad-loss show {near}" if near else "leave out a filter: tinygrad-loss losses"
        out.print(f"no loss fits; {line}")
        return NOT_FOUND
    columns = {title: [of(loss) for loss in found] for title, of in COLUMNS.items()}
    kept, left_out = _that_fit(columns, out.width)
    out.print(_stacked(columns, out.width) if kept is None else _table(kept))
    if left_out:
        out.print(f"a wider window, or --json, also shows: {', '.join(left_out)}")
    out.print(f"{len(found)} of {len(LOSSES)} losses; tinygrad-loss show {found[0].__name__} says more")
    return FOUND


def _found(arguments: argparse.Namespace) -> list[Loss]:
    """Return the losses that pass every filter, by name."""
    tasks = sorted({loss.facts.task for loss in LOSSES.values()})
    arguments.task = arguments.task.lower()
    if arguments.task and arguments.task not in tasks:
        raise errors.unknown_name("losses", "--for", arguments.task, tasks)
    estimates = sorted({loss.facts.estimates for loss in LOSSES.values()})
    meant = _meant(arguments.estimates, estimates)
    if not meant:
        raise errors.unknown_name("losses", "--estimates", arguments.estimates, estimates)
    return [loss for loss in sorted(LOSSES.values(), key=lambda loss: loss.__name__) if _fits(loss, arguments, meant)]


def _facts(loss: Loss) -> dict[str, Any]:
    facts = {field.name: getattr(loss.facts, field.name) for field in dataclasses.fields(loss.facts)}
    return facts | {"formula": plain(loss.facts.formula), "latex": loss.facts.formula}


def _that_fit(columns: dict[str, list[str]], width: int) -> tuple[dict[str, list[str]] | None, list[str]]:
    """Return the columns that a window has room for, and the names of the others; None where not even the three that count fit.

    Names are never cut. What is the same in every row goes first, for its filter says it already.
    """
    kept = dict(columns)
    left_out: list[str] = []
    same = [title for title in LESS if len(set(columns[title])) == 1]
    for title in [*same, *(t for t in LESS if t not in same)]:
        if _needed(kept) <= width:
            return kept, left_out
        del kept[title]
        left_out.append(title)
    return (kept if _needed(kept) <= width else None), left_out


def _needed(columns: dict[str, list[str]]) -> int:
    """Return how wide a table is whose names are whole and whose formulas are broken into lines."""
    shortest = {"formula": SHORTEST_FORMULA, "estimates": SHORTEST_ESTIMATE}
    widths = [max(map(len, (title, *texts))) for title, texts in columns.items()]
    return 1 + sum(min(w, shortest.get(title, w)) + 3 for title, w in zip(columns, widths, strict=True))


def _table(columns: dict[str, list[str]]) -> Table:
    """Return one row per loss."""
    table = Table()
    for title, texts in columns.items():
        wraps = title in {"formula", "estimates"}
        table.add_column(title, no_wrap=not wraps, overflow="fold", min_width=None if wraps else max(map(len, (title, *texts))))
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    return table


def _stacked(columns: dict[str, list[str]], width: int) -> str:
    """Return name, estimates and formula of each loss in lines of their own, for a window too narrow for a table."""
    lines: list[str] = []
    for name, estimates, formula in zip(columns["loss"], columns["estimates"], columns["formula"], strict=True):
        lines.append(name)
        for label, text in (("estimates", estimates), ("formula", formula)):
            lines += textwrap.wrap(f"{label}: {text}", max(width, SHORTEST_FORMULA), initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


def _meant(word: str, estimates: Sequence[str]) -> list[str]:
    """Return what of the estimates a word means: that which it is, or else those that have it inside."""
    exact = [e for e in estimates if e.lower() == word.lower()]
    return exact or [e for e in estimates if word.lower() in e.lower()]


def _fits(loss: Loss, wanted: argparse.Namespace, estimates: Sequence[str]) -> bool:
    f = loss.facts
    return (
        (wanted.filter.lower() in f"{loss.__name__} {f.formula}".lower() or synonyms.named(wanted.filter) == loss.__name__)
        and (f.smoothness != "kink" or not wanted.smooth)
        and (f.convex or not wanted.convex)
        and (f.robust or not wanted.robust)
        and f.estimates in estimates
        and wanted.task in ("", f.task)
    )


def _yes(*, value: bool) -> str:
    return "yes" if value else "no"


COLUMNS: Final[dict[str, Callable[[Loss], str]]] = {
    "loss": lambda x: x.__name__,
    "for": lambda x: x.facts.task,
    "convex": lambda x: _yes(value=x.facts.convex),
    "robust": lambda x: _yes(value=x.facts.robust),
    "smooth": lambda x: x.facts.smoothness,
    "estimates": lambda x: x.facts.estimates,
    "formula": lambda x: plain(x.facts.formula),
}
LESS: Final = ("for", "convex", "robust", "smooth")
"""Columns that a narrow window leaves out, in this order; the others are what a loss is chosen by."""
