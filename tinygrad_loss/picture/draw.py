"""`draw`: the picture of a result, or of a function at a point."""

import inspect
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.calculus.functional import argument
from tinygrad_loss.context import enable_grad
from tinygrad_loss.engine.explained import explained
from tinygrad_loss.engine.tensor import Tensor, tensor
from tinygrad_loss.files import write_atomically
from tinygrad_loss.picture.dot import dot_of
from tinygrad_loss.picture.page import page_of
from tinygrad_loss.picture.render import pdf_from, png_from, svg_of
from tinygrad_loss.picture.scene import Scene, scene_of
from tinygrad_loss.printable import printable_lines

__all__ = ["Picture", "draw"]

KINDS: Final = (".svg", ".png", ".pdf", ".html", ".dot")


class Picture:
    """A drawn graph; it shows itself in a notebook.

    Attributes:
        scene: the boxes and edges, as values.
    """

    def __init__(self, scene: Scene, title: str = "") -> None:
        self.scene = scene
        self.title = printable_lines("\n".join(filter(None, map(str.strip, title.split("\n")))))

    @cached_property
    def dot(self) -> str:
        """The picture in DOT, the language of Graphviz."""
        return dot_of(self.scene, self.title)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG; it needs no installed program."""
        return svg_of(self.dot, self.scene)

    @property
    def html(self) -> str:
        """The picture as a page of its own, with a legend."""
        return page_of(self.scene, svg_of(dot_of(self.scene), self.scene), self.title)  # the title is the page's heading

    def save(self, path: str | Path) -> Path:
        """Write the picture; the name's ending says how: ``.svg``, ``.png``, ``.pdf``, ``.html`` or ``.dot``.

        Raises:
            ValueError: another ending.
            SaveError: the file could not be written; a former one is untouched.
        """
        path = Path(path)
        if path.suffix not in KINDS:
            raise errors.unknown_name("save", "the name's ending", path.suffix, KINDS)
        if path.suffix in {".png", ".pdf"}:
            content = (png_from if path.suffix == ".png" else pdf_from)(self.dot, self.svg)
        else:
            content = {".svg": lambda: self.svg, ".html": lambda: self.html, ".dot": lambda: self.dot}[path.suffix]().encode()
        write_atomically(path, [content])
        return path

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return f'<div style="overflow:auto">{self.svg}</div>'

    def __repr__(self) -> str:
        undefined = sum(box.state == "undefined" for box in self.scene.boxes)
        return f"<picture of {len(self.scene.boxes)} boxes, {undefined} undefined; .save('y.svg') writes it>"


@explained
def draw(y: Any, *args: Any, title: str = "", fold: bool | None = None, max_nodes: int = 150) -> Picture:
    """Draw how ``y`` was computed: names, shapes, dtypes, values, gradients, and where no gradient exists.

    The gradients come from a pass of their own: neither the graph nor any ``.grad`` changes.

    Args:
        y: a tensor, or a function, which is then called with ``args``.
        args: the function's arguments; floating numbers and arrays become parameters of its names.
        title: what stands above the picture.
        fold: draw equal parts in a row once, as "x N"; by default when there are many ops.
        max_nodes: how many ops to draw at most; the others become one box.

    Raises:
        ArgumentError: neither a tensor nor a function that returns one.

    >>> import numpy as np, tinygrad_loss as tl
    >>> x = tl.tensor(2.0, requires_grad=True, name="x")
    >>> picture = tl.draw(np.abs(x - 2.0))
    >>> [box.title for box in picture.scene.boxes]
    ['x', '', 'subtract', 'absolute']
    >>> picture.dot.startswith("digraph tinygrad_loss")
    True
    """
    names = _names(errors.caller_frame().f_locals)  # what the caller's program calls its tensors
    instead = "tl.draw(f, x), or x = tl.tensor(x, requires_grad=True), then tl.draw(f(x))"
    if callable(y) and not isinstance(y, Tensor):
        y, instead = _called(y, args), "tl.draw(f, x) with an f that returns what NumPy made of x, without float(), .item() or .numpy()"
    elif args:
        raise errors.ArgumentError(
            errors.say("tl.draw", "arguments follow a function", f"a {type(y).__name__} and {len(args)} more", "tl.draw(y)")
        )
    if not isinstance(y, Tensor):
        raise errors.ArgumentError(errors.say("tl.draw", "what is drawn must be a tensor", f"a {type(y).__name__}", instead))
    return Picture(scene_of(y, names, fold=fold, max_nodes=max_nodes), title)


def _names(variables: dict[str, Any]) -> dict[int, str]:
    return {id(v): k for k, v in variables.items() if isinstance(v, Tensor | np.ndarray) and not k.startswith("_")}


def _called(f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Call a function with its numbers and arrays as named parameters."""
    try:
        names = [p.name for p in inspect.signature(f).parameters.values()]
    except (TypeError, ValueError):  # some functions of C have no signature
        names = []
    names += [f"x{i}" for i in range(len(names), len(args))]
    given = [_parameter(x, name) for x, name in zip(args, names, strict=False)]
    with enable_grad():
        y = f(*given)
    for x, before in zip(given, args, strict=False):
        if x is not before:
            x.op = x.first = None  # the function has returned, so that it is a leaf
    return y


def _parameter(x: Any, name: str) -> Any:
    if isinstance(x, Tensor):
        return x
    if isinstance(x, int | float | list | np.ndarray | np.generic) and not isinstance(x, bool):
        array = np.asarray(x, dtype=np.float64 if not isinstance(x, np.ndarray | np.generic) else None)
        if array.dtype.kind == "f":
            return argument(tensor(array, name=name))
    return x
