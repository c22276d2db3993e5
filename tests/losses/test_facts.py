"""What the declarations say of each loss is asked of the loss itself."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize, minimize_scalar
from scipy.special import softmax
from scipy.stats import expon, laplace, logistic, norm

import tinygrad_loss as tl
from losses.catalogue import ALL, COUPLED, by_name, draw

every_loss = pytest.mark.parametrize("loss", ALL, **by_name)
TRIES = 3000


def terms(loss, *arrays, **options):
    return loss(*arrays, reduction="none", **options)


@every_loss
def test_facts_are_complete(loss):
    f = loss.facts
    assert f.input in tl.losses.DOMAINS
    assert f.target in tl.losses.DOMAINS
    assert (f.smoothness == "kink") == bool(f.kinks) or not f.variable
    assert f.formula
    assert f.source
    assert f.choose.endswith(".")


@every_loss
def test_convexity_in_the_prediction(loss, rng):
    """Convex: no chord lies below the graph. Not convex: one chord does."""
    tries = 150 if loss.__name__ in COUPLED else TRIES
    first, second = draw(loss, rng, tries), draw(loss, rng, tries)
    a, b = first[0], second[0]
    if loss.facts.input in ("real", "logit", "embedding"):
        a, b = 3.0 * a, 3.0 * b
    t = rng.uniform(size=tries).reshape((tries,) + (1,) * (a.ndim - 1))
    t = 0.5 if loss.__name__ in COUPLED else t
    rest = first[1:]
    options = {"sample_weight": None}
    ends = t * 1.0 if np.isscalar(t) else t.reshape(tries, *([1] * (terms(loss, a, *rest, **options).ndim - 1)))
    chord = ends * terms(loss, a, *rest) + (1.0 - ends) * terms(loss, b, *rest)
    below = terms(loss, t * a + (1.0 - t) * b, *rest) - chord
    slack = 1e-9 * (1.0 + np.abs(chord))
    assert bool(np.all(below <= slack)) == loss.facts.convex


# ---- what is estimated --------------------------------------------------------------------------------------------------------

SAMPLE = np.sort(np.random.default_rng(7).exponential(1.5, 2001)) + 0.05
MEAN, MEDIAN = SAMPLE.mean(), np.median(SAMPLE)


def within(low, high):
    return lambda z: low - 1e-6 <= z <= high + 1e-6


def near(value, tolerance=2e-3):
    return lambda z: abs(z - value) < tolerance


weighted = np.cumsum(1 / SAMPLE) / np.sum(1 / SAMPLE)
FUNCTIONALS = {
    "mean": near(MEAN),
    "median": near(MEDIAN),
    "quantile": near(MEDIAN),
    "expectile": near(MEAN),
    "between mean and median": within(MEDIAN, MEAN),
    "between mean and mode": within(0.05, MEAN),
    "a point within the tube": within(MEDIAN - 0.3, MEDIAN + 0.3),
    "median weighted by 1/|y|": near(SAMPLE[np.searchsorted(weighted, 0.5)]),
    "exp of the mean of log(1 + y), less 1": near(np.expm1(np.log1p(SAMPLE).mean())),
    "log of the mean": near(np.log(MEAN)),
    "log of the scale": near(np.log(MEAN)),
    "mean of log y": near(np.log(SAMPLE).mean()),
    "log of the mean of e^(a y), divided by a": None,
}
EXTRA = {
    "gaussian_nll_loss": lambda z: [z, SAMPLE, np.ones_like(SAMPLE)],
    "crps_normal": lambda z: [z, np.full_like(SAMPLE, 0.05), SAMPLE],
    "dawid_sebastiani_score": lambda z: [z, np.ones_like(SAMPLE), SAMPLE],
    "zero_inflated_log_normal_nll_loss": lambda z: [z, np.zeros_like(SAMPLE), SAMPLE],
    "censored_exponential_nll_loss": lambda z: [z, SAMPLE, np.ones_like(SAMPLE)],
    "censored_weibull_nll_loss": lambda z: [z, SAMPLE, np.ones_like(SAMPLE)],
}
ESTIMATORS = [
    loss for loss in ALL if loss.facts.task in {"regression", "counts", "survival"} and (loss.arity == 2 or loss.__name__ in EXTRA)
]


@pytest.mark.parametrize("loss", ESTIMATORS, **by_name)
def test_the_best_constant_is_what_is_estimated(loss):
    """The functional named in the facts minimises the mean loss over a skewed sample."""
    sample = np.linspace(0.1, 2.0, 501) ** 2 if loss.__name__ == "linex_loss" else SAMPLE

    def cost(z):
        arrays = EXTRA.get(loss.__name__, lambda z: [z, sample])(np.full_like(sample, z))
        return float(loss(*arrays))

    bounds = (-3.0, 8.0) if loss.facts.input == "real" else (1e-3, 8.0)
    grid = np.linspace(*bounds, 300)
    start = grid[np.argmin([cost(z) for z in grid])]
    best = minimize_scalar(cost, bounds=(max(start - 0.1, bounds[0]), start + 0.1), method="bounded", options={"xatol": 1e-7}).x
    wanted = near(np.log(np.mean(np.exp(sample)))) if loss.__name__ == "linex_loss" else FUNCTIONALS[loss.facts.estimates]
    assert wanted(best), f"{loss.__name__} is least at {best}; mean {MEAN}, median {MEDIAN}"


def best_location(loss, sample):
    """Return where the mean loss over a sample is least."""
    cost = lambda z: float(loss(np.full_like(sample, z), sample))  # noqa: E731
    grid = np.linspace(sample.min(), np.quantile(sample, 0.9), 300)
    start = grid[np.argmin([cost(z) for z in grid])]
    return minimize_scalar(cost, bounds=(start - grid[1], start + grid[1]), method="bounded").x


def test_only_a_loss_that_is_not_convex_leaves_the_median_for_the_mode():
    """Of a sample with a long right tail, many scales wide: the pull of that tail fades, or it does not."""
    losses = [loss for loss in ALL if loss.arity == 2 and loss.facts.estimates.startswith("between")]
    assert {loss.facts.convex for loss in losses} == {True, False}
    for loss in losses:
        best, wide = best_location(loss, 20.0 * SAMPLE), 20.0 * MEDIAN
        assert (best < 0.9 * wide) == (loss.facts.estimates == "between mean and mode"), loss.__name__
        assert (loss.facts.estimates == "between mean and median") == loss.facts.convex, loss.__name__


ETA = 0.7
SCORES = {
    "log-odds": near(np.log(ETA / (1 - ETA))),
    "half the log-odds": near(0.5 * np.log(ETA / (1 - ETA))),
    "sign": lambda z: z > 0.1,
    "sign, of what can be separated": near(0.0),  # against a coin no score is better than none
    "mean": near(ETA),
}
BINARY = [
    loss
    for loss in ALL
    if loss.facts.task == "classification" and loss.arity == 2 and loss.facts.target in {"sign", "binary", "probability"}
]


@pytest.mark.parametrize("loss", BINARY, **by_name)
def test_the_best_score_of_a_coin_is_what_is_estimated(loss):
    sign = loss.facts.target == "sign"
    one, zero = np.ones((1, 1)), -np.ones((1, 1)) if sign else np.zeros((1, 1))
    low, high = (1e-6, 1 - 1e-6) if loss.facts.input == "probability" else (-8.0, 8.0)

    def cost(z):
        x = np.full((1, 1), z)
        return ETA * float(loss(x, one)) + (1 - ETA) * float(loss(x, zero))

    best = minimize_scalar(cost, bounds=(low, high), method="bounded", options={"xatol": 1e-8}).x
    assert SCORES[loss.facts.estimates](best), f"{loss.__name__} is least at {best}"


@pytest.mark.parametrize(
    "loss", [loss for loss in ALL if loss.facts.estimates.startswith("class") and loss.facts.estimates != "classes"], **by_name
)
def test_the_class_that_scores_highest_is_the_likeliest(loss):
    """Of some hinges only where one class has a majority; without one they are least at scores that name no class."""
    for odds in ([0.55, 0.3, 0.15], [0.45, 0.35, 0.2]):

        def cost(u, odds=odds):
            z = np.tile(u - u.mean(), (3, 1))
            return float(np.sum(odds * loss(z, np.arange(3), reduction="none")))

        starts = [np.zeros(3), np.array([1.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0])]
        options = {"xatol": 1e-9, "fatol": 1e-14, "maxiter": 6000}
        best = min((minimize(cost, start, method="Nelder-Mead", options=options) for start in starts), key=lambda found: found.fun).x
        named = best[0] > max(best[1], best[2]) + 1e-3
        assert named == (odds[0] > 0.5 or loss.facts.estimates == "class"), f"{loss.__name__} is least at {best}"


def normalised(x):
    return x / np.sum(x)


SEVERAL = np.random.default_rng(3).dirichlet([1.5, 1.0, 2.0], size=41)
OF_SEVERAL = {
    "mean": normalised(SEVERAL.mean(axis=0)),
    "geometric mean": normalised(np.exp(np.log(SEVERAL).mean(axis=0))),
    "root of the mean square": normalised(np.sqrt((SEVERAL**2).mean(axis=0))),
    "square of the mean root": normalised(np.sqrt(SEVERAL).mean(axis=0) ** 2),
    "median of the distribution function": np.diff(np.median(np.cumsum(SEVERAL, axis=1), axis=0), prepend=0.0),
}


@pytest.mark.parametrize(
    "loss",
    [loss for loss in ALL if loss.facts.input == loss.facts.target == "probability" and loss.facts.task == "distribution"],
    **by_name,
)
def test_the_best_distribution_is_what_is_estimated(loss):
    """For several targets the declared mean; for a single one itself, or what is a little sharper."""

    def best(targets):
        def cost(u):
            return float(loss(np.tile(softmax(u), (len(targets), 1)), targets))

        starts, options = (np.zeros(3), np.log(targets.mean(axis=0))), {"xatol": 1e-9, "fatol": 1e-14, "maxiter": 6000}
        return softmax(
            min((minimize(cost, start, method="Nelder-Mead", options=options) for start in starts), key=lambda found: found.fun).x
        )

    alone, functional = best(TRUTH[None]), loss.facts.estimates
    if functional == "distribution, a little sharper":
        assert TRUTH @ np.log(TRUTH) < alone @ np.log(alone) < TRUTH @ np.log(TRUTH) + 0.05
        return
    np.testing.assert_allclose(alone, TRUTH, atol=1e-5)
    if functional != "distribution":
        np.testing.assert_allclose(best(SEVERAL), OF_SEVERAL[functional], atol=1e-4)


TRUTH = np.array([0.6, 0.3, 0.1])


@pytest.mark.parametrize(
    "loss", [loss for loss in ALL if loss.facts.proper and loss not in BINARY and loss.arity == 2 and loss.facts.input != "real"], **by_name
)
def test_who_tells_the_truth_is_served_best_by_a_proper_score(loss):
    """The probabilities with the least expected score are the true ones, or are not, as declared."""
    logs = loss.facts.input in {"logit", "log-probability"}

    def cost(u):
        log_p = u - np.log(np.sum(np.exp(u)))
        x = (log_p if logs else np.exp(log_p))[None]
        if loss.facts.target != "class index":
            return float(loss(x, TRUTH[None], reduction="sum"))
        return sum(TRUTH[c] * float(loss(x, np.array([c]))) for c in range(3))

    found = minimize(cost, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000}).x
    best = np.exp(found) / np.exp(found).sum()
    if loss.facts.proper == "strictly":
        np.testing.assert_allclose(best, TRUTH, atol=1e-4)
    else:
        assert np.abs(best - TRUTH).max() > 0.01


NODES, WEIGHTS = np.polynomial.legendre.leggauss(2000)
OF_FORECASTS = {
    "crps_normal": (lambda a, b: (a, b), norm(1.0, 2.0), [1.0, 2.0]),
    "crps_laplace": (lambda a, b: (a, b), laplace(1.0, 2.0), [1.0, 2.0]),
    "crps_logistic": (lambda a, b: (a, b), logistic(1.0, 2.0), [1.0, 2.0]),
    "dawid_sebastiani_score": (lambda a, b: (a, b), expon(scale=2.0), [2.0, 4.0]),
    "interval_score": (lambda a, b: (a, a + b), expon(), [-np.log(0.95), np.log(0.95) - np.log(0.05)]),
    "crps_ensemble": (lambda a, b: (np.stack([a, a + b], axis=-1),), expon(), [-np.log(0.75), np.log(0.75) - np.log(0.25)]),
}
"""What a forecast of two numbers is, what truly happens, and the true forecast: of quantiles and of moments other truths have the same."""


@pytest.mark.parametrize("loss", [loss for loss in ALL if loss.facts.proper and loss.facts.input == "real"], **by_name)
def test_the_true_forecast_has_the_least_expected_score(loss):
    forecast, happens, truth = OF_FORECASTS[loss.__name__]
    y = happens.ppf(0.5 * (NODES + 1.0))

    def expected(u):
        a, b = np.full_like(y, u[0]), np.full_like(y, np.exp(u[1]))
        return float(loss(*forecast(a, b), y, sample_weight=WEIGHTS))

    found = minimize(expected, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-13, "maxiter": 4000}).x
    np.testing.assert_allclose([found[0], np.exp(found[1])], truth, rtol=5e-3)


def test_a_score_that_is_not_proper_serves_another_probability():
    """Focal loss with gamma 2 at eta 0.7: its best score is below the log-odds."""
    loss = tl.losses.binary_focal_loss_with_logits
    best = minimize_scalar(lambda z: 0.7 * float(loss([z], [1.0])) + 0.3 * float(loss([z], [0.0])), bounds=(-5, 5), method="bounded").x
    assert abs(1 / (1 + np.exp(-best)) - 0.5785) < 1e-3


# ---- how far an outlier pulls ----------------------------------------------------------------------------------------------------

ALONG_A_LINE = [
    loss
    for loss in ALL
    if loss.arity == 2
    and loss.facts.input in {"real", "logit"}
    and loss.facts.target in {"real", "sign", "probability", "binary", "count", "nonnegative", "positive"}
    and loss.facts.task != "distribution"
]


@pytest.mark.parametrize("loss", ALONG_A_LINE, **by_name)
def test_the_slope_stays_bounded_exactly_if_a_loss_is_robust(loss):
    """The prediction, or a target on the line, goes to 100 and to 10,000; a bounded slope grows by less than a factor of 10."""

    def steepest(size):
        slopes = []
        for z in (size, -size):
            for y in {"sign": (-1.0, 1.0), "real": (0.5, 1.0)}.get(loss.facts.target, (1.0,)):
                with np.errstate(over="ignore", invalid="ignore"), tl.at_kinks("convention"):
                    slopes.append(np.abs(tl.grad(lambda x, y=y: loss(x, np.full((1, 1), y), reduction="sum"))(np.full((1, 1), z))).max())
        return max(slopes)

    far = steepest(1e4)
    assert bool(np.isfinite(far) and far < 10 * max(steepest(1e2), 1.0)) == loss.facts.robust


# ---- where it is smooth ---------------------------------------------------------------------------------------------------------

IN_ONE_NUMBER = [loss for loss in ALL if loss.facts.variable]
PLACES = sorted({-4.685, -2.985, -2.0, -1.0, -0.5, -0.1, 0.0, 0.1, 0.3, 0.5, 1.0, 2.0, 2.985, 4.685})


def along(loss):
    """Return the loss as a function of its residual, relative or not (at a target of 2), or its margin (at a target of +1)."""
    margin = loss.facts.variable == "margin"
    y, unit = np.array([1.0 if margin else 2.0]), 2.0 if loss.facts.variable == "relative residual" else 1.0

    def f(v):
        z = v if margin else v * unit + 2.0
        if loss.arity == 2:
            return loss(z, y, reduction="sum")
        if loss.__name__ == "margin_ranking_loss":
            return loss(z, np.zeros(1), y, reduction="sum")
        if loss.__name__ == "gaussian_nll_loss":
            return loss(z, y, np.ones(1), reduction="sum")
        return loss(z, np.ones(1), y, reduction="sum")

    return f


@pytest.mark.parametrize("loss", IN_ONE_NUMBER, **by_name)
def test_slopes_jump_at_the_declared_kinks_and_nowhere_else(loss):
    f, h = along(loss), 1e-7
    declared = {kink.at: kink for kink in loss.facts.kinks}
    for place in PLACES:
        here = float(f(np.array([place])))
        left = (here - float(f(np.array([place - h])))) / h
        right = (float(f(np.array([place + h]))) - here) / h
        if place in declared:
            assert abs(left - declared[place].left) < 1e-5
            assert abs(right - declared[place].right) < 1e-5
        else:
            assert abs(left - right) < 1e-4, f"{loss.__name__} has a kink at {place}: {left}, {right}"
    assert set(declared) <= set(PLACES)


@pytest.mark.parametrize("loss", [loss for loss in IN_ONE_NUMBER if loss.facts.kinks], **by_name)
def test_the_verdict_at_a_kink_is_the_declared_one(loss):
    for kink in loss.facts.kinks:
        at = np.array([kink.at])
        if abs(kink.at) not in (0.0, 1.0):
            continue  # 2 + 0.1 - 2 is not 0.1 in floating point
        verdict = tl.differentiability(along(loss), at)
        assert verdict.kind == "kink"
        np.testing.assert_allclose(np.ravel(verdict.left)[0], kink.left, atol=1e-12)
        np.testing.assert_allclose(np.ravel(verdict.right)[0], kink.right, atol=1e-12)


def test_the_slope_of_circle_loss_jumps_where_an_unlike_pair_begins_to_count():
    """At cosine -m its weight leaves 0, at a slope of -2 m gamma of the exponent; the like pair at cosine 1 - m has exponent 0."""
    m, gamma, h = 0.4, 80.0, 1e-7

    def cost(s):
        x = np.array([[1.0, 0.0], [1.0 - m, np.sqrt(1 - (1 - m) ** 2)], [s, np.sqrt(1 - s * s)]])
        return float(tl.losses.circle_loss(x, np.array([0, 0, 1]), reduction="none")[0])

    left, right = (cost(-m) - cost(-m - h)) / h, (cost(-m + h) - cost(-m)) / h
    np.testing.assert_allclose([left, right], [0.0, -m * gamma], atol=1e-3)
    assert tl.losses.circle_loss.facts.smoothness == "kink"


@pytest.mark.parametrize("loss", [loss for loss in ALL if loss.facts.stable], **by_name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradient_are_finite_exactly_up_to_the_declared_size(loss, dtype):
    size = dict(loss.facts.stable)[dtype]

    def finite(reach):
        at_all = True
        for z in (reach, -reach):
            x = tl.tensor(np.full((1,), z, dtype), requires_grad=True)
            zero, one = np.zeros(1, dtype), np.ones(1, dtype)
            rest = {"contrastive_loss": [zero[None], one], "gaussian_nll_loss": [zero, one]}.get(loss.__name__)
            rest = rest or ([one, one] if loss.facts.task == "survival" and loss.arity == 3 else None)
            rest = rest or ([zero if loss.facts.target == "real" else one] if loss.arity == 2 else None)
            rest = rest or ([one, zero] if loss.__name__ == "dawid_sebastiani_score" else [zero, one])
            value = loss(x[None] if loss.__name__ == "contrastive_loss" else x, *rest, reduction="sum")
            with tl.at_kinks("convention"):
                value.backward()
            at_all &= bool(np.isfinite(value.item()) and np.isfinite(x.grad).all())
        return at_all

    assert finite(size)
    assert not finite(1.5 * size)


UNBOUNDED = [loss for loss in ALL if loss.facts.input in ("real", "logit") and loss.arity == 2 and not loss.facts.stable]


@pytest.mark.parametrize("loss", UNBOUNDED, **by_name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_loss_without_a_declared_size_is_finite_at_every_one(loss, dtype, rng):
    first, *rest = draw(loss, rng, 3)
    arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in rest]
    for z in (1e30, -1e30):
        x = tl.tensor(np.full(first.shape, z, dtype), requires_grad=True)
        value = loss(x, *arrays, reduction="sum")
        with tl.at_kinks("convention"):
            value.backward()
        assert np.isfinite(value.item())
        assert np.isfinite(x.grad).all()


AT_A_HINGE = {
    "multi_margin_loss": (([[0.0, -1.0]], [0]), {"reduction": "none"}),
    "multi_margin_loss of weighted classes": (([[0.0, -1.0]], [0]), {"weight": np.array([1.0, 2.0])}),
    "multilabel_margin_loss": (([[0.0, -1.0]], [[0, -1]]), {"reduction": "none"}),
    "hinge_loss": (([1.0], [1.0]), {}),
    "margin_ranking_loss": (([1.0], [1.0], [1.0]), {}),
    "quantile_loss": (([2.0], [2.0]), {"tau": 0.25}),
    "epsilon_insensitive_loss": (([2.5], [2.0]), {"epsilon": 0.5}),
}


@pytest.mark.parametrize("name", AT_A_HINGE)
def test_no_convention_answers_where_a_hinge_has_no_gradient(name):
    (z, *targets), options = AT_A_HINGE[name]
    x = tl.tensor(z, requires_grad=True)
    with pytest.warns(tl.errors.UndefinedGradientWarning):
        np.sum(tl.losses.LOSSES[name.split()[0]](x, *map(np.array, targets), **options)).backward()
    assert np.isnan(x.grad).all()


@pytest.mark.parametrize("loss", [loss for loss in IN_ONE_NUMBER if not loss.facts.kinks], **by_name)
@pytest.mark.parametrize("place", [-1.0, 0.0, 1.0])
def test_a_smooth_loss_has_a_gradient_where_its_pieces_meet(loss, place):
    gradient = tl.grad(along(loss))(np.array([place]))
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize("loss", [loss for loss in IN_ONE_NUMBER if not loss.facts.kinks], **by_name)
def test_curvature_jumps_only_where_a_loss_is_once_differentiable(loss):
    slope, h, jumps = tl.grad(along(loss)), 1e-5, False
    with tl.at_kinks("convention"):
        for place in PLACES:
            left = (slope(np.array([place])) - slope(np.array([place - h])))[0] / h
            right = (slope(np.array([place + h])) - slope(np.array([place])))[0] / h
            jumps |= abs(left - right) > 1e-2
    if loss.__name__ != "expectile_loss":  # at tau = 1/2 it is half the square
        assert jumps == (loss.facts.smoothness == "C1")


# ---- likelihoods ----------------------------------------------------------------------------------------------------------------

LOCATIONS = [loss for loss in ALL if loss.facts.variable == "residual" and loss.facts.likelihood]


@pytest.mark.parametrize("loss", LOCATIONS, **by_name)
def test_exp_of_minus_the_loss_is_a_density_of_fixed_mass(loss):
    """Its integral over the target does not depend on the prediction: only then is the loss a likelihood of a location."""

    def mass(z):
        extra = [np.ones(1)] if loss.arity == 3 else []
        density = lambda y: float(np.exp(-loss(np.array([z]), np.array([y]), *extra, reduction="sum")))  # noqa: E731
        return quad(density, -np.inf, z, epsabs=1e-11)[0] + quad(density, z, np.inf, epsabs=1e-11)[0]

    np.testing.assert_allclose(mass(0.0), mass(2.5), rtol=1e-6)


@pytest.mark.parametrize("loss", [loss for loss in ALL if loss.facts.likelihood], **by_name)
def test_the_likelihood_is_a_noise_model(loss):
    assert issubclass(loss.likelihood, tl.distributions.Distribution)
    assert loss.likelihood.__name__ == loss.facts.likelihood


@pytest.mark.parametrize("name", ["multi_margin_loss", "multilabel_margin_loss"])
def test_a_rival_exactly_at_the_margin_leaves_no_gradient(name):
    """max(0, 1 - z_0 + z_1) at z_0 = z_1 + 1: the slopes are 0 and 1 there, in both scores; the third is far behind."""
    target = np.array([0]) if name == "multi_margin_loss" else np.array([[0, -1, -1]])
    x = tl.tensor([[1.0, 0.0, -2.0]], requires_grad=True)
    y = getattr(tl.losses, name)(x, target)
    with pytest.warns(tl.errors.UndefinedGradientWarning):
        y.backward()
    np.testing.assert_array_equal(x.grad, [[np.nan, np.nan, 0.0]])
    with tl.at_kinks("convention"):
        np.testing.assert_array_equal(tl.grad(lambda z: getattr(tl.losses, name)(z, target))(x.data), [[0.0, 0.0, 0.0]])
