"""KL divergences: closed forms against integrals, and estimates that know their error."""

import itertools

import numpy as np
import pytest
import scipy.integrate

import tinygrad_loss as tl
from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution
from tinygrad_loss.distributions.divergence import _closed

PAIRS = [
    (D.Normal(0.3, 1.7), D.Normal(-0.5, 0.8)),
    (D.Laplace(0.3, 1.7), D.Laplace(-0.5, 0.8)),
    (D.Normal(0.3, 0.7), D.Laplace(-0.5, 0.8)),
    (D.Laplace(0.3, 0.7), D.Normal(-0.5, 0.8)),
    (D.Cauchy(0.3, 1.7), D.Cauchy(-0.5, 0.8)),
    (D.Gumbel(0.3, 0.7), D.Gumbel(-0.5, 0.8)),
    (D.LogNormal(0.3, 0.7), D.LogNormal(-0.5, 0.8)),
    (D.Exponential(1.7), D.Exponential(0.8)),
    (D.Gamma(2.4, 1.7), D.Gamma(1.3, 0.8)),
    (D.Exponential(1.7), D.Gamma(1.3, 0.8)),
    (D.Gamma(2.4, 1.7), D.Exponential(0.8)),
    (D.Weibull(1.7, 1.5), D.Weibull(0.8, 1.2)),
    (D.InverseGaussian(1.5, 2.0), D.InverseGaussian(1.0, 3.0)),
    (D.Beta(2.4, 1.7), D.Beta(1.3, 0.8)),
    (D.Uniform(0.0, 1.0), D.Uniform(-1.0, 3.0)),
    (D.VonMises(0.3, 1.7), D.VonMises(-0.5, 0.8)),
    (D.Bernoulli(0.3), D.Bernoulli(logits=0.8)),
    (D.Binomial(9, 0.3), D.Binomial(9, 0.6)),
    (D.Geometric(0.3), D.Geometric(0.6)),
    (D.Poisson(3.2), D.Poisson(2.0)),
    (D.NegativeBinomial(2.5, 0.3), D.NegativeBinomial(2.5, 0.6)),
    (D.Categorical(probs=[0.2, 0.5, 0.3]), D.Categorical(logits=[0.2, -0.5, 1.3])),
    (D.Logistic(0.3, 0.7), D.Normal(-0.5, 0.8)),
    (D.HyperbolicSecant(0.3, 0.7), D.Normal(-0.5, 0.8)),
    (D.AsymmetricLaplace(0.3, 0.4, 0.6), D.Normal(-0.5, 0.8)),
    (D.Gumbel(0.3, 0.7), D.Normal(-0.5, 0.8)),
    (D.Exponential(1.7), D.Normal(-0.5, 0.8)),
    (D.Gamma(2.4, 1.7), D.Normal(-0.5, 0.8)),
    (D.Weibull(1.7, 1.5), D.Normal(-0.5, 0.8)),
    (D.LogNormal(0.3, 0.4), D.Normal(-0.5, 0.8)),
    (D.Beta(2.4, 1.7), D.Normal(-0.5, 0.8)),
    (D.Uniform(0.0, 1.0), D.Normal(-0.5, 0.8)),
    (D.Weibull(1.7, 1.5), D.Exponential(0.8)),
    (D.LogNormal(0.3, 0.7), D.Exponential(0.8)),
    (D.Beta(2.4, 1.7), D.Exponential(0.8)),
    (D.Beta(2.4, 1.7), D.Uniform(-1.0, 3.0)),
    (D.Bernoulli(0.3), D.Poisson(0.8)),
    (D.Normal(0.3, 0.7), D.Gumbel(-0.5, 0.8)),
    (D.Laplace(0.3, 0.3), D.Gumbel(-0.5, 0.8)),
    (D.Logistic(0.3, 0.2), D.Gumbel(-0.5, 0.8)),
    (D.Gamma(2.4, 1.7), D.Gumbel(-0.5, 0.8)),
    (D.Exponential(1.7), D.Gumbel(-0.5, 0.8)),
]
EVENTS = [
    (D.Dirichlet([1.4, 2.0, 0.8]), D.Dirichlet([1.0, 1.0, 2.0])),
    (D.Multinomial(4, [0.2, 0.5, 0.3]), D.Multinomial(4, [0.4, 0.4, 0.2])),
    (
        D.MultivariateNormal([0.3, -1.0], scale_tril=[[1.2, 0.0], [0.5, 0.8]]),
        D.MultivariateNormal([0.0, 0.0], covariance_matrix=[[1.0, 0.3], [0.3, 2.0]]),
    ),
    (D.Independent(D.Normal([0.3, -1.0], 1.2), 1), D.Independent(D.Normal([0.0, 0.0], 0.9), 1)),
]


def named(pair):
    return "-".join(type(d).__name__ for d in pair)


def integral(p, q):
    """Integrate p log(p/q) numerically: nothing here knows a closed form."""
    if p.support.whole:
        y = np.arange(0.0, {"Bernoulli": 2, "Binomial": 10, "Categorical": 3}.get(type(p).__name__, 250))
        with np.errstate(all="ignore"):
            return np.sum(p.prob(y) * (p.log_prob(y) - q.log_prob(y)))
    low, high = {
        "Beta": (0.0, 1.0),
        "Uniform": (0.0, 1.0),
        "VonMises": (-np.pi, np.pi),
    }.get(type(p).__name__, (0.0 if p.support.lower == 0 else -np.inf, np.inf))

    def gap(y):
        density = float(p.prob(y))
        return density * float(p.log_prob(y) - q.log_prob(y)) if density > 0 else 0.0

    pieces = [low, 0.3, 0.7, high] if low != -np.inf else [low, -0.5, 0.3, high]
    return sum(scipy.integrate.quad(gap, a, b, epsabs=1e-12, limit=300)[0] for a, b in itertools.pairwise(pieces))


@pytest.mark.parametrize("pair", PAIRS, ids=named)
def test_closed_forms_are_integrals(pair):
    assert float(D.kl_divergence(*pair)) == pytest.approx(integral(*pair), rel=2e-8)


def test_a_tail_too_heavy_for_a_gumbel_is_infinitely_far():
    """E exp(-y / 0.8) is infinite, where an average of samples would be some number."""
    for p in (D.Laplace(0.3, 0.8), D.Laplace(0.3, 2.0), D.Logistic(0.3, 0.8), D.Logistic(0.3, 5.0)):
        assert D.kl_divergence(p, D.Gumbel(-0.5, 0.8)) == np.inf
    assert D.kl_divergence(D.Beta(2.0, 2.0), D.Uniform(0.0, 0.9)) == np.inf


@pytest.mark.parametrize("pair", PAIRS + EVENTS, ids=named)
def test_closed_forms_are_within_the_error_of_an_estimate(pair, monkeypatch):
    p, q = pair
    exact = float(D.kl_divergence(p, q))
    monkeypatch.delitem(_closed, (type(p), type(q)))
    estimate = D.kl_divergence(p, q, samples=20_000, rng=1)
    assert isinstance(estimate, D.Estimate)
    assert abs(estimate.value - exact) < 4.5 * estimate.standard_error + 1e-12
    assert estimate.samples == 20_000
    assert "±" in repr(estimate)


@pytest.mark.parametrize("pair", PAIRS + EVENTS, ids=named)
def test_it_is_zero_from_itself_and_positive_from_others(pair):
    p, q = pair
    assert float(D.kl_divergence(p, q)) > 0
    if type(p) is type(q):
        assert float(D.kl_divergence(p, p)) == pytest.approx(0.0, abs=1e-14)


def test_every_closed_form_is_tested():
    assert {(type(p), type(q)) for p, q in PAIRS + EVENTS} == set(_closed)


def test_it_is_infinite_where_the_model_says_impossible():
    assert float(D.kl_divergence(D.Uniform(0.0, 2.0), D.Uniform(0.0, 1.0))) == np.inf
    assert float(D.kl_divergence(D.Bernoulli(0.5), D.Bernoulli(0.0))) == np.inf
    assert float(D.kl_divergence(D.Bernoulli(0.0), D.Bernoulli(0.5))) == pytest.approx(np.log(2))
    assert float(D.kl_divergence(D.Poisson(1.0), D.Poisson(0.0))) == np.inf
    assert float(D.kl_divergence(D.Categorical(probs=[1.0, 0.0]), D.Categorical(probs=[0.0, 1.0]))) == np.inf
    impossible = D.kl_divergence(D.Normal(0.0, 1.0), D.Exponential(1.0), samples=100, rng=1)
    assert (impossible.value, impossible.standard_error) == (np.inf, 0.0)


def test_cross_entropy_is_entropy_and_the_gap():
    p, q = D.Categorical(probs=[0.2, 0.5, 0.3]), D.Categorical(probs=[0.4, 0.4, 0.2])
    cross = -np.sum(p.probs * q.logits)
    assert cross == pytest.approx(float(p.entropy() + D.kl_divergence(p, q)), rel=1e-14)


def test_gradients_flow_through_closed_forms_and_estimates(monkeypatch):
    monkeypatch.delitem(_closed, (D.Logistic, D.Normal))
    slope = tl.grad(lambda m: D.kl_divergence(D.Normal(m, 1.0), D.Normal(0.0, 2.0)))(3.0)
    assert float(slope) == pytest.approx(3.0 / 4.0)
    estimated = tl.grad(lambda m: D.kl_divergence(D.Logistic(m, 1.0), D.Normal(0.0, 2.0), samples=50_000, rng=1).value)(3.0)
    assert float(estimated) == pytest.approx(3.0 / 4.0, abs=0.02)


def test_batches_broadcast(monkeypatch):
    monkeypatch.delitem(_closed, (D.Logistic, D.Normal))
    assert D.kl_divergence(D.Normal(np.zeros((2, 1)), 1.0), D.Normal(0.0, np.ones(3))).shape == (2, 3)
    estimate = D.kl_divergence(D.Logistic(np.zeros(2), 1.0), D.Normal(0.0, 1.0), samples=100, rng=1)
    assert estimate.value.shape == estimate.standard_error.shape == (2,)
    assert np.shape(D.kl_divergence(D.Uniform(0.0, 1.0), D.Uniform(-1.0, 1.0))) == ()


def test_an_estimate_that_would_lose_a_gradient_is_refused():
    with pytest.raises(tl.errors.NoRuleError, match="no derivative in the parameters of p"):
        tl.grad(lambda r: D.kl_divergence(D.Poisson(r), D.Geometric(0.3), samples=10, rng=1).value)(2.0)


def test_a_pair_can_be_registered(monkeypatch):
    monkeypatch.setitem(_closed, (D.Logistic, D.Logistic), None)
    D.register_kl(D.Logistic, D.Logistic)(lambda p, q: np.abs(p.loc - q.loc))
    assert float(D.kl_divergence(D.Logistic(1.0, 1.0), D.Logistic(0.0, 1.0))) == 1.0


def test_different_numbers_of_trials_are_refused():
    with pytest.raises(tl.errors.DomainError) as caught:
        D.kl_divergence(D.Binomial(3, 0.5), D.Binomial(4, 0.5))
    assert str(caught.value) == (
        "kl_divergence: both must have the same total_count for a closed form, got 3.0 and 4.0. "
        "Use instead: Binomial(p.total_count, probs=...)"
    )
