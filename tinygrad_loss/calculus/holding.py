"""Whether rules that hold along some tangents only hold along given ones."""

from tinygrad_loss.calculus.functional import plain, push
from tinygrad_loss.context import at_kinks
from tinygrad_loss.engine.graph import differentiable_order
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor

__all__ = ["holds_along"]


def holds_along(y: Tensor, tangents: dict[int, Array]) -> bool:
    """Whether every rule that led to ``y`` gives the derivative of NumPy's function along tangents of the variables.

    Of a symmetric matrix NumPy reads one triangle, and the rules differentiate the symmetric part: one function while the matrix stays symmetric.
    """
    order, _ = differentiable_order(y, tangents)
    with at_kinks("convention"):
        return all(
            t.op.holds(push(t.inputs[0], tangents, again=False), *(plain(x) for x in t.inputs), **(t.static or {}))
            for t in order
            if t.op is not None and t.op.holds is not None
        )
