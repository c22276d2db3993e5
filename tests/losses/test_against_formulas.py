"""Losses of more than a prediction and a target against the formulas that define them, computed another way."""

import mpmath as mp
import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import log_softmax, softmax

import tinygrad_loss as tl

L = tl.losses


@pytest.fixture
def counts(rng):
    z, odds = rng.standard_normal((2, 12))
    return z, odds, rng.choice([0.0, 0.0, 1.0, 5.0, 40.0], 12)


def inflated(odds, y, mass):
    """The probability of y when a zero is sure with these log-odds."""
    sure = 1 / (1 + np.exp(-odds))
    return sure * (y == 0) + (1 - sure) * mass


def test_zero_inflated_poisson(counts):
    z, odds, y = counts
    wanted = -np.log(inflated(odds, y, stats.poisson.pmf(y, np.exp(z))))
    np.testing.assert_allclose(L.zero_inflated_poisson_nll_loss(z, odds, y, reduction="none"), wanted, rtol=1e-12)


def test_zero_inflated_negative_binomial(counts):
    z, odds, y = counts
    wanted = -np.log(inflated(odds, y, stats.nbinom.pmf(y, 2.5, 2.5 / (2.5 + np.exp(z)))))
    got = L.zero_inflated_negative_binomial_nll_loss(z, odds, y, total_count=2.5, reduction="none")
    np.testing.assert_allclose(got, wanted, rtol=1e-11)


def test_zero_inflated_log_normal(counts, rng):
    z, odds, y = counts
    s = np.exp(rng.standard_normal(12))
    sure = 1 / (1 + np.exp(-odds))
    wanted = -np.log(np.where(y == 0, sure, (1 - sure) * stats.lognorm.pdf(y, s, scale=np.exp(z))))
    np.testing.assert_allclose(L.zero_inflated_log_normal_nll_loss(z, odds, y, scale=s, reduction="none"), wanted, rtol=1e-11)
    assert tl.gradcheck(lambda z, odds, s: L.zero_inflated_log_normal_nll_loss(z, odds, y, scale=s), z, odds, s)


FAR = (0.0, 1e-30, -1e-30, 100.0, -100.0, 1e4, -1e4, 1e30, -1e30, np.inf, -np.inf)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("y", [0.0, 3.0])
@pytest.mark.parametrize("odds", [0.0, 1e30, -1e30, np.inf, -np.inf])
def test_a_zero_inflated_loss_has_its_limits(odds, y, dtype):
    """Where the noise is sure of more than 0, a zero costs what a sure zero costs, and the noise's mean has no influence."""
    losses = [L.zero_inflated_poisson_nll_loss, L.zero_inflated_negative_binomial_nll_loss, L.zero_inflated_log_normal_nll_loss]
    for loss in losses:
        for z in FAR:
            x, a = tl.tensor(np.array([z], dtype), requires_grad=True), tl.tensor(np.array([odds], dtype), requires_grad=True)
            value = loss(x, a, np.array([y], dtype))
            with tl.at_kinks("convention"):
                value.backward()
            found = (float(value.item()), float(x.grad[0]), float(a.grad[0]))
            assert not any(np.isnan(found)), f"{loss.__name__} at {z}: {found}"
            if y == 0 and odds == np.inf:
                assert found == (0.0, 0.0, 0.0)
            if y == 0 and z == 1e4 and loss is L.zero_inflated_poisson_nll_loss and np.isfinite(odds):
                np.testing.assert_allclose(
                    found, (max(-odds, np.log(2) if odds == 0 else 0), 0.0, -0.5 if odds == 0 else -float(odds < 0)), rtol=1e-6
                )


# ---- segmentation ---------------------------------------------------------------------------------------------------------------


def jaccard_extension(error, truth):
    """Berman et al., algorithm 1, for one mask."""
    order = np.argsort(-error, kind="stable")
    truth = truth[order]
    jaccard = 1 - (truth.sum() - np.cumsum(truth)) / (truth.sum() + np.cumsum(1 - truth))
    return float(error[order] @ np.diff(jaccard, prepend=0.0))


@pytest.mark.parametrize("classes", ["present", "all"])
@pytest.mark.parametrize("left_out", [False, True])
def test_lovasz_softmax(classes, left_out, rng):
    p = np.moveaxis(softmax(rng.standard_normal((3, 4, 5, 6)), axis=-1), -1, 1)
    y = rng.integers(0, 5, (3, 4, 5))
    y = np.where(rng.uniform(size=y.shape) < 0.3, 255, y) if left_out else y
    wanted = []
    for image, truth in zip(p, y, strict=True):
        keep = truth != 255
        of = [jaccard_extension(np.abs((truth[keep] == c) - image[c][keep]), (truth[keep] == c) * 1.0) for c in range(6)]
        wanted.append(np.mean([v for c, v in enumerate(of) if classes == "all" or np.any(truth == c)]))
    np.testing.assert_allclose(L.lovasz_softmax_loss(p, y, classes=classes, ignore_index=255, reduction="none"), wanted, rtol=1e-12)


def test_an_image_without_a_pixel_that_counts_costs_nothing():
    p = np.full((1, 2, 3), 0.5)
    for reduction in ("none", "sum"):  # a mean of nothing is none: `test_refusals`
        assert L.lovasz_softmax_loss(p, np.full((1, 3), 9), ignore_index=9, reduction=reduction) == 0.0


def test_the_lovasz_extension_of_whole_errors_is_the_jaccard_loss():
    """At errors of 0 and 1 it is 1 - IoU itself, the mean over both classes."""
    y, guess = np.array([[0, 0, 1, 1, 1]]), np.array([[0, 1, 1, 1, 0]])
    p = np.stack([1.0 - guess, 1.0 * guess], axis=1)
    np.testing.assert_allclose(L.lovasz_softmax_loss(p, y), ((1 - 1 / 3) + (1 - 2 / 4)) / 2, rtol=1e-15)


@pytest.mark.parametrize(
    ("z", "y", "kind"),
    [
        ([0.0, 0.0], [1.0, 0.0], "kink"),  # a wrong background pixel enlarges the union the less, the later it is counted
        ([0.0, 0.0], [0.0, 0.0], "kink"),
        ([0.0, 0.0], [1.0, 1.0], "smooth"),  # two missed pixels cost the same in either order
        ([0.0, 0.5], [1.0, 0.0], "smooth"),
    ],
)
def test_equal_errors_are_seen(z, y, kind):
    verdict = tl.differentiability(lambda x: L.lovasz_hinge_loss(x, np.array([y])), np.array([z]))
    assert verdict.kind == kind
    x = tl.tensor([z], requires_grad=True)
    if kind == "kink":
        with pytest.warns(tl.errors.UndefinedGradientWarning, match="argsort"):
            L.lovasz_hinge_loss(x, np.array([y])).backward()
        assert np.all(np.isnan(x.grad))
        with tl.at_kinks("subgradient"):
            assert np.all(np.isfinite(tl.grad(lambda x: L.lovasz_hinge_loss(x, np.array([y])))(np.array([z]))))


# ---- order, survival --------------------------------------------------------------------------------------------------------------


def test_listnet_is_a_cross_entropy_of_lists(rng):
    z, y = rng.standard_normal((2, 4, 5))
    wanted = -np.sum(softmax(y / 0.5, axis=1) * log_softmax(z, axis=1), axis=1)
    np.testing.assert_allclose(L.listnet_loss(z, y, temperature=0.5, reduction="none"), wanted, rtol=1e-13)


def test_a_place_without_an_item_has_no_part_in_its_list():
    z, y = np.array([[0.0, -np.inf, 1.0]]), np.array([[1.0, -np.inf, 0.0]])
    value, slope = tl.value_and_grad(lambda x: L.listnet_loss(x, y))(z)
    np.testing.assert_allclose(value, L.listnet_loss(z[:, ::2], y[:, ::2]), rtol=1e-15)
    np.testing.assert_allclose(slope[:, ::2], tl.grad(lambda x: L.listnet_loss(x, y[:, ::2]))(z[:, ::2]), rtol=1e-15)
    assert slope[0, 1] == 0.0


def test_a_censored_exponential_time(rng):
    z, t, event = rng.standard_normal(9), rng.exponential(2.0, 9), rng.choice([0.0, 1.0], 9)
    noise = stats.expon(scale=np.exp(z))
    wanted = -np.where(event == 1, noise.logpdf(t), noise.logsf(t))
    np.testing.assert_allclose(L.censored_exponential_nll_loss(z, t, event, reduction="none"), wanted, rtol=1e-12)
    np.testing.assert_allclose(L.censored_weibull_nll_loss(z, t, event, reduction="none"), wanted, rtol=1e-12)


def test_the_best_log_mean_of_censored_times_is_the_log_of_total_time_per_event(rng):
    t, event = rng.exponential(2.0, 50), rng.choice([0.0, 1.0], 50)
    best = np.log(t.sum() / event.sum())
    slope = tl.grad(lambda z: L.censored_exponential_nll_loss(z * np.ones(50), t, event))(np.array(best))
    assert abs(slope) < 1e-15


@pytest.mark.parametrize("loss", [L.censored_exponential_nll_loss, L.censored_weibull_nll_loss])
def test_a_censored_time_far_below_its_scale_costs_nothing(loss):
    for z in (1e4, 1e30, np.inf):
        value, slope = tl.value_and_grad(lambda x: loss(x, np.array([2.0]), np.array([0.0])))(np.array([z]))
        assert value == 0.0
        assert slope[0] == 0.0


# ---- entmax -----------------------------------------------------------------------------------------------------------------------


def entmax15(z):
    """Peters, Niculae and Martins, algorithm 2: the exact entmax of order 3/2 by sorting."""
    x = np.sort(z / 2)[::-1]
    k = np.arange(1, len(x) + 1)
    mean = np.cumsum(x) / k
    level = mean - np.sqrt(np.maximum(1 - k * (np.cumsum(x * x) / k - mean**2), 0) / k)
    return np.maximum(z / 2 - level[np.count_nonzero(level <= x) - 1], 0) ** 2


def test_entmax_between_softmax_and_sparsemax(rng):
    z = 1.5 * rng.standard_normal((6, 7))
    np.testing.assert_allclose(tl.ops.entmax(z, 1.0), softmax(z, axis=1), rtol=1e-13)
    np.testing.assert_allclose(tl.ops.entmax(z, 1.0 + 1e-12), softmax(z, axis=1), rtol=1e-9)
    np.testing.assert_allclose(tl.ops.entmax(z, 1.5), [entmax15(row) for row in z], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(tl.ops.entmax(z, 2.0 - 1e-12), tl.ops.sparsemax(z, axis=1), atol=1e-9)


@pytest.mark.parametrize("alpha", [1.0, 1.001, 1.2, 1.5, 1.9, 2.0, 2.5, 4.0])
def test_the_gradient_of_an_entmax_loss_is_the_entmax_less_the_truth(alpha, rng):
    z, y = 1.5 * rng.standard_normal((6, 7)), rng.integers(0, 7, 6)
    q = softmax(rng.standard_normal((6, 7)), axis=1)
    p = tl.ops.entmax(z, alpha, axis=1)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(tl.grad(lambda x: L.entmax_loss(x, y, alpha=alpha, reduction="sum"))(z), p - np.eye(7)[y], atol=1e-12)
    np.testing.assert_allclose(tl.grad(lambda x: L.entmax_loss(x, q, alpha=alpha, reduction="sum"))(z), p - q, atol=1e-12)
    np.testing.assert_allclose(L.entmax_loss(z, np.eye(7)[y], alpha=alpha), L.entmax_loss(z, y, alpha=alpha), rtol=1e-13)
    assert tl.gradcheck(lambda x: L.entmax_loss(x, y, alpha=alpha), z)


@pytest.mark.parametrize("alpha", [1.2, 1.5, 3.0])
def test_an_entmax_loss_is_least_and_zero_at_its_own_prediction(alpha, rng):
    z = rng.standard_normal((5, 4))
    np.testing.assert_allclose(L.entmax_loss(z, tl.ops.entmax(z, alpha, axis=1), alpha=alpha, reduction="none"), 0.0, atol=1e-14)
    other = softmax(rng.standard_normal((5, 4)), axis=1)
    assert np.all(L.entmax_loss(z, other, alpha=alpha, reduction="none") > 0)


@pytest.mark.filterwarnings("ignore::tinygrad_loss.errors.UnprovedGradientWarning")
def test_a_sparsemax_kinks_where_a_class_is_about_to_enter():
    verdict = tl.differentiability(lambda z: tl.ops.sparsemax(z)[0], np.array([2.0, 1.0, 0.0]))
    assert verdict.kind == "kink"
    with pytest.warns(tl.errors.UndefinedGradientWarning, match="sparsemax"):
        slope = tl.grad(lambda z: tl.ops.sparsemax(z)[0])(np.array([2.0, 1.0, 0.0]))
    np.testing.assert_array_equal(np.isnan(slope), [True, True, False])


# ---- pairs and lists at the edge --------------------------------------------------------------------------------------------------


def test_a_batch_without_pairs_has_no_slope(rng):
    """All of different classes: circle loss is 0, and so is its gradient."""
    value, slope = tl.value_and_grad(lambda x: L.circle_loss(x, np.arange(4)))(rng.standard_normal((4, 3)))
    assert value == 0.0
    np.testing.assert_array_equal(slope, 0.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_pair_of_strangers_costs_nothing_however_far_apart(dtype):
    far = np.array([[np.finfo(dtype).max / 4, 0.0]], dtype)
    value, slope = tl.value_and_grad(lambda x: L.contrastive_loss(x, np.zeros_like(far), np.zeros(1, dtype)))(far)
    assert value == 0.0
    np.testing.assert_array_equal(slope, 0.0)


def test_the_last_of_a_list_may_be_minus_infinity():
    z, order = np.array([[1.0, -np.inf, 0.5]]), np.array([[0, 2, 1]])
    value, slope = tl.value_and_grad(lambda x: L.plackett_luce_loss(x, order))(z)
    np.testing.assert_allclose(value, np.log1p(np.exp(-0.5)), rtol=1e-15)
    np.testing.assert_allclose(slope, [[-1 / (1 + np.exp(0.5)), 0.0, 1 / (1 + np.exp(0.5))]], rtol=1e-14)


@mp.workdps(60)
def test_a_negative_binomial_near_poisson_keeps_its_digits():
    for k, m, y in [(1e10, 2e10, 2e10 + 3e5), (1e10, 3.0, 2.0), (1e6, 1e6, 1e6), (40.0, 30.0, 12.0)]:
        k_, m_, y_ = mp.mpf(k), mp.mpf(m), mp.mpf(y)
        wanted = -(mp.loggamma(y_ + k_) - mp.loggamma(k_) - mp.loggamma(y_ + 1) + k_ * mp.log(k_ / (k_ + m_)) + y_ * mp.log(m_ / (k_ + m_)))
        value, slope = tl.value_and_grad(lambda z, y=y, k=k: L.negative_binomial_nll_loss(z, np.array([y]), total_count=k))(np.array([m]))
        np.testing.assert_allclose(value, float(wanted), rtol=2e-12)
        np.testing.assert_allclose(slope[0], float(-k_ * (y_ - m_) / (m_ * (k_ + m_))), rtol=1e-9, atol=1e-17)


# ---- forecasts, divergences -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "noise"), [(L.crps_normal, stats.norm), (L.crps_laplace, stats.laplace), (L.crps_logistic, stats.logistic)]
)
def test_a_ranked_score_is_its_integral(loss, noise):
    for at, scale, y in [(0.3, 1.5, 2.0), (-1.0, 0.5, -1.0), (0.0, 2.0, -3.0)]:
        below = quad(lambda x: noise.cdf(x, at, scale) ** 2, -np.inf, y)[0]  # noqa: B023  used at once
        above = quad(lambda x: noise.sf(x, at, scale) ** 2, y, np.inf)[0]  # noqa: B023
        np.testing.assert_allclose(loss([at], [scale], [y]), below + above, rtol=1e-7)


@pytest.mark.parametrize("loss", [L.crps_laplace, L.crps_logistic])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_ranked_score_far_out_is_the_distance(loss, dtype):
    one, y = np.ones(1, dtype), np.zeros(1, dtype)
    for z in (1e4, -1e4, 1e30, -1e30):
        value, slope = tl.value_and_grad(lambda x: loss(x, one, y))(np.array([z], dtype))
        np.testing.assert_allclose(value, abs(z) - (0.75 if loss is L.crps_laplace else 1.0), rtol=1e-6)
        assert slope[0] == np.sign(z)
    assert tl.grad(lambda x: loss(x, one, y))(y)[0] == 0.0


def test_the_alpha_divergences_pass_through_the_known_ones(rng):
    q, p = (softmax(rng.standard_normal((4, 5)), axis=1) for _ in range(2))
    known = {
        0.0: L.reverse_kl_divergence_loss(q, p), 0.5: 4.0 * L.squared_hellinger_loss(q, p), 1.0: L.kl_divergence_loss(q, p),
        2.0: np.mean(np.sum((p - q) ** 2 / q, axis=1)) / 2.0,
    }  # fmt: skip
    for alpha, value in known.items():
        np.testing.assert_allclose(L.alpha_divergence_loss(q, p, alpha=alpha), value, rtol=1e-12)
        np.testing.assert_allclose(L.alpha_divergence_loss(q, p, alpha=alpha + 1e-9), value, rtol=1e-7)


@mp.workdps(60)
def test_a_student_with_many_degrees_of_freedom_keeps_its_digits():
    for df in (3.0, 60.0, 1e4, 1e6, 1e10):
        nu, r = mp.mpf(df), mp.mpf(1.5)
        wanted = mp.loggamma(nu / 2) - mp.loggamma((nu + 1) / 2) + mp.log(nu * mp.pi) / 2 + (nu + 1) / 2 * mp.log1p(r * r / nu)
        np.testing.assert_allclose(L.student_t_nll_loss([1.5], [0.0], df=df), float(wanted), rtol=1e-13)


@pytest.mark.parametrize("shape", [(4, 3, 2), (4, 3), (4, 3, 1), (4, 1, 2), (1, 3, 2), (1, 1, 2), (1, 1, 1), ()])
def test_one_variance_for_many_targets(shape, rng):
    """Every form of PyTorch's documentation: one per entry, one fewer axis, axes of length 1, one for all."""
    z, y, var = *rng.standard_normal((2, 4, 3, 2)), rng.uniform(0.5, 2.0, shape)
    v = np.broadcast_to(var[..., None] if shape == (4, 3) else var, z.shape)
    means, variances = tl.tensor(z, requires_grad=True), tl.tensor(var, requires_grad=True)
    terms = L.gaussian_nll_loss(means, y, variances, reduction="none", full=True)
    np.testing.assert_allclose(terms.data, -stats.norm.logpdf(y, z, np.sqrt(v)), rtol=1e-12)
    np.sum(terms).backward()
    slopes = (1 - (z - y) ** 2 / v) / v / 2
    single = tuple(i for i, n in enumerate((*shape, 1) if shape == (4, 3) else shape or (1, 1, 1)) if n == 1)
    np.testing.assert_allclose(variances.grad, np.sum(slopes, axis=single, keepdims=True).reshape(shape), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(means.grad, (z - y) / v, rtol=1e-12)
