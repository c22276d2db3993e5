"""The colours of all curves, on paper and in the dark: at least 3 to 1 against the ground, and never what alone tells two curves apart."""

from collections.abc import Mapping
from typing import Final

__all__ = ["COLOURS", "DARK", "INK", "LIGHT", "QUIET", "STYLES", "recoloured"]

LIGHT: Final[Mapping[str, str]] = {
    "paper": "#ffffff",
    "ink": "#1f2328",
    "quiet": "#59636e",
    "rule": "#d1d9e0",
    "vermilion": "#c44f00",
    "blue": "#0072b2",
    "green": "#00835f",
    "purple": "#a8478a",
    "ochre": "#946300",
    "sky": "#2487bd",
}
"""Every colour of a figure by its role. The curves' are Okabe and Ito's, which the colour-blind tell apart, made darker."""
DARK: Final[Mapping[str, str]] = {
    "paper": "#0d1117",
    "ink": "#f0f6fc",
    "quiet": "#9da7b3",
    "rule": "#3d444d",
    "vermilion": "#f08a4b",
    "blue": "#58a6e8",
    "green": "#3fc397",
    "purple": "#de9bc4",
    "ochre": "#e0ac3f",
    "sky": "#8ad0f5",
}
"""The same roles in the dark."""
INK: Final = LIGHT["ink"]
QUIET: Final = LIGHT["quiet"]
COLOURS: Final = tuple(LIGHT[name] for name in ("vermilion", "blue", "green", "purple", "ochre", "sky"))
STYLES: Final = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
"""One per colour, so that no curve is told apart by its colour alone."""


def recoloured(svg: str, colours: Mapping[str, str]) -> str:
    """Return an SVG of this style with other colours by role: `DARK`, or variables of CSS."""
    for role, colour in LIGHT.items():
        svg = svg.replace(colour, colours[role])
    return svg.replace("#000000", colours["ink"])
