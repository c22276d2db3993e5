"""The same rule runs on every kind of array: on a counting wrapper nothing may slip past the doors."""

from collections import Counter

import numpy as np
import pytest

import laws
import tinygrad_loss as tl
from counted import Counted
from table import ROWS, differentiable, every_op
from tinygrad_loss.engine.graph import record_of, replay

by_name = {"ids": lambda op: op.name}


def same(got, wanted, what):
    assert isinstance(got, Counted), f"{what} left the kind behind: {type(got).__name__}"
    np.testing.assert_array_equal(got.array, wanted, err_msg=what)


@pytest.mark.parametrize("op", differentiable(), **by_name)
def test_every_rule_runs_on_another_kind_bit_for_bit(op, rng):
    for inputs, static in laws.tries(op, rng):
        y = op.forward(*inputs, **static)
        g = laws.noise(rng, y)
        moved = laws.movable(op, inputs)
        v = [laws.noise(rng, x) if i in moved else None for i, x in enumerate(inputs)]
        seen = Counter()

        def wrapped(x, seen=seen):
            return Counted(x, seen) if isinstance(x, np.ndarray | np.generic) else x

        others = [wrapped(x) for x in inputs]
        for i in moved:
            pulled = op.vjps[i](wrapped(g), wrapped(y), *others, **static)
            same(pulled, op.vjps[i](g, y, *inputs, **static), f"{op.name}: cotangent {i}")
        pushed = op.jvp([None if d is None else wrapped(d) for d in v], wrapped(y), *others, **static)
        same(pushed, op.jvp(v, y, *inputs, **static), f"{op.name}: tangent")


@pytest.mark.parametrize("op", [op for op in every_op() if op.facts is not None], **by_name)
def test_every_tie_is_asked_on_another_kind(op):
    row = ROWS[op.name]
    inputs, static = [laws.as_array(x) for x in row.tied], row.tied_static or row.static
    seen = Counter()
    with np.errstate(all="ignore"):
        y = op.forward(*inputs, **static)
        others = [Counted(x, seen) if isinstance(x, np.ndarray | np.generic) else x for x in inputs]
        tied = op.facts.tie(Counted(y, seen), *others, **static)
        same(tied, op.facts.tie(y, *inputs, **static), f"{op.name}: tie")


@pytest.mark.parametrize("op", every_op(), **by_name)
def test_a_replay_on_another_kind_equals_eager(op, rng):
    for inputs, static in laws.tries(op, rng):
        leaves = [tl.tensor(x, requires_grad=x.dtype.kind == "f") if isinstance(x, np.ndarray | np.generic) else x for x in inputs]
        y = op.call(*leaves, **static)
        record = record_of(y)
        seen = Counter()
        given = {id(x): Counted(x.value, seen) for x in leaves if isinstance(x, tl.Tensor)}
        if record:
            same(replay(record, given)[id(y)], op.forward(*inputs, **static), f"{op.name}: replay")
            assert seen[op.name] == 1
