"""`Dataset`: inputs and targets, row by row, with the names that people read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine import html
from tinygrad_loss.engine.explained import explained
from tinygrad_loss.files import npy_mapped

__all__ = ["Dataset", "standardise"]

FIRST, WIDEST = 5, 16
"""How many rows a notebook shows, and of how many columns at most."""
UNNAMED: Final[dict[str, Any]] = {"name": "data", "classes": (), "features": ()}
"""What a class that does not call ``super().__init__`` has in their place."""


class Dataset:
    """Inputs and their targets, one example per row.

    A class of your own that makes its rows one at a time inherits from it and defines ``__len__`` and ``__getitem__``.

    Args:
        x: inputs, ``(n, ...)``; a memory-mapped array is not read until rows are taken.
        y: targets, ``(n, ...)``: class indices (integers), or numbers (floating) of the shape that a model answers.
        name: what messages and tables call it.
        classes: the name of each class; empty for regression.
        features: the name of each column of ``x``, where columns have names.

    Raises:
        ArgumentError: ``x`` or ``y`` is missing.
        ShapeError: ``x`` and ``y`` differ in length, or their rows do.
        DomainError: there are no rows, or a class index has no name.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.data.Dataset(np.zeros((3, 2)), np.array([0, 1, 1]), classes=("no", "yes"))
    Dataset('data': 3 rows, x (2,) float64, y () int64, 2 classes)
    """

    __slots__ = ("classes", "features", "name", "x", "y")

    @explained
    def __init__(
        self,
        x: ArrayLike | None = None,
        y: ArrayLike | None = None,
        *,
        name: str = "data",
        classes: Sequence[str] = (),
        features: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.classes = tuple(map(str, classes))
        self.features = tuple(map(str, features))
        if x is None and y is None and self.makes_rows:
            return
        if x is None or y is None:
            got = "neither" if x is y else f"{'y' if x is None else 'x'} only"
            raise errors.ArgumentError(errors.say("Dataset", "it needs x and y", got, "tl.data.Dataset(x, y)"))
        try:
            self.x = np.asanyarray(x)
            self.y = np.asanyarray(y)
            unlike = errors.has_unlike_rows(self.x) or errors.has_unlike_rows(self.y)
        except ValueError:
            unlike = True
        if unlike:
            rule = "every row of x must be as long as the others, and so must every row of y"
            raise errors.ShapeError(errors.say("Dataset", rule, "rows of unlike lengths", "tl.nn.pad_sequences(rows)"))
        if self.x.ndim == 0 or self.y.ndim == 0 or len(self.x) != len(self.y):
            rule, named = "x and y must have one row per example", {"x": self.x.shape, "y": self.y.shape}
            n = min(shape[0] if shape else 0 for shape in named.values())
            instead = f"Dataset(x[:{n}], y[:{n}])" if n else "Dataset(x, y) with rows"
            raise errors.misfits("Dataset", rule, named, instead, mismatch.along(0))
        if len(self.x) == 0:
            raise errors.DomainError(errors.say("Dataset", "there must be at least one example", "0 rows", "Dataset(x, y) with rows"))
        if self.classes and (self.y.min() < 0 or self.y.max() >= len(self.classes)):
            lowest, highest = int(self.y.min()), int(self.y.max())
            raise errors.DomainError(
                errors.say(
                    "Dataset",
                    f"class indices must lie in 0..{len(self.classes) - 1}, one for each name",
                    f"{lowest}..{highest}",
                    f"classes= with {highest + 1} names" if lowest >= 0 else "y - y.min()",
                )
            )

    @classmethod
    def mapped(cls, x: str | os.PathLike[str], y: str | os.PathLike[str], **names: Any) -> Dataset:
        """Open two ``.npy`` files without reading them, so that the data may be larger than memory.

        Args:
            x: the file of the inputs.
            y: the file of the targets.
            names: as for `Dataset`.

        Raises:
            StateError: a file is no ``.npy`` file, or shorter than it says.

        >>> import numpy as np, tempfile, tinygrad_loss as tl
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(f"{folder}/x.npy", np.zeros((4, 2)))
        ...     np.save(f"{folder}/y.npy", np.arange(4))
        ...     data = tl.data.Dataset.mapped(f"{folder}/x.npy", f"{folder}/y.npy")
        ...     type(data.x).__name__
        'memmap'
        """
        return cls(npy_mapped(x), npy_mapped(y), **names)

    @property
    def makes_rows(self) -> bool:
        """Whether this is of a class that makes its rows one at a time, and need not hold ``x`` and ``y``."""
        own = type(self)
        return own.__getitem__ is not Dataset.__getitem__ or own.__len__ is not Dataset.__len__

    def __getattr__(self, name: str) -> Any:
        if name in UNNAMED:
            return UNNAMED[name]
        kind = type(self).__name__
        if name in ("x", "y"):
            instead = f"tl.data.Dataset(*next(iter(tl.data.DataLoader(data, len(data))))), or x and y in {kind}.__init__"
            raise AttributeError(errors.say(kind, "it makes its rows one at a time", f".{name}", instead), name=name, obj=self)
        raise AttributeError(f"{kind!r} object has no attribute {name!r}", name=name, obj=self)

    def __len__(self) -> int:
        kind = type(self)
        if self.makes_rows and not hasattr(self, "x"):
            rule, instead = "it must define __len__ and __getitem__", f"def __len__(self): return n, in {kind.__name__}"
            raise errors.ArgumentError(errors.say(kind.__name__, rule, "no __len__", instead))
        return len(self.x)

    def __getitem__(self, rows: Any) -> tuple[np.ndarray, np.ndarray]:
        return self.x[rows], self.y[rows]

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        if self.makes_rows:
            return f"{type(self).__name__}({len(self)} rows)"
        kind = f", {len(self.classes)} classes" if self.classes else ""
        return f"Dataset({self.name!r}: {len(self)} rows, x {self.x.shape[1:]} {self.x.dtype}, y {self.y.shape[1:]} {self.y.dtype}{kind})"

    def _repr_html_(self) -> str:
        """Show what it holds, and its first rows where they are short, in a notebook."""
        if self.makes_rows:
            return html.sheet(f"data set {self.name}", {"rows": str(len(self)), "class": type(self).__name__})
        rows = {
            "rows": str(len(self)),
            "x": f"{self.x.shape[1:]} {self.x.dtype}",
            "y": f"{self.y.shape[1:]} {self.y.dtype}",
            "features": ", ".join(self.features),
            "classes": ", ".join(self._counted()),
        }
        shown = html.sheet(f"data set {self.name}", rows)
        if self.x.ndim != 2 or self.x.shape[1] > WIDEST:
            return shown
        names = self.features or tuple(f"x{i}" for i in range(self.x.shape[1]))
        named = self.classes and self.y.ndim == 1
        answers = [self.classes[int(y)] if named else y for y in self.y[:FIRST]]
        return shown + html.grid(f"the first {len(answers)}", (*names, "y"), [(*x, y) for x, y in zip(self.x, answers, strict=False)])

    def _counted(self) -> list[str]:
        """Return the name of each class, with its number of rows where a row has one class."""
        if self.y.ndim != 1:
            return list(self.classes)
        return [f"{name} ({np.count_nonzero(self.y == i)})" for i, name in enumerate(self.classes)]

    def replace(self, x: ArrayLike | None = None, y: ArrayLike | None = None) -> Dataset:
        """Return the same data set with other inputs or targets."""
        new_x, new_y = self.x if x is None else x, self.y if y is None else y
        return Dataset(new_x, new_y, name=self.name, classes=self.classes, features=self.features)

    def take(self, rows: Any) -> Dataset:
        """Return the data set of the chosen rows: a slice, indices, or a mask."""
        return self.replace(self.x[rows], self.y[rows])

    def flat(self) -> Dataset:
        """Return it with each example as one vector, as an MLP reads it.

        >>> import tinygrad_loss as tl
        >>> tl.data.load("digits").flat().x.shape
        (1797, 64)
        """
        return self.replace(self.x.reshape(len(self), -1))

    def split(self, test_size: float = 0.2, *, random_state: int = 0, stratify: bool | None = None) -> tuple[Dataset, Dataset]:
        """Return a training and a test set: scikit-learn's ``train_test_split``.

        Args:
            test_size: the part that is held back, between 0 and 1.
            random_state: which of the possible splits; the same number gives the same split everywhere.
            stratify: whether both parts shall have the classes in equal shares; by default, where there are classes with one label a row.

        Raises:
            MissingPackageError: scikit-learn is not installed.

        >>> import tinygrad_loss as tl
        >>> train, test = tl.data.load("digits").split()
        >>> len(train), len(test)
        (1437, 360)
        """
        try:
            from sklearn.model_selection import train_test_split  # noqa: PLC0415  an optional package
        except ImportError:
            raise errors.missing("Dataset.split", "scikit-learn", "pip install scikit-learn") from None
        if stratify is None:
            stratify = bool(self.classes) and self.y.ndim == 1
        rows = np.arange(len(self))
        train, test = train_test_split(rows, test_size=test_size, random_state=random_state, stratify=self.y if stratify else None)
        return self.take(train), self.take(test)


def standardise(train: Dataset, *others: Dataset) -> tuple[Dataset, ...]:
    r"""Return the data sets with every column of ``x`` centred and scaled by the training set's statistics: $(x - \mu) / \sigma$.

    Args:
        train: where the mean and the standard deviation of each column come from; a constant column is only centred.
        others: data sets to scale in the same way.

    >>> import tinygrad_loss as tl
    >>> train, test = tl.data.standardise(*tl.data.load("wine").split())
    >>> abs(float(train.x.mean())) < 1e-6
    True
    """
    centre = train.x.mean(axis=0)
    spread = train.x.std(axis=0)
    spread = np.where(spread == 0, np.ones_like(spread), spread)
    return tuple(data.replace((data.x - centre) / spread) for data in (train, *others))
