"""What a box says, line by line: the same words for DOT, for SVG and under the mouse."""

from dataclasses import dataclass
from typing import Literal

from tinygrad_loss.picture.scene import Box
from tinygrad_loss.picture.style import SIGNS

__all__ = ["Line", "hover", "lines_of"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a box: ``lead`` is what it is about, ``text`` what it says.

    A ``"head"`` stands in the middle with its lead in bold; a ``"pair"`` stands at the left with its lead in grey;
    ``"small"`` and ``"note"`` stand in the middle.
    """

    kind: Literal["head", "small", "pair", "note"]
    lead: str
    text: str = ""


def lines_of(box: Box) -> list[Line]:
    """Return the lines of a box: its title, then arguments, type, value, what arrives at it, and note."""
    if box.role == "constant":
        return [Line("head", "", box.value)]
    sign = SIGNS.get(box.title, "") if box.role == "op" else ""
    count = f"\N{MULTIPLICATION SIGN} {box.count}" if box.count > 1 and box.role != "hidden" else ""
    name = f"= {box.name}" if box.name else ""
    lines = [Line("head", box.title, "   ".join(filter(None, (sign, name, count)))) if box.title else Line("small", "unnamed")]
    lines += [Line("small", text) for text in (*box.detail.split("\n"), box.type) if text]
    first = "first " if box.count > 1 else ""
    lines += _pairs(first + "value", box.value)
    lines += _pairs(first + _slope_word(box), box.gradient or "")
    lines += [Line("note", text) for text in box.note.split("\n") if text]
    if box.state != "plain":
        lines.append(Line("note", "so no gradient passes" if box.state == "undefined" else "cancels: the whole has a gradient"))
    lines += [Line("small", text) for text in (box.line, "the result" if box.result else "") if text]
    return lines


def _slope_word(box: Box) -> str:
    """Return what the slope of the result along a box is called: a gradient at a leaf; on its way there, it arrives at an op."""
    return "arriving" if box.role == "op" else "gradient"


def _pairs(lead: str, text: str) -> list[Line]:
    """Return one line, or for a matrix a line for each row."""
    if not text:
        return []
    rows = text.split("\n")
    if len(rows) == 1:
        return [Line("pair", lead, text)]
    return [Line("pair", lead), *(Line("pair", "", row) for row in rows)]


def hover(box: Box) -> str:
    """Return all that a box says, as shown under the mouse."""
    return "\n".join(" ".join(filter(None, (line.lead, line.text))) for line in lines_of(box))
