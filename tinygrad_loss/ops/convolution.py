"""Convolution: a product of windows and filters. It and its two transposes are each other's derivatives, so every order is exact."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.declare import bilinear, custom, linear
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.settings import border, positive, rest, whole
from tinygrad_loss.ops.windows import Geometry, bands, batch_first, batch_last, gather, matrices, padded, scatter

__all__ = [
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
]  # fmt: skip

AXES: Final = {1: "L", 2: "H, W", 3: "D, H, W"}
TERMS: Final = 8192
"""About how many terms of the sum that is a filter's gradient one product adds: few filters alone are no work for two cores."""

# ---- three kernels, closed under differentiation -------------------------------------------------------------------------


def _filters(weight: np.ndarray, groups: int) -> np.ndarray:
    """Return filters as matrices ``[groups, channels out, channels in * kernel]``."""
    return weight.reshape((groups, len(weight) // groups, math.prod(weight.shape[1:])))


def _convolve(x: np.ndarray, weight: np.ndarray, *bias: np.ndarray, geometry: Geometry) -> np.ndarray:
    full, count, groups = padded(batch_last(x), geometry), geometry.count(x.shape[2:]), geometry.groups
    filters = _filters(weight, groups)
    y = np.empty((*filters.shape[:2], math.prod(count) * len(x)), np.result_type(x, weight, *bias))
    for band in bands(full, geometry, count):
        np.matmul(filters, gather(full, geometry, band), out=y[:, :, band.at])
        for b in bias:
            y[:, :, band.at] += b.reshape((groups, -1, 1))
    return batch_first(y.reshape((len(weight), *count, len(x))))


def _convolve_input(g: np.ndarray, weight: np.ndarray, geometry: Geometry, size: tuple[int, ...]) -> np.ndarray:
    dense = max(geometry.stride) == 1 and all(max(p) < span for p, span in zip(geometry.padding, geometry.spans, strict=True))
    if dense and len(weight) <= weight.shape[1] * geometry.groups:
        return _mirrored(g, weight, geometry)
    rows, filters = matrices(batch_last(g), geometry.groups), _filters(weight, geometry.groups).swapaxes(1, 2)
    full = np.zeros((weight.shape[1] * geometry.groups, *geometry.wide(size), len(g)), np.result_type(g, weight))
    for band in bands(full, geometry, g.shape[2:]):
        scatter(filters @ rows[:, :, band.at], full, geometry, band)
    return batch_first(full[geometry.inside(size)])


def _mirrored(g: np.ndarray, weight: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Return the same for windows one step apart as a convolution with the filters turned round: of few there is less to copy than to add."""
    groups, (channels, *kernel) = geometry.groups, weight.shape[1:]
    turned = np.flip(weight, tuple(range(2, weight.ndim))).reshape((groups, -1, channels, *kernel)).swapaxes(1, 2)
    padding = tuple((span - 1 - lo, span - 1 - hi) for span, (lo, hi) in zip(geometry.spans, geometry.padding, strict=True))
    other = Geometry(geometry.kernel, geometry.stride, padding, geometry.dilation, groups)
    return _convolve(g, turned.reshape((groups * channels, -1, *kernel)), geometry=other)


def _convolve_weight(x: np.ndarray, g: np.ndarray, geometry: Geometry) -> np.ndarray:
    full, rows = padded(batch_last(x), geometry), matrices(batch_last(g), geometry.groups)
    out, channels = g.shape[1], x.shape[1] // geometry.groups
    total = np.zeros((geometry.groups, channels * math.prod(geometry.kernel), rows.shape[1]), np.result_type(x, g))
    for band in bands(full, geometry, g.shape[2:], TERMS):
        total += gather(full, geometry, band) @ rows[:, :, band.at].swapaxes(1, 2)
    return total.swapaxes(1, 2).reshape((out, channels, *geometry.kernel))


convolution: Rule = bilinear(
    "convolution",
    _convolve,
    lambda g, x, weight, geometry: convolution_input(g, weight, geometry=geometry, size=x.shape[2:]),
    lambda g, x, weight, geometry: convolution_weight(x, g, geometry=geometry),
    static=True,
    doc=r"\sum_{c, k} w_{o c k}\, x_{c,\, s p + d k}, the windows of x times filters",
)
convolution_input: Rule = bilinear(
    "convolution_input",
    _convolve_input,
    lambda g, _y, weight, geometry, size: convolution(g, weight, geometry=geometry),
    lambda g, y, weight, geometry, size: convolution_weight(g, y, geometry=geometry),
    static=True,
    doc="filters added into an image where windows lie: the transposed convolution",
)
convolution_weight: Rule = bilinear(
    "convolution_weight",
    _convolve_weight,
    lambda g, x, y, geometry: convolution_input(y, g, geometry=geometry, size=x.shape[2:]),
    lambda g, x, y, geometry: convolution(x, g, geometry=geometry),
    static=True,
    doc="the windows of x times an image of weights",
)


def _channel_sums(x: np.ndarray) -> np.ndarray:
    return np.sum(batch_last(x).reshape((x.shape[1], -1)), axis=1)


def _biased_jvp(dx: Sequence[Array | None], y: Array, x: Array, weight: Array, _bias: Array, geometry: Geometry) -> Array:
    parts = []
    if dx[0] is not None:
        parts.append(convolution(dx[0], weight, geometry=geometry))
    if dx[1] is not None:
        parts.append(convolution(x, dx[1], geometry=geometry))
    if dx[2] is not None:
        parts.append(np.broadcast_to(dx[2].reshape((-1,) + (1,) * (y.ndim - 2)), y.shape))
    return sum(parts[1:], start=parts[0])


channel_sums: Rule = linear(
    "channel_sums",
    _channel_sums,
    lambda g, x: np.broadcast_to(g.reshape((-1,) + (1,) * (x.ndim - 2)), x.shape),
    doc="the sum of each channel",
)
shift: Rule = linear(
    "shift_channels",
    lambda x, bias: np.moveaxis(np.moveaxis(x, 1, -1) + bias, -1, 1),
    lambda i, g, _x, _bias: channel_sums(g) if i else g,
    arity=None,
    doc="a number added to each channel",
)
convolution_biased: Rule = custom(
    "convolution_biased",
    _convolve,
    [
        lambda g, _y, x, weight, _bias, geometry: convolution_input(g, weight, geometry=geometry, size=x.shape[2:]),
        lambda g, _y, x, _weight, _bias, geometry: convolution_weight(x, g, geometry=geometry),
        lambda g, _y, _x, _weight, _bias, geometry: channel_sums(g),
    ],
    _biased_jvp,
    doc=r"b_o + \sum_{c, k} w_{o c k}\, x_{c,\, s p + d k}, the windows of x times filters, plus a number per filter",
)

# ---- what people call -----------------------------------------------------------------------------------------------------


def _shapes(op: str, dims: int, x: Array, weight: Array) -> None:
    if weight.ndim != dims + 2 or x.ndim not in {dims + 1, dims + 2}:
        raise errors.shapes(
            op,
            f"the input is [N, C, {AXES[dims]}] or [C, {AXES[dims]}], and the weight has {dims + 2} axes",
            (x.shape, weight.shape),
            f"np.reshape(x, (batch, channels, {'...' if dims > 1 else 'length'}))",
        )
    if 0 in weight.shape:
        raise errors.shapes(
            op,
            "the weight must have at least one filter, one channel, and one entry per spatial axis",
            [weight.shape],
            f"a weight of shape {tuple(max(n, 1) for n in weight.shape)}",
        )


def _array(x: Array) -> Array:
    return x if hasattr(x, "ndim") else np.asarray(x)


def _convolution(dims: int, x: Array, weight: Array, bias: Array | None, stride: Any, padding: Any, dilation: Any, groups: int) -> Array:
    op = f"conv{dims}d"
    x, weight = _array(x), _array(weight)
    _shapes(op, dims, x, weight)
    if x.ndim == dims + 1:
        return _convolution(dims, x[None], weight, bias, stride, padding, dilation, groups)[0]
    strides, dilations = positive(stride, dims, op, "stride"), positive(dilation, dims, op, "dilation")
    out, channels, *kernel = weight.shape
    groups = whole(op, "groups", groups, 1)
    if out % groups:
        raise errors.shapes(op, f"groups must divide the number of filters, groups={groups}", [weight.shape], "groups=1")
    if x.shape[1] != channels * groups:
        raise errors.shapes(
            op,
            f"the input must have {channels * groups} channels on axis 1, {channels} per group",
            (x.shape, weight.shape),
            f"a weight of shape ({out}, {x.shape[1] // groups}, {', '.join(map(str, kernel))})",
            mismatch.not_of_length("the input", x.shape, 1, channels * groups),
        )
    geometry = Geometry(tuple(kernel), strides, border(padding, op, tuple(kernel), strides, dilations), dilations, groups)
    refuse_large(op, x, geometry)
    return (
        convolution(x, weight, geometry=geometry)
        if bias is None
        else convolution_biased(x, weight, _bias(op, out, bias), geometry=geometry)
    )


def refuse_large(op: str, x: Array, geometry: Geometry) -> None:
    """Refuse a window that does not fit into the padded image."""
    wide = tuple(n + sum(p) for n, p in zip(x.shape[2:], geometry.padding, strict=True))
    if any(span > n for span, n in zip(geometry.spans, wide, strict=True)):
        raise errors.shapes(
            op,
            f"the kernel, which covers {geometry.spans}, must fit into the padded input, which is {wide}",
            [x.shape],
            f"padding={max(math.ceil((span - n) / 2) for span, n in zip(geometry.spans, x.shape[2:], strict=True))}, or a smaller kernel",
        )


def _bias(op: str, out: int, bias: Array) -> Array:
    bias = _array(bias)
    if bias.shape != (out,):
        raise errors.shapes(
            op,
            f"the bias has one entry per filter ({out})",
            [bias.shape],
            f"np.zeros({out})",
            mismatch.not_of_length("the bias", bias.shape, 0, out),
        )
    return bias


def conv1d(
    input: Array,  # noqa: A002  PyTorch's name
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Array:
    r"""Return the windows of a signal times filters: $y_{o p} = b_o + \sum_{c, k} w_{o c k}\, x_{c,\, s p + d k - \text{pad}}$.

    Args:
        input: ``[N, C, L]``, or ``[C, L]`` for one signal.
        weight: ``[O, C / groups, K]``.
        bias: ``[O]``.
        stride: the step between windows.
        padding: zeros at both ends, or ``"valid"`` (none), or ``"same"`` (as many as keep the length).
        dilation: the step between the entries of a window.
        groups: the number of parts of the channels, each with filters of its own.

    Returns:
        ``[N, O, L']``.

    Raises:
        ShapeError: the channels do not fit the weight, or the kernel does not fit into the signal.

    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.conv1d(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, -1.0]]]))
    array([[[-1., -2.]]])
    """
    return _convolution(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Array,  # noqa: A002  PyTorch's name
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Array:
    """Return the windows of an image times filters; see `conv1d`.

    Args:
        input: ``[N, C, H, W]``, or ``[C, H, W]`` for one image.
        weight: ``[O, C / groups, K, K']``.
        bias: ``[O]``.
        stride: the step between windows, one number or one per axis.
        padding: zeros on all sides, or ``"valid"`` (none), or ``"same"`` (as many as keep the size).
        dilation: the step between the entries of a window.
        groups: the number of parts of the channels, each with filters of its own.

    Returns:
        ``[N, O, H', W']``.

    Raises:
        ShapeError: the channels do not fit the weight, or the kernel does not fit into the image.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)))[0, 0]
    array([[4., 4.],
           [4., 4.]])
    """
    return _convolution(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Array,  # noqa: A002  PyTorch's name
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Array:
    """Return the windows of a volume times filters; see `conv1d`.

    Args:
        input: ``[N, C, D, H, W]``, or ``[C, D, H, W]`` for one volume.
        weight: ``[O, C / groups, K, K', K'']``.
        bias: ``[O]``.
        stride: the step between windows, one number or one per axis.
        padding: zeros on all sides, or ``"valid"`` (none), or ``"same"`` (as many as keep the size).
        dilation: the step between the entries of a window.
        groups: the number of parts of the channels, each with filters of its own.

    Returns:
        ``[N, O, D', H', W']``.

    Raises:
        ShapeError: the channels do not fit the weight, or the kernel does not fit into the volume.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.conv3d(np.ones((1, 1, 2, 2, 2)), np.ones((1, 1, 2, 2, 2))).item()
    8.0
    """
    return _convolution(3, input, weight, bias, stride, padding, dilation, groups)


def _transposed(
    dims: int, x: Array, weight: Array, bias: Array | None, stride: Any, padding: Any, output_padding: Any, groups: int, dilation: Any
) -> Array:
    op = f"conv_transpose{dims}d"
    x, weight = _array(x), _array(weight)
    _shapes(op, dims, x, weight)
    if x.ndim == dims + 1:
        return _transposed(dims, x[None], weight, bias, stride, padding, output_padding, groups, dilation)[0]
    strides, dilations = positive(stride, dims, op, "stride"), positive(dilation, dims, op, "dilation")
    more, groups = rest(output_padding, op, strides, dilations), whole(op, "groups", groups, 1)
    channels, _, *kernel = weight.shape
    if x.shape[1] != channels or channels % groups:
        raise errors.shapes(
            op,
            f"the input must have the weight's {channels} channels on axis 1, a multiple of groups={groups}",
            (x.shape, weight.shape),
            f"a weight of shape ({x.shape[1]}, {weight.shape[1]}, {', '.join(map(str, kernel))})",
            mismatch.not_of_length("the input", x.shape, 1, channels),
        )
    asked = border(padding, op, tuple(kernel), strides, dilations)
    # Entries added at the end first undo the padding there, so that exactly the input's windows fit; the rest are zeros.
    back = [min(m, hi) for m, (_, hi) in zip(more, asked, strict=True)]
    pads = tuple((lo, hi - b) for (lo, hi), b in zip(asked, back, strict=True))
    geometry = Geometry(tuple(kernel), strides, pads, dilations, groups)
    size = tuple((n - 1) * s - sum(p) + span for n, s, p, span in zip(x.shape[2:], strides, pads, geometry.spans, strict=True))
    if min(size) < 1:
        raise errors.shapes(op, f"the output must not be empty, which would be {size}", [x.shape], "padding=0")
    y = convolution_input(x, weight, geometry=geometry, size=size)
    missing = [m - b for m, b in zip(more, back, strict=True)]
    if any(missing):
        y = np.pad(y, [(0, 0), (0, 0), *((0, r) for r in missing)])
    return y if bias is None else shift(y, _bias(op, y.shape[1], bias))


def conv_transpose1d(
    input: Array,  # noqa: A002  PyTorch's name
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Array:
    r"""Add filters into a signal where windows lie: the transpose of `conv1d`, plus a bias.

    Args:
        input: ``[N, C, L]``, or ``[C, L]`` for one signal.
        weight: ``[C, O / groups, K]``.
        bias: ``[O]``.
        stride: the step between windows.
        padding: how many entries are cut off at both ends.
        output_padding: how many entries are added at the end.
        groups: the number of parts of the channels, each with filters of its own.
        dilation: the step between the entries of a window.

    Returns:
        ``[N, O, L']`` with $L' = (L - 1) s - 2 \text{pad} + d (K - 1) + 1 + \text{output padding}$.

    Raises:
        ShapeError: the channels do not fit the weight.
        DomainError: ``output_padding`` is not smaller than stride or dilation.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.conv_transpose1d(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]]))
    array([[[ 1., 12., 20.]]])
    """
    return _transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Array,  # noqa: A002  PyTorch's name
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Array:
    """Add filters into an image where windows lie: the transpose of `conv2d`; see `conv_transpose1d`.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.conv_transpose2d(np.ones((1, 1, 1, 1)), np.array([[[[1.0, 2.0]]]])).shape
    (1, 1, 1, 2)
    """
    return _transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Array,  # noqa: A002  PyTorch's name
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Array:
    """Add filters into a volume where windows lie: the transpose of `conv3d`; see `conv_transpose1d`.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.conv_transpose3d(np.ones((1, 1, 1, 1, 1)), np.ones((1, 2, 2, 2, 2))).shape
    (1, 2, 2, 2, 2)
    """
    return _transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)
