"""Losses of several scores or probabilities against a class, or against several."""

import itertools

import mpmath as mp
import numpy as np

from losses.exact.case import LOG_PROBABILITY, PROBABILITY, REAL, Case
from losses.exact.functions import dot, exp, expm1, focal, lse, sp, xlog, xmul

SCORES = [[0.5, -1.25, 2.125]]
SURE_OF_TWO = "two infinite scores share the probability nobody knows how"
TIE = "inf - inf"


def of_class(f, numbers=REAL, usual=SCORES, undefined=SURE_OF_TWO, rounding=0.0, **options):
    """Cases of a loss of scores, the class being the first and the last of them."""
    return [
        Case([usual, np.array([c])], (numbers,), lambda z, y: f(z[0], y[0]), options, undefined=undefined, rounding=rounding)
        for c in (0, len(usual[0]) - 1)
    ]


def against(f, targets, numbers=REAL, usual=SCORES, undefined=SURE_OF_TWO, moved=PROBABILITY, rounding=4.0, **options):
    """Cases of a loss of scores against probabilities: one-hot, even, with zeros; the last of them led to its extremes, too."""
    fixed = () if moved else (1,)
    cases = [
        Case([usual, [q]], (numbers, ()), lambda z, q: f(z[0], q[0]), options, fixed, undefined=undefined, rounding=rounding, pairs=False)
        for q in targets
    ]
    if not moved:
        return cases
    return [*cases, Case([usual, [targets[-1]]], ((), moved), lambda z, q: f(z[0], q[0]), options, undefined=undefined, rounding=rounding)]


def cross_entropy(z, y):
    """log sum e^(z_c - z_y), the class itself apart, so that no small cost is rounded away."""
    above = [v - z[y] for c, v in enumerate(z) if c != y]
    return [lse([*above, mp.mpf(0)]) if max(above) > 0 else mp.log1p(mp.fsum(map(exp, above)))]


def soft(z, q):
    return [xmul(p, cross_entropy(z, c)[0]) for c, p in enumerate(q)]


def of_cost(g):
    return lambda z, y: [g(cross_entropy(z, y)[0])]


def of_soft_cost(g):
    return lambda z, q: [g(mp.fsum(soft(z, q)))]


def one_hot(y, n):
    return [mp.mpf(int(c == y)) for c in range(n)]


def smoothed(z, y):
    return soft(z, [mp.mpf(0.75) * p + mp.mpf(0.25) / len(z) for p in one_hot(y, len(z))])


def sparsemax(z):
    order = sorted(z, reverse=True)
    level = max((mp.fsum(order[:k]) - 1) / k for k in range(1, len(z) + 1))
    return [max(mp.mpf(0), v - level) for v in z]


def entmax15(z):
    """Peters, Niculae and Martins, algorithm 2."""
    x = sorted((v / 2 for v in z), reverse=True)
    levels = []
    for k in range(1, len(x) + 1):
        mean = mp.fsum(x[:k]) / k
        spread = mp.fsum((v - mean) ** 2 for v in x[:k])
        if spread <= 1:
            levels.append((mean - mp.sqrt((1 - spread) / k), x[k - 1]))
    level = [t for t, last in levels if t <= last][-1]
    return [max(mp.mpf(0), v / 2 - level) ** 2 for v in z]


def tsallis(p, a):
    """Tsallis' entropy, or Shannon's at order 1."""
    return -mp.fsum(xlog(v, v) for v in p) if a == 1 else mp.fsum(v - v**a for v in p if v) / (a * (a - 1))


def fenchel_young(predicted, a):
    """H(p) + <p, z> - H(y) - <y, z>, of scores counted from the one of the truth."""

    def f(z, q):
        p = predicted(z)
        from_truth = [xmul(v, z[i] - z[j]) * w for i, v in enumerate(p) for j, w in enumerate(q) if w and i != j]
        lost = mp.fsum(xmul(v, z[i]) * (1 - mp.fsum(q)) for i, v in enumerate(p))  # nothing where the truth sums to one
        return [mp.fsum([tsallis(p, a), -tsallis(q, a), *from_truth, lost])]

    return f


def of_index(f):
    return lambda z, y: f(z, one_hot(y, len(z)))


def softmax(z):
    norm = lse(z)
    return [exp(v - norm) for v in z]


def rivals(z, y, margin=1, p=1):
    return [max(mp.mpf(0), margin - z[y] + v) ** p / len(z) for c, v in enumerate(z) if c != y]


def labels(z, ys):
    listed = [int(y) for y in itertools.takewhile(lambda y: y >= 0, ys)]
    return [max(mp.mpf(0), 1 - z[y] + v) / len(z) for y in listed for c, v in enumerate(z) if c not in listed]


def linear(x, w, y, b=None):
    scores = [[dot(row, v) + (0 if b is None else b[c]) for c, v in enumerate(w)] for row in x]
    return [t for z, c in zip(scores, y, strict=True) for t in cross_entropy(z, c)]


WEIGHTS = [[1.0, 0.5], [-0.5, 0.25], [0.75, 2.0]]
ONE_HOT, ZEROS, EVEN = [0.0, 1.0, 0.0], [0.5, 0.0, 0.5], [0.25, 0.5, 0.25]
TARGETS = (ONE_HOT, ZEROS, EVEN)
Q = mp.mpf(0.5)

CLASSES = {
    "cross_entropy": [
        *of_class(cross_entropy),
        *against(soft, TARGETS),
        *of_class(smoothed, label_smoothing=0.25),
        *of_class(lambda z, y: [(y + 1) * t for t in cross_entropy(z, y)], weight=np.array([1.0, 2.0, 3.0])),
    ],
    "nll_loss": of_class(lambda z, y: [-z[y]], LOG_PROBABILITY, [[-0.5, -1.0, -2.0]], ""),
    "linear_cross_entropy": [
        Case([[[0.5, -1.0]], WEIGHTS, np.array([c])], (REAL, ()), linear, undefined="inf - inf", rounding=16.0) for c in (0, 1)
    ]
    + [Case([[[0.5, -1.0]], WEIGHTS, np.array([1])], ((), REAL), linear, undefined="inf - inf", rounding=16.0)],
    "focal_loss": [*of_class(of_cost(focal)), *against(of_soft_cost(focal), TARGETS)],
    "poly1_cross_entropy": [*of_class(of_cost(lambda c: c - 2 * expm1(-c))), *against(of_soft_cost(lambda c: c - 2 * expm1(-c)), TARGETS)],
    "generalized_cross_entropy": [
        *of_class(of_cost(lambda c: -expm1(-Q * c) / Q), q=0.5),
        *against(of_soft_cost(lambda c: -expm1(-Q * c) / Q), TARGETS, q=0.5),
    ],
    "fenchel_young_loss": [
        *of_class(cross_entropy),
        *against(fenchel_young(softmax, 1), TARGETS, moved=()),
        *of_class(of_index(fenchel_young(sparsemax, 2)), rounding=4.0, family="gini"),
        *of_class(lambda z, y: [(v - (c == y)) ** 2 / 2 for c, v in enumerate(z)], undefined="", family="square"),
    ],
    "sparsemax_loss": [
        *of_class(of_index(fenchel_young(sparsemax, 2)), rounding=4.0),
        *against(fenchel_young(sparsemax, 2), TARGETS, moved=()),
    ],
    "entmax_loss": [
        *of_class(of_index(fenchel_young(entmax15, mp.mpf(1.5))), usual=[[0.75, 0.0]]),
        *of_class(of_index(fenchel_young(entmax15, mp.mpf(1.5))), rounding=8.0),
        *against(fenchel_young(entmax15, mp.mpf(1.5)), TARGETS, moved=()),
    ],
    "multiclass_hinge_loss": of_class(lambda z, y: [max(mp.mpf(0), 1 + max(v for c, v in enumerate(z) if c != y) - z[y])], undefined=TIE),
    "multi_margin_loss": [
        *of_class(rivals, undefined=TIE),
        *of_class(lambda z, y: rivals(z, y, mp.mpf(2), 2), undefined=TIE, p=2, margin=2.0),
    ],
    "multilabel_margin_loss": [
        Case([SCORES, np.array([y])], (REAL,), lambda z, y: labels(z[0], y[0]), undefined=TIE) for y in ([2, -1, 0], [0, 1, -1])
    ],
    "multilabel_soft_margin_loss": [
        Case(
            [SCORES, [[1.0, 0.0, 1.0]]],
            (REAL, ()),
            lambda z, y: [(sp(-v) if t else sp(v)) / 3 for v, t in zip(z[0], y[0], strict=True)],
            without_slope=(1,),
        )
    ],
    "brier_loss": [
        *of_class(lambda p, y: [(v - (c == y)) ** 2 for c, v in enumerate(p)], PROBABILITY, [[0.25, 0.25, 0.5]], ""),
        *against(lambda p, q: [(v - t) ** 2 for v, t in zip(p, q, strict=True)], TARGETS, PROBABILITY, [[0.25, 0.25, 0.5]], ""),
    ],
    "spherical_loss": [
        *of_class(lambda p, y: [-p[y] / mp.sqrt(dot(p, p))], PROBABILITY, [[0.25, 0.25, 0.5]], ""),
        *against(lambda p, q: [-dot(p, q) / mp.sqrt(dot(p, p))], TARGETS, PROBABILITY, [[0.25, 0.25, 0.5]], ""),
    ],
}
