"""Where a tie persists beside the point, the winner is NumPy's: the first."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl

FLAT = [
    ("x[np.argmax(np.maximum(x, 0.0))]", [-1.0, -2.0], [1.0, 0.0]),
    ("x[np.argmax(np.round(x))]", [0.2, 0.1], [1.0, 0.0]),
    ("x[np.argmax(np.sign(x))]", [1.0, 2.0], [1.0, 0.0]),
    ("x[np.argmax(np.clip(x, -1.0, 1.0))]", [2.0, 3.0, 0.0], [1.0, 0.0, 0.0]),
    ("x[np.argmax(tl.ops.relu(x))]", [-1.0, -1.0, -3.0], [1.0, 0.0, 0.0]),
    ("x[np.argmax(tl.ops.relu(x), keepdims=True)][0]", [-1.0, -1.0], [1.0, 0.0]),
    ("x[np.argmax(np.sign(x).reshape(2, 2))]", [-1.0, 3.0, 2.0, 1.0], [0.0, 1.0, 0.0, 0.0]),
    ("np.sum(np.take_along_axis(x, np.argmax(np.sign(x), axis=1, keepdims=True), axis=1))", [[-1.0, 3.0], [2.0, 1.0]], [[0, 1], [1, 0]]),
    ("x[np.argmin(np.minimum(x, 0.0))]", [3.0, 2.0], [1.0, 0.0]),
    ("x[np.argmin(np.floor(x))]", [0.7, 0.2, 1.5], [1.0, 0.0, 0.0]),
    ("x[np.nanargmax(np.maximum(x, 0.0))]", [-1.0, -2.0], [1.0, 0.0]),
    ("x[np.argsort(np.maximum(x, 0.0))][0]", [-1.0, -2.0], [1.0, 0.0]),
    ("x[np.argsort(np.sign(x), kind='stable')][1]", [2.0, -1.0, -2.0], [0.0, 0.0, 1.0]),
    ("x[np.argmax(np.floor(x))] + np.abs(x[0] - 0.5) * 0.0", [0.5, 0.2], [1.0, 0.0]),
    ("np.sort(np.maximum(x, 0.0))[0] + x[1]", [-1.0, -2.0], [0.0, 1.0]),
    ("np.sum(x[np.array([2, 2, 0])][np.argmax(x[np.array([2, 2, 0])])])", [1.0, 5.0, 3.0], [0.0, 0.0, 1.0]),
    ("np.max(x[np.array([2, 2, 0])])", [1.0, 5.0, 3.0], [0.0, 0.0, 1.0]),
    ("np.median(np.maximum(x, 0.0)) + x[2]", [-1.0, -2.0, -3.0], [0.0, 0.0, 1.0]),
]


@pytest.mark.parametrize(("program", "x", "gradient"), FLAT)
def test_the_first_winner_stays(program, x, gradient):
    def f(x):
        return eval(program, {"np": np, "tl": tl}, {"x": x})  # noqa: S307  our own text

    with warnings.catch_warnings():
        warnings.simplefilter("error", tl.errors.UndefinedGradientWarning)
        warnings.simplefilter("ignore", tl.errors.UnprovedGradientWarning)
        assert np.array_equal(tl.grad(f)(np.array(x)), gradient)
    verdict = tl.differentiability(f, np.array(x))
    assert verdict.kind == "smooth"
    assert np.array_equal(verdict.gradient, gradient)


def test_a_tie_that_parts_is_still_a_jump():
    verdict = tl.differentiability(lambda x: x[np.argmax(x)] * np.argmax(x), np.array([1.0, 1.0]))
    assert (verdict.kind, verdict.proved) == ("discontinuous", True)


def test_entries_that_are_one_function_never_part():
    both = np.array([0, 0])
    verdict = tl.differentiability(lambda x: x[np.argmax(np.exp(x[both]))], np.array([1.0, 2.0]))
    assert verdict.kind == "smooth"
    np.testing.assert_array_equal(verdict.gradient, [1.0, 0.0])
