"""Limits that a table of extremes of one or two numbers does not hold: of orders and angles, of edges of the simplex, of conventions."""

import warnings

import mpmath as mp
import numpy as np
import pytest

import tinygrad_loss as tl
from losses.exact.compare import TOLERANCE, differs, rounded
from losses.exact.limits import slopes_at

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)


@pytest.fixture(autouse=True)
def many_digits():
    """Let exact arithmetic keep what is small beside what is large."""
    with mp.workdps(130):
        yield


def exact(x):
    return mp.mpf(float(x))


def compare(got, wanted, dtype, what, slack=0.0):
    assert not differs(float(got), wanted, wanted, dtype, slack), f"{what}: got {got}, exactly {rounded(wanted, dtype)}"


@DTYPES
@pytest.mark.parametrize("target", [0.0, 0.25, 1.0])
def test_the_gradient_of_a_clamped_cross_entropy_is_the_conventional_one(dtype, target):
    """(p - y) / max(p (1 - p), 1e-12), as PyTorch has it: -1e12 where p = 0 and y = 1."""
    for p in (0.0, 1e-30, 1e-7, 0.25, 0.5, 1.0 - 2.0**-20, 1.0):
        x = tl.tensor(np.array([p], dtype), requires_grad=True)
        tl.losses.binary_cross_entropy(x, np.array([target], dtype)).backward()
        v = exact(x.data[0])
        compare(x.grad[0], (v - exact(target)) / max(v * (1 - v), mp.mpf(1e-12)), dtype, f"p = {p}")


def test_no_term_of_a_target_of_probability_zero():
    """A class of probability 0 costs nothing, even where its score is minus infinity."""
    z = tl.tensor([[0.0, -np.inf, 1.0]], requires_grad=True)
    value = tl.losses.cross_entropy(z, np.array([[0.5, 0.0, 0.5]]))
    value.backward()
    np.testing.assert_allclose(value.item(), np.log1p(np.e) - 0.5, rtol=1e-15)
    np.testing.assert_allclose(z.grad, [[1 / (1 + np.e) - 0.5, 0.0, np.e / (1 + np.e) - 0.5]], rtol=1e-14)


def test_a_likelihood_of_log_probability_minus_infinity_is_infinite():
    x = tl.tensor([[-np.inf, 0.0]], requires_grad=True)
    value = tl.losses.nll_loss(x, np.array([0]))
    with tl.at_kinks("convention"):  # the truth is that an infinite value has no gradient
        value.backward()
    assert value.item() == np.inf
    np.testing.assert_array_equal(x.grad, [[-1.0, 0.0]])


@DTYPES
@pytest.mark.parametrize("name", ["kl_divergence_loss", "reverse_kl_divergence_loss", "js_divergence_loss", "squared_hellinger_loss"])
def test_divergences_at_the_edge_of_the_simplex(name, dtype):
    """(q, 1 - q) against (1, 0) and (0, 1): the limits, finite or infinite."""
    ln2 = np.log(2.0)
    wanted = {
        "kl_divergence_loss": {(1.0, 1.0): 0.0, (1.0, 0.0): np.inf, (0.5, 1.0): ln2, (0.5, 0.0): ln2},
        "reverse_kl_divergence_loss": {(1.0, 1.0): 0.0, (1.0, 0.0): np.inf, (0.5, 0.5): 0.0},
        "js_divergence_loss": {(1.0, 1.0): 0.0, (1.0, 0.0): ln2, (0.0, 1.0): ln2},
        "squared_hellinger_loss": {(1.0, 1.0): 0.0, (1.0, 0.0): 1.0, (0.5, 0.5): 0.0},
    }[name]
    for (q, p), value in wanted.items():
        got = getattr(tl.losses, name)(np.array([[q, 1 - q]], dtype), np.array([[p, 1 - p]], dtype))
        np.testing.assert_allclose(got, value, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@DTYPES
def test_a_zero_vector_is_at_right_angles_to_all(dtype):
    """Its cosines are 0, so that its scores tell nothing apart; the rows beside it keep their values and gradients."""
    none, tolerance = np.zeros((3, 2), dtype), 10 * TOLERANCE[dtype]
    np.testing.assert_allclose(tl.losses.info_nce_loss(none, none + 1), np.log(3), rtol=tolerance)
    np.testing.assert_allclose(tl.losses.nt_xent_loss(none, none), np.log(5), rtol=tolerance)
    np.testing.assert_allclose(tl.losses.supervised_contrastive_loss(none, np.array([0, 0, 0])), np.log(2), rtol=tolerance)
    np.testing.assert_allclose(tl.losses.circle_loss(none, np.array([0, 0, 1])), 80 * (1.4 * 0.6 - 0.4**2) * 2 / 3, rtol=tolerance)
    beside, targets = [], np.array([[3, 4], [2, 1]], dtype)
    for first in ([0, 0], [1, 1]):
        x = tl.tensor(np.array([first, [1, 2]], dtype), requires_grad=True)
        tl.losses.info_nce_loss(x, targets).backward()
        assert np.all(np.isfinite(x.grad))
        beside.append(x.grad[1])
    np.testing.assert_allclose(*beside, rtol=tolerance)


@DTYPES
@pytest.mark.parametrize("size", [1e-30, 1.0, 1e4, 1e30])
@pytest.mark.parametrize("name", ["info_nce_loss", "nt_xent_loss", "supervised_contrastive_loss", "circle_loss"])
def test_only_the_direction_of_embeddings_counts(name, size, dtype):
    x, other = np.array([[1, 2], [3, -1], [0, 1]], dtype), np.array([[2, 1], [1, -1], [1, 1]], dtype)
    other = other if name in {"info_nce_loss", "nt_xent_loss"} else np.array([0, 1, 1])
    wanted = getattr(tl.losses, name)(x, other)
    np.testing.assert_allclose(getattr(tl.losses, name)(x * dtype(size), other), wanted, rtol=TOLERANCE[dtype])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sinkhorn_loss", {}),
        ("renyi_divergence_loss", {"alpha": 2.0}),
        ("alpha_divergence_loss", {"alpha": 2.0}),
        ("alpha_divergence_loss", {"alpha": 3.0}),
    ],
)
def test_slopes_at_probability_zero_are_those_just_beside_it(name, options):
    q, p, gradients = np.array([[0.25, 0.75, 0.0]]), np.array([[0.0, 1.0, 0.0]]), []
    for least in (0.0, 1e-12):
        a = tl.tensor(q + np.array([0.0, 0.0, least]), requires_grad=True)
        b = tl.tensor(p + np.array([least, 0.0, 0.0]), requires_grad=True)
        getattr(tl.losses, name)(a, b, **options).backward()
        gradients.append(np.stack([a.grad[0], b.grad[0]])[:, : 3 if name == "sinkhorn_loss" else 2])
    np.testing.assert_allclose(*gradients, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["renyi_divergence_loss", "alpha_divergence_loss"])
def test_slopes_of_roots_at_probability_zero_are_infinite(name):
    """Of order 1/2: a little mass where the other has some wins infinitely fast, and one where it has none does not."""
    q, p = (tl.tensor(np.array([x]), requires_grad=True) for x in ([0.5, 0.5, 0.0, 0.0], [0.0, 0.5, 0.5, 0.0]))
    with tl.at_kinks("convention"):  # the truth is that an infinite slope is no gradient
        getattr(tl.losses, name)(q, p).backward()
    assert q.grad[0, 2] == p.grad[0, 0] == -np.inf
    assert q.grad[0, 3] == 0
    assert np.all(np.isfinite(p.grad[0, 1:]))


@pytest.mark.parametrize(("dtype", "count"), [(np.float32, 1e4), (np.float64, 1e4), (np.float64, 1e10)])
@pytest.mark.parametrize("k", [None, 2.0, 1e10])
def test_many_events_keep_all_digits_in_zero_inflated_losses(dtype, count, k):
    """Beside the mean the cost of a count is a dozen, while its terms are as large as the count."""
    z, inflation, y = dtype(np.log(count + np.sqrt(count) / 2)), dtype(0.5), dtype(count)

    def exactly(v):
        m, n = mp.exp(v), exact(y)
        certain = mp.log1p(mp.exp(exact(inflation)))
        if k is None:
            return certain + m - n * v + mp.loggamma(n + 1)
        at_zero = mp.mpf(k) * mp.log1p(m / k)
        return certain + mp.loggamma(k) + mp.loggamma(n + 1) - mp.loggamma(n + k) + at_zero - n * mp.log(m / (m + k))

    loss = tl.losses.zero_inflated_poisson_nll_loss if k is None else tl.losses.zero_inflated_negative_binomial_nll_loss
    options = {} if k is None else {"total_count": k}
    x = tl.tensor([z], dtype=dtype, requires_grad=True)
    value = loss(x, np.array([inflation]), np.array([y]), **options)
    value.backward()
    assert abs(value.item() - float(exactly(exact(z)))) <= TOLERANCE[dtype] * 20
    np.testing.assert_allclose(x.grad[0], float(slopes_at(lambda v: [exactly(*v)], [float(z)], 0)[0]), rtol=TOLERANCE[dtype] * 1e4)


@DTYPES
@pytest.mark.parametrize(
    ("members", "target"), [([0, np.inf], 1), ([-np.inf, 0], 1), ([-np.inf, np.inf], 1), ([0, 2], -np.inf), ([0, 2], np.inf)]
)
def test_an_ensemble_with_a_member_or_target_at_infinity(members, target, dtype):
    """The integral of (F - step)^2 has no end; each member still pulls with its share."""
    x = tl.tensor(np.array([members], dtype), requires_grad=True)
    value = tl.losses.crps_ensemble(x, np.array([target], dtype))
    with tl.at_kinks("convention"):
        value.backward()
    assert value.item() == np.inf
    sign = np.sign(np.array(members, dtype) - dtype(target))
    np.testing.assert_allclose(x.grad[0], (sign - [-0.5, 0.5]) / 2, rtol=TOLERANCE[dtype])


@DTYPES
def test_an_infinite_score_in_a_list_is_certain_to_be_the_best(dtype):
    x, relevance = tl.tensor(np.array([[np.inf, 0, 1]], dtype), requires_grad=True), np.array([[2, 1, 0]], dtype)
    with tl.at_kinks("convention"):
        value = tl.losses.listnet_loss(x, relevance)
        value.backward()
    q = np.exp([2.0, 1.0, 0.0]) / np.sum(np.exp([2.0, 1.0, 0.0]))
    assert value.item() == np.inf
    np.testing.assert_allclose(x.grad[0], [1.0, 0.0, 0.0] - q, rtol=TOLERANCE[dtype])
    certain = np.array([[np.inf, -np.inf, -np.inf]], dtype)
    np.testing.assert_allclose(
        tl.losses.listnet_loss(np.array([[3, 1, 2]], dtype), certain), np.log1p(np.exp(-1) + np.exp(-2)), rtol=TOLERANCE[dtype]
    )


@DTYPES
def test_one_infinite_score_has_all_the_probability_and_two_share_it_nobody_knows_how(dtype):
    x = tl.tensor(np.array([np.inf, 0, 1], dtype), requires_grad=True)
    with tl.at_kinks("convention"):
        tl.ops.logsumexp(x).backward()
    np.testing.assert_array_equal(x.grad, [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(tl.ops.softmax(x.data), [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(tl.ops.log_softmax(x.data), [0.0, -np.inf, -np.inf])
    with np.errstate(invalid="ignore"):
        assert np.isnan(tl.ops.softmax(np.array([np.inf, 0.0, np.inf], dtype))[[0, 2]]).all()


@DTYPES
def test_the_first_of_an_order_may_be_infinitely_better(dtype):
    """It costs nothing, and the rest are compared among themselves; an infinitely better one in a later place is impossible."""
    x, rest = (tl.tensor(np.array([row], dtype), requires_grad=True) for row in ([np.inf, 0, 1], [0, 1]))
    value, of_rest = tl.losses.plackett_luce_loss(x, np.array([[0, 1, 2]])), tl.losses.plackett_luce_loss(rest, np.array([[0, 1]]))
    with tl.at_kinks("convention"):
        value.backward()
    of_rest.backward()
    np.testing.assert_allclose(value.item(), np.log1p(np.e), rtol=TOLERANCE[dtype])
    np.testing.assert_allclose(x.grad, [[0.0, *rest.grad[0]]], rtol=TOLERANCE[dtype])
    assert tl.losses.plackett_luce_loss(x.data, np.array([[1, 0, 2]])) == np.inf
    assert tl.losses.plackett_luce_loss(np.array([[3.0]], dtype), np.array([[0]])) == 0


@pytest.mark.parametrize("policy", ["nan", "convention"])
def test_a_probability_of_zero_that_moves_spoils_no_entry_beside_it(policy):
    """Its own slope is infinite where that of p log p is, and exact elsewhere: no entry is nan."""
    zero, other = np.array([[0.0, 0.4, 0.6]]), np.array([[0.25, 0.25, 0.5]])
    middle = (zero + other) / 2
    with np.errstate(divide="ignore"):
        entropic, log_of = np.log(zero / other) + 1, np.log
        of_js = (np.log(zero / middle) / 2, np.log(other / middle) / 2)
    wanted = {
        "kl_divergence_loss": (tl.losses.kl_divergence_loss, other, -zero / other, entropic),
        "kl_div": (tl.losses.kl_div, log_of(other), -zero, entropic),
        "js_divergence_loss": (tl.losses.js_divergence_loss, other, of_js[1], of_js[0]),
    }
    with np.errstate(divide="ignore"):
        ratio, of_root, shared = np.sqrt(zero / other), 0.5 / np.sqrt(zero / other) - 1, np.sum(np.sqrt(zero * other))
    wanted["alpha_divergence_loss"] = tl.losses.alpha_divergence_loss, other, -2 * ratio, -4 * of_root  # of order 1/2
    wanted["renyi_divergence_loss"] = tl.losses.renyi_divergence_loss, other, -ratio / shared, -2 * of_root / shared
    warnings.simplefilter("ignore", tl.errors.UnprovedGradientWarning)  # several entries share what is not smooth
    for name, (loss, q, of_q, of_p) in wanted.items():
        both = [tl.tensor(x, requires_grad=True) for x in (q, zero)]
        with tl.at_kinks(policy):
            loss(*both, reduction="sum").backward()
        for got, slope in zip(both, (of_q, of_p), strict=True):
            np.testing.assert_allclose(got.grad, slope, rtol=1e-12, err_msg=name)
    for name, slope in {"reverse_kl_divergence_loss": entropic, "js_divergence_loss": of_js[0]}.items():
        x = tl.tensor(zero, requires_grad=True)
        with tl.at_kinks(policy):
            getattr(tl.losses, name)(x, other, reduction="sum").backward()
        np.testing.assert_allclose(x.grad, slope, rtol=1e-12, err_msg=name)


# ---- orders and times until an event -----------------------------------------------------------------------------------------


def shares(z, rivals, i):
    """Return log sum exp(z_j - z_i) over the rivals of i, i among them, in exact arithmetic."""
    return mp.log(sum(mp.exp(z[j] - z[i]) for j in rivals))


def ordered(z):
    """Return the terms of Cox's loss of distinct times, the latest first, which are also those of Plackett and Luce, the worst first."""
    return [shares(z, range(i + 1), i) for i in range(len(z))]


def tied_breslow(z):
    """Return the terms of two at a later time and two events at an earlier one."""
    return [shares(z, range(2), i) for i in range(2)] + [shares(z, range(4), i) for i in (2, 3)]


def tied_efron(z):
    """Return the same with events that share their risk: of the first of a pair nothing is left out, of the second half the pair."""
    terms, total = tied_breslow(z), sum(mp.exp(v - max(z)) for v in z)
    for first in (0, 2):
        pair = sum(mp.exp(z[j] - max(z)) for j in (first, first + 1))
        risk = total if first else pair
        terms[first + 1] += mp.log1p(-pair / risk / 2)
    return terms


ORDERS = {
    "Cox": (lambda z: tl.losses.cox_loss(z, np.array([4.0, 3.0, 2.0, 1.0]), np.ones(4), reduction="none"), ordered),
    "Cox, ties": (lambda z: tl.losses.cox_loss(z, np.array([2.0, 2.0, 1.0, 1.0]), np.ones(4), reduction="none"), tied_breslow),
    "Cox, Efron": (lambda z: tl.losses.cox_loss(z, np.array([2.0, 2.0, 1.0, 1.0]), np.ones(4), ties="efron", reduction="none"), tied_efron),
    "Plackett and Luce": (
        lambda z: tl.losses.plackett_luce_loss(np.expand_dims(z, 0), np.array([[3, 2, 1, 0]]), reduction="none"),
        lambda z: [sum(ordered(z))],
    ),
}


@DTYPES
@pytest.mark.parametrize("name", ORDERS)
def test_an_order_of_extreme_scores(name, dtype, rng):
    """Right value and gradient wherever no two scores are infinite on the same side, where nothing tells them apart.

    Efron's correction is the logarithm of a difference, and slopes are differences of pulls: they have the absolute accuracy of one.
    """
    loss, formula = ORDERS[name]
    kinds = [
        dtype(1e30) * np.ones(4),
        dtype(1e-30) * np.ones(4),
        *rng.choice([0.0, 0.5, -0.5, 100.0, -100.0, 1e4, -1e4, 1e30, -1e30], (6, 4)),
    ]
    far, rounding = mp.mpf(10) ** 60, 4 * float(np.finfo(dtype).eps)
    slack = rounding if "Efron" in name else 0.0
    for kind in map(np.array, kinds):
        for infinite in ([], [(0, np.inf)], [(1, -np.inf)], [(3, np.inf)], [(2, np.inf), (0, -np.inf)]):
            z = kind.astype(dtype)
            for place, value in infinite:
                z[place] = value
            x = tl.tensor(z, requires_grad=True)
            v = [exact(value) if np.isfinite(value) else far * int(np.sign(value)) for value in z]
            terms = loss(x)
            with tl.at_kinks("convention"):
                np.sum(terms).backward()
            for i, (got, value) in enumerate(zip(terms.data, formula(v), strict=True)):
                compare(got, value if value < far / 10 else mp.inf, dtype, f"{name} of {z}, term {i}", slack)
            for i in range(4):
                h = mp.mpf(10) ** -30
                high, low = (sum(formula([a + d * (j == i) for j, a in enumerate(v)])) for d in (h, -h))
                compare(x.grad[i], (high - low) / (2 * h), dtype, f"{name} of {z}, slope {i}", rounding)


def test_an_energy_distance_kinks_where_samples_of_both_sets_meet():
    y, found = np.array([[1.5, 0.25]]), {}
    for x in (0.5, 1.5):
        found[x] = tl.differentiability(lambda x: tl.losses.energy_distance_loss(x, y), np.array([[x, -1.0, 2.0]]))
    assert (found[0.5].kind, found[0.5].proved, found[1.5].kind) == ("smooth", True, "kink")


# ---- angles ----------------------------------------------------------------------------------------------------------------------


def paired(of_rows):
    """Return a loss of vectors as one of the first, with others beside it."""
    return lambda x, others: of_rows(np.concatenate([np.expand_dims(x, 0), others[:2]]), others[2:])


OF_ANGLES = {
    "cosine_embedding_loss": paired(lambda x, y: tl.losses.cosine_embedding_loss(x, y, np.array([1.0, -1.0, 1.0], y.dtype), margin=-1.0)),
    "info_nce_loss": paired(tl.losses.info_nce_loss),
    "nt_xent_loss": paired(tl.losses.nt_xent_loss),
    "supervised_contrastive_loss": paired(
        lambda x, y: tl.losses.supervised_contrastive_loss(np.concatenate([x, y]), np.array([0, 1, 0, 1, 1, 0]))
    ),
    "circle_loss": paired(lambda x, y: tl.losses.circle_loss(np.concatenate([x, y]), np.array([0, 1, 0, 1, 1, 0]))),
}


@DTYPES
@pytest.mark.parametrize("name", OF_ANGLES)
def test_only_the_direction_of_a_vector_counts_however_long(name, dtype, rng):
    """The slope falls as the length grows; of an infinite component the axis is what is left, and no slope."""
    loss, others = OF_ANGLES[name], rng.standard_normal((5, 3)).astype(dtype)
    usual, tolerance = rng.standard_normal(3).astype(dtype), 20 * TOLERANCE[dtype]
    value, slope = tl.value_and_grad(lambda x: loss(x, others))(usual)
    longest = int(np.log2(np.finfo(dtype).max)) - 3
    for power in (40, 100, longest):
        x = usual * dtype(2.0**power)
        long, flat = tl.value_and_grad(lambda x: loss(x, others))(x)
        np.testing.assert_allclose(long, value, rtol=tolerance)
        np.testing.assert_allclose(flat * dtype(2.0**power), slope, rtol=1e3 * tolerance, atol=1e3 * tolerance)
    for sign in (1, -1):
        along = loss(np.array([0, sign, 0], dtype), others)
        infinite, none = tl.value_and_grad(lambda x: loss(x, others))(np.array([0.5, sign * np.inf, -2.0], dtype))
        np.testing.assert_allclose(infinite, along, rtol=tolerance)
        np.testing.assert_array_equal(none, np.zeros(3))
    assert np.isnan(loss(np.array([np.inf, np.inf, 0.0], dtype), others))
