"""Where eigenvalues or singular values repeat: what has a gradient gets it, what has none says so."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors

NAN = np.nan


def gradient(f, x):
    """Return the gradient and whether it was called undefined."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        g = tl.grad(f)(x)
    return g, any(issubclass(w.category, errors.UndefinedGradientWarning) for w in seen)


SMOOTH = {
    "the trace, as a sum of eigenvalues": (lambda a: np.sum(np.linalg.eigvalsh(a)), np.eye(2), np.eye(2)),
    "the squared Frobenius norm": (lambda a: np.sum(np.linalg.eigvalsh(a) ** 2), np.eye(2), 2 * np.eye(2)),
    "a value that does not repeat": (lambda a: np.linalg.eigvalsh(a)[2], np.diag([1.0, 1.0, 3.0]), np.diag([0.0, 0.0, 1.0])),
    "the nuclear norm at the identity": (lambda a: np.linalg.norm(a, "nuc"), np.eye(2), np.eye(2)),
    "the largest value where only smaller ones repeat": (
        lambda a: np.linalg.norm(a, 2),
        np.diag([2.0, 1.0, 1.0]),
        np.diag([1.0, 0.0, 0.0]),
    ),
}


@pytest.mark.parametrize(("f", "x", "wanted"), SMOOTH.values(), ids=SMOOTH)
def test_a_symmetric_function_of_repeated_values_has_a_gradient(f, x, wanted):
    g, undefined = gradient(f, x)
    np.testing.assert_allclose(g, wanted, atol=1e-12)
    assert not undefined


UNDEFINED = {
    "the smaller of two equal eigenvalues": (lambda a: np.linalg.eigvalsh(a)[0], np.eye(2), np.full((2, 2), NAN)),
    "the spectral norm at the identity": (lambda a: np.linalg.norm(a, 2), np.eye(2), np.full((2, 2), NAN)),
    "the nuclear norm at 0": (lambda a: np.linalg.norm(a, "nuc"), np.zeros((2, 2)), np.full((2, 2), NAN)),
    "one of two that repeat, beside a third": (
        lambda a: np.linalg.eigvalsh(a)[1],
        np.diag([1.0, 1.0, 3.0]),
        np.array([[NAN, NAN, 0.0], [NAN, NAN, 0.0], [0.0, 0.0, 0.0]]),
    ),
    "the nuclear norm of a matrix of lower rank": (
        lambda a: np.linalg.norm(a, "nuc"),
        np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]),
        np.array([[1.0, 0.0], [0.0, NAN], [0.0, NAN]]),
    ),
    "the norm of order 3 at 0": (lambda x: np.linalg.norm(x, 3), np.zeros(2), np.full(2, NAN)),
    "the logarithm of a determinant that is 0": (lambda a: np.linalg.slogdet(a).logabsdet, np.ones((2, 2)), np.full((2, 2), NAN)),
}


@pytest.mark.parametrize(("f", "x", "wanted"), UNDEFINED.values(), ids=UNDEFINED)
def test_where_there_is_no_gradient_exactly_the_entries_concerned_are_nan(f, x, wanted):
    g, undefined = gradient(f, x)
    np.testing.assert_allclose(g, wanted, atol=1e-12)
    assert undefined


def test_the_slopes_of_the_smaller_eigenvalue_are_those_of_the_block():
    """Along D the eigenvalues of 1 + t D move with the eigenvalues of D."""
    d = np.array([[2.0, 1.0], [1.0, -1.0]])
    low, high = np.linalg.eigvalsh(d)
    np.testing.assert_allclose(tl.directional(lambda a: np.linalg.eigvalsh(a)[0], np.eye(2), d), low, rtol=1e-12)
    np.testing.assert_allclose(tl.directional(lambda a: np.linalg.eigvalsh(a)[0], np.eye(2), -d), -high, rtol=1e-12)
    np.testing.assert_allclose(tl.directional(lambda a: np.linalg.svdvals(a)[0], np.zeros((2, 2)), d), np.linalg.norm(d, 2), rtol=1e-12)
    sides = np.linalg.eigvalsh(np.diag([1.0, 1.0, 3.0])[:2, :2] * 0 + d)
    np.testing.assert_allclose(
        tl.directional(lambda a: np.linalg.eigvalsh(a)[:2] @ np.array([1.0, 0.0]), np.diag([1.0, 1.0, 3.0]), np.pad(d, (0, 1))),
        sides[0],
        rtol=1e-12,
    )


def test_the_projection_on_a_vector_that_does_not_repeat_has_its_gradient():
    a, w = np.diag([1.0, 1.0, 3.0]), np.arange(9.0).reshape(3, 3)

    def projection(a):
        v = np.linalg.eigh(a).eigenvectors[:, 2]
        return np.sum(w * np.outer(v, v))

    g, undefined = gradient(projection, a)
    half = (w + w.T) / 4  # d(v v') couples v with the space of the others at 1 / (3 - 1)
    np.testing.assert_allclose(g, [[0.0, 0.0, half[0, 2]], [0.0, 0.0, half[1, 2]], [half[2, 0], half[2, 1], 0.0]], atol=1e-12)
    assert not undefined
