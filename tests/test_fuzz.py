"""Two thousand random calls of everything public: none ends with an error from the inside, hangs, or changes what it was given."""

import numpy as np
import pytest

import fuzzing
import tinygrad_loss as tl
from tinygrad_loss.engine.explained import in_words
from tinygrad_loss.engine.op import OPS

PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_random_calls(part):
    calls = 2000 // PARTS
    assert [str(found) for found in fuzzing.fuzz(part * calls, calls)] == []


MET = {
    "a list of numbers": (lambda: tl.ops.glu({}), "glu: x must be numbers"),
    "an array for a flag": (lambda: tl.losses.mse_loss(np.ones(3), np.ones(3), reduction=np.ones(2)), "reduction must be a name"),
    "a number for a layer": (lambda: tl.nn.TransformerEncoder(5, 2), "encoder_layer must be of class TransformerEncoderLayer"),
    "an array for a tensor": (lambda: tl.nn.init.normal_(np.zeros(3)), "must be of class Tensor"),
    "an input too few": (lambda: tl.nn.CosineSimilarity()(np.ones(3)), "got no argument 'x2'"),
    "a width of zero": (lambda: tl.ops.adaptive_max_pool1d(np.ones((1, 2, 3)), 0), "output_size must be a whole number, at least 1"),
    "a ragged list": (lambda: tl.ops.erf([[1.0], [2.0, 3.0]]), "rows of equal length"),
    "an array for a name": (
        lambda: tl.fit(tl.nn.Linear(3, 2), tl.losses.mse_loss, (np.ones((4, 3)), np.ones((4, 2))), schedule_per=np.ones(2)),
        "fit: schedule_per must be a name",
    ),
    "an array for a flag of a loader": (
        lambda: tl.data.DataLoader((np.ones((4, 3)), np.ones(4)), 2, drop_last=np.ones(2)),
        "drop_last must be True or False",
    ),
    "an order without end": (lambda: tl.ops.polygamma(10**18, 1.0), "n must be a whole number from 0 to 170"),
    "an extended precision": (lambda: tl.ops.erf(tl.tensor(np.ones(2, np.longdouble))), "at most double precision|float64"),
}


@pytest.mark.parametrize(("call", "said"), MET.values(), ids=MET)
def test_the_argument_is_named(call, said):
    with pytest.raises(tl.errors.TinygradLossError, match=said) as error:
        call()
    assert " instead: " in str(error.value)


def test_what_the_callers_own_code_raises_is_left_as_it_is():
    class Mine(tl.nn.Module):
        def forward(self, x):
            return x.no_such_name

    def f(x):
        return {}["no such key"] * x

    with pytest.raises(AttributeError, match="no_such_name"):
        Mine()(tl.tensor([1.0]))
    with pytest.raises(KeyError) as error:
        tl.grad(f)(1.0)
    assert not isinstance(error.value, tl.errors.TinygradLossError)


@pytest.mark.parametrize("name", sorted(fuzzing.targets()))
def test_what_helps_can_be_typed(name):
    thing = fuzzing.targets()[name]
    if thing in {op.call for op in OPS.values()} or name.startswith(("np.", "command ")):  # they look at their operands themselves
        return
    line = str(in_words(ValueError(), thing, (object(),) * 99, {})).rpartition("Type instead: ")[2]
    compile(line if line.startswith("help(") else f"f({line})", "<typed>", "eval")
    if line.startswith("help("):
        assert callable(eval(line[5:-1], {"tl": tl}))  # noqa: S307  it is what a message says to type


def test_deleting_inserting_and_searching_by_tensors():
    x, i = np.array([1.0, 2.0, 3.0]), tl.tensor(1, dtype=np.int64)
    assert np.delete(x, i).tolist() == [1.0, 3.0]
    assert np.insert(x, i, 5.0).tolist() == [1.0, 5.0, 2.0, 3.0]
    assert np.searchsorted(x[::-1], 2.0, sorter=tl.tensor([2, 1, 0])).tolist() == 1


@pytest.mark.parametrize("f", [np.sum, np.mean, np.max, np.min, np.prod, np.std, np.var, np.ptp], ids=lambda f: f.__name__)
def test_an_option_that_numpy_itself_hands_on_is_not_given(f):
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(f(tl.tensor(x), keepdims=np._NoValue), f(x), rtol=1e-15)  # as in NumPy's own signatures
