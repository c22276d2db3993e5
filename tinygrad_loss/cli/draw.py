"""``tinygrad-loss draw``: a user's function as a picture."""

import argparse
from pathlib import Path
from typing import Final

from tinygrad_loss.cli import target
from tinygrad_loss.cli.point import add_point, point, signature
from tinygrad_loss.cli.terminal import console
from tinygrad_loss.picture.draw import draw

__all__ = ["EXAMPLE", "add_arguments", "run"]

EXAMPLE: Final = "tinygrad-loss draw losses.py:my_loss --at x=0.0 -o my_loss.svg"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("target", metavar="FILE.py:FUNCTION", help="the function to draw; a module's: package.module:FUNCTION")
    add_point(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write: .svg, .png, .pdf, .html or .dot (default: FUNCTION.svg)")
    parser.add_argument("--max-nodes", type=int, default=150, metavar="N", help="draw at most so many ops (default: 150)")


def run(arguments: argparse.Namespace) -> int:
    """Draw the function, and say what the picture shows."""
    name = arguments.target.rpartition(":")[2]
    with target.function(arguments.target) as function:
        f, args = point(function, arguments.at, arguments.target)
        title = f"{name}{signature(f, len(args))}"
        picture = target.call(lambda: draw(f, *args, title=title, max_nodes=arguments.max_nodes), (), arguments.target)
    path = picture.save(Path(arguments.output or f"{name}.svg"))
    out = console()
    for box in picture.scene.boxes:
        if box.state != "plain":
            what = "its gradient is undefined here" if box.state == "undefined" else "not smooth here, but it cancels in the whole"
            out.say(f"{box.title}: {what} ({box.note.replace(chr(10), '; ')})")
    out.say(f"{len(picture.scene.boxes)} boxes, written to {path}")
    return 0
