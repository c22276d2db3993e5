"""Softmax and normalisation of many rows take a way of their own: it says what the same rows say few at a time, on every kind of array."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.ops.short_rows import MANY

ROWS = {
    "softmax": lambda x: tl.ops.softmax(x, axis=-1),
    "layer_norm": lambda x: tl.ops.layer_norm(x, x.shape[-1]),
    "layer_norm, two axes": lambda x: tl.ops.layer_norm(x, x.shape[-2:]),
}


@pytest.mark.parametrize("n", [3, 32, 64])
@pytest.mark.parametrize("name", ROWS)
def test_many_rows_say_what_each_says_alone(name, n, rng):
    f, rows = ROWS[name], 2 * MANY // n
    x, v = rng.normal(size=(2, rows, 2, n)) * 3.0 + 5.0
    weights = np.cos(np.arange(x.size)).reshape(x.shape)
    got = f(x), tl.grad(lambda x: np.sum(f(x) * weights))(x), tl.hvp(lambda x: np.sum(f(x) * weights), x, v)
    for i in (0, 1, rows - 1):
        few = lambda x, i=i: np.sum(f(x) * weights[i])  # noqa: E731
        wanted = f(x[i]), tl.grad(few)(x[i]), tl.hvp(few, x[i], v[i])
        for a, b in zip(got, wanted, strict=True):
            np.testing.assert_allclose(a[i], b, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["softmax", "layer_norm"])
def test_what_is_not_finite_stays_in_its_row(name, bad, rng):
    x = rng.normal(size=(MANY // 8, 16))
    x[5, 3] = bad
    with np.errstate(all="ignore"):
        y, alone = ROWS[name](x), ROWS[name](x[5])
    assert np.isfinite(np.delete(y, 5, axis=0)).all()
    np.testing.assert_array_equal(y[5], alone)


def test_a_layer_may_be_differentiated_twice_and_without_its_forward(rng):
    """What a forward keeps is asked for by its own result only: another backward, or one after another forward, computes the same."""
    x = tl.tensor(rng.normal(size=(MANY // 8, 16)), requires_grad=True)
    y = tl.ops.layer_norm(x, 16)
    loss = np.sum(y * y * y)
    tl.ops.layer_norm(tl.tensor(x.data * 2.0, requires_grad=True), 16)
    loss.backward()
    first = x.grad.copy()
    x.grad = None
    loss.backward()
    np.testing.assert_array_equal(x.grad, first)
