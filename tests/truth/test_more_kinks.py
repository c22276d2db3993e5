"""The second collection of truth cases: losses, ties of many, compound conditions, matrices, oscillation; references at 120 digits."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors

CASES = json.loads((Path(__file__).parents[1] / "data" / "kinks-2.json").read_text())
by_id = pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
NO_GRADIENT = {"kink", "infinite", "discontinuous", "outside"}


def number(v: Any) -> Any:
    return v if v is None else np.array([number(a) for a in v], float) if isinstance(v, list) else float(v)


def asked(case: dict[str, Any]) -> tuple[Any, Any, float]:
    """Return the function, the point, and how far rounding may go."""
    dtype = np.dtype(case.get("dtype", "float64"))
    f = eval("lambda x: " + case["expr"], {"np": np, "tl": tl})  # noqa: S307  the cases are expressions, and ours
    return f, np.asarray(number(case["x"])).astype(dtype)[()], 1e-7 if dtype == np.float64 else 2e-5


def may_be_unproved(case: dict[str, Any]) -> bool:
    """Whether a case holds a cone so narrow that no finite number of probes finds it."""
    return bool(case.get("hard"))


@by_id
def test_the_verdict_is_the_truth(case):
    f, x, tolerance = asked(case)
    with np.errstate(all="ignore"):
        verdict = tl.differentiability(f, x)
    if case["kind"] == "none":
        assert not (verdict.proved and verdict.kind in {"smooth", "kink"})
    elif case["kind"] == "gateaux":
        assert not (verdict.proved and verdict.kind == "smooth")
    elif not (may_be_unproved(case) and not verdict.proved):
        assert verdict.kind == ("smooth" if case["kind"] == "diff-not-C1" else case["kind"])
        if verdict.kind == "smooth":
            np.testing.assert_allclose(verdict.gradient, number(case["grad"]), rtol=tolerance, atol=tolerance)
        if np.ndim(x) == 0 and verdict.kind != "discontinuous":
            for side in ("left", "right"):
                want, got = number(case[side]), getattr(verdict, side)
                assert (want is None) == (got is None)
                if want is not None:
                    assert got == pytest.approx(want, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("case", [c for c in CASES if c.get("second")], ids=lambda c: c["id"])
def test_one_sided_second_derivatives_are_exact(case):
    f, x, _ = asked(case)
    second = tl.differentiability(f, x, order=2).second
    assert second == pytest.approx(tuple(map(float, case["second"])), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("case", [c for c in CASES if c.get("dirs")], ids=lambda c: c["id"])
def test_one_sided_derivatives_are_exact(case):
    f, x, tolerance = asked(case)
    for d, want in case["dirs"][:12]:
        slope = tl.directional(f, x, np.asarray(number(d), x.dtype))
        assert float(slope) == pytest.approx(number(want), rel=tolerance, abs=tolerance)


@by_id
def test_backward_gives_the_gradient_or_says_that_there_is_none(case):
    f, at, tolerance = asked(case)
    x = tl.tensor(at, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        f(x).backward()
    gradient, said = np.asarray(x.grad, float), {w.category for w in caught}
    if case["kind"] == "smooth":
        np.testing.assert_allclose(gradient, number(case["grad"]), rtol=tolerance, atol=tolerance)
        assert errors.UndefinedGradientWarning not in said
    elif may_be_unproved(case) and errors.UnprovedGradientWarning in said:
        pass
    elif case["kind"] in NO_GRADIENT:
        assert not np.all(np.isfinite(gradient))
        assert errors.UndefinedGradientWarning in said or not np.isnan(gradient).any()
        if case.get("entries"):
            entries = np.array([np.nan if e in {"nan", None} else e for e in case["entries"]], float).reshape(gradient.shape)
            np.testing.assert_allclose(gradient, entries, rtol=1e-6, atol=1e-6)
    else:
        assert not np.all(np.isfinite(gradient)) or errors.UnprovedGradientWarning in said or case["kind"] == "diff-not-C1"
