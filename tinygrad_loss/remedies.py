"""How a message introduces its way out: as a line to type, or as advice."""

import ast
import shlex
from typing import Final

__all__ = ["COMMANDS", "remedy"]

COMMANDS: Final = ("tinygrad-loss ", "--", "python -c ")
"""What a line begins with that is typed into a shell."""


def remedy(instead: str) -> str:
    """Introduce a way out: as something to type only where it is code or a command."""
    return f"{'Type' if all(map(_can_be_typed, instead.split(', or '))) else 'Use'} instead: {instead}"


def _can_be_typed(line: str) -> bool:
    """Whether a line is Python that leaves no argument out, arguments of a call, the last perhaps without its value, or a command of ours."""
    if line.startswith(COMMANDS):
        return _is_command(line)
    for written in (line, f"f({line})", f"f({line}None)"):
        try:
            tree = ast.parse(written)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return not _leaves_out(tree)
    return False


def _is_command(line: str) -> bool:
    """Whether a shell can read a line, in which no word ends with a comma, as those of a sentence do."""
    try:
        return not any(word.endswith(",") for word in shlex.split(line))
    except ValueError:
        return False


def _leaves_out(tree: ast.AST) -> bool:
    """Whether ``...`` stands for something that is left out: anywhere but in an index."""
    if isinstance(tree, ast.Subscript):
        return _leaves_out(tree.value)
    return getattr(tree, "value", None) is ... or any(map(_leaves_out, ast.iter_child_nodes(tree)))
