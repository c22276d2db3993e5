"""Layers that are linear in their input."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nn import initialise
from tinygrad_loss.nn.inputs import accept
from tinygrad_loss.nn.module import Module, parameter
from tinygrad_loss.nn.weightless import Weightless
from tinygrad_loss.ops import dense
from tinygrad_loss.ops.settings import whole

__all__ = ["Bilinear", "Identity", "Linear"]


class Identity(Weightless):
    """Return the input as it is; any arguments are ignored.

    >>> from tinygrad_loss import nn
    >>> nn.Identity()(3.0)
    3.0
    """

    def __init__(self, *ignored: Any, **also: Any) -> None:
        del ignored, also

    def forward(self, x: Array) -> Result:
        """Return ``x``."""
        return x


class Linear(Module):
    r"""An affine map of the features: $y = x W^\top + b$.

    Args:
        in_features: the length of the input's last axis.
        out_features: the length of the output's last axis.
        bias: whether to add $b$.
        dtype: of the parameters, and so of the input.
        rng: a seed or generator for the first weights, uniform in $\pm 1/\sqrt{\text{in\_features}}$.

    Raises:
        DomainError: a size is negative.
        ArgumentError: a size is no whole number.

    Attributes:
        weight: ``[out_features, in_features]``.
        bias: ``[out_features]``, or None.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Linear(3, 2, rng=0)(np.ones((5, 3), np.float32)).shape
    (5, 2)
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, *, dtype: DTypeLike = np.float32, rng: Any = None) -> None:
        rng = np.random.default_rng(rng)
        self.in_features = in_features = whole("Linear", "in_features", in_features)
        self.out_features = out_features = whole("Linear", "out_features", out_features)
        self.weight = parameter(initialise.fan_in_uniform((out_features, in_features), in_features, rng, dtype))
        self.bias = parameter(initialise.fan_in_uniform((out_features,), in_features, rng, dtype)) if bias else None

    def forward(self, x: Array) -> Tensor:
        """Map ``[..., in_features]`` to ``[..., out_features]``."""
        x = accept("Linear", x, self.weight)
        if not x.ndim or x.shape[-1] != self.in_features:
            raise errors.shapes(
                "Linear",
                f"the input's last axis must have {self.in_features} features",
                [x.shape],
                f"nn.Linear({x.shape[-1]}, {self.out_features})" if x.ndim else f"x of shape (..., {self.in_features})",
                mismatch.not_of_length("the input", x.shape, -1, self.in_features),
            )
        return dense.linear(x, self.weight, self.bias)

    def multiply_adds(self, inputs: tuple[Any, ...], output: Array) -> int:
        """Return one per weight and row."""
        del inputs
        return int(output.size) * self.in_features

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    r"""A product of two inputs: $y_k = x_1^\top A_k x_2 + b_k$.

    Args:
        in1_features: the length of the first input's last axis.
        in2_features: the length of the second input's last axis.
        out_features: the length of the output's last axis.
        bias: whether to add $b$.
        dtype: of the parameters, and so of the inputs.
        rng: a seed or generator for the first weights.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Bilinear(2, 3, 4)(np.ones((5, 2), np.float32), np.ones((5, 3), np.float32)).shape
    (5, 4)
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
        rng: Any = None,
    ) -> None:
        rng = np.random.default_rng(rng)
        self.in1_features = in1_features = whole("Bilinear", "in1_features", in1_features)
        self.in2_features = in2_features = whole("Bilinear", "in2_features", in2_features)
        self.out_features = out_features = whole("Bilinear", "out_features", out_features)
        self.weight = parameter(initialise.fan_in_uniform((out_features, in1_features, in2_features), in1_features, rng, dtype))
        self.bias = parameter(initialise.fan_in_uniform((out_features,), in1_features, rng, dtype)) if bias else None

    def forward(self, input1: Array, input2: Array) -> Tensor:
        """Map ``[..., in1_features]`` and ``[..., in2_features]`` to ``[..., out_features]``."""
        input1, input2 = accept("Bilinear", input1, self.weight), accept("Bilinear", input2, self.weight)
        if input1.shape[-1:] != (self.in1_features,) or input2.shape != (*input1.shape[:-1], self.in2_features):
            rule = f"the inputs' last axes must have {self.in1_features} and {self.in2_features} features, and the others be equal"
            came = (*input1.shape[-1:], *input2.shape[-1:])
            other_features = input1.shape[:-1] == input2.shape[:-1] and len(came) == 2
            fitting = f"nn.Bilinear({', '.join(map(str, (*came, self.out_features)))})"
            instead = fitting if other_features else f"input2 of shape {(*input1.shape[:-1], self.in2_features)}"
            differ = mismatch.not_of_length("input1", input1.shape, -1, self.in1_features)
            differ = differ or mismatch.not_of_shape("input2", input2.shape, (*input1.shape[:-1], self.in2_features))
            raise errors.shapes("Bilinear", rule, (input1.shape, input2.shape), instead, differ)
        return dense.bilinear(input1, input2, self.weight, self.bias)

    def multiply_adds(self, inputs: tuple[Any, ...], output: Array) -> int:
        """Return one per weight and row."""
        del inputs
        return int(output.size) * self.in1_features * (self.in2_features + 1)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
