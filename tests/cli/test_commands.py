"""The command line: what it prints, where it writes, and its exit status; a mistake gets a sentence, never a traceback."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tinygrad_loss.cli.main import COMMANDS, main

ROOT = Path(__file__).parent.parent.parent
SOURCE = """
import numpy as np

def distance(x, y):
    return np.sum(np.abs(x - y))

def square(x, *, scale=2.0, kind="plain"):
    return scale * np.sum(x * x)

def broken(x):
    return x / undefined

def branch(x):
    return x if x > 0 else -x

def random(x):
    return x * np.random.default_rng().normal()

def nothing(x):
    x * 2

def pair(x):
    return x, x

def constant():
    return 1.0

def apart(x, y=2.0):
    return np.sum(np.abs(x - y))

def between(x=1.0, low=0.0, high=3.0):
    return np.clip(x, low, high)

def spread(*x):
    return np.abs(x[0] - x[1])
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def run(capsys, *argv):
    """Return status, output and complaint."""
    try:
        status = main(argv)
    except SystemExit as stop:
        status = stop.code
    seen = capsys.readouterr()
    return status, seen.out, seen.err


# ---- the whole ------------------------------------------------------------------------------------------------------------


def test_without_a_command_it_says_what_there_is(capsys):
    status, out, _ = run(capsys)
    assert status == 0
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps_with_an_example(capsys, name):
    status, out, _ = run(capsys, name, "--help")
    assert status == 0
    assert f"example: tinygrad-loss {name}" in out


def test_an_unknown_command_names_the_nearest(capsys):
    assert run(capsys, "tuor") == (2, "", "tinygrad-loss: there is no command 'tuor'. Type instead: tinygrad-loss tour\n")


def test_version(capsys):
    status, out, _ = run(capsys, "--version")
    assert status == 0
    assert re.fullmatch(r"tinygrad-loss \d+\.\d+\.\d+\n", out)


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (("draw",), "tinygrad-loss draw: the following arguments are required: FILE.py:FUNCTION. See: tinygrad-loss draw --help\n"),
        (("ops", "--zork"), "tinygrad-loss ops: unrecognized arguments: --zork. See: tinygrad-loss ops --help\n"),
        (
            ("check", "mine.py:apart", "2.0", "-3"),
            "tinygrad-loss check: unrecognized arguments: values stand behind --at, got 2.0 -3. "
            "Type instead: tinygrad-loss check mine.py:apart --at 2.0 -3\n",
        ),
    ],
)
def test_wrong_arguments(capsys, argv, complaint):
    assert run(capsys, *argv) == (2, "", complaint)


# ---- ops ------------------------------------------------------------------------------------------------------------------


def test_ops_says_where_an_op_is_not_smooth(capsys):
    status, out, _ = run(capsys, "ops", "absolute")
    assert status == 0
    assert re.search(r"absolute\s*│ elementwise\s*│ \|x\|\s*│ kink, slopes -1 and", out)


def test_ops_that_fit_nothing_name_the_nearest(capsys):
    assert run(capsys, "ops", "sofmax") == (1, "no op fits 'sofmax'; the nearest name is 'softmax'\n", "")


def test_ops_not_smooth_leaves_smooth_ones_out(capsys):
    _, out, _ = run(capsys, "ops", "--not-smooth")
    names = re.findall(r"│ (\w+)\s+│ (?:elementwise|selection|custom|predicate)", out)
    assert "maximum" in names
    assert "exp" not in names


# ---- draw -----------------------------------------------------------------------------------------------------------------


def test_draw_writes_a_picture_and_says_what_is_undefined(capsys, file):
    status, out, err = run(capsys, "draw", "mine.py:distance", "--at", "1.0", "[1, 2]", "-o", "d.svg")
    assert (status, err) == (0, "")
    assert out == (
        "absolute: its gradient is undefined here (kink in 1 of 2 entries; slope \N{MINUS SIGN}1 on\nthe left, +1 on the right)\n"
        "5 boxes, written to d.svg\n"
    )
    assert "distance(x, y)" in (file / "d.svg").read_text(encoding="utf-8")


def test_draw_chooses_a_name(capsys, file):
    assert run(capsys, "draw", "mine.py:square", "--at", "3")[0] == 0
    assert (file / "square.svg").exists()


# ---- check ----------------------------------------------------------------------------------------------------------------


def test_check_of_a_smooth_function(capsys, file):
    status, out, err = run(capsys, "check", "mine.py:square", "--at", "3.0", "scale=0.5")
    assert (status, err) == (0, "")
    assert out == "smooth (proved); f = 4.5\nslope from the left 3, from the right 3\ngradient 3.0\n"


@pytest.mark.parametrize(
    ("argv", "answer"),
    [
        (("mine.py:apart", "--at", "x=2.0"), "slope from the left -1, from the right 1\nClarke interval [-1, 1]\ngradient nan"),
        (("mine.py:apart", "--at", "2.0", "2.0"), "gradient (nan, nan)"),
        (("mine.py:spread", "--at", "1.0", "1.0"), "gradient (nan, nan)"),
        (("mine.py:between", "--at", "high=1.0"), "gradient (nan, 0.0, nan)"),
        (("--at", "x=2.0", "y=2.0", "mine.py:apart"), "gradient (nan, nan)"),
        (("mine.py:apart", "--at", "y=5", "--at", "x=5"), "gradient (nan, nan)"),
        (("mine.py:apart", "--at", "x=(1, 2)", "y=2"), "gradient (array([-1., nan]), nan)"),
    ],
)
def test_check_judges_in_what_was_given(capsys, file, argv, answer):
    status, out, _ = run(capsys, "check", *argv)
    assert status == 1
    assert answer in out


def test_draw_shows_a_default_as_a_setting(capsys, file):
    run(capsys, "draw", "mine.py:apart", "--at", "2.0")
    assert (file / "apart.svg").read_text(encoding="utf-8").count("parameter: its gradient is wanted") == 1
    assert "constant" in (file / "apart.svg").read_text(encoding="utf-8")


def test_check_of_a_kink_names_the_line(capsys, file):
    status, out, _ = run(capsys, "check", "mine.py:distance", "--at", "x=1.0", "y=1.0")
    assert status == 1
    assert out.startswith("kink (proved); f = 0\n")
    assert "absolute at the value, slopes -1 and 1" in out
    assert "mine.py:5" in out


def test_check_outside_of_the_domain_says_what_went_non_finite(capsys, file):
    (file / "log.py").write_text("import numpy as np\n\ndef f(x):\n    return np.log(x)\n", encoding="utf-8")
    status, out, _ = run(capsys, "check", "log.py:f", "--at", "0")
    assert status == 1
    assert out.startswith("outside (proved); f = -inf\n")
    assert "log: a value became -inf" in out


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (
            ("mine.py:distnace", "--at", "1"),
            (
                "tinygrad-loss check: mine.py:distnace: the function must be defined in the file, got no function 'distnace'. "
                "Type instead: mine.py:distance\n"
            ),
        ),
        (
            ("mein.py:distance",),
            "tinygrad-loss check: mein.py:distance: the file must exist, got no file 'mein.py'. Type instead: mine.py:distance\n",
        ),
        (
            ("mine.py",),
            "tinygrad-loss check: mine.py: a function is named by its file and its name, got no colon. Use instead: mine.py:FUNCTION, with the name of a function in it\n",
        ),
        (
            ("mine.py:distance",),
            ("tinygrad-loss check: mine.py:distance: --at must give every argument, got no x and no y. Type instead: --at x=0.5 y=0.5\n"),
        ),
        (
            ("mine.py:distance", "--at", "q", "1"),
            "tinygrad-loss check: --at: a value is a number, a list, or an array such as np.zeros(3), got 'q'. Type instead: --at 0.5, or --at 'x=[1.0, 2.0]'\n",
        ),
        *(
            (
                (f"mine.py:{name}", "--at", "1"),
                f"tinygrad-loss check: mine.py:{name}: the function must return a number or an array, got {got}. "
                "Use instead: return np.sum(y), of its result y\n",
            )
            for name, got in {"nothing": "None: its return is missing", "pair": "one of type tuple"}.items()
        ),
        (
            ("mine.py:constant", "--at", "1"),
            "tinygrad-loss check: mine.py:constant: the function must have an argument to look along, got none. "
            "Type instead: def constant(x): return x\n",
        ),
        (
            ("zork.py:zork",),
            "tinygrad-loss check: zork.py:zork: the file must exist, got no file 'zork.py'. Use instead: path/to/zork.py:zork\n",
        ),
        (
            ("mine.distance", "--at", "1"),
            "tinygrad-loss check: mine.distance: a function is named by its file and its name, got no colon. Type instead: mine:distance\n",
        ),
        (
            ("mine.py:broken", "--at", "1"),
            "tinygrad-loss check: mine.py:broken: it raised NameError: name 'undefined' is not defined (line 11)\n",
        ),
        (
            ("mine.py:distance", "--at", "[1, 2]", "[1, 2, 3]"),
            (
                "tinygrad-loss check: subtract: shapes must broadcast: equal lengths, or 1, axis by axis from the right, got (2,) and (3,) (operand 1 has length 2 on axis 0, operand 2 has 3). "
                "Type instead: a[..., None]\n"
            ),
        ),
    ],
)
def test_what_check_cannot_run(capsys, file, argv, complaint):
    status, out, err = run(capsys, "check", *argv)
    assert (status, out) == (2, "")
    assert err == complaint


@pytest.mark.parametrize(
    ("name", "at", "reason"),
    [
        ("branch", "0", "f must not branch in Python on a comparison of equals"),
        ("random", "1", "f must give the same answer when called twice"),
    ],
)
def test_what_check_refuses_to_judge(capsys, file, name, at, reason):
    status, _, err = run(capsys, "check", f"mine.py:{name}", "--at", at)
    assert status == 2
    assert reason in err


def test_a_file_that_does_not_compile(capsys, file):
    (file / "bad.py").write_text("def f(x:\n    return x\n", encoding="utf-8")
    status, _, err = run(capsys, "check", "bad.py:f", "--at", "0")
    assert status == 2
    assert err.startswith("tinygrad-loss check: bad.py: it raised SyntaxError: ")
    assert err.endswith("(line 1)\n")
    assert err.count("line 1") == 1


def test_a_file_may_import_its_neighbour(capsys, file):
    (file / "neighbour.py").write_text("def twice(x):\n    return x * 2\n", encoding="utf-8")
    (file / "uses.py").write_text("from neighbour import twice\n\ndef f(x):\n    return twice(x)\n", encoding="utf-8")
    assert run(capsys, "check", "uses.py:f", "--at", "0")[0] == 0


# ---- terminals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "seen"),
    [
        (["show", "l1_loss"], "Laplace, Memoire sur la probabilite des causes"),
        (["show", "mape_loss"], "mape_loss"),
        (["ops"], "absolute"),
        (["draw", "mine.py:distance", "--at", "1.0", "1.0"], "slope -1 on the left, +1 on the\nright"),
        (["check", "mine.py:distance", "--at", "1.0", "1.0"], "slopes -1 and 1"),
        (["losses"], "l1_loss"),
    ],
    ids=lambda argv: argv[0] if isinstance(argv, list) else "",
)
def test_a_terminal_without_unicode_shows_what_it_can(file, argv, seen):
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(  # noqa: S603  this program
        [sys.executable, "-m", "tinygrad_loss", *argv], capture_output=True, env=environment, check=False, timeout=60
    )
    assert done.stderr == b""
    assert seen in done.stdout.decode("ascii")
    assert "?" not in done.stdout.decode("ascii").replace("mine.py", "")


def test_a_table_that_no_terminal_shows_has_the_width_of_a_page(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    widths = {name: max(map(len, run(capsys, name)[1].splitlines())) for name in ("losses", "ops")}
    assert widths == {"losses": 160, "ops": 160}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_a_terminal(capsys, name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, run(capsys, name, "--help")[1].splitlines())) <= 80
