"""Any name can be drawn: it is one printable line, wherever it stands and whoever draws."""

import dataclasses
import re
import shutil
import warnings
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import tinygrad_loss as tl
from hostile import NAMES, random_names, shown
from tinygrad_loss.picture.plot import plot
from tinygrad_loss.picture.scene import Box
from tinygrad_loss.printable import one_line
from tinygrad_loss.training import History


def leaf(name):
    return tl.draw(np.sum(np.abs(tl.tensor([1.0, 0.0], requires_grad=True, name=name))))


def result(name):
    y = np.sum(np.abs(tl.tensor([1.0, 0.0], requires_grad=True)))
    y.name = name
    return tl.draw(y)


def title(name):
    x = tl.tensor([1.0, 0.0], requires_grad=True)
    return tl.draw(np.sum(np.abs(x)), title=name)


def folded(name):
    y = tl.tensor(1.0, requires_grad=True, name=name)
    for _ in range(30):
        y = np.sin(y) * 2.0
        y.name = name
    return tl.draw(y)


PLACES = {"leaf": leaf, "result": result, "title": title, "folded": folded}


@pytest.fixture(params=["built in", *(["dot"] if shutil.which("dot") else [])])
def program(request, monkeypatch):
    if request.param == "built in":
        monkeypatch.setattr(shutil, "which", lambda _name: None)


def read(picture):
    """Return the boxes and all words of a picture, after reading it as XML."""
    return picture.scene.boxes, "".join(ET.fromstring(picture.svg).itertext())  # noqa: S314  our own text


def letters(text):
    return re.sub(r"[\s\u00a0]", "", text)


@pytest.mark.usefixtures("program")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_one_line(name, place):
    picture = PLACES[place](NAMES[name])
    boxes, words = read(picture)
    for box in boxes:
        assert all(shown(text) for text in (box.title, box.name, box.line or ""))
        assert all(map(shown, (box.detail + box.value + box.note).split("\n")))
    wanted = picture.title if place == "title" else one_line(NAMES[name])
    assert letters(wanted) in letters(words)
    assert all(map(shown, picture.title.split("\n")))
    assert "<script" not in picture.svg
    assert not re.search(r"<[^>]*\sonload=", picture.svg)
    page = picture.html
    page.encode()
    assert "<script" not in page


@pytest.mark.parametrize("place", PLACES)
def test_random_names_are_drawn(place, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    for name in random_names(15, seed=len(place)):
        read(PLACES[place](name))


@pytest.mark.parametrize("name", ["a newline", "a NUL", "a lone surrogate", "no character", "10,000 letters", "an entity"])
@pytest.mark.parametrize("ending", ["svg", "png", "pdf", "html", "dot"])
def test_a_picture_of_any_name_is_saved(name, ending, tmp_path):
    assert leaf(NAMES[name]).save(tmp_path / f"a.{ending}").stat().st_size > 500


def test_a_box_holds_printable_text_whoever_makes_it():
    text = "".join(NAMES.values())
    fields = {
        f.name: text for f in dataclasses.fields(Box) if f.name in {"title", "name", "detail", "type", "value", "gradient", "note", "line"}
    }
    box = Box("n0", "op", **fields)
    for name in fields:
        assert all(map(shown, getattr(box, name).split("\n")))
    assert shown(box.title)
    assert shown(box.name)


def test_names_of_arguments_and_types_are_lines():
    kind = type("a\nb\x1b", (), {"__str__": lambda self: "\x00\n\ud800"})
    from tinygrad_loss.picture import wording  # noqa: PLC0415

    assert wording.argument("how", kind()) == "how=\\x00\\n\\ud800"
    assert wording.argument("of", kind) == "of=a\\nb\\x1b"


@pytest.mark.parametrize("name", NAMES)
def test_a_curve_of_any_name_is_drawn(name, tmp_path):
    history = History([{"epoch": k, "loss": 1.0 / k, NAMES[name]: 1.0, f"val_{NAMES[name]}": 2.0} for k in (1, 2)])
    history.plot(tmp_path / "a.svg")
    plot({NAMES[name]: ([1, 2], [3.0, 4.0])}, marks={NAMES[name]: (2, 4.0)}, x="x", y="y", title="t").savefig(tmp_path / "b.svg")
    for file in ("a.svg", "b.svg"):
        ET.parse(tmp_path / file)  # noqa: S314  our own text


def test_an_image_of_a_curve_may_have_any_name(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a font here lacks a letter
        for name in ("a NUL", "a lone surrogate", "no character", "a formula", "a broken formula"):
            plot({NAMES[name]: ([1, 2], [3.0, 4.0]), "b": ([1, 2], [1.0, 2.0])}, x="x", y="y").savefig(tmp_path / "a.png")
            assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
