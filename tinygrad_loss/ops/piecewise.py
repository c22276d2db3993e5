"""Functions in pieces: where the pieces meet there may be a kink or a jump, and each op here says where."""

import math
from typing import Final

import numpy as np

from tinygrad_loss.engine.declare import door, elementwise, selection
from tinygrad_loss.engine.op import Array, Facts, Rule, meet

__all__ = [
    "absolute", "ceil", "clip", "copysign", "floor", "floor_divide", "fmax", "fmin", "fmod", "heaviside", "maximum", "minimum",
    "relu", "remainder", "rint", "round", "sign", "trunc", "where",
]  # fmt: skip

NONZERO: Final = (0.3, 3.0)

# ---- kinks ----------------------------------------------------------------------------------------------------------------

absolute_ = elementwise(
    "absolute",
    np.abs,
    lambda _y, x: np.sign(x),
    facts=Facts(nature="kink", tie=lambda _y, x: x == 0, slopes=(-1.0, 1.0)),
    doc=r"|x|",
)


@door(np.absolute, np.fabs, methods=("__abs__",))
def absolute(x: Array) -> Array:
    """Return the absolute value, of complex numbers the length.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.abs)(-2.0)
    array(-1.)
    """
    return absolute_(x) if x.dtype.kind != "c" else np.hypot(x.real, x.imag)


# A tie goes to the first input, which is one valid branch; PyTorch's convention shares it.
maximum = selection(
    "maximum",
    np.maximum,
    lambda _y, a, b: a >= b,
    lambda _y, a, b: b > a,
    numpy=np.maximum,
    facts=Facts(nature="kink", tie=meet, slopes=(0.0, 1.0)),
    shares=(0.5, 0.5),
    doc=r"\max(a, b)",
)
minimum = selection(
    "minimum",
    np.minimum,
    lambda _y, a, b: a <= b,
    lambda _y, a, b: b < a,
    numpy=np.minimum,
    facts=Facts(nature="kink", tie=meet, slopes=(1.0, 0.0)),
    shares=(0.5, 0.5),
    doc=r"\min(a, b)",
)
fmax = selection(
    "fmax",
    np.fmax,
    lambda _y, a, b: (a >= b) | np.isnan(b),
    lambda _y, a, b: (b > a) | np.isnan(a),
    numpy=np.fmax,
    facts=Facts(nature="kink", tie=meet, slopes=(0.0, 1.0)),
    shares=(1.0, 0.0),
    doc=r"\max(a, b), ignoring nan",
)
fmin = selection(
    "fmin",
    np.fmin,
    lambda _y, a, b: (a <= b) | np.isnan(b),
    lambda _y, a, b: (b < a) | np.isnan(a),
    numpy=np.fmin,
    facts=Facts(nature="kink", tie=meet, slopes=(1.0, 0.0)),
    shares=(1.0, 0.0),
    doc=r"\min(a, b), ignoring nan",
)
relu_ = selection(
    "relu",
    lambda x: np.maximum(x, np.zeros_like(x)),  # of equal shapes: with a number NumPy takes twice as long
    lambda _y, x: x > 0,
    facts=Facts(nature="kink", tie=lambda _y, x: x == 0, slopes=(0.0, 1.0)),
    doc=r"\max(x, 0)",
)
relu_at_ = elementwise(
    "relu_at",
    lambda x, at_zero: np.maximum(x, 0.0),
    lambda _y, x, at_zero: np.heaviside(x, at_zero),
    static=True,
    facts=Facts(nature="kink", tie=lambda _y, x, at_zero: x == 0, slopes=(0.0, 1.0), answers=True),
    doc=r"\max(x, 0), with an answer at 0 where there is no gradient",
)
clip_ = selection(
    "clip",
    np.clip,
    lambda _y, x, low, high: (x >= low) & (x <= high),
    lambda _y, x, low, high: (x < low) & (low <= high),
    lambda _y, x, low, high: np.maximum(x, low) > high,
    facts=Facts(nature="kink", tie=lambda _y, x, low, high: (x == low) | (x == high) | (low == high)),
    domain=((-3.0, 3.0), (-2.0, -1.0), (1.0, 2.0)),
    doc=r"\min(\max(x, low), high)",
)
where_ = selection("where", np.where, None, lambda _y, c, _a, _b: c, lambda _y, c, _a, _b: np.logical_not(c), doc=r"a where c, else b")


@door(np.clip, methods=("clip",))
def clip(a: Array, a_min: Array = None, a_max: Array = None, *, min: Array = None, max: Array = None) -> Array:  # noqa: A002  NumPy's names
    """Limit ``a`` to the interval from ``a_min`` to ``a_max``; None is no limit.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.clip(x, 0.0, 1.0))(0.5)
    array(1.)
    """
    low = a_min if a_min is not None else min
    high = a_max if a_max is not None else max
    return clip_(a, -math.inf if low is None else low, math.inf if high is None else high)


@door(np.where)
def where(condition: Array, x: Array = None, y: Array = None) -> Array:
    """Choose ``x`` where ``condition`` holds, else ``y``; no gradient reaches what was not chosen, whatever stands there.

    >>> import numpy as np, tinygrad_loss as tl
    >>> with np.errstate(invalid="ignore"):
    ...     bool(tl.grad(lambda x: np.where(x > 0, np.log(x), 0.0))(-1.0) == 0)
    True
    """
    if x is None:
        return np.nonzero(condition)
    if getattr(condition, "dtype", None) != np.bool_:
        condition = np.not_equal(condition, 0)
    return where_(condition, x, y)


def relu(x: Array, at_zero: float | None = None) -> Array:
    r"""Return $\max(x, 0)$, which has no gradient at 0: there it is ``np.maximum(x, 0)``, and the whole function decides.

    Args:
        x: any shape.
        at_zero: a slope that answers at 0 where the whole function has no gradient, as PyTorch's 0 does;
            a verdict ignores it. `nn.ReLU` answers 0.

    >>> import tinygrad_loss as tl
    >>> tl.grad(lambda x: tl.ops.relu(x) - tl.ops.relu(-x))(0.0)
    array(1.)
    >>> tl.grad(lambda x: tl.ops.relu(x, at_zero=0.0))(0.0)
    array(0.)
    """
    return relu_(x) if at_zero is None else relu_at_(x, at_zero=float(at_zero))


# ---- jumps ----------------------------------------------------------------------------------------------------------------


def _jump(tie: Rule, limit: Rule | None = None, near: Rule | None = None) -> Facts:
    return Facts(nature="jump", tie=tie, limit=limit, near=near)


sign = elementwise(
    "sign", np.sign, 0, numpy=np.sign, facts=_jump(lambda _y, x: x == 0, limit=lambda _x, side: side), doc=r"\mathrm{sign}\,x"
)
floor = elementwise(
    "floor",
    np.floor,
    0,
    numpy=np.floor,
    facts=_jump(lambda y, x: y == x, limit=lambda x, side: x if side > 0 else x - 1.0),
    doc=r"\lfloor x \rfloor",
)
ceil = elementwise(
    "ceil",
    np.ceil,
    0,
    numpy=np.ceil,
    facts=_jump(lambda y, x: y == x, limit=lambda x, side: x + 1.0 if side > 0 else x),
    doc=r"\lceil x \rceil",
)
trunc = elementwise(
    "trunc",
    np.trunc,
    0,
    numpy=(np.trunc, np.fix),
    facts=_jump(lambda y, x: (y == x) & (x != 0), limit=lambda x, side: np.where(x * side > 0, x, x + side)),
    doc="x without its fraction",
)
rint = elementwise(
    "rint",
    np.rint,
    0,
    numpy=np.rint,
    facts=_jump(lambda _y, x: x - np.floor(x) == 0.5, limit=lambda x, side: x + 0.5 * side),
    doc="x to the nearest whole number, halves to even",
)
heaviside = elementwise(
    "heaviside",
    np.heaviside,
    0,
    lambda _y, x, _h: x == 0,
    numpy=np.heaviside,
    facts=_jump(lambda _y, x, _h: x == 0, near=lambda x, h: np.where(x > 0, 1.0, np.where(x < 0, 0.0, h))),
    doc="0 below zero, 1 above, h at zero",
)
copysign = elementwise(
    "copysign",
    np.copysign,
    lambda _y, a, b: np.sign(a) * np.copysign(1.0, b),
    0,
    numpy=np.copysign,
    facts=_jump(lambda _y, a, b: (a == 0) | (b == 0), near=lambda a, b: np.abs(a) * np.where(np.signbit(b), -1.0, 1.0)),
    doc=r"|a| with the sign of b",
)
floor_divide = elementwise(
    "floor_divide",
    np.floor_divide,
    0,
    0,
    numpy=np.floor_divide,
    methods=("__floordiv__", "__rfloordiv__"),
    facts=_jump(lambda y, a, b: y * b == a, near=lambda a, b: np.floor(a / b)),
    domain=((-3.0, 3.0), NONZERO),
    doc=r"\lfloor a / b \rfloor",
)
remainder = elementwise(
    "remainder",
    np.remainder,
    1,
    lambda _y, a, b: -np.floor_divide(a, b),
    numpy=np.remainder,
    methods=("__mod__", "__rmod__"),
    facts=_jump(lambda y, _a, b: (y == 0) | (b == 0), near=lambda a, b: a - np.floor(a / b) * b),
    domain=((-3.0, 3.0), NONZERO),
    doc=r"a - b \lfloor a / b \rfloor",
)
fmod = elementwise(
    "fmod",
    np.fmod,
    1,
    lambda _y, a, b: -np.trunc(a / b),
    numpy=np.fmod,
    facts=_jump(lambda y, a, b: ((y == 0) & (a != 0)) | (b == 0), near=lambda a, b: a - np.trunc(a / b) * b),
    domain=((-3.0, 3.0), NONZERO),
    doc=r"a - b\,\mathrm{trunc}(a / b)",
)


@door(np.round, np.around, methods=("round", "__round__"))
def round(a: Array, decimals: int = 0) -> Array:  # noqa: A001  NumPy's name
    """Round to ``decimals`` digits after the point; a step function, whose slope is 0 between its jumps.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.round(x, 1))(0.234)
    array(0.)
    """
    if not decimals:
        return rint(a)
    scale = 10.0**decimals
    return rint(a * scale) / scale
