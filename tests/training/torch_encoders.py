"""The command line's encoders for 8 x 8 images, written with PyTorch: the same names, so that one set of weights fits both."""

import torch
from torch import nn


class Channel(nn.Module):
    """Insert the axis that a convolution reads."""

    def forward(self, x):
        return x[:, None]


class Rows(nn.Module):
    """A recurrent layer over the rows of an image, in both directions."""

    def __init__(self, layer):
        super().__init__()
        self.memory = layer(8, 64, batch_first=True, bidirectional=True)
        self.score = nn.Linear(128, 10)

    def forward(self, x):
        _, last = self.memory(x)
        last = last[0] if isinstance(last, tuple) else last
        return self.score(torch.cat([last[0], last[1]], -1))


class Patches(nn.Module):
    """Two attention layers over patches of 2 x 2."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(4, 64)
        self.position = nn.Parameter(torch.zeros(16, 64))
        self.layers = nn.Sequential(
            *(nn.TransformerEncoderLayer(64, 4, 128, dropout=0.0, batch_first=True, norm_first=True) for _ in range(2))
        )
        self.norm = nn.LayerNorm(64)
        self.score = nn.Linear(64, 10)

    def forward(self, x):
        patches = nn.functional.unfold(x[:, None], 2, stride=2).transpose(1, 2)
        return self.score(self.norm(self.layers(self.embed(patches) + self.position)).mean(1))


def mlp(outputs):
    """A hidden layer of 256; the identity stands where dropout would."""
    return nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Identity(), nn.Linear(256, outputs)))


def cnn():
    """Two convolutions, pooling, and a hidden layer of 64."""
    return nn.Sequential(
        Channel(),
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Sequential(nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10)),
    )


MAKE = {
    "mlp": lambda: mlp(10),
    "cnn": cnn,
    "rnn": lambda: Rows(nn.GRU),
    "lstm": lambda: Rows(nn.LSTM),
    "transformer": Patches,
    "numbers": lambda: mlp(1),
}
