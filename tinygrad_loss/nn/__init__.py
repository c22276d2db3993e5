"""Layers that own their weights, under PyTorch's names, with its arguments, defaults and first values."""

from tinygrad_loss.nn import initialise as initialise
from tinygrad_loss.nn.compose import ModuleDict as ModuleDict
from tinygrad_loss.nn.compose import ModuleList as ModuleList
from tinygrad_loss.nn.compose import Residual as Residual
from tinygrad_loss.nn.compose import Sequential as Sequential
from tinygrad_loss.nn.linear import Bilinear as Bilinear
from tinygrad_loss.nn.linear import Identity as Identity
from tinygrad_loss.nn.linear import Linear as Linear
from tinygrad_loss.nn.module import Module as Module
from tinygrad_loss.nn.module import parameter as parameter
