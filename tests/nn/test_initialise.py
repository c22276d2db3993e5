"""First values: their bounds, spreads and structure, from the papers' formulas."""

import numpy as np
import pytest

from tinygrad_loss import errors, nn
from tinygrad_loss.nn import initialise as init


def empty(*shape):
    return nn.parameter(np.zeros(shape))


@pytest.mark.parametrize(
    ("give", "bound"),
    [
        (lambda t: init.uniform_(t, -2.0, 2.0, rng=0), 2.0),
        (lambda t: init.xavier_uniform_(t, rng=0), np.sqrt(6 / 500)),
        (lambda t: init.kaiming_uniform_(t, nonlinearity="relu", rng=0), np.sqrt(6 / 200)),
        (lambda t: init.kaiming_uniform_(t, a=np.sqrt(5), rng=0), 1 / np.sqrt(200)),
        (lambda t: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="linear", rng=0), np.sqrt(3 / 300)),
    ],
)
def test_uniform_values_fill_their_bounds(give, bound):
    values = give(empty(300, 200)).data
    assert np.abs(values).max() <= bound
    assert np.abs(values).max() > 0.999 * bound
    assert abs(values.std() - bound / np.sqrt(3)) < 0.01 * bound


@pytest.mark.parametrize(
    ("give", "spread"),
    [
        (lambda t: init.normal_(t, 0.0, 3.0, rng=0), 3.0),
        (lambda t: init.xavier_normal_(t, gain=2.0, rng=0), 2 * np.sqrt(2 / 500)),
        (lambda t: init.kaiming_normal_(t, nonlinearity="relu", rng=0), np.sqrt(2 / 200)),
    ],
)
def test_normal_values_have_their_spread(give, spread):
    values = give(empty(300, 200)).data
    assert abs(values.std() / spread - 1) < 0.02
    assert abs(values.mean()) < 0.03 * spread


def test_truncated_values_stay_inside():
    values = init.trunc_normal_(empty(100, 100), 1.0, 2.0, 0.0, 2.0, rng=0).data
    assert values.min() >= 0.0
    assert values.max() <= 2.0
    assert abs(values.mean() - 1.0) < 0.02


def test_fans_of_a_convolution_count_its_window():
    assert init.fans(empty(8, 4, 3, 3)) == (36, 72)


def test_structured_values():
    assert np.array_equal(init.eye_(empty(2, 3)).data, np.eye(2, 3))
    q = init.orthogonal_(empty(3, 2, 2), gain=2.0, rng=0).data.reshape(3, 4)
    np.testing.assert_allclose(q @ q.T, 4 * np.eye(3), atol=1e-12)
    tall = init.orthogonal_(empty(4, 3), rng=0).data
    np.testing.assert_allclose(tall.T @ tall, np.eye(3), atol=1e-12)
    assert (init.sparse_(empty(10, 4), 0.35, rng=0).data == 0).sum(axis=0).tolist() == [4] * 4
    assert np.array_equal(init.constant_(empty(2), 3.0).data, [3.0, 3.0])
    assert np.array_equal(init.ones_(empty(2)).data, [1.0, 1.0])


def test_a_dirac_convolution_hands_its_channels_on(rng):
    layer = nn.Conv2d(3, 3, 3, padding=1, bias=False).float64()
    init.dirac_(layer.weight)
    x = rng.normal(size=(2, 3, 4, 5))
    np.testing.assert_array_equal(layer(x).data, x)


def test_gains():
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("leaky_relu", 1.0) == 1.0
    with pytest.raises(errors.DomainError) as raised:
        init.calculate_gain("rleu")
    assert str(raised.value).endswith("got 'rleu'. Type instead: 'relu'")


@pytest.mark.parametrize(
    "layer", [nn.Linear(100, 300, rng=0), nn.Conv2d(4, 600, 5, rng=0), nn.GRU(3, 100, rng=0)], ids=lambda m: type(m).__name__
)
def test_layers_start_within_one_over_the_root_of_their_inputs(layer):
    for p in layer.parameters():
        assert np.abs(p.data).max() <= 0.1
        assert np.abs(p.data).max() > 0.09
