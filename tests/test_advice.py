"""What messages advise: what is introduced as something to type can be typed, and works."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import data, distributions, errors, losses, nn, optim, remedies, training

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
        ("np.linalg.pinv(a), or a + 1e-6 * np.eye(n)", "Type"),
        ("tinygrad-loss train digits", "Type"),
        ("--rows 10", "Type"),
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


# ---- typed ----------------------------------------------------------------------------------------------------------------

X = np.arange(6.0).reshape(2, 3) + 1.0


def leaf(*shape: int) -> Any:
    return tl.tensor(np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape), requires_grad=True)


def f32(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


TYPED = {
    # what a user did, and the names that the advice speaks of
    "mse column": (losses.mse_loss, {"input": leaf(4, 1), "target": np.ones(4)}),
    "l1 column": (losses.l1_loss, {"input": leaf(4), "target": np.ones((4, 1))}),
    "huber reshaped": (losses.huber_loss, {"input": leaf(2, 3), "target": np.ones((3, 2))}),
    "cross entropy of floats": (
        losses.cross_entropy,
        {"input": leaf(4, 3), "target": np.array([0.0, 1.0, 2.0, 0.0])},
    ),
    "classes in a column": (
        losses.cross_entropy,
        {"input": leaf(4, 3), "target": np.array([[0], [1], [2], [0]])},
    ),
    "no grad": (lambda y: y.backward(), {"y": leaf(3) * 2.0}),
    "gradient of another shape": (lambda y: y.backward(gradient=np.ones(2)), {"y": leaf(3) * 2.0}),
    "gradient of text": (lambda y: y.backward(gradient=np.array(["a"])), {"y": leaf(3) * 2.0}),
    "int leaf": (lambda data: tl.tensor(data, dtype=np.int64, requires_grad=True), {"data": [1, 2]}),
    "complex data": (lambda data: tl.tensor(data), {"data": np.array([1j])}),
    "new values": (lambda x, new: setattr(x, "data", new), {"x": leaf(3), "new": np.ones(2)}),
    "values of a result": (lambda y, new: setattr(y, "data", new), {"y": leaf(3) * 2.0, "new": np.ones(3)}),
    "wrong gradient": (lambda x: setattr(x, "grad", np.ones(2)), {"x": leaf(3)}),
    "vector function": (lambda f, x: tl.grad(f)(x), {"f": lambda x: x * 2.0, "x": np.ones(3)}),
    "argnums": (lambda f, x: tl.grad(f, argnums=1)(x), {"f": np.sum, "x": np.ones(3)}),
    "tangent": (lambda f, x: tl.jvp(f, x, np.ones(2)), {"f": lambda x: x * 2.0, "x": np.ones(3)}),
    "softmax without axis": (lambda x: tl.ops.softmax(x), {"x": leaf(2, 3)}),
    "pairs": (lambda a, b: np.vecdot(a, b), {"a": leaf(3), "b": leaf(2)}),
    "singular": (lambda a, n: np.linalg.inv(a), {"a": tl.tensor(np.ones((2, 2)), requires_grad=True), "n": 2}),
    "Linear dtype": (lambda layer, x: layer(x), {"layer": nn.Linear(3, 2), "x": leaf(2, 3)}),
    "Linear features": (lambda x: nn.Linear(4, 2)(x), {"x": f32(2, 3)}),
    "Conv2d channels": (lambda x: nn.Conv2d(3, 4, 3)(x), {"x": f32(1, 2, 8, 8)}),
    "BatchNorm1d channels": (lambda x: nn.BatchNorm1d(3)(x), {"x": f32(4, 2)}),
    "GroupNorm channels": (lambda x: nn.GroupNorm(2, 4)(x), {"x": f32(2, 6, 3)}),
    "LSTM features": (lambda x: nn.LSTM(3, 4)(x), {"x": f32(5, 2, 2)}),
    "GRUCell features": (lambda x: nn.GRUCell(3, 4)(x), {"x": f32(2, 2)}),
    "attention features": (lambda x: nn.MultiheadAttention(4, 2)(x, x, x), {"x": f32(2, 3, 5)}),
    "sequences": (lambda rows: tl.tensor(rows), {"rows": [np.ones(2), np.ones(3)]}),
    "Dataset rows": (lambda x, y, n: data.Dataset(x, y), {"x": np.ones((4, 2)), "y": np.ones(3), "n": 3}),
    "SGD rate": (lambda params: optim.SGD(params, lr=-1.0), {"params": [leaf(2)]}),
    "SGD tensor": (lambda x: optim.SGD(x, lr=0.01), {"x": leaf(2)}),
    "Adam betas": (lambda params: optim.Adam(params, betas=(1.5, 0.9)), {"params": [leaf(2)]}),
    "nesterov": (lambda params: optim.SGD(params, lr=0.1, nesterov=True), {"params": [leaf(2)]}),
    "no parameters": (lambda model: optim.SGD([], lr=0.1), {"model": nn.Linear(2, 1)}),
    "scores of metrics": (lambda output, target: training.metrics.top_k(output, target, k=9), {"output": X, "target": [0, 1]}),
    "Normal crosswise": (
        lambda loc, scale: distributions.Normal(loc=loc, scale=scale),
        {"loc": np.ones(3), "scale": np.ones(4)},
    ),
    "matrix of another size": (lambda loc: distributions.MultivariateNormal(loc, np.eye(4)), {"loc": np.ones(3)}),
}


@pytest.mark.parametrize("case", TYPED)
def test_what_is_to_be_typed_runs(case):
    did, names = TYPED[case]
    with pytest.raises(errors.TinygradLossError) as caught:
        did(**names)
    said = str(caught.value)
    assert ". Type instead: " in said
    known = {**KNOWN, "np": np, "tl": tl, "nn": nn, "accuracy": training.metrics.accuracy, "top_k": training.metrics.top_k}
    for line in said.rpartition(". Type instead: ")[2].split(", or "):
        exec(line, known | names)  # noqa: S102  what the message says to type
