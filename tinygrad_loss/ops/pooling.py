"""Pooling: the largest, or the mean, of each window."""

import math
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import custom, linear, predicate, unscreened
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.convolution import each_axis, positive, refuse_large
from tinygrad_loss.ops.logic import detach
from tinygrad_loss.ops.properties import values
from tinygrad_loss.ops.windows import Geometry, inside, padded

__all__ = ["avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool1d", "max_pool2d", "max_pool3d"]

# ---- the kernels of the maximum: channels last, one entry of all windows at a time -----------------------------------------


def _images(x: np.ndarray, geometry: Geometry, fill: float = 0.0) -> np.ndarray:
    return padded(np.moveaxis(x, 1, -1), geometry, fill=fill)


def _entries(full: np.ndarray, geometry: Geometry, count: tuple[int, ...]) -> list[np.ndarray]:
    """Return the entries of all windows as views, in the order of the kernel."""
    return [full[(slice(None), *geometry.slices(offset, count))] for offset in geometry.offsets()]


def _largest(x: np.ndarray, geometry: Geometry) -> np.ndarray:
    first, *others = _entries(_images(x, geometry, -math.inf), geometry, geometry.count(x.shape[2:]))
    best = np.array(first) if not others else np.maximum(first, others[0])
    for entry in others[1:]:
        np.maximum(best, entry, out=best)
    return np.moveaxis(best, -1, 1)


def _winners(x: np.ndarray, geometry: Geometry) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the padded images, and for each entry of the kernel in which windows it is the first of the largest."""
    full = _images(x, geometry, -math.inf)
    best = np.moveaxis(_largest(x, geometry), 1, -1)
    free = np.ones(best.shape, bool)
    wins = []
    for entry in _entries(full, geometry, geometry.count(x.shape[2:])):
        won = (entry == best) | ((entry != entry) & (best != best))  # noqa: PLR0124  nan is the largest
        won &= free
        free ^= won
        wins.append(won)
    return full, wins


def _pick(t: np.ndarray, x: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Return the entry of ``t`` in each window where ``x`` is largest."""
    _, wins = _winners(x, geometry)
    count = geometry.count(x.shape[2:])
    picked = np.zeros(wins[0].shape, t.dtype)
    for won, entry in zip(wins, _entries(_images(t, geometry), geometry, count), strict=True):
        np.copyto(picked, entry, where=won)
    return np.moveaxis(picked, -1, 1)


def _put(g: np.ndarray, x: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Add each entry of ``g`` where ``x`` is largest in its window: the transpose of `_pick`."""
    if _is_partition(x, geometry):
        return _put_halves(g, x, geometry)
    full, wins = _winners(x, geometry)
    rows = np.moveaxis(g, 1, -1)
    into = np.zeros(full.shape, g.dtype)
    for won, entry in zip(wins, _entries(into, geometry, g.shape[2:]), strict=True):
        np.add(entry, rows, out=entry, where=won)
    return np.moveaxis(into[inside(x.shape[2:], geometry)], -1, 1)


def _is_partition(x: np.ndarray, geometry: Geometry) -> bool:
    """Whether windows are pairs by pairs that tile an image: what most networks use."""
    return (
        geometry.kernel == geometry.stride == (2, 2)
        and geometry.dilation == (1, 1)
        and not any(map(any, geometry.padding))
        and not any(n % 2 for n in x.shape[2:])
    )


def _put_halves(g: np.ndarray, x: np.ndarray, _geometry: Geometry) -> np.ndarray:
    """Decide the row first, then the column in it: fewer and longer runs of memory than four entries; ties go to the first of them."""
    full, rows = np.ascontiguousarray(np.moveaxis(x, 1, -1)), np.moveaxis(g, 1, -1)
    n, height, width, channels = full.shape
    left, right = full[:, :, 0::2], full[:, :, 1::2]
    wider = np.maximum(left, right).reshape((n, height // 2, 2, -1))
    top = (wider[:, :, 0] >= wider[:, :, 1]) | np.isnan(wider[:, :, 0])
    rows = rows.reshape(top.shape)
    both = np.empty(wider.shape, g.dtype)
    np.multiply(rows, top, out=both[:, :, 0])
    np.multiply(rows, np.logical_not(top), out=both[:, :, 1])
    both = both.reshape(left.shape)
    first = (left >= right) | np.isnan(left)
    into = np.empty((n, height, width, channels), g.dtype)
    np.multiply(both, first, out=into[:, :, 0::2])
    np.multiply(both, np.logical_not(first), out=into[:, :, 1::2])
    return np.moveaxis(into, -1, 1)


def _tied(y: np.ndarray, x: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Return True for windows in which several entries are largest."""
    best = np.moveaxis(y, 1, -1)
    hits = np.zeros(best.shape, np.int64)
    for entry in _entries(_images(x, geometry, -math.inf), geometry, y.shape[2:]):
        hits += entry == best
    return np.moveaxis(hits > 1, -1, 1)


# ---- the ops --------------------------------------------------------------------------------------------------------------

max_pick: Rule = linear(
    "max_pick",
    _pick,
    lambda g, _t, x, geometry: max_put(g, x, geometry=geometry),
    doc="the entry of t in each window where x is largest",
)
max_put: Rule = linear(
    "max_put",
    _put,
    lambda t, _g, x, geometry: max_pick(t, x, geometry=geometry),
    doc="zeros, with entries added where x is largest in each window",
)
max_tied = predicate("max_tied", _tied, arity=None, doc="whether several entries of a window are largest")
max_pool = custom(
    "max_pool",
    _largest,
    [lambda g, _y, x, geometry: max_put(g, detach(x), geometry=geometry)],
    lambda dx, _y, x, geometry: max_pick(dx[0], detach(x), geometry=geometry),
    facts=Facts(nature="kink", tie=lambda y, x, geometry: max_tied(y, x, geometry=geometry)),
    doc=r"\max_k x_{s p + k}, the largest entry of each window",
)
max_pool_layer = unscreened(max_pool)


def _window_sums(x: np.ndarray, geometry: Geometry) -> np.ndarray:
    first, *others = _entries(_images(x, geometry), geometry, geometry.count(x.shape[2:]))
    total = np.array(first) if not others else first + others[0]
    for entry in others[1:]:
        total += entry
    return np.moveaxis(total, -1, 1)


def _window_spread(g: np.ndarray, geometry: Geometry, size: tuple[int, ...]) -> np.ndarray:
    wide = tuple(n + lo + hi for n, (lo, hi) in zip(size, geometry.padding, strict=True))
    into = np.zeros((len(g), *wide, g.shape[1]), g.dtype)
    rows = np.moveaxis(g, 1, -1)
    for entry in _entries(into, geometry, g.shape[2:]):
        np.add(entry, rows, out=entry)
    return np.moveaxis(into[inside(size, geometry)], -1, 1)


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
        raise errors.shapes(
            op, f"the input has {dims} axes after batch and channels", [x.shape], f"x.reshape((batch, channels{', ...' * dims}))"
        )
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
    found = _pick(places, plain, geometry)
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
