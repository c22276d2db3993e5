"""A plain array that a transform makes a variable is data: layers cast it, in an operation of the record."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import nn

X = np.array([[0.5, -1.25, 2.0], [1.0, 0.25, -0.5]])  # exact in float32


@pytest.fixture
def model():
    return nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 1, rng=1))


def total(model, scale=1.0):
    return lambda x: np.sum(model(x * scale) if scale != 1.0 else model(x))


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_transforms_give_the_gradient_of_the_layers_dtype_in_the_data_s(model, scale):
    single = tl.grad(total(model, np.float32(scale)))(X.astype(np.float32)).numpy()  # a tensor, because the layers require grad
    gradient = tl.grad(total(model, scale))(X).numpy()
    assert gradient.dtype == np.float64
    np.testing.assert_array_equal(gradient, single)
    verdict = tl.differentiability(total(model, scale), X)
    assert verdict.kind == "smooth"
    np.testing.assert_allclose(verdict.gradient, single, rtol=1e-6)
    direction = np.ones_like(X)
    np.testing.assert_allclose(tl.jvp(total(model, scale), (X,), (direction,))[1].numpy(), single.sum(), rtol=1e-5)


def test_draw_shows_the_cast(model):
    boxes = tl.draw(model, X).scene.boxes
    assert [box.title for box in boxes if box.type.endswith("float64")] == ["inputs"]
    assert (next(box for box in boxes if box.title == "inputs").role, sum(box.title == "astype" for box in boxes)) == ("parameter", 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda model, x: model(x),
        lambda model, x: model(x * 2.0),
        lambda model, x: tl.grad(lambda a: np.sum(model(a)))(x),
        lambda model, x: tl.grad(lambda a: np.sum(model(a * x)))(X),
        lambda model, x: tl.draw(model, x),
    ],
)
def test_a_tensor_whose_owner_asked_for_a_gradient_is_still_refused(model, call):
    with pytest.raises(tl.errors.DTypeError, match=r"Linear: the input must have the parameters' dtype float32, got dtype float64"):
        call(model, tl.tensor(X, requires_grad=True))


def test_data_too_large_for_the_layer_is_refused(model):
    with pytest.raises(tl.errors.DomainError, match="must fit in float32"):
        tl.grad(total(model))(X * 1e300)
