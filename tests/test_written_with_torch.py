"""A function that is written with PyTorch: it is recognised, named, and the line that works here is said."""

import importlib.util
import sys
import types

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.cli.main import main
from tinygrad_loss.ops.torch_functions import OTHERWISE, instead_of_torch

RULE = "this is written with PyTorch, whose calls are not recorded here, got a Tensor of tinygrad_loss. "
FUNCTIONS = {
    "torch.log": "np.log(x)",
    "torch.abs": "np.abs(x)",
    "torch.mean": "np.mean(x)",
    "torch.clamp": "np.clip(x, low, high)",
    "torch.where": "np.where(condition, x, y)",
    "torch.sigmoid": "tl.ops.expit(x)",
    "torch.linalg.norm": "np.linalg.norm(x)",
    "torch.fft.fft": "np.fft.fft(x)",
    "torch.nn.functional.softplus": "tl.ops.softplus(x)",
    "torch.nn.functional.relu": "np.maximum(x, 0.0)",
    "torch.nn.functional.mse_loss": "tl.losses.mse_loss(input, target)",
    "torch.nn.functional.kl_div": "tl.losses.kl_div(input, target)",
    "torch.distributions.Normal": "tl.distributions.Normal",
    "torch.histc": "the formula of torch.histc in np and tl.ops calls",
}
GIVEN = {
    "x": np.array([0.3, 0.7]), "y": np.array([1.0, 2.0]), "low": 0.4, "high": 0.6, "condition": np.array([True, False]), "axis": 0,
    "index": np.array([1, 0]), "mask": np.array([True, False]), "value": 0.0, "n": 2, "axes": (0,), "i": 0, "j": 0,
    "weight": np.ones((3, 2)), "bias": np.zeros(3),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_line_for_a_function(name):
    assert instead_of_torch(name) == FUNCTIONS[name]


@pytest.mark.parametrize("name", sorted(name for name, text in OTHERWISE.items() if not text.startswith("x itself")))
def test_every_line_runs_on_a_tensor(name):
    given = GIVEN | {"x": tl.tensor(GIVEN["x"], requires_grad=True)}
    found = eval(OTHERWISE[name], {"np": np, "tl": tl, **given})  # noqa: S307  the line that the message says
    assert isinstance(found, tl.Tensor) or name == "numel"


def pretended(name, module):
    """Return a function as PyTorch's look like, for machines without it."""
    function = types.FunctionType((lambda: None).__code__, {}, name)
    function.__module__ = module
    return function


@pytest.mark.parametrize(
    ("name", "module", "public"),
    [
        ("log", "torch", "torch.log"),
        ("log", None, "torch.log"),
        ("relu", "torch.nn.functional", "torch.nn.functional.relu"),
        ("linalg_norm", "torch._C._linalg", "torch.linalg.norm"),
        ("softplus", "torch._C._nn", "torch.nn.functional.softplus"),
    ],
)
def test_a_tensor_refuses_the_call(name, module, public):
    with pytest.raises(errors.NoRuleError) as error:
        tl.Tensor.__torch_function__(pretended(name, module), (), (), {})
    assert str(error.value) == f"{public}: {RULE}{errors.remedy(instead_of_torch(public))}"


@pytest.fixture
def torch(monkeypatch):
    """The package, or what stands for its functions that want an array."""
    if importlib.util.find_spec("torch"):
        return importlib.import_module("torch")
    room = types.ModuleType("torch")
    source = "def from_numpy(x):\n    raise TypeError('expected np.ndarray (got Tensor)')\n"
    exec(source, vars(room))  # noqa: S102  so that its frame is one of that module's, as PyTorch's own are
    monkeypatch.setitem(sys.modules, "torch", room)
    return room


def test_a_verdict_names_what_failed_in_torch(torch):
    def f(x):
        return torch.from_numpy(x).sum()

    with pytest.raises(errors.NoRuleError) as error:
        tl.differentiability(f, np.array([0.5, 1.0]))
    assert str(error.value) == f"torch.from_numpy: {RULE}Use instead: x itself, which NumPy's functions take as it is"


def test_a_fault_in_numpy_code_is_not_torchs(torch):
    def f(x):
        kept = torch.from_numpy
        return np.ones(3) @ x if kept else x

    with pytest.raises(errors.ShapeError):
        tl.differentiability(f, np.ones(2))


def test_check_names_it(torch, tmp_path, monkeypatch, capsys):
    assert torch
    monkeypatch.chdir(tmp_path)
    (tmp_path / "written.py").write_text("import torch\n\ndef f(x):\n    return torch.from_numpy(x).sum()\n", encoding="utf-8")
    assert main(["check", "written.py:f", "--at", "0.5"]) == 2
    assert (
        capsys.readouterr().err
        == f"tinygrad-loss check: torch.from_numpy: {RULE}Use instead: x itself, which NumPy's functions take as it is\n"
    )


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="asks PyTorch itself")
@pytest.mark.parametrize("name", [name for name in FUNCTIONS if "distributions" not in name])
def test_pytorch_asks_the_tensor(name):
    function = importlib.import_module("torch")
    for part in name.split(".")[1:]:
        function = getattr(function, part)
    x = tl.tensor([0.3, 0.7], requires_grad=True)
    with pytest.raises(errors.NoRuleError) as error:
        function(
            *{"torch.where": (x > 0, x, x), "torch.nn.functional.mse_loss": (x, x), "torch.nn.functional.kl_div": (x, x)}.get(name, (x,))
        )
    assert str(error.value) == f"{name}: {RULE}{errors.remedy(FUNCTIONS[name])}"
