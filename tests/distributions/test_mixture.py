"""Fits of mixtures, and what their entropy lies between."""

import numpy as np
import pytest
from scipy import stats
from sklearn.mixture import GaussianMixture

import tinygrad_loss as tl
from tinygrad_loss import distributions as d
from tinygrad_loss import errors


@pytest.fixture
def bumps(rng):
    return np.concatenate([rng.normal(-2.0, 0.7, 120), rng.normal(1.5, 0.7, 80)])


def test_the_score_of_a_fitted_mixture_is_zero(bumps):
    """At a maximum no weight and no centre can be moved for the better."""
    found = d.Mixture.fit(bumps, scale=0.7)

    def mean_nll(log_odds, centres):
        weights = tl.ops.softmax(np.stack([log_odds, 0.0 * log_odds]), axis=0)
        return np.mean(d.Mixture(d.Categorical(probs=weights), d.Normal(centres, 0.7)).nll(bumps))

    p = found.mixture_distribution.probs
    slopes = tl.grad(mean_nll, argnums=(0, 1))(np.log(p[0] / p[1]), np.asarray(found.component_distribution.loc))
    np.testing.assert_allclose(np.concatenate([np.ravel(s) for s in slopes]), 0.0, atol=1e-6)
    np.testing.assert_allclose(found.fitted.log_likelihood, np.sum(found.log_prob(bumps)), rtol=1e-12)
    assert found.fitted.log_likelihood == max(found.fitted.gains)


def test_a_shared_scale_is_the_one_scikit_learn_finds(bumps):
    """GaussianMixture with covariance_type="tied" maximises the same likelihood; it adds 1e-6 to the variance."""
    found = d.Mixture.fit(bumps, shared_scale=True)
    theirs = GaussianMixture(2, covariance_type="tied", tol=1e-12, max_iter=5000, reg_covar=0.0, random_state=0).fit(bumps[:, None])
    order = np.argsort(theirs.means_[:, 0])
    np.testing.assert_allclose(found.component_distribution.loc, theirs.means_[order, 0], rtol=1e-4)
    np.testing.assert_allclose(found.component_distribution.scale, np.sqrt(theirs.covariances_[0, 0]), rtol=1e-4)
    np.testing.assert_allclose(found.mixture_distribution.probs, theirs.weights_[order], rtol=1e-4)
    np.testing.assert_allclose(found.fitted.log_likelihood, theirs.score(bumps[:, None]) * len(bumps), rtol=1e-8)


def test_weights_are_repetitions():
    y, w = np.array([0.0, 1.0, 2.0, 20.0, 25.0, 31.0]), np.array([3.0, 1.0, 2.0, 1.0, 4.0, 2.0])
    once = d.Mixture.fit(y, w, family=d.Poisson)
    again = d.Mixture.fit(np.repeat(y, w.astype(int)), family=d.Poisson)
    np.testing.assert_allclose(once.component_distribution.rate, again.component_distribution.rate, rtol=1e-9)


def test_one_component_is_the_family_itself(bumps):
    found = d.Mixture.fit(bumps, components=1, shared_scale=True)
    alone = d.Normal.fit(bumps)
    np.testing.assert_allclose(found.component_distribution.scale[0], alone.scale, rtol=1e-12)
    np.testing.assert_allclose(found.fitted.log_likelihood, alone.fitted.log_likelihood, rtol=1e-12)


def information(nll, at, h=1e-4):
    """Return the matrix of second differences, which knows nothing of mixtures."""
    steps = np.eye(len(at)) * h
    return np.array([[(nll(at + a + b) - nll(at + a - b) - nll(at - a + b) + nll(at - a - b)) / (4 * h * h) for b in steps] for a in steps])


def test_standard_errors_are_those_of_the_observed_information(rng):
    y = np.where(rng.uniform(size=400) < 0.3, rng.normal(-2.0, 0.8, 400), rng.normal(1.5, 0.8, 400))
    found = d.Mixture.fit(y, shared_scale=True)
    parts = found.component_distribution

    def nll(t):
        share, first, second, scale = t
        return -np.sum(np.log(share * stats.norm.pdf(y, first, scale) + (1 - share) * stats.norm.pdf(y, second, scale)))

    at = np.array([found.mixture_distribution.probs[0], *parts.loc, parts.scale[0]])
    share, first, second, scale = np.sqrt(np.diagonal(np.linalg.inv(information(nll, at))))
    errors_found = found.standard_errors
    np.testing.assert_allclose(errors_found["probs"], [share, share], rtol=1e-4)  # what one gains the other loses
    np.testing.assert_allclose(errors_found["loc"], [first, second], rtol=1e-4)
    np.testing.assert_allclose(errors_found["scale"], scale, rtol=1e-4)


def test_standard_errors_of_rates_far_apart_are_those_of_each_alone():
    low, high = np.array([0.0, 1.0, 0.0, 2.0, 1.0]), np.array([300.0, 280.0, 330.0])
    found = d.Mixture.fit(np.concatenate([low, high]), family=d.Poisson)
    alone = [d.Poisson.fit(part).standard_errors["rate"] for part in (low, high)]
    np.testing.assert_allclose(found.standard_errors["rate"], alone, rtol=1e-6)
    np.testing.assert_allclose(found.standard_errors["probs"], np.sqrt(5 / 8 * 3 / 8 / 8), rtol=1e-6)


def test_a_component_that_is_not_needed_has_no_standard_error():
    found = d.Mixture.fit([0.0, 1.0, 2.0, 3.0, 1.0, 2.0], components=2, scale=10.0)
    with pytest.raises(errors.NoMaximumError) as caught:
        _ = found.standard_errors
    assert str(caught.value).startswith("Mixture.fit(...).standard_errors: the likelihood must curve down in every direction, got ")


REFUSED = [
    (
        lambda: d.Mixture.fit([1.0, 2.0, 5.0], family=d.Gamma),
        errors.NoMaximumError,
        "Mixture.fit: the likelihood of a mixture grows without bound when one component shrinks around one value, "
        "got a free concentration for each component. "
        "Use instead: Mixture.fit(data, concentration=1.0), or shared_scale=True for one scale of all components of a Normal",
    ),
    (
        lambda: d.Mixture.fit([1.0, 2.0, 1.0], scale=1.0),
        errors.NoMaximumError,
        "Mixture.fit: there must be more different values than components, got 2 values and 2 components. "
        "Type instead: Mixture.fit(data, components=1)",
    ),
    (
        lambda: d.Mixture.fit([1.0, 2.0, 5.0], components=0),
        errors.DomainError,
        "Mixture.fit: it takes one or more components of a family of numbers, and shares the scale of Normal ones, "
        "got components=0, Normal, shared_scale=False. Type instead: Mixture.fit(data, components=2, shared_scale=True)",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused_with_its_whole_message(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message


def test_the_entropy_lies_between_its_bounds():
    for apart in (0.0, 1.0, 30.0):
        mixture = d.Mixture(d.Categorical(probs=[0.3, 0.7]), d.Normal([0.0, apart], [1.0, 2.0]))
        grid = np.linspace(-20.0, apart + 20.0, 40001)
        log_p = mixture.log_prob(grid)
        entropy = -np.trapezoid(np.exp(log_p) * log_p, grid)
        low, high = mixture.entropy_bounds()
        assert low <= entropy <= high + 1e-9
        if apart == 30.0:
            np.testing.assert_allclose(entropy, high, rtol=1e-6)
