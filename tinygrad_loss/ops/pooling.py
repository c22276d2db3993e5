"""Pooling: the largest, or the mean, of each window."""

import math
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.context import RECORDING
from tinygrad_loss.engine.declare import custom, linear, predicate, unscreened
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.convolution import refuse_large
from tinygrad_loss.ops.handover import Kept
from tinygrad_loss.ops.properties import values
from tinygrad_loss.ops.settings import each_axis, positive
from tinygrad_loss.ops.windows import Geometry, batch_first, batch_last, padded

__all__ = ["avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool1d", "max_pool2d", "max_pool3d"]

LOWEST: Final = -1e300
"""Less than every entry, and finite."""
ENTRIES: Final = 1 << 18
"""About how many entries are compared at a time: the second-level cache holds them."""
PLACES: Final = Kept()
"""Where the largest entries were, by image: a recorded forward finds them while it has the entries at hand."""

# ---- the kernels of the maximum: batch last, one entry of all windows at a time -----------------------------------------


def _images(x: np.ndarray, geometry: Geometry, fill: float = 0.0) -> np.ndarray:
    return padded(batch_last(x), geometry, fill=fill)


def _entries(full: np.ndarray, geometry: Geometry, count: tuple[int, ...]) -> list[np.ndarray]:
    """Return the entries of all windows as views, in the order of the kernel."""
    return [full[(slice(None), *geometry.slices(offset, count))] for offset in geometry.offsets()]


def _largest(x: np.ndarray, geometry: Geometry) -> np.ndarray:
    recorded = RECORDING.get() > 0
    best, place = _compare(x, geometry, placed=recorded)
    PLACES.keep(x, place if recorded else None, under=geometry)
    return best


def _winner(x: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Return which entry of each window is the first of the largest, by its place in the kernel; nan is larger than any number."""
    kept = PLACES.find(x, under=geometry)
    return _compare(x, geometry, placed=True)[1] if kept is None else kept


def _compare(x: np.ndarray, geometry: Geometry, *, placed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest entry of each window, and if asked for its place: some channels at a time, which the cache holds."""
    full, count = _images(x, geometry, -math.inf), geometry.count(x.shape[2:])
    best = np.empty((len(full), *count, len(x)), x.dtype)
    place = np.zeros(best.shape if placed else 0, np.uint8 if math.prod(geometry.kernel) <= 256 else np.intp)
    step = max(1, ENTRIES // max(full[:1].size, 1))
    for at in (slice(i, i + step) for i in range(0, len(full), step)):
        entries = _entries(full[at], geometry, count)
        _best(entries, best[at])
        if placed:
            _place(entries, best[at], place[at])
    return batch_first(best), batch_first(place)


def _best(entries: list[np.ndarray], out: np.ndarray) -> None:
    np.maximum(entries[0], entries[min(1, len(entries) - 1)], out=out)
    for entry in entries[2:]:
        np.maximum(out, entry, out=out)


def _place(entries: list[np.ndarray], best: np.ndarray, out: np.ndarray) -> None:
    missing = np.isnan(best).any()
    # From the last but one entry to the first: 0 where the entry is the largest, else one more than among the entries after it.
    for entry in entries[-2::-1]:
        out += 1
        out *= (entry != best) & ~np.isnan(entry) if missing else entry != best


def _pick(t: np.ndarray, place: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Return one entry of ``t`` in each window."""
    at = batch_last(place)
    picked = np.zeros(at.shape, t.dtype)
    for k, entry in enumerate(_entries(_images(t, geometry), geometry, place.shape[2:])):
        np.copyto(picked, entry, where=at == k)
    return batch_first(picked)


def _put(g: np.ndarray, place: np.ndarray, geometry: Geometry, size: tuple[int, ...]) -> np.ndarray:
    """Add each entry of ``g`` at one place in its window: the transpose of `_pick`."""
    rows, at = np.ascontiguousarray(batch_last(g)), batch_last(place)
    shape = (g.shape[1], *geometry.wide(size), len(g))
    apart = all(span <= step for span, step in zip(geometry.spans, geometry.stride, strict=True)) and math.isfinite(np.vdot(rows, rows))
    tiled = apart and geometry.kernel == geometry.stride and math.prod(shape) == g.size * math.prod(geometry.kernel)
    into = np.empty(shape, g.dtype) if tiled else np.zeros(shape, g.dtype)
    for k, entry in enumerate(_entries(into, geometry, g.shape[2:])):
        if apart:
            np.multiply(rows, at == k, out=entry)
        else:
            np.add(entry, rows, out=entry, where=at == k)
    return batch_first(into[geometry.inside(size)])


def _tied(y: np.ndarray, x: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Return True for windows in which several entries are largest."""
    best = batch_last(y)
    hits = np.zeros(best.shape, np.int64)
    for entry in _entries(_images(x, geometry, -math.inf), geometry, y.shape[2:]):
        hits += entry == best
    return batch_first(hits > 1)


# ---- the ops --------------------------------------------------------------------------------------------------------------

max_pick: Rule = linear(
    "max_pick",
    _pick,
    lambda g, t, place, geometry: max_put(g, place, geometry=geometry, size=t.shape[2:]),
    doc="one entry of each window",
)
max_put: Rule = linear(
    "max_put",
    _put,
    lambda t, _g, place, geometry, size: max_pick(t, place, geometry=geometry),
    doc="zeros, with entries added at one place of each window",
)


def _windows(x: Array, geometry: Geometry) -> Array:
    """Return the entries of all windows along axis 0, by NumPy calls that every kind of array answers."""
    full = np.pad(x, [(0, 0), (0, 0), *geometry.padding], constant_values=LOWEST)
    count = geometry.count(x.shape[2:])
    whole = (slice(None), slice(None))
    return np.stack([full[(*whole, *geometry.slices(offset, count))] for offset in geometry.offsets()])


max_tied = predicate("max_tied", _tied, arity=None, doc="whether several entries of a window are largest")
max_winner = predicate(
    "max_winner",
    _winner,
    arity=None,
    facts=Facts(
        nature="jump",
        tie=lambda place, x, geometry: max_tied(max_pick(x, place, geometry=geometry), x, geometry=geometry),
        near=lambda x, geometry: np.argmax(_windows(x, geometry), axis=0),
    ),
    doc="which entry of each window is largest",
)
first_winner = predicate("first_winner", _winner, arity=None, doc="which entry of each window is the first of the largest")


def _max_vjp(winner: Rule) -> Rule:
    return lambda g, _y, x, geometry: max_put(g, winner(x, geometry=geometry), geometry=geometry, size=x.shape[2:])


def _max_jvp(winner: Rule) -> Rule:
    return lambda dx, _y, x, geometry: max_pick(dx[0], winner(x, geometry=geometry), geometry=geometry)


max_pool = custom(
    "max_pool",
    _largest,
    [_max_vjp(max_winner)],
    _max_jvp(max_winner),
    facts=Facts(
        nature="kink",
        tie=lambda y, x, geometry: max_tied(y, x, geometry=geometry),
        near=lambda x, geometry: np.max(_windows(x, geometry), axis=0),
        spelt_out=True,
    ),
    doc=r"\max_k x_{s p + k}, the largest entry of each window",
)
max_pool_layer = unscreened(
    max_pool,
    vjps=[_max_vjp(first_winner)],
    jvp=_max_jvp(first_winner),
    doc=r"\max_k x_{s p + k}, by convention the first of the largest entries, unchecked",
)


def _window_sums(x: np.ndarray, geometry: Geometry) -> np.ndarray:
    first, *others = _entries(_images(x, geometry), geometry, geometry.count(x.shape[2:]))
    total = np.array(first) if not others else first + others[0]
    for entry in others[1:]:
        total += entry
    return batch_first(total)


def _window_spread(g: np.ndarray, geometry: Geometry, size: tuple[int, ...]) -> np.ndarray:
    into = np.zeros((g.shape[1], *geometry.wide(size), len(g)), g.dtype)
    rows = batch_last(g)
    for entry in _entries(into, geometry, g.shape[2:]):
        np.add(entry, rows, out=entry)
    return batch_first(into[geometry.inside(size)])


window_sums: Rule = linear(
    "window_sums",
    _window_sums,
    lambda g, x, geometry: window_spread(g, geometry=geometry, size=x.shape[2:]),
    doc=r"\sum_k x_{s p + k}, the sum of each window",
)
window_spread: Rule = linear(
    "window_spread",
    _window_spread,
    lambda x, _g, geometry, size: window_sums(x, geometry=geometry),
    doc="each entry added to its whole window",
)

# ---- what people call -----------------------------------------------------------------------------------------------------


def _geometry(
    op: str, dims: int, x: Array, kernel_size: Any, stride: Any, padding: Any, dilation: Any, *, ceil_mode: bool
) -> tuple[Geometry, tuple[tuple[int, int], ...]]:
    """Return where the windows lie, and the padding that was asked for: ``ceil_mode`` adds more behind it."""
    kernel = positive(kernel_size, dims, op, "kernel_size")
    strides = positive(kernel if stride is None or (isinstance(stride, tuple | list) and not len(stride)) else stride, dims, op, "stride")
    pads, dilations = each_axis(padding, dims, op, "padding"), positive(dilation, dims, op, "dilation")
    if any(not 0 <= p <= k // 2 for p, k in zip(pads, kernel, strict=True)):
        raise errors.DomainError(
            errors.say(
                op,
                "padding must be at least 0 and at most half the kernel",
                f"padding={padding} for kernel {kernel}",
                f"padding={kernel[0] // 2}",
            )
        )
    asked = tuple((p, p) for p in pads)
    geometry = Geometry(kernel, strides, asked, dilations)
    refuse_large(op, x, geometry)
    if not ceil_mode:
        return geometry, asked
    behind = []
    for n, p, span, s in zip(x.shape[2:], pads, geometry.spans, strides, strict=True):
        count = -(-(n + 2 * p - span) // s) + 1
        count -= (count - 1) * s >= n + p  # a window must start inside the image or the padding before it
        behind.append((p, max((count - 1) * s + span - n - p, p if (count - 1) * s + span > n + p else 0, 0)))
    return Geometry(kernel, strides, tuple(behind), dilations), asked


def _batched(op: str, dims: int, x: Array) -> tuple[Array, bool]:
    x = x if hasattr(x, "ndim") else np.asarray(x)
    if x.ndim not in {dims + 1, dims + 2}:
        instead = "x[None]" if x.ndim == dims else f"x of shape (N, C{', n' * dims})"
        raise errors.shapes(op, f"the input has {dims} axes after batch and channels", [x.shape], instead)
    return (x, False) if x.ndim == dims + 2 else (x[None], True)


def max_pooled(
    dims: int, x: Array, kernel_size: Any, stride: Any, padding: Any, dilation: Any, *, ceil_mode: bool, return_indices: bool, pool: Rule
) -> Any:
    """Return the largest entry of each window by one of the two ops, and where it was."""
    op = f"max_pool{dims}d"
    x, single = _batched(op, dims, x)
    geometry, _ = _geometry(op, dims, x, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)
    y = pool(x, geometry=geometry)
    if single:
        y = y[0]
    if not return_indices:
        return y
    plain = values(x)
    places = np.broadcast_to(np.arange(math.prod(x.shape[2:])).reshape(x.shape[2:]), x.shape)
    found = _pick(places, _winner(plain, geometry), geometry)
    return y, found[0] if single else found


def _averaged(
    dims: int, x: Array, kernel_size: Any, stride: Any, padding: Any, *, ceil_mode: bool, count_include_pad: bool, divisor: int | None
) -> Array:
    op = f"avg_pool{dims}d"
    x, single = _batched(op, dims, x)
    geometry, asked = _geometry(op, dims, x, kernel_size, stride, padding, 1, ceil_mode=ceil_mode)
    if divisor == 0:
        raise errors.DomainError(errors.say(op, "divisor_override must not be 0", "0", "divisor_override=None"))
    total = window_sums(x, geometry=geometry)
    if divisor is not None:
        y = total / divisor
    elif geometry.padding == asked and (count_include_pad or not any(map(any, asked))):
        y = total / math.prod(geometry.kernel)
    else:
        y = total / _counts(x.shape[2:], geometry, asked if count_include_pad else None).astype(x.dtype)
    return y[0] if single else y


def _counts(size: tuple[int, ...], geometry: Geometry, asked: tuple[tuple[int, int], ...] | None) -> np.ndarray:
    """Return how many entries of each window count: those of the image, and with ``asked`` those of that padding."""
    ones = np.ones((1, 1, *size))
    if asked is None:
        return _window_sums(ones, geometry)
    full = np.pad(ones, [(0, 0), (0, 0), *asked], constant_values=1.0)
    more = tuple((0, hi - want) for (_, hi), (_, want) in zip(geometry.padding, asked, strict=True))
    trimmed = full[(slice(None), slice(None), *(slice(None, n + min(m, 0)) for n, (_, m) in zip(full.shape[2:], more, strict=True)))]
    rest = tuple((0, max(m, 0)) for _, m in more)
    return _window_sums(trimmed, Geometry(geometry.kernel, geometry.stride, rest, geometry.dilation))


def max_pool1d(
    input: Array,  # noqa: A002  PyTorch's name
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    r"""Return the largest entry of each window: $y_p = \max_k x_{s p + d k - \text{pad}}$.

    Where several entries are largest there is a kink; under the convention the first of them gets the gradient.

    Args:
        input: ``[N, C, L]``, or ``[C, L]``.
        kernel_size: the length of a window.
        stride: the step between windows; their length by default.
        padding: how many entries, never the largest, stand at both ends.
        dilation: the step between the entries of a window.
        ceil_mode: whether windows that hang over the end count.
        return_indices: whether to return where the largest entries were, too.

    Returns:
        ``[N, C, L']``.

    Raises:
        ShapeError: the window does not fit into the signal.
        DomainError: the padding is more than half the window.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.max_pool1d(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    array([[[3., 2.]]])
    """
    return max_pooled(1, input, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, return_indices=return_indices, pool=max_pool)


def max_pool2d(
    input: Array,  # noqa: A002  PyTorch's name
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest entry of each window of an image ``[N, C, H, W]``; see `max_pool1d`.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    return max_pooled(2, input, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, return_indices=return_indices, pool=max_pool)


def max_pool3d(
    input: Array,  # noqa: A002  PyTorch's name
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest entry of each window of a volume ``[N, C, D, H, W]``; see `max_pool1d`.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.max_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), 2).item()
    7.0
    """
    return max_pooled(3, input, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, return_indices=return_indices, pool=max_pool)


def avg_pool1d(
    input: Array,  # noqa: A002  PyTorch's name
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    r"""Return the mean of each window: $y_p = \frac1K \sum_k x_{s p + k - \text{pad}}$.

    Args:
        input: ``[N, C, L]``, or ``[C, L]``.
        kernel_size: the length of a window.
        stride: the step between windows; their length by default.
        padding: how many zeros stand at both ends.
        ceil_mode: whether windows that hang over the end count.
        count_include_pad: whether the zeros count as entries.

    Returns:
        ``[N, C, L']``.

    Raises:
        ShapeError: the window does not fit into the signal.
        DomainError: the padding is more than half the window.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.avg_pool1d(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    array([[[2., 1.]]])
    """
    return _averaged(1, input, kernel_size, stride, padding, ceil_mode=ceil_mode, count_include_pad=count_include_pad, divisor=None)


def avg_pool2d(
    input: Array,  # noqa: A002  PyTorch's name
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Return the mean of each window of an image ``[N, C, H, W]``; see `avg_pool1d`.

    ``divisor_override`` replaces the number of entries by which sums are divided.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.avg_pool2d(np.arange(4.0).reshape(1, 1, 2, 2), 2).item()
    1.5
    """
    return _averaged(
        2, input, kernel_size, stride, padding, ceil_mode=ceil_mode, count_include_pad=count_include_pad, divisor=divisor_override
    )


def avg_pool3d(
    input: Array,  # noqa: A002  PyTorch's name
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Return the mean of each window of a volume ``[N, C, D, H, W]``; see `avg_pool2d`.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.avg_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), 2).item()
    3.5
    """
    return _averaged(
        3, input, kernel_size, stride, padding, ceil_mode=ceil_mode, count_include_pad=count_include_pad, divisor=divisor_override
    )
