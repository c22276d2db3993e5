"""One line of the table of extremes: a loss at an ordinary point, and the numbers to which each of its arguments is led."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tinygrad_loss as tl

INF = float("inf")
SIZES = (1e-30, 0.5, 100.0, 1e4, 1e30, INF)
REAL = (0.0, *SIZES, *(-s for s in SIZES))
NONNEGATIVE = (0.0, *SIZES)
PROBABILITY = (0.0, 1e-30, 1.0 - 2.0**-20, 1.0)
LOG_PROBABILITY = (0.0, -1e-30, -100.0, -1e4, -1e30, -INF)


@dataclass(frozen=True)
class Case:
    """A loss, a point, and the formula as mathematics has it.

    Lists are numbers that move, one after another to every extreme of their argument; arrays of whole numbers stay.
    """

    given: Sequence[Any]
    to: Sequence[Sequence[float]]
    """For each argument that moves, in order: what each of its entries is set to."""
    exact: Callable[..., list[Any]]
    """The terms of the formula, of nested lists of exact numbers."""
    options: dict[str, Any] = field(default_factory=dict)
    without_slope: tuple[int, ...] = ()
    """The arguments whose slopes are not those of the formula, and are tested elsewhere."""
    undefined: str = ""
    """Why mathematics has no limit where two entries are extreme; empty where it always has one."""
    unknown: Callable[[list[float]], set[int]] = lambda _row: set()
    """The entries whose slopes depend on the way on which they are reached."""
    slopes_at_infinity: bool = True
    """Whether slopes have a limit where the value is infinite."""
    rounding: float = 0.0
    """How many units of rounding of the largest finite entry, or of 1, are lost where near numbers are subtracted."""
    pairs: bool = True
    first: int = 99
    """How many entries of each argument are led to extremes, where those behind them are like them."""
    name: str = ""

    @property
    def moving(self) -> list[int]:
        return [i for i, x in enumerate(self.given) if isinstance(x, list)]

    def flat(self) -> tuple[list[float], list[int], list[tuple[int, ...]]]:
        """Return all numbers that move in a row, the argument each belongs to, and the shapes of the arguments."""
        arrays = [np.array(self.given[i], np.float32) for i in self.moving]
        owners = [i for i, x in enumerate(arrays) for _ in range(x.size)]
        return [float(v) for x in arrays for v in x.ravel()], owners, [x.shape for x in arrays]

    def points(self) -> Iterator[tuple[dict[int, float], list[float]]]:
        """Yield what is set, and the whole row of numbers: each entry at each extreme, and pairs of entries at the last ones.

        All of them are numbers of single precision, and so the same in both.
        """
        usual, owners, _ = self.flat()
        yield {}, usual
        ends = {i: [v for v in self.to[a] if abs(v) == INF or (v == 0 and self.to[a] is PROBABILITY)] for i, a in enumerate(owners)}
        led = [i for i, a in enumerate(owners) if i - owners.index(a) < self.first]
        settings: list[dict[int, float]] = [{i: v} for i in led for v in self.to[owners[i]]]
        if self.pairs:
            for i, j in itertools.combinations(led, 2):
                settings += [{i: u, j: v} for u in ends[i] for v in ends[j]]
        for setting in settings:
            yield setting, [float(np.float32(setting.get(i, v))) for i, v in enumerate(usual)]

    def nested(self, row: Sequence[Any], shapes: Sequence[tuple[int, ...]], leaf: Callable[[Any], Any]) -> list[Any]:
        """Return the arguments, those that move made of a row of numbers by ``leaf`` of an array of objects."""
        out, start, moving = [], 0, self.moving
        for i, x in enumerate(self.given):
            if i not in moving:
                out.append(x)
                continue
            shape = shapes[moving.index(i)]
            size = int(np.prod(shape))
            box = np.empty(size, object)
            box[:] = list(row[start : start + size])
            out.append(leaf(box.reshape(shape)))
            start += size
        return out

    def computed(
        self, loss: Any, row: Sequence[float], shapes: Sequence[tuple[int, ...]], dtype: Any, reduction: str
    ) -> tuple[float, list[float]]:
        """Return value and slopes as the package has them."""
        arguments = self.nested(row, shapes, lambda x: tl.tensor(x.astype(dtype), requires_grad=True))
        y = loss(*arguments, reduction=reduction, **self.options)
        with tl.at_kinks("convention"):
            (np.sum(y) if reduction == "none" else y).backward()
        slopes = [x.grad if x.grad is not None else np.zeros(x.shape) for x in (arguments[i] for i in self.moving)]
        return float(np.sum(y.data)), [float(s) for g in slopes for s in np.ravel(g)]
