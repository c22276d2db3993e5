"""The ambient choices: how long they hold, and for whom."""

import threading

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.context import AT_KINKS


def test_a_choice_may_be_entered_again_inside_itself_and_later():
    chosen = tl.at_kinks("convention")
    for _ in range(2):
        with chosen:
            with tl.at_kinks("raise"), chosen:
                assert AT_KINKS.get() == "convention"
            assert AT_KINKS.get() == "convention"
        assert AT_KINKS.get() == "nan"


def test_a_choice_ends_with_an_exception():
    with pytest.raises(ZeroDivisionError), tl.at_kinks("subgradient"):
        1 / 0  # noqa: B018  it raises
    assert AT_KINKS.get() == "nan"


def test_a_decorated_function_chooses_in_every_call_also_when_it_calls_itself():
    @tl.at_kinks("subgradient")
    def depth(n):
        assert AT_KINKS.get() == "subgradient"
        return n if not n else depth(n - 1)

    @tl.no_grad()
    def square(x):
        return x * x

    assert depth(3) == 0
    assert AT_KINKS.get() == "nan"
    x = tl.tensor(2.0, requires_grad=True)
    assert not square(x).requires_grad
    assert (x * x).requires_grad


def test_threads_enter_one_decorated_function_at_once():
    inside = threading.Barrier(2)
    seen = []

    @tl.at_kinks("convention")
    def slope():
        inside.wait(10)
        seen.append(float(tl.grad(np.abs)(0.0)))
        inside.wait(10)

    threads = [threading.Thread(target=slope) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert seen == [0.0, 0.0]


def test_an_unknown_policy_is_refused_before_anything_is_entered():
    with pytest.raises(ValueError, match="subgradient"):
        tl.at_kinks("subgradiant")
