"""Maximum likelihood: closed forms, first-order conditions, standard errors, and a refusal where there is no maximum."""

import numpy as np
import pytest

import tinygrad_loss as tl
from families import CASES
from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution

N = 600
by_name = {"ids": str}
FITTED = [c for c in CASES if not c.label]
REGULAR = [c for c in FITTED if not c.family.irregular]


def fitted(case, seed=1, weights=None):
    y = case.d.sample(N, rng=seed)
    return y, case.family.fit(y, weights, **{k: case.given[k] for k in case.fixed})


@pytest.mark.parametrize("case", REGULAR, **by_name)
def test_the_gradient_vanishes_at_the_maximum(case):
    y, d = fitted(case)
    fit = d.fitted

    def nll(free):
        parameters = {k: case.family.parameters[k].from_free(u) for k, u in free.items()}
        parameters = {k: np.reshape(v, np.shape(fit.estimates[k])) for k, v in parameters.items()}
        return np.sum(case.family(**parameters, **fit.fixed).nll(y))

    gradient = tl.grad(nll)({k: case.family.parameters[k].to_free(v) for k, v in fit.estimates.items()})
    assert all(np.max(np.abs(g)) < 1e-7 * N for g in gradient.values())


@pytest.mark.parametrize("case", FITTED, **by_name)
def test_nothing_nearby_is_more_likely(case, rng):
    y, d = fitted(case)
    best = d.fitted.log_likelihood
    assert best == pytest.approx(float(np.sum(d.log_prob(y))), rel=1e-12)
    for _ in range(20):
        moved = {}
        for k, v in d.fitted.estimates.items():
            constraint = case.family.parameters[k]
            if case.family is D.Uniform:  # only inwards is there anything to lose: outside is less dense, inside impossible
                moved[k] = v + (0.01 if k == "high" else -0.01) * rng.random()
                continue
            u = constraint.to_free(v)
            moved[k] = np.reshape(constraint.from_free(u + 1e-3 * rng.standard_normal(np.shape(u))), np.shape(v))
        assert float(np.sum(case.family(**moved, **d.fitted.fixed).log_prob(y))) < best + 1e-9 * abs(best)


@pytest.mark.parametrize("case", REGULAR, **by_name)
def test_estimates_are_within_their_errors(case):
    _, d = fitted(case)
    for key, value in d.fitted.estimates.items():
        if key == "scale_tril":
            continue
        error = d.fitted.standard_errors[key]
        assert np.all(np.abs(value - np.asarray(case.given[key])) < 4 * error + 1e-12), key


CLOSED = {
    "Normal": (lambda y, n: {"loc": y.mean(), "scale": y.std()}, lambda y, n: {"loc": y.std() / n**0.5, "scale": y.std() / (2 * n) ** 0.5}),
    "Exponential": (lambda y, n: {"rate": 1 / y.mean()}, lambda y, n: {"rate": 1 / y.mean() / n**0.5}),
    "LogNormal": (
        lambda y, n: {"loc": np.log(y).mean(), "scale": np.log(y).std()},
        lambda y, n: {"loc": np.log(y).std() / n**0.5, "scale": np.log(y).std() / (2 * n) ** 0.5},
    ),
    "InverseGaussian": (
        lambda y, n: {"loc": y.mean(), "concentration": 1 / np.mean(1 / y - 1 / y.mean())},
        lambda y, n: {
            "loc": (y.mean() ** 3 * np.mean(1 / y - 1 / y.mean()) / n) ** 0.5,
            "concentration": (2 / n) ** 0.5 / np.mean(1 / y - 1 / y.mean()),
        },
    ),
    "Bernoulli": (lambda y, n: {"probs": y.mean()}, lambda y, n: {"probs": (y.mean() * (1 - y.mean()) / n) ** 0.5}),
    "Poisson": (lambda y, n: {"rate": y.mean()}, lambda y, n: {"rate": (y.mean() / n) ** 0.5}),
    "Geometric": (lambda y, n: {"probs": 1 / (1 + y.mean())}, lambda y, n: {"probs": (y.mean() / (1 + y.mean()) ** 3 / n) ** 0.5}),
    "Categorical": (
        lambda y, n: {"probs": np.bincount(y) / n},
        lambda y, n: {"probs": np.sqrt(np.bincount(y) / n * (1 - np.bincount(y) / n) / n)},
    ),
    "Laplace": (lambda y, n: {"loc": np.median(y), "scale": np.mean(np.abs(y - np.median(y)))}, None),
    "Uniform": (lambda y, n: {"low": y.min(), "high": y.max()}, None),
    "MultivariateNormal": (lambda y, n: {"loc": y.mean(axis=0), "scale_tril": np.linalg.cholesky(np.cov(y.T, ddof=0))}, None),
}


@pytest.mark.parametrize("name", CLOSED)
def test_estimates_and_errors_have_their_closed_forms(name):
    case = next(c for c in FITTED if c.family.__name__ == name)
    y, d = fitted(case)
    estimates, standard_errors = CLOSED[name]
    for key, value in estimates(y, N).items():
        np.testing.assert_allclose(getattr(d, key), value, rtol=1e-12, atol=1e-14)
    if standard_errors:
        for key, value in standard_errors(y, N).items():
            np.testing.assert_allclose(d.fitted.standard_errors[key], value, rtol=1e-8)


@pytest.mark.parametrize("case", [c for c in FITTED if c.family is not D.Uniform], **by_name)
def test_a_weight_is_how_often_a_value_was_seen(case, rng):
    y = case.d.sample(60, rng=4)
    weights = rng.integers(0, 4, 60)
    fixed = {k: case.given[k] for k in case.fixed}
    if case.family is D.Categorical:
        weights = np.maximum(weights, 1)
    repeated, weighted = case.family.fit(np.repeat(y, weights, axis=0), **fixed), case.family.fit(y, weights, **fixed)
    for key, value in repeated.fitted.estimates.items():
        np.testing.assert_allclose(weighted.fitted.estimates[key], value, rtol=1e-7)


def test_only_estimates_have_standard_errors():
    d = D.Normal.fit([1.0, 2.0, 4.0])
    assert d.standard_errors is d.fitted.standard_errors
    with pytest.raises(tl.errors.DomainError) as caught:
        _ = D.Normal(0.0, 1.0).standard_errors
    assert str(caught.value) == (
        "Normal.standard_errors: only estimates have standard errors, got given parameters. Type instead: Normal.fit(data).standard_errors"
    )


def test_float32_data_give_float32_parameters():
    y = D.Gamma(2.0, 1.0).sample(50, rng=1).astype(np.float32)
    d = D.Gamma.fit(y)
    assert d.concentration.dtype == np.float32
    assert d.log_prob(y).dtype == np.float32


def test_fixed_parameters_stay():
    y = D.Normal(1.0, 2.0).sample(100, rng=1)
    assert float(D.Normal.fit(y, loc=0.0).scale) == pytest.approx(np.sqrt(np.mean(y**2)))
    assert float(D.Normal.fit(y, scale=2.0).loc) == pytest.approx(y.mean())
    assert float(D.AsymmetricLaplace.fit(y, quantile=0.9).loc) == pytest.approx(np.quantile(y, 0.9, method="inverted_cdf"), abs=0.2)
    assert D.Normal.fit(y, loc=0.0, scale=1.0).fitted.estimates == {}
    assert D.Normal.fit(y, loc=0.0).fitted.aic == pytest.approx(2 - 2 * np.sum(D.Normal.fit(y, loc=0.0).log_prob(y)))
    assert D.Normal.fit(y).fitted.bic == pytest.approx(2 * np.log(100) - 2 * np.sum(D.Normal.fit(y).log_prob(y)))


SEVERAL = [c for c in FITTED if len(c.given) > 1 and c.family not in {D.Binomial, D.Multinomial, D.Uniform, D.Laplace, D.AsymmetricLaplace}]


@pytest.mark.parametrize("case", SEVERAL, **by_name)
def test_with_any_parameter_known_the_others_are_at_their_best(case):
    y = case.d.sample(200, rng=6)
    for key in case.given:
        known = {k: case.given[k] for k in {key, *case.fixed}}
        if set(known) == set(case.given):
            continue
        d = case.family.fit(y, **known)
        assert set(d.fitted.estimates) == set(case.given) - set(known)
        for name, value in d.fitted.estimates.items():
            constraint = case.family.parameters[name]

            def nll(u, name=name, constraint=constraint, d=d, known=known, value=value):
                others = {**d.fitted.estimates, **known, name: np.reshape(constraint.from_free(u), np.shape(value))}
                return np.sum(case.family(**others).nll(y))

            assert np.max(np.abs(tl.grad(nll)(constraint.to_free(value)))) < 2e-5, (key, name)


def test_what_is_made_from_others_is_fitted_through_its_parts():
    for made in (D.Independent, D.TransformedDistribution):
        with pytest.raises(tl.errors.NoRuleError) as caught:
            made.fit([1.0])
        assert str(caught.value) == (
            f"{made.__name__}.fit: it is made from other distributions, and has no parameters of its own, got a fit of the whole. "
            "Use instead: the fit of its parts, on the data they explain"
        )


def test_an_asymmetric_laplace_is_at_its_best_on_a_fine_grid():
    """The nll is not smooth in loc, so what is known is compared with every value of a grid."""
    y = D.AsymmetricLaplace(0.3, 0.7, 0.8).sample(80, rng=3)
    for known in ({}, {"scale": 0.5}, {"quantile": 0.7}, {"loc": 0.0}, {"loc": 0.0, "scale": 0.5}, {"scale": 0.5, "quantile": 0.6}):
        d = D.AsymmetricLaplace.fit(y, **known)
        best = d.fitted.log_likelihood
        loc, scale, quantile = (np.array([known[k]]) if k in known else g for k, g in GRIDS.items())
        nll = D.AsymmetricLaplace(loc[:, None, None, None], scale[:, None, None], quantile[:, None]).nll(y).sum(axis=-1)
        assert best >= -nll.min() - 1e-9, known
        assert best < -nll.min() + 0.5, known


GRIDS = {"loc": np.linspace(-1.0, 1.0, 41), "scale": np.linspace(0.3, 1.5, 25), "quantile": np.linspace(0.3, 0.95, 27)}


def test_profile_is_greatest_at_the_estimate_and_falls_by_the_standard_error():
    y = D.Gamma(3.0, 1.0).sample(2000, rng=2)
    d = D.Gamma.fit(y)
    at, error = float(d.concentration), float(d.fitted.standard_errors["concentration"])
    curve = D.profile(D.Gamma, "concentration", [at - error, at, at + error], y)
    assert curve[1] == pytest.approx(d.fitted.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(curve[1] - curve[[0, 2]], 0.5, rtol=0.06)  # one standard error costs half a nat, in a parabola


def test_likelihood_curve_is_a_function_of_the_parameter():
    curve = D.likelihood_curve(D.Bernoulli, [0.3, 0.7], [1, 1, 1, 0])
    np.testing.assert_allclose(curve, [3 * np.log(0.3) + np.log(0.7), 3 * np.log(0.7) + np.log(0.3)], rtol=1e-13)


REFUSED = {
    "constant": (
        lambda: D.Normal.fit([2.0, 2.0, 2.0]),
        "Normal.fit: the likelihood grows without bound as scale shrinks around one value, got all values equal. "
        "Use instead: Normal.fit(data, scale=1.0), or other data",
    ),
    "half at one point": (
        lambda: D.Cauchy.fit([1.0, 1.0, 0.0, 3.0]),
        "Cauchy.fit: the likelihood grows without bound as scale shrinks around one value, got 0.5 of the weight at 1, at least 0.5. "
        "Use instead: Cauchy.fit(data, scale=1.0), or other data",
    ),
    "ties": (
        lambda: D.StudentT.fit([1.0, 1.0, 0.0, 3.0, 4.0]),
        "StudentT.fit: tied values make the likelihood grow without bound as df and scale shrink, got 1 ties. "
        "Type instead: StudentT.fit(data, df=4.0)",
    ),
    "no overdispersion": (
        lambda: D.NegativeBinomial.fit([2.0, 3.0, 2.0, 3.0]),
        "NegativeBinomial.fit: the likelihood rises towards total_count = inf, a Poisson, unless the variance exceeds the mean, "
        "got variance 0.25 and mean 2.5. Type instead: Poisson.fit(data)",
    ),
    "zeros": (
        lambda: D.Gamma.fit([0.0, 1.0, 2.0]),
        "Gamma.fit: a value of 0 has density 0 or infinity, so no likelihood can be compared, got 1 zeros. "
        "Type instead: Gamma.fit(data[data > 0]), or Exponential.fit(data)",
    ),
    "only zeros": (
        lambda: D.Exponential.fit([0.0, 0.0]),
        "Exponential.fit: the likelihood grows without bound with rate when all values are 0, got only zeros. Use instead: other data",
    ),
    "ends": (
        lambda: D.Beta.fit([0.0, 0.5, 1.0]),
        "Beta.fit: a value of 0 or 1 has density 0 or infinity, so no likelihood can be compared, got 2 such values. "
        "Type instead: Beta.fit(data[(data > 0) & (data < 1)])",
    ),
    "no direction": (
        lambda: D.VonMises.fit([0.0, np.pi]),
        "VonMises.fit: the likelihood is greatest at the edge of concentration: 0 without a mean direction, infinity when all angles are equal, "
        "got a mean vector of length 6.12e-17. Use instead: VonMises.fit(angles, concentration=1.0), or other data",
    ),
    "in a plane": (
        lambda: D.MultivariateNormal.fit([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]),
        "MultivariateNormal.fit: the likelihood grows without bound when the values lie in a plane: there the covariance is singular, "
        "got 3 values in 2 dimensions, of rank 1. Use instead: more values than dimensions, or fewer dimensions",
    ),
    "mixture": (
        lambda: D.Mixture.fit([1.0, 2.0]),
        "Mixture.fit: the likelihood of a mixture grows without bound when one component shrinks around one value, "
        "got a free scale for each component. "
        "Use instead: Mixture.fit(data, scale=1.0), or shared_scale=True for one scale of all components of a Normal",
    ),
    "trials unknown": (
        lambda: D.Binomial.fit([1.0, 2.0]),
        "Binomial.fit: the number of trials must be known; as a parameter it has no useful maximum, got no total_count. "
        "Type instead: Binomial.fit(data, total_count=10)",
    ),
    "one side": (
        lambda: D.AsymmetricLaplace.fit([0.0, 0.1, 0.3, 0.8, 2.0, 6.0, 19.0]),
        "AsymmetricLaplace.fit: the likelihood is greatest where all values lie on one side of loc, at quantile 0 or 1, "
        "which is no asymmetric Laplace, got the best loc at an extreme value, 0. "
        "Type instead: AsymmetricLaplace.fit(data, quantile=0.5), or Exponential.fit(data - data.min())",
    ),
    "errors of a kink": (
        lambda: D.Laplace.fit([1.0, 2.0, 4.0]).fitted.standard_errors,
        "Laplace.fit(...).fitted.covariance: the log-likelihood has a kink at every value, so its curvature at the median is not the information "
        "(scale / sqrt(n) is), got this family. Use instead: a bootstrap: fit resampled data",
    ),
    "errors at an edge": (
        lambda: D.Bernoulli.fit([1.0, 1.0]).fitted.standard_errors,
        "Bernoulli.fit(...).fitted.covariance: an estimate at the edge of its range has no curvature, got probs=1.0. "
        "Use instead: tl.distributions.likelihood_curve(...) for an interval",
    ),
    "collinear": (
        lambda: D.regress(D.Poisson, np.ones((3, 2)), [1.0, 2.0, 3.0]),
        "regress: the columns of X must be linearly independent, or many coefficients fit equally well, got rank 1 of 2 columns. "
        "Type instead: np.delete(X, column, axis=1)",
    ),
    "separation": (
        lambda: D.regress(lambda z: D.Bernoulli(logits=z), [[1.0, -2.0], [1.0, -1.0], [1.0, 1.0], [1.0, 2.0]], [0.0, 0.0, 1.0, 1.0]),
        "regress: a combination of the columns separates the zeros from the ones, so the likelihood rises for ever along it, "
        "got separation along [0., 1.]. Use instead: fewer columns, more data, or a penalty on the coefficients",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_where_there_is_no_maximum_fit_refuses(name):
    call, message = REFUSED[name]
    with pytest.raises(tl.errors.NoMaximumError) as caught:
        call()
    assert str(caught.value) == message


def test_a_likelihood_that_rises_towards_the_edge_is_noticed_while_climbing():
    with pytest.raises(tl.errors.NoMaximumError, match="the likelihood keeps rising while df moves towards the edge"):
        D.StudentT.fit(np.linspace(-1.0, 1.0, 41))  # lighter tails than the Normal


def test_quasi_separation_is_separation():
    X = np.array([[1.0, -1.0], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    with pytest.raises(tl.errors.NoMaximumError, match="separates the zeros from the ones"):
        D.regress(lambda z: D.Bernoulli(logits=z), X, [0.0, 0.0, 1.0, 1.0])
    overlap = D.regress(lambda z: D.Bernoulli(logits=z), X, [1.0, 0.0, 1.0, 1.0])
    assert np.all(np.isfinite(overlap.coefficients))
