"""A scene as one HTML file that needs nothing else: the picture, what it says in words, and a table of its boxes."""

from html import escape
from typing import Final

from tinygrad_loss.picture.scene import Box, Scene

__all__ = ["page_of"]

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
figure { margin: 0; overflow: auto; border: 1px solid #ccc; border-radius: 6px; text-align: center; }
figure svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; margin-top: .5rem; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #ddd; white-space: pre-line; }
"""


def page_of(scene: Scene, svg: str, title: str) -> str:
    """Return the page."""
    heading = escape(title or "What was computed")
    of_what = "the sum of the result's entries" if scene.of_sum else "the result"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{heading}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n<body><h1>{heading}</h1>\n'
        f"{_findings(scene)}\n<figure>{svg}</figure>\n"
        f"<p>Data travels from top to bottom. A gradient is the slope of {of_what} along that value; at an op the same slope is called arriving. Point at a box to read all of it.</p>\n"
        f"<details><summary>All boxes in words</summary>{_table(scene)}</details></body></html>\n"
    )


def _findings(scene: Scene) -> str:
    """Say first what a reader must not miss: where the gradient does not exist."""
    undefined = [box for box in scene.boxes if box.state == "undefined"]
    cancels = [box for box in scene.boxes if box.state == "cancels"]
    if undefined:
        return "<p><strong>The gradient is undefined here.</strong></p><ul>" + "".join(map(_finding, undefined)) + "</ul>"
    if cancels:
        together = "An inner value may have no gradient where a parameter has one: kinks cancel only together."
        return f"<p>The gradient exists here, although an op inside has none. {together}</p><ul>{''.join(map(_finding, cancels))}</ul>"
    return ""


def _finding(box: Box) -> str:
    line = f" ({escape(box.line)})" if box.line else ""
    return f"<li>{escape(box.title)}{line}: {escape(box.note.replace(chr(10), ', '))}</li>"


def _table(scene: Scene) -> str:
    head = "".join(f"<th>{name}</th>" for name in ("box", "is", "shape and dtype", "value", "gradient, arriving", "note"))
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{escape(text or '')}</td>"
            for text in (" ".join(filter(None, (box.title, box.name))), box.role, box.type, box.value, box.gradient, box.note)
        )
        + "</tr>"
        for box in scene.boxes
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
