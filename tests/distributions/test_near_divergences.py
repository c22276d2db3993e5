"""KL divergences of members that are near each other or large, against the textbook forms at 120 digits."""

import itertools

import mpmath
import numpy as np
import pytest
from mpmath import mp

import tinygrad_loss as tl
from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution
from tinygrad_loss.distributions.divergence import _closed

DIGITS = 120
log, exp, lgamma, psi, pi, sqrt = mp.log, mp.exp, mp.loggamma, mp.digamma, mp.pi, mp.sqrt


# ---- textbook forms, each of the parameters of both -------------------------------------------------------------------------


def normal(a, s, b, t):
    return log(t / s) + (s**2 + (a - b) ** 2) / (2 * t**2) - mp.mpf(1) / 2


def laplace(a, s, b, t):
    away = abs(a - b)
    return (s * exp(-away / s) + away) / t - 1 + log(t / s)


def cauchy(a, s, b, t):
    return log(((s + t) ** 2 + (a - b) ** 2) / (4 * s * t))


def gumbel(a, s, b, t):
    r, away = s / t, (a - b) / t
    return -log(r) + mp.euler * (r - 1) + exp(lgamma(1 + r) - away) - 1 + away


def uniform(low, high, other_low, other_high):
    return log((other_high - other_low) / (high - low))


def von_mises(a, k, b, m):
    return log(mp.besseli(0, m) / mp.besseli(0, k)) + mp.besseli(1, k) / mp.besseli(0, k) * (k - m * mp.cos(a - b))


def gamma(a, s, b, t):
    return (a - b) * psi(a) - lgamma(a) + lgamma(b) + b * log(s / t) + a * (t / s - 1)


def weibull(k, s, m, t):  # concentration, scale
    w = m * log(s / t)
    return log(k / m) - w - mp.euler * (1 - m / k) - 1 + exp(w + lgamma(1 + m / k))


def inverse_gaussian(a, s, b, t):
    return (t / s - 1 - log(t / s) + t * (a - b) ** 2 / (b**2 * a)) / 2


def dirichlet(a, b):
    s, t = sum(a), sum(b)
    each = (lgamma(y) - lgamma(x) + (x - y) * (psi(x) - psi(s)) for x, y in zip(a, b, strict=True))
    return lgamma(s) - lgamma(t) + sum(each)


def classes(a, b):
    return sum(x * log(x / y) for x, y in zip(a, b, strict=True) if x)


def trials(p, q):
    return classes([p, 1 - p], [q, 1 - q])


def shares(x):
    x = [exp(v) for v in x]
    return [v / sum(x) for v in x]


def normed(x):
    return [v / sum(x) for v in x]


def to_normal(mean, variance, entropy, b, t):
    return (variance + (mean - b) ** 2) / (2 * t**2) + log(t * sqrt(2 * pi)) - entropy


def gamma_entropy(a, s):
    return a - log(s) + lgamma(a) + (1 - a) * psi(a)


def beta_entropy(a, b):
    return lgamma(a) + lgamma(b) - lgamma(a + b) - (a - 1) * psi(a) - (b - 1) * psi(b) + (a + b - 2) * psi(a + b)


def weibull_moments(k, s):
    g1, g2 = mp.gamma(1 + 1 / k), mp.gamma(1 + 2 / k)
    return s * g1, s**2 * (g2 - g1**2), mp.euler * (1 - 1 / k) + log(s / k) + 1


def lognormal_moments(m, s):
    return exp(m + s**2 / 2), (exp(s**2) - 1) * exp(2 * m + s**2), m + log(s * sqrt(2 * pi * mp.e))


def beta_moments(a, b):
    s = a + b
    return a / s, a * b / (s**2 * (s + 1)), beta_entropy(a, b)


def to_gumbel(mean, tail, entropy, b, t):
    away = (mean - b) / t
    return log(t) + away + tail * exp(-away) - entropy


def normal_to_laplace(away, s, t):
    z = away / s
    distance = s * sqrt(2 / pi) * exp(-(z**2) / 2) + away * mp.erf(z / sqrt(2))
    return distance / t + log(2 * t) - log(s * sqrt(2 * pi * mp.e))


def gamma_to_gumbel(a, rate, b, t):
    step = 1 / (rate * t)
    return to_gumbel(a / rate, exp(a * (step - log(1 + step))), gamma_entropy(a, rate), b, t)


# ---- pairs of one family ----------------------------------------------------------------------------------------------------

POSITIVE = (0.3, 1.7, 40.0, 1e6, 1e12)
SPREADS = tuple((x, s) for x, s in itertools.product((0.0, -1.5, 1e6, 1e12), (0.3, 1e6, 1e12)))
COUPLES = tuple(itertools.product(POSITIVE, POSITIVE))
FAMILIES = {
    D.Normal: (normal, SPREADS),
    D.LogNormal: (normal, SPREADS),
    D.Laplace: (laplace, SPREADS),
    D.Cauchy: (cauchy, SPREADS),
    D.Gumbel: (gumbel, tuple((x, s) for x, s in SPREADS if x <= s)),
    D.VonMises: (von_mises, ((0.3, 0.05), (0.3, 1.7), (-1.0, 40.0), (2.0, 1e3), (1.0, 1e5))),
    D.Exponential: (lambda s, t: t / s - 1 - log(t / s), tuple((x,) for x in POSITIVE)),
    D.Gamma: (gamma, COUPLES),
    D.Weibull: (lambda k, s, m, t: weibull(k, s, m, t), COUPLES),
    D.InverseGaussian: (inverse_gaussian, COUPLES),
    D.Beta: (lambda a, b, c, d: dirichlet([a, b], [c, d]), COUPLES),
    D.Poisson: (lambda s, t: s * log(s / t) - s + t, tuple((x,) for x in (*POSITIVE, 1e10))),
    D.Bernoulli: (trials, ((0.3,), (0.01,), (0.9,), (0.5,))),
    D.Geometric: (lambda p, q: trials(p, q) / p, ((0.3,), (0.01,), (0.9,))),
}
ULP = float(np.finfo(np.float64).eps)
"""Two Normals are the square of this apart when only the last digit of a moment differs."""
GAPS = {1e-9: 1e-6, 1e-3: 1e-9}
"""How far apart the parameters are, relatively, and how many digits the divergence must have."""


def moved(parameters, gap):
    """Yield the parameters with each of them, and with all of them, a little larger."""
    for which in [*range(len(parameters)), None]:
        yield tuple(x + (abs(x) or 1.0) * gap * (i == which or which is None) for i, x in enumerate(parameters))


def holds(p, q, exact, digits, rounding=0.0):
    with np.errstate(all="ignore"):
        got = float(D.kl_divergence(p, q))
    assert got >= 0, (p, q)
    assert got == pytest.approx(float(exact), rel=digits, abs=rounding), (p, q)


@pytest.mark.parametrize("gap", GAPS, ids=str)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_members_of_a_family_that_are_near_each_other(family, gap):
    form, points = FAMILIES[family]
    with mpmath.workdps(DIGITS):
        for point in points:
            for other in moved(point, gap):
                exact = form(*map(mp.mpf, point), *map(mp.mpf, other))
                order = reversed if family is D.Weibull else tuple
                holds(family(*order(point)), family(*order(other)), exact, GAPS[gap])


@pytest.mark.parametrize("gap", GAPS, ids=str)
def test_shares_and_classes(gap):
    with mpmath.workdps(DIGITS):
        for size in (0.5, 30.0, 1e6, 1e12):
            a = np.array([1.0, 2.5, 0.7]) * size
            for b in moved(tuple(a), gap):
                holds(D.Dirichlet(a), D.Dirichlet(b), dirichlet([*map(mp.mpf, a)], [*map(mp.mpf, b)]), GAPS[gap])
        for logits in ([1.0, 2.0, 3.0], [0.0, -8.0, 20.0], [300.0, 299.0, 301.0]):
            for others in moved(tuple(logits), gap):
                exact = classes(shares([*map(mp.mpf, logits)]), shares([*map(mp.mpf, others)]))
                if others[0] - logits[0] != others[1] - logits[1]:
                    holds(D.Categorical(logits=logits), D.Categorical(logits=others), exact, GAPS[gap])
                    holds(D.Multinomial(7, logits=logits), D.Multinomial(7, logits=others), 7 * exact, GAPS[gap])
        for p in ([0.2, 0.5, 0.3], [0.01, 0.19, 0.8]):
            q = [p[0] * (1 + gap), p[1] - p[0] * gap, p[2]]
            exact = classes(normed([*map(mp.mpf, p)]), normed([*map(mp.mpf, q)]))
            holds(D.Categorical(probs=p), D.Categorical(probs=q), exact, GAPS[gap])
        for logit in (0.3, -6.0, 25.0):
            other = logit * (1 + gap)
            a, b = (1 / (1 + exp(-mp.mpf(x))) for x in (logit, other))
            exact = trials(a, b)
            holds(D.Bernoulli(logits=logit), D.Bernoulli(logits=other), exact, GAPS[gap])
            holds(D.Binomial(9, logits=logit), D.Binomial(9, logits=other), 9 * exact, GAPS[gap])
        p, q = mp.mpf(0.3), mp.mpf(0.3 * (1 + gap))
        holds(D.Binomial(9, 0.3), D.Binomial(9, 0.3 * (1 + gap)), 9 * trials(p, q), GAPS[gap])
        holds(D.NegativeBinomial(2.5, 0.3), D.NegativeBinomial(2.5, 0.3 * (1 + gap)), mp.mpf(2.5) * trials(p, q) / (1 - p), GAPS[gap])


def gaussian(m, a, n, b):
    """Return the divergence of two Gaussians of vectors by their Cholesky factors."""
    m, a, n, b = mp.matrix(m), mp.matrix(a), mp.matrix(n), mp.matrix(b)
    t, away = mp.inverse(b) * a, mp.inverse(b) * (m - n)
    squares = sum(t[i, j] ** 2 for i in range(t.rows) for j in range(t.cols)) + sum(away[i] ** 2 for i in range(t.rows))
    return (squares - t.rows) / 2 + sum(log(b[i, i] / a[i, i]) for i in range(t.rows))


@pytest.mark.parametrize("gap", GAPS, ids=str)
def test_gaussians_of_vectors(gap):
    factor, loc = np.array([[1.2, 0.0], [0.5, 0.8]]), np.array([0.3, -1.0])
    with mpmath.workdps(DIGITS):
        for i, j in ((0, 0), (1, 0), (1, 1)):
            for size in (1.0, 1e12):
                a, b = factor * size, factor * size
                b[i, j] *= 1 + gap
                exact = gaussian(loc.tolist(), a.tolist(), loc.tolist(), b.tolist())
                holds(D.MultivariateNormal(loc, scale_tril=a), D.MultivariateNormal(loc, scale_tril=b), exact, GAPS[gap])
        p, q = (D.Independent(D.Normal(loc, s), 1) for s in (1.2, 1.2 * (1 + gap)))
        exact = 2 * normal(0, mp.mpf(1.2), 0, mp.mpf(1.2 * (1 + gap)))
        holds(p, q, exact, GAPS[gap])


# ---- pairs of two families ---------------------------------------------------------------------------------------------------

ONE = mp.mpf(1)


def mixed_cases():
    """Yield pairs of members with their divergence; where the families share a member, near it."""
    m = mp.mpf
    for x in (*POSITIVE, 1 + 1e-9, 1 + 1e-3):
        yield D.Gamma(x, 1.7), D.Exponential(1.7), gamma(m(x), m(1.7), ONE, m(1.7))
        yield D.Exponential(1.7), D.Gamma(x, 1.7), gamma(ONE, m(1.7), m(x), m(1.7))
        yield D.Weibull(1.5, x), D.Exponential(1 / 1.5), weibull(m(x), m(1.5), ONE, 1 / m(1 / 1.5))
        yield D.Beta(x, 1.0), D.Uniform(0.0, 1.0), -beta_entropy(m(x), ONE)
        mean, deviation = x / 2.0, np.sqrt(x) / 2.0  # the mean is a float, whose rounding would be a distance of its own
        yield D.Gamma(x, 2.0), D.Normal(mean, deviation), to_normal(m(x) / 2, m(x) / 4, gamma_entropy(m(x), m(2)), m(mean), m(deviation))  # fmt: skip
        for y in (x, 3.0 * x):
            own = beta_moments(m(x), m(y))
            near = float(own[0]), float(sqrt(own[1]))
            yield D.Beta(x, y), D.Normal(*near), to_normal(*own, m(near[0]), m(near[1]))
    for s in (1e-6, 1e-3, 0.03, 0.05, 0.7, 3.0):
        own = lognormal_moments(m(0.3), m(s))
        near = float(own[0]), float(sqrt(own[1]))
        yield D.LogNormal(0.3, s), D.Normal(*near), to_normal(*own, m(near[0]), m(near[1]))
    for p in (1e-9, 1e-3, 0.3):
        exact = classes([m(p), 1 - m(p)], [m(p), ONE]) + m(p)  # log q(0) is -rate beyond the logarithms of 1 and of the rate
        yield D.Bernoulli(p), D.Poisson(p), exact
    for x in (1.5, 1e12):
        own = weibull_moments(m(0.9), m(x))
        yield D.Weibull(x, 0.9), D.Normal(float(own[0]), x), to_normal(*own, m(float(own[0])), m(x))
        yield D.Uniform(-x, x), D.Normal(0.0, x), to_normal(m(0), m(x) ** 2 / 3, log(2 * m(x)), m(0), m(x))
        yield D.Logistic(0.0, x), D.Normal(0.0, x), to_normal(m(0), (m(x) * pi) ** 2 / 3, log(m(x)) + 2, m(0), m(x))
        yield D.Exponential(x), D.Normal(0.0, 1 / x), to_normal(1 / m(x), 1 / m(x) ** 2, 1 - log(m(x)), m(0), m(1 / x))
        yield D.Gumbel(0.0, x), D.Normal(0.0, x), to_normal(m(x) * mp.euler, (m(x) * pi) ** 2 / 6, log(m(x)) + mp.euler + 1, m(0), m(x))
        yield D.HyperbolicSecant(0.0, x), D.Normal(0.0, x), to_normal(m(0), (pi * m(x) / 2) ** 2, log(2 * pi * m(x)), m(0), m(x))  # fmt: skip
        yield D.Laplace(0.0, x), D.Normal(0.0, x), to_normal(m(0), 2 * m(x) ** 2, 1 + log(2 * m(x)), m(0), m(x))
        yield D.Normal(0.0, x), D.Gumbel(0.0, x), to_gumbel(m(0), exp(m(0.5)), log(m(x) * sqrt(2 * pi * mp.e)), m(0), m(x))
        yield D.Exponential(x), D.Gumbel(0.0, 1 / x), to_gumbel(1 / m(x), exp(1) / (1 + 1 / (m(x) * m(1 / x))), 1 - log(m(x)), m(0), m(1 / x))  # fmt: skip


def far_cases():
    """Yield pairs that lie far out, are narrow, or are near where the divergence becomes infinite."""
    m = mp.mpf
    for x, s, t in ((0.3, 1.7, 2.0), (1e12, 0.7, 2.5), (-1e12, 1e6, 3e6), (1e12, 1e12, 1.1e12), (1e6, 1e-3, 2e-3)):
        low, high = x, x + s  # as they are rounded
        own = (m(low) + m(high)) / 2 - m(x), (m(high) - m(low)) ** 2 / 12, log(m(high) - m(low))
        yield D.Uniform(low, high), D.Normal(x, t), to_normal(*own, m(0), m(t))
        yield D.Logistic(x, s), D.Normal(x + t, t), to_normal(m(x) - m(x + t), (m(s) * pi) ** 2 / 3, log(m(s)) + 2, m(0), m(t))
        yield D.Gumbel(x, s), D.Normal(x, t), to_normal(m(s) * mp.euler, (m(s) * pi) ** 2 / 6, log(m(s)) + mp.euler + 1, m(0), m(t))
        for level in (0.5, 0.1, 0.999):
            c, d = 1 / m(level), 1 / (1 - m(level))
            own = m(s) * (c - d), m(s) ** 2 * (c**2 + d**2), 1 + log(m(s) * (c + d))
            yield D.AsymmetricLaplace(x, s, level), D.Normal(x, t), to_normal(*own, m(0), m(t))
        away = m(x) - m(x + t)
        yield D.Normal(x, s), D.Laplace(x + t, t), normal_to_laplace(away, m(s), m(t))
        yield D.Laplace(x, s), D.Normal(x + t, t), to_normal(away, 2 * m(s) ** 2, 1 + log(2 * m(s)), m(0), m(t))
        yield D.Normal(x, s), D.Gumbel(x + t, t), to_gumbel(away, exp((m(s) / m(t)) ** 2 / 2), log(m(s) * sqrt(2 * pi * mp.e)), m(0), m(t))
        for u in (t, s * (1 + 1e-9), s * (1 + 1e-3)):
            r, away = m(s) / m(u), m(x) - m(x + u)
            yield D.Laplace(x, s), D.Gumbel(x + u, u), to_gumbel(away, 1 / (1 - r**2), 1 + log(2 * m(s)), m(0), m(u))
            yield D.Logistic(x, s), D.Gumbel(x + u, u), to_gumbel(away, pi * r / mp.sin(pi * r), 2 + log(m(s)), m(0), m(u))
    yield D.Normal(1e6, 1e2), D.Gumbel(0.0, 1.0), to_gumbel(m(1e6), exp(m(1e4) / 2), log(100 * sqrt(2 * pi * mp.e)), m(0), ONE)
    yield D.Gamma(1e12, 1.0), D.Gumbel(0.0, 1e6), gamma_to_gumbel(m(1e12), ONE, m(0), m(1e6))
    for x in POSITIVE:
        deviation = np.sqrt(x) / 2.0
        yield D.Gamma(x, 2.0), D.Gumbel(x / 2.0, deviation), gamma_to_gumbel(m(x), m(2), m(x / 2.0), m(deviation))
        own = weibull_moments(m(x), m(1.7))
        for away, t in ((0.0, 1.7 / x), (2.0 / x, 0.1 / x)):
            yield D.Weibull(1.7, x), D.Normal(1.7 + away, t), to_normal(*own, m(1.7 + away), m(t))
        for y in POSITIVE:
            mean, _, entropy = beta_moments(m(x), m(y))
            rate = float(1 / mean)
            yield D.Beta(x, y), D.Exponential(rate), m(rate) * mean - log(m(rate)) - entropy
    for x, s in ((0.0, 0.3), (27.0, 1e-6), (-27.0, 3.0), (600.0, 1.0)):
        mean, _, entropy = lognormal_moments(m(x), m(s))
        rate = float(1 / mean)
        yield D.LogNormal(x, s), D.Exponential(rate), m(rate) * mean - log(m(rate)) - entropy


def test_members_of_two_families():
    with mpmath.workdps(DIGITS):
        asked = set()
        for p, q, exact in (*mixed_cases(), *far_cases()):
            asked.add((type(p), type(q)))
            holds(p, q, exact, 1e-9 if exact > 1e-15 else 1e-6, rounding=ULP**2)
    assert asked == {(p, q) for p, q in _closed if p is not q}


def test_every_pair_is_positive_and_every_family_is_here():
    """Members that are far from each other, or large, are never at a negative distance."""
    alone = {p for p, q in _closed if p is q}
    elsewhere = {D.Dirichlet, D.Categorical, D.Multinomial, D.Binomial, D.NegativeBinomial, D.MultivariateNormal, D.Independent}
    special = {D.Uniform}  # it is never near without being inside: below
    assert alone == set(FAMILIES) | elsewhere | special
    with mpmath.workdps(DIGITS):
        for gap, digits in GAPS.items():
            for low, high in ((0.0, 1.0), (-1e12, 1e12), (5.0, 1e6)):
                other = low - abs(high) * gap, high + abs(high) * gap
                exact = uniform(*map(mp.mpf, (low, high, *other)))
                holds(D.Uniform(low, high), D.Uniform(*other), exact, digits)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_the_divergence_from_itself_is_0_and_so_is_its_gradient(family):
    _, points = FAMILIES[family]
    order = reversed if family is D.Weibull else tuple
    for point in points:
        values = list(order(point))
        leaves = [tl.tensor(x, requires_grad=True) for x in values]
        with np.errstate(all="ignore"), tl.at_kinks("convention"):
            d = D.kl_divergence(family(*values), family(*leaves))
            d.backward()
        assert d.item() == 0
        np.testing.assert_allclose([x.grad for x in leaves], 0.0, atol=1e-12)
