"""Log-densities of one number, in exact arithmetic: the formulas of textbooks, and where value and parameters are led."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import mpmath as mp
import numpy as np

from losses.exact.case import INF
from losses.exact.functions import exp, log, sp, xlog, xmul

SIZES = (1e-30, 1e-4, 100.0, 1e4, 1e30)
REAL = (0.0, *SIZES, *(-s for s in SIZES))
VALUES = (*REAL, INF, -INF)
ABOVE_ZERO = (*SIZES, INF)
FROM_ZERO = (0.0, *ABOVE_ZERO)
COUNTS = (0.0, 1.0, 100.0, 1e4, 2.0**100, INF)
INSIDE = (1e-30, 0.5, 1.0 - 2.0**-20)
UNIT = (0.0, *INSIDE, 1.0)
ANGLES = (0.0, 1e-30, -1e-30, 3.0, 100.0, -100.0)
LOG_SQRT_TAU = mp.log(2 * mp.pi) / 2


@dataclass(frozen=True)
class Density:
    """A family at an ordinary point, the numbers to which its value and each parameter are led, and the terms of its nll.

    Attributes:
        usual: the value, then the parameters by name.
        to: for each of them, what it is set to.
        terms: the negative log-density as a sum of exact numbers.
        given: what does not move.
        whole: whether values are whole numbers, in which there is no slope.
        pairs: whether a finite value and a parameter are extreme together; not where their products leave every float, or an
            infinite limit is reached too slowly to be seen.
    """

    family: str
    usual: dict[str, float]
    to: Sequence[Sequence[float]]
    terms: Callable[..., list[Any]]
    given: dict[str, Any] = field(default_factory=dict)
    whole: bool = False
    pairs: bool = True

    def points(self, *, pairs: bool) -> Iterator[list[float]]:
        """Yield rows of numbers that single precision has: each one extreme, or the value and one parameter."""
        usual = list(self.usual.values())
        values = [v for v in self.to[0] if np.isfinite(v)] if pairs else [usual[0]]
        rows = [usual, *([v, *usual[1:]] for v in self.to[0])] if not pairs else []
        rows += [[v, *usual[1:i], u, *usual[i + 1 :]] for v in values for i in range(1, len(usual)) for u in self.to[i]]
        yield from ([float(np.float32(x)) for x in row] for row in rows)

    def __str__(self) -> str:
        return f"{self.family} of {', '.join(list(self.usual)[1:])}"


def location(
    family: str, terms: Callable[..., list[Any]], more: Sequence[tuple[str, float, Sequence[float]]] = (), *, pairs: bool = True
) -> Density:
    """A density of z = (y - loc) / scale, and further parameters before or after these."""
    usual = {"value": 0.75, "loc": 0.25, "scale": 1.5} | {name: x for name, x, _ in more}
    return Density(
        family,
        usual,
        (VALUES, REAL, SIZES, *(to for *_, to in more)),
        lambda y, m, s, *rest: [*terms((y - m) / s, *rest), log(s)],
        pairs=pairs,
    )


def log_cosh(z):
    return abs(z) + mp.log1p(exp(-2 * abs(z))) - mp.log(2)


def student(z, n):
    return [(n + 1) / 2 * mp.log1p(z * z / n), mp.loggamma(n / 2), -mp.loggamma((n + 1) / 2), log(n * mp.pi) / 2]


def gamma(y, a, b):
    return [-a * log(b), -xmul(a - 1, log(y)), b * y, mp.loggamma(a)]


def weibull(y, s, k):
    ratio = log(y / s)
    return [-log(k / s), -(k - 1) * ratio, exp(k * ratio)]


def inverse_gaussian(y, m, c):
    return [c * (y - m) ** 2 / (2 * m * m * y), LOG_SQRT_TAU, 3 * log(y) / 2, -log(c) / 2]


def beta(y, a, b):
    return [-xmul(a - 1, log(y)), -xmul(b - 1, log(1 - y)), mp.loggamma(a), mp.loggamma(b), -mp.loggamma(a + b)]


def von_mises(y, m, k):
    """With the first terms of a series where a Bessel function would take its time."""
    of_length = (
        mp.log(mp.besseli(0, k)) - k
        if k < 1000
        else mp.log1p(1 / (8 * k) + 9 / (128 * k * k) + 75 / (1024 * k**3)) - log(2 * mp.pi * k) / 2
    )
    return [k * 2 * mp.sin((y - m) / 2) ** 2, 2 * LOG_SQRT_TAU, of_length]


def poisson(y, rate):
    return [rate, -xlog(y, rate), mp.loggamma(y + 1)]


def negative_binomial(y, r, successes, failures):
    """Of costs, minus log p and minus log (1 - p)."""
    ways = [mp.loggamma(r), mp.loggamma(y + 1), -mp.loggamma(y + r)] if y else []
    return [*ways, xmul(r, failures), xmul(y, successes)]


def of_probability(cost):
    return lambda y, *rest: cost(y, *rest[:-1], -log(rest[-1]), -log(1 - rest[-1]))


def of_logit(cost):
    return lambda y, *rest: cost(y, *rest[:-1], sp(-rest[-1]), sp(rest[-1]))


def trials(n):
    return lambda y, yes, no: [xmul(y, yes), xmul(n - y, no), -mp.log(mp.binomial(n, y))]


def geometric(y, yes, no):
    return [yes, xmul(y, no)]


def by_both(family, cost, values, probabilities, usual=None, sizes=(), **settings):
    """Densities of trials, by their probability and by its logit."""
    first = {"value": values[-2]} | (usual or {})
    return [
        Density(family, first | {"probs": 0.25}, (values, *sizes, probabilities), of_probability(cost), whole=True, **settings),
        Density(family, first | {"logits": 0.25}, (values, *sizes, REAL), of_logit(cost), whole=True, **settings),
    ]


DENSITIES = [
    location("Normal", lambda z: [z * z / 2, LOG_SQRT_TAU]),
    location("Laplace", lambda z: [abs(z), mp.log(2)]),
    location("Logistic", lambda z: [2 * log_cosh(z / 2), 2 * mp.log(2)]),
    location("HyperbolicSecant", lambda z: [log_cosh(z), mp.log(mp.pi)]),
    location("Cauchy", lambda z: [mp.log1p(z * z), mp.log(mp.pi)]),
    location("Gumbel", lambda z: [z, exp(-z)]),
    location("StudentT", student, [("df", 4.0, SIZES)], pairs=False),
    location("AsymmetricLaplace", lambda z, t: [max(t * z, (t - 1) * z), -log(t), -log(1 - t)], [("quantile", 0.25, INSIDE)]),
    Density("Exponential", {"value": 0.75, "rate": 1.5}, (FROM_ZERO, SIZES), lambda y, b: [b * y, -log(b)]),
    Density("Gamma", {"value": 0.75, "concentration": 2.5, "rate": 1.5}, (FROM_ZERO, SIZES, SIZES), gamma),
    Density("Gamma", {"value": 0.75, "concentration": 0.5, "rate": 1.5}, (FROM_ZERO, (), SIZES), gamma),
    Density("Weibull", {"value": 0.75, "scale": 1.5, "concentration": 2.5}, (ABOVE_ZERO, SIZES, SIZES), weibull),
    Density("Weibull", {"value": 0.75, "scale": 1.5, "concentration": 0.5}, (ABOVE_ZERO, SIZES, ()), weibull),
    Density("Weibull", {"value": 0.75, "scale": 1.5, "concentration": 1.0}, (ABOVE_ZERO, SIZES, ()), weibull),
    Density(
        "LogNormal",
        {"value": 0.75, "loc": 0.25, "scale": 1.5},
        (ABOVE_ZERO, REAL, SIZES),
        lambda y, m, s: [((log(y) - m) / s) ** 2 / 2, log(y), log(s), LOG_SQRT_TAU],
    ),
    Density("InverseGaussian", {"value": 0.75, "loc": 1.5, "concentration": 2.5}, (ABOVE_ZERO, SIZES, SIZES), inverse_gaussian),
    Density("Beta", {"value": 0.75, "concentration1": 2.5, "concentration0": 1.5}, (UNIT, SIZES, SIZES), beta),
    Density("Beta", {"value": 0.75, "concentration1": 0.5, "concentration0": 0.25}, (UNIT, (), ()), beta),
    Density(
        "Uniform", {"value": 0.75, "low": 0.25, "high": 1.5}, ((0.5, 1.0), (0.0, -1e-30, -1e30), SIZES[2:]), lambda _, a, b: [log(b - a)]
    ),
    Density("VonMises", {"value": 0.75, "loc": 0.25, "concentration": 1.5}, (ANGLES, ANGLES, SIZES), von_mises),
    *by_both("Bernoulli", trials(1), (0.0, 1.0), UNIT),
    *by_both("Binomial", trials(9), (0.0, 1.0, 9.0), UNIT, given={"total_count": 9}),
    *by_both("Geometric", geometric, COUNTS, (*INSIDE, 1.0)),
    Density("Poisson", {"value": 3.0, "rate": 1.5}, (COUNTS, (0.0, *SIZES)), poisson, whole=True),
    *by_both("NegativeBinomial", negative_binomial, COUNTS, (0.0, *INSIDE), {"total_count": 2.5}, (SIZES,)),
]
