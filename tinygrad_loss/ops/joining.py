"""Joining arrays, and taking them apart again."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import door
from tinygrad_loss.engine.op import Array
from tinygrad_loss.ops.properties import operand

__all__ = ["append", "array_split", "block", "column_stack", "dstack", "hstack", "split", "unstack", "vstack"]

# ---- joining --------------------------------------------------------------------------------------------------------------


def _at_least(x: Any, ndim: int) -> Array:
    """Give an array axes of length 1 where NumPy's ``atleast_nd`` puts them."""
    x = operand(x)
    if x.ndim >= ndim:
        return x
    if ndim < 3:
        return np.reshape(x, (1,) * (ndim - x.ndim) + x.shape)
    return np.reshape(x, (1, 1, 1) if x.ndim == 0 else (1, *x.shape, 1) if x.ndim == 1 else (*x.shape, 1))


@door(np.atleast_1d)
def atleast_1d(*arys: Array) -> Any:
    """Give numbers an axis."""
    found = tuple(_at_least(x, 1) for x in arys)
    return found[0] if len(found) == 1 else found


@door(np.atleast_2d)
def atleast_2d(*arys: Array) -> Any:
    """Give numbers and vectors axes in front, up to two."""
    found = tuple(_at_least(x, 2) for x in arys)
    return found[0] if len(found) == 1 else found


@door(np.atleast_3d)
def atleast_3d(*arys: Array) -> Any:
    """Give numbers, vectors and matrices axes, up to three."""
    found = tuple(_at_least(x, 3) for x in arys)
    return found[0] if len(found) == 1 else found


@door(np.hstack)
def hstack(tup: Sequence[Array], *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """Join arrays along their second axis, vectors along their only one."""
    del casting
    found = [_at_least(x, 1) for x in tup]
    return np.concatenate(found, 0 if found and found[0].ndim == 1 else 1, dtype=dtype)


@door(np.vstack)
def vstack(tup: Sequence[Array], *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """Join arrays along their first axis; a vector is a row."""
    del casting
    return np.concatenate([_at_least(x, 2) for x in tup], 0, dtype=dtype)


@door(np.dstack)
def dstack(tup: Sequence[Array]) -> Array:
    """Join arrays along their third axis."""
    return np.concatenate([_at_least(x, 3) for x in tup], 2)


@door(np.column_stack)
def column_stack(tup: Sequence[Array]) -> Array:
    """Join vectors as the columns of a matrix."""
    columns = [operand(x) for x in tup]
    return np.concatenate([x if x.ndim > 1 else np.reshape(x, (-1, 1)) for x in columns], 1)


@door(np.append)
def append(arr: Array, values: Array, axis: int | None = None) -> Array:
    """Join ``values`` behind ``arr``; without ``axis`` both as one axis."""
    if axis is None:
        return np.concatenate([np.ravel(operand(arr)), np.ravel(operand(values))])
    return np.concatenate([operand(arr), operand(values)], axis)


@door(np.block)
def block(arrays: Any) -> Array:
    """Join nested lists of arrays: the innermost along the last axis, the next along the last but one, and so on."""
    depth = _depth(arrays)
    ndim = max(depth, *[x.ndim for x in _blocks(arrays)])
    return _joined(arrays, depth, ndim)


def _depth(arrays: Any) -> int:
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(x) for x in arrays}
    if len(depths) != 1:
        raise errors.ShapeError(
            errors.say(
                "np.block",
                "lists must be nested equally deep everywhere, and none may be empty",
                f"depths {sorted(depths)}" if depths else "an empty list",
                "np.block([[a, b], [c, d]])",
            )
        )
    return 1 + depths.pop()


def _blocks(arrays: Any) -> list[Array]:
    if isinstance(arrays, list):
        return [x for inner in arrays for x in _blocks(inner)]
    return [operand(arrays)]


def _joined(arrays: Any, depth: int, ndim: int) -> Array:
    if depth == 0:
        x = operand(arrays)
        return np.reshape(x, (1,) * (ndim - x.ndim) + x.shape)
    return np.concatenate([_joined(x, depth - 1, ndim) for x in arrays], axis=-depth)


# ---- taking apart ---------------------------------------------------------------------------------------------------------


@door(np.array_split)
def array_split(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Cut an axis into parts at given positions, or into a number of nearly equal parts."""
    axis = range(ary.ndim)[axis]
    n = ary.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        sections = int(indices_or_sections)
        if sections <= 0:
            raise errors.ShapeError(errors.say("np.array_split", "there must be one part at least", f"{sections} parts", "np.split(x, 1)"))
        each, extra = divmod(n, sections)
        cuts = np.cumsum([0] + [each + 1] * extra + [each] * (sections - extra)).tolist()
    else:
        cuts = [0, *map(int, indices_or_sections), n]
    front = (slice(None),) * axis
    return [ary[(*front, slice(start, end))] for start, end in pairwise(cuts)]


@door(np.split)
def split(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Cut an axis into parts at given positions, or into a number of equal parts.

    >>> import numpy as np, tinygrad_loss as tl
    >>> [part.shape for part in np.split(tl.tensor([1.0, 2.0, 3.0]), [1])]
    [(1,), (2,)]
    """
    if np.ndim(indices_or_sections) == 0 and ary.shape[axis] % int(indices_or_sections):
        raise errors.ShapeError(
            errors.say(
                "np.split",
                "the axis must divide into equal parts",
                f"{ary.shape[axis]} entries in {indices_or_sections} parts",
                f"np.array_split(x, {indices_or_sections}, axis={axis})",
            )
        )
    return array_split(ary, indices_or_sections, axis)


def _split_along(name: str, ary: Array, sections: Any, axis: int, ndim: int) -> list[Array]:
    if ary.ndim < ndim:
        raise errors.shapes(name, f"it needs {ndim} axes or more", [ary.shape], "np.split(x, sections, axis=0)")
    return split(ary, sections, axis)


@door(np.hsplit)
def hsplit(ary: Array, indices_or_sections: Any) -> list[Array]:
    """Cut the second axis into parts; a vector's only one."""
    return _split_along("np.hsplit", ary, indices_or_sections, 1 if ary.ndim > 1 else 0, 1)


@door(np.vsplit)
def vsplit(ary: Array, indices_or_sections: Any) -> list[Array]:
    """Cut the first axis into parts."""
    return _split_along("np.vsplit", ary, indices_or_sections, 0, 2)


@door(np.dsplit)
def dsplit(ary: Array, indices_or_sections: Any) -> list[Array]:
    """Cut the third axis into parts."""
    return _split_along("np.dsplit", ary, indices_or_sections, 2, 3)


@door(*([np.unstack] if hasattr(np, "unstack") else []))
def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
    """Return the slices along an axis, without that axis."""
    if not x.ndim:
        raise errors.shapes("np.unstack", "it needs one axis at least", [x.shape], "np.stack([x]), or x itself")
    moved = np.moveaxis(x, axis, 0)
    return tuple(moved[i] for i in range(len(moved)))
