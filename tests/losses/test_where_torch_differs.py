"""The short list of places where PyTorch 2.13 is wrong by its own mathematics, and the right answer at each."""

import math

import numpy as np
import pytest

import tinygrad_loss as tl


def value_and_gradient(loss, z, *rest, **options):
    x = tl.tensor(np.array([z]), requires_grad=True)
    y = loss(x, *rest, reduction="sum", **options)
    y.backward()
    return y.item(), x.grad[0]


def test_soft_margin_does_not_overflow():
    """PyTorch: inf, and a nan gradient, from a margin of -710 on."""
    assert value_and_gradient(tl.losses.soft_margin_loss, -1000.0, np.array([1.0])) == (1000.0, -1.0)


@pytest.mark.parametrize(
    ("score", "target", "value", "slope"),
    [(np.inf, 1.0, 0.0, 0.0), (-np.inf, 0.0, 0.0, 0.0), (np.inf, 0.0, np.inf, 1.0), (-np.inf, 1.0, np.inf, -1.0)],
)
def test_a_certain_score_has_the_limit_for_its_loss(score, target, value, slope):
    """PyTorch: nan, because it subtracts infinity from infinity."""
    with tl.at_kinks("convention"):
        assert value_and_gradient(tl.losses.binary_cross_entropy_with_logits, score, np.array([target])) == (value, slope)


def test_an_outcome_that_cannot_happen_costs_nothing_however_unlikely_it_is_held():
    """PyTorch: nan, because it multiplies 0 by minus infinity."""
    assert value_and_gradient(tl.losses.kl_div, -np.inf, np.array([0.0])) == (0.0, 0.0)


def test_the_gradient_of_ctc_is_that_of_its_formula():
    """PyTorch adds what a log_softmax in front would contribute, whether or not there is one."""
    even = np.full((2, 1, 2), math.log(0.5))
    gradient = tl.grad(lambda x: tl.losses.ctc_loss(x, np.array([[1]]), [2], [1], reduction="sum"))(even)
    np.testing.assert_allclose(gradient, [[[-1 / 3, -2 / 3]], [[-1 / 3, -2 / 3]]], rtol=1e-14)


def test_a_distance_does_not_overflow():
    """PyTorch: in float32 the norm of (1e25, 1e25) is infinite, and its gradient 0."""
    x = tl.tensor(np.array([[1e25, 1e25]], np.float32), requires_grad=True)
    d = tl.ops.pairwise_distance(x, np.zeros((1, 2), np.float32), eps=0.0)
    np.sum(d).backward()
    np.testing.assert_allclose(d.data, [math.sqrt(2) * 1e25], rtol=1e-6)
    np.testing.assert_allclose(x.grad, np.full((1, 2), math.sqrt(0.5)), rtol=1e-6)


def test_a_single_infinite_score_is_certain_of_its_class():
    """PyTorch: nan."""
    z = tl.tensor([[np.inf, 0.0, 1.0]], requires_grad=True)
    y = tl.losses.cross_entropy(z, np.array([0]))
    with tl.at_kinks("convention"):
        y.backward()
    assert y.item() == 0.0
    np.testing.assert_array_equal(z.grad, np.zeros((1, 3)))
