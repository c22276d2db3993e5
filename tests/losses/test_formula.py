"""Formulas as a terminal writes them: no LaTeX is left, and fractions keep their meaning."""

import pytest

import tinygrad_loss.ops  # noqa: F401  declares the ops
from tinygrad_loss.engine.op import OPS
from tinygrad_loss.losses import LOSSES
from tinygrad_loss.losses.formula import plain


@pytest.mark.parametrize(
    ("latex", "written"),
    [
        (r"\tfrac12 r^2", "1/2 r^2"),
        (r"\frac{c^2}6 (1 - x)", "c^2/6 (1 - x)"),
        (r"\frac{|\alpha - 2|}\alpha z", "|alpha - 2|/alpha z"),
        (r"\tfrac1{2M^2} x", "1/(2M^2) x"),
        (r"\frac{a + b}{\sqrt{\frac c2}}", "(a + b)/sqrt(c/2)"),
        (r"k \log\frac{k}{k + \mu}", "k log(k/(k + mu))"),
        (r"e^{s_{ij}/\tau}", "e^(s_ij/tau)"),
        (r"\sqrt[3]{x}", "cbrt(x)"),
        (r"a \le b \ne c", "a <= b != c"),
        (r"\langle p, z\rangle", "<p, z>"),
    ],
)
def test_a_formula_is_written_in_a_line(latex, written):
    assert plain(latex) == written


def test_no_formula_has_latex_left():
    formulas = [loss.facts.formula for loss in LOSSES.values()] + [op.doc for op in OPS.values()]
    assert [f for f in formulas if set("\\{}") & set(plain(f))] == []
