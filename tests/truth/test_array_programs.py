"""Random programs over vectors and matrices: what is said with certainty is true, by quotients and by gradients beside the point."""

import pytest

from certainties import findings


@pytest.mark.parametrize("block", range(15))
def test_no_certainty_about_a_small_array_program_is_wrong(block):
    wrong = {seed: found.wrong for seed in range(block * 20, block * 20 + 20) if (found := findings(seed, small=True)).wrong}
    assert not wrong


@pytest.mark.parametrize("seed", [4016, 1009])
def test_a_program_that_was_once_judged_wrongly(seed):
    assert not findings(seed).wrong
