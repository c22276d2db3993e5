"""Curves as images."""

import sys

import pytest

from tinygrad_loss import errors
from tinygrad_loss.picture.plot import plot

LABELS = {"x": "epoch", "y": "accuracy, %", "title": "three losses"}


def test_a_plot_says_what_it_shows(tmp_path):
    plot({"L1": ([1, 2], [3.0, 4.0]), "MSE": ([1, 2], [4.0, 5.0])}, marks={"best": (2, 5.0)}, **LABELS).savefig(tmp_path / "p.svg")
    text = (tmp_path / "p.svg").read_text(encoding="utf-8")
    for word in ("epoch", "accuracy, %", "three losses", "L1", "MSE", "best"):
        assert f">{word}</text>" in text


def test_without_matplotlib_the_install_line_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(errors.MissingPackageError) as error:
        plot({}, **LABELS)
    assert str(error.value) == "a plot: needs matplotlib, which is not installed here. Type: pip install matplotlib"
