"""What an op is, and the tables through which NumPy's calls find it: pure data, no behaviour."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from tinygrad_loss.engine.tensor import Tensor

__all__ = ["DOORS", "OPS", "Array", "Derivative", "Facts", "Op", "Result", "Rule", "meet"]

Array: TypeAlias = Any
"""Any kind of array: `numpy.ndarray`, a NumPy scalar, `Tensor`, `Germ`, ...; a rule must not ask which."""

Result: TypeAlias = "Tensor | Any"
"""What people get where it depends on an object: a tensor if any part of it is one, else an array. A type checker shows a tensor."""

Derivative: TypeAlias = "np.ndarray | Any"
"""A derivative in the form of its argument: an array, or a tree of arrays; inside another transform tensors."""

Rule: TypeAlias = Callable[..., Array]
"""A forward, a derivative or the function people call: arrays in, an array out."""

Kind: TypeAlias = Literal["elementwise", "selection", "predicate", "linear", "bilinear", "custom"]
Nature: TypeAlias = Literal["kink", "jump", "infinite"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """Where an op is not smooth, stated beside its rule and read by the engine; a rule itself never screens.

    Attributes:
        nature: what happens there: finite slopes that differ, a jump, or a slope that is infinite (poles and edges too).
        tie: ``tie(y, *x, **static)``, a boolean array of ``y``'s shape: True where the op is not smooth.
        slopes: left and right derivative in the first argument at a tie, where they are two numbers.
        exponent: the leading power at a branch point: 0.5 for a square root, 1/3 for a cube root.
        limit: ``limit(x, side)``, the value just beside a jump of an op that is constant between its jumps, ``side`` being -1 or +1.
        near: ``near(*x, **static)``, the same function written in other ops, for points where its own rule has no finite derivatives.
        spelt_out: whether ``near`` consists of ops that state every kink themselves, so that a backward which meets one judges those.
        answers: whether the op's own rule, a documented convention, is the answer at a tie where the whole function has no gradient.
    """

    nature: Nature
    tie: Callable[..., Result]
    slopes: tuple[float, float] | None = None
    exponent: float | None = None
    limit: Callable[..., Array] | None = None
    near: Callable[..., Array] | None = None
    spelt_out: bool = False
    answers: bool = False


def meet(_y: Array, a: Array, b: Array) -> Array:
    """Return where two inputs meet: the tie of an op that is smooth wherever they differ."""
    return a == b


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Op:
    """A fact of mathematics: a function, its derivative in both modes, and where it has none.

    Attributes:
        name: the op's own name, as pictures and messages show it.
        kind: its algebra, from which what its author did not write was derived.
        forward: ``forward(*x, **static)`` on any kind of array.
        vjps: ``vjps[i](g, y, *x, **static)``, the cotangent of input ``i``.
        jvp: ``jvp(dx, y, *x, **static)``; ``dx[i]`` is None where input ``i`` does not move.
        facts: where it is not smooth.
        tied: the vjps for entries at a tie under ``at_kinks("convention")``, where they are not ``vjps``.
        choices: for a selection, ``choices[i](y, *x, **static)``: True where input ``i`` was chosen.
        domain: one interval per argument: where tests sample and docs plot.
        holds: ``holds(dx, *x, **static)``: whether the rules give the derivative of what the op stands for along a tangent; None: along all.
        doc: the formula, in LaTeX, and what it is for.
        call: the function people call, which records.
        constant_slopes: whether every partial derivative is a number, so no rule reads an operand.
        screened: of a twin that is never screened, the op that says where it is not smooth; see `declare.unscreened`.
    """

    name: str
    kind: Kind
    forward: Callable[..., Array]
    vjps: Sequence[Callable[..., Array] | None]
    jvp: Callable[..., Array] | None = None
    facts: Facts | None = None
    tied: Sequence[Callable[..., Array]] | None = None
    choices: Sequence[Callable[..., Array] | None] | None = None
    domain: tuple[tuple[float, float], ...] = ()
    holds: Callable[..., bool] | None = None
    doc: str = ""
    call: Callable[..., Array] = NotImplemented
    screened: "Op | None" = None
    constant_slopes: bool = False

    @property
    def by_entry(self) -> bool:
        """Whether each entry of the result comes from the entries at its own place alone."""
        return self.kind in {"elementwise", "selection"} or self.name in BY_ENTRY

    def __repr__(self) -> str:
        return f"<op {self.name}: {self.kind}>"


BY_ENTRY: Final = frozenset({
    "greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and", "logical_or",
    "logical_xor", "logical_not", "bitwise_and", "bitwise_or", "bitwise_xor", "invert", "isnan", "isinf",
    "isfinite", "isposinf", "isneginf", "signbit", "isclose", "attained", "cast", "detach",
    "zeros_like", "ones_like",
})  # fmt: skip
"""Predicates that ask each entry on its own; others look at an array as a whole, as ``argsort`` does, though its result has the same shape."""


_ops: dict[str, Op] = {}
_doors: dict[object, Callable[..., Array]] = {}

OPS: Mapping[str, Op] = MappingProxyType(_ops)
"""Every declared op by name; filled while the package is imported."""

DOORS: Mapping[object, Callable[..., Array]] = MappingProxyType(_doors)
"""What answers a NumPy call: by NumPy function, by ``(ufunc, method)``, or by SciPy ufunc name."""


def enter(op: Op) -> None:
    """Put an op into the table, once."""
    if op.name in _ops:
        message = f"op {op.name!r} is declared twice"
        raise ValueError(message)
    _ops[op.name] = op


def open_door(key: object, answer: Callable[..., Array]) -> None:
    """Let ``answer`` take the calls of a NumPy function, ufunc, ``(ufunc, method)`` or SciPy ufunc name."""
    if _doors.get(key, answer) is not answer:
        message = f"two answers to {key!r}"
        raise ValueError(message)
    _doors[key] = answer


def numpy_name(function: object) -> str:
    """Name a NumPy or SciPy function as its users write it."""
    name = getattr(function, "__name__", str(function))
    if isinstance(function, np.ufunc):
        return f"np.{name}" if getattr(np, name, None) is function else f"scipy.special.{name}"
    module = getattr(function, "__module__", "numpy").replace("numpy", "np", 1)
    return f"{module}.{name}"
