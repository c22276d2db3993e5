"""What each kind of box looks like: told apart by shape and by colour, in colours that the colour-blind tell apart.

Source: Okabe and Ito 2008, Color universal design, for the hues; tints of them fill the boxes.
"""

from dataclasses import dataclass
from typing import Final

from tinygrad_loss.picture.scene import Box

__all__ = ["CANCELS", "LOOKS", "SIGNS", "UNDEFINED", "Look", "look_of"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a box is drawn, and what the legend says of it."""

    meaning: str
    shape: str
    fill: str
    border: str
    style: str = "filled"
    peripheries: int = 1
    width: float = 1.2
    ink: str = "#222222"


LOOKS: Final[dict[str, Look]] = {
    "parameter": Look("parameter: its gradient is wanted", "box", "#D6EAF8", "#0072B2", peripheries=2),
    "input": Look("input: an array without gradient", "note", "#DDF1E8", "#00724F"),
    "constant": Look("constant", "ellipse", "#F0F0F0", "#767676"),
    "op": Look("op", "box", "#FFFFFF", "#333333", "rounded,filled"),
    "truth": Look("comparison or index: no gradient", "box", "#FFFFFF", "#767676", "rounded,filled,dashed"),
    "hidden": Look("ops left out", "box3d", "#F0F0F0", "#767676"),
}
UNDEFINED: Final = Look("not smooth here: no gradient passes", "box", "#FADBD8", "#B3001B", "filled,diagonals", width=3.0, ink="#8B0015")
CANCELS: Final = Look(
    "not smooth here, but it cancels in the whole", "box", "#FFE9B8", "#9A6200", "rounded,filled,dashed", width=2.4, ink="#6B4400"
)

SIGNS: Final[dict[str, str]] = {
    "absolute": "|x|", "add": "a + b", "divide": "a / b",
    "matmul": "a @ b", "maximum": "max(a, b)", "minimum": "min(a, b)", "multiply": "a \N{MULTIPLICATION SIGN} b",
    "negative": "\N{MINUS SIGN}x", "relu": "max(x, 0)", "square": "x\N{SUPERSCRIPT TWO}",
    "subtract": "a \N{MINUS SIGN} b", "sum": "\N{GREEK CAPITAL LETTER SIGMA}", "where": "a where c, else b",
}  # fmt: skip
"""How a formula writes an op."""


def look_of(box: Box) -> Look:
    """Return how to draw a box."""
    return {"undefined": UNDEFINED, "cancels": CANCELS}.get(box.state) or LOOKS[box.role]
