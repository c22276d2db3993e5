"""Layers that own their weights, under PyTorch's names, with its arguments, defaults and first values."""

import typing as _typing

from tinygrad_loss import errors as _errors
from tinygrad_loss.engine.explained import explain_room as _explain_room
from tinygrad_loss.losses.synonyms import typed as _loss_typed
from tinygrad_loss.nn import functional as functional
from tinygrad_loss.nn import initialise as initialise
from tinygrad_loss.nn.activation import CELU as CELU
from tinygrad_loss.nn.activation import ELU as ELU
from tinygrad_loss.nn.activation import GELU as GELU
from tinygrad_loss.nn.activation import GLU as GLU
from tinygrad_loss.nn.activation import SELU as SELU
from tinygrad_loss.nn.activation import Hardshrink as Hardshrink
from tinygrad_loss.nn.activation import Hardsigmoid as Hardsigmoid
from tinygrad_loss.nn.activation import Hardswish as Hardswish
from tinygrad_loss.nn.activation import Hardtanh as Hardtanh
from tinygrad_loss.nn.activation import LeakyReLU as LeakyReLU
from tinygrad_loss.nn.activation import LogSigmoid as LogSigmoid
from tinygrad_loss.nn.activation import LogSoftmax as LogSoftmax
from tinygrad_loss.nn.activation import Mish as Mish
from tinygrad_loss.nn.activation import PReLU as PReLU
from tinygrad_loss.nn.activation import ReLU as ReLU
from tinygrad_loss.nn.activation import ReLU6 as ReLU6
from tinygrad_loss.nn.activation import Sigmoid as Sigmoid
from tinygrad_loss.nn.activation import SiLU as SiLU
from tinygrad_loss.nn.activation import Softmax as Softmax
from tinygrad_loss.nn.activation import Softmin as Softmin
from tinygrad_loss.nn.activation import Softplus as Softplus
from tinygrad_loss.nn.activation import Softshrink as Softshrink
from tinygrad_loss.nn.activation import Softsign as Softsign
from tinygrad_loss.nn.activation import Tanh as Tanh
from tinygrad_loss.nn.activation import Tanhshrink as Tanhshrink
from tinygrad_loss.nn.activation import Threshold as Threshold
from tinygrad_loss.nn.attention import MultiheadAttention as MultiheadAttention
from tinygrad_loss.nn.cell import GRUCell as GRUCell
from tinygrad_loss.nn.cell import LSTMCell as LSTMCell
from tinygrad_loss.nn.cell import RNNCell as RNNCell
from tinygrad_loss.nn.compose import MLP as MLP
from tinygrad_loss.nn.compose import ModuleDict as ModuleDict
from tinygrad_loss.nn.compose import ModuleList as ModuleList
from tinygrad_loss.nn.compose import Residual as Residual
from tinygrad_loss.nn.compose import Sequential as Sequential
from tinygrad_loss.nn.convolution import Conv1d as Conv1d
from tinygrad_loss.nn.convolution import Conv2d as Conv2d
from tinygrad_loss.nn.convolution import Conv3d as Conv3d
from tinygrad_loss.nn.convolution import ConvTranspose1d as ConvTranspose1d
from tinygrad_loss.nn.convolution import ConvTranspose2d as ConvTranspose2d
from tinygrad_loss.nn.convolution import ConvTranspose3d as ConvTranspose3d
from tinygrad_loss.nn.embedding import Embedding as Embedding
from tinygrad_loss.nn.linear import Bilinear as Bilinear
from tinygrad_loss.nn.linear import Identity as Identity
from tinygrad_loss.nn.linear import Linear as Linear
from tinygrad_loss.nn.loss import AdaptiveLogSoftmaxWithLoss as AdaptiveLogSoftmaxWithLoss
from tinygrad_loss.nn.loss import BCELoss as BCELoss
from tinygrad_loss.nn.loss import BCEWithLogitsLoss as BCEWithLogitsLoss
from tinygrad_loss.nn.loss import CosineEmbeddingLoss as CosineEmbeddingLoss
from tinygrad_loss.nn.loss import CosineSimilarity as CosineSimilarity
from tinygrad_loss.nn.loss import CrossEntropyLoss as CrossEntropyLoss
from tinygrad_loss.nn.loss import CTCLoss as CTCLoss
from tinygrad_loss.nn.loss import GaussianNLLLoss as GaussianNLLLoss
from tinygrad_loss.nn.loss import HingeEmbeddingLoss as HingeEmbeddingLoss
from tinygrad_loss.nn.loss import HuberLoss as HuberLoss
from tinygrad_loss.nn.loss import KLDivLoss as KLDivLoss
from tinygrad_loss.nn.loss import L1Loss as L1Loss
from tinygrad_loss.nn.loss import LinearCrossEntropyLoss as LinearCrossEntropyLoss
from tinygrad_loss.nn.loss import LossModule as LossModule
from tinygrad_loss.nn.loss import MarginRankingLoss as MarginRankingLoss
from tinygrad_loss.nn.loss import MSELoss as MSELoss
from tinygrad_loss.nn.loss import MultiLabelMarginLoss as MultiLabelMarginLoss
from tinygrad_loss.nn.loss import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from tinygrad_loss.nn.loss import MultiMarginLoss as MultiMarginLoss
from tinygrad_loss.nn.loss import NLLLoss as NLLLoss
from tinygrad_loss.nn.loss import PairwiseDistance as PairwiseDistance
from tinygrad_loss.nn.loss import PoissonNLLLoss as PoissonNLLLoss
from tinygrad_loss.nn.loss import SmoothL1Loss as SmoothL1Loss
from tinygrad_loss.nn.loss import SoftMarginLoss as SoftMarginLoss
from tinygrad_loss.nn.loss import TripletMarginLoss as TripletMarginLoss
from tinygrad_loss.nn.loss import TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss
from tinygrad_loss.nn.module import Module as Module
from tinygrad_loss.nn.module import parameter as parameter
from tinygrad_loss.nn.normalise import BatchNorm1d as BatchNorm1d
from tinygrad_loss.nn.normalise import BatchNorm2d as BatchNorm2d
from tinygrad_loss.nn.normalise import BatchNorm3d as BatchNorm3d
from tinygrad_loss.nn.normalise import GroupNorm as GroupNorm
from tinygrad_loss.nn.normalise import InstanceNorm1d as InstanceNorm1d
from tinygrad_loss.nn.normalise import InstanceNorm2d as InstanceNorm2d
from tinygrad_loss.nn.normalise import InstanceNorm3d as InstanceNorm3d
from tinygrad_loss.nn.normalise import LayerNorm as LayerNorm
from tinygrad_loss.nn.normalise import RMSNorm as RMSNorm
from tinygrad_loss.nn.pooling import AdaptiveAvgPool1d as AdaptiveAvgPool1d
from tinygrad_loss.nn.pooling import AdaptiveAvgPool2d as AdaptiveAvgPool2d
from tinygrad_loss.nn.pooling import AdaptiveAvgPool3d as AdaptiveAvgPool3d
from tinygrad_loss.nn.pooling import AdaptiveMaxPool1d as AdaptiveMaxPool1d
from tinygrad_loss.nn.pooling import AdaptiveMaxPool2d as AdaptiveMaxPool2d
from tinygrad_loss.nn.pooling import AdaptiveMaxPool3d as AdaptiveMaxPool3d
from tinygrad_loss.nn.pooling import AvgPool1d as AvgPool1d
from tinygrad_loss.nn.pooling import AvgPool2d as AvgPool2d
from tinygrad_loss.nn.pooling import AvgPool3d as AvgPool3d
from tinygrad_loss.nn.pooling import MaxPool1d as MaxPool1d
from tinygrad_loss.nn.pooling import MaxPool2d as MaxPool2d
from tinygrad_loss.nn.pooling import MaxPool3d as MaxPool3d
from tinygrad_loss.nn.recurrent import GRU as GRU
from tinygrad_loss.nn.recurrent import LSTM as LSTM
from tinygrad_loss.nn.recurrent import RNN as RNN
from tinygrad_loss.nn.recurrent import pad_sequences as pad_sequences
from tinygrad_loss.nn.regularise import AlphaDropout as AlphaDropout
from tinygrad_loss.nn.regularise import Dropout as Dropout
from tinygrad_loss.nn.regularise import Dropout1d as Dropout1d
from tinygrad_loss.nn.regularise import Dropout2d as Dropout2d
from tinygrad_loss.nn.regularise import Dropout3d as Dropout3d
from tinygrad_loss.nn.reshape import Flatten as Flatten
from tinygrad_loss.nn.reshape import PixelShuffle as PixelShuffle
from tinygrad_loss.nn.reshape import PixelUnshuffle as PixelUnshuffle
from tinygrad_loss.nn.reshape import Unflatten as Unflatten
from tinygrad_loss.nn.reshape import Upsample as Upsample
from tinygrad_loss.nn.transformer import TransformerDecoder as TransformerDecoder
from tinygrad_loss.nn.transformer import TransformerDecoderLayer as TransformerDecoderLayer
from tinygrad_loss.nn.transformer import TransformerEncoder as TransformerEncoder
from tinygrad_loss.nn.transformer import TransformerEncoderLayer as TransformerEncoderLayer
from tinygrad_loss.spelling.table import OF_THE_ROOM as _OF_THE_ROOM

init = initialise
Parameter = parameter


globals().update(_explain_room(globals()))


def __dir__() -> list[str]:
    return _errors.offered(globals(), ("init", "initialise"))


if not _typing.TYPE_CHECKING:  # a checker that saw it would believe every name

    def __getattr__(name: str) -> _typing.Any:
        raise _errors.no_name(__name__, name, __dir__(), {**_loss_typed(name, __dir__()), **_OF_THE_ROOM})


_errors.refuse_calls(__name__)
