"""What a loss refuses, and the whole message in which it says so."""

import numpy as np
import pytest

import tinygrad_loss as tl
from losses.catalogue import ALL, by_name, draw
from tinygrad_loss import errors

L = tl.losses
ONE, TWO = np.zeros((4, 1)), np.zeros(4)
SCORES = np.zeros((2, 3))

REFUSED = [
    (
        lambda: L.mse_loss(ONE, TWO),
        errors.ShapeError,
        "mse_loss: input and target must have the same shape, nothing is broadcast in silence, got (4, 1) and (4,). "
        "Type instead: tl.losses.mse_loss(input[..., 0], target)",
    ),
    (
        lambda: L.l1_loss(TWO, ONE),
        errors.ShapeError,
        "l1_loss: input and target must have the same shape, nothing is broadcast in silence, got (4,) and (4, 1). "
        "Type instead: tl.losses.l1_loss(input, target[..., 0])",
    ),
    (
        lambda: L.huber_loss(np.zeros((2, 6)), np.zeros((3, 4))),
        errors.ShapeError,
        "huber_loss: input and target must have the same shape, nothing is broadcast in silence, got (2, 6) and (3, 4). "
        "Type instead: tl.losses.huber_loss(input, target.reshape(input.shape))",
    ),
    (
        lambda: L.mse_loss(np.zeros((2, 3)), np.zeros(3)),
        errors.ShapeError,
        "mse_loss: input and target must have the same shape, nothing is broadcast in silence, got (2, 3) and (3,). "
        "Type instead: tl.losses.mse_loss(input, np.broadcast_to(target, input.shape)) if that is meant",
    ),
    (
        lambda: L.mse_loss(np.zeros(0), np.zeros(0)),
        errors.ShapeError,
        "mse_loss: a batch must hold at least one entry, got shape (0,). Type instead: if len(batch): loss = ..., and skip the empty one",
    ),
    (
        lambda: L.mse_loss(TWO, np.array([0.0, np.nan, 0.0, np.nan])),
        errors.DomainError,
        "mse_loss: a target must not be nan, got 2 of 4. "
        "Type instead: tl.losses.mse_loss(input, np.nan_to_num(target), where=~np.isnan(target))",
    ),
    (
        lambda: L.mse_loss(np.zeros(4, int), TWO),
        errors.DTypeError,
        "mse_loss: input must be floating numbers, got dtype int64. Type instead: tl.losses.mse_loss(input.astype(np.float32), ...)",
    ),
    (
        lambda: L.mse_loss(np.zeros(4, complex), TWO),
        errors.DTypeError,
        "mse_loss: input must be floating numbers, got dtype complex128. Type instead: tl.losses.mse_loss(input.astype(np.float32), ...)",
    ),
    (
        lambda: L.mse_loss(TWO, TWO, weight=np.ones(2)),
        errors.ShapeError,
        "mse_loss: weight must have input's shape, got (2,) and (4,). "
        "Type instead: sample_weight=weight for one weight per row of mse_loss",
    ),
    (
        lambda: L.mse_loss(np.zeros((4, 2)), np.zeros((4, 2)), sample_weight=np.ones(3)),
        errors.ShapeError,
        "mse_loss: sample_weight must have the shape of the terms, or of their first axes, got (3,) and (4, 2). "
        "Type instead: sample_weight=np.broadcast_to(sample_weight, (4, 2))",
    ),
    (
        lambda: L.binary_cross_entropy(np.array([1.2]), np.array([1.0])),
        errors.DomainError,
        "binary_cross_entropy: input must lie in [0, 1], got 1.2. "
        "Type instead: tl.losses.binary_cross_entropy_with_logits(input, target), if input are scores",
    ),
    (
        lambda: L.binary_cross_entropy_with_logits(np.zeros(2), np.array([-1.0, 1.0])),
        errors.DomainError,
        "binary_cross_entropy_with_logits: target must lie in [0, 1], got -1. Type instead: (target + 1) / 2, if target is -1 or +1",
    ),
    (
        lambda: L.cross_entropy(SCORES, np.array([0, 3])),
        errors.DomainError,
        "cross_entropy: a class index must lie in 0 to 2, because input has 3 classes, got 3. "
        "Type instead: target - target.min() if classes are counted from 1, or ignore_index=3 to leave it out",
    ),
    (
        lambda: L.cross_entropy(SCORES, np.array([0, -1])),
        errors.DomainError,
        "cross_entropy: a class index must lie in 0 to 2, because input has 3 classes, got -1. "
        "Type instead: target - target.min() if classes are counted from 1, or ignore_index=-1 to leave it out",
    ),
    (
        lambda: L.cross_entropy(SCORES, np.eye(3, dtype=int)[:2]),
        errors.ShapeError,
        "cross_entropy: class indices must have input's shape without its class axis 1, (2,), got (2, 3). "
        "Type instead: tl.losses.cross_entropy(input, np.argmax(target, axis=1)), or target.astype(input.dtype) for probabilities",
    ),
    (
        lambda: L.cross_entropy(SCORES, np.array([0.0, 1.0])),
        errors.ShapeError,
        "cross_entropy: a floating target holds class probabilities, and must have input's shape, got (2,) and (2, 3). "
        "Type instead: tl.losses.cross_entropy(input, target.astype(np.int64))",
    ),
    (
        lambda: L.cross_entropy(SCORES, np.array([0, 1]), weight=np.ones(2)),
        errors.ShapeError,
        "cross_entropy: weight must hold one number per class, (3,), got (2,). Type instead: np.bincount(target, minlength=C)",
    ),
    (
        lambda: L.cross_entropy(SCORES, np.array([0, 1]), label_smoothing=2.0),
        errors.DomainError,
        "cross_entropy: label_smoothing must lie in [0, 1], got 2.0. Type instead: label_smoothing=0.1",
    ),
    (
        lambda: L.linear_cross_entropy(SCORES, np.ones((4, 3)), np.array([0, 9])),
        errors.DomainError,
        "linear_cross_entropy: a class index must lie in 0 to 3, because linear_weight has 4 classes, got 9. "
        "Type instead: target - target.min() if classes are counted from 1, or ignore_index=9 to leave it out",
    ),
    (
        lambda: L.linear_cross_entropy(SCORES, np.ones((4, 3)), np.array([0.0, 1.0])),
        errors.ShapeError,
        "linear_cross_entropy: a floating target holds class probabilities, and must have the scores' shape, got (2,) and (2, 4). "
        "Type instead: tl.losses.linear_cross_entropy(input, linear_weight, target.astype(np.int64))",
    ),
    (
        lambda: L.linear_cross_entropy(SCORES, np.ones((4, 3)), np.array([[0], [1]])),
        errors.ShapeError,
        "linear_cross_entropy: class indices must have the scores' shape without its class axis 1, (2,), got (2, 1). "
        "Type instead: tl.losses.linear_cross_entropy(input, linear_weight, target.reshape((2,)))",
    ),
    (
        lambda: L.linear_cross_entropy(SCORES, np.ones((4, 3)), np.array([0, 1]), label_smoothing=2.0),
        errors.DomainError,
        "linear_cross_entropy: label_smoothing must lie in [0, 1], got 2.0. Type instead: label_smoothing=0.1",
    ),
    (
        lambda: L.nll_loss(SCORES, SCORES),
        errors.DTypeError,
        "nll_loss: target must be whole numbers, got dtype float64. Type instead: np.argmax(target, axis=1)",
    ),
    (
        lambda: L.gaussian_nll_loss(np.zeros((4, 3)), np.zeros((4, 3)), np.ones(3)),
        errors.ShapeError,
        "gaussian_nll_loss: var must have input's shape, with axes of length 1 where one variance is shared, got (3,) and (4, 3). "
        "Type instead: np.broadcast_to(var, (4, 3))",
    ),
    (
        lambda: L.gaussian_nll_loss(np.zeros((4, 3)), np.zeros((4, 3)), np.ones((2, 3))),
        errors.ShapeError,
        "gaussian_nll_loss: var must have input's shape, with axes of length 1 where one variance is shared, got (2, 3) and (4, 3). "
        "Type instead: var of shape (4, 3)",
    ),
    (
        lambda: L.gaussian_nll_loss(TWO, TWO, -np.ones(4)),
        errors.DomainError,
        "gaussian_nll_loss: var must not be negative, got -1. Type instead: np.exp(log_var), with the network's output as log_var",
    ),
    (
        lambda: L.huber_loss(TWO, TWO, delta=0.0),
        errors.DomainError,
        "huber_loss: delta must be greater than 0, got 0.0. Type instead: tl.losses.huber_loss(input, target, delta=1.0)",
    ),
    (
        lambda: L.quantile_loss(TWO, TWO, tau=1.0),
        errors.DomainError,
        "quantile_loss: tau must lie between 0 and 1, got 1.0. Type instead: tau=0.5",
    ),
    (
        lambda: L.hinge_loss(TWO, np.array([0.0, 1.0, 0.0, 1.0])),
        errors.DomainError,
        "hinge_loss: target must be -1 or +1, got 0. Type instead: 2 * target - 1, if target is 0 or 1",
    ),
    (
        lambda: L.gamma_deviance_loss(TWO, np.ones(4)),
        errors.DomainError,
        "gamma_deviance_loss: input must lie in (0, inf), got 0. Type instead: np.exp(input) or tl.ops.softplus(input)",
    ),
    (
        lambda: L.mape_loss(np.ones(4), TWO),
        errors.DomainError,
        "mape_loss: a relative error needs targets other than 0, got 0. Type instead: tl.losses.l1_loss, or where=target != 0",
    ),
    (
        lambda: L.cosine_embedding_loss(SCORES, SCORES, np.ones(3)),
        errors.ShapeError,
        "cosine_embedding_loss: target must hold one sign per pair of vectors, got (3,) and (2, 3). Type instead: target of shape (2,)",
    ),
    (
        lambda: L.ctc_loss(np.zeros((5, 2, 3)), np.ones((2, 2), int), [5], [2, 2]),
        errors.ShapeError,
        "ctc_loss: input_lengths must hold one whole number per sample, (2,), got shape (1,). Type instead: input_lengths=[5] * 2",
    ),
    (
        lambda: L.ctc_loss(np.zeros((5, 2, 3)), np.ones((2, 2), int), [5, 6], [2, 2]),
        errors.DomainError,
        "ctc_loss: input_lengths must lie in 0 to 5, got 6. Type instead: np.clip(input_lengths, 0, 5)",
    ),
    (
        lambda: L.ctc_loss(np.zeros((5, 2, 3)), np.ones((3, 2), int), [5, 5], [2, 2]),
        errors.ShapeError,
        "ctc_loss: targets must be [N, S], or joined, with N = 2, got (3, 2) and (5, 2, 3). Type instead: targets of shape [N, S]",
    ),
    (
        lambda: L.cox_loss(TWO, np.ones(4), np.array([0.0, 1.0, 0.5, 1.0])),
        errors.DomainError,
        "cox_loss: target must be 1 for an event, or 0 for censoring, got 0.5. Type instead: (target > 0).astype(float)",
    ),
    (
        lambda: L.bregman_loss(np.array([1.0, -2.0]), np.ones(2)),
        errors.DomainError,
        "bregman_loss: input must lie in (0, inf), got -2. Type instead: np.exp(input) or tl.ops.softplus(input)",
    ),
    (
        lambda: L.multi_margin_loss(SCORES, np.array([[0], [1]])),
        errors.ShapeError,
        "multi_margin_loss: target must hold one class per row of input, got (2, 1) and (2, 3). Type instead: np.argmax(target, axis=1)",
    ),
    (
        lambda: L.sparsemax_loss(SCORES, np.array([0, 3])),
        errors.DomainError,
        "sparsemax_loss: a class index must lie in 0 to 2, because input has 3 classes, got 3. "
        "Type instead: target - target.min() if classes are counted from 1, or ignore_index=3 to leave it out",
    ),
    (
        lambda: L.fenchel_young_loss(SCORES, np.array([0, 1]), family="gni"),
        errors.DomainError,
        "fenchel_young_loss: family must be one of 'shannon', 'gini', 'square', got 'gni'. Type instead: 'gini'",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED, ids=[message.partition(",")[0] for _, _, message in REFUSED])
def test_refused_with_its_whole_message(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize("loss", [loss for loss in ALL if loss.__name__ != "kl_div"], **by_name)
def test_no_target_may_be_nan(loss, rng):
    arrays = draw(loss, rng)
    if loss.facts.target == "embedding" or arrays[-1].dtype.kind != "f":
        return
    at = 1 if loss.__name__ == "gaussian_nll_loss" else -1
    arrays[at] = arrays[at].copy()
    arrays[at].flat[0] = np.nan
    with pytest.raises(errors.DomainError, match="must not be nan, got 1 of"):
        loss(*arrays)


@pytest.mark.parametrize("loss", ALL, **by_name)
def test_unequal_batches_are_refused(loss, rng):
    arrays = draw(loss, rng)
    shorter = [*arrays[:-1], arrays[-1][:-1]]
    with pytest.raises((errors.ShapeError, errors.DomainError)):
        loss(*shorter)


@pytest.mark.parametrize("loss", ALL, **by_name)
def test_an_empty_batch_is_refused(loss, rng):
    arrays = [x[:, :0] if loss.__name__ == "ctc_loss" and x.ndim == 3 else x[:0] for x in draw(loss, rng)]
    if loss.__name__ == "linear_cross_entropy":
        arrays[1] = np.zeros((4, 3))
    with pytest.raises(errors.ShapeError, match="a batch must hold at least one entry"):
        loss(*arrays)


# ---- every loss, every array ----------------------------------------------------------------------------------------------------


def replaced(arrays, at, new):
    return [new if i == at else x for i, x in enumerate(arrays)]


def names_of(loss):
    return dict(enumerate(loss.arrays))


ARRAYS = [pytest.param(loss, at, id=f"{loss.__name__}, {name}") for loss in ALL for at, name in names_of(loss).items()]


@pytest.mark.parametrize(("loss", "at"), ARRAYS)
@pytest.mark.parametrize("dtype", [complex, object, str], ids=["complex", "object", "str"])
def test_numbers_that_are_not_real_are_refused(loss, at, dtype, rng):
    """Each array of each loss, by its own name; whole numbers are indices or labels there, and have other rules."""
    arrays, name = draw(loss, rng), names_of(loss)[at]
    if arrays[at].dtype.kind != "f":
        return
    given = arrays[at].astype(dtype)
    where = loss.__name__
    with pytest.raises(errors.DTypeError) as caught:
        loss(*replaced(arrays, at, given))
    assert str(caught.value) in {
        f"{where}: {name} must be floating numbers, got dtype {given.dtype}. Type instead: tl.losses.{where}({name}.astype(np.float32), ...)",
        f"{where}: {name} must be real numbers, got dtype {given.dtype}. Type instead: {name}.astype(np.float64)",
    }


OUTSIDE = {
    "positive": -1.0, "nonnegative": -1.0, "above -1": -2.0, "probability": 1.5, "sign": 0.5, "binary": 1.5, "count": -1.0, "cosine": 1.5,
}  # fmt: skip
"""A number outside each domain; the other domains are the whole line, or whole numbers."""
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


@pytest.mark.parametrize("loss", ALL, **by_name)
def test_what_lies_outside_a_domain_is_refused(loss, rng):
    for at, domain in ((0, loss.facts.input), (len(loss.arrays) - 1, loss.facts.target)):
        arrays, name = draw(loss, rng), names_of(loss)[at]
        if domain not in OUTSIDE or arrays[at].dtype.kind != "f" or (loss.__name__, name) in AS_IN_PYTORCH:
            continue
        beyond = arrays[at].copy()
        beyond.flat[0] = OUTSIDE[domain]
        with pytest.raises(errors.DomainError) as caught:
            loss(*replaced(arrays, at, beyond))
        got = f"got {OUTSIDE[domain]:g}. Type instead: "
        assert str(caught.value).startswith(f"{loss.__name__}: {name} must "), str(caught.value)
        assert got in str(caught.value)


LABELS = {"circle_loss", "supervised_contrastive_loss"}
"""Their whole numbers only say which rows belong together."""


@pytest.mark.parametrize("loss", ALL, **by_name)
@pytest.mark.parametrize("index", [99, -7])
def test_an_index_of_nothing_is_refused(loss, index, rng):
    arrays = draw(loss, rng)
    for at, name in names_of(loss).items():
        if arrays[at].dtype.kind not in "iu" or loss.__name__ in LABELS:
            continue
        wrong = arrays[at].copy()
        wrong.flat[0] = index
        with pytest.raises(errors.DomainError) as caught:
            loss(*replaced(arrays, at, wrong))
        assert str(caught.value).startswith(f"{loss.__name__}: "), (name, str(caught.value))
        assert f", got {index}. Type instead: " in str(caught.value), (name, str(caught.value))


@pytest.mark.parametrize("loss", ALL, **by_name)
def test_another_number_of_axes_is_refused(loss, rng):
    """(N, 1) against (N,) above all, whichever of the two it is."""
    arrays = draw(loss, rng)
    for at, name in names_of(loss).items():
        if (loss.__name__, name) in {("ctc_loss", "input_lengths"), ("ctc_loss", "target_lengths"), ("gaussian_nll_loss", "var")}:
            continue  # one number per sample in any shape; a shared variance
        with pytest.raises((errors.ShapeError, errors.DTypeError, errors.DomainError)) as caught:
            loss(*replaced(arrays, at, arrays[at][..., None]))
        assert str(caught.value).startswith(f"{loss.__name__}: "), (name, str(caught.value))
