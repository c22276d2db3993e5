"""Pooling as layers. Where several entries of a window are largest, the first of them gets the gradient, unchecked."""

from collections.abc import Callable
from typing import Any, ClassVar

from tinygrad_loss import ops
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.nn.weightless import Weightless
from tinygrad_loss.ops.pooling import max_pool_layer, max_pooled
from tinygrad_loss.ops.resampling import adaptive_pooled

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d",
    "AvgPool1d", "AvgPool2d", "AvgPool3d", "MaxPool1d", "MaxPool2d", "MaxPool3d",
]  # fmt: skip


class Pooling(Weightless):
    """What the layers of this file share: settings, shown by ``repr``."""

    def extra_repr(self) -> str:
        """Return the settings."""
        return ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if name != "training" and value is not None)


class MaxPooling(Pooling):
    """The largest entry of each window.

    Args:
        kernel_size: one number, or one per spatial axis; so for the next three.
        stride: the step between windows; their size by default.
        padding: how many entries, never the largest, stand on each side.
        dilation: the step between the entries of a window.
        return_indices: whether to return where the largest entries were, too.
        ceil_mode: whether windows that hang over the end count.
    """

    dims: ClassVar[int]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, x: Array) -> Result:
        """Map ``[N, C, ...]`` to fewer entries per channel."""
        return max_pooled(
            self.dims,
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
            pool=max_pool_layer,
        )


class MaxPool1d(MaxPooling):
    """The largest entry of each window of signals ``[N, C, L]``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.MaxPool1d(2)(np.array([[[1.0, 3.0, 2.0, 0.0]]]))
    array([[[3., 2.]]])
    """

    dims = 1


class MaxPool2d(MaxPooling):
    """The largest entry of each window of images ``[N, C, H, W]``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.MaxPool2d(2)(np.zeros((5, 3, 8, 8))).shape
    (5, 3, 4, 4)
    """

    dims = 2


class MaxPool3d(MaxPooling):
    """The largest entry of each window of volumes ``[N, C, D, H, W]``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.MaxPool3d(2)(np.zeros((1, 3, 4, 4, 4))).shape
    (1, 3, 2, 2, 2)
    """

    dims = 3


class AvgPool1d(Pooling):
    """The mean of each window of signals ``[N, C, L]``; see `tinygrad_loss.ops.avg_pool1d`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.AvgPool1d(2)(np.array([[[1.0, 3.0, 2.0, 0.0]]]))
    array([[[2., 1.]]])
    """

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True
    ) -> None:
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, x: Array) -> Result:
        """Map ``[N, C, L]`` to a smaller length."""
        return ops.avg_pool1d(x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class AvgPool2d(Pooling):
    """The mean of each window of images ``[N, C, H, W]``; see `tinygrad_loss.ops.avg_pool2d`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.AvgPool2d(2)(np.zeros((5, 3, 8, 8))).shape
    (5, 3, 4, 4)
    """

    function: ClassVar[Callable[..., Result]] = staticmethod(ops.avg_pool2d)

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.ceil_mode, self.count_include_pad, self.divisor_override = ceil_mode, count_include_pad, divisor_override

    def forward(self, x: Array) -> Result:
        """Map ``[N, C, ...]`` to fewer entries per channel."""
        return type(self).function(
            x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override
        )


class AvgPool3d(AvgPool2d):
    """The mean of each window of volumes ``[N, C, D, H, W]``; see `tinygrad_loss.ops.avg_pool3d`.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.AvgPool3d(2)(np.zeros((1, 3, 4, 4, 4))).shape
    (1, 3, 2, 2, 2)
    """

    function = staticmethod(ops.avg_pool3d)


class AdaptivePooling(Pooling):
    """Windows that cover the input evenly.

    Args:
        output_size: how many windows there are, one number or one per spatial axis; None keeps an axis.
    """

    function: ClassVar[Callable[..., Result]]

    def __init__(self, output_size: Any) -> None:
        self.output_size = output_size

    def forward(self, x: Array) -> Result:
        """Map ``[N, C, ...]`` to ``output_size`` entries per channel."""
        return type(self).function(x, self.output_size)


class AdaptiveAvgPool1d(AdaptivePooling):
    """Means of windows that cover signals ``[N, C, L]`` evenly.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.AdaptiveAvgPool1d(2)(np.zeros((5, 3, 7))).shape
    (5, 3, 2)
    """

    function = staticmethod(ops.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(AdaptivePooling):
    """Means of windows that cover images ``[N, C, H, W]`` evenly.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.AdaptiveAvgPool2d((2, None))(np.zeros((5, 3, 7, 4))).shape
    (5, 3, 2, 4)
    """

    function = staticmethod(ops.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(AdaptivePooling):
    """Means of windows that cover volumes ``[N, C, D, H, W]`` evenly.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.AdaptiveAvgPool3d(1)(np.zeros((5, 3, 7, 4, 2))).shape
    (5, 3, 1, 1, 1)
    """

    function = staticmethod(ops.adaptive_avg_pool3d)


class AdaptiveMaxPooling(Pooling):
    """The largest entry of each of several windows that cover the input evenly.

    Args:
        output_size: how many windows there are, one number or one per spatial axis; None keeps an axis.
        return_indices: whether to return where the largest entries were, too.
    """

    dims: ClassVar[int]

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, x: Array) -> Result:
        """Map ``[N, C, ...]`` to ``output_size`` entries per channel."""
        return adaptive_pooled(self.dims, x, self.output_size, max_pool_layer, return_indices=self.return_indices)


class AdaptiveMaxPool1d(AdaptiveMaxPooling):
    """Largest entries of windows that cover signals ``[N, C, L]`` evenly.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.AdaptiveMaxPool1d(2)(np.zeros((5, 3, 7))).shape
    (5, 3, 2)
    """

    dims = 1


class AdaptiveMaxPool2d(AdaptiveMaxPooling):
    """Largest entries of windows that cover images ``[N, C, H, W]`` evenly.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.AdaptiveMaxPool2d(2)(np.zeros((5, 3, 7, 4))).shape
    (5, 3, 2, 2)
    """

    dims = 2


class AdaptiveMaxPool3d(AdaptiveMaxPooling):
    """Largest entries of windows that cover volumes ``[N, C, D, H, W]`` evenly.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.AdaptiveMaxPool3d(1)(np.zeros((5, 3, 7, 4, 2))).shape
    (5, 3, 1, 1, 1)
    """

    dims = 3
