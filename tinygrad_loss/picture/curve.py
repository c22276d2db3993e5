"""A function of one number, value above gradient: what the engine says along a line, and at the points that matter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from warnings import catch_warnings, simplefilter

import numpy as np

from tinygrad_loss.calculus.functional import value_and_grad
from tinygrad_loss.calculus.verdict import Verdict, differentiability
from tinygrad_loss.context import at_kinks
from tinygrad_loss.errors import UndefinedGradientWarning
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.picture.palette import COLOURS, INK, LIGHT, QUIET

__all__ = ["Curve", "Words", "value_over_gradient"]

POINTS: Final = 161
LINE: Final = 0.21
"""The height of a line of a sentence, in inches."""
ROUNDING: Final = 1e-12
"""A slope that is smaller, against the largest of its curve, is 0 up to rounding."""
STUB: Final = 0.17
"""How far a tangent reaches to one side, as a part of the width."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the axes and the slopes are called; ``{x}`` stands for the variable, ``{slope}`` for a number."""

    value: str = "L({x})"
    gradient: str = "dL/d{x}"
    slope: str = "dL/d{x} = {slope}"


@dataclass(frozen=True, slots=True)
class Curve:
    """A function of one number over an interval.

    Attributes:
        f: takes a number and returns one.
        low: where the interval begins.
        high: where it ends.
        at: the points to judge: each is shown with its slope, or with its two slopes where it has no gradient.
        title: what stands above.
        x: what the variable is called.
        says: a sentence that stands below.
    """

    f: Callable[[Any], Any]
    low: float
    high: float
    at: tuple[float, ...] = ()
    title: str = ""
    x: str = "x"
    says: str = ""

    def along(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[float, Verdict]]:
        """Return the places, the values and the gradients there, and the verdict at each point of ``at``.

        A gradient is nan where there is none; its limits stand on both sides of a kink.

        >>> import numpy as np
        >>> places, values, gradients, verdicts = Curve(np.abs, -1.0, 1.0, at=(0.0,)).along()
        >>> gradients[places == 0.0], verdicts[0.0].kind
        (array([-1., nan,  1.]), 'kink')
        """
        verdicts = {point: differentiability(self.f, point) for point in self.at}
        both = value_and_grad(self.f)
        rows = []
        with at_kinks("nan"), catch_warnings():
            simplefilter("ignore", UndefinedGradientWarning)  # what it warns of is drawn
            for place in sorted({*np.linspace(self.low, self.high, POINTS).tolist(), *self.at}):
                value, slope = (float(part) for part in both(place))
                seen = verdicts.get(place)
                limits = (seen.left, slope, seen.right) if seen is not None and seen.kind == "kink" else (slope,)
                if seen is not None and seen.kind == "discontinuous":
                    value = np.nan  # no line crosses a jump
                rows += [(place, value, np.nan if limit is None else limit) for limit in limits]
        places, values, gradients = np.array(rows).T
        return places, values, gradients, verdicts


def value_over_gradient(*curves: Curve, words: Words = Words(), width: float | None = None, stacked: bool = False) -> Any:
    """Draw curves side by side: each value above its gradient, an open circle at both slopes where there is no gradient.

    Args:
        curves: at least one.
        words: what the axes and slopes are called.
        width: of the figure, in inches.
        stacked: one curve below the other instead, for a narrow page.

    Returns:
        Matplotlib's figure.

    Raises:
        MissingPackageError: Matplotlib is not installed.
    """
    down, across = (len(curves), 1) if stacked else (1, len(curves))
    lines = max(len(curve.says.splitlines()) for curve in curves)
    drawn = figure(width or (4.6 if across == 1 else 2.9 * across), down * ((3.2 if stacked else 4.0) + LINE * lines))
    drawn.get_layout_engine().set(w_pad=0.08, h_pad=0.1)
    cells = np.asarray(drawn.subplots(2 * down, across, squeeze=False, height_ratios=(3, 2) * down))
    for k, (curve, (above, below)) in enumerate(zip(curves, cells.T.reshape(-1, 2), strict=True)):
        places, values, gradients, verdicts = curve.along()
        above.plot(places, values, color=COLOURS[1], linestyle="-", clip_on=False)
        below.plot(places, gradients, color=COLOURS[2], linestyle="-", clip_on=False)
        below.axhline(0.0, color=QUIET, linewidth=0.8, linestyle="-", zorder=0)
        above.sharex(below)
        above.tick_params(labelbottom=False)
        above.set_title(curve.title, pad=10)
        below.set_xlabel(curve.x)
        for line, text in enumerate(curve.says.splitlines()):  # each by itself, so that any font keeps it in the middle
            below.annotate(text, (0.5, 0.0), (0, -48 - 72 * LINE * line), "axes fraction", "offset points", ha="center", va="top")
        if k == 0 or stacked:
            above.set_ylabel(words.value.format(x=curve.x))
            below.set_ylabel(words.gradient.format(x=curve.x))
        above.margins(y=0.06)
        below.margins(y=0.16)
        for axes in (above, below):
            axes.grid(visible=True, color=LIGHT["rule"])
            axes.set_axisbelow(True)
        rounding = ROUNDING * np.nanmax(np.abs(gradients), initial=0.0, where=np.isfinite(gradients))

        def slope_of(slope: float, x: str = curve.x, least: float = rounding) -> str:
            return words.slope.format(x=x, slope=signed(slope if abs(slope) > least else 0.0))

        for point, verdict in verdicts.items():
            _judged(above, below, curve, point, verdict, slope_of)
    return drawn


def _judged(above: Any, below: Any, curve: Curve, point: float, verdict: Verdict, slope_of: Callable[[float], str]) -> None:
    """Mark a point: its tangent, or the two slopes that do not agree."""
    others = [abs(point - other) for other in curve.at if other != point]
    reach = min([STUB * (curve.high - curve.low), *(0.4 * apart for apart in others)])
    for axes in (above, below):
        axes.axvline(point, color=QUIET, linewidth=0.9, linestyle=":", zorder=0)
    smooth, value = verdict.kind == "smooth", verdict.value
    colour = INK if smooth else COLOURS[0]
    for step, slope in ((-reach, verdict.left), (reach, verdict.right)):
        if slope is None or not np.isfinite(slope):
            continue
        above.plot([point, point + step], [value, value + slope * step], color=colour, linewidth=3.2, linestyle=(0, (2, 1)))
        if not smooth:
            below.plot([point], [slope], "o", markersize=7.5, markerfacecolor=LIGHT["paper"], markeredgecolor=colour, markeredgewidth=1.8)
            _written(below, signed(slope), (point, slope), (-9 if step > 0 else 9, 0), INK)
            _written(above, slope_of(slope), (point + 0.6 * step, value + 0.6 * slope * step), (6 if step > 0 else -6, -9), colour)
    above.plot([point], [value], "o", markersize=6, color=colour, clip_on=False)
    if smooth:
        slope = float(verdict.gradient)
        below.plot([point], [slope], "o", markersize=7.5, color=colour)
        if value > np.mean(above.get_ylim()):  # beside the tangent of a top, below which the curve falls
            _written(above, slope_of(slope), (point - reach, value - slope * reach), (-6, 0), colour)
        else:
            _written(above, slope_of(slope), (point, value), (0, 14), colour)


def _written(axes: Any, text: str, at: tuple[float, float], away: tuple[float, float], colour: str) -> None:
    """Write beside a point: on its left or right, or in the middle above it."""
    side = "center" if away[0] == 0 else "left" if away[0] > 0 else "right"
    axes.annotate(text, at, away, textcoords="offset points", ha=side, va="center", color=colour)


def signed(slope: float) -> str:
    """Write a slope with its sign.

    >>> signed(-1.0), signed(0.25), signed(0.0)
    ('−1', '+0.25', '0')
    """
    return f"{slope:+.3g}".replace("-", "\N{MINUS SIGN}") if slope else "0"
