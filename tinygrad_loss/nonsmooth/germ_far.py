"""Functions of germs that grow beyond all bounds: what exponentials and powers say of them there, and sums of exponentials."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from tinygrad_loss.engine.op import OPS, Array, Op
from tinygrad_loss.nonsmooth.germ import EXACT, Exhausted, Germ, constant, germ
from tinygrad_loss.nonsmooth.germ_ring import add, product, select
from tinygrad_loss.nonsmooth.germ_rules import BEYOND, exp, log1p, power_of, rule, spread

__all__ = ["CONTINUOUS", "SATURATING", "beyond"]

SATURATING: Final = frozenset({"tanh", "expit", "expit_slope", "erf", "erfc", "ndtr", "softplus", "log_sigmoid", "log_ndtr"})
"""Ops that approach finite values exponentially fast, so that far out they are constant to every order."""
BOUNDED: Final = frozenset({"sin", "cos"})
"""Ops that stay bounded at infinity, and approach nothing."""
CONTINUOUS: Final = BOUNDED | SATURATING - {"log_ndtr"} | {"arctan", "arcsinh", "sinh", "cosh", "log_cosh", "sech2", "expm1", "exp2"}
"""Ops that are bounded on every bounded interval: of something bounded, and no more known, they are bounded too."""


def beyond(op: Op, x: Germ, far: np.ndarray, static: Mapping[str, Any]) -> Germ:
    """Evaluate a function of one number where it is far out; elsewhere the answer means nothing.

    Raises:
        Exhausted: what the function is there is not known.
    """
    if op.name in BOUNDED:
        return Germ({}, x.shape, np.where(far, 0.0, EXACT))
    if op.name in AT_INFINITY:
        return AT_INFINITY[op.name](select(far, x, constant(np.ones(x.shape))))
    limit = op.forward(np.where(far, np.copysign(np.inf, x.sign()), 0.0), **static) if op.name in SATURATING else np.full(x.shape, np.nan)
    if not np.all(np.isfinite(limit[far])):
        raise Exhausted
    return Germ(constant(np.where(far, limit, 0.0)).terms, x.shape, np.where(far, BEYOND, EXACT))


def _over_one(x: Germ) -> Germ:
    return power_of(add(constant(np.ones(x.shape)), x), -1)


def _log1p_of_fall(x: Germ) -> Germ:
    """Return log(1 + exp(-|x|))."""
    return log1p(exp(_size(x).each(np.negative)))


def _size(x: Germ) -> Germ:
    below = x.sign() < 0
    return x.each(lambda c: np.where(below, -c, c))


def _bell(x: Germ, height: float) -> Germ:
    """Return height e / (1 + e)^2 with e = exp(-|x|)."""
    e = exp(_size(x).each(np.negative))
    inverse = _over_one(e)
    return product(product(e, constant(height)), product(inverse, inverse))


def _doubled(x: Germ) -> Germ:
    return x.each(lambda c: 2.0 * c)


def _mean_of_exponentials(x: Germ, sign: float) -> Germ:
    return add(exp(x), exp(x.each(np.negative)), sign).each(lambda c: 0.5 * c)


def _softplus(x: Germ) -> Germ:
    return add(select(x.sign() > 0, x, constant(np.zeros(x.shape))), _log1p_of_fall(x))


AT_INFINITY: Final[dict[str, Callable[[Germ], Germ]]] = {
    "expit": lambda x: _over_one(exp(x.each(np.negative))),
    "expit_slope": lambda x: _bell(x, 1.0),
    "tanh": lambda x: add(constant(1.0), _over_one(exp(_doubled(x))).each(lambda c: 2.0 * c), -1.0),
    "sech2": lambda x: _bell(_doubled(x), 4.0),
    "softplus": _softplus,
    "log_sigmoid": lambda x: _softplus(x.each(np.negative)).each(np.negative),
    "log_cosh": lambda x: add(add(_size(x), _log1p_of_fall(_doubled(x))), constant(-math.log(2))),
    "expm1": lambda x: add(exp(x), constant(-1.0)),
    "exp2": lambda x: exp(x.each(lambda c: c * math.log(2))),
    "sinh": lambda x: _mean_of_exponentials(x, -1.0),
    "cosh": lambda x: _mean_of_exponentials(x, 1.0),
}
"""What a function is far out, in terms of exponentials: exact, so a logarithm in it becomes a power."""


@rule("logaddexp")
def logaddexp(a: Array, b: Array) -> Germ:
    r"""Return $\log(e^a + e^b)$; minus infinity adds nothing."""
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    a, b = spread(germ(a), shape), spread(germ(b), shape)
    nothing, zero = [np.isneginf(x.constant) for x in (a, b)], constant(np.zeros(shape))
    p, q = (select(none, zero, x) if np.any(none) else x for none, x in zip(nothing, (a, b), strict=True))
    both = add(q, germ(OPS["softplus"].call(add(p, q, -1.0))))
    return select(nothing[0], b, select(nothing[1], a, both))


@rule("logaddexp2")
def logaddexp2(a: Array, b: Array) -> Germ:
    """Return the same to base 2."""
    scaled = (germ(x).each(lambda c: c * math.log(2)) for x in (a, b))
    return logaddexp(*scaled).each(lambda c: c / math.log(2))
