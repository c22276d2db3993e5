"""Methods that SciPy's and PyTorch's distributions have lead to lines that work here."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.distributions.elsewhere import OF_A_FAMILY


@pytest.mark.parametrize("name", OF_A_FAMILY)
def test_a_method_of_others_names_the_line(name):
    d = tl.distributions.Normal(1.0, 2.0)
    with pytest.raises(AttributeError) as error:
        getattr(d, name)
    line = str(error.value).partition("Type instead: ")[2]
    given = {"np": np, "d": d, "value": 0.5, "q": 0.25, "size": 3}
    assert np.all(np.isfinite(eval(line, given)))  # noqa: S307  our own line


def test_a_quantile_is_that_of_samples():
    d = tl.distributions.Normal(1.0, 2.0)
    assert np.quantile(d.sample(100_000, 0), 0.5) == pytest.approx(1.0, abs=0.05)


def test_another_name_is_pythons_error():
    with pytest.raises(AttributeError, match="'Normal' object has no attribute 'men'"):
        _ = tl.distributions.Normal(0.0, 1.0).men
