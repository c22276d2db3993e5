"""What rounding or the range of floating-point numbers makes of a function is not taken for the function: neither kink, edge nor pole."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors

SMOOTH = {
    "a squared sine that is cut off at its zero": (lambda x: np.where(x < 2, np.sin(np.pi * x / 2) ** 2, 0.0), 2.0, 0.0),
    "a squared sine of the fraction": (lambda x: np.sin(np.pi * (x - np.floor(x))) ** 2, 1.0, 0.0),
    "a jump that is rounding": (lambda x: np.sin(2 * np.pi * np.mod(x, 1)), 2.0, 2 * np.pi),
    "a logarithm of a small sigmoid": (lambda x: np.log(1 / (1 + np.exp(-x))), -400.0, 1.0),
}
UNDECIDED = {
    "the arc sine of a sine": (lambda x: np.arcsin(np.sin(x)), np.pi / 2),
    "the arc cosine of a cosine": (lambda x: np.arccos(np.cos(x)), np.pi),
    "a root of a cosine": (lambda x: np.sqrt(1 + np.cos(x)), np.pi),
    "an exponential that overflows": (lambda x: 1 / (1 + np.exp(-x)), -800.0),
    "a quotient that underflows": (lambda x: np.log(1 / (1 + np.exp(-x))), -800.0),
    "an exponential that underflows": (lambda x: np.log(np.exp(x)), -800.0),
}


@pytest.mark.parametrize(("f", "at", "slope"), SMOOTH.values(), ids=SMOOTH)
def test_slopes_that_differ_by_rounding_are_one(f, at, slope):
    verdict = tl.differentiability(f, at)
    assert (verdict.kind, verdict.proved) == ("smooth", True)
    np.testing.assert_allclose([verdict.gradient, tl.grad(f)(at)], slope, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(("f", "at", "slope"), list(SMOOTH.values())[:3], ids=list(SMOOTH)[:3])
def test_forward_mode_agrees(f, at, slope):
    np.testing.assert_allclose(tl.jvp(f, at, 1.0)[1], slope, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(("f", "at"), UNDECIDED.values(), ids=UNDECIDED)
def test_what_only_rounding_decides_is_undecided(f, at):
    with np.errstate(all="ignore"):
        verdict = tl.differentiability(f, at)
        assert (verdict.kind, verdict.proved) == ("undecided", False)
        with pytest.warns(errors.UndecidedGradientWarning):
            assert np.isnan(tl.grad(f)(at))


@pytest.mark.parametrize(
    ("f", "at", "kind"),
    [
        (np.sqrt, 0.0, "infinite"),
        (lambda x: np.arcsin(np.sin(x) + 1.0), 0.0, "infinite"),
        (lambda x: np.abs(np.sin(x)), 0.0, "kink"),
        (lambda x: np.floor(x) * np.sin(np.pi * x), 1.0, "kink"),
        (lambda x: 1e-9 * np.abs(np.sin(x)), 0.0, "kink"),
        (lambda x: np.log(x * np.exp(x)), 0.0, "outside"),
    ],
)
def test_true_edges_and_kinks_stay(f, at, kind):
    with np.errstate(all="ignore"):
        verdict = tl.differentiability(f, at)
    assert (verdict.kind, verdict.proved) == (kind, True)


def test_the_verdict_sees_the_kink_of_a_gradient():
    def f(x):
        return np.sum(tl.grad(lambda z: np.sum(z * np.abs(z)))(x))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.UndefinedGradientWarning)
        verdict = tl.differentiability(f, np.array([0.0, 1.0]))
    assert verdict.kind == "kink"
    np.testing.assert_array_equal(verdict.gradient, [np.nan, 2.0])


FULL = np.full(3, 0.1)
BY_ROUNDING_ALONE = {
    "shares add up to 1": (lambda x: np.clip(np.sum(x / np.sum(x)), 0, 1), [1.0, 2.0]),
    "the length of a unit vector": (lambda x: np.abs(np.linalg.norm(x / np.linalg.norm(x)) - 1), [1.0, 2.0]),
    "sine and cosine": (lambda x: np.sum(np.abs(np.sin(x) ** 2 + np.cos(x) ** 2 - 1)), [0.1, 0.2, 0.7]),
    "a divergence at its minimum": (
        lambda z: np.maximum(np.sum(tl.ops.softmax(z) * np.log(tl.ops.softmax(z) / np.array([0.2, 0.3, 0.5]))), 0),
        np.log([0.2, 0.3, 0.5]),
    ),
}
SPREADS = {
    "std": np.std,
    "ddof": lambda x: np.std(x, ddof=1),
    "axis": lambda x: np.sum(np.std(np.stack([x, 2 * x]), axis=1)),
    "nanstd": np.nanstd,
    "root of a variance": lambda x: np.sqrt(np.var(x)),
    "root of a covariance": lambda x: np.sqrt(np.cov(x, ddof=0)),
}


@pytest.mark.parametrize(("f", "at"), BY_ROUNDING_ALONE.values(), ids=BY_ROUNDING_ALONE)
@pytest.mark.filterwarnings("ignore::tinygrad_loss.errors.UnprovedGradientWarning")
def test_a_kink_that_only_rounding_bends_is_none(f, at):
    np.testing.assert_allclose(tl.grad(f)(np.array(at)), 0.0, atol=1e-15)


@pytest.mark.parametrize("f", SPREADS.values(), ids=SPREADS)
def test_equal_numbers_have_no_spread_whatever_their_mean_rounds_to(f):
    assert tl.differentiability(f, FULL).kind == "kink"
    step = np.array([1.0, 0.0, -1.0])
    spread = float(f(FULL + step) - f(FULL))
    np.testing.assert_allclose([tl.directional(f, FULL, s * step) for s in (1.0, -1.0)], spread, rtol=1e-9)
    np.testing.assert_array_equal(tl.grad(np.var)(FULL), 0.0)


@pytest.mark.parametrize("size", [1e-14, 1e-16, 1e-20])
def test_a_small_kink_beside_curves_stays(size):
    with pytest.warns(errors.UndefinedGradientWarning):
        slope = tl.grad(lambda x: np.sin(x[0]) + size * np.abs(x[1]) * np.cos(x[0]))(np.array([1.0, 0.0]))
    np.testing.assert_allclose(slope, [np.cos(1.0), np.nan])
