"""Dropout as layers. Each holds its generator, so two models made with one seed drop the same entries, call by call."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from tinygrad_loss import ops
from tinygrad_loss.engine.op import Array, Result
from tinygrad_loss.nn.weightless import Weightless
from tinygrad_loss.ops.settings import probability

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d"]


class Dropout(Weightless):
    """In training set each entry to 0 with probability ``p``, and scale the others up; else do nothing.

    Args:
        p: the probability of dropping an entry.
        inplace: accepted because PyTorch has it; results are never written in place.
        rng: a seed or generator.

    Raises:
        DomainError: ``p`` is not a probability.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Dropout(0.5, rng=0).eval()(np.ones(3))
    array([1., 1., 1.])
    """

    function: ClassVar[Callable[..., Result]] = staticmethod(ops.dropout)

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Any = None) -> None:
        del inplace
        probability(type(self).__name__, "p", p)
        self.p = p
        self.rng = np.random.default_rng(rng)

    def forward(self, x: Array) -> Result:
        """Return the same shape."""
        return type(self).function(x, self.p, self.training, rng=self.rng)

    def extra_repr(self) -> str:
        """Return the probability."""
        return f"p={self.p}"


class Dropout1d(Dropout):
    """Drop whole channels of signals ``[N, C, L]``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Dropout1d(0.5, rng=0).eval()(np.ones((1, 2, 3))).shape
    (1, 2, 3)
    """

    function = staticmethod(ops.dropout1d)


class Dropout2d(Dropout):
    """Drop whole channels of images ``[N, C, H, W]``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Dropout2d(0.5, rng=0).eval()(np.ones((1, 2, 3, 3))).shape
    (1, 2, 3, 3)
    """

    function = staticmethod(ops.dropout2d)


class Dropout3d(Dropout):
    """Drop whole channels of volumes ``[N, C, D, H, W]``.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Dropout3d(0.5, rng=0).eval()(np.ones((1, 2, 3, 3, 3))).shape
    (1, 2, 3, 3, 3)
    """

    function = staticmethod(ops.dropout3d)


class AlphaDropout(Dropout):
    """Drop entries to the least value of selu, and keep mean 0 and variance 1.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.AlphaDropout(0.5, rng=0).eval()(np.ones(3))
    array([1., 1., 1.])
    """

    function = staticmethod(ops.alpha_dropout)
