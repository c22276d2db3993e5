"""Spellings of PyTorch's: those that are taken give PyTorch's answer, the others raise with a line that works when it is typed."""

import enum
import importlib.util
import json
import math
from pathlib import Path

import numpy as np
import pytest

import spelled
import tinygrad_loss as tl
import tinygrad_loss.nn.functional as F  # noqa: N812  how everybody writes it
from tinygrad_loss import errors
from tinygrad_loss.spelling import names, table

RECORDED = dict(np.load(Path(__file__).parent / "data" / "spellings.npz"))
WORKING = [row for row in table.METHODS if row.does is not None]
SAYING = [row for row in table.METHODS if row.does is None]


def tensor(value, requires_grad):
    return tl.tensor(value, requires_grad=bool(requires_grad))


def run(call, letters):
    return eval(call, {"np": np, "tl": tl}, letters)  # noqa: S307  the calls are those of the table


def answers(call):
    return spelled.asked(call, tensor, F, run, lambda t: t.numpy())


def tolerance(call):
    """PyTorch casts cotangents of float32 and float16, its trigamma has nine digits, and its sixth of hardsigmoid eight."""
    return {
        "x.half()": 1e-3,
        "x.float()": 1e-6,
        "x.float().double()": 1e-6,
        "x.type_as(y)": 1e-6,
        "x.digamma()": 1e-8,
        "F.hardsigmoid(w)": 1e-7,
    }.get(call, 1e-11)


@pytest.mark.parametrize("call", spelled.CALLS)
def test_the_answer_is_pytorchs(call):
    got = answers(call)
    wanted = [RECORDED[f"{call}: {k}"] for k in range(len(got))]
    assert f"{call}: {len(got)}" not in RECORDED
    for a, b in zip(got, wanted, strict=True):
        assert a.dtype.kind == b.dtype.kind
        np.testing.assert_allclose(a, b, rtol=tolerance(call), atol=1e-12)
        assert a.shape == b.shape


@pytest.mark.parametrize("row", WORKING, ids=lambda row: row.call)
def test_the_method_is_the_line_beside_it(row):
    letters = {name: value if isinstance(value, int) else tl.tensor(value) for name, value in spelled.numbers(row.call).items()}
    if " = " in row.here:
        exec(row.here, {}, letters)  # noqa: S102  the line is the table's
        assert letters["x"].requires_grad
        return
    method, line = (spelled.flattened(run(text, letters)) for text in (row.call, row.here))
    for a, b in zip(method, line, strict=True):
        np.testing.assert_array_equal(np.asarray(getattr(a, "value", a)), np.asarray(getattr(b, "value", b)))


@pytest.mark.parametrize("row", SAYING, ids=lambda row: row.call)
def test_what_does_not_work_says_its_line_and_is_not_offered(row):
    x = tl.tensor([1.0])
    with pytest.raises(AttributeError) as raised:
        getattr(x, row.name)
    rule = "a tensor has the attributes of a NumPy array"
    assert str(raised.value) == f"x.{row.name}: {rule}, got {row.name}. {tl.errors.remedy(row.here)}"
    assert row.name not in dir(x)
    assert not hasattr(x, row.name)


def test_completion_offers_what_works_and_nothing_else():
    x = tl.tensor([[1.0, 2.0]], requires_grad=True)
    offered = [name for name in dir(x) if not name.startswith("_")]
    assert [name for name in offered if not hasattr(x, name)] == []
    engine = {
        "first",
        "second",
        "node",
        "stamp",
        "static",
        "track",
        "version",
        "report",
        "apply",
        "value",
        "choose",
        "line",
        "assign",
        "op",
    }
    assert not engine & set(offered)
    assert {row.name for row in WORKING} <= set(offered)
    assert {"data", "grad", "shape", "ndim", "dtype", "size", "T", "item", "numpy", "detach", "name", "backward", "retain_grad"} <= set(
        offered
    )
    refusing = {"sort", "partition"}  # NumPy's, which write in place
    assert not refusing & set(offered)


@pytest.mark.parametrize("name", table.DIFFERENT)
def test_where_numpy_differs_both_lines_are_said(name):
    x = tl.tensor(np.arange(6.0).reshape(1, 2, 3))
    calls = {
        "transpose": [
            lambda: x.transpose(0, 1),
            lambda: x[0].transpose(0, 1),
            lambda: x[0].transpose(-2, -1),
            lambda: x.transpose(dim0=0, dim1=1),
        ],
        "repeat": [lambda: x.repeat(2, 1, 1)],
        "sort": [lambda: x.sort(dim=1), lambda: x.sort(descending=True)],
        "max": [lambda: x.max(dim=1), lambda: x.max(1, keepdim=True), lambda: x.max(x), lambda: x.max(other=x)],
        "min": [lambda: x.min(dim=1), lambda: x.min(1, keepdim=True), lambda: x.min(x)],
        "std": [lambda: x.std(dim=1), lambda: x.std(1, unbiased=False), lambda: x.std(correction=0)],
        "var": [lambda: x.var(dim=1), lambda: x.var(1, unbiased=False), lambda: x.var(keepdim=True)],
    }
    for call in calls[name]:
        with pytest.raises(errors.ArgumentError) as raised:
            call()
        assert str(raised.value).startswith(f"x.{name}: NumPy's answer is not PyTorch's, got ")
        assert str(raised.value).endswith(f"{tl.errors.remedy(table.DIFFERENT[name])}")


LINES = [  # the two lines of each, typed
    ("std", "x.std(axis=dim)", np.array([0.5, 1.0])), ("std", "x.std(axis=dim, ddof=1)", np.array([math.sqrt(0.5), math.sqrt(2.0)])),
    ("var", "x.var(axis=dim)", np.array([0.25, 1.0])), ("var", "x.var(axis=dim, ddof=1)", np.array([0.5, 2.0])),
    ("max", "x.max(axis=dim)", np.array([2.0, 5.0])), ("max", "x.argmax(axis=dim)", np.array([1, 0])), ("max", "np.maximum(x, y)", None),
    ("min", "x.min(axis=dim)", np.array([1.0, 3.0])), ("min", "x.argmin(axis=dim)", np.array([0, 1])), ("min", "np.minimum(x, y)", None),
    ("sort", "np.sort(x, axis=dim)", np.array([[1.0, 2.0], [3.0, 5.0]])), ("sort", "np.argsort(x, axis=dim)", np.array([[0, 1], [1, 0]])),
    ("transpose", "np.swapaxes(x, dim0, dim1)", np.array([[1.0, 5.0], [2.0, 3.0]])), ("transpose", "x.transpose(axes)", None),
    ("repeat", "np.tile(x, sizes)", None), ("repeat", "np.repeat(x, n, axis)", np.array([[1.0, 1.0, 2.0, 2.0], [5.0, 5.0, 3.0, 3.0]])),
]  # fmt: skip


@pytest.mark.parametrize(("name", "line", "wanted"), LINES)
def test_the_lines_that_are_said_can_be_typed(name, line, wanted):
    x = tl.tensor([[1.0, 2.0], [5.0, 3.0]])
    assert line in table.DIFFERENT[name]
    y = run(line, {"x": x, "y": x, "dim": 1, "axis": 1, "dim0": 0, "dim1": 1, "axes": (1, 0), "sizes": (2, 1), "n": 2})
    if wanted is not None:
        np.testing.assert_allclose(y.data, wanted, rtol=1e-12)


def test_numpys_own_calls_are_as_they_were():
    x = tl.tensor([[1.0, 2.0, 4.0], [5.0, 3.0, 0.0]])
    a = x.numpy()
    for got, wanted in (
        (x.std(), a.std()), (x.var(0), a.var(0)), (x.max(1), a.max(1)), (x.min(axis=0), a.min(axis=0)), (x.repeat(2), a.repeat(2)),
        (x.repeat(2, 1), a.repeat(2, 1)), (x.transpose(), a.transpose()), (x.transpose(1, 0), a.transpose(1, 0)),
        (x.transpose((1, 0)), a.transpose((1, 0))), (x.sum(0), a.sum(0)), (x.mean(axis=1, keepdims=True), a.mean(axis=1, keepdims=True)),
        (x.flatten(), a.flatten()), (x.flatten("F"), a.flatten("F")), (x.flatten(order="F"), a.flatten(order="F")),
        (x.squeeze(), a.squeeze()), (x.argsort(1), a.argsort(1)), (x.size, a.size), (x.device, a.device if hasattr(a, "device") else "cpu"),
    ):  # fmt: skip
        if isinstance(wanted, str):
            assert got == wanted
        else:
            np.testing.assert_allclose(getattr(got, "value", got), wanted, rtol=1e-15)


REFUSED = [
    (
        lambda x: x.argsort(descending=True),
        "x.argsort: NumPy's order rises, got descending=. Type instead: np.flip(np.argsort(x, axis=dim), dim)",
    ),
    (lambda x: x.to("cuda"), "x.to: arrays live in main memory, got 'cuda'. Use instead: x itself, without .to(...)"),
    (lambda x: x.to("cuda:0"), "x.to: arrays live in main memory, got 'cuda:0'. Use instead: x itself, without .to(...)"),
    (lambda x: tl.Tensor([1.0]), "tl.Tensor(...): tensors are made by a function, got the class. Type instead: tl.tensor(data)"),
    *(
        (
            lambda x, transform=transform: transform(x, x),
            f"tl.{transform.__name__}: it takes a function, and differentiates it, got Tensor. "
            f"Use instead: y.backward(), then x.grad; or tl.{transform.__name__}(f)(x)",
        )
        for transform in (tl.grad, tl.value_and_grad, tl.jacobian, tl.hessian)
    ),
    (
        lambda x: tl.vjp(x, x),
        "tl.vjp: it takes a function, and differentiates it, got Tensor. Use instead: y.backward(), then x.grad; or tl.vjp(f, x)",
    ),
    (
        lambda x: tl.hvp(x, x, x),
        "tl.hvp: it takes a function, and differentiates it, got Tensor. Use instead: y.backward(), then x.grad; or tl.hvp(f, x, v)",
    ),
    (
        lambda x: tl.jvp(x, x, x),
        "tl.jvp: it takes a function, and differentiates it, got Tensor. Use instead: y.backward(), then x.grad; or tl.jvp(f, x, v)",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_is_refused_says_what_to_type(call, message):
    with pytest.raises(errors.ArgumentError) as raised:
        call(tl.tensor([1.0, 2.0], requires_grad=True))
    assert str(raised.value) == message


@pytest.mark.parametrize("call", [lambda x: x.size(), lambda x: x.size(0), lambda x: x.size(dim=-1)])
def test_a_call_of_size_names_the_shape(call):
    x = tl.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    with pytest.raises(errors.ArgumentError) as raised:
        call(x)
    assert str(raised.value) == (
        "x.size(): NumPy's size is a number, that of the entries, and no method, got a call. Type instead: x.shape, or x.shape[dim], or x.size"
    )


class Kind(enum.IntEnum):
    TWO = 2


def test_size_is_a_number_like_any_other():
    x = tl.tensor(np.ones((2, 3), np.float32), requires_grad=True)
    n = x.size
    assert (n, isinstance(n, int), hash(n), repr(n), f"{n}", json.dumps({"n": n}), n / 2, list(range(n))[-1]) == (
        6, True, hash(6), "6", "6", '{"n": 6}', 3.0, 5,
    )  # fmt: skip
    for number, value in ((n, 6), (Kind.TWO, 2)):
        for y in (x / number, number * x, np.maximum(x, number), np.power(x, number), np.where(x > 0, x, number)):
            assert y.dtype == np.float32
        np.testing.assert_array_equal((number - x).numpy(), value - np.ones((2, 3), np.float32))
        assert (np.ones(3) / number).dtype == np.float64
    (np.sum(x * x) / x.size).backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_allclose(x.grad, np.full((2, 3), 1 / 3), rtol=1e-6)
    assert tl.grad(lambda v: np.sum(v) / v.size)(np.ones(4)).tolist() == [0.25] * 4
    assert tl.differentiability(lambda v: np.abs(v).sum() / v.size, np.zeros(1)).kind == "kink"


@pytest.mark.parametrize("name", names.NAMES)
def test_a_name_of_torch_at_the_front_door(name):
    with pytest.raises(AttributeError) as raised:
        getattr(tl, name)
    assert str(raised.value) == f"module 'tinygrad_loss' has no attribute {name!r}; {names.NAMES[name]}"
    assert name not in dir(tl)


@pytest.mark.parametrize("name", table.OF_FUNCTIONAL)
def test_a_name_of_functional(name):
    with pytest.raises(AttributeError) as raised:
        getattr(F, name)
    assert str(raised.value) == f"module 'tinygrad_loss.nn.functional' has no attribute {name!r}; {table.OF_FUNCTIONAL[name]}"


def test_a_name_is_a_hint_or_it_works():
    assert not {name for name in table.OF_FUNCTIONAL if name in vars(F)}
    assert len({row.name for row in table.METHODS}) == len(table.METHODS)
    assert F is tl.nn.functional


def test_functional_answers_as_the_layers_do():
    x = tl.tensor(np.array([[-1.0, 0.0, 2.0]]), requires_grad=True)
    np.sum(F.relu(x, inplace=True) + F.relu(x, True)).backward()
    np.testing.assert_array_equal(x.grad, [[0.0, 0.0, 2.0]])  # nn.ReLU's convention at 0
    np.testing.assert_array_equal(F.max_pool1d(np.array([[[1.0, 1.0]]]), 2), [[[1.0]]])


SCRIPT = Path(__file__).parent.parent / "docs" / "make_from_pytorch.py"


def test_the_page_is_what_the_script_writes():
    spec = importlib.util.spec_from_file_location("make_from_pytorch", SCRIPT)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page(), "python docs/make_from_pytorch.py writes it anew"
