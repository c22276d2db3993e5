"""Rows and seeds: entries of a result with cotangent 0 take no part in its gradient."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors

nan, inf = np.nan, np.inf


@pytest.fixture(autouse=True)
def _values_may_be_infinite():
    with np.errstate(all="ignore"):
        yield


ROWS = {
    "log": (np.log, [0.0, 1.0, 2.0], np.diag([nan, 1.0, 0.5])),
    "sqrt of a negative": (np.sqrt, [-1.0, 4.0], np.diag([nan, 0.25])),
    "reciprocal": (lambda x: 1 / x, [0.0, 1.0, 2.0], -np.diag([nan, 1.0, 0.25])),
    "stacked": (lambda x: np.stack([np.log(x[0]), x[1] ** 2]), [0.0, 3.0], np.diag([nan, 6.0])),
    "minus log": (lambda p: -np.log(p), [0.0, 0.5], np.diag([nan, -2.0])),
    "logarithm of a product": (lambda x: np.log(np.array([[1.0, -1.0], [1.0, 1.0]]) @ x), [2.0, 2.0], [[nan, nan], [0.25, 0.25]]),
    "absolute": (np.abs, [0.0, -2.0], np.diag([nan, -1.0])),
    "a step": (lambda x: np.where(x > 0, 2 * x, x + 1), [0.0, -2.0], np.diag([nan, 1.0])),
    "a bent branch": (lambda x: np.where(x > 0, 2 * x, x), [0.0, -2.0, 3.0], np.diag([nan, 1.0, 2.0])),
    "rounded": (lambda x: x * np.round(x), [0.5, 1.25], np.diag([nan, 1.0])),
    "sorted": (np.sort, [1.0, 1.0, 0.0], [[0.0, 0.0, 1.0], [nan, nan, 0.0], [nan, nan, 0.0]]),
    "running maximum": (np.maximum.accumulate, [2.0, 2.0, 5.0], [[1.0, 0.0, 0.0], [nan, nan, 0.0], [0.0, 0.0, 1.0]]),
    "arcsin": (np.arcsin, [1.0, 0.5, 2.0], np.diag([inf, 1 / np.sqrt(0.75), nan])),
    "power": (lambda x: x**-1.5, [0.0, 1.0], np.diag([nan, -1.5])),
    "matrix": (lambda x: np.log(x[:, None] * x[None, :]), [0.0, 1.0], [[[nan, 0.0], [nan, nan]], [[nan, nan], [0.0, 2.0]]]),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_a_jacobian_depends_on_its_own_entry_alone(name):
    f, x, wanted = ROWS[name]
    np.testing.assert_allclose(np.abs(tl.jacobian(f)(np.array(x))), np.abs(wanted), rtol=1e-12)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_the_gradient_of_its_entry_and_what_every_seed_of_it_gives(name):
    f, x, wanted = ROWS[name]
    wanted = np.asarray(wanted)
    x = np.array(x)
    shape = wanted.shape[: wanted.ndim - 1]
    for i in np.ndindex(shape):
        seed = np.zeros(shape)
        seed[i] = -2.0
        leaf = tl.tensor(x, requires_grad=True)
        f(leaf).backward(seed)
        _, pullback = tl.vjp(f, x)
        row = tl.grad(lambda v, i=i: f(v)[i])(x)
        np.testing.assert_allclose(leaf.grad, -2.0 * row, rtol=1e-12)
        np.testing.assert_allclose(pullback(seed), -2.0 * row, rtol=1e-12)
        np.testing.assert_allclose(np.abs(row), np.abs(wanted[i]), rtol=1e-12)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ROWS)
def test_forward_and_reverse_mode_agree(name):
    f, x, wanted = ROWS[name]
    columns = [tl.jvp(f, np.array(x), e)[1] for e in np.eye(len(x))]
    got = np.stack(columns, axis=-1)
    there = np.isfinite(got) & np.isfinite(wanted)
    np.testing.assert_array_equal(np.isfinite(got), np.isfinite(wanted))
    np.testing.assert_allclose(got[there], tl.jacobian(f)(np.array(x))[there], rtol=1e-12)


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize("name", [n for n in ROWS if n not in {"sorted", "running maximum", "matrix", "arcsin"}])
def test_a_row_that_meets_no_kink_is_given_without_a_warning(name):
    f, x, wanted = ROWS[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tl.jacobian(f)(np.array(x))
    said = [w.category for w in caught if issubclass(w.category, errors.UndefinedGradientWarning | errors.UnprovedGradientWarning)]
    assert said == [errors.UndefinedGradientWarning] * int(np.count_nonzero(np.isnan(wanted).any(axis=-1)))


@pytest.mark.filterwarnings("ignore")
def test_a_seed_of_zeros_gives_zeros():
    x = tl.tensor([0.0, -1.0], requires_grad=True)
    np.log(x).backward(np.zeros(2))
    assert x.grad.tolist() == [0.0, 0.0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("policy", ["nan", "subgradient"])
def test_every_policy_looks_at_the_rows_asked_only(policy):
    with tl.at_kinks(policy):
        assert tl.jacobian(np.log)(np.array([0.0, 2.0]))[1].tolist() == [0.0, 0.5]
    with tl.at_kinks("raise"):
        _, pullback = tl.vjp(np.log, np.array([0.0, 2.0]))
        assert pullback(np.array([0.0, 1.0])).tolist() == [0.0, 0.5]
        with pytest.raises(errors.UndefinedGradientError):
            pullback(np.array([1.0, 0.0]))


@pytest.mark.filterwarnings("ignore")
def test_an_entry_picked_in_the_function_is_proved_too():
    with warnings.catch_warnings():
        warnings.simplefilter("error", errors.UnprovedGradientWarning)
        assert tl.grad(lambda x: np.log(x)[1] ** 2)(np.array([0.0, 1.0])).tolist() == [0.0, 0.0]
        assert tl.grad(lambda x: np.sum(np.sqrt(x)[1:]))(np.array([0.0, 4.0])).tolist() == [0.0, 0.25]


def test_outside_the_domain_only_entries_without_a_say_have_a_gradient():
    for f, x, want in [
        (lambda x: np.log(x[0]) + x[1] ** 2, [0.0, 0.0], [np.nan, np.nan]),  # an ordinary slope of 0 is no gradient of -inf
        (lambda x: np.sum(np.log(x[:2])), [0.0, 1.0, 2.0], [np.nan, np.nan, 0.0]),
    ]:
        with pytest.warns(errors.UndefinedGradientWarning), np.errstate(all="ignore"):
            np.testing.assert_array_equal(tl.grad(f)(np.array(x)), want)
        with np.errstate(all="ignore"):
            verdict = tl.differentiability(f, np.array(x))
        np.testing.assert_array_equal(verdict.gradient, want)
        assert (verdict.kind, verdict.proved) == ("outside", True)
