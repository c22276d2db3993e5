"""Parameters and values as the formulas take them: numbers, arrays or tensors, of one floating dtype."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.masked import refuse_masked
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.ops import logic

__all__ = ["as_dtype", "common_dtype", "numbers", "offender", "operand"]


def operand(x: Any, where: str, what: str) -> Array:
    """Return a Python number as a float, whose dtype is weak, a Tensor or array as it is, and lists as arrays; refuse what is not real."""
    if isinstance(x, Kind):
        return x
    if type(x) in {int, float, bool}:
        return float(x)
    refuse_masked(where, (x,))
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        instead = f"np.real({what})" if array.dtype.kind == "c" else f"np.asarray({what}, dtype=np.float64)"
        raise errors.DTypeError(errors.say(where, f"{what} must be real numbers", f"{type(x).__name__} of dtype {array.dtype}", instead))
    return array[()]


def common_dtype(operands: Iterable[Array]) -> np.dtype[Any]:
    """Return the floating dtype of arrays and tensors together; numbers and whole numbers take part in float64 only when alone."""
    floating = [x.dtype for x in operands if type(x) is not float and x.dtype.kind == "f"]
    return np.result_type(*floating) if floating else np.dtype(np.float64)


def as_dtype(x: Array, dtype: np.dtype[Any]) -> Array:
    """Return numbers and arrays in ``dtype``; a Tensor keeps its floating dtype, because a cast would hide a promotion."""
    if isinstance(x, Tensor):
        return x if x.dtype.kind == "f" else logic.cast(x, dtype=dtype)
    if isinstance(x, Kind):
        return x
    return np.asarray(x, dtype=dtype)[()]


def numbers(x: Array) -> Any:
    """Return the plain values, or None where there are none: a kind of array that is not numbers."""
    value = x.value if isinstance(x, Tensor) else x
    return None if isinstance(value, Kind) else np.asarray(value)


def offender(values: np.ndarray, holds: Any) -> str:
    """Return the first entry, or event, that breaks a rule, and where it stands."""
    holds = np.asarray(holds)
    if holds.ndim == 0:
        return _short(values)
    at = tuple(int(i) for i in np.argwhere(~holds)[0])
    return f"{_short(values[at])} at [{', '.join(map(str, at))}]"


def _short(value: Any) -> str:
    array = np.asarray(value)
    return repr(array.item()) if array.ndim == 0 else np.array2string(array, separator=", ", threshold=8, edgeitems=3).replace("\n", "")
