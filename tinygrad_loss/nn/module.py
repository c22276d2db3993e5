"""`Module`: a function that owns its weights. What it holds as attributes is what it has; nothing is registered by hand but buffers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from tinygrad_loss import errors
from tinygrad_loss.engine.arguments import NamesItsArguments
from tinygrad_loss.engine.explained import RAW, refuse
from tinygrad_loss.engine.half import HALF, in_single, widens
from tinygrad_loss.engine.masked import refuse_masked
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import LEAF, Tensor, tensor
from tinygrad_loss.nn.calling import Forward, Inputs, Output_co
from tinygrad_loss.nn.inputs import cast_constants
from tinygrad_loss.spelling.table import OF_MODULES

if TYPE_CHECKING:
    from tinygrad_loss.nn.summary import Summary

__all__ = ["Loaded", "Module", "parameter"]

Watcher = Callable[["Module", tuple[Any, ...], Any], None]
WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)
"""Is told of every module call inside another: `Module.summary` looks on, else `unseen`; None outside of all modules."""


def unseen(*_: Any) -> None:
    """Watch nothing."""


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


class Loaded(NamedTuple):
    """What `Module.load_state_dict` found: with ``strict=False`` paths may be left over on either side.

    Attributes:
        missing_keys: paths of the model that the state does not have; they keep their values.
        unexpected_keys: paths of the state that the model does not have.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<all keys matched>"
        return f"Loaded(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def check_held(module: Module, name: str, value: Any) -> None:
    """Refuse a plain list or dict of what has weights: nothing would find them there."""
    inside = value.values() if isinstance(value, dict) else value
    if any(isinstance(v, Module) or (isinstance(v, Tensor) and v.requires_grad and v.op is None) for v in inside):
        kind = type(value).__name__
        instead = f"self.{name} = nn.Module{'Dict' if isinstance(value, dict) else 'List'}({name})"
        rule = "what has weights must be an attribute or in a container of modules, or its weights would never be found"
        raise errors.ArgumentError(errors.say(type(module).__name__, rule, f"a {kind} as {name}", instead))


class Module(NamesItsArguments):
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
    takes_numbers: ClassVar[bool] = True
    """Whether the input is real numbers: an `Embedding` takes names of rows."""

    if TYPE_CHECKING:

        def __call__(self: Forward[Inputs, Output_co], *inputs: Inputs.args, **named: Inputs.kwargs) -> Output_co:
            """Compute the module's function: its parameters and its result are those of ``forward``."""
            raise NotImplementedError

    else:

        def __call__(self, *inputs: Any, **named: Any) -> Any:
            """Compute the module's function; floating constants are cast to the dtype of its parameters."""
            watcher = WATCHER.get()
            if watcher is None:
                return self._entered(inputs, named)
            try:
                output = self.forward(*inputs, **named)
            except RAW as error:
                refuse(error, self.forward, inputs, named)
            if watcher is not unseen:
                watcher(self, inputs, output)
            return output

    def _entered(self, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Compute the function of the module that holds all others that are called on the way."""
        token = WATCHER.set(unseen)
        try:
            inputs, named = cast_constants(self, inputs, named)
            if inputs and getattr(inputs[0], "dtype", None) is HALF and widens((*inputs, *named.values(), *self.parameters())):
                return in_single(self.forward, inputs, named)
            return self.forward(*inputs, **named)
        except RAW as error:
            refuse(error, self.forward, inputs, named)
        finally:
            WATCHER.reset(token)

    def forward(self, *inputs: Any, **named: Any) -> Tensor | Any:
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
        elif isinstance(value, list | tuple | dict):
            check_held(self, name, value)
        object.__setattr__(self, name, value)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Say what to type for a name of PyTorch's that is not here."""
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(f"{message}; {OF_MODULES[name]}" if name in OF_MODULES else message, name=name, obj=self)

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

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Yield the parameters with their paths, each once, however often it is shared.

        Args:
            prefix: what every path begins with.
            recurse: whether those of the modules inside come too.
        """
        seen: set[int] = set()
        for path, p in self._parameter_paths(prefix, recurse=recurse):
            if id(p) not in seen:
                seen.add(id(p))
                yield path, p

    def _parameter_paths(self, prefix: str = "", *, recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        for start, module in self._walk(prefix) if recurse else [(prefix, self)]:
            for name, value in vars(module).items():
                if isinstance(value, Tensor) and value.op is None:
                    yield f"{start}.{name}" if start else name, value

    def parameters(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield the parameters, each once: what an optimiser is given."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def register_parameter(self, name: str, value: Tensor | None) -> None:
        """Hold a parameter: the same as assigning it as an attribute."""
        setattr(self, name, value)

    def register_module(self, name: str, module: Module | None) -> None:
        """Hold a module: the same as assigning it as an attribute, for names that are computed."""
        setattr(self, name, module)

    add_module = register_module

    _buffers: dict[str, bool] = {}  # noqa: RUF012  never changed in place: whether each buffer belongs to the state

    def register_buffer(self, name: str, value: ArrayLike | None, persistent: bool = True) -> None:
        """Hold an array that is not learnt, such as a running mean.

        Args:
            name: of the attribute.
            value: the array; None holds its place.
            persistent: whether it belongs to the state.
        """
        object.__setattr__(self, name, None if value is None else np.array(value))
        object.__setattr__(self, "_buffers", {**self._buffers, name: persistent})

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the buffers with their paths."""
        return ((path, value) for path, value, _ in self._buffer_paths(prefix, recurse=recurse))

    def _buffer_paths(self, prefix: str = "", *, recurse: bool = True) -> Iterator[tuple[str, np.ndarray, bool]]:
        for start, module in self._walk(prefix) if recurse else [(prefix, self)]:
            for name, persistent in module._buffers.items():  # noqa: SLF001  of the same class
                value = getattr(module, name)
                if value is not None:
                    yield f"{start}.{name}" if start else name, value, persistent

    def _state_buffers(self) -> dict[str, np.ndarray]:
        return {path: value for path, value, persistent in self._buffer_paths() if persistent}

    def buffers(self, recurse: bool = True) -> Iterator[np.ndarray]:
        """Yield the buffers."""
        return (value for _, value in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """Return the module at a path such as ``"encoder.0"``; the empty path is this module."""
        return self._found("module", target, dict(self._walk()))

    def get_parameter(self, target: str) -> Tensor:
        """Return the parameter at a path such as ``"encoder.0.weight"``."""
        return self._found("parameter", target, dict(self._parameter_paths()))

    def get_buffer(self, target: str) -> np.ndarray:
        """Return the buffer at a path such as ``"norm.running_mean"``."""
        return self._found("buffer", target, dict(self.named_buffers()))

    def _found(self, what: str, target: str, known: Mapping[str, Any]) -> Any:
        if target not in known:
            near = errors.similar(target, known)
            message = f"{type(self).__name__!r} has no {what} {target!r}" + (f"; the nearest is {near!r}" if near else "")
            raise AttributeError(message)
        return known[target]

    # ---- its state ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return a copy of every parameter and buffer by path."""
        state = {path: p.numpy() for path, p in self._parameter_paths()}
        state |= {path: np.array(value) for path, value in self._state_buffers().items()}
        return state

    def load_state_dict(self, state_dict: Mapping[str, ArrayLike], strict: bool = True) -> Loaded:
        """Take over the values of ``state_dict``; each keeps the dtype it has here. Unless all of them fit, nothing is changed.

        Args:
            state_dict: arrays by path, as `state_dict` returns them.
            strict: whether paths may neither be missing nor unexpected.

        Returns:
            The paths that are missing, and those that are unexpected.

        Raises:
            StateError: paths are missing or unexpected, a shape differs, or something is no number.

        >>> from tinygrad_loss import nn
        >>> a, b = nn.Linear(2, 1), nn.Linear(2, 1)
        >>> b.load_state_dict(a.state_dict())
        <all keys matched>
        """
        check_state(state_dict)
        refuse_masked("load_state_dict", state_dict.values())
        parameters = dict(self._parameter_paths())
        own: dict[str, Any] = {**parameters, **self._state_buffers()}
        given = {path: np.asarray(value.value if isinstance(value, Tensor) else value) for path, value in state_dict.items()}
        left = Loaded([k for k in own if k not in given], [k for k in given if k not in own])
        self._check(own, given, left, strict=strict)
        for path in own.keys() & given.keys():
            new = np.array(given[path], dtype=own[path].dtype)
            if path in parameters:
                parameters[path].assign(new[()] if new.ndim == 0 else new)
            else:
                self._set_buffer(path, new)
        return left

    def _check(self, own: Mapping[str, Any], given: Mapping[str, np.ndarray], left: Loaded, *, strict: bool) -> None:
        name = type(self).__name__
        if strict and any(left):
            got = " and ".join(
                f"{what} {', '.join(map(repr, paths))}" for what, paths in zip(("missing", "unexpected"), left, strict=True) if paths
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

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to 0."""
        for p in self.parameters():
            p.grad = None if set_to_none or p.grad is None else np.zeros_like(p.grad)

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

    def summary(self, *inputs: Any, **named: Any) -> Summary:
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
