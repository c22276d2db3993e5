"""Convolution, pooling, normalisation, attention and look-ups against definitions, laws and each other."""

import tracemalloc
import warnings
from functools import partial

import numpy as np
import pytest
from scipy.signal import correlate

import tinygrad_loss as tl
from tinygrad_loss import errors, nn, ops
from tinygrad_loss.ops.lstm import lstm_scan


def test_a_convolution_is_a_correlation(rng):
    x, w = rng.normal(size=(1, 1, 7, 8)), rng.normal(size=(1, 1, 3, 2))
    np.testing.assert_allclose(ops.conv2d(x, w)[0, 0], correlate(x[0, 0], w[0, 0], mode="valid"), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("batch", [1, 3, 200])
def test_blocks_of_a_batch_do_not_show(rng, batch):
    x, w = rng.normal(size=(batch, 8, 12, 12)), rng.normal(size=(4, 8, 3, 3))
    one_by_one = np.concatenate([ops.conv2d(x[i : i + 1], w) for i in range(batch)])
    np.testing.assert_allclose(ops.conv2d(x, w), one_by_one, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("into", "out", "stride", "groups"), [(4, 24, 1, 1), (24, 4, 1, 1), (16, 16, 2, 2)])
def test_large_convolutions_and_both_their_transposes_are_one_trilinear_form(rng, into, out, stride, groups):
    x, w = rng.normal(size=(8, into, 40, 36)), rng.normal(size=(out, into // groups, 3, 3))
    t, v = tl.tensor(x, requires_grad=True), tl.tensor(w, requires_grad=True)
    y = ops.conv2d(t, v, stride=stride, padding=(1, 2), groups=groups)
    g = rng.normal(size=y.shape)
    y.backward(gradient=g)
    form = np.vdot(g, y.data)
    assert abs(np.vdot(t.grad, x) - form) < 1e-9 * abs(form)
    assert abs(np.vdot(v.grad, w) - form) < 1e-9 * abs(form)
    dx, dw = rng.normal(size=x.shape), rng.normal(size=w.shape)
    for grad, moved in ((t.grad, (dx, w)), (v.grad, (x, dw))):
        across = np.vdot(g, ops.conv2d(*moved, stride=stride, padding=(1, 2), groups=groups))
        assert abs(np.vdot(grad, dx if moved[0] is dx else dw) - across) < 1e-9 * np.linalg.norm(g) * np.linalg.norm(y.data)


@pytest.mark.parametrize(("into", "out"), [(2, 6), (6, 2), (3, 3)])
def test_a_transposed_convolution_cuts_off_more_than_its_kernel_adds(rng, into, out):
    x, w = rng.normal(size=(2, into, 9)), rng.normal(size=(into, out, 2))
    whole = ops.conv_transpose1d(x, w)
    np.testing.assert_allclose(ops.conv_transpose1d(x, w, padding=3), whole[:, :, 3:-3], rtol=1e-12, atol=1e-12)


def test_groups_are_convolutions_side_by_side(rng):
    x, w, b = rng.normal(size=(2, 4, 9)), rng.normal(size=(6, 2, 3)), rng.normal(size=6)
    apart = np.concatenate([ops.conv1d(x[:, :2], w[:3], b[:3]), ops.conv1d(x[:, 2:], w[3:], b[3:])], axis=1)
    np.testing.assert_allclose(ops.conv1d(x, w, b, groups=2), apart, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("memory", ["channels last", "channels first", "strided"])
def test_the_layout_in_memory_does_not_show(rng, memory):
    plain, w = rng.normal(size=(2, 3, 6, 5)), rng.normal(size=(4, 3, 3, 3))
    x = {
        "channels first": plain,
        "channels last": np.moveaxis(np.ascontiguousarray(np.moveaxis(plain, 1, -1)), -1, 1),
        "strided": np.repeat(plain, 2, axis=3)[..., ::2],
    }[memory]
    np.testing.assert_array_equal(ops.conv2d(x, w, padding=1), ops.conv2d(plain, w, padding=1))
    np.testing.assert_array_equal(ops.max_pool2d(x, 2), ops.max_pool2d(plain, 2))


def test_same_padding_keeps_the_size(rng):
    x = rng.normal(size=(1, 2, 7, 6))
    for kernel in ((1, 1), (2, 3), (4, 5)):
        assert ops.conv2d(x, rng.normal(size=(1, 2, *kernel)), padding="same", dilation=2).shape == (1, 1, 7, 6)


def test_a_transposed_convolution_is_the_transpose(rng):
    x, y, w = rng.normal(size=(2, 3, 9)), rng.normal(size=(2, 4, 5)), rng.normal(size=(4, 3, 3))
    forward = np.vdot(y, ops.conv1d(x, w, stride=2, padding=1))
    backward = np.vdot(x, ops.conv_transpose1d(y, w, stride=2, padding=1))
    assert abs(forward - backward) < 1e-12 * abs(forward)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float32_stays_in_gradients_of_networks(rng, dtype):
    x = tl.tensor(rng.normal(size=(2, 1, 8, 8)).astype(dtype), requires_grad=True)
    w = tl.tensor(rng.normal(size=(3, 1, 3, 3)).astype(dtype), requires_grad=True)
    y = ops.layer_norm(ops.avg_pool2d(ops.max_pool2d(ops.conv2d(x, w), 2), 3), (3, 1, 1))
    np.sum(y).backward()
    assert y.dtype == x.grad.dtype == w.grad.dtype == dtype


def test_a_tied_pool_has_no_gradient_and_says_so():
    x = tl.tensor(np.array([[[1.0, 1.0, 0.0, 2.0]]]), requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        np.sum(ops.max_pool1d(x, 2)).backward()
    np.testing.assert_array_equal(x.grad, [[[np.nan, np.nan, 0.0, 1.0]]])
    assert [w.category for w in caught] == [errors.UndefinedGradientWarning]


def test_a_tied_pool_gives_the_first_entry_the_gradient_under_the_convention():
    x = tl.tensor(np.zeros((1, 1, 4, 4)), requires_grad=True)
    with tl.at_kinks("convention"):
        np.sum(ops.max_pool2d(x, 2)).backward()
    assert np.argwhere(x.grad[0, 0]).tolist() == [[0, 0], [0, 2], [2, 0], [2, 2]]


def test_indices_of_a_pool_lead_back_to_its_values(rng):
    x = rng.normal(size=(2, 3, 5, 6))
    y, where = ops.max_pool2d(x, 3, stride=2, padding=1, return_indices=True)
    np.testing.assert_array_equal(np.take_along_axis(x.reshape(2, 3, -1), where.reshape(2, 3, -1), -1).reshape(y.shape), y)


def test_indices_of_a_pool_follow_an_array_that_was_changed():
    x = np.array([[[1.0, 2.0]]])
    before = ops.max_pool1d(x, 2, return_indices=True)[1].item()
    x[...] = [2.0, 1.0]
    with tl.no_grad():
        after = ops.max_pool1d(x, 2, return_indices=True)[1].item()
    assert (before, after) == (1, 0)


@pytest.mark.parametrize(
    "settings", [{"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "padding": 1}, {"kernel_size": (1, 2), "dilation": 2}]
)
def test_the_first_of_tied_entries_is_chosen_among_many_channels(rng, settings):
    x = rng.integers(0, 3, size=(4, 90, 30, 30)).astype(float)
    y, where = ops.max_pool2d(x, **settings, return_indices=True)
    flat = x.reshape(4, 90, -1)
    np.testing.assert_array_equal(np.take_along_axis(flat, where.reshape(4, 90, -1), -1).reshape(y.shape), y)
    t = tl.tensor(x, requires_grad=True)
    nn.MaxPool2d(**settings)(t).sum().backward()
    times = np.zeros_like(flat)
    for n, c in np.ndindex(4, 90):
        times[n, c] = np.bincount(where[n, c].ravel(), minlength=900)
    np.testing.assert_array_equal(t.grad.reshape(flat.shape), times)
    alike = ops.max_pool2d(np.ones((1, 1, 30, 30)), **settings, return_indices=True)[1][0, 0]
    rows = ops.max_pool2d(-np.arange(900.0).reshape(1, 1, 30, 30), **settings)[0, 0]
    np.testing.assert_array_equal(alike, -rows)


def test_nan_is_the_largest(rng):
    x = np.array([[[[1.0, np.nan], [3.0, 2.0]]]])
    t = tl.tensor(x, requires_grad=True)
    y = ops.max_pool2d(t, 2)
    with tl.at_kinks("convention"), np.errstate(invalid="ignore"):
        np.sum(y).backward()
    assert np.isnan(y.data).all()
    assert t.grad.tolist() == [[[[0.0, 1.0], [0.0, 0.0]]]]


def test_a_fold_of_an_unfold_counts_each_pixel_as_often_as_windows_cover_it(rng):
    x = rng.normal(size=(1, 2, 5, 6))
    again = ops.fold(ops.unfold(x, 3, padding=1), (5, 6), 3, padding=1)
    times = ops.fold(ops.unfold(np.ones_like(x), 3, padding=1), (5, 6), 3, padding=1)
    np.testing.assert_allclose(again, x * times, rtol=1e-12, atol=1e-12)
    assert times[0, 0, 2, 2] == 9
    assert times[0, 0, 0, 0] == 4


def test_a_convolution_is_a_product_with_unfolded_windows(rng):
    x, w = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, 3, 2))
    product = (w.reshape(4, -1) @ ops.unfold(x, (3, 2), stride=(2, 1))).reshape(2, 4, 2, 5)
    np.testing.assert_allclose(ops.conv2d(x, w, stride=(2, 1)), product, rtol=1e-12, atol=1e-12)


def test_norms_have_mean_0_and_variance_1(rng):
    x = rng.normal(3.0, 2.0, size=(6, 4, 5))
    for y, axes in (
        (ops.layer_norm(x, 5, eps=0.0), (2,)),
        (ops.batch_norm(x, None, None, training=True, eps=0.0), (0, 2)),
        (ops.instance_norm(x, eps=0.0), (2,)),
        (ops.group_norm(x, 1, eps=0.0), (1, 2)),
    ):
        np.testing.assert_allclose(y.mean(axis=axes), 0.0, atol=1e-13)
        np.testing.assert_allclose(y.var(axis=axes), 1.0, rtol=1e-13)


def test_a_norm_far_from_zero_keeps_its_digits(rng):
    x = rng.normal(size=100)
    np.testing.assert_allclose(ops.layer_norm(x + 1e6, 100), ops.layer_norm(x, 100), atol=1e-8)


def test_running_statistics_move_towards_the_batch():
    mean, variance = np.zeros(1), np.ones(1)
    ops.batch_norm(np.array([[1.0], [3.0]]), mean, variance, training=True, momentum=0.5)
    assert mean.tolist() == [1.0]
    assert variance.tolist() == [1.5]  # halfway to the unbiased variance 2


def test_evaluation_without_statistics_is_refused():
    with pytest.raises(errors.ArgumentError) as raised:
        ops.batch_norm(np.ones((2, 1)), None, None)
    assert str(raised.value) == "batch_norm: evaluation needs running statistics, got None. Type instead: training=True"


def test_attention_to_equal_keys_is_the_mean(rng):
    v = rng.normal(size=(2, 5, 3))
    y = ops.scaled_dot_product_attention(rng.normal(size=(2, 4, 6)), np.ones((2, 5, 6)), v)
    np.testing.assert_allclose(y, np.broadcast_to(v.mean(axis=1, keepdims=True), y.shape), rtol=1e-12)


def test_causal_attention_does_not_see_the_future(rng):
    q, k, v = (rng.normal(size=(1, 6, 4)) for _ in range(3))
    y = ops.scaled_dot_product_attention(q, k, v, is_causal=True)
    k[:, 4:], v[:, 4:] = 100.0, -100.0
    np.testing.assert_array_equal(ops.scaled_dot_product_attention(q, k, v, is_causal=True)[:, :4], y[:, :4])


def test_a_query_that_sees_nothing_answers_0_and_has_the_gradient_0(rng):
    q, k, v = (tl.tensor(rng.normal(size=(3, 4)), requires_grad=True) for _ in range(3))
    mask = np.array([[True, True, False], [False, False, False], [True, True, True]])
    y = ops.scaled_dot_product_attention(q, k, v, mask)
    np.sum(y * y).backward()
    assert not y.data[1].any()
    assert not q.grad[1].any()
    assert np.isfinite(q.grad).all()
    assert np.isfinite(k.grad).all()


def test_shared_heads_are_repeated_heads(rng):
    q, k, v = rng.normal(size=(2, 6, 5, 4)), rng.normal(size=(2, 2, 5, 4)), rng.normal(size=(2, 2, 5, 3))
    shared = ops.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    repeated = ops.scaled_dot_product_attention(q, np.repeat(k, 3, axis=1), np.repeat(v, 3, axis=1))
    np.testing.assert_allclose(shared, repeated, rtol=1e-12)


def test_words_that_repeat_add_their_gradients(rng):
    table = tl.tensor(rng.normal(size=(4, 2)), requires_grad=True)
    g = rng.normal(size=(3, 2, 2))
    index = np.array([[1, 3], [1, 1], [0, 3]])
    np.sum(ops.embedding(index, table) * g).backward()
    wanted = np.zeros((4, 2))
    np.add.at(wanted, index, g)
    np.testing.assert_allclose(table.grad, wanted, rtol=1e-12)


def test_a_long_row_is_used_at_the_greatest_length():
    y = ops.embedding(np.array([0, 1]), np.array([[3.0, 4.0], [0.3, 0.4]]), max_norm=1.0)
    np.testing.assert_allclose(y, [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)


def test_one_hot_refuses_a_class_beyond_the_last():
    with pytest.raises(errors.DomainError) as raised:
        ops.one_hot(np.array([0, 3]), 3)
    assert str(raised.value) == "one_hot: numbers must lie in 0..2, got 3. Use instead: a table of 4 rows"


@pytest.mark.parametrize(
    ("mode", "theirs"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap"), ("constant", "constant")]
)
def test_borders_are_numpys_in_torchs_order(rng, mode, theirs):
    x = rng.normal(size=(2, 3, 4))
    np.testing.assert_array_equal(ops.pad(x, (1, 2, 0, 1), mode), np.pad(x, [(0, 0), (0, 1), (1, 2)], mode=theirs))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: ops.pad(np.ones(3), (3, 0), "reflect"),
            'pad: a reflect border of axis 0 is at most 2 wide, pad=(3, 0), got (3,). Type instead: mode="replicate"',
        ),
        (
            lambda: ops.conv1d(np.ones((1, 2, 5)), np.ones((1, 3, 2))),
            "conv1d: the input must have 3 channels on axis 1, 3 per group, got (1, 2, 5) and (1, 3, 2) (the input has length 2 on axis 1, not 3). Use instead: a weight of shape (1, 2, 2)",
        ),
        (
            lambda: ops.conv1d(np.ones((1, 2, 5)), np.ones((3, 2, 2)), np.ones(2)),
            "conv1d: the bias has one entry per filter (3), got (2,) (the bias has length 2 on axis 0, not 3). Type instead: np.zeros(3)",
        ),
        (
            lambda: ops.linear(np.ones((1, 2)), np.ones((4, 3))),
            "linear: input and weight must have equally many features in their last axis, got (1, 2) and (4, 3) (input has length 2 on axis 1, weight has 3). "
            "Use instead: weight of shape (4, 2)",
        ),
        (
            lambda: ops.scaled_dot_product_attention(np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 3))),
            "scaled_dot_product_attention: query and key have equally many features, key and value equally many positions, "
            "got (2, 3) and (2, 4) and (2, 3) (query has length 3 on axis 1, key has 4). Use instead: query of shape (..., L, E), key of shape (..., S, E), value of shape (..., S, V)",
        ),
        (
            lambda: ops.glu(np.ones(3)),
            "glu: axis -1 must have an even length, got (3,). Use instead: nn.Linear(n, 2 * m) before it",
        ),
        (
            lambda: ops.pixel_shuffle(np.ones((3, 2, 2)), 2),
            "pixel_shuffle: the channels on axis -3 must be a multiple of 4, got (3, 2, 2). Type instead: x = nn.Conv2d(3, 4, 1)(x)",
        ),
    ],
)
def test_the_message_says_what_to_type(call, message):
    with pytest.raises(errors.TinygradLossError) as raised:
        call()
    assert str(raised.value) == message


def test_gumbel_draws_follow_the_probabilities():
    z = np.broadcast_to(np.log([0.2, 0.8]), (4000, 2))
    share = ops.gumbel_softmax(z, hard=True, rng=0).mean(axis=0)
    assert abs(share[0] - 0.2) < 4 * np.sqrt(0.16 / 4000)


def test_alpha_dropout_keeps_mean_and_variance(rng):
    y = ops.alpha_dropout(rng.normal(size=100_000), 0.3, training=True, rng=1)
    assert abs(y.mean()) < 0.02
    assert abs(y.std() - 1.0) < 0.02


@pytest.mark.parametrize("f", [ops.mish, ops.silu, ops.gelu, ops.softsign, ops.tanhshrink, ops.celu, ops.selu], ids=lambda f: f.__name__)
def test_activations_stay_finite_far_out(f):
    x = np.array([-1e4, -800.0, 800.0, 1e4])
    slope = tl.grad(lambda v: np.sum(f(v)))
    curvature = tl.grad(lambda v: np.sum(slope(v)))
    assert all(np.isfinite(g(x)).all() for g in (f, slope, curvature))


@pytest.mark.parametrize(
    "call",
    [
        lambda x, number: ops.leaky_relu(x, number),
        lambda x, number: ops.elu(x, number),
        lambda x, number: ops.hardtanh(x, -number, number),
        lambda x, number: ops.dropout(x, number, rng=0),
        lambda x, number: ops.layer_norm(x, 4, eps=number),
        lambda x, number: ops.scaled_dot_product_attention(x, x, x, scale=number),
    ],
)
def test_a_number_from_numpy_does_not_promote(rng, call):
    x = rng.normal(size=(3, 4)).astype(np.float32)
    assert call(x, np.float64(0.3)).dtype == np.float32


def test_cosine_similarity_counts_a_component_that_is_repeated_each_time(rng):
    a, b = rng.normal(size=(1, 2, 3)), rng.normal(size=(2, 1, 3))
    for dim in (0, 1, -1, -2):
        whole = [np.broadcast_to(x, (2, 2, 3)) for x in (a, b)]
        wanted = np.sum(whole[0] * whole[1], axis=dim) / np.prod([np.sqrt(np.sum(x * x, axis=dim)) for x in whole], axis=0)
        np.testing.assert_allclose(ops.cosine_similarity(a, b, dim=dim), wanted, rtol=1e-13)
    with tl.at_kinks("convention"):
        x = tl.tensor(b, requires_grad=True)
        np.sum(ops.cosine_similarity(a, x, dim=-2)).backward()
    assert x.grad.shape == b.shape


def test_softplus_is_the_identity_above_a_threshold_that_was_asked_for():
    x = np.array([-1.0, 0.06, 0.07, 3.0])
    exact = np.log1p(np.exp(3 * x)) / 3
    np.testing.assert_allclose(ops.softplus(x, 3, 0.2), [exact[0], exact[1], 0.07, 3.0], rtol=1e-15)
    np.testing.assert_allclose(ops.softplus(x, 3), exact, rtol=1e-15)
    assert tl.differentiability(lambda x: ops.softplus(x, 1, 2.0), 2.0).kind == "discontinuous"
    assert float(tl.grad(lambda x: ops.softplus(x, 1, 2.0))(2.5)) == 1.0


def test_a_softmax_of_nothing_is_nothing():
    for f in (ops.softmax, ops.log_softmax):
        x = tl.tensor(np.zeros((3, 0)), requires_grad=True)
        y = f(x, axis=-1)
        assert y.shape == (3, 0)
        np.sum(y).backward()
        assert x.grad.shape == (3, 0)


def test_what_reflects_may_be_cut_off_itself():
    x = np.array([0.0, 1.0, 2.0, 3.0])
    np.testing.assert_array_equal(ops.pad(x, (-1, 2), mode="reflect"), [1, 2, 3, 2, 1])
    np.testing.assert_array_equal(ops.pad(x, (3, -3), mode="reflect"), [3, 2, 1, 0])


def test_interpolation_of_a_line_and_of_windows(rng):
    line = np.arange(9.0).reshape(1, 1, 9)
    places = (np.arange(18) + 0.5) / 2 - 0.5
    np.testing.assert_allclose(ops.interpolate(line, scale_factor=2, mode="linear")[0, 0, 1:-1], places[1:-1], rtol=1e-14)
    four = rng.normal(size=4)
    middle = 0.59375 * (four[1] + four[2]) - 0.09375 * (four[0] + four[3])  # the kernel of slope -3/4 at distances 1/2 and 3/2
    found = ops.interpolate(four.reshape(1, 1, 1, 4), size=(1, 7), mode="bicubic", align_corners=True)[0, 0, 0]
    np.testing.assert_allclose(found[[0, 2, 3, 6]], [four[0], four[1], middle, four[3]], rtol=1e-14)
    np.testing.assert_array_equal(ops.interpolate(line, size=3, mode="nearest-exact"), [[[1, 4, 7]]])
    np.testing.assert_array_equal(ops.interpolate(line, size=3), [[[0, 3, 6]]])
    x = rng.normal(size=(1, 2, 5, 7))
    np.testing.assert_array_equal(ops.interpolate(x, size=(2, 3), mode="area"), ops.adaptive_avg_pool2d(x, (2, 3)))
    np.testing.assert_array_equal(ops.interpolate(x, scale_factor=1.1, mode="bilinear"), x)
    with pytest.raises(errors.ShapeError) as error:
        ops.interpolate(np.zeros((1, 1, 1, 4)), scale_factor=0.5)
    assert str(error.value) == (
        "interpolate: every axis must keep an entry, size=(0, 2), got (1, 1, 1, 4). Use instead: a larger scale_factor, or size=1"
    )


def lstm(rng, dtype=np.float64):
    """Return a function of a first weight, an LSTM over the same random numbers otherwise."""
    x, h, c, w_in, w, bias = (rng.normal(size=s).astype(dtype) for s in ((50, 8, 3), (8, 16), (8, 16), (64, 3), (64, 16), (64,)))
    return lambda scale: lstm_scan(x, h, c, scale * w_in, w, bias)


def test_lstms_that_are_recorded_at_once_do_not_mix(rng):
    runs = [lstm(rng), lstm(rng)]
    alone = [tl.grad(lambda s, run=run: np.sum(run(s) ** 2))(np.float64(1.5)) for run in runs]
    scales = [tl.tensor(1.5, requires_grad=True) for _ in runs]
    results = [np.sum(run(s) ** 2) for run, s in zip(runs, scales, strict=True)]
    for result in results:
        result.backward()
    results[0].backward()
    np.testing.assert_array_equal([s.grad for s in scales], [2 * alone[0], alone[1]])


def test_an_lstm_keeps_its_steps_only_while_a_backward_may_come(rng):
    run, scale = lstm(rng), tl.tensor(1.0, requires_grad=True)

    def held(y):
        return tracemalloc.get_traced_memory()[0] / y.value.nbytes

    tracemalloc.start()
    try:
        y = run(scale)
        recorded = held(y)
        del y
        with tl.no_grad():
            y = run(scale)
        assert held(y) < 2.5 < recorded
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("shape", [(0,), (0, 3), (0, 3, 4), (2, 3, 0)])
@pytest.mark.parametrize("norm", [partial(ops.batch_norm, training=True), ops.instance_norm], ids=["batch_norm", "instance_norm"])
def test_running_statistics_stay_where_they_are_without_values(norm, shape):
    channels = shape[1] if shape[1:] else 0
    mean, variance, weight = np.full(channels, 2.0), np.full(channels, 3.0), tl.tensor(np.ones(channels), requires_grad=True)
    y = norm(np.zeros(shape), mean, variance, weight)
    assert y.shape == shape
    assert mean.tolist() == [2.0] * channels
    assert variance.tolist() == [3.0] * channels
    np.sum(y).backward()
    assert weight.grad.tolist() == [0.0] * channels
