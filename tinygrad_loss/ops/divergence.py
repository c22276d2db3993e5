"""How far one array of probabilities is from another, term by term."""

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.pointwise import pointwise

__all__ = ["affinity", "log_relative_entropy", "relative_entropy", "relative_entropy_error", "tilted"]


def _relative_entropy(log_q: Array, p: Array) -> Array:
    return np.where(p == 0, 0.0, p * (np.log(p) - log_q))


relative_entropy_error = pointwise(
    "relative_entropy_error",
    _relative_entropy,
    lambda _log_q, p: -p,
    lambda log_q, p: np.log(p) + 1.0 - log_q,
    added=lambda log_q, p: np.vdot(p, np.log(p) - log_q),
    domain=((-3.0, 0.0), (0.1, 1.0)),
    doc=r"p (\log p - \log q) of log q and p, with 0 at p = 0",
)


def _log_relative_entropy(log_q: Array, log_p: Array) -> Array:
    p = np.exp(log_p)
    return np.where(p == 0, 0.0, p * (log_p - log_q))


log_relative_entropy = pointwise(
    "log_relative_entropy",
    _log_relative_entropy,
    lambda _log_q, log_p: -np.exp(log_p),
    lambda log_q, log_p: np.exp(log_p) * (log_p + 1.0 - log_q),
    domain=((-3.0, 0.0), (-3.0, 0.0)),
    doc=r"p (\log p - \log q) of log q and log p",
)

relative_entropy: Rule = elementwise(
    "relative_entropy",
    lambda p, q: np.where(p == 0, 0.0, p * (np.log(p) - np.log(q))),
    lambda _y, p, q: np.log(p) - np.log(q) + 1.0,
    lambda _y, p, q: np.where(p == 0, 0.0, -p / q),
    domain=((0.1, 1.0), (0.1, 1.0)),
    doc=r"p \log(p / q), with 0 at p = 0, whatever q is",
)


# ---- powers of probabilities --------------------------------------------------------------------------------------------------


def _power(q: Array, p: Array, exponent: float) -> Array:
    """Return (q / p) to a power, less 1; -1 for an outcome that neither has."""
    neither = (q == 0) & (p == 0)
    ratio = np.log(np.where(neither, 1.0, q)) - np.log(np.where(neither, 1.0, p))
    return np.where(neither, -1.0, np.expm1(ratio * exponent))


def _tilted(q: Array, p: Array, alpha: float) -> Array:
    zero = p == 0
    ratio = np.log(np.where(zero, 1.0, q)) - np.log(np.where(zero, 1.0, p))
    return np.where(zero, 0.0, p * np.expm1(ratio * (1.0 - alpha)))


tilted: Rule = elementwise(
    "tilted",
    _tilted,
    lambda _y, q, p, alpha: np.where(p == 0, 0.0, (_power(q, p, -alpha) + 1.0) * (1.0 - alpha)),
    lambda _y, q, p, alpha: _power(q, p, 1.0 - alpha) * alpha + (alpha - 1.0),
    static=True,
    domain=((0.1, 1.0), (0.1, 1.0)),
    doc=r"p^\alpha q^{1 - \alpha} - p, which cancels nothing near \alpha = 1; 0 where p is",
)


def _scaled_power(q: Array, p: Array, top: Array, exponent: float) -> Array:
    """Return (q / p) to a power, divided by e^top; 0 for an outcome that neither has."""
    neither = (q == 0) & (p == 0)
    ratio = np.log(np.where(neither, 1.0, q)) - np.log(np.where(neither, 1.0, p))
    return np.where(neither, 0.0, np.exp(ratio * exponent - top))


def _affinity(q: Array, p: Array, top: Array, alpha: float) -> Array:
    zero = p == 0
    return np.where(zero, 0.0, p * _scaled_power(q, np.where(zero, 1.0, p), top, 1.0 - alpha))


affinity: Rule = elementwise(
    "affinity",
    _affinity,
    lambda _y, q, p, top, alpha: np.where(p == 0, 0.0, _scaled_power(q, p, top, -alpha) * (1.0 - alpha)),
    lambda _y, q, p, top, alpha: _scaled_power(q, p, top, 1.0 - alpha) * alpha,
    lambda y, _q, _p, _top, alpha: -y,
    static=True,
    domain=((0.1, 1.0), (0.1, 1.0), (-1.0, 1.0)),
    doc=r"p^\alpha q^{1 - \alpha} e^{-t}, exact where p and q hardly overlap; 0 where p is 0",
)
