"""Convolutions with their filters."""

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from tinygrad_loss import errors, mismatch, ops
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nn import initialise
from tinygrad_loss.nn.inputs import accept, channels_on_axis_1
from tinygrad_loss.nn.module import Module, parameter
from tinygrad_loss.ops.settings import border, positive, rest, whole

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class Convolution(Module):
    """What the convolutions share: sizes, filters and bias, uniform at first within one over the root of their inputs.

    Args:
        in_channels: the length of the input's axis 1.
        out_channels: the number of filters.
        kernel_size: one number, or one per spatial axis; so for the next three.
        stride: the step between windows.
        padding: how much is added on each side; or ``"valid"``, ``"same"``.
        dilation: the step between the entries of a window.
        groups: the number of parts of the channels, each with filters of its own.
        bias: whether to add a number per filter.
        padding_mode: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        dtype: of the parameters, and so of the input.
        rng: a seed or generator for the first weights.
    """

    dims: ClassVar[int]
    function: ClassVar[Callable[..., Result]]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: DTypeLike = np.float32,
        rng: Any = None,
    ) -> None:
        name = type(self).__name__
        if padding_mode not in PADDING_MODES:
            raise errors.unknown_name(name, "padding_mode", padding_mode, PADDING_MODES)
        in_channels, out_channels, groups = (
            whole(name, size, n, 1) for size, n in (("in_channels", in_channels), ("out_channels", out_channels), ("groups", groups))
        )
        if in_channels % groups or out_channels % groups:
            raise errors.ArgumentError(
                errors.say(
                    name,
                    "groups must divide in_channels and out_channels",
                    f"groups={groups}",
                    f"nn.{name}({in_channels}, {out_channels}, {kernel_size}, groups=1)",
                )
            )
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = positive(kernel_size, self.dims, name, "kernel_size")
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        self.padding_mode = padding_mode
        self._borders()
        rng = np.random.default_rng(rng)
        shape = self._weight_shape()
        fan_in = shape[1] * math.prod(self.kernel_size)
        self.weight = parameter(initialise.fan_in_uniform(shape, fan_in, rng, dtype))
        self.bias = parameter(initialise.fan_in_uniform((out_channels,), fan_in, rng, dtype)) if bias else None

    def _weight_shape(self) -> tuple[int, ...]:
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    def forward(self, x: Array) -> Tensor:
        """Map ``[N, in_channels, ...]`` to ``[N, out_channels, ...]``."""
        x = self._accept(x)
        padding = self.padding
        if self.padding_mode != "zeros":
            x, padding = self._bordered(x), 0
        return type(self).function(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _accept(self, x: Any) -> Array:
        name = type(self).__name__
        x = accept(name, x, self.weight)
        if x.ndim not in {self.dims + 1, self.dims + 2} or x.shape[x.ndim - self.dims - 1] != self.in_channels:
            rule = f"the input must be [N, {self.in_channels}{', n' * self.dims}], with {self.in_channels} channels on axis 1"
            shaped = f"(N, {self.in_channels}{', n' * self.dims})"
            moved = channels_on_axis_1(x.shape, self.in_channels, self.dims)
            if moved is not None:
                instead = moved
            elif x.ndim in {self.dims + 1, self.dims + 2}:
                divided = f", groups={self.groups}" if self.groups > 1 else ""
                given = f"{x.shape[x.ndim - self.dims - 1]}, {self.out_channels}, {self.kernel_size}{divided}"
                instead = f"nn.{name}({given})"
            else:
                instead = f"x of shape {shaped}"
            raise errors.shapes(
                name,
                rule,
                [x.shape],
                instead,
                mismatch.not_of_length("the input", x.shape, -self.dims - 1, self.in_channels)
                if x.ndim in {self.dims + 1, self.dims + 2}
                else "",
            )
        if 0 in x.shape[x.ndim - self.dims :]:
            raise errors.shapes(name, "each axis after the channels must hold at least one entry", [x.shape], "if x.size: y = layer(x)")
        return x

    def _bordered(self, x: Array) -> Array:
        """Add the border that is not of zeros."""
        return ops.pad(x, [w for pair in reversed(self._borders()) for w in pair], mode=self.padding_mode)

    def _steps(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return stride and dilation per spatial axis."""
        name = type(self).__name__
        return positive(self.stride, self.dims, name, "stride"), positive(self.dilation, self.dims, name, "dilation")

    def _borders(self) -> tuple[tuple[int, int], ...]:
        """Return how much is added before and after each spatial axis."""
        return border(self.padding, type(self).__name__, self.kernel_size, *self._steps())

    def multiply_adds(self, inputs: tuple[Any, ...], output: Array) -> int:
        """Return one per weight and window."""
        del inputs
        return int(output.size) * math.prod(self._weight_shape()[1:])

    def extra_repr(self) -> str:
        """Return the settings that differ from their defaults."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "padding_mode": "zeros"}
        text += "".join(f", {name}={getattr(self, name)!r}" for name, usual in defaults.items() if getattr(self, name) != usual)
        return text + ("" if self.bias is not None else ", bias=False")


class Conv1d(Convolution):
    """Windows of signals ``[N, C, L]`` times filters; see `tinygrad_loss.ops.conv1d`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Conv1d(2, 4, 3, padding=1)(np.zeros((5, 2, 8), np.float32)).shape
    (5, 4, 8)
    """

    dims = 1
    function = staticmethod(ops.conv1d)


class Conv2d(Convolution):
    """Windows of images ``[N, C, H, W]`` times filters; see `tinygrad_loss.ops.conv2d`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Conv2d(1, 16, 3, padding=1)(np.zeros((5, 1, 8, 8), np.float32)).shape
    (5, 16, 8, 8)
    """

    dims = 2
    function = staticmethod(ops.conv2d)


class Conv3d(Convolution):
    """Windows of volumes ``[N, C, D, H, W]`` times filters; see `tinygrad_loss.ops.conv3d`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Conv3d(1, 2, 3)(np.zeros((1, 1, 4, 4, 4), np.float32)).shape
    (1, 2, 2, 2, 2)
    """

    dims = 3
    function = staticmethod(ops.conv3d)


class TransposedConvolution(Convolution):
    """What the transposed convolutions share: as `Convolution`, with ``output_padding`` entries more at the end."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        *,
        dtype: DTypeLike = np.float32,
        rng: Any = None,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, dtype=dtype, rng=rng)
        rest(output_padding, type(self).__name__, *self._steps())
        self.output_padding = output_padding

    def _weight_shape(self) -> tuple[int, ...]:
        return (self.in_channels, self.out_channels // self.groups, *self.kernel_size)

    def forward(self, x: Array) -> Tensor:
        """Map ``[N, in_channels, ...]`` to ``[N, out_channels, ...]``."""
        x = self._accept(x)
        return type(self).function(x, self.weight, self.bias, self.stride, self.padding, self.output_padding, self.groups, self.dilation)

    def multiply_adds(self, inputs: tuple[Any, ...], output: Array) -> int:
        """Return one per weight and entry of the input."""
        del output
        return int(np.size(inputs[0])) * math.prod(self._weight_shape()[1:])


class ConvTranspose1d(TransposedConvolution):
    """Filters added into signals where windows lie; see `tinygrad_loss.ops.conv_transpose1d`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.ConvTranspose1d(2, 4, 2, stride=2)(np.zeros((5, 2, 8), np.float32)).shape
    (5, 4, 16)
    """

    dims = 1
    function = staticmethod(ops.conv_transpose1d)


class ConvTranspose2d(TransposedConvolution):
    """Filters added into images where windows lie; see `tinygrad_loss.ops.conv_transpose2d`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.ConvTranspose2d(2, 4, 2, stride=2)(np.zeros((5, 2, 8, 8), np.float32)).shape
    (5, 4, 16, 16)
    """

    dims = 2
    function = staticmethod(ops.conv_transpose2d)


class ConvTranspose3d(TransposedConvolution):
    """Filters added into volumes where windows lie; see `tinygrad_loss.ops.conv_transpose3d`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.ConvTranspose3d(2, 4, 2, stride=2)(np.zeros((1, 2, 3, 3, 3), np.float32)).shape
    (1, 4, 6, 6, 6)
    """

    dims = 3
    function = staticmethod(ops.conv_transpose3d)
