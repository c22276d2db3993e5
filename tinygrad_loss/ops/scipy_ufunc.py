"""SciPy's functions by name, found on first use: importing this package must not import SciPy."""

from importlib import import_module

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import door
from tinygrad_loss.engine.op import Array, Rule

__all__ = ["of_two", "scipy_ufunc"]


def scipy_ufunc(name: str) -> Rule:
    """Return ``scipy.special.<name>`` as a forward; arrays of other kinds answer it through their own protocol."""

    def forward(*x: Array) -> Array:
        try:
            y = getattr(import_module("scipy.special"), name)(*x)
        except TypeError as error:
            kinds = ", ".join(str(a.dtype) if hasattr(a, "dtype") else type(a).__name__ for a in x)
            rule, instead = "operands must be real numbers of at most double precision", "x.astype(np.float64)"
            raise errors.DTypeError(errors.say(f"scipy.special.{name}", rule, kinds, instead)) from error
        given = [a.dtype for a in x if hasattr(a, "dtype")]
        # SciPy has no half precision, and to some functions a number beside single precision means double.
        kept = np.result_type(*given) if given else y.dtype
        return y.astype(kept) if kept.kind == "f" and kept != y.dtype else y

    return forward


def of_two(op: Rule, name: str) -> Rule:
    """Open the door of a SciPy function of two arrays: a Python number beside an array takes the array's floating dtype."""

    def call(a: Array, b: Array) -> Array:
        return op(_beside(a, b), _beside(b, a))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = op.__doc__
    return door(name)(call)


def _beside(a: Array, b: Array) -> Array:
    if hasattr(a, "dtype") or getattr(getattr(b, "dtype", None), "kind", "") != "f":
        return a
    return b.dtype.type(a) if isinstance(a, int | float) else a
