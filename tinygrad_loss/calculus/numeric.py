"""`gradcheck`: compare a gradient with function values, entry by entry, and say why an entry fails."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.calculus.backward import complex_result
from tinygrad_loss.calculus.functional import Traced, connected, jacobian
from tinygrad_loss.calculus.holding import holds_along
from tinygrad_loss.calculus.measured import Entry, Line, Place, settled_entries, value_at
from tinygrad_loss.calculus.tree import leaves_of, meant_as_array, refilled
from tinygrad_loss.engine.explained import explained
from tinygrad_loss.engine.graph import record_of
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor

__all__ = ["Entry", "Report", "gradcheck"]

CALLS: Final = 32
"""How often a function that fails is called again, to see whether it is random: a mask of one entry agrees once in 2**31."""
SHOWN: Final = 3
PLACES: Final = {"kink": "at a kink", "edge": "at the edge of the domain"}


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
        counts = {why: sum(e.why == why for e in self.failures) for why in ("wrong", "kink", "edge", "precision")}
        said = ", ".join(f"{n} {PLACES.get(why, why)}" for why, n in counts.items() if n) or "all right"
        return "\n".join([f"gradcheck: {self.checked} derivatives, {said}; the worst:", *(f"  {entry}" for entry in self.worst)])

    __repr__ = __str__


@explained
def gradcheck(f: Callable[..., Any], *x: Any) -> Report:
    r"""Compare the Jacobian of ``f`` at ``x`` with differences of its values: $J_{ki} \approx (f_k(x + h e_i) - f_k(x - h e_i)) / 2h$.

    The differences are extrapolated to $h = 0$ in double precision, whatever the dtype of ``x``, and come with error bars,
    so there is no tolerance to choose. Differences from both sides are compared as well: a central difference alone
    takes $|x|$ to have the slope 0 at 0. Where something singular lies closer than the steps, smaller ones are taken;
    where a step leaves the domain, the point counts as outside, even if ``f`` refuses it with an error.
    In a symmetric matrix of which ``f`` reads one triangle (``np.linalg.eigh`` and its like), opposite entries move together,
    and the mean of their derivatives is compared.

    Args:
        f: any function from arrays to one array.
        x: its arguments: tensors, arrays, numbers, or nested lists, tuples and dicts of them; whole numbers become float64.

    Returns:
        A report, true when right. Each failing entry is classified: wrong, at a kink (left and right slope differ),
        at the edge of the domain, or precision (the rule is right in double precision, or the values are too noisy to tell).

    Raises:
        CutPathError: the result does not depend on ``x`` through ops that have a derivative.
        DTypeError: an argument is neither floating nor whole, ``f`` cannot take whole numbers as floats, or the result is complex.
        OutOfReachError: ``f`` gives two answers when called twice.

    Source: Ridders 1982, Advances in Engineering Software 4(2).

    >>> import numpy as np, tinygrad_loss as tl
    >>> bool(tl.gradcheck(np.tanh, np.array([0.5, -2.0])))
    True
    """
    given = [_given(leaf) for leaf in leaves_of(list(x))]
    double = [leaf.astype(np.float64) for leaf in given]
    leaves = [leaf if leaf.dtype.kind == "f" else same for leaf, same in zip(given, double, strict=True)]
    try:
        with meant_as_array(x):
            _refuse_what_has_no_slope(f, x, double)
    except errors.ArgumentError:
        raise
    except Exception as error:
        whole = next((leaf for leaf in given if leaf.dtype.kind != "f"), None)
        if whole is None:
            raise
        value_at(f, x, given)  # an error of whole numbers too is its own
        raise _not_floating(whole) from error
    with meant_as_array(x):
        said = _analytic(f, x, leaves)
    exact = said if all(a.dtype == np.float64 for a in leaves) else _analytic(f, x, double)
    both_ways = _both_ways(f, x, double)
    entries: list[Entry] = []
    for argument, leaf in enumerate(double):
        for index in np.ndindex(leaf.shape):
            moved = both_ways(argument, index)
            place = Place(argument, index, _mean(said[argument], moved), _mean(exact[argument], moved), leaves[argument].dtype)
            entries.extend(settled_entries(place, Line(f, x, double, argument, moved)))
    failures = sorted((e for e in entries if e.why), key=_badness, reverse=True)
    if failures:  # two calls of a random function may have agreed by chance
        _refuse_what_has_no_slope(f, x, double, calls=CALLS)
    return Report(len(entries), tuple(failures), tuple(sorted(entries, key=_badness, reverse=True)[:SHOWN]))


def _mean(slopes: Array, moved: Sequence[tuple[int, ...]]) -> Array:
    """Return the mean of the derivatives in entries that move together, per entry of the result."""
    return sum(slopes[(..., *index)] for index in moved) / len(moved)


def _both_ways(
    f: Callable[..., Any], x: tuple[Any, ...], leaves: list[np.ndarray]
) -> Callable[[int, tuple[int, ...]], list[tuple[int, ...]]]:
    """Return what moves with an entry: of a matrix of which one triangle is read, the opposite entry, by half each."""
    filled = refilled(list(x), leaves)
    with np.errstate(all="ignore"):
        traced = Traced(f, filled, tuple(range(len(filled))), {})
    y = connected(traced.result, "tl.gradcheck")
    if all(t.op is None or t.op.holds is None for t in record_of(y, traced.stops)):
        return lambda _argument, index: [index]

    def holds(argument: int, moved: Sequence[tuple[int, ...]]) -> bool:
        unit = np.zeros(leaves[argument].shape)
        for index in moved:
            unit[index] = 1.0
        return holds_along(y, {id(traced.variables[argument]): unit[()]})

    def moved(argument: int, index: tuple[int, ...]) -> list[tuple[int, ...]]:
        shape = leaves[argument].shape
        if holds(argument, [index]) or len(shape) < 2 or shape[-1] != shape[-2]:
            return [index]
        both = [index, (*index[:-2], index[-1], index[-2])]
        return both if holds(argument, both) else [index]

    return moved


def _refuse_what_has_no_slope(f: Callable[..., Any], x: tuple[Any, ...], leaves: list[np.ndarray], calls: int = 4) -> None:
    """Refuse a complex result, and a random one, of which ``calls`` calls give two answers."""
    first, *others = (value_at(f, x, leaves) for _ in range(calls))
    if first.dtype.kind == "c":
        raise complex_result("tl.gradcheck", "tl.gradcheck(lambda x: np.sum(np.abs(f(x)) ** 2), x)", first)
    second = next((y for y in others if not np.array_equal(first, y, equal_nan=first.dtype.kind == "f")), None)
    if second is not None:
        raise errors.OutOfReachError(
            errors.say(
                "tl.gradcheck",
                "f must give the same answer when called twice",
                f"{first} and then {second}",
                "rng = np.random.default_rng(0) inside f",
            )
        )


def _given(leaf: Any) -> np.ndarray:
    array = np.asarray(leaf.value if isinstance(leaf, Tensor) else leaf)
    if array.dtype.kind not in "fiu":
        raise _not_floating(array)
    return array


def _not_floating(array: np.ndarray) -> errors.DTypeError:
    rule, instead = "only floating numbers have a derivative", "tl.gradcheck(lambda x: f(x, labels), x), with what is not floating inside f"
    return errors.DTypeError(errors.say("tl.gradcheck", rule, f"an argument of dtype {array.dtype}", instead))


def _analytic(f: Callable[..., Any], x: tuple[Any, ...], leaves: list[np.ndarray]) -> list[np.ndarray]:
    """Return the Jacobian by the rules, one array of shape ``result + argument`` per leaf."""
    filled = refilled(list(x), leaves)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", errors.UndefinedGradientWarning)  # the report says it better
        warnings.simplefilter("ignore", errors.UnprovedGradientWarning)
        found = jacobian(f, tuple(range(len(filled))))(*filled)
    return [np.asarray(j.value if isinstance(j, Tensor) else j) for j in leaves_of(list(found))]


def _badness(e: Entry) -> float:
    gap = abs(e.analytic - e.numeric)
    return float("inf") if np.isnan(gap) else gap
