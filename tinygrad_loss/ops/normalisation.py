"""Normalisation: subtract the mean, divide by the spread. Fused, because the composed form keeps six arrays where two do."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.context import RECORDING
from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.handover import Kept
from tinygrad_loss.ops.properties import operand, values
from tinygrad_loss.ops.short_rows import as_rows
from tinygrad_loss.ops.standardised_rows import slopes_of_rows, standardised_rows

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "normalize", "rms_norm"]

INVERSE_SPREADS: Final = Kept()
"""One over the spread of each row of a recorded forward, by its result."""

# ---- the two ops ----------------------------------------------------------------------------------------------------------


def _mean(x: Array, axis: tuple[int, ...]) -> Array:
    return np.mean(x, axis=axis, keepdims=True)


def _standardise(x: Array, axis: tuple[int, ...], eps: float) -> Array:
    rows = as_rows(axis, x)
    if rows is not None:
        standard, inverse = standardised_rows(rows[0], eps)
        if np.count_nonzero(inverse) < inverse.size:
            return _over_its_size(x - _mean(x, axis), axis, eps)
        y = standard.reshape(x.shape)
        if RECORDING.get():
            INVERSE_SPREADS.keep(y, inverse)
        return y
    return _over_its_size(x - _mean(x, axis), axis, eps)


def _over_its_size(x: Array, axis: tuple[int, ...], eps: float) -> Array:
    """Return x over the root of its mean square, also where the squares overflow."""
    size = np.sqrt(_mean(x * x, axis) + eps)
    if type(size) is not np.ndarray or not np.count_nonzero(size == np.inf):
        return x / size
    largest = np.max(np.abs(x), axis=axis, keepdims=True)
    shrunk = x / np.where(largest > 1.0, largest, 1.0).astype(x.dtype)
    return np.where(np.isinf(size), shrunk / np.sqrt(_mean(shrunk * shrunk, axis)), x / size)


def _inverse_spread(x: Array, axis: tuple[int, ...], eps: float) -> Array:
    centred = x - _mean(x, axis)
    return 1.0 / np.sqrt(_mean(centred * centred, axis) + eps)


def _standardise_slope(t: Array, y: Array, x: Array, axis: tuple[int, ...], eps: float) -> Array:
    """Apply the Jacobian, which is symmetric: project out the mean and the direction of ``y``."""
    inverse = INVERSE_SPREADS.find(y)
    rows = as_rows(axis, t, y) if inverse is not None else None
    if rows is not None:
        return slopes_of_rows(rows[0], rows[1], inverse).reshape(y.shape)
    return inverse_spread(x, axis=axis, eps=eps) * (t - _mean(t, axis) - y * _mean(t * y, axis))


standardise: Rule = custom(
    "standardise",
    _standardise,
    [lambda g, y, x, axis, eps: _standardise_slope(g, y, x, axis, eps)],
    lambda dx, y, x, axis, eps: _standardise_slope(dx[0], y, x, axis, eps),
    doc=r"(x - \mathrm{mean}) / \sqrt{\mathrm{var} + \epsilon}",
)
inverse_spread: Rule = custom(
    "inverse_spread",
    _inverse_spread,
    [lambda g, y, x, axis, eps: _inverse_spread_vjp(g, y, x, axis)],
    lambda dx, y, x, axis, eps: -(y * y * y) * _mean(dx[0] * (x - _mean(x, axis)), axis),
    doc=r"1 / \sqrt{\mathrm{var} + \epsilon}",
)


def _inverse_spread_vjp(g: Array, y: Array, x: Array, axis: tuple[int, ...]) -> Array:
    count = x.size // max(y.size, 1)
    return (x - _mean(x, axis)) * (g * (y * y * y) / -float(count))


def _scale_down(x: Array, axis: tuple[int, ...], eps: float) -> Array:
    return _over_its_size(x, axis, eps)


def _inverse_size(x: Array, axis: tuple[int, ...], eps: float) -> Array:
    return 1.0 / np.sqrt(_mean(x * x, axis) + eps)


def _scale_down_slope(t: Array, y: Array, x: Array, axis: tuple[int, ...], eps: float) -> Array:
    return _inverse_size(x, axis, eps) * (t - y * _mean(t * y, axis))


divide_by_size: Rule = custom(
    "divide_by_size",
    _scale_down,
    [lambda g, y, x, axis, eps: _scale_down_slope(g, y, x, axis, eps)],
    lambda dx, y, x, axis, eps: _scale_down_slope(dx[0], y, x, axis, eps),
    doc=r"x / \sqrt{\mathrm{mean}(x^2) + \epsilon}",
)

# ---- what people call -----------------------------------------------------------------------------------------------------


def _affine(op: str, y: Array, weight: Array | None, bias: Array | None, shape: tuple[int, ...]) -> Array:
    """Multiply by a weight and add a bias of ``shape``, which broadcasts against ``y``."""
    for name, parameter in (("weight", weight), ("bias", bias)):
        n = int(np.prod(shape))
        if parameter is not None and parameter.size != n:
            differ = mismatch.not_of_length(f"the {name}", parameter.shape, 0, n) if parameter.ndim == 1 else ""
            raise errors.shapes(op, f"the {name} has {n} entries", [parameter.shape], f"np.ones({n})", differ)
    if weight is not None:
        y = y * weight.reshape(shape)
    return y if bias is None else y + bias.reshape(shape)


def _last_axes(op: str, x: Array, normalized_shape: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or x.shape[-len(shape) :] != shape:
        instead = f"normalized_shape={x.shape[-max(len(shape), 1) :]}" if x.ndim else f"np.broadcast_to(x, {shape})"
        raise errors.shapes(
            op,
            f"the input's last axes must be {shape}",
            [x.shape],
            instead,
            mismatch.not_of_shape("the input", x.shape, x.shape[: -len(shape)] + shape),
        )
    return shape, tuple(range(x.ndim - len(shape), x.ndim))


def layer_norm(
    input: Array,  # noqa: A002  PyTorch's name
    normalized_shape: int | Sequence[int],
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    r"""Return $(x - \mathrm{mean}) / \sqrt{\mathrm{var} + \epsilon} \cdot w + b$ over the last axes.

    Args:
        input: ``[..., *normalized_shape]``.
        normalized_shape: the lengths of the axes over which mean and variance are taken.
        weight: ``normalized_shape``.
        bias: ``normalized_shape``.
        eps: added to the variance.

    Raises:
        ShapeError: the input does not end in ``normalized_shape``.

    Source: Ba, Kiros and Hinton, Layer normalization, 2016.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.layer_norm(np.array([1.0, 3.0]), 2, eps=0.0)
    array([-1.,  1.])
    """
    x = operand(input)
    shape, axes = _last_axes("layer_norm", x, normalized_shape)
    return _affine("layer_norm", standardise(x, axis=axes, eps=float(eps)), weight, bias, shape)


def rms_norm(
    input: Array,  # noqa: A002  PyTorch's name
    normalized_shape: int | Sequence[int],
    weight: Array | None = None,
    eps: float | None = None,
) -> Array:
    r"""Return $x / \sqrt{\mathrm{mean}(x^2) + \epsilon} \cdot w$ over the last axes.

    Args:
        input: ``[..., *normalized_shape]``.
        normalized_shape: the lengths of the axes over which the mean is taken.
        weight: ``normalized_shape``.
        eps: added to the mean square; the dtype's machine epsilon by default.

    Raises:
        ShapeError: the input does not end in ``normalized_shape``.

    Source: Zhang and Sennrich, Root mean square layer normalization, 2019.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.rms_norm(np.array([3.0, -3.0]), 2, eps=0.0)
    array([ 1., -1.])
    """
    x = operand(input)
    shape, axes = _last_axes("rms_norm", x, normalized_shape)
    return _affine("rms_norm", divide_by_size(x, axis=axes, eps=float(np.finfo(x.dtype).eps if eps is None else eps)), weight, None, shape)


def _channels(op: str, x: Array) -> tuple[int, ...]:
    """Return the shape in which one number per channel broadcasts against ``x``."""
    if x.ndim < 2:
        if x.size:
            raise errors.shapes(op, "the channels stand on axis 1", [x.shape], "x[None]")
        return (0,)
    return (1, x.shape[1]) + (1,) * (x.ndim - 2)


def _remember(running: Any, new: Array, momentum: float) -> None:
    """Move a running statistic, an array, in place towards the batch's."""
    if isinstance(running, np.ndarray):
        running += momentum * (np.reshape(new, running.shape) - running)


def _statistics(x: Array, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and unbiased variance, which running statistics follow."""
    plain = values(x)
    count = plain.size // max(plain.shape[1], 1)
    return np.mean(plain, axis=axes), np.var(plain, axis=axes) * (count / max(count - 1, 1))


def batch_norm(
    input: Array,  # noqa: A002  PyTorch's name
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None = None,
    bias: Array | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    r"""Return $(x - \mu_c) / \sqrt{\sigma_c^2 + \epsilon} \cdot w_c + b_c$ for each channel $c$.

    Args:
        input: ``[N, C, ...]``.
        running_mean: ``[C]``; in training an array is moved towards the batch's mean, in place.
        running_var: ``[C]``; likewise, towards the unbiased variance.
        weight: ``[C]``.
        bias: ``[C]``.
        training: whether to use the batch's statistics rather than the running ones.
        momentum: how far running statistics move.
        eps: added to the variance.

    Raises:
        ShapeError: the channels do not fit, or in training a channel has a single value.

    Source: Ioffe and Szegedy, Batch normalization, 2015.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.batch_norm(np.array([[1.0], [3.0]]), None, None, training=True, eps=0.0)
    array([[-1.],
           [ 1.]])
    """
    x = operand(input)
    shape = _channels("batch_norm", x)
    if not training:
        if running_mean is None or running_var is None:
            raise errors.ArgumentError(errors.say("batch_norm", "evaluation needs running statistics", "None", "training=True"))
        y = (x - operand(running_mean).reshape(shape)) / np.sqrt(operand(running_var).reshape(shape) + float(eps))
        return _affine("batch_norm", y, weight, bias, shape)
    if not x.size:
        return _affine("batch_norm", x, weight, bias, shape)  # nothing moves the running statistics
    axes = (0, *range(2, x.ndim))
    if x.size == x.shape[1]:
        raise errors.shapes(
            "batch_norm",
            "training needs more than one value per channel",
            [x.shape],
            "a larger batch, or model.eval() to use running statistics",
        )
    if running_mean is not None and running_var is not None:
        mean, variance = _statistics(x, axes)
        _remember(running_mean, mean, momentum)
        _remember(running_var, variance, momentum)
    return _affine("batch_norm", standardise(x, axis=axes, eps=float(eps)), weight, bias, shape)


def instance_norm(
    input: Array,  # noqa: A002  PyTorch's name
    running_mean: Array | None = None,
    running_var: Array | None = None,
    weight: Array | None = None,
    bias: Array | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    r"""Normalise each channel of each sample over its spatial axes.

    Args:
        input: ``[N, C, ...]``.
        running_mean: ``[C]``; an array is moved towards the mean over the batch, in place.
        running_var: ``[C]``; likewise, towards the unbiased variance.
        weight: ``[C]``.
        bias: ``[C]``.
        use_input_stats: whether to use the sample's statistics rather than the running ones.
        momentum: how far running statistics move.
        eps: added to the variance.

    Raises:
        ShapeError: the channels do not fit, or a channel of a sample has a single value.

    Source: Ulyanov, Vedaldi and Lempitsky, Instance normalization, 2016.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.instance_norm(np.array([[[1.0, 3.0]]]), eps=0.0)
    array([[[-1.,  1.]]])
    """
    x = operand(input)
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, training=False, eps=eps)
    shape = _channels("instance_norm", x)
    if not x.size:
        return _affine("instance_norm", x, weight, bias, shape)
    axes = tuple(range(2, x.ndim))
    if x.size == x.shape[0] * x.shape[1]:
        raise errors.shapes("instance_norm", "it needs more than one value per channel and sample", [x.shape], "tl.ops.layer_norm")
    if running_mean is not None and running_var is not None:
        plain = values(x)
        count = plain.size // max(plain.shape[0] * plain.shape[1], 1)
        _remember(running_mean, np.mean(np.mean(plain, axis=axes), axis=0), momentum)
        _remember(running_var, np.mean(np.var(plain, axis=axes) * (count / (count - 1)), axis=0), momentum)
    return _affine("instance_norm", standardise(x, axis=axes, eps=float(eps)), weight, bias, shape)


def group_norm(
    input: Array,  # noqa: A002  PyTorch's name
    num_groups: int,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    r"""Normalise each group of channels of each sample.

    Args:
        input: ``[N, C, ...]``.
        num_groups: into how many groups the channels are divided.
        weight: ``[C]``.
        bias: ``[C]``.
        eps: added to the variance.

    Raises:
        ShapeError: the groups do not divide the channels, or the parameters do not fit.

    Source: Wu and He, Group normalization, 2018.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.group_norm(np.array([[1.0, 3.0]]), 1, eps=0.0)
    array([[-1.,  1.]])
    """
    x = operand(input)
    shape = _channels("group_norm", x)
    if x.ndim < 2 or num_groups < 1 or x.shape[1] % num_groups:
        raise errors.shapes("group_norm", f"num_groups={num_groups} must divide the channels on axis 1", [x.shape], "num_groups=1")
    grouped = x.reshape((x.shape[0], num_groups, *((x.shape[1] // num_groups, *x.shape[2:]))))
    y = standardise(grouped, axis=tuple(range(2, grouped.ndim)), eps=float(eps))
    return _affine("group_norm", y.reshape(x.shape), weight, bias, shape)


def local_response_norm(input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Array:  # noqa: A002
    r"""Return $x_c (k + \frac{\alpha}{n} \sum_{c'} x_{c'}^2)^{-\beta}$ over ``size`` neighbouring channels.

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.local_response_norm(np.zeros((1, 2, 3)), 2).shape
    (1, 2, 3)
    """
    x = operand(input)
    squares = np.pad(x * x, [(0, 0), (size // 2, (size - 1) // 2)] + [(0, 0)] * (x.ndim - 2))
    total = squares[:, : x.shape[1]]
    for i in range(1, size):
        total = total + squares[:, i : i + x.shape[1]]
    return x / (total * (alpha / size) + k) ** beta


def normalize(input: Array, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Array:  # noqa: A002
    r"""Return $x / \max(\lVert x \rVert_p, \epsilon)$ along an axis.

    Args:
        input: any shape.
        p: the exponent of the norm.
        dim: the axis of the vectors.
        eps: the least that is divided by.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    x = operand(input)
    if not x.ndim:
        return x / np.maximum(np.abs(x), eps)
    return x / np.maximum(np.linalg.vector_norm(x, axis=dim, keepdims=True, ord=p), eps)
