"""What goes wrong when layers are put together, and what the message says."""

import numpy as np
import pytest

from tinygrad_loss import errors, nn


def single(*shape):
    return np.zeros(shape, np.float32)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.Linear(3, 2)(single(5, 4)),
            errors.ShapeError,
            "Linear: the input's last axis must have 3 features, got (5, 4). Type instead: nn.Linear(4, 2)",
        ),
        (
            lambda: nn.Linear(3, 2)(np.zeros((5, 3))),
            errors.DTypeError,
            "Linear: the input must have the parameters' dtype float32, got dtype float64. "
            "Type instead: x.astype(np.float32), or layer.astype(np.float64)",
        ),
        (
            lambda: nn.Linear(3, 2)(np.zeros((5, 3), np.int64)),
            errors.DTypeError,
            "Linear: the input must have the parameters' dtype float32, got dtype int64. "
            "Type instead: x.astype(np.float32), or layer.astype(np.float64)",
        ),
        (
            lambda: nn.Conv2d(3, 8, 3)(single(2, 1, 8, 8)),
            errors.ShapeError,
            "Conv2d: the input must be [N, 3, n, n], with 3 channels on axis 1, got (2, 1, 8, 8). Type instead: nn.Conv2d(in_channels=1, ...)",
        ),
        (
            lambda: nn.Conv2d(1, 8, 5)(single(2, 1, 3, 8)),
            errors.ShapeError,
            "conv2d: the kernel, which covers (5, 5), must fit into the padded input, which is (3, 8), got (2, 1, 3, 8). "
            "Type instead: padding=1, or a smaller kernel",
        ),
        (
            lambda: nn.Conv1d(1, 1, 3, padding="same", stride=2)(single(1, 1, 8)),
            errors.ArgumentError,
            'conv1d: padding="same" keeps the size, so stride must be 1, got stride=(2,). Type instead: stride=1',
        ),
        (
            lambda: nn.Conv2d(3, 8, 3, groups=2),
            errors.ArgumentError,
            "Conv2d: groups must divide in_channels and out_channels, got groups=2. Type instead: nn.Conv2d(..., groups=1)",
        ),
        (
            lambda: nn.Conv2d(3, 8, 3, padding_mode="zeroes"),
            errors.DomainError,
            "Conv2d: padding_mode must be one of 'zeros', 'reflect', 'replicate', 'circular', got 'zeroes'. Type instead: 'zeros'",
        ),
        (
            lambda: nn.MaxPool2d(3)(single(1, 1, 2, 5)),
            errors.ShapeError,
            "max_pool2d: the kernel, which covers (3, 3), must fit into the padded input, which is (2, 5), got (1, 1, 2, 5). "
            "Type instead: padding=1, or a smaller kernel",
        ),
        (
            lambda: nn.MaxPool2d(2, padding=2)(single(1, 1, 4, 4)),
            errors.DomainError,
            "max_pool2d: padding must be at least 0 and at most half the kernel, got padding=2 for kernel (2, 2). Type instead: padding=1",
        ),
        (
            lambda: nn.BatchNorm2d(3)(single(2, 4, 5, 5)),
            errors.ShapeError,
            "BatchNorm2d: the input must have 4 axes, and 3 channels on axis 1, got (2, 4, 5, 5). Type instead: nn.BatchNorm2d(4)",
        ),
        (
            lambda: nn.BatchNorm1d(3)(single(1, 3)),
            errors.ShapeError,
            "batch_norm: training needs more than one value per channel, got (1, 3). "
            "Type instead: a larger batch, or model.eval() to use running statistics",
        ),
        (
            lambda: nn.LayerNorm(3)(single(2, 4)),
            errors.ShapeError,
            "layer_norm: the input's last axes must be (3,), got (2, 4). Type instead: normalized_shape=(4,)",
        ),
        (
            lambda: nn.GroupNorm(2, 3),
            errors.ArgumentError,
            "GroupNorm: num_groups must divide num_channels, got 2 and 3. Type instead: nn.GroupNorm(1, 3)",
        ),
        (
            lambda: nn.Embedding(5, 2)(np.array([1, 5])),
            errors.DomainError,
            "embedding: numbers must lie in 0..4, got 5. Type instead: a table of 6 rows",
        ),
        (
            lambda: nn.Embedding(5, 2)(np.array([1.0])),
            errors.DTypeError,
            "embedding: rows are named by whole numbers, got dtype float64. Type instead: x.astype(np.int64)",
        ),
        (
            lambda: nn.Dropout(1.5),
            errors.DomainError,
            "Dropout: p is a probability, got 1.5. Type instead: nn.Dropout(0.5)",
        ),
        (
            lambda: nn.LSTM(3, 4)([single(5, 3), single(2, 3)]),
            errors.ShapeError,
            "LSTM: sequences must be equally long, or padded with their lengths given, got lengths 2 and 5. "
            "Type instead: x, lengths = nn.pad_sequences(sequences); layer(x, lengths=lengths)",
        ),
        (
            lambda: nn.GRU(3, 4)(single(5, 2, 4)),
            errors.ShapeError,
            "GRU: the input must be [T, N, 3] or [T, 3] with at least one step, got (5, 2, 4). Type instead: nn.GRU(4, 4)",
        ),
        (
            lambda: nn.RNN(3, 4, batch_first=True)(single(2, 5, 3), lengths=[5, 6]),
            errors.ShapeError,
            "RNN: lengths has one whole number in 1..5 per sequence (2), got [5, 6]. Type instead: lengths=[len(s) for s in sequences]",
        ),
        (
            lambda: nn.RNN(3, 4)(single(5, 2, 3), single(2, 2, 4)),
            errors.ShapeError,
            "RNN: the first state must have shape (1, 2, 4), got (2, 2, 4). Type instead: hx=None for zeros",
        ),
        (
            lambda: nn.RNN(3, 4, nonlinearity="sine"),
            errors.DomainError,
            "RNN: nonlinearity must be one of 'tanh', 'relu', got 'sine'. Type instead: 'tanh'",
        ),
        (
            lambda: nn.MultiheadAttention(6, 4),
            errors.ArgumentError,
            "MultiheadAttention: num_heads must divide embed_dim, got 4 and 6. Type instead: nn.MultiheadAttention(6, 1)",
        ),
        (
            lambda: nn.MultiheadAttention(4, 2)(single(3, 1, 4), single(5, 1, 4), single(6, 1, 4)),
            errors.ShapeError,
            "MultiheadAttention: query, key and value have one batch and 4, 4 and 4 features, key and value equally many positions, "
            "got (1, 3, 4) and (1, 5, 4) and (1, 6, 4). "
            "Type instead: nn.MultiheadAttention(query.shape[-1], heads, kdim=key.shape[-1], vdim=value.shape[-1])",
        ),
        (
            lambda: nn.TransformerEncoderLayer(4, 2, activation="rleu"),
            errors.DomainError,
            "TransformerEncoderLayer: activation must be one of 'relu', 'gelu', got 'rleu'. Type instead: 'relu'",
        ),
        (
            lambda: nn.PReLU(3)(single(2, 4)),
            errors.ShapeError,
            "prelu: weight has one slope, or one per channel of the input's axis 1, got (3,) and (2, 4). Type instead: a weight of shape (4,)",
        ),
        (
            lambda: nn.MLP([3]),
            errors.ShapeError,
            "MLP: sizes must name input and output at least, got [3]. Type instead: nn.MLP([2, 16, 1])",
        ),
    ],
)
def test_the_message_says_what_to_type(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message


def test_what_stands_behind_the_end_of_a_sequence_is_not_read(rng):
    layer = nn.LSTM(3, 4, bidirectional=True, rng=0)
    x, lengths = nn.pad_sequences([rng.normal(size=(n, 3)).astype(np.float32) for n in (5, 2)])
    spoiled = np.array(x)
    spoiled[2:, 1] = np.nan
    a, b = layer(x, lengths=lengths), layer(spoiled, lengths=lengths)
    np.testing.assert_array_equal(a[0].data, b[0].data)
    assert not a[0].data[2:, 1].any()
    alone = layer(x[:2, 1:])
    np.testing.assert_allclose(a[0].data[:2, 1:], alone[0].data, rtol=1e-6, atol=1e-7)
    for mine, theirs in zip(a[1], alone[1], strict=True):
        np.testing.assert_allclose(mine.data[:, 1:], theirs.data, rtol=1e-6, atol=1e-7)
