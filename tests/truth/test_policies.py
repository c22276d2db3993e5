"""What a derivative is where there is none: one answer per policy, said in whole sentences."""

import warnings

import numpy as np
import pytest
import scipy.special as sp

import tinygrad_loss as tl
from tinygrad_loss import errors

pytestmark = pytest.mark.smoke


def leaf(*values, name="x"):
    return tl.tensor(values[0] if len(values) == 1 else values, requires_grad=True, name=name)


def test_nan_stands_in_exactly_the_entries_concerned_and_a_warning_names_them():
    x = leaf(1.0, 0.0, -2.0)
    with pytest.warns(errors.UndefinedGradientWarning) as caught:
        np.sum(np.abs(x)).backward()
    np.testing.assert_array_equal(x.grad, [1.0, np.nan, -1.0])
    assert len(caught) == 1
    assert str(caught[0].message) == (
        "the function has a kink here, so it has no gradient: in x [1]: slopes from -1 to 1 (by absolute at [1], slopes -1 and 1). "
        'Use instead: with tl.at_kinks("subgradient"): ... to train through it, or tl.differentiability(f, x) to look at it'
    )
    assert caught[0].filename == __file__


def test_where_no_subgradient_helps_the_warning_says_what_does():
    x = leaf(0.0)
    with pytest.warns(errors.UndefinedGradientWarning) as caught:
        np.sqrt(np.abs(x)).backward()
    assert str(caught[0].message) == (
        "the function's slope is infinite here: in x: left slope -inf, right slope inf "
        "(by sqrt at the value; absolute at the value, slopes -1 and 1). "
        "Use instead: np.maximum(x, 1e-12) inside sqrt, or what else keeps away from where its slope is infinite, "
        "or tl.differentiability(f, x) to look at it"
    )


def test_a_number_is_told_its_two_slopes():
    x = leaf(0.0)
    with pytest.warns(errors.UndefinedGradientWarning, match="in x: left slope 0, right slope 1 "):
        np.maximum(x, 0.0).backward()
    assert np.isnan(x.grad)


def test_raise_raises_and_leaves_the_gradient_alone():
    x = leaf(0.0)
    with tl.at_kinks("raise"), pytest.raises(errors.UndefinedGradientError, match="by absolute at the value, slopes -1 and 1"):
        np.abs(x).backward()
    assert x.grad is None


@pytest.mark.parametrize(
    ("f", "torch_says"), [(np.abs, 0.0), (lambda x: np.maximum(x, 0.0), 0.5), (lambda x: np.clip(x, 0.0, 1.0), 1.0), (tl.ops.relu, 0.0)]
)
def test_convention_is_what_torch_2_13_says(f, torch_says):
    x = leaf(0.0)
    with tl.at_kinks("convention"):
        f(x).backward()
    assert x.grad == torch_says


def test_subgradient_is_the_mean_of_opposite_branches_the_same_in_every_run():
    answers = []
    for _ in range(3):
        x = leaf(0.0, 3.0)
        with tl.at_kinks("subgradient"):
            np.sum(np.abs(x)).backward()
        answers.append(x.grad)
    np.testing.assert_array_equal(answers, [[0.0, 1.0]] * 3)
    assert x.report.undefined == 1
    assert x.report.kind == "kink"


def test_subgradient_leaves_jumps_and_infinite_slopes_nan():
    for f in (np.sign, lambda x: np.sqrt(np.abs(x))):
        x = leaf(0.0)
        with tl.at_kinks("subgradient"):
            f(x).backward()
        assert np.isnan(x.grad)


@pytest.mark.parametrize("policy", ["nan", "raise", "subgradient"])
def test_where_the_whole_is_smooth_every_policy_gives_its_gradient(policy):
    x = leaf(0.0)
    with tl.at_kinks(policy):
        (np.maximum(x, 0.0) - np.maximum(-x, 0.0)).backward()
    assert x.grad == 1.0


def test_a_vector_of_cancelling_kinks_is_proved_and_says_nothing():
    x = leaf(0.0, 1.0, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.sum(np.maximum(x, 0.0) - x + np.log1p(np.exp(-np.abs(x)))).backward()
    np.testing.assert_allclose(x.grad, [-0.5, 1 / (1 + np.exp(-1.0)) - 1, -0.5])
    assert x.report.proved


def test_entries_that_agree_without_proof_are_doubted_aloud():
    """Kinks fed by kinks in more variables than are searched: that all of this is 0 but x itself is beyond what can be proved."""
    x = leaf(*np.zeros(20))
    with pytest.warns(errors.UnprovedGradientWarning, match="every probe agreed on this gradient, but nothing proves"):
        (np.abs(np.sum(np.maximum(x, 0.0) - np.maximum(-x, 0.0) - x)) + x[1]).backward()
    np.testing.assert_allclose(x.grad, np.eye(20)[1], atol=1e-12)


def test_kinks_fed_by_kinks_in_few_variables_are_proved():
    x = leaf(0.0, 0.0)
    (np.abs(np.maximum(x[0], 0.0) - np.maximum(-x[0], 0.0) - x[0]) + x[1]).backward()
    np.testing.assert_array_equal(x.grad, [0.0, 1.0])


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (lambda x: np.max(x) + np.min(x), [1.0, 1.0]),
        (lambda x: np.sum(np.sort(x)), [1.0, 1.0, 2.0, 1.0]),
        (lambda x: np.max(x) + np.median(x) + np.min(x), [1.0, 1.0, 1.0]),
        (lambda x: np.sum(np.sort(-2.0 * x)) / 2.0 - np.max(x), [1.0, 1.0]),
        (lambda x: np.max(x) + np.max(-x), [1.0, 1.0, 1.0]),
        (lambda x: np.max(x) - np.maximum(x[0], x[1]), [3.0, 3.0]),
        (lambda x: np.max(x) + np.log(np.sum(np.exp(x - np.max(x)))), [1.0, 1.0, 1.0]),
        (lambda x: np.sum(np.where(np.abs(x) <= 1.0, 0.5 * x**2, np.abs(x) - 0.5)), [1.0, -1.0, 3.0]),
        (lambda x: np.mean(np.abs(x) ** 1.5), [0.0, 0.0, 2.0]),
        (lambda x: np.sum(np.sqrt(x**4)) + np.exp(x[0]), [0.0, 1.0]),
        (lambda x: np.sum(np.clip(x, 0.0, None)) - np.sum(np.clip(-x, 0.0, None)), [0.0, 0.0, 1.0]),
        (lambda x: np.sum(np.abs(x)) - np.sum(np.clip(x, 0.0, None)) - np.sum(np.clip(-x, 0.0, None)), [0.0, 0.0]),
        (lambda x: np.sum(np.clip(x, -1.0, 1.0) + np.clip(x, 1.0, 3.0) + np.clip(x, None, -1.0)), [1.0, -1.0, 3.0]),
    ],
)
def test_order_that_cancels_and_functions_of_single_entries_are_proved(f, at):
    x = leaf(*at)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        f(x).backward()
    verdict = tl.differentiability(f, np.array(at))
    smooth = verdict.kind == "smooth"
    assert verdict.proved
    assert x.report.proved
    assert bool(caught) != smooth
    assert smooth == bool(np.all(np.isfinite(x.grad)))


def test_a_branch_that_was_not_selected_poisons_nothing():
    x = leaf(4.0, -1.0)
    with np.errstate(all="ignore"):
        inner = np.where(x > 0, np.sqrt(x), 0.0)
        np.sum(np.where(x > -5.0, inner, np.log(x))).backward()
    np.testing.assert_array_equal(x.grad, [0.25, 0.0])


def test_one_ulp_beside_a_kink_is_no_kink():
    for value, slope in ((5e-324, 1.0), (-5e-324, -1.0)):
        x = leaf(value)
        np.abs(x).backward()
        assert x.grad == slope
    x = leaf(np.nextafter(1.0, 2.0))
    np.maximum(x, 1.0).backward()
    assert x.grad == 1.0


def test_ties_are_between_computed_floats_in_float32_too():
    x = tl.tensor(np.array([0.1, 0.7], np.float32), requires_grad=True)
    with pytest.warns(errors.UndefinedGradientWarning):
        np.sum(np.abs(x * np.float32(3.0) - np.array([0.1, 0.7], np.float32) * np.float32(3.0))).backward()
    assert np.all(np.isnan(x.grad))
    assert x.grad.dtype == np.float32


def test_an_infinite_slope_from_every_existing_side_is_that_infinity():
    for f, at, want in ((np.cbrt, 0.0, np.inf), (np.sqrt, 0.0, np.inf), (np.arccos, 1.0, -np.inf)):
        x = leaf(at)
        f(x).backward()
        assert x.grad == want


def test_the_gradient_of_a_gradient_at_a_c1_point_is_flagged():
    for f in (lambda x: np.maximum(x, 0.0) ** 2, lambda x: x * np.abs(x)):
        with pytest.warns(errors.UndefinedGradientWarning):
            assert np.isnan(tl.grad(tl.grad(f))(0.0))
    verdict = tl.differentiability(lambda x: np.maximum(x, 0.0) ** 2, 0.0, order=2)
    assert verdict.second == (0.0, 2.0)


def test_a_second_derivative_through_a_settled_kink_is_exact():
    assert tl.grad(tl.grad(lambda x: (np.maximum(x, 0.0) - np.maximum(-x, 0.0)) ** 2))(0.0) == pytest.approx(2.0)


def test_transforms_judge_like_backward():
    with pytest.warns(errors.UndefinedGradientWarning):
        np.testing.assert_array_equal(tl.grad(lambda x: np.sum(np.abs(x)))(np.array([0.0, 2.0])), [np.nan, 1.0])
    assert tl.grad(lambda x: np.maximum(x, 0.0) - np.maximum(-x, 0.0))(0.0) == 1.0


def test_several_leaves_are_judged_jointly():
    a, b = leaf(0.0, name="a"), leaf(0.0, name="b")
    with pytest.warns(errors.UndefinedGradientWarning, match=r"in a: slopes from -2 to 2, b: slopes from -2 to 2"):
        (np.abs(a + b) - np.abs(a - b)).backward()
    assert np.isnan(a.grad)
    assert np.isnan(b.grad)


def test_a_branch_in_python_on_a_tie_is_out_of_reach():
    def relu(x):
        return x if x > 0 else 0.0 * x

    with pytest.raises(
        errors.OutOfReachError, match=r"f must not branch in Python on a comparison of equals, got `if` on a tie at .*test_policies"
    ):
        tl.differentiability(relu, 0.0)
    assert tl.differentiability(relu, 1.0).kind == "smooth"
    x = leaf(0.0)
    with pytest.warns(errors.UndefinedGradientWarning, match="`if` on greater of equals"):
        relu(x)


def test_what_cannot_be_judged_is_refused_with_the_reason():
    rng = np.random.default_rng(0)
    with pytest.raises(errors.OutOfReachError, match="f must give the same answer when called twice"):
        tl.differentiability(lambda x: x * rng.random(), 1.0)
    with pytest.raises(errors.ShapeError, match=r"tl.differentiability: f must return a single number, got shape \(2,\)"):
        tl.differentiability(np.abs, np.array([1.0, 2.0]))
    with pytest.raises(errors.ShapeError, match=r"tl.directional: the direction must have the form of x, got \(3,\)"):
        tl.directional(lambda x: np.sum(x), np.array([1.0, 2.0]), np.ones(3))
    with pytest.raises(ZeroDivisionError):
        tl.differentiability(lambda x: x / (1 // 0), 1.0)


def test_a_verdict_reads_as_sentences():
    assert str(tl.differentiability(np.abs, 0.0)) == (
        "kink (proved); f = 0\nslope from the left -1, from the right 1\nClarke interval [-1, 1]\ngradient nan\n"
        "  absolute at the value, slopes -1 and 1"
    )


def test_a_loop_is_warned_once_per_op_and_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for width in (2, 3, 4):
            x = tl.tensor(np.zeros(width), requires_grad=True)
            np.sum(np.abs(x)).backward()
            np.sum(np.maximum(x, 0.0)).backward()
    assert [str(w.message).partition("(by ")[2].partition(" ")[0] for w in caught] == ["absolute", "maximum"]


@pytest.mark.parametrize(
    ("f", "x", "wanted"),
    [
        (lambda x: np.arctan2(x[0], x[1]), [0.0, 0.0], [0.0, 0.0]),
        (lambda x: np.power(x[0], x[1]), [0.0, 0.0], [0.0, 0.0]),
        (sp.logit, [-0.5, 0.5, 2.0], [np.nan, 4.0, np.nan]),
        (lambda x: np.linalg.norm(x, -0.5), [0.0, 1.0, 2.0], [0.0, 0.0, 0.0]),
        (lambda x: np.linalg.norm(x, -1), [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]),
    ],
    ids=["arctan2", "power", "logit", "norm of order -0.5", "norm of order -1"],
)
def test_the_convention_is_pytorchs_off_the_beaten_track(f, x, wanted):
    """What PyTorch 2.13 answers where a function jumps, ends or has a tip; the truth stays nan where there is no gradient."""
    with tl.at_kinks("convention"), np.errstate(all="ignore"):
        np.testing.assert_array_equal(tl.grad(lambda x: np.sum(f(x)))(np.array(x)), wanted)


def oscillating(x):
    return np.where(x == 0, 0.0, x * np.sin(1 / np.where(x == 0, 1.0, x)))


def test_what_series_cannot_decide_is_called_undecided():
    """x sin(1/x) has no one-sided slopes at 0, which no truncated series shows."""
    verdict = tl.differentiability(oscillating, 0.0)
    assert verdict.kind == "undecided"
    assert not verdict.proved
    assert "kink" not in str(verdict)
    with pytest.warns(tl.errors.UndecidedGradientWarning, match="could not be decided") as caught:
        assert np.isnan(tl.grad(oscillating)(0.0))
    assert not any(issubclass(w.category, tl.errors.UndefinedGradientWarning) for w in caught)
    with tl.at_kinks("raise"), pytest.raises(tl.errors.UndefinedGradientError, match="could not be decided"):
        tl.grad(oscillating)(0.0)
