"""Where the path from a result to its leaves was cut, in words."""

from typing import Final

from tinygrad_loss import errors
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor

__all__ = ["cut_path"]


def cut_path(root: Tensor, where: str = "backward") -> errors.CutPathError:
    """Return the error that names the op at which the path to the leaves was cut."""
    if root.op is None:
        got = "a leaf with requires_grad=False, or the result of .data, .numpy(), .detach() or tl.no_grad()"
        instead = "x = tl.tensor(data, requires_grad=True), then y = f(x); y.backward()"
        return errors.CutPathError(errors.say(where, "a leaf that requires grad must have led here", got, instead))
    stack, seen, cut = [root], set(), root
    while stack:
        t = stack.pop()
        if t.op is None or id(t) in seen:
            continue
        seen.add(id(t))
        if any(type(x) is Tensor and x.track & NEEDS_GRAD for x in t.inputs):
            cut = t
            break
        stack.extend(x for x in t.inputs if type(x) is Tensor)
    name = cut.op.name if cut.op else "?"
    instead = INSTEAD.get(name, "np.where(condition, a, b) of values, which has a gradient in a and b")
    return errors.CutPathError(
        errors.say(
            where,
            "a leaf that requires grad must have led here through ops that have a derivative",
            f"a path that {name} cut",
            instead,
        )
    )


INSTEAD: Final = {
    "argmax": "np.sum(tl.ops.softmax(x, axis=-1) * np.arange(n), axis=-1), an index that has a gradient",
    "argmin": "np.sum(tl.ops.softmax(-x, axis=-1) * np.arange(n), axis=-1), an index that has a gradient",
    "argsort": "np.sort(x), whose values have a gradient",
    "cast": "x.astype(np.float32), which keeps the gradient",
    "detach": "x itself, without .detach()",
}
