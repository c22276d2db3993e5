"""A Series or DataFrame leaves its arithmetic to a tensor; what it cannot leave is refused by name."""

import importlib.util

import numpy as np
import pytest

import tinygrad_loss as tl

A_DATAFRAME = 4000
"""The highest of pandas' own priorities."""


def test_a_tensor_goes_before_a_dataframe():
    assert tl.Tensor.__pandas_priority__ > A_DATAFRAME


if importlib.util.find_spec("pandas"):
    import pandas as pd

    OPERATORS = {
        "multiply": lambda s, x: s * x,
        "add": lambda s, x: s + x,
        "subtract": lambda s, x: s - x,
        "divide": lambda s, x: s / x,
        "power": lambda s, x: s**x,
        "ufunc": np.multiply,
        "right": lambda s, x: x * s,
        "where": lambda s, x: np.where(s > 1, x, 0.0),
        "index": lambda s, x: x[s > 1],
        "loss": lambda s, x: tl.losses.mse_loss(x, s),
        "weights": lambda s, x: tl.losses.mse_loss(x, np.zeros(3), sample_weight=s),
    }

    @pytest.mark.parametrize("f", OPERATORS.values(), ids=OPERATORS)
    def test_a_series_gives_what_its_array_gives(f):
        s, x = pd.Series([1.0, 2.0, 3.0]), np.array([2.0, 0.5, 4.0])
        got, expected = (tl.value_and_grad(lambda v, a=a: np.sum(f(a, v)))(x) for a in (s, s.to_numpy()))
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_array_equal(a, b)

    def test_a_dataframe_that_asks_for_numbers_is_named():
        df, w = pd.DataFrame({"a": [1.0, 2.0], "b": [0.0, 1.0]}), tl.tensor([1.0, 2.0], requires_grad=True)
        with pytest.raises(tl.errors.LostGraphError, match=r"a function of pandas.*Use instead: df\.to_numpy\(\) in place of df"):
            df @ w
        np.testing.assert_array_equal((df.to_numpy() @ w).numpy(), [1.0, 4.0])
        np.testing.assert_array_equal((df * w).numpy(), [[1.0, 0.0], [2.0, 2.0]])
