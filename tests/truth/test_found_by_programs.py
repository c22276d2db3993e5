"""Faults that random programs found, each by its kind."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl


def verdict_of(f, x):
    return tl.differentiability(f, np.asarray(x, float))


def gradient(f, x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tl.errors.UndefinedGradientWarning)
        return tl.grad(f)(np.asarray(x, float))


@pytest.mark.parametrize("pick", [np.argmax, np.argmin, lambda a: np.argsort(a)[0]])
def test_an_entry_picked_by_a_computed_index_beside_a_jump_is_judged(pick):
    verdict = verdict_of(lambda x: x[pick(x)] * np.sign(x[0] + x[1]) + x[2], np.zeros(3))
    assert verdict.kind != "smooth"
    assert np.isnan(verdict.gradient[:2]).all()


def test_a_clip_whose_operands_all_meet_has_three_branches():
    for f, want in {
        (lambda x: np.clip(x[0], x[1], 0.0)): [np.nan, np.nan],
        (lambda x: np.clip(0.0, x[0], x[1])): [np.nan, np.nan],
        (lambda x: np.clip(x[0], x[1], 1.0)): [np.nan, np.nan],
        (lambda x: np.clip(x[0], x[1], 0.0) - np.minimum(np.maximum(x[0], x[1]), 0.0) + x[0]): [1.0, 0.0],
    }.items():
        verdict = verdict_of(f, np.zeros(2))
        known = np.array([e.proved for e in verdict.entries.values()])
        np.testing.assert_array_equal(verdict.gradient[known], np.array(want)[known])
    assert verdict_of(lambda x: np.clip(x[0], x[1], 1.0), np.zeros(2)).proved


@pytest.mark.parametrize("size", [1e-14, 1e-16, 1e-20, 1e-40])
def test_a_small_kink_in_another_entry_is_not_taken_for_none(size):
    verdict = verdict_of(lambda x: np.abs(x[0]) + size * np.abs(x[1]) + 0.0 * x[2], np.zeros(3))
    assert not (verdict.entries[1].proved and verdict.gradient[1] == 0.0)
    assert verdict.entries[2].proved


def test_a_kink_that_does_not_move_beside_a_group_that_does():
    for still in (lambda x: np.abs(x[0] - x[0]), lambda x: np.maximum(0.0 * x[1], 0.0)):
        np.testing.assert_array_equal(gradient(lambda x, s=still: s(x) + np.max(x), np.zeros(3)), np.full(3, np.nan))


@pytest.mark.parametrize("size", [1e-9, 1e-11, 1e-13, 1e-30])
def test_nested_kinks_of_very_different_size_are_all_crossed(size):
    f = lambda x: np.abs(np.abs(size * (1e3 * x[0] + x[1]))) / size - np.abs(np.abs(1e3 * x[0]))  # noqa: E731
    verdict = verdict_of(f, np.zeros(2))
    assert all(np.isnan(g) or not e.proved for g, e in zip(verdict.gradient, verdict.entries.values(), strict=True))


@pytest.mark.parametrize("size", [1e-3, 1e-8, 1e-10, 1e-12])
def test_a_narrow_cone_between_nested_kinks_is_not_overlooked(size):
    f = lambda x: np.abs(np.abs(x[0] + size * x[1])) - np.abs(np.abs(x[0]))  # noqa: E731
    verdict = verdict_of(f, np.zeros(2))
    assert not any(e.proved and np.isfinite(g) for g, e in zip(verdict.gradient, verdict.entries.values(), strict=True))


def test_a_learned_slope_of_a_leak_moves_no_wall():
    f = lambda x: np.abs(tl.ops.prelu(x[0], x[1])) - np.maximum(x[0] * 1.0, 0.0) * np.abs(x[1])  # noqa: E731
    verdict = verdict_of(f, [0.0, 0.5])
    assert (verdict.kind, verdict.gradient[1]) == ("kink", 0.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(np.isnan(x[0] / x[0]), 1.0, x[0] + x[1]),
        lambda x: np.where(np.isfinite(1 / x[0]), x[0], 5.0) + x[1],
        lambda x: np.where(np.isinf(np.log(x[0])), 3.0, x[0]) + x[1],
        lambda x: np.where(np.isneginf(np.log(np.abs(x[0]))), 3.0, x[0]) + x[1],
        lambda x: np.where(np.isnan(np.sqrt(x[0])), 3.0, x[0]) + x[1],
        lambda x: np.where(np.sqrt(x[0]) > -1.0, x[0], 3.0) + x[1],
        lambda x: np.where(np.isnan(x[0] / x[0]), 1.0, np.where(x[1] > 0, x[0], x[0])),
    ],
)
def test_a_guard_that_asks_whether_a_value_is_a_number_may_jump(f):
    with np.errstate(all="ignore"):
        verdict = verdict_of(f, np.zeros(2))
        assert verdict.kind == "discontinuous" or not verdict.proved
        assert np.isnan(verdict.gradient[0])


def test_a_guard_that_keeps_the_limit_is_smooth():
    with np.errstate(all="ignore"):
        for f in (
            lambda x: np.where(np.isnan(x[0] / x[0]), x[0], x[0] * (x[0] / x[0])) + x[1],
            lambda x: np.where(np.isnan(np.sin(x[0]) / x[0]), 1.0, np.sin(x[0]) / x[0]) + x[0] + x[1],
        ):
            np.testing.assert_allclose(verdict_of(f, np.zeros(2)).gradient, [1.0, 1.0])


@pytest.mark.parametrize("pick", [np.argmax, lambda a: np.argmin(-a)])
def test_of_entries_that_stay_equal_beside_the_point_the_first_wins(pick):
    f = lambda x: (np.array([1.0, 2.0, 3.0]) * x[0])[pick(x[np.array([1, 0, 0])] ** 2)]  # noqa: E731
    assert tl.directional(f, np.zeros(2), np.array([1.0, 0.0])) == 2.0
    assert tl.directional(f, np.zeros(2), np.array([0.0, 1.0])) == 0.0
    verdict = verdict_of(f, np.zeros(2))
    assert (verdict.entries[0].left, verdict.entries[0].right, verdict.entries[0].high) == (2.0, 2.0, 2.0)


def test_what_all_members_of_a_tie_share_is_no_part_of_it():
    w, b = np.array([[0.5, -0.5, -1.0], [0.0, -0.5, -1.0], [1.0, -0.5, 0.0]]), np.array([2.0, 2.5, -0.5])
    np.testing.assert_array_equal(gradient(lambda x: np.max((w @ x + b)[:, None] * (w @ x + b)), np.ones(3)), [np.nan, -1.0, -2.0])


EMPTY_HERE = {
    "mask": lambda x: np.sum(-x[x < 0]),
    "mask of a sum": lambda x: np.sum(-x[x < 0]) + np.max(x),
    "both sides": lambda x: np.sum(-x[x < 0]) + np.sum(x[x >= 0]),
    "piecewise": lambda x: np.sum(np.piecewise(x, [x < 0, x >= 0], [lambda t: -t, lambda t: t])),
    "compress": lambda x: np.sum(np.compress(x < 0, -x)),
    "extract": lambda x: np.sum(-np.extract(x < 0, x)),
    "nonzero": lambda x: np.sum(-x[np.nonzero(x < 0)]),
    "where": lambda x: np.sum(-x[np.where(x < 0)[0]]),
    "argwhere": lambda x: np.sum(-x[np.argwhere(x < 0)[:, 0]]),
    "flatnonzero": lambda x: np.sum(-np.take(x, np.flatnonzero(x < 0))),
    "einsum": lambda x: np.einsum("i->", -x[x < 0]),
    "product of itself": lambda x: x[x < 0] @ x[x < 0] - np.sum(x[x < 0]),
}


@pytest.mark.parametrize("f", EMPTY_HERE.values(), ids=EMPTY_HERE)
@pytest.mark.filterwarnings("ignore::tinygrad_loss.errors.UnprovedGradientWarning")
def test_what_is_empty_at_the_point_has_entries_beside_it(f):
    at, back, ahead = np.array([0.0, 1.0]), np.array([-1.0, 0.0]), np.array([1.0, 0.0])
    values = [float(f(tl.tensor(at + 1e-8 * v)) - f(tl.tensor(at))) / 1e-8 for v in (back, ahead)]
    np.testing.assert_allclose([tl.directional(f, at, v) for v in (back, ahead)], values, atol=1e-7)
    assert np.isnan(gradient(f, at)[0])
    assert tl.differentiability(f, at).kind == "kink"
    with pytest.warns(tl.errors.UndefinedGradientWarning):
        assert np.isnan(tl.jvp(f, (at,), (ahead,))[1])


def test_a_product_over_nothing_jumps():
    assert verdict_of(lambda x: np.prod(x[x < 0]), [0.0, 1.0]).kind == "discontinuous"


NAN = np.nan
SELDOM_MOVED = {
    "median of equals": (lambda x: np.sum(x[np.argsort(x)] * np.array([0.0, 1.0, 0.0])), [1.0, 1.0, 1.0], [NAN, NAN, NAN]),
    "second largest of equals": (lambda x: np.sort(x)[-2], [2.0, 2.0, 2.0, 2.0], [NAN, NAN, NAN, NAN]),
    "root of a kink and a square": (lambda x: np.sqrt(np.abs(x[0]) + x[1] ** 2), [0.0, 0.0], [NAN, NAN]),
    "and a fourth power": (lambda x: np.sqrt(np.abs(x[0]) + x[1] ** 4 + x[2] ** 2), [0.0, 0.0, 0.0], [NAN, 0.0, NAN]),
    "a partial derivative that is no limit": (lambda x: np.linalg.norm(np.sign(x)) * np.sum(x), [0.0, 1.0], [NAN, NAN]),
}


@pytest.mark.parametrize(("f", "at", "wanted"), SELDOM_MOVED.values(), ids=SELDOM_MOVED)
@pytest.mark.filterwarnings("ignore::tinygrad_loss.errors.UnprovedGradientWarning")
def test_an_entry_that_few_directions_move_is_looked_at_alone(f, at, wanted):
    np.testing.assert_array_equal(gradient(f, at), wanted)


def test_a_number_beside_nan_that_is_not_proved_has_its_own_warning():
    def f(x):
        return np.abs(x[0]) + np.cos(np.arctan2(x[2], x[1]))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = tl.grad(f)(np.array([0.0, -1.0, 0.0]))
    np.testing.assert_allclose(found, [np.nan, 0.0, 0.0], atol=1e-15)
    assert [w.category for w in caught] == [tl.errors.UndefinedGradientWarning, tl.errors.UnprovedGradientWarning]
    assert "x [1] and 1 more of 3" in str(caught[1].message)
