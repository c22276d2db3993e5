"""A name that is not there: every room, every class and every command says the nearest that is."""

import inspect

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import data, distributions, errors, nn, optim
from tinygrad_loss.cli.main import main

OF_ROOMS = {
    (tl, "grd"): "module 'tinygrad_loss' has no attribute 'grd'; the nearest is 'grad'",
    (tl.ops, "rleu"): "module 'tinygrad_loss.ops' has no attribute 'rleu'; the nearest is 'relu'",
    (tl.losses, "mse_los"): "module 'tinygrad_loss.losses' has no attribute 'mse_los'; the nearest is 'mse_loss'",
    (tl.distributions, "normal"): "module 'tinygrad_loss.distributions' has no attribute 'normal'; the nearest is 'Normal'",
    (tl.nn, "conv2d"): "module 'tinygrad_loss.nn' has no attribute 'conv2d'; the nearest is 'Conv2d'",
    (tl.optim, "Adm"): "module 'tinygrad_loss.optim' has no attribute 'Adm'; the nearest is 'Adam'",
    (tl.data, "lod"): "module 'tinygrad_loss.data' has no attribute 'lod'; the nearest is 'load'",
}


OF_AUTOGRAD = {
    "elementwise_grad": "type tl.grad(lambda x: np.sum(f(x)))",
    "hessian_vector_product": "type tl.hvp(f, x, v)",
    "flatten": "type np.ravel(x); tl.grad and tl.optim.minimize take dicts, lists and tuples of arrays as they are",
    "vmap": "type f(x) on the whole batch, or np.stack([f(row) for row in x])",
    "make_vjp": "type y, pullback = tl.vjp(f, x)",
    "make_jvp": "type y, dy = tl.jvp(f, x, v)",
    "jacrev": "type tl.jacobian(f)",
    "multigrad_dict": "type tl.value_and_grad(f), whose arguments may be dicts, lists and tuples of arrays",
    "check_grads": "type tl.gradcheck(f, x)",
    "primitive": "type tl.op(name, forward, derivative), an op of your own",
    "stop_gradient": "type x.detach()",
    "numpy": "type import numpy as np: NumPy's own functions take tensors",
}
"""What users of autograd and JAX ask for, by the name that they know."""


@pytest.mark.parametrize("name", OF_AUTOGRAD)
def test_a_name_of_autograds_leads_to_ours(name):
    with pytest.raises(AttributeError) as caught:
        getattr(tl, name)
    assert str(caught.value) == f"module 'tinygrad_loss' has no attribute {name!r}; {OF_AUTOGRAD[name]}"


def test_the_lines_for_users_of_autograd_are_right():
    def f(x):
        return np.sin(x) * x

    def total(x):
        return np.sum(f(x))

    x, v = np.array([0.3, 1.2]), np.array([1.0, -2.0])
    slope, bend = np.cos(x) * x + np.sin(x), 2 * np.cos(x) - x * np.sin(x)
    np.testing.assert_allclose(tl.grad(lambda x: np.sum(f(x)))(x), slope)
    np.testing.assert_allclose(tl.hvp(total, x, v), bend * v)
    _, pullback = tl.vjp(f, x)
    np.testing.assert_allclose(pullback(v), slope * v)
    _, dy = tl.jvp(f, x, v)
    np.testing.assert_allclose(dy, slope * v)
    np.testing.assert_allclose(tl.jacobian(f)(x), np.diag(slope))
    np.testing.assert_allclose(tl.value_and_grad(lambda p: total(p["w"]))({"w": x})[1]["w"], slope)
    np.testing.assert_allclose(tl.optim.minimize(lambda p: (p["w"] - 1.0) ** 2 + p["b"] ** 2, {"w": 0.0, "b": 3.0}).x["w"], 1.0)
    rows = np.stack([x, 2 * x])
    np.testing.assert_allclose(tl.grad(lambda rows: np.sum(np.stack([f(row) for row in rows])))(rows)[0], slope)
    assert tl.gradcheck(total, x)


@pytest.mark.parametrize("transform", [tl.grad, tl.value_and_grad, tl.jacobian, tl.hessian], ids=lambda t: t.__name__)
@pytest.mark.parametrize(
    ("keyword", "value", "instead"),
    [
        ("argnum", 1, "tl.{}(f, argnums=1)"),
        ("argnum", (0, 1), "tl.{}(f, argnums=(0, 1))"),
        ("has_aux", True, "tl.{}(lambda *x: f(*x)[0])"),
        ("holomorphic", False, "tl.{}(f, argnums=0)"),
    ],
)
def test_a_keyword_that_a_transform_does_not_have(transform, keyword, value, instead):
    name = transform.__name__
    with pytest.raises(errors.ArgumentError) as caught:
        transform(lambda a, b: a * b, **{keyword: value})
    rule = f"its arguments are f and argnums, got {keyword}={value!r}"
    assert str(caught.value) == f"tl.{name}: {rule}. {tl.errors.remedy(instead.format(name))}"


@pytest.mark.parametrize(("room", "name"), OF_ROOMS, ids=[f"{room.__name__}.{name}" for room, name in OF_ROOMS])
def test_a_name_that_a_room_does_not_have(room, name):
    with pytest.raises(AttributeError) as caught:
        getattr(room, name)
    assert str(caught.value) == OF_ROOMS[room, name]


def weights():
    return [tl.tensor([1.0], requires_grad=True)]


OF_CLASSES = [
    (
        lambda: nn.Linear(3, 2, bais=False),
        "Linear: arguments are in_features, out_features, bias, dtype, rng, got bais=. Type instead: bias=",
    ),
    (lambda: nn.MSELoss(redution="sum"), "MSELoss: arguments are reduction, got redution=. Type instead: reduction="),
    (
        lambda: nn.L1Loss(size_average=False),
        "L1Loss: arguments are reduction, got size_average=. Type instead: reduction='sum'",
    ),
    (
        lambda: tl.losses.mse_loss([0.0], [0.0], reduce=False),
        "mse_loss: arguments are weight, reduction, sample_weight, where, got reduce=. Type instead: reduction='none'",
    ),
    (
        lambda: optim.SGD(weights(), lr=0.1, momentm=0.9),
        "SGD: arguments are params, lr, momentum, dampening, weight_decay, nesterov, maximize, got momentm=. Type instead: momentum=",
    ),
    (lambda: distributions.Normal(0.0, scael=1.0), "Normal: arguments are loc, scale, validate_args, got scael=. Type instead: scale="),
    (
        lambda: tl.losses.huber_loss([0.0], [0.0], dleta=1.0),
        "huber_loss: arguments are delta, weight, reduction, sample_weight, where, got dleta=. Type instead: delta=",
    ),
]


@pytest.mark.parametrize(("call", "message"), OF_CLASSES, ids=[message.partition(":")[0] for _, message in OF_CLASSES])
def test_an_argument_that_a_class_does_not_have(call, message):
    with pytest.raises(errors.ArgumentError) as caught:
        call()
    assert str(caught.value) == message


LAYERS = sorted(
    name
    for name, x in vars(nn).items()
    if isinstance(x, type) and issubclass(x, nn.Module) and x not in (nn.Module, nn.LossModule, nn.Identity)
)
"""All but what stands for others, and Identity, which takes any settings as PyTorch's does."""
OPTIMISERS = sorted(
    name for name, x in vars(optim).items() if isinstance(x, type) and issubclass(x, optim.Optimizer) and x is not optim.Optimizer
)


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_says_so(name):
    with pytest.raises(errors.ArgumentError, match=f"^{name}: (arguments are .*|it takes no arguments), got .* instead: "):
        getattr(nn, name)(no_such_setting=1)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_says_so_and_refuses_what_it_cannot_move(name):
    make = getattr(optim, name)
    with pytest.raises(errors.ArgumentError, match=f"^{name}: arguments are .*, got no_such_setting=. Use instead: "):
        make(weights(), lr=0.1, no_such_setting=1)
    for params, raised, message in (
        (3, errors.ArgumentError, "params must be tensors, or groups of them, got int. Type instead: {}(model.parameters(), lr=0.01)"),
        ([], errors.DomainError, "there must be parameters to move, got none. Type instead: {}(model.parameters(), lr=0.01)"),
    ):
        with pytest.raises(raised) as caught:
            make(params, lr=0.1)
        assert str(caught.value) == f"{name}: {message.format(name)}"
    with pytest.raises(errors.DomainError) as caught:
        make(weights(), lr=-1.0)
    assert str(caught.value) == f"{name}: lr must lie in [0, inf), got -1.0. Type instead: {name}(params, lr=0.01)"


def test_gradients_are_not_clipped_to_less_than_nothing():
    with pytest.raises(errors.DomainError) as caught:
        optim.clip_grad_value_(weights(), -1.0)
    assert str(caught.value) == "clip_grad_value_: clip_value must be at least 0, got -1.0. Type instead: clip_value=1.0"


def test_a_method_is_found_whatever_its_capitals():
    with pytest.raises(errors.DomainError, match=r"got 'bgfs'. Type instead: 'BFGS'$"):
        optim.minimize(lambda x: np.sum(x * x), [1.0, 2.0], method="bgfs")


def test_a_data_set_that_is_not_known():
    with pytest.raises(errors.DomainError, match=r"^tl.data.load: name must be one of 'digits', .*, got 'digit'. Type instead: 'digits'$"):
        data.load("digit")


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        (["train", "digit"], "Type instead: 'digits'"),
        (["train", "digits", "--model", "mpl"], "Type instead: 'mlp'"),
        (["train", "digits", "--loss", "cros_entropi"], "Type instead: 'cross_entropy'"),
        (["show", "hubr_loss"], "Type instead: 'huber_loss'"),
        (["losses", "--for", "clasification"], "Type instead: 'classification'"),
        (["losses", "--estimates", "medan"], "Type instead: 'median'"),
        (["trian"], "Type instead: tinygrad-loss train"),
    ],
    ids=" ".join,
)
def test_the_command_line_says_the_nearest(typed, nearest, capsys):
    assert main(typed) == 2
    assert capsys.readouterr().err.strip().endswith(nearest)


def test_signatures_are_those_of_constructors():
    """Also where a class only inherits its constructor; and an instance keeps that of its call."""

    class Mine(nn.Linear):
        pass

    assert str(inspect.signature(Mine)) == str(inspect.signature(nn.Linear))
    assert next(iter(inspect.signature(nn.BatchNorm2d).parameters)) == "num_features"
    assert list(inspect.signature(distributions.Normal).parameters) == ["loc", "scale", "validate_args"]
    assert list(inspect.signature(nn.Linear(1, 1)).parameters) == ["inputs", "named"]


def test_a_class_without_a_constructor_takes_nothing():
    class Plain(nn.Module):
        pass

    with pytest.raises(errors.ArgumentError) as caught:
        Plain(3)
    assert str(caught.value) == "Plain: it takes no arguments, got 1. Type instead: Plain()"
