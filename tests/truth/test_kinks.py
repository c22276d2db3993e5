"""The public truth cases: verdicts, one-sided derivatives and ordinary backward, each verified at 200 digits."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl

pytestmark = pytest.mark.smoke

CASES = json.loads((Path(__file__).parents[1] / "data" / "kinks.json").read_text())
by_id = pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])


def number(v):
    return None if v is None else np.array([number(a) for a in v], float) if isinstance(v, list) else float(v)


def function(case):
    return eval("lambda x: " + case["expr"], {"np": np})  # noqa: S307  the cases are expressions, and ours


@by_id
def test_the_verdict_is_the_truth(case):
    x = number(case["x"])
    verdict = tl.differentiability(function(case), x)
    assert verdict.kind == case["kind"]
    if case["kind"] == "smooth":
        np.testing.assert_allclose(verdict.gradient, number(case["grad"]), rtol=1e-9, atol=1e-12)
    if np.ndim(x) == 0:
        for side in ("left", "right"):
            if case[side] is not None:
                assert getattr(verdict, side) == pytest.approx(number(case[side]), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("case", [c for c in CASES if "dirs" in c], ids=lambda c: c["id"])
def test_one_sided_derivatives_are_exact(case):
    for d, want in case["dirs"]:
        assert float(tl.directional(function(case), number(case["x"]), number(d))) == pytest.approx(number(want), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("case", [c for c in CASES if "second" in c], ids=lambda c: c["id"])
def test_one_sided_second_derivatives_are_exact(case):
    verdict = tl.differentiability(function(case), number(case["x"]), order=2)
    assert verdict.second == pytest.approx(tuple(map(float, case["second"])), rel=1e-9)


@by_id
def test_backward_gives_the_gradient_or_says_that_there_is_none(case):
    x = tl.tensor(number(case["x"]), requires_grad=True)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        function(case)(x).backward()
    if case["kind"] == "smooth":
        np.testing.assert_allclose(x.grad, number(case["grad"]), rtol=1e-9, atol=1e-12)
    else:
        assert not np.all(np.isfinite(x.grad))


@pytest.mark.parametrize(
    "case", [c for c in CASES if c["id"] != "floor_ste@0.2"], ids=lambda c: c["id"]
)  # 0.2 is another number in float32
def test_float32_is_judged_like_float64(case):
    x = np.asarray(number(case["x"]), np.float32)
    verdict = tl.differentiability(function(case), x)
    assert verdict.kind == case["kind"]
