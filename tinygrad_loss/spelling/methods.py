"""Puts the spellings of the table on tensors: those that work as methods, the others as attributes that say their line."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from tinygrad_loss import errors
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.spelling.table import DIFFERENT, METHODS, SAME, UNLIKE, Row

__all__ = ["Elsewhere", "install"]


class Elsewhere:
    """An attribute that only PyTorch's tensors have. A ``__getattr__`` would serve all names, and make every attribute half as fast."""

    def __init__(self, name: str, here: str) -> None:
        self.name, self.here = name, here

    def __get__(self, x: object, owner: type) -> Any:
        raise AttributeError(errors.say(f"x.{self.name}", "a tensor has the attributes of a NumPy array", self.name, self.here))


class Size(int):
    """The number of entries. PyTorch's users call it: for them it is a method."""

    __slots__ = ()

    def __call__(self, *_dim: object, **_named: object) -> NoReturn:
        rule = "NumPy's size is a number, that of the entries, and no method"
        raise errors.ArgumentError(errors.say("x.size()", rule, "a call", "x.shape, or x.shape[dim], or x.size"))


def install() -> None:
    """Give tensors the spellings of the table."""
    for row in METHODS:
        setattr(Tensor, row.name, Elsewhere(row.name, row.here) if row.does is None else _method(row, row.does))
    for name in SAME:
        setattr(Tensor, name, _taking_dim(name, getattr(Tensor, name)))
    for name, lines in DIFFERENT.items():
        setattr(Tensor, name, _telling_apart(name, getattr(Tensor, name), lines))
    setattr(Tensor, "size", property(lambda x: Size(x.value.size), doc=Tensor.size.__doc__))  # noqa: B010
    setattr(Tensor, "flatten", _flatten(Tensor.flatten))  # noqa: B010  to a checker it is a method that nobody assigns


def _method(row: Row, does: Callable[..., Any]) -> Callable[..., Any]:
    def method(x: Tensor, *args: Any, **named: Any) -> Any:
        return does(x, *args, **named)

    method.__name__, method.__qualname__ = row.name, f"Tensor.{row.name}"
    method.__doc__ = f"PyTorch's ``{row.call}``: the same as ``{row.here}``."
    return method


def _taking_dim(name: str, numpys: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(numpys)
    def method(x: Tensor, *args: Any, **named: Any) -> Any:
        if "dim" in named:
            dim = named.pop("dim")
            named["axis"] = tuple(dim) if isinstance(dim, list) else dim
        if "keepdim" in named:
            named["keepdims"] = named.pop("keepdim")
        if "descending" in named:
            line = "np.flip(np.argsort(x, axis=dim), dim)"
            raise errors.ArgumentError(errors.say(f"x.{name}", "NumPy's order rises", "descending=", line))
        return numpys(x, *args, **named)

    return method


def _telling_apart(name: str, numpys: Callable[..., Any], lines: str) -> Callable[..., Any]:
    @wraps(numpys)
    def method(x: Tensor, *args: Any, **named: Any) -> Any:
        torchs = next((argument for argument in named if argument in UNLIKE), None)
        if torchs is not None or _called_as_in_pytorch(name, x, args):
            got = f"{torchs}=" if torchs else "a tensor" if name in {"max", "min"} else f"{len(args)} arguments"
            raise errors.ArgumentError(errors.say(f"x.{name}", "NumPy's answer is not PyTorch's", got, lines))
        return numpys(x, *args, **named)

    return method


def _called_as_in_pytorch(name: str, x: Tensor, args: tuple[Any, ...]) -> bool:
    """Whether positions alone show that PyTorch's method is meant: NumPy's would not take them."""
    if name == "transpose":
        two = len(args) == 2 and all(isinstance(a, int) for a in args)
        return two and (x.ndim > 2 or [a % 2 for a in args] == [0, 1])  # NumPy's order of all axes would leave a matrix as it is
    if name == "repeat":
        return len(args) > 2 or (len(args) == 2 and isinstance(args[1], int) and not -x.ndim <= args[1] < x.ndim)
    return any(isinstance(a, Tensor) for a in args)


def _flatten(numpys: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(numpys)
    def flatten(x: Tensor, start_dim: Any = 0, end_dim: int = -1, *, order: str = "C") -> Any:
        """Return the entries as one axis; with ``start_dim`` and ``end_dim``, as in PyTorch, those of these axes."""
        if isinstance(start_dim, str) or order != "C":
            return numpys(x, start_dim if isinstance(start_dim, str) else order)
        if not x.ndim or (start_dim == 0 and end_dim in (-1, x.ndim - 1)):
            return numpys(x)
        start, end = range(x.ndim)[start_dim], range(x.ndim)[end_dim]
        return x.reshape((*x.shape[:start], -1, *x.shape[end + 1 :]))

    return flatten
