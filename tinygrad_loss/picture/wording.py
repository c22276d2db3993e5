"""How a picture says numbers, shapes and arguments in a few characters."""

import dataclasses
import textwrap
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.printable import one_line

__all__ = ["arguments", "array_type", "gradient", "slope", "value"]

FEW: Final = 6
"""Arrays up to this many entries are written out."""
NARROW: Final = 3
"""Matrices up to this many rows and columns are written out."""
ROUNDING: Final = 100
"""A mean below so many rounding errors of its terms is what their rounding left over."""
WIDE: Final = 44
"""Arguments longer than this go on in the next line."""
UNDEFINED: Final = "undefined"


def number(x: Any) -> str:
    """Write one number in at most five significant digits."""
    if isinstance(x, bool | np.bool_):
        return "true" if x else "false"
    return f"{x + 0:.5g}".replace("-", "\N{MINUS SIGN}")


def slope(x: float) -> str:
    """Write a slope with its sign, because two of them are compared."""
    return "0" if x == 0 else f"{x:+.4g}".replace("-", "\N{MINUS SIGN}")


def array_type(x: Array) -> str:
    """Write shape and dtype: ``(64, 10) float32``; a single number has no shape to show."""
    return f"{x.shape} {x.dtype}" if x.ndim else f"{x.dtype}"


def value(x: Array) -> str:
    """Write the values: all of a small array, the range and mean of a big one."""
    if not isinstance(x, np.ndarray | np.generic | int | float):
        return f"<{type(x).__name__}>"
    return _written(np.asarray(x), "nan")


def gradient(g: Array) -> str:
    """Write a gradient, in which nan means that it does not exist."""
    return _written(np.asarray(g), UNDEFINED)


def _written(a: np.ndarray, nan: str) -> str:
    if a.size == 0:
        return "empty"
    if a.ndim == 0:
        return _entry(a[()], nan)
    if a.ndim == 1 and a.size <= FEW:
        return "[" + ", ".join(_entry(x, nan) for x in a) + "]"
    if a.ndim == 2 and max(a.shape) <= NARROW:
        return "\n".join("[" + ", ".join(_entry(x, nan) for x in row) + "]" for row in a)
    if a.dtype == np.bool_:
        return f"true in {np.count_nonzero(a)} of {a.size}"
    return _range(a, nan)


def _entry(x: Any, nan: str) -> str:
    return nan if x != x else number(x)  # noqa: PLR0124  only nan differs from itself


def _range(a: np.ndarray, nan: str) -> str:
    """Write smallest, mean and largest of what is finite, and count the rest."""
    if a.dtype.kind == "c":
        return f"modulus {_range(np.abs(a), nan)}"
    finite = a[np.isfinite(a)] if a.dtype.kind == "f" else a
    parts = []
    if finite.size:
        low, high, mean = finite.min(), finite.max(), float(finite.mean(dtype=np.float64))
        tiny = ROUNDING * float(np.finfo(a.dtype).eps if a.dtype.kind == "f" else 0.0)
        if abs(mean) < tiny * max(abs(float(low)), abs(float(high))):
            mean = 0.0
        some = f"{number(low)} \N{HORIZONTAL ELLIPSIS} {number(high)}"
        if a.dtype.kind == "f":
            some += f", mean {mean:.3g}".replace("-", "\N{MINUS SIGN}")
        parts.append(f"all {number(low)}" if low == high else some)
    nans = int(np.count_nonzero(a != a))  # noqa: PLR0124
    if nans:
        parts.append(f"{nan} in {nans} of {a.size}")
    if a.size - finite.size - nans:
        parts.append(f"infinite in {a.size - finite.size - nans} of {a.size}")
    return "\n".join(parts)


def arguments(static: Mapping[str, Any]) -> str:
    """Write the static arguments of an op, in as many lines as they need."""
    return "\n".join(textwrap.wrap(", ".join(argument(k, v) for k, v in static.items()), WIDE))


def argument(key: str, x: Any) -> str:
    """Write one static argument of an op: ``axis=1``."""
    if isinstance(x, np.ndarray):
        text = f"array {x.shape}"
    elif isinstance(x, slice):
        text = _slice(x)
    elif isinstance(x, tuple):
        inside = ", ".join(argument("", item) for item in x)
        text = f"({inside},)" if len(x) == 1 and key != "index" else f"({inside})"
    elif isinstance(x, type) or hasattr(x, "dtype"):
        text = one_line(getattr(x, "__name__", None) or str(x))
    elif dataclasses.is_dataclass(x):
        return ", ".join(argument(f.name, getattr(x, f.name)) for f in dataclasses.fields(x))
    elif x is Ellipsis:
        text = "..."
    else:
        text = one_line(str(x))
    return f"{key}={text}" if key else text


def _slice(x: slice) -> str:
    start, stop = ("" if side is None else str(side) for side in (x.start, x.stop))
    return f"{start}:{stop}" + (f":{x.step}" if x.step is not None else "")
