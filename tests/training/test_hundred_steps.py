"""A hundred steps of every encoder end where PyTorch's end: recorded by benchmarks/record/trainings.py, and live where it is installed."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl

import tinygrad_loss as tl
from tinygrad_loss import nn, optim
from tinygrad_loss.training.encoders import ENCODERS, build
from training import hundred_steps

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "trainings.json").read_text())
SOURCES = ["recorded"] + (["live"] if importlib.util.find_spec("torch") else [])


@pytest.fixture(autouse=True)
def one_thread():
    """These products are small: threads that wait for one another on a busy machine cost many times more than they save."""
    with threadpoolctl.threadpool_limits(1):
        yield


class RowsByLSTM(nn.Module):
    """The encoder that reads rows, with the other memory."""

    def __init__(self):
        self.memory = nn.LSTM(8, 64, batch_first=True, bidirectional=True)
        self.score = nn.Linear(128, 10)

    def forward(self, x):
        _, (last, _) = self.memory(x)
        return self.score(np.concatenate([last[0], last[1]], axis=-1))


def made(encoder, data):
    """Return the command line's encoder with the weights that both libraries begin with."""
    model = RowsByLSTM() if encoder == "lstm" else build("mlp" if encoder == "numbers" else encoder, data)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    model.float64()
    model.load_state_dict(hundred_steps.start({name: value.shape for name, value in model.state_dict().items()}))
    return model


def ours(training):
    """Train with `tl.fit`, as the command line does; return the losses and the weights as they are seen."""
    x, y = (a.reshape(-1, *a.shape[2:]) for a in hundred_steps.batches(training))
    data = tl.data.Dataset(x, y, classes=() if training.encoder == "numbers" else "0123456789")
    model, losses = made(training.encoder, data), []
    optimizer = getattr(optim, training.optimizer)(model.parameters(), **dict(training.settings))

    def loss(output, target):
        value = getattr(tl.losses, training.loss)(output, target)
        losses.append(value.item())
        return value

    tl.fit(
        model,
        loss,
        tl.data.DataLoader(data, hundred_steps.BATCH),
        optimizer=optimizer,
        epochs=1,
        schedule=training.top and optim.OneCycleLR(optimizer, training.top, total_steps=hundred_steps.STEPS),
        schedule_per="batch",
    )
    return np.array(losses), hundred_steps.seen(model.state_dict())


def theirs(name, source):
    if source == "live":
        return hundred_steps.trained_by_torch(hundred_steps.TRAININGS[name])
    return np.array(RECORDED[name]["losses"]), np.array(RECORDED[name]["weights"])


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", hundred_steps.TRAININGS)
def test_a_hundred_steps_end_where_torchs_end(name, source):
    found, wanted = ours(hundred_steps.TRAININGS[name]), theirs(name, source)
    assert len(found[0]) == hundred_steps.STEPS
    for mine, expected in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-6, atol=1e-6)
    assert found[0][-10:].mean() < 0.7 * found[0][:10].mean()  # they learnt, so the agreement is not that of models that stand still


def test_every_encoder_of_the_command_line_is_among_them():
    assert set(ENCODERS) <= set(hundred_steps.TRAININGS)
