"""What does not fit names the two lengths that differ, and whose they are: over all ops, layers, losses and families."""

import inspect

import numpy as np
import pytest

import tinygrad_loss as tl
from families import CASES
from losses.catalogue import ALL
from losses.refusals import cases_of
from messages import LENGTHS
from nn.test_refused_inputs import TABLE
from tinygrad_loss import data, distributions, errors, losses, mismatch, nn
from tinygrad_loss.engine.op import OPS


def leaf(*shape):
    return tl.tensor(np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape), requires_grad=True)


def f32(*shape):
    return np.ones(shape, np.float32)


X = np.arange(6.0).reshape(2, 3) + 1.0
UNLIKE = {
    "add": (lambda: leaf(2, 3) + leaf(2, 4), "operand 1 has length 3 on axis 1, operand 2 has 4"),
    "broadcast": (lambda: leaf(2, 3, 4) * leaf(5, 4), "operand 1 has length 3 on axis 1, operand 2 has 5 on axis 0"),
    "broadcast past ones": (lambda: leaf(3, 1) * leaf(4, 5), "operand 1 has length 3 on axis 0, operand 2 has 4"),
    "where": (lambda: np.where(leaf(3) > 1, leaf(4), 0.0), "operand 1 has length 3 on axis 0, operand 2 has 4"),
    "matmul": (lambda: leaf(2, 3) @ leaf(4, 5), "operand 1 has length 3 on axis 1, operand 2 has 4 on axis 0"),
    "matmul of a vector": (lambda: leaf(2, 3) @ leaf(4), "operand 1 has length 3 on axis 1, operand 2 has 4 on axis 0"),
    "matmul in stacks": (lambda: leaf(5, 2, 3) @ leaf(4, 3, 2), "operand 1 has length 5 on axis 0, operand 2 has 4"),
    "tensordot": (lambda: np.tensordot(leaf(2, 3, 4), leaf(3, 5), 2), "operand 1 has length 4 on axis 2, operand 2 has 5 on axis 1"),
    "vecdot": (lambda: np.vecdot(leaf(2, 3), leaf(2, 4)), "operand 1 has length 3 on axis 1, operand 2 has 4"),
    "interp": (lambda: np.interp(leaf(3), np.ones(3), np.ones(4)), "xp has length 3 on axis 0, fp has 4"),
    "cdist": (lambda: tl.ops.cdist(leaf(3, 2), leaf(3, 4)), "x1 has length 2 on axis 1, x2 has 4"),
    "linear": (lambda: tl.ops.linear(leaf(2, 3), leaf(5, 4)), "input has length 3 on axis 1, weight has 4"),
    "attention": (
        lambda: tl.ops.scaled_dot_product_attention(leaf(2, 3), leaf(4, 3), leaf(5, 3)),
        "key has length 4 on axis 0, value has 5",
    ),
    "Linear": (lambda: nn.Linear(3, 4)(f32(2, 5)), "the input has length 5 on axis 1, not 3"),
    "Bilinear": (lambda: nn.Bilinear(3, 4, 5)(f32(2, 3), f32(2, 5)), "input2 has length 5 on axis 1, not 4"),
    "Conv2d": (lambda: nn.Conv2d(3, 4, 3)(f32(1, 2, 8, 8)), "the input has length 2 on axis 1, not 3"),
    "LSTM": (lambda: nn.LSTM(3, 4)(f32(5, 2, 2)), "the input has length 2 on axis 2, not 3"),
    "GRUCell state": (lambda: nn.GRUCell(3, 4)(f32(2, 3), f32(2, 5)), "the state has length 5 on axis 1, not 4"),
    "LayerNorm": (lambda: nn.LayerNorm((2, 3))(f32(7, 2, 4)), "the input has length 4 on axis 2, not 3"),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(3)(f32(2, 4, 5, 5)), "the input has length 4 on axis 1, not 3"),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4)(f32(2, 6, 3)), "the input has length 6 on axis 1, not 4"),
    "MultiheadAttention": (
        lambda: nn.MultiheadAttention(4, 2)(f32(2, 3, 4), f32(2, 3, 5), f32(2, 3, 4)),
        "key has length 5 on axis 2, not 4",
    ),
    "CosineSimilarity": (lambda: nn.CosineSimilarity()(leaf(2, 3), leaf(2, 4)), "x1 has length 3 on axis 1, x2 has 4"),
    "classes": (lambda: losses.cross_entropy(leaf(4, 3), np.zeros(5, int)), "target has length 5 on axis 0, not 4"),
    "probabilities": (lambda: losses.cross_entropy(leaf(4, 3), np.full((4, 2), 0.5)), "target has length 2 on axis 1, not 3"),
    "sample_weight": (
        lambda: losses.mse_loss(leaf(4, 3), X[[0] * 4], sample_weight=np.ones((4, 2))),
        "sample_weight has length 2 on axis 1, not 3",
    ),
    "Normal": (lambda: distributions.Normal(np.ones((2, 3)), np.ones(4)), "loc has length 3 on axis 1, scale has 4 on axis 0"),
    "log_prob": (
        lambda: distributions.Normal(np.ones(3), 1.0).log_prob(np.ones((2, 4))),
        "the value has length 4 on axis 1, the distribution has 3 on axis 0",
    ),
    "event": (
        lambda: distributions.MultivariateNormal(np.ones(3), np.eye(3)).log_prob(np.ones((5, 4))),
        "the value has length 4 on axis 1, the distribution has 3 on axis 0",
    ),
    "MultivariateNormal": (
        lambda: distributions.MultivariateNormal(np.ones(3), np.eye(4)),
        "loc has length 3 on axis 0, the matrix has 4 on axis 1",
    ),
    "kl_divergence": (
        lambda: distributions.kl_divergence(distributions.Normal(np.ones(3), 1.0), distributions.Normal(np.ones(4), 1.0)),
        "p has length 3 on axis 0, q has 4",
    ),
    "backward": (lambda: (leaf(2, 3) * 1.0).backward(gradient=np.ones((2, 4))), "gradient has length 4 on axis 1, the tensor has 3"),
    "jvp": (lambda: tl.jvp(lambda x: x * 2.0, np.ones(3), np.ones(4)), "v has length 4 on axis 0, x has 3"),
    "Dataset": (lambda: data.Dataset(np.ones((4, 3)), np.ones(5)), "x has length 4 on axis 0, y has 5"),
}


@pytest.mark.parametrize("case", UNLIKE)
def test_the_axis_the_lengths_and_the_arguments_are_named(case):
    call, lengths = UNLIKE[case]
    with pytest.raises(errors.ShapeError) as caught:
        call()
    assert f" ({lengths}). " in str(caught.value)


@pytest.mark.parametrize(
    ("words", "differ"),
    [
        (mismatch.unlike(("a", (2, 3), -1), ("b", (3, 4), 0)), ""),
        (mismatch.unlike(("a", (2, 3), -1), ("b", (4,), 0)), "a has length 3 on axis 1, b has 4 on axis 0"),
        (mismatch.unlike(("a", (2,), 0), ("b", (2,), 0), ("c", (5,), 0)), "a has length 2 on axis 0, c has 5"),
        (mismatch.unlike(("a", (), -1), ("b", (4,), 0)), ""),
        (mismatch.unequal({"a": (2, 3), "b": (2, 3)}), ""),
        (mismatch.unequal({"a": (2, 3), "b": (3,)}), ""),
        (mismatch.unequal({"a": (1, 3), "b": (2, 3)}), "a has length 1 on axis 0, b has 2"),
        (mismatch.unaligned({"a": (2, 3), "b": (3,)}), ""),
        (mismatch.unaligned({"a": (2, 1), "b": (3, 4)}), "a has length 2 on axis 0, b has 3"),
        (mismatch.unaligned({"a": (2, 3), "b": (2,)}), "a has length 3 on axis 1, b has 2 on axis 0"),
        (mismatch.not_of_length("a", (2, 3), -1, 4), "a has length 3 on axis 1, not 4"),
        (mismatch.not_of_length("a", (), -1, 4), ""),
        (mismatch.not_of_shape("a", (2, 3), (5, 3)), "a has length 2 on axis 0, not 5"),
        (mismatch.not_of_shape("a", (2,), (5, 3)), ""),
    ],
)
def test_the_words_are_those_of_the_shapes(words, differ):
    assert words == differ


STATIC = {
    "ranking_error": {"margin": 0.5},
    "huber_error": {"delta": 1.0},
    "poisson_mean_error": {"eps": 1e-8},
    "tweedie_error": {"power": 1.5},
    "negative_binomial_error": {"k": 0.5},
}
"""What ops are told whose forward does not say it."""
MEETING = [name for name, op in OPS.items() if op.kind in {"elementwise", "selection", "predicate"} and len(op.domain) > 1]


@pytest.mark.parametrize("name", MEETING)
def test_every_op_of_several_operands_names_the_lengths(name):
    op = OPS[name]
    given = [leaf(4 if i else 3) for i in range(len(op.domain))]
    if name.startswith("bitwise_"):
        given = [np.ones(x.shape, np.int64) for x in given[1:]] + [tl.tensor(np.ones(3, np.int64))]
    taken = [p.name for p in inspect.signature(op.forward).parameters.values() if p.default is p.empty]
    static = STATIC.get(name) or dict.fromkeys(taken[len(given) :], 0.5)
    with pytest.raises(errors.ShapeError) as caught:
        op.call(*given, **static)
    assert LENGTHS.search(str(caught.value))


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.__name__)
def test_every_loss_names_the_lengths_of_the_argument_with_a_row_too_few(loss):
    for case in cases_of(loss, "a row too few"):
        if case.raised is errors.ShapeError:
            with pytest.raises(errors.ShapeError) as caught:
                loss(*case.arrays, **case.options)
            named = LENGTHS.search(str(caught.value))
            assert named, case.what
            assert any(f"{name} has " in named[0] for name in loss.arrays)


NUMBERS_OF_AXES = {
    *(f"{kind}Pool{n}d" for kind in ("Max", "Avg", "AdaptiveMax", "AdaptiveAvg") for n in (1, 2, 3)),
    *("Embedding", "Flatten", "GLU", "PixelShuffle", "PixelUnshuffle", "Unflatten", "Upsample"),
}
"""Layers that ask for a number of axes alone, or for multiples of a length."""


@pytest.mark.parametrize("name", [name for name in TABLE if name not in NUMBERS_OF_AXES])
def test_every_layer_that_knows_a_length_names_it_and_what_came(name):
    found = []
    for row in TABLE[name]:
        with pytest.raises(row.raised) as caught:
            row.layer(*row.inputs)
        found.append(LENGTHS.search(str(caught.value)))
    assert any(found)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_family_names_the_lengths(case):
    single = case.given.keys() - ({"total_count"} if case.family is distributions.Multinomial else set())
    three = case.family(**{key: np.stack([value] * 3) if key in single else value for key, value in case.given.items()})
    with pytest.raises(errors.ShapeError) as caught:
        three.log_prob(np.stack([case.values[0]] * 4))
    assert " (the value has length 4 on axis 0, the distribution has 3" in str(caught.value)
