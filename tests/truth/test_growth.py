"""Derivatives grow as their programs do: four times the steps are four times the work, counted in calls and never in seconds."""

import sys
import warnings

import numpy as np
import pytest

import laws
import tinygrad_loss as tl
from table import every_op

SHORT, LONG = 10, 40
GROWTH = LONG / SHORT * 1.3
"""A program four times as long may be this much more work; quadratic work would be sixteen times as much."""


def calls(f):
    """Return how many functions were called, those written in C included."""
    count, around = 0, sys.getprofile()

    def counted(_frame, event, _argument):
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(counted)
    try:
        f()
    finally:
        sys.setprofile(around)
    return count


def growth(ask, step, x):
    """Return how many times the work of a short chain a long one is."""

    def chain(times):
        def f(y):
            for _ in range(times):
                y = step(y)
            return np.sum(y)

        return f

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        ask(chain(2), x)  # what is only loaded or resolved once
        return calls(lambda: ask(chain(LONG), x)) / calls(lambda: ask(chain(SHORT), x))


def backward(policy):
    def ask(f, x):
        with tl.at_kinks(policy):
            f(tl.tensor(x, requires_grad=True)).backward()

    return ask


STEPS = {
    "where": lambda y: y + 0.01 * np.where(y > 2.0, 2.0 - y, y * (2.0 - y)),
    "dead zone": lambda y: np.where(y > 0, y, 0.0) * 1.0,
    "nested where": lambda y: np.where(y > 1.0, np.where(y < 3.0, y * 1.01, y), y),
    "two conditions": lambda y: np.where((y > 0.1) & (y < 9.0), y, 0.0) + 0.001,
    "mask": lambda y: y * (y > 0.5),
    "maximum": lambda y: np.maximum(y * 0.999, 0.5 * y),
    "clip": lambda y: np.clip(y * 1.001, -4.0, 4.0),
    "absolute": lambda y: np.abs(y - 0.1),
    "sign": lambda y: y * np.sign(y),
    "floor": lambda y: y + 0.001 * np.floor(y) * y,
    "order": lambda y: y[np.argsort(y)] * 1.0,
    "winner": lambda y: y + 0.001 * y[np.argmax(y)],
}
ASKED = {
    "backward, nan": backward("nan"),
    "backward, subgradient": backward("subgradient"),
    "jvp": lambda f, x: tl.jvp(f, x, np.ones_like(x)),
    "hvp": lambda f, x: tl.hvp(f, x, np.ones_like(x)),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_chains_of_choices(ask, step):
    for x in (np.array([1.5, 2.5]), np.array([2.0, 0.0])):
        assert growth(ask, step, x) < GROWTH


@pytest.mark.parametrize("op", every_op(), ids=lambda op: op.name)
def test_chains_of_every_op(op, rng):
    inputs, static = next(laws.tries(op, rng))
    floats = [i for i, x in enumerate(inputs) if getattr(x, "dtype", None) is not None and x.dtype.kind == "f"]
    moved = floats if op.kind == "predicate" else laws.movable(op, inputs)
    if not moved:  # nothing that moves ever reaches it
        return
    at = moved[0]

    def step(y):
        answer = op.call(*inputs[:at], y, *inputs[at + 1 :], **static)
        return y + 1e-12 * np.sum(np.real(answer) * 1.0)

    for ask in (backward("nan"), lambda f, x: tl.jvp(f, x, np.ones_like(x))):
        assert growth(ask, step, inputs[at]) < GROWTH


@pytest.mark.parametrize("start", [0.5, 1.0], ids=["free", "tied"])
def test_branches_in_python(start):
    def f(y, times):
        y = np.where(y > 1.0, y, y * 1.0)
        for _ in range(times):
            y = y * 1.001 if y > 0.7 else y * 0.999
        return y

    def work(times):
        return calls(lambda: tl.grad(lambda y: f(y, times))(start))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work(2)
        assert work(LONG) / work(SHORT) < GROWTH
