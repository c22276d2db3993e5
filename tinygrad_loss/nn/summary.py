"""A table of what a model holds and does: shapes, parameters, memory and multiply-adds."""

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.context import no_grad
from tinygrad_loss.nn.inputs import cast_constants
from tinygrad_loss.nn.module import WATCHER, Module

__all__ = ["Row", "Summary", "summarise"]


@dataclass(frozen=True, slots=True)
class Row:
    """One call of one module.

    Attributes:
        path: where the module stands in the model; "" for the model itself.
        kind: its class.
        shape: of its output.
        parameters: how many numbers it learns itself, without its children.
        bytes: of its output.
        multiply_adds: of this call, without those of its children.
    """

    path: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    bytes: int
    multiply_adds: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The rows of `Module.summary`, in the order of the calls, and their totals.

    Attributes:
        rows: one per call; a module that was called twice has two.
        parameters: how many numbers the model learns; shared ones count once.
        parameter_bytes: the memory of these.
        output_bytes: the memory of all outputs that a backward pass needs.
        multiply_adds: of one forward pass.
    """

    rows: tuple[Row, ...]
    parameters: int
    parameter_bytes: int
    output_bytes: int
    multiply_adds: int

    def __str__(self) -> str:
        head = ("layer", "output shape", "parameters", "memory", "multiply-adds")
        body = [
            (f"{r.path or '(model)'} ({r.kind})", str(r.shape), f"{r.parameters:,}", _memory(r.bytes), f"{r.multiply_adds:,}")
            for r in self.rows
        ]
        width = [max(map(len, column)) for column in zip(head, *body, strict=True)]
        lines = [
            "  ".join(c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(r, width, strict=True))) for r in (head, *body)
        ]
        rule = "-" * len(lines[0])
        total = (
            f"{self.parameters:,} parameters ({_memory(self.parameter_bytes)}), "
            f"{_memory(self.output_bytes)} of outputs, {self.multiply_adds:,} multiply-adds"
        )
        return "\n".join([lines[0].rstrip(), rule, *(line.rstrip() for line in lines[1:]), rule, total])

    __repr__ = __str__


def summarise(model: Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> Summary:
    """Run ``model`` once, in evaluation and without recording, and note every call inside."""
    refuse_shapes(inputs)
    if not inputs and not named and inspect.signature(model.forward).parameters:
        rule = f"{type(model).__name__} is run once, on a batch of inputs"
        raise errors.ArgumentError(errors.say("summary", rule, "none", "model.summary(x[:1])"))
    inputs, named = cast_constants(model, inputs, named)
    paths = {id(module): path for path, module in model.named_modules()}
    rows: list[Row] = []

    def watch(module: Module, given: tuple[Any, ...], output: Any) -> None:
        shown = _first(output)
        rows.append(
            Row(
                paths.get(id(module), "?"),
                type(module).__name__,
                tuple(shown.shape),
                sum(p.size for p in vars(module).values() if p is not None and any(p is q for q in own)),
                shown.size * shown.dtype.itemsize,
                module.multiply_adds(given, shown),
            )
        )

    own = list(model.parameters())
    modes = [(module, module.training) for module in model.modules()]
    token = WATCHER.set(watch)
    try:
        model.eval()
        with no_grad():
            model(*inputs, **named)
    finally:
        WATCHER.reset(token)
        for module, mode in modes:
            object.__setattr__(module, "training", mode)
    leaves = [r for r in rows if r.parameters or r.multiply_adds or not _has_children(model, r.path)]
    return Summary(
        tuple(rows),
        sum(p.size for p in own),
        sum(p.size * p.dtype.itemsize for p in own),
        sum(r.bytes for r in leaves),
        sum(r.multiply_adds for r in rows),
    )


def refuse_shapes(inputs: tuple[Any, ...]) -> None:
    """Refuse sizes in place of a batch, as other packages' summaries take them."""
    sizes = inputs[0] if len(inputs) == 1 and isinstance(inputs[0], tuple) else inputs
    if sizes and all(type(n) is int for n in sizes):
        got, instead = ", ".join(map(str, inputs)), f"model.summary(np.zeros({sizes}, np.float32))"
        raise errors.ArgumentError(errors.say("summary", "the inputs are arrays, not their shape", got, instead))


def _first(output: Any) -> Any:
    """Return the first array of an output that may be a tuple."""
    while isinstance(output, tuple | list):
        output = output[0]
    return output if hasattr(output, "dtype") else np.asarray(output)


def _has_children(model: Module, path: str) -> bool:
    return any(True for p, module in model.named_modules() if p == path for _ in module.children())


def _memory(count: float) -> str:
    """Write a number of bytes with a unit."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.4g} {unit}"
        count /= 1024
    return f"{count:.4g} GiB"
