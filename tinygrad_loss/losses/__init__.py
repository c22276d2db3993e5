"""Comparing a prediction with a target: each loss is one declaration, with what mathematics says about it.

``tl.losses.<name>(input, target, ..., reduction="mean")``, under PyTorch's names, in PyTorch's order, with PyTorch's answers;
``tl.losses.<name>.facts`` says what it estimates, where it is not smooth, and when to choose it.
"""

import typing as _typing

from tinygrad_loss import errors as _errors
from tinygrad_loss.engine.explained import explain_room as _explain_room
from tinygrad_loss.losses import checks as checks
from tinygrad_loss.losses.binary import binary_cross_entropy as binary_cross_entropy
from tinygrad_loss.losses.binary import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from tinygrad_loss.losses.binary import multilabel_soft_margin_loss as multilabel_soft_margin_loss
from tinygrad_loss.losses.binary import soft_margin_loss as soft_margin_loss
from tinygrad_loss.losses.classification import cross_entropy as cross_entropy
from tinygrad_loss.losses.classification import linear_cross_entropy as linear_cross_entropy
from tinygrad_loss.losses.classification import nll_loss as nll_loss
from tinygrad_loss.losses.count import exponential_nll_loss as exponential_nll_loss
from tinygrad_loss.losses.count import gamma_deviance_loss as gamma_deviance_loss
from tinygrad_loss.losses.count import generalized_kl_loss as generalized_kl_loss
from tinygrad_loss.losses.count import inverse_gaussian_deviance_loss as inverse_gaussian_deviance_loss
from tinygrad_loss.losses.count import log_normal_nll_loss as log_normal_nll_loss
from tinygrad_loss.losses.count import negative_binomial_nll_loss as negative_binomial_nll_loss
from tinygrad_loss.losses.count import poisson_nll_loss as poisson_nll_loss
from tinygrad_loss.losses.count import tweedie_deviance_loss as tweedie_deviance_loss
from tinygrad_loss.losses.count import weibull_nll_loss as weibull_nll_loss
from tinygrad_loss.losses.crps import crps_laplace as crps_laplace
from tinygrad_loss.losses.crps import crps_logistic as crps_logistic
from tinygrad_loss.losses.divergence import alpha_divergence_loss as alpha_divergence_loss
from tinygrad_loss.losses.divergence import chi2_divergence_loss as chi2_divergence_loss
from tinygrad_loss.losses.divergence import js_divergence_loss as js_divergence_loss
from tinygrad_loss.losses.divergence import kl_div as kl_div
from tinygrad_loss.losses.divergence import kl_divergence_loss as kl_divergence_loss
from tinygrad_loss.losses.divergence import renyi_divergence_loss as renyi_divergence_loss
from tinygrad_loss.losses.divergence import reverse_kl_divergence_loss as reverse_kl_divergence_loss
from tinygrad_loss.losses.divergence import squared_hellinger_loss as squared_hellinger_loss
from tinygrad_loss.losses.divergence import total_variation_loss as total_variation_loss
from tinygrad_loss.losses.divergence import wasserstein_loss as wasserstein_loss
from tinygrad_loss.losses.facts import DOMAINS as DOMAINS
from tinygrad_loss.losses.facts import Facts as Facts
from tinygrad_loss.losses.facts import Kink as Kink
from tinygrad_loss.losses.fenchel_young import bregman_loss as bregman_loss
from tinygrad_loss.losses.fenchel_young import entmax_loss as entmax_loss
from tinygrad_loss.losses.fenchel_young import fenchel_young_loss as fenchel_young_loss
from tinygrad_loss.losses.fenchel_young import sparsemax_loss as sparsemax_loss
from tinygrad_loss.losses.hinge import hinge_embedding_loss as hinge_embedding_loss
from tinygrad_loss.losses.hinge import margin_ranking_loss as margin_ranking_loss
from tinygrad_loss.losses.hinge import multi_margin_loss as multi_margin_loss
from tinygrad_loss.losses.hinge import multilabel_margin_loss as multilabel_margin_loss
from tinygrad_loss.losses.loss import LOSSES as LOSSES
from tinygrad_loss.losses.loss import REDUCTIONS as REDUCTIONS
from tinygrad_loss.losses.loss import Loss as Loss
from tinygrad_loss.losses.loss import loss as loss
from tinygrad_loss.losses.lovasz import lovasz_hinge_loss as lovasz_hinge_loss
from tinygrad_loss.losses.lovasz import lovasz_softmax_loss as lovasz_softmax_loss
from tinygrad_loss.losses.margin import exponential_loss as exponential_loss
from tinygrad_loss.losses.margin import hinge_loss as hinge_loss
from tinygrad_loss.losses.margin import modified_huber_loss as modified_huber_loss
from tinygrad_loss.losses.margin import multiclass_hinge_loss as multiclass_hinge_loss
from tinygrad_loss.losses.margin import perceptron_loss as perceptron_loss
from tinygrad_loss.losses.margin import squared_hinge_loss as squared_hinge_loss
from tinygrad_loss.losses.metric import arcface_loss as arcface_loss
from tinygrad_loss.losses.metric import circle_loss as circle_loss
from tinygrad_loss.losses.metric import contrastive_loss as contrastive_loss
from tinygrad_loss.losses.metric import info_nce_loss as info_nce_loss
from tinygrad_loss.losses.metric import nt_xent_loss as nt_xent_loss
from tinygrad_loss.losses.metric import supervised_contrastive_loss as supervised_contrastive_loss
from tinygrad_loss.losses.noise import from_distribution as from_distribution
from tinygrad_loss.losses.order import cumulative_logit_loss as cumulative_logit_loss
from tinygrad_loss.losses.order import listnet_loss as listnet_loss
from tinygrad_loss.losses.order import plackett_luce_loss as plackett_luce_loss
from tinygrad_loss.losses.order import ranknet_loss as ranknet_loss
from tinygrad_loss.losses.overlap import dice_loss as dice_loss
from tinygrad_loss.losses.overlap import jaccard_loss as jaccard_loss
from tinygrad_loss.losses.overlap import tversky_loss as tversky_loss
from tinygrad_loss.losses.quantile import epsilon_insensitive_loss as epsilon_insensitive_loss
from tinygrad_loss.losses.quantile import expectile_loss as expectile_loss
from tinygrad_loss.losses.quantile import linex_loss as linex_loss
from tinygrad_loss.losses.quantile import mape_loss as mape_loss
from tinygrad_loss.losses.quantile import msle_loss as msle_loss
from tinygrad_loss.losses.quantile import quantile_loss as quantile_loss
from tinygrad_loss.losses.regression import gaussian_nll_loss as gaussian_nll_loss
from tinygrad_loss.losses.regression import huber_loss as huber_loss
from tinygrad_loss.losses.regression import l1_loss as l1_loss
from tinygrad_loss.losses.regression import mse_loss as mse_loss
from tinygrad_loss.losses.regression import smooth_l1_loss as smooth_l1_loss
from tinygrad_loss.losses.robust import cauchy_loss as cauchy_loss
from tinygrad_loss.losses.robust import geman_mcclure_loss as geman_mcclure_loss
from tinygrad_loss.losses.robust import general_robust_loss as general_robust_loss
from tinygrad_loss.losses.robust import log_cosh_loss as log_cosh_loss
from tinygrad_loss.losses.robust import pseudo_huber_loss as pseudo_huber_loss
from tinygrad_loss.losses.robust import student_t_nll_loss as student_t_nll_loss
from tinygrad_loss.losses.robust import tukey_loss as tukey_loss
from tinygrad_loss.losses.robust import welsch_loss as welsch_loss
from tinygrad_loss.losses.score import brier_loss as brier_loss
from tinygrad_loss.losses.score import crps_ensemble as crps_ensemble
from tinygrad_loss.losses.score import crps_normal as crps_normal
from tinygrad_loss.losses.score import dawid_sebastiani_score as dawid_sebastiani_score
from tinygrad_loss.losses.score import interval_score as interval_score
from tinygrad_loss.losses.score import spherical_loss as spherical_loss
from tinygrad_loss.losses.sequence import ctc_loss as ctc_loss
from tinygrad_loss.losses.similarity import cosine_embedding_loss as cosine_embedding_loss
from tinygrad_loss.losses.similarity import triplet_margin_loss as triplet_margin_loss
from tinygrad_loss.losses.similarity import triplet_margin_with_distance_loss as triplet_margin_with_distance_loss
from tinygrad_loss.losses.survival import censored_exponential_nll_loss as censored_exponential_nll_loss
from tinygrad_loss.losses.survival import censored_weibull_nll_loss as censored_weibull_nll_loss
from tinygrad_loss.losses.survival import cox_loss as cox_loss
from tinygrad_loss.losses.synonyms import instead_of as _instead_of
from tinygrad_loss.losses.tempered import binary_focal_loss_with_logits as binary_focal_loss_with_logits
from tinygrad_loss.losses.tempered import focal_loss as focal_loss
from tinygrad_loss.losses.tempered import generalized_cross_entropy as generalized_cross_entropy
from tinygrad_loss.losses.tempered import poly1_cross_entropy as poly1_cross_entropy
from tinygrad_loss.losses.transport import energy_distance_loss as energy_distance_loss
from tinygrad_loss.losses.transport import mmd_loss as mmd_loss
from tinygrad_loss.losses.transport import sinkhorn_loss as sinkhorn_loss
from tinygrad_loss.losses.zero_inflated import zero_inflated_log_normal_nll_loss as zero_inflated_log_normal_nll_loss
from tinygrad_loss.losses.zero_inflated import zero_inflated_negative_binomial_nll_loss as zero_inflated_negative_binomial_nll_loss
from tinygrad_loss.losses.zero_inflated import zero_inflated_poisson_nll_loss as zero_inflated_poisson_nll_loss

globals().update(_explain_room(globals()))


def __dir__() -> list[str]:
    return _errors.offered(globals())


if not _typing.TYPE_CHECKING:  # a checker that saw it would believe every name

    def __getattr__(name: str) -> _typing.Any:
        raise _errors.no_name(__name__, name, __dir__(), _instead_of(name))


_errors.refuse_calls(__name__, but=("checks", "provenance"))
