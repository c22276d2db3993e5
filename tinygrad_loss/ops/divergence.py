"""How far one array of probabilities is from another, term by term."""

import numpy as np

from tinygrad_loss.engine.declare import elementwise
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.pointwise import pointwise

__all__ = ["log_relative_entropy", "relative_entropy", "relative_entropy_error"]


def _relative_entropy(log_q: Array, p: Array) -> Array:
    return np.where(p == 0, 0.0, p * (np.log(p) - log_q))


relative_entropy_error = pointwise(
    "relative_entropy_error",
    _relative_entropy,
    lambda _log_q, p: -p,
    lambda log_q, p: np.log(p) + 1.0 - log_q,
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
