"""`backward`: one reverse pass, the truth about what it noticed, and the gradients into the leaves."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.context import AT_KINKS, RECORDING, REMEMBER_LINES
from tinygrad_loss.engine.cut import cut_path
from tinygrad_loss.engine.debug import refuse_derivative
from tinygrad_loss.engine.finiteness import finite
from tinygrad_loss.engine.graph import differentiable_order
from tinygrad_loss.engine.masked import refuse_masked
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.reverse import Pass, sweep
from tinygrad_loss.engine.tensor import NEEDS_GRAD, RETAINED, Tensor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["backward", "complex_result", "watched"]

SCALARS: Final = frozenset({np.float32, np.float64})
"""Types of a single number, as nearly every loss is."""


def backward(self: Tensor, gradient: "ArrayLike | None" = None, retain_graph: bool | None = None, create_graph: bool = False) -> None:
    r"""Add the gradient of this tensor into ``.grad`` of every leaf that led to it, and of results that retain theirs.

    $x.grad \mathrel{+}= \sum_k gradient_k \, \partial y_k / \partial x$

    Args:
        self: the result, whose method this is.
        gradient: the cotangent of this tensor, of its shape; needed unless it is a single number.
        retain_graph: PyTorch's; graphs are kept anyway, so it changes nothing.
        create_graph: PyTorch's; `grad` of `grad` is its place here.

    Raises:
        ArgumentError: ``create_graph=True``.
        ShapeError: ``gradient`` is missing for more than one number, or has another shape.
        CutPathError: no leaf that requires grad led here.
        StaleGraphError: a leaf was given new values since.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., chapter 3.

    >>> import numpy as np, tinygrad_loss as tl
    >>> x = tl.tensor([1.0, -2.0], requires_grad=True)
    >>> np.sum(x * x).backward()
    >>> x.grad
    array([ 2., -4.])
    """
    del retain_graph
    if create_graph:
        rule, instead = "a gradient that shall be differentiated again is a transform's", "tl.grad(tl.grad(f))(x)"
        raise errors.ArgumentError(errors.say("backward", rule, "create_graph=True", instead))
    seed = _seed(self, gradient)
    if not self.track & NEEDS_GRAD:
        raise cut_path(self)
    done = _judged(self, seed)
    order = done.order if done.root is self else differentiable_order(self)[0]
    for t in [t for t in order if t.track & RETAINED]:
        _judged(self, seed, {id(t)})


def _judged(root: Tensor, seed: Array, stops: Collection[int] = ()) -> Pass:
    """Run one reverse pass, judge what it noticed, and add the gradients into where it ended."""
    policy = AT_KINKS.get()
    done = sweep(root, seed, policy=policy, stops=stops)
    reports: Mapping[int, object] = {}
    if done.doubtful:
        from tinygrad_loss.nonsmooth.judge import judge  # noqa: PLC0415  only when a kink was hit

        reports = judge(done, policy)
    watched(done)
    _deposit(done, reports)
    return done


Tensor.backward = backward  # type: ignore[method-assign, assignment]


def watched(done: Pass) -> None:
    """Under `debug`, name the op that made a gradient non-finite."""
    if RECORDING.get() == REMEMBER_LINES and not all(map(finite, done.cotangents.values())):
        seed = done.seed.value if type(done.seed) is Tensor else done.seed
        refuse_derivative(done.order, done.root, seed)


def _seed(root: Tensor, gradient: "ArrayLike | None") -> Array:
    value = root.value
    if gradient is None and type(value) in SCALARS:
        return type(value)(1)
    kind = _kind_of(value)
    if kind not in "fc":
        raise cut_path(root) if kind in "biu" else not_numbers(root)
    if gradient is None:
        if kind == "c":
            raise complex_result("backward", "np.sum(np.abs(y) ** 2).backward()", root)
        if value.size != 1:
            raise errors.ShapeError(
                errors.say(
                    "backward",
                    "without gradient= the tensor must be a single number",
                    f"shape {root.shape}",
                    "np.sum(y).backward(), or y.backward(gradient=np.ones_like(y.data))",
                )
            )
        return value.dtype.type(1) if value.ndim == 0 else np.ones_like(value)
    refuse_masked("backward", (gradient,))
    seed = np.array(gradient.value if isinstance(gradient, Tensor) else gradient)
    if seed.dtype.kind not in ("biufc" if kind == "c" else "biuf"):
        raise errors.DTypeError(
            errors.say("backward", "gradient= must be real numbers", f"dtype {seed.dtype}", "y.backward(gradient=np.ones_like(y.data))")
        )
    seed = seed.astype(root.dtype, copy=False)
    if seed.shape != root.shape:
        rule, instead = "gradient= must have the tensor's shape", "y.backward(gradient=np.ones_like(y.data))"
        raise errors.misfits("backward", rule, {"gradient": seed.shape, "the tensor": root.shape}, instead, mismatch.unequal)
    return seed[()] if seed.ndim == 0 else seed


def complex_result(where: str, instead: str, y: Array) -> errors.DTypeError:
    """Return the error for a derivative of complex numbers: a loss is real."""
    return errors.DTypeError(errors.say(where, "only a real number has a gradient", f"dtype {y.dtype}", instead))


def _deposit(done: Pass, reports: Mapping[int, object]) -> None:
    """Add the gradients into the leaves; each gets an array of its own, of its own dtype.

    All are computed before the first is stored, so that an interruption seldom falls between two of them.
    """
    given: set[int] = {id(done.seed)}
    new = []
    for key, leaf in done.leaves.items():
        g = done.cotangents.get(key)
        if g is None:
            continue
        before, dtype = leaf.grad, leaf.value.dtype
        if g.dtype != dtype:
            g = np.asarray(g.real if np.iscomplexobj(g) else g).astype(dtype)
        if before is not None:
            g = before + g
        elif type(g) is not np.ndarray or g.base is not None or id(g) in given:
            g = np.array(g)
        given.add(id(g))
        new.append((leaf, g if type(g) is np.ndarray else np.asarray(g), reports.get(key)))
    for leaf, g, report in new:
        leaf._grad, leaf._report = g, report  # noqa: SLF001  the setter would copy once more


def not_numbers(root: Tensor) -> errors.DTypeError:
    """Return the error that names the op at which an array of objects came in."""
    order, _ = differentiable_order(root)
    first = next((t for t in order if _kind_of(t.value) not in "biufc"), root)
    name = first.op.name if first.op else "backward"
    return errors.DTypeError(errors.say(name, "operands must be real numbers", "dtype object", "np.asarray(operand, dtype=np.float64)"))


def _kind_of(value: Array) -> str:
    """Return the letter of a dtype; an array of objects may have summed to a Python number."""
    return value.dtype.kind if hasattr(value, "dtype") else "O"
