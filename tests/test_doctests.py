"""Every example in a docstring and in the docs runs, and prints what it says."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss

ROOT = Path(__file__).parent.parent
MODULES = [tinygrad_loss.__name__, *(m.name for m in pkgutil.walk_packages(tinygrad_loss.__path__, "tinygrad_loss."))]
EXAMPLES = [
    test
    for name in MODULES
    if not name.endswith("__main__")
    for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name))
    if test.examples
]
PAGES = [ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page_name(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name.removeprefix("tinygrad_loss."))
def test_the_example_of_a_docstring(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = []
    with np.errstate(all="warn", under="ignore"):
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(example, out=report.append)
    assert not report, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_the_python_blocks_of_a_page(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if ">>>" in block:
            report = []
            test = doctest.DocTestParser().get_doctest(block, names, page_name(page), page_name(page), 0)
            doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(
                test, out=report.append, clear_globs=False
            )
            names = test.globs
            assert not report, "".join(report)
        else:
            exec(compile(block, page_name(page), "exec"), names)  # noqa: S102  our own page
    capsys.readouterr()
