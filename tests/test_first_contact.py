"""What people type in their first hour, from the habits of NumPy, SciPy, PyTorch, Keras and scikit-learn: the answer leads on."""

import pytest

import tinygrad_loss as tl

SOURCE = "import numpy as np, tinygrad_loss as tl\ntl.grad(np.abs)(0.0)"


def said(call):
    """Return the message of what a call raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  the text is what counts
        call()
    return str(caught.value)


@pytest.mark.parametrize("names", [{}, {"__name__": None}, {"__name__": "cell"}])
def test_a_kink_is_told_in_code_without_a_module(names):
    with pytest.warns(tl.errors.UndefinedGradientWarning):
        exec(SOURCE, dict(names))  # noqa: S102  as a notebook or a server runs code
