"""The truth about a program at a point: one-sided quotients there, and gradients beside it, to hundreds of digits.

Quotients at the point cannot see the gradients in a narrow cone, so gradients are taken at x + t d for random d and for d beside
every wall, and every two walls, that meet at the point; and at x + t d + t**2 e where d lies on them, for walls that are curved.
"""

import itertools
import math
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from scipy.optimize import nnls

from array_programs import Program

DIGITS = 230
T = Decimal(10) ** -40
"""How far beside the point gradients are taken."""
H = Decimal(10) ** -90
"""The step of the quotients that give them: no other wall is as near."""
FAR = 1e12
"""What is larger is infinite, or the jump of a function."""
AGREE = 1e-9


class AmbiguousError(Exception):
    """Floats and exact numbers do not make the same ties: the two programs are not one."""


@dataclass
class Truth:
    """What is true of a function at a point.

    Attributes:
        value: f(x).
        jumps: whether some direction leads to another value.
        slopes: directions with their one-sided derivatives.
        gradient: where f is differentiable.
        limits: gradients beside the point, a row each.
        curved: the same between walls that touch.
    """

    value: float
    jumps: bool = False
    slopes: list[tuple[np.ndarray, float]] = field(default_factory=list)
    gradient: np.ndarray | None = None
    limits: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    curved: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    def tolerance(self, single: bool) -> float:
        finite = self.limits[np.isfinite(self.limits)]
        return (3e-4 if single else AGREE) * (1 + float(np.max(np.abs(finite), initial=0.0)))

    @property
    def all_limits(self) -> np.ndarray:
        return np.concatenate([self.limits, self.curved]) if len(self.curved) else self.limits


def truth_of(program: Program) -> Truth:
    """Find the truth; raise `AmbiguousError` where the floats of the program do not tie as exact numbers do."""
    with localcontext(prec=DIGITS):
        x = [Decimal(float(v)) for v in program.x]
        n = len(x)
        value, walls = program.exactly(x)
        _refuse_rounding(program, x, walls)
        found = Truth(float(value))
        rng = np.random.default_rng(5)
        tied = [k for k, w in enumerate(walls) if w == 0]
        beside, on = _directions(program, x, tied, n, rng)
        _slopes(program, x, value, [*_grid(n), *beside], found)
        found.limits = np.array([_gradient(program, x, d) for d in beside])
        curved = [_gradient(program, x, d, rng.standard_normal(n) * s) for d in on for s in (1.0, 8.0)]
        found.curved = np.array(curved) if curved else np.zeros((0, n))
        if not found.jumps:
            _fit(found, n)
        return found


def _refuse_rounding(program: Program, x: list[Any], walls: list[Any]) -> None:
    with localcontext(prec=7 if program.single else 16):
        _, rounded = program.exactly(x)
    if len(rounded) != len(walls) or any((a > 0) - (a < 0) != (b > 0) - (b < 0) for a, b in zip(walls, rounded, strict=True)):
        raise AmbiguousError
    if any(w != 0 and abs(w) < 1e-4 for w in walls):
        raise AmbiguousError


def _grid(n: int) -> list[np.ndarray]:
    units = [s * u for u in np.eye(n) for s in (1.0, -1.0)]
    pairs = [a + b for a, b in itertools.combinations(units, 2) if np.any(a + b)]
    return units + pairs


def _at(program: Program, x: list[Any], d: np.ndarray, more: np.ndarray | None = None) -> list[Any]:
    curve = more if more is not None else np.zeros(len(x))
    return [a + T * Decimal(float(b)) + T * T * Decimal(float(c)) for a, b, c in zip(x, d, curve, strict=True)]


def _quotients(program: Program, p: list[Any], keep: list[int] | None = None) -> tuple[list[Any], list[list[Any]]]:
    """Return the gradient of the program at a point, and of the differences asked for."""
    value, walls = program.exactly(p)
    gradient, normals = [], []
    for i in range(len(p)):
        there, moved = program.exactly([a + H if j == i else a for j, a in enumerate(p)])
        gradient.append(there - value)
        normals.append([moved[k] - walls[k] for k in keep or ()])
    return gradient, normals


def _number(change: Any, step: Any) -> float:
    slope = change / step
    return math.copysign(math.inf, slope) if abs(slope) > FAR else float(slope)


def _gradient(program: Program, x: list[Any], d: np.ndarray, more: np.ndarray | None = None) -> np.ndarray:
    gradient, _ = _quotients(program, _at(program, x, d, more))
    return np.array([_number(g, H) for g in gradient])


def _directions(program: Program, x: list[Any], tied: list[int], n: int, rng: np.random.Generator) -> tuple[list[Any], list[Any]]:
    """Return generic directions, those beside walls and their meetings, and those on them."""
    generic = list(rng.standard_normal((6 if tied else 2, n)))
    generic += [np.abs(generic[0]), -np.abs(generic[0])]
    found: dict[bytes, np.ndarray] = {}
    for d in generic[:2] if tied else []:
        _, normals = _quotients(program, _at(program, x, d), tied)
        for row in np.array([[_number(v, H) for v in ks] for ks in normals], float).T:
            size = np.linalg.norm(row)
            if np.isfinite(size) and size > 0:
                unit = row / size * np.sign(row[np.argmax(np.abs(row))])
                found.setdefault(np.round(unit, 9).tobytes(), unit)
    walls = list(found.values())
    rng.shuffle(walls)
    sets = [[w] for w in walls[:5]] + [list(pair) for pair in itertools.islice(itertools.combinations(walls[:4], 2), 3)]
    beside, on = [], []
    for normals in sets:
        a = np.array(normals)
        d = rng.standard_normal(n)
        d -= np.linalg.pinv(a) @ (a @ d)
        if np.linalg.norm(d) < 1e-8 and len(normals) == n == 2:
            d = np.zeros(n)
        on.append(d)
        for signs in itertools.product((1.0, -1.0), repeat=len(normals)):
            push = np.linalg.pinv(a) @ np.array(signs)
            if np.linalg.norm(push) > 1e-8:
                beside.append(d + 1e-7 * push / np.linalg.norm(push))
    return generic + beside, [d for d in on if np.linalg.norm(d) > 1e-8][:3]


def _slopes(program: Program, x: list[Any], value: Any, directions: list[np.ndarray], found: Truth) -> None:
    for d in directions:
        change = program.exactly(_at(program, x, d))[0] - value
        found.jumps |= bool(abs(change) > 1e-8)
        found.slopes.append((d, _number(change, T)))


def _fit(found: Truth, n: int) -> None:
    units = {tuple(d): s for d, s in found.slopes[: 2 * n]}
    gradient = np.array([units[tuple(u)] for u in np.eye(n)])
    if not np.all(np.isfinite([s for _, s in found.slopes])):
        return
    scale = 1 + np.max(np.abs(gradient))
    if all(abs(gradient @ d - s) <= AGREE * scale * (1 + np.linalg.norm(d)) for d, s in found.slopes):
        found.gradient = gradient


def in_hull(point: np.ndarray, limits: np.ndarray, tolerance: float) -> bool:
    """Whether a point is a mean of limits."""
    a = np.concatenate([limits.T, np.ones((1, len(limits)))])
    scale = max(1.0, float(np.max(np.abs(limits), initial=0.0)))
    a[:-1] /= scale
    _, rest = nnls(a, np.append(point / scale, 1.0))
    return bool(rest <= tolerance)


def second_limits(program: Program, i: int, j: int) -> list[float]:
    """Return mixed second difference quotients along entries i and j: all signs, and steps of every relation."""
    with localcontext(prec=DIGITS):
        bent = T ** Decimal("1.25")
        return _mixed(program, i, j, [(T, T), (T, 3 * T), (3 * T, T), (T, bent), (bent, T), (T, T * T), (T * T, T)])


def more_second_limits(program: Program, i: int, j: int, count: int = 97) -> list[float]:
    """Return mixed quotients along entries i and j at many more ratios of the steps."""
    with localcontext(prec=DIGITS):
        return _mixed(program, i, j, [(T * k, T * (count - k)) for k in range(1, count)])


def _mixed(program: Program, i: int, j: int, sizes: list[tuple[Decimal, Decimal]]) -> list[float]:
    x = [Decimal(float(v)) for v in program.x]
    value, _ = program.exactly(x)
    found = []
    for a, b in sizes:
        for s, r in itertools.product((1, -1), repeat=2):
            one, other = [Decimal(0)] * len(x), [Decimal(0)] * len(x)
            one[i], other[j] = s * a, r * b
            both = [p + q for p, q in zip(one, other, strict=True)]
            ends = [program.exactly([p + q for p, q in zip(x, step, strict=True)])[0] for step in (both, one, other)]
            found.append(_number(ends[0] - ends[1] - ends[2] + value, s * a * r * b))
    return found


def more_limits(program: Program, count: int = 80) -> np.ndarray:
    """Return gradients beside the point along many more directions, and curves."""
    rng = np.random.default_rng(6)
    with localcontext(prec=DIGITS):
        x = [Decimal(float(v)) for v in program.x]
        found = [_gradient(program, x, rng.standard_normal(len(x)) * rng.choice([1.0, 1.0, 1e-3], len(x))) for _ in range(count)]
        return np.array(found)


def slope(program: Program, d: np.ndarray) -> float:
    """Return the one-sided derivative along a direction."""
    with localcontext(prec=DIGITS):
        x = [Decimal(float(v)) for v in program.x]
        return _number(program.exactly(_at(program, x, d))[0] - program.exactly(x)[0], T)
