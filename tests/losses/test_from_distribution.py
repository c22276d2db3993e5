"""From a noise model to its loss and back."""

import re

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.losses.noise import NOISES

D = tl.distributions
CONSTANT = {
    # noise: the loss it is, the factor between them, and the constant that is dropped
    "Normal": (tl.losses.mse_loss, 0.5, 0.5 * np.log(2 * np.pi)),
    "Laplace": (tl.losses.l1_loss, 1.0, np.log(2.0)),
    "AsymmetricLaplace": (lambda z, y: tl.losses.l1_loss(z, y) / 2, 1.0, np.log(4.0)),
    "HyperbolicSecant": (tl.losses.log_cosh_loss, 1.0, np.log(np.pi)),
    "Cauchy": (tl.losses.cauchy_loss, 1.0, np.log(np.pi)),
    "StudentT": (tl.losses.student_t_nll_loss, 1.0, 0.0),
    "Bernoulli": (tl.losses.binary_cross_entropy_with_logits, 1.0, 0.0),
    "Categorical": (tl.losses.cross_entropy, 1.0, 0.0),
}
TARGETS = {
    "positive": np.array([0.4, 1.3, 2.2]),
    "nonnegative": np.array([0.0, 1.3, 2.2]),
    "count": np.array([0.0, 1.0, 1.0]),
    "binary": np.array([0.0, 1.0, 1.0]),
    "real": np.array([-1.3, 0.2, 0.9]),
}


def data(noise):
    if noise.target == "class index":
        return np.array([[0.2, -1.0], [1.5, 0.3], [0.0, 0.4]]), np.array([1, 0, 1])
    z = np.array([0.3, 1.1, 2.4]) if noise.input == "positive" else np.array([0.3, -1.1, 2.4])
    return z, TARGETS[noise.target]


@pytest.mark.parametrize("name", NOISES)
def test_it_is_the_mean_nll(name):
    noise, family = NOISES[name], getattr(D, name)
    z, y = data(noise)
    loss = tl.losses.from_distribution(family)
    terms = family(**{noise.predicts: z}, **dict(noise.known)).nll(y)
    assert float(loss(z, y)) == pytest.approx(float(np.mean(terms)), rel=1e-14)
    np.testing.assert_allclose(loss(z, y, reduction="none"), terms, rtol=1e-14)
    assert float(loss(z, y, where=np.array([True, False, False]))) == pytest.approx(float(terms[0]), rel=1e-14)
    assert loss.likelihood is family
    assert np.all(np.isfinite(tl.grad(lambda z: loss(z, y))(z)))


@pytest.mark.parametrize("name", CONSTANT)
def test_it_is_the_known_loss_and_a_constant(name):
    known, factor, constant = CONSTANT[name]
    z, y = data(NOISES[name])
    loss = tl.losses.from_distribution(getattr(D, name))
    assert float(loss(z, y)) == pytest.approx(float(known(z, y)) * factor + constant, rel=1e-13)
    np.testing.assert_allclose(tl.grad(lambda z: loss(z, y))(z), tl.grad(lambda z: known(z, y))(z) * factor, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("name", NOISES)
def test_convexity_is_as_stated(name, rng):
    noise, family = NOISES[name], getattr(D, name)
    if noise.target == "class index":
        return
    loss = tl.losses.from_distribution(family)
    low, high = (0.05, 30.0) if noise.input == "positive" else (-12.0, 12.0)
    a, b = rng.uniform(low, high, (2, 4000))
    y = np.full_like(a, TARGETS[noise.target][1])
    gaps = 0.5 * (loss(a, y, reduction="none") + loss(b, y, reduction="none")) - loss(0.5 * (a + b), y, reduction="none")
    assert bool(np.all(gaps > -1e-9)) == noise.convex


def test_other_parameters_are_given_by_name():
    loss = tl.losses.from_distribution(D.Laplace, scale=2.0)
    assert float(loss([1.0], [3.0])) == pytest.approx(1.0 + np.log(4.0))
    assert "laplace_nll" in repr(loss)


def test_a_family_without_a_prediction_is_refused():
    with pytest.raises(tl.errors.DomainError) as caught:
        tl.losses.from_distribution(D.Dirichlet)
    assert str(caught.value) == (
        f"from_distribution: a loss needs one parameter to predict, as {', '.join(NOISES)} have, got Dirichlet. "
        "Type instead: lambda z, y: np.mean(family(z).nll(y))"
    )


def test_every_likelihood_that_a_loss_claims_exists():
    for loss in tl.losses.LOSSES.values():
        assert hasattr(loss, "likelihood") == (loss.facts.likelihood is not None)
        assert issubclass(getattr(loss, "likelihood", D.Distribution), D.Distribution)


def test_a_loss_without_a_likelihood_says_so():
    with pytest.raises(AttributeError) as caught:
        tl.losses.huber_loss.likelihood()
    assert str(caught.value) == (
        "huber_loss.likelihood: the loss must be the negative log-likelihood of a noise model, got a loss that is none. "
        "Type instead: tl.losses.l1_loss.likelihood, or tl.losses.from_distribution(tl.distributions.Laplace)"
    )
    assert tl.losses.from_distribution(D.Laplace)([1.0], [3.0]) == pytest.approx(2.0 + np.log(2.0))


@pytest.mark.parametrize("loss", tl.losses.LOSSES.values(), ids=lambda loss: loss.__name__)
def test_help_shows_no_latex(loss):
    assert "$" not in loss.__doc__
    assert not re.search(r"\\[a-z]+", loss.__doc__)
