"""The engine: recording, backward, memory of a million ops, threads, operators, dtypes."""

import gc
import threading
import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import context, errors
from tinygrad_loss.engine.graph import record_of

pytestmark = pytest.mark.smoke

# ---- a long way ----------------------------------------------------------------------------------------------------------


def test_a_chain_of_a_million_ops_runs_forward_backward_and_is_freed_without_recursion():
    gc.disable()  # reference counts alone must free it
    gc.freeze()
    try:
        x = tl.tensor(1.0, requires_grad=True)
        y = x
        for _ in range(1_000_000):
            y = y + 1e-6
        y.backward()
        assert x.grad == 1.0
        assert y.item() == pytest.approx(2.0, rel=1e-9)
        del y
        assert sum(type(o) is tl.Tensor for o in gc.get_objects(generation=0)) <= 1
    finally:
        gc.unfreeze()
        gc.enable()


def test_a_deep_graph_survives_every_walk():
    x = tl.tensor(0.5, requires_grad=True)
    y = x
    for _ in range(30_000):
        y = y * 1.0
    assert len(record_of(y)) == 30_000
    f = lambda x: _chain(x, 5_000)  # noqa: E731
    assert tl.grad(tl.grad(lambda x: f(x) ** 2))(0.5) == 2.0
    assert tl.jvp(f, 0.5, 3.0)[1] == 3.0


def _chain(x, n):
    for _ in range(n):
        x = x + 0.0
    return x


def test_a_value_used_many_times_gets_the_sum_of_its_gradients():
    x = tl.tensor(3.0, requires_grad=True)
    y = x * x * x + 2.0 * x - x
    y.backward()
    assert x.grad == 28.0


def test_a_diamond_of_depth_60_is_walked_once_not_two_to_the_60_times():
    x = tl.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(60):
        y = (y + y) * 0.5
    y.backward()
    assert x.grad == 1.0


# ---- backward ------------------------------------------------------------------------------------------------------------


def test_backward_twice_adds():
    x = tl.tensor([1.0, 2.0], requires_grad=True)
    y = np.sum(x * x)
    y.backward()
    y.backward()
    assert x.grad.tolist() == [4.0, 8.0]
    x.grad = None
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_gradients_add_into_leaves_only():
    x = tl.tensor(2.0, requires_grad=True)
    h = x * x
    y = h * 3.0
    y.backward()
    assert h.grad is None
    assert y.grad is None
    assert x.grad == 12.0


def test_a_constant_leaf_gets_no_gradient():
    x, c = tl.tensor(2.0, requires_grad=True), tl.tensor(3.0)
    (x * c).backward()
    assert c.grad is None


def test_a_leaf_is_its_own_result():
    x = tl.tensor(2.0, requires_grad=True)
    x.backward()
    assert x.grad == 1.0


def test_a_gradient_is_an_array_of_its_own():
    x, y = tl.tensor([1.0, 2.0], requires_grad=True), tl.tensor([3.0, 4.0], requires_grad=True)
    seed = np.array([1.0, 1.0])
    (x + y).backward(seed)
    x.grad[0] = 99.0
    assert y.grad.tolist() == [1.0, 1.0]
    assert seed.tolist() == [1.0, 1.0]
    assert type(tl.tensor(1.0).numpy()) is np.ndarray


def test_a_scalar_gradient_is_an_ndarray_too():
    x = tl.tensor(2.0, requires_grad=True)
    (x * x).backward()
    assert type(x.grad) is np.ndarray
    assert x.grad.shape == ()


def test_a_cotangent_weighs_the_entries():
    x = tl.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x * x).backward(gradient=[1.0, 0.0, 10.0])
    assert x.grad.tolist() == [2.0, 0.0, 60.0]
    x.grad = None
    (x * x).backward(gradient=tl.tensor([1, 0, 10]))
    assert x.grad.tolist() == [2.0, 0.0, 60.0]


def test_a_result_of_one_entry_needs_no_cotangent():
    x = tl.tensor([[3.0]], requires_grad=True)
    (x * x).backward()
    assert x.grad.tolist() == [[6.0]]


# ---- what is recorded -----------------------------------------------------------------------------------------------------


def test_comparisons_are_recorded_without_a_gradient():
    x = tl.tensor([1.0, -2.0], requires_grad=True)
    c = x > 0
    assert not c.requires_grad
    assert c.dtype == bool
    assert c.node[0].name == "greater"
    y = np.where(c, x, 0.0)
    assert [t.node[0].name for t in record_of(y)] == ["greater", "where"]


def test_constants_are_not_recorded():
    c = tl.tensor([1.0, 2.0])
    assert (c * 2.0 + 1.0).is_leaf


def test_no_grad_records_nothing_and_ends_with_an_exception_too():
    x = tl.tensor(2.0, requires_grad=True)
    with tl.no_grad():
        y = x * x
    assert y.is_leaf
    assert not y.requires_grad

    def fails():
        with tl.no_grad():
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert (x * x).requires_grad


def test_no_grad_does_not_stop_a_transform_inside():
    with tl.no_grad():
        assert tl.grad(lambda x: x * x)(3.0) == 6.0


def test_detach_is_a_constant_in_the_gradient():
    x = tl.tensor(3.0, requires_grad=True)
    (x * x.detach()).backward()
    assert x.grad == 3.0


# ---- threads ---------------------------------------------------------------------------------------------------------------


def test_threads_do_not_see_each_others_context():
    inside, done = threading.Event(), threading.Event()
    seen = {}

    def other():
        inside.wait()
        x = tl.tensor(0.0, requires_grad=True)
        seen["recording"] = (x * x).requires_grad
        seen["policy"] = context.AT_KINKS.get()
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with tl.no_grad(), tl.at_kinks("convention"):
        inside.set()
        assert done.wait(10)
        assert context.AT_KINKS.get() == "convention"
    thread.join()
    assert seen == {"recording": True, "policy": "nan"}


def test_threads_differentiate_side_by_side():
    results = [None] * 4

    def work(k):
        f = tl.grad(lambda x: np.sum(np.sin(x) * k))
        results[k] = np.stack([f(np.arange(4.0)) for _ in range(50)])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k in range(4):
        np.testing.assert_allclose(results[k], np.tile(k * np.cos(np.arange(4.0)), (50, 1)), rtol=1e-15)


# ---- operators --------------------------------------------------------------------------------------------------------------

OTHERS = [np.array([2.0, 0.5, 4.0]), 2.0, 2, [2.0, 0.5, 4.0], np.float64(2.0), tl.tensor([2.0, 0.5, 4.0]), (2, 1, 4)]
OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "%": lambda a, b: a % b,
    "//": lambda a, b: a // b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


@pytest.mark.parametrize("other", OTHERS, ids=lambda o: type(o).__name__)
@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_operators_work_both_ways_round(operator, other):
    data = np.array([1.5, 2.5, 3.0])
    x = tl.tensor(data, requires_grad=True)
    plain = np.asarray(other)
    for got, wanted in ((operator(x, other), operator(data, plain)), (operator(other, x), operator(plain, data))):
        assert isinstance(got, tl.Tensor), f"{type(got)}"
        np.testing.assert_allclose(got.data, wanted, rtol=1e-15)


def test_matmul_works_both_ways_round():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    for x, y in ((tl.tensor(a), b), (a, tl.tensor(b)), (tl.tensor(a), tl.tensor(b)), (tl.tensor(a), b.tolist())):
        got = x @ y
        assert isinstance(got, tl.Tensor)
        np.testing.assert_array_equal(got.data, a @ b)


def test_unary_operators_and_truth():
    x = tl.tensor([1.5, -2.0], requires_grad=True)
    assert (-x).tolist() == [-1.5, 2.0]
    assert (+x).tolist() == [1.5, -2.0]
    assert abs(x).tolist() == [1.5, 2.0]
    assert (~(x > 0)).tolist() == [False, True]
    assert ((x > 0) & (x < 1)).tolist() == [False, False]
    assert bool(tl.tensor(2.0, requires_grad=True) > 1.0)


def test_a_tensor_is_a_key_by_identity_and_not_found_by_value():
    x, y = tl.tensor(1.0), tl.tensor(1.0)
    assert {x: 1}[x] == 1
    assert len({x, y}) == 2


def test_iteration_yields_rows_that_record():
    x = tl.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    np.sum(first * second).backward()
    assert x.grad.tolist() == [[3.0, 4.0], [1.0, 2.0]]


def test_formats_and_the_way_out():
    x = tl.tensor(2.5, requires_grad=True, name="rate")
    assert f"{x:.2f}" == "2.50"
    assert repr(x) == "tensor(2.5, requires_grad=True, name='rate')"
    assert x.item() == 2.5
    assert type(x.item()) is float
    assert (x.shape, x.ndim, x.size, x.dtype) == ((), 0, 1, np.float64)
    assert tl.tensor([[1.0, 2.0]]).T.shape == (2, 1)


def test_a_tensor_copies_its_data():
    a = np.ones(2)
    x = tl.tensor(a)
    a[0] = 5.0
    assert x.tolist() == [1.0, 1.0]
    copy = x.numpy()
    copy[0] = 5.0
    assert x.tolist() == [1.0, 1.0]


def test_arrays_in_arrays_out():
    for y in (tl.ops.softplus(np.ones(2)), tl.ops.softmax(np.ones(2)), tl.ops.expit(np.float64(0.0))):
        assert not isinstance(y, tl.Tensor)


# ---- dtypes -----------------------------------------------------------------------------------------------------------------

DTYPES = [np.float16, np.float32, np.float64]


@pytest.mark.parametrize("left", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("right", [*DTYPES, np.int8, np.int32, np.int64, np.bool_], ids=lambda d: d.__name__)
def test_promotion_is_numpys(left, right):
    a, b = np.ones(3, left), np.ones(3, right)
    for f in (np.add, np.multiply, np.divide, np.maximum, np.power):
        x = tl.tensor(a, requires_grad=True)
        y = f(x, b)
        assert y.dtype == f(a, b).dtype
        with tl.at_kinks("convention"):
            np.sum(y).backward()
        assert x.grad.dtype == left


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("number", [2, 2.5, True, np.float64(2.5), np.float32(2.5)], ids=repr)
def test_python_numbers_are_weak_and_numpys_are_not(dtype, number):
    a = np.ones(3, dtype)
    assert (tl.tensor(a) * number).dtype == (a * number).dtype
    assert (number * tl.tensor(a)).dtype == (number * a).dtype


@pytest.mark.parametrize("data", [1.0, [1.0, 2.0], [[1, 2]], [True], np.float32([1.0]), np.array(3), 7], ids=repr)
def test_dtypes_at_the_door(data):
    kind = np.asarray(data).dtype
    assert tl.tensor(data).dtype == kind
    if kind.kind != "b":
        assert tl.tensor(data, requires_grad=True).dtype == (np.float64 if kind.kind == "i" else kind)


def test_a_gradient_crosses_precisions_and_comes_back_in_the_leafs_own():
    x = tl.tensor(np.float32([1.0, 2.0]), requires_grad=True)
    np.sum(x.astype(np.float64) * np.array([3.0, 4.0])).backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [3.0, 4.0]


# ---- a branch on a value -----------------------------------------------------------------------------------------------------


def test_a_python_branch_on_a_tie_warns():
    x = tl.tensor(2.0, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not x > 3.0
    with pytest.warns(tl.errors.UndefinedGradientWarning, match="greater"):
        assert not x > 2.0


def test_a_leaf_is_frozen_and_freed():
    w, x = tl.tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0])
    w.requires_grad = False
    assert not np.sum(w * x).requires_grad
    w.requires_grad = True
    np.sum(w * x).backward()
    np.testing.assert_array_equal(w.grad, x)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: tl.tensor(np.array([1, 2])),
            errors.DTypeError,
            "x.requires_grad = True: only floating numbers have a gradient, got dtype int64. Type instead: x.astype(np.float64)",
        ),
        (
            lambda: np.exp(tl.tensor(1.0, requires_grad=True)),
            errors.StaleGraphError,
            "x.requires_grad = True: only a leaf is frozen or freed, got the result of exp. Use instead: x.detach(), or the leaves themselves",
        ),
    ],
)
def test_what_has_no_gradient_of_its_own_is_not_freed(make, error, message):
    x = make()
    with pytest.raises(error) as raised:
        x.requires_grad = True
    assert str(raised.value) == message
