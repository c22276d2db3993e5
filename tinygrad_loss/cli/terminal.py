"""What prints may count on: letters that the terminal has, and a width where there is none."""

import codecs
import io
import os
import shutil
import sys
import textwrap
import unicodedata
from contextlib import suppress
from typing import Any, Final, TextIO

from rich.console import Console
from rich.text import Text

from tinygrad_loss.printable import printable_lines

__all__ = ["LiteralConsole", "complain", "console", "console_of_tables", "give_up", "mind_letters", "text_of"]

PAGE: Final = 160
"""The width of a table that no terminal shows: what is searched or kept."""
LINE: Final = 80
"""The width of everything else that no terminal shows."""
HEIGHT: Final = 25
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


class LiteralConsole(Console):
    """Prints texts letter by letter, wherever they come from: nothing in them is markup, and nothing moves the cursor."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Return what is printed for a text."""
        return super().render_str(printable_lines(text, None), **{**how, "markup": False, "emoji": False})

    def say(self, text: str) -> None:
        """Print a sentence in lines as wide as the window, without the blanks at which it is broken."""
        lines = textwrap.wrap(text, self.width, break_long_words=False, break_on_hyphens=False)
        self.print("\n".join(lines), soft_wrap=True)


def console(*, elsewhere: int = LINE, quiet: bool = False, stderr: bool = False) -> LiteralConsole:
    """Return a console as wide as the terminal, or as what nobody looks at is to be.

    Args:
        elsewhere: the width where there is no terminal, and ``COLUMNS`` does not say one.
        quiet: print nothing, because a document for programs is all that shall be printed.
        stderr: whether it prints where complaints go.
    """
    return LiteralConsole(highlight=False, width=_width(elsewhere), height=HEIGHT, quiet=quiet, stderr=stderr)


def console_of_tables(*, quiet: bool = False) -> LiteralConsole:
    """Return a console as wide as the terminal, or as a page where nobody looks."""
    return console(elsewhere=PAGE, quiet=quiet)


def complain(text: str) -> None:
    """Write a complaint, if anybody can hear it."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(printable_lines(text, None) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        give_up(sys.stderr)


def text_of(error: BaseException) -> str:
    """Return what an error says; one of the user's may fail even at that."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  whatever its own text raises
        return "without a word"


def give_up(stream: TextIO) -> None:
    """Write what is still to be written, or let it go nowhere, so that the end of Python does not fail with it."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _width(elsewhere: int) -> int:
    """Return the columns to use; ``COLUMNS=0``, as some programs set it, says nothing."""
    said = os.environ.get("COLUMNS", "")
    if said.isdigit() and int(said) > 0:
        return int(said)
    return shutil.get_terminal_size((elsewhere, HEIGHT)).columns if sys.stdout.isatty() else elsewhere


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
