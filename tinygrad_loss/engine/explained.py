"""What a wrong argument broke inside the package, said in words: asked only when a call has failed.

Python's own error from the middle of a computation names neither the function nor the argument. The annotations of what was called say
which argument is of another kind; where each is of its kind, their shapes are named.
"""

import inspect
import re
import sys
import types
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.masked import holds_masked, masked
from tinygrad_loss.engine.op import OPS, numpy_name

__all__ = ["RAW", "explain_room", "explained", "refuse", "refuse_as_numpy"]

Function = TypeVar("Function", bound=Callable[..., Any])

RAW: Final = (
    TypeError, ValueError, AttributeError, LookupError, ZeroDivisionError, OverflowError, RecursionError, NotImplementedError,
)  # fmt: skip
"""What Python and NumPy raise where an argument is of a kind that nobody expected."""
OURS: Final = (
    *(str(Path(np.__file__).parents[1] / name) for name in ("numpy", "scipy")),
    str(Path(errors.__file__).parent),
    "<frozen",
    "<__array",
)
EXAMPLES: Final[dict[type, tuple[str, object]]] = {
    bool: ("True or False", True), int: ("a whole number", 1), float: ("a number", 0.5), str: ("a name", "mean"),
}  # fmt: skip
KINDS: Final[dict[type, Any]] = {bool: bool | np.bool_, int: int | np.integer, float: int | float | np.number, str: str}
"""What is taken for each of them."""


def explained(function: Function) -> Function:
    """Return ``function``, whose errors in the middle of it are said in words, and which takes no masked arrays."""

    @wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        if holds_masked((*given, *named.values())):
            raise masked(_path(function, given)[0])
        try:
            return function(*given, **named)
        except RAW as error:
            refuse(error, function, given, named)

    return cast("Function", called)


def explain_room(room: Mapping[str, Any]) -> dict[str, Any]:
    """Return the public functions of a room, explained; those of ops look at their operands themselves."""
    ops = {op.call for op in OPS.values()}
    return {
        name: explained(thing)
        for name, thing in room.items()
        if name[0] != "_" and isinstance(thing, types.FunctionType) and thing not in ops and thing.__module__.startswith("tinygrad_loss.")
    }


def refuse(error: Exception, function: Any, given: tuple[Any, ...], named: Mapping[str, Any]) -> NoReturn:
    """Raise the error for what went wrong inside ``function``: as it is where it is ours, or came from the caller's own code."""
    if not _needs_words(error):
        raise error
    raise in_words(error, function, given, named) from error


def refuse_as_numpy(error: Exception, function: Any, given: tuple[Any, ...], named: Mapping[str, Any]) -> NoReturn:
    """Raise what NumPy raises for the same call on arrays; where it raises nothing, what went wrong here."""
    if _needs_words(error):
        with np.errstate(all="ignore"):
            function(*_plain(given), **_plain(dict(named)))
    refuse(error, function, given, named)


def _needs_words(error: Exception) -> bool:
    """Whether an error that is not ours, and offers no way out, came from the inside of this package."""
    return not isinstance(error, errors.TinygradLossError) and " instead: " not in str(error) and _from_inside(error)


def _plain(x: Any) -> Any:
    """Return arguments with arrays in place of tensors."""
    if isinstance(x, dict):
        return {key: _plain(value) for key, value in x.items()}
    return type(x)(map(_plain, x)) if type(x) in {tuple, list} else x.value if _is_array(x) and hasattr(x, "value") else x


def in_words(error: Exception, function: Any, given: tuple[Any, ...], named: Mapping[str, Any]) -> errors.TinygradLossError:
    """Return the error that names the argument of another kind, or all arguments where each is of its own."""
    path, where = _path(function, given)
    instead = f"help({path})"
    try:
        bound = inspect.signature(function).bind(*given, **named)
    except TypeError as unfit:
        got = re.sub(r"^missing a required(.*): ", r"no\1 ", str(unfit).removeprefix("got "))
        return errors.ArgumentError(errors.say(where, f"it takes {_written(function)}", got, instead))
    bound.arguments.pop("self", None)
    hints = _hints(function)
    parameters = inspect.signature(function).parameters
    for name, value in bound.arguments.items():
        default = parameters[name].default
        wanted = _wanted(hints.get(name, type(default) if type(default) in EXAMPLES else Any), value)
        if wanted is not None and value is not default:
            rule, example = wanted
            example = example if default is inspect.Parameter.empty else default
            line = instead if example is None else f"{name}={example!r}"
            return errors.ArgumentError(errors.say(where, f"{name} must be {rule}", _shown(value), line))
    got = ", ".join(f"{name}={_shown(value)}" for name, value in bound.arguments.items()) or "none"
    reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
    kind = errors.DomainError if isinstance(error, ValueError) else errors.ArgumentError
    return kind(errors.say(where, f"the arguments do not fit together ({reason})", got, instead))


def _from_inside(error: Exception) -> bool:
    """Whether everything that ran below the frame that caught an error belongs to the package or to NumPy."""
    step = error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if not file.startswith(OURS) and not file.endswith((".pyx", ".pxd")):  # compiled code of NumPy and SciPy, without its folder
            return False
        step = step.tb_next
    return True


def _path(function: Any, given: tuple[Any, ...]) -> tuple[str, str]:
    """Return where to find what was called and its own name: a function, a loss, a class, or a method of the first argument."""
    name = getattr(function, "__qualname__", type(function).__name__)
    held = getattr(function, "__self__", given[0] if given and "." in name else function)
    module = function.__module__.split(".")
    if module[0] == "numpy":
        return numpy_name(function), numpy_name(function)
    if "." in name:  # a method
        kind = held if isinstance(held, type) else type(held)
        module, method = kind.__module__.split("."), name.rpartition(".")[2]
        name = kind.__name__ if method in {"__init__", "__call__", "forward"} else f"{kind.__name__}.{method}"
    front, room = (dir(sys.modules.get(path, errors)) for path in (module[0], ".".join(module[:2])))
    first = name.partition(".")[0]
    rooms = [] if first in front else module[1:2] if first in room else module[1:]
    return ".".join(["tl", *rooms, name]), name


def _written(function: Any) -> str:
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    return f"({', '.join(names)})"


def _hints(function: Any) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except (NameError, TypeError, AttributeError):  # names that only a checker sees
        return {}


def _wanted(hint: Any, value: Any) -> tuple[str, object] | None:
    """Return what an argument must be and an example, where ``value`` is not of that kind; None where it is, or nobody says."""
    choices = get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)
    if any(_fits(choice, value) for choice in choices):
        return None
    known = [EXAMPLES[choice] for choice in choices if isinstance(choice, type) and choice in EXAMPLES]
    literal = next((get_args(choice) for choice in choices if get_origin(choice) is Literal), None)
    kinds = [choice.__name__ for choice in choices if _is_class(choice)]
    if kinds:
        return f"of class {' or '.join(kinds)}", None
    if literal:
        return f"one of {', '.join(map(repr, literal))}", literal[0]
    if known:
        return known[-1][0], known[-1][1]
    if not _numbers(value):
        return "numbers: an array, a tensor, or nested lists with rows of equal length", 0.5
    return None


def _fits(hint: Any, value: Any) -> bool:
    """Whether a value is of the kind that one annotation names; of arrays, whether it is made of numbers."""
    if get_origin(hint) is Literal:
        return isinstance(value, str | int) and value in get_args(hint)
    if hint in {None, type(None)}:
        return value is None
    if isinstance(hint, type) and hint in EXAMPLES:
        return isinstance(value, KINDS[hint]) and (hint is bool or not isinstance(value, bool))
    if _is_class(hint):
        return isinstance(value, hint)
    return _numbers(value) if hint is Any or "rray" in str(hint) or "Tensor" in str(hint) else True


def _is_class(hint: Any) -> bool:
    """Whether an annotation names a class of objects, such as a module."""
    return (
        isinstance(hint, type)
        and hint.__module__.startswith("tinygrad_loss.")
        and not getattr(hint, "_is_protocol", False)
        and hint.__name__ != "Kind"
    )


def _numbers(value: Any) -> bool:
    if value is None or callable(value):
        return not isinstance(value, type)
    try:
        return (value if _is_array(value) else np.asarray(value)).dtype.kind in "biufc"
    except (TypeError, ValueError):
        return False


def _is_array(x: Any) -> bool:
    """Whether ``x`` is an array or a tensor."""
    return not isinstance(x, type) and hasattr(x, "dtype") and hasattr(x, "shape")


def _shown(value: Any) -> str:
    if _is_array(value):
        return f"{value.dtype} of shape {value.shape}"
    return repr(value) if len(repr(value)) <= 40 else type(value).__name__
