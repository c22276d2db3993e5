"""Curves over epochs or over a parameter, drawn with Matplotlib (the extra ``plot``)."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tinygrad_loss import errors

__all__ = ["Curves", "blank", "plot"]

COLOURS: Final = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's, which the colour-blind tell apart; the line styles differ as well."""
STYLES: Final = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
Curves = Mapping[str, tuple[Sequence[float], Sequence[float]]]
"""For each curve its name, and where it goes: x and y."""


def plot(path: str | Path, curves: Curves, *, x: str, y: str, title: str, marks: Mapping[str, tuple[float, float]] | None = None) -> Path:
    """Write curves as an image; the name's ending says which.

    Args:
        path: where to.
        curves: what to draw.
        x: what the horizontal axis shows, with its unit.
        y: what the vertical axis shows.
        title: what stands above.
        marks: points with a name.

    Raises:
        MissingPackageError: Matplotlib is not installed.
    """
    figure = blank(6.4, 4.0, "a plot")
    axes: Any = figure.subplots()
    for i, (name, (across, up)) in enumerate(curves.items()):
        axes.plot(across, up, label=name, color=COLOURS[i % len(COLOURS)], linestyle=STYLES[i % len(STYLES)], linewidth=1.8)
    for name, (at, height) in (marks or {}).items():
        axes.plot([at], [height], "o", color="#222222")
        axes.annotate(name, (at, height), textcoords="offset points", xytext=(6, 6))
    axes.set(xlabel=x, ylabel=y, title=title)
    axes.margins(y=0.12)  # room for the names of points
    axes.grid(visible=True, alpha=0.3)
    if len(curves) > 1:
        axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
    return Path(path)


def blank(width: float, height: float, where: str) -> Any:
    """Return an empty figure of Matplotlib's that shows itself in a notebook, without ``%matplotlib inline``.

    Args:
        width: in inches.
        height: in inches.
        where: who asks, for the message.

    Raises:
        MissingPackageError: Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415  an optional package, and slow to import
    except ImportError:
        raise errors.missing(where, "matplotlib", "pip install matplotlib") from None

    class Shown(Figure):
        def _repr_png_(self) -> bytes:
            file = io.BytesIO()
            self.savefig(file, format="png", dpi=100)
            return file.getvalue()

    return Shown(figsize=(width, height), layout="constrained")
