"""Largest entries, running extremes and the exponential of a matrix: values, positions, gradients, and what is refused."""

import numpy as np
import pytest
import scipy.linalg

import tinygrad_loss as tl
from tinygrad_loss import errors

ROWS = np.array([[1.0, 3.0, 3.0, 2.0], [5.0, 5.0, 5.0, 5.0], [2.0, 1.0, np.nan, 4.0]])


def test_the_largest_entries_and_where_they_stand():
    values, indices = tl.ops.topk(ROWS, 2)  # as PyTorch 2.13.0 answers, torch.topk(ROWS, 2)
    np.testing.assert_array_equal(values, [[3.0, 3.0], [5.0, 5.0], [np.nan, 4.0]])
    np.testing.assert_array_equal(indices[[0, 2]], [[1, 2], [2, 3]])
    np.testing.assert_array_equal(tl.ops.topk(ROWS, 2, largest=False).values, [[1.0, 2.0], [5.0, 5.0], [1.0, 2.0]])


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64], ids=lambda d: d.__name__)
def test_they_are_the_front_of_the_sorted_entries(axis, largest, dtype):
    x = (np.random.default_rng(0).normal(size=(5, 6)) * 10).astype(dtype)
    for k in range(6):
        values, indices = tl.ops.topk(tl.tensor(x), k, axis, largest)
        ordered = -np.sort(-x, axis=axis) if largest else np.sort(x, axis=axis)
        np.testing.assert_array_equal(values.data, np.take(ordered, np.arange(k), axis=axis))
        np.testing.assert_array_equal(np.take_along_axis(x, indices.data, axis=axis), values.data)
        assert values.dtype == dtype


def test_the_gradient_goes_to_the_entries_that_were_taken():
    x = tl.tensor([1.0, 4.0, 3.0, 2.0], requires_grad=True)
    (tl.ops.topk(x, 2).values ** 2).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 8.0, 6.0, 0.0])
    with pytest.warns(errors.UndefinedGradientWarning):
        g = tl.grad(lambda v: np.sum(tl.ops.topk(v, 1).values))(np.array([1.0, 2.0, 2.0]))
    np.testing.assert_array_equal(g, [0.0, np.nan, np.nan])  # which of the two is the largest?
    np.testing.assert_array_equal(tl.grad(lambda v: np.sum(tl.ops.topk(v, 2).values))(np.array([1.0, 2.0, 2.0])), [0.0, 1.0, 1.0])


def test_more_than_there_are_is_refused():
    with pytest.raises(errors.DomainError) as raised:
        tl.ops.topk(np.ones(3), 4)
    assert str(raised.value) == "topk: k must lie in 0 to 3, the length of axis -1, got 4. Type instead: k=min(4, 3)"


def test_running_extremes_and_where_they_were_attained_last():
    values, indices = tl.ops.cummax(ROWS, 1)  # as PyTorch 2.13.0 answers, torch.cummax(ROWS, 1)
    np.testing.assert_array_equal(values, [[1, 3, 3, 3], [5, 5, 5, 5], [2, 2, np.nan, np.nan]])
    np.testing.assert_array_equal(indices, [[0, 1, 2, 2], [0, 1, 2, 3], [0, 0, 2, 2]])
    for f, ufunc in ((tl.ops.cummax, np.maximum), (tl.ops.cummin, np.minimum)):
        x = np.random.default_rng(1).normal(size=(4, 5))
        for axis in (0, 1, -1):
            found = f(tl.tensor(x), axis)
            np.testing.assert_array_equal(found.values.data, ufunc.accumulate(x, axis=axis))
            np.testing.assert_array_equal(np.take_along_axis(x, found.indices.data, axis=axis), found.values.data)
        assert tl.gradcheck(lambda x, f=f: f(x, 1).values, x)


# ---- the exponential of a matrix --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e-12, 1e-3, 0.3, 1.0, 5.0, 30.0])
def test_the_exponential_agrees_with_scipys(size):
    a = np.random.default_rng(0).normal(size=(3, 5, 5)) * size
    wanted = np.stack([scipy.linalg.expm(m) for m in a])
    np.testing.assert_allclose(tl.ops.matrix_exp(a), wanted, rtol=1e-11, atol=1e-11 * np.abs(wanted).max())


def test_the_exponential_keeps_its_dtype():
    a = np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32)
    y = tl.ops.matrix_exp(tl.tensor(a))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, scipy.linalg.expm(a.astype(np.float64)), rtol=1e-4)


def test_the_exponential_in_closed_form():
    t = 0.7
    np.testing.assert_allclose(tl.ops.matrix_exp([[0.0, -t], [t, 0.0]]), [[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]], rtol=1e-14)
    np.testing.assert_allclose(tl.ops.matrix_exp(np.diag([1, 2])), np.diag(np.exp([1.0, 2.0])), rtol=1e-14, atol=1e-15)
    np.testing.assert_array_equal(tl.ops.matrix_exp(np.zeros((2, 2))), np.eye(2))
    assert tl.ops.matrix_exp(np.zeros((0, 0))).shape == (0, 0)


@pytest.mark.parametrize("size", [0.5, 8.0])
def test_the_derivative_is_frechets(size):
    rng = np.random.default_rng(2)
    a, e, g = rng.normal(size=(4, 4)) * size, rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    frechet = scipy.linalg.expm_frechet(a, e, compute_expm=False)
    _, along = tl.jvp(tl.ops.matrix_exp, a, e)
    np.testing.assert_allclose(along, frechet, rtol=1e-9, atol=1e-9 * np.abs(frechet).max())
    _, pullback = tl.vjp(tl.ops.matrix_exp, a)
    np.testing.assert_allclose(np.sum(pullback(g) * e), np.sum(g * frechet), rtol=1e-9)


def test_its_second_derivative():
    a = np.array([[0.2, -0.4], [0.3, 0.1]])
    trace = tl.hessian(lambda t: np.trace(tl.ops.matrix_exp(a * t)))(1.0)
    np.testing.assert_allclose(trace, np.trace(a @ a @ scipy.linalg.expm(a)), rtol=1e-12)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)], ids=str)
def test_what_is_no_square_matrix_is_refused(shape):
    with pytest.raises(errors.MatrixError, match=r"^matrix_exp: the last two axes must be equally long, got shape"):
        tl.ops.matrix_exp(np.ones(shape))
