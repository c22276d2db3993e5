"""A name that people know from elsewhere leads to ours; a stranger or a module is never a hint; every line that is said works."""

import re
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.cli.main import main
from tinygrad_loss.losses.synonyms import SYNONYMS, named
from tinygrad_loss.nn import loss as loss_modules

ROOMS = (tl, tl.ops, tl.losses, tl.nn, tl.optim, tl.optim.lr_scheduler, tl.distributions, tl.data, tl.training)


def said(room, name):
    with pytest.raises(AttributeError) as raised:
        getattr(room, name)
    begin = f"module {room.__name__!r} has no attribute {name!r}; "
    assert str(raised.value).startswith(begin)
    return str(raised.value).removeprefix(begin)


# ---- losses --------------------------------------------------------------------------------------------------------------

KNOWN_AS = {
    "mae": "l1_loss", "l1": "l1_loss", "mse": "mse_loss", "l2": "mse_loss", "bce": "binary_cross_entropy", "ce": "cross_entropy",
    "log_loss": "binary_cross_entropy", "nll": "nll_loss", "iou": "jaccard_loss", "jaccard": "jaccard_loss", "f1": "dice_loss",
    "dice": "dice_loss", "pinball": "quantile_loss", "focal": "focal_loss", "infonce": "info_nce_loss", "iou_loss": "jaccard_loss",
    "mae_loss": "l1_loss", "huber": "huber_loss", "hinge": "hinge_loss", "kl": "kl_div", "CrossEntropyLoss": "cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "logcosh": "log_cosh_loss", "charbonnier": "pseudo_huber_loss",
    "SimCLR": "nt_xent_loss", "emd": "wasserstein_loss", "crps": "crps_normal", "triplet": "triplet_margin_loss", "svm": "hinge_loss",
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN_AS)
def test_a_loss_by_the_name_that_people_know(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    loss = KNOWN_AS[name]
    if not isinstance(vars(tl.losses).get(name), ModuleType):  # `test_a_module_called_like_a_function_says_what_to_type` has the others
        assert said(tl.losses, name) == f"type tl.losses.{loss}"
    assert callable(getattr(tl.losses, loss))
    assert main(["losses", name]) == 0
    assert re.search(rf"^\W*{loss} ", capsys.readouterr().out, re.MULTILINE)
    assert main(["show", name]) == 0
    assert capsys.readouterr().out.startswith(f"{loss}(")


@pytest.mark.parametrize("name", ["mae", "bce", "iou", "pinball", "infonce"])
def test_the_front_door_knows_them_too(name):
    assert said(tl, name) == f"type tl.losses.{KNOWN_AS[name]}"


def test_every_synonym_leads_to_a_loss_and_none_hides_one():
    assert set(SYNONYMS.values()) <= set(tl.losses.LOSSES)
    assert {name: named(name) for name in tl.losses.LOSSES} == {name: name for name in tl.losses.LOSSES}
    assert {name: named(name) for name in SYNONYMS} == dict(SYNONYMS)


def test_the_classes_of_losses_lead_to_their_functions():
    for name in loss_modules.__all__:
        kind = getattr(loss_modules, name)
        if isinstance(kind, type) and issubclass(kind, loss_modules.LossModule) and kind is not loss_modules.LossModule:
            assert named(name) == kind.loss.__name__


@pytest.mark.parametrize(("word", "near"), [("hubr", "huber_loss"), ("mze_loss", "mse_loss"), ("pinbal", "quantile_loss")])
def test_a_slip_in_a_loss(word, near, capsys):
    assert said(tl.losses, word) == f"the nearest is {near!r}"
    assert main(["losses", word]) == 1
    assert capsys.readouterr().out == f"no loss fits; the nearest is {near!r}: tinygrad-loss show {near}\n"
    assert main(["show", word]) == 2
    assert capsys.readouterr().err.endswith(f"Type instead: {near!r}\n")


@pytest.mark.parametrize("word", ["nope", "zork", "wing_loss", "gan", "perceptual", "nce"])
def test_a_loss_that_nobody_has_gets_no_name(word, capsys):
    assert said(tl.losses, word) == "dir(tl.losses) lists the names that it has"
    assert main(["show", word]) == 2
    assert capsys.readouterr().err.endswith("Type instead: tinygrad-loss losses\n")


def test_a_loss_by_name_where_a_function_is_meant():
    data = tl.data.load("iris")
    for given, loss in (("mae", "l1_loss"), ("ce", "cross_entropy"), ("zork", "mse_loss")):
        with pytest.raises(errors.ArgumentError, match=rf"got '{given}'\. Type instead: tl\.losses\.{loss}$"):
            tl.fit(tl.nn.Linear(4, 3), given, data)


def test_train_leads_from_an_unknown_name_to_one_that_fits(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "diabetes", "--loss", "zork"]) == 2
    assert capsys.readouterr().err.endswith("got 'zork'. Type instead: 'mse_loss'\n")


# ---- rooms ---------------------------------------------------------------------------------------------------------------

STRANGERS = {
    tl: ("jut", "zork", "special", "regression", "pooling"),
    tl.ops: ("zork", "huberr_x", "rbf", "msort", "knn", "iou"),
    tl.nn: ("Zork", "KAN", "Mamba", "functionall_x"),
    tl.optim: ("LARS", "LAMB", "Shampoo"),
    tl.distributions: ("HalfNormal", "HalfCauchy", "Skellam", "LKJCholesky"),
    tl.data: ("zork", "ImageFolder", "samplers_x"),
}


@pytest.mark.parametrize(("room", "name"), [(room, name) for room, names in STRANGERS.items() for name in names])
def test_no_hint_below_a_similarity(room, name):
    assert said(room, name) == f"dir({room.__name__.replace('tinygrad_loss', 'tl')}) lists the names that it has"


@pytest.mark.parametrize("room", ROOMS[1:], ids=lambda r: r.__name__)
def test_no_hint_names_a_module(room):
    for name, value in list(vars(room).items()):
        if isinstance(value, ModuleType) and not name.startswith("_") and name not in dir(room):
            hint = said(room, f"{name}z")
            assert hint != f"the nearest is {name!r}"


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("rleu", "relu"),
        ("sofmax", "softmax"),
        ("gelus", "gelu"),
        ("jit", None),
        ("pl", None),
        ("crossentropi", "cross_entropy"),
    ],
)
def test_what_is_similar(word, near):
    assert errors.similar(word, ["relu", "softmax", "gelu", "fit", "mix", "pi", "cross_entropy"]) == near


OF_TORCH = {
    "inference_mode": "type with tl.no_grad():",
    "set_grad_enabled": "type with tl.no_grad():, or with tl.enable_grad():",
    "Value": "type tl.tensor(array, requires_grad=True)",
    "utils": "type tl.data.DataLoader(data), or tl.optim.clip_grad_norm_(model.parameters(), 1.0)",
    "backward": "type y.backward()",
    "Function": "type tl.op(name, forward, derivative)",
    "autograd": "type tl.grad(f), or y.backward(); a function with a derivative of its own is tl.op(name, forward, derivative)",
    "Parameter": "type tl.nn.Parameter(array)",
    "norm": "type np.linalg.norm(x)",
    "lr_scheduler": "type tl.optim.lr_scheduler",
}


@pytest.mark.parametrize("name", OF_TORCH)
def test_a_name_of_torchs_leads_to_ours(name):
    assert said(tl, name) == OF_TORCH[name]


X = np.array([[1.0, 4.0], [9.0, 16.0]])
OF_OPS = {
    # the line that is said, typed, and what it answers
    "rsqrt": ("1 / np.sqrt(x)", 1 / np.sqrt(X)),
    "cat": ("np.concatenate([a, b])", np.concatenate([X, X])),
    "gather": ("np.take_along_axis(x, index, axis)", X[[0, 1], [1, 0]][:, None]),
    "mm": ("a @ b", X @ X),
    "clamp": ("np.clip(x, low, high)", np.clip(X, 2, 5)),
    "norm": ("np.linalg.norm(x)", np.linalg.norm(X)),
    "unsqueeze": ("np.expand_dims(x, axis)", X[:, None]),
    "swish": ("tl.ops.silu(x)", X / (1 + np.exp(-X))),
    "exp": ("np.exp", np.exp),
    "svd": ("np.linalg.svd", np.linalg.svd),
}


@pytest.mark.parametrize("name", OF_OPS)
def test_a_name_that_ops_lack_is_said_in_numpy(name):
    line, answer = OF_OPS[name]
    assert said(tl.ops, name) == f"type {line}" if name != "norm" else True
    names = {"np": np, "tl": tl, "x": X, "a": X, "b": X, "index": np.array([[1], [0]]), "axis": 1, "low": 2, "high": 5}
    typed = eval(line, names)  # noqa: S307  the line that the message says
    assert typed is answer if callable(answer) else np.allclose(typed, answer)


MADE_OF = {
    "Pareto": ({"alpha": 3.0, "scale": 2.0}, stats.pareto(3.0, scale=2.0), 2.7),
    "Chi2": ({"df": 5.0}, stats.chi2(5.0), 3.3),
    "InverseGamma": ({"concentration": 3.0, "rate": 2.0}, stats.invgamma(3.0, scale=2.0), 0.8),
    "Rayleigh": ({"scale": 1.5}, stats.rayleigh(scale=1.5), 1.1),
    "Gaussian": ({"loc": 1.0, "scale": 2.0}, stats.norm(1.0, 2.0), 0.3),
    "Erlang": ({"k": 3.0, "rate": 2.0}, stats.erlang(3, scale=0.5), 0.9),
    "T": ({"df": 4.0, "loc": 1.0, "scale": 2.0}, stats.t(4.0, 1.0, 2.0), 0.9),
}  # SciPy's densities


@pytest.mark.parametrize("name", MADE_OF)
def test_a_distribution_that_is_made_of_ours(name):
    named_by, theirs, y = MADE_OF[name]
    line = said(tl.distributions, name).removeprefix("type ")
    ours = eval(line, {"tl": tl, "np": np, **named_by})  # noqa: S307  the line that the message says
    assert float(ours.log_prob(y)) == pytest.approx(theirs.logpdf(y), rel=1e-9)


def test_the_normal_of_log_odds():
    loc, scale, y = 0.3, 0.8, 0.6
    line = said(tl.distributions, "LogitNormal").removeprefix("type ")
    ours = eval(line, {"tl": tl, "loc": loc, "scale": scale})  # noqa: S307  the line that the message says
    expected = stats.norm(loc, scale).logpdf(np.log(y / (1 - y))) - np.log(y * (1 - y))
    assert float(ours.log_prob(y)) == pytest.approx(expected, rel=1e-9)


CALLED = {
    tl.ops.norm: "type np.linalg.norm(x)",
    tl.ops.einsum: "type np.einsum",
    tl.ops.cholesky: "type np.linalg.cholesky(x)",
    tl.ops.distance: "type tl.ops.pairwise_distance(a, b), or tl.ops.cdist(a, b) for all pairs",
    tl.ops.pooling: "type tl.ops.max_pool2d(x, 2) or tl.ops.avg_pool2d(x, 2)",
    tl.nn.linear: "the nearest is 'Linear'",
    tl.nn.attention: "type nn.MultiheadAttention(embed_dim, num_heads)",
    tl.losses.quantile: "type tl.losses.quantile_loss",
    tl.losses.hinge: "type tl.losses.hinge_loss",
    tl.distributions.mixture: "the nearest is 'Mixture'",
    tl.data.loader: "type tl.data.DataLoader",
    tl.training.fit: "type tl.fit(model, loss, data)",
}


@pytest.mark.parametrize("module", CALLED, ids=lambda m: m.__name__)
def test_a_module_called_like_a_function_says_what_to_type(module):
    with pytest.raises(TypeError) as raised:
        module(X, X)
    assert str(raised.value) == f"module {module.__name__!r} is not callable; {CALLED[module]}"


def test_training_says_names_too():
    assert said(tl.training, "evalute") == "the nearest is 'evaluate'"


def test_the_modules_of_every_room_say_so():
    for room in (tl.ops, tl.losses, tl.nn, tl.optim, tl.distributions, tl.data, tl.training):
        for value in list(vars(room).values()):
            if isinstance(value, errors.Uncalled):
                with pytest.raises(errors.ArgumentError, match=r"is not callable; (type |the nearest is |dir\(|[a-z])"):
                    value()


@pytest.mark.parametrize(("word", "name"), [("mnist", "digits"), ("animals", "cats"), ("Fashion-MNIST", "fashion"), ("digit", "digits")])
def test_a_data_set_by_the_name_that_people_know(word, name):
    with pytest.raises(errors.DomainError, match=rf"got {word!r}\. Type instead: {name!r}$"):
        tl.data.load(word)


@pytest.mark.parametrize(
    ("make", "instead"),
    [
        (lambda: tl.nn.Linear(2, 3, device="cpu"), "Linear(...), without device="),
        (lambda: tl.losses.huber_loss([0.0], [0.0], zork=1), "huber_loss(...), without zork="),
        (lambda: tl.optim.SGD([tl.tensor([1.0], requires_grad=True)], lr=0.1, foreach=True), "SGD(...), without foreach="),
    ],
    ids=["layer", "loss", "optimiser"],
)
def test_an_argument_without_a_counterpart_is_left_out(make, instead):
    with pytest.raises(errors.ArgumentError) as raised:
        make()
    assert str(raised.value).endswith(f"{tl.errors.remedy(instead)}")
