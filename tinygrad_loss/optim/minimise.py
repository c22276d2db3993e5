"""SciPy's optimisers with exact derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.calculus.functional import grad, hessian, plain, value_and_grad
from tinygrad_loss.calculus.tree import leaves_of, meant_as_array, refilled
from tinygrad_loss.engine.op import Derivative
from tinygrad_loss.engine.tensor import Tensor

__all__ = ["Minimum", "minimize"]

NO_GRADIENT: Final = frozenset({"nelder-mead", "powell", "cobyla", "cobyqa"})
WITH_HESSIAN: Final = frozenset({"dogleg", "trust-exact"})
WITH_HESSIAN_PRODUCT: Final = frozenset({"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"})
METHODS: Final = (
    "BFGS", "L-BFGS-B", "CG", "Newton-CG", "trust-ncg", "trust-krylov", "trust-exact", "trust-constr", "dogleg", "TNC", "SLSQP",
    "Nelder-Mead", "Powell", "COBYLA", "COBYQA",
)  # fmt: skip


class Minimum(Protocol):
    """SciPy's result, `scipy.optimize.OptimizeResult`, which is also a dict.

    Attributes:
        x: where the minimum was found, in the form of ``x0``.
        fun: the value there.
        jac: the gradient there.
        success: whether the method believes so.
        status: why it ended, as a number of the method's own.
        message: why it ended.
        nit: the number of steps.
        nfev: the number of values that were asked.
    """

    x: Derivative
    fun: float
    jac: np.ndarray
    success: bool
    status: int
    message: str
    nit: int
    nfev: int

    def __getitem__(self, key: str) -> object:
        """Return one of them, or of what the method gives besides, by name."""

    def keys(self) -> Iterable[str]:
        """Return their names."""


def minimize(f: Callable[..., Any], x0: Any, args: tuple[Any, ...] = (), method: str = "BFGS", **options: Any) -> Minimum:
    r"""Minimise ``f`` by ``scipy.optimize.minimize`` with its exact gradient, and exact products $H v$, or $H$, where the method takes them.

    Args:
        f: a function of ``x0``'s form (and ``args``) that returns one number, written with NumPy calls.
        x0: where to start: an array, or a tree (list, tuple, dict) of arrays.
        args: further arguments of ``f``.
        method: SciPy's name: ``"BFGS"``, ``"L-BFGS-B"``, ``"Newton-CG"``, ``"trust-ncg"``, ...
        options: what SciPy's function takes besides: ``tol``, ``bounds``, ``constraints``, ``options``, ``callback``.

    Returns:
        SciPy's result; ``x`` has the form of ``x0``.

    Raises:
        DomainError: SciPy has no such method.
        NonFiniteError: the gradient is nan or inf, as at a kink under the policy ``"nan"``.

    Source: Nocedal and Wright 2006, Numerical Optimization; Pearlmutter 1994 for the products.

    >>> import numpy as np, tinygrad_loss as tl
    >>> result = tl.optim.minimize(lambda p: (p["a"] - 1) ** 2 + np.sum((p["b"] + 2) ** 2), {"a": 0.0, "b": np.zeros(2)})
    >>> round(float(result.x["a"]), 6), np.round(result.x["b"], 6)
    (1.0, array([-2., -2.]))
    """
    from scipy import optimize  # noqa: PLC0415  importing SciPy takes longer than importing the package

    if str(method).lower() not in map(str.lower, METHODS):
        raise errors.unknown_name("tl.optim.minimize", "method", method, METHODS)
    start = [np.asarray(x.value if isinstance(x, Tensor) else x) for x in leaves_of(x0)]
    dtype = np.result_type(*start, np.float64)
    shapes = [x.shape for x in start]
    ends = np.cumsum([x.size for x in start])

    def as_tree(flat: Any) -> Any:
        parts = [flat[end - int(np.prod(shape)) : end] for end, shape in zip(ends, shapes, strict=True)]
        return refilled(x0, [np.reshape(part, shape) for part, shape in zip(parts, shapes, strict=True)])

    def of_flat(flat: Any, *args: Any) -> Any:
        with meant_as_array([x0]):
            return f(as_tree(flat), *args)

    def value_and_gradient(flat: np.ndarray, *args: Any) -> tuple[float, np.ndarray]:
        value, gradient = map(plain, value_and_grad(of_flat)(flat, *args))
        if not np.isfinite(gradient).all():
            raise errors.refuse_nonfinite("tl.optim.minimize", "x", gradient, None)
        return float(value), gradient

    def hessian_product(flat: np.ndarray, v: np.ndarray, *args: Any) -> np.ndarray:
        return plain(grad(lambda x: np.sum(grad(of_flat)(x, *args) * v))(flat))

    known: dict[str, Any] = {"jac": True}
    if method.lower() in WITH_HESSIAN_PRODUCT:
        known["hessp"] = hessian_product
    if method.lower() in WITH_HESSIAN:
        known["hess"] = lambda flat, *args: plain(hessian(of_flat)(flat, *args))
    function: Callable[..., Any] = value_and_gradient
    if method.lower() in NO_GRADIENT:
        known, function = {}, lambda flat, *args: float(plain(of_flat(flat, *args)))
    flat = np.concatenate([x.ravel() for x in start]).astype(dtype)
    result = optimize.minimize(function, flat, args=args, method=method, **known, **options)
    result.x = as_tree(result.x)
    return result
