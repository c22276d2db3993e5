"""What people give is float64, what layers hold is float32: constants are cast, and no number changes on the way."""

import numpy as np
import pytest

import tinygrad_loss as tl
from nn import layer_cases
from tinygrad_loss import errors, nn
from tinygrad_loss.training.evaluate import predict

SINGLE = np.float32
GIVEN = {
    "float64": lambda x: x.astype(np.float64),
    "float16": lambda x: x.astype(np.float16),
    "list": lambda x: x.astype(np.float64).tolist(),
    "tensor": lambda x: tl.tensor(x.astype(np.float64)),
    "whole numbers": lambda x: np.rint(x).astype(np.int64),
    "truth values": lambda x: x > 0,
}
OF_NUMBERS = [
    c for c in layer_cases.CASES if c.layer != "Embedding" and any(True for _ in getattr(nn, c.layer)(*c.args, **c.made).parameters())
]


def made(case):
    layer = getattr(nn, case.layer)(*case.args, **case.made).astype(SINGLE).train(case.training)
    rng = np.random.default_rng(0)
    layer.load_state_dict(layer_cases.weights({name: value.shape for name, value in layer.state_dict().items()}, rng))
    for module in layer.modules():
        if hasattr(module, "rng"):
            module.rng = np.random.default_rng(1)
    return layer, [x.astype(SINGLE) if x.dtype.kind == "f" else x for x in layer_cases.drawn_inputs(case, rng)]


@pytest.mark.parametrize("how", GIVEN)
@pytest.mark.parametrize("case", OF_NUMBERS, ids=str)
def test_a_constant_takes_the_dtype_of_the_parameters(case, how):
    layer, inputs = made(case)
    given = [GIVEN[how](x) if x.dtype.kind == "f" else x for x in inputs]
    cast = [np.asarray(g.data if isinstance(g, tl.Tensor) else g).astype(SINGLE) if x.dtype.kind == "f" else x for g, x in zip(given, inputs, strict=True)]  # fmt: skip
    wanted = layer_cases.flattened(made(case)[0](*cast, **case.called))
    for got, y in zip(layer_cases.flattened(layer(*given, **case.called)), wanted, strict=True):
        assert got.dtype == SINGLE
        np.testing.assert_allclose(got.data, y.data, rtol=1e-5, atol=1e-6)


class Skip(nn.Module):
    """A module of a user's: it uses its input beside the layers."""

    def __init__(self):
        self.first, self.last = nn.Linear(4, 4, rng=0), nn.Linear(4, 1, rng=1)

    def forward(self, x, scale=1.0):
        return self.last(np.maximum(x * scale + self.first(x), 0.0))


MODELS = {
    "Linear": lambda: nn.Linear(4, 1, rng=0),
    "Sequential": lambda: nn.Sequential(nn.Flatten(), nn.Linear(4, 8, rng=0), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 1, rng=1)),
    "MLP": lambda: nn.MLP([4, 8, 1], rng=0),
    "Residual": lambda: nn.Sequential(nn.Residual(nn.Linear(4, 4, rng=0)), nn.Linear(4, 1, rng=1)),
    "functions": lambda: nn.Sequential(lambda x: x - np.mean(x), nn.Linear(4, 1, rng=0)),
    "skip": Skip,
    "transformer": lambda: nn.Sequential(
        lambda x: np.expand_dims(x, 1), nn.TransformerEncoderLayer(4, 2, 8, 0.0, rng=0), nn.Flatten(), nn.Linear(4, 1, rng=1)
    ),
}
ROWS = np.random.default_rng(0).normal(size=(8, 4))


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", MODELS)
def test_whole_models_take_numpys_own_dtype(name, dtype):
    model = MODELS[name]().astype(dtype)
    wanted = model(ROWS.astype(dtype))
    for given in (ROWS, ROWS.astype(np.float32).astype(np.float64) if dtype == np.float32 else ROWS, tl.tensor(ROWS)):
        y = model(given)
        assert y.dtype == dtype
        np.testing.assert_allclose(y.data, wanted.data, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_fit_predict_evaluate_and_summary_take_numpys_own_dtype(name):
    model, target = MODELS[name](), ROWS.sum(axis=1, keepdims=True)
    history = tl.fit(model, tl.losses.mse_loss, (ROWS, target), validation=(ROWS, target), epochs=2, progress=False)
    assert np.isfinite(history["val_loss"]).all()
    assert predict(model, ROWS).dtype == SINGLE
    assert predict(model, ROWS.tolist()).dtype == SINGLE
    assert model.summary(ROWS).parameters == model.summary(ROWS.astype(SINGLE)).parameters
    assert {p.dtype for p in model.parameters()} == {np.dtype(SINGLE)}
    for x, y in tl.data.DataLoader(tl.data.Dataset(ROWS, target), 4):
        assert tl.losses.mse_loss(model(x), y).dtype == SINGLE


def test_words_stay_whole():
    model = nn.Sequential(nn.Embedding(5, 3, rng=0), nn.Linear(3, 2, rng=0))
    for words in ([0, 4, 1], np.array([0, 4, 1]), np.array([0, 4, 1], np.int8), tl.tensor([0, 4, 1])):
        assert model(words).dtype == SINGLE
    with pytest.raises(errors.DTypeError, match=r"^embedding: rows are named by whole numbers, got dtype float64\."):
        model(np.array([0.0, 1.0]))


def test_a_model_of_several_dtypes_is_left_to_its_layers():
    model = nn.Sequential(nn.Linear(4, 3), lambda x: x.astype(np.float64), nn.Linear(3, 2, dtype=np.float64))
    assert model(ROWS).dtype == np.float64


@pytest.mark.parametrize(
    "make", [lambda: nn.Linear(2, 1), lambda: nn.MLP([2, 3, 1]), lambda: nn.Residual(nn.Linear(2, 2)), lambda: nn.LayerNorm(2)]
)
@pytest.mark.parametrize("x", [[[1e39, 0.0]], np.array([[-1e300, 0.0]]), tl.tensor([[1.0, 1e40]])], ids=str)
def test_a_number_that_would_become_infinite_is_refused(make, x):
    with pytest.raises(
        errors.DomainError, match=r"the input must fit in float32, whose largest number is 3.40282e\+38, got a larger one\."
    ):
        make()(x)


def test_what_is_not_finite_already_passes():
    assert np.isinf(nn.Linear(2, 1)(np.array([[np.inf, 0.0]])).item())
    assert np.isnan(nn.Linear(2, 1)(np.array([[np.nan, 0.0]])).item())


def test_what_requires_grad_is_not_cast_in_silence():
    x = tl.tensor([[1.0, 2.0]], requires_grad=True)
    with pytest.raises(errors.DTypeError) as raised:
        nn.Sequential(nn.ReLU(), nn.Linear(2, 1))(x)
    assert str(raised.value) == (
        "Linear: the input must have the parameters' dtype float32, got dtype float64. "
        "Type instead: x.astype(np.float32), or layer.astype(np.float64)"
    )
    np.sum(nn.Linear(2, 1)(x.astype(np.float32))).backward()
    assert x.grad.dtype == np.float64
