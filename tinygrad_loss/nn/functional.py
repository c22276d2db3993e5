"""Layers and losses as functions, under the names of PyTorch's ``torch.nn.functional``: ``import tinygrad_loss.nn.functional as F``.

Losses are those of ``tl.losses``, the others those of ``tl.ops`` or of the layers of ``tl.nn``: like these, activations and maximum pooling
answer by their documented convention at a kink, unchecked; ``tl.ops.relu`` tells the truth there.
"""

from collections.abc import Callable as _Callable
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any
from typing import Protocol as _Protocol
from typing import cast as _cast
from typing import overload as _overload

from tinygrad_loss import errors as _errors
from tinygrad_loss.engine.explained import explain_room as _explain_room
from tinygrad_loss.engine.op import Result as _Result
from tinygrad_loss.losses import binary_cross_entropy as binary_cross_entropy
from tinygrad_loss.losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from tinygrad_loss.losses import cosine_embedding_loss as cosine_embedding_loss
from tinygrad_loss.losses import cross_entropy as cross_entropy
from tinygrad_loss.losses import ctc_loss as ctc_loss
from tinygrad_loss.losses import gaussian_nll_loss as gaussian_nll_loss
from tinygrad_loss.losses import hinge_embedding_loss as hinge_embedding_loss
from tinygrad_loss.losses import huber_loss as huber_loss
from tinygrad_loss.losses import kl_div as kl_div
from tinygrad_loss.losses import l1_loss as l1_loss
from tinygrad_loss.losses import linear_cross_entropy as linear_cross_entropy
from tinygrad_loss.losses import margin_ranking_loss as margin_ranking_loss
from tinygrad_loss.losses import mse_loss as mse_loss
from tinygrad_loss.losses import multi_margin_loss as multi_margin_loss
from tinygrad_loss.losses import multilabel_margin_loss as multilabel_margin_loss
from tinygrad_loss.losses import multilabel_soft_margin_loss as multilabel_soft_margin_loss
from tinygrad_loss.losses import nll_loss as nll_loss
from tinygrad_loss.losses import poisson_nll_loss as poisson_nll_loss
from tinygrad_loss.losses import smooth_l1_loss as smooth_l1_loss
from tinygrad_loss.losses import soft_margin_loss as soft_margin_loss
from tinygrad_loss.losses import triplet_margin_loss as triplet_margin_loss
from tinygrad_loss.losses import triplet_margin_with_distance_loss as triplet_margin_with_distance_loss
from tinygrad_loss.losses.synonyms import typed as _loss_typed
from tinygrad_loss.nn import activation as _activation
from tinygrad_loss.nn import pooling as _pooling
from tinygrad_loss.ops import adaptive_avg_pool1d as adaptive_avg_pool1d
from tinygrad_loss.ops import adaptive_avg_pool2d as adaptive_avg_pool2d
from tinygrad_loss.ops import adaptive_avg_pool3d as adaptive_avg_pool3d
from tinygrad_loss.ops import alpha_dropout as alpha_dropout
from tinygrad_loss.ops import avg_pool1d as avg_pool1d
from tinygrad_loss.ops import avg_pool2d as avg_pool2d
from tinygrad_loss.ops import avg_pool3d as avg_pool3d
from tinygrad_loss.ops import batch_norm as batch_norm
from tinygrad_loss.ops import bilinear as bilinear
from tinygrad_loss.ops import channel_shuffle as channel_shuffle
from tinygrad_loss.ops import conv1d as conv1d
from tinygrad_loss.ops import conv2d as conv2d
from tinygrad_loss.ops import conv3d as conv3d
from tinygrad_loss.ops import conv_transpose1d as conv_transpose1d
from tinygrad_loss.ops import conv_transpose2d as conv_transpose2d
from tinygrad_loss.ops import conv_transpose3d as conv_transpose3d
from tinygrad_loss.ops import cosine_similarity as cosine_similarity
from tinygrad_loss.ops import dropout as dropout
from tinygrad_loss.ops import dropout1d as dropout1d
from tinygrad_loss.ops import dropout2d as dropout2d
from tinygrad_loss.ops import dropout3d as dropout3d
from tinygrad_loss.ops import embedding as embedding
from tinygrad_loss.ops import fold as fold
from tinygrad_loss.ops import group_norm as group_norm
from tinygrad_loss.ops import gumbel_softmax as gumbel_softmax
from tinygrad_loss.ops import instance_norm as instance_norm
from tinygrad_loss.ops import interpolate as interpolate
from tinygrad_loss.ops import layer_norm as layer_norm
from tinygrad_loss.ops import linear as linear
from tinygrad_loss.ops import local_response_norm as local_response_norm
from tinygrad_loss.ops import normalize as normalize
from tinygrad_loss.ops import one_hot as one_hot
from tinygrad_loss.ops import pad as pad
from tinygrad_loss.ops import pairwise_distance as pairwise_distance
from tinygrad_loss.ops import pdist as pdist
from tinygrad_loss.ops import pixel_shuffle as pixel_shuffle
from tinygrad_loss.ops import pixel_unshuffle as pixel_unshuffle
from tinygrad_loss.ops import rms_norm as rms_norm
from tinygrad_loss.ops import scaled_dot_product_attention as scaled_dot_product_attention
from tinygrad_loss.ops import unfold as unfold
from tinygrad_loss.ops.activation import LAYER as _LAYER
from tinygrad_loss.ops.activation import along_channels as _along_channels
from tinygrad_loss.spelling.table import OF_FUNCTIONAL as _OF_FUNCTIONAL

if _TYPE_CHECKING:
    from numpy import ndarray as _ndarray
    from numpy.typing import ArrayLike as _ArrayLike

    from tinygrad_loss.engine.tensor import Tensor as _Tensor


class _Function(_Protocol):
    """A tensor of a tensor, and an array of an array."""

    @_overload
    def __call__(self, input: "_Tensor", *settings: _Any, **named: _Any) -> "_Tensor": ...
    @_overload
    def __call__(self, input: "_ArrayLike", *settings: _Any, **named: _Any) -> "_ndarray": ...


def _of(layer: type[_Any], name: str) -> _Function:
    """Return a layer without parameters as a function: its settings follow the input, as in PyTorch."""

    def function(input: _Any, *settings: _Any, **named: _Any) -> _Any:  # noqa: A002  PyTorch's name
        return layer(*settings, **named).forward(input)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"``nn.{layer.__name__}(*settings)(input)``: {layer.__doc__}".partition("\n")[0]
    return _cast("_Function", function)


def _max_pool(layer: type[_Any], name: str) -> _Callable[..., _Result]:
    def function(
        input: _Any,  # noqa: A002  PyTorch's name
        kernel_size: _Any,
        stride: _Any = None,
        padding: _Any = 0,
        dilation: _Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> _Result:
        return layer(kernel_size, stride, padding, dilation, return_indices, ceil_mode).forward(input)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"``nn.{layer.__name__}(kernel_size)(input)``: the largest entry of each window."
    return function


celu = _of(_activation.CELU, "celu")
elu = _of(_activation.ELU, "elu")
gelu = _of(_activation.GELU, "gelu")
glu = _of(_activation.GLU, "glu")
hardshrink = _of(_activation.Hardshrink, "hardshrink")
hardsigmoid = _of(_activation.Hardsigmoid, "hardsigmoid")
hardswish = _of(_activation.Hardswish, "hardswish")
hardtanh = _of(_activation.Hardtanh, "hardtanh")
leaky_relu = _of(_activation.LeakyReLU, "leaky_relu")
log_softmax = _of(_activation.LogSoftmax, "log_softmax")
logsigmoid = _of(_activation.LogSigmoid, "logsigmoid")
mish = _of(_activation.Mish, "mish")
relu = _of(_activation.ReLU, "relu")
relu6 = _of(_activation.ReLU6, "relu6")
selu = _of(_activation.SELU, "selu")
sigmoid = _of(_activation.Sigmoid, "sigmoid")
silu = _of(_activation.SiLU, "silu")
softmax = _of(_activation.Softmax, "softmax")
softmin = _of(_activation.Softmin, "softmin")
softplus = _of(_activation.Softplus, "softplus")
softshrink = _of(_activation.Softshrink, "softshrink")
softsign = _of(_activation.Softsign, "softsign")
tanh = _of(_activation.Tanh, "tanh")
tanhshrink = _of(_activation.Tanhshrink, "tanhshrink")
threshold = _of(_activation.Threshold, "threshold")
adaptive_max_pool1d = _of(_pooling.AdaptiveMaxPool1d, "adaptive_max_pool1d")
adaptive_max_pool2d = _of(_pooling.AdaptiveMaxPool2d, "adaptive_max_pool2d")
adaptive_max_pool3d = _of(_pooling.AdaptiveMaxPool3d, "adaptive_max_pool3d")
max_pool1d = _max_pool(_pooling.MaxPool1d, "max_pool1d")
max_pool2d = _max_pool(_pooling.MaxPool2d, "max_pool2d")
max_pool3d = _max_pool(_pooling.MaxPool3d, "max_pool3d")


def prelu(input: _Any, weight: _Any) -> _Result:  # noqa: A002  PyTorch's name
    """Return $x$ for $x > 0$, else ``weight`` times $x$: one number, or one per channel of axis 1."""
    return _LAYER["prelu"](input, _along_channels(weight, input))


globals().update(_explain_room(globals()))


def __getattr__(name: str) -> _Any:
    raise _errors.no_name(
        __name__, name, [known for known in globals() if not known.startswith("_")], {**_loss_typed(name), **_OF_FUNCTIONAL}
    )
