"""Forward mode at kinks, and `debug`: the op, the line, the way out."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors


def test_the_derivative_along_a_direction_exists_where_its_two_sides_agree():
    y, dy = tl.jvp(lambda x: np.maximum(x, 0.0) - np.maximum(-x, 0.0), 0.0, 1.0)
    assert (float(y), float(dy)) == (0.0, 1.0)
    _, dy = tl.jvp(lambda x: np.abs(x[0]) + x[1], np.array([0.0, 1.0]), np.array([0.0, 2.0]))
    assert dy == 2.0


def test_where_the_two_sides_differ_it_is_nan_and_says_both():
    with pytest.warns(errors.UndefinedGradientWarning, match="left slope -1, right slope 1"):
        assert np.isnan(tl.jvp(np.abs, 0.0, 1.0)[1])
    with tl.at_kinks("raise"), pytest.raises(errors.UndefinedGradientError):
        tl.jvp(np.abs, 0.0, 1.0)
    with tl.at_kinks("subgradient"):
        assert tl.jvp(np.abs, 0.0, 1.0)[1] == 0.0


def test_only_the_entries_concerned_are_nan():
    with pytest.warns(errors.UndefinedGradientWarning):
        _, dy = tl.jvp(np.abs, np.array([0.0, -2.0]), np.array([1.0, 1.0]))
    np.testing.assert_array_equal(dy, [np.nan, -1.0])


def test_a_value_that_becomes_infinite_is_named_with_its_line_operands_and_remedy():
    x = tl.tensor([0.5, 0.0], requires_grad=True, name="p")
    with pytest.raises(errors.NonFiniteError) as caught, tl.debug(), np.errstate(all="ignore"):
        np.sum(np.log(x))
    assert re.fullmatch(
        r"log: a value became -inf, at .*test_tangents_and_debug\.py:\d+, from p \(2,\) in \[0, 0\.5\]\. Use instead: "
        r"tl\.losses\.cross_entropy or \*_with_logits on the scores, or scipy\.special\.xlogy\(x, x\) for x log x",
        str(caught.value),
    )


def test_the_post_mortem_stands_in_the_users_own_frame():
    x = tl.tensor(800.0, requires_grad=True)
    with pytest.raises(errors.NonFiniteError, match="logsumexp") as caught, tl.debug(), np.errstate(all="ignore"):
        np.exp(x)
    assert caught.traceback[-1].path == Path(__file__)


def test_a_derivative_that_becomes_infinite_is_named_in_source_order():
    x = tl.tensor([0.0, 1.0], requires_grad=True)
    with tl.debug(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        y = np.sum(np.sqrt(x) * 2.0)
        with pytest.raises(
            errors.NonFiniteError, match=r"sqrt: a derivative became inf, at .*\.py:\d+, from \(2,\) in \[0, 1\]\. Use instead: the sum"
        ):
            y.backward()
    assert x.grad is None


def test_squashing_twice_and_meeting_crosswise_are_warned_of():
    x = tl.tensor([[1.0], [2.0]], requires_grad=True)
    with tl.debug():
        with pytest.warns(errors.ProvenanceWarning, match="softmax of a softmax: probabilities are squashed twice"):
            tl.ops.softmax(tl.ops.softmax(x, axis=0), axis=0)
        with pytest.warns(errors.ProvenanceWarning, match=r"subtract of \(2, 1\) and \(2,\) makes \(2, 2\)"):
            x - np.array([1.0, 2.0])


def test_sites_carry_the_line_under_debug():
    with tl.debug():
        verdict = tl.differentiability(np.abs, 0.0)
    assert re.search(r"test_tangents_and_debug\.py:\d+", verdict.sites[0].line)


def test_outside_debug_nothing_is_watched():
    x = tl.tensor(0.0, requires_grad=True)
    with np.errstate(all="ignore"):
        assert np.log(x).item() == -np.inf
