"""What may be asked about an array without looking at its values."""

from typing import Any

import numpy as np

from tinygrad_loss.engine.declare import door
from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.op import Array

__all__ = ["operand", "ours", "signed", "values"]


def operand(x: Any) -> Array:
    """Return what has a shape as it is, and numbers and nested lists as arrays."""
    return x if hasattr(x, "ndim") else np.asarray(x)


def ours(x: Any) -> bool:
    """Whether ``x`` is one of our kinds of array, so that what is computed from it is recorded."""
    return isinstance(x, Kind)


def values(x: Array) -> Any:
    """Return the plain array inside a tensor: for indices, masks and statistics, which have no gradient."""
    while isinstance(x, Kind) and hasattr(x, "value"):
        x = x.value
    return x


def signed(x: Array) -> Array:
    """Return numbers that may be negative: differences of unsigned ones wrap around."""
    return x.astype(np.float64) if getattr(x, "dtype", None) is not None and x.dtype.kind == "u" else x


@door(np.copy, methods=("copy",))
def copy(a: Array, order: str = "K", subok: bool = False) -> Array:
    """Return the array itself: a recorded value never changes, so it needs no copy."""
    del order, subok
    return np.positive(a)


@door(np.shape)
def shape(a: Array) -> tuple[int, ...]:
    """Return the length of each axis."""
    return a.shape


@door(np.ndim)
def ndim(a: Array) -> int:
    """Return the number of axes."""
    return a.ndim


@door(np.size)
def size(a: Array, axis: Any = None) -> int:
    """Return the number of entries, or the length of one axis or the product of several."""
    if axis is None:
        return a.size
    count = 1
    for i in axis if isinstance(axis, tuple) else (axis,):
        count *= a.shape[i]
    return count


@door(np.iscomplexobj)
def iscomplexobj(x: Array) -> bool:
    """Whether the entries are complex numbers."""
    return x.dtype.kind == "c"


@door(np.isrealobj)
def isrealobj(x: Array) -> bool:
    """Whether the entries are real numbers."""
    return x.dtype.kind != "c"


def _types(arrays: Any) -> list[Any]:
    """Replace our kinds by empty arrays of their dtype; an array without axes promotes by its dtype as others do."""
    return [np.empty(0, x.dtype) if ours(x) else x for x in arrays]


@door(np.result_type)
def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    """Return the dtype in which operands meet."""
    return np.result_type(*_types(arrays_and_dtypes))


@door(np.can_cast)
def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Whether the dtype can be cast under the casting rule."""
    return np.can_cast(from_.dtype, to, casting)


@door(np.common_type)
def common_type(*arrays: Any) -> Any:
    """Return the floating type in which arrays meet."""
    return np.common_type(*_types(arrays))


@door(np.min_scalar_type)
def min_scalar_type(a: Array, /) -> np.dtype[Any]:
    """Return the dtype of an array."""
    return a.dtype


@door(np.array_repr)
def array_repr(arr: Array, max_line_width: Any = None, precision: Any = None, suppress_small: Any = None) -> str:
    """Return the text that the prompt shows."""
    del max_line_width, precision, suppress_small
    return repr(arr)


@door(np.array_str)
def array_str(a: Array, max_line_width: Any = None, precision: Any = None, suppress_small: Any = None) -> str:
    """Return the text that ``print`` shows."""
    del max_line_width, precision, suppress_small
    return str(a)


@door(np.diag_indices_from)
def diag_indices_from(arr: Array) -> tuple[Array, ...]:
    """Return the positions on the diagonal of an array whose axes are equally long."""
    return np.diag_indices_from(np.empty(arr.shape, bool))


@door(np.tril_indices_from)
def tril_indices_from(arr: Array, k: int = 0) -> tuple[Array, ...]:
    """Return the positions on and below a diagonal of a matrix."""
    return np.tril_indices_from(np.empty(arr.shape, bool), k)


@door(np.triu_indices_from)
def triu_indices_from(arr: Array, k: int = 0) -> tuple[Array, ...]:
    """Return the positions on and above a diagonal of a matrix."""
    return np.triu_indices_from(np.empty(arr.shape, bool), k)
