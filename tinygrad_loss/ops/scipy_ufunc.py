"""SciPy's functions by name, found on first use: importing this package must not import SciPy."""

from importlib import import_module

from tinygrad_loss.engine.op import Array, Rule

__all__ = ["scipy_ufunc"]


def scipy_ufunc(name: str) -> Rule:
    """Return ``scipy.special.<name>`` as a forward; arrays of other kinds answer it through their own protocol."""

    def forward(*x: Array) -> Array:
        return getattr(import_module("scipy.special"), name)(*x)

    return forward
