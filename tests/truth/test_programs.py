"""Random piecewise programs against one-sided quotients at 300 digits: what is called proved is right, and what is not is too."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judging import complaint, random_case


@pytest.mark.parametrize("block", range(10))
def test_the_verdict_on_random_programs_is_the_truth(block):
    wrong = {}
    for seed in range(block * 30, block * 30 + 30):
        said, _ = complaint(seed)
        if said:
            wrong[seed] = (said, random_case(seed))
    assert not wrong


@pytest.mark.parametrize("seed", [553, 1071, 9571])
def test_a_jump_that_feeds_a_comparison_and_narrow_cones_are_seen(seed):
    assert complaint(seed)[0] == ""


@settings(max_examples=40)
@given(st.integers(10_000, 10_000_000))
def test_no_certainty_is_wrong(seed):
    said, proved = complaint(seed)
    assert not (said and proved), (said, random_case(seed))
