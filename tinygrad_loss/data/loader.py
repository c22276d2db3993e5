"""`DataLoader`: a data set in batches, in order or shuffled, optionally prepared ahead in a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.data.source import HasRows, source
from tinygrad_loss.engine.arguments import NamesItsArguments

__all__ = ["DataLoader"]

END: Final = object()


class DataLoader(NamesItsArguments):
    """The batches of a data set; each pass over it is one epoch. A batch is a copy: what is done to it stays in it.

    Args:
        dataset: a `Dataset`, columns ``(x, y)`` or ``{name: column}``, a `TensorDataset`, a list of rows, or an object with
            ``__len__`` and ``__getitem__`` that makes one row at a time, such as a `Dataset` of your own. A batch has the form of a row.
        batch_size: rows per batch.
        shuffle: whether each epoch has an order of its own.
        drop_last: whether to leave out a last batch that is smaller.
        rng: where the order comes from, a generator or a seed; the same state gives the same batches.
        augment: a function ``(x, rng) -> x`` for the inputs of each batch, the first of its arrays.
        prefetch: how many batches a thread prepares ahead; 0 for none. The batches are the same.

    Raises:
        ArgumentError: ``dataset`` is nothing that has rows, or an argument has another name.
        DTypeError: rows hold something else than numbers.
        ShapeError: columns differ in length, or rows in shape.
        DomainError: ``batch_size`` is below 1, or so large that ``drop_last`` would leave nothing; ``prefetch`` is below 0.

    >>> import numpy as np, tinygrad_loss as tl
    >>> data = tl.data.Dataset(np.arange(5.0), np.arange(5))
    >>> [list(y) for x, y in tl.data.DataLoader(data, batch_size=2)] == [[0, 1], [2, 3], [4]]
    True
    >>> [batch["y"].tolist() for batch in tl.data.DataLoader({"x": data.x, "y": data.y}, batch_size=3)]
    [[0, 1, 2], [3, 4]]
    """

    INSTEAD: ClassVar = {
        # what to type for PyTorch's arguments
        "num_workers": "prefetch=2, for a thread that prepares batches",
        "prefetch_factor": "prefetch=2",
        **dict.fromkeys(("generator", "seed", "random_state"), "rng=0"),
        "sampler": "DataLoader(data.take(rows))",
        "collate_fn": "DataLoader(data) of rows that are arrays of one shape",
        "transform": "augment=lambda x, rng: x",
    }

    def __init__(
        self,
        dataset: HasRows,
        batch_size: int = 32,
        shuffle: bool = False,
        *,
        drop_last: bool = False,
        rng: np.random.Generator | int | None = None,
        augment: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None,
        prefetch: int = 0,
    ) -> None:
        second: Any = batch_size
        if hasattr(second, "__len__") and not isinstance(second, str):
            got = " and ".join(f"{type(x).__name__} of {len(x)} rows" for x in (dataset, second))
            raise errors.ArgumentError(errors.say("DataLoader", "inputs and targets are one argument", got, "DataLoader((x, y), 32)"))
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise errors.DomainError(
                errors.say("DataLoader", "batch_size must be a whole number from 1 on", str(batch_size), "batch_size=32")
            )
        if not isinstance(prefetch, int | np.integer) or prefetch < 0:
            raise errors.DomainError(errors.say("DataLoader", "prefetch must be a whole number from 0 on", str(prefetch), "prefetch=2"))
        self.dataset, self.source = source(dataset)
        n = len(self.source)
        if drop_last and batch_size > n:
            rule = f"with drop_last=True batch_size must be at most the number of rows, {n}"
            raise errors.DomainError(errors.say("DataLoader", rule, str(batch_size), f"batch_size={n}"))
        if augment is not None and (not callable(augment) or isinstance(self.source.batch(slice(1)), dict)):
            rule, got = "augment must be a function (x, rng) -> x of the first array of a batch", type(augment).__name__
            got = got if not callable(augment) else "batches that are dicts, which have no first"
            raise errors.ArgumentError(errors.say("DataLoader", rule, got, "augment=tl.data.noise, and DataLoader((x, y))"))
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.rng = np.random.default_rng(rng)
        self.augment = augment
        self.prefetch = prefetch

    def __repr__(self) -> str:
        order = "shuffled" if self.shuffle else "in order"
        return f"DataLoader({len(self.source)} rows {order}, in {len(self)} batches of {self.batch_size})"

    def __len__(self) -> int:
        whole, rest = divmod(len(self.source), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[np.ndarray, ...]]:  # what a batch mostly is; it may be a dict or an array, as a row is
        n = len(self.source)
        batches = self._batches(self.rng.permutation(n) if self.shuffle else None)
        return ahead(batches, self.prefetch) if self.prefetch else batches

    def _batches(self, order: np.ndarray | None) -> Iterator[Any]:
        for i in range(len(self)):
            rows = slice(i * self.batch_size, (i + 1) * self.batch_size)
            batch: Any = self.source.batch(rows if order is None else order[rows])
            yield batch if self.augment is None else self._varied(batch, self.augment)

    def _varied(self, batch: Any, augment: Callable[[Any, np.random.Generator], Any]) -> Any:
        if isinstance(batch, tuple):
            return (augment(batch[0], self.rng), *batch[1:])
        return augment(batch, self.rng)


def ahead(items: Iterator[Any], depth: int) -> Iterator[Any]:
    """Yield the items while a thread prepares the next ones; its error is raised here, and it ends when the reader leaves."""
    with ThreadPoolExecutor(1, "prefetch") as worker:
        waiting = deque(worker.submit(next, items, END) for _ in range(depth))
        while (item := waiting.popleft().result()) is not END:
            waiting.append(worker.submit(next, items, END))
            yield item
