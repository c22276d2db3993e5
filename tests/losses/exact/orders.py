"""Losses of orders, of times until an event, of sequences."""

import itertools

import mpmath as mp
import numpy as np

from losses.exact.case import LOG_PROBABILITY, NONNEGATIVE, PROBABILITY, REAL, SIZES, Case
from losses.exact.classes import cross_entropy, soft, softmax
from losses.exact.functions import exp, expm1, log, lse, sp, xmul

APART = "inf - inf: two infinite scores are not told apart"
Z = [0.5, -1.0, 2.0, 0.25]


def behind(z, rivals, i):
    """log of sum e^(z_j - z_i) over the rivals of i, i among them."""
    return cross_entropy([z[i], *(z[j] for j in rivals if j != i)], 0)[0] if len(rivals) > 1 else mp.mpf(0)


def plackett_luce(z, order):
    return [behind(z[0], order[0][k:], i) for k, i in enumerate(order[0])]


def breslow(z, time, event):
    return [behind(z, [j for j in range(len(z)) if time[j] >= time[i]], i) for i in range(len(z)) if event[i]]


def efron(z, time, event):
    terms = []
    for i in range(len(z)):
        tied = [j for j in range(len(z)) if time[j] == time[i] and event[j]]
        risk = [j for j in range(len(z)) if time[j] >= time[i]]
        if event[i]:
            weights = [1 - (mp.mpf(tied.index(i)) / len(tied) if j in tied else 0) for j in risk]
            terms.append(lse([z[j] - z[i] + mp.log(w) for j, w in zip(risk, weights, strict=True)]))
    return terms


def listnet(z, y):
    return soft(z[0], softmax(y[0]))


def preferred(a, b, y):
    d = a[0] - b[0]
    return [xmul(y[0], sp(-d)), xmul(1 - y[0], sp(d))]


def ranked(a, b, y):
    return [max(mp.mpf(0), mp.mpf(0.5) - int(y[0]) * (a[0] - b[0]))]


def graded(z, cuts, grade):
    """-log of what lies between two thresholds under a logistic density, of differences of thresholds."""
    low, high = (cuts[grade[0] - 1] if grade[0] else None), (cuts[grade[0]] if grade[0] < len(cuts) else None)
    terms = [] if high is None else [sp(z[0] - high)]
    terms += [] if low is None else [sp(low - z[0])]
    return terms if low is None or high is None else [*terms, -mp.log(-expm1(low - high))]


def censored(z, t, event, k=1):
    z, t = z[0], t[0]
    survived = t**k * exp(-k * z)
    return [survived, k * z, -mp.log(k), -xmul(k - 1, log(t))] if event[0] else [survived]


def paths(labels, frames, classes):
    """Every path of a length that becomes the labels when repetitions are merged and blanks removed."""
    for path in itertools.product(range(classes), repeat=frames):
        if [c for c, _ in itertools.groupby(path) if c] == list(labels):
            yield path


def ctc(x, labels, frames, count):
    found = paths(labels[0][: count[0]], frames[0], len(x[0][0]))
    return [-lse([mp.fsum(x[t][0][c] for t, c in enumerate(path)) for path in found])]


LOGS = [[[-0.5, -1.5, -2.0]], [[-1.0, -0.75, -2.5]], [[-0.25, -3.0, -1.25]]]


def time_to_event(largest, times, f, **options):
    """Cases of a log-scale up to where its exponential keeps its digits in single precision, and of a time, of an event and of none."""
    scales = (0.0, *(s * v for v in (1e-30, largest, 1e4, 1e30, float("inf")) for s in (1, -1)))
    return [Case([[0.5], [2.0], np.array([e])], (scales, times), f, options, undefined="inf * 0 or inf - inf") for e in (0, 1)]


ORDERS = {
    "plackett_luce_loss": [
        Case([[Z], np.array([order])], (REAL,), plackett_luce, undefined=APART, rounding=2.0) for order in ([0, 1, 2, 3], [2, 0, 3, 1])
    ],
    "cox_loss": [
        Case([Z, np.array(t), np.array(e)], (REAL,), breslow, undefined=APART)
        for t, e in (([4, 3, 2, 1], [1, 1, 1, 1]), ([2, 2, 1, 1], [1, 1, 1, 1]), ([1, 3, 2, 2], [1, 0, 1, 0]))
    ]
    + [
        Case([Z, np.array(t), np.array(e)], (REAL,), efron, {"ties": "efron"}, undefined=APART, rounding=4.0)
        for t, e in (([2, 2, 1, 1], [1, 1, 1, 1]), ([1, 1, 1, 2], [1, 1, 0, 1]))
    ],
    "listnet_loss": [
        Case(
            [[Z[:3]], [[1.0, -0.5, 0.25]]],
            (REAL, REAL),
            listnet,
            without_slope=(1,),
            undefined="two infinite scores share the probability nobody knows how",
        )
    ],
    "ranknet_loss": [Case([[0.5], [-1.0], [0.25]], (REAL, REAL, PROBABILITY), preferred, undefined="inf - inf")],
    "margin_ranking_loss": [
        Case([[0.75], [-1.0], np.array([y])], (REAL, REAL), ranked, {"margin": 0.5}, undefined="inf - inf") for y in (1, -1)
    ],
    "cumulative_logit_loss": [
        Case(
            [[0.25], [-1.0, 0.5], np.array([g])],
            (
                REAL,
                (),
            ),
            graded,
        )
        for g in range(3)
    ],
    "censored_exponential_nll_loss": time_to_event(80.0, NONNEGATIVE, censored),
    "censored_weibull_nll_loss": time_to_event(40.0, SIZES, lambda z, t, e: censored(z, t, e, mp.mpf(2)), shape=2.0),
    "ctc_loss": [
        Case(
            [LOGS, np.array([labels]), np.array([3]), np.array([len(labels)])],
            (LOG_PROBABILITY,),
            ctc,
            undefined="inf - inf",
            slopes_at_infinity=False,
        )
        for labels in ([1], [1, 2], [1, 1])
    ],
}
