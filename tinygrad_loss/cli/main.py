"""``tinygrad-loss``: find the command, run it, and say in a sentence what went wrong."""

import argparse
import re
import shlex
import sys
import textwrap
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

from tinygrad_loss import errors
from tinygrad_loss.cli import terminal

__all__ = ["COMMANDS", "main"]

COMMANDS: Final = {
    # A command is a file of this folder with EXAMPLE, add_arguments(parser) and run(arguments) -> exit status.
    "tour": "walk from |x - y| to cross-entropy on real digits, every figure computed now",
    "train": "train a model on a data set, test it, keep it",
    "predict": "say what a saved model predicts",
    "draw": "draw a function of yours at a point",
    "check": "say whether a function of yours has a gradient at a point",
    "ops": "list the differentiable operations, and where each is not smooth",
    "losses": "list the losses, and what each estimates",
    "show": "show one loss: formula, facts, value and gradient",
}

NEGATIVE: Final = re.compile(r"-(?:\.?\d|\(|inf|nan|pi|np\.)")
"""How a negative value begins, such as ``-1e-3`` or ``-pi/2``."""
FUNCTION: Final = re.compile(r"[^\s='\"()\[\]{}]+:[A-Za-z_]\w*")
"""A function as ``check`` and ``draw`` name it, which no value looks like."""
FAILED: Final = 2
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, and names the nearest command."""

    def error(self, message: str) -> NoReturn:
        terminal.complain(f"{self.prog}: {message}. See: {self.prog} --help")
        self.exit(FAILED)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command named in ``argv``; return 0 when it succeeded, 2 when it could not run, or the command's own status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    argv = [f" {word}" if NEGATIVE.match(word) else word for word in argv]  # which argparse would take for an option
    argv = _function_first(argv)
    name = next((word for word in argv if not word.startswith("-")), None)
    if sys.stdout is None:
        terminal.complain(f"tinygrad-loss: there must be an output to write to, got a closed one. Type instead: {_line(argv)} > out.txt")
        return FAILED
    terminal.mind_letters()
    out = sys.stdout
    try:
        status = _run(name, argv)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has read enough, as head does
        terminal.give_up(out)
        return BROKEN_PIPE
    except KeyboardInterrupt:
        terminal.complain("")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  no command ends with a traceback, nor with Python's status 1, which is an answer of check
        terminal.complain(f"tinygrad-loss{' ' * bool(name)}{name or ''}: {_said(error, name)}")
        if isinstance(error, OSError):
            terminal.give_up(out)
        return FAILED
    return status


def _run(name: str | None, argv: Sequence[str]) -> int:
    """Run a command, and return its status."""
    if name is not None and name not in COMMANDS:
        near = errors.similar(name, COMMANDS)
        instead = _line([near if word == name else word.strip() for word in argv] if near else ["--help"])
        terminal.complain(f"tinygrad-loss: there is no command {name!r}. {errors.remedy(instead)}")
        return FAILED
    arguments, beyond = _parser(name).parse_known_args(argv)
    if beyond:
        raise errors.DomainError(_beyond(name or "", argv, beyond, values="at" in arguments))
    return int(import_module(f"tinygrad_loss.cli.{name}").run(arguments)) if name else _overview()


def _function_first(argv: Sequence[str]) -> list[str]:
    """Put a function that stands behind the values of ``--at`` before them, which would take it for one."""
    ordered: list[str] = []
    at = None
    for word in argv:
        at = (len(ordered) if word == "--at" else None) if word.startswith("-") else at
        ordered.insert(at if at is not None and FUNCTION.fullmatch(word) else len(ordered), word)
    return ordered


def _beyond(name: str, argv: Sequence[str], beyond: Sequence[str], *, values: bool) -> str:
    """Say which words a command does not take; those that may be values belong behind ``--at``."""
    if not values or any(word.startswith("-") or FUNCTION.fullmatch(word) for word in beyond):
        return f"unrecognized arguments: {' '.join(beyond)}. See: tinygrad-loss {name} --help"
    kept = [word for word in argv if word not in beyond]
    instead = _line([word.strip() for word in [*kept, "--at", *beyond]])
    return errors.say("unrecognized arguments", "values stand behind --at", " ".join(word.strip() for word in beyond), instead)


def _said(error: Exception, name: str | None) -> str:
    """Say why a command could not run, and what to do."""
    if isinstance(error, errors.TinygradLossError | ImportError):
        return str(error).removeprefix(f"{name}: ")
    if isinstance(error, MemoryError):
        return errors.say(
            "it", "what it works on must fit into memory", str(error) or "more than there is", "a smaller --at, --data or model"
        )
    if isinstance(error, OSError):
        got = f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
        return errors.say("it", "what it reads and writes must be within reach", got, "another path, or another output")
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}, line {last.lineno}"
    return f"a fault of its own, {type(error).__name__} in {where}: {terminal.text_of(error)}. Please report it, with what you typed"


def _line(argv: Sequence[str]) -> str:
    return shlex.join(["tinygrad-loss", *argv])


def _parser(name: str | None) -> argparse.ArgumentParser:
    """Return the parser; only the command that was asked for is loaded."""
    parser = _Parser(
        prog="tinygrad-loss",
        description="Loss functions and the truth about their gradients.",
        epilog="example: tinygrad-loss tour --out pictures",
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)
    for command, summary in COMMANDS.items():
        if name is None:
            commands.add_parser(command, help=summary)
        elif name == command:
            module = import_module(f"tinygrad_loss.cli.{command}")
            sub = commands.add_parser(
                command,
                help=summary,
                description=summary[0].upper() + summary[1:] + ".",
                epilog=f"example: {module.EXAMPLE}",
                formatter_class=_Lines,
            )
            module.add_arguments(sub)
    return parser


class _Lines(argparse.HelpFormatter):
    """Keeps the lines of a description, each broken where the window ends, but in no word or option."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        wrap = textwrap.TextWrapper(
            width, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False, break_on_hyphens=False
        )
        return "\n".join(map(wrap.fill, text.splitlines()))


def _overview() -> int:
    _parser(None).print_help()
    return 0


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  only asked for here

    try:
        return f"tinygrad-loss {version('tinygrad_loss')}"
    except PackageNotFoundError:  # run from its sources
        return "tinygrad-loss, not installed"
