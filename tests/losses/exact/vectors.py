"""Losses of vectors, of angles between them, and of masks."""

import mpmath as mp
import numpy as np

from losses.exact.case import PROBABILITY, REAL, Case
from losses.exact.classes import cross_entropy
from losses.exact.functions import apart, cosine, dot, lse, sp

LONG = (1e-30, 100.0, -1e4, 1e15, -1e15, float("inf"), -float("inf"))
A, B, C = [[0.5, -1.0]], [[1.5, 0.25]], [[-0.5, 2.0]]
DIRECTION = "of two infinite components nobody knows the direction"
BETWEEN = "inf - inf"


def like_or_not(a, b, y):
    """With PyTorch's addition to squared lengths."""
    c = dot(a[0], b[0]) / mp.sqrt((dot(a[0], a[0]) + mp.mpf(1e-12)) * (dot(b[0], b[0]) + mp.mpf(1e-12)))
    return [1 - c if y[0] == 1 else max(mp.mpf(0), c + 1)]


def triplet(distance=apart, swap=False):
    def f(a, p, n):
        far = distance(a[0], n[0])
        return [max(mp.mpf(0), distance(a[0], p[0]) - (min(far, distance(p[0], n[0])) if swap else far) + 8)]

    return f


def taxicab(a, b):
    return mp.fsum(abs(x - y) for x, y in zip(a, b, strict=True))


def contrastive(a, b, y):
    d = apart(a[0], b[0])
    return [d * d if y[0] else max(mp.mpf(0), 5 - d) ** 2]


def info_nce(x, y):
    return [t for i, a in enumerate(x) for t in cross_entropy([2 * cosine(a, b) for b in y], i)]


def nt_xent(x, y):
    both, n = [*x, *y], len(x)
    terms = []
    for i, a in enumerate(both):
        others = [j for j in range(2 * n) if j != i]
        terms += [t / 2 for t in cross_entropy([2 * cosine(a, both[j]) for j in others], others.index((i + n) % (2 * n)))]
    return terms


def supervised(x, y):
    terms = []
    for i, a in enumerate(x):
        others = [j for j in range(len(x)) if j != i]
        like = [others.index(j) for j in others if y[j] == y[i]]
        terms += [t / len(like) for k in like for t in cross_entropy([2 * cosine(a, x[j]) for j in others], k)]
    return terms


def circle(x, y, gamma=2):
    m = mp.mpf(0.25)
    terms = []
    for i, a in enumerate(x):
        far = [gamma * max(mp.mpf(0), s + m) * (s - m) for j, b in enumerate(x) if y[j] != y[i] for s in [cosine(a, b)]]
        near = [
            -gamma * max(mp.mpf(0), 1 + m - s) * (s - 1 + m) for j, b in enumerate(x) if y[j] == y[i] and j != i for s in [cosine(a, b)]
        ]
        terms += [sp(lse(far) + lse(near))] if far and near else []
    return terms


def arcface(z, y):
    turned = [mp.cos(mp.acos(v) + mp.mpf(0.5)) if c == y[0] else v for c, v in enumerate(z[0])]
    return cross_entropy([8 * v for v in turned], y[0])


def masks(f, **options):
    """Cases of a loss of what is rightly found, wrongly found and missed: of ordinary masks, of empty and of full ones."""

    def of_counts(p, y):
        hit = dot(p[0], y[0])
        return [f(hit, mp.fsum(p[0]) - hit, mp.fsum(y[0]) - hit)]

    found, true, none, all_of_it = [[0.25, 0.75, 0.5]], [[0.0, 1.0, 1.0]], [[0.0, 0.0, 0.0]], [[1.0, 1.0, 1.0]]
    pairs = ((found, true), (found, none), (found, all_of_it), (none, none))
    return [Case([p, y], (PROBABILITY, PROBABILITY), of_counts, options, rounding=1.0) for p, y in pairs]


def extension(errors, truth):
    """The Lovasz extension of the Jaccard loss, from its definition: the larger errors are counted as wrong first."""
    order = sorted(range(len(errors)), key=lambda i: -errors[i])
    terms, before, wrong = [], mp.mpf(0), []
    for i in order:
        wrong.append(i)
        union = mp.fsum(truth) + sum(1 for j in wrong if not truth[j])
        now = mp.fsum(1 for _ in wrong) / union
        terms.append(errors[i] * (now - before) if now != before else mp.mpf(0))
        before = now
    return [mp.fsum(terms)]


def lovasz_hinge(z, y):
    return extension([max(mp.mpf(0), 1 - v * (1 if t else -1)) for v, t in zip(z[0], y[0], strict=True)], y[0])


def lovasz_softmax(p, y):
    present = sorted({int(c) for c in y[0]})
    return [
        t / len(present)
        for c in present
        for t in extension([abs((k == c) - v) for v, k in zip(p[0][c], y[0], strict=True)], [mp.mpf(int(k == c)) for k in y[0]])
    ]


def angles(f, given, **options):
    return Case(given, (LONG,) * sum(isinstance(x, list) for x in given), f, options, undefined=DIRECTION, rounding=16.0, first=2)


def distances(f, given, undefined=BETWEEN, **options):
    return Case(given, (LONG,) * 3, f, options, undefined=undefined, rounding=4.0)


X, Y = [[0.5, -1.0], [1.5, 0.25]], [[-0.5, 2.0], [1.0, 1.0]]
LABELS = np.array([0, 1, 0, 1])

VECTORS = {
    "cosine_embedding_loss": [
        Case([A, B, np.array([y])], (LONG, LONG), like_or_not, {"margin": -1.0}, undefined=DIRECTION, rounding=8.0) for y in (1, -1)
    ],
    "triplet_margin_loss": [
        distances(triplet(), [A, B, C], margin=8.0, eps=0.0),
        distances(triplet(swap=True), [A, B, C], margin=8.0, eps=0.0, swap=True),
        distances(triplet(taxicab), [A, B, C], margin=8.0, eps=0.0, p=1.0),
    ],
    "triplet_margin_with_distance_loss": [
        distances(triplet(), [A, B, C], margin=8.0, distance_function={"module": "PairwiseDistance", "eps": 0.0})
    ],
    "contrastive_loss": [Case([A, B, np.array([y])], (LONG, LONG), contrastive, {"margin": 5.0}, undefined=BETWEEN) for y in (1, 0)],
    "info_nce_loss": [angles(info_nce, [X, Y], temperature=0.5)],
    "nt_xent_loss": [angles(nt_xent, [X, Y], temperature=0.5)],
    "supervised_contrastive_loss": [angles(supervised, [X + Y, LABELS], temperature=0.5)],
    "circle_loss": [angles(circle, [X + Y, LABELS], gamma=2.0, margin=0.25)],
    "arcface_loss": [
        Case([[[0.5, -0.25, 0.75]], np.array([c])], ((0.0, 1e-30, -1e-30, 1.0, -1.0),), arcface, {"margin": 0.5, "scale": 8.0})
        for c in (0, 2)
    ],
    "dice_loss": masks(lambda hit, false, missed: 1 - (2 * hit + 1) / (2 * hit + false + missed + 1)),
    "jaccard_loss": masks(lambda hit, false, missed: 1 - (hit + 1) / (hit + false + missed + 1)),
    "tversky_loss": masks(lambda hit, false, missed: 1 - (hit + 1) / (hit + false / 4 + missed * 3 / 4 + 1), alpha=0.25, beta=0.75),
    "lovasz_hinge_loss": [
        Case([[[0.5, -1.0, 2.25]], np.array([y])], (REAL,), lovasz_hinge, undefined="inf * 0") for y in ([1, 0, 0], [1, 1, 0], [0, 0, 0])
    ],
    "lovasz_softmax_loss": [
        Case([[[[0.25, 0.5, 0.125], [0.75, 0.5, 0.875]]], np.array([y])], (PROBABILITY,), lovasz_softmax) for y in ([0, 1, 1], [1, 1, 1])
    ],
}
