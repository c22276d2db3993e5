"""What NumPy returns for arrays, it returns for tensors: over random shapes, broadcasts, axes and indices."""

import hypothesis
import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import tinygrad_loss as tl

VALUES = st.floats(-8.0, 8.0, allow_nan=False, allow_subnormal=False)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
FULL = hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4)
DTYPES = st.sampled_from([np.float32, np.float64])

UNARY = [
    np.abs, np.negative, np.exp, np.tanh, np.sin, np.cos, np.arctan, np.square, np.sign, np.floor, np.ceil, np.rint, np.expm1, np.sinh,
    np.cosh, np.arcsinh, np.cbrt, np.positive, np.trunc, np.isfinite, np.signbit, np.deg2rad, np.sinc,
]  # fmt: skip
BINARY = [
    np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.arctan2, np.hypot, np.greater, np.less_equal, np.equal, np.logaddexp,
    np.copysign, np.fmax, np.fmin, np.heaviside,
]  # fmt: skip
REDUCTIONS = [np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std, np.any, np.all, np.count_nonzero]
RUNNING = [np.cumsum, np.cumprod, np.sort, np.argsort, np.diff]


def arrays(shapes, dtypes=DTYPES):
    return dtypes.flatmap(lambda dtype: hnp.arrays(dtype, shapes, elements=st.floats(-8.0, 8.0, width=8 * np.dtype(dtype).itemsize)))


def equal(got, wanted, *, exact=True):
    """Assert equality to the last bit, or to a few roundings where the op has a stabler form than NumPy's."""
    assert isinstance(got, tl.Tensor)
    wanted = np.asarray(wanted)
    assert got.dtype == wanted.dtype
    assert got.shape == wanted.shape
    if exact:
        np.testing.assert_array_equal(got.data, wanted)
    else:
        eps = np.finfo(wanted.dtype).eps if wanted.dtype.kind == "f" else 0.0
        np.testing.assert_allclose(got.data, wanted, rtol=16 * eps, atol=16 * eps)


def recorded(a):
    return tl.tensor(a, requires_grad=True)


@pytest.mark.parametrize("f", UNARY, ids=lambda f: f.__name__)
@given(a=arrays(SHAPES))
def test_functions_of_one_array(f, a):
    equal(f(recorded(a)), f(a), exact=False)


@pytest.mark.parametrize("f", BINARY, ids=lambda f: f.__name__)
@given(data=st.data())
def test_functions_of_two_arrays_that_broadcast(f, data):
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4)).input_shapes
    a, b = (data.draw(arrays(st.just(s))) for s in shapes)
    with np.errstate(all="ignore"):
        wanted = f(a, b)
        for x, y in ((recorded(a), b), (a, recorded(b)), (recorded(a), recorded(b))):
            equal(f(x, y), wanted, exact=False)


@pytest.mark.parametrize("f", REDUCTIONS, ids=lambda f: f.__name__)
@given(data=st.data())
def test_reductions_over_any_axes(f, data):
    a = data.draw(arrays(FULL))
    axis = data.draw(st.none() | (hnp.valid_tuple_axes(a.ndim, min_size=1) | st.integers(-a.ndim, a.ndim - 1) if a.ndim else st.none()))
    keepdims = data.draw(st.booleans())
    wanted = f(a, axis=axis, keepdims=keepdims)
    got = f(recorded(a), axis=axis, keepdims=keepdims)
    assert np.dtype(got.dtype) == np.asarray(wanted).dtype
    eps = float(np.finfo(a.dtype).eps)
    np.testing.assert_allclose(got.data, wanted, rtol=64 * eps, atol=64 * eps * max(1.0, float(np.max(np.abs(wanted)))))
    assert got.shape == np.shape(wanted)


@pytest.mark.parametrize("f", RUNNING, ids=lambda f: f.__name__)
@given(data=st.data())
def test_functions_along_an_axis(f, data):
    a = data.draw(arrays(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)))
    axis = data.draw(st.integers(-a.ndim, a.ndim - 1))
    wanted = f(a, axis=axis)
    got = f(recorded(a), axis=axis)
    np.testing.assert_allclose(got.data, wanted, rtol=1e-5, atol=1e-4 if f is np.cumprod else 1e-5)
    assert got.shape == wanted.shape


@given(data=st.data())
def test_basic_indices(data):
    a = data.draw(arrays(hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)))
    index = data.draw(hnp.basic_indices(a.shape, allow_newaxis=True, allow_ellipsis=True))
    equal(recorded(a)[index], a[index])


@given(data=st.data())
def test_indices_by_arrays_and_their_gradients(data):
    a = data.draw(arrays(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)))
    index = data.draw(hnp.integer_array_indices(a.shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3)))
    x = recorded(a)
    y = x[index]
    equal(y, a[index])
    np.sum(y).backward()
    counts = np.zeros_like(a)
    np.add.at(counts, index, 1.0)
    np.testing.assert_array_equal(x.grad, counts)


@given(data=st.data())
def test_boolean_masks(data):
    a = data.draw(arrays(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)))
    mask = data.draw(hnp.arrays(bool, a.shape))
    x = recorded(a)
    y = x[mask]
    equal(y, a[mask])
    y.backward(np.ones_like(y.data))
    np.testing.assert_array_equal(x.grad, mask.astype(a.dtype))


@given(data=st.data())
def test_products_of_matrices(data):
    shapes = data.draw(hnp.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=4)).input_shapes
    a, b = (data.draw(arrays(st.just(s), st.just(np.float64))) for s in shapes)
    equal(recorded(a) @ b, a @ b)
    equal(a @ recorded(b), a @ b)


@given(data=st.data())
def test_shapes_and_orders(data):
    a = data.draw(arrays(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)))
    x = recorded(a)
    axes = data.draw(st.permutations(range(a.ndim)))
    equal(np.transpose(x, axes), np.transpose(a, axes))
    equal(np.reshape(x, (-1, a.shape[-1])), a.reshape(-1, a.shape[-1]))
    equal(np.ravel(x), a.ravel())
    equal(np.flip(x), np.flip(a))
    shift = data.draw(st.integers(-5, 5))
    equal(np.roll(x, shift), np.roll(a, shift))
    wide = data.draw(st.integers(1, 3))
    equal(np.broadcast_to(x, (wide, *a.shape)), np.broadcast_to(a, (wide, *a.shape)))
    equal(np.concatenate([x, a, x]), np.concatenate([a, a, a]))
    equal(np.stack([x, a], axis=-1), np.stack([a, a], axis=-1))


@given(data=st.data())
def test_where_chooses_and_sends_the_gradient_there_alone(data):
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=2, max_side=4)).input_shapes
    condition = data.draw(hnp.arrays(bool, shapes[0]))
    a, b = (data.draw(arrays(st.just(s), st.just(np.float64))) for s in shapes[1:])
    x, y = recorded(a), recorded(b)
    z = np.where(condition, x, y)
    equal(z, np.where(condition, a, b))
    z.backward(np.ones_like(z.data))
    assert x.grad.sum() == np.sum(np.broadcast_to(condition, z.shape))
    assert x.grad.sum() + y.grad.sum() == z.size


@hypothesis.settings(max_examples=30)
@given(data=st.data())
def test_a_vjp_is_linear_and_the_transpose_of_the_jvp(data):
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)).input_shapes
    a, b = (data.draw(arrays(st.just(s), st.just(np.float64))) for s in shapes)
    rng = np.random.default_rng(0)

    def f(a, b):
        return np.sin(a) * b + np.exp(-a * a) / (2.0 + np.cos(b))

    y, pullback = tl.vjp(f, a, b)
    g, v = rng.standard_normal(np.shape(y)), (rng.standard_normal(a.shape), rng.standard_normal(b.shape))
    pushed = tl.jvp(f, (a, b), v)[1]
    pulled = pullback(g)
    left, right = np.vdot(g, pushed), sum(np.vdot(p, d) for p, d in zip(pulled, v, strict=True))
    assert abs(left - right) <= 1e-11 * (1.0 + np.abs(np.asarray(g)).sum() * 10.0)
