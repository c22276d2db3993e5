"""Curves as images."""

import sys

import pytest

from tinygrad_loss import errors
from tinygrad_loss.picture.plot import plot

LABELS = {"x": "epoch", "y": "accuracy, %", "title": "three losses"}


def test_a_plot_says_what_it_shows(tmp_path):
    path = plot(tmp_path / "p.svg", {"L1": ([1, 2], [3.0, 4.0]), "MSE": ([1, 2], [4.0, 5.0])}, marks={"best": (2, 5.0)}, **LABELS)
    text = path.read_text(encoding="utf-8")
    for word in ("epoch", "accuracy, %", "three losses", "L1", "MSE", "best"):
        assert f"<!-- {word} -->" in text


def test_without_matplotlib_the_install_line_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(errors.MissingPackageError) as error:
        plot(tmp_path / "p.png", {}, **LABELS)
    assert str(error.value) == "a plot: needs matplotlib, which is not installed here. Type: pip install matplotlib"
