"""Fourier transforms and complex numbers between a real leaf and a real loss."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.calculus.differences import central

FILTER = np.array([0.3 + 1.2j, -0.7 + 0.1j, 0.2 - 0.9j, 1.1 + 0.4j, -0.5 - 0.6j])
X = np.array([0.4, -1.3, 0.9, 2.1, -0.2])
K = np.arange(8.0)

REAL_LOSSES = {
    "fft": lambda x: np.sum(np.abs(np.fft.fft(x) * FILTER) ** 1.5),
    "ifft": lambda x: np.sum(np.real(np.fft.ifft(np.fft.fft(x) * FILTER)) ** 3),
    "rfft, longer": lambda x: np.sum(np.abs(np.fft.rfft(x, 7, norm="ortho"))),
    "rfft, shorter": lambda x: np.sum(np.abs(np.fft.rfft(x, 4, norm="forward") - 0.3)),
    "irfft, even": lambda x: np.sum(np.fft.irfft(np.fft.rfft(x) ** 2, 6) ** 2 * K[:6]),
    "irfft, odd": lambda x: np.sum(np.fft.irfft(np.fft.rfft(x) * FILTER[:3] * 1j, 5, norm="forward") ** 2 * K[:5]),
    "irfft, cut": lambda x: np.sum(np.fft.irfft(x * FILTER, 4) ** 3),
    "hfft": lambda x: np.sum(np.fft.hfft(x * FILTER, norm="ortho") ** 2 * K),
    "ihfft": lambda x: np.sum(np.abs(np.fft.ihfft(x, 4))),
    "fft2": lambda x: np.sum(np.abs(np.fft.fft2(np.outer(x, x * x), s=(4, 6)))),
    "ifft2": lambda x: np.sum(np.fft.ifft2(np.outer(x, x * x)).imag * K[:5]),
    "rfftn": lambda x: np.sum(np.fft.irfftn(np.fft.rfftn(np.outer(x, x * x)) ** 2, s=(5, 5), axes=(0, 1))[1]),
    "shifts": lambda x: np.sum(np.fft.ifftshift(np.fft.fftshift(np.fft.fft(x)) * K[:5]).real * FILTER.imag),
    "conj": lambda x: np.sum(np.imag(np.conj(np.exp(FILTER * x)) * np.exp(1j * x))),
    "angle": lambda x: np.sum(np.angle(1 + FILTER * x) ** 2) + np.sum(np.angle(1 + FILTER * x, deg=True)),
    "norm": lambda x: np.linalg.norm(np.fft.fft(x) * FILTER) + np.linalg.norm(x * FILTER, 1),
    "functions": lambda x: np.sum((np.log(3 + FILTER * x) + np.sqrt(3 + FILTER * x) + 1 / (2 + FILTER * x)).imag),
    "vdot": lambda x: np.vdot(x * FILTER, x * x * FILTER[::-1]).real,
    "cast": lambda x: np.sum((np.fft.fft(x).astype(np.complex128) * 1j).astype(np.float64) ** 2 * K[:5]),
}
by_name = pytest.mark.parametrize("f", REAL_LOSSES.values(), ids=REAL_LOSSES)


@by_name
def test_a_gradient_through_complex_numbers_is_what_differences_say(f):
    g = tl.grad(f)(X)
    for i, unit in enumerate(np.eye(len(X))):
        estimate = central(lambda t, unit=unit: f(tl.tensor(X + t * unit)).item(), first=2.0**-7)
        assert abs(g[i] - estimate.value) <= 10 * estimate.error + 1e-9 * np.max(np.abs(g))


@by_name
def test_both_modes_agree_at_first_and_second_order(f):
    v = np.array([0.3, 1.0, -0.4, 0.2, 0.7])
    g = tl.grad(f)(X)
    _, dy = tl.jvp(f, X, v)
    np.testing.assert_allclose(dy, g @ v, rtol=1e-10)
    hessian = tl.hessian(f)(X)
    np.testing.assert_allclose(tl.hvp(f, X, v), hessian @ v, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-9, atol=1e-9)


@by_name
def test_a_leaf_of_single_precision_has_a_gradient_of_single_precision(f):
    x = tl.tensor(X.astype(np.float32), requires_grad=True)
    f(x).backward()
    assert x.grad.dtype == np.float32


def test_parseval():
    """The energy of a signal is that of its spectrum, so its gradient is 2 x."""
    np.testing.assert_allclose(tl.grad(lambda x: np.sum(np.abs(np.fft.fft(x, norm="ortho")) ** 2))(X), 2 * X, rtol=1e-14)


def test_the_convolution_theorem():
    v = np.array([0.5, -1.0, 2.0])
    by_sums = tl.grad(lambda x: np.sum(np.convolve(x, v) ** 3))(X)
    by_spectra = tl.grad(lambda x: np.sum(np.fft.irfft(np.fft.rfft(x, 7) * np.fft.rfft(v, 7), 7) ** 3))(X)
    np.testing.assert_allclose(by_sums, by_spectra, rtol=1e-12)


ONE_AXIS = [np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.ihfft]
SEVERAL = [np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2, np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn]
norms = st.sampled_from([None, "backward", "ortho", "forward"])


@settings(max_examples=40, deadline=None)
@given(f=st.sampled_from(ONE_AXIS), n=st.none() | st.integers(2, 7), axis=st.integers(-2, 1), norm=norms)
def test_a_transform_along_one_axis_is_numpys(f, n, axis, norm):
    x = np.cos(np.arange(15.0)).reshape(3, 5)
    wanted = f(x, n, axis, norm)
    got = f(tl.tensor(x), n, axis, norm)
    assert got.dtype == wanted.dtype
    np.testing.assert_allclose(got.data, wanted, rtol=1e-13, atol=1e-13)


@settings(max_examples=40, deadline=None)
@given(f=st.sampled_from(SEVERAL), s=st.none() | st.tuples(st.integers(2, 6), st.integers(2, 6)), norm=norms)
def test_a_transform_along_several_axes_is_numpys(f, s, norm):
    x = np.cos(np.arange(24.0)).reshape(2, 3, 4)
    wanted = f(x, s, (-2, -1), norm)
    np.testing.assert_allclose(f(tl.tensor(x), s, (-2, -1), norm).data, wanted, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        pytest.param(
            lambda x: np.fft.fft(x, norm="unit"),
            errors.DomainError,
            "np.fft.fft: norm must be one of 'backward', 'ortho', 'forward', got 'unit'. Type instead: 'backward'",
            id="unknown norm",
        ),
        pytest.param(
            lambda x: np.fft.fft(x, 0),
            errors.ShapeError,
            "np.fft.fft: the transform needs one entry at least, got 0 entries. Type instead: np.fft.fft(x, n=8)",
            id="no entries",
        ),
        pytest.param(
            lambda x: np.fft.rfft(np.fft.fft(x)),
            errors.DTypeError,
            "np.fft.rfft: it takes real numbers, got dtype complex128. Type instead: np.fft.fft(z)",
            id="rfft of complex numbers",
        ),
        pytest.param(
            lambda x: np.fft.fftn(x, s=(2, 2), axes=(0,)),
            errors.ShapeError,
            "np.fft.fftn: s= must give one length per axis, got 2 lengths for 1 axes. Type instead: np.fft.fftn(x, axes=(-2, -1))",
            id="lengths that do not fit the axes",
        ),
        pytest.param(
            lambda x: np.sum(np.fft.fft(x)).backward(),
            errors.DTypeError,
            "backward: only a real number has a gradient, got dtype complex128. Type instead: np.sum(np.abs(y) ** 2).backward()",
            id="backward from a complex number",
        ),
        pytest.param(
            lambda x: tl.grad(lambda v: np.sum(np.fft.fft(v)))(x),
            errors.DTypeError,
            "tl.grad: only a real number has a gradient, got dtype complex128. Type instead: tl.grad(lambda x: np.sum(np.abs(f(x)) ** 2))",
            id="gradient of a complex number",
        ),
    ],
)
def test_the_whole_message(call, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call(tl.tensor(X, requires_grad=True))
