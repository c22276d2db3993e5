"""Along which line a loss is drawn: one number of the prediction moves, and the rest is said."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from tinygrad_loss.losses import Loss

__all__ = ["REACH", "line"]

REACH: Final = {
    "positive": (0.1, 4.0),
    "above -1": (-0.9, 4.0),
    "probability": (0.02, 0.98),
    "log-probability": (-4.0, 0.0),
    "cosine": (-0.99, 0.99),
}
"""From where to where a prediction is drawn; from -4 to 4 where nothing else is said."""
TARGETS: Final = {"real": 0.0, "mape_loss": 1.0}
"""The target that is drawn, by domain or by loss; 1 where nothing else is said."""
Line = tuple[str, Callable[[Any], tuple[Any, ...]]]


def _with(said: str, *rest: float, first: int = 0) -> Line:
    """Return the line of a loss of entries: the moving number at ``first``, the same numbers elsewhere."""

    def arrays(z: Any) -> tuple[Any, ...]:
        others = [np.full(len(z), value) for value in rest]
        return (*others[:first], z, *others[first:])

    return said, arrays


def _two_outcomes(z: Any) -> tuple[Any, Any]:
    return np.stack([z, 1.0 - z], axis=1), np.tile([0.3, 0.7], (len(z), 1))


def _first_of_two(z: Any, other: Any) -> tuple[Any, Any]:
    return np.stack([z, other], axis=1), np.zeros(len(z), int)


FORECAST: Final = _with("target 0, scale 1", 1.0, 0.0)
DIVERGENCE: Final = ("target 0.3 and 0.7 for two outcomes, over the first prediction", _two_outcomes)
MASK: Final = (
    "a mask of one pixel in it and one outside, of prediction 0.1",
    lambda z: (_beside(z, 0.1), np.tile([1.0, 0.0], (len(z), 1))),
)
SOME: Final = {
    "gaussian_nll_loss": _with("target 0, variance 1", 0.0, 1.0),
    "dawid_sebastiani_score": _with("target 0, variance 1", 1.0, 0.0),
    **dict.fromkeys(("crps_normal", "crps_laplace", "crps_logistic"), FORECAST),
    "crps_ensemble": ("target 0, over one of two members; the other is 1", lambda z: (_beside(z, 1.0), np.zeros(len(z)))),
    "interval_score": _with("target 0, over the upper end; the lower is -1", -1.0, 0.0, first=1),
    "kl_div": _with("target 0.5", 0.5),
    "hinge_embedding_loss": _with("target -1", -1.0),
    "margin_ranking_loss": _with("target 1, against a score of 0", 0.0, 1.0),
    "ranknet_loss": _with("target 1, against a score of 0", 0.0, 1.0),
    "cumulative_logit_loss": ("the middle grade, thresholds -1 and 1", lambda z: (z, np.array([-1.0, 1.0]), np.ones(len(z), int))),
    **dict.fromkeys(("censored_exponential_nll_loss", "censored_weibull_nll_loss"), _with("an event at time 1", 1.0, 1.0)),
    "zero_inflated_poisson_nll_loss": _with("target 1, even odds of a sure zero", 0.0, 1.0),
    "zero_inflated_negative_binomial_nll_loss": _with("target 1, even odds of a sure zero", 0.0, 1.0),
    "zero_inflated_log_normal_nll_loss": _with("target 1, even odds of a sure zero", 0.0, 1.0),
    "multilabel_soft_margin_loss": ("one label, which holds", lambda z: (z[:, None], np.ones((len(z), 1)))),
    "multilabel_margin_loss": ("the first of two labels", lambda z: (_beside(z, 0.0), np.tile([0, -1], (len(z), 1)))),
    "lovasz_hinge_loss": ("a mask of one pixel, which is in it", lambda z: (z[:, None], np.ones((len(z), 1)))),
    **dict.fromkeys(("dice_loss", "jaccard_loss", "tversky_loss"), MASK),
    "arcface_loss": ("the first of two classes; the cosine with the other is 0", lambda z: _first_of_two(z, np.zeros(len(z)))),
    "listnet_loss": ("relevances 1 and 0, against a score of 0", lambda z: (_beside(z, 0.0), np.tile([1.0, 0.0], (len(z), 1)))),
    "plackett_luce_loss": ("the first of two, against a score of 0", lambda z: (_beside(z, 0.0), np.tile([0, 1], (len(z), 1)))),
}
NOT_OF_ONE_NUMBER: Final = {"embedding", "vector"}
"""What a prediction may be that no line is drawn through."""


def _beside(z: Any, other: float) -> Any:
    return np.stack([z, np.full(len(z), other)], axis=1)


def line(loss: Loss) -> Line | None:
    """Return what is said of a line through a loss, and its arrays at the moving numbers; None for a loss of vectors."""
    f = loss.facts
    if loss.__name__ in SOME:
        return SOME[loss.__name__]
    if loss.arity != 2 or {f.input, f.target} & NOT_OF_ONE_NUMBER or f.task == "segmentation":
        return None
    if f.task == "distribution":
        return DIVERGENCE
    if f.target == "class index":
        chances = f.input == "probability"
        return "target the first of two classes", lambda z: _first_of_two(z, 1.0 - z if chances else np.zeros(len(z)))
    target = TARGETS.get(loss.__name__, TARGETS.get(f.target, 1.0))
    return _with(f"target {target:g}", target)
