"""What the truth runs again: only what the places that are not smooth touch. Ops that count say so."""

import warnings
from collections import Counter

import numpy as np
import pytest

import tinygrad_loss as tl


@pytest.fixture
def counting():
    """Return an op that counts how often each of its rules runs, and the counter."""
    ran = Counter()

    def counted(name, rule):
        def run(*args, **static):
            ran[name] += 1
            return rule(*args, **static)

        return run

    op = tl.op(
        "counting_square",
        counted("forward", lambda x: x * x),
        vjps=[counted("reverse", lambda g, _y, x: 2.0 * x * g)],
        jvp=counted("tangent", lambda dx, _y, x: 2.0 * x * dx[0]),
    )
    return op, ran


def deep(op, x, times=5):
    for _ in range(times):
        x = op(x) * 0.5 + 0.25
    return np.sum(x)


@pytest.mark.parametrize("policy", ["nan", "subgradient"])
def test_what_lies_beside_a_kink_runs_once(counting, policy):
    op, ran = counting
    x = tl.tensor(np.zeros(3), requires_grad=True)
    w = tl.tensor(np.linspace(0.0, 1.0, 4), requires_grad=True)
    with tl.at_kinks(policy), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (np.sum(np.abs(x)) * deep(op, w)).backward()
    assert ran == {"forward": 5, "reverse": 5}
    assert np.all(np.isfinite(w.grad))


def test_what_leads_to_a_kink_carries_tangents_and_differences_and_what_follows_runs_once(counting):
    op, ran = counting
    x = tl.tensor(np.zeros(3), requires_grad=True)
    with tl.at_kinks("subgradient"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kinks = np.abs(np.sin(x) + op(x) - 0.25 * op(x))
        deep(op, kinks + 1.0).backward()
    before, after = 2, 5
    assert ran["forward"] == before + after
    assert ran["reverse"] == before * (1 + 2) + after  # the pass that met the kinks knows what reached them
    assert ran["tangent"] == before


@pytest.mark.parametrize("rough", [lambda x: np.sqrt(np.abs(x)), np.sign, lambda x: np.where(x > 0.0, x, -x)])
def test_smooth_terms_beside_a_jump_or_an_infinite_slope_are_not_replayed(counting, rough):
    op, ran = counting
    x = tl.tensor(np.zeros(2), requires_grad=True)
    w = tl.tensor(np.linspace(0.0, 1.0, 4), requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (np.mean(rough(x)) - 3.0 * deep(op, w)).backward()
    assert ran == {"forward": 5, "reverse": 10}  # once in the ordinary pass, once for the terms beside
    want = tl.grad(lambda w: -3.0 * deep(op, w))(w.data)
    np.testing.assert_allclose(w.grad, want, rtol=1e-15)
    assert np.all(np.isnan(x.grad))


def test_the_slope_of_smooth_terms_counts():
    def f(x):
        return np.sum(np.where(x > 0.0, x, -x)) + np.sum(x * x * np.array([1.0, 2.0]))

    at, d = np.array([0.0, 3.0]), np.array([1.0, -1.0])
    assert tl.directional(f, at, d) == pytest.approx(1.0 - 1.0 - 12.0, rel=1e-15)
    verdict = tl.differentiability(f, at)
    np.testing.assert_array_equal(np.isnan(verdict.gradient), [True, False])
    assert verdict.gradient[1] == pytest.approx(13.0)


def test_terms_that_multiply_what_is_not_smooth_are_replayed_to_higher_powers():
    def f(x):
        return np.where(x[0] == 0.0, 0.0, (1.0 - np.cos(x[0])) / np.where(x[0] == 0.0, 1.0, x[0])) + np.sum(np.exp(x))

    verdict = tl.differentiability(f, np.array([0.0, 1.0]))
    assert verdict.kind == "smooth"
    np.testing.assert_allclose(verdict.gradient, [1.5, np.e], rtol=1e-12)


def test_terms_that_a_computed_position_chooses_are_replayed():
    def f(x):
        both = np.stack([x, -x])
        return both[np.argmax(both)]

    assert tl.differentiability(f, 0.0).interval == (-1.0, 1.0)


def test_a_verdict_ignores_the_conventions_of_layers():
    relu, pool = tl.nn.ReLU(), tl.nn.MaxPool1d(2)
    assert tl.differentiability(lambda x: np.sum(relu(x)), np.zeros(2)).kind == "kink"
    verdict = tl.differentiability(lambda x: np.sum(relu(x) - relu(-x)), np.zeros(2))
    assert (verdict.kind, verdict.proved) == ("smooth", True)
    np.testing.assert_array_equal(verdict.gradient, [1.0, 1.0])
    assert tl.differentiability(lambda x: np.sum(pool(x[None, None])), np.zeros(2)).kind == "kink"
    assert tl.directional(lambda x: np.sum(pool(x[None, None])), np.zeros(2), np.array([-1.0, -2.0])) == -1.0
