"""Mistakes that people make, as code, and the line that their message says to type, which is typed and works.

The mistakes stand in ``tests/mistakes/``, one file for each part of the package and one mistake on each line. The statements of a line
before its last one give names, so that the line to type can speak of them; the last one goes wrong. `imported` has the other names.
Whoever adds a message that says what to type adds the mistake that it answers to one of these files.
"""

import ast
import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest
import scipy.special

import tinygrad_loss as tl
from tinygrad_loss import data, distributions, nn, optim, training

FILES = sorted((Path(__file__).parent / "mistakes").glob("*.txt"))
MISTAKES = {
    f"{file.stem}:{number}": line
    for file in FILES
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    if line and not line.startswith("#")
}
WORDED = re.compile(r"(?P<op>[^\n]+?): (?P<rule>[^\n]+?), got (?!got )(?P<got>[^\n]+)\. (?P<verb>Type|Use) instead: (?P<line>[^\n]+[^\n.])")
"""What the message of every error must look like."""


def imported():
    """Return what the examples of the documentation import, and a few arrays, a model and its optimiser."""
    model = nn.Linear(4, 2, rng=0)
    rooms = {**vars(distributions), **vars(data), **vars(nn), **vars(optim), **vars(training), **vars(training.metrics)}
    modules = {"np": np, "scipy": scipy, "tl": tl, "nn": nn, "optim": optim, "D": distributions}
    arrays = {
        "x": leaf(2, 3),
        "v": leaf(3),
        "a": leaf(2, 2),
        "y": leaf(3) * 2.0,
        "img": leaf(1, 2, 4, 4),
        "rows": np.ones((8, 4), np.float32),
    }
    fitted = {"model": model, "params": list(model.parameters()), "optimizer": optim.SGD(model.parameters(), lr=0.1)}
    return {**rooms, **modules, **arrays, **fitted, "f": lambda x: np.sum(x * x), "data": np.linspace(0.1, 0.9, 9)}


def leaf(*shape):
    return tl.tensor(np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape), requires_grad=True)


def typed(code, got, line):
    """Return the code that follows the advice: a name or options in their place in the mistake, anything else by itself."""
    code = ast.unparse(ast.parse(code))
    if got in code and re.fullmatch(r"'.*'|\w+=", line):
        return code.replace(got, line)
    tree = ast.parse(code)
    call = getattr(tree.body[-1], "value", None)
    given = options(line)
    if isinstance(call, ast.Call) and given:
        call.keywords = [k for k in call.keywords if k.arg not in {option.arg for option in given}] + given
        return ast.unparse(tree)
    return line


def options(line):
    """Return the keyword arguments that a line is; none where it is something else, such as an assignment, which has spaces around ``=``."""
    if re.match(r"\w+ = ", line):
        return []
    try:
        call = ast.parse(f"f({line})", mode="eval").body
    except SyntaxError:
        return []
    return call.keywords if isinstance(call, ast.Call) and not call.args else []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("where", MISTAKES)
def test_the_message_is_well_worded_and_the_line_to_type_works(where, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, names = MISTAKES[where], imported()
    with pytest.raises(tl.errors.TinygradLossError) as caught:
        exec(code, names)  # noqa: S102  the mistake
    said = WORDED.fullmatch(str(caught.value))
    assert said, str(caught.value)
    for line in said["line"].split(", or ") if said["verb"] == "Type" else []:
        with contextlib.redirect_stdout(io.StringIO()):  # help() prints
            exec(typed(code, said["got"], line), names)  # noqa: S102  what the message says to type


def test_a_name_and_options_are_typed_in_their_place():
    assert typed("f(x, mode='foo')", "'foo'", "'zeros'") == "f(x, mode='zeros')"
    assert typed("f(x, wieght=1)", "wieght=", "weight=") == "f(x, weight=1)"
    assert typed("f(x, a=1, b=2)", "a=1", "b=3, c=4") == "f(x, a=1, b=3, c=4)"
    assert typed("f(x)", "(2,)", "x[None]") == "x[None]"
