"""Ties of many entries, and kinks that cancel nearly everywhere: every entry beside a nan is right."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl


def gradient(f, x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tl.errors.UndefinedGradientWarning)
        return tl.grad(f)(np.asarray(x, float))


EVERY_ENTRY = {
    "max": (np.max, 5),
    "max of thousands": (np.max, 10_000),
    "min": (np.min, 64),
    "median": (np.median, 7),
    "median of a hundred": (np.median, 101),
    "one place of a sort": (lambda x: np.sort(x)[1], 3),
    "range": (np.ptp, 20),
    "largest absolute value": (lambda x: np.max(np.abs(x - 1.0)), 10),
    "infinity norm": (lambda x: np.linalg.norm(x - 1.0, np.inf), 20),
    "running maximum": (lambda x: np.sum(np.maximum.accumulate(x)), 6),
    "clipped maximum": (lambda x: np.max(np.clip(2.0 * (x - 1.0), -1.0, 0.0)), 3),
    "flat patch": (lambda x: np.sum(tl.ops.max_pool2d(np.reshape(x, (1, 1, 3, 3)), 3)), 9),
    "overlapping patches": (lambda x: np.sum(tl.ops.max_pool2d(np.reshape(x, (1, 1, 4, 4)), 2, 1)), 16),
    "repeated entries": (lambda x: np.max(np.tile(x, 3)), 2),
}


@pytest.mark.parametrize("name", EVERY_ENTRY)
def test_every_entry_of_a_tie_is_undefined(name):
    """The limits of gradients are those of every entry that may win, so each entry has at least two."""
    f, size = EVERY_ENTRY[name]
    assert np.isnan(gradient(f, np.ones(size))).all()


def test_a_hinge_over_rivals_at_zero_scores_is_undefined_in_every_rival():
    found = gradient(lambda x: tl.losses.multiclass_hinge_loss(x, np.array(0)), np.zeros(8))
    np.testing.assert_array_equal(found, [-1.0, *[np.nan] * 7])


@pytest.mark.parametrize("factor", [1.0, 2.0, 1e3, 1e6, 1e9, 1e12])
@pytest.mark.parametrize("op", [np.abs, lambda x: np.maximum(x, 0.0)])
def test_kinks_that_cancel_but_in_a_cone_leave_no_entry_defined(op, factor):
    """Limits of |a x0 + x1| - |a x0| in entry 0 are -2a, 0 and 2a, however narrow the cone."""
    found = gradient(lambda x: op(factor * x[0] + x[1]) - op(factor * x[0]), [0.0, 0.0])
    assert np.isnan(found).all()


def test_entries_that_no_remaining_kink_moves_keep_their_number():
    found = gradient(lambda x: np.abs(x[0] + x[1]) - np.abs(x[0]) + 3.0 * x[2] + np.abs(2.0 * x[3]) - 2.0 * np.abs(x[3]), np.zeros(4))
    np.testing.assert_array_equal(found, [np.nan, np.nan, 3.0, 0.0])


def test_random_sums_of_affine_kinks_agree_with_all_their_regions():
    """Entry i is undefined exactly where some hyperplane that does not cancel depends on x_i: crossing it changes the entry."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        size, kinks = int(rng.integers(2, 5)), int(rng.integers(2, 6))
        normals = rng.integers(-2, 3, (kinks, size)).astype(float)
        weights = rng.choice([-2.0, -1.0, 1.0, 2.0], kinks)
        moved = np.zeros(size, bool)
        for i in range(kinks):
            parallel = [j for j in range(kinks) if np.linalg.matrix_rank(normals[[i, j]]) == 1 and normals[j].any() and normals[i].any()]
            if parallel and sum(weights[j] * np.linalg.norm(normals[j]) for j in parallel) != pytest.approx(0.0, abs=1e-12):
                moved |= normals[i] != 0
        found = gradient(lambda x, n=normals, w=weights: w @ np.abs(n @ x), np.zeros(size))
        np.testing.assert_array_equal(np.isnan(found), moved)
        assert not np.any(found[~moved])


@pytest.mark.parametrize("size", [1e10, 1e-10, 1e-20])
def test_a_small_kink_beside_a_large_slope_is_a_kink(size):
    assert tl.differentiability(lambda x: x + size * np.abs(x), 0.0).kind == "kink"
    assert tl.differentiability(lambda x: 1e10 * x + size * np.abs(x), 0.0).kind == "kink"
    small = tl.differentiability(lambda x: np.float32(3e5) * x + np.abs(x), np.float32(0.0))
    assert (small.kind, small.left, small.right) == ("kink", 299_999.0, 300_001.0)


def test_kinks_fed_by_kinks_are_searched_region_by_region():
    """A sorting network, the two sides of distributivity, and both sides of duality: smooth, and proved."""
    signs = np.array([[a, b, c] for a in (-1.0, 1.0) for b in (-1.0, 1.0) for c in (-1.0, 1.0)])
    smooth = {
        "distributive": lambda x: (
            np.maximum(x[0], np.minimum(x[1], x[2])) - np.minimum(np.maximum(x[0], x[1]), np.maximum(x[0], x[2])) + x[1]
        ),
        "duality": lambda x: np.sum(np.abs(x)) - np.max(signs @ x) + x[1],
        "inclusion and exclusion": lambda x: (
            np.max(x) - np.sum(x) + np.minimum(x[0], x[1]) + np.minimum(x[0], x[2]) + np.minimum(x[1], x[2]) - np.min(x) + x[1]
        ),
    }
    for name, f in smooth.items():
        verdict = tl.differentiability(f, np.zeros(3))
        assert (verdict.kind, verdict.proved) == ("smooth", True), name
        np.testing.assert_allclose(verdict.gradient, [0.0, 1.0, 0.0], atol=1e-12)
    narrow = tl.differentiability(lambda x: np.maximum(np.maximum(x[0] + x[1], 0.0) - 1000.0 * np.abs(x[0] - 2.0 * x[1]), 0.0), np.zeros(2))
    assert (narrow.kind, narrow.proved) == ("kink", True)
    np.testing.assert_array_equal(gradient(lambda x: np.median(np.abs(x)), [0.0, 0.0, -0.5, 0.0, -0.5]), [np.nan, np.nan, 0.0, np.nan, 0.0])


def test_every_outcome_of_tied_conditions_is_asked():
    """Conditions that jump together are proved harmless only if no outcome, seen or not, gives another gradient."""
    smooth = [
        (lambda x: np.where(np.logical_and(x[0] > 0, x[1] > 0), x[0] * x[1], 0.0), [0.0, 0.0], [0.0, 0.0]),
        (lambda x: np.where(np.any(x > 0), np.sum(np.maximum(x, 0.0) ** 2), 0.0), [0.0, 0.0], [0.0, 0.0]),
        (lambda x: np.where(x[0] == x[1], x[0] * x[1], (x[0] ** 2 + x[1] ** 2) / 2), [1.0, 1.0], [1.0, 1.0]),
        (lambda x: x[np.argsort(x)][0] + x[np.argsort(x)][1], [1.0, 1.0, 2.0], [1.0, 1.0, 0.0]),
    ]
    for f, x, want in smooth:
        verdict = tl.differentiability(f, np.array(x))
        assert (verdict.kind, verdict.proved) == ("smooth", True)
        np.testing.assert_allclose(verdict.gradient, want, atol=1e-12)
    sliver = tl.differentiability(lambda x: np.where((x[1] > 0) & (x[1] < x[0] ** 2), x[0], 0.0), np.zeros(2))
    assert not (sliver.kind == "smooth" and sliver.proved)


def test_comparisons_in_opposite_order_are_opposite_questions():
    verdict = tl.differentiability(
        lambda x: np.where((x[0] > 0) & np.logical_not(np.greater(0.0, x[0])), 2 * x[0], 0.0) + x[1], np.zeros(2)
    )
    assert (verdict.kind, verdict.proved) == ("kink", True)


def test_equal_eigenvalues_of_equal_weight_are_smooth():
    for f in (lambda a: np.sum(np.linalg.svd(a, compute_uv=False) ** 2), lambda a: np.linalg.norm(a, "nuc")):
        assert tl.differentiability(f, np.eye(2)).proved
