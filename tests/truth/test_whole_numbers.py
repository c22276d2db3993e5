"""Whole numbers and truth values move only where what made them steps, so an op of such operands has no ties of its own."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.nonsmooth import judge, tangents


def whole(v):
    return (v * 7.0).astype(int)


PROGRAMS = {
    "remainder": lambda v: np.sum((v - np.mod(whole(v), 3)) ** 2),
    "the operator": lambda v: np.sum(v * (whole(v) % 2 == 0)),
    "fmod": lambda v: np.sum(v * np.fmod(whole(v), 3)),
    "floor_divide": lambda v: np.sum(v * (whole(v) // 2)),
    "a comparison": lambda v: np.sum(np.where(whole(v) == 3, v, v**2)),
    "a comparison with a float": lambda v: np.sum(np.where(whole(v) > 2.0, v, v**2)),
    "a comparison of two": lambda v: np.sum(np.where(whole(v) >= whole(v)[::-1], v, v**2)),
    "maximum": lambda v: np.sum(v * np.maximum(whole(v), 3)),
    "absolute": lambda v: np.sum(v * np.abs(whole(v) - 3)),
    "sign": lambda v: np.sum(v * np.sign(whole(v) - 3)),
    "argsort": lambda v: np.sum(v[np.argsort(whole(v))] * np.arange(v.size)),
    "argmax": lambda v: v[np.argmax(whole(v))] ** 2,
    "clip": lambda v: np.sum(v * np.clip(whole(v), 1, 4)),
    "truth values": lambda v: np.sum(np.where((v > 0.5) == (v > 0.25), v, v**2)),
    "the floor as a whole number": lambda v: np.sum(v * np.floor(v * 7.0).astype(int)),
    "linear interpolation": lambda v: np.sum(
        (v * 7.0 - np.floor(v * 7.0).astype(int)) * tl.tensor(np.arange(9.0) ** 2)[np.floor(v * 7.0).astype(int) + 1]
    ),
    "whole numbers as floats": lambda v: np.sum(np.where(whole(v).astype(float) == 3.0, v, v**2)),
    "the floor compared": lambda v: np.sum(np.where(np.floor(v * 7.0) == 3.0, v, v**2)),
    "an index": lambda v: np.sum(v * v[np.mod(whole(v) + 1, v.size)]),
}


@pytest.mark.parametrize("f", PROGRAMS.values(), ids=PROGRAMS)
def test_away_from_the_ties_of_what_made_them_nothing_is_judged(f, rng, monkeypatch):
    def judged(*_):
        message = "judged"
        raise AssertionError(message)

    monkeypatch.setattr(judge, "judge", judged)
    monkeypatch.setattr(tangents, "judge_tangent", judged)
    v = rng.random(40)
    gradient = tl.grad(f)(v)
    slope = [(f(v + 1e-7 * e) - f(v - 1e-7 * e)) / 2e-7 for e in np.eye(v.size)]
    np.testing.assert_allclose(gradient, slope, atol=1e-5)
    np.testing.assert_allclose(tl.jvp(f, v, np.ones_like(v))[1], np.sum(gradient))
    assert tl.differentiability(f, v).proved


@pytest.mark.parametrize(
    "name", [name for name in PROGRAMS if name not in {"truth values", "argsort", "argmax", "an index", "linear interpolation"}]
)
def test_where_what_made_them_steps_the_tie_is_still_found(name):
    at = {"floor_divide": 2.0, "maximum": 4.0, "clip": 2.0}.get(name, 3.0)
    v = np.array([at / 7.0, at / 7.0 - 0.05])
    assert whole(v)[0] == at
    assert whole(v - 1e-12)[0] == at - 1
    verdict = tl.differentiability(PROGRAMS[name], v)
    assert verdict.kind == "discontinuous"
    maker = "floor" if "floor" in name and name != "floor_divide" else "cast"
    assert {site.op for site in verdict.sites} == {maker}
    with pytest.warns(errors.UndefinedGradientWarning, match=f"by {maker} at"):
        assert np.isnan(tl.grad(PROGRAMS[name])(v)[0])
