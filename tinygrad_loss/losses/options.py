"""What is asked of the options of every loss before their own bounds: numbers that are numbers, and axes that exist."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.tensor import Tensor

__all__ = ["refuse_odd_option", "unknown_option"]

KINDS: Final = {
    bool: (bool | np.bool_, "True or False"),
    int: (Integral, "a whole number"),
    float: (Real, "a finite number"),
}
"""What a default tells about an option, and how that is called."""
AT_INFINITY: Final = {("general_robust_loss", "alpha"), ("huber_loss", "delta"), ("triplet_margin_loss", "p")}
"""Options whose limit is a loss of its own: Welsch's, half the square, the largest component."""


def refuse_odd_option(where: str, name: str, value: Any, default: Any, ndim: int) -> None:
    """Refuse a value of another kind than the option's default, nan, infinities that mean nothing, and an axis that ``ndim`` axes do not have.

    A number may be an array or a tensor of numbers too: a parameter that is learnt.
    """
    if name == "axis":
        _refuse_odd_axis(where, value, default, ndim)
        return
    if type(default) not in KINDS:
        return
    kind, called = KINDS[type(default)]
    if isinstance(value, Tensor | np.ndarray):
        fits = kind is Real and value.dtype.kind in "fiu"
    else:
        fits = isinstance(value, kind) and (kind is not Real or not isinstance(value, bool))
    if not fits:
        raise errors.ArgumentError(errors.say(where, f"{name} must be {called}", repr(value), f"{name}={default}"))
    if kind is Real:
        number = value.value if isinstance(value, Tensor) else value
        odd = np.isnan(number) if (where, name) in AT_INFINITY else ~np.isfinite(number)
        if np.any(odd):
            raise errors.DomainError(errors.say(where, f"{name} must be {called}", f"{number}", f"{name}={default}"))


def unknown_option(where: str, name: str, value: Any, known: Sequence[str]) -> errors.ArgumentError:
    """Return the error for an option that a loss does not have: PyTorch's two old ones are a reduction, others are misspelt."""
    older = {("size_average", True): "mean", ("size_average", False): "sum", ("reduce", True): "mean", ("reduce", False): "none"}
    reduction = older.get((name, value is None or bool(value))) if name in ("size_average", "reduce") else None
    similar = errors.similar(name, known)
    instead = f"reduction={reduction!r}" if reduction else f"{similar}=" if similar else f"{where}(...), without {name}="
    return errors.ArgumentError(errors.say(where, f"arguments are {', '.join(known)}", f"{name}=", instead))


def _refuse_odd_axis(where: str, axis: Any, default: int | None, ndim: int) -> None:
    if axis is None and default is None:
        return
    if not isinstance(axis, int | np.integer) or isinstance(axis, bool):
        raise errors.ArgumentError(errors.say(where, "axis must be a whole number", repr(axis), f"axis={default}"))
    if not -ndim <= axis < ndim:
        rule = f"axis must lie in {-ndim} to {ndim - 1}, because input has {ndim} {'axis' if ndim == 1 else 'axes'}"
        raise errors.DomainError(errors.say(where, rule, f"{axis}", f"axis={default}"))
