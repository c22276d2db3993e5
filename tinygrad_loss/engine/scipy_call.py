"""Which of SciPy's functions is running: one that makes an array of a tensor shall be named by what its user typed."""

import inspect
import sys
from collections.abc import Iterator
from itertools import takewhile
from types import FrameType, FunctionType
from typing import Any, Final

__all__ = ["UNSAID", "scipy_axis", "scipy_call"]

INSIDE = frozenset({__name__.partition(".")[0], "numpy", "scipy"})
MAKING = frozenset({"__init__", "__call__", "__new__"})
"""Methods that people call by the name of their class or object."""
UNSAID: Final = object()
"""Instead of an argument that the user did not give."""


def scipy_call() -> str | None:
    """Return the function of SciPy's that the user called and that runs now, as its users write it; None where none runs.

    Where this package called it, the user typed no name of SciPy's.

    >>> scipy_call() is None
    True
    """
    chain = _chain()
    if not chain or not _of_scipy(chain[-1]):
        return None
    return next((name for f in reversed(chain) if _of_scipy(f) for name in _names(f)), None)


def scipy_axis() -> Any:
    """Return the ``axis`` that the user gave to the function of SciPy's that runs now; ``UNSAID`` where that was none.

    >>> scipy_axis() is UNSAID
    True
    """
    for frame in filter(_of_scipy, reversed(_chain())):
        if "axis" in frame.f_locals:
            return frame.f_locals["axis"]
        _, varargs, keywords, held = inspect.getargvalues(frame)
        given, named = held.get(varargs or "", ()), held.get(keywords or "", {})
        wrapped = [v for name in frame.f_code.co_freevars if isinstance(v := held.get(name), FunctionType)]
        for function in wrapped:
            try:
                return inspect.signature(function).bind(*given, **named).arguments["axis"]
            except (TypeError, KeyError):
                continue
    return UNSAID


def _chain() -> list[FrameType]:
    """Return the frames of packages below the user's, the innermost first."""
    chain = []
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  inspect.stack() reads source files, which costs milliseconds
    while frame is not None and _module(frame).partition(".")[0] in INSIDE:
        chain.append(frame)
        frame = frame.f_back
    return chain


def _module(frame: FrameType) -> str:
    return frame.f_globals.get("__name__") or ""


def _of_scipy(frame: FrameType) -> bool:
    return _module(frame).partition(".")[0] == "scipy"


def _names(frame: FrameType) -> Iterator[str]:
    """Yield what a frame may be called in public: by its object, by itself, or by the function that it wraps."""
    wrapped = [v for name in frame.f_code.co_freevars if isinstance(v := frame.f_locals.get(name), FunctionType)]
    owner = frame.f_locals.get("self")
    if owner is not None:
        method = next((f.__name__ for f in wrapped), frame.f_code.co_name)
        for name in _owners(owner):
            yield name if method in MAKING else f"{name}.{method}"
    for module, name in [(_module(frame), frame.f_code.co_name), *((f.__module__, f.__name__) for f in wrapped)]:
        yield from _public(module, name)


def _owners(owner: Any) -> Iterator[str]:
    """Yield the names of an object of SciPy's: that of a distribution, frozen or not, else those of its classes."""
    distribution = getattr(owner, "dist", owner)
    classes = type(distribution).__mro__
    own = getattr(distribution, "name", None)
    names = [own] if isinstance(own, str) else [c.__name__.removesuffix("_gen").removesuffix("_frozen") for c in classes]
    for name in names:
        yield from _public(classes[0].__module__, name)


def _public(module: str, name: str) -> Iterator[str]:
    """Yield the name with its public package, where SciPy has it there."""
    package = ".".join(takewhile(lambda part: not part.startswith("_"), module.split(".")))
    if not name.startswith("_") and hasattr(sys.modules.get(package), name):
        yield f"{package}.{name}"
