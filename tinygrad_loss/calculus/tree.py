"""Arguments as trees: tensors, arrays and numbers, in nested lists, tuples and dicts."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["leaves_of", "mapped"]


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
