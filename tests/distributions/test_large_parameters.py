"""Densities whose log-gammas nearly cancel, at parameters up to 1e10, against mpmath: all digits stay."""

import mpmath as mp
import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import distributions as d


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(60):
        yield


SIZES = (3.0, 30.0, 1e3, 1e6, 1e10)
AWAY = (-2.0, 0.0, 1.0, 5.0)


def exact(x):
    return mp.mpf(float(x))


def log_choose(n, k):
    return mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)


def poisson(s, u):
    rate, y = s * 1.01, max(np.floor(s * 1.01 + u * np.sqrt(s)), 0.0)
    return d.Poisson(rate), y, lambda v: exact(v) * mp.log(exact(rate)) - exact(rate) - mp.loggamma(exact(v) + 1)


def gamma(s, u):
    a, b, y = s, 0.75, (s + abs(u) * np.sqrt(s)) / 0.75

    def log_p(v):
        a_, b_, v = exact(a), exact(b), exact(v)
        return a_ * mp.log(b_) + (a_ - 1) * mp.log(v) - b_ * v - mp.loggamma(a_)

    return d.Gamma(a, b), y, log_p


def binomial(s, u):
    p = 0.3
    n, y = np.floor(s), np.clip(np.floor(s * p + u * np.sqrt(s * 0.21)), 0, np.floor(s))
    return d.Binomial(n, p), y, lambda v: log_choose(exact(n), exact(v)) + exact(v) * mp.log(exact(p)) + exact(n - v) * mp.log(1 - exact(p))


def binomial_of_logits(s, u):
    z = -0.5
    p = 1 / (1 + mp.exp(-exact(z)))
    n, y = np.floor(s), np.clip(np.floor(s * float(p) + u * np.sqrt(s) / 2), 0, np.floor(s))
    return d.Binomial(n, logits=z), y, lambda v: log_choose(exact(n), exact(v)) + exact(v) * mp.log(p) + exact(n - v) * mp.log(1 - p)


def negative_binomial(s, u):
    r, p = s, 0.4
    y = max(np.floor(r * p / (1 - p) + u * np.sqrt(r)), 0.0)

    def log_p(v):
        v, r_ = exact(v), exact(r)
        ways = mp.loggamma(v + r_) - mp.loggamma(r_) - mp.loggamma(v + 1)
        return ways + r_ * mp.log(1 - exact(p)) + v * mp.log(exact(p))

    return d.NegativeBinomial(r, p), y, log_p


def beta(s, u):
    a, b = s, 2.5 * s
    y = 1 / 3.5 + u * 0.3 / np.sqrt(s) / 3.5

    def log_p(v):
        a_, b_, v = exact(a), exact(b), exact(v)
        return (a_ - 1) * mp.log(v) + (b_ - 1) * mp.log(1 - v) + mp.loggamma(a_ + b_) - mp.loggamma(a_) - mp.loggamma(b_)

    return d.Beta(a, b), y, log_p


def student(s, u):
    def log_p(v):
        nu, v = exact(s), exact(v)
        return mp.loggamma((nu + 1) / 2) - mp.loggamma(nu / 2) - mp.log(nu * mp.pi) / 2 - (nu + 1) / 2 * mp.log1p(v * v / nu)

    return d.StudentT(s), float(u), log_p


CASES = [poisson, gamma, binomial, binomial_of_logits, negative_binomial, beta, student]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.__name__)
def test_log_density(case, size):
    for away in AWAY:
        family, y, log_p = case(size, away)
        wanted = float(log_p(y))
        got = float(family.log_prob(y))
        assert abs(got - wanted) <= 2e-12 * max(1.0, abs(wanted)), f"at {y}: got {got}, exactly {wanted}"


@pytest.mark.parametrize("size", [30.0, 1e6, 1e10])
def test_dirichlet_and_multinomial(size):
    a, y = np.array([1.0, 2.0, 0.5]) * size, np.array([0.25, 0.625, 0.125])
    wanted = mp.loggamma(mp.fsum(map(exact, a))) + mp.fsum(
        (exact(c) - 1) * mp.log(exact(v)) - mp.loggamma(exact(c)) for c, v in zip(a, y, strict=True)
    )
    np.testing.assert_allclose(float(d.Dirichlet(a).log_prob(y)), float(wanted), rtol=2e-12)
    p, n = np.array([0.25, 0.625, 0.125]), np.floor(size / 8) * 8
    k = n * p + np.array([1.0, -2.0, 1.0])
    wanted = mp.loggamma(exact(n) + 1) + mp.fsum(exact(c) * mp.log(exact(q)) - mp.loggamma(exact(c) + 1) for c, q in zip(k, p, strict=True))
    np.testing.assert_allclose(float(d.Multinomial(n, p).log_prob(k)), float(wanted), rtol=2e-12)


def test_gradients_at_large_parameters():
    """The score of a Poisson is y / rate - 1; of a gamma's shape, log(rate y) - digamma(shape), of the order of 1e-6 here."""
    slope = tl.grad(lambda r: d.Poisson(r).log_prob(1e10 + 5.0))(np.array(1e10))
    np.testing.assert_allclose(slope, 5e-10, rtol=1e-6)
    a, y = 1e10, 1e10 + 1e5
    slope = tl.grad(lambda a: d.Gamma(a, 1.0).log_prob(y))(np.array(a))
    np.testing.assert_allclose(slope, float(mp.log(exact(y)) - mp.digamma(exact(a))), rtol=1e-10)
    curvature = tl.grad(tl.grad(lambda a: d.Gamma(a, 1.0).log_prob(y)))(np.array(a))
    np.testing.assert_allclose(curvature, float(-mp.polygamma(1, exact(a))), rtol=1e-10)
    r, k = 1e10, 1e10 + 3e5
    slope = tl.grad(lambda r: d.NegativeBinomial(r, 0.5).log_prob(k))(np.array(r))
    np.testing.assert_allclose(slope, float(mp.digamma(exact(r + k)) - mp.digamma(exact(r)) - mp.log(2)), rtol=1e-9)
    slope = tl.grad(lambda a: d.Beta(a, 2e10).log_prob(0.33333))(np.array(1e10))
    np.testing.assert_allclose(slope, float(mp.log(exact(0.33333)) + mp.digamma(exact(3e10)) - mp.digamma(exact(1e10))), rtol=1e-8)


# ---- entropies and variances -----------------------------------------------------------------------------------------------

HUGE = (0.3, 1.7, 24.0, 26.0, 120.0, 1e6, 1e12)


def shape_entropy(a):
    return mp.loggamma(a) - (a - 1) * mp.digamma(a)


def shares_entropy(a):
    s = sum(a)
    return sum(map(shape_entropy, a)) - mp.loggamma(s) + (s - len(a)) * mp.digamma(s)


def student_entropy(v):
    half = v / 2
    log_beta = mp.loggamma(half) + mp.loggamma(mp.mpf(1) / 2) - mp.loggamma(half + mp.mpf(1) / 2)
    return (half + mp.mpf(1) / 2) * (mp.digamma(half + mp.mpf(1) / 2) - mp.digamma(half)) + mp.log(v) / 2 + log_beta


def angle(k):
    """Return the variance and the entropy of a VonMises, by the asymptotic series where mpmath's Bessel functions are too slow."""
    if k < 1e4:
        low, high = mp.besseli(0, k), mp.besseli(1, k)
        return 1 - high / low, mp.log(2 * mp.pi * low) - k * high / low
    below = 1 / (2 * k) + 1 / (8 * k**2) + 1 / (8 * k**3) + 25 / (128 * k**4)
    log_low = -mp.log(2 * mp.pi * k) / 2 + mp.log1p(1 / (8 * k) + 9 / (128 * k**2) + 75 / (1024 * k**3))
    return below, mp.log(2 * mp.pi) + log_low + k * below


def weibull_variance(k):
    return mp.gamma(1 + 2 / k) - mp.gamma(1 + 1 / k) ** 2


@pytest.mark.parametrize("a", HUGE)
def test_entropies_of_large_parameters(a):
    assert float(d.Gamma(a, 1.7).entropy()) == pytest.approx(
        float(shape_entropy(exact(a)) + exact(a) - mp.log(exact(1.7))), rel=1e-13, abs=0
    )
    assert float(d.StudentT(a).entropy()) == pytest.approx(float(student_entropy(exact(a))), rel=1e-13, abs=0)
    assert float(d.VonMises(0.0, a).entropy()) == pytest.approx(float(angle(exact(a))[1]), rel=1e-12, abs=0)
    for b in HUGE:
        pair, triple = [exact(a), exact(b)], [exact(a), exact(b), exact(2.5)]
        assert float(d.Beta(a, b).entropy()) == pytest.approx(float(shares_entropy(pair)), rel=1e-12, abs=1e-13)
        assert float(d.Dirichlet([a, b, 2.5]).entropy()) == pytest.approx(float(shares_entropy(triple)), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("a", HUGE)
def test_variances_of_large_parameters(a):
    with mp.workdps(120):
        assert float(d.Weibull(1.0, a).variance) == pytest.approx(float(weibull_variance(exact(a))), rel=1e-12, abs=0)
        for b in HUGE:
            x, y, z = exact(a), exact(b), exact(2.5)
            assert float(d.Beta(a, b).variance) == pytest.approx(float(x * y / ((x + y) ** 2 * (x + y + 1))), rel=1e-12, abs=0)
            s, first = x + y + z, d.Dirichlet([a, b, 2.5]).variance[0]
            assert float(first) == pytest.approx(float(x * (y + z) / (s**2 * (s + 1))), rel=1e-12, abs=0)
        assert float(d.VonMises(0.0, a).variance) == pytest.approx(float(angle(exact(a))[0]), rel=1e-12, abs=0)


def test_entropies_of_large_parameters_have_slopes():
    slope = float(tl.grad(lambda a: d.Gamma(a, 1.0).entropy())(1e12))
    assert slope == pytest.approx(float(1 - (exact(1e12) - 1) * mp.polygamma(1, exact(1e12))), rel=1e-10, abs=0)
    slope = float(tl.grad(lambda v: d.StudentT(v).entropy())(1e6))
    assert slope == pytest.approx(float(mp.diff(student_entropy, exact(1e6))), rel=1e-6, abs=0)
    for k in (0.3, 99.0, 100.0, 101.0, 1e9):
        slope = float(tl.grad(lambda k: d.VonMises(0.0, k).entropy())(k))
        assert slope == pytest.approx(float(mp.diff(lambda k: angle(k)[1], exact(k))), rel=1e-6, abs=0)
