"""Lines that commands name are the user's, and lines that they print fit the window."""

import pytest

from tinygrad_loss.cli.main import COMMANDS, main


@pytest.mark.parametrize(
    ("target", "at"),
    [("numpy:abs", "0"), ("tinygrad_loss.losses:l1_loss", "input=0 target=0"), ("numpy:sqrt", "-1"), ("numpy:log", "-1")],
)
def test_no_line_of_ours_is_named_as_the_users(target, at, capsys):
    assert main(["check", target, "--at", *at.split()]) == 1
    said = capsys.readouterr().out
    assert ".py" not in said
    assert " at ," not in said
    assert "root" not in said


def test_the_users_line_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("import numpy as np\ndef f(x):\n    return np.sqrt(x)\n", encoding="utf-8")
    assert main(["check", "mine.py:f", "--at", "-1"]) == 1
    assert "sqrt: a value became nan, at mine.py:3, from -1. Use instead: np.clip(x, 0.0, None)" in capsys.readouterr().out.replace(
        f"{tmp_path}/", ""
    )


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
@pytest.mark.parametrize("columns", [60, 80])
def test_help_fits_the_window(words, columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    with pytest.raises(SystemExit):
        main(words)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= columns


def test_what_draw_says_fits_the_window(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["draw", "numpy:abs", "--at", "0", "-o", "a.dot"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 60
