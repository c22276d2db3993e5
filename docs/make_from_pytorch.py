"""Write the page for people who come from PyTorch from the table of spellings: python docs/make_from_pytorch.py."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tinygrad_loss.spelling import names, table

PAGE = Path(__file__).parent / "from_pytorch.md"
HEAD = """# Coming from PyTorch

Layers, losses, optimisers and schedules have PyTorch's names and arguments. Arrays are NumPy's. Write `import tinygrad_loss as tl` in place
of `import torch`, and use NumPy's functions in place of PyTorch's functions of tensors. `import tinygrad_loss.nn.functional as F` works as
in PyTorch.

```python
>>> import numpy as np, tinygrad_loss as tl
>>> import tinygrad_loss.nn.functional as F
>>> rng = np.random.default_rng(0)
>>> x, y = rng.normal(size=(64, 3)), rng.normal(size=(64, 1))
>>> model = tl.nn.Sequential(tl.nn.Linear(3, 8, rng=1), tl.nn.ReLU(), tl.nn.Linear(8, 1, rng=2))
>>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
>>> before = F.mse_loss(model(x), y).item()
>>> for step in range(50):
...     optimizer.zero_grad()
...     loss = F.mse_loss(model(x), y)
...     loss.backward()
...     optimizer.step()
>>> loss.item() < before
True

```

Weights are float32, as in PyTorch. NumPy's numbers are float64. A model or a loss casts its input to the dtype of its weights, unless the
input requires grad. `tl.tensor([0, 2, 1])` keeps whole numbers, and makes them float64 if they shall require grad. There are no devices.

## By hand

| in PyTorch | here |
|---|---|
| `w.data -= lr * w.grad` | the same |
| `with torch.no_grad(): w -= lr * w.grad` | `with tl.no_grad(): w -= lr * w.grad` |
| `w.grad.zero_()` | `w.grad = None`, `w.grad[...] = 0`, `w.zero_grad()` or `optimizer.zero_grad()`: a gradient is a NumPy array |
| `w.data[0] = 1.0` | `w.data = np.where(mask, 1.0, w.data)`: a graph that used the old value is refused in `backward` |
| `y.retain_grad()` | the same |
| `y.backward(retain_graph=True)` | `y.backward()`: a graph is kept as long as its result |
| `y.backward(create_graph=True)`, `torch.autograd.grad(y, x)` | `tl.grad(tl.grad(f))(x)`, `tl.grad(f)(x)`: transforms take the function |
| `x.size()` | `x.shape`; `x.size` is NumPy's number of entries |
| `from torch.utils.data import DataLoader, TensorDataset` | `from tinygrad_loss.data import DataLoader, TensorDataset` |
| `torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)` | `tl.optim.clip_grad_norm_(model.parameters(), 1.0)` |
| `torch.func.vmap(f)(x)` | `f(x)`: NumPy's functions work on whole batches |
| `torch.autograd.Function` | `tl.op(name, forward, derivative)` |
"""


WORKS = """## Methods of tensors that work

The method does the same as the line on the right. Where NumPy's method has PyTorch's answer, it also takes `dim=` and `keepdim=`:
{same}; `flatten` takes `start_dim` and `end_dim`.
"""


def rows(pairs: Iterator[tuple[str, str]]) -> str:
    """Return a table of two columns."""
    lines = [f"| {theirs} | {ours} |".replace("||", "\\|\\|") for theirs, ours in pairs]
    return "\n".join(["| in PyTorch | here |", "|---|---|", *lines])


def code(text: str) -> str:
    """Return text as code in a cell."""
    return f"`{text}`".replace("|", "\\|")


def is_code(text: str) -> bool:
    """Whether text is one line of Python that does something: more than a word, and no list of words."""
    try:
        (line,) = ast.parse(f"{text} pass" if text.startswith("with ") else text).body
    except (SyntaxError, ValueError):
        return False
    if isinstance(line, ast.Assign):
        named = isinstance(line.value, ast.Name) and isinstance(line.targets[0], ast.Name)
        return not named and not isinstance(line.value, ast.Tuple) and not text.endswith(";")
    if isinstance(line, ast.Expr) and isinstance(line.value, ast.Compare):
        return not any(isinstance(sign, ast.Is | ast.In | ast.NotIn | ast.IsNot) for sign in line.value.ops)
    kinds = ast.Call | ast.BinOp | ast.Subscript | ast.Attribute
    whole = isinstance(line, ast.Expr) and isinstance(line.value, kinds) and not text.endswith(";")
    return whole or isinstance(line, ast.AugAssign | ast.With)


def marked(hint: str) -> str:
    """Return a hint with its lines of Python marked as code."""
    text, done, at = hint.removeprefix("type ").removeprefix("use "), "", 0
    while at < len(text):
        begins = at == 0 or text[at - 1] == " "
        end = next((k for k in range(len(text), at, -1) if is_code(text[at:k]) and text[at:k] == text[at:k].strip()), at) if begins else at
        done += code(text[at:end]) if end > at else text[at].replace("|", "\\|")
        at = max(end, at + 1)
    return done


def named(hints: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the rows of hints by name; names with one hint share a row."""
    together: dict[str, list[str]] = {}
    for name, hint in hints.items():
        together.setdefault(hint, []).append(f"{prefix}{name}")
    for hint, asked in together.items():
        yield ", ".join(map(code, asked)), marked(hint)


def page() -> str:
    """Return the page."""
    works = ((code(row.call), code(row.here)) for row in table.METHODS if row.does is not None)
    says = ((code(row.call), marked(row.here)) for row in table.METHODS if row.does is None)
    same = ", ".join(f"`{name}`" for name in table.SAME)
    different = ((code(f"x.{name}(...)"), marked(lines)) for name, lines in table.DIFFERENT.items())
    parts = [
        HEAD,
        WORKS.format(same=same),
        rows(works),
        (
            "\n## Methods with another answer\n\nEvery name that NumPy has means what it means in NumPy. PyTorch's keywords (`dim=`, `keepdim=`) and calls that NumPy would refuse raise an error. "
            "A call that NumPy takes too has NumPy's answer: `m.max(1)`, `m.std(1)` and `m.repeat(4, 1)` are those of arrays. "
            "The error says:\n"
        ),
        rows(different),
        "\n## Methods that do not exist\n\nThe call raises an error, which ends with the line on the right.\n",
        rows(says),
        "\n## Names of `torch`\n",
        rows(named(names.OF_PYTORCH, "torch.")),
        "\n## Names of `torch.nn`\n",
        rows(named(table.OF_THE_ROOM, "nn.")),
        "\n## Names of `torch.nn.functional`\n",
        rows(named(table.OF_FUNCTIONAL, "F.")),
        "\n## Methods of modules\n",
        rows(named(table.OF_MODULES, "model.")),
        "\n## Names of autograd and JAX\n",
        rows(named(names.OF_AUTOGRAD, "")).replace("in PyTorch", "in autograd or JAX", 1),
        "\n[Where the answers are not PyTorch's](pytorch.md) lists the differences.\n",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
