"""Which arguments a transform differentiates is said by ``argnums``; what other packages call it leads there."""

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from tinygrad_loss import errors

__all__ = ["says_argnums"]

Transform = TypeVar("Transform", bound=Callable[..., Any])
OURS: Final = frozenset({"f", "argnums"})
INSTEAD: Final = {
    "argnum": "tl.{name}(f, argnums={value!r})",
    "has_aux": "tl.{name}(lambda *x: f(*x)[0])",
}
"""What to type for keywords of autograd's, of JAX's and of PyTorch's."""


def says_argnums(transform: Transform) -> Transform:
    """Refuse keywords that the transform does not have, with the line to type instead."""

    @functools.wraps(transform)
    def called(*args: Any, **given: Any) -> Any:
        if given and not OURS.issuperset(given):
            name, (other, value) = transform.__name__, next((k, v) for k, v in given.items() if k not in OURS)
            instead = INSTEAD.get(other, "tl.{name}(f, argnums=0)").format(name=name, value=value)
            raise errors.ArgumentError(errors.say(f"tl.{name}", "its arguments are f and argnums", f"{other}={value!r}", instead))
        return transform(*args, **given)

    return cast("Transform", called)
