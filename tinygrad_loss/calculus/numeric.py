"""`gradcheck`: compare a gradient with function values, entry by entry, and say why an entry fails."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.calculus.differences import Estimate, central, one_sided
from tinygrad_loss.calculus.functional import jacobian
from tinygrad_loss.calculus.tree import leaves_of, mapped, refilled
from tinygrad_loss.context import no_grad
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor, tensor

__all__ = ["Entry", "Report", "gradcheck"]

Why: TypeAlias = Literal["", "wrong", "kink", "precision"]

ERROR_BARS: Final = 10.0
"""A derivative may lie this many error bars away: the bars are estimates themselves."""
SHOWN: Final = 3
ROUNDINGS: Final = 64.0
"""A gradient may be off by this many roundings of the largest one in its own dtype."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One derivative: of result entry ``output`` in entry ``index`` of argument ``argument``.

    Attributes:
        argument: which array of the arguments, counted from 0 through nested lists, tuples and dicts.
        index: which entry of it.
        output: which entry of the result.
        analytic: what the rules say.
        numeric: what differences of values say.
        error: how far the truth may be from ``numeric``.
        left: the derivative from the left, by differences.
        right: the derivative from the right.
        why: "" when right; "wrong"; "kink" when left and right differ; "precision" when rounding alone explains the gap.
    """

    argument: int
    index: tuple[int, ...]
    output: tuple[int, ...]
    analytic: float
    numeric: float
    error: float
    left: float
    right: float
    why: Why

    def __str__(self) -> str:
        """Return one line of a report."""
        place = f"argument {self.argument}{list(self.index) or ''}" + (f" of result {list(self.output)}" if self.output else "")
        line = f"{place}: analytic {self.analytic:.10g}, numeric {self.numeric:.10g} +- {self.error:.1g}"
        if self.why == "kink":
            return f"{line}: at a kink, left slope {self.left:.6g}, right slope {self.right:.6g}"
        return f"{line}: {self.why or 'right'}" + (", rounding hides the truth here" if self.why == "precision" else "")


@dataclass(frozen=True, slots=True)
class Report:
    """What `gradcheck` found: true when every entry is right.

    Attributes:
        checked: how many derivatives were compared.
        failures: the entries that failed, worst first.
        worst: the three entries farthest from the differences, right or not.
    """

    checked: int
    failures: tuple[Entry, ...] = ()
    worst: tuple[Entry, ...] = field(default=())

    def __bool__(self) -> bool:
        """Return whether every entry is right."""
        return not self.failures

    def __str__(self) -> str:
        """Return the verdict and the three worst entries."""
        counts = {why: sum(e.why == why for e in self.failures) for why in ("wrong", "kink", "precision")}
        said = ", ".join(f"{n} {why if why != 'kink' else 'at a kink'}" for why, n in counts.items() if n) or "all right"
        return "\n".join([f"gradcheck: {self.checked} derivatives, {said}; the worst:", *(f"  {entry}" for entry in self.worst)])

    __repr__ = __str__


def gradcheck(f: Callable[..., Any], *x: Any) -> Report:
    r"""Compare the Jacobian of ``f`` at ``x`` with differences of its values: $J_{ki} \approx (f_k(x + h e_i) - f_k(x - h e_i)) / 2h$.

    The differences are extrapolated to $h = 0$ in double precision, whatever the dtype of ``x``, and come with error bars,
    so there is no tolerance to choose. Differences from both sides are compared as well: a central difference alone
    takes $|x|$ to have the slope 0 at 0.

    Args:
        f: any function from arrays to one array; deterministic.
        x: its arguments: tensors, arrays, numbers, or nested lists, tuples and dicts of them.

    Returns:
        A report, true when right. Each failing entry is classified: wrong, at a kink (left and right slope differ),
        or precision (the rule is right in double precision, or the values are too noisy to tell).

    Raises:
        CutPathError: the result does not depend on ``x`` through ops that have a derivative.
        DTypeError: an argument is not floating.

    Source: Ridders 1982, Advances in Engineering Software 4(2).

    >>> import numpy as np, tinygrad_loss as tl
    >>> bool(tl.gradcheck(np.tanh, np.array([0.5, -2.0])))
    True
    """
    leaves = [_floating(leaf) for leaf in leaves_of(list(x))]
    said = _analytic(f, x, leaves)
    double = [leaf.astype(np.float64) for leaf in leaves]
    exact = said if all(a.dtype == np.float64 for a in leaves) else _analytic(f, x, double)
    entries: list[Entry] = []
    for argument, leaf in enumerate(double):
        for index in np.ndindex(leaf.shape):
            numeric = _along(f, x, double, argument, index)
            entries.extend(_judged(argument, index, said[argument], exact[argument], leaves[argument].dtype, *numeric))
    failures = sorted((e for e in entries if e.why), key=_badness, reverse=True)
    return Report(len(entries), tuple(failures), tuple(sorted(entries, key=_badness, reverse=True)[:SHOWN]))


def _floating(leaf: Any) -> np.ndarray:
    array = np.asarray(leaf.value if isinstance(leaf, Tensor) else leaf)
    if array.dtype.kind in "iub" and not isinstance(leaf, Tensor | np.ndarray | np.generic):
        array = array.astype(np.float64)
    if array.dtype.kind != "f":
        raise errors.DTypeError(
            errors.say(
                "tl.gradcheck",
                "only floating numbers have a derivative",
                f"an argument of dtype {array.dtype}",
                "tl.gradcheck(lambda x: f(x, labels), x), with what is not floating inside f",
            )
        )
    return array


def _analytic(f: Callable[..., Any], x: tuple[Any, ...], leaves: list[np.ndarray]) -> list[np.ndarray]:
    """Return the Jacobian by the rules, one array of shape ``result + argument`` per leaf."""
    filled = refilled(list(x), leaves)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.UndefinedGradientWarning)  # the report says it better
        warnings.simplefilter("ignore", errors.UnprovedGradientWarning)
        found = jacobian(f, tuple(range(len(filled))))(*filled)
    return [np.asarray(j.value if isinstance(j, Tensor) else j) for j in leaves_of(list(found))]


def _along(
    f: Callable[..., Any], x: tuple[Any, ...], leaves: list[np.ndarray], argument: int, index: tuple[int, ...]
) -> tuple[Estimate, Estimate, Estimate]:
    """Return the derivative of the whole result in one entry: central, from the left, from the right."""
    seen: dict[float, Array] = {}
    step = max(abs(float(leaves[argument][index])), 1.0)

    def value(t: float) -> Array:
        if t not in seen:
            moved = leaves[argument].copy()
            moved[index] += t * step
            arrays = [moved if i == argument else leaf for i, leaf in enumerate(leaves)]
            with no_grad(), np.errstate(all="ignore"):
                y = f(*mapped(tensor, refilled(list(x), arrays)))
            seen[t] = np.array(y.value if isinstance(y, Tensor) else y)
        return seen[t]

    return tuple(_rescaled(e, step) for e in (central(value), one_sided(value, -1), one_sided(value, 1)))  # type: ignore[return-value]


def _rescaled(e: Estimate, step: float) -> Estimate:
    return Estimate(np.asarray(e.value / step), np.asarray(e.error / step), np.asarray(e.diverges))


def _judged(
    argument: int, index: tuple[int, ...], said: Array, exact: Array, dtype: Any, both: Estimate, left: Estimate, right: Estimate
) -> Iterator[Entry]:
    """Yield one entry per entry of the result."""
    for output in np.ndindex(both.value.shape):
        scale = max(1.0, float(np.nanmax(np.abs(both.value), initial=0.0)))
        analytic, numeric, error = float(said[output + index]), float(both.value[output]), float(both.error[output])
        slopes = [float("inf") if side.diverges[output] else float(side.value[output]) for side in (left, right)]
        bars = float(left.error[output] + right.error[output])
        why: Why = ""
        if _has_kink(slopes, bars, scale):
            why = "kink"
        elif not abs(analytic - numeric) <= ERROR_BARS * error + ROUNDINGS * float(np.finfo(dtype).eps) * scale:
            right_in_double = abs(float(exact[output + index]) - numeric) <= ERROR_BARS * error + 1e-9 * scale
            why = "precision" if right_in_double or not error <= 1e-3 * scale else "wrong"
        yield Entry(argument, index, output, analytic, numeric, error, slopes[0], slopes[1], why)


def _has_kink(slopes: list[float], bars: float, scale: float) -> bool:
    """Whether the slopes from left and right differ by more than their error bars, or one of them does not exist."""
    left, right = slopes
    if not (np.isfinite(left) and np.isfinite(right)):
        return True
    return abs(left - right) > ERROR_BARS * bars + 1e-6 * scale


def _badness(e: Entry) -> float:
    gap = abs(e.analytic - e.numeric)
    return float("inf") if np.isnan(gap) else gap
