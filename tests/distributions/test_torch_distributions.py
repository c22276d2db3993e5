"""Live parity with PyTorch: names, parameters, values, moments, divergences and gradients; asked only where torch is installed."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_loss as tl
from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution

T = torch.distributions

LOC = st.floats(-3.0, 3.0)
SCALE = st.floats(0.2, 4.0)
PART = st.floats(0.05, 0.95)
LOGIT = st.floats(-4.0, 4.0)
POINT = st.floats(0.05, 6.0)
COUNT = st.integers(0, 8).map(float)

# Names: parameters in PyTorch's order, where values are drawn from, whether PyTorch has an entropy.
FAMILIES = {
    "Normal": ({"loc": LOC, "scale": SCALE}, LOC, True),
    "Laplace": ({"loc": LOC, "scale": SCALE}, LOC.filter(lambda y: abs(y) > 1e-3), True),
    "Cauchy": ({"loc": LOC, "scale": SCALE}, LOC, True),
    "Gumbel": ({"loc": LOC, "scale": SCALE}, LOC, True),
    "StudentT": ({"df": SCALE, "loc": LOC, "scale": SCALE}, LOC, True),
    "Exponential": ({"rate": SCALE}, POINT, True),
    "Gamma": ({"concentration": SCALE, "rate": SCALE}, POINT, True),
    "LogNormal": ({"loc": LOC, "scale": SCALE}, POINT, True),
    "Weibull": ({"scale": SCALE, "concentration": SCALE}, POINT, True),
    "Beta": ({"concentration1": SCALE, "concentration0": SCALE}, PART, True),
    "VonMises": ({"loc": LOC, "concentration": SCALE}, LOC, False),
    "Bernoulli": ({"probs": PART}, st.sampled_from([0.0, 1.0]), True),
    "Geometric": ({"probs": PART}, COUNT, True),
    "Poisson": ({"rate": SCALE}, COUNT, False),
    "NegativeBinomial": ({"total_count": SCALE, "probs": PART}, COUNT, False),
}
LOGITS = {"Bernoulli": st.sampled_from([0.0, 1.0]), "Geometric": COUNT}


def both(name, parameters, **more):
    ours = getattr(D, name)(**parameters, **more)
    theirs = getattr(T, name)(**{k: torch.tensor(v, dtype=torch.float64) for k, v in parameters.items()}, **more)
    return ours, theirs


def agree(ours, theirs, rtol=1e-9):
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=rtol, atol=1e-10)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_pytorchs(name):
    spaces, values, has_entropy = FAMILIES[name]

    @settings(max_examples=25)
    @given(st.fixed_dictionaries(spaces), values)
    def check(parameters, y):
        if name == "Laplace" and abs(y - parameters["loc"]) < 1e-6:
            return
        ours, theirs = both(name, parameters)
        rounding = 1e-6 if name == "VonMises" else 1e-9  # PyTorch's modified Bessel function is a polynomial of seven digits
        agree(ours.log_prob(y), theirs.log_prob(torch.tensor(y, dtype=torch.float64)), rtol=rounding)
        agree(ours.mean, theirs.mean)
        if name != "Cauchy":  # PyTorch says inf, but without a mean there is nothing to vary about
            agree(ours.variance, theirs.variance, rtol=1e-6)
        if has_entropy:
            agree(ours.entropy(), theirs.entropy())

    check()


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "VonMises"])
def test_first_and_second_derivatives_are_pytorchs(name):
    spaces, values, _ = FAMILIES[name]

    @settings(max_examples=25)
    @given(st.fixed_dictionaries(spaces), values)
    def check(parameters, y):
        if name == "Laplace" and abs(y - parameters["loc"]) < 1e-6:
            return
        keys = list(parameters)
        at = np.array([parameters[k] for k in keys])

        def ours(theta):
            return getattr(D, name)(**{k: theta[i] for i, k in enumerate(keys)}).log_prob(y)

        def theirs(theta):
            return getattr(T, name)(**{k: theta[i] for i, k in enumerate(keys)}).log_prob(torch.tensor(y, dtype=torch.float64))

        there = torch.tensor(at, dtype=torch.float64, requires_grad=True)
        gradient = torch.autograd.grad(theirs(there), there)[0]
        np.testing.assert_allclose(tl.grad(ours)(at), gradient.numpy(), rtol=1e-8, atol=1e-9)
        curvature = torch.autograd.functional.hessian(theirs, there.detach())
        np.testing.assert_allclose(tl.hessian(ours)(at), curvature.numpy(), rtol=1e-7, atol=1e-8)

    check()


@pytest.mark.parametrize("name", LOGITS)
def test_logits_are_pytorchs(name):
    @settings(max_examples=25)
    @given(LOGIT, LOGITS[name])
    def check(z, y):
        ours, theirs = both(name, {"logits": z})
        agree(ours.log_prob(y), theirs.log_prob(torch.tensor(y, dtype=torch.float64)))
        agree(ours.probs, theirs.probs)

    check()


@settings(max_examples=25)
@given(st.lists(LOGIT, min_size=3, max_size=3), st.integers(0, 2))
def test_classes_are_pytorchs(z, y):
    ours, theirs = D.Categorical(logits=z), T.Categorical(logits=torch.tensor(z, dtype=torch.float64))
    agree(ours.log_prob(y), theirs.log_prob(torch.tensor(y)))
    agree(ours.entropy(), theirs.entropy())
    agree(ours.probs, theirs.probs)
    counts = [2.0, float(y), 1.0]
    n = int(sum(counts))
    many = T.Multinomial(n, logits=torch.tensor(z, dtype=torch.float64)).log_prob(torch.tensor(counts, dtype=torch.float64))
    agree(D.Multinomial(n, logits=z).log_prob(counts), many)


@settings(max_examples=25)
@given(st.lists(SCALE, min_size=3, max_size=3))
def test_dirichlet_is_pytorchs(a):
    y = [0.2, 0.5, 0.3]
    ours, theirs = D.Dirichlet(a), T.Dirichlet(torch.tensor(a, dtype=torch.float64))
    agree(ours.log_prob(y), theirs.log_prob(torch.tensor(y, dtype=torch.float64)))
    agree(ours.entropy(), theirs.entropy())
    agree(ours.variance, theirs.variance)


@settings(max_examples=25)
@given(LOC, st.floats(-0.9, 0.9), SCALE)
def test_multivariate_normal_is_pytorchs(m, r, s):
    spread = np.array([[1.0, r * s], [r * s, s * s]])
    y = np.array([0.4, -0.7])
    for way, matrix in (("covariance_matrix", spread), ("precision_matrix", spread), ("scale_tril", np.linalg.cholesky(spread))):
        ours = D.MultivariateNormal(np.array([m, 0.0]), **{way: matrix})
        theirs = T.MultivariateNormal(torch.tensor([m, 0.0], dtype=torch.float64), **{way: torch.tensor(matrix)})
        agree(ours.log_prob(y), theirs.log_prob(torch.tensor(y)), rtol=1e-7)
        agree(ours.entropy(), theirs.entropy(), rtol=1e-8)
        agree(ours.variance, theirs.variance, rtol=1e-8)


KL = ["Normal", "Laplace", "Gumbel", "Exponential", "Gamma", "Beta", "Bernoulli", "Geometric", "Poisson", "Cauchy"]


@pytest.mark.parametrize("name", KL)
def test_divergences_are_pytorchs(name):
    space = st.fixed_dictionaries(FAMILIES[name][0])

    @settings(max_examples=25)
    @given(space, space)
    def check(first, second):
        p, p_theirs = both(name, first)
        q, q_theirs = both(name, second)
        agree(D.kl_divergence(p, q), T.kl_divergence(p_theirs, q_theirs), rtol=1e-7)

    check()


def test_mixtures_and_independent_are_pytorchs():
    weights, centres, y = [0.3, 0.7], [-1.0, 2.0], 0.4
    ours = D.Mixture(D.Categorical(probs=weights), D.Normal(centres, [0.5, 1.0]))
    parts = T.Normal(torch.tensor(centres, dtype=torch.float64), torch.tensor([0.5, 1.0], dtype=torch.float64))
    theirs = T.MixtureSameFamily(T.Categorical(torch.tensor(weights, dtype=torch.float64)), parts)
    agree(ours.log_prob(y), theirs.log_prob(torch.tensor(y, dtype=torch.float64)))
    agree(ours.cdf(y), theirs.cdf(torch.tensor(y, dtype=torch.float64)))
    agree(ours.variance, theirs.variance)
    joint = D.Independent(D.Normal(centres, [0.5, 1.0]), 1)
    agree(joint.log_prob([0.0, 1.0]), T.Independent(parts, 1).log_prob(torch.tensor([0.0, 1.0], dtype=torch.float64)))
