"""Examples to learn from: data sets, the batches they are cut into, and where they come from."""

from tinygrad_loss.data.augment import flip as flip
from tinygrad_loss.data.augment import noise as noise
from tinygrad_loss.data.augment import shift as shift
from tinygrad_loss.data.dataset import Dataset as Dataset
from tinygrad_loss.data.dataset import standardise as standardise
from tinygrad_loss.data.loader import DataLoader as DataLoader
from tinygrad_loss.data.sources import load as load
from tinygrad_loss.data.sources import names as names
