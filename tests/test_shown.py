"""Everything shows itself: in the interpreter by its ``repr``, in a notebook by the form that it asks for."""

import numpy as np

import tinygrad_loss as tl


def test_the_interpreter_shows_a_verdict_in_sentences():
    verdict = tl.differentiability(np.abs, 0.0)
    assert repr(verdict) == str(verdict)
    assert repr(verdict).startswith("kink (proved)")
