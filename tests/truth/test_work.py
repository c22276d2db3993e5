"""The work of germs is counted: the same for the same program, limited on demand, and what is cut short is not an answer."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.nonsmooth.germ import variable
from tinygrad_loss.nonsmooth.germ_work import Exhausted, OverBudget, budget, spend
from tinygrad_loss.nonsmooth.near import Near, patiently
from tinygrad_loss.nonsmooth.sides import side_of


def near(f, x):
    leaf = tl.tensor(x, requires_grad=True)
    root = f(leaf)
    return Near(root, np.ones(root.shape), [leaf])


def question(f, x):
    function = near(f, x)
    return lambda: side_of(function.along([np.ones_like(x)]), function.value)


def program(x):
    return np.sum(np.sqrt(np.abs(x)) * np.exp(x))


def test_the_same_program_is_the_same_work():
    counts = []
    for _ in range(2):
        with budget(np.inf) as work:
            patiently(question(program, np.zeros(3)))
        counts.append(work.done)
    assert counts[0] == counts[1] > 0


def test_longer_programs_are_more_work():
    def worked(times):
        with budget(np.inf) as work:
            patiently(question(lambda x: sum(program(x) for _ in range(times)), np.zeros(3)))
        return work.done

    assert worked(8) > 4 * worked(1)


def test_what_is_beyond_the_limit_raises_and_goes_on_raising():
    x = variable(np.ones(3), np.ones(3))
    with budget(1.0):
        for _ in range(2):
            with pytest.raises(OverBudget):
                x * x
    assert (x * x).constant.tolist() == [1.0, 1.0, 1.0]


def test_inner_work_counts_outside_too():
    with budget(1e4) as outer:
        with budget(np.inf) as inner:
            spend(3)
        assert inner.done == outer.done
        with budget(np.inf), pytest.raises(OverBudget):
            spend(100)
        with pytest.raises(OverBudget):
            spend(0)


def test_what_is_cut_short_is_not_known():
    assert issubclass(OverBudget, Exhausted)
    with budget(2e4):
        assert patiently(question(program, np.zeros(3))) == (None, False)
    assert patiently(question(program, np.zeros(3)))[1]
