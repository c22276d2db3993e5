"""Steps made for |x|, and SciPy's optimisers with exact derivatives."""

import numpy as np
import pytest
from scipy import optimize

import tinygrad_loss as tl
from tinygrad_loss import errors, optim
from tinygrad_loss.optim import rules


def test_the_soft_threshold_minimises_its_problem():
    grid = np.linspace(-4, 4, 8001)
    for x in (-2.3, -0.5, 0.0, 0.7, 3.1):
        best = grid[np.argmin((grid - x) ** 2 / 2 + 0.8 * np.abs(grid))]
        assert rules.soft_threshold(np.float64(x), 0.8) == pytest.approx(best, abs=5e-4)


def test_proximal_steps_solve_a_lasso_with_exact_zeros():
    rng = np.random.default_rng(0)
    a = np.linalg.qr(rng.standard_normal((20, 5)))[0]
    b = rng.standard_normal(20)
    x = tl.tensor(np.zeros(5), requires_grad=True)
    optimizer = optim.Proximal([x], lr=0.9, l1=0.6)
    for _ in range(60):
        optimizer.zero_grad()
        (np.sum((a @ x - b) ** 2) / 2).backward()
        optimizer.step()
    # orthonormal columns: the lasso is the soft threshold of the correlations (Tibshirani 1996, section 2.2)
    expected = np.sign(a.T @ b) * np.maximum(np.abs(a.T @ b) - 0.6, 0)
    np.testing.assert_allclose(x.data, expected, atol=1e-9)
    assert np.count_nonzero(x.data == 0) == np.count_nonzero(expected == 0) > 0


def test_subgradient_steps_find_the_median_where_a_fixed_step_circles():
    data = np.array([0.0, 1.0, 5.0])
    ends = []
    for make in (lambda p: optim.Subgradient(p, lr=1.0), lambda p: optim.SGD(p, lr=0.35)):
        x = tl.tensor(4.03, requires_grad=True)
        optimizer = make([x])
        for _ in range(300):
            optimizer.zero_grad()
            with tl.at_kinks("subgradient"):
                np.sum(np.abs(x - data)).backward()
            optimizer.step()
        ends.append(abs(x.item() - 1.0))
    assert ends[0] < 0.1 < ends[1]


def test_lion_steps_have_one_size():
    x = tl.tensor(np.array([5.0, -5.0, 1.0]), requires_grad=True)
    optimizer = optim.Lion([x], lr=0.25, betas=(0.5, 0.75), weight_decay=0.2)
    x.grad = [3.0, -0.1, 0.0]
    optimizer.step()
    # (1 - 0.25 * 0.2) p - 0.25 sign(g)
    np.testing.assert_allclose(x.data, [4.5, -4.5, 0.95])
    x.grad = [-1.0, 0.2, -1.0]
    optimizer.step()
    # m = 0.25 g1 = (0.75, -0.025, 0); 0.5 m + 0.5 g2 = (-0.125, 0.0875, -0.5)
    np.testing.assert_allclose(x.data, [4.525, -4.525, 1.1525])


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "CG", "Newton-CG", "trust-ncg", "trust-krylov", "trust-constr", "Nelder-Mead"])
def test_scipys_methods_find_rosenbrocks_minimum(method):
    def rosenbrock(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    options = {"options": {"maxiter": 2000}} if method == "Nelder-Mead" else {}
    result = optim.minimize(rosenbrock, np.array([-1.2, 1.0]), method=method, **options)
    np.testing.assert_allclose(result.x, [1.0, 1.0], atol=1e-3)


def test_the_derivatives_are_scipys_to_the_last_digits():
    seen = {}

    def spy(function, x0, args, method, jac, hessp):
        seen["jac"] = function(x0)[1]
        seen["hessp"] = hessp(x0, np.array([1.0, 2.0]))
        return optimize.OptimizeResult(x=x0)

    start = np.array([-1.2, 1.0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimize, "minimize", spy)
        optim.minimize(lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2, start, method="trust-ncg")
    np.testing.assert_allclose(seen["jac"], optimize.rosen_der(start), rtol=1e-14)
    np.testing.assert_allclose(seen["hessp"], optimize.rosen_hess(start) @ [1.0, 2.0], rtol=1e-14)


def test_trees_go_in_and_come_out():
    target = {"w": np.arange(6.0).reshape(2, 3), "b": [np.array(1.0), np.array([2.0, 3.0])]}

    def distance(p):
        return np.sum((p["w"] - target["w"]) ** 2) + (p["b"][0] - 1) ** 2 + np.sum((p["b"][1] - target["b"][1]) ** 2)

    start = {"w": np.zeros((2, 3)), "b": [np.array(0.0), np.zeros(2)]}
    found = optim.minimize(distance, start).x
    np.testing.assert_allclose(found["w"], target["w"], atol=1e-6)
    np.testing.assert_allclose(found["b"][0], 1.0, atol=1e-6)
    np.testing.assert_allclose(found["b"][1], [2.0, 3.0], atol=1e-6)


def test_further_arguments_and_bounds_are_passed_on():
    result = optim.minimize(lambda x, a: np.sum((x - a) ** 2), np.zeros(2), (np.array([3.0, -3.0]),), "L-BFGS-B", bounds=[(0, 1), (-1, 0)])
    np.testing.assert_allclose(result.x, [1.0, -1.0])


@pytest.mark.filterwarnings("ignore::tinygrad_loss.errors.UndefinedGradientWarning")
def test_a_gradient_that_does_not_exist_stops_the_search_and_says_why():
    with pytest.raises(errors.NonFiniteError) as error:
        optim.minimize(lambda x: np.sqrt(x[0]) + x[1] ** 2, np.array([0.0, 1.0]))
    assert " in 1 of 2 entries of parameter x; nothing was changed" in str(error.value)


@pytest.mark.parametrize("method", ["trust-exact", "dogleg"])
def test_methods_that_want_the_whole_hessian_get_it(method):
    start = np.array([0.4, 0.9])
    found = optim.minimize(lambda x, a: np.sum((x - a) ** 4 + (x - a) ** 2), start, (1.0,), method)
    np.testing.assert_allclose(found.x, 1.0, atol=1e-8)
    assert found.nhev > 0


def test_an_unknown_method_is_answered_with_the_nearest():
    with pytest.raises(errors.DomainError) as error:
        optim.minimize(lambda x: x * x, 1.0, method="BFSG")
    assert str(error.value).startswith("tl.optim.minimize: method must be one of 'BFGS', ")
    assert str(error.value).endswith("got 'BFSG'. Type instead: 'BFGS'")
