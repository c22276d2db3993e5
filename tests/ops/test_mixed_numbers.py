"""Whole numbers are numbers, and an operand of single precision beside one of double precision costs no digits."""

import numpy as np
import pytest

import tinygrad_loss as tl

WHOLE = np.array([1, 2, 3])
KEPT_AS_THEY_ARE = {"alpha_dropout", "dropout", "feature_alpha_dropout", "gumbel_softmax", "hardtanh", "relu", "relu6", "threshold"}
"""What draws at random, and what gives whole numbers for whole numbers."""
STATIC = {"betainc", "stdtr"}
"""What takes its parameters as constants, in the dtype of the variable."""


def numbers(n):
    """Yield the name and the values of every function of ``n`` arrays that takes whole numbers, on the same numbers as floats."""
    for name in sorted(set(dir(tl.ops)) - KEPT_AS_THEY_ARE):
        f = getattr(tl.ops, name)
        if name[0] == "_" or not callable(f):
            continue
        try:
            with np.errstate(all="ignore"):
                expected = f(*(tl.tensor(1.0 * WHOLE + k) for k in range(n)))
        except Exception:  # noqa: BLE001, S112  it takes other arguments
            continue
        if isinstance(expected, tl.Tensor) and expected.dtype.kind == "f":
            yield name, f, expected.numpy()


def same(got, expected):
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(np.asarray(got), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("name", "f", "expected"), [*numbers(1)], ids=lambda v: v if isinstance(v, str) else "")
def test_whole_numbers(name, f, expected):
    with np.errstate(all="ignore"):
        same(f(tl.tensor(WHOLE)).numpy(), expected)
        same(f(WHOLE), expected)
        np.testing.assert_allclose(f(tl.tensor(WHOLE.astype(np.uint32))).numpy(), expected, rtol=1e-12, atol=1e-13, err_msg=name)


@pytest.mark.parametrize(("name", "f", "expected"), [*numbers(2)], ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("dtype", [np.int64, np.uint32])
def test_whole_numbers_in_pairs(name, f, expected, dtype):
    with np.errstate(all="ignore"):
        got = f(tl.tensor(WHOLE.astype(dtype)), tl.tensor((WHOLE + 1).astype(dtype)))
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-12, atol=1e-13, err_msg=name)


@pytest.mark.parametrize(("name", "f", "expected"), [*numbers(2)], ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("single", [0, 1])
def test_single_beside_double(name, f, expected, single):
    del expected
    if name in STATIC:
        return
    x = [1.1 * WHOLE, 1.1 * WHOLE + 1.0]
    x[single] = x[single].astype(np.float32)
    with np.errstate(all="ignore"):
        got = f(*map(tl.tensor, x))
        same(got.numpy(), f(*(tl.tensor(v.astype(np.float64)) for v in x)).numpy())
    assert got.dtype == np.float64
