"""Optimisers, schedules and clipping under PyTorch's names; steps for |x|; SciPy's optimisers with exact derivatives."""

import typing as _typing

from tinygrad_loss import errors as _errors
from tinygrad_loss.engine.explained import explain_room as _explain_room
from tinygrad_loss.optim import lr_scheduler as lr_scheduler
from tinygrad_loss.optim import rules as rules
from tinygrad_loss.optim.clip import clip_grad_norm_ as clip_grad_norm_
from tinygrad_loss.optim.clip import clip_grad_value_ as clip_grad_value_
from tinygrad_loss.optim.clip import grad_norm as grad_norm
from tinygrad_loss.optim.elsewhere import OF_THE_ROOM as _OF_THE_ROOM
from tinygrad_loss.optim.first_order import SGD as SGD
from tinygrad_loss.optim.first_order import Adagrad as Adagrad
from tinygrad_loss.optim.first_order import Adam as Adam
from tinygrad_loss.optim.first_order import AdamW as AdamW
from tinygrad_loss.optim.first_order import Lion as Lion
from tinygrad_loss.optim.first_order import Proximal as Proximal
from tinygrad_loss.optim.first_order import RMSprop as RMSprop
from tinygrad_loss.optim.first_order import Subgradient as Subgradient
from tinygrad_loss.optim.lbfgs import LBFGS as LBFGS
from tinygrad_loss.optim.minimise import minimize as minimize
from tinygrad_loss.optim.one_cycle import OneCycleLR as OneCycleLR
from tinygrad_loss.optim.one_cycle import ReduceLROnPlateau as ReduceLROnPlateau
from tinygrad_loss.optim.optimizer import Optimizer as Optimizer
from tinygrad_loss.optim.schedules import ConstantLR as ConstantLR
from tinygrad_loss.optim.schedules import CosineAnnealingLR as CosineAnnealingLR
from tinygrad_loss.optim.schedules import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from tinygrad_loss.optim.schedules import ExponentialLR as ExponentialLR
from tinygrad_loss.optim.schedules import LambdaLR as LambdaLR
from tinygrad_loss.optim.schedules import LinearLR as LinearLR
from tinygrad_loss.optim.schedules import MultiStepLR as MultiStepLR
from tinygrad_loss.optim.schedules import Schedule as Schedule
from tinygrad_loss.optim.schedules import SequentialLR as SequentialLR
from tinygrad_loss.optim.schedules import StepLR as StepLR

globals().update(_explain_room(globals()))


def __dir__() -> list[str]:
    return _errors.offered(globals(), ("lr_scheduler", "rules"))


if not _typing.TYPE_CHECKING:  # a checker that saw it would believe every name

    def __getattr__(name: str) -> _typing.Any:
        raise _errors.no_name(__name__, name, __dir__(), _OF_THE_ROOM)


_errors.refuse_calls(__name__)
