"""Text from anywhere, as lines that a page, a terminal and a drawing program can show."""

import unicodedata
from typing import Final

__all__ = ["one_line", "printable_lines"]

LONGEST: Final = 200
"""Letters of a line, unless the caller says otherwise."""
MOST: Final = 20
"""Lines of a text, unless the caller says otherwise."""
CUT: Final = "\N{HORIZONTAL ELLIPSIS}"


def one_line(text: str, longest: int | None = LONGEST) -> str:
    r"""Return a text as one line: what cannot be seen is written as Python writes it, such as ``\n`` and ``\u202e``, and the end of a long one is left out.

    Nothing that moves a cursor, breaks a line, turns the direction of letters, or is no character is left; every kind of space is a space.

    Args:
        text: any text, surrogates included.
        longest: how many letters the line may have; None for all.

    >>> one_line("query\nweight"), one_line("\x1b[2J"), one_line("x" * 300) == "x" * 199 + CUT
    ('query\\nweight', '\\x1b[2J', True)
    """
    beginning = text if longest is None else text[: longest + 1]
    if not beginning.isprintable():
        beginning = "".join(map(_shown, beginning))
    return beginning if longest is None or len(beginning) <= longest else beginning[: longest - 1] + CUT


def printable_lines(text: str, longest: int | None = LONGEST) -> str:
    """Return a text of several lines, each as `one_line` writes it; of more than `MOST` the last are left out, unless lines may be of any length."""
    parts = text.split("\n", -1 if longest is None else MOST)
    if longest is not None and len(parts) > MOST:
        parts = [*parts[: MOST - 1], CUT]
    return "\n".join(one_line(part, longest) for part in parts)


def _shown(letter: str) -> str:
    """Return a letter that can be seen, a space for every kind of space, or the letter's escape."""
    if letter.isprintable():
        return letter
    return " " if unicodedata.category(letter) == "Zs" else ascii(letter)[1:-1]
