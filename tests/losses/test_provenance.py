"""A loss looks at where its arguments came from, and names the line to change."""

import numpy as np
import pytest

import tinygrad_loss as tl

SCORES = np.array([[1.0, 2.0], [0.5, -1.0]])
CLASSES = np.array([0, 1])


def warned(call):
    with pytest.warns(tl.errors.ProvenanceWarning) as caught:
        call()
    assert len(caught) == 1
    assert caught[0].filename == __file__
    return str(caught[0].message)


def test_softmax_twice():
    z = tl.tensor(SCORES, requires_grad=True)
    assert warned(lambda: tl.losses.cross_entropy(tl.ops.softmax(z, axis=1), CLASSES)) == (
        "cross_entropy: input must be scores, to which it applies softmax itself, got the result of softmax. "
        "Use instead: tl.losses.cross_entropy(scores, target), without softmax"
    )


def test_sigmoid_twice():
    z = tl.tensor(SCORES[0], requires_grad=True)
    assert warned(lambda: tl.losses.binary_cross_entropy_with_logits(tl.ops.expit(z), np.array([0.0, 1.0]))) == (
        "binary_cross_entropy_with_logits: input must be scores, to which it applies expit itself, got the result of expit. "
        "Use instead: tl.losses.binary_cross_entropy_with_logits(scores, target), without expit"
    )


def test_probabilities_where_their_logarithms_are_meant():
    z = tl.tensor(SCORES, requires_grad=True)
    assert warned(lambda: tl.losses.nll_loss(tl.ops.softmax(z, axis=1), CLASSES)) == (
        "nll_loss: input must be log-probabilities, got the result of softmax. "
        "Use instead: tl.losses.nll_loss(np.log(p), target), or cross_entropy of the scores"
    )


def scores_of_a_linear_map(name):
    x, w = np.ones((2, 3)), tl.tensor(np.ones((3, 2)), requires_grad=True)
    return {
        "matmul": lambda: x @ w,
        "matmul and a bias": lambda: x @ w + tl.tensor(np.zeros(2), requires_grad=True),
        "linear": lambda: tl.nn.Linear(3, 2, dtype=np.float64)(x),
    }[name]()


@pytest.mark.parametrize("name", ["matmul", "matmul and a bias", "linear"])
def test_scores_where_log_probabilities_are_meant(name):
    z = scores_of_a_linear_map(name)
    assert warned(lambda: tl.losses.nll_loss(z, CLASSES)) == (
        f"nll_loss: input must be log-probabilities, got the result of {name.partition(' ')[0]}. "
        "Use instead: tl.losses.nll_loss(np.log(p), target), or cross_entropy of the scores"
    )
    assert warned(lambda: tl.losses.kl_div(z, np.full((2, 2), 0.5))) == (
        f"kl_div: input must be log-probabilities, got the result of {name.partition(' ')[0]}. "
        "Use instead: tl.losses.kl_div(np.log(q), p), or tl.ops.log_softmax of the scores"
    )


def test_what_may_be_log_probabilities_says_nothing():
    """Their logarithm, scores less their total, and an average of several models' log-probabilities."""
    z = scores_of_a_linear_map("matmul")
    log_p = tl.ops.log_softmax(z, axis=1)
    for given in (log_p, z - tl.ops.logsumexp(z, axis=1, keepdims=True), np.full((2, 2), 0.5) @ log_p, np.log(tl.ops.softmax(z, axis=1))):
        tl.losses.nll_loss(given, CLASSES)


MOVES = {
    "reshape": lambda p: p.reshape(2, 2),
    "squeeze": lambda p: np.squeeze(p[None], 0),
    "transpose": lambda p: p.T.T,
    "swapaxes": lambda p: np.swapaxes(np.swapaxes(p, 0, 1), 0, 1),
    "rows": lambda p: p[np.array([1, 0])],
    "slice": lambda p: p[:],
    "cast": lambda p: p.astype(np.float32),
    "copy": lambda p: p.copy(),
    "broadcast": lambda p: np.broadcast_to(p, (2, 2)),
    "concatenate": lambda p: np.concatenate([p[:1], p[1:]]),
    "stack": lambda p: np.stack([p[0], p[1]]),
    "clip": lambda p: np.clip(p, 1e-7, 1 - 1e-7),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_what_was_only_moved_still_comes_from_where_it_came(move):
    z, coins = tl.tensor(SCORES, requires_grad=True), np.eye(2)
    assert "got the result of softmax" in warned(lambda: tl.losses.cross_entropy(move(tl.ops.softmax(z, axis=1)), CLASSES))
    assert "got the result of expit" in warned(lambda: tl.losses.binary_cross_entropy_with_logits(move(tl.ops.expit(z)), coins))
    assert "got the result of softmax" in warned(lambda: tl.losses.nll_loss(move(tl.ops.softmax(z, axis=1)), CLASSES))
    assert "got the result of matmul" in warned(lambda: tl.losses.kl_div(move(scores_of_a_linear_map("matmul")), np.full((2, 2), 0.5)))
    tl.losses.nll_loss(move(tl.ops.log_softmax(z, axis=1)), CLASSES)
    tl.losses.binary_cross_entropy(move(tl.ops.expit(z)), coins)


def test_scores_that_lie_within_zero_and_one_by_luck():
    x, w = np.full((2, 3), 0.1), tl.tensor(np.ones((3, 1)), requires_grad=True)
    assert warned(lambda: tl.losses.binary_cross_entropy((x @ w)[:, 0], np.ones(2))) == (
        "binary_cross_entropy: input must be probabilities, got the result of matmul. "
        "Use instead: tl.losses.binary_cross_entropy_with_logits(input, target), if input are scores"
    )


ENDS = {
    "relu": tl.ops.relu,
    "tanh": np.tanh,
    "a scaled sigmoid": lambda z: 10.0 * tl.ops.expit(z) - 5.0,
    "a gate": lambda z: z * tl.ops.expit(z),
    "attention": lambda z: tl.ops.softmax(z, axis=1) @ z,
    "a layer behind a sigmoid": lambda z: tl.nn.Linear(2, 2, dtype=np.float64, rng=0)(tl.ops.expit(z)),
    "log_softmax": lambda z: tl.ops.log_softmax(z, axis=1),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_model_may_end_in_what_only_looks_like_a_probability(end):
    z = tl.tensor(SCORES, requires_grad=True)
    tl.losses.cross_entropy(end(z), CLASSES)
    tl.losses.binary_cross_entropy_with_logits(end(z), np.eye(2))


def test_exchanged_arguments():
    z = tl.tensor(SCORES[0], requires_grad=True)
    assert warned(lambda: tl.losses.mse_loss(np.zeros(2), z)) == (
        "mse_loss: the target requires grad and the input does not, so the two look exchanged, "
        "got mse_loss(input, target) with requires_grad on the second. Type instead: tl.losses.mse_loss(prediction, target)"
    )


def test_probabilities_that_do_not_sum_to_one_under_debug():
    target = np.array([[0.5, 0.2], [0.5, 0.5]])
    with tl.debug():
        assert warned(lambda: tl.losses.cross_entropy(SCORES, target)) == (
            "cross_entropy: target must sum to 1 along axis 1, got 0.7. Type instead: target / np.sum(target, axis=1, keepdims=True)"
        )
    tl.losses.cross_entropy(SCORES, target)  # outside debug nothing is said, and nothing is spent on it


SUMS = {
    "kl_div": (
        lambda p, q: tl.losses.kl_div(np.log(q), p),
        "target must sum to 1 along an axis, got 0.7. Type instead: target / np.sum(target, axis=-1, keepdims=True)",
    ),
    "kl_div of logs": (
        lambda p, q: tl.losses.kl_div(np.log(q), np.log(p), log_target=True),
        "np.exp(target) must sum to 1 along an axis, got 0.7. Type instead: target - tl.ops.logsumexp(target, axis=-1, keepdims=True)",
    ),
    "kl_div of scores": (
        lambda p, q: tl.losses.kl_div(np.log(p), q),
        "np.exp(input) must sum to 1 along an axis, got 0.7. "
        "Use instead: tl.losses.kl_div(tl.ops.log_softmax(input, axis=-1), target), of scores",
    ),
    "nll_loss": (
        lambda p, q: tl.losses.nll_loss(np.log(p), CLASSES),
        "np.exp(input) must sum to 1 along axis 1, got 0.7. Use instead: tl.losses.cross_entropy(input, target), if input are scores",
    ),
    "ctc_loss": (
        lambda p, q: tl.losses.ctc_loss(np.log(p)[:, None], [[1]], [2], [1]),
        "np.exp(log_probs) must sum to 1 along axis -1, got 0.7. Use instead: tl.losses.ctc_loss(tl.ops.log_softmax(scores, axis=-1), ...)",
    ),
}


@pytest.mark.parametrize("name", SUMS)
def test_log_probabilities_that_do_not_sum_to_one_under_debug(name):
    call, message = SUMS[name]
    p, q = np.array([[0.5, 0.2], [0.25, 0.75]]), np.array([[0.6, 0.4], [0.5, 0.5]])
    with tl.debug():
        assert warned(lambda: call(p, q)) == f"{name.partition(' ')[0]}: {message}"
        call(q, q)
        tl.losses.kl_div(np.log(q).T, q.T)
        tl.losses.kl_div(np.log(np.float64(1.0)), np.float64(1.0))


def test_nan_targets_of_kl_flow_with_a_warning():
    assert "a target must not be nan, got 1 of 2" in warned(lambda: tl.losses.kl_div(np.zeros(2), np.array([np.nan, 0.5])))


def test_a_loss_of_its_own_kind_of_input_says_nothing():
    z = tl.tensor(SCORES, requires_grad=True)
    tl.losses.cross_entropy(z, CLASSES)
    tl.losses.nll_loss(tl.ops.log_softmax(z, axis=1), CLASSES)
    tl.losses.binary_cross_entropy(tl.ops.expit(z), np.ones((2, 2)))


@pytest.mark.parametrize("loss", [tl.losses.fenchel_young_loss, tl.losses.sparsemax_loss, tl.losses.entmax_loss])
def test_softmax_before_a_link_of_its_own(loss):
    z = tl.tensor(SCORES, requires_grad=True)
    assert "input must be scores, to which it applies softmax itself" in warned(lambda: loss(tl.ops.softmax(z, axis=1), CLASSES))


def test_softmax_before_listnet():
    z = tl.tensor(SCORES, requires_grad=True)
    assert "listnet_loss: input must be scores" in warned(lambda: tl.losses.listnet_loss(tl.ops.softmax(z, axis=1), SCORES))


def test_exchanged_scores_and_probabilities():
    z = tl.tensor(SCORES, requires_grad=True)
    said = warned(lambda: tl.losses.cross_entropy(np.full((2, 2), 0.5), tl.ops.softmax(z, axis=1)))
    assert said == (
        "cross_entropy: the target requires grad and the input does not, so the two look exchanged, "
        "got cross_entropy(input, target) with requires_grad on the second. Type instead: tl.losses.cross_entropy(prediction, target)"
    )


def test_sigmoid_before_a_soft_margin():
    z, signs = tl.tensor(SCORES, requires_grad=True), np.array([[1.0, -1.0], [1.0, 1.0]])
    assert warned(lambda: tl.losses.soft_margin_loss(tl.ops.expit(z), signs)) == (
        "soft_margin_loss: input must be scores, to which it applies expit itself, got the result of expit. "
        "Use instead: tl.losses.soft_margin_loss(scores, target), without expit"
    )
    assert warned(lambda: tl.losses.soft_margin_loss(tl.ops.softmax(z, axis=1), signs)).startswith("soft_margin_loss: input must be scores")


@pytest.mark.parametrize("loss", [tl.losses.focal_loss, tl.losses.poly1_cross_entropy, tl.losses.generalized_cross_entropy])
def test_a_loss_made_from_another_says_it_once_and_in_its_own_name(loss):
    z = tl.tensor(SCORES, requires_grad=True)
    assert warned(lambda: loss(tl.ops.softmax(z, axis=1), CLASSES)).startswith(f"{loss.__name__}: input must be scores")
