"""What a loader cuts into batches: columns of arrays, or objects that make their rows one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from tinygrad_loss import errors, mismatch
from tinygrad_loss.data.dataset import Dataset
from tinygrad_loss.engine.masked import refuse_masked

__all__ = ["Columns", "HasRows", "Rows", "TensorDataset", "source"]

Batch: TypeAlias = np.ndarray | tuple[np.ndarray, ...] | dict[str, np.ndarray]
"""An array, a tuple of arrays, or a dict of arrays, one row per example."""
RULE: Final = "dataset must be a Dataset, columns such as (x, y) or {'x': x}, a list of rows, or an object with __len__ and __getitem__"


class HasRows(Protocol):
    """What a loader takes: tuples, lists, dicts and objects with ``__len__`` and ``__getitem__``."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: Any, /) -> Any: ...


class Columns:
    """Arrays of one length: a tuple or a dict of them, or one alone; a batch has the same form.

    >>> import numpy as np
    >>> Columns({"x": np.arange(4.0), "y": np.arange(4)}).batch(np.array([2, 0]))
    {'x': array([2., 0.]), 'y': array([2, 0])}
    """

    def __init__(self, columns: Any) -> None:
        refuse_masked("DataLoader", (columns,))
        self.columns = each(columns, column)
        found = each_of(self.columns)
        if not found:
            raise errors.DomainError(errors.say("DataLoader", "there must be at least one column", "none", "tl.data.Dataset(x, y)"))
        if len({len(a) for a in found}) > 1:
            n = min(map(len, found))
            rule, instead = "every column must have one row per example", f"TensorDataset(*(column[:{n}] for column in columns))"
            named = {f"column {i}": a.shape for i, a in enumerate(found)}
            raise errors.misfits("DataLoader", rule, named, instead, mismatch.along(0))

    def __len__(self) -> int:
        return len(each_of(self.columns)[0])

    def __getitem__(self, rows: Any) -> Batch:
        chosen: Batch = each(self.columns, lambda a: a[rows])
        return chosen

    def batch(self, rows: np.ndarray | slice) -> Batch:
        """Return a copy of the rows, so that what is done to a batch stays in it."""
        chosen: Batch = each(self.columns, lambda a: a[rows].copy() if isinstance(rows, slice) else a[rows])
        return chosen


class TensorDataset(Columns):
    """Any number of arrays, row by row, under PyTorch's name; for inputs and targets `Dataset` knows more.

    Args:
        tensors: arrays of one length, ``(n, ...)``.

    Raises:
        ShapeError: the arrays differ in length.

    >>> import numpy as np, tinygrad_loss as tl
    >>> data = tl.data.TensorDataset(np.arange(3.0), np.arange(3), np.ones(3))
    >>> [tuple(map(list, batch)) for batch in tl.data.DataLoader(data, 2)] == [([0, 1], [0, 1], [1, 1]), ([2], [2], [1])]
    True
    """

    def __init__(self, *tensors: ArrayLike) -> None:
        super().__init__(tensors)

    @property
    def tensors(self) -> tuple[np.ndarray, ...]:
        """The arrays."""
        return tuple(self.columns)


class Rows:
    """An object that makes its rows one at a time, as a data set of PyTorch's does."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def batch(self, rows: np.ndarray | slice) -> Batch:
        """Return the rows that the object makes, put together."""
        chosen = np.arange(len(self))[rows]
        return together([self.dataset[int(i)] for i in chosen])


def source(given: Any) -> tuple[Any, Columns | Rows]:
    """Return a data set of what a loader was given, and where its batches come from.

    Raises:
        ArgumentError: it is nothing that has rows.
        DomainError: there are none.
        ShapeError: columns differ in length, or rows in shape.
    """
    if isinstance(given, list) and given:
        if are_columns(given):
            rule, got = "a list holds rows, and a tuple columns", f"a list of {len(given)} arrays of {len(given[0])} rows"
            names = "(X, y)" if len(given) == 2 else "tuple(columns)"
            raise errors.ShapeError(errors.say("DataLoader", rule, got, f"{names}  # a tuple"))
        given = together(given)
        given = given if isinstance(given, tuple) else Columns(given)
    if isinstance(given, tuple):
        given = Dataset(*map(column, given)) if len(given) == 2 else TensorDataset(*given)
    elif isinstance(given, Mapping):
        given = Columns(dict(given))
    if isinstance(given, Columns):
        found: Columns | Rows = given
    elif isinstance(given, Dataset) and not given.makes_rows:
        found = Columns((given.x, given.y))
    elif is_of_rows(given):
        found = Rows(given)
    else:
        raise refused(given)
    if len(found) == 0:
        raise errors.DomainError(errors.say("DataLoader", "there must be at least one example", "0 rows", "Dataset(x, y) with rows"))
    return given, found


def are_columns(given: list[Any]) -> bool:
    """Whether a list holds arrays of one length but of other shapes, which are no rows."""
    shapes = [np.shape(a) for a in given if hasattr(a, "shape") and hasattr(a, "dtype")]
    unlike = len(set(shapes)) > 1 and len(shapes) == len(given)
    return unlike and all(shapes) and len({shape[0] for shape in shapes}) == 1


def is_of_rows(given: Any) -> bool:
    """Whether something can be asked for its length and its rows by number; an array, a table or a text has other meanings."""
    kind = type(given)
    has_rows = hasattr(kind, "__len__") and hasattr(kind, "__getitem__")
    return has_rows and not hasattr(kind, "__array__") and not isinstance(given, str | bytes | bytearray)


def refused(given: Any) -> errors.ArgumentError:
    """Return the error for what has no rows, or rows of no clear meaning."""
    instead = "tl.data.Dataset(x, y)"
    if isinstance(given, type):
        instead = f"{given.__name__}(...), the object"
    elif hasattr(given, "dataset"):
        instead = "DataLoader(loader.dataset, batch_size=32)"
    elif hasattr(given, "columns"):
        instead = "DataLoader((frame[inputs].to_numpy(), frame[target].to_numpy()))"
    elif hasattr(given, "__array__"):
        instead = "DataLoader((x, y)), or DataLoader(tl.data.TensorDataset(x))"
    elif hasattr(given, "__iter__") and not isinstance(given, str | bytes | bytearray):
        instead = "DataLoader(list(rows))"
    got = f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__
    return errors.ArgumentError(errors.say("DataLoader", RULE, got, instead))


def each(columns: Any, do: Callable[[Any], Any]) -> Any:
    """Return the same form with something done to each column."""
    if isinstance(columns, dict):
        return {name: do(a) for name, a in columns.items()}
    return tuple(map(do, columns)) if isinstance(columns, tuple) else do(columns)


def each_of(columns: Any) -> Sequence[np.ndarray]:
    """Return the columns without their form."""
    return list(columns.values()) if isinstance(columns, dict) else columns if isinstance(columns, tuple) else [columns]


def column(given: Any) -> np.ndarray:
    """Return a column as an array; what has no rows, or rows of unlike lengths, is refused."""
    if isinstance(given, Dataset | Columns):
        rule, instead = "a column must be an array", "DataLoader(train), for each of the parts"
        raise errors.ArgumentError(errors.say("DataLoader", rule, type(given).__name__, instead))
    try:
        a = np.asanyarray(given)
    except ValueError:
        raise unlike() from None
    if a.dtype == object:
        raise objects(a) if not errors.has_unlike_rows(a) else unlike()
    if a.ndim == 0:
        raise errors.shapes("DataLoader", "a column must have one row per example", [a.shape], "TensorDataset(x, y) with arrays")
    return a


def together(rows: list[Any]) -> Batch:
    """Return rows put together: a tuple of columns for rows that are tuples or lists, a dict for dicts, else one array.

    >>> together([([1.0, 2.0], 0), ([3.0, 4.0], 1)])
    (array([[1., 2.],
           [3., 4.]]), array([0, 1]))
    """
    first = rows[0]
    if isinstance(first, Mapping):
        if any(not isinstance(row, Mapping) or set(row) != set(first) for row in rows):
            raise errors.ShapeError(errors.say("DataLoader", "every row must have the same names", "others", "{'x': x, 'y': y} for each"))
        return {name: stacked([row[name] for row in rows]) for name in first}
    if isinstance(first, tuple | list):
        if any(not isinstance(row, tuple | list) or len(row) != len(first) for row in rows):
            rule = "every row must have as many parts as the others"
            raise errors.ShapeError(errors.say("DataLoader", rule, "rows of unlike lengths", "(x, y) for each"))
        return tuple(stacked([row[k] for row in rows]) for k in range(len(first)))
    return stacked(rows)


def stacked(entries: list[Any]) -> np.ndarray:
    """Return an array with one entry per row."""
    try:
        arrays = [np.asarray(entry) for entry in entries]
        a = np.stack(arrays)
    except ValueError:
        raise unlike() from None
    if a.dtype == object:
        raise objects(a)
    return a


def unlike() -> errors.ShapeError:
    """Return the error for rows of which no array can be made."""
    rule = "every row must have the shape of the others"
    return errors.ShapeError(errors.say("DataLoader", rule, "rows of unlike shapes", "x, lengths = tl.nn.pad_sequences(rows)"))


def objects(a: np.ndarray) -> errors.DTypeError:
    """Return the error for rows that hold something else than numbers."""
    kind = type(a.flat[0]).__name__ if a.size else "object"
    return errors.DTypeError(errors.say("DataLoader", "a row must hold numbers or arrays", kind, "np.asarray(row, dtype=np.float32)"))
