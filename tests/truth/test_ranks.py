"""Orders of entries used as numbers: ranks in a loss, top-k masks, positions in a grid; a tie of any member moves them all."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors

NAN = np.nan


def ranks(x):
    return np.argsort(np.argsort(x))


CASES = {
    "order times entries": (lambda x: np.sum(np.argsort(x) * x), [1.0, 1.0], [NAN, NAN]),
    "ranks times entries": (lambda x: np.sum(ranks(x) * x), [1.0, 1.0, 2.0], [NAN, NAN, 2.0]),
    "rank correlation": (lambda x: np.mean((ranks(x) - x) ** 2), [1.0, 1.0, 2.0], [NAN, NAN, 0.0]),
    "discounted gain": (lambda x: np.sum(x / np.log2(2.0 + ranks(-x))), [0.5, 0.5, 0.1], [NAN, NAN, 0.5]),
    "mask of the largest": (lambda x: np.sum((ranks(-x) < 2) * x), [2.0, 1.0, 1.0], [1.0, NAN, NAN]),
    "order of whole numbers": (lambda x: np.sum(np.argsort(np.floor(x).astype(int)) * x), [1.0, 1.0], [NAN, NAN]),
    "partition": (lambda x: np.sum(np.argpartition(x, 0) * x), [1.0, 1.0], [NAN, NAN]),
    "places in a grid": (lambda x: np.sum(x * np.searchsorted(np.array([0.0, 1.0, 2.0]), x)), [1.0, 1.0], [NAN, NAN]),
    "bins": (lambda x: np.sum(np.digitize(x, np.array([0.0, 1.0, 2.0])) * x), [1.0, 1.5], [NAN, 2.0]),
}


@pytest.mark.parametrize(("f", "x", "want"), CASES.values(), ids=CASES)
@pytest.mark.filterwarnings("ignore::tinygrad_loss.errors.UnprovedGradientWarning")
def test_an_order_is_of_the_whole_array(f, x, want):
    with pytest.warns(errors.UndefinedGradientWarning):
        np.testing.assert_allclose(tl.grad(f)(np.array(x)), want, atol=1e-12)
    verdict = tl.differentiability(f, np.array(x))
    assert verdict.kind != "smooth"
    np.testing.assert_allclose(verdict.gradient, want, atol=1e-12)


@pytest.mark.parametrize("n", [4, 16, 64])
def test_many_equal_entries_have_too_many_orders_to_ask(n):
    gradient = tl.grad(lambda x: np.sum(x[np.argsort(x)] * np.arange(n)))
    with pytest.warns(errors.UndefinedGradientWarning):
        assert np.all(np.isnan(gradient(np.zeros(n))))


@pytest.mark.parametrize(("n", "rank"), [(2, 1), (3, 2), (3, 1), (4, 2), (3, 0)])
def test_the_determinant_of_a_singular_matrix_has_second_derivatives(n, rank):
    """It is linear in each entry, so mixed differences of any step are exact."""
    rng = np.random.default_rng(n)
    a = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, n)) if rank else np.zeros((n, n))
    steps = np.eye(n * n).reshape(-1, n, n) / 2
    det = np.linalg.det
    mixed = [[det(a + p + q) - det(a + p - q) - det(a - p + q) + det(a - p - q) for q in steps] for p in steps]
    np.testing.assert_allclose(tl.hessian(det)(a).reshape(n * n, n * n), mixed, atol=1e-9)


@pytest.mark.parametrize("f", [lambda x: np.sqrt(np.abs(x)), lambda x: np.abs(x) ** 0.5])
def test_infinite_slopes_of_unlike_sign_are_no_derivative(f):
    with pytest.warns(errors.UndefinedGradientWarning):
        assert np.isnan(tl.jvp(f, 0.0, 1.0)[1])
