"""A mistake planted in any op is caught by a law: the laws can fail, op by op."""

import dataclasses

import numpy as np
import pytest

import laws
from table import ROWS, differentiable, with_facts
from tinygrad_loss.engine.declare import replaced

by_name = {"ids": lambda op: op.name}


def off(rule):
    """Return a rule whose result is too large by a thousandth."""
    return None if rule is None else lambda *x, **static: rule(*x, **static) + 1e-3


def arity_of(op):
    return max(len(s.inputs) for s in ROWS[op.name].tries(op))


@pytest.mark.parametrize("op", differentiable(), **by_name)
def test_a_wrong_cotangent_breaks_the_adjoint_law(op, rng):
    positions = range(min(arity_of(op), len(op.vjps)))
    wrong = replaced(op, vjps=[off(op.vjps[i]) for i in positions])
    with pytest.raises(AssertionError):
        laws.adjoint(wrong, rng)


@pytest.mark.parametrize("op", differentiable(), **by_name)
def test_a_wrong_derivative_in_both_modes_breaks_the_law_of_differences(op, rng):
    with pytest.raises(AssertionError):
        laws.differences(replaced(op, jvp=off(op.jvp)), rng)


@pytest.mark.parametrize("op", [op for op in differentiable() if op.kind == "linear"], **by_name)
def test_a_transpose_that_forgets_an_entry_breaks_the_adjoint_law(op, rng):
    def forgetful(g, *x, **static):
        pulled = np.array(op.vjps[0](g, *x, **static))
        pulled.flat[np.argmax(np.abs(pulled))] = 0.0
        return pulled

    with pytest.raises(AssertionError):
        laws.adjoint(replaced(op, vjps=[forgetful, *[op.vjps[i] for i in range(1, min(arity_of(op), len(op.vjps)))]]), rng)


@pytest.mark.parametrize("op", with_facts(), **by_name)
def test_a_tie_declared_nowhere_or_everywhere_breaks_its_law(op):
    for answer in (False, True):
        facts = dataclasses.replace(op.facts, tie=lambda *_x, answer=answer, **_static: answer)
        with pytest.raises(AssertionError):
            laws.tie(replaced(op, facts=facts), ROWS[op.name])


@pytest.mark.parametrize("op", [op for op in with_facts() if op.facts.slopes], **by_name)
def test_wrong_slopes_break_their_law(op):
    left, right = op.facts.slopes
    for slopes in ((right, left), (left + 0.01, right)):
        with pytest.raises(AssertionError):
            laws.nature(replaced(op, facts=dataclasses.replace(op.facts, slopes=slopes)), ROWS[op.name])


@pytest.mark.parametrize("op", with_facts(), **by_name)
def test_a_wrong_nature_breaks_its_law(op):
    others = {"kink": ("jump", "infinite"), "jump": ("kink",), "infinite": ("kink",)}[op.facts.nature]
    for nature in others:
        with pytest.raises(AssertionError):
            laws.nature(replaced(op, facts=dataclasses.replace(op.facts, nature=nature)), ROWS[op.name])


@pytest.mark.parametrize("op", [op for op in with_facts() if op.facts.exponent is not None], **by_name)
def test_a_wrong_exponent_breaks_its_law(op):
    facts = dataclasses.replace(op.facts, exponent=op.facts.exponent + 0.1)
    with pytest.raises(AssertionError):
        laws.branch(replaced(op, facts=facts), ROWS[op.name])


@pytest.mark.parametrize("op", [op for op in with_facts() if op.facts.limit is not None], **by_name)
def test_limits_on_the_wrong_side_break_their_law(op):
    facts = dataclasses.replace(op.facts, limit=lambda *x: op.facts.limit(*x[:-1], -x[-1]))
    with pytest.raises(AssertionError):
        laws.limits(replaced(op, facts=facts), ROWS[op.name])


@pytest.mark.parametrize("op", differentiable(), **by_name)
def test_a_wrong_known_value_is_noticed(op):
    row = ROWS[op.name]
    wrong = replaced(op, forward=off(op.forward))
    with pytest.raises(AssertionError):
        laws.known_value(wrong, row)


@pytest.mark.parametrize("op", [op for op in differentiable() if not ROWS[op.name].fixes_dtype], **by_name)
def test_a_gradient_in_double_precision_breaks_the_law_of_dtypes(op, rng):
    positions = range(min(arity_of(op), len(op.vjps)))
    wrong = replaced(op, vjps=[None if op.vjps[i] is None else _doubled(op.vjps[i]) for i in positions])
    with pytest.raises(AssertionError):
        laws.dtype_kept(wrong, rng, np.float32)


def _doubled(rule):
    return lambda *x, **static: np.asarray(rule(*x, **static)).astype(np.float64)
