"""What PyTorch, JAX, HIPS autograd and this package answer where ops are not smooth: one table, with versions.

    python benchmarks/others_at_kinks.py [cases.json]

Every case is an expression at a point, with its true gradient or the fact that it has none.
"""

import json
import sys
import types
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

import tinygrad_loss as tl

CASES = Path(__file__).parent.parent / "tests" / "data" / "kinks.json"


def number(x):
    """Return a case's number: infinities are written as text."""
    return np.array([number(a) for a in x], float) if isinstance(x, list) else float(x)


def function(expression, namespace):
    """Return the expression as a function of x."""
    return eval(f"lambda x: {expression}", {"np": namespace})  # noqa: S307  our own data


# ---- how each is asked ----------------------------------------------------------------------------------------------------


def ask_tinygrad_loss(expression, x):
    return tl.grad(function(expression, np))(x)


def ask_autograd(expression, x):
    import autograd
    import autograd.numpy as anp

    return autograd.grad(function(expression, anp))(x)


def ask_jax(expression, x):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    return jax.grad(function(expression, jnp))(jnp.asarray(x))


def ask_torch(expression, x):
    import torch

    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    function(expression, torch_namespace(torch))(leaf).backward()
    return leaf.grad.numpy()


def torch_namespace(torch):
    """Return NumPy's names for torch's functions."""

    def tensor(a):
        return a if isinstance(a, torch.Tensor) else torch.tensor(a, dtype=torch.float64)

    def lifted(f):
        return lambda *a: f(*map(tensor, a))

    names = (
        "abs",
        "maximum",
        "minimum",
        "sqrt",
        "exp",
        "log",
        "log1p",
        "cos",
        "arccos",
        "floor",
        "sign",
        "sum",
        "mean",
        "prod",
        "max",
        "min",
    )
    np_like = types.SimpleNamespace(**{name: lifted(getattr(torch, name)) for name in names})
    np_like.where = lambda c, a, b: torch.where(c, tensor(a), tensor(b))
    np_like.clip = lambda a, low, high: torch.clip(a, low, high)
    np_like.cbrt = lambda a: torch.sign(a) * torch.abs(a) ** (1 / 3)
    np_like.sort = lambda a: torch.sort(a).values
    np_like.std = lambda a: torch.std(a, correction=0)
    np_like.array = tensor
    np_like.linalg = types.SimpleNamespace(norm=torch.linalg.vector_norm)
    return np_like


PEERS = {
    "tinygrad_loss": ("tinygrad_loss", ask_tinygrad_loss),
    "PyTorch": ("torch", ask_torch),
    "JAX": ("jax", ask_jax),
    "HIPS autograd": ("autograd", ask_autograd),
}


def score(ask, cases):
    """Return: right gradients of smooth cases, of how many; plain numbers for those without gradient, of how many; what raised."""
    right = smooth = plain = others = raised = 0
    for case in cases:
        try:
            g = np.asarray(ask(case["expr"], number(case["x"])), float)
        except Exception as error:  # noqa: BLE001  any refusal counts as one
            print(f"  raised at {case['id']}: {type(error).__name__}: {str(error)[:80]}")
            g, raised = np.full(np.shape(case["x"]), np.nan), raised + 1
        if case["kind"] == "smooth":
            smooth += 1
            right += np.allclose(g, number(case["grad"]), rtol=1e-7, atol=1e-9)
        else:
            others += 1
            plain += bool(np.all(np.isfinite(g)))
    return right, smooth, plain, others, raised


SOME = {
    "abs(x) at 0": ("np.abs(x)", 0.0, "none"),
    "relu(x) - relu(-x) by where, which is x, at 0": ("np.where(x > 0, x, 0.0) - np.where(x < 0, -x, 0.0)", 0.0, "1"),
    "sqrt(x * x), which is abs(x), at 0": ("np.sqrt(x * x)", 0.0, "none"),
    "norm(x) ** 2 at [0, 0]": ("np.linalg.norm(x) ** 2", [0.0, 0.0], "[0, 0]"),
    "x where x = 0 is replaced by 0, at 0": ("np.where(x == 0, 0.0, x)", 0.0, "1"),
}
"""Single answers that show how it differs."""


def answer(ask, expression, x):
    """Return one answer in words."""
    try:
        return np.array2string(np.asarray(ask(expression, number(x)), float), separator=", ", formatter={"float": lambda v: f"{v:g}"})
    except Exception as error:  # noqa: BLE001  any refusal is an answer too
        return type(error).__name__


def main():
    """Print the tables."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    cases = json.loads(Path(sys.argv[1] if len(sys.argv) > 1 else CASES).read_text(encoding="utf-8"))
    rows = []
    for name, (package, ask) in PEERS.items():
        right, smooth, plain, others, _ = score(ask, cases)
        rows.append(f"| {name} {version(package)} | {right} of {smooth} | {plain} of {others} |")
    print("| | right gradient where one exists | a plain number where none exists |\n|---|---|---|")
    print("\n".join(rows))
    print("\n| | true gradient |", " | ".join(PEERS), "|\n|---|---|" + "---|" * len(PEERS))
    for name, (expression, x, truth) in SOME.items():
        print(f"| {name} | {truth} |", " | ".join(answer(ask, expression, x) for _, ask in PEERS.values()), "|")


if __name__ == "__main__":
    main()
