"""Turn an op into the function people call: run the forward, and record it where a gradient may be asked for.

These closures are on the path of every operation, so they are written out for one and two inputs.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.context import RECORDING, REMEMBER_LINES
from tinygrad_loss.engine.debug import watch
from tinygrad_loss.engine.half import HALF, in_single, widens
from tinygrad_loss.engine.held import held, hold, keep, read_in_backward
from tinygrad_loss.engine.kind import Kind, foreign
from tinygrad_loss.engine.masked import refuse_masked
from tinygrad_loss.engine.op import Array, Op
from tinygrad_loss.engine.tensor import NEEDS_GRAD, TRACED, Tensor
from tinygrad_loss.engine.values import Values

__all__ = ["caller", "constant"]

PLAIN: Final = frozenset({float, int, bool, np.ndarray, np.float64, np.float32, np.int64, np.bool_})
"""Types that an op takes as they are: numbers stay weak (they do not promote float32), arrays are held by reference."""
NUMERIC: Final = PLAIN - {np.ndarray}
"""Those of them that nobody can write into."""
NUMBERS: Final = frozenset({np.ndarray, np.float64, np.float32})
"""Types of NumPy's own that stand for an operand: with one of them first, a call has nothing to put right."""
REAL: Final = "biuf"

_new = Tensor.__new__


def caller(op: Op, arity: int | None) -> Callable[..., Array]:
    """Return the function that people call for ``op``."""
    if arity == 1:
        return _unary(op)
    if arity == 2:
        return _binary(op)
    return _general(op)


def constant(x: Any, op: str, beside: Array = None) -> Array:
    """Return ``x`` as an operand: numbers and arrays as they are, lists as arrays; refuse what is not numeric."""
    if type(x) in PLAIN or isinstance(x, Kind):
        return x
    if type(x) is complex:
        return np.complex128(x) if type(beside) is np.float64 else x  # a float64 is a Python float: the two would make a Python number
    if isinstance(x, int):  # of a kind of its own, such as an IntEnum: a Python number, too, and no array, which would decide the dtype
        return int(x)
    refuse_masked(op, (x,))
    try:
        array = np.asarray(x)
    except ValueError:
        rule = "operands must be real numbers, nested lists with rows of equal length"
        raise errors.ShapeError(errors.say(op, rule, type(x).__name__, "np.asarray(operand, dtype=np.float64)")) from None
    if array.dtype.kind not in REAL and not (array.dtype.kind == "c" and isinstance(x, np.ndarray | np.generic)):
        raise errors.of_dtype(op, "operands must be real numbers", array, "np.asarray(operand, dtype=np.float64)", "operand")
    return x if isinstance(x, np.ndarray | np.generic) and type(x) is not Values else array


def _operand(x: Any, op: Op, kept: int, beside: Array = None) -> Array:
    """Return a constant as an operand; one that backward reads is ``kept`` from changes."""
    if type(x) is np.ndarray:
        return held(x) if kept else x
    return constant(x, op.name, beside)


def _mask(op: Op) -> int:
    """Return the bits that a result may inherit: a predicate's result is traced, but has no gradient."""
    return TRACED if op.kind == "predicate" else TRACED | NEEDS_GRAD


def _widened_in(op: Op) -> np.dtype[Any] | None:
    """Return the dtype that an op computes in float32: none where it asks what a number is, or is the cast itself."""
    return None if op.kind == "predicate" or op.name == "astype" else HALF


def _unary(op: Op) -> Callable[..., Array]:
    forward, mask, recording, half = op.forward, _mask(op), RECORDING.get, _widened_in(op)

    def call(x: Array) -> Array:
        if type(x) is not Tensor:
            return forward(x) if type(x) is np.ndarray and x.dtype is not half else _without_tensor(op, (x,), {})
        value = x.value
        if value.dtype is half:
            return in_single(call, (x,), {})
        t = _new(Tensor)
        t.value = forward(value)
        track = x.track & mask
        if track and (mode := recording()):
            t.op = op
            t.first, t.second = x, None
            t.stamp = x.version
            t.track = track
            t.version = 0
            if mode == REMEMBER_LINES:
                watch(t)
        else:
            t.op = None
            t.track = t.version = 0
        return t

    return call


def _binary(op: Op) -> Callable[..., Array]:  # noqa: C901  the path of every op: its branches are written out
    forward, mask, recording, half = op.forward, _mask(op), RECORDING.get, _widened_in(op)
    reads = bool(read_in_backward(op))

    def call(a: Array, b: Array) -> Array:  # noqa: C901, PLR0912
        if type(a) is Tensor:
            if type(b) is Tensor:
                x, z = a.value, b.value
                track = (a.track | b.track) & mask
                version = a.version + b.version
            else:
                if type(b) not in NUMERIC:
                    b = _operand(b, op, reads and a.track & NEEDS_GRAD)
                x, z = a.value, b
                track = a.track & mask
                version = a.version
        elif type(b) is Tensor:
            if type(a) not in NUMERIC:
                a = _operand(a, op, reads and b.track & NEEDS_GRAD, b.value)
            x, z = a, b.value
            track = b.track & mask
            version = b.version
        else:
            return _without_tensor(op, (a, b), {})
        if ((type(a) is Tensor and x.dtype is half) or (type(b) is Tensor and z.dtype is half)) and widens((a, b)):
            return in_single(call, (a, b), {})
        t = _new(Tensor)
        try:
            t.value = forward(x, z)
        except ValueError as error:
            raise explain(error, op, (x, z)) from None
        if track and (mode := recording()):
            t.op = op
            t.first, t.second = a, b
            t.stamp = version
            t.track = track
            t.version = 0
            if reads and (type(a) is np.ndarray or type(b) is np.ndarray):
                hold(t, (a, b))
            if mode == REMEMBER_LINES:
                watch(t)
        else:
            t.op = None
            t.track = t.version = 0
        return t

    return call


def _general(op: Op) -> Callable[..., Array]:  # noqa: C901  the path of every op: its branches are written out
    forward, mask, recording, half = op.forward, _mask(op), RECORDING.get, _widened_in(op)
    reads, ndarray = read_in_backward(op), np.ndarray
    # Numbers chosen by a recorded condition are a step function of what was compared: slope 0 beside its jumps, like floor.
    steers = op.choices is not None and op.choices[0] is None

    def call(*inputs: Array, **static: Any) -> Array:  # noqa: C901, PLR0912
        track = version = 0
        values, found, usual, narrow = [], False, True, False
        for x in inputs:
            if type(x) is Tensor:
                found = True
                track |= x.track
                version += x.version
                x = x.value  # noqa: PLW2901
                narrow = narrow or x.dtype is half
            if type(x) not in PLAIN:
                usual = False
            values.append(x)
        if not usual:
            refuse_masked(op.name, static.values())
            inputs = tuple(x if type(x) is Tensor or type(x) in PLAIN else constant(x, op.name) for x in inputs)
            values = [x.value if type(x) is Tensor else x for x in inputs]
        if narrow and widens((*inputs, *static.values())):
            return in_single(call, inputs, static)
        large = False
        if track & NEEDS_GRAD and reads and ndarray in map(type, inputs):
            inputs, large = keep(inputs, values, reads)
        if not found and not (usual and values and type(values[0]) in NUMBERS and values[0].dtype is not half):
            return _without_tensor(op, tuple(values), static)
        other = None if usual else foreign(values)
        try:
            y = forward(*values, **static) if other is None else other.apply(op, tuple(values), static)
        except ValueError as error:
            raise explain(error, op, tuple(values)) from None
        if not found:
            return y
        t = _new(Tensor)
        t.value = y
        track &= mask
        if steers and track and t.value.dtype.kind == "f":
            track = TRACED | NEEDS_GRAD
        if track and (mode := recording()):
            t.op = op
            t.first, t.second, t.static = inputs, ..., static or None
            t.stamp = version
            t.track = track
            t.version = 0
            if large:
                hold(t, inputs)
            if mode == REMEMBER_LINES:
                watch(t)
        else:
            t.op = None
            t.track = t.version = 0
        return t

    return call


def _without_tensor(op: Op, inputs: tuple[Array, ...], static: dict[str, Any]) -> Array:
    """Arrays in, arrays out; another kind decides for itself."""
    if not PLAIN.issuperset(map(type, inputs)) or type(inputs[0]) not in NUMBERS:
        kind = foreign(inputs)
        if kind is not None:
            return kind.apply(op, inputs, static)
        inputs = tuple(constant(x, op.name) for x in inputs)
        refuse_masked(op.name, static.values())
        if not any(hasattr(x, "dtype") for x in inputs):
            inputs = tuple(np.float64(x) if type(x) is float or type(x) is int else x for x in inputs)
    if _widened_in(op) and widens(inputs):
        return in_single(op.forward, inputs, static)
    try:
        return op.forward(*inputs, **static)
    except ValueError as error:
        raise explain(error, op, inputs) from None


def _turned(name: str, a: tuple[int, ...], b: tuple[int, ...]) -> str:
    """Return the product of matrices with the one turned that makes them fit, where one does."""
    inner = a[-1], b[-2 if len(b) > 1 else -1]
    if name != "matmul":
        return f"b of shape {(*b[:-2], inner[0], *b[-1:]) if len(b) > 1 else (inner[0],)}"
    if len(b) > 1 and b[-1] == inner[0]:
        return "a @ np.swapaxes(b, -1, -2)"
    if len(a) > 1 and a[-2] == inner[1]:
        return "np.swapaxes(a, -1, -2) @ b"
    return f"a @ b with b of shape {(inner[0], *b[-1:]) if len(b) > 1 else (inner[0],)}"


def explain(error: ValueError, op: Op, values: tuple[Array, ...]) -> ValueError:
    """Word NumPy's complaint about shapes with the op and a way out; leave every other error as it is."""
    if isinstance(error, errors.TinygradLossError):
        return error
    if isinstance(error, np.linalg.LinAlgError):
        return errors.matrix(op.name, str(error), [np.shape(v) for v in values])
    text = str(error)
    arrays = [np.shape(v) for v in values]
    if "broadcast" in text:
        rule = "shapes must broadcast: equal lengths, or 1, axis by axis from the right"
        leading = [shape[:-2] for shape in arrays] if "remapped" in text else arrays
        differ = mismatch.unaligned(mismatch.in_order(leading))
        return errors.shapes(op.name, rule, arrays, mismatch.stretched(leading), differ)
    if "matmul" in text or "mismatch in its core dimension" in text or "not aligned" in text:
        rule = "the last axis of the first must be as long as the last but one of the second"
        axes = [len(shape) for shape in arrays]
        instead = "np.multiply(a, b)" if min(axes) == 0 else "np.outer(a, b)" if max(axes) == 1 else _turned(op.name, *arrays[:2])
        return errors.shapes(
            op.name, rule, arrays, instead, mismatch.unlike(("operand 1", arrays[0], -1), ("operand 2", arrays[1], -min(2, axes[1])))
        )
    numpys = errors.of_numpy(op.name).get(op.name, "").removeprefix("type ")
    instead = f"help({numpys})" if numpys else f"tinygrad-loss ops {op.name}"
    differ = mismatch.unequal(mismatch.in_order(arrays)) if "same shape" in text else ""
    return errors.shapes(op.name, text, arrays, instead, differ)
