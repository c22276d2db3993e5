"""Scores of forecasts of whole distributions, and losses that have a scale or a second prediction beside the first."""

import mpmath as mp

from losses.exact.case import REAL, SIZES, Case
from losses.exact.functions import exp, log, lse, sp

AT = [[0.25], [2.0], [-1.0]]
BETWEEN = "inf - inf, or inf / inf"


def of_scale(f, sizes=SIZES, given=AT, **settings):
    return Case(given, (REAL, sizes, REAL), lambda m, s, y: f(m[0], s[0], y[0]), undefined=BETWEEN, **settings)


def normal(m, s, y):
    w = abs(y - m) / s
    tail = mp.sqrt(2 / mp.pi) * exp(-w * w / 2) - w * mp.erfc(w / mp.sqrt(2)) if w < 1e3 else mp.mpf(0)  # below 1e-200000
    return [abs(y - m), s * (tail - 1 / mp.sqrt(mp.pi))]


def laplace(m, s, y):
    return [abs(y - m), s * (exp(-abs(y - m) / s) - mp.mpf(3) / 4)]


def logistic(m, s, y):
    return [abs(y - m), s * (2 * mp.log1p(exp(-abs(y - m) / s)) - 1)]


def dawid_sebastiani(m, v, y):
    return [log(v), (y - m) ** 2 / v]


def gaussian(m, y, v):
    return [log(v) / 2, (y[0] - m[0]) ** 2 / v / 2]


def winkler(low, high, y):
    return [high[0] - low[0], 20 * max(mp.mpf(0), low[0] - y[0]), 20 * max(mp.mpf(0), y[0] - high[0])]


def ensemble(x, y):
    x, m = x[0], len(x[0])
    return [mp.fsum([abs(v - y[0]) / m for v in x] + [-abs(a - b) / (2 * m * m) for a in x for b in x])]


def inflated(cost):
    """-log of a sure zero, or of the noise: sums of logarithms, so that nothing is lost where one of them is certain."""

    def f(z, odds, y):
        z, a, y = z[0], odds[0], y[0]
        if y:
            return [*cost(z, y), sp(a)]
        noise = mp.fsum(cost(z, y))
        return [-lse([-sp(-a), -sp(a) - noise])]

    return f


def poisson(z, y):
    return [exp(z), -y * z, mp.loggamma(y + 1)]


def negative_binomial(z, y, k=2):
    ways = mp.loggamma(k) + mp.loggamma(y + 1) - mp.loggamma(y + k)
    return [k * sp(z - mp.log(k)), y * sp(mp.log(k) - z), ways]


def log_normal(z, y):
    return [(log(y) - z) ** 2 / 2, log(y), mp.log(2 * mp.pi) / 2] if y else [mp.mpf("inf")]


def sure(row):
    """Odds of minus infinity against an infinite rate: whose slope that is a matter of which comes first."""
    return {0, 1} if abs(row[0]) == row[0] == -row[1] == float("inf") else set()


def of_zeros(cost, **options):
    return [
        Case(
            [[0.5], [0.25], [y]],
            (REAL, REAL, ()),
            inflated(cost),
            options,
            without_slope=(2,),
            unknown=sure,
            undefined="inf - inf, or 0 * inf",
            rounding=1.0,
        )
        for y in (0.0, 3.0)
    ]


FORECASTS = {
    "crps_normal": [of_scale(normal)],
    "crps_laplace": [of_scale(laplace)],
    "crps_logistic": [of_scale(logistic)],
    "dawid_sebastiani_score": [of_scale(dawid_sebastiani)],
    "gaussian_nll_loss": [
        Case(
            [[0.25], [-1.0], [2.0]],
            (REAL, REAL, (1e-5, 100.0, 1e4, 1e30, float("inf"))),
            lambda m, y, v: gaussian(m, y, v[0]),
            undefined=BETWEEN,
        ),
        Case([[0.25], [-1.0], [2.0]], ((), (), (0.0, 1e-30)), lambda m, y, v: gaussian(m, y, max(v[0], mp.mpf(1e-6))), without_slope=(2,)),
    ],
    "interval_score": [Case([[-0.75], [2.0], [0.25]], (REAL, REAL, REAL), winkler, undefined=BETWEEN)],
    "crps_ensemble": [Case([[[0.5, -1.0, 2.0]], [0.25]], (REAL, REAL), ensemble, undefined=BETWEEN)],
    "zero_inflated_poisson_nll_loss": of_zeros(poisson),
    "zero_inflated_negative_binomial_nll_loss": of_zeros(negative_binomial, total_count=2.0),
    "zero_inflated_log_normal_nll_loss": of_zeros(log_normal),
}
