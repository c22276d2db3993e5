"""Activations: what stands between two linear maps. Each says where it is not smooth; its twin for layers is not screened."""

import math
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.declare import elementwise, unscreened
from tinygrad_loss.engine.op import Array, Facts, Rule
from tinygrad_loss.ops.exponential import expit, expit_slope, log_sigmoid, softmax, softplus_
from tinygrad_loss.ops.piecewise import relu_

__all__ = [
    "LAYER", "celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "logsigmoid", "mish", "prelu",
    "relu6", "selu", "silu", "softmin", "softshrink", "softsign", "tanhshrink", "threshold",
]  # fmt: skip

SELU_SCALE: Final = 1.0507009873554805
SELU_ALPHA: Final = 1.6732632423543773
SQRT_2_PI: Final = math.sqrt(2.0 / math.pi)
DENSITY_AT_0: Final = 1.0 / math.sqrt(2.0 * math.pi)
CUBIC: Final = 0.044715
WIDE: Final = (-8.0, 8.0)
TANHSHRINK_TERMS: Final = 9
"""So many terms of the series at 0 have all digits up to 1."""
FAR: Final = 1e4
"""Here a normal density is 0 in every dtype, and x squared is not yet infinite."""

# ---- kinks ----------------------------------------------------------------------------------------------------------------


def _kink_at_0(_y: Array, x: Array, *_more: Array, **_static: float) -> Array:
    return x == 0


def _at_either(low: float, high: float) -> Rule:
    return lambda _y, x: (x == low) | (x == high)


leaky_relu_ = elementwise(
    "leaky_relu",
    lambda x, slope: np.where(x > 0, x, x * slope),
    lambda _y, x, slope: np.where(x > 0, np.ones_like(x), slope),
    static=True,
    facts=Facts(nature="kink", tie=_kink_at_0),
    doc=r"x for x > 0, else slope \cdot x",
)
prelu_ = elementwise(
    "prelu",
    lambda x, slope: np.where(x > 0, x, x * slope),
    lambda _y, x, slope: np.where(x > 0, np.ones_like(x), slope),
    lambda _y, x, _slope: np.where(x > 0, 0.0, x),
    facts=Facts(nature="kink", tie=_kink_at_0),
    doc=r"x for x > 0, else slope \cdot x, with a slope that is learnt",
)
elu_ = elementwise(
    "elu",
    lambda x, alpha: np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)) * alpha),
    lambda _y, x, alpha: np.where(x > 0, np.ones_like(x), np.exp(np.where(x >= 0, 0.0, x)) * alpha),
    static=True,
    facts=Facts(nature="kink", tie=lambda _y, x, alpha: (x == 0) & (alpha != 1)),
    doc=r"x for x > 0, else \alpha (e^x - 1)",
)
selu_ = elementwise(
    "selu",
    lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)) * SELU_ALPHA) * SELU_SCALE,
    lambda _y, x: np.where(x > 0, np.ones_like(x), np.exp(np.where(x >= 0, 0.0, x)) * SELU_ALPHA) * SELU_SCALE,
    facts=Facts(nature="kink", tie=_kink_at_0, slopes=(SELU_SCALE * SELU_ALPHA, SELU_SCALE)),
    doc=r"s x for x > 0, else s \alpha (e^x - 1), with s = 1.0507 and \alpha = 1.6733",
)
hardtanh_ = elementwise(
    "hardtanh",
    lambda x, low, high: np.clip(x, low, high),
    lambda _y, x, low, high: (x > low) & (x < high),
    static=True,
    facts=Facts(nature="kink", tie=lambda _y, x, low, high: (x == low) | (x == high)),
    doc=r"\min(\max(x, low), high)",
)
hardsigmoid_ = elementwise(
    "hardsigmoid",
    lambda x: np.clip(x / 6.0 + 0.5, 0.0, 1.0),
    lambda _y, x: np.where((x > -3.0) & (x < 3.0), np.ones_like(x), 0.0) / 6.0,
    facts=Facts(nature="kink", tie=_at_either(-3.0, 3.0)),
    domain=WIDE,
    doc=r"\min(\max(x / 6 + 1/2, 0), 1)",
)
hardswish_ = elementwise(
    "hardswish",
    lambda x: x * np.clip(x + 3.0, 0.0, 6.0) / 6.0,
    lambda _y, x: np.where(x <= -3.0, 0.0, np.where(x < 3.0, x / 3.0 + 0.5, 1.0)),
    facts=Facts(nature="kink", tie=_at_either(-3.0, 3.0)),
    domain=WIDE,
    doc=r"x \min(\max(x + 3, 0), 6) / 6",
)
softshrink_ = elementwise(
    "softshrink",
    lambda x, lambd: np.where(x > lambd, x - lambd, np.where(x < -lambd, x + lambd, x * 0.0)),
    lambda _y, x, lambd: np.abs(x) > lambd,
    static=True,
    facts=Facts(nature="kink", tie=lambda _y, x, lambd: np.abs(x) == lambd),
    doc=r"\mathrm{sign}(x) \max(|x| - \lambda, 0)",
)

# ---- jumps ----------------------------------------------------------------------------------------------------------------

hardshrink_ = elementwise(
    "hardshrink",
    lambda x, lambd: np.where((x >= -lambd) & (x <= lambd), 0.0, x),
    lambda _y, x, lambd: np.abs(x) > lambd,
    static=True,
    facts=Facts(nature="jump", tie=lambda _y, x, lambd: np.abs(x) == lambd),
    doc=r"x for |x| > \lambda, else 0",
)
threshold_ = elementwise(
    "threshold",
    lambda x, threshold, value: np.where(x <= threshold, value, x),
    lambda _y, x, threshold, value: np.logical_not(x <= threshold),
    static=True,
    facts=Facts(nature="jump", tie=lambda _y, x, threshold, value: x == threshold),
    doc=r"x for x > t, else v",
)

# ---- smooth ---------------------------------------------------------------------------------------------------------------

celu_ = elementwise(
    "celu",
    lambda x, alpha: np.where(x > 0, x, np.expm1(np.minimum(x, 0.0) / alpha) * alpha),
    lambda _y, x, alpha: np.where(x > 0, np.ones_like(x), np.exp(np.where(x >= 0, 0.0, x) / alpha)),
    static=True,
    doc=r"x for x > 0, else \alpha (e^{x / \alpha} - 1)",
)
silu = elementwise(
    "silu",
    lambda x: x * expit(x),
    lambda _y, x: silu_slope(x),
    domain=WIDE,
    doc=r"x \sigma(x)",
)


def silu_slope(x: Array) -> Array:
    """Return the slope of `silu`."""
    s = expit(x)
    return s * (1.0 + x * (1.0 - s))


mish = elementwise(
    "mish",
    lambda x: x * np.tanh(softplus_(x)),
    lambda _y, x: mish_slope(x),
    domain=WIDE,
    doc=r"x \tanh(\log(1 + e^x))",
)


def mish_slope(x: Array) -> Array:
    """Return the slope of `mish`."""
    t = np.tanh(softplus_(x))
    return t + x * (1.0 - t * t) * expit(x)


softsign = elementwise(
    "softsign",
    lambda x: x / (1.0 + np.abs(x)),
    lambda _y, x: 1.0 / np.square(1.0 + np.abs(x)),
    doc=r"x / (1 + |x|)",
)


def _tanhshrink(x: Array) -> Array:
    near = np.abs(x) < 1.0
    small = np.where(near, x, 0.0)
    square = small * small
    total = square * 0.0
    for n in range(TANHSHRINK_TERMS, 0, -1):  # x cosh x - sinh x, whose terms have one sign
        total = total * square + 2.0 * n / math.factorial(2 * n + 1)
    return np.where(near, small * square * total / np.cosh(small), x - np.tanh(x))


tanhshrink = elementwise("tanhshrink", _tanhshrink, lambda _y, x: np.square(np.tanh(x)), doc=r"x - \tanh x, exact near 0")


def _ndtr(x: Array) -> Array:
    from scipy.special import ndtr  # noqa: PLC0415  importing the package must not import SciPy

    y = ndtr(x)
    return y if y.dtype == x.dtype or x.dtype.kind != "f" else y.astype(x.dtype)  # SciPy has no half precision


def _kept_near(x: Array) -> Array:
    """Return x where a density is not 0, and elsewhere a number whose square is finite."""
    return np.minimum(np.maximum(x, -FAR), FAR)


gelu_ = elementwise("gelu", lambda x: x * _ndtr(x), lambda _y, x: gelu_slope(x), domain=WIDE, doc=r"x \Phi(x)")
gelu_slope: Rule = elementwise(
    "gelu_slope",
    lambda x: _ndtr(x) + _kept_near(x) * np.exp(np.square(_kept_near(x)) * -0.5) * DENSITY_AT_0,
    lambda _y, x: np.exp(np.square(_kept_near(x)) * -0.5) * (2.0 - np.square(_kept_near(x))) * DENSITY_AT_0,
    domain=WIDE,
    doc=r"\Phi(x) + x \varphi(x), the slope of gelu",
)


def _cubic(x: Array) -> Array:
    x = _kept_near(x)
    return x * (1.0 + x * x * CUBIC) * (2.0 * SQRT_2_PI)


def _tanh_bend(x: Array) -> Array:
    return x * expit_slope(_cubic(x)) * (1.0 + x * x * (3.0 * CUBIC)) * (2.0 * SQRT_2_PI)


gelu_tanh = elementwise(
    "gelu_tanh",
    lambda x: x * expit(_cubic(x)),
    lambda _y, x: expit(_cubic(x)) + _tanh_bend(_kept_near(x)),
    domain=WIDE,
    doc=r"x \sigma(2 \sqrt{2 / \pi} (x + 0.044715 x^3)), the tanh form of gelu",
)

LAYER: Final[dict[str, Rule]] = {
    "relu": unscreened(relu_, arity=1),
    "selu": unscreened(selu_, arity=1),
    "hardsigmoid": unscreened(hardsigmoid_, arity=1),
    "hardswish": unscreened(hardswish_, arity=1),
    "prelu": unscreened(prelu_, arity=2),
    **{op.__name__: unscreened(op) for op in (leaky_relu_, elu_, hardtanh_, softshrink_, hardshrink_, threshold_)},
}
"""What `nn` layers call: PyTorch's convention at the kinks, not screened."""

# ---- what people call -----------------------------------------------------------------------------------------------------


def leaky_relu(x: Array, negative_slope: float = 0.01) -> Array:
    r"""Return $x$ for $x > 0$, else $\text{negative\_slope} \cdot x$.

    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.leaky_relu(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """
    return leaky_relu_(x, slope=float(negative_slope))


def along_channels(weight: Array, x: Array) -> Array:
    """Give one slope per channel the axes of ``x``, whose channels stand on axis 1."""
    if weight.size == 1:
        return weight.reshape(())
    channels = x.shape[1] if x.ndim > 1 else 1
    if weight.shape != (channels,):
        raise errors.shapes(
            "prelu",
            "weight has one slope, or one per channel of the input's axis 1",
            (weight.shape, x.shape),
            f"a weight of shape ({channels},)",
            mismatch.not_of_length("weight", weight.shape, 0, channels),
        )
    return weight.reshape((1, -1) + (1,) * (x.ndim - 2))


def prelu(x: Array, weight: Array) -> Array:
    """Return $x$ for $x > 0$, else $w x$ with a slope that is learnt.

    Args:
        x: ``[N, C, ...]``, or any shape for a single slope.
        weight: ``[C]`` or ``[1]``.

    Raises:
        ShapeError: the number of slopes is neither 1 nor that of the channels.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.prelu(np.array([-1.0, 2.0]), np.array([0.25]))
    array([-0.25,  2.  ])
    """
    return prelu_(x, along_channels(weight, x))


def elu(x: Array, alpha: float = 1.0) -> Array:
    r"""Return $x$ for $x > 0$, else $\alpha (e^x - 1)$.

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units, 2016.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.elu(-1000.0))
    -1.0
    """
    return elu_(x, alpha=float(alpha))


def selu(x: Array) -> Array:
    r"""Return $s x$ for $x > 0$, else $s \alpha (e^x - 1)$, with $s$ and $\alpha$ that keep mean 0 and variance 1.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, 2017.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.selu(1.0))
    1.0507009873554805
    """
    return selu_(x)


def celu(x: Array, alpha: float = 1.0) -> Array:
    r"""Return $x$ for $x > 0$, else $\alpha (e^{x / \alpha} - 1)$: an elu that is smooth for every $\alpha$.

    Source: Barron, Continuously differentiable exponential linear units, 2017.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.celu(-1000.0, alpha=2.0))
    -2.0
    """
    return celu_(x, alpha=float(alpha))


def gelu(x: Array, approximate: str = "none") -> Array:
    r"""Return $x \Phi(x)$ with the normal distribution function, or its tanh form.

    Args:
        x: any shape.
        approximate: ``"none"`` or ``"tanh"``.

    Raises:
        DomainError: another ``approximate``.

    Source: Hendrycks and Gimpel, Gaussian error linear units, 2016.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.gelu(0.0))
    0.0
    """
    if approximate not in {"none", "tanh"}:
        raise errors.unknown_name("gelu", "approximate", approximate, ("none", "tanh"))
    return gelu_(x) if approximate == "none" else gelu_tanh(x)


def hardtanh(x: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    r"""Return $\min(\max(x, \text{min\_val}), \text{max\_val})$.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.hardtanh(3.0))
    1.0
    """
    return hardtanh_(x, low=float(min_val), high=float(max_val))


def relu6(x: Array) -> Array:
    r"""Return $\min(\max(x, 0), 6)$.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.relu6(7.0))
    6.0
    """
    return hardtanh_(x, low=0.0, high=6.0)


def hardsigmoid(x: Array) -> Array:
    r"""Return $\min(\max(x / 6 + 1/2, 0), 1)$.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.hardsigmoid(0.0))
    0.5
    """
    return hardsigmoid_(x)


def hardswish(x: Array) -> Array:
    r"""Return $x \min(\max(x + 3, 0), 6) / 6$.

    Source: Howard and others, Searching for MobileNetV3, 2019.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.hardswish(4.0))
    4.0
    """
    return hardswish_(x)


def softshrink(x: Array, lambd: float = 0.5) -> Array:
    r"""Return $\mathrm{sign}(x) \max(|x| - \lambda, 0)$, the proximal step of $\lambda |x|$.

    Raises:
        DomainError: a negative ``lambd``.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.softshrink(2.0))
    1.5
    """
    if lambd < 0:
        raise errors.DomainError(errors.say("softshrink", "lambd must not be negative", str(lambd), f"tl.ops.softshrink(x, {-lambd})"))
    return softshrink_(x, lambd=float(lambd))


def hardshrink(x: Array, lambd: float = 0.5) -> Array:
    r"""Return $x$ for $|x| > \lambda$, else 0, the proximal step of counting non-zeros.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.hardshrink(2.0))
    2.0
    """
    return hardshrink_(x, lambd=float(lambd))


def threshold(x: Array, threshold: float, value: float) -> Array:
    """Return $x$ where it is above ``threshold``, else ``value``.

    >>> import tinygrad_loss as tl
    >>> float(tl.ops.threshold(0.5, 1.0, -1.0))
    -1.0
    """
    return threshold_(x, threshold=float(threshold), value=float(value))


def glu(x: Array, dim: int = -1) -> Array:
    r"""Return $a \, \sigma(b)$, where $a$ and $b$ are the halves of ``x`` along an axis.

    Raises:
        ShapeError: the axis has an odd length.

    Source: Dauphin, Fan, Auli and Grangier, Language modeling with gated convolutional networks, 2017.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.glu(np.array([4.0, 0.0]))
    array([2.])
    """
    axis = dim % x.ndim
    half, odd = divmod(x.shape[axis], 2)
    if odd:
        raise errors.shapes("glu", f"axis {dim} must have an even length", [x.shape], "nn.Linear(n, 2 * m) before it")
    before = (slice(None),) * axis
    return x[(*before, slice(None, half))] * expit(x[(*before, slice(half, None))])


def softmin(x: Array, dim: Any = None, axis: Any = None) -> Array:
    r"""Return $e^{-x_i} / \sum_j e^{-x_j}$ along an axis.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.softmin(np.array([0.0, 0.0]), dim=0)
    array([0.5, 0.5])
    """
    return softmax(-x, axis=dim if axis is None else axis)


logsigmoid = log_sigmoid
