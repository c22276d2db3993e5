"""Empty figures in the one style of all curves, and how they become SVG (the extra ``plot``)."""

import io
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final
from warnings import catch_warnings, simplefilter

from tinygrad_loss import errors
from tinygrad_loss.files import write_atomically
from tinygrad_loss.picture.palette import COLOURS, INK, LIGHT, QUIET, STYLES, recoloured
from tinygrad_loss.printable import one_line, printable_lines

__all__ = ["figure", "literal", "svg_from"]

FONTS: Final = "Arial, Helvetica, 'Liberation Sans', 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
SIZES: Final[dict[str, Any]] = {
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.labelsize": 10.0,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "legend.fontsize": 9.0,
}
AXES: Final[dict[str, Any]] = {
    **SIZES,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": LIGHT["rule"],
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.9,
}


def figure(width: float, height: float, where: str = "a picture") -> Any:
    """Return an empty figure in this style; it shows itself in a notebook without ``%matplotlib inline``.

    Args:
        width: in inches.
        height: in inches.
        where: who asks, for the message.

    Raises:
        MissingPackageError: Matplotlib is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415  an optional package, and slow to import
        from cycler import cycler  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
        from matplotlib.text import Text  # noqa: PLC0415
    except ImportError:
        raise errors.missing(where, "matplotlib", "pip install matplotlib") from None

    def styled() -> AbstractContextManager[None]:
        cycle = cycler(color=COLOURS) + cycler(linestyle=STYLES)
        settings: Any = {**AXES, "axes.prop_cycle": cycle, "svg.fonttype": "none", "svg.hashsalt": "tinygrad_loss"}
        return mpl.rc_context(settings)

    class Styled(Figure):
        def add_subplot(self, *args: Any, **kwargs: Any) -> Any:
            with styled():
                return super().add_subplot(*args, **kwargs)

        def savefig(self, fname: Any, **kwargs: Any) -> None:
            for text in self.findobj(Text):
                _made_ready(text)
            if not isinstance(fname, str | Path):
                self._drawn_into(fname, **kwargs)
                return
            file = io.BytesIO()
            kwargs["format"] = _format(where, Path(fname), kwargs.get("format"), self.canvas.get_supported_filetypes())
            self._drawn_into(file, **kwargs)
            write_atomically(fname, [file.getvalue()])

        def _drawn_into(self, file: Any, **kwargs: Any) -> None:
            with styled(), catch_warnings():
                if kwargs.get("format") != "svg":
                    super().savefig(file, **kwargs)
                    return
                simplefilter("ignore", UserWarning)  # a font here lacks a letter, which stays text for the reader's
                svg = io.StringIO()
                super().savefig(svg, format="svg", metadata={"Date": None})  # the same picture is the same file
            _write_svg(svg.getvalue(), file)

        def _repr_png_(self) -> bytes:
            file = io.BytesIO()
            self.savefig(file, format="png", dpi=110)
            return file.getvalue()

    drawn: Any = Styled(figsize=(width, height), layout="constrained")
    drawn.get_layout_engine().set(h_pad=0.09)  # a title keeps away from the axis above it
    return drawn


def literal(name: str) -> str:
    """Return a name as a figure shows it letter by letter: dollars begin no formula."""
    return one_line(name).replace("$", r"\$")


def _made_ready(text: Any) -> None:
    """Give a text the ink of this style, and no letters that an SVG cannot hold."""
    if text.get_color() == "black":
        text.set_color(INK)
    text.set_text(printable_lines(text.get_text()))


def _format(where: str, path: Path, asked: str | None, known: Mapping[str, str]) -> str:
    """Return the format in which a path's name asks for a figure."""
    kind = asked or path.suffix.lstrip(".").lower()
    if kind not in known:
        rule = "the path must end in a format that Matplotlib writes"
        raise errors.ArgumentError(errors.say(where, rule, path.name, path.with_suffix(".png").name))
    return kind


def _write_svg(text: str, file: Any) -> None:
    """Write an SVG whose letters any of several fonts may show."""
    text = text.replace("'DejaVu Sans'", FONTS).replace("DejaVu Sans", FONTS)
    file.write(text if isinstance(file, io.TextIOBase) else text.encode())


def svg_from(drawn: Any, colours: Mapping[str, str] = LIGHT) -> str:
    """Return a figure as one SVG element, in these colours, whose letters are text that the reader's own fonts show."""
    file = io.StringIO()
    drawn.savefig(file, format="svg")
    text = file.getvalue()
    text = re.sub(r'<g id="[^"]*">', "<g>", text[text.index("<svg") :])  # so that one page can hold several
    return recoloured(text, colours)
