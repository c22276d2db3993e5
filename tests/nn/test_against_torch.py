"""Outputs, gradients and running statistics of every layer equal PyTorch's: recorded by benchmarks/record/layers.py, and live where it is installed."""

import importlib.util
import inspect
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import nn

sys.path.insert(0, str(Path(__file__).parent))
import layer_cases

RECORDED = dict(np.load(Path(__file__).parents[1] / "data" / "layers.npz"))
SOURCES = ["recorded"] + (["live"] if importlib.util.find_spec("torch") else [])
PLACED = list(enumerate(layer_cases.CASES))
ROUNDED = {"Hardsigmoid": (1 / 6) / float(np.float32(1 / 6))}
"""PyTorch multiplies these gradients by a constant rounded to single precision, whatever their dtype: by what to correct them."""


def made(case):
    module = getattr(nn, case.layer)(*case.args, **case.made).float64().train(case.training)
    return (
        module,
        module.load_state_dict,
        lambda: {name: p.grad for name, p in module.named_parameters()},
        module.state_dict,
    )


def ours(case, place):
    return layer_cases.asked(case, place, made, lambda x: tl.tensor(x, requires_grad=True), lambda v: v)


def theirs(case, place, source):
    if source == "recorded":
        start = f"{place} {case}: "
        return {key.removeprefix(start): value for key, value in RECORDED.items() if key.startswith(start)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return layer_cases.asked_of_torch(case, place)


@pytest.mark.parametrize("source", [pytest.param(s, marks=[pytest.mark.smoke] if s == "recorded" else [], id=s) for s in SOURCES])
@pytest.mark.parametrize(("place", "case"), PLACED, ids=lambda v: str(v))
def test_a_layer_answers_as_torch_does(place, case, source):
    with np.errstate(all="ignore"):
        found, wanted = ours(case, place), theirs(case, place, source)
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        if name.startswith("gradient"):
            value = value * ROUNDED.get(case.layer, 1.0)  # noqa: PLW2901  corrected
        np.testing.assert_allclose(found[name], value, rtol=1e-9, atol=1e-9, err_msg=f"{case}: {name}")


def test_every_layer_with_weights_is_compared():
    compared = {case.layer for case in layer_cases.CASES} | {
        "Residual",
        "MLP",
        "Sequential",
        "ModuleList",
        "ModuleDict",
        "TransformerEncoder",
    }
    layers = {
        name
        for name, value in vars(nn).items()
        if inspect.isclass(value) and issubclass(value, nn.Module) and value.__module__ != "tinygrad_loss.nn.loss" and "Dropout" not in name
    }
    assert layers - compared == {"Module", "Identity", "TransformerDecoder"}
