"""Whether numbers are finite, and if not, whether they are only too large."""

from math import isfinite
from typing import TYPE_CHECKING, Final

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor

if TYPE_CHECKING:
    from tinygrad_loss.engine.reverse import Pass

__all__ = ["UNSTATED", "finite", "overflowed"]

UNSTATED: Final = frozenset({"beta", "betaln", "binom", "poch"})
"""Ops with poles that they do not state."""


def finite(g: Array) -> bool:
    """Whether every entry is finite; the dot product decides at once unless it overflows."""
    value = g.value if type(g) is Tensor else g
    flat = value.ravel("K") if type(value) is np.ndarray else value  # in the order of memory: nothing is copied
    return isfinite(np.vdot(flat, flat).real) or bool(np.all(np.isfinite(value)))


def overflowed(done: "Pass") -> bool:
    """Whether what is not finite is only too large: all that was given is finite, no op stood at a pole or an edge, and nothing is nan.

    Then an infinite slope is one beyond the largest number, and a finite one is right although the value is not.
    """
    results = [done.root, *done.order]
    given = [x for t in results for x in t.inputs if type(x) is not Tensor or x.op is None]
    return (
        all(map(finite, map(_floating, given)))
        and not any(t.op is not None and t.op.name in UNSTATED for t in results)
        and not any(np.any(np.isnan(x)) for x in (*(t.value for t in results), *done.cotangents.values()))
    )


def _floating(x: Array) -> Array:
    """Return what may be infinite among operands: floating numbers."""
    value = np.asarray(x.value if type(x) is Tensor else x)
    return value if value.dtype.kind in "fc" else 0.0
