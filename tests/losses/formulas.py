"""The losses in exact arithmetic: each formula as a textbook has it, in mpmath with enough digits for every extreme."""

import mpmath as mp

INF = mp.mpf(10) ** 400
"""Stands for infinity: beyond every float, so that a formula's limit is what it has there."""


def sp(x):
    return max(x, mp.mpf(0)) + mp.log1p(mp.exp(-abs(x)))


def sg(x):
    return mp.exp(-sp(-x))


def xlog(a, b):
    """a log b with 0 log 0 = 0."""
    return mp.mpf(0) if a == 0 else a * (mp.log(b) if b else -INF)


def huber(r, d=1):
    return r * r / 2 if abs(r) <= d else d * (abs(r) - mp.mpf(d) / 2)


def focal(c, gamma=2):
    return (1 - mp.exp(-c)) ** gamma * c


def clamped(p, y):
    log_p = max(mp.log(p), -100) if p else mp.mpf(-100)
    log_q = max(mp.log(1 - p), -100) if p != 1 else mp.mpf(-100)
    return -(y * log_p + (1 - y) * log_q)


def tweedie(m, y, p=1.5):
    return 2 * (y ** (2 - p) / ((1 - p) * (2 - p)) - y * m ** (1 - p) / (1 - p) + m ** (2 - p) / (2 - p))


def barron(r, a=1):
    b = abs(mp.mpf(a) - 2)
    return b / a * ((r * r / b + 1) ** (mp.mpf(a) / 2) - 1)


def entmax(m):
    """Entmax of order 3/2 of two scores, the right one ahead by m; in closed form."""
    if abs(m) >= 2:
        return max(mp.mpf(0), -m)
    s = mp.sqrt(2 - m * m / 4)
    a, b = (s + m / 2) / 2, (s - m / 2) / 2
    return mp.mpf(4) / 3 * (1 - a**3 - b**3) - m * b * b


REAL, SIGN, UNIT, COUNT = (0.0, 1.0), (-1.0, 1.0), (0.0, 0.25, 1.0), (0.0, 3.0)
POSITIVE = (0.5, 3.0)
C685, C985 = mp.mpf(4.685), mp.mpf(2.985)

ELEMENTWISE = {
    # name: (formula of prediction and target, targets)
    "l1_loss": (lambda z, y: abs(z - y), REAL),
    "mse_loss": (lambda z, y: (z - y) ** 2, REAL),
    "huber_loss": (lambda z, y: huber(z - y), REAL),
    "smooth_l1_loss": (lambda z, y: huber(z - y), REAL),
    "log_cosh_loss": (lambda z, y: abs(z - y) + mp.log1p(mp.exp(-2 * abs(z - y))) - mp.log(2), REAL),
    "pseudo_huber_loss": (lambda z, y: mp.sqrt(1 + (z - y) ** 2) - 1, REAL),
    "general_robust_loss": (lambda z, y: barron(z - y), REAL),
    "quantile_loss": (lambda z, y: abs(z - y) / 2, REAL),
    "expectile_loss": (lambda z, y: (z - y) ** 2 / 2, REAL),
    "epsilon_insensitive_loss": (lambda z, y: max(mp.mpf(0), abs(z - y) - mp.mpf(0.1)), (0.0,)),
    "linex_loss": (lambda z, y: mp.exp(y - z) - (y - z) - 1, REAL),
    "cauchy_loss": (lambda z, y: mp.log1p((z - y) ** 2), REAL),
    "student_t_nll_loss": (
        lambda z, y: mp.mpf(5) / 2 * mp.log1p((z - y) ** 2 / 4) + mp.loggamma(2) - mp.loggamma(mp.mpf(5) / 2) + mp.log(4 * mp.pi) / 2,
        REAL,
    ),
    "tukey_loss": (lambda z, y: C685**2 / 6 * (1 - max(mp.mpf(0), 1 - ((z - y) / C685) ** 2) ** 3), REAL),
    "welsch_loss": (lambda z, y: -(C985**2) / 2 * mp.expm1(-(((z - y) / C985) ** 2)), REAL),
    "geman_mcclure_loss": (lambda z, y: (z - y) ** 2 / (1 + (z - y) ** 2) / 2, REAL),
    "mape_loss": (lambda z, y: abs(z - y) / abs(y), (1.0, -4.0)),
    "soft_margin_loss": (lambda z, y: sp(-y * z), SIGN),
    "hinge_loss": (lambda z, y: max(mp.mpf(0), 1 - y * z), SIGN),
    "squared_hinge_loss": (lambda z, y: max(mp.mpf(0), 1 - y * z) ** 2, SIGN),
    "modified_huber_loss": (lambda z, y: max(mp.mpf(0), 1 - y * z) ** 2 if y * z >= -1 else -4 * y * z, SIGN),
    "perceptron_loss": (lambda z, y: max(mp.mpf(0), -y * z), SIGN),
    "exponential_loss": (lambda z, y: mp.exp(-y * z), SIGN),
    "hinge_embedding_loss": (lambda z, y: z if y == 1 else max(mp.mpf(0), 1 - z), SIGN),
    "binary_cross_entropy_with_logits": (lambda z, y: y * sp(-z) + (1 - y) * sp(z), UNIT),
    "binary_focal_loss_with_logits": (lambda z, y: y * focal(sp(-z)) + (1 - y) * focal(sp(z)), UNIT),
    "poisson_nll_loss": (lambda z, y: mp.exp(z) - y * z, COUNT),
    "weibull_nll_loss": (lambda z, y: z + y * mp.exp(-z), POSITIVE),
    "log_normal_nll_loss": (lambda z, y: mp.log(y) + (mp.log(y) - z) ** 2 / 2 + mp.log(2 * mp.pi) / 2, POSITIVE),
    "gamma_deviance_loss": (lambda m, y: 2 * (y / m - 1 - mp.log(y / m)), POSITIVE),
    "inverse_gaussian_deviance_loss": (lambda m, y: (y - m) ** 2 / (m * m * y), POSITIVE),
    "generalized_kl_loss": (lambda m, y: xlog(y, y / m if m else INF) - y + m, COUNT),
    "tweedie_deviance_loss": (tweedie, COUNT),
    "negative_binomial_nll_loss": (lambda m, y: mp.log1p(m) + xlog(y, (1 + m) / m if m else INF), COUNT),
    "exponential_nll_loss": (lambda m, y: mp.log(m) + y / m, POSITIVE),
    "bregman_loss": (lambda m, y: y / m - 1 - mp.log(y / m), POSITIVE),
    "msle_loss": (lambda z, y: (mp.log1p(z) - mp.log1p(y)) ** 2, COUNT),
    "binary_cross_entropy": (clamped, UNIT),
    "kl_div": (lambda z, y: xlog(y, y) - y * z, UNIT),
}

OF_TWO_SCORES = {
    # name: formula of the margin by which the right class of two leads
    "cross_entropy": lambda m: sp(-m),
    "focal_loss": lambda m: focal(sp(-m)),
    "poly1_cross_entropy": lambda m: sp(-m) + 2 * sg(-m),
    "generalized_cross_entropy": lambda m: -mp.expm1(-mp.mpf(0.7) * sp(-m)) / mp.mpf(0.7),
    "fenchel_young_loss": lambda m: sp(-m),
    "sparsemax_loss": lambda m: max(mp.mpf(0), (1 - m)) ** 2 / 4 if m >= -1 else -m,
    "entmax_loss": entmax,
    "multiclass_hinge_loss": lambda m: max(mp.mpf(0), 1 - m),
    "multi_margin_loss": lambda m: max(mp.mpf(0), 1 - m) / 2,
}
