"""What is given to a model: constants take the dtype of its parameters, what requires grad must have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.casting import cast
from tinygrad_loss.engine.graph import differentiable_order
from tinygrad_loss.engine.half import HALF, SINGLE, widening
from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.masked import refuse_masked
from tinygrad_loss.engine.tensor import Tensor, is_constant

if TYPE_CHECKING:
    from tinygrad_loss.engine.op import Array
    from tinygrad_loss.nn.module import Module

__all__ = ["accept", "cast_constants", "channels_on_axis_1", "in_dtype"]

USUAL: Final = frozenset({np.ndarray, Tensor})
"""What a model is nearly always given: neither lists nor masked arrays."""


def accept(layer: str, x: Any, weight: Tensor) -> Array:
    """Return an input as an array of some kind, of the dtype of the layer's parameters."""
    if not hasattr(x, "dtype"):
        x = np.asarray(x)
    return x if x.dtype == weight.dtype else in_dtype(layer, x, weight.dtype)


def channels_on_axis_1(shape: tuple[int, ...], channels: int, dims: int) -> str | None:
    """Return the line that puts the channels where a layer looks for them: they are last, or one channel has no axis of its own.

    >>> channels_on_axis_1((2, 8, 8, 3), 3, 2), channels_on_axis_1((2, 8, 8), 1, 2), channels_on_axis_1((2, 4, 8, 8), 3, 2)
    ('np.moveaxis(x, -1, 1)', 'x[:, None]', None)
    """
    if len(shape) in {dims + 1, dims + 2} and len(shape) > 2 and shape[-1] == channels:
        return f"np.moveaxis(x, -1, {len(shape) - dims - 1})"
    if channels == 1 and len(shape) in {dims, dims + 1}:
        return "x[:, None]" if len(shape) == dims + 1 else "x[None]"
    return None


def in_dtype(layer: str, x: Any, dtype: np.dtype[Any]) -> Array:
    """Return a constant in the dtype of the parameters; refuse what requires grad, which would change its own without a word.

    A plain array that a transform made a variable is a constant of its owner: it is cast, in an operation of the record.

    Inside a model of halves that computes in float32, what one layer hands to the next is float32.
    """
    if dtype == HALF and x.dtype == SINGLE and widening():
        return x
    if not isinstance(x, Kind):
        x = np.asarray(x)
    if x.dtype.kind not in "biuf" or (isinstance(x, Kind) and not is_constant(x) and not _comes_from_data(x)):
        instead = f"x.astype(np.{dtype}), or layer.astype(np.{x.dtype if x.dtype.kind == 'f' else 'float64'})"
        raise errors.of_dtype(layer, f"the input must have the parameters' dtype {dtype}", x, instead)
    return cast(layer, "the input", x, dtype, "layer.astype(np.float64)")


def _comes_from_data(x: Any) -> bool:
    """Whether a transform made every variable that leads to ``x`` of a plain array, whose owner asked for no gradient of his own."""
    return type(x) is Tensor and not differentiable_order(x)[1]


def cast_constants(model: Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the inputs of a model: lists of numbers as arrays, floating constants in the dtype that its parameters have in common."""
    if named or not USUAL.issuperset(map(type, inputs)):
        refuse_masked(type(model).__name__, (*inputs, *named.values()))
        inputs = tuple(as_numbers(x) if type(x) is list else x for x in inputs)
    own = first_parameter(model)
    if own is None:
        return inputs, named
    dtype = own.value.dtype
    for x in (*inputs, *named.values()) if named else inputs:
        if getattr(x, "dtype", dtype) is not dtype and is_constant(x) and x.dtype.kind == "f" and x.dtype != dtype:
            break
    else:
        return inputs, named
    if any(p.dtype != dtype for p in model.parameters()) or not all(module.takes_numbers for module in model.modules()):
        return inputs, named

    def fitting(x: Any) -> Any:
        return accept(type(model).__name__, x, own) if is_constant(x) and x.dtype.kind == "f" else x

    return tuple(map(fitting, inputs)), {name: fitting(x) for name, x in named.items()}


def first_parameter(model: Module) -> Tensor | None:
    """Return the first parameter that is found, on the path of every call of a model: the generators of `Module` take ten times as long."""
    inside = []
    for value in vars(model).values():
        if type(value) is Tensor:
            if value.op is None:
                return value
        elif hasattr(value, "named_parameters"):
            inside.append(value)
    return next((p for p in map(first_parameter, inside) if p is not None), None)


def as_numbers(x: list[Any]) -> Any:
    """Return nested lists of numbers as an array; any other list, such as one of sequences of unlike lengths, as it is."""
    try:
        array = np.asarray(x)
    except (TypeError, ValueError):
        return x
    return array if array.dtype.kind in "biuf" else x
