"""``tinygrad-loss check``: whether a user's function has a gradient at a point."""

import argparse
import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.calculus.verdict import Verdict, differentiability
from tinygrad_loss.cli import document, target
from tinygrad_loss.cli.point import add_point, point
from tinygrad_loss.cli.terminal import console
from tinygrad_loss.engine.debug import debug

__all__ = ["EXAMPLE", "add_arguments", "run"]

EXAMPLE: Final = "tinygrad-loss check losses.py:my_loss --at x=0.0 'y=[1.0, 2.0]'"
SMOOTH, NOT_SMOOTH = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "target", metavar="FILE.py:FUNCTION", help="a function that returns a single number; a module's: package.module:FUNCTION"
    )
    add_point(parser)
    parser.add_argument("--json", action="store_true", help=document.HELP)
    parser.description = f"{parser.description or ''}\nThe exit status is 0 where it has one, 1 where not, 2 when it cannot run."


def run(arguments: argparse.Namespace) -> int:
    """Print the verdict; the status is 0 for smooth, 1 for anything else."""
    with target.function(arguments.target) as function:
        f, args = point(function, arguments.at, arguments.target)
        verdict, remark = target.call(lambda: _judged(f, args), (), arguments.target)
    if arguments.json:
        shown = {field.name: getattr(verdict, field.name) for field in dataclasses.fields(verdict)}
        document.write({"function": arguments.target, **shown, "text": str(verdict), "remark": remark or None})
    out = console(quiet=arguments.json)
    out.print(str(verdict), soft_wrap=True)
    if remark:
        out.print(remark, soft_wrap=True)
    return SMOOTH if verdict.kind == "smooth" else NOT_SMOOTH


def _judged(f: Callable[..., Any], args: Sequence[Any]) -> tuple[Verdict, str]:
    """Judge in the floating arguments, the others stay as they are; return also what `debug` says of a value that is not finite."""
    moving = [i for i, x in enumerate(args) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]

    @functools.wraps(f)
    def of_moving(*x: Any) -> Any:
        every = list(args)
        for i, value in zip(moving, x, strict=True):
            every[i] = value
        return f(*every)

    point = tuple(args[i] for i in moving)
    try:
        with debug():  # sites name the source line
            return differentiability(of_moving, point), ""
    except errors.NonFiniteError as error:  # debug stops where a value goes non-finite, but there may be a verdict all the same
        return differentiability(of_moving, point), str(error)
