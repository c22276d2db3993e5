"""The checks that a loss declares: each is written once, and says what came, which rule it broke, and the line to type."""

import math
import sys
import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.casting import cast
from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.masked import refuse_masked
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import NEEDS_GRAD, TRACED, Tensor, is_constant
from tinygrad_loss.nonsmooth.departure import departed

__all__ = [
    "alike", "all_below", "classes_or_probabilities", "fits_in", "in_range", "in_unit_interval", "labels_or_none", "left_out", "no_nan",
    "of_array", "of_one_dtype", "ready", "same_shape", "shape_of_weights", "value_of", "warn_caller", "weights_of_numbers", "whole", "within", "written",
]  # fmt: skip

PACKAGE: Final = __name__.partition(".")[0]


def warn_caller(message: str, kind: type[Warning]) -> None:
    """Warn at the line outside the package that led here."""
    level, frame = 1, sys._getframe(0)  # noqa: SLF001  warnings' own option for this is newer than the oldest Python supported
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == PACKAGE:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, kind, stacklevel=level)


def written(where: str, names: Sequence[str], changed: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the call of a loss as one types it, with some of its arguments changed."""
    return f"tl.losses.{where}({', '.join(changed.get(name, name) for name in names)})"


def as_real(name: str, dtype: Any, wanted: str = "np.float64") -> str:
    """Return the line that makes real numbers of an array."""
    return f"{name}.real" if dtype.kind == "c" else f"{name}.astype({wanted})"


def of_array(x: Any, where: str, what: str = "input") -> Array:
    """Return a floating array or tensor as it is, and lists as arrays; refuse what is not made of real numbers."""
    if type(x) is Tensor:
        kind = x.value.dtype.kind
    elif type(x) is np.ndarray:
        kind = x.dtype.kind
    else:
        x = np.asarray(x)
        if x.dtype.kind in "iu":
            x = x.astype(np.float64)
        kind = x.dtype.kind
    if kind != "f":
        raise errors.of_dtype(where, f"{what} must be floating numbers", x, as_real(what, x.dtype, "np.float32"), what)
    return x


def of_one_dtype(where: str, given: Sequence[Any], names: Sequence[str]) -> Sequence[Any]:
    """Return the arrays with every floating constant in the dtype of what is differentiated: the first that requires grad, or the first."""
    z = given[0]
    if type(z) is Tensor and z.track & NEEDS_GRAD:
        dtype = z.value.dtype
        for x in given[1:]:
            if (type(x) is not np.ndarray and type(x) is not Tensor) or (x.dtype is not dtype and x.dtype.kind == "f"):
                break
        else:
            return given
    refuse_masked(where, given)
    lead = next((x for x in given if type(x) is Tensor and x.track & NEEDS_GRAD), z)
    dtype = lead.dtype if hasattr(lead, "dtype") else np.asarray(lead).dtype
    return [constant_in(dtype, x, where, name) for x, name in zip(given, names, strict=False)] if dtype.kind == "f" else given


def constant_in(dtype: Any, x: Any, where: str, name: str) -> Any:
    """Return a floating constant in ``dtype``, and anything else as it is."""
    array: Any = x if isinstance(x, Kind) else np.asarray(x)
    if array.dtype.kind != "f" or array.dtype == dtype or not is_constant(array):
        return x
    return cast(where, name, array, dtype, f"input.astype(np.{array.dtype})")


def value_of(x: Array) -> Array:
    """Return the numbers of an array or tensor, for a look that is not recorded."""
    return x.value if type(x) is Tensor else x


def read(x: Array, where: str) -> Array:
    """Return the numbers of an array or tensor, for good: where they stand at a tie that is noticed."""
    if type(x) is Tensor and x.track == TRACED:
        departed(x, where)
    return value_of(x)


def same_shape(where: str, given: Sequence[Array], names: Sequence[str]) -> None:
    """Refuse unequal shapes: (N, 1) against (N,) would be N * N pairs."""
    shape = given[0].shape
    for x in given[1:]:
        if x.shape != shape:
            raise unequal(where, given, names)
    if 0 in shape:
        raise empty(where, shape)


def unequal(where: str, given: Sequence[Array], names: Sequence[str], besides: int = 0) -> errors.ShapeError:
    """Return the error for unequal shapes (``besides`` those of an argument that has its own), with the line that mends the usual cause."""
    a = given[0].shape
    name, b = next((n, x.shape) for i, (n, x) in enumerate(zip(names, given, strict=False)) if x.shape != a and i != (besides or None))
    if a == (*b, 1):
        instead = written(where, names, {names[0]: f"{names[0]}[..., 0]"})
    elif b == (*a, 1):
        instead = written(where, names, {name: f"{name}[..., 0]"})
    elif math.prod(a) == math.prod(b):
        instead = written(where, names, {name: f"{name}.reshape({names[0]}.shape)"})
    else:
        instead = repeated(where, names, names[0], name, (a, b)) or f"{written(where, names)} with {name} of shape {a}"
    return errors.misfits(
        where,
        f"{names[0]} and {name} must have the same shape, nothing is broadcast in silence",
        {names[0]: a, name: b},
        instead,
        mismatch.unequal,
    )


def repeated(where: str, names: Sequence[str], first: str, second: str, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> str:
    """Return the line that repeats the smaller of two arrays to the shape of the other; nothing where neither fits the other."""
    if fits_in(shapes[1], shapes[0]):
        small, large = second, first
    elif fits_in(*shapes):
        small, large = first, second
    else:
        return ""
    return f"{written(where, names, {small: f'np.broadcast_to({small}, {large}.shape)'})} if that is meant"


def empty(where: str, shape: tuple[int, ...]) -> errors.ShapeError:
    """Return the error for a batch of nothing."""
    return errors.ShapeError(
        errors.say(where, "a batch must hold at least one entry", f"shape {shape}", "if len(batch): loss = ..., and skip the empty one")
    )


def ready(given: Sequence[Array]) -> bool:
    """Return whether `alike` has nothing to mend or to refuse, as in nearly every training step, unless a target is nan."""
    z = given[0]
    if type(z) is not Tensor or type(x := z.value) is not np.ndarray or x.dtype.kind != "f" or not x.size:
        return False
    shape, dtype = x.shape, x.dtype
    return all([type(t) is np.ndarray and t.dtype is dtype and t.shape == shape for t in given[1:]])  # noqa: C419  faster than a generator


def alike(
    where: str, given: Sequence[Array], names: Sequence[str], mask: Array | None, *, nan_flows: bool = False, over: slice | None = None
) -> list[Array]:
    """Check predictions and targets of one shape: floating predictions, targets without nan (or a warning, where it flows).

    The axes ``over`` are those along which a term adds up: none unless given. ``names`` may go on beyond what is given.
    """
    if len(given) == 2 and mask is None:
        z, t = given
        if type(z) is Tensor and type(t) is np.ndarray:
            x = z.value
            if x.dtype is t.dtype and x.dtype.kind == "f" and x.shape == t.shape and not math.isnan(np.vdot(t, t)) and t.size:
                return [z, t]  # as in nearly every training step: nothing to mend
    first = of_array(given[0], where, names[0])
    out = [first]
    dtype = value_of(first).dtype
    out += [as_numbers(x, dtype, where, name) for x, name in zip(given[1:], names[1:], strict=False)]
    same_shape(where, out, names)
    target = out[-1]
    no_nan(where, target, mask, names, names[len(out) - 1], flows=nan_flows, over=over)
    if type(target) is Tensor and target.track & NEEDS_GRAD and not any(type(x) is Tensor and x.track & NEEDS_GRAD for x in out[:-1]):
        swapped(where, names[: len(out)])
    return out


def as_numbers(x: Any, dtype: Any, where: str, name: str) -> Array:
    """Return a target as an array or tensor of floating numbers: whole numbers and truth values take the prediction's dtype."""
    if type(x) is not Tensor and type(x) is not np.ndarray:
        x = np.asarray(x)
    if x.dtype.kind == "f":
        return x
    if x.dtype.kind not in "biu":
        raise errors.of_dtype(where, f"{name} must be real numbers", x, as_real(name, x.dtype), name)
    return cast(where, name, x, dtype, "input.astype(np.float64)")


def swapped(where: str, names: Sequence[str]) -> None:
    """Warn that the arguments look exchanged."""
    warn_caller(
        errors.say(
            where,
            f"the {names[-1]} requires grad and the {names[0]} does not, so the two look exchanged",
            f"{where}({names[0]}, {names[-1]}) with requires_grad on the second",
            f"tl.losses.{where}(prediction, {names[-1]})",
        ),
        errors.ProvenanceWarning,
    )


def kept_values(x: Array, mask: Array | None) -> Array:
    """Return the numbers that the mask keeps, or all."""
    value = value_of(x)
    if mask is None:
        return value
    mask = np.asarray(value_of(mask)) != 0  # a mask of 0 and 1 says the same as one of truth values
    return value[mask] if mask.shape == value.shape[: mask.ndim] else value


def no_nan(
    where: str, target: Array, mask: Array | None, names: Sequence[str], name: str = "", *, flows: bool = False, over: slice | None = None
) -> None:
    """Refuse nan among the targets, the last of the arguments unless named; the dot product finds one in a single pass."""
    value = target.value if type(target) is Tensor else target
    if mask is not None:
        value = kept_values(target, mask)
    if value.dtype.kind != "f":
        return
    if math.isnan(np.vdot(value, value)):
        count = int(np.count_nonzero(np.isnan(value)))
        if count:
            name = name or names[-1]
            kept = f"where=~np.isnan({name}){_any_along(target.ndim, over)}"
            instead = written(where, (*names, kept), {name: f"np.nan_to_num({name}, nan=1.0)"})
            message = errors.say(where, f"a {name} must not be nan", f"{count} of {value.size}", instead)
            if not flows:
                raise errors.DomainError(message)
            warn_caller(message, errors.ProvenanceWarning)


def _any_along(ndim: int, over: slice | None) -> str:
    """Return how a mask of entries becomes one of terms."""
    axes = () if over is None else tuple(range(ndim))[over]
    return f".any(axis={axes[0] if len(axes) == 1 else axes})" if axes else ""


def in_range(where: str, x: Array, low: float, high: float, name: str, mask: Array | None, instead: str, *, open_low: bool = False) -> None:
    """Refuse entries outside an interval (nan in a prediction is left to flow)."""
    value = kept_values(x, mask)
    if not value.size or (low == 0 and high == 1 and not open_low and in_unit_interval(value)):
        return
    least, most = np.minimum.reduce(value, None), np.maximum.reduce(value, None)
    if least < low or most > high or (open_low and least == low):
        worst = least if least < low or (open_low and least == low) else most
        interval = f"{'(' if open_low else '['}{low:g}, {high:g}{')' if high == np.inf else ']'}"
        raise errors.DomainError(errors.say(where, f"{name} must lie in {interval}", f"{worst:.6g}", instead))


INTERVALS: Final = {
    "positive": (0.0, np.inf, True),
    "nonnegative": (0.0, np.inf, False),
    "above -1": (-1.0, np.inf, True),
    "probability": (0.0, 1.0, False),
    "binary": (0.0, 1.0, False),
    "count": (0.0, np.inf, False),
}
ADVICE: Final = {
    "positive": "np.exp({name}) or tl.ops.softplus({name})",
    "nonnegative": "np.maximum({name}, 0.0)",
    "above -1": "np.maximum({name}, 0.0)",
    "probability": "tl.ops.expit({name}), if these are scores",
    "binary": "({name} > 0).astype(float)",
    "count": "np.maximum({name}, 0.0)",
}
OBSERVED: Final = {
    "positive": "where={name} > 0, which leaves the others out",
    "nonnegative": "where={name} >= 0, which leaves the others out",
    "above -1": "where={name} > -1, which leaves the others out",
    "count": "where={name} >= 0, which leaves the others out",
}
"""What was observed cannot be made to fit as a prediction can."""


def in_domain(where: str, x: Array, domain: str, name: str, mask: Array | None, *, instead: str = "") -> None:
    """Refuse entries outside a declared domain."""
    if domain == "sign":
        value = kept_values(x, mask)
        wrong = value[np.abs(value) != 1]
        if wrong.size:
            raise errors.DomainError(
                errors.say(where, f"{name} must be -1 or +1", f"{wrong.flat[0]:.6g}", f"2 * {name} - 1, if {name} is 0 or 1")
            )
    elif domain in INTERVALS:
        low, high, is_open = INTERVALS[domain]
        advice = (OBSERVED if name in ("target", "time") and domain in OBSERVED else ADVICE)[domain].format(name=name)
        in_range(where, x, low, high, name, mask, instead or advice, open_low=is_open)


def within(given_domain: str, target_domain: str) -> Any:
    """Return the check of predictions and targets of one shape, each within its domain."""

    def check(where: str, given: Sequence[Array], names: Sequence[str], mask: Array | None) -> list[Array]:
        arrays = alike(where, given, names, mask)
        for x, name in zip(arrays[:-1], names, strict=False):
            in_domain(where, x, given_domain, name, mask)
        in_domain(where, arrays[-1], target_domain, names[-1], mask)
        return arrays

    return check


UNSIGNED: Final = {np.dtype(f"i{size}"): np.dtype(f"u{size}") for size in (1, 2, 4, 8)}
BITS_OF_ONE: Final = {np.dtype(f"f{size}"): np.ones(1, f"f{size}").view(f"u{size}")[0] for size in (2, 4, 8)}


def all_below(index: np.ndarray, classes: int) -> bool:
    """Return whether all indices lie in 0 to ``classes`` - 1: read without its sign, a negative one is large."""
    unsigned = index.view(UNSIGNED.get(index.dtype, index.dtype))
    return bool(unsigned.item(unsigned.argmax()) < classes)  # twice as fast as a maximum on few, and not slower on many


def labels_or_none(index: np.ndarray, classes: int) -> bool:
    """Return whether all indices lie in -1 to ``classes`` - 1."""
    return bool(index.item(index.argmin()) >= -1 and index.item(index.argmax()) < classes)


def in_unit_interval(x: Array) -> bool:
    """Return whether all entries obviously lie in [0, 1]: read as whole numbers floats keep their order, and what has a sign or is nan is large."""
    one = BITS_OF_ONE.get(x.dtype)
    return one is not None and bool(np.maximum.reduce(x.view(one.dtype), None) <= one)


def whole(where: str, index: Array, classes: int, ignore: int | None, name: str = "target", counted: str = "input") -> Array:
    """Return class indices as an integer array; refuse one outside 0 to C - 1 that is not ignored."""
    index = read(index, where)
    if type(index) is not np.ndarray:
        index = np.asarray(index)
    if index.dtype.kind not in "iu":
        if index.dtype.kind == "b":
            return index.astype(np.int64)
        raise errors.DTypeError(errors.say(where, f"{name} must be whole numbers", f"dtype {index.dtype}", f"{name}.astype(np.int64)"))
    if not index.size:
        raise empty(where, index.shape)
    if not all_below(index, classes):
        bad = (
            index[((index < 0) | (index >= classes)) & (index != ignore)] if ignore is not None else index[(index < 0) | (index >= classes)]
        )
        if bad.size:
            inside = f"the rows with ({name} >= 0) & ({name} < {classes})"
            leave_out = inside if ignore is None else f"ignore_index={int(bad.flat[0])} to leave it out"
            raise errors.DomainError(
                errors.say(
                    where,
                    f"a class index must lie in 0 to {classes - 1}, because {counted} has {classes} classes",
                    f"{int(bad.flat[0])}",
                    f"{name} - {name}.min() if classes are counted from 1, or {leave_out}",
                )
            )
    return index


def classes_or_probabilities(where: str, z: Array, target: Any, axis: int, arguments: str = "input") -> bool:
    """Return whether the target holds class indices; refuse shapes that fit neither form, in words of the loss's arguments."""
    scores = "input's" if arguments == "input" else "the scores'"
    shape = z.shape
    indices = shape[:axis] + shape[axis + 1 :]
    t = value_of(target)
    if t.dtype.kind in "biu":
        if t.shape != indices:
            if t.shape == shape:
                instead = f"tl.losses.{where}({arguments}, np.argmax(target, axis={axis})), or target.astype(input.dtype) for probabilities"
            elif t.size == math.prod(indices):
                instead = f"tl.losses.{where}({arguments}, target.reshape({indices}))"
            else:
                instead = f"tl.losses.{where}({arguments}, target) with target of shape {indices}"
            rule = f"class indices must have {scores} shape without its class axis {axis}, {indices}"
            raise errors.shapes(where, rule, (t.shape,), instead, mismatch.not_of_shape("target", t.shape, indices))
        return True
    if t.dtype.kind != "f" and t.shape == indices:
        raise errors.DTypeError(errors.say(where, "target must be real numbers", f"dtype {t.dtype}", "target.astype(np.int64)"))
    if t.dtype.kind != "f":
        raise errors.of_dtype(where, "target must be real numbers", t, as_real("target", t.dtype), "target")
    if t.shape != shape:
        instead = (
            f"tl.losses.{where}({arguments}, target.astype(np.int64))"
            if t.shape == indices
            else f"tl.losses.{where}({arguments}, target) with target of shape {shape}, or whole-number classes of shape {indices}"
        )
        raise errors.shapes(
            where,
            f"a floating target holds class probabilities, and must have {scores} shape",
            (t.shape, shape),
            instead,
            mismatch.not_of_shape("target", t.shape, shape),
        )
    return False


def weights_of_numbers(where: str, name: str, w: Any) -> Array:
    """Return weights (or a mask) as an array or tensor; refuse what is not made of real numbers."""
    refuse_masked(where, (w,))
    w = w if isinstance(w, Tensor | np.ndarray) else np.asarray(w)
    if value_of(w).dtype.kind not in "biuf":
        raise errors.of_dtype(where, f"{name} must be real numbers", w, as_real(name, w.dtype), name)
    return w


def fits_in(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Return whether the first shape broadcasts to the second."""
    return len(small) <= len(large) and all(a in (1, b) for a, b in zip(small[::-1], large[::-1], strict=False))


def left_out(where: str, x: Array, mask: Array | None) -> Array:
    """Return an array with 1 where a mask leaves it out: nothing there is wrong."""
    if mask is None:
        return x
    return np.where(shape_of_weights(where, "where", np.asarray(value_of(mask)), x.shape), x, 1.0)


def shape_of_weights(where: str, name: str, w: Array, shape: tuple[int, ...]) -> Array:
    """Give weights (or a mask) of the leading axes the number of axes of the terms."""
    w = weights_of_numbers(where, name, w)
    if w.shape == shape:
        return w
    if w.shape == shape[: w.ndim] and w.ndim:
        return w.reshape(w.shape + (1,) * (len(shape) - w.ndim))
    instead = f"{name}=np.broadcast_to({name}, {shape})" if fits_in(w.shape, shape) else f"{name} of shape {shape}"
    raise errors.shapes(
        where,
        f"{name} must have the shape of the terms, or of their first axes",
        (w.shape, shape),
        instead,
        mismatch.not_of_shape(name, w.shape, shape),
    )
