"""Losses of one number against another: the formulas of textbooks."""

import mpmath as mp
import numpy as np

from losses.exact.case import INF, NONNEGATIVE, PROBABILITY, REAL, SIZES, Case
from losses.exact.functions import barron, clamped, exp, expm1, focal, huber, log, sp, tweedie, xlog, xmul

SIGN, UNIT, COUNT, POSITIVE = (-1.0, 1.0), (0.0, 0.25, 1.0), (0.0, 3.0), (0.5, 3.0)
RIVALS = "inf - inf: nothing tells which is farther out"
C685, C985 = mp.mpf(4.685), mp.mpf(2.985)


def residual(f, undefined=RIVALS, **options):
    """Cases of a loss of z - y: both led to their extremes, and z alone from a target of 0 and of 1."""
    of_both = Case([[0.75], [0.25]], (REAL, REAL), lambda z, y: f(z[0] - y[0]), options, undefined=undefined)
    return [of_both, *against(lambda z, y: f(z - y), REAL, (0.0, 1.0), options=options)]


def margin(f, **options):
    """Cases of a loss of y z, y being a sign."""
    return [Case([[0.75], np.array([y])], (REAL,), lambda z, y: f(z[0] * int(y[0])), options) for y in (-1, 1)]


def against(f, inputs, targets, usual=0.75, without_slope=(), **settings):
    """Cases of a loss of a prediction, at each target."""
    return [Case([[usual], [y]], (inputs, ()), lambda z, y: f(z[0], y[0]), without_slope=without_slope, **settings) for y in targets]


def both(f, inputs, outcomes, usual=(0.75, 2.0), undefined="", without_slope=(), **settings):
    """A case of prediction and target, both led to their extremes."""
    return Case(
        [[usual[0]], [usual[1]]],
        (inputs, outcomes),
        lambda z, y: f(z[0], y[0]),
        without_slope=without_slope,
        undefined=undefined,
        **settings,
    )


def log_normal(z, y):
    return [log(y), (log(y) - z) ** 2 / 2, mp.log(2 * mp.pi) / 2]


def student(r):
    return [mp.mpf(5) / 2 * mp.log1p(r * r / 4), mp.loggamma(2) - mp.loggamma(mp.mpf(5) / 2) + mp.log(4 * mp.pi) / 2]


def hinged(r):
    return [max(mp.mpf(0), r)]


NUMBERS = {
    "l1_loss": [*residual(lambda r: [abs(r)])],
    "mse_loss": [*residual(lambda r: [r * r])],
    "huber_loss": [*residual(lambda r: [huber(r)]), *residual(lambda r: [huber(r, 3)], delta=3.0)],
    "smooth_l1_loss": [
        *residual(lambda r: [huber(r)]),
        *residual(lambda r: [huber(r, 4) / 4], beta=4.0),
        *residual(lambda r: [abs(r)], beta=0.0),
    ],
    "log_cosh_loss": [*residual(lambda r: [abs(r) + mp.log1p(exp(-2 * abs(r))) - mp.log(2)])],
    "pseudo_huber_loss": [
        *residual(lambda r: [mp.sqrt(1 + r * r) - 1]),
        *residual(lambda r: [4 * (mp.sqrt(1 + r * r / 4) - 1)], delta=2.0),
    ],
    "general_robust_loss": [
        *residual(lambda r: [barron(r)]),
        *residual(lambda r: [r * r / 2], alpha=2.0),
        *residual(lambda r: [mp.log1p(r * r / 2)], alpha=0.0),
        *residual(lambda r: [2 * r * r / (r * r + 4)], alpha=-2.0),
        *residual(lambda r: [-expm1(-r * r / 2)], alpha=-INF),
        *residual(lambda r: [barron(r, mp.mpf(1.5))], alpha=1.5),
    ],
    "quantile_loss": [*residual(lambda r: [max(mp.mpf(0.75) * -r, mp.mpf(0.25) * r)], tau=0.75)],
    "expectile_loss": [*residual(lambda r: [(mp.mpf(0.75) if r < 0 else mp.mpf(0.25)) * r * r], tau=0.75)],
    "epsilon_insensitive_loss": [*residual(lambda r: [max(mp.mpf(0), abs(r) - mp.mpf(0.125))], epsilon=0.125)],
    "linex_loss": [*residual(lambda r: [expm1(-r) + r]), *residual(lambda r: [expm1(r / 2) - r / 2], a=-0.5)],
    "cauchy_loss": [*residual(lambda r: [mp.log1p(r * r)]), *residual(lambda r: [mp.log1p(r * r / 16)], scale=4.0)],
    "student_t_nll_loss": [*residual(student)],
    "tukey_loss": [*residual(lambda r: [C685**2 / 6 * (1 - max(mp.mpf(0), 1 - (r / C685) ** 2) ** 3)])],
    "welsch_loss": [*residual(lambda r: [-(C985**2) / 2 * expm1(-((r / C985) ** 2))])],
    "geman_mcclure_loss": [*residual(lambda r: [r * r / (1 + r * r) / 2])],
    "mape_loss": [
        both(lambda z, y: [abs(z - y) / abs(y)], REAL, tuple(v for v in REAL if v), undefined="inf / inf"),
        *against(lambda z, y: [abs(z - y) / abs(y)], REAL, (1.0, -4.0), rounding=1.0),
    ],
    "soft_margin_loss": margin(lambda m: [sp(-m)]),
    "hinge_loss": margin(lambda m: hinged(1 - m)),
    "squared_hinge_loss": margin(lambda m: [max(mp.mpf(0), 1 - m) ** 2]),
    "modified_huber_loss": margin(lambda m: [max(mp.mpf(0), 1 - m) ** 2 if m >= -1 else -4 * m]),
    "perceptron_loss": margin(lambda m: hinged(-m)),
    "exponential_loss": margin(lambda m: [exp(-m)]),
    "hinge_embedding_loss": [
        *against(lambda z, y: [z if y == 1 else max(mp.mpf(0), 1 - z)], REAL, SIGN),
    ],
    "binary_cross_entropy_with_logits": [
        *against(lambda z, y: [xmul(y, sp(-z)), xmul(1 - y, sp(z))], REAL, UNIT),
        both(lambda z, y: [xmul(y, sp(-z)), xmul(1 - y, sp(z))], REAL, PROBABILITY, (0.75, 0.25)),
    ],
    "binary_focal_loss_with_logits": [
        *against(lambda z, y: [y * focal(sp(-z)), (1 - y) * focal(sp(z))], REAL, UNIT, rounding=1.0),
        both(lambda z, y: [y * focal(sp(-z)), (1 - y) * focal(sp(z))], REAL, PROBABILITY, (0.75, 0.25), rounding=1.0),
    ],
    "poisson_nll_loss": [
        *against(lambda z, y: [exp(z), -y * z], REAL, COUNT),
        both(lambda z, y: [exp(z), -y * z], REAL, SIZES, undefined="inf - inf"),
    ],
    "weibull_nll_loss": [
        *against(lambda z, y: [z + y * exp(-z)], REAL, POSITIVE),
        both(lambda z, y: [z, y * exp(-z)], REAL, SIZES, undefined="inf * 0"),
    ],
    "log_normal_nll_loss": [*against(log_normal, REAL, POSITIVE), both(log_normal, REAL, SIZES, undefined="inf - inf")],
    "gamma_deviance_loss": [
        *against(lambda m, y: [2 * (y / m - 1 - log(y / m))], SIZES, POSITIVE),
        both(lambda m, y: [2 * (y / m - 1 - log(y / m))], SIZES, SIZES, undefined="inf / inf"),
    ],
    "inverse_gaussian_deviance_loss": [
        *against(lambda m, y: [(y - m) ** 2 / (m * m * y)], SIZES, POSITIVE),
        both(lambda m, y: [(y - m) ** 2 / (m * m * y)], SIZES, SIZES, undefined="inf / inf"),
    ],
    "generalized_kl_loss": [
        *against(lambda m, y: [xlog(y, y / m) - y + m], SIZES, COUNT),
        both(lambda m, y: [xlog(y, y / m) - y + m], SIZES, NONNEGATIVE, undefined="inf - inf"),
    ],
    "tweedie_deviance_loss": [
        *against(lambda m, y: [tweedie(m, y)], SIZES, COUNT),
        both(lambda m, y: [tweedie(m, y)], SIZES, NONNEGATIVE, undefined="inf - inf"),
        *against(lambda m, y: [tweedie(m, y, mp.mpf(2.5))], SIZES, POSITIVE, options={"power": 2.5}),
        *against(lambda m, y: [2 * (xlog(y, y / m) - y + m)], SIZES, COUNT, options={"power": 1.0}),
        *against(lambda m, y: [2 * (y / m - 1 - log(y / m))], SIZES, POSITIVE, options={"power": 2.0}),
    ],
    "negative_binomial_nll_loss": [
        *against(lambda m, y: [mp.log1p(m), xlog(y, (1 + m) / m)], SIZES, COUNT),
    ],
    "exponential_nll_loss": [
        *against(lambda m, y: [log(m) + y / m], SIZES, POSITIVE),
        both(lambda m, y: [log(m), y / m], SIZES, NONNEGATIVE, undefined="inf / inf"),
    ],
    "bregman_loss": [
        *against(lambda m, y: [y / m - 1 - log(y / m)], SIZES, POSITIVE),
        both(lambda m, y: [y / m - 1 - log(y / m)], SIZES, SIZES, undefined="inf / inf"),
        both(lambda m, y: [xlog(y, y / m) - y + m], SIZES, NONNEGATIVE, undefined="inf - inf", options={"phi": "entropy"}),
        *residual(lambda r: [r * r], phi="square"),
    ],
    "msle_loss": [
        *against(lambda z, y: [(log(1 + z) - log(1 + y)) ** 2], (0.0, -0.5, *SIZES), COUNT),
        both(lambda z, y: [(log(1 + z) - log(1 + y)) ** 2], (-0.5, *NONNEGATIVE), (-0.5, *NONNEGATIVE), undefined="inf - inf"),
    ],
    "binary_cross_entropy": against(lambda p, y: [clamped(p, y)], (*PROBABILITY, 1e-7), UNIT, without_slope=(0, 1)),
    "kl_div": [
        *against(lambda z, y: [xlog(y, y), -xmul(y, z)], (0.0, -1e-30, -100.0, -1e4, -1e30, -INF), UNIT, usual=-0.5, without_slope=(1,)),
        both(
            lambda z, y: [xlog(y, y), -xmul(y, z)], (0.0, -1e-30, -100.0, -1e4, -1e30, -INF), PROBABILITY, (-0.5, 0.25), without_slope=(1,)
        ),
    ],
}
