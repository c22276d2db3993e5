"""SciPy's functions by name, found on first use: importing this package must not import SciPy."""

from importlib import import_module

import numpy as np

from tinygrad_loss.engine.op import Array, Rule

__all__ = ["scipy_ufunc"]


def scipy_ufunc(name: str) -> Rule:
    """Return ``scipy.special.<name>`` as a forward; arrays of other kinds answer it through their own protocol."""

    def forward(*x: Array) -> Array:
        y = getattr(import_module("scipy.special"), name)(*x)
        # SciPy has no half precision, and answers it with single precision.
        halves = y.dtype == np.float32 and all(getattr(a, "dtype", np.float16) == np.float16 for a in x)
        return y.astype(np.float16) if halves else y

    return forward
