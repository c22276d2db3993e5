"""SciPy's functions by name, found on first use: importing this package must not import SciPy."""

from importlib import import_module

import numpy as np

from tinygrad_loss.engine.op import Array, Rule

__all__ = ["scipy_ufunc"]


def scipy_ufunc(name: str) -> Rule:
    """Return ``scipy.special.<name>`` as a forward; arrays of other kinds answer it through their own protocol."""

    def forward(*x: Array) -> Array:
        y = getattr(import_module("scipy.special"), name)(*x)
        given = [a.dtype for a in x if hasattr(a, "dtype")]
        # SciPy has no half precision, and to some functions a number beside single precision means double.
        kept = np.result_type(*given) if given else y.dtype
        return y.astype(kept) if kept.kind == "f" and kept != y.dtype else y

    return forward
