"""Choosing, joining, padding: against NumPy where it has the function, by hand where it has not, and whole error messages."""

import re

import numpy as np
import pytest

import tinygrad_loss as tl
from dense import assert_moves_entries
from tinygrad_loss import errors

X = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


def leaf(*shape):
    return tl.tensor(np.ones(shape), requires_grad=True)


# ---- choosing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.choose([[0, 1, 2], [2, 1, 0]], [x, 2 * x, 3 * x]),
        lambda x: np.choose([[5, 1, -1]], [x, 2 * x], mode="wrap"),
        lambda x: np.choose([[5, 1, -1]], [x, 2 * x], mode="clip"),
        lambda x: np.select([X > 3, X > 0], [x, 2 * x]),
        lambda x: np.select([X > 3], [x], default=-1.0),
        lambda x: np.take_along_axis(x, np.argsort(X, axis=1), axis=1),
        lambda x: np.take_along_axis(x, np.array([0, 0, 5, 1]), axis=None),
        lambda x: np.compress([False, True, True], x, axis=1),
        lambda x: np.extract(X > 0, x),
        lambda x: x[np.nonzero(X > 0)],
        lambda x: x[np.ix_([1, 0], [2, 2, 0])],
        lambda x: np.insert(x, [0, 2], x[:, :2], axis=1),
        lambda x: np.insert(x, 1, x[0], axis=0),
        lambda x: np.insert(x, slice(0, 2), 9.0, axis=1),
        lambda x: np.delete(x, [0, 2], axis=1),
        lambda x: np.delete(x, slice(0, 1), axis=0),
        lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=((1, 2), (3, 4))),
        lambda x: np.pad(x, [(1, 2)], mode="wrap"),
        lambda x: np.concatenate(np.dsplit(x[:, :, None], 1)),
        lambda x: np.stack(np.unstack(x, axis=1)) if hasattr(np, "unstack") else np.moveaxis(x, 1, 0),
        lambda x: np.meshgrid(x[0], x[1], indexing="ij")[1],
        lambda x: np.meshgrid(x[0], x[1], sparse=True)[0],
        lambda x: np.block([[x, np.zeros((2, 1))], [np.ones((1, 3)), np.array([[7.0]])]]),
        lambda x: np.reshape(x, (3, 2), order="F"),
        lambda x: np.vander(x[0], 4),
        lambda x: np.vander(x[0], increasing=True)[:, :2],
    ],
)
def test_numpys_function_of_a_tensor(f):
    y = f(tl.tensor(X))
    np.testing.assert_array_equal(y.data, f(X))
    if "vander" not in f.__code__.co_names:
        assert_moves_entries(f, X)


def test_conditions_that_were_computed_choose_as_arrays_do():
    x = tl.tensor(X, requires_grad=True)
    np.testing.assert_array_equal(np.select([x > 3, x > 0], [x, 2 * x]).data, np.select([X > 3, X > 0], [X, 2 * X]))
    np.testing.assert_array_equal(np.extract(x > 0, x).data, np.extract(X > 0, X))
    np.testing.assert_array_equal(np.argwhere(x > 0).data, np.argwhere(X > 0))
    np.testing.assert_array_equal(np.flatnonzero(x > 0).data, np.flatnonzero(X > 0))
    np.testing.assert_array_equal(np.where(x > 0)[1].data, np.where(X > 0)[1])


def test_piecewise_is_numpys_and_each_piece_has_its_slope():
    def f(x, shift):
        return np.piecewise(x, [x < 0, x > 3.5], [lambda v, s: -v + s, lambda v, s: v * v * s, 7.0], shift)

    x = tl.tensor(X, requires_grad=True)
    y = f(x, 2.0)
    np.testing.assert_array_equal(y.data, f(X, 2.0))
    y.backward(np.ones(X.shape))
    np.testing.assert_array_equal(x.grad, np.where(X < 0, -1.0, np.where(X > 3.5, 4.0 * X, 0.0)))


@pytest.mark.filterwarnings("ignore::tinygrad_loss.errors.UnprovedGradientWarning")
def test_a_piece_that_begins_at_an_entry_is_a_jump_there():
    with pytest.warns(errors.UndefinedGradientWarning):
        g = tl.grad(lambda x: np.sum(np.piecewise(x, [x > 4], [lambda v: v * v])))(X)
    np.testing.assert_array_equal(g, [[0.0, 0.0, 0.0], [np.nan, 10.0, 0.0]])


def test_values_that_pad_have_a_gradient():
    edge = tl.tensor(5.0, requires_grad=True)
    y = np.pad(tl.tensor(X), 1, constant_values=edge)
    np.testing.assert_array_equal(y.data, np.pad(X, 1, constant_values=5.0))
    np.sum(y).backward()
    assert edge.grad == 4 * 5 - 6


def test_scatter_add_sums_what_lands_on_one_place():
    """Worked by hand; the source may be longer than the index, and is then cut."""
    x, src = np.zeros((3, 2)), np.arange(6.0).reshape(3, 2) + 1.0
    index = np.array([[0, 2], [0, 2]])
    np.testing.assert_array_equal(tl.ops.scatter_add(tl.tensor(x), 0, index, src).data, [[4.0, 0.0], [0.0, 0.0], [0.0, 6.0]])
    assert_moves_entries(lambda s: tl.ops.scatter_add(tl.tensor(x) if isinstance(s, tl.Tensor) else x, 0, index, s), src)
    assert tl.ops.scatter_add(tl.tensor(1.0), 0, np.array(0), tl.tensor(2.0)).item() == 3.0


@pytest.mark.parametrize("rows", [4, 400])
def test_rows_that_repeat_add_up_whichever_way_is_faster(rows):
    index = np.arange(rows) % 7 - 3
    x = np.ones((7, 30))
    g = np.cos(np.arange(rows * 30.0)).reshape(rows, 30)
    variable = tl.tensor(x, requires_grad=True)
    variable[index].backward(g)
    wanted = np.zeros_like(x)
    for row, to in zip(g, index, strict=True):
        wanted[to] += row
    np.testing.assert_allclose(variable.grad, wanted, rtol=1e-13, atol=1e-13)


def test_questions_about_a_tensor_need_no_values():
    x = leaf(2, 3)
    assert np.shape(x) == (2, 3)
    assert np.ndim(x) == 2
    assert np.size(x) == 6
    assert np.size(x, 1) == 3
    assert not np.iscomplexobj(x)
    assert np.isrealobj(x)
    assert np.result_type(x, np.float32) == np.float64
    assert np.can_cast(x, np.float32, "same_kind")
    assert np.common_type(x) is np.float64
    assert len(np.tril_indices_from(leaf(3, 3))[0]) == 6


# ---- bad input ------------------------------------------------------------------------------------------------------------

IN_PLACE = "arrays are never written in place, got a tensor. "
MESSAGES = [
    ("parts that are not equal", lambda: np.split(leaf(5), 2), errors.ShapeError,
     "np.split: the axis must divide into equal parts, got 5 entries in 2 parts. Type instead: np.array_split(x, 2, axis=0)"),
    ("no parts", lambda: np.array_split(leaf(5), 0), errors.ShapeError,
     "np.array_split: there must be one part at least, got 0 parts. Type instead: np.split(x, 1)"),
    ("too few axes to split", lambda: np.vsplit(leaf(5), 1), errors.ShapeError,
     "np.vsplit: it needs 2 axes or more, got (5,). Type instead: np.split(x, sections, axis=0)"),
    ("too few axes to turn", lambda: np.rot90(leaf(5)), errors.ShapeError,
     "np.rot90: it needs two axes at least, got (5,). Type instead: np.flip(x)"),
    ("one axis twice", lambda: np.rot90(leaf(2, 2), axes=(0, 0)), errors.ShapeError,
     "np.rot90: the two axes must differ, got axes=(0, 0). Type instead: np.rot90(x, k, axes=(0, 1))"),
    ("blocks of unequal depth", lambda: np.block([[leaf(2)], leaf(2)]), errors.ShapeError,
     "np.block: lists must be nested equally deep everywhere, and none may be empty, got depths [0, 1]. "
     "Type instead: np.block([[a, b], [c, d]])"),
    ("shapes that do not broadcast", lambda: np.broadcast_arrays(leaf(2), leaf(3)), errors.ShapeError,
     "np.broadcast_arrays: shapes must broadcast: equal lengths, or 1, axis by axis from the right, got (2,) and (3,) (operand 1 has length 2 on axis 0, operand 2 has 3). "
     "Type instead: a[..., None]"),
    ("an unknown order of axes", lambda: np.meshgrid(leaf(2), indexing="yx"), errors.DomainError,
     "np.meshgrid: indexing must be one of 'xy', 'ij', got 'yx'. Type instead: 'xy'"),
    ("a ramp", lambda: np.pad(leaf(2), 1, mode="linear_ramp"), errors.NoRuleError,
     "np.pad: this option has no rule, got mode='linear_ramp'. Use instead: np.concatenate([np.broadcast_to(new, ...), x]), "
     "or one of the modes 'constant', 'edge', 'reflect', 'symmetric', 'wrap'"),
    ("an odd reflection", lambda: np.pad(leaf(2), 1, mode="reflect", reflect_type="odd"), errors.NoRuleError,
     "np.pad: this option has no rule, got reflect_type='odd'. "
     "Use instead: 2 * x[..., :1] - np.pad(x, width, mode='reflect')[..., :k], joined by np.concatenate"),
    ("a negative width", lambda: np.pad(leaf(3), -1), errors.ShapeError,
     "np.pad: pad_width must be numbers >= 0: one, (before, after), or a pair for each of 1 axes, got -1. "
     "Use instead: np.pad(x, [(1, 1)] * x.ndim), or x[1:-1] to cut off"),
    ("an option of another mode", lambda: np.pad(leaf(3), 1, mode="edge", constant_values=1), errors.NoRuleError,
     "np.pad: this option has no rule, got constant_values=. Type instead: np.pad(x, width, reflect_type='even')"),
    ("indices of other axes", lambda: np.take_along_axis(leaf(2, 3), np.zeros(2, int), 1), errors.ShapeError,
     "np.take_along_axis: indices must have as many axes as the array, got (2, 3) and (2,). Type instead: np.expand_dims(indices, axis)"),
    ("an unknown mode", lambda: np.take(leaf(3), 1, mode="loop"), errors.DomainError,
     "np.take: mode must be one of 'raise', 'wrap', 'clip', got 'loop'. Type instead: 'raise'"),
    ("choices without conditions", lambda: np.select([np.ones(2, bool)], [leaf(2), leaf(2)]), errors.ShapeError,
     "np.select: there must be one choice per condition, and at least one, got 1 conditions and 2 choices. "
     "Type instead: np.select([x < 0, x > 0], [a, b], default=c)"),
    ("functions without conditions", lambda: np.piecewise(leaf(2), [np.ones(2, bool)], [1, 2, 3]), errors.ShapeError,
     "np.piecewise: there must be one function per condition, or one more for the other entries, got 1 conditions and 3 functions. "
     "Type instead: np.piecewise(x, [x < 0], [f, g])"),
    ("a diagonal of a cube", lambda: np.diag(leaf(2, 2, 2)), errors.ShapeError,
     "np.diag: it takes a vector or a matrix, got (2, 2, 2). Type instead: np.diagonal(x, 0, -2, -1)"),
    ("a trace of a vector", lambda: np.trace(leaf(2)), errors.ShapeError,
     "np.diagonal: it needs two axes at least, got (2,). Use instead: np.diag(x), the matrix with x on its diagonal"),
    ("powers of a matrix's rows", lambda: np.vander(leaf(2, 2)), errors.ShapeError,
     "np.vander: it takes a vector, got (2, 2). Type instead: np.vander(np.ravel(x))"),
    ("a copy into an array", lambda: np.copyto(np.zeros(2), leaf(2)), errors.LostGraphError,
     f"np.copyto(a, x): {IN_PLACE}Use instead: np.where(mask, x, a), or np.broadcast_to(x, a.shape) rather than np.full_like(a, x)"),
    ("an array full of a tensor", lambda: np.full_like(np.zeros(2), leaf()), errors.LostGraphError,
     f"np.copyto(a, x): {IN_PLACE}Use instead: np.where(mask, x, a), or np.broadcast_to(x, a.shape) rather than np.full_like(a, x)"),
    ("a diagonal that is filled", lambda: np.fill_diagonal(leaf(2, 2), 0.0), errors.LostGraphError,
     f"np.fill_diagonal(a, x): {IN_PLACE}Type instead: np.where(np.eye(n, dtype=bool), x, a)"),
    ("entries that are put", lambda: np.put_along_axis(np.zeros(2), np.zeros(2, int), leaf(2), 0), errors.LostGraphError,
     f"np.put_along_axis(a, index, x, axis): {IN_PLACE}Type instead: tl.ops.scatter_add(a, axis, index, x - np.take_along_axis(a, index, axis))"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), [m[1:] for m in MESSAGES], ids=[m[0] for m in MESSAGES])
def test_the_whole_message(call, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


@pytest.mark.parametrize("f", [np.flip, lambda x, axis: np.roll(x, 1, axis), np.repeat, np.take])
def test_an_axis_out_of_range_is_numpys_own_error(f):
    with pytest.raises(np.exceptions.AxisError, match="axis 3 is out of bounds for array of dimension 1"):
        f(leaf(2), axis=3) if f is np.flip else f(leaf(2), 3) if f not in {np.repeat, np.take} else f(leaf(2), 1, axis=3)
