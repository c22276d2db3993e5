"""What a mask hides from a query has no influence on its answer: neither scores, nor a nan, nor whether the mask is of numbers."""

import importlib.util

import numpy as np
import pytest

import tinygrad_loss as tl

L, S, E, V = 3, 4, 5, 2
SEEN = np.array([[True, False, True, False], [False, False, False, False], [True, True, True, False]])
MASKS = {"bool": SEEN, "float": np.where(SEEN, 0.3, -np.inf)}


def drawn(rng):
    return [rng.standard_normal(shape) for shape in ((2, L, E), (2, S, E), (2, S, V))]


def answer(f, arrays):
    """Return the answers and the gradient of their weighted sum in each array."""
    leaves = [tl.tensor(x, requires_grad=True) for x in arrays]
    y = f(*leaves)
    np.sum(y * np.arange(1.0, y.size + 1).reshape(y.shape)).backward()
    return y.numpy(), [x.grad for x in leaves]


def by_hand(q, k, v, mask):
    """Compute attention one query at a time, over the keys that it sees."""
    y = np.zeros((*q.shape[:-1], v.shape[-1]))
    added = np.where(mask, 0.0, -np.inf) if mask.dtype == bool else mask
    for n, i in np.ndindex(q.shape[:2]):
        seen = np.flatnonzero(added[i] > -np.inf)
        if seen.size:
            w = np.exp(k[n, seen] @ q[n, i] / np.sqrt(E) + added[i, seen])
            y[n, i] = w @ v[n, seen] / w.sum()
    return y


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_a_query_that_sees_no_key_is_answered_by_0(mask, rng):
    q, k, v = drawn(rng)
    y, gradients = answer(lambda *x: tl.ops.scaled_dot_product_attention(*x, mask), [q, k, v])
    np.testing.assert_allclose(y, by_hand(q, k, v, mask), rtol=1e-12, atol=1e-14)
    assert np.all(y[:, 1] == 0)
    assert all(np.isfinite(g).all() for g in gradients)
    np.testing.assert_array_equal(gradients[0][:, 1], 0.0)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("which", [1, 2])
def test_what_is_not_finite_has_no_influence_where_it_is_hidden_from_all(which, poison, mask, rng):
    arrays = drawn(rng)
    clean = [x.copy() for x in arrays]
    clean[which][:, 3] = 0.0
    arrays[which][:, 3] = poison

    def f(*x):
        return tl.ops.scaled_dot_product_attention(*x, mask)

    (y, gradients), (expected, slopes) = answer(f, arrays), answer(f, clean)
    np.testing.assert_allclose(y, expected, rtol=1e-13)
    for got, wanted in zip(gradients, slopes, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
@pytest.mark.parametrize("which", [1, 2])
def test_a_nan_reaches_only_the_queries_that_see_it(which, poison, rng):
    arrays = drawn(rng)
    clean = [x.copy() for x in arrays]
    clean[which][:, 1] = 0.0
    arrays[which][:, 1] = poison  # only the last query sees key 1

    def first_two(*x):
        return tl.ops.scaled_dot_product_attention(*x, SEEN)[:, :2]

    (y, gradients), (expected, slopes) = answer(first_two, arrays), answer(first_two, clean)
    np.testing.assert_allclose(y, expected, rtol=1e-13)
    np.testing.assert_allclose(gradients[0][:, :2], slopes[0][:, :2], rtol=1e-13, atol=1e-15)
    with np.errstate(invalid="ignore"):
        last = tl.ops.scaled_dot_product_attention(*arrays, SEEN)[:, 2]
    assert np.isnan(last).any() or np.isinf(last).any()


def padded(rng, poison, mask_kind):
    """Return a layer's answers and gradients where the last key is padding that holds ``poison``."""
    layer = tl.nn.MultiheadAttention(4, 2, batch_first=True, dtype=np.float64, rng=0)
    query, keys = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 5, 4))
    keys[:, -1] = poison
    padding = np.zeros((2, 5), bool)
    padding[:, -1] = True
    padding = padding if mask_kind == "bool" else np.where(padding, -np.inf, 0.0)
    k = tl.tensor(keys, requires_grad=True)
    q = tl.tensor(query, requires_grad=True)
    y, weights = layer(q, k, k, key_padding_mask=padding)
    np.sum(y * y).backward()
    return [y.numpy(), weights.numpy(), q.grad, k.grad[:, :-1], *(p.grad for p in layer.parameters())]


@pytest.mark.parametrize("kind", ["bool", "float"])
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_padding_of_a_layer_has_no_influence(kind, poison):
    for got, expected in zip(padded(np.random.default_rng(1), poison, kind), padded(np.random.default_rng(1), 0.0, kind), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", ["bool", "float"])
def test_a_layer_answers_a_query_that_sees_no_key_by_its_bias(kind, rng):
    layer = tl.nn.MultiheadAttention(4, 2, batch_first=True, dtype=np.float64, rng=0)
    x = rng.standard_normal((2, 3, 4))
    hidden = np.zeros((3, 3), bool)
    hidden[1] = True
    mask = hidden if kind == "bool" else np.where(hidden, -np.inf, 0.0)
    y, weights = layer(x, x, x, attn_mask=mask)
    np.testing.assert_allclose(y.numpy()[:, 1], np.broadcast_to(layer.out_proj.bias.numpy(), (2, 4)), atol=1e-15)
    assert np.all(weights.numpy()[:, 1] == 0)


def test_a_learnt_mask_of_numbers_gets_its_gradient(rng):
    q, k, v = drawn(rng)
    mask = np.where(SEEN, 0.3, -np.inf)
    b = tl.tensor(mask, requires_grad=True)
    y = tl.ops.scaled_dot_product_attention(q, k, v, b)
    np.sum(y * y).backward()
    step = np.zeros_like(mask)
    step[2, 0] = 1e-6
    ahead, behind = (np.sum(tl.ops.scaled_dot_product_attention(q, k, v, mask + h) ** 2) for h in (step, -step))
    np.testing.assert_allclose(b.grad[2, 0], (ahead - behind) / 2e-6, rtol=1e-6)
    np.testing.assert_array_equal(b.grad[~SEEN], 0.0)


if importlib.util.find_spec("torch"):

    @pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
    def test_the_answer_is_that_of_torch(mask, rng):
        import torch  # noqa: PLC0415

        arrays = drawn(rng)
        expected = torch.nn.functional.scaled_dot_product_attention(*map(torch.tensor, arrays), attn_mask=torch.tensor(mask)).numpy()
        np.testing.assert_allclose(tl.ops.scaled_dot_product_attention(*arrays, mask), expected, rtol=1e-12, atol=1e-14)
