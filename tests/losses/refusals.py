"""The table of what each loss refuses: for each kind of bad input a wording rule, and which loss breaks it with what.

What applies to a loss follows from its arrays, its domains and its options; where a rule is a loss's own, its row says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from losses.catalogue import CLASSES, ROWS, draw
from losses.options import OPTIONS, OWN_OPTIONS, PER_CLASS, UNBOUNDED, numbered
from tinygrad_loss import errors

__all__ = ["KINDS", "NOT_OF", "Case", "arrays_of", "bound_free", "cases_of"]

N, C = ROWS, CLASSES


@dataclass(frozen=True)
class Case:
    """One bad call: what was changed, and all that is said about it."""

    what: str
    arrays: list[Any]
    raised: type
    rule: str
    got: str
    instead: str
    options: dict[str, Any] = field(default_factory=dict)

    def message(self, loss: Any) -> str:
        return f"{loss.__name__}: {self.rule}, got {self.got}. {errors.remedy(self.instead)}"


def arrays_of(loss: Any) -> list[Any]:
    """Return good arrays, the same ones each time."""
    return draw(loss, np.random.default_rng(7))


def call(loss: Any, *more: str, **changed: str) -> str:
    """Return the line that calls a loss with some arguments changed, as a person types it."""
    return f"tl.losses.{loss.__name__}({', '.join([changed.get(name, name) for name in loss.arrays] + list(more))})"


def put(arrays: list[Any], at: int, new: Any) -> list[Any]:
    return [new if i == at else x for i, x in enumerate(arrays)]


def first_is(x: np.ndarray, value: float) -> np.ndarray:
    x = x.copy()
    x.flat[0] = value
    return x


KINDS: dict[str, Callable[[Any], Iterator[Case]]] = {}


def kind(rule: Callable[[Any], Iterator[Case]]) -> Callable[[Any], Iterator[Case]]:
    KINDS[rule.__name__.replace("_", " ")] = rule
    return rule


# ---- shapes ---------------------------------------------------------------------------------------------------------------------

SAME = "{} and {} must have the same shape, nothing is broadcast in silence"
OF_CLASSES = {
    "brier_loss", "cross_entropy", "entmax_loss", "fenchel_young_loss", "focal_loss", "generalized_cross_entropy", "multiclass_hinge_loss", "nll_loss",
    "poly1_cross_entropy", "sparsemax_loss", "spherical_loss",
}  # fmt: skip
TAKE_PROBABILITIES = (OF_CLASSES | {"linear_cross_entropy"}) - {"multiclass_hinge_loss", "nll_loss"}
INDICES = "class indices must have {} shape without its class axis 1, {}"
LABELS = "target must hold one label per row"
PIXELS = "input must be [N, C, d1, ...], the classes of each pixel of an image per row, and target [N, d1, ...]"
SETS, SETS_OF_VECTORS = (f"input must be [N, M{d}] and target [N, K{d}], a set of samples per row" for d in ("", ", D"))
MEMBERS = "input must have target's shape and a last axis of members"
LENGTHS = "{} must hold one whole number per sample, (6,)"
VARIANCE = "var must have input's shape, with axes of length 1 where one variance is shared"
OF_SETS, OF_SETS_OF_VECTORS = (f"input of shape (N, M{d}) and target of shape (N, K{d})" for d in ("", ", D"))

OWN_SHAPES: dict[str, dict[str, tuple[str, str, str, str]]] = {
    "arcface_loss": {
        "input": ("input must be [N, C]", "(6, 4, 1)", "input.reshape(len(input), -1)", "(6,) and (5, 4)|target of shape (5,)|" + LABELS),
        "target": (LABELS, "(6, 1) and (6, 4)", "target of shape (6,)", "(5,) and (6, 4)|target of shape (6,)"),
    },
    "circle_loss": {
        "input": ("input must be [N, D]", "(6, 5, 1)", "input.reshape(len(input), -1)", "(6,) and (5, 5)|target of shape (5,)|" + LABELS),
        "target": (LABELS, "(6, 1) and (6, 5)", "target of shape (6,)", "(5,) and (6, 5)|target of shape (6,)"),
    },
    "contrastive_loss": {
        "target": ("target must hold one number per pair", "(6, 1) and (6, 5)", "target of shape (6,)", "(5,) and (6, 5)|target of shape (6,)"),
    },
    "cosine_embedding_loss": {
        "target": (
            "target must hold one sign per pair of vectors", "(6, 1) and (6, 5)", "target of shape (6,)", "(5,) and (6, 5)|target of shape (6,)",
        ),
    },
    "crps_ensemble": {
        "input": (MEMBERS, "(6, 5, 1) and (6,)", "input of shape (6, M)", "(5, 5) and (6,)|input of shape (6, M)"),
        "target": (MEMBERS, "(6, 5) and (6, 1)", "input of shape (6, 1, M)", "(6, 5) and (5,)|input of shape (5, M)"),
    },
    "ctc_loss": {
        "log_probs": (
            "log_probs must be [T, N, C] or [T, C]", "(7, 6, 4, 1)", "log_probs of shape (T, N, C)",
            "7|np.clip(input_lengths, 0, 6)|input_lengths must lie in 0 to 6",
        ),
        "targets": (
            "targets must be [N, S], or joined, with N = 6", "(6, 3, 1) and (7, 6, 4)", "targets of shape (6, S)",
            "(5, 3) and (7, 6, 4)|targets of shape (6, S)",
        ),
        "input_lengths": ("", "", "", "(5,)|input_lengths=[7] * 6|" + LENGTHS.format("input_lengths")),
        "target_lengths": ("", "", "", "(5,)|target_lengths=[3] * 6|" + LENGTHS.format("target_lengths")),
    },
    "cumulative_logit_loss": {
        "thresholds": (
            "thresholds must be [K - 1]", "(3, 1)", "thresholds.ravel()",
            "3|target - target.min() if classes are counted from 1, or the rows with (target >= 0) & (target < 3)"
            "|a class index must lie in 0 to 2, because a scale of 2 thresholds has 3 classes",
        ),
    },
    "energy_distance_loss": {
        "input": (SETS, "(6, 5, 1) and (6, 4)", OF_SETS, "(5, 5) and (6, 4)|"),
        "target": (SETS, "(6, 5) and (6, 4, 1)", OF_SETS, "(6, 5) and (5, 4)|"),
    },
    "gaussian_nll_loss": {"var": (VARIANCE, "(6, 1) and (6,)", "var of shape (6,)", "(5,) and (6,)|var of shape (6,)")},
    "linear_cross_entropy": {
        "input": (
            "input and linear_weight must agree in their last axis", "(6, 3, 1) and (4, 3)", "input[..., 0]",
            "(6,)|tl.losses.linear_cross_entropy(input, linear_weight, target) with target of shape (5,)|" + INDICES.format("the scores'", "(5,)"),
        ),
        "linear_weight": (
            "input and linear_weight must agree in their last axis", "(6, 3) and (4, 3, 1)", "linear_weight[..., 0]",
            "3|target - target.min() if classes are counted from 1, or ignore_index=3 to leave it out"
            "|a class index must lie in 0 to 2, because linear_weight has 3 classes",
        ),
        "target": (
            INDICES.format("the scores'", "(6,)"), "(6, 1)", "tl.losses.linear_cross_entropy(input, linear_weight, target.reshape((6,)))",
            "(5,)|tl.losses.linear_cross_entropy(input, linear_weight, target) with target of shape (6,)",
        ),
    },
    "lovasz_softmax_loss": {
        "input": (PIXELS, "(6, 4, 5, 1) and (6, 5)", "target of shape (6, 5, 1)", "(5, 4, 5) and (6, 5)|target of shape (5, 5)"),
        "target": (PIXELS, "(6, 4, 5) and (6, 5, 1)", "target of shape (6, 5)", "(6, 4, 5) and (5, 5)|"),
    },
    "mmd_loss": {
        "input": (SETS_OF_VECTORS, "(6, 4, 2, 1) and (6, 3, 2)", OF_SETS_OF_VECTORS, "(5, 4, 2) and (6, 3, 2)|"),
        "target": (SETS_OF_VECTORS, "(6, 4, 2) and (6, 3, 2, 1)", OF_SETS_OF_VECTORS, "(6, 4, 2) and (5, 3, 2)|"),
    },
    "multi_margin_loss": {
        "input": (
            "input must be [N, C] or [C]", "(6, 4, 1)", "tl.losses.multi_margin_loss(input.reshape(len(input), -1), target)",
            "(6,) and (5, 4)|target of shape (5,)|target must hold one class per row of input",
        ),
        "target": (
            "target must hold one class per row of input", "(6, 1) and (6, 4)", "target.ravel()", "(5,) and (6, 4)|target of shape (6,)",
        ),
    },
    "multilabel_margin_loss": {
        "input": ("input must be [N, C] or [C]", "(6, 4, 1)", "tl.losses.multilabel_margin_loss(input.reshape(len(input), -1), target)", ""),
    },
    "supervised_contrastive_loss": {
        "input": ("input must be [N, D]", "(6, 5, 1)", "input.reshape(len(input), -1)", "(6,) and (5, 5)|target of shape (5,)|" + LABELS),
        "target": (LABELS, "(6, 1) and (6, 5)", "target of shape (6,)", "(5,) and (6, 5)|target of shape (6,)"),
    },
}  # fmt: skip
"""Losses whose arrays need not have one shape: for an axis too many its rule, shapes and line; for a row too few "shapes|line|rule" where they differ."""


@kind
def an_axis_too_many(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    for at, name in enumerate(loss.arrays):
        bad, shape = put(arrays, at, arrays[at][..., None]), arrays[at].shape
        if name in OWN_SHAPES.get(loss.__name__, {}):
            rule, got, instead, _ = OWN_SHAPES[loss.__name__][name]
            if rule:  # lengths may have any shape
                yield Case(name, bad, errors.ShapeError, rule, got, instead)
        elif loss.__name__ in OF_CLASSES:
            wanted = shape[:1] if at else (*shape[:1], 1)
            rule, got = INDICES.format("input's", wanted), arrays[1].shape if at == 0 else (*shape, 1)
            yield Case(name, bad, errors.ShapeError, rule, f"{got}", call(loss, target=f"target.reshape({wanted})"))
        else:
            other = loss.arrays[2 if loss.__name__ == "cumulative_logit_loss" else 1] if at == 0 else name
            first, second = (f"{(*shape, 1)}", f"{shape}") if at == 0 else (f"{shape}", f"{(*shape, 1)}")
            line = call(loss, **{name: f"{name}[..., 0]"})
            yield Case(name, bad, errors.ShapeError, SAME.format(loss.arrays[0], other), f"{first} and {second}", line)


@kind
def a_row_too_few(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    for at, name in enumerate(loss.arrays):
        bad, full = put(arrays, at, arrays[at][:-1]), arrays[at].shape
        short = (full[0] - 1, *full[1:])
        own = OWN_SHAPES.get(loss.__name__, {}).get(name)
        if own and own[3]:
            got, instead, rule = (*own[3].split("|"), "")[:3]
            raised = errors.DomainError if "must lie in" in rule else errors.ShapeError
            yield Case(name, bad, raised, rule or own[0], got, instead or own[2])
        elif loss.__name__ in OF_CLASSES:
            rows = short[:1] if at == 0 else full[:1]
            rule, got = INDICES.format("input's", rows), arrays[1].shape if at == 0 else short
            yield Case(name, bad, errors.ShapeError, rule, f"{got}", f"{call(loss)} with target of shape {rows}")
        else:
            other = loss.arrays[2 if loss.__name__ == "cumulative_logit_loss" else 1] if at == 0 else name
            first, second = (short, full) if at == 0 else (full, short)
            line = f"{call(loss)} with {other} of shape {first}"
            yield Case(name, bad, errors.ShapeError, SAME.format(loss.arrays[0], other), f"{first} and {second}", line)


@kind
def an_empty_batch(loss: Any) -> Iterator[Case]:
    arrays = [x[:, :0] if loss.__name__ == "ctc_loss" and x.ndim == 3 else x[:0] for x in arrays_of(loss)]
    shape = arrays[0].shape
    if loss.__name__ == "linear_cross_entropy":
        arrays[1], shape = np.zeros((C, 3)), (0, C)  # of its scores
    line = "if len(batch): loss = ..., and skip the empty one"
    yield Case("all", arrays, errors.ShapeError, "a batch must hold at least one entry", f"shape {shape}", line)


# ---- dtypes ---------------------------------------------------------------------------------------------------------------------

FLOATING = {
    "anchor", "input", "input1", "linear_weight", "log_probs", "lower", "negative", "positive", "thresholds",
}  # fmt: skip
"""Predictions; whole numbers among them are a mistake. Other arrays of numbers take the prediction's dtype."""
VECTORS = {
    "contrastive_loss",
    "cosine_embedding_loss",
    "nt_xent_loss",
    "info_nce_loss",
    "energy_distance_loss",
    "mmd_loss",
    "gaussian_nll_loss",
}
"""Losses that compare predictions with each other, or need more than one; ``FLOATING`` too are their input2, target or var."""
LABELLED = {"circle_loss", "supervised_contrastive_loss"}
"""Their labels only say which rows belong together."""


def wants(loss: Any, at: int) -> str:
    """Return what an array must be made of."""
    name, given = loss.arrays[at], arrays_of(loss)[at].dtype.kind
    if given == "i":
        return "whole numbers or names" if loss.__name__ in LABELLED else "whole numbers"
    of_vectors = loss.__name__ in VECTORS and (
        name in {"input2", "var"} or (name == "target" and loss.facts.target in {"embedding", "vector"})
    )
    return "floating numbers" if name in FLOATING or of_vectors else "real numbers"


@kind
def another_dtype(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    for at, name in enumerate(loss.arrays):
        wanted = wants(loss, at)
        soft = wanted == "whole numbers" and loss.__name__ in TAKE_PROBABILITIES
        wanted = "real numbers" if soft else wanted
        for dtype in (complex, object, str):
            if wanted == "whole numbers or names" and dtype is str:
                continue
            bad = arrays[at].astype(dtype)
            to = "np.int64" if soft or "whole" in wanted else "np.float32" if wanted == "floating numbers" else "np.float64"
            line = f"{name}.real" if dtype is complex and to != "np.int64" else f"{name}.astype({to})"
            yield Case(
                f"{name}, {dtype.__name__}", put(arrays, at, bad), errors.DTypeError, f"{name} must be {wanted}", f"dtype {bad.dtype}", line
            )
        if wanted == "floating numbers":
            whole = np.ceil(arrays[at]).astype(int)
            line = f"{name}.astype(np.float32)"
            yield Case(f"{name}, int", put(arrays, at, whole), errors.DTypeError, f"{name} must be {wanted}", "dtype int64", line)
        if wanted.startswith("whole"):
            line = f"{name}.astype(np.int64)"
            yield Case(
                f"{name}, float",
                put(arrays, at, arrays[at].astype(float)),
                errors.DTypeError,
                f"{name} must be {wanted}",
                "dtype float64",
                line,
            )
        elif soft:
            whose = "the scores'" if loss.__name__ == "linear_cross_entropy" else "input's"
            rule = f"a floating target holds class probabilities, and must have {whose} shape"
            line = call(loss, target="target.astype(np.int64)")
            yield Case(f"{name}, float", put(arrays, at, arrays[at].astype(float)), errors.ShapeError, rule, f"{(N,)} and {(N, C)}", line)


# ---- values ---------------------------------------------------------------------------------------------------------------------

MEMBERS_OF_A_TERM = {
    "dice_loss": "1", "jaccard_loss": "1", "tversky_loss": "1", "lovasz_hinge_loss": "1", "listnet_loss": "1", "multilabel_soft_margin_loss": "1",
    "energy_distance_loss": "1", "mmd_loss": "(1, 2)", "alpha_divergence_loss": "1", "kl_divergence_loss": "1", "reverse_kl_divergence_loss": "1",
    "js_divergence_loss": "1", "renyi_divergence_loss": "1", "squared_hellinger_loss": "1", "total_variation_loss": "1", "chi2_divergence_loss": "1",
    "wasserstein_loss": "1", "sinkhorn_loss": "1",
}  # fmt: skip
"""Losses a term of which takes several entries of the target, and the axes of those: a mask has one entry per term."""
OBSERVED = {"censored_exponential_nll_loss": "time", "censored_weibull_nll_loss": "time", "cox_loss": "time", "gaussian_nll_loss": "target"}
"""What else was observed, not predicted."""
PREDICTED_TOO = {"info_nce_loss", "nt_xent_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss"}


@kind
def nan_where_it_was_observed(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    last = [] if loss.__name__ in PREDICTED_TOO | {"gaussian_nll_loss"} else [loss.arrays[-1]]
    for name in [*last, *([OBSERVED[loss.__name__]] if loss.__name__ in OBSERVED else [])]:
        at = loss.arrays.index(name)
        over = MEMBERS_OF_A_TERM.get(loss.__name__)
        if arrays[at].dtype.kind == "f":
            bad = put(arrays, at, first_is(arrays[at], np.nan))
        elif loss.__name__ in TAKE_PROBABILITIES:
            bad, over = put(arrays, at, first_is(np.full((N, C), 1 / C), np.nan)), "1"  # probabilities
        else:
            continue
        kept = f"where=~np.isnan({name}){f'.any(axis={over})' if over else ''}"
        raised = errors.ProvenanceWarning if loss.__name__ == "kl_div" else errors.DomainError
        line = call(loss, kept, **{name: f"np.nan_to_num({name}, nan=1.0)"})
        yield Case(name, bad, raised, f"a {name} must not be nan", f"1 of {bad[at].size}", line)


SOFTMAX = "tl.ops.softmax({}, axis=-1), if these are scores"
EXPIT = "tl.ops.expit({}), if these are scores"
SIGNED = "(target + 1) / 2, if target is -1 or +1"
LEFT_OUT = "where={} {} {}, which leaves the others out"
OUTSIDE = {
    "positive": (-1.0, "{} must lie in (0, inf)", "np.exp({0}) or tl.ops.softplus({0})", "where={} > 0, which leaves the others out"),
    "nonnegative": (-1.0, "{} must lie in [0, inf)", "np.maximum({}, 0.0)", "where={} >= 0, which leaves the others out"),
    "above -1": (-2.0, "{} must lie in (-1, inf)", "np.maximum({}, 0.0)", "where={} > -1, which leaves the others out"),
    "probability": (1.5, "{} must lie in [0, 1]", EXPIT, EXPIT),
    "sign": (0.5, "{} must be -1 or +1", "", "2 * {0} - 1, if {0} is 0 or 1"),
    "binary": (1.5, "{} must lie in [0, 1]", "", "({} > 0).astype(float)"),
    "count": (-1.0, "{} must lie in [0, inf)", "", "where={} >= 0, which leaves the others out"),
    "cosine": (1.5, "{} must lie in [-1, 1]", "np.clip({}, -1.0, 1.0), of vectors of length 1", ""),
}
"""For each domain a number outside it, the rule, and the line for a prediction and for what was observed."""
EVENT = ("{} must be 1 for an event, or 0 for censoring", "({} > 0).astype(float)")
OWN_DOMAINS = {
    ("binary_cross_entropy", "input"): (None, "tl.losses.binary_cross_entropy_with_logits(input, target), if input are scores"),
    ("binary_cross_entropy", "target"): (None, SIGNED),
    ("binary_cross_entropy_with_logits", "target"): (None, SIGNED),
    ("bregman_loss", "target"): (None, "phi='square', which takes any number"),
    ("brier_loss", "input"): (None, "tl.ops.softmax(input, axis=1), if these are scores"),
    ("spherical_loss", "input"): (None, "tl.ops.softmax(input, axis=1), if these are scores"),
    ("lovasz_softmax_loss", "input"): (None, "tl.ops.softmax(input, axis=1), if these are scores"),
    **{(name, "target"): EVENT for name in ("cox_loss", "censored_exponential_nll_loss", "censored_weibull_nll_loss")},
    **{
        (name, argument): (None, SOFTMAX)
        for name in MEMBERS_OF_A_TERM
        if "divergence" in name or name in {"squared_hellinger_loss", "total_variation_loss", "wasserstein_loss", "sinkhorn_loss"}
        for argument in ("input", "target")
    },
}
"""Where a loss words its rule (None: as everybody) or its line itself."""
IN_BETWEEN = {
    ("crps_normal", "scale"): "positive", ("crps_laplace", "scale"): "positive", ("crps_logistic", "scale"): "positive",
    ("dawid_sebastiani_score", "var"): "positive", ("censored_exponential_nll_loss", "time"): "nonnegative",
    ("censored_weibull_nll_loss", "time"): "positive",
}  # fmt: skip
"""Domains of arguments that are neither the first nor the last."""
AS_IN_PYTORCH = {
    ("cosine_embedding_loss", "target"): "a pair of another sign costs nothing",
    ("hinge_embedding_loss", "target"): "an entry of another sign costs the sum of both terms",
    ("kl_div", "target"): "a target need not be normalised",
    ("margin_ranking_loss", "target"): "a sign of another size is a weight of the difference",
    ("multilabel_soft_margin_loss", "target"): "a target beyond 1 is a weight",
    ("poisson_nll_loss", "target"): "a negative count gives a finite number, which PyTorch returns",
    ("soft_margin_loss", "target"): "a sign of another size is a weight of the score",
}
"""What PyTorch accepts is accepted, since answers are PyTorch's."""


def domains_of(loss: Any) -> dict[str, str]:
    """Return the declared domain of each argument that has one beside the line, indices and vectors."""
    arrays = arrays_of(loss)
    declared = {loss.arrays[0]: loss.facts.input, **{a: d for (name, a), d in IN_BETWEEN.items() if name == loss.__name__}}
    if loss.__name__ != "gaussian_nll_loss":  # its last is the variance, in a row of its own
        declared[loss.arrays[-1]] = loss.facts.target
    return {
        name: domain
        for name, domain in declared.items()
        if domain in OUTSIDE and arrays[loss.arrays.index(name)].dtype.kind == "f" and (loss.__name__, name) not in AS_IN_PYTORCH
    }


@kind
def outside_its_domain(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    for name, domain in domains_of(loss).items():
        at = loss.arrays.index(name)
        value, rule, predicted, observed = OUTSIDE[domain]
        own_rule, own_line = OWN_DOMAINS.get((loss.__name__, name), (None, None))
        line = own_line or (observed if name in {"target", "time"} else predicted)
        bad = put(arrays, at, first_is(arrays[at], value))
        yield Case(name, bad, errors.DomainError, (own_rule or rule).format(name), f"{value:g}", line.format(name))
    for at, name, x, rule, got, line in OWN_VALUES.get(loss.__name__, ()):
        yield Case(name, put(arrays, at, x), errors.DomainError, rule, got, line)


OWN_VALUES: dict[str, tuple[tuple[int, str, Any, str, str, str], ...]] = {
    "gaussian_nll_loss": (
        (2, "var", -np.ones(N), "var must not be negative", "-1", "np.exp(log_var), with the network's output as log_var"),
    ),
    "mape_loss": ((1, "target", np.zeros(N), "a relative error needs targets other than 0", "0", "tl.losses.l1_loss, or where=target != 0"),),
    "cumulative_logit_loss": (
        (
            1, "thresholds", np.array([1.0, 0.0, 2.0]), "thresholds must be increasing numbers", "[1.0, 0.0, 2.0]",
            "np.cumsum(np.exp(thresholds))",
        ),
    ),
    "plackett_luce_loss": (
        (
            1, "target", np.zeros((N, C), int), "each row of target must name every item once", "[0, 0, 0, 0]",
            "np.argsort(-target, axis=1), if target are relevances",
        ),
    ),
    "ctc_loss": tuple(
        (at, name, np.full(N, wrong), f"{name} must lie in 0 to {most}", f"{wrong}", f"np.clip({name}, 0, {most})")
        for at, name, most in ((2, "input_lengths", 7), (3, "target_lengths", 3))
        for wrong in (99, -7)
    ),
}  # fmt: skip
"""Rules that are a loss's own: the argument, a wrong one, the rule, what is said to have come, and the line."""

COUNTED = {"cumulative_logit_loss": "a scale of 3 thresholds", "ctc_loss": "log_probs", "linear_cross_entropy": "linear_weight"}
IGNORES = {"cross_entropy", "nll_loss", "linear_cross_entropy", "lovasz_softmax_loss"}


@kind
def an_index_of_nothing(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    at = 1 if loss.__name__ == "ctc_loss" else len(arrays) - 1
    if arrays[at].dtype.kind != "i" or loss.__name__ in LABELLED:
        return
    name, counted = loss.arrays[at], COUNTED.get(loss.__name__, "input")
    for wrong in (99, -7):
        out = f"ignore_index={wrong} to leave it out" if loss.__name__ in IGNORES else f"the rows with ({name} >= 0) & ({name} < {C})"
        rule = f"a class index must lie in 0 to {C - 1}, because {counted} has {C} classes"
        line = f"{name} - {name}.min() if classes are counted from 1, or {out}"
        yield Case(f"{name}, {wrong}", put(arrays, at, first_is(arrays[at], wrong)), errors.DomainError, rule, f"{wrong}", line)


# ---- what counts ------------------------------------------------------------------------------------------------------------------

NOTHING = (
    errors.NothingKeptWarning,
    "a mean needs at least one entry with a weight",
    "none: all are ignored, masked or of weight 0, so the mean is nan",
    "reduction='sum', or skip the batch",
)


@kind
def nothing_is_kept(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    terms = np.shape(loss(*arrays, reduction="none"))
    yield Case("where", arrays, *NOTHING, {"where": np.zeros(terms, bool)})
    yield Case("sample_weight", arrays, *NOTHING, {"sample_weight": np.zeros(terms)})
    if "ignore_index" in loss.defaults:
        yield Case("ignore_index", put(arrays, len(arrays) - 1, np.full_like(arrays[-1], 2)), *NOTHING, {"ignore_index": 2})
    if loss.__name__ in {"cross_entropy", "nll_loss", "linear_cross_entropy"}:
        yield Case("weight", arrays, *NOTHING, {"weight": np.zeros(C)})
    if loss.__name__ in {"l1_loss", "mse_loss"}:
        yield Case("weight", arrays, *NOTHING, {"weight": np.zeros(N)})


@kind
def weights_that_do_not_fit(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    terms = np.shape(loss(*arrays, reduction="none"))
    for name, x in (("sample_weight", np.ones(7)), ("where", np.ones(7, bool))):
        rule = f"{name} must have the shape of the terms, or of their first axes"
        yield Case(f"{name}, shape", arrays, errors.ShapeError, rule, f"(7,) and {terms}", f"{name} of shape {terms}", {name: x})
        text = {name: np.full(terms, "a")}
        yield Case(f"{name}, text", arrays, errors.DTypeError, f"{name} must be real numbers", "text (dtype <U1)", numbered(name), text)


@kind
def weights_that_cannot_weigh(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    terms = np.shape(loss(*arrays, reduction="none"))
    instead = "where=(sample_weight >= 0) & (sample_weight < np.inf), which leaves the others out"
    for wrong in (-1.0, -1e-30, np.inf, np.nan):
        weights = {"sample_weight": first_is(np.ones(terms), wrong)}
        rule = "sample_weight must be at least 0 and finite"
        yield Case(f"sample_weight, {wrong}", arrays, errors.DomainError, rule, f"{wrong:.6g}", instead, weights)


# ---- options ----------------------------------------------------------------------------------------------------------------------


CALLED = {bool: "True or False", int: "a whole number", float: "a finite number"}
AT_INFINITY = {("general_robust_loss", "alpha"), ("huber_loss", "delta"), ("triplet_margin_loss", "p")}


@kind
def an_option_out_of_range(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    for name, bounds in OPTIONS.get(loss.__name__, {}).items():
        for value, rule in bounds:
            yield Case(
                f"{name}={value}", arrays, errors.DomainError, f"{name} {rule}", f"{value}", f"{name}={loss.defaults[name]}", {name: value}
            )
    for name, value, raised, rule, got, line in OWN_OPTIONS.get(loss.__name__, ()):
        yield Case(f"{name}={value}", arrays, raised, rule, got, line, {name: value})
    if loss.__name__ in PER_CLASS:
        rule = f"weight must hold one number per class, ({C},)"
        line = f"np.bincount(target.ravel(), minlength={C})"
        yield Case("weight", arrays, errors.ShapeError, rule, "(2,)", line, {"weight": np.ones(2)})


@kind
def an_option_of_another_kind(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    axes = arrays[0].ndim
    for name, default in loss.defaults.items():
        line = f"{name}={default}"
        if name == "axis":
            rule = f"axis must lie in -{axes} to {axes - 1}, because input has {axes} axes"
            yield Case("axis=5", arrays, errors.DomainError, rule, "5", line, {name: 5})
            yield Case("axis='x'", arrays, errors.ArgumentError, "axis must be a whole number", "'x'", line, {name: "x"})
        elif type(default) in CALLED:
            rule = f"{name} must be {CALLED[type(default)]}"
            yield Case(f"{name}='x'", arrays, errors.ArgumentError, rule, "'x'", line, {name: "x"})
            yield Case(f"{name}=None", arrays, errors.ArgumentError, rule, "None", line, {name: None})
            if type(default) is float:
                yield Case(f"{name}=nan", arrays, errors.DomainError, rule, "nan", line, {name: np.nan})
                if (loss.__name__, name) not in AT_INFINITY:
                    yield Case(f"{name}=inf", arrays, errors.DomainError, rule, "inf", line, {name: np.inf})


REDUCTIONS = "reduction must be one of 'none', 'mean', 'sum', 'batchmean'"


@kind
def an_unknown_name(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    yield Case("reduction", arrays, errors.DomainError, REDUCTIONS, "'men'", "'mean'", {"reduction": "men"})
    known = ", ".join([*loss.defaults, "reduction", "sample_weight", "where"])
    yield Case("option", arrays, errors.ArgumentError, f"arguments are {known}", "sampl_weight=", "sample_weight=", {"sampl_weight": 1})


@kind
def too_few_or_too_many_arguments(loss: Any) -> Iterator[Case]:
    arrays = arrays_of(loss)
    yield Case("one", arrays[:1], errors.ArgumentError, f"it compares {' with '.join(loss.arrays)}", f"no {loss.arrays[1]}", call(loss))
    takes = (*loss.arrays, *loss.order)
    many = [*arrays, *[None] * (len(loss.order) + 1)]
    yield Case("many", many, errors.ArgumentError, f"by position it takes {', '.join(takes)}", f"{len(many)} arguments", call(loss))


NOT_OF: dict[str, tuple[Callable[[Any], bool], str]] = {
    "nan where it was observed": (
        lambda loss: loss.__name__ in PREDICTED_TOO or (arrays_of(loss)[-1].dtype.kind == "i" and loss.__name__ not in TAKE_PROBABILITIES),
        "whole numbers have no nan, and among predictions it flows into the loss",
    ),
    "outside its domain": (
        lambda loss: not domains_of(loss) and loss.__name__ not in OWN_VALUES,
        "its arguments may be any number, or indices, or PyTorch accepts what lies outside",
    ),
    "an index of nothing": (
        lambda loss: all(x.dtype.kind == "f" for x in arrays_of(loss)) or loss.__name__ in LABELLED,
        "it has no indices, or they only say which rows belong together",
    ),
    "an option out of range": (
        lambda loss: all(bound_free(loss, name) for name in loss.defaults),
        "it has no options, or any number suits them",
    ),
    "an option of another kind": (
        lambda loss: not any(name == "axis" or type(default) in CALLED for name, default in loss.defaults.items()),
        "it has no options that are numbers",
    ),
}
"""Which kinds do not apply to which losses, and why; all others apply to all."""


def bound_free(loss: Any, name: str) -> bool:
    """Return whether an option has no bound beside its kind."""
    default = loss.defaults[name]
    return name == "axis" or isinstance(default, bool) or name in UNBOUNDED or f"{name} of {loss.__name__}" in UNBOUNDED


def cases_of(loss: Any, of: str) -> list[Case]:
    """Return the bad calls of one kind."""
    return list(KINDS[of](loss))
