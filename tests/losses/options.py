"""The table of the options of losses: which values they refuse, and in which words."""

from typing import Any

import numpy as np

from losses.catalogue import CLASSES, ROWS
from tinygrad_loss import errors

__all__ = ["OPTIONS", "OWN_OPTIONS", "PER_CLASS", "UNBOUNDED", "numbered"]

N, C = ROWS, CLASSES


def numbered(name: str) -> str:
    """Return what is offered for texts."""
    return f"np.unique({name}, return_inverse=True)[1]  # numbers the texts"


def _above(low: float) -> tuple[tuple[Any, str], ...]:
    return ((low, f"must be greater than {low:g}"), (low - 1.0, f"must be greater than {low:g}"))


def _from(low: float) -> tuple[tuple[Any, str], ...]:
    return ((low - 0.5, f"must be at least {low:g}"),)


UNIT = tuple((x, "must lie between 0 and 1") for x in (0.0, 1.0, 1.5, -1.0))
OPTIONS: dict[str, dict[str, tuple[tuple[Any, str], ...]]] = {
    "alpha_divergence_loss": {"alpha": _from(0.0)},
    "arcface_loss": {"scale": _above(0.0)},
    "cauchy_loss": {"scale": _above(0.0)},
    "censored_weibull_nll_loss": {"shape": _above(0.0)},
    "circle_loss": {"gamma": _above(0.0)},
    "dice_loss": {"smooth": _above(0.0)},
    "entmax_loss": {"alpha": _from(1.0)},
    "epsilon_insensitive_loss": {"epsilon": _from(0.0)},
    "expectile_loss": {"tau": UNIT},
    "focal_loss": {"gamma": _from(0.0)},
    "binary_focal_loss_with_logits": {"gamma": _from(0.0)},
    "gaussian_nll_loss": {"eps": _above(0.0)},
    "geman_mcclure_loss": {"c": _above(0.0)},
    "general_robust_loss": {"c": _above(0.0)},
    "generalized_cross_entropy": {"q": _above(0.0)},
    "huber_loss": {"delta": _above(0.0)},
    "info_nce_loss": {"temperature": _above(0.0)},
    "interval_score": {"alpha": UNIT},
    "jaccard_loss": {"smooth": _above(0.0)},
    "listnet_loss": {"temperature": _above(0.0)},
    "log_normal_nll_loss": {"scale": _above(0.0)},
    "mmd_loss": {"bandwidth": _above(0.0)},
    "negative_binomial_nll_loss": {"total_count": _above(0.0)},
    "nt_xent_loss": {"temperature": _above(0.0)},
    "poisson_nll_loss": {"eps": _above(0.0)},
    "pseudo_huber_loss": {"delta": _above(0.0)},
    "quantile_loss": {"tau": UNIT},
    "renyi_divergence_loss": {"alpha": _above(0.0)},
    "sinkhorn_loss": {"epsilon": _above(0.0), "iterations": ((0, "must be at least 1"),)},
    "smooth_l1_loss": {"beta": _from(0.0)},
    "student_t_nll_loss": {"df": _above(0.0), "scale": _above(0.0)},
    "supervised_contrastive_loss": {"temperature": _above(0.0)},
    "triplet_margin_loss": {"margin": _above(0.0), "p": _above(0.0), "eps": _from(0.0)},
    "triplet_margin_with_distance_loss": {"margin": _above(0.0)},
    "tukey_loss": {"c": _above(0.0)},
    "tversky_loss": {"alpha": _from(0.0), "beta": _from(0.0), "smooth": _above(0.0)},
    "tweedie_deviance_loss": {"power": ((0.5, "must be 0 or at least 1"), (-1.0, "must be 0 or at least 1"))},
    "weibull_nll_loss": {"shape": _above(0.0)},
    "welsch_loss": {"c": _above(0.0)},
    "zero_inflated_negative_binomial_nll_loss": {"total_count": _above(0.0)},
}
"""For each option a value beyond each bound, and the bound; its default is the line to type."""
OWN_OPTIONS: dict[str, tuple[tuple[str, Any, type, str, str, str], ...]] = {
    "binary_focal_loss_with_logits": (("alpha", 1.5, errors.DomainError, "alpha must lie in [0, 1]", "1.5", "alpha=0.25"),),
    "bregman_loss": (("phi", "Burg", errors.DomainError, "phi must be one of 'square', 'entropy', 'burg'", "'Burg'", "'burg'"),),
    "cox_loss": (("ties", "breslo", errors.DomainError, "ties must be one of 'breslow', 'efron'", "'breslo'", "'breslow'"),),
    "cross_entropy": (("label_smoothing", 2.0, errors.DomainError, "label_smoothing must lie in [0, 1]", "2.0", "label_smoothing=0.1"),),
    "ctc_loss": tuple(("blank", x, errors.DomainError, "blank must lie in 0 to 3", f"{x}", "blank=0") for x in (4, -1)),
    "fenchel_young_loss": (
        ("family", "gni", errors.DomainError, "family must be one of 'shannon', 'gini', 'square'", "'gni'", "'gini'"),
        ("family", 3, errors.DomainError, "family must be one of 'shannon', 'gini', 'square'", "3", "'shannon'"),
    ),
    "general_robust_loss": (("alpha", np.inf, errors.DomainError, "alpha must be less than inf", "inf", "alpha=2.0"),),
    "linear_cross_entropy": (
        ("label_smoothing", -1.0, errors.DomainError, "label_smoothing must lie in [0, 1]", "-1.0", "label_smoothing=0.1"),
        (
            "linear_bias", np.ones(3), errors.ShapeError, "linear_bias must have linear_weight's shape without its last axis",
            "(3,) and (4, 3)", "linear_bias of shape (4,)",
        ),
    ),
    "linex_loss": (("a", 0.0, errors.DomainError, "a must not be 0", "0", "a=1.0, or tl.losses.mse_loss, its limit"),),
    "lovasz_softmax_loss": (("classes", "al", errors.DomainError, "classes must be one of 'present', 'all'", "'al'", "'all'"),),
    "multi_margin_loss": (("p", 3, errors.DomainError, "p must be 1 or 2", "3", "p=1"),),
    "sinkhorn_loss": (
        ("cost", np.ones(3), errors.ShapeError, "cost must be [K, K], (4, 4)", "(3,)", "np.abs(x[:, None] - x) with x of shape (4,)"),
    ),
    "triplet_margin_with_distance_loss": (
        (
            "distance_function", "l2", errors.ArgumentError, "distance_function must be a function of two arrays", "'l2'",
            "distance_function=tl.ops.pairwise_distance",
        ),
        (
            "distance_function", {"module": "PairwiseDist"}, errors.DomainError,
            "distance_function must be one of 'PairwiseDistance', 'CosineSimilarity'", "'PairwiseDist'", "'PairwiseDistance'",
        ),
    ),
    "wasserstein_loss": (
        (
            "positions", np.array([0.0, 2.0, 1.0, 3.0]), errors.DomainError, "positions must be 4 increasing numbers",
            "[0.0, 2.0, 1.0, 3.0]", "np.arange(4)",
        ),
    ),
    "zero_inflated_log_normal_nll_loss": (
        ("scale", 0.0, errors.DomainError, "scale must lie in (0, inf)", "0", "np.exp(scale) or tl.ops.softplus(scale)"),
    ),
    **{
        name: (
            ("weight", np.ones(5), errors.ShapeError, "weight must have input's shape", "(5,) and (6,)", "weight of shape (6,)"),
            ("weight", np.full(6, "a"), errors.DTypeError, "weight must be real numbers", "text (dtype <U1)", numbered("weight")),
        )
        for name in ("l1_loss", "mse_loss", "huber_loss")
    },
    **{
        name: tuple(
            (option, np.ones(5), errors.ShapeError, f"{option} must broadcast to input's shape", f"(5,) and {shape}", f"{option} of shape {shape}")
            for option in options
        )
        for name, options, shape in (
            ("binary_cross_entropy", ["weight"], (N,)),
            ("binary_cross_entropy_with_logits", ["weight", "pos_weight"], (N,)),
            ("multilabel_soft_margin_loss", ["weight"], (N, C)),
        )
    },
}  # fmt: skip
"""Options with a rule of their own: a wrong value, the error, the rule, what came, and the line."""
PER_CLASS = {"cross_entropy", "nll_loss", "linear_cross_entropy", "multi_margin_loss"}
ANY_MARGIN = "how far apart is a matter of taste; a negative margin only forgives"
UNBOUNDED = {
    "margin": ANY_MARGIN,
    "ignore_index": "a class that does not occur ignores nothing",
    "epsilon of poly1_cross_entropy": "it may weigh the first term of the series up or down",
    "alpha of focal_loss": "it is a factor of the whole",
}
"""Options that any number suits, and why."""
