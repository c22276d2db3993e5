"""The loop: models, losses, optimisers, data and pictures together; its history, its checkpoints, and how good the result is."""

import typing as _typing

from tinygrad_loss import errors as _errors
from tinygrad_loss.engine.explained import explain_room as _explain_room
from tinygrad_loss.training import checkpoint as checkpoint
from tinygrad_loss.training import fit as fit
from tinygrad_loss.training import metrics as metrics
from tinygrad_loss.training.evaluate import evaluate as evaluate
from tinygrad_loss.training.evaluate import predict as predict
from tinygrad_loss.training.history import History as History

_ELSEWHERE = {"fit": "type tl.fit(model, loss, data)"}


globals().update(_explain_room(globals()))


def __dir__() -> list[str]:
    return _errors.offered(globals(), ("checkpoint", "metrics"))


if not _typing.TYPE_CHECKING:  # a checker that saw it would believe every name

    def __getattr__(name: str) -> _typing.Any:
        raise _errors.no_name(__name__, name, __dir__(), _ELSEWHERE)


_errors.refuse_calls(__name__, but=("checkpoint", "metrics"))
