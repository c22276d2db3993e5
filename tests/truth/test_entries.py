"""What is said of each entry: terms that depend on one entry each are judged one by one, and nothing spoils its neighbours."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl

NAN = np.nan


def gradient(f, x):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", tl.errors.UndefinedGradientWarning)
        return tl.grad(lambda v: np.sum(f(v)))(np.asarray(x, float))


@pytest.mark.parametrize(
    ("f", "x", "want"),
    [
        (lambda v: np.sqrt(np.maximum(v, 0)), [-1, 4], [0, 0.25]),
        (lambda v: np.sqrt(np.maximum(v, 0)), [-1, 0, 4], [0, NAN, 0.25]),
        (lambda v: np.sqrt(np.maximum(v, 0)), [0, 4], [NAN, 0.25]),
        (lambda v: np.maximum(v, 0) ** 0.5, [-1, 0, 4], [0, NAN, 0.25]),
        (lambda v: np.cbrt(np.maximum(v, 0)), [-1, 8], [0, 1 / 12]),
        (lambda v: np.sqrt(np.maximum(v, 0) ** 2), [-1, 0, 4], [0, NAN, 1]),
        (lambda v: np.sqrt(1 - np.clip(v, -1, 1) ** 2), [0.5, 2], [-0.5 / np.sqrt(0.75), 0]),
        (lambda v: np.where(v > 0, np.sqrt(v), 0), [0, 4], [NAN, 0.25]),
        (lambda v: np.where(v > 0, v**0.5, 0), [-1, 0, 4], [0, NAN, 0.25]),
        (lambda v: np.where(v > 1, np.arccosh(v), 0), [1, 2], [NAN, 1 / np.sqrt(3)]),
        (lambda v: np.sqrt(np.clip(v, 0, None)), [0, 4], [NAN, 0.25]),
        (lambda v: np.log1p(np.sqrt(np.maximum(v, 0))), [-1, 4], [0, 1 / 12]),
        (lambda v: np.sqrt(v), [0, 4], [np.inf, 0.25]),
        (lambda v: np.sqrt(np.abs(v)), [0, 4], [NAN, 0.25]),
        (lambda v: np.reshape(np.abs(v[::-1]), (2, 2)).T @ np.ones(2), [0, 1, -1, 2], [NAN, 1, -1, 1]),
        (lambda v: v * np.sign(v) + v**2, [0, 1, -2], [NAN, 3, -5]),
        (lambda v: np.where((v > 0) & (v < 1), v, 0), [0, 0.5, 1, 2], [NAN, 1, NAN, 0]),
        (lambda v: v * np.floor(v), [0.5, 1, 2.5], [0, NAN, 2]),
    ],
)
def test_each_entry_is_judged_on_what_it_touches(f, x, want):
    np.testing.assert_allclose(gradient(f, x), want, rtol=1e-12)


def test_each_entry_has_its_slopes_and_its_range():
    verdict = tl.differentiability(lambda x: 2 * np.abs(x[0]) + np.maximum(x[1], 0) + x[2] ** 2, np.array([0.0, 0.0, 3.0]))
    entries = verdict.entries
    assert [(e.left, e.right, e.low, e.high, e.proved) for e in entries.values()] == [
        (-2.0, 2.0, -2.0, 2.0, True),
        (0.0, 1.0, 0.0, 1.0, True),
        (6.0, 6.0, 6.0, 6.0, True),
    ]
    assert list(entries) == [(0,), (1,), (2,)]
    assert entries[1] == entries[(1,)]
    assert verdict.proved == all(e.proved for e in entries.values())


def test_entries_have_the_form_of_the_argument():
    verdict = tl.differentiability(lambda a, b: np.abs(a) + np.sum(b), (0.0, np.ones((2, 3))))
    assert verdict.entries[0][()].left == -1.0
    assert verdict.entries[1][1, 2].right == 1.0
    assert len(verdict.entries[1]) == 6


def test_a_side_that_does_not_exist_or_jumps_has_no_slope():
    edge = tl.differentiability(lambda x: np.sum(np.sqrt(x)), np.array([0.0, 1.0])).entries[0]
    assert (edge.left, edge.right) == (None, np.inf)
    jump = tl.differentiability(lambda x: np.sum(np.where(x > 0, 1.0 + x, x)), np.array([0.0, 1.0])).entries[0]
    assert (jump.left, jump.right) == (1.0, None)


def test_a_number_beside_a_nan_is_proved_by_itself_or_said_not_to_be():
    f = lambda x: np.abs(np.sum(np.maximum(x, 0.0) - np.maximum(-x, 0.0) - x)) + np.abs(x[0]) + x[1]  # noqa: E731
    verdict = tl.differentiability(f, np.zeros(20))
    assert verdict.kind == "kink"
    assert verdict.entries[0].proved
    assert not verdict.entries[1].proved
    with (
        pytest.warns(tl.errors.UnprovedGradientWarning, match=r"in x \[1\] and 18 more of 20"),
        pytest.warns(tl.errors.UndefinedGradientWarning, match=r"in x \[0\]"),
    ):
        tl.grad(f)(np.zeros(20))


def test_a_verdict_leaves_the_record_as_it_is():
    """Layers answer by their conventions, which a verdict ignores; what was recorded still says which op it was."""
    seen = []

    def f(x):
        seen.append(tl.nn.ReLU()(x))
        return np.sum(seen[-1])

    assert tl.differentiability(f, np.zeros(2)).kind == "kink"
    assert [y.op.name for y in seen] == ["relu_layer"] * 2
