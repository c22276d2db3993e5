"""Compare what `differentiability` says of a random program with one-sided quotients at 300 digits."""

import itertools
import math

import numpy as np

import tinygrad_loss as tl
from programs import one_sided, random_program, with_numpy

AGREE = 1e-9


def random_case(seed):
    """Return a program and a point: one number for even seeds, two or three entries for odd ones."""
    rng = np.random.default_rng(seed)
    size = 1 if seed % 2 == 0 else int(rng.integers(2, 4))
    tree = random_program(rng, size, depth=int(rng.integers(2, 5)))
    x = rng.choice([-1.0, -0.5, 0.0, 0.0, 0.0, 0.5, 1.0], size)
    return tree, x


def directions(size):
    """Yield the directions along which a claim is tested."""
    grid = [np.array(d) for d in itertools.product((-2.0, -1.0, 0.0, 1.0, 2.0, 3.0), repeat=size) if any(d)]
    # A grid misses narrow cones, so generic directions are asked as well; eighths keep float arithmetic exact.
    generic = np.round(8 * np.random.default_rng(0).standard_normal((100 if size > 1 else 0, size))) / 8
    return grid + [d for d in generic if np.any(d)]


def slopes_of(tree, x):
    """Return every direction with its true one-sided derivative."""
    return [(d, one_sided(tree, x, d)) for d in directions(len(x))]


def is_linear(slopes, gradient=None):
    """Whether finite slopes are those of one gradient."""
    if not all(math.isfinite(s) for _, s in slopes):
        return False
    units = np.array([d for d, _ in slopes])
    values = np.array([s for _, s in slopes])
    if gradient is None:
        gradient = np.linalg.lstsq(units, values, rcond=None)[0]
    return bool(np.all(np.abs(units @ gradient - values) <= AGREE * (1 + np.abs(values))))


def complaint(seed):
    """Return what is wrong with the verdict on a random case, and whether it claimed proof; "" when all is right."""
    tree, x = random_case(seed)
    scalar = len(x) == 1

    def f(v):
        parts = [v] if scalar else [v[i] for i in range(len(x))]
        return 0.0 * parts[0] + with_numpy(tree, parts)

    verdict = tl.differentiability(f, float(x[0]) if scalar else x)
    slopes = slopes_of(tree, x)
    smooth = is_linear(slopes)
    jumps = any(math.isinf(s) for _, s in slopes)
    truth = "discontinuous" if jumps else "smooth" if smooth else "kink"
    wrong = ""
    if verdict.kind != truth:
        wrong = f"said {verdict.kind}, is {truth}"
    elif smooth and not is_linear(slopes, np.ravel(verdict.gradient)):
        wrong = f"gradient {verdict.gradient}"
    elif scalar and not jumps:
        left, right = -one_sided(tree, x, [-1.0]), one_sided(tree, x, [1.0])
        if abs(left - verdict.left) > AGREE * (1 + abs(left)) or abs(right - verdict.right) > AGREE * (1 + abs(right)):
            wrong = f"slopes {verdict.left}, {verdict.right}, are {left}, {right}"
    if not wrong and not scalar and not jumps:
        d, slope = slopes[seed % len(slopes)]
        found = float(tl.directional(f, x, d))
        if abs(found - slope) > AGREE * (1 + abs(slope)):
            wrong = f"directional along {d} is {slope}, said {found}"
    return wrong, verdict.proved
