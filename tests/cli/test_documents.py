"""``--json``: one document and nothing else on the standard output; and what any terminal, or none, is shown."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.cli import document
from tinygrad_loss.cli.main import COMMANDS, main

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n\ndef f(x):\n    return np.sum(np.abs(x)) + np.sum(np.sqrt(x))\n", encoding="utf-8"
    )
    return tmp_path


def strict(text):
    """Read JSON as the standard has it, which knows no NaN."""
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def only_document(capsys, *argv, status=0):
    assert main(list(argv)) == status
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return strict(out)


def test_numbers_are_numbers(capsys):
    document.write({"a": np.float32(0.5), "b": np.arange(2), "c": np.nan, "d": [np.inf, -np.inf], "e": (1, None, True), "f": Path("x")})
    assert strict(capsys.readouterr().out) == {"a": 0.5, "b": [0, 1], "c": None, "d": ["inf", "-inf"], "e": [1, None, True], "f": "x"}


def test_check(capsys):
    found = only_document(capsys, "check", "mine.py:f", "--at", "x=[1.0, 4.0]", "--json")
    assert (found["kind"], found["proved"], found["value"], found["gradient"]) == ("smooth", True, 8.0, [1.5, 1.25])
    found = only_document(capsys, "check", "mine.py:f", "--at", "0", "--json", status=1)
    assert found["kind"] != "smooth"
    assert found["right"] == "inf"
    assert {site["op"] for site in found["sites"]} == {"absolute", "sqrt"}
    assert found["text"].startswith(found["kind"])


def test_losses(capsys):
    found = only_document(capsys, "losses", "--json")
    assert [loss["name"] for loss in found] == sorted(tl.losses.LOSSES)
    huber = next(loss for loss in found if loss["name"] == "huber_loss")
    assert huber["estimates"] == tl.losses.huber_loss.facts.estimates
    assert huber["convex"] is True
    assert "\\" not in huber["formula"]
    assert huber["latex"] == tl.losses.huber_loss.facts.formula
    assert only_document(capsys, "losses", "no_such_word", "--json", status=1) == []


def test_train_and_predict(capsys):
    results = only_document(capsys, "train", "digits", "--epochs", "1", "--out", "run", "--json")
    assert isinstance(results["test_accuracy"], float)
    assert set(results["files"]) == {"model.safetensors", "history.csv", "curves.png", "run.safetensors"}
    found = only_document(capsys, "predict", "run", "--json")
    assert set(found["predictions"]) <= set(range(10))
    assert len(found["predictions"]) == len(found["probabilities"]) == len(found["true"]) == 360
    assert np.mean(np.equal(found["predictions"], found["true"])) == pytest.approx(found["accuracy"])
    assert found["accuracy"] == pytest.approx(results["test_accuracy"])


def test_names_of_classes_stay_names(capsys):
    main(["train", "iris", "--epochs", "1", "--out", "run"])
    capsys.readouterr()
    assert set(only_document(capsys, "predict", "run", "--json")["true"]) == set(tl.data.load("iris").classes)


def test_a_run_lists_every_file_that_it_wrote(capsys, folder):
    main(["train", "iris", "--epochs", "1", "--out", "run"])
    listed = capsys.readouterr().out.splitlines()[-1].removeprefix("in run: ").split(", ")
    assert set(listed) == {path.name for path in (folder / "run").iterdir()}


@pytest.mark.parametrize("argv", [["check", "mine.py:g", "--json"], ["train", "digit", "--json"], ["predict", "nowhere", "--json"]])
def test_a_mistake_prints_no_document(capsys, argv):
    assert main(argv) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.startswith(f"tinygrad-loss {argv[0]}: ")


# ---- windows --------------------------------------------------------------------------------------------------------------


def table_of(capsys, monkeypatch, columns, *argv):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["losses", *argv]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [60, 80, 100])
@pytest.mark.parametrize("argv", [[], ["--for", "regression"], ["--smooth", "--robust"], ["huber"]], ids=" ".join)
def test_name_estimates_and_formula_are_always_there(capsys, monkeypatch, columns, argv):
    out = table_of(capsys, monkeypatch, columns, *argv)
    assert max(map(len, out.splitlines())) <= columns
    words = re.sub(r"[│┃]", " ", out)
    assert "estimates" in words
    assert "formula" in words
    assert "huber_loss" in words
    assert "r^2/2 if |r|" in words
    assert "…" not in words


def test_a_column_that_says_the_same_everywhere_goes_first(capsys, monkeypatch):
    out = table_of(capsys, monkeypatch, 90, "--for", "regression", "--robust")
    head = out.splitlines()[1]
    assert "for" not in re.findall(r"\w+", head)
    assert "robust" not in re.findall(r"\w+", head)
    assert "smooth" in re.findall(r"\w+", head)
    assert "also shows: for, robust" in out


def test_a_wide_window_shows_all(capsys, monkeypatch):
    head = table_of(capsys, monkeypatch, 200).splitlines()[1]
    assert re.findall(r"\w+", head) == ["loss", "for", "convex", "robust", "smooth", "estimates", "formula"]


@pytest.mark.parametrize("columns", [60, 80])
def test_show_keeps_to_the_window(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    for name in ("huber_loss", "gaussian_nll_loss", "ctc_loss", "zero_inflated_negative_binomial_nll_loss"):
        main(["show", name])
        assert max(map(len, capsys.readouterr().out.splitlines())) <= columns


@pytest.mark.parametrize("columns", [60, 80, 160])
def test_names_of_ops_are_whole(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    main(["ops"])
    out = capsys.readouterr().out
    assert {"absolute", "logsumexp", "broadcast_to"} <= set(re.findall(r"│ (\w+)", out))


def test_the_op_that_was_asked_for_comes_first(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    main(["ops", "exp"])
    names = re.findall(r"^│ (\w+)", capsys.readouterr().out, re.MULTILINE)
    assert names[:3] == ["exp", "exp1", "exp10"]
    assert "ctc_occupancy" not in names
    main(["ops", "exp", "--all"])
    assert "ctc_occupancy" in re.findall(r"^│ (\w+)", capsys.readouterr().out, re.MULTILINE)


COMMAND_LINES = [["losses"], ["ops"], ["show", "huber"], ["check", "mine.py:f", "--at", "1.0"], ["draw", "mine.py:f", "--at", "1.0"], []]


@pytest.mark.parametrize("setting", [{"COLUMNS": "0"}, {"COLUMNS": "x"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {"COLUMNS": "1"}], ids=str)
def test_any_setting_of_the_terminal_will_do(setting):
    for argv in COMMAND_LINES:
        environment = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "NO_COLOR", "TERM"}}
        environment |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | setting
        command = [sys.executable, "-m", "tinygrad_loss", *argv]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False, timeout=60)  # noqa: S603  this program
        assert (done.returncode, done.stderr) == (0, ""), argv
        assert len(done.stdout) > 20
        assert "\x1b" not in done.stdout


def test_a_reader_that_stops_is_no_fault():
    command = [sys.executable, "-m", "tinygrad_loss", "losses"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:  # noqa: S603  this program
        process.stdout.close()
        assert process.stderr.read() == b""
        process.wait(timeout=60)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["tour", "--out", "mine.py"], "tour: what it writes must have a folder to be kept in, got --out mine.py (File exists). "),
        (
            ["draw", "mine.py:f", "--at", "1", "-o", "no/a.svg"],
            "draw: saving no/a.svg: the file must have a folder to be kept in, got No such file or directory. ",
        ),
    ],
)
def test_a_folder_that_cannot_be_written_is_named(capsys, argv, said):
    assert main(argv) == 2
    assert capsys.readouterr().err.startswith(f"tinygrad-loss {said}".replace("no/a.svg", os.path.join("no", "a.svg")))  # noqa: PTH118


def test_the_tour_says_first_what_it_lacks(capsys, monkeypatch):
    monkeypatch.setattr("tinygrad_loss.cli.tour.find_spec", lambda _name: None)
    assert main(["tour"]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err == (
        "tinygrad-loss tour: needs scikit-learn, whose digits its last step learns, which is not installed here. "
        "Type: pip install scikit-learn matplotlib\n"
    )
    assert "tour" in COMMANDS
