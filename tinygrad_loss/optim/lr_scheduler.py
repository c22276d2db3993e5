"""The schedules under the module name that PyTorch has for them."""

from typing import Any as _Any

from tinygrad_loss import errors as _errors
from tinygrad_loss.optim.elsewhere import OF_THE_ROOM as _OF_THE_ROOM
from tinygrad_loss.optim.one_cycle import OneCycleLR as OneCycleLR
from tinygrad_loss.optim.one_cycle import ReduceLROnPlateau as ReduceLROnPlateau
from tinygrad_loss.optim.schedules import ConstantLR as ConstantLR
from tinygrad_loss.optim.schedules import CosineAnnealingLR as CosineAnnealingLR
from tinygrad_loss.optim.schedules import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from tinygrad_loss.optim.schedules import ExponentialLR as ExponentialLR
from tinygrad_loss.optim.schedules import LambdaLR as LambdaLR
from tinygrad_loss.optim.schedules import LinearLR as LinearLR
from tinygrad_loss.optim.schedules import MultiStepLR as MultiStepLR
from tinygrad_loss.optim.schedules import SequentialLR as SequentialLR
from tinygrad_loss.optim.schedules import StepLR as StepLR


def __getattr__(name: str) -> _Any:
    raise _errors.no_name(__name__, name, globals(), _OF_THE_ROOM)
