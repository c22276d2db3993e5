"""A constant takes the dtype of what is differentiated, for every loss."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from losses.catalogue import ALL, draw
from tinygrad_loss import errors

GIVEN = {"array": lambda a: a, "tensor": tl.tensor, "list": lambda a: np.asarray(a).tolist()}


@pytest.mark.parametrize("how", GIVEN)
@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.__name__)
def test_a_constant_takes_the_dtype_of_the_prediction(loss, how):
    drawn = draw(loss, np.random.default_rng(0))
    place = next(i for i, a in enumerate(drawn) if np.asarray(a).dtype.kind == "f")
    single = [np.asarray(a, np.float32) if np.asarray(a).dtype.kind == "f" else a for a in drawn]
    x = tl.tensor(single[place], requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.ProvenanceWarning)
        y = loss(*[x if i == place else GIVEN[how](a) for i, a in enumerate(drawn)])
        wanted = loss(*[x if i == place else a for i, a in enumerate(single)])
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, wanted.data, rtol=3e-7)
    if y.requires_grad:
        y.backward()
        assert x.grad.dtype == np.float32


@pytest.mark.parametrize(
    "loss", [tl.losses.mse_loss, tl.losses.l1_loss, tl.losses.huber_loss, tl.losses.log_cosh_loss], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("make", [np.asarray, tl.tensor, np.ndarray.tolist], ids=["array", "tensor", "list"])
def test_a_target_that_would_become_infinite_is_refused(loss, make):
    with pytest.raises(errors.DomainError) as raised:
        loss(tl.tensor(np.ones(2, np.float32), requires_grad=True), make(np.array([1.0, 1e39])))
    assert str(raised.value) == (
        f"{loss.__name__}: target must fit in float32, whose largest number is 3.40282e+38, got a larger one. "
        "Type instead: input.astype(np.float64)"
    )


def test_what_requires_grad_keeps_its_own():
    x, y = tl.tensor(np.ones(2, np.float32), requires_grad=True), tl.tensor([2.0, 3.0], requires_grad=True)
    loss = tl.losses.mse_loss(x, y)
    assert loss.dtype == np.float64
    loss.backward()
    assert (x.grad.dtype, y.grad.dtype) == (np.float32, np.float64)


def test_classes_may_be_a_list_or_a_tensor_of_whole_numbers():
    scores = tl.tensor([[1.0, 2.0, 0.5]], requires_grad=True)
    wanted = tl.losses.cross_entropy(scores, np.array([1])).item()
    for target in ([1], tl.tensor([1]), np.array([1], np.int32)):
        assert tl.losses.cross_entropy(scores, target).item() == wanted
