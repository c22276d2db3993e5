"""Losses of one distribution against another: of arrays of probabilities, and of samples."""

import mpmath as mp

from losses.exact.case import PROBABILITY, REAL, Case
from losses.exact.functions import exp, log, xmul

HALF = mp.mpf(0.5)
Q, P = [[0.25, 0.375, 0.375]], [[0.5, 0.125, 0.375]]


def of_rows(f, rounding=0.0, undefined="", points=((Q, P), ([[0.0, 0.5, 0.5]], [[0.0, 1.0, 0.0]])), slopes_at_infinity=True, **options):
    """Cases of a divergence: of an inner point, and of one at the edge of the simplex, one-hot, where both have no mass."""
    return [
        Case(
            [q, p],
            (PROBABILITY, PROBABILITY),
            lambda q, p: f(q[0], p[0]),
            options,
            rounding=rounding,
            undefined=undefined,
            unknown=neither,
            slopes_at_infinity=slopes_at_infinity,
        )
        for q, p in points
    ]


def neither(row):
    """The entries of outcomes that neither distribution has: how their slopes go depends on which of the two is nearer to 0."""
    k = len(row) // 2
    return {i for j in range(k) if row[j] == row[j + k] == 0 for i in (j, j + k)}


def pairs(term):
    return lambda q, p: [term(a, b) for a, b in zip(q, p, strict=True)]


def relative(p, q):
    """p log(p / q); 0 where p is."""
    return mp.mpf(0) if p == 0 else (p * (log(p) - log(q)) if q else mp.inf)


def power(q, p, a):
    """p^a q^(1 - a); 0 where neither has any."""
    if p == 0 and q == 0:
        return mp.mpf(0)
    if q == 0:
        return mp.inf if a > 1 else mp.mpf(0)
    return mp.mpf(0) if p == 0 else p**a * q ** (1 - a)


def alpha(a):
    """(sum p^a q^(1 - a) - p) / (a (a - 1)), to which what p sums to more or less than 1 is added."""
    return lambda q, p: [(power(y, x, a) - x) / (a * (a - 1)) for y, x in zip(q, p, strict=True)]


def renyi(a):
    return lambda q, p: [log(1 + mp.fsum(power(y, x, a) - x for y, x in zip(q, p, strict=True))) / (a - 1)]


def jensen(q, p):
    m = (q + p) / 2
    return (relative(p, m) + relative(q, m)) / 2


def chi2(q, p):
    if p == 0 and q == 0:
        return mp.mpf(0)
    return (p - q) ** 2 / q if q else mp.inf


def wasserstein(q, p):
    return [abs(mp.fsum(a - b for a, b in zip(q[:k], p[:k], strict=True))) for k in range(1, len(q))]


def sinkhorn(q, p, iterations=2):
    k = len(q)
    kernel = [[exp(-abs(mp.mpf(i - j)) / (k - 1) / HALF) for j in range(k)] for i in range(k)]
    u, v = [mp.mpf(1)] * k, [mp.mpf(1)] * k
    for _ in range(iterations):
        if not (any(q) and any(p)):
            return [mp.inf]
        u = [1 / mp.fsum(kernel[i][j] * v[j] * p[j] for j in range(k)) for i in range(k)]
        v = [1 / mp.fsum(kernel[i][j] * u[i] * q[i] for i in range(k)) for j in range(k)]
    return [HALF * mp.fsum(xmul(a, mp.log(b)) for a, b in (*zip(q, u, strict=True), *zip(p, v, strict=True)))]


def gaps(x, y):
    return [2 * abs(a - b) / (len(x) * len(y)) for a in x for b in y]


def energy(x, y):
    own = [-abs(a - b) / len(s) ** 2 for s in (x, y) for a in s for b in s]
    return [mp.fsum(gaps(x, y) + own)]


def kernel_mean(x, y):
    return mp.fsum(exp(-mp.fsum((s - t) ** 2 for s, t in zip(a, b, strict=True)) / 2) for a in x for b in y) / (len(x) * len(y))


def mmd(x, y):
    return [kernel_mean(x, x) - 2 * kernel_mean(x, y) + kernel_mean(y, y)]


DIVERGENCES = {
    "kl_divergence_loss": of_rows(pairs(lambda q, p: relative(p, q))),
    "reverse_kl_divergence_loss": of_rows(pairs(relative)),
    "js_divergence_loss": of_rows(pairs(jensen)),
    "renyi_divergence_loss": [
        c for a in (HALF, mp.mpf(2)) for c in of_rows(renyi(a), 2.0, "more than all the mass", slopes_at_infinity=False, alpha=float(a))
    ],
    "alpha_divergence_loss": [
        *(c for a in (HALF, mp.mpf(2), mp.mpf(3)) for c in of_rows(alpha(a), 2.0, alpha=float(a))),
        *of_rows(pairs(lambda q, p: relative(p, q)), alpha=1.0),
        *of_rows(pairs(relative), alpha=0.0),
    ],
    "squared_hellinger_loss": of_rows(pairs(lambda q, p: (mp.sqrt(q) - mp.sqrt(p)) ** 2 / 2)),
    "total_variation_loss": of_rows(pairs(lambda q, p: abs(q - p) / 2)),
    "chi2_divergence_loss": of_rows(pairs(chi2)),
    "wasserstein_loss": of_rows(wasserstein),
    "sinkhorn_loss": of_rows(sinkhorn, 32.0, points=(([[0.25, 0.75]], [[0.5, 0.5]]),), epsilon=0.5, iterations=2),
    "energy_distance_loss": [
        Case([[[0.5, -1.0, 2.0]], [[1.5, 0.25]]], (REAL, REAL), lambda x, y: energy(x[0], y[0]), undefined="inf - inf", rounding=4.0)
    ],
    "mmd_loss": [
        Case(
            [[[[0.5, 0.0], [1.0, -0.5]]], [[[0.25, 1.0]]]],
            (REAL, REAL),
            lambda x, y: mmd(x[0], y[0]),
            undefined="two at infinity: as near or as far as one likes",
        )
    ],
}
