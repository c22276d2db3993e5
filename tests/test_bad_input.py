"""Bad input: what was wrong, what came, and the line to type instead; every message whole."""

import math
import pickle

import numpy as np
import pytest
import scipy.special

import tinygrad_loss as tl
from tinygrad_loss import errors

LOST = "it would turn a tensor that requires grad into a constant, and lose its gradient, got such a tensor. Use instead: "
AS_ARRAY = (
    f"np.asarray(x): {LOST}x.numpy() for the numbers, x itself for NumPy's functions, np.stack([...]) to join tensors, "
    "np.where(mask, x, a) to set entries"
)
AS_FLOAT = f"float(x): {LOST}x.item() for the number, np.exp(x) rather than math.exp(x), np.where(mask, x, a) rather than a[i] = x"
BROADCAST = "shapes must broadcast: equal lengths, or 1, axis by axis from the right, got "
CUT = "a leaf that requires grad must have led here through ops that have a derivative, got a path that "
UNLIKE = np.array([[1.0, 2.0], [3.0]], object)
UNLIKE_ROWS = "every row must be as long as the others, got rows of unlike lengths. Type instead: x, lengths = tl.nn.pad_sequences(rows)"
NO_RULE = "it has no derivative rule here, got a Tensor. Use instead: "


def vector():
    return tl.tensor([1.0, 2.0, 3.0], requires_grad=True, name="x")


def number():
    return tl.tensor(2.0, requires_grad=True, name="s")


def matrix():
    return tl.tensor(np.ones((2, 3)), requires_grad=True)


def changed_leaf():
    w = tl.tensor(1.0, requires_grad=True, name="w")
    y = w * w
    w.data = 2.0
    y.backward()


def stored_in_place():
    a = np.ones(3)
    a += vector()


def stored_in_slice():
    a = np.ones(3)
    a[:] = vector()


def stored_in_tensor():
    x = vector()
    x[0] = 1.0


def given(attribute, new, leaf=vector):
    setattr(leaf(), attribute, new)


CASES = [
    # what requires grad
    (
        "an integer tensor requires grad",
        lambda: tl.tensor(np.array([1, 2]), dtype=np.int64, requires_grad=True),
        errors.DTypeError,
        "tl.tensor: only floating numbers have a gradient, got dtype int64 with requires_grad=True. "
        "Type instead: tl.tensor(data, dtype=np.float64, requires_grad=True)",
    ),
    (
        "a boolean tensor requires grad",
        lambda: tl.tensor([True], requires_grad=True),
        errors.DTypeError,
        "tl.tensor: only floating numbers have a gradient, got dtype bool with requires_grad=True. "
        "Type instead: tl.tensor(data, dtype=np.float64, requires_grad=True)",
    ),
    (
        "complex data",
        lambda: tl.tensor([1j]),
        errors.DTypeError,
        "tl.tensor: data must be real numbers or truth values, got dtype complex128. Type instead: np.real(data), or np.abs(data)",
    ),
    (
        "object data",
        lambda: tl.tensor([None]),
        errors.DTypeError,
        "tl.tensor: data must be real numbers or truth values, got dtype object. Type instead: np.asarray(data, dtype=np.float64)",
    ),
    (
        "text",
        lambda: tl.tensor("abc"),
        errors.DTypeError,
        "tl.tensor: data must be real numbers or truth values, got text (dtype <U3). "
        "Type instead: np.unique(data, return_inverse=True)[1]  # numbers the texts",
    ),
    (
        "a text operand",
        lambda: vector() + "a",
        errors.DTypeError,
        "add: operands must be real numbers, got text (dtype <U1). "
        "Type instead: np.unique(operand, return_inverse=True)[1]  # numbers the texts",
    ),
    (
        "None as operand",
        lambda: vector() * None,
        errors.DTypeError,
        "multiply: operands must be real numbers, got NoneType. Type instead: operand = np.zeros(3)  # an array of numbers",
    ),
    (
        "a complex result",
        lambda: np.sum(vector() * 1j).backward(),
        errors.DTypeError,
        "backward: only a real number has a gradient, got dtype complex128. Type instead: np.sum(np.abs(y) ** 2).backward()",
    ),
    (
        "an array of objects as operand",
        lambda: np.sum(np.exp(vector()) * np.array([1.0, 2.0, 3.0], dtype=object)).backward(),
        errors.DTypeError,
        "multiply: operands must be real numbers, got dtype object. Type instead: np.asarray(operand, dtype=np.float64)",
    ),
    (
        "an argument of grad that is a truth value",
        lambda: tl.grad(lambda x: x * x)(np.array(True)),
        errors.DTypeError,
        "tl.grad: only floating numbers have a derivative, got an argument of dtype bool. Type instead: np.asarray(x, dtype=np.float64)",
    ),
    # shapes
    (
        "shapes that do not broadcast",
        lambda: vector() + np.ones((2, 2)),
        errors.ShapeError,
        f"add: {BROADCAST}(3,) and (2, 2) (operand 1 has length 3 on axis 0, operand 2 has 2 on axis 1). Type instead: b[..., None]",
    ),
    (
        "shapes that do not broadcast, through NumPy",
        lambda: np.maximum(np.ones(4), vector()),
        errors.ShapeError,
        f"maximum: {BROADCAST}(4,) and (3,) (operand 1 has length 4 on axis 0, operand 2 has 3). Type instead: a[..., None]",
    ),
    (
        "shapes that do not broadcast, three of them",
        lambda: np.where(vector() > 0, vector(), np.ones(2)),
        errors.ShapeError,
        f"where: {BROADCAST}(3,) and (3,) and (2,) (operand 1 has length 3 on axis 0, operand 3 has 2). Use instead: operands of shape (3,)",
    ),
    (
        "a product of matrices that do not fit",
        lambda: matrix() @ matrix(),
        errors.ShapeError,
        "matmul: the last axis of the first must be as long as the last but one of the second, got (2, 3) and (2, 3) (operand 1 has length 3 on axis 1, operand 2 has 2 on axis 0). "
        "Type instead: a @ np.swapaxes(b, -1, -2)",
    ),
    (
        "softmax of a batch without an axis",
        lambda: tl.ops.softmax(matrix()),
        errors.ShapeError,
        "softmax: axis must be given when there is more than one, got (2, 3). Type instead: tl.ops.softmax(x, axis=-1)",
    ),
    # backward
    (
        "backward from more than one number",
        lambda: (vector() * 2.0).backward(),
        errors.ShapeError,
        "backward: without gradient= the tensor must be a single number, got shape (3,). "
        "Type instead: np.sum(y).backward(), or y.backward(gradient=np.ones_like(y.data))",
    ),
    (
        "a gradient of the wrong shape",
        lambda: (vector() * 2.0).backward(np.ones(2)),
        errors.ShapeError,
        "backward: gradient= must have the tensor's shape, got (2,) and (3,) (gradient has length 2 on axis 0, the tensor has 3). Type instead: y.backward(gradient=np.ones_like(y.data))",
    ),
    (
        "a gradient that is no number",
        lambda: (vector() * 2.0).backward(["a", "b", "c"]),
        errors.DTypeError,
        "backward: gradient= must be real numbers, got dtype <U1. Type instead: y.backward(gradient=np.ones_like(y.data))",
    ),
    (
        "a complex gradient of a real tensor",
        lambda: (vector() * 2.0).backward(np.ones(3) * 1j),
        errors.DTypeError,
        "backward: gradient= must be real numbers, got dtype complex128. Type instead: y.backward(gradient=np.ones_like(y.data))",
    ),
    (
        "backward from what nothing led to",
        lambda: tl.tensor(1.0).backward(),
        errors.CutPathError,
        "backward: a leaf that requires grad must have led here, "
        "got a leaf with requires_grad=False, or the result of .data, .numpy(), .detach() or tl.no_grad(). "
        "Use instead: x = tl.tensor(data, requires_grad=True), then y = f(x); y.backward()",
    ),
    (
        "a path cut by .data",
        lambda: tl.tensor(np.sum(vector().data)).backward(),
        errors.CutPathError,
        "backward: a leaf that requires grad must have led here, "
        "got a leaf with requires_grad=False, or the result of .data, .numpy(), .detach() or tl.no_grad(). "
        "Use instead: x = tl.tensor(data, requires_grad=True), then y = f(x); y.backward()",
    ),
    (
        "a path cut by a comparison",
        lambda: np.sum((vector() > 0) * 1.0).backward(),
        errors.CutPathError,
        f"backward: {CUT}greater cut. Use instead: np.where(condition, a, b) of values, which has a gradient in a and b",
    ),
    (
        "a path cut by argmax",
        lambda: np.sum(np.argmax(matrix(), axis=1) * 1.0).backward(),
        errors.CutPathError,
        f"backward: {CUT}argmax cut. Use instead: np.sum(tl.ops.softmax(x, axis=-1) * np.arange(n), axis=-1), an index that has a gradient",
    ),
    (
        "a path cut by a cast",
        lambda: np.sum(vector().astype(np.int64) * 1.0).backward(),
        errors.CutPathError,
        f"backward: {CUT}cast cut. Use instead: x.astype(np.float32), which keeps the gradient",
    ),
    (
        "a path cut by a cast, and the integers themselves",
        lambda: np.sum(vector().astype(np.int64)).backward(),
        errors.CutPathError,
        f"backward: {CUT}cast cut. Use instead: x.astype(np.float32), which keeps the gradient",
    ),
    (
        "a path cut by detach",
        lambda: np.sum(vector().detach() * 2.0).backward(),
        errors.CutPathError,
        f"backward: {CUT}detach cut. Use instead: x itself, without .detach()",
    ),
    (
        "a path cut inside grad",
        lambda: tl.grad(lambda x: np.sum(x > 0))(np.ones(3)),
        errors.CutPathError,
        f"tl.grad: {CUT}greater cut. Use instead: np.where(condition, a, b) of values, which has a gradient in a and b",
    ),
    (
        "a function that leaves the tensors",
        lambda: tl.grad(lambda x: x.item() ** 2)(1.0),
        errors.CutPathError,
        "tl.grad: f must return a tensor computed from its argument, got float. "
        "Use instead: NumPy functions of x all the way, without float(), .item() or .numpy()",
    ),
    (
        "a leaf changed between forward and backward",
        changed_leaf,
        errors.StaleGraphError,
        "multiply: its inputs must keep their values until backward, got new values in the leaf 'w'. "
        "Use instead: y = f(x) again after x.data = ..., then y.backward()",
    ),
    (
        "new values for a result",
        lambda: given("data", np.ones(3), lambda: vector() * 2.0),
        errors.StaleGraphError,
        "x.data = new: only a leaf can be given new values, got the result of multiply. Type instead: y = tl.tensor(new)",
    ),
    (
        "new values of another shape",
        lambda: given("data", np.ones(2)),
        errors.ShapeError,
        "x.data = new: new values must have the leaf's shape, got (2,) and (3,) (new has length 2 on axis 0, the leaf has 3). Type instead: x = tl.tensor(new, requires_grad=True)",
    ),
    (
        "a gradient of another shape, assigned",
        lambda: given("grad", np.ones(2)),
        errors.ShapeError,
        "x.grad = new: a gradient has its tensor's shape, got (2,) and (3,) (new has length 2 on axis 0, the tensor has 3). Type instead: x.grad = None",
    ),
    # what would lose the graph
    ("float", lambda: float(number()), errors.LostGraphError, AS_FLOAT),
    ("math.exp", lambda: math.exp(number()), errors.LostGraphError, AS_FLOAT),
    ("int", lambda: int(number()), errors.LostGraphError, f"int(x): {LOST}x.item() for the number"),
    ("complex", lambda: complex(number()), errors.LostGraphError, f"complex(x): {LOST}x.item() for the number"),
    ("range", lambda: range(number()), errors.LostGraphError, f"x as an index: {LOST}x.item() for the number"),
    ("np.array([s, s])", lambda: np.array([number(), number()]), errors.LostGraphError, AS_ARRAY),
    ("np.asarray", lambda: np.asarray(vector()), errors.LostGraphError, AS_ARRAY),
    ("np.float64", lambda: np.float64(number()), errors.LostGraphError, AS_ARRAY),
    ("tl.tensor([s, s])", lambda: tl.tensor([number(), number()]), errors.LostGraphError, AS_ARRAY),
    ("an item of an array, by slice", stored_in_slice, errors.LostGraphError, AS_ARRAY),
    ("np.full", lambda: np.full(3, number()), errors.LostGraphError, AS_ARRAY),
    (
        "np.full_like of an array",
        lambda: np.full_like(np.ones(3), number()),
        errors.LostGraphError,
        "np.copyto(a, x): arrays are never written in place, got a tensor. "
        "Use instead: np.where(mask, x, a), or np.broadcast_to(x, a.shape) rather than np.full_like(a, x)",
    ),
    (
        "an array += a tensor",
        stored_in_place,
        errors.NoRuleError,
        "np.add: results are never written in place, because a recorded value must not change, got out=. "
        "Use instead: y = np.add(x), without out=, and a = a + x rather than a += x",
    ),
    (
        "item assignment",
        stored_in_tensor,
        errors.LostGraphError,
        "x[key] = new: a recorded value must not change, got an assignment to entries. "
        "Type instead: x = np.where(mask, new, x), or np.concatenate([new, x])",
    ),
    (
        "out=",
        lambda: np.exp(vector(), out=np.zeros(3)),
        errors.NoRuleError,
        "np.exp: results are never written in place, because a recorded value must not change, got out=. "
        "Use instead: y = np.exp(x), without out=, and a = a + x rather than a += x",
    ),
    (
        "where= of a ufunc",
        lambda: np.exp(vector(), where=np.array([True, False, True])),
        errors.NoRuleError,
        "np.exp: entries that where= leaves out have no value, got where=mask. Type instead: np.where(mask, np.exp(x), 0.0)",
    ),
    (
        "a copy of a recorded tensor",
        lambda: tl.tensor(vector() * 2.0),
        errors.LostGraphError,
        f"tl.tensor(x) of a recorded tensor: {LOST}x itself, or x.detach() to cut the graph",
    ),
    (
        "pickle",
        lambda: pickle.dumps(vector()),
        TypeError,
        "a tensor is not pickled; save x.numpy() with np.save, and a model with tl.training.checkpoint.save(path, model.state_dict())",
    ),
    # what has no rule
    (
        "an unsupported ufunc",
        lambda: np.gcd(vector(), 1),
        errors.NoRuleError,
        f"np.gcd: {NO_RULE}np.gcd(x.numpy()) if no gradient should flow, or declare it: tl.op('gcd', ...)",
    ),
    (
        "an unsupported function of SciPy",
        lambda: scipy.special.ellipk(vector()),
        errors.NoRuleError,
        f"scipy.special.ellipk: {NO_RULE}scipy.special.ellipk(x.numpy()) if no gradient should flow, or declare it: tl.op('ellipk', ...)",
    ),
    (
        "an unsupported function of NumPy",
        lambda: np.packbits(vector()),
        errors.NoRuleError,
        f"np.packbits: {NO_RULE}np.packbits(x.numpy()) if no gradient should flow, or declare it: tl.op('packbits', ...)",
    ),
    (
        "a refused function of NumPy",
        lambda: np.unwrap(vector()),
        errors.NoRuleError,
        f"np.unwrap: {NO_RULE}x + 2 * np.pi * np.round((x_before - x) / (2 * np.pi)), with the jumps counted once on x.numpy()",
    ),
    # transforms
    (
        "grad of more than one number",
        lambda: tl.grad(np.exp)(np.ones(2)),
        errors.ShapeError,
        "tl.grad: f must return a single number, got shape (2,). Type instead: tl.grad(lambda x: np.sum(f(x))), or tl.jacobian(f)",
    ),
    (
        "an argument that is not there",
        lambda: tl.grad(np.exp, 1)(1.0),
        errors.DomainError,
        "tl.grad: argnums must count positional arguments from 0, got 1 of 1. Type instead: tl.grad(f, argnums=0)(x)",
    ),
    (
        "a tangent of the wrong shape",
        lambda: tl.jvp(np.exp, np.ones(3), np.ones(2)),
        errors.ShapeError,
        "tl.jvp: a tangent must have its argument's shape, got (2,) and (3,) (v has length 2 on axis 0, x has 3). Type instead: tl.jvp(f, x, np.ones_like(x))",
    ),
    (
        "a tangent of the wrong form",
        lambda: tl.jvp(np.multiply, (np.ones(3), np.ones(3)), np.ones(3)),
        errors.ShapeError,
        "tl.jvp: v must have the form of x, got 1 tangents for 2 arguments. Type instead: tl.jvp(f, (x, y), (vx, vy))",
    ),
    (
        "a cotangent of the wrong shape",
        lambda: tl.vjp(np.exp, np.ones(3))[1](np.ones(2)),
        errors.ShapeError,
        "tl.vjp: the cotangent must have the result's shape, got (2,) and (3,) (v has length 2 on axis 0, y has 3). Type instead: pullback(np.ones_like(y))",
    ),
    (
        "an unknown policy",
        lambda: tl.at_kinks("raises").__enter__(),
        errors.DomainError,
        "at_kinks: policy must be one of 'nan', 'raise', 'subgradient', 'convention', got 'raises'. Type instead: 'raise'",
    ),
    (
        "rows of unlike lengths as data",
        lambda: tl.tensor(UNLIKE),
        errors.ShapeError,
        f"tl.tensor: {UNLIKE_ROWS}",
    ),
    (
        "rows of unlike lengths in a layer",
        lambda: tl.nn.Linear(2, 1)(UNLIKE),
        errors.ShapeError,
        f"Linear: {UNLIKE_ROWS}",
    ),
    (
        "rows of unlike lengths as a prediction",
        lambda: tl.losses.mse_loss(UNLIKE, np.zeros(2)),
        errors.ShapeError,
        f"mse_loss: {UNLIKE_ROWS}",
    ),
    (
        "rows of unlike lengths as a target",
        lambda: tl.losses.mse_loss(np.zeros(2), UNLIKE),
        errors.ShapeError,
        f"mse_loss: {UNLIKE_ROWS}",
    ),
    (
        "objects of another kind",
        lambda: tl.tensor(np.array(["a", None], object)),
        errors.DTypeError,
        "tl.tensor: data must be real numbers or truth values, got texts among numbers (dtype object). "
        "Type instead: np.unique(np.asarray(data, dtype=str), return_inverse=True)[1]",
    ),
    ("the length of a number", lambda: len(number()), TypeError, "len() of a 0-d tensor"),
    ("the entries of a number", lambda: list(number()), TypeError, "iteration over a 0-d tensor"),
]


@pytest.mark.parametrize(("call", "error", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_whole_message(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert str(raised.value) == message


def test_an_item_of_an_array_raises_and_the_cause_names_the_way_out():
    a = np.ones(3)
    with pytest.raises((ValueError, TypeError)) as raised:
        a[0] = number()
    assert str(raised.value.__cause__ or raised.value) == AS_FLOAT
    assert a.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("cuda", "x, which is in this machine's memory already"),
        ("type", "x.astype(dtype)"),
        ("detach_", "x = x.detach()"),
    ],
)
def test_a_method_of_another_library_is_answered_with_the_line_to_type(name, instead):
    with pytest.raises(AttributeError) as raised:
        getattr(tl.tensor([1.0]), name)
    assert str(raised.value) == f"x.{name}: a tensor has the attributes of a NumPy array, got {name}. {tl.errors.remedy(instead)}"


def test_what_is_missing_is_missing():
    assert not hasattr(tl.tensor([1.0]), "nothing")
    assert not hasattr(tl.tensor([1.0]), "cuda")


def test_an_error_is_also_the_builtin_one_that_a_caller_would_catch():
    with pytest.raises(ValueError, match="shapes must broadcast"):
        vector() + np.ones(2)
    with pytest.raises(TypeError, match="no derivative rule"):
        np.packbits(vector())
    with pytest.raises(tl.errors.TinygradLossError):
        float(number())


def test_a_cut_path_behind_a_million_ops_is_found_without_recursion():
    y = np.sum((vector() > 0) * 1.0)
    for _ in range(20_000):
        y = y + 1.0
    with pytest.raises(errors.CutPathError, match="a path that greater cut"):
        y.backward()


def test_a_leaf_changed_behind_many_ops_is_found():
    w = tl.tensor([1.0], requires_grad=True)
    y = np.sum(np.exp(w)[0] * 3.0)
    w.data = [2.0]
    with pytest.raises(errors.StaleGraphError, match=r"^exp: .* in the leaf of shape \(1,\)\."):
        y.backward()


def test_constants_convert_freely():
    t = tl.tensor([1, 0, 2], dtype=np.int64)
    assert np.asarray(t).tolist() == [1, 0, 2]
    assert np.arange(5.0)[t].tolist() == [1.0, 0.0, 2.0]
    assert float(tl.tensor(2.5)) == 2.5
    assert [10, 20, 30][tl.tensor(np.int64(1))] == 20


@pytest.mark.parametrize("rows", [[[1, 2], [3]], [[1.0], [2.0, 3.0]], [[[1], [2]], [[3]]], [1.0, [2.0]], ([1, 2], (3,))])
@pytest.mark.parametrize("given", [{}, {"requires_grad": True}, {"dtype": np.float32}])
def test_rows_of_unlike_lengths_say_what_pads_them(rows, given):
    with pytest.raises(errors.ShapeError) as raised:
        tl.tensor(rows, **given)
    assert str(raised.value) == (
        "tl.tensor: every row must be as long as the others, got rows of unlike lengths. Type instead: x, lengths = tl.nn.pad_sequences(rows)"
    )
