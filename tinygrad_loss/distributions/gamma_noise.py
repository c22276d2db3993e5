"""Gamma variables as smooth functions of their shape: from them come those of Beta, Dirichlet and Student's t."""

from typing import Any

import numpy as np

from tinygrad_loss.distributions.operand import as_dtype
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.ops.incomplete_gamma import log_gammaincinv

__all__ = ["draw_log"]


def draw_log(rng: np.random.Generator, shape_parameter: Array, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    r"""Draw $\log g$ of a standard gamma variable, differentiable in its shape parameter a, by inverting its cdf.

    $g_a = g_{a + 1} u^{1 / a}$ keeps small shapes from underflowing: g itself may be 1e-3000, its logarithm is not.

    Source: Marsaglia and Tsang 2000, ACM Transactions on Mathematical Software 26(3), for the boost.
    """
    u, boost = rng.random(shape), rng.standard_exponential(shape)
    double: Array = shape_parameter.astype(np.float64) if isinstance(shape_parameter, Tensor) else np.asarray(shape_parameter, np.float64)
    log_g = log_gammaincinv(np.broadcast_to(double + 1.0, shape), u) - boost / double
    return log_g.astype(dtype) if isinstance(log_g, Tensor) else as_dtype(log_g, dtype)
