"""Classes whose constructor says the nearest of its arguments when one of another name is given."""

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Self

from tinygrad_loss import errors
from tinygrad_loss.engine.explained import explained

__all__ = ["NamesItsArguments"]


@cache
def _of_constructor(cls: Any) -> inspect.Signature:
    """Return the signature of ``cls(...)``: that of its own ``__init__``, without ``self``."""
    return inspect.signature(cls.__init__.__get__(object()))


class _Signature:
    """What `inspect.signature` reads: of a class its constructor's; an instance is asked as if this were not here."""

    def __get__(self, instance: Any, cls: type) -> inspect.Signature:
        if instance is not None:
            raise AttributeError
        return _of_constructor(cls)


class NamesItsArguments:
    """A base of classes that people make with arguments by name."""

    __signature__ = _Signature()
    INSTEAD: ClassVar[Mapping[str, str]] = {}
    """What to type instead of arguments that people know from elsewhere."""

    EXPLAINED: ClassVar[tuple[str, ...]] = ("__init__",)
    """Methods that say in words what a wrong argument broke in them."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Explain the methods of the package's own classes."""
        super().__init_subclass__(**options)
        if cls.__module__.startswith("tinygrad_loss."):
            for name in cls.__dict__.keys() & set(cls.EXPLAINED):
                method = cls.__dict__[name]
                setattr(cls, name, classmethod(explained(method.__func__)) if isinstance(method, classmethod) else explained(method))

    def __new__(cls, *given: Any, **named: Any) -> Self:
        """Refuse an argument of another name, and say the nearest."""
        if cls.__init__ is object.__init__ and (given or named):
            got = f"{len(given) + len(named)}"
            raise errors.ArgumentError(errors.say(cls.__name__, "it takes no arguments", got, f"{cls.__name__}()"))
        if named:
            made: Any = cls
            parameters = _of_constructor(made).parameters
            unknown = next((name for name in named if name not in parameters), None)
            if unknown is not None and all(p.kind is not p.VAR_KEYWORD for p in parameters.values()):
                rule, similar = f"arguments are {', '.join(parameters)}", errors.similar(unknown, parameters)
                instead = cls.INSTEAD.get(unknown) or (f"{similar}=" if similar else f"{cls.__name__}(...), without {unknown}=")
                raise errors.ArgumentError(errors.say(cls.__name__, rule, f"{unknown}=", instead))
        return super().__new__(cls)
