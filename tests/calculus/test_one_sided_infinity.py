"""A slope that is infinite on one side only is not a gradient."""

import numpy as np

import tinygrad_loss as tl


def test_a_finite_slope_on_the_other_side_leaves_no_gradient():
    def entropy(p):
        return -np.sum(np.where(p > 0.0, p * np.log(p), 0.0))

    with np.errstate(divide="ignore", invalid="ignore"):
        verdict = tl.differentiability(entropy, np.array([0.0, 0.5]))
    # At 0: slope 0 on the left, where the guard answers 0, and -log p - 1 -> inf on the right.
    np.testing.assert_allclose(verdict.gradient, [np.nan, -np.log(0.5) - 1.0], rtol=1e-14)
    assert verdict.kind == "infinite"
