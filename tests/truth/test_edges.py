"""At the edge of a domain: a point beside which SciPy has no finite value is not inside it, whatever the formula says."""

import numpy as np
import pytest
import scipy.special as sp

import tinygrad_loss as tl
from tinygrad_loss import errors


@pytest.mark.parametrize(("f", "right"), [(sp.rel_entr, 0.0), (sp.kl_div, 1.0)], ids=["rel_entr", "kl_div"])
@pytest.mark.parametrize("zero", [0.0, np.float64(0.0), np.zeros(1)], ids=["a Python number", "a NumPy number", "an array"])
def test_a_relative_entropy_of_nothing_ends_where_the_reference_is_0(f, right, zero):
    assert f(0.0, 0.0) == 0.0
    assert f(0.0, -1e-9) == np.inf
    verdict = tl.differentiability(lambda y: np.sum(f(zero, y)), 0.0)
    assert (verdict.kind, verdict.proved, verdict.left, verdict.right) == ("outside", True, None, right)
    assert np.isnan(verdict.gradient)
    with pytest.warns(errors.UndefinedGradientWarning, match="the point is not inside the function's domain"):
        assert np.isnan(tl.grad(lambda y: np.sum(f(zero, y)))(0.0))
    assert tl.directional(lambda y: np.sum(f(zero, y)), 0.0, 1.0) == right
    assert np.isnan(tl.directional(lambda y: np.sum(f(zero, y)), 0.0, -1.0))
    for y in (1e-300, 0.5, 2.0):
        inside = tl.differentiability(lambda y: np.sum(f(zero, y)), y)
        assert (inside.kind, inside.proved, inside.gradient) == ("smooth", True, right)


@pytest.mark.parametrize("f", [sp.rel_entr, sp.kl_div])
def test_along_a_path_that_stays_inside_the_edge_is_not_met(f):
    assert tl.differentiability(lambda t: f(0.0, t * t), 0.0).kind == "smooth"
    assert tl.differentiability(lambda t: f(t * t, 1.0 + t), 0.0).kind in {"smooth", "infinite"}
    verdict = tl.differentiability(lambda x: f(x, 1.0), 0.0)
    assert (verdict.kind, verdict.gradient) == ("infinite", -np.inf)


@pytest.mark.parametrize("f", [sp.xlogy, sp.xlog1py])
def test_where_scipy_goes_on_with_0_there_is_no_edge(f):
    assert f(0.0, -3.0) == 0.0
    for at in (-3.0, -1.0, 0.0, 1.0):
        verdict = tl.differentiability(lambda y: f(0.0, y), at)
        assert (verdict.kind, verdict.gradient) == ("smooth", 0.0)
