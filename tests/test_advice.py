"""What messages advise: what is introduced as something to type can be typed, and works."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import data, distributions, errors, nn, optim, remedies, training

FILLED = "x_"
"""What stands for a value that is filled in."""
BUILDERS = {"say", "shapes", "of_dtype", "lost_graph", "remedy"}
ROOMS = {"np": np, "tl": tl, "nn": nn}
KNOWN = {**vars(distributions), **vars(data), **vars(nn), **vars(optim), **vars(training)}


def advice() -> Iterator[tuple[str, str]]:
    """Yield where each remedy of the package stands, and its text, with `FILLED` for what is filled in."""
    package = Path(tl.__file__).parent
    for path in sorted(package.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr not in BUILDERS:
                continue
            if not isinstance(call.func.value, ast.Name) or call.func.value.id != "errors":
                continue
            place = {"say": 3, "shapes": 3, "of_dtype": 3, "lost_graph": 1, "remedy": 0}[call.func.attr]
            text = _text(call.args[place]) if len(call.args) > place else None
            if text is not None:
                yield f"{path.relative_to(package)}:{call.lineno}", text


def _text(x: ast.expr) -> str | None:
    if isinstance(x, ast.Constant) and isinstance(x.value, str):
        return x.value
    if isinstance(x, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else FILLED for part in x.values)  # type: ignore[misc]
    return None


ADVICE = dict(advice())
CODE = {where: line for where, line in ADVICE.items() if errors.remedy(line).startswith("Type") and not line.startswith(remedies.COMMANDS)}


def test_the_remedies_of_the_package_are_found():
    assert len(ADVICE) > 250
    assert len(CODE) > 180


@pytest.mark.parametrize("where", CODE)
def test_what_is_to_be_typed_names_what_exists(where):
    """Every dotted name of a room exists, and every keyword of a call of ours is one of its arguments."""
    for part in CODE[where].split(", or "):
        for node in ast.walk(_tree(part)):
            if isinstance(node, ast.Attribute):
                _found(node)
            if isinstance(node, ast.Call):
                called = _found(node.func)
                if called is not None and getattr(called, "__module__", "").startswith("tinygrad_loss"):
                    _takes(called, {k.arg for k in node.keywords if k.arg}, len([a for a in node.args if not isinstance(a, ast.Starred)]))


def _tree(line: str) -> ast.AST:
    for written in (line, f"f({line})", f"f({line}...)"):
        try:
            return ast.parse(written)
        except SyntaxError:
            continue
    raise AssertionError(line)


def _found(node: ast.expr) -> Any:
    """Return what a dotted name stands for; None for one of the user's own."""
    if isinstance(node, ast.Name):
        return KNOWN.get(node.id)
    if not isinstance(node, ast.Attribute):
        return None
    path = ast.unparse(node).split(".")
    if path[0] not in ROOMS or FILLED in ast.unparse(node) or not all(map(str.isidentifier, path)):
        return None
    found = ROOMS[path[0]]
    for name in path[1:]:
        found = getattr(found, name)
    return found


def _takes(called: Any, keywords: set[str], positional: int) -> None:
    parameters = inspect.signature(called).parameters.values()
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        assert keywords <= {p.name for p in parameters}
    if not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        assert positional <= len([p for p in parameters if p.kind is not p.KEYWORD_ONLY])


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("x.astype(np.float32)", "Type"),
        ("lr=0.01", "Type"),
        ("T_0=10, T_mult=1", "Type"),
        ("bias=", "Type"),
        ("'mean'", "Type"),
        ("np.linalg.pinv(a), or a + 1e-6 * np.eye(a.shape[-1])", "Type"),
        ("tinygrad-loss train digits", "Type"),
        ("--rows 10", "Type"),
        ("x[..., 0]", "Type"),
        ("f(x[..., None])", "Type"),
        ("np.reshape(a, (..., 3))", "Use"),
        ("tl.op('f', f, vjps=[lambda g, y, x: ...])", "Use"),
        ("other data", "Use"),
        ("a smaller lr, or clip_norm=1.0", "Use"),
        ("target of shape (4,)", "Use"),
        ("tl.losses.mse_loss(input, target) with target of shape (4, 3)", "Use"),
        ("tinygrad-loss predict DIR, with the --out of the training", "Use"),
        ("x\0", "Use"),
        ("(" * 5000, "Use"),
    ],
)
def test_only_code_and_commands_are_introduced_as_something_to_type(line, verb):
    assert errors.remedy(line) == f"{verb} instead: {line}"


def test_no_message_passes_the_rule_by():
    """Sentences that introduce something to type without asking whether it can be typed are known, and can."""
    written = []
    for path in Path(tl.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "Type instead: " in node.value:
                line = node.value.partition("Type instead: ")[2]
                assert errors.remedy(line or "x").startswith("Type")
                written.append(line)
    assert set(written) <= {"np.where(condition, a, b)", "x[:, 0], or y[:, None]", "", "tinygrad-loss "}


@pytest.mark.parametrize("where", CODE)
def test_two_lines_are_told_apart(where):
    """A comma stands before "or" where either of two lines can be typed; without it, Python would run the first alone."""
    assert not any(isinstance(node, ast.BoolOp) for part in CODE[where].split(", or ") for node in ast.walk(_tree(part)))
