"""Samples are distributed as they say, and move with the parameters as they should."""

import mpmath as mp
import numpy as np
import pytest
import scipy.stats as st

import tinygrad_loss as tl
from families import CASES, CONTINUOUS, DISCRETE
from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution
from tinygrad_loss.distributions.operand import numbers
from tinygrad_loss.ops import special
from tinygrad_loss.ops.incomplete_gamma import log_gammaincinv

N = 4000
by_name = {"ids": str}
TWO_NOISES = {D.AsymmetricLaplace, D.Beta, D.Gamma, D.StudentT}
REPARAMETERISED = [case for case in CASES if not case.family.no_rsample]


@pytest.mark.parametrize("case", [c for c in CONTINUOUS if c.reference is not None], **by_name)
def test_continuous_samples_pass_kolmogorov_and_smirnov(case, rng):
    y = case.d.sample(N, rng)
    cdf = case.reference.cdf if case.family is D.VonMises else case.d.cdf
    assert st.kstest(y, cdf).pvalue > 1e-3


@pytest.mark.parametrize("case", DISCRETE, **by_name)
def test_discrete_samples_pass_chi_squared(case, rng):
    y = case.d.sample(N, rng)
    outcomes = np.arange(case.ends[0], case.ends[1] + 1)
    expected = N * case.d.prob(outcomes.astype(float))
    often = expected >= 5
    observed = np.array([(y == k).sum() for k in outcomes[often]])
    rest, expected_rest = N - observed.sum(), N - expected[often].sum()
    f, e = (observed, expected[often]) if expected_rest < 5 else (np.append(observed, rest), np.append(expected[often], expected_rest))
    assert st.chisquare(f, e * f.sum() / e.sum()).pvalue > 1e-3


@pytest.mark.parametrize("case", [c for c in CASES if c.family not in {D.Cauchy, D.VonMises, D.Categorical}], **by_name)
def test_moments_of_samples_are_within_their_errors(case, rng):
    y = case.d.sample(N, rng)
    mean, variance = np.asarray(case.d.mean), np.asarray(case.d.variance)
    assert np.all(np.abs(y.mean(axis=0) - mean) < 4.5 * np.sqrt(variance / N))
    fourth = ((y - mean) ** 4).mean(axis=0)
    assert np.all(np.abs(y.var(axis=0) - variance) < 5 * np.sqrt(fourth / N) + 1e-12)


@pytest.mark.parametrize("case", CASES, **by_name)
def test_a_seed_gives_the_same_values_again(case):
    assert case.d.sample((2, 3), rng=7).shape == (2, 3, *case.d.event_shape)
    np.testing.assert_array_equal(case.d.sample((2, 3), rng=7), case.d.sample((2, 3), rng=np.random.default_rng(7)))
    assert case.d.sample(rng=7).shape == case.d.event_shape
    assert isinstance(case.d.sample(3, rng=7), np.ndarray)


@pytest.mark.parametrize("case", REPARAMETERISED, **by_name)
def test_rsample_is_sample_with_a_gradient(case):
    moving = {k: np.asarray(v, float) for k, v in case.given.items()}
    d = case.family(**{k: tl.tensor(v, requires_grad=True) for k, v in moving.items()})
    y = d.rsample(5, rng=3)
    assert isinstance(y, tl.Tensor)
    assert y.requires_grad
    np.testing.assert_allclose(numbers(y), case.d.sample(5, rng=3), rtol=1e-12)
    assert isinstance(case.d.rsample(5, rng=3), np.ndarray)


@pytest.mark.parametrize("case", [c for c in REPARAMETERISED if not c.event and c.family not in TWO_NOISES], **by_name)
def test_rsample_moves_along_the_level_lines_of_the_cdf(case):
    """F(y(theta); theta) = u for fixed noise, so dy/dtheta = -(dF/dtheta) / p(y): differences of the cdf need no sampling rule.

    What is made from two noises has no such level; its mean motion is tested below.
    """
    for key, value in case.given.items():
        rest = {k: v for k, v in case.given.items() if k != key}

        def total(theta, key=key, rest=rest):
            return np.sum(case.family(**{key: theta}, **rest).rsample(6, rng=5))

        slope = float(tl.grad(total)(value))
        y = case.d.sample(6, rng=5)
        step = 1e-5
        up, down = (case.family(**{key: value + s}, **rest) for s in (step, -step))
        expected = np.sum(-(up.cdf(y) - down.cdf(y)) / (2 * step) / case.d.prob(y))
        assert slope == pytest.approx(expected, rel=2e-6, abs=1e-8), key


def mean_slope(f, at, n=20000):
    return float(tl.grad(lambda theta: np.mean(f(theta, n)))(at))


@pytest.mark.parametrize(
    ("f", "at", "expected", "tolerance"),
    [
        (lambda a, n: D.Beta(a, 1.5).rsample(n, rng=1), 2.0, 1.5 / 3.5**2, 0.004),
        (lambda b, n: D.Beta(2.0, b).rsample(n, rng=1), 1.5, -2.0 / 3.5**2, 0.004),
        (lambda a, n: np.log(D.Gamma(a, 1.0).rsample(n, rng=1)), 0.7, float(special.polygamma(1, 0.7)), 0.06),
        (lambda a, n: D.Gamma(a, 2.0).rsample(n, rng=1), 2.4, 0.5, 0.02),
        (lambda t, n: D.AsymmetricLaplace(0.0, 1.0, t).rsample(n, rng=1), 0.4, -1 / 0.4**2 - 1 / 0.6**2 + 0.0, 0.3),
        (lambda df, n: D.StudentT(df).rsample(n, rng=1) ** 2, 9.0, -2.0 / 49.0, 0.02),
        (lambda a, n: D.Dirichlet(np.stack([a, a * 0 + 1.0, a * 0 + 1.0])).rsample(n, rng=1)[:, 0], 2.0, 2.0 / 16.0, 0.004),
        (lambda s, n: D.Normal(0.5, s).rsample(n, rng=1) ** 2, 2.0, 4.0, 0.15),
    ],
    ids=["Beta a", "Beta b", "E log Gamma", "Gamma", "AsymmetricLaplace", "StudentT df", "Dirichlet", "Normal scale"],
)
def test_mean_slope_of_rsample_is_the_slope_of_the_mean(f, at, expected, tolerance):
    assert mean_slope(f, at) == pytest.approx(expected, abs=tolerance)


def test_second_derivatives_flow_through_samples():
    for family, given, key in ((D.InverseGaussian, {"loc": 2.0}, "concentration"), (D.InverseGaussian, {"concentration": 2.0}, "loc")):

        def total(theta, family=family, given=given, key=key):
            return np.sum(family(**{key: theta}, **given).rsample(4, rng=2))

        slope = tl.grad(total)
        curvature = float(tl.grad(slope)(1.7))

        def frozen(step, family=family, given=given, key=key):
            """Differentiate along the level lines once more: y(theta) itself, by solving the cdf for it."""
            start = family(**{key: 1.7}, **given)
            y = start.sample(4, rng=2)
            level = start.cdf(y)
            moved = family(**{key: 1.7 + step}, **given)
            for _ in range(60):
                y = y - (moved.cdf(y) - level) / moved.prob(y)
            return np.sum(y)

        h = 1e-3
        assert curvature == pytest.approx((frozen(h) - 2 * frozen(0.0) + frozen(-h)) / h**2, rel=2e-5)


def test_a_gamma_quantile_moves_with_its_shape():
    """Against mpmath, which inverts the incomplete gamma function without knowing a rule."""
    with mp.workdps(30):
        for a, u in ((0.3, 0.9), (1.3, 0.4), (2.0, 1e-9), (5.0, 0.999), (60.0, 0.3)):

            def log_quantile(shape, a=a, u=u):
                return mp.findroot(lambda x: mp.gammainc(shape, 0, mp.exp(x), regularized=True) - u, float(log_gammaincinv(a, u)))

            step = mp.mpf(10) ** -8
            expected = (log_quantile(a + step) - log_quantile(a - step)) / (2 * step)
            curvature = (log_quantile(a + 1e-4) - 2 * log_quantile(a) + log_quantile(a - 1e-4)) / mp.mpf(1e-8)
            slope = tl.grad(lambda a, u=u: log_gammaincinv(a, u))
            assert float(slope(a)) == pytest.approx(float(expected), rel=1e-12)
            assert float(tl.grad(slope)(a)) == pytest.approx(float(curvature), rel=1e-5)


def test_small_concentrations_do_not_underflow():
    y = D.Beta(1e-3, 1e-3).sample(200, rng=1)
    assert np.all(np.isfinite(y))
    assert 0.3 < np.mean(y > 0.5) < 0.7
    p = D.Dirichlet([1e-4, 1e-4, 1e-4]).sample(50, rng=1)
    np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=1e-12)


@pytest.mark.parametrize("case", [c for c in CASES if c.family.no_rsample], **by_name)
def test_where_rsample_is_impossible_it_says_why(case):
    assert not case.d.has_rsample
    given = {key: tl.tensor(value, requires_grad=np.asarray(value).dtype.kind == "f") for key, value in case.given.items()}
    d = case.family(**given)
    with pytest.raises(tl.errors.NoRuleError, match=r"rsample: .*Type instead: y = d.sample") as caught:
        d.rsample(3, rng=0)
    line = str(caught.value).rpartition("Type instead: ")[2]
    exec(line, {"np": np, "d": d, "f": lambda y: np.ones(3), "shape": 3, "rng": 0})  # noqa: S102  what the message says to type
    assert any(x.grad is not None for x in given.values())


def test_mixture_and_made_distributions(rng):
    mixture = D.Mixture(D.Categorical(probs=[0.3, 0.7]), D.Normal([-1.0, 2.0], [0.5, 1.0]))
    y = mixture.sample(N, rng)
    assert st.kstest(y, mixture.cdf).pvalue > 1e-3
    assert float(mixture.mean) == pytest.approx(0.3 * -1 + 0.7 * 2)
    assert float(mixture.variance) == pytest.approx(0.3 * 0.25 + 0.7 * 1.0 + 0.21 * 9)
    assert float(tl.grad(lambda y: mixture.cdf(y))(0.4)) == pytest.approx(float(mixture.prob(0.4)), rel=1e-12)

    made = D.TransformedDistribution(D.Normal(0.3, 0.6), [D.ExpTransform(), D.AffineTransform(1.0, -2.0)])
    y = made.sample(N, rng)
    assert st.kstest(y, made.cdf).pvalue > 1e-3
    assert float(tl.grad(lambda y: made.cdf(y))(-2.0)) == pytest.approx(float(made.prob(-2.0)), rel=1e-12)
    assert float(tl.grad(lambda m: D.TransformedDistribution(D.Normal(m, 0.6), D.ExpTransform()).rsample(rng=1))(0.3)) > 0

    for transform in (D.SigmoidTransform(), D.TanhTransform()):
        squashed = D.TransformedDistribution(D.Normal(0.3, 0.6), transform)
        assert float(tl.grad(lambda y, d=squashed: d.cdf(y))(0.4)) == pytest.approx(float(squashed.prob(0.4)), rel=1e-12)
    weibull = D.TransformedDistribution(D.Exponential(1.0), [D.PowerTransform(1 / 1.8), D.AffineTransform(0.0, 1.6)])
    assert float(weibull.log_prob(1.1)) == pytest.approx(float(D.Weibull(1.6, 1.8).log_prob(1.1)), rel=1e-13)

    joint = D.Independent(D.Normal(np.zeros((2, 3)), 1.0), 1)
    assert joint.batch_shape == (2,)
    assert joint.sample(4, rng).shape == (4, 2, 3)
    np.testing.assert_allclose(joint.log_prob(np.ones((2, 3))), st.norm.logpdf(1.0) * 3 * np.ones(2), rtol=1e-13)
    np.testing.assert_allclose(joint.entropy(), st.norm.entropy() * 3 * np.ones(2), rtol=1e-13)


def test_a_mixture_of_vectors(rng):
    both = D.Mixture(D.Categorical(probs=[0.5, 0.5]), D.MultivariateNormal([[0.0, 0.0], [3.0, 1.0]], covariance_matrix=np.eye(2)))
    assert both.event_shape == (2,)
    assert both.sample(5, rng).shape == (5, 2)
    expected = np.log(0.5 * st.multivariate_normal([0, 0]).pdf([1, 1]) + 0.5 * st.multivariate_normal([3, 1]).pdf([1, 1]))
    assert float(both.log_prob([1.0, 1.0])) == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(both.mean, [1.5, 0.5])
    np.testing.assert_allclose(both.variance, [1 + 2.25, 1 + 0.25])
