"""What PyTorch, JAX, HIPS autograd and this package answer where ops are not smooth: one table, with versions.

    python benchmarks/others_at_kinks.py [cases.json ...]

Every case is an expression at a point, with its true gradient or the fact that it has none. Expressions with functions of this
package are left out; where a peer cannot run an expression, the case does not count for it. Hessians are asked about ten cases more.
"""

import json
import sys
import types
import warnings
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import numpy as np

import tinygrad_loss as tl

DATA = Path(__file__).parent.parent / "tests" / "data"
CASES = (DATA / "kinks.json", DATA / "kinks-2.json")


def number(x):
    """Return a case's number: infinities are written as text."""
    return np.array([number(a) for a in x], float) if isinstance(x, list) else float(x)


def function(expression, namespace):
    """Return the expression as a function of x."""
    return eval(f"lambda x: {expression}", {"np": namespace})  # noqa: S307  our own data


# ---- how each is asked ----------------------------------------------------------------------------------------------------


def ask_tinygrad_loss(expression, x):
    return tl.grad(function(expression, np))(x)


def hessian_tinygrad_loss(expression, x):
    return tl.hessian(function(expression, np))(x)


def ask_autograd(expression, x):
    import autograd
    import autograd.numpy as anp

    return autograd.grad(function(expression, anp))(x)


def hessian_autograd(expression, x):
    import autograd
    import autograd.numpy as anp

    return autograd.hessian(function(expression, anp))(x)


def ask_jax(expression, x):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    return jax.grad(function(expression, jnp))(jnp.asarray(x))


def hessian_jax(expression, x):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    return jax.hessian(function(expression, jnp))(jnp.asarray(x))


def ask_torch(expression, x):
    import torch

    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    function(expression, TorchNames(torch))(leaf).backward()
    return leaf.grad.numpy()


def hessian_torch(expression, x):
    import torch

    point = torch.tensor(x, dtype=torch.float64)
    return torch.autograd.functional.hessian(function(expression, TorchNames(torch)), point).numpy()


class TorchNames:
    """NumPy's names for torch's functions; arguments that are no tensors become some."""

    RENAMED = types.MappingProxyType({"arccos": "acos", "arccosh": "acosh", "mod": "remainder"})

    def __init__(self, torch):
        self.torch = torch
        self.linalg = types.SimpleNamespace(
            norm=torch.linalg.vector_norm, det=torch.linalg.det, slogdet=torch.linalg.slogdet, eigvalsh=torch.linalg.eigvalsh, svd=self.svd
        )

    def __getattr__(self, name):
        """Return the function torch has under this name, taking numbers and lists too; an axis is torch's dim."""
        f = getattr(self.torch, self.RENAMED.get(name, name))

        def lifted(*a, axis=None):
            return f(*map(self.array, a), **({} if axis is None else {"dim": axis}))

        return lifted if callable(f) else f

    def array(self, a):
        """Return a tensor; one made of tensors stays connected to them."""
        if isinstance(a, list | tuple):
            return self.torch.stack([self.array(part) for part in a])
        return a if isinstance(a, self.torch.Tensor) else self.torch.tensor(a, dtype=None if isinstance(a, bool) else self.torch.float64)

    def max(self, a, axis=None):
        """Return the largest entry, its gradient shared between equal ones."""
        return self.torch.amax(a, dim=() if axis is None else axis)

    def min(self, a, axis=None):
        """Return the smallest entry, its gradient shared between equal ones."""
        return self.torch.amin(a, dim=() if axis is None else axis)

    def clip(self, a, low, high):
        """Return the entries within bounds that are numbers."""
        return self.torch.clip(a, low, high)

    def cbrt(self, a):
        """Return the real cube root."""
        return self.torch.sign(a) * self.torch.abs(a) ** (1 / 3)

    def sort(self, a):
        """Return the sorted values."""
        return self.torch.sort(a).values

    def std(self, a):
        """Return the standard deviation of the population."""
        return self.torch.std(a, correction=0)

    def svd(self, a, compute_uv=True):
        """Return the singular values, or all three factors."""
        return self.torch.linalg.svd(a) if compute_uv else self.torch.linalg.svdvals(a)


PEERS = {
    "tinygrad_loss": ("tinygrad_loss", ask_tinygrad_loss, hessian_tinygrad_loss),
    "PyTorch": ("torch", ask_torch, hessian_torch),
    "JAX": ("jax", ask_jax, hessian_jax),
    "HIPS autograd": ("autograd", ask_autograd, hessian_autograd),
}


def score(ask, cases):
    """Count right gradients of smooth cases, plain numbers for those without gradient, numbers with a warning, and what did not run."""
    seen = Counter()
    for case in cases:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                g = np.asarray(ask(case["expr"], number(case["x"])), float)
            except Exception:  # noqa: BLE001  what a peer cannot run says nothing about its answers
                seen["not run"] += 1
                continue
        warned = any(issubclass(w.category, RuntimeWarning) for w in caught)
        if case["kind"] == "smooth":
            seen["smooth"] += 1
            seen["right"] += np.allclose(g, number(case["grad"]), rtol=1e-7, atol=1e-9)
        else:
            seen["none"] += 1
            seen["doubted" if warned else "plain"] += bool(np.all(np.isfinite(g)))
    return seen


NAN = float("nan")
HESSIANS = [
    ("x * np.abs(x)", 0.0, NAN),
    ("np.maximum(x, 0.0) ** 2", 0.0, NAN),
    ("np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))", 0.0, 0.25),
    ("np.abs(x) ** 3", 0.0, 0.0),
    ("np.max(x) * np.min(x)", [1.0, 1.0], [[0.0, 1.0], [1.0, 0.0]]),
    ("np.abs(x[0]) + x[1] ** 2", [0.0, 3.0], [[NAN, 0.0], [0.0, 2.0]]),
    ("x[0] * np.abs(x[1])", [1.0, 0.0], [[0.0, NAN], [NAN, NAN]]),
    ("np.linalg.norm(x) ** 2", [0.0, 0.0], [[2.0, 0.0], [0.0, 2.0]]),
    ("np.maximum(x[0], x[1]) + np.minimum(x[0], x[1])", [1.0, 1.0], [[0.0, 0.0], [0.0, 0.0]]),
    ("np.maximum(x[0], x[1]) ** 2 + np.minimum(x[0], x[1]) ** 2", [1.0, 1.0], [[2.0, 0.0], [0.0, 2.0]]),
]
"""Second derivatives as limits of mixed difference quotients: nan where quotients of different signs or steps differ."""


def score_second(ask):
    """Return: entries of Hessians that are right, of how many; plain numbers for entries that do not exist, of how many."""
    right = numbers = plain = others = 0
    for expression, x, truth in HESSIANS:
        want = np.asarray(truth, float)
        got = np.asarray(ask(expression, number(x)), float).reshape(want.shape)
        there = np.isfinite(want)
        numbers, others = numbers + np.count_nonzero(there), others + np.count_nonzero(~there)
        right += np.count_nonzero(there & np.isclose(got, want, rtol=1e-7, atol=1e-9))
        plain += np.count_nonzero(~there & np.isfinite(got))
    return right, numbers, plain, others


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
    for path in map(Path, sys.argv[1:] or CASES):
        cases = [c for c in json.loads(path.read_text(encoding="utf-8")) if "tl." not in c["expr"] and "dtype" not in c]
        print(f"{len(cases)} cases of {path.name}\n")
        print(
            "| | right, where a gradient exists | a number, where none exists | a number and a warning | not run |\n|---|---|---|---|---|"
        )
        for name, (package, ask, _) in PEERS.items():
            n = score(ask, cases)
            print(
                f"| {name} {version(package)} | {n['right']} of {n['smooth']} | {n['plain']} of {n['none']} | {n['doubted']} | {n['not run']} |",
                flush=True,
            )
        print()
    print(f"Entries of {len(HESSIANS)} Hessians\n\n| | right where one exists | a plain number where none exists |\n|---|---|---|")
    for name, (_, _, ask) in PEERS.items():
        right, numbers, plain, others = score_second(ask)
        print(f"| {name} | {right} of {numbers} | {plain} of {others} |")
    print("\n| | true gradient |", " | ".join(PEERS), "|\n|---|---|" + "---|" * len(PEERS))
    for name, (expression, x, truth) in SOME.items():
        print(f"| {name} | {truth} |", " | ".join(answer(ask, expression, x) for _, ask, _ in PEERS.values()), "|")


if __name__ == "__main__":
    main()
