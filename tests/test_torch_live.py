"""PyTorch, asked live: random programs over values full of ties, under its own convention. Collected where torch is installed."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

import tinygrad_loss as tl

# Values from a small set, so that kinks and ties are hit all the time.
TIED = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])

ONE = {
    "abs": (np.abs, torch.abs),
    "exp": (np.exp, torch.exp),
    "tanh": (np.tanh, torch.tanh),
    "sin": (np.sin, torch.sin),
    "relu": (tl.ops.relu, torch.relu),
    "clip": (lambda x: np.clip(x, -1.0, 1.0), lambda x: torch.clamp(x, -1.0, 1.0)),
    "square": (np.square, torch.square),
    "cube": (lambda x: x**3, lambda x: x**3),
    "softplus": (tl.ops.softplus, torch.nn.functional.softplus),
    "sigmoid": (tl.ops.expit, torch.sigmoid),
    "sign": (np.sign, torch.sign),
    "floor": (np.floor, torch.floor),
    "max": (lambda x: x - np.max(x, axis=-1, keepdims=True), lambda x: x - torch.amax(x, dim=-1, keepdim=True)),
    "min": (lambda x: x - np.min(x, axis=0), lambda x: x - torch.amin(x, dim=0)),
    "softmax": (lambda x: tl.ops.softmax(x, axis=-1), lambda x: torch.softmax(x, -1)),
    "log_softmax": (lambda x: tl.ops.log_softmax(x, axis=-1), lambda x: torch.log_softmax(x, -1)),
    "cumsum": (lambda x: np.cumsum(x, axis=0), lambda x: torch.cumsum(x, 0)),
    "mean": (lambda x: x - np.mean(x), lambda x: x - torch.mean(x)),
    "flip": (lambda x: np.flip(x, axis=1), lambda x: torch.flip(x, (1,))),
    "gelu": (tl.ops.gelu, torch.nn.functional.gelu),
}
TWO = {
    "add": (np.add, torch.add),
    "subtract": (np.subtract, torch.subtract),
    "multiply": (np.multiply, torch.multiply),
    "maximum": (np.maximum, torch.maximum),
    "minimum": (np.minimum, torch.minimum),
    "where": (lambda a, b: np.where(a > b, a, b * 2.0), lambda a, b: torch.where(a > b, a, b * 2.0)),
    "divide": (lambda a, b: a / (1.0 + b * b), lambda a, b: a / (1.0 + b * b)),
    "logaddexp": (np.logaddexp, torch.logaddexp),
    "hypot": (lambda a, b: np.hypot(a, 1.0 + b * b), lambda a, b: torch.hypot(a, 1.0 + b * b)),
}

PROGRAMS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(sorted(ONE)), st.integers(0, 5)),
        st.tuples(st.sampled_from(sorted(TWO)), st.integers(0, 5), st.integers(0, 5)),
    ),
    min_size=1,
    max_size=6,
)


def run(program, inputs, side):
    """Run a program: each step takes earlier values by position and appends one; the last steps add up."""
    values = list(inputs)
    for name, *where in program:
        f = (ONE if len(where) == 1 else TWO)[name][side]
        values.append(f(*[values[i % len(values)] for i in where]))
    return values[-1]


def arrays(data, count):
    return [np.array(data.draw(st.lists(TIED, min_size=6, max_size=6))).reshape(2, 3) for _ in range(count)]


def of_moderate_size(y):
    return np.all(np.isfinite(y)) and np.max(np.abs(y)) < 1e6


@given(data=st.data(), program=PROGRAMS)
def test_values_and_gradients_of_random_programs(data, program):
    inputs = arrays(data, 2)
    weights = np.array([[1.0, -0.7, 0.3], [0.2, 1.1, -0.4]])
    ours = [tl.tensor(a, requires_grad=True) for a in inputs]
    theirs = [torch.tensor(a, requires_grad=True) for a in inputs]
    with np.errstate(all="ignore"):
        y, z = run(program, ours, 0), run(program, theirs, 1)
        if not of_moderate_size(z.detach().numpy()):
            return
        np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-12, atol=1e-12)
        with tl.at_kinks("convention"):
            np.sum(y * weights).backward()
        (z * torch.tensor(weights)).sum().backward()
    for x, t in zip(ours, theirs, strict=True):
        wanted = np.zeros((2, 3)) if t.grad is None else t.grad.numpy()
        if of_moderate_size(wanted):
            np.testing.assert_allclose(np.zeros((2, 3)) if x.grad is None else x.grad, wanted, rtol=1e-10, atol=1e-10)


SMOOTH = ["exp", "tanh", "sin", "square", "cube", "softplus", "sigmoid", "softmax", "log_softmax", "cumsum", "mean"]


@pytest.mark.parametrize("name", SMOOTH)
def test_hessians(name):
    x = np.array([[0.3, -1.2, 0.8], [1.1, 0.1, -0.4]])
    weights = np.array([[1.0, -0.7, 0.3], [0.2, 1.1, -0.4]])
    ours, theirs = ONE[name]
    got = tl.hessian(lambda x: np.sum(ours(x) ** 2 * weights))(x)
    wanted = torch.autograd.functional.hessian(lambda x: (theirs(x) ** 2 * torch.tensor(weights)).sum(), torch.tensor(x)).numpy()
    np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", SMOOTH)
def test_products_with_jacobians(name):
    x, v = np.array([[0.3, -1.2, 0.8], [1.1, 0.1, -0.4]]), np.array([[1.0, -0.7, 0.3], [0.2, 1.1, -0.4]])
    ours, theirs = ONE[name]
    _, pushed = tl.jvp(ours, x, v)
    _, wanted = torch.autograd.functional.jvp(theirs, torch.tensor(x), torch.tensor(v))
    np.testing.assert_allclose(pushed, wanted.numpy(), rtol=1e-12, atol=1e-14)
    _, pullback = tl.vjp(ours, x)
    _, pulled = torch.autograd.functional.vjp(theirs, torch.tensor(x), torch.tensor(v))
    np.testing.assert_allclose(pullback(v), pulled.numpy(), rtol=1e-12, atol=1e-14)


def test_third_derivatives():
    third = tl.grad(tl.grad(tl.grad(lambda x: np.tanh(x) * np.exp(x))))
    for point in (-1.5, 0.0, 0.7):
        x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        wanted = torch.tanh(x) * torch.exp(x)
        for _ in range(3):
            (wanted,) = torch.autograd.grad(wanted, x, create_graph=True)
        assert float(third(point)) == pytest.approx(wanted.item(), rel=1e-12)


def test_torchs_own_gradcheck_takes_a_kink_for_a_gradient_and_ours_does_not():
    x = torch.zeros((), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(torch.abs, (x,))
    assert not torch.autograd.gradcheck(lambda x: torch.relu(x) - torch.relu(-x), (x,), raise_exception=False)
    assert [entry.why for entry in tl.gradcheck(np.abs, 0.0).failures] == ["kink"]
    assert tl.gradcheck(lambda x: tl.ops.relu(x) - tl.ops.relu(-x), 0.0)
