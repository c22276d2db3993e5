"""``tinygrad-loss ops``: the table of operations."""

import argparse
from typing import Final

import numpy as np
from rich.table import Table

from tinygrad_loss import errors, ops
from tinygrad_loss.cli.terminal import console_of_tables
from tinygrad_loss.engine.op import OPS, Facts, Op
from tinygrad_loss.losses.formula import plain

__all__ = ["EXAMPLE", "add_arguments", "run"]

EXAMPLE: Final = "tinygrad-loss ops log"
FOUND, NOT_FOUND = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("filter", nargs="?", default="", metavar="WORD", help="only ops whose name, kind or formula has this in it")
    parser.add_argument("--not-smooth", action="store_true", help="only ops that are not smooth somewhere")
    parser.add_argument("--all", action="store_true", help="also the ops that no function is named after, such as the insides of losses")


def run(arguments: argparse.Namespace) -> int:
    """Print the ops as a table; the status is 1 when none fits."""
    out = console_of_tables()
    word = arguments.filter.lower()
    fitting = [op for op in OPS.values() if word in f"{op.name} {op.kind} {op.doc}".lower() and (op.facts or not arguments.not_smooth)]
    named = _names()
    found = fitting if arguments.all else [op for op in fitting if op.name in named] or fitting
    if not found:
        near = errors.similar(arguments.filter, OPS)
        line = f"the nearest name is {near!r}" if near else "leave out the filter: tinygrad-loss ops"
        out.print(f"no op fits {arguments.filter!r}; {line}")
        return NOT_FOUND
    table = Table()
    table.add_column("op", no_wrap=True, min_width=max(len(op.name) for op in found))
    for title in ("kind", "formula", "not smooth"):
        table.add_column(title)
    for op in sorted(found, key=lambda op: (op.name != word, not op.name.startswith(word), word not in op.name, op.name)):
        table.add_row(op.name, op.kind, plain(op.doc), _not_smooth(op))
    out.print(table)
    more = len(fitting) - len(found)
    out.print(f"{len(found)} of {len(OPS)} ops" + (f"; --all shows {more} more that fit" if more else ""))
    return FOUND


def _names() -> set[str]:
    """Return the names under which people call ops: NumPy's, SciPy's that `tinygrad_loss.ops` has, and its own."""
    return {name for room in (np, np.linalg, np.fft, ops) for name in dir(room)}


def _not_smooth(op: Op) -> str:
    facts: Facts | None = op.facts
    if facts is None:
        return ""
    if op.kind == "predicate":
        return "jumps where both sides are equal"
    if facts.slopes is not None:
        left, right = facts.slopes
        return f"{facts.nature}, slopes {left:g} and {right:g}"
    return {"kink": "kink", "jump": "jump", "infinite": "infinite slope or edge"}[facts.nature]
