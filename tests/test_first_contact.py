"""What people type in their first hour, from the habits of NumPy, SciPy, PyTorch, Keras and scikit-learn: the answer leads on."""

import pickle
import sys

import numpy as np
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


@pytest.mark.parametrize(
    "transform",
    [lambda f: lambda w: tl.grad(f)(w), lambda f: lambda w: tl.differentiability(f, w), lambda f: lambda w: tl.optim.minimize(f, w),
     lambda f: lambda w: tl.gradcheck(f, w), lambda f: lambda w: tl.value_and_grad(f)(w), lambda f: lambda w: tl.hessian(f)(w)],
)  # fmt: skip
@pytest.mark.parametrize(
    "f", [lambda w: ((w - 1) ** 2).sum(), lambda w: np.sum(np.square(w)), lambda w: (w**2).sum(), lambda w: w.sum() ** 2]
)
def test_a_list_where_an_array_is_meant_leads_to_the_array(transform, f):
    message = said(lambda: transform(f)([1.0, 2.0]))
    assert message.endswith("Type instead: np.array([1.0, 2.0])")
    transform(f)(np.array([1.0, 2.0]))


def test_a_fault_of_the_function_itself_stays_as_it_is():
    assert "Type instead" not in said(lambda: tl.grad(lambda w: w[0] + len(3))([1.0, 2.0]))


X, y = np.random.default_rng(0).normal(size=(20, 4)), np.arange(20) % 3
LOSS = tl.losses.cross_entropy
FITS = [
    (lambda m: tl.fit(m, X, y), "tl.fit(model, tl.losses.mse_loss, (X, y))"),
    (lambda m: tl.fit(m, (X, y), LOSS), "tl.fit(model, tl.losses.mse_loss, (X, y))"),
    (lambda m: tl.fit(m, LOSS, X, y), "tl.fit(model, loss, (X, y))"),
    (lambda m: tl.fit(m, LOSS), "tl.fit(model, loss, (X, y))"),
    (lambda m: tl.fit(m, LOSS, (X, y), lr=0.1), "optimizer=lambda p: tl.optim.Adam(p, lr=0.1)"),
    (lambda m: tl.fit(m, LOSS, (X, y), verbose=True), "progress=True"),
    (lambda m: tl.fit(m, LOSS, (X, y), epoch=3), "epochs="),
    (
        lambda m: tl.fit(m, LOSS, (X, y), validation_split=0.2),
        "train, held = tl.data.Dataset(X, y).split(0.2); tl.fit(model, loss, train, validation=held)",
    ),
    (lambda m: tl.fit(m, tl.nn.CrossEntropyLoss, (X, y)), "tl.nn.CrossEntropyLoss()  # the object"),
    (lambda m: tl.fit(m, LOSS, [X, y]), "(X, y)  # a tuple"),
    (lambda _: tl.data.DataLoader([X, y], 32), "(X, y)  # a tuple"),
    (lambda _: tl.data.DataLoader([X, X[:, 0], y[:, None]]), "tuple(columns)  # a tuple"),
    (lambda _: tl.data.DataLoader(X, y), "DataLoader((x, y), 32)"),
]


@pytest.mark.parametrize(("call", "instead"), FITS)
def test_what_fit_is_given_is_told_by_shape_with_the_right_call(call, instead):
    message = said(lambda: call(tl.nn.Linear(4, 3)))
    assert message.endswith(f"Type instead: {instead}")
    assert len(message) < 250


CHANNELS = [
    (tl.nn.Conv2d(1, 2, 3), (2, 8, 8), "x[:, None]"),
    (tl.nn.Conv2d(1, 2, 3), (32, 8, 8), "x[:, None]"),
    (tl.nn.Conv2d(1, 2, 3), (2, 8, 8, 1), "np.moveaxis(x, -1, 1)"),
    (tl.nn.Conv2d(3, 2, 3), (2, 8, 8, 3), "np.moveaxis(x, -1, 1)"),
    (tl.nn.Conv2d(3, 2, 3), (8, 8, 3), "np.moveaxis(x, -1, 0)"),
    (tl.nn.Conv2d(1, 2, 3), (8, 8), "x[None]"),
    (tl.nn.Conv1d(1, 2, 3), (5, 8), "x[:, None]"),
    (tl.nn.Conv1d(4, 2, 3), (5, 8, 4), "np.moveaxis(x, -1, 1)"),
    (tl.nn.ConvTranspose2d(3, 2, 3), (2, 8, 8, 3), "np.moveaxis(x, -1, 1)"),
    (tl.nn.BatchNorm2d(3), (2, 4, 4, 3), "np.moveaxis(x, -1, 1)"),
    (tl.nn.BatchNorm2d(1), (2, 4, 4), "x[:, None]"),
    (tl.nn.InstanceNorm2d(3, affine=True), (2, 4, 4, 3), "np.moveaxis(x, -1, 1)"),
    (tl.nn.GroupNorm(2, 6), (2, 4, 4, 6), "np.moveaxis(x, -1, 1)"),
]


@pytest.mark.parametrize(("layer", "shape", "instead"), CHANNELS)
def test_channels_elsewhere_lead_to_the_axis(layer, shape, instead):
    x = np.random.default_rng(0).normal(size=shape)
    assert said(lambda: layer(x)).endswith(f"Type instead: {instead}")
    layer(eval(instead))  # noqa: S307  the line works when typed


TEXTS = [
    (tl.tensor, "abc", "data"),
    (tl.tensor, [1, 2, "a"], "data"),
    (tl.tensor, np.array([1, "a"], dtype=object), "data"),
    (tl.nn.Linear(1, 3), "abc", "x"),
    (lambda x: tl.losses.mse_loss(x, 2.0), "a", "input"),
    (lambda x: tl.losses.mse_loss(np.ones(2), x), ["a", "b"], "target"),
    (lambda x: tl.tensor([1.0, 2.0]) + x, ["a", "b"], "operand"),
]


@pytest.mark.parametrize(("call", "given", "name"), TEXTS)
def test_a_text_leads_to_a_line_that_works(call, given, name):
    line = said(lambda: call(given)).rpartition("Type instead: ")[2]
    assert eval(line, {"np": np, name: given}).dtype.kind in "iu"  # noqa: S307  the line works when typed


def test_none_is_named():
    assert "got NoneType. Type instead: target = " in said(lambda: tl.losses.mse_loss(np.ones(3), None))


@pytest.mark.parametrize(
    ("a", "b"), [((2,), (3, 2)), ((2, 3), (2, 3)), ((2, 3), (2, 4)), ((2, 3), (2,)), ((2,), (3, 3)), ((4, 2, 3), (5, 3))]
)
def test_matrices_that_do_not_fit_lead_to_a_product(a, b):
    given = {"a": tl.tensor(np.ones(a)), "b": np.ones(b), "np": np}
    line = said(lambda: given["a"] @ given["b"]).rpartition(" instead: ")[2]
    product, _, shape = line.partition(" with b of shape ")
    if shape:
        given["b"] = np.ones(eval(shape))  # noqa: S307
    eval(product, given)  # noqa: S307  the line works when typed


@pytest.mark.parametrize("sizes", [(2, 2), (1, 2), (3, 5), (2, -3), (2, 2, 2)])
def test_repeat_in_pytorchs_way_leads_to_both_lines(sizes):
    x = tl.tensor(np.ones((2, 2)))
    if -2 <= sizes[1] < 2 and len(sizes) == 2:  # NumPy's axis
        np.testing.assert_array_equal(x.repeat(*sizes), np.ones((2, 2)).repeat(*sizes))
    else:
        assert "np.tile(x, sizes)" in said(lambda: x.repeat(*sizes))


def test_a_checkpoint_in_pytorchs_order_leads_to_ours(tmp_path):
    save = tl.training.checkpoint.save
    for state in ({"epoch": 1}, tl.nn.Linear(2, 1).state_dict(), [1.0]):
        assert said(lambda state=state: save(state, tmp_path / "a.safetensors")).endswith("Type instead: checkpoint.save(path, state)")


def test_gather_takes_lists():
    x = tl.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    np.testing.assert_array_equal(x.gather(1, [[0], [1]]).numpy(), [[1.0], [4.0]])
    np.testing.assert_array_equal(x.take_along_dim([[0], [1]], 1).numpy(), [[1.0], [4.0]])


NAMES = [
    (tl.nn.functional, "mae_loss", "type tl.losses.l1_loss"),
    (tl.nn.functional, "smooth_l1", "type tl.losses.smooth_l1_loss"),
    (tl.nn.functional, "rmse_loss", "type np.sqrt(tl.losses.mse_loss(input, target))"),
    (tl.nn, "MAELoss", "type nn.L1Loss()"),
    (tl.nn, "BCE", "type nn.BCELoss()"),
    (tl.nn, "RMSELoss", "type np.sqrt(tl.losses.mse_loss(input, target))"),
    (tl.losses, "rmse", "type np.sqrt(tl.losses.mse_loss(input, target))"),
    (tl.nn, "save", "type tl.training.checkpoint.save(path, model.state_dict())"),
    (tl.nn, "load", "type model.load_state_dict(tl.training.checkpoint.load(path))"),
    (tl, "save", "type tl.training.checkpoint.save(path, model.state_dict())"),
    (tl, "load", "type model.load_state_dict(tl.training.checkpoint.load(path))"),
    (tl, "summary", "type model.summary(x)"),
    (tl, "rmse", "type np.sqrt(tl.losses.mse_loss(input, target))"),
    (tl.nn.Linear(2, 1), "fit", "type tl.fit(model, loss, (X, y))"),
    (tl.nn.Linear(2, 1), "predict", "type tl.training.predict(model, X)"),
    (tl.nn.Linear(2, 1), "evaluate", "type tl.training.evaluate(model, loss, tl.data.Dataset(X, y))"),
    (tl.nn.Linear(2, 1), "save", "type tl.training.checkpoint.save(path, model.state_dict())"),
    (tl.nn.Linear(2, 1), "load", "type model.load_state_dict(tl.training.checkpoint.load(path))"),
]


@pytest.mark.parametrize(("where", "name", "line"), NAMES)
def test_a_name_from_elsewhere_leads_to_its_line(where, name, line):
    assert said(lambda: getattr(where, name)).endswith(f"; {line}")


def test_a_model_is_saved_and_summed_up_in_its_own_words():
    model = tl.nn.Linear(2, 1)
    assert "model.state_dict()" in said(lambda: pickle.dumps(model))
    assert said(model.summary).endswith("Type instead: model.summary(x[:1])")


IMPORTS = [
    ("tinygrad_loss", "mse_loss", "type tl.losses.mse_loss"),
    ("tinygrad_loss.losses", "mse", "type tl.losses.mse_loss"),
    ("tinygrad_loss.nn", "MAELoss", "type nn.L1Loss()"),
    ("tinygrad_loss.nn.functional", "mae_loss", "type tl.losses.l1_loss"),
    ("tinygrad_loss.data", "random_split", ""),
    ("tinygrad_loss.optim", "Adamm", "the nearest is 'AdamW'"),
]


@pytest.mark.parametrize(("module", "name", "line"), IMPORTS)
def test_an_import_of_another_name_says_the_same_as_the_attribute(module, name, line):
    with pytest.raises(ImportError) as error:
        exec(f"from {module} import {name}", {})  # noqa: S102
    message = said(lambda: getattr(sys.modules[module], name))
    assert str(error.value).partition("; ")[2] == message.partition("; ")[2] != ""
    assert line in message
    assert not hasattr(sys.modules[module], name)
