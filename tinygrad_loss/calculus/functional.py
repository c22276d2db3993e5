"""Transforms of functions: gradients, products with Jacobians, Hessians; they compose to any order.

Each wraps its arguments in fresh ``argument`` nodes, so that a variable of an inner transform is never taken
for one of an outer transform (perturbation confusion), and walks the record between them and the result.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias, overload

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.calculus.argnums import says_argnums
from tinygrad_loss.calculus.backward import complex_result, watched
from tinygrad_loss.calculus.forms import Gradient, ValueAndGradient
from tinygrad_loss.calculus.tree import leaves_of, mapped, meant_as_array, refilled
from tinygrad_loss.context import AT_KINKS, RECORDING, enable_grad
from tinygrad_loss.engine.call import constant
from tinygrad_loss.engine.cut import cut_path
from tinygrad_loss.engine.declare import custom, linear
from tinygrad_loss.engine.graph import differentiable_order, leading_to
from tinygrad_loss.engine.masked import refuse_masked
from tinygrad_loss.engine.op import OPS, Array, Derivative
from tinygrad_loss.engine.reverse import finite, own_ties, sweep, tied
from tinygrad_loss.engine.tensor import LEAF, NEEDS_GRAD, TRACED, Tensor, tensor
from tinygrad_loss.nonsmooth.departure import watching

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

Function: TypeAlias = Callable[..., Any]

linear("argument", lambda x: x, lambda g, _x: g, static=False, doc="a variable of a transform whose function is running")
linear("alias", lambda x: x, lambda g, _x: g, static=False, doc="a variable of a transform whose function has returned")
ARGUMENT, ALIAS = OPS["argument"], OPS["alias"]
steady = custom(
    "steady",
    lambda x, _argument: x,
    [None, lambda _g, _y, _x, argument: np.zeros_like(argument)],
    lambda _dx, y, _x, _argument: np.zeros_like(y),
    arity=2,
    doc="a derivative that is constant in pieces, such as that of the absolute value: its own derivative is 0, not missing",
)


def argument(x: Any) -> Tensor:
    """Return ``x`` as a fresh variable of a transform."""
    if not isinstance(x, Tensor):
        x = tensor(x)
    if x.dtype.kind in "iu":
        x = x.astype(np.float64)
    if x.dtype.kind != "f":
        rule, instead = "only floating numbers have a derivative", "np.asarray(x, dtype=np.float64)"
        raise errors.DTypeError(errors.say("tl.grad", rule, f"an argument of dtype {x.dtype}", instead))
    fresh = Tensor.__new__(Tensor)
    fresh.value = x.value
    fresh.op, fresh.first, fresh.second, fresh.stamp = ARGUMENT, x, None, x.version
    fresh.track = LEAF
    fresh.version = 0
    if x.name:
        fresh.name = x.name
    return fresh


class Traced:
    """One call of a function on fresh variables: what went in, what came out, what is needed to differentiate it."""

    def __init__(
        self, f: Function, args: Sequence[Any], argnums: int | tuple[int, ...], kwargs: dict[str, Any], *, whole: bool = False
    ) -> None:
        refuse_masked("tl.grad", (*args, *kwargs.values()))
        chosen = argnums if isinstance(argnums, tuple) else (argnums,)
        if not all(isinstance(i, int | np.integer) for i in chosen):
            rule = "argnums must be a whole number or a tuple of them"
            raise errors.ArgumentError(errors.say("tl.grad", rule, type(argnums).__name__, "tl.grad(f, argnums=0)(x)"))
        for i in chosen:
            if not -len(args) <= i < len(args):
                rule = "argnums must count positional arguments from 0"
                raise errors.DomainError(errors.say("tl.grad", rule, f"{i} of {len(args)}", "tl.grad(f, argnums=0)(x)"))
        self.single = isinstance(argnums, int) and not whole
        self.trees = [args[i] for i in chosen]
        self.variables: list[Tensor] = []
        new = list(args)
        for i in chosen:
            new[i] = mapped(self._fresh, args[i])
        given = (x for tree in self.trees for x in leaves_of(tree) if isinstance(x, Tensor) and x.track & NEEDS_GRAD)
        self.given: Tensor | None = next(given, None)
        with watching() as self.departed, enable_grad(), meant_as_array(self.trees):
            self.result = f(*new, **kwargs)
        for v in self.variables:
            v.op = ALIAS
        self.stops = {id(v) for v in self.variables}

    def _fresh(self, x: Any) -> Tensor:
        self.variables.append(argument(x))
        return self.variables[-1]

    def outer(self, y: Tensor) -> Tensor | None:
        """Return a tensor in which the derivative itself may be differentiated, or None.

        It is one given by the caller, a variable of an outer transform, or, where ops are recorded, a leaf that ``f`` closes over.
        """
        if self.given is not None:
            return self.given
        order, leaves = differentiable_order(y, self.stops)
        enclosing = next((t for t in order if t.op is ARGUMENT), None)
        if enclosing is None and RECORDING.get():
            return next((leaf for key, leaf in leaves.items() if key not in self.stops), None)
        return enclosing

    def pull(self, y: Tensor, seed: Array) -> list[Array]:
        """Return the cotangent of every variable."""
        if not y.track & NEEDS_GRAD:
            return [np.zeros_like(v.value) for v in self.variables]
        policy = AT_KINKS.get()
        outer = self.outer(y)
        again = outer is not None or isinstance(seed, Tensor)
        seed = tensor(seed) if again and not isinstance(seed, Tensor) else seed
        done = sweep(y, seed, policy=policy, stops=self.stops, differentiable=again)
        done.departed = self.departed
        if done.doubtful or (again and done.hits):
            from tinygrad_loss.nonsmooth.judge import judge  # noqa: PLC0415  only when a kink was hit

            judge(done, policy)
        watched(done)
        return [self._finished(v, done.cotangents.get(id(v)), outer, again=again) for v in self.variables]

    @staticmethod
    def _finished(v: Tensor, g: Array, outer: Tensor | None, *, again: bool) -> Array:
        if g is None:
            g = np.zeros_like(v.value)
        if again:
            g = g if isinstance(g, Tensor) else tensor(g)
            if g.track == TRACED and outer is not None:
                g = steady(g, outer)
            return g if g.dtype == v.dtype else g.astype(v.dtype)
        return np.array(g.real if np.iscomplexobj(g) else g, dtype=v.dtype)

    def arranged(self, per_variable: Sequence[Array]) -> Any:
        """Return one value per variable in the form of the arguments."""
        supply = iter(per_variable)
        trees = [refilled(tree, [next(supply) for _ in leaves_of(tree)]) for tree in self.trees]
        return trees[0] if self.single else tuple(trees)

    def scalar(self, transform: str) -> Tensor:
        """Return the result, which must be a single number that the variables led to."""
        y = real(connected(self.result, transform), transform, "{}")
        if y.size != 1:
            raise errors.ShapeError(
                errors.say(
                    transform,
                    "f must return a single number",
                    f"shape {y.shape}",
                    f"{transform}(lambda x: np.sum(f(x))), or tl.jacobian(f)",
                )
            )
        return y


def connected(y: Any, transform: str) -> Tensor:
    """Return a result as the tensor it must be, or say why it is none."""
    if not isinstance(y, Tensor):
        raise errors.CutPathError(
            errors.say(
                transform,
                "f must return a tensor computed from its argument",
                f"{type(y).__name__}",
                "NumPy functions of x all the way, without float(), .item() or .numpy()",
            )
        )
    if y.track == TRACED:
        raise cut_path(y, transform)
    return y


def real(y: Tensor, transform: str, arguments: str) -> Tensor:
    """Return a result that is real, or say how to make a complex one real; ``arguments`` are what the transform takes, ``{}`` for f."""
    if y.dtype.kind == "c":
        raise complex_result(transform, f"{transform}({arguments.format('lambda x: np.sum(np.abs(f(x)) ** 2)')})", y)
    return y


def plain(y: Array) -> Array:
    """Return a value without its record."""
    return y.value if isinstance(y, Tensor) else y


def check_function(f: Any, transform: str) -> None:
    """Refuse a tensor where a function is transformed: the gradient of what was computed already is `backward`'s."""
    if not callable(f):
        call = {"tl.vjp": "(f, x)", "tl.jvp": "(f, x, v)", "tl.hvp": "(f, x, v)"}.get(transform, "(f)(x)")
        line = f"y.backward(), then x.grad; or {transform}{call}"
        raise errors.ArgumentError(errors.say(transform, "it takes a function, and differentiates it", type(f).__name__, line))


@overload
def grad(f: Function, argnums: Literal[0] = 0) -> Gradient: ...
@overload
def grad(f: Function, argnums: int) -> Callable[..., Derivative]: ...
@overload
def grad(f: Function, argnums: tuple[int, ...]) -> Callable[..., tuple[Derivative, ...]]: ...
@says_argnums
def grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    r"""Return the function that computes the gradient of ``f``: $x \mapsto \partial f / \partial x$.

    Args:
        f: returns a single number.
        argnums: which positional arguments to differentiate; each may be a tensor, array, number, or nested lists, tuples and dicts of them.

    Returns:
        A function of the same arguments, whose result has the form of argument ``argnums``
        (a tuple of them for several): as arrays, or as tensors where the gradient may itself be differentiated, which is inside
        another transform, for an argument that requires grad, and where ``f`` closes over tensors that require grad
        (a loss of a gradient trains them; `no_grad` gives arrays).

    Raises:
        ShapeError: ``f`` returns more than one number.
        CutPathError: the result does not depend on the argument through ops that have a derivative.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., chapter 3.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(np.sin)(0.0)
    array(1.)
    >>> tl.grad(tl.grad(lambda x: x**3))(2.0)
    array(12.)
    """
    check_function(f, "tl.grad")
    value_and_gradient = value_and_grad(f, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return value_and_gradient(*args, **kwargs)[1]

    return gradient


@overload
def value_and_grad(f: Function, argnums: Literal[0] = 0) -> ValueAndGradient: ...
@overload
def value_and_grad(f: Function, argnums: int) -> Callable[..., tuple[Derivative, Derivative]]: ...
@overload
def value_and_grad(f: Function, argnums: tuple[int, ...]) -> Callable[..., tuple[Derivative, tuple[Derivative, ...]]]: ...
@says_argnums
def value_and_grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    r"""Return the function that computes ``f`` and its gradient at once: $x \mapsto (f(x), \partial f / \partial x)$.

    Arguments, results and errors as `grad`.

    >>> import numpy as np, tinygrad_loss as tl
    >>> y, g = tl.value_and_grad(lambda x: np.sum(x * x))(np.array([3.0, 4.0]))
    >>> float(y), g
    (25.0, array([6., 8.]))
    """
    check_function(f, "tl.value_and_grad")

    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Array, Any]:
        traced = Traced(f, args, argnums, kwargs)
        y = traced.scalar("tl.grad")
        gradient = traced.arranged(traced.pull(y, np.ones_like(y.value)))
        return (y.value if traced.outer(y) is None else y), gradient

    return value_and_gradient


def vjp(f: Function, *x: Any) -> tuple[Derivative, Callable[[Any], Derivative]]:
    r"""Return ``f(*x)`` and its pullback $g \mapsto g^\top J$.

    Args:
        f: returns an array of any shape.
        x: its arguments.

    Returns:
        The value, and a function from a cotangent of the value's shape to the cotangent of each argument
        (one argument: that alone; several: a tuple).

    >>> import numpy as np, tinygrad_loss as tl
    >>> y, pullback = tl.vjp(lambda x: x**2, np.array([1.0, 3.0]))
    >>> pullback(np.array([1.0, 10.0]))
    array([ 2., 60.])
    """
    check_function(f, "tl.vjp")
    traced = Traced(f, x, tuple(range(len(x))), {})
    y = connected(traced.result, "tl.vjp")

    def pullback(g: Any) -> Any:
        seed = g if isinstance(g, Tensor) else np.asarray(constant(g, "tl.vjp"), dtype=y.dtype)
        if seed.shape != y.shape:
            rule, named = "the cotangent must have the result's shape", {"v": seed.shape, "y": y.shape}
            raise errors.misfits("tl.vjp", rule, named, "pullback(np.ones_like(y))", mismatch.unequal)
        cotangents = traced.arranged(traced.pull(y, seed))
        return cotangents[0] if len(x) == 1 else cotangents

    return (y.value if traced.outer(y) is None else y), pullback


def jvp(f: Function, x: Any, v: Any) -> tuple[Derivative, Derivative]:
    r"""Return ``f(x)`` and its derivative along ``v``: $J v$, in one forward pass.

    Args:
        f: returns an array of any shape.
        x: one argument, or a tuple for several.
        v: a tangent of the same form.

    Raises:
        ShapeError: ``v`` has not the form of ``x``.

    >>> import numpy as np, tinygrad_loss as tl
    >>> y, dy = tl.jvp(np.exp, 0.0, 2.0)
    >>> float(y), float(dy)
    (1.0, 2.0)
    """
    check_function(f, "tl.jvp")
    args = x if isinstance(x, tuple) else (x,)
    tangents = list(leaves_of(v))
    traced = Traced(f, args, tuple(range(len(args))), {})
    y = real(connected(traced.result, "tl.jvp"), "tl.jvp", "{}, x, v")
    if len(tangents) != len(traced.variables):
        raise errors.ShapeError(
            errors.say(
                "tl.jvp",
                "v must have the form of x",
                f"{len(tangents)} tangents for {len(traced.variables)} arguments",
                "tl.jvp(f, (x, y), (vx, vy))",
            )
        )
    seeds = {}
    for variable, tangent in zip(traced.variables, tangents, strict=True):
        t = tangent if isinstance(tangent, Tensor) else np.asarray(constant(tangent, "tl.jvp"), dtype=variable.dtype)
        if t.shape != variable.shape:
            rule, named = "a tangent must have its argument's shape", {"v": t.shape, "x": variable.shape}
            raise errors.misfits("tl.jvp", rule, named, "tl.jvp(f, x, np.ones_like(x))", mismatch.unequal)
        seeds[id(variable)] = t[()] if isinstance(t, np.ndarray) and t.ndim == 0 else t
    outer = traced.outer(y)
    again = outer is not None or any(isinstance(t, Tensor) for t in seeds.values())
    dy = push(y, seeds, again=again, departed=traced.departed)
    if outer is not None and isinstance(dy, Tensor) and dy.track == TRACED:
        dy = steady(dy, outer)
    return (y, dy) if again else (y.value, dy)


def push(y: Tensor, tangents: dict[int, Array], *, again: bool, departed: Sequence[str] = ()) -> Array:
    """Carry tangents from the variables to ``y`` over the record, inputs first; ``departed`` names where numbers left it at a tie."""
    order, _ = differentiable_order(y, tangents)
    moving = dict(tangents)
    suspicious = False
    screen = AT_KINKS.get() != "convention"
    with np.errstate(all="ignore"):
        for t in leading_to(order, tangents):
            op, inputs, static = t.node
            dx = [moving.get(id(a)) if type(a) is Tensor else None for a in inputs]
            raw = [a.value if type(a) is Tensor else a for a in inputs]
            moving[id(t)] = op.jvp(dx, t if again else t.value, *(inputs if again else raw), **static)  # type: ignore[misc]
            if screen and not suspicious:
                hit = op.facts is not None and bool(np.any(own_ties(t)))
                suspicious = hit or any(tied(a) for a in inputs if type(a) is Tensor and a.track == TRACED)
        dy = moving.get(id(y), np.zeros_like(y.value))
        suspicious = suspicious or (screen and not finite(dy) and not any(t.op is not None and t.op.name == "settled" for t in order))
    if suspicious:
        from tinygrad_loss.nonsmooth.tangents import judge_tangent  # noqa: PLC0415  only when a kink was hit

        dy = judge_tangent(y, dy, tangents, AT_KINKS.get(), departed)
    return dy


def hvp(f: Function, x: Any, v: Any) -> Derivative:
    r"""Return the product of the Hessian of ``f`` with ``v``: $H v$, without the Hessian.

    Args:
        f: returns a single number.
        x: one argument, or a tuple for several.
        v: a tangent of the same form.

    Source: Pearlmutter 1994, Neural Computation 6(1).

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.hvp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    check_function(f, "tl.hvp")
    if not isinstance(x, tuple):
        return jvp(grad(f), x, v)[1]
    everywhere = tuple(range(len(x)))

    def slope_along_v(*args: Any) -> Any:
        gradients = leaves_of(grad(f, everywhere)(*args))
        return sum((np.sum(g * d) for g, d in zip(gradients, leaves_of(v), strict=True)), 0.0)

    return grad(slope_along_v, everywhere)(*x)


@overload
def jacobian(f: Function, argnums: int = 0) -> Callable[..., Derivative]: ...
@overload
def jacobian(f: Function, argnums: tuple[int, ...]) -> Callable[..., tuple[Derivative, ...]]: ...
@says_argnums
def jacobian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    r"""Return the function that computes all partial derivatives: $J_{k,i} = \partial f_k / \partial x_i$.

    Args:
        f: returns an array of any shape.
        argnums: which positional arguments to differentiate, each an array.

    Returns:
        A function whose result has shape ``f(x).shape + x.shape`` (for several arguments, a tuple of such).

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    check_function(f, "tl.jacobian")

    def matrix(*args: Any, **kwargs: Any) -> Any:
        traced = Traced(f, args, argnums, kwargs)
        y = real(connected(traced.result, "tl.jacobian"), "tl.jacobian", "{}")
        rows = [list(leaves_of(traced.arranged(traced.pull(y, seed)))) for seed in _units(y)]
        columns = [np.stack([row[i] for row in rows]) if rows else np.zeros((0, *v.shape), v.dtype) for i, v in enumerate(traced.variables)]
        return traced.arranged([np.reshape(c, y.shape + v.shape) for c, v in zip(columns, traced.variables, strict=True)])

    return matrix


def _units(y: Tensor) -> Iterator[Array]:
    """Yield one cotangent per entry of ``y``: 1 there, 0 elsewhere."""
    if y.ndim == 0:
        yield np.ones_like(y.value)
        return
    for i in range(y.size):
        seed = np.zeros(y.shape, y.dtype)
        seed.flat[i] = 1
        yield seed


@says_argnums
def hessian(f: Function, argnums: int = 0) -> Callable[..., Derivative]:
    r"""Return the function that computes all second derivatives: $H_{i,j} = \partial^2 f / \partial x_i \partial x_j$.

    Args:
        f: returns a single number.
        argnums: which positional argument to differentiate, an array.

    Returns:
        A function whose result has shape ``x.shape + x.shape``.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.hessian(lambda x: x[0] * x[1])(np.array([1.0, 2.0]))
    array([[0., 1.],
           [1., 0.]])
    """
    check_function(f, "tl.hessian")
    return jacobian(grad(f, argnums), argnums)
