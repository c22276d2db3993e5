"""The point at which a function of the user's is looked at: the values after ``--at``, one for each argument."""

import argparse
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.cli import value
from tinygrad_loss.cli.target import CannotRunError

__all__ = ["add_point", "point", "signature"]


def add_point(parser: argparse.ArgumentParser) -> None:
    """Declare ``--at``; several of them add up."""
    parser.add_argument("--at", nargs="+", action="extend", metavar="VALUE", help="its arguments: 0.5, [1, 2], x=1/3, y=np.zeros(3), ...")


def point(f: Callable[..., Any], words: Sequence[str] | None, target: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return the function of its positional arguments, and those arguments: ``1.5``, ``[1, 2]``, ``x=1/3``, ``y=np.zeros(3)``; without any, the function's own defaults.

    A derivative is asked for in what was given; a default beside it is a setting, and stays as it is.

    Raises:
        CannotRunError: a word is no value, or does not fit the function.
    """
    positional, named = [], {}
    for word in words or ():
        name, equals, text = word.partition("=")
        if equals and name.strip().isidentifier():
            named[name.strip()] = _read(text, word)
        else:
            positional.append(_read(word, word))
    parameters = signature(f, len(positional))
    _refuse_misfits(parameters, positional, named, target)
    bound = parameters.bind(*positional, **named)
    by_place = {p.name for p in parameters.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD}
    if not bound.args or by_place & bound.kwargs.keys():  # nothing was given, or something behind a default that was not
        bound.apply_defaults()
    if not bound.args and not bound.kwargs:
        raise _without_arguments(target)

    @functools.wraps(f)
    def of_positional(*args: Any) -> Any:
        y = f(*args, **bound.kwargs)
        if y is None or isinstance(y, str | list | tuple | dict):
            got = "None: its return is missing" if y is None else f"one of type {type(y).__name__}"
            raise CannotRunError(
                errors.say(target, "the function must return a number or an array", got, "return np.sum(y), of its result y")
            )
        return y

    return of_positional, tuple(_floating(v) for v in bound.args)


def _without_arguments(target: str) -> CannotRunError:
    rule = "the function must have an argument to look along"
    return CannotRunError(errors.say(target, rule, "none", f"def {target.rpartition(':')[2]}(x): return x"))


def signature(f: Callable[..., Any], given: int) -> inspect.Signature:
    """Return what a function takes; one of another language may not say, and takes what is given, at least one argument."""
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):
        names = ["x", "y", "z", *(f"x{i}" for i in range(3, given))][: max(1, given)]
        return inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names])


def _refuse_misfits(parameters: inspect.Signature, positional: Sequence[Any], named: Mapping[str, Any], target: str) -> None:
    """Refuse values that the function does not take, or takes twice, and name the argument that lacks one."""
    every = parameters.parameters
    if not every:
        raise _without_arguments(target)
    by_place = [p for p in every.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p.name for p in every.values() if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    wanted = "--at " + (" ".join(f"{name}=0.5" for name in needed or [p.name for p in by_place[:1]]) or "0.5")
    takes = f"its arguments are {', '.join(every)}"
    free = {p.kind for p in every.values()}
    unknown = [name for name in named if name not in every]
    if unknown and inspect.Parameter.VAR_KEYWORD not in free:
        raise CannotRunError(errors.say(target, takes, f"{unknown[0]}, which is none of them", wanted))
    if len(positional) > len(by_place) and inspect.Parameter.VAR_POSITIONAL not in free:
        raise CannotRunError(errors.say(target, takes, f"{len(positional)} value{'s' * (len(positional) > 1)} without a name", wanted))
    filled = [p.name for p in by_place[: len(positional)]]
    twice = [name for name in filled if name in named]
    if twice:
        raise CannotRunError(errors.say(target, "every argument is given once", f"two values of {twice[0]}", wanted))
    missing = [name for name in needed if name not in filled and name not in named]
    if missing:
        raise CannotRunError(errors.say(target, "--at must give every argument", f"no {' and no '.join(missing)}", wanted))


def _read(text: str, word: str) -> Any:
    try:
        return value.read(text)
    except value.NotReadError as error:
        rule = "a value is a number, a list, or an array such as np.zeros(3)"
        got = repr(word) + (f" ({error})" if "fails" in str(error) else "")
        raise CannotRunError(errors.say("--at", rule, got, "--at 0.5, or --at 'x=[1.0, 2.0]'")) from None


def _floating(given: Any) -> Any:
    """Numbers, and lists, tuples and arrays of them, become floating, because a derivative is asked for; anything else stays."""
    if isinstance(given, bool) or not isinstance(given, int | float | list | tuple | np.ndarray | np.generic):
        return given
    try:
        array = np.asarray(given)
    except ValueError:
        raise errors.unlike_rows("--at") from None
    kept = isinstance(given, np.ndarray | np.generic) and array.dtype.kind == "f"
    return array if kept else array.astype(np.float64) if array.dtype.kind in "iuf" else given
