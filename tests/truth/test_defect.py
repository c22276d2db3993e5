"""The defect identity on random networks, and conventions that answer only where the whole has no gradient."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.engine.reverse import sweep
from tinygrad_loss.nonsmooth.locked import Locked, first_order
from tinygrad_loss.nonsmooth.near import Near
from tinygrad_loss.nonsmooth.sides import side_of

pytestmark = pytest.mark.smoke


@pytest.mark.parametrize("seed", range(12))
def test_ordinary_gradient_plus_contributions_is_the_one_sided_derivative(seed):
    rng = np.random.default_rng(seed)
    a, b, c = (rng.integers(-3, 4, s) / 4.0 for s in ((6, 4), (5, 6), 5))
    x = tl.tensor(np.zeros(4), requires_grad=True)
    y = np.sum(c * np.maximum(b @ np.abs(a @ x), 0.0)) + np.max(x) + np.sum(np.tanh(x) * np.sort(x))
    done = sweep(y, np.float64(1.0), policy="nan")
    assert done.hits
    near = Near(y, np.float64(1.0), [x])
    for _ in range(4):
        v = rng.standard_normal(4)
        with first_order():
            gradient, added = Locked(done, [x]).contributions([v])
        truth = side_of(near.along([v]), near.value).slope
        assert gradient[0] @ v + sum(added.values()) == pytest.approx(truth, rel=1e-12, abs=1e-12)


def test_contributions_that_cancel_are_seen_to_cancel():
    verdict = tl.differentiability(lambda x: np.maximum(x, 0.0) - np.maximum(-x, 0.0), 0.0)
    first, second = (site.contribution for site in verdict.sites)
    assert first == 0.0 or first != second
    verdict = tl.differentiability(lambda x: np.abs(2.0 * x) - 2.0 * np.abs(x), 0.0)
    assert sum(site.contribution for site in verdict.sites) == 0.0
    assert all(site.contribution != 0.0 for site in verdict.sites)


def test_relu_is_the_maximum_of_x_and_0_and_answers_like_it():
    for f in (tl.ops.relu, lambda x: np.maximum(x, 0.0), lambda x: tl.ops.relu(x, at_zero=None)):
        with pytest.warns(
            errors.UndefinedGradientWarning, match="has a kink here, so it has no gradient: in x: left slope 0, right slope 1"
        ):
            assert np.isnan(tl.grad(f)(0.0))
        with pytest.warns(errors.UndefinedGradientWarning):
            np.testing.assert_array_equal(tl.grad(lambda x, f=f: np.sum(f(x)))(np.array([0.0, 2.0, -1.0])), [np.nan, 1.0, 0.0])
        with pytest.warns(errors.UndefinedGradientWarning):
            assert np.isnan(tl.jvp(f, 0.0, 1.0)[1])
        assert tl.grad(lambda x, f=f: f(x) - f(-x))(0.0) == 1.0
        assert tl.differentiability(f, 0.0).kind == "kink"
        with tl.at_kinks("raise"), pytest.raises(errors.UndefinedGradientError):
            tl.grad(f)(0.0)
        with tl.at_kinks("subgradient"):
            assert tl.grad(f)(0.0) == 0.5


def test_a_convolution_and_a_relu_say_where_they_have_no_gradient_and_a_layer_keeps_its_convention():
    kernel = tl.tensor(np.array([[[[1.0, -1.0]]]]), requires_grad=True)
    image = np.array([[[[1.0, 1.0, 3.0]]]])  # the first difference of neighbours is 0
    with pytest.warns(errors.UndefinedGradientWarning, match=r"by relu at \[0, 0, 0, 0\], slopes 0 and 1"):
        np.sum(tl.ops.relu(tl.ops.conv2d(image, kernel))).backward()
    np.testing.assert_array_equal(kernel.grad, np.full((1, 1, 1, 2), np.nan))
    kernel.grad = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.sum(tl.nn.ReLU()(tl.ops.conv2d(image, kernel))).backward()
        np.sum(tl.ops.relu(tl.ops.conv2d(image, kernel), at_zero=0.0)).backward()
    np.testing.assert_array_equal(kernel.grad, np.zeros((1, 1, 1, 2)))


@pytest.mark.parametrize("at_zero", [0.0, 0, 0.5, 1.0])
def test_relu_answers_at_zero_only_where_the_whole_has_no_gradient(at_zero):
    def relu(x):
        return tl.ops.relu(x, at_zero=at_zero)

    assert tl.grad(relu)(0.0) == at_zero
    assert tl.grad(lambda x: relu(x) - relu(-x))(0.0) == 1.0
    assert tl.differentiability(relu, 0.0).kind == "kink"
    np.testing.assert_array_equal(tl.grad(lambda x: np.sum(relu(x)))(np.array([0.0, 2.0, -1.0])), [at_zero, 1.0, 0.0])


def test_a_convention_answers_for_its_own_kink_only():
    with pytest.warns(errors.UndefinedGradientWarning):
        gradient = tl.grad(lambda x: tl.ops.relu(x[0], at_zero=0.0) + np.abs(x[1]))(np.zeros(2))
    np.testing.assert_array_equal(gradient, [0.0, np.nan])
