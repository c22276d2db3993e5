"""Short trainings of models put together at random: none crashes, warns or gives a gradient that is not finite."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import nn

ACTIVATIONS = (nn.ReLU, nn.Tanh, nn.GELU, nn.SiLU, nn.LeakyReLU, nn.ELU, nn.Hardswish, nn.Mish, nn.SELU, nn.ReLU6)
CLASSES = 3


def perceptron(rng):
    model = nn.MLP([5, int(rng.integers(1, 9)), CLASSES], activation=rng.choice(ACTIVATIONS), dropout=rng.choice([0.0, 0.3]), rng=rng)
    return model, (5,)


def convolutional(rng):
    c, kernel = 2 * int(rng.integers(1, 4)), int(rng.integers(1, 4))
    convolution = nn.Conv2d(
        2, c, kernel, padding=int(rng.integers(0, 2)), stride=int(rng.integers(1, 3)), groups=int(rng.choice([1, 2])), rng=rng
    )
    norm = rng.choice([nn.BatchNorm2d(c), nn.GroupNorm(2, c), nn.InstanceNorm2d(c)])
    pool = rng.choice([nn.AdaptiveAvgPool2d(2), nn.AdaptiveMaxPool2d(2)])
    return nn.Sequential(convolution, norm, rng.choice(ACTIVATIONS)(), pool, nn.Flatten(), nn.Linear(4 * c, CLASSES, rng=rng)), (2, 9, 8)


def recurrent(rng):
    kind, both = rng.choice([nn.RNN, nn.LSTM, nn.GRU]), bool(rng.integers(2))
    read = kind(4, 3, int(rng.integers(1, 3)), bidirectional=both, dropout=0.2, batch_first=True, rng=rng)
    model = nn.ModuleDict({"read": read, "head": nn.Linear(3 * read.directions, CLASSES, rng=rng)})
    model.forward = lambda x: model["head"](model["read"](x)[0][:, -1])
    return model, (6, 4)


def attentive(rng):
    heads, first, activation = int(rng.choice([1, 2, 4])), bool(rng.integers(2)), str(rng.choice(["relu", "gelu"]))
    layer = nn.TransformerEncoderLayer(8, heads, 16, 0.1, activation, norm_first=first, batch_first=True, rng=rng)
    return nn.Sequential(nn.TransformerEncoder(layer, int(rng.integers(1, 3))), nn.Flatten(), nn.Linear(40, CLASSES, rng=rng)), (5, 8)


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("family", [perceptron, convolutional, recurrent, attentive], ids=lambda f: f.__name__)
def test_a_random_model_trains(family, seed):
    rng = np.random.default_rng(seed)
    model, shape = family(rng)
    x = rng.normal(size=(6, *shape)).astype(np.float32)
    y = rng.integers(0, CLASSES, 6)
    for _ in range(3):
        loss = tl.losses.cross_entropy(model(x), y)
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            assert p.grad.dtype == np.float32
            assert np.isfinite(p.grad).all(), f"{p.name} of {model}"
            p.assign(p.value - np.float32(0.05) * p.grad)
    model.eval()
    assert np.isfinite(model(x).data).all()
