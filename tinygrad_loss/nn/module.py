"""`Module`: a function that owns its weights. What it holds as attributes is what it has; nothing is registered by hand but buffers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import LEAF, Tensor, tensor

__all__ = ["Module", "parameter"]

Watcher = Callable[["Module", tuple[Any, ...], Any], None]
WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)
"""Is told of every module call while `Module.summary` looks on."""


def parameter(value: ArrayLike, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return a leaf tensor that a module can own and an optimiser can move.

    Args:
        value: the first values.
        dtype: a floating dtype; that of ``value`` by default.

    >>> import numpy as np
    >>> from tinygrad_loss import nn
    >>> nn.parameter(np.zeros(2)).requires_grad
    True
    """
    return tensor(value, dtype=dtype, requires_grad=True)


def check_state(state: Any) -> None:
    """Refuse what holds no arrays by path."""
    if not isinstance(state, Mapping):
        got = type(state).__name__
        raise errors.StateError(errors.say("load_state_dict", "it takes arrays by path", got, "model.load_state_dict(other.state_dict())"))


class Module:
    """A function that owns its weights: write ``forward``, assign parameters and other modules as attributes, and call it.

    A leaf `Tensor` that is an attribute is a parameter, a `Module` that is an attribute is a child;
    an array that is part of the state but not learnt is a buffer (`register_buffer`).

    >>> import numpy as np, tinygrad_loss as tl
    >>> class Scale(tl.nn.Module):
    ...     def __init__(self):
    ...         self.factor = tl.nn.parameter(np.ones(3, np.float32))
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> [(name, p.shape) for name, p in Scale().named_parameters()]
    [('factor', (3,))]
    """

    training: bool = True

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """Compute the module's function."""
        output = self.forward(*inputs, **named)
        watcher = WATCHER.get()
        if watcher is not None:
            watcher(self, inputs, output)
        return output

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """Say here what the module computes."""
        del inputs, named
        message = f"{type(self).__name__} has no forward(self, x): write one"
        raise NotImplementedError(message)

    def __setattr__(self, name: str, value: Any) -> None:
        """Hold an attribute; what has weights learns the path to them, which pictures and messages then use."""
        if isinstance(value, Tensor) and value.op is None:
            value.name = name
        elif isinstance(value, Module):
            for path, p in value.named_parameters():
                p.name = f"{name}.{path}"
        object.__setattr__(self, name, value)

    # ---- what it holds ------------------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules directly inside, with their names."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def children(self) -> Iterator[Module]:
        """Yield the modules directly inside."""
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Yield this module and all inside it, each once, with their paths."""
        seen: set[int] = set()
        for path, module in self._walk(prefix):
            if id(module) not in seen:
                seen.add(id(module))
                yield path, module

    def _walk(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        yield prefix, self
        for name, child in self.named_children():
            yield from child._walk(f"{prefix}.{name}" if prefix else name)  # noqa: SLF001  of the same class

    def modules(self) -> Iterator[Module]:
        """Yield this module and all inside it, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Yield the parameters with their paths, each once, however often it is shared."""
        seen: set[int] = set()
        for path, p in self._parameter_paths():
            if id(p) not in seen:
                seen.add(id(p))
                yield path, p

    def _parameter_paths(self) -> Iterator[tuple[str, Tensor]]:
        for prefix, module in self._walk():
            for name, value in vars(module).items():
                if isinstance(value, Tensor) and value.op is None:
                    yield f"{prefix}.{name}" if prefix else name, value

    def parameters(self) -> Iterator[Tensor]:
        """Yield the parameters, each once: what an optimiser is given."""
        return (p for _, p in self.named_parameters())

    def register_buffer(self, name: str, value: ArrayLike | None) -> None:
        """Hold an array that belongs to the state but is not learnt, such as a running mean."""
        object.__setattr__(self, name, None if value is None else np.array(value))
        object.__setattr__(self, "_buffers", (*getattr(self, "_buffers", ()), name))

    def named_buffers(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the buffers with their paths."""
        for prefix, module in self._walk():
            for name in getattr(module, "_buffers", ()):
                value = getattr(module, name)
                if value is not None:
                    yield f"{prefix}.{name}" if prefix else name, value

    def buffers(self) -> Iterator[np.ndarray]:
        """Yield the buffers."""
        return (value for _, value in self.named_buffers())

    # ---- its state ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return a copy of every parameter and buffer by path."""
        state = {path: p.numpy() for path, p in self._parameter_paths()}
        state |= {path: np.array(value) for path, value in self.named_buffers()}
        return state

    def load_state_dict(self, state: Mapping[str, ArrayLike], *, strict: bool = True) -> None:
        """Take over the values of ``state``; each keeps the dtype it has here. Unless all of them fit, nothing is changed.

        Args:
            state: arrays by path, as `state_dict` returns them.
            strict: whether paths may neither be missing nor unexpected.

        Raises:
            StateError: paths are missing or unexpected, a shape differs, or something is no number.

        >>> from tinygrad_loss import nn
        >>> a, b = nn.Linear(2, 1), nn.Linear(2, 1)
        >>> b.load_state_dict(a.state_dict())
        """
        check_state(state)
        parameters, buffers = dict(self._parameter_paths()), dict(self.named_buffers())
        own: dict[str, Any] = {**parameters, **buffers}
        given = {path: np.asarray(value.value if isinstance(value, Tensor) else value) for path, value in state.items()}
        self._check(own, given, strict=strict)
        for path in own.keys() & given.keys():
            new = np.array(given[path], dtype=own[path].dtype)
            if path in parameters:
                parameters[path].assign(new[()] if new.ndim == 0 else new)
            else:
                self._set_buffer(path, new)

    def _check(self, own: Mapping[str, Any], given: Mapping[str, np.ndarray], *, strict: bool) -> None:
        name = type(self).__name__
        missing, unexpected = [k for k in own if k not in given], [k for k in given if k not in own]
        if strict and (missing or unexpected):
            got = " and ".join(
                f"{what} {', '.join(map(repr, paths))}" for what, paths in (("missing", missing), ("unexpected", unexpected)) if paths
            )
            raise errors.StateError(
                errors.say(
                    "load_state_dict",
                    f"the paths of the state must be those of {name}",
                    got,
                    "model.load_state_dict(state, strict=False) to load what fits",
                )
            )
        for path in own.keys() & given.keys():
            if given[path].dtype.kind not in "biuf":
                got = f"dtype {given[path].dtype}"
                raise errors.StateError(
                    errors.say("load_state_dict", f"{path!r} of {name} must hold real numbers", got, "np.asarray(x, float)")
                )
            if own[path].shape != given[path].shape:
                raise errors.StateError(
                    errors.say(
                        "load_state_dict",
                        f"{path!r} of {name} must have shape {own[path].shape}",
                        str(given[path].shape),
                        "the same layer sizes as in the model that was saved",
                    )
                )

    def _set_buffer(self, path: str, value: np.ndarray) -> None:
        *parents, name = path.split(".")
        module = self
        for parent in parents:
            module = vars(module)[parent]
        object.__setattr__(module, name, value)

    # ---- what can be done to it ---------------------------------------------------------------------------------------

    def apply(self, function: Callable[[Module], object]) -> Self:
        """Call ``function`` on every module inside, children first, then on this one."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch to training: dropout drops, batch normalisation uses and learns the batch's statistics."""
        for module in self.modules():
            object.__setattr__(module, "training", mode)
        return self

    def eval(self) -> Self:
        """Switch to evaluation: nothing random, running statistics in use."""
        return self.train(mode=False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Let gradients flow into the parameters, or freeze them."""
        for p in self.parameters():
            p.track = LEAF if requires_grad else 0
        return self

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters():
            p.grad = None

    def astype(self, dtype: DTypeLike) -> Self:
        """Give every parameter and floating buffer another floating dtype, in place.

        >>> from tinygrad_loss import nn
        >>> nn.Linear(2, 1).astype("float64").weight.dtype
        dtype('float64')
        """
        dtype = np.dtype(dtype)
        if dtype.kind != "f":
            raise errors.DTypeError(
                errors.say("Module.astype", "parameters have a floating dtype", f"dtype {dtype}", "model.astype(np.float32)")
            )
        for p in self.parameters():
            p.assign(p.value.astype(dtype))
            p.grad = None
        for path, value in list(self.named_buffers()):
            if value.dtype.kind == "f":
                self._set_buffer(path, value.astype(dtype))
        return self

    def float64(self) -> Self:
        """Compute in double precision from now on."""
        return self.astype(np.float64)

    def float32(self) -> Self:
        """Compute in single precision from now on."""
        return self.astype(np.float32)

    double = float64

    # ---- what it looks like -------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Return the settings that ``repr`` shows."""
        return ""

    def multiply_adds(self, inputs: tuple[Any, ...], output: Array) -> int:
        """Return how many multiplications with an addition this module does itself, without its children."""
        del inputs, output
        return 0

    def __repr__(self) -> str:
        head, inside = self.extra_repr(), [f"({name}): {child!r}" for name, child in self.named_children()]
        if not inside:
            return f"{type(self).__name__}({head})"
        lines = "\n".join([head, *inside] if head else inside).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {lines}\n)"

    def summary(self, *inputs: Any, **named: Any) -> Any:
        """Run the model once on ``inputs`` and return a table: shapes, parameters, memory and multiply-adds per module.

        Args:
            inputs: a batch; ``np.zeros`` of the right shape and dtype will do.
            named: further arguments of ``forward``.

        >>> import numpy as np
        >>> from tinygrad_loss import nn
        >>> nn.Linear(3, 2).summary(np.zeros((1, 3), np.float32)).parameters
        8
        """
        from tinygrad_loss.nn.summary import summarise  # noqa: PLC0415  it watches modules, so it imports this file

        return summarise(self, inputs, named)


def reject_dtype(layer: str, x: Array, dtype: np.dtype[Any]) -> errors.DTypeError:
    """Return the error for an input of another dtype than the parameters."""
    return errors.DTypeError(
        errors.say(
            layer,
            f"the input must have the parameters' dtype {dtype}",
            f"dtype {x.dtype}",
            f"x.astype(np.{dtype}), or layer.astype(np.{x.dtype if x.dtype.kind == 'f' else 'float64'})",
        )
    )


def accept(layer: str, x: Any, weight: Tensor) -> Array:
    """Return an input as an array of some kind, of the dtype of the layer's parameters."""
    if not hasattr(x, "dtype"):
        x = np.asarray(x)
    if x.dtype != weight.dtype:
        raise reject_dtype(layer, x, weight.dtype)
    return x
