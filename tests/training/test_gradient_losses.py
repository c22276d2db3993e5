"""Thirty steps under losses of gradients end where PyTorch's end: recorded by benchmarks/record/gradient_losses.py, and live where it is."""

import importlib.util
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl
from training import gradient_losses

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "gradient_losses.json").read_text())
EXAMPLE = Path(__file__).parents[2] / "examples" / "27_physics_informed.py"
SOURCES = ["recorded"] + (["live"] if importlib.util.find_spec("torch") else [])


def equation(network):
    """Train as the example does."""
    return runpy.run_path(str(EXAMPLE))["train"](network, gradient_losses.STEPS)[1]


def critic(network):
    """Train a critic whose slope between the samples shall be 1."""
    optimizer, losses = tl.optim.Adam(network.parameters(), lr=0.01), []
    for real, fake, between in zip(*gradient_losses.samples(), strict=True):
        optimizer.zero_grad()
        slope = tl.grad(lambda x: np.sum(network(x)))(between)
        penalty = np.mean((np.sqrt(np.sum(slope**2, axis=1)) - 1) ** 2)
        loss = np.mean(network(tl.tensor(fake))) - np.mean(network(tl.tensor(real))) + 10 * penalty
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


TRAIN = {"equation": equation, "critic": critic}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", gradient_losses.SIZES)
def test_thirty_steps_end_where_torchs_end(name, source):
    network = tl.nn.MLP(gradient_losses.SIZES[name], activation=tl.nn.Tanh, dtype="float64")
    for parameter, value in zip(network.parameters(), gradient_losses.start(name), strict=True):
        parameter.data = value
    losses = TRAIN[name](network)
    weights = np.concatenate([p.data.ravel() for p in network.parameters()])
    wanted = [np.array(RECORDED[name][part]) for part in ("losses", "weights")]
    for mine, expected in zip((losses, weights), wanted if source == "recorded" else gradient_losses.trained_by_torch(name), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-8, atol=1e-10)
    assert losses[-1] < 0.7 * losses[0]  # they learnt, so the agreement is not that of models that stand still
