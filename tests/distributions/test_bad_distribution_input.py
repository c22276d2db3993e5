"""What every family refuses, and what it says: one table of whole messages."""

import numpy as np
import pytest

import tinygrad_loss as tl
from families import CASES
from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution

E = tl.errors

BAD = {
    "negative scale": (
        lambda: D.Normal(0.0, -1.0),
        E.DomainError,
        "Normal: scale must be positive, got -1.0. Type instead: Normal(loc=loc, scale=np.exp(scale))",
    ),
    "zero scale in an array": (
        lambda: D.Laplace(0.0, [1.0, 0.0]),
        E.DomainError,
        "Laplace: scale must be positive, got 0.0 at [1]. Type instead: Laplace(loc=loc, scale=np.exp(scale))",
    ),
    "nan parameter": (
        lambda: D.Normal(float("nan"), 1.0),
        E.DomainError,
        "Normal: loc must be a real number, got nan. Use instead: with tl.debug(): around what computed loc, which names the op that made it nan",
    ),
    "probability above 1": (
        lambda: D.Bernoulli(1.2),
        E.DomainError,
        "Bernoulli: probs must be between 0 and 1, got 1.2. Type instead: Bernoulli(probs=tl.ops.expit(probs))",
    ),
    "probabilities that do not sum to 1": (
        lambda: D.Categorical(probs=[0.5, 0.6]),
        E.DomainError,
        "Categorical: probs must be probabilities that sum to 1, got [0.5, 0.6]. Type instead: Categorical(probs=tl.ops.softmax(probs, axis=-1))",
    ),
    "negative rate": (
        lambda: D.Poisson(-1.0),
        E.DomainError,
        "Poisson: rate must be at least 0, got -1.0. Type instead: Poisson(rate=np.exp(rate))",
    ),
    "half a trial": (
        lambda: D.Binomial(2.5, 0.5),
        E.DomainError,
        "Binomial: total_count must be a whole number, at least 0, got 2.5. Type instead: Binomial(total_count=np.round(np.abs(total_count)), probs=probs)",
    ),
    "quantile": (
        lambda: D.AsymmetricLaplace(0.0, 1.0, 1.0),
        E.DomainError,
        "AsymmetricLaplace: quantile must be strictly between 0 and 1, got 1.0. Type instead: AsymmetricLaplace(loc=loc, scale=scale, quantile=tl.ops.expit(quantile))",
    ),
    "both ways": (
        lambda: D.Bernoulli(probs=0.5, logits=0.0),
        E.DomainError,
        "Bernoulli: exactly one of probs and logits says the probability, got probs and logits. Use instead: Bernoulli(probs=...)",
    ),
    "no way": (
        lambda: D.Categorical(),
        E.DomainError,
        "Categorical: exactly one of probs and logits says the probabilities, got none. Use instead: Categorical(probs=...)",
    ),
    "low above high": (
        lambda: D.Uniform(1.0, 0.0),
        E.DomainError,
        "Uniform: low must be below high, got low=1.0 and high=0.0. Type instead: Uniform(high, low)",
    ),
    "not positive definite": (
        lambda: D.MultivariateNormal([0.0, 0.0], covariance_matrix=[[1.0, 2.0], [2.0, 1.0]]),
        E.DomainError,
        "MultivariateNormal: covariance_matrix must be symmetric and positive definite, got [[1., 2.], [2., 1.]]. Type instead: MultivariateNormal(loc=loc, covariance_matrix=covariance_matrix @ covariance_matrix.T + np.eye(len(covariance_matrix)))",
    ),
    "not lower": (
        lambda: D.MultivariateNormal([0.0, 0.0], scale_tril=[[1.0, 2.0], [0.0, 1.0]]),
        E.DomainError,
        "MultivariateNormal: scale_tril must be lower-triangular with a positive diagonal, got [[1., 2.], [0., 1.]]. Type instead: MultivariateNormal(loc=loc, scale_tril=np.linalg.cholesky(scale_tril @ scale_tril.T))",
    ),
    "matrix of another size": (
        lambda: D.MultivariateNormal([0.0, 0.0], scale_tril=np.eye(3)),
        E.ShapeError,
        "MultivariateNormal: a matrix must be [..., d, d] for loc [..., d], got (2,) and (3, 3) (loc has length 2 on axis 0, the matrix has 3 on axis 1). Type instead: np.eye(len(loc))",
    ),
    "number for a vector": (
        lambda: D.Dirichlet(1.0),
        E.ShapeError,
        "Dirichlet: concentration must be a vector of positive numbers, got (). Type instead: Dirichlet(concentration=np.atleast_1d(concentration))",
    ),
    "shapes of parameters": (
        lambda: D.Normal(np.zeros(2), np.ones(3)),
        E.ShapeError,
        "Normal: parameters must broadcast together, got (2,) and (3,) (loc has length 2 on axis 0, scale has 3). Type instead: Normal(loc=loc[..., None], scale=scale)",
    ),
    "several totals": (
        lambda: D.Multinomial([1, 2], [0.5, 0.5]),
        E.ShapeError,
        "Multinomial: total_count must be one number for the whole batch, got (2,). Use instead: one Multinomial for each total_count",
    ),
    "text": (
        lambda: D.Normal("a", 1.0),
        E.DTypeError,
        "Normal: loc must be real numbers, got str of dtype <U1. Type instead: np.asarray(loc, dtype=np.float64)",
    ),
    "complex": (
        lambda: D.Normal(1j, 1.0),
        E.DTypeError,
        "Normal: loc must be real numbers, got complex of dtype complex128. Type instead: np.real(loc)",
    ),
    "value out of the support": (
        lambda: D.Gamma(1.0, 1.0).log_prob(-1.0),
        E.DomainError,
        "Gamma.log_prob: value must be at least 0, got -1.0. Use instead: Gamma(concentration=concentration, rate=rate, validate_args=False), for which it is -inf there",
    ),
    "value in an array out of the support": (
        lambda: D.Exponential(1.0).nll([1.0, -2.0]),
        E.DomainError,
        "Exponential.log_prob: value must be at least 0, got -2.0 at [1]. Use instead: Exponential(rate=rate, validate_args=False), for which it is -inf there",
    ),
    "half a count": (
        lambda: D.Poisson(2.0).log_prob(0.5),
        E.DomainError,
        "Poisson.log_prob: value must be a whole number, at least 0, got 0.5. Use instead: Poisson(rate=rate, validate_args=False), for which it is -inf there",
    ),
    "class index": (
        lambda: D.Categorical(probs=[0.5, 0.5]).log_prob(2),
        E.DomainError,
        "Categorical.log_prob: value must be a class index from 0 to 1, got 2.0. Use instead: Categorical(probs=probs, validate_args=False), for which it is -inf there",
    ),
    "counts that miss the total": (
        lambda: D.Multinomial(3, [0.5, 0.5]).log_prob([1.0, 1.0]),
        E.DomainError,
        "Multinomial.log_prob: value must be a vector of counts that sums to total_count, got [1., 1.]. Use instead: Multinomial(total_count=total_count, probs=probs, validate_args=False), for which it is -inf there",
    ),
    "value beyond the ends": (
        lambda: D.Uniform(0.0, 1.0).prob(2.0),
        E.DomainError,
        "Uniform.log_prob: value must be between its low and its high, got 2.0. Use instead: Uniform(low=low, high=high, validate_args=False), for which it is -inf there",
    ),
    "not probabilities": (
        lambda: D.Dirichlet([1.0, 1.0]).log_prob([0.5, 0.6]),
        E.DomainError,
        "Dirichlet.log_prob: value must be probabilities that sum to 1, got [0.5, 0.6]. Use instead: Dirichlet(concentration=concentration, validate_args=False), for which it is -inf there",
    ),
    "nan value": (
        lambda: D.Normal(0.0, 1.0).log_prob(np.nan),
        E.DomainError,
        "Normal.log_prob: value must be a real number, got nan. Type instead: value[~np.isnan(value)]",
    ),
    "text value": (
        lambda: D.Normal(0.0, 1.0).log_prob("a"),
        E.DTypeError,
        "Normal.log_prob: value must be real numbers, got str of dtype <U1. Type instead: np.asarray(value, dtype=np.float64)",
    ),
    "shape of a value": (
        lambda: D.Normal(np.zeros(2), 1.0).log_prob(np.zeros(3)),
        E.ShapeError,
        "Normal.log_prob: a value must broadcast against batch (2,) and event (), got (3,) (the value has length 3 on axis 0, the distribution has 2). Use instead: log_prob(value[..., None]) to meet each parameter of a batch",
    ),
    "shape of an event": (
        lambda: D.Dirichlet([1.0, 1.0]).log_prob([0.2, 0.3, 0.5]),
        E.ShapeError,
        "Dirichlet.log_prob: a value must broadcast against batch () and event (2,), got (3,) (the value has length 3 on axis 0, the distribution has 2). Use instead: a value of shape (..., 2)",
    ),
    "mixture": (
        lambda: D.Mixture(D.Categorical(probs=[0.5, 0.5]), D.Normal(np.zeros(3), 1.0)),
        E.ShapeError,
        "Mixture: the components' last batch axis must have one entry for each weight, got (3,) and (2,) (component_distribution has length 3 on axis 0, not 2). Type instead: Mixture(Categorical(probs=np.ones(k) / k), Normal(np.zeros(k), np.ones(k)))",
    ),
    "independent": (
        lambda: D.Independent(D.Normal(0.0, 1.0), 1),
        E.DomainError,
        "Independent: reinterpreted_batch_ndims must be from 0 to 0, the batch axes of the base, got 1. Type instead: Independent(base, 0)",
    ),
    "transformed vector": (
        lambda: D.TransformedDistribution(D.Dirichlet([1.0, 1.0]), D.ExpTransform()),
        E.ShapeError,
        "TransformedDistribution: the base must be a distribution of single numbers, got (2,). Type instead: Independent(TransformedDistribution(base, transforms), 1)",
    ),
    "no closed cdf": (
        lambda: D.VonMises(0.0, 1.0).cdf(0.0),
        E.NoRuleError,
        "VonMises.cdf: it has no closed form, got a call. Type instead: np.mean(d.sample(100_000, rng) <= value)",
    ),
    "no closed entropy": (
        lambda: D.Mixture(D.Categorical(probs=[0.5, 0.5]), D.Normal(np.zeros(2), 1.0)).entropy(),
        E.NoRuleError,
        "Mixture.entropy: the mean of the logarithm of a sum has no closed form; entropy_bounds() says what it lies between, got a call. Type instead: np.mean(d.nll(d.sample(100_000, rng)))",
    ),
    "no closed mean": (
        lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), D.SigmoidTransform()).mean,
        E.NoRuleError,
        "TransformedDistribution.mean: it has no closed form, got a call. Type instead: np.mean(d.sample(100_000, rng), axis=0)",
    ),
    "no rsample": (
        lambda: D.Poisson(2.0).rsample(),
        E.NoRuleError,
        "Poisson.rsample: a whole number jumps when a parameter moves, so its derivative is 0 almost everywhere, got a call. Type instead: y = d.sample(shape, rng); np.mean(f(y) * d.log_prob(y)).backward()",
    ),
    "cdf in a shape": (
        lambda: tl.grad(lambda a: D.Beta(a, 1.0).cdf(0.5))(1.0),
        E.NoRuleError,
        "betainc: there is no derivative with respect to a, got a Tensor that requires grad. Use instead: betainc with a.item() or a.numpy()",
    ),
    "no data": (
        lambda: D.Normal.fit([]),
        E.DomainError,
        "Normal.fit: data must not be empty, got shape (0,). Use instead: Normal.fit(data), with at least one value",
    ),
    "nan data": (
        lambda: D.Normal.fit([1.0, np.nan]),
        E.DomainError,
        "Normal.fit: every value must be finite, got nan at [1]. Use instead: Normal.fit(data[valid]), without such values",
    ),
    "infinite data": (
        lambda: D.Normal.fit([1.0, np.inf]),
        E.DomainError,
        "Normal.fit: every value must be finite, got inf at [1]. Use instead: Normal.fit(data[valid]), without such values",
    ),
    "data out of the support": (
        lambda: D.LogNormal.fit([1.0, 0.0]),
        E.DomainError,
        "LogNormal.fit: every value must be finite and positive, got 0.0 at [1]. Use instead: LogNormal.fit(data[valid]), without such values",
    ),
    "data beyond what is fixed": (
        lambda: D.Uniform.fit([1.0, 3.0], high=2.0),
        E.DomainError,
        "Uniform.fit: every value must be finite and between its low and its high, got 3.0 at [1]. Use instead: Uniform.fit(data[valid]), without such values",
    ),
    "unequal totals": (
        lambda: D.Multinomial.fit([[1, 2], [1, 1]]),
        E.DomainError,
        "Multinomial.fit: every row must sum to the same number of trials, above 0, got sums from 2 to 3. Type instead: Categorical.fit(classes, weights=counts.sum(axis=0))",
    ),
    "number of weights": (
        lambda: D.Normal.fit([1.0, 2.0], weights=[1.0]),
        E.ShapeError,
        "Normal.fit: there must be one weight for each value, got (1,) and (2,) (weights has length 1 on axis 0, not 2). Type instead: Normal.fit(data, np.ones(len(data)))",
    ),
    "negative weight": (
        lambda: D.Normal.fit([1.0, 2.0], weights=[1.0, -1.0]),
        E.DomainError,
        "Normal.fit: weights must be finite, at least 0 and not all 0, got -1.0 at [1]. Type instead: Normal.fit(data, np.abs(weights))",
    ),
    "no weight": (
        lambda: D.Normal.fit([1.0, 2.0], weights=[0.0, 0.0]),
        E.DomainError,
        "Normal.fit: weights must be finite, at least 0 and not all 0, got 0.0 at [0]. Type instead: Normal.fit(data)",
    ),
    "unknown fixed": (
        lambda: D.Normal.fit([1.0, 2.0], sclae=1.0),
        E.DomainError,
        "Normal.fit: a fixed parameter must be one of 'loc', 'scale', got 'sclae'. Type instead: 'scale'",
    ),
    "text data": (
        lambda: D.Normal.fit(["a"]),
        E.DTypeError,
        "Normal.fit: data must be real numbers, got list of dtype <U1. Type instead: np.asarray(data, dtype=np.float64)",
    ),
    "regression shapes": (
        lambda: D.regress(D.Poisson, np.ones((3, 1)), [1.0, 2.0]),
        E.ShapeError,
        "regress: X must be [n, p], y and weights [n], got (3, 1) and (2,) and (2,) (X has length 3 on axis 0, y has 2). Type instead: regress(noise, X, y.ravel())",
    ),
    "regression nan": (
        lambda: D.regress(D.Poisson, np.ones((2, 1)), [1.0, np.nan]),
        E.DomainError,
        "regress: y must be finite, got nan, inf or a negative weight. Use instead: the rows where y is valid",
    ),
    "quantile of a regression": (
        lambda: D.quantile_regression(np.ones((2, 1)), [1.0, 2.0], 1.0),
        E.DomainError,
        "quantile_regression: quantile must be strictly between 0 and 1, got 1.0. Type instead: quantile_regression(X, y, 0.5)",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_whole_message(name):
    call, kind, message = BAD[name]
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_family_refuses_a_nan_parameter(case):
    for key, value in case.given.items():
        broken = np.array(value, float)
        broken.flat[0] = np.nan
        with pytest.raises(E.DomainError, match=f"{key} must be"):
            case.family(**{**case.given, key: broken})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_family_refuses_a_nan_value_and_empty_data(case):
    with pytest.raises(E.DomainError, match="value must be"):
        case.d.log_prob(np.full(case.d.event_shape, np.nan))
    fixed = {k: case.given[k] for k in case.fixed}
    with pytest.raises(E.DomainError, match="data must not be empty"):
        case.family.fit(np.zeros((0, *case.d.event_shape)), **fixed)
    with pytest.raises(E.DomainError, match="every value must be finite"):
        case.family.fit(np.full((3, *case.d.event_shape), np.nan), **fixed)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_values_have_no_log_probs(case):
    assert case.d.log_prob(np.zeros((0, *case.d.event_shape))).shape == (0,)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_constraints_can_be_asked(case):
    for key, value in case.given.items():
        assert np.all(case.family.arg_constraints[key].check(np.asarray(value, float)))
    assert np.all(case.d.support.check(np.array(case.values, float)))
    assert not np.any(case.d.support.check(np.full(case.d.event_shape, np.nan)))


def test_unchecked_values_outside_the_support_are_impossible():
    for family, given, outside in (
        (D.Gamma, {"concentration": 2.0, "rate": 1.0}, [-1.0]),
        (D.Uniform, {"low": 0.0, "high": 1.0}, [-0.5, 1.5]),
        (D.Poisson, {"rate": 2.0}, [-1.0, 0.5]),
        (D.Beta, {"concentration1": 2.0, "concentration0": 2.0}, [-0.1, 1.1]),
        (D.Categorical, {"probs": [0.5, 0.5]}, [-1, 2, 0.5]),
        (D.Binomial, {"total_count": 3, "probs": 0.5}, [4.0]),
        (D.Weibull, {"scale": 1.0, "concentration": 2.0}, [0.0, -1.0]),
    ):
        d = family(**given, validate_args=False)
        np.testing.assert_array_equal(d.log_prob(np.array(outside, float)), np.full(len(outside), -np.inf))
        np.testing.assert_array_equal(d.prob(np.array(outside, float)), 0.0)
        assert np.isnan(d.log_prob(np.nan))
    slope = tl.grad(lambda rate: D.Exponential(rate, validate_args=False).prob(-1.0))(2.0)
    assert float(slope) == 0.0
