"""Random programs over vectors and matrices: one tree, evaluated by NumPy on tensors, or by decimals of hundreds of digits.

Inputs and constants are small dyadic numbers. The affine leaves are centred at the point, so that their entries tie there. The exact
evaluation notes the difference of every two numbers that are compared: those that are 0 at the point are its walls.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np

import tinygrad_loss as tl

HALVES = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)


@dataclass(slots=True)
class Exactly:
    """An exact evaluation: what was compared, and what jumps."""

    walls: list[Any] = field(default_factory=list)

    def less(self, a: Any, b: Any) -> bool:
        """Compare, and note by how much."""
        self.walls.append(a - b)
        return bool(a < b)

    def sign(self, a: Any) -> int:
        self.walls.append(a)
        return (a > 0) - (a < 0)

    def order(self, v: np.ndarray) -> list[int]:
        """Return what sorts a vector, the first of equals first; every pair is noted."""
        for a, b in itertools.combinations(v, 2):
            self.walls.append(a - b)
        return sorted(range(len(v)), key=lambda i: (v[i], i))

    def max(self, v: np.ndarray) -> Any:
        order = self.order(v)
        return v[order[-1]]

    def each(self, f: Callable[..., Any], *v: Any) -> Any:
        if not isinstance(v[0], np.ndarray):
            return f(*v)
        out = np.empty(v[0].size, object)
        out[:] = [f(*entries) for entries in zip(*(a.flat for a in v), strict=True)]
        return out.reshape(v[0].shape)


def _each(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda e, *v: e.each(lambda *a: f(e, *a), *v)


def _hypot(a: Decimal, b: Decimal) -> Decimal:
    return (a * a + b * b).sqrt()


def _cube_root(a: Decimal) -> Decimal:
    return (a.ln() / 3).exp() if a else a


def _exact_weights(count: int) -> np.ndarray:
    return np.array([Decimal(w) for w in _weights(count)], object)


def _rows(f: Callable[..., Any], axis: int) -> Callable[..., Any]:
    """Apply what makes a vector or a number of a vector along an axis of a matrix."""

    def along(e: Exactly, m: np.ndarray) -> np.ndarray:
        lanes = [f(e, lane) for lane in (m if axis == 1 else m.T)]
        made = np.array(lanes, object)
        return made if made.ndim == 1 or axis == 1 else made.T

    return along


def _absolute(e: Exactly, a: Any) -> Any:
    return -a if e.sign(a) < 0 else a


def _larger(e: Exactly, a: Any, b: Any) -> Any:
    return b if e.less(a, b) else a


def _smaller(e: Exactly, a: Any, b: Any) -> Any:
    return a if e.less(a, b) else b


def _sorted(e: Exactly, v: np.ndarray) -> np.ndarray:
    return v[e.order(v)]


def _running(e: Exactly, v: np.ndarray) -> np.ndarray:
    return np.array([e.max(v[: i + 1]) for i in range(len(v))], object)


def _smallest(e: Exactly, v: np.ndarray) -> Any:
    return v[e.order(v)[0]]


def _median(e: Exactly, v: np.ndarray) -> Any:
    s, n = _sorted(e, v), len(v)
    return s[n // 2] if n % 2 else (s[n // 2 - 1] + s[n // 2]) / 2


def _norm(_e: Exactly, v: np.ndarray) -> Any:
    return sum(a * a for a in np.ravel(v)).sqrt()


def _one(e: Exactly, v: np.ndarray) -> Any:
    return sum(_absolute(e, a) for a in v)


def _cubic(e: Exactly, v: np.ndarray) -> Any:
    total = sum(_absolute(e, a) ** 3 for a in v)
    return _cube_root(total)


def _softmax(_e: Exactly, v: np.ndarray) -> np.ndarray:
    exps = np.array([a.exp() for a in v], object)
    return exps / sum(exps)


def _first_largest(e: Exactly, v: np.ndarray) -> int:
    e.order(v)
    return max(range(len(v)), key=lambda i: (v[i], -i))


def _first_smallest(e: Exactly, v: np.ndarray) -> int:
    return e.order(v)[0]


def _winner(e: Exactly, a: np.ndarray, b: np.ndarray) -> Any:
    return a[_first_largest(e, b)]


def _positive(e: Exactly, a: Any) -> bool:
    return e.sign(a) > 0


def _singular(e: Exactly, m: np.ndarray) -> list[Any]:
    """Return the singular values of a 2 by 2 matrix; as |z| + |w| and ||z| - |w||, with the complex parts of the matrix."""
    (a, b), (c, d) = m
    z, w = _hypot(a + d, c - b) / 2, _hypot(a - d, c + b) / 2
    return [z + w, _absolute(e, z - w)]


def _eigenvalues(m: np.ndarray) -> list[Any]:
    """Return the eigenvalues of the symmetric part of a 2 by 2 matrix."""
    (a, b), (c, d) = m
    radius = _hypot((a - d) / 2, (b + c) / 2)
    return [(a + d) / 2 - radius, (a + d) / 2 + radius]


def _where_rows(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    joined = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}[name]
    plain = {"and": lambda p, q: p and q, "or": lambda p, q: p or q, "xor": lambda p, q: p != q}[name]

    def exact(e: Exactly, a: Any, b: Any) -> Any:
        p, q = _positive(e, a), _positive(e, b)
        return a * b if plain(p, q) else a

    return (lambda a, b: np.where(joined(a > 0, b > 0), a * b, a)), _each(exact)


def _sum_below(e: Exactly, v: np.ndarray) -> Any:
    return sum((_smaller(e, a, Decimal(0)) for a in v), Decimal(0))


def _sum_chosen(e: Exactly, a: np.ndarray, b: np.ndarray) -> Any:
    return sum((x for x, y in zip(a, b, strict=True) if _positive(e, y)), Decimal(0))


def _three_pieces(e: Exactly, a: Any) -> Any:
    negative, large = e.less(a, Decimal(0)), e.less(Decimal(1), a)
    return -a if negative else a * a if large else a


@dataclass(frozen=True)
class Rule:
    """One kind of node: what it takes, what it makes, in NumPy and exactly."""

    takes: str
    makes: str
    numpy: Callable[..., Any]
    exact: Callable[..., Any]
    kind: str = ""
    share: float = 1.0


def _weights(count: int) -> np.ndarray:
    return np.array([1.0, -0.5, 2.0, 1.0, -1.0, 0.5, 1.0, -2.0])[:count]


RULES: dict[str, Rule] = {
    # vectors and matrices, entry by entry ("A" is either)
    "abs": Rule("A", "A", np.abs, _each(_absolute), share=3),
    "neg": Rule("A", "A", lambda a: -a, lambda _e, a: -a),
    "square": Rule("A", "A", lambda a: a * a, lambda _e, a: a * a),
    "relu": Rule("A", "A", lambda a: np.maximum(a, 0.0), _each(lambda e, a: _larger(e, a, Decimal(0))), share=2),
    "clip": Rule("A", "A", lambda a: np.clip(a, -1.0, 1.0), _each(lambda e, a: _smaller(e, _larger(e, a, Decimal(-1)), Decimal(1)))),
    "clip_flat": Rule("A", "A", lambda a: np.clip(a, 0.0, 0.0) + 0.5 * a, _each(lambda e, a: a / 2 + 0 * e.sign(a)), share=0.5),
    "step_sq": Rule("A", "A", lambda a: np.where(a > 0, a * a, a), _each(lambda e, a: a * a if _positive(e, a) else a)),
    "x_sign": Rule("A", "A", lambda a: a * np.sign(a), _each(lambda e, a: a * e.sign(a))),
    "exp": Rule("A", "A", np.exp, _each(lambda _e, a: a.exp()), share=0.5),
    "softplus": Rule("A", "A", lambda a: np.logaddexp(a, 0.0), _each(lambda _e, a: (1 + a.exp()).ln()), share=0.5),
    "sign": Rule("A", "A", np.sign, _each(lambda e, a: Decimal(e.sign(a))), kind="jump", share=0.5),
    "floor": Rule(
        "A",
        "A",
        np.floor,
        _each(lambda e, a: a.to_integral_value(ROUND_FLOOR) + 0 * e.sign(a - a.to_integral_value(ROUND_HALF_EVEN))),
        kind="jump",
        share=0.3,
    ),
    "root_abs": Rule("A", "A", lambda a: np.sqrt(np.abs(a)), _each(lambda e, a: _absolute(e, a).sqrt()), kind="root", share=0.7),
    "cbrt": Rule("A", "A", np.cbrt, _each(lambda e, a: _cube_root(_absolute(e, a)) * (1 if a >= 0 else -1)), kind="root", share=0.3),
    "add": Rule("AA", "A", lambda a, b: a + b, lambda _e, a, b: a + b, share=2),
    "sub": Rule("AA", "A", lambda a, b: a - b, lambda _e, a, b: a - b, share=3),
    "mul": Rule("AA", "A", lambda a, b: a * b, lambda _e, a, b: a * b, share=2),
    "max2": Rule("AA", "A", np.maximum, _each(_larger), share=2),
    "min2": Rule("AA", "A", np.minimum, _each(_smaller), share=2),
    "hypot": Rule("AA", "A", np.hypot, _each(lambda _e, a, b: _hypot(a, b)), share=0.7),
    "where": Rule("AA", "A", lambda a, b: np.where(a > b, a, b * b), _each(lambda e, a, b: a if e.less(b, a) else b * b)),
    "where_same": Rule("AA", "A", lambda a, b: np.where(a >= b, a, b), _each(lambda e, a, b: b if e.less(a, b) else a)),
    "where_eq": Rule("AA", "A", lambda a, b: np.where(a == b, a, b), _each(lambda e, a, b: a if e.sign(a - b) == 0 else b)),
    "clip_by": Rule(
        "AA", "A", lambda a, b: np.clip(a, b, 0.5), _each(lambda e, a, b: _smaller(e, _larger(e, a, b), Decimal("0.5"))), share=0.7
    ),
    "between": Rule("AAA", "A", lambda a, b, c: np.clip(a, b, c), _each(lambda e, a, b, c: _smaller(e, _larger(e, a, b), c)), share=0.7),
    **{f"where_{n}": Rule("AA", "A", *_where_rows(n), share=0.7) for n in ("and", "or", "xor")},
    # vectors
    "sort": Rule("V", "V", np.sort, _sorted, share=2),
    "cumsum": Rule("V", "V", np.cumsum, lambda _e, v: np.cumsum(v)),
    "cummax": Rule("V", "V", np.maximum.accumulate, _running, share=2),
    "cummin": Rule("V", "V", np.minimum.accumulate, lambda e, v: -_running(e, -v)),
    "softmax": Rule("V", "V", lambda v: np.exp(v - np.max(v)) / np.sum(np.exp(v - np.max(v))), _softmax, share=0.7),
    "softmax_op": Rule("V", "V", tl.ops.softmax, _softmax, share=0.7),
    "reverse": Rule("V", "V", lambda v: v[::-1], lambda _e, v: v[::-1]),
    "diff": Rule("V", "V", lambda v: v - np.roll(v, 1), lambda _e, v: v - np.roll(v, 1)),
    "by_argsort": Rule("VV", "V=", lambda a, b: a[np.argsort(b, kind="stable")], lambda e, a, b: a[e.order(b)], share=1.5),
    "own_argsort": Rule("V", "V", lambda a: a[np.argsort(a, kind="stable")], _sorted),
    # vectors to numbers
    "sum": Rule("V", "S", np.sum, lambda _e, v: sum(v), share=3),
    "dot": Rule("V", "S", lambda v: np.sum(v * _weights(v.shape[0])), lambda _e, v: sum(v * _exact_weights(len(v))), share=3),
    "inner": Rule("VV", "S=", lambda a, b: np.sum(a * b), lambda _e, a, b: sum(a * b)),
    "vmax": Rule("V", "S", np.max, lambda e, v: e.max(v), share=3),
    "vmin": Rule("V", "S", np.min, _smallest, share=2),
    "ptp": Rule("V", "S", np.ptp, lambda e, v: e.max(v) - _smallest(e, v)),
    "median": Rule("V", "S", np.median, _median, share=2),
    "second": Rule("V", "S", lambda v: np.sort(v)[1 % v.shape[0]], lambda e, v: _sorted(e, v)[1 % len(v)]),
    "partition": Rule("V", "S", lambda v: np.partition(v, v.shape[0] // 2)[v.shape[0] // 2], lambda e, v: _sorted(e, v)[len(v) // 2]),
    "norm": Rule("V", "S", np.linalg.norm, _norm, share=2),
    "norm1": Rule("V", "S", lambda v: np.linalg.norm(v, 1), _one),
    "norm_inf": Rule("V", "S", lambda v: np.linalg.norm(v, np.inf), lambda e, v: e.max(e.each(lambda a: _absolute(e, a), v))),
    "norm3": Rule("V", "S", lambda v: np.linalg.norm(v, 3), _cubic),
    "lse": Rule("V", "S", tl.ops.logsumexp, lambda _e, v: sum(a.exp() for a in v).ln()),
    "mixture": Rule(
        "VV",
        "S=",
        lambda a, b: np.sum(np.exp(a) / np.sum(np.exp(a)) * b),
        lambda e, a, b: sum(_softmax(e, a) * b),
    ),
    "pick_max": Rule("VV", "S", lambda a, b: a[np.argmax(b)], _winner),
    "pick_same": Rule("V", "S", lambda a: a[np.argmin(a)], lambda e, a: a[_first_smallest(e, a)]),
    "if_any": Rule(
        "VSS",
        "S",
        lambda v, a, b: np.where(np.any(v > 0), a, b),
        lambda e, v, a, b: a if any(list(map(partial(_positive, e), v))) else b,
    ),
    "if_all": Rule(
        "VSS",
        "S",
        lambda v, a, b: np.where(np.all(v >= 0), a, b),
        lambda e, v, a, b: a if all(sign >= 0 for sign in list(map(e.sign, v))) else b,
    ),
    "sum_below": Rule("V", "S", lambda v: np.sum(v[v < 0]), _sum_below, share=1.5),
    "squares_from": Rule("V", "S", lambda v: np.sum(v[v >= 0] ** 2), lambda e, v: sum(_larger(e, a, Decimal(0)) ** 2 for a in v)),
    "piecewise": Rule(
        "V", "V", lambda v: np.piecewise(v, [v < 0, v > 1], [lambda a: -a, lambda a: a * a, lambda a: a]), _each(_three_pieces)
    ),
    "sum_chosen": Rule("VV", "S=", lambda a, b: np.sum(a[b > 0]), _sum_chosen, kind="jump"),
    "guarded": Rule(
        "V",
        "S",
        lambda v: np.where(np.any(v > 0), np.sum(np.maximum(v, 0.0) ** 2), 0.0),
        lambda e, v: sum(_larger(e, x, Decimal(0)) ** 2 for x in v) if any(list(map(partial(_positive, e), v))) else Decimal(0),
    ),
    # numbers
    "s_add": Rule("SS", "S", lambda a, b: a + b, lambda _e, a, b: a + b, share=3),
    "s_sub": Rule("SS", "S", lambda a, b: a - b, lambda _e, a, b: a - b, share=4),
    "s_mul": Rule("SS", "S", lambda a, b: a * b, lambda _e, a, b: a * b, share=2),
    "s_abs": Rule("S", "S", np.abs, _absolute, share=2),
    "s_max": Rule("SS", "S", np.maximum, _larger, share=2),
    "s_relu": Rule("S", "S", lambda a: np.maximum(a, 0.0), lambda e, a: _larger(e, a, Decimal(0)), share=2),
    "s_hypot": Rule("SS", "S", np.hypot, lambda _e, a, b: _hypot(a, b)),
    "s_clip": Rule("SSS", "S", np.clip, lambda e, a, b, c: _smaller(e, _larger(e, a, b), c)),
    "s_where": Rule("SSS", "S", lambda a, b, c: np.where(a > 0, b, c), lambda e, a, b, c: b if _positive(e, a) else c),
    "s_root": Rule("S", "S", lambda a: np.sqrt(np.abs(a)), lambda e, a: _absolute(e, a).sqrt(), kind="root", share=0.5),
    # matrices
    "pairs": Rule("VV", "M", lambda a, b: a[:, None] - b[None, :], lambda _e, a, b: a[:, None] - b[None, :]),
    "outer": Rule("VV", "M", lambda a, b: a[:, None] * b[None, :], lambda _e, a, b: a[:, None] * b[None, :]),
    "m_sort": Rule("M", "M", lambda m: np.sort(m, axis=1), _rows(_sorted, 1)),
    "m_cummax": Rule("M", "M", lambda m: np.maximum.accumulate(m, axis=0), _rows(_running, 0)),
    "m_max0": Rule("M", "V", lambda m: np.max(m, axis=0), _rows(lambda e, v: e.max(v), 0), share=2),
    "m_max1": Rule("M", "V", lambda m: np.max(m, axis=1), _rows(lambda e, v: e.max(v), 1)),
    "m_min1": Rule("M", "V", lambda m: np.min(m, axis=1), _rows(_smallest, 1)),
    "m_norms": Rule("M", "V", lambda m: np.linalg.norm(m, axis=1), _rows(_norm, 1)),
    "m_sums": Rule("M", "V", lambda m: np.sum(m, axis=0), lambda _e, m: np.sum(m, axis=0), share=2),
    "m_median": Rule("M", "V", lambda m: np.median(m, axis=0), _rows(_median, 0)),
    "m_max": Rule("M", "S", np.max, lambda e, m: e.max(np.ravel(m))),
    "m_sum": Rule("M", "S", np.sum, lambda _e, m: np.sum(m)),
    "m_fro": Rule("M", "S", np.linalg.norm, _norm),
    "m_one": Rule("M", "S", lambda m: np.linalg.norm(m, 1), lambda e, m: e.max(np.array([_one(e, column) for column in m.T], object))),
    "m_times": Rule("MV", "V*", lambda m, v: m @ v, lambda _e, m, v: m @ v),
    # two by two
    "q_product": Rule("QQ", "Q", lambda a, b: a @ b, lambda _e, a, b: a @ b),
    "q_det": Rule("Q", "S", lambda m: m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0], lambda _e, m: m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]),
    "q_nuclear": Rule("Q", "S", lambda m: np.linalg.norm(m, "nuc"), lambda e, m: sum(_singular(e, m))),
    "q_spectral": Rule("Q", "S", lambda m: np.linalg.norm(m, 2), lambda e, m: _singular(e, m)[0]),
    "q_largest": Rule("Q", "S", lambda m: np.linalg.eigvalsh((m + m.T) / 2)[1], lambda _e, m: _eigenvalues(m)[1]),
    "q_gap": Rule(
        "Q", "S", lambda m: np.ptp(np.linalg.eigvalsh((m + m.T) / 2)), lambda _e, m: 2 * (_eigenvalues(m)[1] - (m[0, 0] + m[1, 1]) / 2)
    ),
    "q_abs": Rule("Q", "Q", np.abs, _each(_absolute)),
    "q_sub": Rule("QQ", "Q", lambda a, b: a - b, lambda _e, a, b: a - b),
    "q_sum": Rule("Q", "S", np.sum, lambda _e, m: np.sum(m)),
}
BY_KIND = {made: [n for n, r in RULES.items() if r.makes[0] == made or (made in "VM" and r.makes == "A")] for made in "SVMQ"}


@dataclass
class Program:
    """A tree over ``x``, a point, how the point is split into arguments, and the precision."""

    tree: tuple[Any, ...]
    x: np.ndarray
    split: int = 0
    single: bool = False

    def __call__(self, *args: Any) -> Any:
        """Evaluate with NumPy calls on arrays or tensors."""
        x = args[0] if len(args) == 1 else np.concatenate(args)
        made = np.float32 if self.single else np.float64
        return self._run(x, lambda c: np.array(c, made)[()], lambda rule: rule.numpy) + 0.0 * np.sum(x)

    @property
    def args(self) -> tuple[np.ndarray, ...]:
        x = self.x.astype(np.float32) if self.single else self.x
        return (x[: self.split], x[self.split :]) if self.split else (x,)

    def exactly(self, x: Any) -> tuple[Any, list[Any]]:
        """Return the value at a point of many digits, and the differences of what was compared."""
        e = Exactly()
        return self._run(np.array(x, object), _decimals, lambda rule: lambda *v: rule.exact(e, *v)), e.walls

    @cached_property
    def nodes(self) -> list[tuple[Any, ...]]:
        """The tree's nodes, what they take first; equal ones once."""
        found: dict[Any, None] = {}

        def visit(tree: Any) -> None:
            if tree not in found:
                for part in tree[1:] if tree[0] in RULES else ():
                    visit(part)
                found[tree] = None

        visit(self.tree)
        number = {tree: i for i, tree in enumerate(found)}
        return [(t[0], *(number[part] for part in t[1:])) if t[0] in RULES else t for t in found]

    def _run(self, x: Any, make: Callable[[Any], Any], of: Callable[[Rule], Callable[..., Any]]) -> Any:
        made: list[Any] = []
        for op, *rest in self.nodes:
            made.append(of(RULES[op])(*(made[i] for i in rest)) if op in RULES else LEAVES[op](make, x, *rest))
        return made[-1]


@lru_cache(maxsize=1000)
def _decimals(constant: Any) -> Any:
    if not isinstance(constant, tuple):
        return Decimal(constant)
    found = np.array(constant, object)
    return np.array([Decimal(c) for c in found.flat], object).reshape(found.shape)


LEAVES: dict[str, Callable[..., Any]] = {
    "c": lambda make, _x, value: make(value),
    "x": lambda _make, x, i: x[i],
    "all": lambda _make, x: x,
    "rows": lambda _make, x, places: x[np.array(places)],
    "affine": lambda make, x, w, shift: make(w) @ x + make(shift),
    "quad": lambda _make, x, places: x[np.array(places)],
}


def random_array_program(seed: int, *, small: bool = False) -> Program:
    """Return a program that is drawn from the seed; a small one has 2 or 3 inputs, and is not deep."""
    rng = np.random.default_rng([seed, 77])
    n = int(rng.integers(2, 4 if small else 6))
    x = np.full(n, rng.choice([0.0, 0.0, 1.0, -0.5])) if rng.random() < 0.5 else rng.choice([-1.0, -0.5, 0.0, 0.0, 0.5, 1.0], n)
    kinds = {"jump"} if rng.random() < 0.25 else set()
    kinds |= {"root"} if rng.random() < 0.25 else set()
    draw = _Draw(rng, x, kinds, int(rng.choice([n, 3] if small else [n, n, 3, 4, 8])))
    tree = draw.tree("S", int(rng.integers(2, 4 if small else 6)))
    split = int(rng.integers(1, n)) if rng.random() < 0.2 else 0
    return Program(tree, x, split, bool(rng.random() < 0.15))


class _Draw:
    def __init__(self, rng: np.random.Generator, x: np.ndarray, kinds: set[str], long: int) -> None:
        self.rng, self.x, self.long = rng, x, long
        self.allowed = {
            made: [r for r in names if (not RULES[r].kind or RULES[r].kind in kinds) and (long <= 4 or "M" not in RULES[r].takes)]
            for made, names in BY_KIND.items()
        }
        self.made: dict[tuple[str, int], list[Any]] = {}

    def tree(self, made: str, depth: int, length: int = 0) -> Any:
        """Draw a tree that makes a number, a vector of a length, a matrix, or a 2 by 2; a part may be one that was drawn before."""
        length = length or (self.long if made in "VM" else 0)
        before = self.made.setdefault((made, length), [])
        if before and self.rng.random() < 0.2:
            return before[int(self.rng.integers(len(before)))]
        found = self._drawn(made, depth, length)
        before.append(found)
        return found

    def _drawn(self, made: str, depth: int, length: int) -> Any:
        if depth <= 0 or (depth < 3 and self.rng.random() < 0.15):
            if made != "M":
                return self.leaf(made, length)
            depth = 0
        names = self.allowed[made]
        if made == "M" and depth <= 1:
            names = ["pairs", "outer"]
        shares = np.array([RULES[n].share for n in names])
        name = str(self.rng.choice(names, p=shares / shares.sum()))
        parts = []
        for kind in RULES[name].takes:
            kind_made = made if kind == "A" else kind
            same = kind_made in "VM" and made in "VM"
            parts.append(self.tree(kind_made, depth - 1, length if same else 0))
        return (name, *parts)

    def leaf(self, made: str, length: int) -> Any:
        n, rng = len(self.x), self.rng
        if made == "S":
            return ("x", int(rng.integers(n))) if rng.random() < 0.8 else ("c", float(rng.choice([*HALVES, 0.0, 0.0])))
        if made == "Q":
            return ("quad", tuple(tuple(int(i) for i in rng.integers(n, size=2)) for _ in range(2)))
        if length == n and rng.random() < 0.4:
            return ("all",)
        if rng.random() < 0.4:
            return ("rows", tuple(int(i) for i in rng.integers(n, size=length)))
        w = rng.integers(-2, 3, (length, n)).astype(float) * rng.choice([0.5, 1.0], (length, 1))
        shift = float(rng.choice([0.0, 0.0, 1.0])) - w @ self.x + rng.choice([0.0, 0.0, 0.0, 1.0], length)
        return ("affine", tuple(map(tuple, w.tolist())), tuple(shift.tolist()))
