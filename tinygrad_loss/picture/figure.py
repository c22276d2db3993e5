"""Empty figures in the one style of all curves, and how they become SVG (the extra ``plot``)."""

import io
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final
from warnings import catch_warnings, simplefilter

from tinygrad_loss import errors
from tinygrad_loss.picture.palette import COLOURS, INK, LIGHT, QUIET, STYLES, recoloured

__all__ = ["figure", "svg_from"]

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
            for letters in self.findobj(Text):
                if letters.get_color() == "black":
                    letters.set_color(INK)
            with styled(), catch_warnings():
                if (kwargs.get("format") or Path(str(fname)).suffix) not in {"svg", ".svg"}:
                    super().savefig(fname, **kwargs)
                    return
                simplefilter("ignore", UserWarning)  # a font here lacks a letter, which stays text for the reader's
                file = io.StringIO()
                super().savefig(file, format="svg", metadata={"Date": None})  # the same picture is the same file
            text = file.getvalue().replace("'DejaVu Sans'", FONTS).replace("DejaVu Sans", FONTS)
            Path(fname).write_text(text, encoding="utf-8") if isinstance(fname, str | Path) else fname.write(
                text if isinstance(fname, io.TextIOBase) else text.encode()
            )

        def _repr_png_(self) -> bytes:
            file = io.BytesIO()
            self.savefig(file, format="png", dpi=110)
            return file.getvalue()

    return Styled(figsize=(width, height), layout="constrained")


def svg_from(drawn: Any, colours: Mapping[str, str] = LIGHT) -> str:
    """Return a figure as one SVG element, in these colours, whose letters are text that the reader's own fonts show."""
    file = io.StringIO()
    drawn.savefig(file, format="svg")
    text = file.getvalue()
    text = re.sub(r'<g id="[^"]*">', "<g>", text[text.index("<svg") :])  # so that one page can hold several
    return recoloured(text, colours)
