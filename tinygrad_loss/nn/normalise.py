"""Normalisation layers with their scales, shifts and running statistics."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from tinygrad_loss import errors, mismatch, ops
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nn.inputs import accept, channels_on_axis_1, in_dtype
from tinygrad_loss.nn.module import Module, parameter
from tinygrad_loss.ops.settings import whole

__all__ = [
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "LayerNorm", "RMSNorm",
]  # fmt: skip


def _scales(shape: tuple[int, ...], dtype: DTypeLike, *, affine: bool, bias: bool = True) -> tuple[Tensor | None, Tensor | None]:
    if not affine:
        return None, None
    return parameter(np.ones(shape, dtype)), parameter(np.zeros(shape, dtype)) if bias else None


def _lengths(layer: str, given: Any) -> tuple[int, ...]:
    """Return the lengths of the axes that are normalised over."""
    several = isinstance(given, Sequence) and not isinstance(given, str)
    return tuple(whole(layer, "normalized_shape", n) for n in (given if several else (given,)))


class ChannelNorm(Module):
    """What batch and instance normalisation share: one scale, shift and running statistic per channel.

    Args:
        num_features: the number of channels.
        eps: added to the variance.
        momentum: how far running statistics move; None takes the mean over all batches (for instance norms it stops them, as in PyTorch).
        affine: whether to scale and shift.
        track_running_stats: whether to keep running statistics, which evaluation uses.
        bias: whether to shift, where it scales.
        dtype: of the parameters, and so of the input.
    """

    allowed: ClassVar[tuple[int, ...]]
    num_batches_tracked: Any

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.num_features = num_features = whole(type(self).__name__, "num_features", num_features)
        self.eps, self.momentum = eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight, self.bias = _scales((num_features,), dtype, affine=affine, bias=bias)
        self.running_mean: np.ndarray | None = None
        self.running_var: np.ndarray | None = None
        if track_running_stats:
            self.register_buffer("running_mean", np.zeros(num_features, dtype))
            self.register_buffer("running_var", np.ones(num_features, dtype))
            self.register_buffer("num_batches_tracked", np.zeros((), np.int64))

    def _accept(self, x: Any) -> Array:
        name = type(self).__name__
        x = x if hasattr(x, "dtype") else np.asarray(x)
        if self.weight is not None:
            x = accept(name, x, self.weight)
        elif self.running_mean is not None and x.dtype != self.running_mean.dtype:
            x = in_dtype(name, x, self.running_mean.dtype)
        if x.ndim not in self.allowed or x.shape[1] != self.num_features:
            axes = " or ".join(map(str, self.allowed))
            rule = f"the input must have {axes} axes, and {self.num_features} channels on axis 1"
            fitting = f"{name[:-2]}{max(x.ndim - 2, 1)}d" if 2 <= x.ndim <= 5 else ""
            moved = channels_on_axis_1(x.shape, self.num_features, max(self.allowed) - 2)
            instead = (
                moved or f"nn.{fitting}({x.shape[1]})"
                if moved or fitting
                else f"x.reshape((-1, {self.num_features}{', 1' * (self.allowed[0] - 2)}))"
            )
            raise errors.shapes(
                name,
                rule,
                [x.shape],
                instead,
                mismatch.not_of_length("the input", x.shape, 1, self.num_features) if x.ndim in self.allowed else "",
            )
        return x

    def _step(self) -> float:
        """Count the batch, and return how far running statistics move."""
        if not (self.training and self.track_running_stats):
            return 0.0
        self.num_batches_tracked = self.num_batches_tracked + 1
        return 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm(ChannelNorm):
    """Normalise each channel over the batch, in evaluation by running statistics."""

    def forward(self, x: Array) -> Tensor:
        """Return the same shape."""
        x = self._accept(x)
        batch = self.training or self.running_mean is None
        moves = self.training and self.track_running_stats
        step = self._step()
        running = (self.running_mean, self.running_var) if moves or not batch else (None, None)
        return ops.batch_norm(x, *running, self.weight, self.bias, batch, step, self.eps)


class BatchNorm1d(BatchNorm):
    """Normalise each feature of ``[N, C]``, or channel of ``[N, C, L]``, over the batch.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.BatchNorm1d(2)(np.array([[1.0, 2.0], [3.0, 6.0]], np.float32)).shape
    (2, 2)
    """

    allowed = (2, 3)


class BatchNorm2d(BatchNorm):
    """Normalise each channel of images ``[N, C, H, W]`` over the batch.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.BatchNorm2d(3)(np.zeros((2, 3, 4, 4), np.float32)).shape
    (2, 3, 4, 4)
    """

    allowed = (4,)


class BatchNorm3d(BatchNorm):
    """Normalise each channel of volumes ``[N, C, D, H, W]`` over the batch.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.BatchNorm3d(3)(np.zeros((2, 3, 2, 2, 2), np.float32)).shape
    (2, 3, 2, 2, 2)
    """

    allowed = (5,)


class InstanceNorm(ChannelNorm):
    """Normalise each channel of each sample."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias, dtype=dtype)

    def forward(self, x: Array) -> Tensor:
        """Return the same shape; the batch's axis may be missing."""
        if np.ndim(x) == self.allowed[0] - 1:
            return self.forward(x[None])[0]
        x = self._accept(x)
        own = self.training or self.running_mean is None
        moves = self.training and self.track_running_stats
        running = (self.running_mean, self.running_var) if moves or not own else (None, None)
        return ops.instance_norm(x, *running, self.weight, self.bias, own, self.momentum or 0.0, self.eps)


class InstanceNorm1d(InstanceNorm):
    """Normalise each channel of each signal of ``[N, C, L]``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.InstanceNorm1d(3)(np.zeros((2, 3, 4), np.float32)).shape
    (2, 3, 4)
    """

    allowed = (3,)


class InstanceNorm2d(InstanceNorm):
    """Normalise each channel of each image of ``[N, C, H, W]``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.InstanceNorm2d(3)(np.zeros((2, 3, 4, 4), np.float32)).shape
    (2, 3, 4, 4)
    """

    allowed = (4,)


class InstanceNorm3d(InstanceNorm):
    """Normalise each channel of each volume of ``[N, C, D, H, W]``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.InstanceNorm3d(3)(np.zeros((2, 3, 2, 2, 2), np.float32)).shape
    (2, 3, 2, 2, 2)
    """

    allowed = (5,)


class LayerNorm(Module):
    """Normalise over the last axes; see `tinygrad_loss.ops.layer_norm`.

    Args:
        normalized_shape: the lengths of these axes.
        eps: added to the variance.
        elementwise_affine: whether to scale and shift.
        bias: whether to shift.
        dtype: of the parameters, and so of the input.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.LayerNorm(4)(np.zeros((2, 3, 4), np.float32)).shape
    (2, 3, 4)
    """

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True, *, dtype: DTypeLike = np.float32
    ) -> None:
        self.normalized_shape = _lengths("LayerNorm", normalized_shape)
        self.eps = eps
        self.weight, self.bias = _scales(self.normalized_shape, dtype, affine=elementwise_affine, bias=bias)

    def forward(self, x: Array) -> Tensor:
        """Return the same shape."""
        if self.weight is not None:
            x = accept("LayerNorm", x, self.weight)
        return ops.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.weight is not None}"


class RMSNorm(Module):
    """Divide by the root mean square over the last axes; see `tinygrad_loss.ops.rms_norm`.

    Args:
        normalized_shape: the lengths of these axes.
        eps: added to the mean square; the dtype's machine epsilon by default.
        elementwise_affine: whether to scale.
        dtype: of the parameters, and so of the input.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.RMSNorm(4)(np.zeros((2, 3, 4), np.float32)).shape
    (2, 3, 4)
    """

    def __init__(
        self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True, *, dtype: DTypeLike = np.float32
    ) -> None:
        self.normalized_shape = _lengths("RMSNorm", normalized_shape)
        self.eps = eps
        self.weight, _ = _scales(self.normalized_shape, dtype, affine=elementwise_affine)

    def forward(self, x: Array) -> Tensor:
        """Return the same shape."""
        if self.weight is not None:
            x = accept("RMSNorm", x, self.weight)
        return ops.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.weight is not None}"


class GroupNorm(Module):
    """Normalise groups of channels; see `tinygrad_loss.ops.group_norm`.

    Args:
        num_groups: into how many groups the channels are divided.
        num_channels: the length of the input's axis 1.
        eps: added to the variance.
        affine: whether to scale and shift.
        bias: whether to shift, where it scales.
        dtype: of the parameters, and so of the input.

    Raises:
        ArgumentError: the groups do not divide the channels.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.GroupNorm(2, 4)(np.zeros((2, 4, 3), np.float32)).shape
    (2, 4, 3)
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        num_groups = whole("GroupNorm", "num_groups", num_groups, 1)
        num_channels = whole("GroupNorm", "num_channels", num_channels)
        if num_channels % num_groups:
            raise errors.ArgumentError(
                errors.say(
                    "GroupNorm",
                    "num_groups must divide num_channels",
                    f"{num_groups} and {num_channels}",
                    f"nn.GroupNorm(1, {num_channels})",
                )
            )
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.weight, self.bias = _scales((num_channels,), dtype, affine=affine, bias=bias)

    def forward(self, x: Array) -> Tensor:
        """Return the same shape."""
        if self.weight is not None:
            x = accept("GroupNorm", x, self.weight)
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            rule = f"the input must have {self.num_channels} channels on axis 1"
            groups = math.gcd(self.num_groups, x.shape[1]) if x.ndim > 1 else 1
            other = f"nn.GroupNorm({groups}, {x.shape[1]})" if x.ndim > 1 else f"x.reshape((-1, {self.num_channels}))"
            instead = channels_on_axis_1(x.shape, self.num_channels, x.ndim - 2) or other
            raise errors.shapes("GroupNorm", rule, [x.shape], instead, mismatch.not_of_length("the input", x.shape, 1, self.num_channels))
        return ops.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.weight is not None}"
