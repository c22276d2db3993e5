"""Transforms compose to any order, with each other, over any form of argument; against closed forms."""

import math
from typing import NamedTuple

import numpy as np
import pytest
import scipy.special

import tinygrad_loss as tl

# ---- one variable ---------------------------------------------------------------------------------------------------------

# f, and its first four derivatives, by hand
CLOSED = {
    "exp(2x)": (lambda x: np.exp(2.0 * x), *[lambda x, n=n: 2.0**n * math.exp(2.0 * x) for n in (1, 2, 3, 4)]),
    "sin x cos x": (
        lambda x: np.sin(x) * np.cos(x),
        *[lambda x, n=n: 2.0 ** (n - 1) * math.sin(2.0 * x + n * math.pi / 2) for n in (1, 2, 3, 4)],
    ),
    "x^5": (lambda x: x**5, lambda x: 5 * x**4, lambda x: 20 * x**3, lambda x: 60 * x**2, lambda x: 120 * x),
    "log x": (np.log, lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3, lambda x: -6 / x**4),
    "1/x": (lambda x: 1.0 / x, lambda x: -1 / x**2, lambda x: 2 / x**3, lambda x: -6 / x**4, lambda x: 24 / x**5),
}


def forward(f):
    return lambda x: tl.jvp(f, x, np.ones_like(x) if isinstance(x, tl.Tensor) else 1.0)[1]


MODES = {"reverse": tl.grad, "forward": forward}


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("second", MODES)
def test_second_derivatives_in_all_four_ways(name, first, second):
    f, _, wanted, *_ = CLOSED[name]
    assert float(MODES[second](MODES[first](f))(0.7)) == pytest.approx(wanted(0.7), rel=1e-13)


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("modes", ["rrr", "frr", "rfr", "rrf", "ffr", "frf", "rff", "fff"])
def test_third_derivatives_in_all_eight_ways(name, modes):
    f, _, _, wanted, _ = CLOSED[name]
    for mode in modes:
        f = MODES["reverse" if mode == "r" else "forward"](f)
    assert float(f(0.7)) == pytest.approx(wanted(0.7), rel=1e-12)


@pytest.mark.parametrize("name", CLOSED)
def test_fourth_derivatives(name):
    f, *_, wanted = CLOSED[name]
    assert float(tl.grad(tl.grad(tl.grad(tl.grad(f))))(0.7)) == pytest.approx(wanted(0.7), rel=1e-11)


# ---- perturbation confusion -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
def test_an_inner_variable_is_not_taken_for_an_outer_one(inner, outer):
    # d/dx (x d/dy (x + y)) = d/dx x = 1; a confused transform says 2 (Siskind and Pearlmutter 2005).
    assert MODES[outer](lambda x: x * MODES[inner](lambda y: x + y)(1.0))(1.0) == 1.0


@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
def test_the_same_value_as_inner_and_outer_variable(inner, outer):
    # g(x) = x d/dy (x y^2) at y = x: x * 2 x^2 = 2 x^3, so g' = 6 x^2
    assert float(MODES[outer](lambda x: x * MODES[inner](lambda y: x * y * y)(x))(2.0)) == pytest.approx(24.0)


def test_a_closure_over_a_leaf_is_a_constant_of_the_inner_transform():
    w = tl.tensor(3.0, requires_grad=True)
    g = tl.grad(lambda x: w * x * x)(2.0)
    assert g.item() == 12.0
    assert w.grad is None


def cubic(w):
    return lambda x: np.sum(w * x**3)


# every transform of sum(w x^3) at x, and the derivative of the sum of its entries in w, by hand
OF_A_CLOSURE = {
    "grad": (lambda f, x: tl.grad(f)(x), lambda x: 3 * x**2),
    "value_and_grad, the value": (lambda f, x: tl.value_and_grad(f)(x)[0], lambda x: x**3),
    "value_and_grad, the gradient": (lambda f, x: tl.value_and_grad(f)(x)[1], lambda x: 3 * x**2),
    "vjp, the value": (lambda f, x: tl.vjp(f, x)[0], lambda x: x**3),
    "vjp, the pullback": (lambda f, x: tl.vjp(f, x)[1](2.0), lambda x: 6 * x**2),
    "jvp, the value": (lambda f, x: tl.jvp(f, x, 2 * x)[0], lambda x: x**3),
    "jvp, the tangent": (lambda f, x: tl.jvp(f, x, 2 * x)[1], lambda x: 6 * x**3),
    "jacobian": (lambda f, x: tl.jacobian(f)(x), lambda x: 3 * x**2),
    "hessian": (lambda f, x: tl.hessian(f)(x), lambda x: 6 * x),
    "hvp": (lambda f, x: tl.hvp(f, x, 2 * x), lambda x: 12 * x**2),
    "hvp of a tuple": (lambda f, x: tl.hvp(f, (x,), (2 * x,))[0], lambda x: 12 * x**2),
    "grad of grad of grad": (lambda f, x: tl.grad(lambda x: np.sum(tl.grad(lambda x: np.sum(tl.grad(f)(x)))(x)))(x), lambda _x: 6.0),
}


@pytest.mark.parametrize("name", OF_A_CLOSURE)
def test_a_transform_stays_connected_to_the_leaves_its_function_closes_over(name):
    transform, by_hand = OF_A_CLOSURE[name]
    x = np.array([1.5, -0.5])
    for form, factor in ((lambda w: w, 1.0), (lambda w: 2.0 * w, 2.0)):  # a leaf, and what was recorded before from one
        w = tl.tensor([2.0, 2.0], requires_grad=True)
        np.sum(transform(cubic(form(w)), x)).backward()
        np.testing.assert_allclose(w.grad, factor * by_hand(x) * np.ones(2), rtol=1e-14)
    w = tl.tensor([2.0, 2.0], requires_grad=True)
    with tl.no_grad():
        plain = transform(cubic(w), x)
    assert type(plain) in {np.ndarray, np.float64}
    assert type(transform(cubic(w.data), x)) in {np.ndarray, np.float64}


def test_a_loss_of_a_gradient_trains_what_it_closes_over():
    # (3 w x^2)^2 + w at x = 1.5, w = 2: the derivative in w is 18 w x^4 + 1
    w = tl.tensor(2.0, requires_grad=True)
    slope = tl.grad(lambda x: w * x**3)
    (slope(1.5) ** 2 + w).backward()
    assert w.grad == 183.25


def test_a_slope_that_is_constant_in_pieces_has_the_derivative_0_in_what_it_closes_over():
    w = tl.tensor(2.0, requires_grad=True)
    tl.grad(lambda x: np.abs(x + w))(1.5).backward()
    assert w.grad == 0.0
    assert tl.grad(lambda w: tl.grad(lambda x: np.abs(x + w))(1.5))(2.0) == 0.0


def test_leaves_that_a_function_closes_over_do_not_disturb_who_wants_numbers():
    w = tl.tensor([2.0, -1.0], requires_grad=True)
    for method in ("BFGS", "Newton-CG", "trust-exact", "Nelder-Mead"):
        found = tl.optim.minimize(lambda x: np.sum((x - w) ** 2), np.zeros(2), method=method).x
        np.testing.assert_allclose(found, w.data, atol=1e-3)
    assert tl.gradcheck(lambda x: np.sum(w * x**2), np.ones(2))
    verdict = tl.differentiability(lambda x: np.sum(np.abs(w * x)), np.array([0.0, 1.0]))
    assert (verdict.kind, verdict.gradient[1]) == ("kink", 1.0)


def test_a_gradient_in_a_loss_reaches_the_parameters():
    # a gradient penalty: loss = (d/dx w x^2)^2 = 4 w^2 x^2, so dloss/dw = 8 w x^2
    w, x = tl.tensor(3.0, requires_grad=True), tl.tensor(2.0, requires_grad=True)
    slope = tl.grad(lambda x: w * x * x)(x)
    (slope * slope).backward()
    assert w.grad == pytest.approx(96.0)
    assert x.grad == pytest.approx(8.0 * 9.0 * 2.0)


# ---- Jacobians and Hessians ----------------------------------------------------------------------------------------------------


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def test_the_hessian_of_rosenbrock_is_the_closed_form():
    x = np.array([-1.2, 1.0])
    wanted = [[1200.0 * x[0] ** 2 - 400.0 * x[1] + 2.0, -400.0 * x[0]], [-400.0 * x[0], 200.0]]
    np.testing.assert_allclose(tl.hessian(rosenbrock)(x), wanted, rtol=1e-14)
    v = np.array([1.0, 2.0])
    np.testing.assert_allclose(tl.hvp(rosenbrock, x, v), wanted @ v, rtol=1e-13)
    np.testing.assert_allclose(tl.grad(lambda x: np.sum(tl.grad(rosenbrock)(x) * v))(x), wanted @ v, rtol=1e-13)
    np.testing.assert_allclose(tl.jvp(tl.grad(rosenbrock), x, v)[1], wanted @ v, rtol=1e-13)
    np.testing.assert_allclose(tl.grad(lambda x: tl.jvp(rosenbrock, x, v)[1])(x), wanted @ v, rtol=1e-13)
    np.testing.assert_allclose(tl.jacobian(tl.grad(rosenbrock))(x), wanted, rtol=1e-14)


def test_jacobians_of_every_shape():
    a = np.arange(6.0).reshape(2, 3)
    assert tl.jacobian(lambda x: a @ x)(np.ones(3)).tolist() == a.tolist()
    j = tl.jacobian(lambda x: x[:, None] * a)(np.array([1.0, 2.0]))
    assert j.shape == (2, 3, 2)
    np.testing.assert_array_equal(j[:, :, 0], [[0.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
    assert tl.jacobian(np.sin)(0.0).shape == ()
    by_both = tl.jacobian(lambda x, y: x * y, (0, 1))(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert [part.tolist() for part in by_both] == [[[3.0, 0.0], [0.0, 4.0]], [[1.0, 0.0], [0.0, 2.0]]]


def test_the_jacobian_of_softmax_is_the_closed_form():
    x = np.array([0.1, -0.4, 1.3])
    p = np.exp(x) / np.exp(x).sum()
    np.testing.assert_allclose(tl.jacobian(lambda x: tl.ops.softmax(x))(x), np.diag(p) - np.outer(p, p), rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(tl.hessian(lambda x: tl.ops.logsumexp(x))(x), np.diag(p) - np.outer(p, p), rtol=1e-14, atol=1e-16)


def test_forward_and_reverse_agree_through_a_network():
    rng = np.random.default_rng(3)
    w1, w2, x = rng.standard_normal((4, 5)), rng.standard_normal((5, 3)), rng.standard_normal((2, 4))
    v = [rng.standard_normal(a.shape) for a in (w1, w2)]
    g = rng.standard_normal((2, 3))

    def f(w1, w2):
        return np.tanh(x @ w1) @ w2

    _, pullback = tl.vjp(f, w1, w2)
    _, pushed = tl.jvp(f, (w1, w2), tuple(v))
    assert np.vdot(g, pushed) == pytest.approx(sum(np.vdot(a, b) for a, b in zip(pullback(g), v, strict=True)), rel=1e-13)


def test_hvp_of_several_arguments():
    # f = x^2 y: H = [[2y, 2x], [2x, 0]]
    got = tl.hvp(lambda x, y: x * x * y, (np.array(3.0), np.array(5.0)), (np.array(1.0), np.array(2.0)))
    assert [float(g) for g in got] == [10.0 + 12.0, 6.0]


# ---- arguments ---------------------------------------------------------------------------------------------------------------


class Layer(NamedTuple):
    weight: np.ndarray
    bias: np.ndarray


def test_arguments_are_trees():
    parameters = {"first": [np.array([1.0, 2.0]), 3.0], "second": (tl.tensor(4.0), None), "third": Layer(np.array([5.0]), np.array(6.0))}

    def f(p):
        return np.sum(p["first"][0] ** 2) * p["first"][1] + p["second"][0] ** 3 + np.sum(p["third"].weight * p["third"].bias)

    g = tl.grad(f)(parameters)
    assert g["first"][0].tolist() == [6.0, 12.0]
    assert g["first"][1] == 5.0
    assert g["second"] == (48.0, None)
    assert isinstance(g["third"], Layer)
    assert (g["third"].weight.tolist(), float(g["third"].bias)) == ([6.0], 5.0)


def test_argnums_and_keywords():
    f = lambda x, y, scale=1.0: x * y * scale  # noqa: E731
    assert tl.grad(f, 1)(2.0, 3.0, scale=10.0) == 20.0
    assert [float(g) for g in tl.grad(f, (0, 1))(2.0, 3.0)] == [3.0, 2.0]
    value, gradient = tl.value_and_grad(f)(2.0, 3.0)
    assert (float(value), float(gradient)) == (6.0, 3.0)


def test_results_are_arrays_outside_and_tensors_inside_another_transform():
    kinds = []

    def spy(x):
        g = tl.grad(lambda x: x * x)(x)
        kinds.append(type(g))
        return g

    assert type(tl.grad(spy)(1.0)) is np.ndarray
    assert kinds == [tl.Tensor]


def test_a_constant_function_of_a_tensor_has_the_gradient_zero():
    assert tl.grad(tl.grad(lambda x: 3.0 * x))(1.0) == 0.0
    assert tl.grad(tl.grad(tl.ops.relu))(2.0) == 0.0
    assert tl.hessian(lambda x: np.sum(np.abs(x)))(np.array([1.0, -2.0])).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert tl.grad(lambda x: tl.jvp(tl.ops.relu, x, np.ones_like(x))[1])(2.0) == 0.0


def test_an_unused_argument_has_the_gradient_zero():
    assert [float(g) for g in tl.grad(lambda x, y: x * x, (0, 1))(2.0, 3.0)] == [4.0, 0.0]
    _, pullback = tl.vjp(lambda x, y: x * 2.0, np.ones(2), np.ones(3))
    assert pullback(np.ones(2))[1].tolist() == [0.0, 0.0, 0.0]


def test_a_pullback_may_be_asked_again():
    _, pullback = tl.vjp(np.exp, np.array([0.0, 1.0]))
    assert pullback(np.array([1.0, 0.0])).tolist() == [1.0, 0.0]
    np.testing.assert_allclose(pullback(np.array([0.0, 1.0])), [0.0, math.e])


def test_transforms_leave_leaves_alone():
    x = tl.tensor([1.0, 2.0], requires_grad=True)
    tl.grad(lambda x: np.sum(x**2))(x)
    tl.hessian(lambda x: np.sum(x**3))(x)
    assert x.grad is None


def test_the_dtype_of_a_gradient_is_its_arguments():
    for dtype in (np.float16, np.float32, np.float64):
        x = np.ones(3, dtype)
        assert tl.grad(lambda x: np.sum(np.exp(x)))(x).dtype == dtype
        assert tl.hessian(lambda x: np.sum(np.exp(x)))(x).dtype == dtype
        assert tl.jvp(np.exp, x, x)[1].dtype == dtype


# ---- extremes -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [-800.0, -40.0, 0.0, 40.0, 800.0])
@pytest.mark.parametrize("f", [tl.ops.softplus, tl.ops.log_sigmoid, tl.ops.expit, np.tanh], ids=lambda f: f.__name__)
def test_stable_functions_have_finite_derivatives_to_third_order(f, x):
    first, second, third = tl.grad(f), tl.grad(tl.grad(f)), tl.grad(tl.grad(tl.grad(f)))
    assert all(np.isfinite(g(x)) for g in (first, second, third))


@pytest.mark.parametrize(("x", "wanted"), [(800.0, [1.0, 0.0, 0.0]), (0.0, [0.5, 0.25, 0.0]), (-800.0, [0.0, 0.0, 0.0])])
def test_softplus_to_third_order_at_extremes(x, wanted):
    f, got = tl.ops.softplus, []
    for _ in wanted:
        f = tl.grad(f)
        got.append(float(f(x)))
    assert got == wanted


def test_second_derivatives_where_a_factor_of_a_logarithm_is_0_are_proved():
    """The first factor being 0 is a tie only where the logarithm has no value; d2 (x log y) is 1/y off the diagonal and -x/y^2 on it."""
    h = tl.hessian(lambda p: scipy.special.xlogy(p[0], p[1]))(np.array([0.0, 4.0]))
    np.testing.assert_array_equal(h, [[0.0, 0.25], [0.25, 0.0]])
    h = tl.hessian(lambda p: scipy.special.xlog1py(p[0], p[1]))(np.array([0.0, 3.0]))
    np.testing.assert_array_equal(h, [[0.0, 0.25], [0.25, 0.0]])
    exponential = tl.distributions.Gamma
    h = tl.hessian(lambda p: exponential(p[0], p[1]).log_prob(0.5))(np.array([1.0, 2.0]))
    np.testing.assert_allclose(h, [[-(math.pi**2) / 6, 0.5], [0.5, -0.25]], rtol=1e-12)  # -trigamma(1), 1/b, -a/b^2
