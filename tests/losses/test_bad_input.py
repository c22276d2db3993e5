"""What a loss refuses in cases of its own, and the whole message in which it says so; `test_refusals` asks every kind of every loss."""

import numpy as np
import pytest

import tinygrad_loss as tl
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
        "huber_loss: input and target must have the same shape, nothing is broadcast in silence, got (2, 6) and (3, 4) (input has length 6 on axis 1, target has 4). "
        "Type instead: tl.losses.huber_loss(input, target.reshape(input.shape))",
    ),
    (
        lambda: L.mse_loss(np.zeros((2, 3)), np.zeros(3)),
        errors.ShapeError,
        "mse_loss: input and target must have the same shape, nothing is broadcast in silence, got (2, 3) and (3,). "
        "Use instead: tl.losses.mse_loss(input, np.broadcast_to(target, input.shape)) if that is meant",
    ),
    (
        lambda: L.mse_loss(np.zeros(3), np.zeros((2, 3))),
        errors.ShapeError,
        "mse_loss: input and target must have the same shape, nothing is broadcast in silence, got (3,) and (2, 3). "
        "Use instead: tl.losses.mse_loss(np.broadcast_to(input, target.shape), target) if that is meant",
    ),
    (
        lambda: L.mse_loss(np.zeros(0), np.zeros(0)),
        errors.ShapeError,
        "mse_loss: a batch must hold at least one entry, got shape (0,). Use instead: if len(batch): loss = ..., and skip the empty one",
    ),
    (
        lambda: L.mse_loss(TWO, np.array([0.0, np.nan, 0.0, np.nan])),
        errors.DomainError,
        "mse_loss: a target must not be nan, got 2 of 4. "
        "Type instead: tl.losses.mse_loss(input, np.nan_to_num(target, nan=1.0), where=~np.isnan(target))",
    ),
    (
        lambda: L.mse_loss(np.zeros(4, int), TWO),
        errors.DTypeError,
        "mse_loss: input must be floating numbers, got dtype int64. Type instead: input.astype(np.float32)",
    ),
    (
        lambda: L.mse_loss(np.zeros(4, complex), TWO),
        errors.DTypeError,
        "mse_loss: input must be floating numbers, got dtype complex128. Type instead: input.real",
    ),
    (
        lambda: L.mse_loss(TWO, TWO, weight=np.ones(2)),
        errors.ShapeError,
        "mse_loss: weight must have input's shape, got (2,) and (4,) (weight has length 2 on axis 0, input has 4). Use instead: weight of shape (4,)",
    ),
    (
        lambda: L.mse_loss(np.zeros((2, 3)), np.zeros((2, 3)), weight=np.ones(2)),
        errors.ShapeError,
        "mse_loss: weight must have input's shape, got (2,) and (2, 3). Use instead: sample_weight=weight, which takes one weight per row",
    ),
    (
        lambda: L.mse_loss(np.zeros((2, 3)), np.zeros((2, 3)), weight=np.ones(3)),
        errors.ShapeError,
        "mse_loss: weight must have input's shape, got (3,) and (2, 3). Type instead: np.broadcast_to(weight, (2, 3))",
    ),
    (
        lambda: L.mse_loss(np.zeros((4, 2)), np.zeros((4, 2)), sample_weight=np.ones(3)),
        errors.ShapeError,
        "mse_loss: sample_weight must have the shape of the terms, or of their first axes, got (3,) and (4, 2). "
        "Use instead: sample_weight of shape (4, 2)",
    ),
    (
        lambda: L.mse_loss(np.zeros((4, 2)), np.zeros((4, 2)), where=np.ones(2, bool)),
        errors.ShapeError,
        "mse_loss: where must have the shape of the terms, or of their first axes, got (2,) and (4, 2). "
        "Type instead: where=np.broadcast_to(where, (4, 2))",
    ),
    (
        lambda: L.binary_cross_entropy(np.array([1.2]), np.array([1.0])),
        errors.DomainError,
        "binary_cross_entropy: input must lie in [0, 1], got 1.2. "
        "Use instead: tl.losses.binary_cross_entropy_with_logits(input, target), if input are scores",
    ),
    (
        lambda: L.binary_cross_entropy_with_logits(np.zeros(2), np.array([-1.0, 1.0])),
        errors.DomainError,
        "binary_cross_entropy_with_logits: target must lie in [0, 1], got -1. Use instead: (target + 1) / 2, if target is -1 or +1",
    ),
    (
        lambda: L.cross_entropy(SCORES, np.array([0, 3])),
        errors.DomainError,
        "cross_entropy: a class index must lie in 0 to 2, because input has 3 classes, got 3. "
        "Use instead: target - target.min() if classes are counted from 1, or ignore_index=3 to leave it out",
    ),
    (
        lambda: L.cross_entropy(SCORES, np.array([0, -1])),
        errors.DomainError,
        "cross_entropy: a class index must lie in 0 to 2, because input has 3 classes, got -1. "
        "Use instead: target - target.min() if classes are counted from 1, or ignore_index=-1 to leave it out",
    ),
    (
        lambda: L.cross_entropy(SCORES, np.eye(3, dtype=int)[:2]),
        errors.ShapeError,
        "cross_entropy: class indices must have input's shape without its class axis 1, (2,), got (2, 3). "
        "Use instead: tl.losses.cross_entropy(input, np.argmax(target, axis=1)), or target.astype(input.dtype) for probabilities",
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
        "cross_entropy: weight must hold one number per class, (3,), got (2,) (weight has length 2 on axis 0, not 3). Type instead: np.bincount(target.ravel(), minlength=3)",
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
        "Use instead: target - target.min() if classes are counted from 1, or ignore_index=9 to leave it out",
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
        "gaussian_nll_loss: var must have input's shape, with axes of length 1 where one variance is shared, got (2, 3) and (4, 3) (var has length 2 on axis 0, input has 4). "
        "Use instead: var of shape (4, 3)",
    ),
    (
        lambda: L.gaussian_nll_loss(TWO, TWO, -np.ones(4)),
        errors.DomainError,
        "gaussian_nll_loss: var must not be negative, got -1. Use instead: np.exp(log_var), with the network's output as log_var",
    ),
    (
        lambda: L.huber_loss(TWO, TWO, delta=0.0),
        errors.DomainError,
        "huber_loss: delta must be greater than 0, got 0.0. Type instead: delta=1.0",
    ),
    (
        lambda: L.quantile_loss(TWO, TWO, tau=1.0),
        errors.DomainError,
        "quantile_loss: tau must lie between 0 and 1, got 1.0. Type instead: tau=0.5",
    ),
    (
        lambda: L.hinge_loss(TWO, np.array([0.0, 1.0, 0.0, 1.0])),
        errors.DomainError,
        "hinge_loss: target must be -1 or +1, got 0. Use instead: 2 * target - 1, if target is 0 or 1",
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
        "cosine_embedding_loss: target must hold one sign per pair of vectors, got (3,) and (2, 3) (target has length 3 on axis 0, not 2). Use instead: target of shape (2,)",
    ),
    (
        lambda: L.ctc_loss(np.zeros((5, 2, 3)), np.ones((2, 2), int), [5], [2, 2]),
        errors.ShapeError,
        "ctc_loss: input_lengths must hold one whole number per sample, (2,), got (1,) (input_lengths has length 1 on axis 0, not 2). Type instead: input_lengths=[5] * 2",
    ),
    (
        lambda: L.ctc_loss(np.zeros((5, 2, 3)), np.ones((2, 2), int), [5, 6], [2, 2]),
        errors.DomainError,
        "ctc_loss: input_lengths must lie in 0 to 5, got 6. Type instead: np.clip(input_lengths, 0, 5)",
    ),
    (
        lambda: L.ctc_loss(np.zeros((5, 2, 3)), np.ones((3, 2), int), [5, 5], [2, 2]),
        errors.ShapeError,
        "ctc_loss: targets must be [N, S], or joined, with N = 2, got (3, 2) and (5, 2, 3) (targets has length 3 on axis 0, not 2). Use instead: targets of shape (2, S)",
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
        "multi_margin_loss: target must hold one class per row of input, got (2, 1) and (2, 3). Type instead: target.ravel()",
    ),
    (
        lambda: L.sparsemax_loss(SCORES, np.array([0, 3])),
        errors.DomainError,
        "sparsemax_loss: a class index must lie in 0 to 2, because input has 3 classes, got 3. "
        "Use instead: target - target.min() if classes are counted from 1, or the rows with (target >= 0) & (target < 3)",
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


def test_a_mask_of_0_and_1_keeps_what_a_mask_of_truth_values_keeps():
    """Not the entries at the places 0 and 1."""
    z, y = np.array([1.0, 2.0, 4.0]), np.array([0.0, 0.0, np.nan])
    assert L.mse_loss(z, y, where=np.array([1, 1, 0])) == L.mse_loss(z, y, where=np.array([True, True, False])) == 2.5
    with pytest.raises(errors.DomainError, match="must not be nan, got 1 of 2"):
        L.mse_loss(z, y, where=np.array([1.0, 0.0, 1.0]))


@pytest.mark.parametrize("wrong", [-1.0, np.inf, np.nan])
def test_what_a_mask_leaves_out_may_have_any_weight(wrong, rng):
    """The line that the refusal of such a weight says; the gradient has nothing of it either."""
    z, y, weights = rng.standard_normal((4, 3)), rng.standard_normal((4, 3)), np.array([2.0, wrong, 0.5, 1.0])
    kept = (weights >= 0) & (weights < np.inf)
    found = tl.value_and_grad(lambda z: L.huber_loss(z, y, sample_weight=weights, where=kept))(z)
    value, slope = tl.value_and_grad(lambda z: L.huber_loss(z, y[kept], sample_weight=weights[kept]))(z[kept])
    assert float(found[0]) == pytest.approx(float(value), rel=1e-14)
    np.testing.assert_allclose(found[1][kept], slope, rtol=1e-14)
    np.testing.assert_array_equal(found[1][~kept], 0.0)


def test_an_image_all_of_whose_pixels_are_ignored_is_not_counted():
    p = np.array([[[0.75, 0.5], [0.25, 0.5]], [[0.75, 0.5], [0.25, 0.5]]])
    y = np.array([[0, 1], [9, 9]])
    assert L.lovasz_softmax_loss(p, y, ignore_index=9) == L.lovasz_softmax_loss(p[:1], y[:1])


def test_labels_that_are_names_say_which_rows_belong_together(rng):
    x = rng.standard_normal((4, 3))
    for loss in (L.circle_loss, L.supervised_contrastive_loss):
        assert loss(x, np.array(["cat", "dog", "cat", "dog"])) == loss(x, np.array([0, 1, 0, 1]))
