"""What prints may count on: letters that the terminal has, and a width where there is none."""

import codecs
import io
import os
import sys
import unicodedata
from typing import Final

from rich.console import Console

__all__ = ["console_of_tables", "mind_letters"]

PAGE: Final = 160
"""The width of a table that no terminal shows: what is searched or kept."""
LETTERS: Final = "tinygrad_loss.letters"
ALIKE: Final = {
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{MIDDLE DOT}": "*",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{SUPERSCRIPT TWO}": "^2",
    "\N{GREEK CAPITAL LETTER SIGMA}": "sum",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
}
"""How signs are written without Unicode that are no letter with an accent: a minus must not become a question mark."""


def console_of_tables() -> Console:
    """Return a console as wide as the terminal, or as a page where nobody looks."""
    seen = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if seen else PAGE)


def mind_letters() -> None:
    """Let a terminal without Unicode show what it can, instead of stopping at the first letter that it lacks."""
    codecs.register_error(LETTERS, _alike)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors=LETTERS)


def _alike(error: UnicodeError) -> tuple[str, int]:
    """Return what is written for letters that the terminal lacks: e for é."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(ALIKE.get(c) or unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode() or "?" for c in lacking), error.end
