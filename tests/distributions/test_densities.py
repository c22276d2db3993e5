"""What is true of every density: it sums to 1, its moments are its integrals, its slopes are its derivatives."""

import itertools

import mpmath as mp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats as st

import tinygrad_loss as tl
from families import CASES, CONTINUOUS, DISCRETE, UNIVARIATE
from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution
from tinygrad_loss.distributions.operand import numbers

by_name = {"ids": str}
WITH_MOMENTS = [case for case in CONTINUOUS if case.family not in {D.Cauchy, D.VonMises}]


def expectation(case, f):
    """Integrate f(y) p(y), or sum it; f = 1 gives the whole."""
    d = case.d
    if case.whole:
        y = np.arange(case.ends[0], case.ends[1] + 1)
        return np.sum(f(y) * d.prob(y))
    points = [case.ends[0], *case.breaks, case.ends[1]]
    if case.ends[0] == 0 and case.ends[1] == np.inf:
        points = [0.0, 1.0, np.inf]

    def inside(y):
        return f(np.float64(y)) * float(d.prob(y)) if y > 0 or case.ends[0] < 0 else 0.0

    pieces = itertools.pairwise(points)
    return sum(scipy.integrate.quad(inside, *piece, epsabs=1e-12, epsrel=1e-11, limit=400)[0] for piece in pieces)


@pytest.mark.parametrize("case", UNIVARIATE, **by_name)
def test_probabilities_sum_to_one(case):
    assert expectation(case, lambda y: 1.0) == pytest.approx(1.0, abs=2e-9)


@pytest.mark.parametrize("case", WITH_MOMENTS + [c for c in DISCRETE if c.family is not D.Categorical], **by_name)
def test_moments_are_integrals(case):
    mean = expectation(case, lambda y: y)
    assert float(case.d.mean) == pytest.approx(mean, rel=1e-8, abs=1e-9)
    assert float(case.d.variance) == pytest.approx(expectation(case, lambda y: (y - mean) ** 2), rel=1e-7)
    assert float(case.d.stddev) ** 2 == pytest.approx(float(case.d.variance), rel=1e-12)


@pytest.mark.parametrize("case", UNIVARIATE, **by_name)
def test_entropy_is_the_mean_of_the_nll(case):
    def nll(y):
        with np.errstate(all="ignore"):
            return np.where(case.d.prob(y) == 0, 0.0, case.d.nll(y))

    assert float(case.d.entropy()) == pytest.approx(expectation(case, nll), rel=2e-8, abs=1e-9)


def test_entropy_of_events_is_that_of_scipy():
    for case in CASES:
        if case.event:
            assert float(case.d.entropy()) == pytest.approx(case.reference.entropy(), rel=1e-12)


@pytest.mark.parametrize("case", [c for c in CASES if c.reference is not None], **by_name)
def test_log_prob_is_that_of_scipy(case):
    continuous = case.family is D.Dirichlet or not case.whole
    expected = [(case.reference.logpdf if continuous else case.reference.logpmf)(np.asarray(y)) for y in case.values]
    np.testing.assert_allclose([case.d.log_prob(y) for y in case.values], np.ravel(expected), rtol=2e-12, atol=1e-13)
    np.testing.assert_allclose([case.d.nll(y) for y in case.values], -np.ravel(expected), rtol=2e-12, atol=1e-13)


@pytest.mark.parametrize("case", [c for c in UNIVARIATE if c.reference is not None and c.family is not D.VonMises], **by_name)
def test_cdf_is_that_of_scipy_everywhere(case):
    y = np.array([-1e300, -7.5, -1.0, -0.2, 0.0, 0.35, 1.0, 1.5, 4.0, 8.2, 1e300])
    with np.errstate(all="ignore"):
        expected = case.reference.cdf(y)
    np.testing.assert_allclose(case.d.cdf(y), expected, rtol=1e-11, atol=1e-14)
    np.testing.assert_array_equal(case.d.cdf(np.array([-np.inf, np.inf])), [0.0, 1.0])


@pytest.mark.parametrize("case", [c for c in CONTINUOUS if c.family is not D.VonMises], **by_name)
def test_slope_of_the_cdf_is_the_density(case):
    y = np.array(case.values)
    slope = tl.grad(lambda y: np.sum(case.d.cdf(y)))(y)
    np.testing.assert_allclose(slope, case.d.prob(y), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("case", [c for c in CONTINUOUS if c.family not in {D.VonMises, D.Uniform} and c.ends[0] < 0], **by_name)
@pytest.mark.parametrize("z", [-1.0, 0.0, 1.0])
def test_special_points_are_smooth_and_need_no_doubt(case, z):
    """A warning is an error here: where the pieces of a formula meet, the whole has its slope, proved."""
    d = case.family(**{**case.given, "loc": 0.0, "scale": 1.0})
    slope = float(tl.grad(d.cdf)(z))
    assert slope == pytest.approx(float(d.prob(z)), rel=1e-12)
    if case.family not in {D.Laplace, D.AsymmetricLaplace} or z:
        step = 1e-6
        expected = (float(d.log_prob(z + step)) - float(d.log_prob(z - step))) / (2 * step)
        assert float(tl.grad(d.log_prob)(z)) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("case", DISCRETE, **by_name)
def test_steps_of_the_cdf_are_the_probabilities(case):
    y = np.arange(case.ends[0], min(case.ends[1], 30) + 1).astype(float)
    steps = case.d.cdf(y) - case.d.cdf(y - 1)
    np.testing.assert_allclose(steps, case.d.prob(y), rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(case.d.cdf(y + 0.5), case.d.cdf(y), rtol=1e-13)


def differentiable(given):
    """Return the parameters that have a derivative: the number of trials has none."""
    return {k: np.asarray(v, float) for k, v in given.items() if k != "total_count" or isinstance(v, float)}


@pytest.mark.parametrize("case", CASES, **by_name)
def test_gradient_in_every_parameter_is_the_slope(case):
    y = np.array(case.values, float)
    moving = differentiable(case.given)
    rest = {k: v for k, v in case.given.items() if k not in moving}

    def nll(parameters):
        return np.sum(case.family(**parameters, **rest, validate_args=False)._log_density(y) * -1.0)

    gradient = tl.grad(nll)(moving)
    for key, value in moving.items():
        slopes = np.zeros(value.shape)
        for i in np.ndindex(value.shape):
            if key == "scale_tril" and i[1] > i[0]:
                continue
            ends = []
            for step in (1e-6, -1e-6):
                moved = np.array(value)
                moved[i] += step
                ends.append(float(nll({**moving, key: moved})))
            slopes[i] = (ends[0] - ends[1]) / 2e-6
        found = np.tril(gradient[key]) if key == "scale_tril" else gradient[key]
        np.testing.assert_allclose(found, slopes, rtol=2e-6, atol=2e-7, err_msg=key)


@pytest.mark.parametrize("case", [c for c in CASES if not c.whole], **by_name)
def test_gradient_in_the_value_is_the_slope(case):
    y = np.array(case.values, float)

    def total(y):
        return np.sum(case.family(**case.given, validate_args=False)._log_density(y))

    slopes = np.zeros(y.shape)
    for i in np.ndindex(y.shape):
        up, down = np.array(y), np.array(y)
        up[i] += 1e-6
        down[i] -= 1e-6
        slopes[i] = (float(total(up)) - float(total(down))) / 2e-6
    np.testing.assert_allclose(tl.grad(total)(y) if case.family is not D.Uniform else slopes, slopes, rtol=3e-6, atol=3e-7)


@pytest.mark.parametrize("case", CASES, **by_name)
def test_float32_is_kept(case):
    given = {k: np.asarray(v, np.float32) for k, v in case.given.items()}
    d = case.family(**given)
    y = np.array(case.values, np.float32)
    assert d.log_prob(y).dtype == np.float32
    assert d.entropy().dtype == np.float32
    if case.family is not D.Categorical:
        assert d.sample((3,), rng=0).dtype == np.float32
        assert np.asarray(d.mean).dtype == np.float32
        assert np.asarray(d.variance).dtype == np.float32
    if all(isinstance(v, float) for v in case.given.values()):
        assert case.d.log_prob(y).dtype == np.float32, "Python numbers take the dtype of the values"
    if case.family is not D.VonMises and not case.event:
        assert d.cdf(y).dtype == np.float32
    moving = {k: v for k, v in given.items() if k != "total_count"}
    rest = {k: v for k, v in given.items() if k not in moving}
    gradient = tl.grad(lambda p: np.sum(case.family(**p, **rest).log_prob(y)))(moving)
    assert all(g.dtype == np.float32 for g in gradient.values())
    np.testing.assert_allclose(d.log_prob(y), case.d.log_prob(np.array(case.values, float)), rtol=3e-5, atol=3e-5)


@pytest.mark.parametrize("case", [c for c in CASES if not c.event and c.family is not D.Categorical], **by_name)
def test_parameters_broadcast_and_may_be_tensors(case):
    arrays = {k: np.full((2, 1), v) for k, v in case.given.items()}
    y = np.array(case.values[:2], float)
    d = case.family(**arrays)
    assert d.batch_shape == (2, 1)
    assert d.log_prob(y).shape == (2, 2)
    assert d.mean.shape == d.variance.shape == d.entropy().shape == (2, 1)
    assert d.sample(5, rng=0).shape == (5, 2, 1)
    np.testing.assert_allclose(d.log_prob(y)[1], case.d.log_prob(y), rtol=1e-13)
    tensors = {k: tl.tensor(v) for k, v in arrays.items()}
    of_tensors = case.family(**tensors).log_prob(y)
    assert isinstance(of_tensors, tl.Tensor)
    np.testing.assert_allclose(numbers(of_tensors), d.log_prob(y), rtol=1e-13)


# ---- extremes -----------------------------------------------------------------------------------------------------------

FAR = (-1e300, -1e30, -1e4, -100.0, -1e-30, 0.0, 1e-30, 100.0, 1e4, 1e30, 1e300)
ON_THE_LINE = {
    "Normal": (lambda z: -(z**2) / 2 - mp.log(2 * mp.pi) / 2, lambda z: -z, {}),
    "Laplace": (lambda z: -abs(z) - mp.log(2), None, {}),
    "Logistic": (lambda z: -z - 2 * mp.log1p(mp.exp(-z)), lambda z: -mp.tanh(z / 2), {}),
    "HyperbolicSecant": (lambda z: -mp.log(mp.cosh(z)) - mp.log(mp.pi), lambda z: -mp.tanh(z), {}),
    "Cauchy": (lambda z: -mp.log1p(z**2) - mp.log(mp.pi), lambda z: -2 * z / (1 + z**2), {}),
    "StudentT": (
        lambda z: -3 * mp.log1p(z**2 / 5) - mp.log(mp.beta(0.5, 2.5)) - mp.log(5) / 2,
        lambda z: -6 * z / (5 + z**2),
        {"df": 5.0},
    ),
    "Gumbel": (lambda z: -z - mp.exp(-z), lambda z: mp.expm1(-z), {}),
}


def exact(f, z):
    """Evaluate with 60 digits, which log(cosh(1e300)) does not survive: its limit is used there."""
    with mp.workdps(60):
        if abs(z) > 1e9 and f in {ON_THE_LINE["Logistic"][0], ON_THE_LINE["HyperbolicSecant"][0]}:
            return float(-abs(mp.mpf(z)))
        if z < -1e9 and f in {ON_THE_LINE["Gumbel"][0], ON_THE_LINE["Gumbel"][1]}:
            return -np.inf if f is ON_THE_LINE["Gumbel"][0] else np.inf
        value = f(mp.mpf(z))
        return float(value)


@pytest.mark.parametrize("name", ON_THE_LINE)
def test_value_and_slope_are_right_at_every_extreme(name):
    value, slope, more = ON_THE_LINE[name]
    d = D.FAMILIES[name](loc=0.0, scale=1.0, **more)
    for z in FAR:
        assert float(d.log_prob(z)) == pytest.approx(exact(value, z), rel=4e-15, abs=1e-300), z
        if slope is not None:
            # Where the value itself overflows the default says so; the slope is finite, and the rules find it.
            with tl.at_kinks("nan" if np.isfinite(d.log_prob(z)) else "convention"):
                found = float(tl.grad(d.log_prob)(z))
            rounding = 1.2e-16 if name == "Gumbel" else 1e-300  # e^-z - 1 is summed from two paths
            assert found == pytest.approx(exact(slope, z), rel=1e-14, abs=rounding), z


@pytest.mark.parametrize("z", [-np.inf, np.inf])
def test_at_infinity_the_density_is_zero(z):
    for name, (_, _, more) in ON_THE_LINE.items():
        assert float(D.FAMILIES[name](loc=0.0, scale=1.0, **more).log_prob(z)) == -np.inf, name


def test_certain_probabilities_have_their_limits():
    for given in ({"probs": 0.0}, {"logits": -np.inf}):
        never = D.Bernoulli(**given)
        assert [float(never.log_prob(y)) for y in (0.0, 1.0)] == [0.0, -np.inf]
        assert float(never.entropy()) == 0.0
    assert float(D.Binomial(3, 1.0).log_prob(3.0)) == 0.0
    assert float(D.Poisson(0.0).log_prob(0.0)) == 0.0
    assert float(D.Geometric(1.0).log_prob(0.0)) == 0.0
    certain = D.Categorical(logits=[0.0, -np.inf])
    assert [float(certain.log_prob(y)) for y in (0, 1)] == [0.0, -np.inf]
    assert float(certain.entropy()) == 0.0
    assert float(D.Multinomial(2, probs=[1.0, 0.0]).log_prob([2.0, 0.0])) == 0.0


@pytest.mark.parametrize("z", [-800.0, -40.0, 0.0, 40.0, 800.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_a_logit_of_any_size_keeps_its_gradient(z, y):
    with mp.workdps(400):
        p = 1 / (1 + mp.exp(-mp.mpf(z)))
        expected = float(y * mp.log(p) + (1 - y) * mp.log(1 - p)), float(y - p)
    value, slope = tl.value_and_grad(lambda z: D.Bernoulli(logits=z).log_prob(y))(z)
    assert (float(value), float(slope)) == pytest.approx(expected, rel=1e-14)


def test_large_counts_do_not_cancel():
    with mp.workdps(40):
        n, k = mp.mpf(10) ** 9, mp.mpf(4 * 10**8)
        exact_value = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1) + k * mp.log(0.4) + (n - k) * mp.log1p(-mp.mpf(0.4))
        r = mp.mpf(10) ** 8
        failures = mp.loggamma(7 + r) - mp.loggamma(r) - mp.loggamma(8) + r * mp.log1p(-mp.mpf(1e-8)) + 7 * mp.log(mp.mpf(1e-8))
    assert float(D.Binomial(1e9, 0.4).log_prob(4e8)) == pytest.approx(float(exact_value), rel=1e-6)
    assert float(D.NegativeBinomial(1e8, 1e-8).log_prob(7.0)) == pytest.approx(float(failures), rel=1e-7)


@pytest.mark.parametrize(("a", "y"), [(0.4, 0.02), (0.4, 3.0), (2.4, 1.0), (2.4, 9.0), (70.0, 60.0), (70.0, 95.0)])
def test_the_cdf_of_a_gamma_moves_with_its_shape(a, y):
    """Against mpmath's derivative of its own incomplete gamma function."""
    with mp.workdps(30):
        expected = mp.diff(lambda a: mp.gammainc(a, 0, 1.6 * y, regularized=True), a)
    assert float(tl.grad(lambda a: D.Gamma(a, 1.6).cdf(y))(a)) == pytest.approx(float(expected), rel=1e-11)


def test_students_t_becomes_the_normal():
    z = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(D.StudentT(1e12).log_prob(z), st.norm.logpdf(z), rtol=1e-11)


def test_tails_of_the_inverse_gaussian_do_not_overflow():
    d = D.InverseGaussian(1.0, 500.0)
    assert float(d.cdf(1.5)) == pytest.approx(st.invgauss(1 / 500, scale=500.0).cdf(1.5), rel=1e-12)
    with mp.workdps(30):
        t = mp.mpf(1000)
        entropy = mp.log(2 * mp.pi * mp.e / 500) / 2 - 1.5 * mp.exp(t) * mp.e1(t)
    assert float(d.entropy()) == pytest.approx(float(entropy), rel=1e-13)


TINY_AND_HUGE = (1e-300, 1e-30, 1e-4, 1.0, 1e4, 1e30, 1e300)
ON_THE_HALF_LINE = {
    "Exponential": (lambda y: mp.log(1.6) - mp.mpf(1.6) * y, lambda y: -mp.mpf(1.6), {"rate": 1.6}),
    "Gamma": (
        lambda y: mp.mpf(2.4) * mp.log(1.6) + (mp.mpf(2.4) - 1) * mp.log(y) - mp.mpf(1.6) * y - mp.loggamma(2.4),
        lambda y: (mp.mpf(2.4) - 1) / y - mp.mpf(1.6),
        {"concentration": 2.4, "rate": 1.6},
    ),
    "LogNormal": (
        lambda y: -((mp.log(y) - mp.mpf(0.3)) ** 2) / (2 * mp.mpf(0.6) ** 2) - mp.log(y) - mp.log(0.6) - mp.log(2 * mp.pi) / 2,
        lambda y: -((mp.log(y) - mp.mpf(0.3)) / mp.mpf(0.6) ** 2 + 1) / y,
        {"loc": 0.3, "scale": 0.6},
    ),
    "InverseGaussian": (
        lambda y: mp.log(mp.mpf(2.5) / (2 * mp.pi * y**3)) / 2 - mp.mpf(2.5) * (y - mp.mpf(1.5)) ** 2 / (2 * mp.mpf(1.5) ** 2 * y),
        lambda y: -1.5 / y - mp.mpf(2.5) * (1 / mp.mpf(1.5) ** 2 - 1 / y**2) / 2,
        {"loc": 1.5, "concentration": 2.5},
    ),
    "Weibull": (
        lambda y: mp.log(mp.mpf(0.9) / 1.6) + (mp.mpf(0.9) - 1) * mp.log(y / mp.mpf(1.6)) - (y / mp.mpf(1.6)) ** mp.mpf(0.9),
        lambda y: ((mp.mpf(0.9) - 1) - mp.mpf(0.9) * (y / mp.mpf(1.6)) ** mp.mpf(0.9)) / y,
        {"scale": 1.6, "concentration": 0.9},
    ),
}


@pytest.mark.parametrize("name", ON_THE_HALF_LINE)
def test_positive_values_of_any_size_keep_their_digits(name):
    formula, derivative, given = ON_THE_HALF_LINE[name]
    d = D.FAMILIES[name](**given)
    for y in TINY_AND_HUGE:
        with mp.workdps(50):
            expected = formula(mp.mpf(y))
            slope = derivative(mp.mpf(y))
        assert float(d.log_prob(y)) == pytest.approx(float(expected), rel=2e-13), y
        if abs(slope) < 1e308:
            assert float(tl.grad(d.log_prob)(y)) == pytest.approx(float(slope), rel=1e-9), y


def test_values_may_be_truths_whole_numbers_lists_and_tensors():
    expected = D.Bernoulli(0.3).log_prob(np.array([1.0, 0.0]))
    for y in (np.array([True, False]), np.array([1, 0]), [1, 0], np.array([1, 0], np.float32), tl.tensor([1.0, 0.0])):
        np.testing.assert_allclose(numbers(D.Bernoulli(0.3).log_prob(y)), expected, rtol=1e-6)
    assert float(D.Poisson(2).log_prob(3)) == pytest.approx(float(D.Poisson(2.0).log_prob(3.0)))
    assert D.Normal(np.float32(0.0), np.float32(1.0)).log_prob(1.0).dtype == np.float32
    assert D.Normal([0, 1], 1).log_prob([[0.5], [1.5], [2.5]]).shape == (3, 2)


def test_a_network_can_predict_every_parameter(rng):
    """The use in training: parameters are tensors that lead back to weights."""
    X, y = rng.standard_normal((8, 3)), rng.standard_normal(8)
    weights = tl.tensor(0.1 * rng.standard_normal((3, 2)), requires_grad=True)
    out = X @ weights
    np.mean(D.Normal(out[:, 0], tl.ops.softplus(out[:, 1])).nll(y)).backward()
    up, down = np.array(weights.numpy()), np.array(weights.numpy())
    up[1, 1] += 1e-6
    down[1, 1] -= 1e-6

    def loss(w):
        o = X @ w
        return np.mean(D.Normal(o[:, 0], tl.ops.softplus(o[:, 1])).nll(y))

    assert weights.grad[1, 1] == pytest.approx((loss(up) - loss(down)) / 2e-6, rel=1e-6)
