"""Facts of mathematics: functions with their derivatives, and the points where they have none.

NumPy's own names are used through NumPy (``np.exp(x)``); here stands what NumPy lacks, under SciPy's or PyTorch's name.
"""

from tinygrad_loss.ops import arithmetic as arithmetic
from tinygrad_loss.ops import dense as dense
from tinygrad_loss.ops import exponential as exponential
from tinygrad_loss.ops import indexing as indexing
from tinygrad_loss.ops import linear_algebra as linear_algebra
from tinygrad_loss.ops import logic as logic
from tinygrad_loss.ops import piecewise as piecewise
from tinygrad_loss.ops import reduction as reduction
from tinygrad_loss.ops import shape as shape
from tinygrad_loss.ops.dense import bilinear as bilinear
from tinygrad_loss.ops.dense import linear as linear
from tinygrad_loss.ops.exponential import expit as expit
from tinygrad_loss.ops.exponential import log_sigmoid as log_sigmoid
from tinygrad_loss.ops.exponential import log_softmax as log_softmax
from tinygrad_loss.ops.exponential import logit as logit
from tinygrad_loss.ops.exponential import logsumexp as logsumexp
from tinygrad_loss.ops.exponential import softmax as softmax
from tinygrad_loss.ops.exponential import softplus as softplus
from tinygrad_loss.ops.piecewise import relu as relu

sigmoid = expit
