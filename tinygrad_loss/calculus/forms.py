"""What a type checker is told of a gradient: it has the form of the first argument, a number, an array, or a list, tuple or dict of them."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar, overload

from tinygrad_loss.engine.op import Derivative

__all__ = ["Gradient", "ValueAndGradient"]

Key = TypeVar("Key")


class Gradient(Protocol):
    """What `grad` returns."""

    @overload
    def __call__(self, x: Mapping[Key, object], /, *args: Any, **kwargs: Any) -> dict[Key, Derivative]: ...
    @overload
    def __call__(self, x: list[Any], /, *args: Any, **kwargs: Any) -> list[Derivative]: ...
    @overload
    def __call__(self, x: tuple[object, ...], /, *args: Any, **kwargs: Any) -> tuple[Derivative, ...]: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> Derivative: ...


class ValueAndGradient(Protocol):
    """What `value_and_grad` returns."""

    @overload
    def __call__(self, x: Mapping[Key, object], /, *args: Any, **kwargs: Any) -> tuple[Derivative, dict[Key, Derivative]]: ...
    @overload
    def __call__(self, x: list[Any], /, *args: Any, **kwargs: Any) -> tuple[Derivative, list[Derivative]]: ...
    @overload
    def __call__(self, x: tuple[object, ...], /, *args: Any, **kwargs: Any) -> tuple[Derivative, tuple[Derivative, ...]]: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> tuple[Derivative, Derivative]: ...
