"""Names under which people know a loss, and the loss that they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from tinygrad_loss import errors
from tinygrad_loss.losses.loss import LOSSES

__all__ = ["SYNONYMS", "instead_of", "meant", "named", "typed"]

SYNONYMS: Final[Mapping[str, str]] = {
    name: loss
    for loss, names in {
        "l1_loss": "mae, l1, mean_absolute_error, absolute_error, least_absolute_deviations, lad",
        "mse_loss": "mse, l2, mean_squared_error, squared_error, squared, least_squares, quadratic",
        "mape_loss": "mean_absolute_percentage_error, absolute_percentage_error, percentage_error",
        "msle_loss": "mean_squared_logarithmic_error, squared_log_error, mean_squared_log_error",
        "log_cosh_loss": "logcosh, log_cosh_error",
        "smooth_l1_loss": "smoothed_l1",
        "pseudo_huber_loss": "charbonnier",
        "tukey_loss": "biweight, bisquare, tukey_biweight",
        "welsch_loss": "correntropy, leclerc",
        "cauchy_loss": "lorentzian",
        "general_robust_loss": "barron, adaptive_robust",
        "quantile_loss": "pinball, tilted, tilted_absolute, check_loss",
        "expectile_loss": "asymmetric_least_squares",
        "epsilon_insensitive_loss": "svr, tube, eps_insensitive",
        "linex_loss": "linear_exponential",
        "gaussian_nll_loss": "gaussian, normal_nll, heteroscedastic, heteroskedastic",
        "student_t_nll_loss": "student_t, t_nll",
        "poisson_nll_loss": "poisson, poisson_deviance",
        "negative_binomial_nll_loss": "nb, nbinom, negative_binomial",
        "gamma_deviance_loss": "gamma_nll",
        "tweedie_deviance_loss": "tweedie",
        "inverse_gaussian_deviance_loss": "inverse_gaussian",
        "zero_inflated_poisson_nll_loss": "zip, zero_inflated_poisson",
        "zero_inflated_negative_binomial_nll_loss": "zinb, zero_inflated_negative_binomial",
        "zero_inflated_log_normal_nll_loss": "ziln, zero_inflated_log_normal",
        "binary_cross_entropy": "bce, binary_crossentropy, log_loss, bernoulli, bernoulli_nll",
        "binary_cross_entropy_with_logits": "bce_with_logits, bce_logits, bcelogits, logistic, "
        "sigmoid_cross_entropy, sigmoid_binary_cross_entropy, sigmoid_cross_entropy_with_logits",
        "cross_entropy": "ce, xent, xentropy, categorical_crossentropy, categorical_cross_entropy, sparse_categorical_crossentropy, "
        "softmax_cross_entropy, softmax_cross_entropy_with_logits, softmax_cross_entropy_with_integer_labels, multinomial_logistic, "
        "negative_log_likelihood, label_smoothing, cross_entropy_with_logits",
        "nll_loss": "nll",
        "focal_loss": "multiclass_focal",
        "binary_focal_loss_with_logits": "binary_focal, sigmoid_focal, binary_focal_crossentropy, retinanet",
        "brier_loss": "brier, brier_score, quadratic_score",
        "spherical_loss": "spherical_score",
        "crps_normal": "crps, crps_gaussian, continuous_ranked_probability_score",
        "interval_score": "winkler, winkler_score",
        "hinge_loss": "svm, max_margin, binary_hinge",
        "multiclass_hinge_loss": "categorical_hinge, crammer_singer",
        "multi_margin_loss": "multiclass_margin",
        "exponential_loss": "adaboost, boosting",
        "soft_margin_loss": "logistic_margin",
        "margin_ranking_loss": "ranking, pairwise_ranking, pairwise_hinge",
        "ranknet_loss": "bpr, bradley_terry, pairwise_logistic",
        "plackett_luce_loss": "listmle",
        "listnet_loss": "listwise_softmax",
        "cumulative_logit_loss": "ordinal, proportional_odds, ordinal_logistic",
        "jaccard_loss": "iou, miou, jaccard_index, intersection_over_union",
        "dice_loss": "dice, f1, f1_score, soft_dice, sorensen, sorensen_dice, dice_coefficient",
        "tversky_loss": "f_beta",
        "lovasz_softmax_loss": "lovasz",
        "kl_div": "kl, kld, kullback_leibler, kl_loss, distillation",
        "js_divergence_loss": "js, jsd, jensen_shannon",
        "squared_hellinger_loss": "hellinger",
        "total_variation_loss": "tv, total_variation_distance",
        "chi2_divergence_loss": "chi2, chi_squared",
        "renyi_divergence_loss": "renyi",
        "wasserstein_loss": "emd, earth_mover, earth_movers_distance, wasserstein_distance",
        "sinkhorn_loss": "optimal_transport, ot",
        "mmd_loss": "maximum_mean_discrepancy",
        "energy_distance_loss": "energy",
        "info_nce_loss": "infonce, clip, n_pairs, npair",
        "nt_xent_loss": "ntxent, simclr",
        "supervised_contrastive_loss": "supcon, sup_con",
        "contrastive_loss": "siamese, pairwise_contrastive",
        "triplet_margin_loss": "triplet",
        "cosine_embedding_loss": "cosine, cosine_similarity, cosine_distance, cosine_proximity",
        "arcface_loss": "additive_angular_margin",
        "ctc_loss": "connectionist_temporal_classification",
        "cox_loss": "cox_ph, coxph, proportional_hazards, partial_likelihood",
        "fenchel_young_loss": "fenchelyoung",
        "generalized_cross_entropy": "gce",
        "poly1_cross_entropy": "poly_loss, poly1, polyloss",
    }.items()
    for name in names.split(", ")
}
"""Other names, in small letters, and the loss of each; ``_loss``, ``_error`` and underscores may be left out."""


COMPUTED: Final = {
    **dict.fromkeys(("rmse", "rootmeansquared", "rootmse"), "np.sqrt(tl.losses.mse_loss(input, target))"),
    **dict.fromkeys(("rmsle", "rootmeansquaredlog", "rootmeansquaredlogarithmic"), "np.sqrt(tl.losses.msle_loss(input, target))"),
}
"""What is computed from a loss, by its name without ``_loss``, ``_error`` and underscores."""


def named(word: str, among: Iterable[str] = LOSSES) -> str | None:
    """Return the loss that goes by this name: its own, that of its class in `tinygrad_loss.nn`, or another that people know.

    >>> named("MAE"), named("iou_loss"), named("log loss"), named("BCEWithLogitsLoss"), named("hubr")
    ('l1_loss', 'jaccard_loss', 'binary_cross_entropy', 'binary_cross_entropy_with_logits', None)
    """
    return _by_stem(among).get(_stem(word))


def meant(word: str, among: Iterable[str] = LOSSES) -> str | None:
    """Return the loss that goes by this name, or by a similar one; None if there is none.

    >>> meant("MAE"), meant("hubr"), meant("mse_los"), meant("zork")
    ('l1_loss', 'huber_loss', 'mse_loss', None)
    """
    known = _by_stem(among)
    near = errors.similar(_stem(word), (stem for stem in known if len(stem) > len("mse")))
    return known.get(_stem(word)) or errors.similar(word, among) or known.get(near or "")


def typed(word: str, classes: Iterable[str] = ()) -> dict[str, str]:
    """Return what to type for a name that is known to mean a loss, by its class where ``classes`` have one; nothing for any other name.

    >>> typed("MAELoss", ["L1Loss"]), typed("mae_loss"), typed("rmse"), typed("zork")
    ({'MAELoss': 'type nn.L1Loss()'}, {'mae_loss': 'type tl.losses.l1_loss'}, {'rmse': 'type np.sqrt(tl.losses.mse_loss(input, target))'}, {})
    """
    if word.startswith("_"):
        return {}
    if _stem(word) in COMPUTED:
        return {word: f"type {COMPUTED[_stem(word)]}"}
    loss = named(word)
    made = next((name for name in classes if loss and name.endswith("Loss") and named(name) == loss), None)
    return {word: f"type nn.{made}()"} if made else {word: f"type tl.losses.{loss}"} if loss else {}


def instead_of(word: str) -> dict[str, str]:
    """Return what to say of a name that `tinygrad_loss.losses` does not have."""
    if word.startswith("_"):
        return {}
    near = meant(word)
    return typed(word) or ({word: f"the nearest is {near!r}"} if near else {})


def _by_stem(among: Iterable[str]) -> dict[str, str]:
    names = {name: name for name in among}
    return {_stem(name): loss for name, loss in {**SYNONYMS, **names}.items() if loss in names}


def _stem(word: str) -> str:
    letters = re.sub(r"[^a-z0-9]", "", word.lower())
    return re.sub(r"(loss|criterion|error)$", "", letters) or letters
