"""`debug`: which op, on which line, made a value or a derivative non-finite, and what to type instead."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.context import RECORDING, REMEMBER_LINES, Chosen
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import NEEDS_GRAD, Tensor

__all__ = ["debug", "refuse_derivative", "watch"]

REMEDIES: Final = {
    "log": "tl.losses.cross_entropy or *_with_logits on the scores, or scipy.special.xlogy(x, x) for x log x",
    "log2": "scipy.special.xlogy(x, x) / np.log(2) for x log2 x",
    "log10": "scipy.special.xlogy(x, x) / np.log(10) for x log10 x",
    "log1p": "tl.losses.binary_cross_entropy_with_logits on the scores",
    "logit": "the scores themselves, without the logistic function",
    "exp": "tl.ops.logsumexp, tl.ops.log_softmax or tl.ops.softplus, which never form a large exp (it overflows above 88.7 in float32, 709.8 in float64)",
    "exp2": "np.logaddexp2, which never forms a large power",
    "expm1": "tl.ops.softplus or np.tanh",
    "sinh": "np.tanh, or np.arcsinh of the data",
    "cosh": "tl.losses.log_cosh_loss, which never forms cosh",
    "sqrt": "the sum of squares without the root, or np.linalg.norm, whose gradient at 0 is known",
    "norm2": "the sum of squares without the root",
    "std": "np.var(x), which is smooth at constant input",
    "divide": "np.where(d == 0, 0.0, a / np.where(d == 0, 1.0, d))",
    "reciprocal": "np.where(x == 0, 0.0, 1 / np.where(x == 0, 1.0, x))",
    "power": "x ** 2 or another whole exponent, which is exact at 0",
    "real_power": "x ** 2 or another whole exponent, which is exact at 0",
    "square": "tl.losses.huber_loss, which grows linearly",
    "multiply": "smaller numbers: standardise the data, or work with logarithms",
    "matmul": "smaller numbers: standardise the data, or lower the learning rate",
}

OUTSIDE: Final = {
    **dict.fromkeys(
        ("sqrt", "log", "log2", "log10"), "np.clip(x, 0.0, None) before it if x is negative only by rounding; else look where x is made"
    ),
    "log1p": "np.clip(x, -1.0, None) before it if x is below -1 only by rounding; else look where x is made",
    **dict.fromkeys(("logit", "arcsin", "arccos", "arctanh"), "np.clip(x, low, high) before it, with the ends of its domain"),
    "arccosh": "np.clip(x, 1.0, None) before it",
    **dict.fromkeys(("power", "real_power"), "np.abs(x) ** p, or a whole exponent, which takes negative numbers"),
}
"""What to type where the argument lies outside the domain, and the value is nan."""


class debug(Chosen):  # noqa: N801  it is used like a function: with tl.debug():
    """Remember the source line of every op, and name the first that goes non-finite, forward or backward.

    Inside, an op whose finite inputs give nan or inf raises at once; a backward whose gradient is not finite names the op
    that made it so. Softmax of a softmax, and (N, 1) against (N,), are warned of. It costs several microseconds per op.

    Raises:
        NonFiniteError: with the op, the line, the operands' shapes and ranges, and the line to type instead.

    >>> import numpy as np, tinygrad_loss as tl
    >>> x = tl.tensor([0.5, 0.0], requires_grad=True)
    >>> with tl.debug():
    ...     try:
    ...         with np.errstate(all="ignore"):
    ...             y = np.log(x)
    ...     except tl.errors.NonFiniteError as error:
    ...         print(str(error).partition(",")[0])
    log: a value became -inf
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(RECORDING, REMEMBER_LINES)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Stop, and let the traceback of what was found end in the user's own frame, where a debugger then starts."""
        super().__exit__(kind, error, traceback)
        if isinstance(error, errors.NonFiniteError):
            last = traceback
            step = traceback
            while step is not None:
                if not (step.tb_frame.f_globals.get("__name__") or "").startswith((__name__.partition(".")[0] + ".", "numpy")):
                    last = step
                step = step.tb_next
            if last is not None:
                last.tb_next = None


def watch(t: Tensor) -> None:
    """Note where ``t`` was computed, and refuse a value that is not finite though its inputs are."""
    t.line = errors.caller_line()
    if t.op is None or not isinstance(t.value, np.ndarray | np.generic) or t.value.dtype.kind != "f":
        return
    op, inputs, _ = t.node
    values = [x.value if type(x) is Tensor else x for x in inputs]
    if not np.all(np.isfinite(t.value)) and all(np.all(np.isfinite(v)) for v in values if _numeric(v)):
        raise errors.NonFiniteError(_worded(t, "a value became", np.asarray(t.value), OUTSIDE))
    _suspicious(t, op.name, values)


def _numeric(v: Array) -> bool:
    return isinstance(v, int | float) or (isinstance(v, np.ndarray | np.generic) and v.dtype.kind in "fiu")


def _worded(t: Tensor, what: str, bad: np.ndarray, outside: Mapping[str, str]) -> str:
    op, inputs, _ = t.node
    first = bad[~np.isfinite(bad)].flat[0]
    operands = ", ".join(_described(x) for x in inputs)
    beyond = outside.get(op.name) if np.isnan(first) else None
    instead = beyond or REMEDIES.get(op.name, "np.clip(x, low, high) before it, or the stable form of the whole expression")
    line = "a line not remembered (record it under tl.debug())" if t.line is None else t.line
    return f"{op.name}: {what} {first:g}, {f'at {line}, ' if line else ''}from {operands}. {errors.remedy(instead)}"


def _described(x: Array) -> str:
    value = x.value if type(x) is Tensor else x
    name = f"{x.name} " if type(x) is Tensor and x.name else ""
    if not _numeric(value) or not np.size(value):
        return f"{name}{type(value).__name__}"
    array = np.asarray(value)
    return f"{name}{array.shape} in [{array.min():g}, {array.max():g}]" if array.ndim else f"{name}{array:g}"


def _suspicious(t: Tensor, name: str, values: list[Any]) -> None:
    """Warn of two mistakes that give finite but wrong numbers."""
    inputs = t.inputs
    if name in {"softmax", "log_softmax"} and type(inputs[0]) is Tensor and inputs[0].op and inputs[0].op.name in {"softmax", "expit"}:
        errors.warn_caller(
            f"{name} of a {inputs[0].op.name}: probabilities are squashed twice. Use instead: {name} of the scores themselves",
            errors.ProvenanceWarning,
        )
    shapes = [np.shape(v) for v in values]
    if name in {"add", "subtract", "multiply", "divide"} and len(shapes) == 2:
        a, b = shapes
        column, row = (a, b) if len(a) == 2 else (b, a)
        if len(column) == 2 and len(row) == 1 and column[1] == 1 and column[0] == row[0] > 1:
            errors.warn_caller(
                f"{name} of {a} and {b} makes {t.shape}: every entry meets every other. Type instead: x[:, 0], or y[:, None]",
                errors.ProvenanceWarning,
            )


def refuse_derivative(order: list[Tensor], root: Tensor, seed: Array) -> None:
    """Name the first op, in source order, whose finite cotangent became a non-finite one."""
    cotangents: dict[int, Array] = {id(root): seed}
    culprit: tuple[Tensor, Array] | None = None
    with np.errstate(all="ignore"):
        for t in reversed(order):
            g = cotangents.pop(id(t), None)
            if g is None or t.op is None:
                continue
            op, inputs, static = t.node
            values = [x.value if type(x) is Tensor else x for x in inputs]
            for i, x in enumerate(inputs):
                if type(x) is not Tensor or not x.track & NEEDS_GRAD:
                    continue
                cotangent = op.vjps[i](g, t.value, *values, **static)  # type: ignore[misc]
                if np.all(np.isfinite(g)) and not np.all(np.isfinite(cotangent)):
                    culprit = (t, cotangent)
                old = cotangents.get(id(x))
                cotangents[id(x)] = cotangent if old is None else old + cotangent
    if culprit is not None:
        raise errors.NonFiniteError(_worded(culprit[0], "a derivative became", np.asarray(culprit[1]), {}))
