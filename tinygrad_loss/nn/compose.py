"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Never, Self, overload

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor, is_constant
from tinygrad_loss.nn.activation import ReLU
from tinygrad_loss.nn.inputs import in_dtype
from tinygrad_loss.nn.linear import Linear
from tinygrad_loss.nn.module import Module
from tinygrad_loss.nn.regularise import Dropout
from tinygrad_loss.ops.settings import probability, whole

__all__ = ["MLP", "ModuleDict", "ModuleList", "Residual", "Sequential"]


class ModuleList(Module):
    """A list of modules, called one by one by whoever holds it.

    Args:
        modules: what it starts with.

    >>> from tinygrad_loss import nn
    >>> len(nn.ModuleList([nn.Linear(2, 2) for _ in range(3)]))
    3
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self.extend(modules)

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        setattr(self, str(len(self)), _module(type(self).__name__, module))
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Add a module before another one; all are numbered anew."""
        held = list(self.children())
        held.insert(index, _module(type(self).__name__, module))
        return self._hold(held)

    def pop(self, index: int = -1) -> Module:
        """Take a module out, and return it."""
        taken: Module = list(self.children())[index]
        del self[index]
        return taken

    def _hold(self, modules: list[Module]) -> Self:
        """Hold these modules, numbered from 0."""
        for name, _ in list(self.named_children()):
            delattr(self, name)
        for i, module in enumerate(modules):
            setattr(self, str(i), module)
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self.named_children())

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    @overload
    def __getitem__(self, index: int) -> Any: ...  # a checker cannot know which module it is, and what that has
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Any:
        chosen = list(self.children())[index]
        return new(type(self), chosen) if isinstance(chosen, list) else chosen

    def __setitem__(self, index: int, module: Module) -> None:
        name = [name for name, _ in self.named_children()][index]
        setattr(self, name, _module(type(self).__name__, module))

    def __delitem__(self, index: int | slice) -> None:
        held = list(self.children())
        del held[index]
        self._hold(held)

    def __add__(self, other: Iterable[Module]) -> Self:
        return new(type(self), [*self, *other])


class Sequential(ModuleList):
    """Modules called one after the other, each on what the one before returned.

    Args:
        modules: modules and plain functions such as ``np.tanh``; or one mapping of names to modules.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Sequential(nn.Linear(2, 3), np.tanh, nn.Linear(3, 1))(np.zeros((5, 2), np.float32)).shape
    (5, 1)
    """

    def __init__(self, *modules: Any) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                setattr(self, _free(self, name), _module("Sequential", module))
        else:
            self.extend(modules)

    def forward(self, x: Array) -> Tensor:
        """Call the modules one after the other."""
        for module in self.children():
            x = module(x)
        return x


class ModuleDict(Module):
    """Modules by name, called by whoever holds it.

    Args:
        modules: what it starts with.

    >>> from tinygrad_loss import nn
    >>> nn.ModuleDict({"head": nn.Linear(2, 1)})["head"].out_features
    1
    """

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        self.update(modules or {})

    def update(self, modules: Mapping[str, Module]) -> None:
        """Add modules by name, in the place of those that had it."""
        for name, module in modules.items():
            self[name] = module

    def __setitem__(self, name: str, module: Module) -> None:
        setattr(self, _free(self, name), _module("ModuleDict", module))

    def __delitem__(self, name: str) -> None:
        self.pop(name)

    def pop(self, name: str) -> Module:
        """Take a module out, and return it."""
        taken = self[name]
        delattr(self, name)
        return taken

    def __getitem__(self, name: str) -> Module:
        found = dict(self.named_children())
        if name not in found:
            raise errors.unknown_name("ModuleDict", "name", name, found)
        return found[name]

    def __len__(self) -> int:
        return sum(1 for _ in self.named_children())

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.named_children())

    def __contains__(self, name: object) -> bool:
        return any(name == held for held, _ in self.named_children())

    def keys(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self)

    def values(self) -> Iterator[Module]:
        """Yield the modules."""
        return self.children()

    def items(self) -> Iterator[tuple[str, Module]]:
        """Yield names and modules."""
        return self.named_children()


class Residual(Module):
    r"""Add what the module inside computes to its input: $y = x + f(x)$.

    Args:
        modules: one module, or several called one after the other.

    Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.Residual(nn.Linear(4, 4))(np.zeros((2, 4), np.float32)).shape
    (2, 4)
    """

    def __init__(self, *modules: Any) -> None:
        self.inside = _module("Residual", modules[0]) if len(modules) == 1 else Sequential(*modules)

    def forward(self, x: Array) -> Tensor:
        """Return the sum of input and change."""
        change = self.inside(x)
        if is_constant(x) and change.dtype.kind == "f" and x.dtype != change.dtype:
            x = in_dtype("Residual", x, change.dtype)
        if change.shape != x.shape:
            raise errors.misfits(
                "Residual",
                "what is added must have the input's shape",
                {"the change": change.shape, "the input": x.shape},
                "a module whose output has its input's shape",
                mismatch.unequal,
            )
        return x + change


class MLP(Sequential):
    r"""Linear layers with an activation between them: the multilayer perceptron.

    Args:
        sizes: the number of features before, between and after the layers.
        activation: makes the module between two layers.
        dropout: the probability of dropping a hidden feature.
        rng: a seed or generator for the first weights and the dropout.

    >>> from tinygrad_loss import nn
    >>> sum(p.size for p in nn.MLP([2, 16, 1]).parameters())
    65
    """

    def __init__(
        self,
        sizes: Iterable[int],
        *more: Never,
        activation: Callable[[], Module] | None = None,
        dropout: float = 0.0,
        dtype: Any = "float32",
        rng: Any = None,
    ) -> None:
        if more or not isinstance(sizes, Iterable):
            got = ", ".join(map(repr, (sizes, *more)))
            raise errors.ArgumentError(errors.say("MLP", "sizes must come as one list", got, "nn.MLP([2, 16, 1]), and the rest by name"))
        sizes = list(sizes)
        if len(sizes) < 2:
            raise errors.ShapeError(errors.say("MLP", "sizes must name input and output at least", str(sizes), "nn.MLP([2, 16, 1])"))
        sizes = [whole("MLP", f"sizes[{i}]", n) for i, n in enumerate(sizes)]
        probability("MLP", "dropout", dropout)
        rng = np.random.default_rng(rng)
        layers: list[Module] = []
        for before, after in pairwise(sizes):
            if layers:
                layers.append((activation or ReLU)())
                if dropout:
                    layers.append(Dropout(dropout, rng=rng))
            layers.append(Linear(before, after, dtype=dtype, rng=rng))
        super().__init__(*layers)


class Function(Module):
    """A plain function among modules."""

    def __init__(self, function: Callable[..., Array]) -> None:
        self.function = function

    def forward(self, *inputs: Array) -> Tensor:
        """Call the function."""
        return self.function(*inputs)

    def extra_repr(self) -> str:
        """Return the function's name."""
        return getattr(self.function, "__name__", repr(self.function))


def new(kind: type[Any], modules: list[Module]) -> Any:
    """Return a container of these modules; a subclass that is made otherwise becomes what it is made of."""
    return Sequential(*modules) if issubclass(kind, Sequential) else ModuleList(modules)


def _free(holder: Module, name: str) -> str:
    """Return a module's name, unless the container needs it itself: ``{"train": ...}`` would take the method's place."""
    if hasattr(type(holder), name) or not name or "." in name:
        rule = f"a name must not be that of a method of {type(holder).__name__}, nor empty, nor have a dot in it"
        where = type(holder).__name__
        raise errors.ArgumentError(errors.say(where, rule, repr(name), repr(f"{name.replace('.', '_')}_")))
    return name


def _module(where: str, module: Any) -> Module:
    if isinstance(module, Module):
        return module
    if isinstance(module, list | tuple):
        raise errors.ArgumentError(
            errors.say(where, "its parts must be modules or functions", f"a {type(module).__name__}", f"nn.{where}(*modules)")
        )
    if callable(module) and not isinstance(module, type):
        return Function(module)
    name = module.__name__ if isinstance(module, type) else type(module).__name__
    raise errors.ArgumentError(
        errors.say(
            where, "its parts must be modules or functions", f"the class {name}" if isinstance(module, type) else name, f"nn.{name}(...)"
        )
    )
