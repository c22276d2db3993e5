"""Comparing a prediction with a target: each loss is one declaration, with what mathematics says about it.

``tl.losses.<name>(input, target, ..., reduction="mean")``, under PyTorch's names, in PyTorch's order, with PyTorch's answers;
``tl.losses.<name>.facts`` says what it estimates, where it is not smooth, and when to choose it.
"""

from tinygrad_loss.losses import checks as checks
from tinygrad_loss.losses.classification import binary_cross_entropy as binary_cross_entropy
from tinygrad_loss.losses.classification import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from tinygrad_loss.losses.classification import cross_entropy as cross_entropy
from tinygrad_loss.losses.classification import linear_cross_entropy as linear_cross_entropy
from tinygrad_loss.losses.classification import multilabel_soft_margin_loss as multilabel_soft_margin_loss
from tinygrad_loss.losses.classification import nll_loss as nll_loss
from tinygrad_loss.losses.classification import soft_margin_loss as soft_margin_loss
from tinygrad_loss.losses.count import poisson_nll_loss as poisson_nll_loss
from tinygrad_loss.losses.divergence import kl_div as kl_div
from tinygrad_loss.losses.embedding import cosine_embedding_loss as cosine_embedding_loss
from tinygrad_loss.losses.embedding import triplet_margin_loss as triplet_margin_loss
from tinygrad_loss.losses.embedding import triplet_margin_with_distance_loss as triplet_margin_with_distance_loss
from tinygrad_loss.losses.facts import Facts as Facts
from tinygrad_loss.losses.facts import Kink as Kink
from tinygrad_loss.losses.hinge import hinge_embedding_loss as hinge_embedding_loss
from tinygrad_loss.losses.hinge import margin_ranking_loss as margin_ranking_loss
from tinygrad_loss.losses.hinge import multi_margin_loss as multi_margin_loss
from tinygrad_loss.losses.hinge import multilabel_margin_loss as multilabel_margin_loss
from tinygrad_loss.losses.loss import LOSSES as LOSSES
from tinygrad_loss.losses.loss import REDUCTIONS as REDUCTIONS
from tinygrad_loss.losses.loss import Loss as Loss
from tinygrad_loss.losses.loss import loss as loss
from tinygrad_loss.losses.regression import gaussian_nll_loss as gaussian_nll_loss
from tinygrad_loss.losses.regression import huber_loss as huber_loss
from tinygrad_loss.losses.regression import l1_loss as l1_loss
from tinygrad_loss.losses.regression import mse_loss as mse_loss
from tinygrad_loss.losses.regression import smooth_l1_loss as smooth_l1_loss
from tinygrad_loss.losses.sequence import ctc_loss as ctc_loss
