"""Examples to learn from: data sets, the batches they are cut into, and where they come from."""

import typing as _typing

from tinygrad_loss import errors as _errors
from tinygrad_loss.data.augment import flip as flip
from tinygrad_loss.data.augment import noise as noise
from tinygrad_loss.data.augment import shift as shift
from tinygrad_loss.data.dataset import Dataset as Dataset
from tinygrad_loss.data.dataset import standardise as standardise
from tinygrad_loss.data.loader import DataLoader as DataLoader
from tinygrad_loss.data.source import TensorDataset as TensorDataset
from tinygrad_loss.data.sources import load as load
from tinygrad_loss.data.sources import names as names
from tinygrad_loss.engine.explained import explain_room as _explain_room

_ELSEWHERE = {
    "random_split": "type train, test = dataset.split()",
    **dict.fromkeys(("MNIST", "mnist"), "type tl.data.load('digits')"),
    "FashionMNIST": "type tl.data.load('fashion')",
    "IterableDataset": "type tl.data.DataLoader(list(rows))",
    **dict.fromkeys(("sampler", "WeightedRandomSampler"), "type dataset.take(rows)"),
    "default_collate": "type next(iter(tl.data.DataLoader(rows, len(rows))))",
    "Subset": "type dataset.take(rows)",
    "ConcatDataset": "type tl.data.Dataset(np.concatenate([a.x, b.x]), np.concatenate([a.y, b.y]))",
}
"""What to type for PyTorch's names that are not here."""


globals().update(_explain_room(globals()))


def __dir__() -> list[str]:
    return _errors.offered(globals())


if not _typing.TYPE_CHECKING:  # a checker that saw it would believe every name

    def __getattr__(name: str) -> _typing.Any:
        raise _errors.no_name(__name__, name, __dir__(), _ELSEWHERE)


_errors.refuse_calls(__name__)
