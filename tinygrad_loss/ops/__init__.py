"""Facts of mathematics: functions with their derivatives, and the points where they have none.

NumPy's own names are used through NumPy (``np.exp(x)``); here stands what NumPy lacks, under SciPy's or PyTorch's name.
"""

import types as _types
import typing as _typing

from tinygrad_loss import errors as _errors
from tinygrad_loss.engine.explained import explain_room as _explain_room
from tinygrad_loss.engine.half import single as _single
from tinygrad_loss.ops import activation as activation
from tinygrad_loss.ops import alignment as alignment
from tinygrad_loss.ops import along as along
from tinygrad_loss.ops import arithmetic as arithmetic
from tinygrad_loss.ops import arranging as arranging
from tinygrad_loss.ops import attention as attention
from tinygrad_loss.ops import bessel as bessel
from tinygrad_loss.ops import border as border
from tinygrad_loss.ops import cholesky as cholesky
from tinygrad_loss.ops import classification as classification
from tinygrad_loss.ops import closeness as closeness
from tinygrad_loss.ops import columns as columns
from tinygrad_loss.ops import complex_parts as complex_parts
from tinygrad_loss.ops import convolution as convolution
from tinygrad_loss.ops import cumulative as cumulative
from tinygrad_loss.ops import dense as dense
from tinygrad_loss.ops import determinants as determinants
from tinygrad_loss.ops import differences as differences
from tinygrad_loss.ops import distance as distance
from tinygrad_loss.ops import divergence as divergence
from tinygrad_loss.ops import einsum as einsum
from tinygrad_loss.ops import error_function as error_function
from tinygrad_loss.ops import exponential as exponential
from tinygrad_loss.ops import exponential_integral as exponential_integral
from tinygrad_loss.ops import fourier as fourier
from tinygrad_loss.ops import incomplete_beta as incomplete_beta
from tinygrad_loss.ops import incomplete_gamma as incomplete_gamma
from tinygrad_loss.ops import indexing as indexing
from tinygrad_loss.ops import integrals as integrals
from tinygrad_loss.ops import interpolation as interpolation
from tinygrad_loss.ops import joining as joining
from tinygrad_loss.ops import leading as leading
from tinygrad_loss.ops import linear_algebra as linear_algebra
from tinygrad_loss.ops import log_domain as log_domain
from tinygrad_loss.ops import logic as logic
from tinygrad_loss.ops import lookup as lookup
from tinygrad_loss.ops import matrix_norms as matrix_norms
from tinygrad_loss.ops import norm as norm
from tinygrad_loss.ops import normalisation as normalisation
from tinygrad_loss.ops import order_statistics as order_statistics
from tinygrad_loss.ops import orthogonal as orthogonal
from tinygrad_loss.ops import packing as packing
from tinygrad_loss.ops import padding as padding
from tinygrad_loss.ops import piecewise as piecewise
from tinygrad_loss.ops import pointwise as pointwise
from tinygrad_loss.ops import polynomials as polynomials
from tinygrad_loss.ops import pooling as pooling
from tinygrad_loss.ops import positions as positions
from tinygrad_loss.ops import products as products
from tinygrad_loss.ops import properties as properties
from tinygrad_loss.ops import reduction as reduction
from tinygrad_loss.ops import refusals as refusals
from tinygrad_loss.ops import regression as regression
from tinygrad_loss.ops import regularisation as regularisation
from tinygrad_loss.ops import removable as removable
from tinygrad_loss.ops import resampling as resampling
from tinygrad_loss.ops import residual as residual
from tinygrad_loss.ops import rivals as rivals
from tinygrad_loss.ops import robust as robust
from tinygrad_loss.ops import root as root
from tinygrad_loss.ops import scipy_functions as scipy_functions
from tinygrad_loss.ops import shape as shape
from tinygrad_loss.ops import singular as singular
from tinygrad_loss.ops import solving as solving
from tinygrad_loss.ops import sorting as sorting
from tinygrad_loss.ops import sparse as sparse
from tinygrad_loss.ops import special as special
from tinygrad_loss.ops import spectra as spectra
from tinygrad_loss.ops import statistics as statistics
from tinygrad_loss.ops import taking as taking
from tinygrad_loss.ops import torch_functions as torch_functions
from tinygrad_loss.ops import triangles as triangles
from tinygrad_loss.ops import trigonometric as trigonometric
from tinygrad_loss.ops import turning as turning
from tinygrad_loss.ops.activation import celu as celu
from tinygrad_loss.ops.activation import elu as elu
from tinygrad_loss.ops.activation import gelu as gelu
from tinygrad_loss.ops.activation import glu as glu
from tinygrad_loss.ops.activation import hardshrink as hardshrink
from tinygrad_loss.ops.activation import hardsigmoid as hardsigmoid
from tinygrad_loss.ops.activation import hardswish as hardswish
from tinygrad_loss.ops.activation import hardtanh as hardtanh
from tinygrad_loss.ops.activation import leaky_relu as leaky_relu
from tinygrad_loss.ops.activation import logsigmoid as logsigmoid
from tinygrad_loss.ops.activation import mish as mish
from tinygrad_loss.ops.activation import prelu as prelu
from tinygrad_loss.ops.activation import relu6 as relu6
from tinygrad_loss.ops.activation import selu as selu
from tinygrad_loss.ops.activation import silu as silu
from tinygrad_loss.ops.activation import softmin as softmin
from tinygrad_loss.ops.activation import softshrink as softshrink
from tinygrad_loss.ops.activation import softsign as softsign
from tinygrad_loss.ops.activation import tanhshrink as tanhshrink
from tinygrad_loss.ops.activation import threshold as threshold
from tinygrad_loss.ops.attention import attention_weights as attention_weights
from tinygrad_loss.ops.attention import causal_mask as causal_mask
from tinygrad_loss.ops.attention import scaled_dot_product_attention as scaled_dot_product_attention
from tinygrad_loss.ops.bessel import i0 as i0
from tinygrad_loss.ops.bessel import i0e as i0e
from tinygrad_loss.ops.bessel import i1 as i1
from tinygrad_loss.ops.bessel import i1e as i1e
from tinygrad_loss.ops.bessel import iv as iv
from tinygrad_loss.ops.bessel import ive as ive
from tinygrad_loss.ops.bessel import j0 as j0
from tinygrad_loss.ops.bessel import j1 as j1
from tinygrad_loss.ops.bessel import jv as jv
from tinygrad_loss.ops.bessel import k0 as k0
from tinygrad_loss.ops.bessel import k0e as k0e
from tinygrad_loss.ops.bessel import k1 as k1
from tinygrad_loss.ops.bessel import k1e as k1e
from tinygrad_loss.ops.bessel import kv as kv
from tinygrad_loss.ops.bessel import kve as kve
from tinygrad_loss.ops.bessel import y0 as y0
from tinygrad_loss.ops.bessel import y1 as y1
from tinygrad_loss.ops.bessel import yv as yv
from tinygrad_loss.ops.border import pad as pad
from tinygrad_loss.ops.columns import fold as fold
from tinygrad_loss.ops.columns import unfold as unfold
from tinygrad_loss.ops.convolution import conv1d as conv1d
from tinygrad_loss.ops.convolution import conv2d as conv2d
from tinygrad_loss.ops.convolution import conv3d as conv3d
from tinygrad_loss.ops.convolution import conv_transpose1d as conv_transpose1d
from tinygrad_loss.ops.convolution import conv_transpose2d as conv_transpose2d
from tinygrad_loss.ops.convolution import conv_transpose3d as conv_transpose3d
from tinygrad_loss.ops.dense import bilinear as bilinear
from tinygrad_loss.ops.dense import linear as linear
from tinygrad_loss.ops.distance import cosine_similarity as cosine_similarity
from tinygrad_loss.ops.distance import p_norm as p_norm
from tinygrad_loss.ops.distance import pairwise_distance as pairwise_distance
from tinygrad_loss.ops.distance import pdist as pdist
from tinygrad_loss.ops.elsewhere import instead_of as _instead_of
from tinygrad_loss.ops.entmax import entmax as entmax
from tinygrad_loss.ops.error_function import erf as erf
from tinygrad_loss.ops.error_function import erfc as erfc
from tinygrad_loss.ops.error_function import erfcinv as erfcinv
from tinygrad_loss.ops.error_function import erfcx as erfcx
from tinygrad_loss.ops.error_function import erfinv as erfinv
from tinygrad_loss.ops.error_function import log_ndtr as log_ndtr
from tinygrad_loss.ops.error_function import ndtr as ndtr
from tinygrad_loss.ops.error_function import ndtri as ndtri
from tinygrad_loss.ops.exponential import expit as expit
from tinygrad_loss.ops.exponential import log_cosh as log_cosh
from tinygrad_loss.ops.exponential import log_sigmoid as log_sigmoid
from tinygrad_loss.ops.exponential import log_softmax as log_softmax
from tinygrad_loss.ops.exponential import logaddexp as logaddexp
from tinygrad_loss.ops.exponential import logit as logit
from tinygrad_loss.ops.exponential import logsumexp as logsumexp
from tinygrad_loss.ops.exponential import softmax as softmax
from tinygrad_loss.ops.exponential import softplus as softplus
from tinygrad_loss.ops.incomplete_beta import betainc as betainc
from tinygrad_loss.ops.incomplete_beta import stdtr as stdtr
from tinygrad_loss.ops.indexing import scatter_add as scatter_add
from tinygrad_loss.ops.integrals import boxcox as boxcox
from tinygrad_loss.ops.integrals import boxcox1p as boxcox1p
from tinygrad_loss.ops.integrals import cosm1 as cosm1
from tinygrad_loss.ops.integrals import erfi as erfi
from tinygrad_loss.ops.integrals import exp1 as exp1
from tinygrad_loss.ops.integrals import exp10 as exp10
from tinygrad_loss.ops.integrals import expi as expi
from tinygrad_loss.ops.interpolation import lerp as lerp
from tinygrad_loss.ops.leading import cummax as cummax
from tinygrad_loss.ops.leading import cummin as cummin
from tinygrad_loss.ops.leading import topk as topk
from tinygrad_loss.ops.log_domain import log1mexp as log1mexp
from tinygrad_loss.ops.log_domain import logaddexp2 as logaddexp2
from tinygrad_loss.ops.log_domain import logcumsumexp as logcumsumexp
from tinygrad_loss.ops.lookup import embedding as embedding
from tinygrad_loss.ops.lookup import one_hot as one_hot
from tinygrad_loss.ops.matrix_exponential import matrix_exp as matrix_exp
from tinygrad_loss.ops.matrix_norms import cdist as cdist
from tinygrad_loss.ops.norm import norm2 as norm2
from tinygrad_loss.ops.normalisation import batch_norm as batch_norm
from tinygrad_loss.ops.normalisation import group_norm as group_norm
from tinygrad_loss.ops.normalisation import instance_norm as instance_norm
from tinygrad_loss.ops.normalisation import layer_norm as layer_norm
from tinygrad_loss.ops.normalisation import local_response_norm as local_response_norm
from tinygrad_loss.ops.normalisation import normalize as normalize
from tinygrad_loss.ops.normalisation import rms_norm as rms_norm
from tinygrad_loss.ops.piecewise import relu as relu
from tinygrad_loss.ops.pooling import avg_pool1d as avg_pool1d
from tinygrad_loss.ops.pooling import avg_pool2d as avg_pool2d
from tinygrad_loss.ops.pooling import avg_pool3d as avg_pool3d
from tinygrad_loss.ops.pooling import max_pool1d as max_pool1d
from tinygrad_loss.ops.pooling import max_pool2d as max_pool2d
from tinygrad_loss.ops.pooling import max_pool3d as max_pool3d
from tinygrad_loss.ops.regularisation import alpha_dropout as alpha_dropout
from tinygrad_loss.ops.regularisation import dropout as dropout
from tinygrad_loss.ops.regularisation import dropout1d as dropout1d
from tinygrad_loss.ops.regularisation import dropout2d as dropout2d
from tinygrad_loss.ops.regularisation import dropout3d as dropout3d
from tinygrad_loss.ops.regularisation import gumbel_softmax as gumbel_softmax
from tinygrad_loss.ops.removable import exprel as exprel
from tinygrad_loss.ops.removable import sinc as sinc
from tinygrad_loss.ops.resampling import adaptive_avg_pool1d as adaptive_avg_pool1d
from tinygrad_loss.ops.resampling import adaptive_avg_pool2d as adaptive_avg_pool2d
from tinygrad_loss.ops.resampling import adaptive_avg_pool3d as adaptive_avg_pool3d
from tinygrad_loss.ops.resampling import adaptive_max_pool1d as adaptive_max_pool1d
from tinygrad_loss.ops.resampling import adaptive_max_pool2d as adaptive_max_pool2d
from tinygrad_loss.ops.resampling import adaptive_max_pool3d as adaptive_max_pool3d
from tinygrad_loss.ops.resampling import channel_shuffle as channel_shuffle
from tinygrad_loss.ops.resampling import interpolate as interpolate
from tinygrad_loss.ops.resampling import pixel_shuffle as pixel_shuffle
from tinygrad_loss.ops.resampling import pixel_unshuffle as pixel_unshuffle
from tinygrad_loss.ops.robust import huber as huber
from tinygrad_loss.ops.robust import pseudo_huber as pseudo_huber
from tinygrad_loss.ops.solving import solve_triangular as solve_triangular
from tinygrad_loss.ops.sparse import sparsemax as sparsemax
from tinygrad_loss.ops.special import beta as beta
from tinygrad_loss.ops.special import betaln as betaln
from tinygrad_loss.ops.special import digamma as digamma
from tinygrad_loss.ops.special import entr as entr
from tinygrad_loss.ops.special import gamma as gamma
from tinygrad_loss.ops.special import gammainc as gammainc
from tinygrad_loss.ops.special import gammaincc as gammaincc
from tinygrad_loss.ops.special import gammaln as gammaln
from tinygrad_loss.ops.special import kl_div as kl_div
from tinygrad_loss.ops.special import multigammaln as multigammaln
from tinygrad_loss.ops.special import polygamma as polygamma
from tinygrad_loss.ops.special import rel_entr as rel_entr
from tinygrad_loss.ops.special import xlog1py as xlog1py
from tinygrad_loss.ops.special import xlogy as xlogy

sigmoid = expit
log_expit = log_sigmoid
lgamma = gammaln
psi = digamma

for _name, _function in list(vars().items()):  # what composes ops rounds a float16 once, at its end, as each op does; linear is one
    if isinstance(_function, _types.FunctionType) and not hasattr(_function, "op") and _name[0] != "_" and _name != "linear":
        globals()[_name] = _single(_function)


globals().update(_explain_room(globals()))


def __dir__() -> list[str]:
    return _errors.offered(globals())


if not _typing.TYPE_CHECKING:  # a checker that saw it would believe every name

    def __getattr__(name: str) -> _typing.Any:
        raise _errors.no_name(__name__, name, __dir__(), _instead_of(name))


_errors.refuse_calls(__name__, but=("dense",))
