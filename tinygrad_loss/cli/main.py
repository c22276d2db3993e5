"""``tinygrad-loss``: find the command, run it, and say in a sentence what went wrong."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
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
FAILED: Final = 2
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, and names the nearest command."""

    def error(self, message: str) -> NoReturn:
        self.exit(FAILED, f"{self.prog}: {message}. See: {self.prog} --help\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command named in ``argv``; return 0 when it succeeded, 2 when it could not run, or the command's own status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    argv = [f" {word}" if NEGATIVE.match(word) else word for word in argv]  # which argparse would take for an option
    terminal.mind_letters()
    name = next((word for word in argv if not word.startswith("-")), None)
    if name is not None and name not in COMMANDS:
        instead = errors.similar(name, COMMANDS) or "--help"
        sys.stderr.write(f"tinygrad-loss: there is no command {name!r}. Type instead: tinygrad-loss {instead}\n")
        return FAILED
    arguments = _parser(name).parse_args(argv)
    try:
        status = int(import_module(f"tinygrad_loss.cli.{name}").run(arguments)) if name else _overview()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has read enough, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except (errors.TinygradLossError, ImportError, OSError) as error:
        sys.stderr.write(f"tinygrad-loss {name}: {str(error).removeprefix(f'{name}: ')}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return INTERRUPTED
    return status


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
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
            module.add_arguments(sub)
    return parser


def _overview() -> int:
    _parser(None).print_help()
    return 0


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  only asked for here

    try:
        return f"tinygrad-loss {version('tinygrad_loss')}"
    except PackageNotFoundError:  # run from its sources
        return "tinygrad-loss, not installed"
