"""PyTorch asked live: value, gradient and Hessian-vector product of its losses on random inputs."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_loss as tl
from losses.catalogue import draw

NAMES = [
    "l1_loss", "mse_loss", "huber_loss", "smooth_l1_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "nll_loss",
    "cross_entropy", "gaussian_nll_loss", "poisson_nll_loss", "kl_div", "margin_ranking_loss", "hinge_embedding_loss",
    "multilabel_margin_loss", "soft_margin_loss", "multilabel_soft_margin_loss", "cosine_embedding_loss", "multi_margin_loss",
    "triplet_margin_loss",
]  # fmt: skip
OPTIONS = {
    "huber_loss": lambda u: {"delta": 0.2 + u},
    "smooth_l1_loss": lambda u: {"beta": 0.2 + u},
    "poisson_nll_loss": lambda u: {"full": u > 0.5},
    "gaussian_nll_loss": lambda u: {"full": u > 0.5},
    "margin_ranking_loss": lambda u: {"margin": u},
    "hinge_embedding_loss": lambda u: {"margin": 0.5 + u},
    "multi_margin_loss": lambda u: {"margin": 0.5 + u, "p": 2},
    "cross_entropy": lambda u: {"label_smoothing": u / 2},
    "cosine_embedding_loss": lambda u: {"margin": u - 0.5},
    "triplet_margin_loss": lambda u: {"margin": 0.5 + u, "swap": u > 0.5},
}
NO_SECOND = {"multilabel_margin_loss", "multi_margin_loss"}
"""PyTorch has no second derivative of these."""


def of_torch(name, arrays, options, v):
    """Return PyTorch's value, gradient and, where it has one, Hessian-vector product."""
    x = torch.tensor(arrays[0], requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = getattr(torch.nn.functional, name)(x, *map(torch.tensor, arrays[1:]), **options)
    y = y.sum()
    second = name not in NO_SECOND
    (g,) = torch.autograd.grad(y, x, create_graph=second)
    if not second or not g.requires_grad:
        return y.item(), g.detach().numpy(), np.zeros_like(arrays[0]) if second else None
    (h,) = torch.autograd.grad((g * torch.tensor(v)).sum(), x)
    return y.item(), g.detach().numpy(), h.numpy(force=True)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 5), reduction=st.sampled_from(["none", "mean", "sum"]), u=st.floats(0.0, 1.0))
def test_parity(name, seed, n, reduction, u):
    rng = np.random.default_rng(seed)
    loss = getattr(tl.losses, name)
    arrays = draw(loss, rng, n)
    options = {"reduction": reduction, **OPTIONS.get(name, lambda u: {})(u)}
    v = rng.standard_normal(arrays[0].shape)
    value, gradient, second = of_torch(name, arrays, options, v)

    def total(x):
        return np.sum(loss(x, *arrays[1:], **options))

    with tl.at_kinks("convention"):
        got, slope = tl.value_and_grad(total)(arrays[0])
        np.testing.assert_allclose(got, value, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(slope, gradient, rtol=1e-8, atol=1e-10)
        if second is not None:
            np.testing.assert_allclose(tl.hvp(total, arrays[0], v), second, rtol=1e-7, atol=1e-8)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), reduction=st.sampled_from(["none", "mean", "sum"]), zero_infinity=st.booleans())
def test_ctc_of_scores(seed, reduction, zero_infinity):
    """Through log_softmax, where PyTorch's gradient of ctc_loss is right."""
    rng = np.random.default_rng(seed)
    scores, labels = rng.standard_normal((8, 3, 5)), rng.integers(1, 5, (3, 3))
    frames, lengths = rng.integers(3, 9, 3), rng.integers(0, 4, 3)
    options = {"reduction": reduction, "zero_infinity": zero_infinity}
    x = torch.tensor(scores, requires_grad=True)
    wanted = torch.nn.functional.ctc_loss(
        torch.nn.functional.log_softmax(x, 2), torch.tensor(labels), torch.tensor(frames), torch.tensor(lengths), **options
    )
    z = tl.tensor(scores, requires_grad=True)
    got = tl.losses.ctc_loss(tl.ops.log_softmax(z, axis=2), labels, frames, lengths, **options)
    np.testing.assert_allclose(got.data, wanted.detach().numpy(), rtol=1e-10)
    if np.all(np.isfinite(got.data)):
        wanted.sum().backward()
        np.sum(got).backward()
        np.testing.assert_allclose(z.grad, x.grad.numpy(), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", ["huber_loss", "smooth_l1_loss"])
def test_curvature_where_the_square_becomes_a_line(name):
    """At |r| = 1 the curvature jumps from 1 to 0; PyTorch's is that of the line."""
    r, v = np.array([-1.0, 0.0, 0.5, 1.0, 2.0]), np.arange(1.0, 6.0)
    _, gradient, second = of_torch(name, [r, np.zeros(5)], {"reduction": "sum"}, v)

    def total(x):
        return getattr(tl.losses, name)(x, np.zeros(5), reduction="sum")

    with tl.at_kinks("convention"):
        np.testing.assert_array_equal(tl.grad(total)(r), gradient)
        np.testing.assert_array_equal(tl.hvp(total, r, v), second)


@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "huber_loss"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_a_weight_per_entry(name, reduction, rng):
    """A mean of Huber's loss divides by the number of entries, a mean of the other two by the sum of the weights."""
    x, y, w = rng.standard_normal((3, 4, 2))
    value, gradient, _ = of_torch(name, [x, y], {"weight": torch.tensor(w**2), "reduction": reduction}, np.zeros_like(x))

    def total(x):
        return np.sum(getattr(tl.losses, name)(x, y, weight=w**2, reduction=reduction))

    got, slope = tl.value_and_grad(total)(x)
    np.testing.assert_allclose(got, value, rtol=1e-12)
    np.testing.assert_allclose(slope, gradient, rtol=1e-12)
