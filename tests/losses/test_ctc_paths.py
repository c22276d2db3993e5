"""CTC where log-probabilities are infinite or as good as that, against the sum over every path in exact arithmetic."""

import mpmath as mp
import numpy as np
import pytest

import tinygrad_loss as tl
from losses.exact.orders import paths

IMPOSSIBLE = mp.mpf("-inf")


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(60):
        yield


def by_paths(x, labels):
    """Return the loss and how often each class is passed in each frame; None where no path is left."""
    frames, classes = x.shape
    found = {path: mp.fsum(mp.mpf(float(x[t, c])) for t, c in enumerate(path)) for path in paths(labels, frames, classes)}
    left = {path: score for path, score in found.items() if score != IMPOSSIBLE}
    if not left:
        return mp.inf, None
    best = max(left.values())
    weights = {path: mp.exp(score - best) for path, score in left.items()}
    total, passed = mp.fsum(weights.values()), np.zeros((frames, classes))
    for path, weight in weights.items():
        for t, c in enumerate(path):
            passed[t, c] += float(weight / total)
    return -(best + mp.log(total)), passed


def computed(x, labels, **options):
    z = tl.tensor(x[:, None], requires_grad=True)
    loss = tl.losses.ctc_loss(z, np.array([labels], int).reshape(1, -1), [len(x)], [len(labels)], reduction="sum", **options)
    with tl.at_kinks("convention"):
        loss.backward()
    return loss.item(), z.grad[:, 0]


@pytest.mark.parametrize("labels", [[], [1], [1, 2], [2, 2], [1, 2, 1]], ids=str)
def test_what_is_impossible_is_left_out(labels, rng):
    """Value and gradient over the paths that are left; without any the value is infinite, and its gradient nothing."""
    impossible = 0
    for _ in range(60):
        x = -np.abs(rng.standard_normal((5, 3))) * rng.choice([1.0, 100.0, 1e4])
        x[rng.random(x.shape) < 0.3] = -np.inf
        wanted, passed = by_paths(x, labels)
        (value, slope), (zeroed, flat) = computed(x, labels), computed(x, labels, zero_infinity=True)
        if passed is None:
            impossible += 1
            assert value == np.inf
            assert np.isnan(slope).all()
            assert zeroed == 0
            np.testing.assert_array_equal(flat, np.zeros(x.shape))
        else:
            assert value == zeroed == pytest.approx(float(wanted), rel=1e-12)
            largest = np.max(np.abs(x), where=np.isfinite(x), initial=1.0)
            np.testing.assert_allclose(slope, -passed, rtol=0, atol=20 * np.finfo(float).eps * largest)
            np.testing.assert_array_equal(flat, slope)
    assert 0 < impossible < 60


@pytest.mark.parametrize("wrong", [np.inf, np.nan])
def test_of_certainties_beyond_all_others_nobody_knows_the_sum(wrong):
    x = np.log(np.full((3, 3), 1 / 3))
    x[1, 1] = wrong
    assert np.isnan(computed(x, [1])[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [-1e30, -1e20, 1e30])
def test_what_every_path_has_decides_nothing(size, dtype, rng):
    """Neither a frame whose classes are all as far away, nor entries that no path can avoid."""
    x = -np.abs(rng.standard_normal((5, 3))).astype(dtype)
    for labels, cut in (([1, 2], np.s_[2]), ([2], np.s_[[0, 4]]), ([], np.s_[1:3, 0]), ([1, 1, 2], np.s_[[0, 2], [1, 1]])):
        far, near = x.copy(), x.copy()
        far[cut], near[cut] = size, 0.0
        far[0, 0] = near[0, 0] = -np.inf if labels == [1, 1, 2] else far[0, 0]
        value, slope = computed(far, labels)
        wanted, passed = by_paths(far, labels)
        assert value == pytest.approx(float(wanted), rel=4 * float(np.finfo(dtype).eps))
        np.testing.assert_allclose(slope, -passed, rtol=20 * float(np.finfo(dtype).eps), atol=20 * float(np.finfo(dtype).eps))
