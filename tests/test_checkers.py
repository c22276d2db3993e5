"""What type checkers make of the public names: none is Any, and none returns it; and the programs of the README and of docs/types.md have no errors.

Asked by `reveal_type`, so that a comment that silences a checker hides nothing. Collected where pyright is installed: see conftest.
"""

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_loss as tl
from tinygrad_loss import nn

ROOT = Path(__file__).parent.parent
ROOMS = ("", ".nn", ".nn.functional", ".losses", ".optim", ".distributions", ".data", ".ops", ".training")
ENGINE = {"first", "second"}
"""Fields of a tensor that hold the inputs of its op in either of two forms."""

CALLS = {
    # what a user writes: what it is, in both checkers' words
    "tl.losses.huber_loss(t, a)": "Tensor",
    "tl.losses.huber_loss(a, t, delta=2.0)": "Tensor",
    "tl.losses.huber_loss([1.0], [2.0], reduction='none')": "ndarray",
    "tl.losses.LOSSES['l1_loss'](t, a)": "Tensor | Any",
    "tl.losses.huber_loss.facts": "Facts",
    "tl.losses.huber_loss.facts.formula": "str",
    "tl.nn.MSELoss(reduction='sum')(t, a)": "Tensor",
    "tl.nn.Linear(3, 2)(a)": "Tensor",
    "tl.nn.ReLU()(t)": "Tensor",
    "tl.nn.ReLU()(a)": "ndarray",
    "tl.nn.Sequential(tl.nn.Linear(3, 2), tl.nn.ReLU())(a)": "Tensor",
    "tl.nn.LSTM(3, 2)(a)[1][0]": "Tensor",
    "tl.ops.relu(t)": "Tensor",
    "tl.ops.relu(a)": "ndarray",
    "tl.ops.conv2d(a, t)": "Tensor",
    "tl.tensor([1.0])": "Tensor",
    "t + a": "Tensor",
    "t[0].sum(axis=0)": "Tensor",
    "t.mean()": "Tensor",
    "t.T": "Tensor",
    "t.grad": "ndarray | None",
    "abs(t)": "Tensor",
    "tl.grad(f)(a)": "ndarray | Any",
    "tl.grad(f)({'w': a})['w']": "ndarray | Any",
    "tl.value_and_grad(f)([a, a])[1][0]": "ndarray | Any",
    "tl.differentiability(f, 0.0)": "Verdict",
    "tl.differentiability(f, 0.0).left": "float | None",
    "tl.gradcheck(f, a)": "Report",
    "tl.draw(t)": "Picture",
    "tl.data.load('digits')": "Dataset",
    "tl.fit(tl.nn.Linear(2, 1), tl.losses.mse_loss, tl.data.load('line'))": "History",
    "tl.distributions.Normal(0.0, 1.0)": "Normal",
    "tl.optim.minimize(f, a).fun": "float",
    "tl.differentiability(f, a).gradient": "ndarray | Any",
    "tl.differentiability(f, a).entries": "Entries | Any",
    "tl.distributions.Normal(0.0, 1.0).loc": "Tensor | Any",
    "tl.distributions.Gamma.fit(a).concentration": "Tensor | Any",
    "tl.nn.functional.relu(t)": "Tensor",
    "tl.nn.functional.softmax(a, 0)": "ndarray",
    "tl.nn.functional.max_pool2d(t, 2)": "Tensor | Any",
    "tl.nn.functional.cross_entropy(t, a)": "Tensor",
    "tl.fit(tl.nn.Linear(2, 1), tl.losses.mse_loss, tl.data.load('line'))['loss'][0]": "float",
    "tl.fit(tl.nn.Linear(2, 1), tl.losses.mse_loss, tl.data.load('line')).last['loss']": "float",
    "tl.data.load('digits')[0][0]": "ndarray",
    "tl.nn.Sequential(tl.nn.Linear(3, 2))[1:]": "Sequential",
}

WRONG = {
    # misspelt names are found
    "tl.losses.huber_los": "huber_los",
    "tl.nn.Liner": "Liner",
    "tl.fitt": "fitt",
    "tl.losses.huber_loss(t, a, dleta=1.0)": "dleta|huber_loss|overload",
    "tl.fit(tl.nn.Linear(2, 1), tl.losses.mse_loss, tl.data.load('line'), epoch=3)": "epoch",
}


def public_names():
    """Yield an expression for every public name, and for every public attribute of a class where it is first defined."""
    for room in ROOMS:
        module = importlib.import_module("tinygrad_loss" + room)
        for name in sorted(dir(module)):
            x = getattr(module, name)
            if name.startswith("_") or inspect.ismodule(x):
                continue
            yield f"tl{room}.{name}"
            if inspect.isclass(x):
                new = {a for base in x.__mro__ if base.__module__.startswith("tinygrad_loss") for a in vars(base)}
                inherited = {a for base in x.__mro__[1:] if base in (nn.Module, tl.distributions.Distribution) for a in dir(base)}
                hints = {a for a in new if type(inspect.getattr_static(x, a)).__name__ == "Elsewhere"}  # they say what to type instead
                shown = {a for a in new - inherited - ENGINE - hints if not a.startswith("_")}
                calls = {"__call__"} if issubclass(x, nn.Module) and x not in (nn.Module, nn.LossModule) else set()
                yield from (f"given(tl{room}.{name}).{a}" for a in sorted(shown | calls))


HEAD = """
from typing import Any, TypeVar, reveal_type
import numpy as np
import tinygrad_loss as tl
import tinygrad_loss.nn.functional
T = TypeVar("T")
def given(kind: type[T]) -> T: raise NotImplementedError
def f(x: Any) -> Any: return x
t = tl.tensor(1.0)
a = np.zeros(3)
"""


def program(page):
    """Return the programs of a page as one."""
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))


def ask_pyright(folder):
    """Return the revealed types by line of each file, and the errors."""
    config = {"extraPaths": [str(ROOT)], "pythonVersion": "3.11", "typeCheckingMode": "standard", "include": ["."]}
    (folder / "pyrightconfig.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    quiet = os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}  # it would say that a newer version exists
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=quiet)  # noqa: S603  our own interpreter
    types, wrong = {}, {}
    for said in json.loads(run.stdout)["generalDiagnostics"]:
        at = (Path(said["file"]).stem, said["range"]["start"]["line"] + 1)
        revealed = re.match(r'Type of ".*" is "(.*)"$', said["message"], re.DOTALL)
        if revealed:
            types[at] = revealed[1]
        elif said["severity"] == "error":
            wrong.setdefault(at, said["message"])
    return types, wrong


def ask_mypy(folder):
    """Return the same from mypy."""
    files = [str(p) for p in sorted(folder.glob("*.py"))]
    options = ["--config-file", str(ROOT / "pyproject.toml"), "--no-error-summary", "--hide-error-context", "--no-pretty"]
    command = [sys.executable, "-m", "mypy", *options, *files]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603  our own interpreter
    types, wrong = {}, {}
    for line in run.stdout.splitlines():
        said = re.match(r"(.*?):(\d+): (note|error): (.*)$", line)
        at = (Path(said[1]).stem, int(said[2])) if said else None
        if said and said[3] == "note" and said[4].startswith("Revealed type is "):
            types[at] = said[4].removeprefix("Revealed type is ").strip("'\"")
        elif said and said[3] == "error" and "[no-untyped-def]" not in said[4]:  # the README's own function need not be annotated
            wrong.setdefault(at, said[4])
    assert types, run.stdout[-2000:] + run.stderr[-2000:]
    return types, wrong


CHECKERS = {"pyright": ask_pyright, "mypy": ask_mypy}


def is_any(kind):
    """Whether a revealed type is Any, or a function whose result is."""
    if kind.startswith("Overload("):
        kind = kind.removeprefix("Overload(").removesuffix(")")
    while "(" in kind:
        kind, before = re.sub(r"\([^()]*\)", "", kind), kind
        assert kind != before
    kind = re.sub(r"\[\w+ <: .*?\]", "", kind)  # what a type variable is bound to
    return bool(re.search(r"(^|-> )(Any|Unknown)(?=$|,|\])", kind))


def members(kind):
    """Return what a revealed type may be, without modules and without what an array is of."""
    kind = re.sub(r"\b(?:\w+\.)+(?=\w)", "", kind)
    return set(re.sub(r"(ndarray|floating)\[.*?\]+(?=$| \|)", r"\1", kind).split(" | "))


@pytest.mark.parametrize("text", ["Any", "(x: int) -> Any", "def (f: def () -> int) -> Any", "Overload[(x: int) -> int, (x: str) -> Any]"])
def test_any_is_seen(text):
    assert is_any(text)


@pytest.mark.parametrize(
    "text",
    [
        "Tensor | Any",
        "(f: (...) -> Any, x: Any) -> Verdict",
        "Overload(def (x: Any) -> a.B, def () -> list[Any])",
        "def [F <: def (Any) -> Any] (F) -> F",
    ],
)
def test_what_only_contains_any_is_not_any(text):
    assert not is_any(text)


@pytest.mark.parametrize("checker", sorted(CHECKERS))
def test_no_public_name_is_any_for(checker, tmp_path):
    names = list(public_names())
    for file, lines in (("names", [f"reveal_type({x})" for x in names]), ("calls", [f"reveal_type({x})" for x in CALLS]), ("wrong", WRONG)):
        (tmp_path / f"{file}.py").write_text(HEAD + "\n".join(lines) + "\n")
    for page in ("README.md", "docs/types.md"):
        (tmp_path / f"{Path(page).stem.lower()}_page.py").write_text(program(page))
    types, wrong = CHECKERS[checker](tmp_path)
    first = HEAD.count("\n") + 1

    revealed = {x: types.get(("names", first + i)) for i, x in enumerate(names)}
    assert [x for x, kind in revealed.items() if kind is None] == []
    assert [f"{x}: {kind}" for x, kind in revealed.items() if is_any(kind)] == []

    called = {x: members(types.get(("calls", first + i), "")) for i, x in enumerate(CALLS)}
    assert called == {x: members(kind) for x, kind in CALLS.items()}
    found = {x: wrong.get(("wrong", first + i), "") for i, x in enumerate(WRONG)}
    assert [x for x, message in found.items() if not re.search(WRONG[x], message)] == []
    assert {at: message for at, message in wrong.items() if at[0] != "wrong"} == {}
