"""Random piecewise programs: one tree, evaluated by NumPy on floats and tensors, or by mpmath at 300 digits.

Inputs and constants are small dyadic numbers, so that float arithmetic on them is exact and a tie of floats is a real tie.
"""

import math

import mpmath
import numpy as np

DIGITS = 300
STEP = mpmath.mpf(10) ** -60
"""Far below the distance to any other kink, far above the last of 300 digits."""
CONSTANTS = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)

UNARY = ("abs", "neg", "square", "relu", "clip", "where_sq", "where_eq")
BINARY = ("add", "sub", "mul", "max", "min", "where")
JUMPS = ("sign", "floor", "step")


def random_program(rng, size, depth=4, *, jumps=True):
    """Return a random tree over ``size`` inputs."""
    if depth == 0 or rng.random() < 0.12:
        return ("x", int(rng.integers(size))) if rng.random() < 0.75 else ("c", float(rng.choice(CONSTANTS)))
    kind = rng.random()
    if kind < 0.34:
        names = UNARY + (JUMPS if jumps else ())
        return (str(rng.choice(names)), random_program(rng, size, depth - 1, jumps=jumps))
    if kind < 0.92:
        a, b = (random_program(rng, size, depth - 1, jumps=jumps) for _ in range(2))
        return (str(rng.choice(BINARY)), a, b)
    parts = tuple(random_program(rng, size, depth - 2 if depth > 1 else 0, jumps=jumps) for _ in range(3))
    return ("sort", int(rng.integers(3)), *parts)


def with_numpy(tree, x):
    """Evaluate a tree with NumPy calls; ``x`` is a sequence of numbers or tensors."""
    op, *rest = tree
    if op == "x":
        return x[rest[0]]
    if op == "c":
        return rest[0]
    if op == "sort":
        return np.sort(np.stack([np.broadcast_to(with_numpy(p, x), ()) for p in rest[1:]]))[rest[0]]
    v = [with_numpy(p, x) for p in rest]
    return NUMPY[op](*v)


NUMPY = {
    "abs": np.abs,
    "neg": lambda a: -a,
    "square": lambda a: a * a,
    "relu": lambda a: np.maximum(a, 0.0),
    "clip": lambda a: np.clip(a, -1.0, 1.0),
    "where_sq": lambda a: np.where(a > 0, a * a, a),
    "where_eq": lambda a: np.where(a == 0, 0.0, a),
    "sign": np.sign,
    "floor": np.floor,
    "step": lambda a: np.where(a >= 0, 1.0, 0.0),
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "max": np.maximum,
    "min": np.minimum,
    "where": lambda a, b: np.where(a > b, a, b * b),
}

EXACTLY = {
    "abs": abs,
    "neg": lambda a: -a,
    "square": lambda a: a * a,
    "relu": lambda a: max(a, mpmath.mpf(0)),
    "clip": lambda a: min(max(a, mpmath.mpf(-1)), mpmath.mpf(1)),
    "where_sq": lambda a: a * a if a > 0 else a,
    "where_eq": lambda a: a,
    "sign": lambda a: mpmath.mpf((a > 0) - (a < 0)),
    "floor": mpmath.floor,
    "step": lambda a: mpmath.mpf(1 if a >= 0 else 0),
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "max": max,
    "min": min,
    "where": lambda a, b: a if a > b else b * b,
}


def exactly(tree, x):
    """Evaluate a tree at 300 digits."""
    op, *rest = tree
    if op == "x":
        return x[rest[0]]
    if op == "c":
        return mpmath.mpf(rest[0])
    if op == "sort":
        return sorted(exactly(p, x) for p in rest[1:])[rest[0]]
    return EXACTLY[op](*(exactly(p, x) for p in rest))


def one_sided(tree, x, d):
    """Return f'(x; d) by a quotient at 300 digits; inf where f jumps on that side."""
    with mpmath.workdps(DIGITS):
        here = exactly(tree, [mpmath.mpf(v) for v in x])
        there = exactly(tree, [mpmath.mpf(v) + STEP * mpmath.mpf(s) for v, s in zip(x, d, strict=True)])
        slope = (there - here) / STEP
        return math.inf if abs(slope) > mpmath.mpf(10) ** 40 else float(slope)
