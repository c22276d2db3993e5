"""Every law over the whole op table."""

import numpy as np
import pytest

import laws
from table import ROWS, differentiable, every_op, with_facts

by_name = {"ids": lambda op: op.name}


@pytest.mark.smoke
@pytest.mark.parametrize("op", differentiable(), **by_name)
def test_both_modes_are_one_linear_map(op, rng):
    laws.adjoint(op, rng)


@pytest.mark.parametrize("op", differentiable(), **by_name)
def test_forward_mode_is_what_differences_say(op, rng):
    laws.differences(op, rng)


@pytest.mark.parametrize("op", with_facts(), **by_name)
def test_a_tie_holds_at_the_point_and_not_one_ulp_beside(op):
    laws.tie(op, ROWS[op.name])


@pytest.mark.parametrize("op", with_facts(), **by_name)
def test_slopes_at_a_tie_are_what_is_declared(op):
    laws.nature(op, ROWS[op.name])


@pytest.mark.parametrize("op", [op for op in with_facts() if op.facts.exponent is not None], **by_name)
def test_beside_a_branch_point_the_op_grows_with_the_declared_power(op):
    laws.branch(op, ROWS[op.name])


@pytest.mark.parametrize("op", [op for op in with_facts() if op.facts.limit is not None], **by_name)
def test_limits_at_a_jump_are_the_values_beside_it(op):
    laws.limits(op, ROWS[op.name])


@pytest.mark.parametrize("op", [op for op in with_facts() if op.facts.near is not None], **by_name)
def test_what_stands_in_near_a_point_is_the_same_function(op, rng):
    laws.nearby(op, rng)


@pytest.mark.parametrize("op", differentiable(), **by_name)
def test_the_gradient_of_the_gradient_is_what_differences_say(op, rng):
    laws.second_order(op, rng)


@pytest.mark.parametrize("op", [op for op in differentiable() if op.kind in {"elementwise", "selection"}], **by_name)
def test_an_input_that_was_broadcast_gets_the_sum_over_its_copies(op, rng):
    laws.broadcasting(op, rng)


DTYPES = [
    pytest.param(op, dtype, id=f"{op.name}-{dtype.__name__}")
    for op in every_op()
    for dtype in (np.float16, np.float32, np.float64)
    if not ROWS[op.name].fixes_dtype and np.dtype(dtype) >= np.dtype(ROWS[op.name].least)
]


@pytest.mark.parametrize(("op", "dtype"), DTYPES)
def test_a_floating_dtype_is_kept(op, rng, dtype):
    laws.dtype_kept(op, rng, dtype)
