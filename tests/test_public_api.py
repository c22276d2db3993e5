"""The front door: growing it is a visible act."""

import subprocess
import sys

import pytest

import tinygrad_loss as tl

FUNCTIONS = {
    "at_kinks", "debug", "differentiability", "directional", "draw", "enable_grad", "fit", "grad", "gradcheck", "hessian", "hvp",
    "jacobian", "jvp", "no_grad", "op", "tensor", "value_and_grad", "vjp",
}  # fmt: skip
CLASSES = {"Facts", "Tensor"}
ROOMS = {"context", "data", "distributions", "errors", "losses", "nn", "ops", "optim", "training"}


def public(names):
    return {name for name in names if not name.startswith("_")}


def test_the_public_names_are_these():
    run = subprocess.run(
        [sys.executable, "-c", "import tinygrad_loss; print(*dir(tinygrad_loss))"], capture_output=True, text=True, check=True
    )
    assert public(run.stdout.split()) == FUNCTIONS | CLASSES | ROOMS


def test_each_of_them_is_there_and_documented():
    for name in FUNCTIONS | CLASSES:
        assert callable(getattr(tl, name)), name
        assert getattr(tl, name).__doc__, name
    for name in ROOMS:
        assert getattr(tl, name).__doc__, name


def test_no_room_hides_a_function():
    assert not FUNCTIONS & ROOMS


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(AttributeError) as raised:
        tl.gradient  # noqa: B018
    line = "use np.gradient(y) for differences of samples, or tl.grad(f) for a derivative"
    assert str(raised.value) == f"module 'tinygrad_loss' has no attribute 'gradient'; {line}"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("relu", "type tl.ops.relu"),
        ("mse_loss", "type tl.losses.mse_loss"),
        ("Linear", "type tl.nn.Linear"),
        ("History", "type tl.training.History"),
        ("metrics", "type tl.training.metrics"),
        ("accuracy", "type tl.training.metrics.accuracy"),
        ("zeros", "type np.zeros"),
        ("cat", "type np.concatenate"),
        ("save", "type tl.training.checkpoint.save(path, model.state_dict())"),
    ],
)
def test_a_name_of_another_room_or_library_says_what_to_type(name, told):
    with pytest.raises(AttributeError) as raised:
        getattr(tl, name)
    assert str(raised.value) == f"module 'tinygrad_loss' has no attribute {name!r}; {told}"


def test_schedules_of_torch_that_are_not_here_say_what_to_type():
    with pytest.raises(AttributeError) as raised:
        tl.optim.MultiplicativeLR  # noqa: B018
    told = "type tl.optim.LambdaLR(optimizer, lambda t: factor**t)"
    assert str(raised.value) == f"module 'tinygrad_loss.optim' has no attribute 'MultiplicativeLR'; {told}"
    with pytest.raises(AttributeError) as raised:
        tl.optim.lr_scheduler.StepLr  # noqa: B018
    assert str(raised.value) == "module 'tinygrad_loss.optim.lr_scheduler' has no attribute 'StepLr'; the nearest is 'StepLR'"


def test_what_data_has_under_another_name_says_so():
    with pytest.raises(AttributeError) as raised:
        tl.data.random_split  # noqa: B018
    assert str(raised.value) == "module 'tinygrad_loss.data' has no attribute 'random_split'; type train, test = dataset.split()"
