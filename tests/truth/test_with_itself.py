"""Comparing a value with itself is no tie, and a kink whose argument does not move is none: known from how entries were computed."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from judging import random_case
from programs import with_numpy

RNG = np.random.default_rng(11)
X, P = RNG.normal(size=5), RNG.normal(size=(4, 2))
TIED = np.array([1.3, 1.3, 0.2])


def ranks(x):
    """Return how many entries lie below each: a constant beside a point where no two are equal."""
    return np.sum(x[:, None] > x[None, :], axis=1)


def distances(p):
    """Return the gradient of the sum of all distances, by hand: unit vectors, two for each pair."""
    d = p[:, None] - p[None]
    lengths = np.sqrt(np.sum(d * d, axis=-1))
    return 2 * np.sum(d / np.where(lengths == 0, 1, lengths)[..., None], axis=1)


# a function, the point, its gradient there by hand
SMOOTH = {
    "pairs, the diagonal by >": (lambda x: np.sum((x[:, None] > x[None, :]) * x[:, None]), X, ranks(X)),
    "pairs, the diagonal by >=": (lambda x: np.sum((x[:, None] >= x[None, :]) * x[:, None]), X, ranks(X) + 1),
    "pairs, what is compared computed twice": (
        lambda x: np.sum((np.exp(x[:, None]) > np.exp(x[None, :])) * x[:, None]),
        X,
        ranks(X),
    ),
    "pairs by where": (lambda x: np.sum(np.where(x[:, None] > x[None, :], x[:, None], 0.0)), X, ranks(X)),
    "the middle against itself": (lambda x: np.sum((x[::-1] > x) * x), X, X[::-1] > X),
    "x == max": (lambda x: np.sum((x == np.max(x)) * x), X, np.max(X) == X),
    "x >= max": (lambda x: np.sum((x >= np.max(x)) * x), X, np.max(X) == X),
    "x <= min of a row": (lambda p: np.sum((p <= np.min(p, axis=1, keepdims=True)) * p), P, np.min(P, 1, keepdims=True) == P),
    "x >= x[argmax]": (lambda x: np.sum((x >= x[np.argmax(x)]) * x), X, np.max(X) == X),
    "x >= the third of the sorted": (lambda x: np.sum(np.where(x >= np.sort(x)[2], x, 0.0)), X, np.sort(X)[2] <= X),
    "x >= median": (lambda x: np.sum(np.where(x >= np.median(x), x, 0.0)), X, np.median(X) <= X),
    "max - x, its sign": (lambda x: np.sum(np.sign(np.max(x) - x) * x), X, np.max(X) != X),
    "mean absolute difference": (lambda x: np.sum(np.abs(x[:, None] - x[None, :])), X, 2 * (ranks(X) - ranks(-X))),
    "of what is computed twice": (lambda x: np.sum(np.abs(2.0 * x[:, None] - 2.0 * x[None, :])), X, 4 * (ranks(X) - ranks(-X))),
    "pairwise hinge": (lambda x: np.sum(np.maximum(x[:, None] - x[None, :], 0.0)), X, ranks(X) - ranks(-X)),
    "sqrt of squared differences": (lambda x: np.sum(np.sqrt((x[:, None] - x[None, :]) ** 2)), X, 2 * (ranks(X) - ranks(-X))),
    "distances by hand": (lambda p: np.sum(np.sqrt(np.sum((p[:, None] - p[None]) ** 2, axis=-1))), P, distances(P)),
    "distances by norm": (lambda p: np.sum(np.linalg.norm(p[:, None] - p[None], axis=-1)), P, distances(P)),
    "distances by cdist": (lambda p: np.sum(tl.ops.cdist(p, p)), P, distances(P)),
    "sqrt(x - x)": (lambda x: np.sum(np.sqrt(x - x) + x), X, np.ones(5)),
    "sqrt(0 x)": (lambda x: np.sum(np.sqrt(0.0 * x) + x), X, np.ones(5)),
    "|max(x, x)| where it is a constant": (lambda x: np.sum(np.abs(np.maximum(x, 9.0) - 9.0) + x), X, np.ones(5)),
    "the norm of x - x": (lambda x: np.linalg.norm(x - x) + np.sum(x), X, np.ones(5)),
    "floor of x / x": (lambda x: np.sum(np.floor(x / x) * x), X, np.ones(5)),
    "a sort of copies": (lambda x: np.sort(x[np.array([0, 0, 0, 1])])[1] + x[0], np.array([3.0, 5.0]), [2.0, 0.0]),
    "a maximum of copies": (lambda x: np.max(x[np.array([0, 0, 1])]), np.array([3.0, 2.0]), [1.0, 0.0]),
    "the spread of copies": (lambda x: np.std(np.stack([x[0], x[0]])) + x[1], np.array([3.0, 2.0]), [0.0, 1.0]),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_what_meets_itself_is_smooth_proved_and_silent(name):
    f, x, wanted = SMOOTH[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(tl.grad(f)(x), wanted, rtol=1e-12, atol=1e-12)
        leaf = tl.tensor(x, requires_grad=True)
        f(leaf).backward()
        np.testing.assert_allclose(leaf.grad, wanted, rtol=1e-12, atol=1e-12)
        assert leaf.report is None or leaf.report.proved
    verdict = tl.differentiability(f, x)
    assert (verdict.kind, verdict.proved) == ("smooth", True)
    np.testing.assert_allclose(verdict.gradient, wanted, rtol=1e-12, atol=1e-12)
    v = np.linspace(1.0, 2.0, x.size).reshape(x.shape)
    assert tl.jvp(f, x, v)[1] == pytest.approx(np.vdot(wanted, v), rel=1e-12)


# a function and a point where two that meet are not one: their kind, and which entries have no gradient
MET = {
    "two equal maxima, ==": (lambda x: np.sum((x == np.max(x)) * x), TIED, "discontinuous", [True, True, False]),
    "two equal maxima, >=": (lambda x: np.sum((x >= np.max(x)) * x), TIED, "discontinuous", [True, True, False]),
    "a pair of equals beside the diagonal": (lambda x: np.sum((x[:, None] > x[None, :]) * x), TIED, "discontinuous", [True, True, False]),
    "a mean absolute difference of equals": (lambda x: np.mean(np.abs(x[:, None] - x[None, :])), TIED, "kink", [True, True, False]),
    "the larger of two against one": (lambda x: np.abs(np.max(x) - x[0]), TIED, "kink", [True, True, False]),
    "the smallest against the first": (lambda x: np.abs(np.sort(x)[1] - x[0]), TIED, "kink", [True, True, False]),
    "a value against its copy": (lambda x: np.sum(np.abs(x - x.detach())), TIED, "kink", [True, True, True]),
    "sums that round to one number": (lambda x: np.maximum(x[0] + 1e20, x[2] + 1e20), TIED, "kink", [True, False, True]),
    "a choice that jumps": (lambda x: np.sum(np.maximum(np.floor(x), x - 0.5)), np.array([1.0, 2.2]), "discontinuous", [True, False]),
}


@pytest.mark.parametrize("name", MET)
@pytest.mark.filterwarnings("ignore::tinygrad_loss.errors.UnprovedGradientWarning")
def test_what_meets_another_is_still_a_tie(name):
    f, x, kind, gone = MET[name]
    with pytest.warns(tl.errors.UndefinedGradientWarning):
        assert np.isnan(tl.grad(f)(x)).tolist() == gone
    assert tl.differentiability(f, x).kind == kind


def test_equal_arguments_are_two_variables():
    x = tl.tensor([1.0, 2.0])
    verdict = tl.differentiability(lambda a, b: np.sum(np.abs(a - b)), (x, x))
    assert verdict.kind == "kink"


def test_a_pole_feeds_a_comparison():
    """1/x is inf at 0 and -inf on its left: the branch is another there."""
    verdict = tl.differentiability(lambda x: np.where(1 / x > 5, x, 2 * x), 0.0)
    assert (verdict.kind, verdict.left, verdict.right) == ("kink", 2.0, 1.0)


@pytest.mark.parametrize("seed", range(200))
def test_random_programs_are_silent_at_ordinary_points(seed):
    """At random numbers, which are not dyadic, only what is identical meets: the programs that are asked at their ties elsewhere."""
    tree, x = random_case(seed)
    x = np.random.default_rng(seed).normal(size=len(x))

    def f(v):
        return 0.0 * np.sum(v) + with_numpy(tree, [v[i] for i in range(len(x))])

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradient = tl.grad(f)(x)
    verdict = tl.differentiability(f, x)
    assert (verdict.kind, verdict.proved) == ("smooth", True)
    with tl.at_kinks("convention"):
        np.testing.assert_allclose(gradient, tl.grad(f)(x), rtol=1e-12, atol=1e-12)
