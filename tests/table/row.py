"""One row of the table: known values of an op with their provenance, and inputs on which the laws try it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_loss.engine.op import Op


class Sample:
    """Inputs for one try: a shape is filled at random from the op's domain, a function of ``rng`` is called, anything else is taken as it is."""

    def __init__(self, *inputs: Any, **static: Any) -> None:
        self.inputs = inputs
        self.static = static

    def draw(self, op: Op, rng: np.random.Generator, dtype: Any = np.float64) -> list[Any]:
        return [self._one(x, op.domain[min(i, len(op.domain) - 1)], rng, dtype) for i, x in enumerate(self.inputs)]

    @staticmethod
    def _one(x: Any, interval: tuple[float, float], rng: np.random.Generator, dtype: Any) -> Any:
        if isinstance(x, tuple) and all(type(n) is int for n in x):
            return rng.uniform(*interval, x).astype(dtype)
        drawn = x(rng) if callable(x) else x
        return drawn.astype(dtype) if isinstance(drawn, np.ndarray) and drawn.dtype == np.float64 else drawn


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is known of one op.

    Attributes:
        at: inputs of the known point.
        static: static arguments there, and in every sample that gives none.
        value: the op's value at the point.
        slopes: the gradient of the sum of its values in each input; None where an input has none. Empty for a predicate.
        curvature: the derivative of the first slope in the first input, where it is easy to state.
        source: where the numbers are from: "closed form", a cited table, or a program with its version.
        samples: inputs on which the laws try the op; by default one array of shape (2, 3) per input.
        tied: inputs at which the declared tie holds; needed where the op has facts.
        tied_static: static arguments there, where they are not ``static``.
        beside: which input leaves the tie when it moves.
        ulps: by how many units in the last place it then moves; more than one for what a program knows up to its rounding only.
        fixes_dtype: the op's own argument says the dtype of the result.
        least: the shortest floating dtype that NumPy's own function takes: LAPACK knows no halves.
    """

    name: str
    at: tuple[Any, ...]
    value: Any
    source: str
    slopes: tuple[Any, ...] = ()
    curvature: Any = None
    static: dict[str, Any] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    tied: tuple[Any, ...] | None = None
    tied_static: dict[str, Any] = field(default_factory=dict)
    beside: int = 0
    ulps: int = 1
    fixes_dtype: bool = False
    least: type = np.float16

    def tries(self, op: Op) -> tuple[Sample, ...]:
        """Return the samples, with the static arguments of the known point where a sample has none of its own."""
        samples = self.samples or (Sample(*[(2, 3)] * len(self.at)),)
        return tuple(Sample(*s.inputs, **(s.static or self.static)) for s in samples)

    def point(self) -> list[Any]:
        """Return the inputs of the known point as arrays."""
        return [as_array(x) for x in self.at]


def as_array(x: Any) -> Any:
    """Numbers become NumPy scalars of double precision, lists arrays; truth values, integers in arrays and None stay."""
    if isinstance(x, bool | np.ndarray | np.generic) or x is None or callable(x):
        return x
    array = np.asarray(x)
    return array if array.dtype == bool else array.astype(np.float64)[()]


def table(*rows: Row) -> dict[str, Row]:
    """Return rows by name, each once."""
    named = {row.name: row for row in rows}
    assert len(named) == len(rows), "a row stands twice"
    return named
