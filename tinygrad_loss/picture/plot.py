"""Curves over epochs or over a parameter, drawn with Matplotlib (the extra ``plot``)."""

from collections.abc import Mapping, Sequence
from typing import Any

from tinygrad_loss.picture.figure import figure, literal
from tinygrad_loss.picture.palette import INK

__all__ = ["Curves", "plot"]

Curves = Mapping[str, tuple[Sequence[float], Sequence[float]]]
"""For each curve its name, and where it goes: x and y."""


def plot(curves: Curves, *, x: str, y: str, title: str = "", marks: Mapping[str, tuple[float, float]] | None = None) -> Any:
    """Draw curves over each other.

    Args:
        curves: what to draw.
        x: what the horizontal axis shows, with its unit.
        y: what the vertical axis shows.
        title: what stands above.
        marks: points with a name.

    Returns:
        Matplotlib's figure.

    Raises:
        MissingPackageError: Matplotlib is not installed.
    """
    drawn = figure(6.4, 4.0, "a plot")
    axes: Any = drawn.subplots()
    for name, (across, up) in curves.items():
        axes.plot(across, up, label=literal(name))
    for name, (at, height) in (marks or {}).items():
        axes.plot([at], [height], "o", color=INK)
        axes.annotate(literal(name), (at, height), textcoords="offset points", xytext=(6, 6))
    axes.set(xlabel=x, ylabel=y, title=title)
    axes.margins(y=0.12)  # room for the names of points
    axes.grid(visible=True)
    if len(curves) > 1:
        axes.legend(frameon=False)
    return drawn
