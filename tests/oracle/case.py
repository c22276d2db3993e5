"""Reads what PyTorch answered; NumPy is enough."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent.parent / "data" / "oracle"
SKIPPED = frozenset(json.loads((FOLDER / "skip.json").read_text(encoding="utf-8")))
"""Cases that are torch's own calling convention: axes of 0-d arrays, empty reductions, arguments of a test's own function."""


@dataclass
class Case:
    """One recorded call.

    Attributes:
        args: positional arguments; those named in ``grads`` are differentiated, as "args[0]", "kwargs['weight']" or "args[0][1]".
        outs: what torch returned.
        cots: the cotangent of each output; None where it was not differentiated.
        grads: the gradients of the differentiated arguments.
        error: how far torch's gradient is from its own central difference, None where that was not tried.
        made_with: positional and keyword arguments of the module, for a loss module.
    """

    name: str
    id: str
    desc: str
    args: list[Any]
    kwargs: dict[str, Any]
    outs: list[Any]
    cots: list[Any]
    grads: dict[str, Any]
    error: float | None
    made_with: tuple[list[Any], dict[str, Any]] = field(default=([], {}))
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def smooth(self) -> bool:
        """Whether torch agrees with its own differences: elsewhere there is a kink, or it differentiates another function."""
        return self.error is not None and self.error < 1e-4


def _decoded(x: Any, arrays: dict[str, np.ndarray]) -> Any:
    if not isinstance(x, dict):
        return x
    kind, value = x["$"], x.get("v")
    simple = {"array": lambda: arrays[x["k"]].copy(), "float": lambda: float(value), "dtype": lambda: value, "ellipsis": lambda: ...}
    if kind in simple:
        return simple[kind]()
    if kind == "slice":
        return slice(*value)
    if kind == "dict":
        return {k: _decoded(v, arrays) for k, v in value.items()}
    parts = [_decoded(v, arrays) for v in value]
    return tuple(parts) if kind == "tuple" else parts


def load(stem: str) -> Iterator[Case]:
    """Yield the cases of "ops", "losses" or "edges"."""
    document = json.loads((FOLDER / f"{stem}.json").read_text(encoding="utf-8"))
    with np.load(FOLDER / f"{stem}.npz") as stored:
        arrays = dict(stored.items())

    def decoded(x: Any) -> Any:
        return _decoded(x, arrays)

    for c in document["cases"]:
        made = c.get("ctor", {})
        yield Case(
            name=c["name"],
            id=c["id"],
            desc=c.get("desc", ""),
            args=decoded(c["args"]),
            kwargs=decoded(c["kwargs"]),
            outs=[decoded(o) for o in c["out"]],
            cots=[decoded(o) for o in c["cot"]],
            grads={k: decoded(g) for k, g in c["grads"].items() if g is not None},
            error=c["fd_err"],
            made_with=(decoded(made["args"]), decoded(made["kwargs"])) if made else ([], {}),
            state={k: decoded(v) for k, v in c.get("state", {}).items()},
        )
