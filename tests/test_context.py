"""The ambient choices: how long they hold, and for whom."""

import asyncio
import contextvars
import inspect
import itertools
import sys
import threading

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.context import AT_KINKS, OFF, ON, RECORDING, REMEMBER_LINES


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


def test_threads_enter_one_choice_at_once():
    chosen, inside, seen = tl.at_kinks("convention"), threading.Barrier(4), []

    def slope():
        with chosen:
            inside.wait(10)
            seen.append(float(tl.grad(np.abs)(0.0)))
            inside.wait(10)
        seen.append(AT_KINKS.get())

    threads = [threading.Thread(target=slope) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(map(str, seen)) == ["0.0"] * 4 + ["nan"] * 4


def suspended(choice):
    with choice:
        yield
        yield AT_KINKS.get()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
def test_generators_may_leave_in_any_order(order, shared):
    policies = ["convention", "subgradient", "raise"]
    choices = [tl.at_kinks("convention")] * 3 if shared else [tl.at_kinks(p) for p in policies]
    open_ones = dict(enumerate(map(suspended, choices)))
    for g in open_ones.values():
        next(g)
    for i in order:
        open_ones.pop(i).close()
        expected = "nan" if not open_ones else "convention" if shared else policies[max(open_ones)]
        assert AT_KINKS.get() == expected


def test_what_was_chosen_in_between_for_something_else_holds_on():
    g = suspended(tl.at_kinks("convention"))
    next(g)
    with tl.no_grad():
        g.close()
        assert RECORDING.get() == OFF
        assert AT_KINKS.get() == "nan"
    assert RECORDING.get() == ON


def test_a_generator_that_another_context_closes_leaves_that_context_alone():
    g = suspended(tl.at_kinks("convention"))
    contextvars.copy_context().run(next, g)
    with tl.at_kinks("raise"):
        g.close()
        assert AT_KINKS.get() == "raise"
    assert AT_KINKS.get() == "nan"


CHOICES = {
    "at_kinks": (lambda: tl.at_kinks("convention"), AT_KINKS, "convention"),
    "no_grad": (tl.no_grad, RECORDING, OFF),
    "debug": (tl.debug, RECORDING, REMEMBER_LINES),
}


@pytest.mark.parametrize(("choice", "variable", "value"), CHOICES.values(), ids=CHOICES)
class TestDecoratedBodies:
    """A choice holds while a body runs, and not while it waits."""

    def test_of_a_generator(self, choice, variable, value):
        before, seen = variable.get(), []

        @choice()
        def body(first):
            try:
                seen.append((variable.get(), (yield first)))
                try:
                    yield
                except KeyError:
                    seen.append((variable.get(), "thrown"))
                yield
            finally:
                seen.append((variable.get(), "closed"))

        assert inspect.isgeneratorfunction(body)
        g = body("first")
        assert next(g) == "first"
        assert variable.get() == before
        g.send("sent")
        g.throw(KeyError())
        assert variable.get() == before
        g.close()
        assert variable.get() == before
        assert seen == [(value, "sent"), (value, "thrown"), (value, "closed")]

    def test_of_a_generator_that_returns(self, choice, variable, value):
        @choice()
        def body():
            yield 1
            return variable.get()

        def outer():
            return (yield from body())

        g = outer()
        next(g)
        with pytest.raises(StopIteration) as end:
            next(g)
        assert end.value.value == value

    def test_of_a_coroutine(self, choice, variable, value):
        before = variable.get()

        @choice()
        async def body(seen):
            seen.append(variable.get())
            await asyncio.sleep(0)
            seen.append(variable.get())
            return "done"

        async def both():
            seen = []
            answers = await asyncio.gather(body(seen), body(seen))
            assert variable.get() == before
            return seen, answers

        assert inspect.iscoroutinefunction(body)
        assert asyncio.run(both()) == ([value] * 4, ["done", "done"])

    def test_of_a_coroutine_that_is_cancelled(self, choice, variable, value):
        seen = []

        @choice()
        async def body():
            try:
                await asyncio.sleep(1000)
            finally:
                seen.append(variable.get())

        async def cancelled():
            task = asyncio.create_task(body())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(cancelled())
        assert seen == [value]

    def test_of_an_asynchronous_generator(self, choice, variable, value):
        before, seen = variable.get(), []

        @choice()
        async def body():
            try:
                for i in range(3):
                    seen.append(variable.get())
                    await asyncio.sleep(0)
                    yield i
            finally:
                seen.append(variable.get())

        async def some():
            g = body()
            got = [await anext(g), await anext(g)]
            assert variable.get() == before
            await g.aclose()
            return got

        assert asyncio.run(some()) == [0, 1]
        assert seen == [value] * 3


def test_a_decorated_generator_records_nothing_under_no_grad():
    @tl.no_grad()
    def squares(x):
        while True:
            x = x * x
            yield x

    x = tl.tensor(2.0, requires_grad=True)
    g = squares(x)
    assert not next(g).requires_grad
    assert (x * x).requires_grad
    assert not next(g).requires_grad


def interrupted_at_every_line(function):
    """Yield once per line that ``function`` runs, after an interruption at that line."""
    at = 0
    while True:
        left = at

        def trace(frame, event, _argument):
            nonlocal left
            if event == "line" and "tinygrad_loss" in frame.f_code.co_filename:
                if left == 0:
                    raise KeyboardInterrupt
                left -= 1
            return trace

        around = sys.gettrace()
        sys.settrace(trace)
        try:
            function()
        except KeyboardInterrupt:
            sys.settrace(around)
            yield at
        else:
            return
        finally:
            sys.settrace(around)
        at += 1


def test_an_interrupted_backward_seldom_splits_the_gradients():
    xs = [tl.tensor([1.0, 2.0], requires_grad=True) for _ in range(6)]
    y = sum((np.sum(np.exp(x)) for x in xs), 0.0)
    split = tried = 0
    for _ in interrupted_at_every_line(y.backward):
        deposited = sum(x.grad is not None for x in xs)
        split, tried = split + (0 < deposited < len(xs)), tried + 1
        for x in xs:
            x.grad = None
    assert tried > 200
    assert split <= 2 * len(xs), "gradients are computed between the first and the last that are stored"
