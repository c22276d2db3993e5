"""Sparse probabilities where a class is about to enter: its share is exactly 0, and is so only just."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors

STEEP, FLAT = (2.0, 2.5, 3.0), (1.25, 1.5)
DIRECTIONS = ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (1.0, 1.0), (-2.0, -1.0), (0.5, 2.0))


def edge(alpha):
    """Return the scores at which the second of two classes is about to enter, the first having all."""
    return np.array([1.0 / (alpha - 1.0), 0.0])


def share_of(k, alpha, axis=-1):
    return lambda z: tl.ops.entmax(z, alpha, axis=axis)[k]


@pytest.mark.parametrize("alpha", STEEP)
@pytest.mark.parametrize("d", DIRECTIONS)
def test_one_of_two_classes_enters(alpha, d):
    r"""The two shares add up to 1; with p of the second, z_0 - z_1 = ((1 - p)^a - p^a) / a, whose slope in p at 0 is -1, and -2 for a = 1."""
    gained = max(d[1] - d[0], 0.0) / (2.0 if alpha == 2 else 1.0)
    assert tl.directional(share_of(0, alpha), edge(alpha), np.array(d)) == pytest.approx(-gained, abs=1e-12)
    assert tl.directional(share_of(1, alpha), edge(alpha), np.array(d)) == pytest.approx(gained, abs=1e-12)


@pytest.mark.parametrize("alpha", FLAT)
def test_below_two_a_share_fades_in(alpha):
    """There the slope of p^a at 0 is infinite, so that of p is 0."""
    for k in (0, 1):
        for d in DIRECTIONS:
            assert tl.directional(share_of(k, alpha), edge(alpha), np.array(d)) == 0
        verdict = tl.differentiability(share_of(k, alpha), edge(alpha))
        assert verdict.kind == "smooth"
        np.testing.assert_array_equal(verdict.gradient, [0.0, 0.0])


@pytest.mark.parametrize("alpha", STEEP)
def test_a_verdict_says_kink(alpha):
    for k, sign in ((0, -1.0), (1, 1.0)):
        verdict = tl.differentiability(share_of(k, alpha), edge(alpha))
        assert verdict.kind == "kink"
        assert np.isnan(verdict.gradient).all()
        along = tl.differentiability(lambda t, k=k: share_of(k, alpha)(np.stack([edge(alpha)[0] - t, 0.0 * t])), 0.0)
        assert (along.kind, along.proved, along.left) == ("kink", True, 0.0)
        assert along.right == pytest.approx(sign / (2.0 if alpha == 2 else 1.0), abs=1e-12)
    if alpha == 2:
        assert verdict.proved


@pytest.mark.parametrize("alpha", FLAT)
def test_a_smooth_one_is_proved_along_a_line(alpha):
    along = tl.differentiability(lambda t: share_of(0, alpha)(np.stack([edge(alpha)[0] - t, 0.0 * t])), 0.0)
    assert (along.kind, along.proved, along.gradient) == ("smooth", True, 0.0)


@pytest.mark.parametrize("alpha", [*FLAT, *STEEP])
def test_all_shares_together_stay_one(alpha):
    verdict = tl.differentiability(lambda z: np.sum(tl.ops.entmax(z, alpha)), edge(alpha))
    assert verdict.kind == "smooth"
    np.testing.assert_allclose(verdict.gradient, [0.0, 0.0], atol=1e-15)


@pytest.mark.parametrize("alpha", [2.5, 3.0])
def test_a_gradient_there_is_nan_and_says_so(alpha):
    with pytest.warns(errors.UndefinedGradientWarning, match="entmax"):
        assert np.isnan(tl.grad(share_of(0, alpha))(edge(alpha))).all()


def test_a_third_class_takes_from_both():
    """At alpha = 3 shares shrink by 1 / p as their scores are lowered: four times as fast together as the level rises."""
    z = np.array([0.125, 0.125, 0.0])
    np.testing.assert_array_equal(tl.ops.entmax(z, 3.0), [0.5, 0.5, 0.0])
    for d in ((0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (1.0, 0.0, 0.75), (1.0, 1.0, 1.0), (1.0, 0.0, 0.25), (0.0, 0.0, -1.0)):
        gained = 4.0 * max(d[2] - (d[0] + d[1]) / 2, 0.0)
        assert tl.directional(share_of(2, 3.0), z, np.array(d)) == pytest.approx(gained, abs=1e-9)


@pytest.mark.parametrize("alpha", [2.5, 3.0])
def test_of_two_at_the_edge_the_first_to_enter_holds_the_level(alpha):
    z = np.array([1.0 / (alpha - 1.0), 0.0, 0.0])
    for d, gained in (
        ((0.0, 1.0, 1.0), (0.5, 0.5)),
        ((0.0, 1.0, 0.5), (1.0, 0.0)),
        ((0.0, -1.0, 0.25), (0.0, 0.25)),
        ((0.0, -1.0, -2.0), (0.0, 0.0)),
    ):
        found = [tl.directional(share_of(k, alpha), z, np.array(d)) for k in (1, 2)]
        np.testing.assert_allclose(found, gained, atol=1e-12)


@pytest.mark.parametrize("axis", [0, 1])
def test_rows_at_an_edge_stand_beside_others(axis):
    """Of three rows one has a class that enters, one a class that leaves and one nothing of the kind."""
    rows = np.array([[0.5, 0.0], [0.5, 0.0], [0.25, 0.0]])
    moves = np.array([[0.0, 0.5], [0.25, 0.0], [0.0, 1.0]])
    z, d = (np.moveaxis(x, 1, axis) for x in (rows, moves))
    p = tl.ops.entmax(rows[2], 3.0)
    slope = 1.0 / np.sum(1.0 / (1.0 / p))  # of z_0 - z_1 in p: a product of what both shares shrink by over their sum
    wanted = 0.5 + slope * np.prod(1.0 / p) / np.sum(1.0 / p)
    found = tl.directional(lambda z: np.sum(np.take(tl.ops.entmax(z, 3.0, axis=axis), 1, axis=axis)), z, d)
    assert found == pytest.approx(wanted, rel=1e-9)
