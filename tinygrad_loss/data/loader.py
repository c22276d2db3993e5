"""`DataLoader`: a data set in batches, in order or shuffled, optionally prepared ahead in a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.data.dataset import Dataset

__all__ = ["DataLoader"]

Batch = tuple[np.ndarray, np.ndarray]
END: Final = object()


class DataLoader:
    """The batches of a data set; each pass over it is one epoch.

    Args:
        dataset: where rows come from.
        batch_size: rows per batch.
        shuffle: whether each epoch has an order of its own.
        drop_last: whether to leave out a last batch that is smaller.
        rng: where the order comes from, a generator or a seed; the same state gives the same batches.
        augment: a function ``(x, rng) -> x`` for each batch of inputs.
        prefetch: how many batches a thread prepares ahead; 0 for none. The batches are the same.

    Raises:
        DomainError: ``batch_size`` is below 1, or so large that ``drop_last`` would leave nothing; ``prefetch`` is below 0.

    >>> import numpy as np, tinygrad_loss as tl
    >>> data = tl.data.Dataset(np.arange(5.0), np.arange(5))
    >>> [list(y) for x, y in tl.data.DataLoader(data, batch_size=2)] == [[0, 1], [2, 3], [4]]
    True
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 32,
        shuffle: bool = False,
        *,
        drop_last: bool = False,
        rng: np.random.Generator | int | None = None,
        augment: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None,
        prefetch: int = 0,
    ) -> None:
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise errors.DomainError(
                errors.say("DataLoader", "batch_size must be a whole number from 1 on", str(batch_size), "batch_size=32")
            )
        if not isinstance(prefetch, int | np.integer) or prefetch < 0:
            raise errors.DomainError(errors.say("DataLoader", "prefetch must be a whole number from 0 on", str(prefetch), "prefetch=2"))
        if drop_last and batch_size > len(dataset):
            raise errors.DomainError(
                errors.say(
                    "DataLoader",
                    f"with drop_last=True batch_size must be at most the number of rows, {len(dataset)}",
                    str(batch_size),
                    f"batch_size={len(dataset)}",
                )
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.rng = np.random.default_rng(rng)
        self.augment = augment
        self.prefetch = prefetch

    def __len__(self) -> int:
        whole, rest = divmod(len(self.dataset), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Batch]:
        n = len(self.dataset)
        order = self.rng.permutation(n) if self.shuffle else np.arange(n)
        batches = self._batches(order)
        return ahead(batches, self.prefetch) if self.prefetch else batches

    def _batches(self, order: np.ndarray) -> Iterator[Batch]:
        for i in range(len(self)):
            rows = order[i * self.batch_size : (i + 1) * self.batch_size]
            x, y = self.dataset[rows] if self.shuffle else self.dataset[rows[0] : rows[-1] + 1]
            if self.augment is not None:
                x = self.augment(x, self.rng)
            yield x, y


def ahead(items: Iterator[Any], depth: int) -> Iterator[Any]:
    """Yield the items while a thread prepares the next ones; its error is raised here, and it ends when the reader leaves."""
    with ThreadPoolExecutor(1, "prefetch") as worker:
        waiting = deque(worker.submit(next, items, END) for _ in range(depth))
        while (item := waiting.popleft().result()) is not END:
            waiting.append(worker.submit(next, items, END))
            yield item
