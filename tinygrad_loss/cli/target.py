"""A function of the user's, named on the command line as ``FILE.py:FUNCTION``, and the point to look at it."""

import ast
import functools
import inspect
import runpy
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_loss import errors

__all__ = ["CannotRunError", "call", "function", "point"]


class CannotRunError(errors.TinygradLossError):
    """The user's file or function cannot be run."""


def function(target: str) -> Callable[..., Any]:
    """Return the function named ``FILE.py:FUNCTION``.

    Raises:
        CannotRunError: there is no such file or function, or the file itself raises.
    """
    file, colon, name = target.rpartition(":")
    if not colon or not file:
        raise CannotRunError(
            errors.say(target, "a function is named by its file and its name", "no colon", f"{target or 'FILE.py'}:FUNCTION")
        )
    path = Path(file)
    if not path.is_file():
        files = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        nearest = str(path.with_name(errors.nearest(path.name, files))) if files else "the path of a Python file"
        raise CannotRunError(errors.say(target, "the file must exist", f"no file {file!r}", f"{nearest}:{name}"))
    beside = str(path.resolve().parent)
    sys.path.insert(0, beside)  # what stands beside the file can be imported, as when Python runs it
    try:
        found = runpy.run_path(str(path))
    except Exception as error:  # noqa: BLE001  whatever the user's file raises is the answer
        raise CannotRunError(_raised(file, error, path)) from None
    finally:
        sys.path.remove(beside)
    functions = {k: v for k, v in found.items() if callable(v) and not k.startswith("_")}
    if name not in functions:
        own = [k for k, v in functions.items() if getattr(v, "__module__", "") == "<run_path>"] or list(functions)
        instead = f"{file}:{errors.nearest(name, own)}" if own else f"a file that defines {name}"
        raise CannotRunError(errors.say(target, "the function must be defined in the file", f"no function {name!r}", instead))
    return functions[name]


def point(f: Callable[..., Any], words: Sequence[str] | None, target: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return the function of its positional arguments, and those arguments, written as Python literals: ``1.5``, ``[1, 2]``, ``x=0.0``; without any, the function's own defaults.

    A derivative is asked for in what was given; a default beside it is a setting, and stays as it is.

    Raises:
        CannotRunError: a word is no literal, or does not fit the function.
    """
    positional, named = [], {}
    for word in words or ():
        name, equals, text = word.partition("=")
        if equals and name.isidentifier():
            named[name] = _literal(text, word)
        else:
            positional.append(_literal(word, word))
    parameters = inspect.signature(f)
    try:
        bound = parameters.bind(*positional, **named)
    except TypeError as error:
        wanted = " ".join(f"{p.name}=0.5" for p in parameters.parameters.values() if p.default is p.empty)
        raise CannotRunError(errors.say(target, "--at must give every argument", str(error), f"--at {wanted}".rstrip())) from None
    by_place = {p.name for p in parameters.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD}
    if not bound.args or by_place & bound.kwargs.keys():  # nothing was given, or something behind a default that was not
        bound.apply_defaults()
    if not bound.args and not bound.kwargs:
        raise CannotRunError(
            errors.say(target, "the function must have an argument to look along", "none", f"def {target.rpartition(':')[2]}(x): ...")
        )
    of_positional = functools.partial(f, **bound.kwargs) if bound.kwargs else f
    return of_positional, tuple(_floating(v) for v in bound.args)


def _literal(text: str, word: str) -> Any:
    named = {"inf": np.inf, "-inf": -np.inf, "nan": np.nan, "pi": np.pi}
    if text in named:
        return named[text]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise CannotRunError(
            errors.say("--at", "a value is a Python number or list", repr(word), "--at 0.5 or --at 'x=[1.0, 2.0]'")
        ) from None


def _floating(value: Any) -> Any:
    """Numbers and lists become floating, because a derivative is asked for; anything else stays."""
    if isinstance(value, bool) or not isinstance(value, int | float | list):
        return value
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind in "iuf" else value


def call(f: Callable[..., Any], args: Sequence[Any], target: str) -> Any:
    """Run the user's function, and say where it failed."""
    try:
        return f(*args)
    except errors.TinygradLossError:
        raise
    except Exception as error:  # noqa: BLE001  whatever the user's function raises is the answer
        raise CannotRunError(_raised(target, error, Path(target.rpartition(":")[0]))) from None


def _raised(what: str, error: BaseException, path: Path) -> str:
    """Say what was raised, and at which of the user's lines."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name == path.name]
    at = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else (lines[-1] if lines else None)
    return f"{what}: it raised {type(error).__name__}: {error}" + (f" (line {at})" if at else "")
