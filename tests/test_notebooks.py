"""The notebooks "Why not |x - y|?" and their pages: what stands in them is what the code answers today, in both languages."""

import base64
import contextlib
import io
import json
import re
import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
STEMS = {"en": "why_not_abs", "zh": "why_not_abs.zh"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def read(language):
    return json.loads((DOCS / f"{STEMS[language]}.ipynb").read_text(encoding="utf-8"))


def codes(language):
    return [cell for cell in read(language)["cells"] if cell["cell_type"] == "code"]


def source(cell):
    return "".join(cell["source"])


@pytest.fixture(scope="module")
def made():
    """The script that wrote them, and what it makes of stand-in pictures."""
    return runpy.run_path(str(DOCS / "make_notebooks.py"))


def test_the_cells_print_what_is_stored_and_show_a_picture():
    names = {}
    for cell in codes("en"):
        printed = io.StringIO()
        *_, last = lines = source(cell).splitlines()
        start = max(i for i, line in enumerate(lines) if not line.startswith((" ", ")")))
        with contextlib.redirect_stdout(printed):
            exec("\n".join(lines[:start]), names)  # noqa: S102  the notebook's own code
            shown = eval("\n".join(lines[start:]), names)  # noqa: S307
        stream, result = cell["outputs"]
        assert printed.getvalue() == "".join(stream["text"]), last
        assert hasattr(shown, "_repr_png_") or hasattr(shown, "_repr_svg_"), last
        assert base64.b64decode(result["data"]["image/png"]).startswith(b"\x89PNG\r\n")
    assert len(codes("en")) == 10


def test_both_languages_share_code_and_outputs():
    for english, chinese in zip(codes("en"), codes("zh"), strict=True):
        assert english["source"] == chinese["source"]
        one, other = english["outputs"], chinese["outputs"]
        assert one[0] == other[0]
        assert one[1]["data"]["image/png"] == other[1]["data"]["image/png"]


@pytest.mark.parametrize("language", STEMS)
def test_a_notebook_has_the_form_that_version_4_asks_for(language):
    book = read(language)
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert set(book) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    names = [cell["id"] for cell in book["cells"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
    for cell in book["cells"]:
        needs = {"cell_type", "id", "metadata", "source"} | ({"execution_count", "outputs"} if cell["cell_type"] == "code" else set())
        assert set(cell) == needs
        assert all(isinstance(line, str) for line in cell["source"])
    assert [output["output_type"] for cell in codes(language) for output in cell["outputs"]] == ["stream", "execute_result"] * 10


@pytest.mark.parametrize("language", STEMS)
def test_notebooks_and_pages_are_those_of_the_source(made, language):
    stored = [
        {"text": "".join(c["outputs"][0]["text"]), "png": c["outputs"][1]["data"]["image/png"], "svg": "<svg></svg>"}
        for c in codes(language)
    ]
    assert made["notebook"](language, stored) == read(language)
    page = (DOCS / f"{STEMS[language]}.html").read_text(encoding="utf-8")
    without, rebuilt = (
        re.sub(r"<figure>.*?<figcaption", "<figcaption", text, flags=re.DOTALL) for text in (page, made["page"](language, stored))
    )
    assert without == rebuilt


@pytest.mark.parametrize("language", STEMS)
def test_a_page_needs_nothing_else(language):
    page = (DOCS / f"{STEMS[language]}.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == page.count("<svg") == 10
    assert not re.findall(r"<script|<link|<iframe|<img|\bsrc=|@import|url\((?!#)", page)
    assert {re.sub(r"^.*/", "", link) for link in re.findall(r'<a href="([^"]+)"', page)} == {
        f"{STEMS['zh' if language == 'en' else 'en']}.html"
    }
    assert "prefers-color-scheme: dark" in page


def test_chinese_words_are_chinese_and_call_a_kink_by_its_name():
    words = ["".join(cell["source"]) for cell in read("zh")["cells"] if cell["cell_type"] == "markdown"]
    assert all(CHINESE.search(text) for text in words)
    assert "折点（不可导点）" in "".join(words)
    assert "拐点" not in "".join(words)  # an inflection point
    english = ["".join(cell["source"]) for cell in read("en")["cells"] if cell["cell_type"] == "markdown"]
    assert not any(CHINESE.search(text) for text in english)
