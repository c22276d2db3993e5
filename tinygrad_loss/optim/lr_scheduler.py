"""The schedules under the module name that PyTorch has for them."""

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
