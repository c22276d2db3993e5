"""Variations of images: what moves, and how far."""

import numpy as np
import pytest

from tinygrad_loss.data import flip, noise, shift


@pytest.mark.parametrize("shape", [(40, 6, 5), (40, 2, 6, 5)])
def test_a_shift_moves_the_whole_image_by_whole_pixels(shape):
    x = np.random.default_rng(0).random(shape)
    moved = shift(x, np.random.default_rng(1), by=2)
    assert moved.shape == x.shape
    seen = set()
    padded = np.pad(x, [(0, 0)] * (x.ndim - 2) + [(2, 2), (2, 2)])
    for i in range(len(x)):
        found = [
            (a, b) for a in range(5) for b in range(5) if np.array_equal(moved[i], padded[i][..., a : a + shape[-2], b : b + shape[-1]])
        ]
        assert len(found) == 1
        seen.update(found)
    assert len(seen) > 10


def test_a_flip_is_its_own_inverse():
    x = np.random.default_rng(0).random((50, 3, 4))
    np.testing.assert_array_equal(flip(flip(x, np.random.default_rng(0)), np.random.default_rng(0)), x)
    np.testing.assert_array_equal(flip(x, np.random.default_rng(0), p=0.0), x)
    mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(flip(x, np.random.default_rng(2)), x, strict=True)]
    assert 10 < sum(mirrored) < 40


def test_noise_has_the_asked_spread():
    x = np.zeros((100, 100), np.float32)
    noisy = noise(x, np.random.default_rng(0), std=0.5)
    assert noisy.dtype == np.float32
    # the standard error of the spread of 10 000 normals is 0.5 / sqrt(20 000) = 0.0035
    assert abs(noisy.std() - 0.5) < 0.014
