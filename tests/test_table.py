"""Known values of every op."""

import pytest

from laws import known_value
from table import ROWS, every_op
from tinygrad_loss.engine.op import OPS

pytestmark = pytest.mark.smoke

MARKS = {"resolved"}
"""What holds a settled value in a gradient: no function of its input, so no law applies; declared when a kink is first judged."""


def test_every_op_has_its_row():
    declared = set(OPS) - MARKS
    assert set(ROWS) == declared, f"ops without a row: {sorted(declared - set(ROWS))}; rows without an op: {sorted(set(ROWS) - declared)}"


def test_every_row_says_where_its_numbers_are_from():
    assert all(row.source for row in ROWS.values())


@pytest.mark.parametrize("op", every_op(), ids=lambda op: op.name)
def test_known_value(op):
    known_value(op, ROWS[op.name])
