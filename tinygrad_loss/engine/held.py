"""Constant arrays that a record holds until backward reads them: copied where small, else looked at again before they are read.

Only operands count that a rule reads: the slope of a sum is 1 whatever is added.
"""

import zlib
from collections.abc import Container
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.context import RECORDING, REMEMBER_LINES
from tinygrad_loss.engine.op import Op
from tinygrad_loss.engine.tensor import Tensor

__all__ = ["COPIED", "changed", "held", "hold", "keep", "read_in_backward"]

COPIED: Final = 1 << 16
"""Up to this many bytes a copy costs little beside the call of an op."""
SAMPLES: Final = 1 << 10
"""So many entries of a larger array are remembered."""
MANY: Final = 1 << 30
WORTHWHILE: Final = 256
"""With so many multiplications for each entry, adding up all of them costs less than 2 % of a product and its gradient."""


def read_in_backward(op: Op) -> Any:
    """Return the places of the operands that a rule of an op reads: all of them but where its kind says otherwise."""
    if op.kind == "predicate" or op.constant_slopes:
        return range(0)
    if op.kind == "linear":  # in its first input, or in all of them together
        return range(1, MANY) if isinstance(op.vjps, list) else range(0)
    return range(1) if op.name == "where" else range(MANY)


def held(x: np.ndarray) -> np.ndarray:
    """Return the array that a record keeps: a copy of a small one."""
    return x.copy() if x.nbytes <= COPIED else x


def keep(inputs: tuple[Any, ...], values: list[Any], reads: Container[int]) -> tuple[tuple[Any, ...], bool]:
    """Return the inputs of an op with copies of the small constants that it reads, which are put among the values too; and if some are large."""
    given, large, i = [*inputs], False, -1
    ndarray = np.ndarray
    for x in inputs:  # on the path of every model
        i += 1
        if type(x) is ndarray and i in reads:
            if x.nbytes > COPIED:
                large = True
            else:
                given[i] = values[i] = x.copy()
    return (*given,), large


def hold(t: Tensor, inputs: tuple[Any, ...]) -> None:
    """Remember what the larger constants of a new result hold, if its op reads them in backward."""
    for i, x in enumerate(inputs):
        if type(x) is np.ndarray and x.nbytes > COPIED and i in read_in_backward(t.op):  # type: ignore[arg-type]  # it is a result
            if t.stamp >= 0:
                t.guard = []
                t.stamp = ~t.stamp
            t.guard.append((x, _seen(x, i, t)))


def changed(t: Tensor, now: int) -> errors.StaleGraphError | None:
    """Return the error for a result whose inputs are not what they were; None where its constants are unchanged."""
    if t.stamp >= 0 or ~t.stamp != now:
        return None if t.stamp == now else _of_leaves(t)
    for x, seen in getattr(t, "guard", ()):
        if _look(x, seen[0]) != seen[1]:
            return _of_constants(t, x)
    return None


def _seen(x: np.ndarray, i: int, t: Tensor) -> tuple[str, Any]:
    how = "all" if RECORDING.get() == REMEMBER_LINES else "sum" if _in_a_large_product(x, i, t) else "some"
    return how, _look(x, how)


def _in_a_large_product(x: np.ndarray, i: int, t: Tensor) -> bool:
    op: Any = t.op
    if not (op.kind == "bilinear" or op.name == "dense") or x.ndim < 2 or not x.flags.c_contiguous:
        return False
    return bool(t.value.size * x.shape[-1 if i == 0 else -2] >= WORTHWHILE * x.size)


def _look(x: np.ndarray, how: str) -> Any:
    if how == "all":
        return zlib.crc32(np.ascontiguousarray(x).tobytes())
    flat = x.reshape(-1) if x.flags.c_contiguous else x.flat
    some = np.asarray(flat[:: max(x.size // SAMPLES, 1)]).tobytes()
    if how == "some":
        return some
    words = x.reshape(-1).view(np.uint32 if x.itemsize % 8 else np.uint64)
    return some, int(np.add.reduce(words, dtype=np.uint64))


def _of_constants(t: Tensor, x: np.ndarray) -> errors.StaleGraphError:
    op: Any = t.op
    rule, got = "a constant must keep its values until backward", f"new values in the array of shape {x.shape}"
    return errors.StaleGraphError(errors.say(op.name, rule, got, "a.copy() in place of a, or a new array for new values"))


def _of_leaves(t: Tensor) -> errors.StaleGraphError:
    """Return the error for a graph whose leaf was given new values after it was recorded."""
    changed = dict.fromkeys(repr(x.name) if x.name else f"of shape {x.shape}" for x in t.inputs if type(x) is Tensor and x.version)
    names = " and ".join(changed)
    return errors.StaleGraphError(
        errors.say(
            t.node[0].name,
            "its inputs must keep their values until backward",
            f"new values in the leaf {names}",
            "y = f(x) again after x.data = ..., then y.backward()",
        )
    )
