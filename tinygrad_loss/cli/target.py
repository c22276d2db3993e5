"""A function of the user's, named on the command line as ``FILE.py:FUNCTION`` or ``package.module:FUNCTION``."""

import importlib
import os
import re
import runpy
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from tinygrad_loss import errors
from tinygrad_loss.cli.terminal import text_of

__all__ = ["CannotRunError", "call", "function"]


class CannotRunError(errors.TinygradLossError):
    """The user's file or function cannot be run."""


@contextmanager
def function(target: str) -> Iterator[Callable[..., Any]]:
    """Give the function named ``FILE.py:FUNCTION`` or ``package.module:FUNCTION``; what it can import beside it, or in the current folder, it can import meanwhile.

    Raises:
        CannotRunError: there is no such file, module or function, or the file itself raises.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place:
        rule = "a function is named by its file and its name"
        raise CannotRunError(errors.say(target, rule, "no colon", _with_colon(target)))
    path = Path(place)
    module = not path.is_file() and not place.endswith(".py") and all(part.isidentifier() for part in place.split("."))
    top, first, last = (Path.cwd(), [Path.cwd()], []) if module else _importable(path.resolve().parent)
    before, leave = list(sys.path), os._exit
    os._exit = _as_exit(leave)  # type: ignore[assignment]  # mypy takes the names of arguments to be part of the type
    sys.path[:] = [*map(str, first), *before, *map(str, last)]
    importlib.invalidate_caches()
    try:
        yield _found(target, name, _module(target, place, name) if module else _file(target, path, top, name))
    finally:
        sys.path[:] = before
        os._exit = leave


def _as_exit(leave: Callable[[int], NoReturn]) -> Callable[[int], NoReturn]:
    """Return an ``os._exit`` that the command outlives, as it does ``sys.exit``: the status of a command is its own answer."""
    command = os.getpid()

    def leave_or_raise(status: int) -> NoReturn:
        if os.getpid() != command:  # a process that the user's code forked
            leave(status)
        raise SystemExit(status)

    return leave_or_raise


def _with_colon(target: str) -> str:
    """Return a name without a colon with one: before its last part, where that is the function of a module."""
    module, dot, name = target.rpartition(".")
    of_module = dot and name != "py" and all(part.isidentifier() for part in target.split("."))
    if of_module and not Path(*target.split(".")).with_suffix(".py").is_file():
        return f"{module}:{name}"
    return f"{target or 'FILE.py'}:FUNCTION, with the name of a function in it"


def _near(word: str, files: Mapping[str, Path], name: str) -> str | None:
    """Return which of the files has a similar name, or else defines the function; None if none does."""
    defines = re.compile(rf"^(def |class )?{re.escape(name)}\b", re.MULTILINE)
    return errors.similar(word, files) or next(
        (known for known, path in files.items() if defines.search(path.read_text(encoding="utf-8", errors="ignore"))), None
    )


def _importable(folder: Path) -> tuple[Path, list[Path], list[Path]]:
    """Return from where the dotted names of a folder's files count, and what shall be found first and last: as when Python runs them.

    A package counts from above its topmost folder; other files count from the current folder, or from beside their own.
    """
    here, top = Path.cwd(), folder
    while (top / "__init__.py").exists() and top != top.parent:
        top = top.parent
    if top != folder:
        return top, [top, here], [folder]
    top = here if here in folder.parents else folder.parent
    return top, [folder, here], [top]


def _file(target: str, path: Path, top: Path, name: str) -> Mapping[str, Any]:
    """Run a file as the module that it is in its package, so that its relative imports work, and return its names."""
    if not path.is_file():
        near = _near(path.name, {p.name: p for p in sorted(path.parent.glob("*.py")) if p.is_file()}, name)
        instead = path.with_name(near) if near else Path("path/to", path.name)
        raise CannotRunError(errors.say(target, "the file must exist", f"no file {str(path)!r}", f"{instead}:{name}"))
    dotted = ".".join(path.resolve().relative_to(top).with_suffix("").parts)
    try:
        return runpy.run_path(str(path), run_name=dotted)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  whatever the user's file raises is the answer, the end of Python among it
        raise CannotRunError(_raised(str(path), error, path.name)) from None


def _module(target: str, place: str, name: str) -> Mapping[str, Any]:
    """Import a module, and return its names."""
    try:
        module = importlib.import_module(place)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  whatever the user's module raises is the answer
        lacking = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
        if lacking is None or not f"{place}.".startswith(f"{lacking}."):
            raise CannotRunError(_raised(place, error, f"{place.rpartition('.')[2]}.py")) from None
        files = [p for pattern in ("*.py", "*/*.py") for p in sorted(Path().glob(pattern)) if p.is_file() and p.stem != "__init__"]
        near = _near(place, {".".join(p.with_suffix("").parts): p for p in files}, name)
        instead = near or f"path/to/{place.rpartition('.')[2]}.py"
        rule = "the module must be one that can be imported from here"
        raise CannotRunError(errors.say(target, rule, f"no module {lacking!r}", f"{instead}:{name}")) from None
    return {key: getattr(module, key) for key in sorted({*dir(module), name}) if hasattr(module, key)}


def _found(target: str, name: str, names: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the function of that name."""
    if callable(names.get(name)):
        found: Callable[..., Any] = names[name]
        return found
    functions = {k: v for k, v in names.items() if callable(v) and not k.startswith("_")}
    own = [k for k, v in functions.items() if getattr(v, "__module__", None) == names.get("__name__")] or list(functions)
    place = target.rpartition(":")[0]
    instead = f"{place}:{errors.nearest(name, own)}" if own else f"a file that defines {name}"
    got = f"{name!r} of type {type(names[name]).__name__}" if name in names else f"no function {name!r}"
    kind = "file" if place.endswith(".py") else "module"
    raise CannotRunError(errors.say(target, f"the function must be defined in the {kind}", got, instead))


def call(f: Callable[..., Any], args: Sequence[Any], target: str) -> Any:
    """Run the user's function, and say where it failed."""
    try:
        return f(*args)
    except (errors.TinygradLossError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001  whatever the user's function raises is the answer
        place = target.rpartition(":")[0]
        raise CannotRunError(
            _raised(target, error, Path(place).name if place.endswith(".py") else f"{place.rpartition('.')[2]}.py")
        ) from None


def _raised(what: str, error: BaseException, file: str) -> str:
    """Say what was raised, and at which of the user's lines."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name == file]
    at = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else (lines[-1] if lines else None)
    said = error.msg if isinstance(error, SyntaxError) and at else text_of(error)  # whose text has the line too
    return f"{what}: it raised {type(error).__name__}: {said}" + (f" (line {at})" if at else "")
