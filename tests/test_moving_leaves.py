"""The loops that people know: a leaf is moved by hand, graphs that used it before are refused, and nothing is moved by accident."""

import copy
import gc
import operator
import pickle
import weakref

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors


def leaf(*values):
    return tl.tensor(values or [1.0, -2.0, 3.0], requires_grad=True)


FLOATING = {"+=": operator.add, "-=": operator.sub, "*=": operator.mul, "/=": operator.truediv, "//=": operator.floordiv, "%=": operator.mod,
            "**=": operator.pow}  # fmt: skip
IN_PLACE = {"+=": operator.iadd, "-=": operator.isub, "*=": operator.imul, "/=": operator.itruediv, "//=": operator.ifloordiv,
            "%=": operator.imod, "**=": operator.ipow}  # fmt: skip


@pytest.mark.parametrize("symbol", FLOATING)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64], ids=lambda d: d.__name__)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)], ids=str)
def test_an_augmented_assignment_of_the_values_moves_the_leaf(symbol, dtype, shape):
    before = np.random.default_rng(0).uniform(1.0, 2.0, shape).astype(dtype)
    w = tl.tensor(before, requires_grad=True)
    version = w.version
    w.data = IN_PLACE[symbol](w.data, 1.5)  # what w.data += 1.5 does
    np.testing.assert_array_equal(w.data, FLOATING[symbol](before, dtype(1.5)).astype(dtype))
    assert w.dtype == dtype
    assert w.version > version
    assert w.is_leaf
    assert w.requires_grad


@pytest.mark.parametrize("symbol", FLOATING)
def test_under_no_grad_the_leaf_itself_may_be_assigned(symbol):
    w = weight = leaf(1.0, 2.0)
    with tl.no_grad():
        w = IN_PLACE[symbol](w, 1.5)
    assert w is weight
    np.testing.assert_array_equal(w.data, FLOATING[symbol](np.array([1.0, 2.0]), 1.5))
    assert w.requires_grad
    assert w.version == 1


def test_a_frozen_leaf_moves_as_well():
    average, w = tl.tensor([1.0, 1.0]), leaf(3.0, 5.0)
    same = average
    with tl.no_grad():
        average *= 0.5
        average += 0.5 * w
    assert same is average
    np.testing.assert_array_equal(same.data, [2.0, 3.0])


def test_recorded_the_leaf_says_which_lines_move_it():
    w = leaf()
    with pytest.raises(errors.ArgumentError) as raised:
        w -= 0.1
    assert str(raised.value) == (
        "x -= y: a leaf that requires grad is moved outside of the graph, got such a leaf while operations are recorded. "
        "Type instead: x.data -= y, or with tl.no_grad(): x -= y"
    )
    np.testing.assert_array_equal(w.data, [1.0, -2.0, 3.0])


def test_recorded_a_sum_may_grow():
    w = leaf()
    total = tl.tensor(0.0)
    for _ in range(3):
        total += np.sum(w)
    total *= 2.0
    total.backward()
    np.testing.assert_array_equal(w.grad, [6.0, 6.0, 6.0])


def test_a_name_for_the_values_moves_the_leaf_or_raises():
    w = leaf()
    d = w.data
    d -= 1.0
    d -= 1.0
    np.testing.assert_array_equal(w.data, [-1.0, -4.0, 1.0])
    np.testing.assert_array_equal(d, w.data)
    old = w.data
    w.data = [0.0, 0.0, 0.0]
    with pytest.raises(errors.StaleGraphError, match=r"^x.data -= y: what is moved are the values that the leaf holds"):
        old -= 1.0
    np.testing.assert_array_equal(w.data, [0.0, 0.0, 0.0])


def test_the_values_of_a_result_are_not_moved():
    y = leaf() * 2.0
    with pytest.raises(errors.StaleGraphError) as raised:
        y.data -= 1.0
    assert str(raised.value) == (
        "x.data -= y: only a leaf can be given new values, got the values of a result. Type instead: y = tl.tensor(new)"
    )


def subtract_data(w):
    w.data -= 1.0


def subtract(w):
    with tl.no_grad():
        w -= 1.0


def subtract_from_a_name(w):
    d = w.data
    d -= 1.0


@pytest.mark.parametrize("move", [subtract_data, subtract, subtract_from_a_name])
def test_a_graph_recorded_before_is_refused(move):
    w = leaf()
    y = np.sum(w * w)
    move(w)
    with pytest.raises(errors.StaleGraphError, match=r"new values in the leaf"):
        y.backward()
    assert w.grad is None
    np.sum(w * w).backward()
    np.testing.assert_array_equal(w.grad, 2.0 * np.array([0.0, -3.0, 2.0]))


def write(w):
    w.data[0] = 5.0


def write_all(w):
    w.data[...] = 5.0


def write_in_place(w):
    w.data[0] -= 1.0


def write_by_out(w):
    np.add(w.data, 1.0, out=w.data)


def write_by_method(w):
    w.data.fill(0.0)


def write_by_iterating(w):
    w.data[:1][0] = 4.0


@pytest.mark.parametrize("how", [write, write_all, write_in_place, write_by_out, write_by_method, write_by_iterating])
@pytest.mark.parametrize("made", [leaf, lambda: leaf() * 1.0], ids=["leaf", "result"])
def test_entries_are_never_written(how, made):
    x = made()
    with pytest.raises(ValueError, match="read-only"):
        how(x)
    np.testing.assert_array_equal(x.data, [1.0, -2.0, 3.0])


def test_the_message_says_how_entries_are_changed():
    w = leaf()
    with pytest.raises(errors.ReadOnlyError) as raised:
        w.data[0] = 5.0
    assert str(raised.value) == (
        "x.data[...] = new: the values of a tensor are read-only, because a graph may have used them, got an assignment to entries. "
        "Type instead: x.data = np.where(mask, new, x.data)"
    )
    w.data = np.where([True, False, False], 5.0, w.data)
    np.testing.assert_array_equal(w.data, [5.0, -2.0, 3.0])


PLAIN = [
    lambda d: d * 2.0, lambda d: 2.0 * d, lambda d: -d, lambda d: abs(d), lambda d: d @ d.T, lambda d: d**2, lambda d: d > 0,
    lambda d: d >= 4, lambda d: d[:1], lambda d: d[..., 0], lambda d: d[d > 0], lambda d: d[None], lambda d: d.T, lambda d: d.copy(), lambda d: d.ravel(),
    lambda d: d.reshape(-1), lambda d: d.astype(np.float32), lambda d: d.view(), lambda d: d.sum(axis=0), lambda d: d.max(axis=0),
    lambda d: d.clip(0, 1), lambda d: next(iter(d)), lambda d: np.array(d), lambda d: np.asarray(d), lambda d: np.copy(d),
    lambda d: np.sort(d), lambda d: np.exp(d), lambda d: np.sum(d, axis=0), lambda d: np.stack([d, d]), lambda d: np.concatenate([d, d]),
    lambda d: np.where(d > 0, d, 0.0), lambda d: np.reshape(d, -1), lambda d: np.add.reduce(d), lambda d: np.add.outer(d, d),
    lambda d: np.einsum("ij->j", d), lambda d: np.zeros_like(d), lambda d: np.broadcast_to(d, (2, *d.shape)), lambda d: np.atleast_3d(d),
    lambda d: np.add(d, 1.0, out=np.zeros(d.shape)), lambda d: copy.copy(d), lambda d: copy.deepcopy(d),
    lambda d: pickle.loads(pickle.dumps(d)),  # noqa: S301
    lambda d: d.real, lambda d: np.modf(d)[0], lambda d: np.linalg.norm(d, axis=0),
]  # fmt: skip


@pytest.mark.parametrize("what", PLAIN)
def test_what_is_computed_of_the_values_is_a_plain_array(what):
    values = np.array([[1.0, -2.0], [3.0, 4.0]])
    w = tl.tensor(values, requires_grad=True)
    got = what(w.data)
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, what(values))
    if got.flags.writeable:
        got[...] = 0
    np.testing.assert_array_equal(w.data, values)


@pytest.mark.parametrize("values", [2.5, [1.0, 2.0], [[1.0, 2.0]], [1, 2], [True, False]], ids=str)
def test_the_values_read_like_an_array(values):
    array, x = np.asarray(values), tl.tensor(values)
    assert isinstance(x.data, np.ndarray)
    assert repr(x.data) == repr(array)
    assert str(x.data) == str(array)
    assert x.data.tolist() == array.tolist()
    assert (x.data.shape, x.data.dtype, x.data.ndim, x.data.size, x.data.nbytes) == (
        array.shape, array.dtype, array.ndim, array.size, array.nbytes,
    )  # fmt: skip
    if array.size == 1:
        assert float(x.data) == float(array.item())


def test_the_values_are_a_constant_to_ops():
    w = leaf()
    y = np.sum(w * w.data) + np.sum(w.data * w) + tl.ops.relu(w.data)[0]
    y.backward()
    np.testing.assert_array_equal(w.grad, [2.0, -4.0, 6.0])


def test_the_values_keep_no_graph_alive():
    gc.disable()
    try:
        y = leaf() * 2.0
        gone = weakref.ref(y)
        shown = y.data
        del y
        assert gone() is None
        assert shown.tolist() == [2.0, -4.0, 6.0]
    finally:
        gc.enable()


BAD = [
    (
        np.ones(2),
        errors.ShapeError,
        "x.data -= y: shapes must broadcast to the leaf's, got (2,) and (3,) (the operand has length 2 on axis 0, the leaf has 3).",
    ),
    (np.ones((2, 3)), errors.ShapeError, "x.data -= y: new values must have the leaf's shape, got (2, 3) and (3,)."),
    (
        np.float64(1e39),
        errors.DomainError,
        "x.data -= y: new values must fit in float32, whose largest number is 3.40282e+38, got a larger one.",
    ),
    (1j, errors.DTypeError, "x.data -= y: new values must be real numbers, got dtype complex"),
]


@pytest.mark.parametrize(("step", "error", "message"), BAD)
def test_a_step_that_does_not_fit_moves_nothing(step, error, message):
    w = tl.tensor(np.float32([1.0, 2.0, 3.0]), requires_grad=True)
    with pytest.raises(error) as raised:
        w.data -= step
    assert str(raised.value).startswith(message)
    np.testing.assert_array_equal(w.data, [1.0, 2.0, 3.0])
    assert w.version == 0


@pytest.mark.parametrize("new", [[0.5, 1.0], [1j, 2.0], [300, 1], ["a", "b"]], ids=str)
def test_whole_numbers_stay_whole(new):
    x = tl.tensor(np.array([1, 2], np.uint8))
    with pytest.raises(errors.DTypeError, match=r"^x.data = new: new values must fit in the leaf's uint8"):
        x.data = new
    x.data = [7.0, 8.0]
    assert x.data.tolist() == [7, 8]
    assert x.dtype == np.uint8


# ---- gradients of results -------------------------------------------------------------------------------------------


def test_a_result_keeps_its_gradient_when_asked():
    x = leaf()
    y, z = x * 2.0, None
    y.retain_grad()
    z = np.exp(y)
    z.retain_grad()
    loss = np.sum(z) + np.sum(y)
    loss.retain_grad()
    loss.backward()
    np.testing.assert_allclose(x.grad, 2.0 * np.exp(2.0 * x.data) + 2.0)
    np.testing.assert_allclose(y.grad, np.exp(y.data) + 1.0)
    np.testing.assert_array_equal(z.grad, [1.0, 1.0, 1.0])
    assert loss.grad == 1.0
    np.sum(np.exp(y)).backward()
    np.testing.assert_allclose(y.grad, 2.0 * np.exp(y.data) + 1.0)
    assert z.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_retained_gradient_tells_the_truth():
    x = tl.tensor([0.0, 1.0], requires_grad=True)
    y = x * 1.0
    y.retain_grad()
    with pytest.warns(errors.UndefinedGradientWarning):
        np.sum(np.abs(y)).backward()
    np.testing.assert_array_equal(y.grad, [np.nan, 1.0])
    np.testing.assert_array_equal(x.grad, [np.nan, 1.0])
    y = x * 1.0
    y.retain_grad()
    np.sum(tl.ops.relu(y) - tl.ops.relu(-y)).backward()
    np.testing.assert_array_equal(y.grad, [1.0, 1.0])


def test_what_has_no_gradient_retains_none():
    with pytest.raises(errors.CutPathError, match=r"^y.retain_grad\(\): a leaf that requires grad must have led here"):
        (tl.tensor([1.0]) * 2.0).retain_grad()


def test_pytorchs_options_of_backward():
    x = tl.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    y.backward(None, False, False)
    assert x.grad == 12.0
    with pytest.raises(errors.ArgumentError) as raised:
        y.backward(create_graph=True)
    assert str(raised.value) == (
        "backward: a gradient that shall be differentiated again is a transform's, got create_graph=True. Type instead: tl.grad(tl.grad(f))(x)"
    )
    assert tl.grad(tl.grad(lambda x: x * x))(3.0) == 2.0


def test_the_ways_to_forget_a_gradient():
    x = leaf()
    for forget in ("none", "zero", "zero_grad", "optimizer"):
        np.sum(x * x).backward()
        np.testing.assert_array_equal(x.grad, 2.0 * x.data)
        assert type(x.grad) is np.ndarray
        if forget == "none":
            x.grad = None
        elif forget == "zero":
            x.grad[...] = 0
            np.testing.assert_array_equal(x.grad, [0.0, 0.0, 0.0])
        elif forget == "zero_grad":
            x.zero_grad()
            assert x.grad is None
        else:
            tl.optim.SGD([x], lr=0.1).zero_grad()
            assert x.grad is None
