"""Sums of functions of each entry: however they are cut into blocks and added, they are the sum of the terms."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.engine.op import OPS
from tinygrad_loss.ops import blocks

SIZES = [5, blocks.BLOCK + 3, blocks.SHARED + 7]
STATIC = {
    "huber_error": {"delta": 0.7},
    "poisson_mean_error": {"eps": 1e-8},
    "ranking_error": {"margin": 0.5},
    "tweedie_error": {"power": 1.5},
    "negative_binomial_error": {"k": 2.0},
}
SUMS = sorted(name for name in OPS if name.startswith("sum_") and name.removeprefix("sum_") in OPS)


def arguments(op, n):
    rng = np.random.default_rng(n)
    return [rng.uniform(low, high, n) for low, high in op.domain[: len(op.vjps)]]


def test_the_sums_are_here():
    assert {"sum_squared_error", "sum_huber_error", "sum_logistic_error", "sum_margin_error", "sum_poisson_error"} <= set(SUMS)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", SUMS)
def test_a_sum_is_the_sum_of_its_terms(name, n):
    total, each = OPS[name], OPS[name.removeprefix("sum_")]
    static = STATIC.get(each.name, {})
    x = arguments(each, n)
    terms = each.call(*x, **static)
    np.testing.assert_allclose(total.call(*x, n=n, **static), terms.sum() / n, rtol=1e-12, atol=1e-13 * np.abs(terms).mean())


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", SUMS)
def test_its_gradient_is_that_of_its_terms(name, n):
    total, each = OPS[name], OPS[name.removeprefix("sum_")]
    static = STATIC.get(each.name, {})
    x = arguments(each, n)
    for i in range(len(x)):

        def along(v, i=i):
            return [*x[:i], v, *x[i + 1 :]]

        got = tl.grad(lambda v: total.call(*along(v), n=3, **static))(x[i])
        wanted = tl.grad(lambda v: np.sum(each.call(*along(v), **static)) / 3)(x[i])
        np.testing.assert_allclose(got, wanted, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("n", SIZES)
def test_one_infinite_score_does_not_spoil_the_others(n):
    """log(1 + e^-inf) is 0, although the sum of its parts is inf - inf."""
    z, y = np.zeros(n), np.ones(n)
    z[-1] = np.inf
    assert tl.losses.binary_cross_entropy_with_logits(z, y, reduction="sum") == pytest.approx((n - 1) * np.log(2.0), rel=1e-12)
    assert tl.losses.soft_margin_loss(-z, -y, reduction="sum") == pytest.approx((n - 1) * np.log(2.0), rel=1e-12)


@pytest.mark.parametrize("rows", [7, 20_001])
def test_class_losses_of_many_rows_are_means_of_their_rows(rows):
    """However rows are cut: the mean of log softmax at the class, the sum of gaps to rivals, and their gradients."""
    rng = np.random.default_rng(rows)
    z, y = rng.standard_normal((rows, 3)), rng.integers(0, 3, rows)
    e = np.exp(z)
    p, one_hot = e / e.sum(axis=1, keepdims=True), np.arange(3) == y[:, None]
    gaps = np.where(one_hot, 0.0, np.maximum(z - z[one_hot][:, None] + 1.0, 0.0))
    wanted = {
        "cross_entropy": (-np.log(p[one_hot]).mean(), (p - one_hot) / rows),
        "nll_loss": (-z[one_hot].mean(), one_hot / -rows),
        "multi_margin_loss": (gaps.mean(), ((gaps > 0) - one_hot * (gaps > 0).sum(axis=1, keepdims=True)) / gaps.size),
    }
    for name, (value, gradient) in wanted.items():
        got = tl.value_and_grad(lambda x, name=name: getattr(tl.losses, name)(x, y))(z)
        np.testing.assert_allclose(got[0], value, rtol=1e-12, err_msg=name)
        np.testing.assert_allclose(got[1], gradient, rtol=1e-10, atol=1e-18, err_msg=name)


@pytest.mark.parametrize("rows", [7, 20_001])
def test_distances_of_many_rows(rows):
    rng = np.random.default_rng(rows)
    a, b = rng.standard_normal((2, rows, 3))
    d = a - b + 0.5
    length = np.sqrt((d * d).sum(axis=1))
    np.testing.assert_allclose(tl.ops.pairwise_distance(a, b, eps=0.5), length, rtol=1e-14)
    got = tl.grad(lambda x: np.sum(tl.ops.pairwise_distance(x, b, eps=0.5) * length))(a)
    np.testing.assert_allclose(got, d, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("loss", [tl.losses.mse_loss, tl.losses.huber_loss], ids=lambda f: f.__name__)
def test_what_a_forward_leaves_serves_one_backward_and_no_other(loss, n):
    rng = np.random.default_rng(0)
    x, y, other = tl.tensor(rng.standard_normal(n), requires_grad=True), rng.standard_normal(n), rng.standard_normal(n)
    first, second = loss(x, y), loss(x, other)
    slope = np.clip(x.data - y, -1, 1) if loss is tl.losses.huber_loss else 2 * (x.data - y)
    slope_of_other = np.clip(x.data - other, -1, 1) if loss is tl.losses.huber_loss else 2 * (x.data - other)
    second.backward()
    np.testing.assert_allclose(x.grad, slope_of_other / n, rtol=1e-12)
    x.grad[:] = 0.0
    second.backward()
    first.backward()
    np.testing.assert_allclose(x.grad, (slope + slope_of_other) / n, rtol=1e-11, atol=1e-18)
    first.backward(gradient=np.float64(3.0))
    np.testing.assert_allclose(x.grad, (4 * slope + slope_of_other) / n, rtol=1e-11, atol=1e-18)


@pytest.mark.parametrize("rows", [7, 5_001])
@pytest.mark.parametrize("loss", [tl.losses.nll_loss, tl.losses.multi_margin_loss, tl.losses.cross_entropy], ids=lambda f: f.__name__)
def test_what_a_class_loss_leaves_serves_one_backward_and_no_other(loss, rows):
    """Backward is linear in its cotangent, and the same for a second time, for another target in between, and for 3 instead of 1."""
    rng = np.random.default_rng(1)
    x, y, other = tl.tensor(rng.standard_normal((rows, 4)), requires_grad=True), *rng.integers(0, 4, (2, rows))
    wanted, of_other = (tl.grad(lambda v, t=t: np.sum(loss(v, t, reduction="none")) / rows)(x.data) for t in (y, other))
    first, second = loss(x, y), loss(x, other)
    second.backward()
    np.testing.assert_allclose(x.grad, of_other, rtol=1e-12, atol=1e-18)
    second.backward()
    first.backward()
    np.testing.assert_allclose(x.grad, 2 * of_other + wanted, rtol=1e-11, atol=1e-18)
    loss(x, y).backward(gradient=np.float64(3.0))
    np.testing.assert_allclose(x.grad, 2 * of_other + 4 * wanted, rtol=1e-11, atol=1e-17)


@pytest.mark.parametrize("rows", [3, 5_001])
def test_a_class_that_cannot_be_has_no_say_among_rivals(rows):
    """A score of -inf leads nobody; one of +inf leads without bound; nan stays nan."""
    z, y = np.zeros((rows, 4)), np.full(rows, 1)
    z[:, 3] = -np.inf
    value, slope = tl.value_and_grad(lambda v: tl.losses.multi_margin_loss(v, y))(z)
    np.testing.assert_allclose(value, 2 / 4, rtol=1e-12)
    np.testing.assert_allclose(slope, np.broadcast_to(np.array([1.0, -2.0, 1.0, 0.0]) / (4 * rows), z.shape), rtol=1e-12)
    z[-1, 2] = np.inf
    assert tl.losses.multi_margin_loss(tl.tensor(z), y).item() == np.inf
    z[-1, 2] = np.nan
    assert np.isnan(tl.losses.multi_margin_loss(tl.tensor(z), y).item())


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("z", [0.5, 3.0, 20.0, 60.0])
def test_a_logistic_sum_keeps_its_digits_however_certain(z, n):
    """log(1 + e^-z) with its slope -e^-z / (1 + e^-z), in float32, where every entry is as certain and right."""
    x, t = np.full(n, z, np.float32), np.ones(n, np.float32)
    x[::2], t[::2] = -z, 0.0
    p = tl.tensor(x, requires_grad=True)
    loss = tl.losses.binary_cross_entropy_with_logits(p, t)
    loss.backward()
    e = np.exp(-np.float64(z))
    assert loss.item() == pytest.approx(np.log1p(e), rel=2e-6)
    np.testing.assert_allclose(p.grad * float(n), np.where(t == 1, -1, 1) * e / (1 + e), rtol=1e-6)


def test_distances_too_short_for_a_quotient_keep_their_direction():
    """1 / |d| would overflow in float32; d / |d| does not."""
    a = np.full((12_001, 3), 1e-40, np.float32)
    got = tl.grad(lambda x: np.sum(tl.ops.pairwise_distance(x, np.zeros_like(a), eps=0.0)))(a)
    np.testing.assert_allclose(got, np.full_like(a, 3**-0.5), rtol=1e-3)


def absolute(x):
    return tl.losses.l1_loss(x, np.zeros(x.shape), reduction="sum")


def ranking(x):
    return tl.losses.margin_ranking_loss(np.zeros(x.shape), x, np.ones(x.shape), reduction="sum")


@pytest.mark.parametrize("n", [5, blocks.BLOCK + 3])
@pytest.mark.parametrize(("loss", "slope"), [(absolute, np.sign), (ranking, lambda x: np.heaviside(x, np.nan))])
def test_a_kink_among_many_entries_is_told_as_among_few(loss, slope, n):
    """The sum of many terms is an op of its own, of few it is composed: both have a kink where an entry has one, and only there."""
    values = np.random.default_rng(n).normal(size=n)
    values[[1, n - 1]] = 0.0
    wanted = np.where(values == 0, np.nan, slope(values))
    x = tl.tensor(values, requires_grad=True)
    with pytest.warns(errors.UndefinedGradientWarning, match="kink"):
        loss(x).backward()
    np.testing.assert_array_equal(x.grad, wanted)
    told = tl.differentiability(loss, values)
    assert (told.kind, told.proved) == ("kink", True)


def test_kinks_among_many_entries_are_proved_to_cancel():
    n = blocks.BLOCK + 3
    x = tl.tensor(np.r_[0.0, np.arange(1.0, n)], requires_grad=True)
    (absolute(x) - absolute(-x) + np.sum(x)).backward()  # without a warning, which would be an error here
    np.testing.assert_array_equal(x.grad, np.ones(n))
