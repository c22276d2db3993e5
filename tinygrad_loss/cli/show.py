"""``tinygrad-loss show``: what is known of one loss, with its value and gradient drawn in the terminal."""

import argparse
import textwrap
import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.cli.along import REACH, line
from tinygrad_loss.cli.terminal import console_of_tables
from tinygrad_loss.engine.tensor import tensor
from tinygrad_loss.losses import LOSSES, Loss
from tinygrad_loss.losses.synonyms import meant, named

__all__ = ["EXAMPLE", "add_arguments", "run"]

EXAMPLE: Final = "tinygrad-loss show huber"
WIDTH, HEIGHT = 62, 9
ROUNDING: Final = 1e-9
"""Differences up to which values drawn are one constant."""
LABEL, SHORTEST = 18, 30
"""How wide the names of facts are, and how narrow what they say may become."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("name", metavar="LOSS", help="its name, such as huber or mae, or the beginning of it")


def run(arguments: argparse.Namespace) -> int:
    """Print formula, facts, plots and advice."""
    loss = _named(arguments.name)
    out = console_of_tables()
    for row in (*_facts(loss, out.width), *_plots(loss, out.width)):
        out.print(row, soft_wrap=True)
    return 0


def _named(word: str) -> Loss:
    """Return the loss of that name, or of another that people know it under; an unmistakable beginning will do."""
    name = named(word)
    if name is None:
        fitting = [known for known in LOSSES if known.startswith(word.lower())]
        if len(fitting) > 1:
            raise errors.unknown_name("show", "the loss", word, fitting)
        if not fitting:
            near, rule = meant(word), "the loss must be one that tinygrad-loss losses lists"
            raise errors.DomainError(errors.say("show", rule, repr(word), repr(near) if near else "tinygrad-loss losses"))
        name = fitting[0]
    return LOSSES[name]


def _facts(loss: Loss, width: int) -> list[str]:
    head = textwrap.wrap(f"{loss.__name__}{loss.__signature__}", width, subsequent_indent=" " * 4, break_long_words=False)
    rows = loss.facts.rows(loss.divides_by)
    return [*head, "", *(line for name, text in rows for line in _wrapped(f"{name:>{LABEL}}  {text}", width))]


def _wrapped(row: str, width: int) -> list[str]:
    """Break a fact into lines, under each other behind its name."""
    gap = LABEL + 2
    lines = textwrap.wrap(row[gap:], max(width - gap, SHORTEST), break_long_words=False, break_on_hyphens=False)
    return [row[:gap] + lines[0], *(" " * gap + line for line in lines[1:])]


def _plots(loss: Loss, width: int) -> list[str]:
    """Return two small plots over one number of the prediction, or why there is none for a loss of vectors."""
    through = line(loss)
    if through is None:
        why = "No curve: this loss compares vectors or whole samples, so it has no value at a single number of the prediction."
        return ["", *textwrap.wrap(why, width)]
    said, arrays = through
    x = np.linspace(*REACH.get(loss.facts.input, (-4.0, 4.0)), max(SHORTEST, min(WIDTH, width - 12)) // 2 * 2 - 1)
    values, slopes = _along(loss, x, arrays)
    return ["", f"value, {said}", *_drawn(x, values), "", "gradient (a gap where there is none)", *_drawn(x, slopes)]


def _along(loss: Loss, x: np.ndarray, arrays: Callable[[Any], tuple[Any, ...]]) -> tuple[np.ndarray, np.ndarray]:
    """Return value and gradient at each number; nan where the gradient does not exist."""
    z = tensor(x, requires_grad=True)
    terms = loss(*arrays(z), reduction="none")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.UndefinedGradientWarning)
        warnings.simplefilter("ignore", errors.UnprovedGradientWarning)
        np.sum(terms).backward()
    slopes = z.grad if z.grad is not None else np.full_like(x, np.nan)
    return terms.numpy(), slopes


def _drawn(x: np.ndarray, y: np.ndarray) -> list[str]:
    """Return a plot of letters: a line per row, the largest value on top, the axis below."""
    seen = y[np.isfinite(y)]
    low, high = (float(seen.min()) + 0.0, float(seen.max()) + 0.0) if seen.size else (0.0, 1.0)
    labels = [f"{high:.3g}", *[""] * (HEIGHT - 2), f"{low:.3g}"]
    if high - low <= ROUNDING * max(abs(low), abs(high), 1.0):  # a constant is a line in the middle, and no picture of its last digits
        labels = [""] * HEIGHT
        labels[HEIGHT // 2] = f"{high:.3g}"
        y = np.where(np.isfinite(y), high, y)
        low, high = high - 1.0, high + 1.0
    span = high - low
    canvas = [[" "] * len(x) for _ in range(HEIGHT)]
    for column, value in enumerate(y):
        if np.isfinite(value):
            canvas[round((high - float(value)) / span * (HEIGHT - 1))][column] = "*"
    lines = [f"{label:>9} |{''.join(row).rstrip()}" for label, row in zip(labels, canvas, strict=True)]
    ends = f"{x[0]:<{len(x) - 6}g}{x[-1]:>6g}"
    return [*lines, f"{'':>9} +{'-' * len(x)}", f"{'':>11}{ends}"]
