"""Activations as layers. At a kink they answer by PyTorch's convention, unchecked: what they do there is documented, and training passes it often."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tinygrad_loss import ops
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.nn.inputs import accept
from tinygrad_loss.nn.module import parameter
from tinygrad_loss.nn.weightless import Weightless
from tinygrad_loss.ops.activation import LAYER, along_channels
from tinygrad_loss.ops.settings import whole

__all__ = [
    "CELU", "ELU", "GELU", "GLU", "SELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid", "LogSoftmax",
    "Mish", "PReLU", "ReLU", "ReLU6", "SiLU", "Sigmoid", "Softmax", "Softmin", "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink",
    "Threshold",
]  # fmt: skip


class Activation(Weightless):
    """What the layers of this file share: settings by name, shown by ``repr``; ``inplace`` is accepted because PyTorch has it, and ignored."""

    def __init__(self, inplace: bool = False) -> None:
        del inplace

    def extra_repr(self) -> str:
        """Return the settings."""
        return ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if name != "training" and not hasattr(value, "shape"))


class ReLU(Activation):
    r"""Return $\max(x, 0)$; its slope at 0 is 0.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return LAYER["relu"](x)


class LeakyReLU(Activation):
    """Return $x$ for $x > 0$, else ``negative_slope`` times $x$; the slope at 0 is ``negative_slope``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.LeakyReLU(0.5)(np.array([-1.0, 2.0]))
    array([-0.5,  2. ])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return LAYER["leaky_relu"](x, slope=float(self.negative_slope))


class PReLU(Activation):
    """Return $x$ for $x > 0$, else a slope times $x$, which is learnt.

    Args:
        num_parameters: one slope, or one per channel of axis 1.
        init: the first slope.
        dtype: of the slopes, and so of the input.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.PReLU()(np.array([-1.0, 2.0], np.float32)).tolist()
    [-0.25, 2.0]
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: DTypeLike = np.float32) -> None:
        self.num_parameters = num_parameters = whole("PReLU", "num_parameters", num_parameters, 1)
        self.weight = parameter(np.full(num_parameters, init, dtype))

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        x = accept("PReLU", x, self.weight)
        return LAYER["prelu"](x, along_channels(self.weight, x))

    def extra_repr(self) -> str:
        """Return the number of slopes."""
        return f"num_parameters={self.num_parameters}"


class ReLU6(Activation):
    r"""Return $\min(\max(x, 0), 6)$; its slope at 0 and 6 is 0.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.ReLU6()(np.array([-1.0, 7.0]))
    array([0., 6.])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return LAYER["hardtanh"](x, low=0.0, high=6.0)


class ELU(Activation):
    r"""Return $x$ for $x > 0$, else $\alpha (e^x - 1)$; its slope at 0 is $\alpha$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.ELU()(np.array([-1000.0, 2.0]))
    array([-1.,  2.])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return LAYER["elu"](x, alpha=float(self.alpha))


class SELU(Activation):
    """Return the elu that keeps mean 0 and variance 1 from layer to layer.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.SELU()(np.array([0.0]))
    array([0.])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return LAYER["selu"](x)


class CELU(Activation):
    r"""Return $x$ for $x > 0$, else $\alpha (e^{x / \alpha} - 1)$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.CELU(2.0)(np.array([-1000.0, 2.0]))
    array([-2.,  2.])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.celu(x, self.alpha)


class GELU(Activation):
    r"""Return $x \Phi(x)$, or its tanh form.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.GELU(approximate="tanh")(np.array([0.0]))
    array([0.])
    """

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.gelu(x, self.approximate)


class SiLU(Activation):
    r"""Return $x \sigma(x)$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.SiLU()(np.array([0.0]))
    array([0.])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.silu(x)


class Mish(Activation):
    r"""Return $x \tanh(\log(1 + e^x))$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Mish()(np.array([0.0]))
    array([0.])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.mish(x)


class Sigmoid(Activation):
    r"""Return $1 / (1 + e^{-x})$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Sigmoid()(np.array([0.0]))
    array([0.5])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.sigmoid(x)


class LogSigmoid(Activation):
    r"""Return $-\log(1 + e^{-x})$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.LogSigmoid()(np.array([-1000.0]))
    array([-1000.])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.logsigmoid(x)


class Tanh(Activation):
    r"""Return $\tanh x$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Tanh()(np.array([0.0]))
    array([0.])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return np.tanh(x)


class Softplus(Activation):
    r"""Return $\log(1 + e^{\beta x}) / \beta$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Softplus()(np.array([1000.0]))
    array([1000.])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.softplus(x, self.beta, self.threshold)


class Softsign(Activation):
    """Return $x / (1 + |x|)$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Softsign()(np.array([1.0]))
    array([0.5])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.softsign(x)


class Tanhshrink(Activation):
    r"""Return $x - \tanh x$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Tanhshrink()(np.array([0.0]))
    array([0.])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.tanhshrink(x)


class Softshrink(Activation):
    r"""Return $\mathrm{sign}(x) \max(|x| - \lambda, 0)$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Softshrink()(np.array([2.0, 0.25]))
    array([1.5, 0. ])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = lambd

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return LAYER["softshrink"](x, lambd=float(self.lambd))


class Hardshrink(Activation):
    r"""Return $x$ for $|x| > \lambda$, else 0.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Hardshrink()(np.array([2.0, 0.25]))
    array([2., 0.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = lambd

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return LAYER["hardshrink"](x, lambd=float(self.lambd))


class Hardtanh(Activation):
    r"""Return $\min(\max(x, \text{min\_val}), \text{max\_val})$; its slope at both is 0.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Hardtanh()(np.array([-3.0, 0.5]))
    array([-1. ,  0.5])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.min_val, self.max_val = min_val, max_val

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return LAYER["hardtanh"](x, low=float(self.min_val), high=float(self.max_val))


class Hardsigmoid(Activation):
    r"""Return $\min(\max(x / 6 + 1/2, 0), 1)$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Hardsigmoid()(np.array([0.0]))
    array([0.5])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return LAYER["hardsigmoid"](x)


class Hardswish(Activation):
    r"""Return $x \min(\max(x + 3, 0), 6) / 6$.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Hardswish()(np.array([4.0]))
    array([4.])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return LAYER["hardswish"](x)


class Threshold(Activation):
    """Return $x$ where it is above ``threshold``, else ``value``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Threshold(1.0, -1.0)(np.array([0.5, 2.0]))
    array([-1.,  2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold, self.value = threshold, value

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return LAYER["threshold"](x, threshold=float(self.threshold), value=float(self.value))


class GLU(Activation):
    r"""Return $a \, \sigma(b)$ of the halves of the input along ``dim``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.GLU()(np.array([4.0, 0.0]))
    array([2.])
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Array) -> Result:
        """Return half the length along ``dim``."""
        return ops.glu(x, self.dim)


class Softmax(Activation):
    r"""Return $e^{x_i} / \sum_j e^{x_j}$ along ``dim``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Softmax(dim=-1)(np.zeros((1, 2)))
    array([[0.5, 0.5]])
    """

    def __init__(self, dim: Any = None) -> None:
        self.dim = dim

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.softmax(x, axis=self.dim)


class LogSoftmax(Softmax):
    r"""Return $x_i - \log \sum_j e^{x_j}$ along ``dim``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.LogSoftmax(dim=-1)(np.array([[0.0, 1000.0]]))
    array([[-1000.,     0.]])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.log_softmax(x, axis=self.dim)


class Softmin(Softmax):
    r"""Return $e^{-x_i} / \sum_j e^{-x_j}$ along ``dim``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Softmin(dim=-1)(np.zeros((1, 2)))
    array([[0.5, 0.5]])
    """

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return ops.softmin(x, self.dim)
