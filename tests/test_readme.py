"""Both READMEs: every block of code runs and prints what stands there, every link leads somewhere, and both say the same."""

import ast
import re
import shlex
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

import tinygrad_loss as tl
from tinygrad_loss.cli.main import main
from tinygrad_loss.engine.op import OPS

ROOT = Path(__file__).parent.parent
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh.md"
PAGES = [ENGLISH, CHINESE]
LINKED = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)|(?:src|srcset)=\"([^\"]+)\"")
FILE = re.compile(r"# (\w+\.py)\n")


class Block(NamedTuple):
    """A block of code, and what it is said to print; None where nothing is said."""

    language: str
    code: str
    output: str | None


def blocks(page):
    found = [m.groups() for m in BLOCK.finditer(page.read_text(encoding="utf-8"))]
    outputs = [code if language == "" else None for language, code in found[1:]] + [None]
    return [Block(language, code, output) for (language, code), output in zip(found, outputs, strict=True) if language]


def links(page):
    return [m[1] or m[2] for m in LINK.finditer(BLOCK.sub("", page.read_text(encoding="utf-8")))]


def commands(page):
    """Return the parts of every command line: words without comments, cut at &&."""
    lines = [line for block in blocks(page) if block.language == "sh" for line in block.code.splitlines()]
    return [shlex.split(part, comments=True) for line in lines for part in line.split(" && ")]


@pytest.mark.parametrize("page", [pytest.param(ENGLISH, marks=pytest.mark.smoke), CHINESE], ids=lambda p: p.name)
def test_the_python_blocks_print_what_stands_there(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    for language, code, output in blocks(page):
        if language == "python":
            exec(compile(code, page.name, "exec"), names)  # noqa: S102  our own page
            assert capsys.readouterr().out == (output or ""), code


def test_the_commands_print_what_stands_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for language, code, output in blocks(ENGLISH):
        if file := FILE.match(code):
            Path(file[1]).write_text(code, encoding="utf-8")
        if language == "sh":
            lines = [shlex.split(part, comments=True) for line in code.splitlines() for part in line.split(" && ")]
            for program, *words in lines:
                if program == "tinygrad-loss":
                    assert main(words) == (1 if words[0] == "check" else 0)  # the function that is checked has a kink
            said = capsys.readouterr()
            assert not said.err
            assert output is None or said.out == output, code


def test_what_is_installed_is_declared():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    asked = [words for words in commands(ENGLISH) if words[0] != "tinygrad-loss"]
    assert asked == [["pip", "install", ".[all]"], ["pip", "install", "-e", ".[test]"], ["pytest"]]
    assert {"all", "test"} <= set(extras)


@pytest.mark.parametrize("page", LINKED, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    lost = [link for link in links(page) if not link.startswith("https://") and not (page.parent / link).exists()]
    assert not lost


def sizes():
    """Return the lines of each room, counted as benchmarks/size.py counts them."""
    counted = {}
    for file in (ROOT / "tinygrad_loss").glob("*/**/*.py"):
        room = file.relative_to(ROOT / "tinygrad_loss").parts[0]
        counted[room] = counted.get(room, 0) + len(file.read_text(encoding="utf-8").splitlines())
    return counted


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_the_sizes_are_those_of_the_rooms(page):
    counted, said = sizes(), {}
    for cell, lines in re.findall(r"^\| ((?:`\w+`(?:, |、)?)+) \| ([\d,]+) \|", page.read_text(encoding="utf-8"), re.MULTILINE):
        rooms = re.findall(r"\w+", cell)
        said |= dict.fromkeys(rooms, 0)
        assert int(lines.replace(",", "")) == pytest.approx(sum(counted[room] for room in rooms), rel=0.1), cell
    assert set(said) == set(counted)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_the_numbers_of_ops_and_losses_are_todays(page):
    text = page.read_text(encoding="utf-8")
    ops, losses = (int(re.search(pattern, text)[1]) for pattern in (r"(\d+) (?:operations|个运算)", r"(\d+) (?:losses|个损失函数)"))
    assert ops == pytest.approx(len(OPS), rel=0.05)
    assert losses == len(tl.losses.LOSSES)
    read = [ROOT / link for link in re.findall(r"\((tinygrad_loss/[\w/]+\.py)\)", text)]
    (said,) = re.findall(r"(\d,\d00) (?:lines:|行：)", text)
    assert len(read) == 8
    assert int(said.replace(",", "")) == pytest.approx(sum(len(p.read_text(encoding="utf-8").splitlines()) for p in read), rel=0.1)


def test_both_languages_say_the_same():
    for ours, theirs in zip(blocks(ENGLISH), blocks(CHINESE), strict=True):
        assert ours.output == theirs.output
        if ours.language == "python":  # comments may differ
            assert ast.dump(ast.parse(ours.code)) == ast.dump(ast.parse(theirs.code))
    assert commands(ENGLISH) == commands(CHINESE)
    assert links(ENGLISH) == [
        {"README.md": "README.zh.md"}.get(link, link.replace("_abs.zh.", "_abs.").replace("-zh-", "-")) for link in links(CHINESE)
    ]
    for sign in ("## ", "### ", "| ", "* "):
        lines = [[line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith(sign)] for page in PAGES]
        assert len(lines[0]) == len(lines[1]), sign


DRAWN = sorted({link for page in PAGES for link in links(page) if link.endswith(("-light.svg", "-dark.svg"))})


@pytest.mark.parametrize("link", [link for link in DRAWN if "-narrow-" in link])
def test_the_letters_of_a_narrow_picture_can_be_read_on_a_phone(link):
    svg = (ROOT / link).read_text(encoding="utf-8")
    width = float(re.search(r'width="([\d.]+)pt"', svg)[1]) * 4 / 3  # pixels per point
    shown = min(1.0, 326 / width)  # a screen of 390 pixels, less the margins of the page and of a list
    assert min(map(float, re.findall(r"font-size: ([\d.]+)px", svg))) * 4 / 3 * shown >= 11


@pytest.mark.parametrize("link", DRAWN)
def test_a_picture_speaks_the_language_of_its_page(link):
    said = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", (ROOT / link).read_text(encoding="utf-8")))
    assert bool(re.search(r"[\u4e00-\u9fff]", said)) == ("-zh-" in link)
    assert "-zh-" not in link or set(re.findall("[A-Za-z]{3,}", said)) <= {"log"}
