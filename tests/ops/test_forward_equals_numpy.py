"""A NumPy function of a tensor is that NumPy function: values, shapes and dtypes over random shapes, broadcasts and indices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_loss as tl
from dense import assert_moves_entries

shapes = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=3)
FEW = settings(max_examples=15, deadline=None)
"""Each example asks for a whole Jacobian."""

dtypes = st.sampled_from([np.float64, np.float32])


def entries(shape, dtype=np.float64):
    """Return distinct entries, so that one in a wrong place is seen."""
    return (np.arange(np.prod(shape, dtype=int)).reshape(shape) * 0.5 + 1.0).astype(dtype)


@st.composite
def arrays(draw, shape=shapes):
    return entries(draw(shape), draw(dtypes))


ONE_ARRAY = {
    "flip": lambda x: np.flip(x),
    "flipud": np.flipud,
    "ravel": np.ravel,
    "transpose": np.transpose,
    "tile": lambda x: np.tile(x, (2, 1, 3)),
    "repeat": lambda x: np.repeat(x, 3),
    "repeat_along": lambda x: np.repeat(x, 2, axis=-1),
    "repeat_unequally": lambda x: np.repeat(x, np.arange(x.shape[0]), axis=0),
    "roll": lambda x: np.roll(x, 5),
    "roll_along": lambda x: np.roll(x, (1, -2), (0, -1)),
    "atleast_3d": np.atleast_3d,
    "atleast_2d": np.atleast_2d,
    "hstack": lambda x: np.hstack([x, 2 * x]),
    "vstack": lambda x: np.vstack([x, 2 * x]),
    "dstack": lambda x: np.dstack([x, np.ones_like(x)]),
    "append": lambda x: np.append(x, x),
    "append_along": lambda x: np.append(x, x, axis=-1),
    "tril": lambda x: np.tril(x, 1),
    "triu": lambda x: np.triu(x, -1),
    "diagflat": lambda x: np.diagflat(x, -1),
    "resize": lambda x: np.resize(x, (3, 7)),
    "delete": lambda x: np.delete(x, 0, axis=0),
    "insert": lambda x: np.insert(x, 0, 7.0, axis=-1),
    "insert_several": lambda x: np.insert(x, [0, 1], 7.0),
    "array_split": lambda x: np.concatenate(np.array_split(x, 3, axis=-1)[::-1], axis=-1),
    "expand_dims": lambda x: np.expand_dims(x, (0, -1)),
    "rollaxis": lambda x: np.rollaxis(x, x.ndim - 1),
    "pad": lambda x: np.pad(x, 2),
    "pad_constant": lambda x: np.pad(x, 1, constant_values=3.0),
    "pad_edge": lambda x: np.pad(x, (3, 1), mode="edge"),
    "pad_reflect": lambda x: np.pad(x, (3, 1), mode="reflect"),
    "pad_symmetric": lambda x: np.pad(x, 5, mode="symmetric"),
    "pad_wrap": lambda x: np.pad(x, 5, mode="wrap"),
    "take_flat": lambda x: np.take(x, [[0, -1], [0, 0]]),
    "take_wrapped": lambda x: np.take(x, [7, -9], axis=-1, mode="wrap"),
    "take_clipped": lambda x: np.take(x, [7, -9], axis=0, mode="clip"),
    "compress": lambda x: np.compress([True], x, axis=0),
    "extract": lambda x: np.extract(np.ones(x.shape, dtype=bool), x),
    "choose": lambda x: np.choose(np.arange(x.shape[-1]) % 2, [x, 3 * x]),
    "select": lambda x: np.select([np.eye(x.shape[-1], dtype=bool)[0]], [x], default=5.0),
    "block": lambda x: np.block([[x, 2 * x], [3 * x, x]]),
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, np.ones((2, *x.shape)))[0],
    "meshgrid": lambda x: np.meshgrid(np.ravel(x), np.arange(2.0))[0],
    "unstack": lambda x: np.unstack(x, axis=-1)[0] if hasattr(np, "unstack") else x[..., 0],
    "full_like": lambda x: x + np.full_like(x, 2.0),
    "ones_like": lambda x: x * np.ones_like(x),
    "empty_like": lambda x: x + 0 * np.zeros_like(np.empty_like(x)),
    "copy": np.copy,
}


@pytest.mark.parametrize("f", ONE_ARRAY.values(), ids=ONE_ARRAY)
@FEW
@given(x=arrays())
def test_a_function_that_moves_entries_is_numpys_and_its_derivative_is_its_matrix(f, x):
    assert_moves_entries(f, x)


MATRICES = {
    "fliplr": np.fliplr,
    "rot90": lambda x: np.rot90(x, 1),
    "rot180": lambda x: np.rot90(x, 2),
    "rot270": lambda x: np.rot90(x, -1, axes=(-1, 0)),
    "diagonal": lambda x: np.diagonal(x, 1),
    "diagonal_of_other_axes": lambda x: np.diagonal(x, -1, -1, 0),
    "trace": np.trace,
    "linalg.diagonal": lambda x: np.linalg.diagonal(x, offset=-1),
    "linalg.trace": lambda x: np.linalg.trace(x, offset=1),
    "matrix_transpose": np.matrix_transpose,
    "hsplit": lambda x: np.hsplit(x, [1])[1],
    "vsplit": lambda x: np.vsplit(x, [1])[0],
    "column_stack": lambda x: np.column_stack([x[0, ..., 0], x[0, ..., 0]]) if x.ndim == 2 else x,
}


@pytest.mark.parametrize("f", MATRICES.values(), ids=MATRICES)
@FEW
@given(x=arrays(shape=hnp.array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=4)))
def test_a_function_of_two_axes_is_numpys_and_its_derivative_is_its_matrix(f, x):
    assert_moves_entries(f, x)


@FEW
@given(x=arrays(shape=hnp.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=5)), k=st.integers(-4, 4))
def test_diag_is_numpys(x, k):
    assert_moves_entries(lambda x: np.diag(x, k), x)


@FEW
@given(data=st.data(), x=arrays(shape=hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)))
def test_a_basic_index_is_numpys_and_its_gradient_is_dense(data, x):
    index = data.draw(hnp.basic_indices(x.shape, allow_newaxis=True))
    assert_moves_entries(lambda x: x[index], x)


@FEW
@given(data=st.data(), x=arrays())
def test_repeated_positions_add_up_in_the_gradient(data, x):
    index = data.draw(hnp.integer_array_indices(x.shape))
    assert_moves_entries(lambda x: x[index], x)


@FEW
@given(data=st.data(), x=arrays())
def test_a_mixed_index_is_numpys_and_its_gradient_is_dense(data, x):
    axis = data.draw(st.integers(0, x.ndim - 1))
    positions = st.lists(st.integers(-x.shape[axis], x.shape[axis] - 1), max_size=6)
    chosen = data.draw(positions.map(lambda p: np.array(p, dtype=np.intp)))
    front = tuple(data.draw(st.sampled_from([slice(None), slice(None, None, -1), 0])) for _ in range(axis))
    assert_moves_entries(lambda x: x[(*front, chosen)], x)
    assert_moves_entries(lambda x: x[(*front, chosen, None, ...)], x)
    assert_moves_entries(lambda x: np.take(x, chosen, axis=axis), x)


@FEW
@given(data=st.data(), x=arrays())
def test_a_mask_is_numpys_and_its_gradient_is_dense(data, x):
    mask = data.draw(hnp.arrays(bool, x.shape))
    assert_moves_entries(lambda x: x[mask], x)
    leading = data.draw(hnp.arrays(bool, x.shape[:1]))
    assert_moves_entries(lambda x: x[leading], x)


@FEW
@given(data=st.data(), x=arrays())
def test_take_along_axis_is_numpys_and_its_gradient_is_dense(data, x):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    length = data.draw(st.integers(1, 5))
    shape = list(x.shape)
    shape[axis] = length
    positions = data.draw(hnp.arrays(np.intp, tuple(shape), elements=st.integers(-x.shape[axis], x.shape[axis] - 1)))
    assert_moves_entries(lambda x: np.take_along_axis(x, positions, axis), x)


@FEW
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4), dtype=dtypes)
def test_operators_broadcast_as_numpys(shapes, dtype):
    (a, b), total = (entries(s, dtype) for s in shapes.input_shapes), shapes.result_shape
    for f in (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum):
        y = f(tl.tensor(a, requires_grad=True), b)
        assert y.shape == total
        assert y.dtype == dtype
        np.testing.assert_array_equal(y.data, f(a, b))


@FEW
@given(data=st.data(), x=arrays())
def test_a_computed_mask_and_computed_positions_index_as_arrays_do(data, x):
    cut = float(np.median(x)) + 0.1
    assert_moves_entries(lambda x: x[np.asarray(entries(x.shape) > cut)], x)
    positions = tl.tensor(np.array([0, 0, x.shape[0] - 1]))
    variable = tl.tensor(x, requires_grad=True)
    np.testing.assert_array_equal(variable[positions].data, x[[0, 0, -1]])
    np.testing.assert_array_equal(variable[[positions[0], positions[2]]].data, x[[0, -1]])
    np.testing.assert_array_equal(variable[variable > cut].data, x[x > cut])
