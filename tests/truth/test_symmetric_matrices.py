"""Symmetric matrices, of which NumPy reads one triangle: the gradient is that of the symmetric part, and is proved along symmetric paths only."""

import numpy as np
import pytest

import tinygrad_loss as tl

A = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.25], [0.5, -0.25, 2.0]])
OF_SYMMETRIC = {
    "cholesky": np.linalg.cholesky,
    "upper cholesky": lambda a: np.linalg.cholesky(a, upper=True),
    "eigvalsh": np.linalg.eigvalsh,
    "eigvalsh, upper": lambda a: np.linalg.eigvalsh(a, UPLO="U"),
    "eigh": lambda a: np.linalg.eigh(a)[0] + np.sum(np.linalg.eigh(a)[1] ** 2 * np.arange(9.0).reshape(3, 3)),
    "pinv": lambda a: np.linalg.pinv(a, hermitian=True),
    "svd": lambda a: np.linalg.svd(a, hermitian=True, compute_uv=False),
    "and other paths": lambda a: np.linalg.eigvalsh(a)[0] * a[0, 1] + np.sum(a * np.arange(9.0).reshape(3, 3)),
}


@pytest.mark.parametrize("f", OF_SYMMETRIC.values(), ids=OF_SYMMETRIC)
def test_gradcheck_moves_opposite_entries_together(f):
    report = tl.gradcheck(f, A)
    assert report, report
    assert report.checked == 9 * np.size(f(A))
    assert tl.gradcheck(f, np.stack([A, 2.0 * A])) if f is np.linalg.cholesky else True
    assert not tl.gradcheck(lambda a: f(a) + 1e-3 * a.detach()[0, 1], A)  # a term that the gradient forgets
    assert tl.gradcheck(lambda a, s: f(a * s), A, 1.5)
    assert tl.gradcheck(lambda b: f(b @ b.T + np.eye(3)), np.arange(9.0).reshape(3, 3) / 5.0)


@pytest.mark.parametrize("f", OF_SYMMETRIC.values(), ids=OF_SYMMETRIC)
def test_a_matrix_that_stays_symmetric_is_proved_and_one_that_does_not_is_not(f):
    turn = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert tl.differentiability(lambda t: np.sum(f(A + t * (turn + turn.T))), 0.0).proved
    assert tl.differentiability(lambda t: np.sum(f(A * t)), 1.0).proved
    assert tl.differentiability(lambda a: np.sum(f(0.5 * (a + a.T))), A).proved
    assert tl.differentiability(lambda b: np.sum(f(b @ b.T + np.eye(3))), np.arange(9.0).reshape(3, 3) / 5.0).proved
    for verdict in (
        tl.differentiability(lambda t: np.sum(f(A + t * turn)), 0.0),
        tl.differentiability(lambda t: np.sum(f(A + t * turn.T)), 0.0),
        tl.differentiability(lambda a: np.sum(f(a)), A),
    ):
        assert verdict.kind == "smooth"
        assert not verdict.proved


def test_a_matrix_that_is_not_symmetric_is_read_in_one_triangle_and_proved():
    lower = np.tril(A)
    assert tl.differentiability(lambda a: np.sum(np.linalg.cholesky(a)), lower).proved
    report = tl.gradcheck(np.linalg.cholesky, lower)
    assert report, report


def test_the_gradient_at_a_symmetric_matrix_is_that_of_the_symmetric_part():
    gradient = tl.grad(lambda a: np.linalg.eigvalsh(a)[0])(A)
    np.testing.assert_allclose(gradient, tl.grad(lambda a: np.linalg.eigvalsh(0.5 * (a + a.T))[0])(A), rtol=1e-14)
    np.testing.assert_array_equal(gradient, gradient.T)
