"""For each loss, how to draw arguments for it; the declared domains say how, where nothing else is stated here."""

import numpy as np
from scipy.special import log_softmax, softmax

import tinygrad_loss as tl

ROWS, CLASSES = 6, 4

DRAWN = {
    "real": lambda rng, shape: 2.0 * rng.standard_normal(shape),
    "logit": lambda rng, shape: 2.0 * rng.standard_normal(shape),
    "positive": lambda rng, shape: np.exp(rng.standard_normal(shape)),
    "nonnegative": lambda rng, shape: np.exp(rng.standard_normal(shape)) * (rng.uniform(size=shape) < 0.8),
    "above -1": lambda rng, shape: np.exp(rng.standard_normal(shape)) - 0.9,
    "probability": lambda rng, shape: rng.uniform(0.05, 0.95, shape),
    "log-probability": lambda rng, shape: -np.exp(rng.standard_normal(shape)),
    "sign": lambda rng, shape: rng.choice([-1.0, 1.0], shape),
    "binary": lambda rng, shape: rng.choice([0.0, 1.0], shape),
    "count": lambda rng, shape: rng.poisson(3.0, shape).astype(float),
}


def simplex(rng, shape):
    """Draw probabilities along the last axis, none of them near 0."""
    return 0.5 * softmax(rng.standard_normal(shape), axis=-1) + 0.5 / shape[-1]


def _classes(rng, n, first):
    return [first(rng, (n, CLASSES)), rng.integers(0, CLASSES, n)]


def _vectors(rng, n, count):
    return [rng.standard_normal((n, 5)) for _ in range(count)]


def _apart(rng, n, count):
    """Draw numbers no two of which are near each other, in random order."""
    return rng.permuted(np.tile(np.arange(count) * 0.7, (n, 1)), axis=1) + rng.uniform(-0.2, 0.2, (n, count))


def _distributions(rng, n):
    return [simplex(rng, (n, CLASSES)), simplex(rng, (n, CLASSES))]


real = DRAWN["real"]

SPECIAL = {
    "margin_ranking_loss": lambda rng, n: [real(rng, n), real(rng, n), DRAWN["sign"](rng, n)],
    "gaussian_nll_loss": lambda rng, n: [real(rng, n), real(rng, n), DRAWN["positive"](rng, n)],
    "zero_inflated_poisson_nll_loss": lambda rng, n: [real(rng, n), real(rng, n), rng.choice([0.0, 0.0, 1.0, 4.0], n)],
    "zero_inflated_negative_binomial_nll_loss": lambda rng, n: [real(rng, n), real(rng, n), rng.choice([0.0, 0.0, 1.0, 4.0], n)],
    "zero_inflated_log_normal_nll_loss": lambda rng, n: [real(rng, n), real(rng, n), rng.choice([0.0, 0.0, 0.5, 4.0], n)],
    "crps_normal": lambda rng, n: [real(rng, n), DRAWN["positive"](rng, n), real(rng, n)],
    "crps_laplace": lambda rng, n: [real(rng, n), DRAWN["positive"](rng, n), real(rng, n)],
    "crps_logistic": lambda rng, n: [real(rng, n), DRAWN["positive"](rng, n), real(rng, n)],
    "dawid_sebastiani_score": lambda rng, n: [real(rng, n), DRAWN["positive"](rng, n), real(rng, n)],
    "interval_score": lambda rng, n: [real(rng, n), real(rng, n) + 3.0, real(rng, n)],
    "crps_ensemble": lambda rng, n: [real(rng, (n, 5)), real(rng, n)],
    "cross_entropy": lambda rng, n: _classes(rng, n, real),
    "multi_margin_loss": lambda rng, n: _classes(rng, n, real),
    "multiclass_hinge_loss": lambda rng, n: _classes(rng, n, real),
    "focal_loss": lambda rng, n: _classes(rng, n, real),
    "poly1_cross_entropy": lambda rng, n: _classes(rng, n, real),
    "generalized_cross_entropy": lambda rng, n: _classes(rng, n, real),
    "fenchel_young_loss": lambda rng, n: _classes(rng, n, real),
    "sparsemax_loss": lambda rng, n: _classes(rng, n, real),
    "entmax_loss": lambda rng, n: _classes(rng, n, real),
    "nll_loss": lambda rng, n: _classes(rng, n, lambda rng, s: log_softmax(rng.standard_normal(s), axis=1)),
    "brier_loss": lambda rng, n: _classes(rng, n, simplex),
    "spherical_loss": lambda rng, n: _classes(rng, n, simplex),
    "multilabel_margin_loss": lambda rng, n: [
        real(rng, (n, CLASSES)),
        np.stack([np.append(rng.permutation(CLASSES)[:2], [-1, 0])[:CLASSES] for _ in range(n)]),
    ],
    "multilabel_soft_margin_loss": lambda rng, n: [real(rng, (n, CLASSES)), DRAWN["binary"](rng, (n, CLASSES))],
    "linear_cross_entropy": lambda rng, n: [rng.standard_normal((n, 3)), rng.standard_normal((CLASSES, 3)), rng.integers(0, CLASSES, n)],
    "cosine_embedding_loss": lambda rng, n: [*_vectors(rng, n, 2), DRAWN["sign"](rng, n)],
    "triplet_margin_loss": lambda rng, n: _vectors(rng, n, 3),
    "triplet_margin_with_distance_loss": lambda rng, n: _vectors(rng, n, 3),
    "dice_loss": lambda rng, n: [DRAWN["probability"](rng, (n, 5)), DRAWN["binary"](rng, (n, 5))],
    "jaccard_loss": lambda rng, n: [DRAWN["probability"](rng, (n, 5)), DRAWN["binary"](rng, (n, 5))],
    "tversky_loss": lambda rng, n: [DRAWN["probability"](rng, (n, 5)), DRAWN["binary"](rng, (n, 5))],
    "lovasz_hinge_loss": lambda rng, n: [real(rng, (n, 5)), DRAWN["binary"](rng, (n, 5))],
    "lovasz_softmax_loss": lambda rng, n: [np.moveaxis(simplex(rng, (n, 5, CLASSES)), -1, 1), rng.integers(0, CLASSES, (n, 5))],
    "contrastive_loss": lambda rng, n: [*(0.1 * v for v in _vectors(rng, n, 2)), DRAWN["binary"](rng, n)],
    "info_nce_loss": lambda rng, n: _vectors(rng, n, 2),
    "nt_xent_loss": lambda rng, n: _vectors(rng, n, 2),
    "supervised_contrastive_loss": lambda rng, n: [*_vectors(rng, n, 1), rng.integers(0, 3, n)],
    "circle_loss": lambda rng, n: [*_vectors(rng, n, 1), rng.integers(0, 3, n)],
    "arcface_loss": lambda rng, n: [rng.uniform(-0.9, 0.9, (n, CLASSES)), rng.integers(0, CLASSES, n)],
    "cox_loss": lambda rng, n: [real(rng, n), rng.choice(np.arange(1.0, 6.0), n), DRAWN["binary"](rng, n)],
    "censored_weibull_nll_loss": lambda rng, n: [real(rng, n), DRAWN["positive"](rng, n), DRAWN["binary"](rng, n)],
    "censored_exponential_nll_loss": lambda rng, n: [real(rng, n), DRAWN["positive"](rng, n), DRAWN["binary"](rng, n)],
    "listnet_loss": lambda rng, n: [real(rng, (n, CLASSES)), real(rng, (n, CLASSES))],
    "ranknet_loss": lambda rng, n: [real(rng, n), real(rng, n), DRAWN["binary"](rng, n)],
    "plackett_luce_loss": lambda rng, n: [real(rng, (n, CLASSES)), np.stack([rng.permutation(CLASSES) for _ in range(n)])],
    "cumulative_logit_loss": lambda rng, n: [real(rng, n), np.array([-1.0, 0.5, 2.0]), rng.integers(0, 4, n)],
    "energy_distance_loss": lambda rng, n: np.split(_apart(rng, n, 9), [5], axis=1),
    "mmd_loss": lambda rng, n: [rng.standard_normal((n, 4, 2)), rng.standard_normal((n, 3, 2))],
    "ctc_loss": lambda rng, n: [
        log_softmax(rng.standard_normal((7, n, CLASSES)), axis=-1), rng.integers(1, CLASSES, (n, 3)), rng.integers(6, 8, n), rng.integers(1, 4, n),
    ],
}  # fmt: skip

OF_DISTRIBUTIONS = {
    "alpha_divergence_loss", "kl_divergence_loss", "reverse_kl_divergence_loss", "js_divergence_loss", "renyi_divergence_loss", "squared_hellinger_loss",
    "total_variation_loss", "chi2_divergence_loss", "wasserstein_loss", "sinkhorn_loss",
}  # fmt: skip

COUPLED = {
    "ctc_loss", "cox_loss", "info_nce_loss", "nt_xent_loss", "supervised_contrastive_loss", "circle_loss",
}  # fmt: skip
"""A row takes part in the terms of others (or, of CTC, is not the first axis)."""


def draw(loss, rng, n=ROWS):
    """Draw the arguments of a loss for n rows, or n entries."""
    name = loss.__name__
    if name in SPECIAL:
        return SPECIAL[name](rng, n)
    if name in OF_DISTRIBUTIONS:
        return _distributions(rng, n)
    return [DRAWN[loss.facts.input](rng, n), DRAWN[loss.facts.target](rng, n)]


def moved(loss):
    """Return the positions of the arrays in which a loss is differentiated here: the predictions."""
    alike = {
        "ctc_loss": 1, "linear_cross_entropy": 2, "gaussian_nll_loss": 1, "triplet_margin_loss": 3, "triplet_margin_with_distance_loss": 3,
        "nt_xent_loss": 2, "cox_loss": 1, "censored_weibull_nll_loss": 1, "censored_exponential_nll_loss": 1, "mmd_loss": 2, "energy_distance_loss": 2,
    }  # fmt: skip
    return tuple(range(alike.get(loss.__name__, loss.arity - 1)))


ALL = sorted(tl.losses.LOSSES.values(), key=lambda loss: loss.__name__)
by_name = {"ids": lambda loss: loss.__name__}
