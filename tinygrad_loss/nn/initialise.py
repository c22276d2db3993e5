"""First values of parameters, under PyTorch's names; each takes a tensor, gives it new values, and returns it.

``rng`` is a seed or a `numpy.random.Generator`, so that a run can be repeated bit for bit.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike

from tinygrad_loss import errors
from tinygrad_loss.engine.explained import explain_room
from tinygrad_loss.engine.tensor import Tensor

__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_", "orthogonal_", "sparse_",
    "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip

GAINS: Final = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2.0),
    "leaky_relu": math.sqrt(2.0),
    "selu": 0.75,
}


def fan_in_uniform(shape: tuple[int, ...], fan_in: int, rng: np.random.Generator, dtype: DTypeLike) -> np.ndarray:
    r"""Return an array uniform in $\pm 1/\sqrt{\text{fan\_in}}$: what PyTorch gives linear, convolution and recurrent layers."""
    bound = 1.0 / math.sqrt(fan_in) if fan_in > 0 else 0.0
    return rng.uniform(-bound, bound, shape).astype(dtype)


def _give(t: Tensor, values: Any) -> Tensor:
    t.data = values
    return t


def fans(t: Tensor) -> tuple[int, int]:
    """Return how many inputs one output has, and how many outputs one input reaches."""
    if t.ndim < 2:
        raise errors.shapes("initialise", "fan in and fan out need two axes", [t.shape], "nn.initialise.normal_(t, rng=0)")
    field = math.prod(t.shape[2:])
    return t.shape[1] * field, t.shape[0] * field


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor that keeps the spread of activations through a nonlinearity.

    >>> from tinygrad_loss import nn
    >>> round(nn.initialise.calculate_gain("relu") ** 2, 12)
    2.0
    """
    if nonlinearity not in GAINS:
        raise errors.unknown_name("calculate_gain", "nonlinearity", nonlinearity, GAINS)
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    return GAINS[nonlinearity]


def uniform_(t: Tensor, a: float = 0.0, b: float = 1.0, *, rng: Any = None) -> Tensor:
    """Draw from the uniform distribution on ``[a, b)``."""
    return _give(t, np.random.default_rng(rng).uniform(a, b, t.shape))


def normal_(t: Tensor, mean: float = 0.0, std: float = 1.0, *, rng: Any = None) -> Tensor:
    """Draw from the normal distribution."""
    return _give(t, np.random.default_rng(rng).normal(mean, std, t.shape))


def trunc_normal_(t: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, *, rng: Any = None) -> Tensor:
    """Draw from the normal distribution, restricted to ``[a, b]``."""
    from scipy.special import ndtr, ndtri  # noqa: PLC0415  importing the package must not import SciPy

    low, high = ndtr((a - mean) / std), ndtr((b - mean) / std)
    draws = mean + std * ndtri(np.random.default_rng(rng).uniform(low, high, t.shape))
    return _give(t, np.clip(draws, a, b))


def constant_(t: Tensor, val: float) -> Tensor:
    """Set every entry to ``val``."""
    return _give(t, np.full(t.shape, val))


def zeros_(t: Tensor) -> Tensor:
    """Set every entry to 0."""
    return constant_(t, 0.0)


def ones_(t: Tensor) -> Tensor:
    """Set every entry to 1."""
    return constant_(t, 1.0)


def eye_(t: Tensor) -> Tensor:
    """Set a matrix to the identity."""
    if t.ndim != 2:
        raise errors.shapes("eye_", "the identity is a matrix", [t.shape], "nn.initialise.dirac_(t)")
    return _give(t, np.eye(t.shape[0], t.shape[1]))


def dirac_(t: Tensor, groups: int = 1) -> Tensor:
    """Set a convolution's weight so that it hands its input channels on."""
    if t.ndim not in {3, 4, 5} or t.shape[0] % groups:
        raise errors.shapes(
            "dirac_", "a convolution's weight has 3 to 5 axes, the first a multiple of groups", [t.shape], "nn.initialise.eye_(t)"
        )
    values = np.zeros(t.shape)
    out = t.shape[0] // groups
    middle = tuple(n // 2 for n in t.shape[2:])
    for g in range(groups):
        for d in range(min(out, t.shape[1])):
            values[(g * out + d, d, *middle)] = 1.0
    return _give(t, values)


def xavier_uniform_(t: Tensor, gain: float = 1.0, *, rng: Any = None) -> Tensor:
    r"""Draw uniformly in $\pm gain \sqrt{6 / (\text{fan in} + \text{fan out})}$.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """
    bound = gain * math.sqrt(6.0 / sum(fans(t)))
    return uniform_(t, -bound, bound, rng=rng)


def xavier_normal_(t: Tensor, gain: float = 1.0, *, rng: Any = None) -> Tensor:
    r"""Draw normally with spread $gain \sqrt{2 / (\text{fan in} + \text{fan out})}$.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """
    return normal_(t, 0.0, gain * math.sqrt(2.0 / sum(fans(t))), rng=rng)


def _kaiming(t: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in {"fan_in", "fan_out"}:
        raise errors.unknown_name("kaiming", "mode", mode, ("fan_in", "fan_out"))
    return calculate_gain(nonlinearity, a) / math.sqrt(fans(t)[mode == "fan_out"])


def kaiming_uniform_(t: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Any = None) -> Tensor:
    r"""Draw uniformly in $\pm gain \sqrt{3 / \text{fan}}$.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015.
    """
    bound = math.sqrt(3.0) * _kaiming(t, a, mode, nonlinearity)
    return uniform_(t, -bound, bound, rng=rng)


def kaiming_normal_(t: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Any = None) -> Tensor:
    r"""Draw normally with spread $gain / \sqrt{\text{fan}}$.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015.
    """
    return normal_(t, 0.0, _kaiming(t, a, mode, nonlinearity), rng=rng)


def orthogonal_(t: Tensor, gain: float = 1.0, *, rng: Any = None) -> Tensor:
    """Draw a matrix with orthonormal rows or columns (the first axis against all others).

    Source: Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear networks, 2014.
    """
    if t.ndim < 2:
        raise errors.shapes("orthogonal_", "it needs two axes", [t.shape], "nn.initialise.normal_(t, rng=0)")
    rows, columns = t.shape[0], math.prod(t.shape[1:])
    flat = np.random.default_rng(rng).normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(flat)
    q = q * np.sign(np.diagonal(r))
    return _give(t, gain * (q.T if rows < columns else q).reshape(t.shape))


def sparse_(t: Tensor, sparsity: float, std: float = 0.01, *, rng: Any = None) -> Tensor:
    """Draw a matrix normally, and set a part ``sparsity`` of each column to 0.

    Source: Martens, Deep learning via Hessian-free optimization, 2010.
    """
    if t.ndim != 2:
        raise errors.shapes("sparse_", "it needs a matrix", [t.shape], "t of shape (rows, columns)")
    rng = np.random.default_rng(rng)
    values = rng.normal(0.0, std, t.shape)
    zeros = math.ceil(sparsity * t.shape[0])
    for column in values.T:
        column[rng.permutation(t.shape[0])[:zeros]] = 0.0
    return _give(t, values)


globals().update(explain_room(globals()))
