"""Facts of mathematics: functions with their derivatives, and the points where they have none.

NumPy's own names are used through NumPy (``np.exp(x)``); here stands what NumPy lacks, under SciPy's or PyTorch's name.
"""

from tinygrad_loss.ops import activation as activation
from tinygrad_loss.ops import alignment as alignment
from tinygrad_loss.ops import along as along
from tinygrad_loss.ops import arithmetic as arithmetic
from tinygrad_loss.ops import arranging as arranging
from tinygrad_loss.ops import classification as classification
from tinygrad_loss.ops import dense as dense
from tinygrad_loss.ops import distance as distance
from tinygrad_loss.ops import divergence as divergence
from tinygrad_loss.ops import error_function as error_function
from tinygrad_loss.ops import exponential as exponential
from tinygrad_loss.ops import indexing as indexing
from tinygrad_loss.ops import joining as joining
from tinygrad_loss.ops import linear_algebra as linear_algebra
from tinygrad_loss.ops import logic as logic
from tinygrad_loss.ops import norm as norm
from tinygrad_loss.ops import padding as padding
from tinygrad_loss.ops import piecewise as piecewise
from tinygrad_loss.ops import pointwise as pointwise
from tinygrad_loss.ops import properties as properties
from tinygrad_loss.ops import reduction as reduction
from tinygrad_loss.ops import refusals as refusals
from tinygrad_loss.ops import regression as regression
from tinygrad_loss.ops import root as root
from tinygrad_loss.ops import shape as shape
from tinygrad_loss.ops import sorting as sorting
from tinygrad_loss.ops import special as special
from tinygrad_loss.ops import statistics as statistics
from tinygrad_loss.ops import taking as taking
from tinygrad_loss.ops import triangles as triangles
from tinygrad_loss.ops import trigonometric as trigonometric
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
from tinygrad_loss.ops.dense import bilinear as bilinear
from tinygrad_loss.ops.dense import linear as linear
from tinygrad_loss.ops.distance import cosine_similarity as cosine_similarity
from tinygrad_loss.ops.distance import p_norm as p_norm
from tinygrad_loss.ops.distance import pairwise_distance as pairwise_distance
from tinygrad_loss.ops.distance import pdist as pdist
from tinygrad_loss.ops.error_function import erf as erf
from tinygrad_loss.ops.error_function import erfc as erfc
from tinygrad_loss.ops.error_function import erfcinv as erfcinv
from tinygrad_loss.ops.error_function import erfcx as erfcx
from tinygrad_loss.ops.error_function import erfinv as erfinv
from tinygrad_loss.ops.error_function import log_ndtr as log_ndtr
from tinygrad_loss.ops.error_function import ndtr as ndtr
from tinygrad_loss.ops.error_function import ndtri as ndtri
from tinygrad_loss.ops.exponential import expit as expit
from tinygrad_loss.ops.exponential import log_sigmoid as log_sigmoid
from tinygrad_loss.ops.exponential import log_softmax as log_softmax
from tinygrad_loss.ops.exponential import logit as logit
from tinygrad_loss.ops.exponential import logsumexp as logsumexp
from tinygrad_loss.ops.exponential import softmax as softmax
from tinygrad_loss.ops.exponential import softplus as softplus
from tinygrad_loss.ops.indexing import scatter_add as scatter_add
from tinygrad_loss.ops.norm import norm2 as norm2
from tinygrad_loss.ops.piecewise import relu as relu
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
