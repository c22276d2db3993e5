"""`tl.op`: a user's own op obeys the laws of the table without being in it."""

import math

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.engine.op import OPS


@pytest.fixture
def debugging():
    with tl.debug():
        yield


def rotated(x, angle):
    return np.stack([np.cos(angle) * x[0] - np.sin(angle) * x[1], np.sin(angle) * x[0] + np.cos(angle) * x[1]])


def rotate_op(name="rotate"):
    return tl.op(name, rotated, vjps=[lambda g, _y, _x, angle: rotated(g, -angle), None])


def test_an_elementwise_op_works_in_both_modes_and_to_third_order():
    cube = tl.op("cube", lambda x: x * x * x, lambda _y, x: 3.0 * x * x)
    third = tl.grad(tl.grad(tl.grad(cube)))
    assert third(2.0) == 6.0
    assert tl.jvp(cube, 2.0, 1.0)[1] == 12.0
    assert "cube" not in OPS
    assert repr(cube(tl.tensor(2.0, requires_grad=True))) == "tensor(8., op=cube)"


def test_arrays_in_arrays_out():
    cube = tl.op("cube", lambda x: x * x * x, lambda _y, x: 3.0 * x * x)
    assert cube(np.array([2.0])).tolist() == [8.0]
    assert cube(2.0) == 8.0


def test_two_inputs_broadcast():
    scaled = tl.op("scaled", lambda a, b: a * b, lambda _y, _a, b: b, lambda _y, a, _b: a)
    a, b = tl.tensor(np.ones((2, 3)), requires_grad=True), tl.tensor([1.0, 2.0, 3.0], requires_grad=True)
    np.sum(scaled(a, b)).backward()
    assert b.grad.tolist() == [2.0, 2.0, 2.0]


def test_the_forward_mode_follows_from_the_vjps():
    rotate = rotate_op()
    x, v = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    np.testing.assert_allclose(tl.jvp(lambda x: rotate(x, 0.3), x, v)[1], rotated(v, 0.3), rtol=1e-15)
    length = tl.grad(lambda x: np.sum(rotate(x, 0.3) ** 2))
    np.testing.assert_allclose(tl.jvp(length, x, v)[1], 2.0 * v, rtol=1e-14)
    np.testing.assert_allclose(tl.hvp(lambda x: np.sum(rotate(x, 0.3) ** 4), x, v), tl.hvp(lambda x: np.sum(rotated(x, 0.3) ** 4), x, v))


def test_a_declared_kink_is_noticed():
    hinge = tl.op(
        "hinge",
        lambda x: np.maximum(1.0 - x, 0.0),
        lambda _y, x: np.where(x < 1.0, -1.0, 0.0),
        facts=tl.Facts(nature="kink", tie=lambda _y, x: x == 1.0, slopes=(-1.0, 0.0)),
    )
    assert tl.grad(hinge)(0.0) == -1.0
    with tl.at_kinks("raise"), pytest.raises(tl.errors.UndefinedGradientError):
        tl.grad(hinge)(1.0)


@pytest.mark.usefixtures("debugging")
def test_a_right_op_passes_its_check():
    assert rotate_op()(np.array([1.0, 2.0]), 0.3).shape == (2,)
    absolute = tl.op("absolute_", np.abs, lambda _y, x: np.sign(x))
    assert absolute(np.array([0.0, -1.0])).tolist() == [0.0, 1.0]  # at a kink differences decide nothing
    halved = tl.op("halved", lambda x: x / 2.0, 0.5)
    assert halved(np.float32([1.0, 3.0])).dtype == np.float32


@pytest.mark.usefixtures("debugging")
def test_a_wrong_derivative_is_named_with_its_entry_and_both_numbers():
    square = tl.op("my_square", lambda x: x * x, lambda _y, x: x)
    with pytest.raises(tl.errors.WrongDerivativeError) as raised:
        square(tl.tensor([0.0, 3.0], requires_grad=True))
    said = str(raised.value)
    assert said.startswith("my_square: its declared derivative (reverse mode) of the sum of its values in entry [1] of input 0 must be 6, ")
    assert said.endswith("), got 3. Use instead: tl.op('my_square', ...) with the derivative of its forward")


@pytest.mark.usefixtures("debugging")
def test_a_mistake_that_a_plain_sum_hides_is_found():
    def softmax(x):
        e = np.exp(x - np.max(x))
        return e / np.sum(e)

    forgetful = tl.op("my_softmax", softmax, vjps=[lambda g, _y, _x: 0.0 * g])  # right for equal weights: the sum is 1
    with pytest.raises(tl.errors.WrongDerivativeError, match="of a weighted sum of its values in entry"):
        forgetful(np.array([0.1, 0.7, -1.0]))


@pytest.mark.usefixtures("debugging")
def test_a_wrong_jvp_is_told_from_a_wrong_vjp():
    wrong = tl.op("my_double", lambda x: 2.0 * x, vjps=[lambda g, _y, _x: 2.0 * g], jvp=lambda dx, _y, _x: 3.0 * dx[0])
    with pytest.raises(tl.errors.WrongDerivativeError, match=r"\(forward mode\).* must be 2, .* got 3\."):
        wrong(np.array([1.0]))


@pytest.mark.usefixtures("debugging")
def test_the_check_runs_once():
    calls = []
    counted = tl.op("counted", lambda x: calls.append(1) or x * 1.0, 1.0)
    counted(np.array([1.0]))
    after = len(calls)
    assert after > 1
    counted(np.array([1.0]))
    assert len(calls) == after + 1


@pytest.mark.parametrize(("partials", "vjps", "got"), [((), None, "neither"), ((1.0,), [lambda g, *_: g], "both")])
def test_a_derivative_is_declared_in_one_way(partials, vjps, got):
    with pytest.raises(tl.errors.DomainError) as raised:
        tl.op("f", np.exp, *partials, vjps=vjps)
    assert str(raised.value) == (
        f"tl.op('f'): a derivative is declared by partials or by vjps=, got {got}. "
        "Type instead: tl.op('f', f, lambda y, x: slope), or tl.op('f', f, vjps=[lambda g, y, x: g * slope])"
    )


def test_a_forward_that_leaves_numpy_says_so():
    lost = tl.op("lost", lambda x: math.exp(x), lambda y, _x: y)
    with pytest.raises(tl.errors.DTypeError) as raised:
        lost(tl.tensor(1.0, requires_grad=True))
    assert (
        str(raised.value)
        == "tl.op('lost'): forward must return an array, got float. Use instead: NumPy functions of x: np.exp, not math.exp"
    )
