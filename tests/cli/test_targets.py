"""What ``check`` and ``draw`` can read: files, modules, packages, and values as people write them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tinygrad_loss.cli import value
from tinygrad_loss.cli.main import main
from tinygrad_loss.cli.target import function

ROOT = Path(__file__).parent.parent.parent
FILES = {
    "plain.py": "def f(x):\n    return 2.0 * x\n\ndef g(a, b, *, c=1.0):\n    return a * b * c\n\nnumber = 1.0\n",
    "packed/__init__.py": "",
    "packed/common.py": "factor = 3.0\n",
    "packed/absolute.py": "from packed.common import factor\n\ndef f(x):\n    return factor * x\n",
    "packed/relative.py": "from .common import factor\n\ndef f(x):\n    return factor * x\n",
    "packed/later.py": "def f(x):\n    from packed.common import factor\n    return factor * x\n",
    "packed/deep/__init__.py": "",
    "packed/deep/up.py": "from ..common import factor\n\ndef f(x):\n    return factor * x\n",
    "packed/fails.py": "import no_such_module_anywhere\n",
    "folder/beside.py": "factor = 3.0\n",
    "folder/neighbour.py": "from beside import factor\n\ndef f(x):\n    return factor * x\n",
    "folder/relative.py": "from .beside import factor\n\ndef f(x):\n    return factor * x\n",
    "folder/from_top.py": "from plain import f as double\n\ndef f(x):\n    return 1.5 * double(x)\n",
}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:  # every test has a project of its own
        if name.partition(".")[0] in {"packed", "folder", "beside", "plain"}:
            del sys.modules[name]


def checked(capsys, *argv):
    status = main(["check", *argv, "--json"])
    seen = capsys.readouterr()
    return json.loads(seen.out) if status < 2 else seen.err


@pytest.mark.parametrize(
    "target",
    [
        "packed/absolute.py:f", "packed/relative.py:f", "packed/later.py:f", "packed/deep/up.py:f", "folder/neighbour.py:f",
        "folder/relative.py:f", "folder/from_top.py:f", "packed.absolute:f", "packed.relative:f", "packed.later:f", "packed.deep.up:f",
        "folder.relative:f", "folder.from_top:f",
    ],
)  # fmt: skip
def test_a_function_is_found_where_it_is(capsys, target):
    assert checked(capsys, target, "--at", "x=2.0")["gradient"] == 3.0


@pytest.mark.parametrize("target", ["absolute.py:f", "relative.py:f", "later.py:f", "../folder/relative.py:f", "deep/up.py:f"])
def test_a_file_is_read_from_within_its_package(capsys, monkeypatch, project, target):
    monkeypatch.chdir(project / "packed")
    assert checked(capsys, target, "--at", "2.0")["gradient"] == 3.0


def test_a_file_is_read_from_any_folder(capsys, monkeypatch, project):
    monkeypatch.chdir(project / "folder")
    assert checked(capsys, "relative.py:f", "--at", "2.0")["gradient"] == 3.0
    assert checked(capsys, str(project / "packed" / "relative.py") + ":f", "--at", "2.0")["gradient"] == 3.0


def test_numpys_functions_and_ours_are_found(capsys):
    assert checked(capsys, "numpy:abs", "--at", "-2")["gradient"] == -1.0
    assert checked(capsys, "tinygrad_loss.losses:huber_loss", "--at", "input=1/2", "target=0")["gradient"] == [0.5, -0.5]


def test_draw_reads_modules_too(capsys, project):
    assert main(["draw", "packed.relative:f", "--at", "2.0"]) == 0
    assert capsys.readouterr().out.endswith("written to f.svg\n")
    assert (project / "f.svg").exists()


def test_the_path_is_as_it_was(project):
    before = list(sys.path)
    with function("packed/relative.py:f") as f:
        assert str(project) in sys.path
        assert f(1.0) == 3.0
    assert sys.path == before


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (
            ("packed.absolut:f",),
            "packed.absolut:f: the module must be one that can be imported from here, got no module 'packed.absolut'. "
            "Type instead: packed.absolute:f",
        ),
        (
            ("packet.absolute:f",),
            "packet.absolute:f: the module must be one that can be imported from here, got no module 'packet'. "
            "Type instead: packed.absolute:f",
        ),
        (("packed.fails:f",), "packed.fails: it raised ModuleNotFoundError: No module named 'no_such_module_anywhere' (line 1)"),
        (("packed/fails.py:f",), "packed/fails.py: it raised ModuleNotFoundError: No module named 'no_such_module_anywhere' (line 1)"),
        (("plain:ff",), "plain:ff: the function must be defined in the module, got no function 'ff'. Type instead: plain:f"),
        (
            ("plain.py:number",),
            "plain.py:number: the function must be defined in the file, got 'number' of type float. Type instead: plain.py:",
        ),
        (("plain.py:f", "--at", "z=2"), "plain.py:f: its arguments are x, got z, which is none of them. Type instead: --at x=0.5"),
        (("plain.py:g", "--at", "a=1"), "plain.py:g: --at must give every argument, got no b. Type instead: --at a=0.5 b=0.5"),
        (("plain.py:g", "--at", "c=1"), "plain.py:g: --at must give every argument, got no a and no b. Type instead: --at a=0.5 b=0.5"),
        (("plain.py:f", "--at", "1", "2"), "plain.py:f: its arguments are x, got 2 values without a name. Type instead: --at x=0.5"),
        (("plain.py:f", "--at", "1", "x=2"), "plain.py:f: every argument is given once, got two values of x. Type instead: --at x=0.5"),
        (("plain.py:f", "--at", "[[1], [1, 2]]"), "--at: every row must be as long as the others, got rows of unlike lengths."),
    ],
)
def test_what_is_missing_or_unknown_is_named(capsys, argv, said):
    err = checked(capsys, *argv).replace(os.sep, "/")
    assert err.startswith(f"tinygrad-loss check: {said}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/3", 1 / 3), ("-1e-3", -1e-3), ("2 * pi", 2 * np.pi), ("-np.inf", -np.inf), ("math.e", np.e), ("2**-3", 0.125), ("2**10", 1024),
        ("[1, 2.5]", [1, 2.5]), ("[1/3, [pi, -2]]", [1 / 3, [np.pi, -2]]), ("(1, 2)", (1, 2)), ("True", True), ("None", None),
        ("'mean'", "mean"), ("{'w': [1.0]}", {"w": [1.0]}), ("7 // 2", 3), ("np.sqrt(2)", np.sqrt(2)),
    ],
)  # fmt: skip
def test_values(text, expected):
    assert value.read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("np.zeros(3)", np.zeros(3)),
        ("zeros((2, 3))", np.zeros((2, 3))),
        ("numpy.linspace(0, 1, 5)", np.linspace(0, 1, 5)),
        ("np.linspace(-pi, pi, num=3)", np.linspace(-np.pi, np.pi, 3)),
        ("2 * np.ones(3) - 1/2", np.full(3, 1.5)),
        ("np.full((2, 2), 1/3)", np.full((2, 2), 1 / 3)),
        ("np.array([[1, 2], [3, 4]], dtype=np.float32)", np.array([[1, 2], [3, 4]], np.float32)),
        ("np.arange(3) ** 2", np.arange(3) ** 2),
        ("-np.eye(2)", -np.eye(2)),
    ],
)
def test_arrays(text, expected):
    found = value.read(text)
    np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')", "open('f')", "().__class__", "np.load('f')", "np.zeros(3).tofile('f')", "os.environ", "x", "f()",
        "[x for x in (1,)]", "lambda: 1", "np.fromfile('f')", "np.random.rand(3)", "9**9**9**9", "1/0", "np.zeros(-1)", "np.zeros(10**15)",
        "[0] * 9", "'a' * 3", "1 if 1 else 2", "a := 1", "", "1 +", "b'x'", "1j", "...", "f'{1}'", "np.linspace(0)", "(" * 300, "1 < 2",
    ],
)  # fmt: skip
def test_nothing_else_is_read_and_nothing_is_run(text):
    with pytest.raises(value.NotReadError):
        value.read(text)


@pytest.mark.parametrize(
    ("at", "gradient"),
    [(["-1/3"], 2.0), (["x=-1e-3"], 2.0), (["-pi"], 2.0), (["-.5"], 2.0), (["x=np.full((), 2.0)"], 2.0)],
    ids=lambda x: str(x),
)
def test_a_negative_value_is_no_option(capsys, at, gradient):
    assert checked(capsys, "plain.py:f", "--at", *at)["gradient"] == gradient


def test_the_current_folder_can_be_imported_in_a_process_of_its_own():
    command = [sys.executable, "-m", "tinygrad_loss", "check", "packed/relative.py:f", "--at", "2.0"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False, timeout=60)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("smooth (proved); f = 6\n")
