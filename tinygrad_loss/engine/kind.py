"""The doors through which NumPy hands its calls to our kinds of array."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NoReturn

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.explained import RAW, refuse_as_numpy
from tinygrad_loss.engine.masked import holds_masked, masked
from tinygrad_loss.engine.op import DOORS, Array, Op, Result, numpy_name
from tinygrad_loss.engine.scipy_call import scipy_call
from tinygrad_loss.engine.torch_call import refused, torch_name

__all__ = ["NOT_GIVEN", "Kind", "foreign", "instead_of"]

NOT_GIVEN: Final = np._NoValue  # noqa: SLF001  NumPy's own mark of an argument that was left out
REDUCED_AXIS = 0
"""``np.add.reduce(x)`` sums over axis 0, while ``np.sum(x)`` sums over all."""


class Kind:
    """A kind of array on which rules run: it answers NumPy's calls with the declared ops.

    A subclass says in ``apply`` what one op does to it; everything else follows.
    """

    __slots__ = ()
    __array_priority__ = 1000
    __pandas_priority__ = 10_000
    """Above that of a DataFrame: ``series * x`` leaves the product to the tensor."""
    __hash__ = object.__hash__

    @property
    def T(self) -> Array:  # noqa: N802  NumPy's name
        """The axes reversed."""
        return DOORS[np.transpose](self)

    @property
    def mT(self) -> Array:  # noqa: N802  NumPy's name
        """The last two axes exchanged."""
        return DOORS[np.matrix_transpose](self)

    @property
    def real(self) -> Array:
        """The real parts."""
        return DOORS[np.real](self)

    @property
    def imag(self) -> Array:
        """The imaginary parts."""
        return DOORS[np.imag](self)

    def apply(self, op: Op, inputs: tuple[Array, ...], static: Mapping[str, Any]) -> Result:
        """Run one op on inputs of which at least one is of this kind."""
        raise NotImplementedError

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Array, **kwargs: Any) -> Array:
        """Answer ``np.exp(x)``, ``np.add.reduce(x)``, ``array + x``."""
        if "out" in kwargs:
            no_out(kwargs.pop("out"), numpy_name(ufunc))
        if method == "__call__":
            return _call(ufunc, inputs, kwargs)
        if method == "outer" and len(inputs) == 2 and not kwargs:
            a, b = (x if hasattr(x, "ndim") else np.asarray(x) for x in inputs)
            return ufunc(a.reshape(a.shape + (1,) * b.ndim), b)
        answer = DOORS.get((ufunc, method))
        if answer is None:
            raise no_rule(f"{numpy_name(ufunc)}.{method}")
        if method in {"reduce", "accumulate"}:
            kwargs.setdefault("axis", REDUCED_AXIS)
        return answer(*inputs, **kwargs)

    def __array_function__(
        self, function: Callable[..., Array], types: Iterable[type], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Array:
        """Answer ``np.sum(x)``, ``np.concatenate([x, y])``, ``np.linalg.solve(a, x)``."""
        del types
        answer = DOORS.get(function)
        if answer is None:
            raise no_rule(numpy_name(function))
        if holds_masked((*args, *kwargs.values())):
            raise masked(numpy_name(function))
        if kwargs:  # NumPy's own functions hand on options that nobody gave
            kwargs = {name: value for name, value in kwargs.items() if value is not NOT_GIVEN}
        try:
            return answer(*args, **kwargs)
        except RAW as error:
            refuse_as_numpy(error, function, args, kwargs)

    @classmethod
    def __torch_function__(cls, function: object, types: object, args: object = (), kwargs: object = None) -> NoReturn:
        """Refuse ``torch.log(x)``: PyTorch asks any argument that has this method."""
        del types, args, kwargs
        raise refused(torch_name(function))


def _call(ufunc: np.ufunc, inputs: tuple[Array, ...], kwargs: dict[str, Any]) -> Array:
    answer = DOORS.get(ufunc) or _scipy(ufunc)
    if answer is None:
        raise no_rule(numpy_name(ufunc))
    if not kwargs:
        return answer(*inputs)
    dtype = kwargs.pop("dtype", None)
    if kwargs.pop("where", True) is not True:
        raise errors.NoRuleError(
            errors.say(
                numpy_name(ufunc),
                "entries that where= leaves out have no value",
                "where=mask",
                f"np.where(mask, {numpy_name(ufunc)}(x), 0.0)",
            )
        )
    if kwargs:
        raise errors.NoRuleError(
            errors.say(numpy_name(ufunc), "this option has no rule", f"{next(iter(kwargs))}=", f"{numpy_name(ufunc)}(x)")
        )
    if dtype is not None:
        inputs = tuple(x.astype(dtype) if hasattr(x, "astype") else x for x in inputs)
    return answer(*inputs)


def _scipy(ufunc: np.ufunc) -> Callable[..., Array] | None:
    """Find the door of a SciPy ufunc by name, because importing the package must not import SciPy."""
    return DOORS.get(ufunc.__name__)


def no_rule(name: str) -> errors.NoRuleError:
    """Return the error for a NumPy or SciPy function that has no derivative rule here."""
    name = scipy_call() or name
    return errors.NoRuleError(errors.say(name, "it has no derivative rule here", "a Tensor", instead_of(name)))


def instead_of(name: str) -> str:
    """Return what to type instead of a NumPy or SciPy function that a tensor cannot go through."""
    known = DOORS.get(("instead", name))
    text = known() if known is not None else DOORS["instead", "scipy"](name)
    return text or f"{name}(x.numpy()) if no gradient should flow, or declare it: tl.op({name.rpartition('.')[2]!r}, ...)"


def no_out(out: object, name: str = "np.f") -> None:
    """Refuse ``out=``: a recorded value must not change."""
    if out is not None:
        raise errors.NoRuleError(
            errors.say(
                name,
                "results are never written in place, because a recorded value must not change",
                "out=",
                f"y = {name}(x), without out=, and a = a + x rather than a += x",
            )
        )


def foreign(inputs: Iterable[Array]) -> Kind | None:
    """Return the first input that is one of our kinds, or None when all are plain arrays and numbers."""
    return next((x for x in inputs if isinstance(x, Kind)), None)
