"""Arguments as trees: tensors, arrays and numbers, in nested lists, tuples and dicts."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tinygrad_loss import errors

__all__ = ["leaves_of", "mapped", "meant_as_array"]


def leaves_of(tree: Any) -> Iterator[Any]:
    """Yield the leaves of a tree, in order."""
    if isinstance(tree, list | tuple):
        for branch in tree:
            yield from leaves_of(branch)
    elif isinstance(tree, dict):
        for branch in tree.values():
            yield from leaves_of(branch)
    elif tree is not None:
        yield tree


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """Return a tree of the same form with ``function`` applied to each leaf."""
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(mapped(function, branch) for branch in tree))
    if isinstance(tree, list | tuple):
        return type(tree)(mapped(function, branch) for branch in tree)
    if isinstance(tree, dict):
        return {key: mapped(function, branch) for key, branch in tree.items()}
    return None if tree is None else function(tree)


def refilled(tree: Any, leaves: Iterable[Any]) -> Any:
    """Return a tree of the same form with other leaves."""
    supply = iter(leaves)
    return mapped(lambda _: next(supply), tree)


@contextmanager
def meant_as_array(trees: Iterable[Any]) -> Iterator[None]:
    """Say what to type where a function fails because it takes a list of numbers, which is a tree, for an array."""
    try:
        yield
    except (TypeError, AttributeError) as error:
        text = str(error)
        mistaken = (
            "np.asarray(x)" in text if isinstance(error, errors.LostGraphError) else any(k in text for k in ("list", "tuple", "sequence"))
        )
        numbers = next((tree for tree in trees if _of_numbers(tree)), None)
        if not mistaken or numbers is None:
            raise
        count = len(list(leaves_of(numbers)))
        rule = (
            f"a {type(numbers).__name__} is a tree of {count} numbers, not an array, and f takes it for one ({text.partition(': it ')[0]})"
        )
        shown = repr(numbers) if len(repr(numbers)) <= 60 else "x"
        raise errors.ArgumentError(errors.say("f", rule, shown, f"np.array({shown})")) from error


def _of_numbers(tree: Any) -> bool:
    """Whether a tree is a list or a tuple, nested or not, of numbers alone."""
    return isinstance(tree, list | tuple) and bool(tree) and all(isinstance(x, int | float) or _of_numbers(x) for x in tree)
