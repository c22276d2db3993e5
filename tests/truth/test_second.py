"""Second derivatives: entry (i, j) is the limit of mixed second difference quotients along i and j, nan where they disagree."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from programs import random_program, with_numpy
from quotients import hessian_of
from tinygrad_loss import errors

nan, e = np.nan, np.e
A, t = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]]), np.array([0.0, 1.0, 1.0])
p = 1 / (1 + np.exp(-A @ [0.0, 0.5]))
BCE = A.T @ (A * (p * (1 - p))[:, None]) / 3


def slope(z):
    return np.exp(-z) / (1 + np.exp(-z)) ** 2


SMOOTH = {
    "max times min": (lambda x: np.max(x) * np.min(x), [1.0, 1.0], [[0, 1], [1, 0]]),
    "maximum times minimum": (lambda x: np.maximum(x[0], x[1]) * np.minimum(x[0], x[1]), [1.0, 1.0], [[0, 1], [1, 0]]),
    "squares of both": (lambda x: np.max(x) ** 2 + np.min(x) ** 2, [1.0, 1.0], 2 * np.eye(2)),
    "range squared": (lambda x: np.ptp(x) ** 2, [1.0, 1.0], [[2, -2], [-2, 2]]),
    "exponentials of both": (lambda x: np.exp(np.max(x)) + np.exp(np.min(x)), [1.0, 1.0], e * np.eye(2)),
    "sum over sorted": (lambda x: np.sum(np.sort(x) ** 3), [1.0, 1.0, 2.0], np.diag([6.0, 6.0, 12.0])),
    "max, median and min": (lambda x: np.max(x) ** 2 + np.median(x) ** 2 + np.min(x) ** 2, [1.0] * 3, 2 * np.eye(3)),
    "softplus by hand": (lambda x: np.sum(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))), [0.0, 1.0], np.diag([0.25, slope(1.0)])),
    "BCE by hand": (lambda x: np.sum(np.maximum(x, 0) - x + np.log1p(np.exp(-np.abs(x)))), [0.0, 1.0], np.diag([0.25, slope(1.0)])),
    "relu of both signs, squared": (lambda x: np.sum((np.maximum(x, 0) - np.maximum(-x, 0)) ** 2), [0.0, 3.0], 2 * np.eye(2)),
    "|x + y|^3": (lambda x: np.abs(x[0] + x[1]) ** 3, [0.0, 0.0], np.zeros((2, 2))),
    "|x + y|^2 z": (lambda x: np.abs(x[0] + x[1]) ** 2 * x[2], [0.0, 0.0, 1.0], [[2, 2, 0], [2, 2, 0], [0, 0, 0]]),
    "x|x| y|y|": (lambda x: np.prod(x * np.abs(x)), [0.0, 0.0], np.zeros((2, 2))),
    "a number, |x|^3": (lambda x: np.abs(x) ** 3, 0.0, 0.0),
    "cos|x|": (lambda x: np.sum(np.cos(np.abs(x))), [0.0, 1.0], np.diag([-1.0, -np.cos(1.0)])),
}

NONE = {
    "|x| + y^2": (lambda x: np.abs(x[0]) + x[1] ** 2, [0.0, 3.0], [[nan, 0], [0, 2]]),
    "x|y| beside 0": (lambda x: x[0] * np.abs(x[1]), [1.0, 0.0], [[0, nan], [nan, nan]]),
    "x|y| at 0": (lambda x: x[0] * np.abs(x[1]), [0.0, 0.0], [[0, nan], [nan, 0]]),
    "|x y|": (lambda x: np.abs(x[0] * x[1]), [0.0, 0.0], [[0, nan], [nan, 0]]),
    "the norm": (np.linalg.norm, [0.0, 0.0], np.full((2, 2), nan)),
    "abs": (np.abs, 0.0, nan),
    "maximum": (lambda x: np.maximum(x, 0.0), 0.0, nan),
    "relu": (tl.ops.relu, 0.0, nan),
    "x|x|": (lambda x: x * np.abs(x), 0.0, nan),
    "relu squared": (lambda x: np.sum(np.maximum(x, 0) ** 2) + x[0] * x[1], [0.0, 1.0], [[nan, 1], [1, 2]]),
    "squared hinge": (lambda x: np.sum(np.maximum(1 - x, 0) ** 2), [1.0, 0.0, 2.0], np.diag([nan, 2.0, 0.0])),
    "Huber at delta": (lambda x: tl.losses.huber_loss(x, np.zeros(2), reduction="sum"), [1.0, 0.5], np.diag([nan, 1.0])),
    "L1 and squares": (lambda x: np.sum(np.abs(x)) + np.sum(x * x) / 2, [0.0, 1.0, 2.0], np.diag([nan, 1.0, 1.0])),
    "L1-regularised": (
        lambda w: tl.losses.binary_cross_entropy_with_logits(A @ w, t) + 0.1 * np.sum(np.abs(w)),
        [0.0, 0.5],
        np.where([[1, 0], [0, 0]], nan, BCE),
    ),
    "sorted, weighted": (lambda x: np.sort(x) @ np.array([1.0, 2.0, 3.0]), [0.0, 0.0, 1.0], [[nan, nan, 0], [nan, nan, 0], [0, 0, 0]]),
    "|y - x^2|": (lambda x: np.abs(x[1] - x[0] ** 2), [0.0, 0.0], [[2, nan], [nan, nan]]),
    "two pieces": (lambda x: np.where(x > 0, x**2, x**3), 0.0, nan),
    "a step apart": (lambda x: np.sign(x[0]) + x[1] ** 2, [0.0, 1.0], [[nan, 0], [0, 2]]),
    "a sliver along an axis": (lambda x: np.maximum(x[1], x[0] ** 2) * x[0], [0.0, 0.0], [[0, nan], [nan, 0]]),
    "a narrow cone": (lambda x: np.abs(x[0] + 1000 * x[1]) - np.abs(1000 * x[1]), [0.0, 0.0], [[nan, nan], [nan, 0]]),
}

CASES = SMOOTH | NONE


def at(x):
    return np.array(x) if np.ndim(x) else x


@pytest.mark.parametrize("name", CASES)
def test_the_hessian_is_what_quotients_tend_to(name):
    f, x, wanted = CASES[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        h = tl.hessian(f)(at(x))
    np.testing.assert_allclose(h, np.asarray(wanted, float), rtol=1e-12, atol=1e-14)
    assert (errors.UndefinedGradientWarning in {w.category for w in caught}) == (name in NONE)


@pytest.mark.parametrize("name", SMOOTH)
def test_what_is_smooth_is_proved(name):
    f, x, _ = SMOOTH[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tl.hessian(f)(at(x))


def times(h, v):
    """Return H v over the entries that v moves; a zero of H absorbs."""
    return np.where((h == 0) | (v == 0), 0.0, h * v).sum(axis=1)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if np.ndim(case[1])])
def test_every_way_to_differentiate_a_gradient_gives_the_same(name):
    f, x, _ = CASES[name]
    x = np.array(x)
    h = tl.hessian(f)(x)
    np.testing.assert_array_equal(h, h.T)
    np.testing.assert_array_equal(tl.jacobian(tl.grad(f))(x), h)
    seeds = [*np.eye(len(x)), np.arange(1.0, len(x) + 1), -np.eye(len(x))[0]]
    for v in seeds:
        wanted = times(h, v)
        np.testing.assert_allclose(tl.hvp(f, x, v), wanted, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(tl.jvp(tl.grad(f), x, v)[1], wanted, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(tl.grad(lambda z, v=v: np.sum(tl.grad(f)(z) * v))(x), wanted, rtol=1e-12, atol=1e-14)
        parts = tl.hvp(lambda a, b: f(np.concatenate([a, b])), (x[:1], x[1:]), (v[:1], v[1:]))
        np.testing.assert_allclose(np.concatenate(parts), wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if np.ndim(case[1])])
def test_a_verdict_of_second_order_holds_the_matrix(name):
    f, x, wanted = CASES[name]
    verdict = tl.differentiability(f, np.array(x), order=2)
    np.testing.assert_allclose(verdict.second, wanted, rtol=1e-12, atol=1e-14)
    if name in SMOOTH:
        assert verdict.second_proved
        assert "second derivatives (proved)" in str(verdict)


def test_a_verdict_of_several_arguments_holds_one_square():
    verdict = tl.differentiability(lambda x, y: np.sum(np.abs(x)) * y, (np.array([0.0, 2.0]), 3.0), order=2)
    np.testing.assert_array_equal(verdict.second, [[nan, 0, nan], [0, 0, 1], [nan, 1, 0]])


def test_a_series_of_a_removable_point_goes_on_until_the_second_derivative_is_known():
    sinc = lambda x: np.where(x == 0, 1.0, np.sin(x) / np.where(x == 0, 1.0, x))  # noqa: E731
    assert tl.differentiability(sinc, 0.0, order=2).second == pytest.approx((-1 / 3, -1 / 3))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("block", range(8))
def test_random_programs_have_the_second_derivatives_of_quotients_at_300_digits(block):
    wrong = {}
    for seed in range(block * 15, block * 15 + 15):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 5))
        tree = random_program(rng, n, depth=int(rng.integers(2, 5)), jumps=bool(rng.random() < 0.3))
        x = rng.choice([-1.0, -0.5, 0.0, 0.0, 0.0, 0.5, 1.0], n)
        h = tl.hessian(lambda v, tree=tree, n=n: 0.0 * v[0] + with_numpy(tree, [v[i] for i in range(n)]))(x)
        wanted = hessian_of(tree, x)
        if not np.allclose(np.where(np.isinf(h), nan, h), wanted, rtol=1e-9, atol=1e-9, equal_nan=True):
            wrong[seed] = (tree, x.tolist(), h.tolist(), wanted.tolist())
    assert not wrong


@pytest.mark.filterwarnings("ignore")
def test_third_derivatives_go_through_the_same_branches():
    cubes = tl.jacobian(tl.hessian(lambda x: np.max(x) ** 3 + np.min(x) ** 3))(np.array([1.0, 1.0]))
    np.testing.assert_allclose(cubes, [[[6, 0], [0, 0]], [[0, 0], [0, 6]]])
    products = tl.jacobian(tl.hessian(lambda x: np.max(x) ** 2 * np.min(x) ** 2))(np.array([1.0, 1.0]))
    np.testing.assert_allclose(products, [[[0, 4], [4, 4]], [[4, 4], [4, 0]]])
    softplus = lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))  # noqa: E731
    assert tl.grad(tl.grad(tl.grad(softplus)))(0.0) == 0.0
    assert tl.grad(tl.grad(tl.grad(tl.grad(softplus))))(0.0) == pytest.approx(-0.125)


@pytest.mark.filterwarnings("ignore")
def test_a_gradient_at_a_tie_depends_on_outer_variables():
    def gradient(w):
        return tl.grad(lambda z: np.max(z) * np.min(z) * w + np.abs(z[0] - z[1]) ** 3)(np.array([1.0, 1.0]))

    np.testing.assert_allclose(tl.jacobian(gradient)(2.0), [1.0, 1.0])
    penalty = tl.grad(lambda x: np.sum(tl.grad(lambda z: np.max(z) * np.min(z) * x[0])(x) ** 2))
    np.testing.assert_allclose(penalty(np.array([1.0, 1.0])), [6.0, 2.0])
    one_entry_only = tl.grad(lambda x: np.sum(tl.grad(lambda z: np.sum(np.abs(z) + z**2))(x)))
    np.testing.assert_array_equal(one_entry_only(np.array([0.0, 1.0, 2.0])), [nan, 2.0, 2.0])


@pytest.mark.filterwarnings("ignore")
def test_rows_of_a_gradient_that_is_differentiated_again():
    def squares(x):
        with np.errstate(all="ignore"):
            _, pullback = tl.vjp(np.log, x)
            return np.sum(pullback(np.array([0.0, 1.0])) ** 2)

    np.testing.assert_allclose(tl.grad(squares)(np.array([0.0, 2.0])), [0.0, -0.25])


def test_the_policy_in_force_decides():
    bent = lambda x: np.sum(x * np.abs(x)) + x[0] * x[1]  # noqa: E731
    x = np.array([0.0, 1.0])
    with (
        tl.at_kinks("raise"),
        pytest.raises(errors.UndefinedGradientError, match=r"second derivative does not exist here: in entry \[0, 0\]"),
    ):
        tl.hessian(bent)(x)
    with tl.at_kinks("subgradient"):
        np.testing.assert_allclose(tl.hessian(bent)(x), [[0.0, 1.0], [1.0, 2.0]])
    with pytest.warns(errors.UndefinedGradientWarning) as caught:
        tl.hessian(bent)(x)
    assert [str(w.message) for w in caught] == [
        "the second derivative does not exist here: in entry [0, 0] (by absolute at [0], slopes -1 and 1). "
        "Use instead: tl.differentiability(f, x, order=2) to look at it"
    ]


def test_many_weights_at_0_cost_one_look_each():
    rng = np.random.default_rng(0)
    a, w = rng.standard_normal((30, 200)), rng.standard_normal(200)
    w[:100] = 0.0

    def loss(w):
        return tl.losses.mse_loss(a @ w, np.ones(30)) + 0.1 * np.sum(np.abs(w))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.UndefinedGradientWarning)
        warnings.simplefilter("error", errors.UnprovedGradientWarning)
        h = tl.hessian(loss)(w)
    wanted = a.T @ a / 15
    wanted[np.arange(100), np.arange(100)] = nan
    np.testing.assert_allclose(h, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_powers_of_a_logarithm_are_asked_at_their_own_speed():
    def slow(x):
        return np.where(x == 0, 0.0, x**3 / np.log(np.abs(np.where(x == 0, 0.5, x))))

    h = tl.hessian(lambda x: slow(x[0]) * x[1] + np.abs(x[0] - x[1]) ** 3)(np.array([0.0, 0.0]))
    np.testing.assert_array_equal(h, np.zeros((2, 2)))
    h = tl.hessian(lambda x: tl.ops.xlogy(np.abs(x[0]), np.abs(x[0])) * x[1])(np.array([0.0, 0.0]))
    np.testing.assert_array_equal(h, [[0.0, nan], [nan, 0.0]])
