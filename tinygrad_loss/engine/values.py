"""What `Tensor.data` shows: the values of a leaf, which augmented assignments move."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.context import RECORDING

if TYPE_CHECKING:
    from tinygrad_loss.engine.tensor import Tensor

__all__ = ["AUGMENTED", "Values", "are_current", "plain", "values_of"]

AUGMENTED: Final = {
    "__iadd__": (operator.add, "+="),
    "__isub__": (operator.sub, "-="),
    "__imul__": (operator.mul, "*="),
    "__itruediv__": (operator.truediv, "/="),
    "__ifloordiv__": (operator.floordiv, "//="),
    "__imod__": (operator.mod, "%="),
    "__ipow__": (operator.pow, "**="),
    "__imatmul__": (operator.matmul, "@="),
    "__iand__": (operator.and_, "&="),
    "__ior__": (operator.or_, "|="),
    "__ixor__": (operator.xor, "^="),
    "__ilshift__": (operator.lshift, "<<="),
    "__irshift__": (operator.rshift, ">>="),
}
"""The augmented assignments of Python: the function each is made of, and how it is written."""


class Values(np.ndarray):
    """A read-only view of a tensor's values. ``x.data -= step`` gives the leaf new ones; all else is done by the plain array.

    Its two fields are ``leaf`` (None for the values of a result, which nothing moves) and ``seen``, what the leaf held when it was asked.
    """

    def __getattribute__(self, name: str) -> Any:
        """Answer as the plain array, so that copies, slices and sums are plain arrays."""
        return getattr(plain(self), name)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: tuple[Any, ...] = (), **kwargs: Any) -> Any:
        """Compute with the plain array."""
        if any(type(array) is Values for array in out):
            raise refused(f"np.{ufunc.__name__}(..., out=x.data)", "x.data = new")
        if out:
            kwargs["out"] = out
        return getattr(ufunc, method)(*plain(inputs), **plain(kwargs))

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        """Call the function with the plain array."""
        del types
        return function(*plain(args), **plain(kwargs))

    def __getitem__(self, key: Any) -> Any:
        return plain(self)[plain(key)]

    def __setitem__(self, key: Any, new: Any) -> None:
        whole = key is ... or (type(key) is slice and key == slice(None))
        raise refused("x.data[...] = new", "x.data = new" if whole else "x.data = np.where(mask, new, x.data)")

    def __iter__(self) -> Iterator[Any]:
        return iter(plain(self))

    def __repr__(self) -> str:
        return repr(plain(self))

    def __copy__(self) -> np.ndarray:  # type: ignore[override]  # a copy is a plain array
        return plain(self).copy()

    def __deepcopy__(self, memo: Any) -> np.ndarray:  # type: ignore[override]  # a copy is a plain array
        return plain(self).copy()


def plain(x: Any) -> Any:
    """Return what NumPy was given with plain arrays in place of `Values`."""
    if type(x) is Values:
        return np.ndarray.view(x, np.ndarray)
    if type(x) is tuple or type(x) is list:
        return type(x)(map(plain, x))
    if type(x) is dict:
        return {name: plain(value) for name, value in x.items()}
    return x


def refused(where: str, instead: str) -> errors.ReadOnlyError:
    """Return the error for writing into the values."""
    rule = "the values of a tensor are read-only, because a graph may have used them"
    return errors.ReadOnlyError(errors.say(where, rule, "an assignment to entries", instead))


def values_of(x: Tensor) -> np.ndarray:
    """Return the values of a tensor as `Values`."""
    view = np.ndarray.view(np.asarray(x.value), Values)
    np.ndarray.setflags(view, write=False)
    fields_of(view).update(leaf=x if x.op is None else None, seen=x.value)
    return view


def fields_of(values: np.ndarray) -> dict[str, Any]:
    """Return the fields of `Values`, which attribute access does not reach."""
    fields: dict[str, Any] = object.__getattribute__(values, "__dict__")
    return fields


def are_current(values: Any, leaf: Tensor) -> bool:
    """Whether ``values`` are what this leaf holds now: then it has been moved already."""
    return type(values) is Values and fields_of(values).get("leaf") is leaf and fields_of(values).get("seen") is leaf.value


def _moving(function: Callable[[Any, Any], Any], symbol: str) -> Callable[[Values, Any], np.ndarray]:
    where, instead = f"x.data {symbol} y", f"x.data {symbol} y, which asks for the values anew"

    def augmented(self: Values, other: Any) -> np.ndarray:
        leaf = fields_of(self).get("leaf")
        if leaf is None:
            rule, instead_of_result = "only a leaf can be given new values", "y = tl.tensor(new)"
            raise errors.StaleGraphError(errors.say(where, rule, "the values of a result", instead_of_result))
        if not are_current(self, leaf):
            rule = "what is moved are the values that the leaf holds"
            raise errors.StaleGraphError(errors.say(where, rule, "values from before it was given new ones", instead))
        try:
            new = function(plain(self), other)
        except ValueError:
            rule, named = "shapes must broadcast to the leaf's", {"the operand": np.shape(other), "the leaf": leaf.shape}
            raise errors.misfits(where, rule, named, f"x.data {symbol} np.reshape(y, x.shape)", mismatch.unaligned) from None
        leaf.move(new, where)
        return values_of(leaf)

    return augmented


def in_place(function: Callable[[Any, Any], Any], symbol: str) -> Callable[[Tensor, Any], Tensor]:
    """Return what an augmented assignment to a tensor does."""

    def augmented(self: Tensor, other: Any) -> Tensor:
        """Under ``no_grad`` move a leaf; elsewhere leave it to ``x = x - y``, except where a weight shall move."""
        if self.op is None and not RECORDING.get():
            self.move(function(self, other), f"x {symbol} y")
            return self
        if self.op is None and self.requires_grad:
            rule, got = "a leaf that requires grad is moved outside of the graph", "such a leaf while operations are recorded"
            instead = f"x.data {symbol} y, or with tl.no_grad(): x {symbol} y"
            raise errors.ArgumentError(errors.say(f"x {symbol} y", rule, got, instead))
        return NotImplemented

    return augmented


for _name, (_function, _symbol) in AUGMENTED.items():
    setattr(Values, _name, _moving(_function, _symbol))
