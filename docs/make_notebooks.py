"""Run the story of docs/why_not_abs.py once, and write its notebooks and pages: python docs/make_notebooks.py."""

import ast
import base64
import contextlib
import io
import json
import re
import sys
from html import escape
from pathlib import Path
from typing import Any, Final, NamedTuple

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

DOCS: Final = Path(__file__).parent
sys.path.insert(0, str(DOCS))

from why_not_abs import ENDS, STEPS, TITLES  # noqa: E402  it lies beside this file

from tinygrad_loss.picture.draw import Picture  # noqa: E402
from tinygrad_loss.picture.figure import svg_from  # noqa: E402
from tinygrad_loss.picture.palette import DARK, LIGHT  # noqa: E402
from tinygrad_loss.picture.render import png_from  # noqa: E402

STEMS: Final = {"en": "why_not_abs", "zh": "why_not_abs.zh"}
NAMES: Final = {"en": "English", "zh": "中文"}
TAGS: Final = {"en": "en", "zh": "zh-Hans"}
STYLE: Final = """
:root { color-scheme: light dark; %s }
@media (prefers-color-scheme: dark) { :root { %s } }
body { font: 17px/1.65 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; color: var(--ink);
  background: var(--paper); margin: 0 auto; max-width: 46rem; padding: 1rem; }
h1 { line-height: 1.25; } h2 { margin-top: 3rem; line-height: 1.3; } a { color: var(--blue); }
code, pre { font: 14px/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: 0; padding: .7rem .9rem; overflow-x: auto; border: 1px solid var(--rule); border-radius: 6px; }
pre.out { border-style: dashed; margin-top: .5rem; white-space: pre-wrap; }
figure { margin: 1rem 0; } figure svg { display: block; max-width: 100%%; height: auto; margin: 0 auto; }
figure .card { background: #fff; border-radius: 6px; padding: .5rem; }
figcaption { color: var(--quiet); font-size: .93em; }
.k, .kn, .ow { color: var(--purple); font-weight: 600; } .s1, .s2, .sa, .si, .mi, .mf { color: var(--green); } .nf { color: var(--blue); }
"""


class Ran(NamedTuple):
    """What a cell printed, and what it showed."""

    text: str
    shown: Any


def run(code: str, names: dict[str, Any]) -> Ran:
    """Run a cell as a notebook does: what it prints, and the value of its last line."""
    *body, last = ast.parse(code).body
    if not isinstance(last, ast.Expr):
        raise TypeError(f"the last line of a cell must be the picture that it shows, got: {ast.unparse(last)}")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), "<cell>", "exec"), names)  # noqa: S102  our own code
        shown = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307
    return Ran(printed.getvalue(), shown)


def png(shown: Any) -> bytes:
    """Return what a cell showed as an image."""
    return png_from(shown.dot, shown.svg) if isinstance(shown, Picture) else shown._repr_png_()


def notebook(language: str, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a notebook, in version 4 of the format."""
    cells: list[dict[str, Any]] = [said("start", worded(TITLES, language))]
    for number, (step, output) in enumerate(zip(STEPS, outputs, strict=True), 1):
        cells.append(said(f"words-{number}", worded(step.says, language)))
        outs = [
            {"output_type": "stream", "name": "stdout", "text": output["text"].splitlines(keepends=True)},
            {
                "output_type": "execute_result",
                "execution_count": number,
                "metadata": {},
                "data": {"image/png": output["png"], "text/plain": [step.shows[language]]},
            },
        ]
        code = {"cell_type": "code", "id": f"code-{number}", "metadata": {}, "execution_count": number}
        cells.append({**code, "source": step.code.splitlines(keepends=True), "outputs": outs})
    cells.append(said("end", worded(ENDS, language)))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}


def worded(texts: dict[str, str], language: str) -> str:
    """Return the words in one language; Chinese has no spaces between sentences, so its lines are joined."""
    return re.sub(r"(?<=[^\n])\n(?=[^\n*])", "", texts[language]) if language == "zh" else texts[language]


def said(name: str, text: str) -> dict[str, Any]:
    """Return a cell of words."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text.splitlines(keepends=True)}


def page(language: str, outputs: list[dict[str, Any]]) -> str:
    """Return a page that needs nothing else, in light and dark."""
    other = next(name for name in NAMES if name != language)
    title = TITLES[language].split("\n", 1)[0].removeprefix("# ")
    colours = ["".join(f"--{role}: {colour}; " for role, colour in palette.items()) for palette in (LIGHT, DARK)]
    parts = [f'<nav><a href="{STEMS[other]}.html" lang="{TAGS[other]}">{NAMES[other]}</a></nav>\n<main>', html(worded(TITLES, language))]
    for number, (step, output) in enumerate(zip(STEPS, outputs, strict=True), 1):
        named = output["svg"].replace("<svg", f'<svg role="img" aria-labelledby="shows-{number}"', 1)
        parts += [
            html(worded(step.says, language)),
            highlight(step.code, PythonLexer(), HtmlFormatter(nowrap=False)),
            f'<pre class="out">{escape(output["text"].rstrip())}</pre>',
            f'<figure>{named}<figcaption id="shows-{number}">{escape(step.shows[language])}</figcaption></figure>',
        ]
    parts += [html(worded(ENDS, language)), "</main>"]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
    style = STYLE % tuple(colours)
    return (
        f'<!DOCTYPE html>\n<html lang="{TAGS[language]}"><head>{head}<style>{style}</style></head>\n<body>{"".join(parts)}</body></html>\n'
    )


def html(words: str) -> str:
    """Return words as HTML; a formula is not broken at its signs."""
    return MarkdownIt().render(re.sub(r" ([−=+]) ", "\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", words))


def svg(shown: Any) -> str:
    """Return what a cell showed as SVG in the page's own colours; a graph keeps its own, on a white card."""
    if isinstance(shown, Picture):
        return f'<div class="card">{shown.svg}</div>'
    return svg_from(shown, {role: f"var(--{role})" for role in LIGHT})


def main() -> None:
    """Write them all."""
    names: dict[str, Any] = {}
    ran = [run(step.code, names) for step in STEPS]
    outputs = [{"text": one.text, "png": base64.b64encode(png(one.shown)).decode(), "svg": svg(one.shown)} for one in ran]
    for language, stem in STEMS.items():
        text = json.dumps(notebook(language, outputs), ensure_ascii=False, indent=1)
        (DOCS / f"{stem}.ipynb").write_text(text + "\n", encoding="utf-8")
        (DOCS / f"{stem}.html").write_text(page(language, outputs), encoding="utf-8")


if __name__ == "__main__":
    main()
