"""What goes wrong when layers are put together, and what the message says."""

import numpy as np
import pytest

from tinygrad_loss import errors, nn, ops, tensor


def single(*shape):
    return np.zeros(shape, np.float32)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.Linear(3, 2)(single(5, 4)),
            errors.ShapeError,
            "Linear: the input's last axis must have 3 features, got (5, 4) (the input has length 4 on axis 1, not 3). Type instead: nn.Linear(4, 2)",
        ),
        (
            lambda: nn.Linear(3, 2)(tensor(np.zeros((5, 3)), requires_grad=True)),
            errors.DTypeError,
            "Linear: the input must have the parameters' dtype float32, got dtype float64. "
            "Type instead: x.astype(np.float32), or layer.astype(np.float64)",
        ),
        (
            lambda: nn.Linear(3, 2)(np.full((5, 3), 1e39)),
            errors.DomainError,
            "Linear: the input must fit in float32, whose largest number is 3.40282e+38, got a larger one. "
            "Type instead: layer.astype(np.float64)",
        ),
        (
            lambda: nn.Conv2d(3, 8, 3)(single(2, 1, 8, 8)),
            errors.ShapeError,
            "Conv2d: the input must be [N, 3, n, n], with 3 channels on axis 1, got (2, 1, 8, 8) (the input has length 1 on axis 1, not 3). Type instead: nn.Conv2d(1, 8, (3, 3))",
        ),
        (
            lambda: nn.Conv2d(1, 8, 5)(single(2, 1, 3, 8)),
            errors.ShapeError,
            "conv2d: the kernel, which covers (5, 5), must fit into the padded input, which is (3, 8), got (2, 1, 3, 8). "
            "Use instead: padding=1, or a smaller kernel",
        ),
        (
            lambda: nn.Conv1d(1, 1, 3, padding="same", stride=2),
            errors.ArgumentError,
            'Conv1d: padding="same" keeps the size, so stride must be 1, got stride=(2,). Type instead: stride=1',
        ),
        (
            lambda: nn.Conv2d(3, 8, 3, groups=2),
            errors.ArgumentError,
            "Conv2d: groups must divide in_channels and out_channels, got groups=2. Type instead: nn.Conv2d(3, 8, 3, groups=1)",
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
            "Use instead: padding=1, or a smaller kernel",
        ),
        (
            lambda: nn.MaxPool2d(2, padding=2)(single(1, 1, 4, 4)),
            errors.DomainError,
            "max_pool2d: padding must be at least 0 and at most half the kernel, got padding=2 for kernel (2, 2). Type instead: padding=1",
        ),
        (
            lambda: nn.BatchNorm2d(3)(single(2, 4, 5, 5)),
            errors.ShapeError,
            "BatchNorm2d: the input must have 4 axes, and 3 channels on axis 1, got (2, 4, 5, 5) (the input has length 4 on axis 1, not 3). Type instead: nn.BatchNorm2d(4)",
        ),
        (
            lambda: nn.BatchNorm1d(3)(single(1, 3)),
            errors.ShapeError,
            "batch_norm: training needs more than one value per channel, got (1, 3). "
            "Use instead: a larger batch, or model.eval() to use running statistics",
        ),
        (
            lambda: nn.LayerNorm(3)(single(2, 4)),
            errors.ShapeError,
            "layer_norm: the input's last axes must be (3,), got (2, 4) (the input has length 4 on axis 1, not 3). Type instead: normalized_shape=(4,)",
        ),
        (
            lambda: nn.GroupNorm(2, 3),
            errors.ArgumentError,
            "GroupNorm: num_groups must divide num_channels, got 2 and 3. Type instead: nn.GroupNorm(1, 3)",
        ),
        (
            lambda: nn.Embedding(5, 2)(np.array([1, 5])),
            errors.DomainError,
            "embedding: numbers must lie in 0..4, got 5. Use instead: a table of 6 rows",
        ),
        (
            lambda: nn.Embedding(5, 2)(np.array([1.0])),
            errors.DTypeError,
            "embedding: rows are named by whole numbers, got dtype float64. Type instead: x.astype(np.int64)",
        ),
        (
            lambda: nn.Dropout(1.5),
            errors.DomainError,
            "Dropout: p is a probability, got 1.5. Type instead: p=0.5",
        ),
        (
            lambda: nn.pad_sequences([]),
            errors.DomainError,
            "pad_sequences: there must be at least one sequence, got none. Type instead: nn.pad_sequences([x])",
        ),
        (
            lambda: nn.pad_sequences([single(5, 3), single(2, 4), single(1, 3)]),
            errors.ShapeError,
            "pad_sequences: every step of every sequence must have the same shape, got (5, 3) and (2, 4) (the first has length 3 on axis 1, another has 4). "
            "Type instead: nn.pad_sequences([s for s in sequences if np.shape(s)[1:] == (3,)])",
        ),
        (
            lambda: nn.pad_sequences([1.0, 2.0]),
            errors.ShapeError,
            "pad_sequences: a sequence has an axis of steps, got (). Type instead: nn.pad_sequences([np.atleast_1d(x)])",
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
            "GRU: the input must be [T, N, 3] or [T, 3] with at least one step, got (5, 2, 4) (the input has length 4 on axis 2, not 3). Type instead: nn.GRU(4, 4)",
        ),
        (
            lambda: nn.RNN(3, 4, batch_first=True)(single(2, 5, 3), lengths=[5, 6]),
            errors.ShapeError,
            "RNN: lengths has one whole number in 1..5 per sequence (2), got [5, 6]. Type instead: lengths=[len(s) for s in sequences]",
        ),
        (
            lambda: nn.RNN(3, 4)(single(5, 2, 3), single(2, 2, 4)),
            errors.ShapeError,
            "RNN: the first state must have shape (1, 2, 4), got (2, 2, 4) (the first state has length 2 on axis 0, not 1). Use instead: hx=None for zeros",
        ),
        (
            lambda: nn.RNN(3, 4, nonlinearity="sine"),
            errors.DomainError,
            "RNN: nonlinearity must be one of 'tanh', 'relu', got 'sine'. Type instead: 'tanh'",
        ),
        (
            lambda: nn.LSTM(3, 4, proj_size=4),
            errors.ArgumentError,
            "LSTM: proj_size must be below hidden_size, got 4 and 4. Type instead: proj_size=3",
        ),
        (
            lambda: nn.LSTM(3, 4, proj_size=2)(single(5, 2, 3), (single(1, 2, 4), single(1, 2, 4))),
            errors.ShapeError,
            "LSTM: the first state must have shape (1, 2, 2), got (1, 2, 4) (the first state has length 4 on axis 2, not 2). Use instead: hx=None for zeros",
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
            "got (3, 1, 4) and (5, 1, 4) and (6, 1, 4) (key has length 5 on axis 0, value has 6). "
            "Use instead: value of shape (5, 1, 4)",
        ),
        (
            lambda: nn.TransformerEncoderLayer(4, 2, activation="rleu"),
            errors.DomainError,
            "TransformerEncoderLayer: activation must be one of 'relu', 'gelu', got 'rleu'. Type instead: 'relu'",
        ),
        (
            lambda: nn.PReLU(3)(single(2, 4)),
            errors.ShapeError,
            "prelu: weight has one slope, or one per channel of the input's axis 1, got (3,) and (2, 4) (weight has length 3 on axis 0, not 4). Use instead: a weight of shape (4,)",
        ),
        (
            lambda: nn.MLP([3]),
            errors.ShapeError,
            "MLP: sizes must name input and output at least, got [3]. Type instead: nn.MLP([2, 16, 1])",
        ),
        (
            lambda: nn.MLP(4, [16], 3),
            errors.ArgumentError,
            "MLP: sizes must come as one list, got 4, [16], 3. Use instead: nn.MLP([2, 16, 1]), and the rest by name",
        ),
        (
            lambda: nn.MLP(4),
            errors.ArgumentError,
            "MLP: sizes must come as one list, got 4. Use instead: nn.MLP([2, 16, 1]), and the rest by name",
        ),
        (
            lambda: nn.Linear(-1, 4),
            errors.DomainError,
            "Linear: in_features must be a whole number, at least 0, got -1. Type instead: in_features=1",
        ),
        (
            lambda: nn.Linear(3, np.int64(-1)),
            errors.DomainError,
            "Linear: out_features must be a whole number, at least 0, got -1. Type instead: out_features=1",
        ),
        (
            lambda: nn.Linear(2.5, 4),
            errors.ArgumentError,
            "Linear: in_features must be a whole number, at least 0, got 2.5. Type instead: in_features=2",
        ),
        (
            lambda: nn.Linear(3, True),
            errors.ArgumentError,
            "Linear: out_features must be a whole number, at least 0, got True. Type instead: out_features=1",
        ),
        (
            lambda: nn.Bilinear(2, -3, 1),
            errors.DomainError,
            "Bilinear: in2_features must be a whole number, at least 0, got -3. Type instead: in2_features=1",
        ),
        (
            lambda: nn.MLP([3, 2.5, 1]),
            errors.ArgumentError,
            "MLP: sizes[1] must be a whole number, at least 0, got 2.5. Type instead: sizes[1]=2",
        ),
        (
            lambda: nn.PReLU("3"),
            errors.ArgumentError,
            "PReLU: num_parameters must be a whole number, at least 1, got '3'. Type instead: num_parameters=1",
        ),
        (
            lambda: nn.Embedding(10, -2),
            errors.DomainError,
            "Embedding: embedding_dim must be a whole number, at least 0, got -2. Type instead: embedding_dim=1",
        ),
        (
            lambda: nn.BatchNorm2d(None),
            errors.ArgumentError,
            "BatchNorm2d: num_features must be a whole number, at least 0, got None. Type instead: num_features=1",
        ),
        (
            lambda: nn.LayerNorm((2, -4)),
            errors.DomainError,
            "LayerNorm: normalized_shape must be a whole number, at least 0, got -4. Type instead: normalized_shape=1",
        ),
        (
            lambda: nn.RMSNorm(4.0),
            errors.ArgumentError,
            "RMSNorm: normalized_shape must be a whole number, at least 0, got 4.0. Type instead: normalized_shape=4",
        ),
        (
            lambda: nn.GroupNorm(1.5, 3),
            errors.ArgumentError,
            "GroupNorm: num_groups must be a whole number, at least 1, got 1.5. Type instead: num_groups=1",
        ),
        (
            lambda: nn.Conv2d(0, 8, 3),
            errors.DomainError,
            "Conv2d: in_channels must be a whole number, at least 1, got 0. Type instead: in_channels=1",
        ),
        (
            lambda: nn.Conv2d(3, 8, 3, groups=0),
            errors.DomainError,
            "Conv2d: groups must be a whole number, at least 1, got 0. Type instead: groups=1",
        ),
        (
            lambda: nn.Conv2d(3, 8, (3, 0)),
            errors.DomainError,
            "Conv2d: kernel_size must be at least 1, got (3, 0). Type instead: kernel_size=1",
        ),
        (
            lambda: nn.Conv2d(3, 8, 2.5),
            errors.ArgumentError,
            "Conv2d: kernel_size is one whole number, or one per spatial axis (2), got 2.5. Type instead: kernel_size=2",
        ),
        (
            lambda: nn.Conv2d(3, 8, (3, 3, 3)),
            errors.ArgumentError,
            "Conv2d: kernel_size is one whole number, or one per spatial axis (2), got (3, 3, 3). Type instead: kernel_size=3",
        ),
        (
            lambda: nn.Conv3d(3, 8, 3, stride=0),
            errors.DomainError,
            "Conv3d: stride must be at least 1, got 0. Type instead: stride=1",
        ),
        (
            lambda: nn.Conv1d(3, 8, 3, dilation=None),
            errors.ArgumentError,
            "Conv1d: dilation is one whole number, or one per spatial axis (1), got None. Type instead: dilation=1",
        ),
        (
            lambda: nn.Conv1d(3, 8, 3, padding="sam"),
            errors.DomainError,
            "Conv1d: padding must be one of 'valid', 'same', got 'sam'. Type instead: 'same'",
        ),
        (
            lambda: nn.Conv2d(3, 8, 3, padding=-1, padding_mode="reflect"),
            errors.DomainError,
            "Conv2d: padding must not be negative, got -1. Type instead: padding=0",
        ),
        (
            lambda: nn.ConvTranspose2d(3, 8, 3, stride=2, output_padding=2),
            errors.DomainError,
            "ConvTranspose2d: output_padding must be at least 0 and smaller than stride or dilation, got 2. Type instead: output_padding=0",
        ),
        (
            lambda: ops.conv1d(single(1, 1, 5), single(1, 1, 2), stride=1.5),
            errors.ArgumentError,
            "conv1d: stride is one whole number, or one per spatial axis (1), got 1.5. Type instead: stride=1",
        ),
        (
            lambda: ops.conv2d(single(1, 1, 5, 5), single(1, 1, 2, 2), stride=0),
            errors.DomainError,
            "conv2d: stride must be at least 1, got 0. Type instead: stride=1",
        ),
        (
            lambda: ops.conv3d(single(1, 1, 5, 5, 5), single(1, 1, 2, 0, 2)),
            errors.ShapeError,
            "conv3d: the weight must have at least one filter, one channel, and one entry per spatial axis, got (1, 1, 2, 0, 2). "
            "Use instead: a weight of shape (1, 1, 2, 1, 2)",
        ),
        (
            lambda: nn.MaxPool2d("2")(single(1, 1, 4, 4)),
            errors.ArgumentError,
            "max_pool2d: kernel_size is one whole number, or one per spatial axis (2), got '2'. Type instead: kernel_size=1",
        ),
        (
            lambda: nn.LSTM(3, 4, 0),
            errors.DomainError,
            "LSTM: num_layers must be a whole number, at least 1, got 0. Type instead: num_layers=1",
        ),
        (
            lambda: nn.GRUCell(-3, 4),
            errors.DomainError,
            "GRUCell: input_size must be a whole number, at least 0, got -3. Type instead: input_size=1",
        ),
        (
            lambda: nn.MultiheadAttention(8, 2.0),
            errors.ArgumentError,
            "MultiheadAttention: num_heads must be a whole number, at least 1, got 2.0. Type instead: num_heads=2",
        ),
        (
            lambda: nn.MultiheadAttention(0, 1),
            errors.DomainError,
            "MultiheadAttention: embed_dim must be a whole number, at least 1, got 0. Type instead: embed_dim=1",
        ),
        (
            lambda: nn.TransformerDecoderLayer(8, 2, -16),
            errors.DomainError,
            "TransformerDecoderLayer: dim_feedforward must be a whole number, at least 1, got -16. Type instead: dim_feedforward=1",
        ),
        (
            lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), -1),
            errors.DomainError,
            "TransformerEncoder: num_layers must be a whole number, at least 0, got -1. Type instead: num_layers=1",
        ),
        (
            lambda: nn.GRU(3, 4, dropout=1.5),
            errors.DomainError,
            "GRU: dropout is a probability, got 1.5. Type instead: dropout=0.5",
        ),
        (
            lambda: nn.LSTM(3, 4, dropout="0.5"),
            errors.ArgumentError,
            "LSTM: dropout is a probability, got '0.5'. Type instead: dropout=0.5",
        ),
        (
            lambda: nn.AlphaDropout(float("nan")),
            errors.DomainError,
            "AlphaDropout: p is a probability, got nan. Type instead: p=0.5",
        ),
        (
            lambda: nn.MLP([3, 2], dropout=-0.5),
            errors.DomainError,
            "MLP: dropout is a probability, got -0.5. Type instead: dropout=0.5",
        ),
        (
            lambda: nn.MultiheadAttention(8, 2, dropout=2),
            errors.DomainError,
            "MultiheadAttention: dropout is a probability, got 2.0. Type instead: dropout=0.5",
        ),
        (
            lambda: nn.TransformerEncoderLayer(8, 2, dropout=1.5),
            errors.DomainError,
            "TransformerEncoderLayer: dropout is a probability, got 1.5. Type instead: dropout=0.5",
        ),
        (
            lambda: ops.scaled_dot_product_attention(single(2, 3), single(2, 3), single(2, 3), dropout_p=1.5),
            errors.DomainError,
            "scaled_dot_product_attention: dropout_p is a probability, got 1.5. Type instead: dropout_p=0.5",
        ),
        (
            lambda: nn.LSTM(3, 4, batch_first=True)(single(2, 0, 3)),
            errors.ShapeError,
            "LSTM: a sequence must have at least one step, got (2, 0, 3). Type instead: y, last = layer(x) if x.shape[1] else (x, None)",
        ),
        (
            lambda: nn.GRU(3, 4, batch_first=True)(single(0, 3)),
            errors.ShapeError,
            "GRU: a sequence must have at least one step, got (0, 3). Type instead: y, last = layer(x) if x.shape[0] else (x, None)",
        ),
        (
            lambda: nn.GRU(3, 4)(single(5, 2, 3), (single(1, 2, 4), single(1, 2, 4))),
            errors.ArgumentError,
            "GRU: the first state is one array, got a tuple of 2. Type instead: hx=hx[0]",
        ),
        (
            lambda: nn.LSTM(3, 4)(single(5, 2, 3), single(1, 2, 4)),
            errors.ArgumentError,
            "LSTM: the first state is a pair of arrays, got one array of shape (1, 2, 4). Type instead: hx=(h, c)",
        ),
        (
            lambda: nn.RNN(3, 4)(single(5, 3), single(4)),
            errors.ShapeError,
            "RNN: the first state must have shape (1, 4), got (4,). Use instead: hx=None for zeros",
        ),
        (
            lambda: nn.LSTMCell(3, 4)(single(2, 3), (single(2, 4),)),
            errors.ArgumentError,
            "LSTMCell: the state is a pair of arrays, got a tuple of 1. Type instead: hx=(h, c)",
        ),
    ],
)
def test_the_message_says_what_to_type(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message


def test_whole_numbers_of_numpy_and_empty_batches_are_welcome():
    three = np.int64(3)
    assert nn.Linear(three, np.uint8(2))(single(5, 3)).shape == (5, 2)
    assert nn.LayerNorm(three)(single(5, 3)).shape == (5, 3)
    assert nn.Conv2d(three, three, (three, 1), stride=[1, three])(single(0, 3, 5, 5)).shape == (0, 3, 3, 2)
    assert nn.LSTM(3, 4, batch_first=True)(single(0, 5, 3))[0].shape == (0, 5, 4)


def test_a_border_of_one_length_serves_every_axis():
    x = np.arange(25, dtype=np.float32).reshape((1, 1, 5, 5))
    wide, each = (nn.Conv2d(1, 1, 3, padding=p, padding_mode="circular", rng=0) for p in ((1,), (1, 1)))
    np.testing.assert_array_equal(wide(x).data, each(x).data)


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
