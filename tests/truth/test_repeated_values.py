"""Eigenvalues and singular values that repeat, or are 0, though rounding parts what LAPACK returns for them."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.nonsmooth.multiplicity import multiplicity

TURN = np.array([[0.5, 0.5], [-0.5, 0.5]])
EQUAL = np.array([[2.0, 1.0, 1.0], [1.0, 2.0, 1.0], [1.0, 1.0, 2.0]])
DEPENDENT = np.array([[1.0, 3.0], [2.0, 6.0]])
HADAMARD = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0], [1.0, -1.0, -1.0, 1.0]]) / 3


def eigenvalue(k):
    return lambda a: np.linalg.eigvalsh((a + a.T) / 2)[k]


KINKS = {
    "spectral norm of a turn": (lambda a: np.linalg.norm(a, 2), TURN),
    "spectral norm of a float32 turn": (lambda a: np.linalg.norm(a, 2), TURN.astype(np.float32)),
    "spectral norm of an orthogonal matrix": (lambda a: np.linalg.norm(a, 2), HADAMARD),
    "nuclear norm of a matrix of rank 1": (lambda a: np.linalg.norm(a, "nuc"), DEPENDENT),
    "nuclear norm of a tall matrix of rank 1": (lambda a: np.linalg.norm(a, "nuc"), np.outer([0.1, 0.2, 0.4], [1.0, 3.0])),
    "smallest singular value 0": (lambda a: np.linalg.norm(a, -2), DEPENDENT),
    "smallest eigenvalue, twice": (eigenvalue(0), EQUAL),
    "second eigenvalue, twice": (eigenvalue(1), EQUAL),
    "condition number of a turn": (np.linalg.cond, TURN),
}
SMOOTH = {
    "sum of both equal eigenvalues": (lambda a: np.sum(np.linalg.eigvalsh((a + a.T) / 2)[:2]), EQUAL),
    "largest eigenvalue beside equal ones": (eigenvalue(2), EQUAL),
    "nuclear norm of a turn": (lambda a: np.linalg.norm(a, "nuc"), TURN),
}


@pytest.mark.parametrize(("f", "at"), KINKS.values(), ids=KINKS)
def test_what_repeats_is_a_kink(f, at):
    verdict = tl.differentiability(f, at)
    assert (verdict.kind, verdict.proved) == ("kink", True)
    step = np.random.default_rng(0).standard_normal(at.shape)
    slopes = [tl.directional(f, at, s * step) for s in (1.0, -1.0)]
    quotients = [(f(at.astype(float) + 1e-7 * s * step) - f(at.astype(float))) / 1e-7 for s in (1.0, -1.0)]
    np.testing.assert_allclose(slopes, quotients, rtol=1e-4, atol=1e-5)
    with pytest.warns(tl.errors.UndefinedGradientWarning):
        assert np.isnan(tl.grad(f)(at)).any()


@pytest.mark.parametrize(("f", "at"), SMOOTH.values(), ids=SMOOTH)
def test_what_does_not_tell_them_apart_is_smooth(f, at):
    steps = np.eye(at.size).reshape(at.size, *at.shape) * 1e-6
    quotients = [(f(at + h) - f(at - h)) / 2e-6 for h in steps]
    np.testing.assert_allclose(tl.grad(f)(at).ravel(), quotients, atol=1e-7)
    assert tl.differentiability(f, at).kind == "smooth"


UNDECIDED = {
    "nearly equal eigenvalues": (eigenvalue(0), np.diag([1.0, 1.0 + 4e-16])),
    "a vector of equal singular values": (lambda a: np.linalg.svd(a)[0][0, 0], TURN),
    "a pseudo-inverse whose rank grows": (lambda a: np.sum(np.linalg.pinv(a)), DEPENDENT),
    "equal eigenvalues of many": (eigenvalue(0), np.full((12, 12), 0.1) + np.eye(12) * 0.7),
}


@pytest.mark.parametrize(("f", "at"), UNDECIDED.values(), ids=UNDECIDED)
def test_what_rounding_hides_is_undecided(f, at):
    assert tl.differentiability(f, at).kind == "undecided"
    with pytest.warns(tl.errors.UndecidedGradientWarning):
        assert np.isnan(tl.grad(f)(at)).all()


def test_a_rank_that_grows_jumps():
    assert tl.differentiability(lambda a: np.linalg.matrix_rank(a) * a[0, 0], DEPENDENT).kind == "discontinuous"
    assert tl.differentiability(lambda a: np.linalg.matrix_rank(a, tol=1e-3) * a[0, 0], DEPENDENT).kind == "smooth"
    assert tl.differentiability(lambda a: np.linalg.matrix_rank(a) * a[0, 0], TURN).kind == "smooth"


def test_under_a_bound_the_rank_of_a_pseudo_inverse_stays():
    bounded = tl.grad(lambda a: np.sum(np.linalg.pinv(a, rcond=1e-6)))(DEPENDENT)
    with tl.at_kinks("convention"):
        np.testing.assert_array_equal(tl.grad(lambda a: np.sum(np.linalg.pinv(a)))(DEPENDENT), bounded)


@pytest.mark.parametrize("seed", range(20))
def test_multiplicity_is_that_of_the_values_a_matrix_was_made_of(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    values = rng.integers(-2, 3, n).astype(float)
    turn = np.eye(n)
    for _ in range(3):  # reflections by small whole numbers, times their squared length
        v = np.append(1.0, rng.integers(-2, 3, n - 1))
        turn = turn @ (v @ v * np.eye(n) - 2 * np.outer(v, v))
    length = (turn @ turn.T)[0, 0]  # the same for all rows
    a = turn @ np.diag(values) @ turn.T
    assert np.array_equal(turn @ turn.T, length * np.eye(n))
    others = values[values != 0]
    assert multiplicity(a, singular=False) == (n - len(others), len(others) - len(set(others)))
    sizes = np.abs(others)
    assert multiplicity(a, singular=True) == (n - len(others), len(sizes) - len(set(sizes)))
